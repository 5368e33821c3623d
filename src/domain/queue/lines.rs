//! The waiting tickets in the lines in which counters look for them, and the calls of priority callers
//! that were made. Both follow from the rows of the tickets, so that a restart finds what was there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use jiff::Timestamp;
use uuid::Uuid;

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
    pub(super) fn take(&mut self, ticket: &Ticket, grace_s: i64) {
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
        for (counter, called_at) in calls(ticket) {
            let (class, place) = ticket.standing(called_at, grace_s);
            if class == Class::Priority {
                self.priority_calls.entry(counter).or_default().insert((place, called_at));
            }
        }
    }

    /// Forgets a ticket as it was.
    pub(super) fn forget(&mut self, ticket: &Ticket, grace_s: i64) {
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
        for (counter, called_at) in calls(ticket) {
            let (_, place) = ticket.standing(called_at, grace_s);
            if let Some(made) = self.priority_calls.get_mut(&counter) {
                made.remove(&(place, called_at));
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

/// Every call of a ticket: its counter and its time.
fn calls(ticket: &Ticket) -> impl Iterator<Item = (CounterNumber, Timestamp)> {
    let past = ticket.past_calls.iter().map(|past| (past.counter, past.called_at));
    past.chain(ticket.counter.zip(ticket.called_at))
}
