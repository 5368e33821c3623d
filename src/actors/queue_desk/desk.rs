//! The queue of the day, ahead of the disk, and what the screens see of it. No actix, no clock.

mod governed;
mod pictures;
mod shown;
mod verbs;

use self::shown::Shown;
use self::verbs::{command, counter_of, subject_of};
use super::messages::{DossierPlace, QueueReply, Verb};
use super::waits::{Ahead, Waits};
use crate::actors::announcer::{Call, STALE_AFTER};
use domain::ids::CounterNumber;
use domain::queue::{
    Class, Command, Counter, CounterState, Decision, Effect, Printed, Queue, ServiceTimes, Ticket,
    TicketState,
};
use domain::refusal::Refusal;
use domain::report::outside::stands_before;
use jiff::{SignedDuration, Timestamp, civil};
use uuid::Uuid;

pub(super) use self::shown::call_of;

/// Two pictures of the same day: what was decided, and what of it is committed.
pub(super) struct Desk {
    ahead: Queue,
    committed: Queue,
    shown: Shown,
    closed_before: Option<ClosedBefore>,
    waits: Waits,
}

/// A day that is over, and how many of its tickets its end closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClosedBefore {
    pub(super) day: civil::Date,
    pub(super) count: u64,
}

/// A decision with what follows from it.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) decision: Decision,
    pub(super) reply: QueueReply,
    pub(super) print: Option<PrintWish>,
}

/// A ticket wants paper.
#[derive(Debug, Clone)]
pub(super) struct PrintWish {
    pub(super) job: Uuid,
    pub(super) ticket: Ticket,
    /// How many wait before it and how long, when it is new.
    pub(super) ahead: Option<Ahead>,
    /// An earlier paper with this number may exist.
    pub(super) reprint: bool,
}

impl Desk {
    /// From a queue that is as the tables are.
    pub(super) fn new(queue: Queue) -> Self {
        let shown = Shown::of(&queue);
        let waits = Waits::of(ServiceTimes::default(), &queue);
        Self { ahead: queue.clone(), committed: queue, shown, closed_before: None, waits }
    }

    /// The same with what the day's end closed of the day before.
    pub(super) fn after(self, closed_before: Option<ClosedBefore>) -> Self {
        Self { closed_before, ..self }
    }

    /// What earlier days left open, closed or carried over to this one.
    pub(super) fn after_day_end(&self, left: &[Ticket], now: Timestamp) -> Vec<Ticket> {
        self.ahead.after_day_end(left, now)
    }

    /// Counts for the screens those of the latest day that are on their way to the disk as closed.
    pub(super) fn count_closed(&mut self, after: &[Ticket]) {
        let closed = || after.iter().filter(|ticket| ticket.closed_at_day_end);
        let Some(day) = closed().map(Ticket::queue_day).max() else { return };
        let count = closed().filter(|ticket| ticket.queue_day() == day).count();
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let known = self.closed_before.filter(|known| known.day == day);
        let count = known.map_or(count, |known| known.count.saturating_add(count));
        self.closed_before = Some(ClosedBefore { day, count });
    }

    /// From a queue that is as the tables are, read again; what was learned stays.
    pub(super) fn read_again(&mut self, queue: Queue, closed_before: Option<ClosedBefore>) {
        let waits = std::mem::take(&mut self.waits);
        *self = Self { waits, closed_before, ..Self::new(queue) };
    }

    /// Takes in what the days before teach of the service times.
    pub(super) fn learned(&mut self, times: ServiceTimes) {
        self.waits = Waits::of(times, &self.committed);
    }

    /// The day as it was decided, ahead of the disk.
    pub(super) fn queue(&self) -> &Queue {
        &self.ahead
    }

    /// Whether a command of this moment belongs to another day.
    pub(super) fn is_of_another_day(&self, now: Timestamp) -> bool {
        !self.ahead.is_for(now)
    }

