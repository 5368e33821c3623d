//! Whom a counter calls next: the snapshot and the history of a decision, taken from the state. The
//! policies themselves are in `policy`.

use jiff::Timestamp;
use uuid::Uuid;

use super::policy::{Candidate, History, Snapshot, choose, waited_s};
use super::reason::CallReason;
use super::state::Queue;
use super::types::{Class, Counter, Place, Ticket};
use crate::ids::CounterNumber;

/// Who would be called.
#[derive(Debug, Clone)]
pub(super) struct Picked<'q> {
    /// The ticket.
    pub ticket: &'q Ticket,
    /// In which class it is called: by its appointment a regular one is called as a priority one.
    pub class: Class,
    /// Why.
    pub reason: CallReason,
    place: Place,
}

impl<'q> Picked<'q> {
    /// As a call after which further ones are foreseen.
    pub(super) fn foreseen(&self, counter: CounterNumber) -> Foreseen<'q> {
        Foreseen { ticket: self.ticket, counter, class: self.class, place: self.place }
    }
}

/// A call that is foreseen and not made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foreseen<'q> {
    /// Whom.
    pub ticket: &'q Ticket,
    counter: CounterNumber,
    class: Class,
    place: Place,
}

/// How many regular callers in a row a counter has called after one more call.
pub(super) fn run_after(run: u32, class: Class) -> u32 {
    match class {
        Class::Regular => run.saturating_add(1),
        Class::Priority => 0,
    }
}

impl Queue {
    /// Whom a counter would call, when some calls are made before.
    pub(super) fn pick<'q>(
        &'q self,
        counter: &Counter,
        foreseen: &[Foreseen<'q>],
        now: Timestamp,
    ) -> Option<Picked<'q>> {
        let view = View { queue: self, counter, foreseen, now };
        let (regular, priority) = (view.first(Class::Regular), view.first(Class::Priority));
        let snapshot = Snapshot {
            regular: regular.map(|one| one.candidate(Class::Regular)),
            priority: priority.map(|one| one.candidate(Class::Priority)),
        };
        let (previous, regular_run) = view.called_last();
        let back = view.back(Class::Priority);
        let overtaken = back.or(priority).map_or(0, |priority| view.overtaken(priority.place));
        let history = History { previous, regular_run, overtaken };
        let (class, reason) = choose(&self.settings().rules, &snapshot, now, &history)?;
        // The policy goes by the places: who has come back takes the turn of its class, and no more.
        let called = match class {
            Class::Regular => view.back(class).or(regular)?,
            Class::Priority => back.or(priority)?,
        };
        let candidate = called.candidate(class);
        let Standing { ticket, place } = called;
        let reason = CallReason {
            waited_s: waited_s(candidate, now),
            appointment_at: candidate.appointment_at,
            returned_from: ticket.returned_from,
            ..reason
        };
        Some(Picked { ticket, class, reason, place })
    }
}

/// A waiting ticket in the place in which it stands at an instant.
#[derive(Debug, Clone, Copy)]
struct Standing<'q> {
    ticket: &'q Ticket,
    place: Place,
}

impl<'q> Standing<'q> {
    fn candidate(&self, class: Class) -> Candidate<'q> {
        let (since, ..) = self.place;
        let by_appointment = class != self.ticket.class;
        let appointment_at = self.ticket.appointment_at.filter(|_| by_appointment);
        Candidate { label: &self.ticket.label, since, appointment_at }
    }
}

/// The queue as one counter sees it at an instant.
struct View<'q, 'v> {
    queue: &'q Queue,
    counter: &'v Counter,
    foreseen: &'v [Foreseen<'q>],
    now: Timestamp,
}

