//! The queue of the day, ahead of the disk, and what the screens see of it. No actix, no clock.

mod governed;

use super::messages::{DossierPlace, QueueReply, QueueView, ServiceLoad, Verb, Which};
use super::waits::{Ahead, Waits};
use crate::actors::announcer::{Call, STALE_AFTER};
use crate::actors::live::{
    HALL_CALLS_MAX, HALL_NEXT_MAX, HallBoard, HallCall, HallCallKind, HallCounter,
};
use crate::actors::officer_names::OfficerNames;
use crate::text;
use domain::Journaled;
use domain::announce::Occasion;
use domain::ids::{CounterNumber, ServiceCode};
use domain::queue::{
    Class, Command, Counter, CounterState, Decision, Effect, Issue, Printed, Queue, ServiceTimes,
    Ticket, TicketState,
};
use domain::refusal::Refusal;
use domain::report::hall::Means;
use domain::report::outside::{HallNow, ServiceNow, stands_before};
use jiff::{SignedDuration, Timestamp, civil};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Waiting tickets in the console's list; more are counted, not listed. Building the list costs a
/// few microseconds a row, and it is built after each group of commits.
const WAITING_LISTED_MAX: usize = 150;

/// Two pictures of the same day: what was decided, and what of it is committed.
pub(super) struct Desk {
    ahead: Queue,
    committed: Queue,
    shown: Shown,
    closed_before: Option<ClosedBefore>,
    waits: Waits,
}

/// What the screens need of the committed day without looking at every ticket.
#[derive(Default)]
struct Shown {
    /// The last calls, newest first.
    calls: Vec<Call>,
    /// Tickets that neither wait nor are over: called, serving, on hold, missed with a return left.
    apart: BTreeSet<Uuid>,
    issued: usize,
    completed: usize,
    no_show: usize,
    cancelled: usize,
    /// Of earlier days, in today's queue.
    carried: usize,
}

/// A day that is over, and how many of its tickets its end closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClosedBefore {
    pub(super) day: civil::Date,
    pub(super) count: u64,
}

impl Shown {
    fn of(queue: &Queue) -> Self {
        let mut shown = Self::default();
        let mut tickets: Vec<&Ticket> = queue.tickets().collect();
        tickets.sort_by_key(|ticket| ticket.last_called_at);
        for ticket in tickets {
            shown.take(None, ticket);
        }
        shown
    }

    fn take(&mut self, before: Option<&Ticket>, after: &Ticket) {
        if before.is_none() {
            // Counted once, on the day of its issue.
            let count =
                if after.carried_to.is_none() { &mut self.issued } else { &mut self.carried };
            *count += 1;
        }
        if let Some(count) = before.and_then(|ticket| self.count_of(ticket.state)) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.count_of(after.state) {
            *count += 1;
        }
        let stands_apart = match after.state {
            TicketState::Called | TicketState::Serving | TicketState::OnHold => true,
            TicketState::NoShow => !after.return_used,
            TicketState::Waiting | TicketState::Completed | TicketState::Cancelled => false,
        };
        if stands_apart {
            self.apart.insert(after.id);
        } else {
            self.apart.remove(&after.id);
        }
        let call = call_of(after);
        let known = self.calls.iter().find(|known| known.ticket == after.id);
        let same = match (known, &call) {
            (Some(known), Some(call)) => known.is_press_of(call),
            (known, call) => known.is_none() && call.is_none(),
        };
        if !same {
            self.calls.retain(|known| known.ticket != after.id);
            if let Some(call) = call {
                self.calls.insert(0, call);
                self.calls.truncate(HALL_CALLS_MAX);
            }
        }
    }

    fn count_of(&mut self, state: TicketState) -> Option<&mut usize> {
        match state {
            TicketState::Completed => Some(&mut self.completed),
            TicketState::NoShow => Some(&mut self.no_show),
            TicketState::Cancelled => Some(&mut self.cancelled),
            _ => None,
        }
    }
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
        let waits = std::mem::take(&mut self.waits).on_another_day();
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