    /// Goes over to another day, with the tickets that the tables have of it: none, unless the clock
    /// went back.
    pub(super) fn roll_over(&mut self, day: civil::Date, tickets: Vec<Ticket>) {
        let counters: Vec<Counter> = self.ahead.counters().cloned().collect();
        let queue = Queue::for_day(self.ahead.settings().clone(), day, tickets, counters);
        let waits = std::mem::take(&mut self.waits).on_another_day(&self.committed);
        *self = Self { waits, ..Self::new(queue) };
    }

    /// Refuses what is asked at a counter that somebody else has open: a call there would send the
    /// citizen to an officer who knows nothing of it.
    pub(super) fn check_staffed(&self, verb: &Verb, officer: &str) -> Result<(), Refusal> {
        let Some(number) = counter_of(verb) else { return Ok(()) };
        let counter = self.ahead.counter(number)?;
        match &counter.officer {
            Some(other) if counter.state != CounterState::Closed && other.as_str() != officer => {
                Err(counter.taken_by(other))
            }
            _ => Ok(()),
        }
    }

    /// The counters that an earlier day left open, closed.
    pub(super) fn counters_closed_at_day_end(&self, stored: &[Counter]) -> Vec<Counter> {
        self.ahead.counters_closed_at_day_end(stored)
    }

    /// Whether a dossier may be taken in, or a result be handed out, at a counter.
    pub(super) fn dossier_place(&self, asked: &DossierPlace) -> Result<(), Refusal> {
        let DossierPlace { counter, officer, ticket } = asked;
        self.ahead.dossier_place(*counter, officer.as_ref(), *ticket)
    }

    /// Decides. `fresh` is a new id for what is made: a ticket, a print job.
    pub(super) fn decide(
        &self,
        verb: Verb,
        issued_by: &str,
        fresh: impl Fn() -> Uuid,
        now: Timestamp,
    ) -> Result<Step, Refusal> {
        let counter = counter_of(&verb);
        let command = command(verb, issued_by, &fresh);
        let subject = subject_of(&command);
        let is_new = matches!(command, Command::Issue(_));
        let decision = self.ahead.decide(command, now)?;
        let ticket = match decision.tickets.first() {
            Some(ticket) => Some(ticket.clone()),
            None => match subject {
                Some(id) => Some(self.ahead.ticket(id)?.clone()),
                None => None,
            },
        };
        let counter = match counter {
            Some(number) => match decision.counters.iter().find(|other| other.number == number) {
                Some(counter) => Some(counter.clone()),
                None => Some(self.ahead.counter(number)?.clone()),
            },
            None => None,
        };
        let waiting_ahead =
            ticket.as_ref().filter(|_| is_new).map(|ticket| self.in_front_of(ticket, now));
        let new = ticket.as_ref().filter(|_| is_new);
        let wait = new.and_then(|new| self.waits.of_newcomer(&self.ahead, new, now));
        let wants_paper =
            decision.effects.iter().any(|effect| matches!(effect, Effect::PrintTicket { .. }));
        let print = ticket.as_ref().filter(|_| wants_paper).map(|ticket| PrintWish {
            job: fresh(),
            ticket: ticket.clone(),
            ahead: waiting_ahead.map(|count| Ahead { count, wait }),
            reprint: !is_new && self.paper_may_exist(ticket.id),
        });
        let print_job = print.as_ref().map(|print| print.job);
        let reply = QueueReply { ticket, counter, waiting_ahead, wait, print_job, booking: None };
        Ok(Step { decision, reply, print })
    }

    /// What follows from a new ticket that was decided by a booking. `fresh` is a new id for the paper.
    pub(super) fn step_of_newcomer(
        &self,
        decision: Decision,
        fresh: impl Fn() -> Uuid,
        now: Timestamp,
    ) -> Step {
        let Some(ticket) = decision.tickets.first().cloned() else { return Step::default() };
        let count = self.in_front_of(&ticket, now);
        let wait = self.waits.of_newcomer(&self.ahead, &ticket, now);
        let print = (!decision.effects.is_empty()).then(|| PrintWish {
            job: fresh(),
            ticket: ticket.clone(),
            ahead: Some(Ahead { count, wait }),
            reprint: false,
        });
        let reply = QueueReply {
            ticket: Some(ticket),
            waiting_ahead: Some(count),
            wait,
            print_job: print.as_ref().map(|print| print.job),
            ..QueueReply::default()
        };
        Step { decision, reply, print }
    }

