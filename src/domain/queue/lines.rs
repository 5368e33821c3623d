//! The waiting tickets in the lines in which counters look for them, and the calls of priority callers
//! that were made. Both follow from the rows of the tickets, so that a restart finds what was there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use jiff::Timestamp;
use uuid::Uuid;

use super::reason::{CallReason, CallRule};
use super::types::{Class, Place, Ticket, TicketState};
use crate::ids::{CounterNumber, ServiceCode};

/// Tickets by their places.
type Line = BTreeMap<Place, Uuid>;

/// All lines of a day, and all calls.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines {
    by_service: BTreeMap<(ServiceCode, Class), Line>,
    /// Waiting tickets that a transfer sent to one counter.
    sent: BTreeMap<(CounterNumber, Class), Line>,
    /// Waiting tickets with an appointment.
    appointed: Line,
    /// The calls of priority callers by each counter: in which place the caller stood, and when. The
    /// time keeps two calls of one ticket apart.
    priority_calls: BTreeMap<CounterNumber, BTreeSet<(Place, Timestamp)>>,
}

impl Lines {
    /// Takes a ticket in as it is now.
    pub(super) fn take(&mut self, ticket: &Ticket) {
        if ticket.state == TicketState::Waiting {
            let (class, place) = (ticket.class, ticket.order());
            let service = (ticket.service.clone(), class);
            self.by_service.entry(service).or_default().insert(place, ticket.id);
            if let Some(counter) = ticket.for_counter {
                self.sent.entry((counter, class)).or_default().insert(place, ticket.id);
            }
            if ticket.appointment_at.is_some() {
                self.appointed.insert(place, ticket.id);
            }
        }
        for (counter, call) in priority_calls(ticket) {
            self.priority_calls.entry(counter).or_default().insert(call);
        }
    }

    /// Forgets a ticket as it was.
    pub(super) fn forget(&mut self, ticket: &Ticket) {
        if ticket.state == TicketState::Waiting {
            let (class, place) = (ticket.class, ticket.order());
            if let Some(line) = self.by_service.get_mut(&(ticket.service.clone(), class)) {
                line.remove(&place);
            }
            if let Some(line) =
                ticket.for_counter.and_then(|counter| self.sent.get_mut(&(counter, class)))
            {
                line.remove(&place);
            }
            self.appointed.remove(&place);
        }
        for (counter, call) in priority_calls(ticket) {
            if let Some(made) = self.priority_calls.get_mut(&counter) {
                made.remove(&call);
            }
        }
    }

    /// How many wait for a service in a class.
    pub(super) fn count(&self, service: &ServiceCode, class: Class) -> usize {
        self.by_service.get(&(service.clone(), class)).map_or(0, BTreeMap::len)
    }

    /// Who waits for a service in a class, first to be called first.
    pub(super) fn of_service(
        &self,
        service: &ServiceCode,
        class: Class,
    ) -> impl Iterator<Item = Uuid> {
        ids(self.by_service.get(&(service.clone(), class)))
    }

    /// Whom a transfer sent to a counter, in a class, first to be called first.
    pub(super) fn sent_to(
        &self,
        counter: CounterNumber,
        class: Class,
    ) -> impl Iterator<Item = Uuid> {
        ids(self.sent.get(&(counter, class)))
    }

    /// Who waits with an appointment.
    pub(super) fn appointed(&self) -> impl Iterator<Item = Uuid> {
        ids(Some(&self.appointed))
    }

    /// How many priority callers a counter called whose places lie behind this one; counted to `most`.
    pub(super) fn priority_called_behind(
        &self,
        counter: CounterNumber,
        place: Place,
        most: usize,
    ) -> usize {
        let from = Bound::Excluded((place, Timestamp::MAX));
        let made = self.priority_calls.get(&counter);
        made.map_or(0, |made| made.range((from, Bound::Unbounded)).take(most).count())
    }
}

fn ids(line: Option<&Line>) -> impl Iterator<Item = Uuid> {
    line.into_iter().flat_map(|line| line.values().copied())
}

/// Every call of a ticket as a priority caller: its counter, its place, its time. Whether it was one is
/// what the stored reason says, not how the ticket stands by now: who missed a call by appointment comes
/// back as a regular caller, and went before others all the same.
fn priority_calls(ticket: &Ticket) -> impl Iterator<Item = (CounterNumber, (Place, Timestamp))> {
    let past = ticket.past_calls.iter();
    let past = past.map(|past| (past.counter, past.called_at, past.reason.as_ref()));
    let present = ticket.counter.zip(ticket.called_at);
    let present =
        present.map(|(counter, called_at)| (counter, called_at, ticket.call_reason.as_ref()));
    past.chain(present).filter_map(move |(counter, called_at, reason)| {
        // Nobody was called then; and who was passed over on the day before stands elsewhere today.
        let went_on = reason.is_some_and(|reason| reason.rule == CallRule::WentOn);
        if went_on || !ticket.is_of_its_queue(called_at) {
            return None;
        }
        let place = match ticket.class {
            Class::Priority => ticket.order(),
            Class::Regular => appointed_place(ticket, called_at, reason?)?,
        };
        Some((counter, (place, called_at)))
    })
}

/// The place of a call by appointment; nothing for any other one.
fn appointed_place(ticket: &Ticket, called_at: Timestamp, reason: &CallReason) -> Option<Place> {
    let appointment = reason.appointment_at?;
    let (queued_at, place, series, number) = ticket.order();
    let mut since = queued_at.max(appointment);
    if ticket.return_used {
        // By now it stands elsewhere, perhaps further ahead. The reason knows in whole seconds since when
        // it had waited: at the end of that second, to count it rather too often than too rarely.
        let waited_since_s = called_at.as_second().saturating_sub(reason.waited_s);
        let end = Timestamp::from_second(waited_since_s.saturating_add(1)).unwrap_or(called_at);
        since = since.max(end);
    }
    Some((since, place, series, number))
}
