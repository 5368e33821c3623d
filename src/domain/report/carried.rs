//! Tickets that were carried over: they lie with the day of their number, and were called on another.

use jiff::civil;

use crate::queue::Ticket;

/// Tickets of earlier days that stood in the queue of a later one, kept while days are added in order.
/// At most those of [`CARRIED_DAYS_MAX`](crate::queue::CARRIED_DAYS_MAX) days.
#[derive(Debug, Clone, Default)]
pub struct Carried(Vec<Ticket>);

impl Carried {
    /// With the tickets of the days before the first one.
    #[must_use]
    pub fn before(tickets: Vec<Ticket>) -> Self {
        Self(tickets)
    }

    /// A day's own tickets together with those that may have been called on it too; the days come in
    /// their order.
    #[must_use]
    pub fn with(&mut self, day: civil::Date, mut tickets: Vec<Ticket>) -> Vec<Ticket> {
        let goes_on =
            |ticket: &Ticket, day: civil::Date| ticket.carried_to.is_some_and(|to| to >= day);
        self.0.retain(|ticket| goes_on(ticket, day));
        let later = day.tomorrow().unwrap_or(day);
        let own: Vec<Ticket> = tickets.iter().filter(|one| goes_on(one, later)).cloned().collect();
        tickets.extend(self.0.iter().cloned());
        self.0.extend(own);
        tickets
    }
}