    /// The printer's word about a ticket, as a decision; empty when the ticket is of another day.
    pub(super) fn decide_printed(&self, ticket: Uuid, printed: bool) -> Decision {
        // Its number is worth nothing any more, so nobody needs to know.
        self.ahead.mark_printed(ticket, printed).unwrap_or_default()
    }

    /// Takes a decision in that is on its way to the disk.
    pub(super) fn apply(&mut self, decision: &Decision) {
        self.ahead.apply(decision);
    }

    /// The counter to which a decision brings another person than the committed day has there. The same
    /// number called once more is the same person.
    pub(super) fn next_person_at(&self, decision: &Decision) -> Option<CounterNumber> {
        let is_next = |after: &&Counter| {
            let before = self.committed.counter(after.number);
            after.current.is_some() && before.is_ok_and(|before| before.current != after.current)
        };
        decision.counters.iter().find(is_next).map(|counter| counter.number)
    }

    /// Takes a decision in that is on disk.
    pub(super) fn commit(&mut self, decision: &Decision, day: civil::Date) {
        // After a rollover, what was under way before belongs to a day that nobody shows any more.
        if day == self.committed.day() {
            for ticket in &decision.tickets {
                let before = self.committed.ticket(ticket.id).ok();
                self.shown.take(before, ticket);
                self.waits.take(before, ticket);
            }
            self.committed.apply(decision);
            self.waits.changed();
        }
    }

    /// The paper of a ticket, built again after a restart.
    pub(super) fn print_again(&self, job: Uuid, ticket: Uuid) -> Option<PrintWish> {
        let ticket = self.committed.ticket(ticket).ok()?.clone();
        if ticket.state == TicketState::Cancelled {
            return None;
        }
        Some(PrintWish { job, ticket, ahead: None, reprint: false })
    }

    /// The service of a ticket.
    pub(super) fn service_of(&self, ticket: &Ticket) -> Option<&domain::queue::Service> {
        self.committed.service(&ticket.service).ok()
    }

    /// What a ticket has still to visit after its service.
    pub(super) fn next_services_of(&self, ticket: &Ticket) -> Vec<&domain::queue::Service> {
        let next = ticket.next_services.iter();
        next.filter_map(|code| self.committed.service(code).ok()).collect()
    }

    /// Calls that a restart cut off and that are young enough to be made again, oldest first.
    pub(super) fn calls_to_repeat(&self, now: Timestamp) -> Vec<Call> {
        let mut calls: Vec<Call> = self
            .committed
            .tickets()
            .filter(|ticket| ticket.state == TicketState::Called)
            .filter_map(call_of)
            .filter(|call| {
                let age = now.duration_since(call.at);
                age >= SignedDuration::ZERO && age < STALE_AFTER
            })
            .collect();
        calls.sort_by_key(|call| call.at);
        calls
    }

    /// Everybody who waits for the same service is before a new ticket, but for the regular class
    /// when the ticket has priority, or comes at the time of its appointment.
    fn in_front_of(&self, ticket: &Ticket, now: Timestamp) -> u64 {
        let grace_s = self.ahead.settings().rules.appointment_grace_s;
        let waiting = |class| self.ahead.waiting_count(&ticket.service, class);
        let before = |other: &&Ticket| stands_before(other, ticket, now, grace_s);
        let count = match ticket.standing(now, grace_s).0 {
            Class::Regular => waiting(Class::Regular) + waiting(Class::Priority),
            Class::Priority => self.ahead.tickets().filter(before).count(),
        };
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    fn paper_may_exist(&self, ticket: Uuid) -> bool {
        self.ahead
            .ticket(ticket)
            .is_ok_and(|ticket| matches!(ticket.printed, Printed::Printed | Printed::Pending))
    }
}