    /// What each counter's sign shows.
    pub(super) fn signs(&self) -> Vec<(CounterNumber, Option<String>)> {
        self.committed.counters().map(|counter| (counter.number, self.label_at(counter))).collect()
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

    /// The committed queue with these of its tickets.
    pub(super) fn view(&self, which: Which, now: Timestamp) -> QueueView {
        let all = self.committed.tickets();
        let mut tickets: Vec<Ticket> = match which {
            Which::Nothing => Vec::new(),
            Which::One(id) => self.committed.ticket(id).ok().cloned().into_iter().collect(),
            Which::CalledAt(at) => all.filter(|one| was_called_at(one, at)).cloned().collect(),
            Which::All => all.cloned().collect(),
        };
        tickets.sort_by(|one, other| {
            (one.issued_at, one.series, one.number).cmp(&(
                other.issued_at,
                other.series,
                other.number,
            ))
        });
        QueueView {
            tickets,
            counters: self.committed.counters().cloned().collect(),
            services: self.services(),
            hours: self.hours(now),
            means: match which {
                Which::All => self.waits.means(&self.committed, now),
                Which::Nothing | Which::One(_) | Which::CalledAt(_) => Means::default(),
            },
            wait: match which {
                Which::One(id) => self.waits.of_ticket(&self.committed, id, now),
                Which::Nothing | Which::CalledAt(_) | Which::All => None,
            },
            ahead: match which {
                Which::One(id) => self.before_it(id, now),
                Which::Nothing | Which::CalledAt(_) | Which::All => None,
            },
        }
    }

    fn before_it(&self, id: Uuid, now: Timestamp) -> Option<u64> {
        let grace_s = self.committed.settings().rules.appointment_grace_s;
        let ticket = self.committed.ticket(id).ok()?;
        let before = |other: &&Ticket| stands_before(other, ticket, now, grace_s);
        let waits = ticket.state == TicketState::Waiting;
        let count = waits.then(|| self.committed.tickets().filter(before).count())?;
        u64::try_from(count).ok()
    }

    /// For each service group: whether the opening hours allow a number now.
    fn hours(&self, now: Timestamp) -> Vec<Result<Option<civil::Time>, Refusal>> {
        let services = self.committed.settings().services.iter();
        services.map(|service| self.committed.open_for(&service.code, now)).collect()
    }

    /// Whether the screens' waits are older than may be shown.
    pub(super) fn waits_are_stale(&self, now: Timestamp) -> bool {
        self.waits.list_is_stale(now)
    }

    /// Brings the screens' waits up to date, where they are old enough.
    pub(super) fn list_waits(&mut self, now: Timestamp) {
        self.waits.list(&self.committed, now);
    }

    /// What those outside are told of the hall: nothing of a person.
    pub(super) fn outside(&self, now: Timestamp) -> HallNow {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let waiting = |code: &ServiceCode| {
            let of = |class| self.committed.waiting_count(code, class);
            of(Class::Regular) + of(Class::Priority)
        };
        let groups = self.waits.of_groups(&self.committed, now);
        let services = groups.into_iter().map(|wait| ServiceNow {
            waiting: count(waiting(&wait.service)),
            code: wait.service,
            name_vi: wait.name_vi,
            name_en: wait.name_en,
            low_min: wait.low_min,
            high_min: wait.high_min,
        });
        let all = self.committed.settings().services.iter().map(|service| waiting(&service.code));
        let open = self.committed.counters().filter(|one| one.state == CounterState::Open);
        HallNow {
            at: now,
            open_counters: count(open.count()),
            waiting: count(all.sum()),
            services: services.collect(),
        }
        .bounded()
    }

    /// What the hall's screens draw.
    pub(super) fn hall(&self, unit_name: &str, now: Timestamp) -> HallBoard {
        let calls = self
            .shown
            .calls
            .iter()
            .map(|call| HallCall {
                label: call.label.clone(),
                counter: call.counter,
                kind: call.kind,
                at: call.at,
            })
            .collect();
        let counters = self
            .committed
            .counters()
            .map(|counter| HallCounter {
                number: counter.number,
                name: counter.name.clone(),
                state: match counter.state {
                    CounterState::Closed => "closed",
                    CounterState::Open => "open",
                    CounterState::Paused => "paused",
                }
                .to_owned(),
                label: self.label_at(counter),
                serving: self.serves(counter),
                pause_reason: counter.pause_reason,
                services: counter.services.clone(),
            })
            .collect();
        HallBoard {
            unit_name: unit_name.to_owned(),
            calls,
            now: None,
            counters,
            next: self.committed.next_labels(HALL_NEXT_MAX, now),
            waits: self.waits.listed(),
        }
    }

    /// What the console's queue draws. Only the public part of a ticket: its ground is read alone.
    pub(super) fn picture(&self, officers: &OfficerNames) -> Value {
        let apart = self.shown.apart.iter().filter_map(|id| self.committed.ticket(*id).ok());
        let waiting =
            self.committed.waiting(Class::Priority).chain(self.committed.waiting(Class::Regular));
        let rows: Vec<Value> = apart.chain(waiting.take(WAITING_LISTED_MAX)).map(row).collect();
        let services = self.services();
        let wait: usize =
            services.iter().map(|load| load.waiting_regular + load.waiting_priority).sum();
        json!({
            "day": self.committed.day(),
            "counters": self.committed.counters().map(|one| counter_row(one, officers)).collect::<Vec<_>>(),
            "services": services,
            "unserved": self.committed.unserved(),
            "tickets": rows,
            "more": wait.saturating_sub(WAITING_LISTED_MAX),
            "issued": self.shown.issued,
            "completed": self.shown.completed,
            "no_show": self.shown.no_show,
            "cancelled": self.shown.cancelled,
            "carried": self.shown.carried,
            "closed_before": self.closed_before.filter(|before| before.count > 0).map(|before| {
                json!({ "day": before.day, "count": before.count })
            }),
        })
    }

    fn services(&self) -> Vec<ServiceLoad> {
        self.committed
            .settings()
            .services
            .iter()
            .map(|service| ServiceLoad {
                service: service.clone(),
                waiting_regular: self.committed.waiting_count(&service.code, Class::Regular),
                waiting_priority: self.committed.waiting_count(&service.code, Class::Priority),
            })
            .collect()
    }

    fn label_at(&self, counter: &Counter) -> Option<String> {
        let id = counter.current?;
        self.committed.ticket(id).ok().map(|ticket| ticket.label.clone())
    }

    /// Whether the citizen at a counter has come to it.
    fn serves(&self, counter: &Counter) -> bool {
        let ticket = counter.current.and_then(|id| self.committed.ticket(id).ok());
        ticket.is_some_and(|ticket| ticket.state == TicketState::Serving)
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

/// A ticket's latest call.
pub(super) fn call_of(ticket: &Ticket) -> Option<Call> {
    Some(Call {
        ticket: ticket.id,
        label: ticket.label.clone(),
        counter: ticket.counter?,
        kind: if ticket.recall_count > 0 { HallCallKind::Recall } else { HallCallKind::Call },
        at: ticket.last_called_at?,
        occasion: Occasion::of(ticket),
    })
}

fn counter_of(verb: &Verb) -> Option<CounterNumber> {
    match verb {
        Verb::CallNext(counter)
        | Verb::Recall(counter)
        | Verb::Begin(counter)
        | Verb::Hold(counter, _)
        | Verb::Resume(counter, _)
        | Verb::Transfer(counter, _)
        | Verb::TransferAndReturn(counter, _)
        | Verb::SetNextServices(counter, _)
        | Verb::GoOn(counter)
        | Verb::Complete(counter)
        | Verb::NoShow(counter)
        | Verb::Open(counter, _)
        | Verb::Pause(counter, _)
        | Verb::Close(counter) => Some(*counter),
        Verb::Issue(_)
        | Verb::ReturnToQueue(_)
        | Verb::Cancel(..)
        | Verb::CancelLast(_)
        | Verb::Reprint(_) => None,
    }
}

fn subject_of(command: &Command) -> Option<Uuid> {
    match command {
        Command::Reprint(ticket)
        | Command::ReturnToQueue(ticket)
        | Command::Cancel(ticket, _)
        | Command::CancelLast(_, ticket) => Some(*ticket),
        _ => None,
    }
}

fn command(verb: Verb, issued_by: &str, fresh: &impl Fn() -> Uuid) -> Command {
    match verb {
        Verb::Issue(issuing) => Command::Issue(Issue {
            id: fresh(),
            service: issuing.service,
            next_services: issuing.next_services,
            priority_ground: issuing.priority_ground,
            print: issuing.print,
            issued_by: issued_by.to_owned(),
            outside_hours: issuing.outside_hours,
        }),
        Verb::CallNext(counter) => Command::CallNext(counter),
        Verb::Recall(counter) => Command::Recall(counter),
        Verb::Begin(counter) => Command::Begin(counter),
        Verb::Hold(counter, reason) => Command::Hold(counter, reason),
        Verb::Resume(counter, ticket) => Command::Resume(counter, ticket),
        Verb::Transfer(counter, to) => Command::Transfer(counter, to),
        Verb::TransferAndReturn(counter, to) => Command::TransferAndReturn(counter, to),
        Verb::SetNextServices(counter, next) => Command::SetNextServices(counter, next),
        Verb::GoOn(counter) => Command::GoOn(counter),
        Verb::Complete(counter) => Command::Complete(counter),
        Verb::NoShow(counter) => Command::NoShow(counter),
        Verb::ReturnToQueue(ticket) => Command::ReturnToQueue(ticket),
        Verb::Cancel(ticket, reason) => Command::Cancel(ticket, reason),
        Verb::CancelLast(ticket) => Command::CancelLast(issued_by.to_owned(), ticket),
        Verb::Open(counter, officer) => Command::OpenCounter(counter, officer),
        Verb::Pause(counter, reason) => Command::PauseCounter(counter, reason),
        Verb::Close(counter) => Command::CloseCounter(counter),
        Verb::Reprint(ticket) => Command::Reprint(ticket),
    }
}

/// A counter, with the name of who has it open.
fn counter_row(counter: &Counter, officers: &OfficerNames) -> Value {
    let mut row = counter.split().0;
    let name = counter.officer.as_ref().and_then(|officer| officers.of_officer(officer));
    row["officer_name"] = name.into();
    row
}

/// The public part of a ticket, with the reason of its call in words.
fn row(ticket: &Ticket) -> Value {
    let mut row = ticket.split().0;
    // A page asks for the calls of its own counter; nobody draws those of a whole queue.
    if let Some(row) = row.as_object_mut() {
        row.remove("past_calls");
        row.remove("officer");
    }
    if let Some(back) = &ticket.return_to {
        // As in the answers: the counter alone.
        row["return_to"] = back.counter.0.into();
    }
    if let Some(reason) = &ticket.call_reason {
        let said = text::call_sentence(&ticket.label, reason);
        row["call_reason"]["sentence"] = said.vi.into();
        row["call_reason"]["sentence_en"] = said.en.into();
    }
    row
}

/// Whether the counter's calls of today have this ticket among them.
fn was_called_at(ticket: &Ticket, counter: CounterNumber) -> bool {
    ticket.counter == Some(counter) || ticket.past_calls.iter().any(|past| past.counter == counter)
}