impl<'q> View<'q, '_> {
    /// The first of those in a class who came back to the counter that had passed them on.
    fn back(&self, class: Class) -> Option<Standing<'q>> {
        let (lines, number) = (self.queue.lines(), self.counter.number);
        let expected = lines.sent_to(number, class).chain(lines.appointed());
        let back = self.callable(expected, class).filter(|one| one.ticket.came_back_to(number));
        back.min_by_key(|one| one.place)
    }

    /// The first of a class whom the counter may call, by the places. A line of a service and a class holds
    /// the tickets of that class; only an appointment lets one stand in the other, so those are looked at
    /// one by one.
    fn first(&self, class: Class) -> Option<Standing<'q>> {
        let lines = self.queue.lines();
        let services = self.counter.services.iter();
        let heads = services
            .filter_map(|service| self.callable(lines.of_service(service, class), class).next());
        let sent = self.callable(lines.sent_to(self.counter.number, class), class).next();
        let appointed = self.callable(lines.appointed(), class);
        heads.chain(sent).chain(appointed).min_by_key(|one| one.place)
    }

    /// Those of a line whom the counter may call and who stand in this class now.
    fn callable(
        &self,
        line: impl Iterator<Item = Uuid>,
        class: Class,
    ) -> impl Iterator<Item = Standing<'q>> {
        let grace_s = self.queue.settings().rules.appointment_grace_s;
        let free = self.queue.known(line).filter(move |ticket| self.is_free(ticket));
        free.filter_map(move |ticket| {
            let (standing, place) = ticket.standing(self.now, grace_s);
            (standing == class).then_some(Standing { ticket, place })
        })
    }

    fn is_free(&self, ticket: &Ticket) -> bool {
        self.queue.is_eligible(self.counter, ticket)
            && !self.foreseen.iter().any(|one| one.ticket.id == ticket.id)
    }

    /// The class of the counter's last call since it opened, and how many regular callers in a row it
    /// called last.
    fn called_last(&self) -> (Option<Class>, u32) {
        let own = self.foreseen.iter().filter(|one| one.counter == self.counter.number);
        let made = (self.counter.last_class, self.counter.regular_run);
        own.fold(made, |(_, run), one| (Some(one.class), run_after(run, one.class)))
    }

    /// How often that regular caller was passed over who was so most often, of those whom the counter may
    /// call and who stand before this place. Counted as far as the rules set a bound.
    fn overtaken(&self, before: Place) -> u32 {
        let most = self.queue.settings().rules.overtakes_max as usize;
        if most == 0 {
            return 0;
        }
        let (lines, class) = (self.queue.lines(), Class::Regular);
        // Who passed over a later one of a line passed over the first one, too: the first ones tell.
        let services = self.counter.services.iter();
        let heads = services.filter_map(|service| {
            self.callable(lines.of_service(service, class), class)
                .find(|one| self.queue.reserved_for(one.ticket).is_none())
        });
        let sent = self.callable(lines.sent_to(self.counter.number, class), class).next();
        let passed_over = heads
            .chain(sent)
            .filter(|one| one.place < before)
            .map(|one| self.passed_over(one, most))
            .max();
        u32::try_from(passed_over.unwrap_or(0)).unwrap_or(u32::MAX)
    }

    /// How many priority callers in places behind this one were called by counters that might have called
    /// it: as if it had stood in its place all the time, so that a ticket that was passed on or came back
    /// has been passed over rather too often than too rarely. Counted to `most` among the calls made.
    fn passed_over(&self, one: Standing<'q>, most: usize) -> usize {
        let queue = self.queue;
        let reserved = queue.reserved_for(one.ticket);
        let might = |counter: &Counter| match reserved {
            Some(number) => number == counter.number,
            None => counter.services.contains(&one.ticket.service),
        };
        let mut made = 0;
        for counter in queue.counters().filter(|&counter| might(counter)) {
            let left = most - made;
            made += queue.lines().priority_called_behind(counter.number, one.place, left);
            if made >= most {
                return made;
            }
        }
        let foreseen = self.foreseen.iter().filter(|call| {
            call.class == Class::Priority
                && call.place > one.place
                && queue.counter(call.counter).is_ok_and(might)
        });
        made + foreseen.count()
    }
}
