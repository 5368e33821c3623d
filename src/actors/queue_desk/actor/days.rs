//! From one business day to the next: the queue goes over, and what was left open is closed or carried
//! over.

use super::{After, QueueDesk, batch};
use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use crate::actors::pipeline::{Admission, failure_of};
use crate::actors::queue_desk::messages::QueueReply;
use crate::actors::queue_desk::presses::OpenPapers;
use domain::queue::{Decision, Ticket};
use domain::time::business_day;
use jiff::Timestamp;

/// Tickets of earlier days that one entry closes: far below what an entry may hold.
const CLOSED_BY_ENTRY_MAX: usize = 50;
/// Tickets of earlier days that one command closes; the next command goes on.
const CLOSED_BY_COMMAND_MAX: usize = 1_000;
/// How often a day tries to close the days before it. Then they stay as they are until the next one,
/// so that a row that cannot be stored does not make every command reload the desk.
const CLOSING_TRIES_MAX: u8 = 5;

/// Whether something of earlier days may still be open.
pub(super) struct EarlierDays {
    pub(super) due: bool,
    tries: u8,
}

impl EarlierDays {
    pub(super) const fn unknown() -> Self {
        Self { due: true, tries: 0 }
    }
}

impl QueueDesk {
    /// A command of another day than the queue's: go over to that day first.
    pub(super) fn follow_the_day(&mut self, now: Timestamp) -> Result<(), Failure> {
        if !self.desk.is_of_another_day(now) {
            return Ok(());
        }
        // What is still on its way would not be in the tables yet.
        if !self.pipeline.at_rest() {
            return Err(Failure::Busy);
        }
        let day = business_day(now);
        let tickets = self
            .ports
            .store
            .readers
            .read_now(|conn| store::query::tickets::in_queue_of(conn, day))
            .map_err(|error| {
                tracing::error!(code = error.code(), %error, "the new day cannot be read");
                failure_of(&error)
            })?;
        tracing::info!(%day, tickets = tickets.len(), "the queue goes over to another day");
        self.desk.roll_over(day, tickets);
        self.earlier_days = EarlierDays::unknown();
        self.papers = OpenPapers::default();
        // Here, so that whoever came first on the new day did not leave yesterday's numbers standing.
        self.show_signs();
        self.publish();
        Ok(())
    }

    /// Closes what earlier days left open, with the first command of a day. Whoever gives that command
    /// does not wait for it; if it fails, a later one tries again.
    pub(super) fn close_earlier_days(&mut self, now: Timestamp) {
        if !self.earlier_days.due || self.earlier_days.tries >= CLOSING_TRIES_MAX {
            return;
        }
        self.earlier_days = EarlierDays { due: false, tries: self.earlier_days.tries + 1 };
        let closed = self.try_to_close_earlier_days(now);
        if let Err(error) = closed.and_then(|()| self.miss_earlier_bookings(now)) {
            tracing::warn!(code = error.code(), %error, "earlier days are not closed yet");
            self.earlier_days.due = true;
        }
    }

    fn try_to_close_earlier_days(&mut self, now: Timestamp) -> Result<(), Failure> {
        let day = business_day(now);
        let read = |conn: &rusqlite::Connection| {
            let open = store::query::tickets::unfinished_before(conn, day, CLOSED_BY_COMMAND_MAX)?;
            Ok((open, store::query::counters::all(conn)?))
        };
        let (tickets, counters) =
            self.ports.store.readers.read_now(read).map_err(|error| failure_of(&error))?;
        let mut counters = self.desk.counters_closed_at_day_end(&counters);
        let tickets: Vec<Ticket> = self.desk.after_day_end(&tickets, now);
        if tickets.is_empty() && counters.is_empty() {
            return Ok(());
        }
        tracing::info!(
            tickets = tickets.len(),
            counters = counters.len(),
            "what earlier days left open is closed or carried over"
        );
        // Counters go with the first entry, also when there is no ticket.
        let chunks =
            tickets.chunks(CLOSED_BY_ENTRY_MAX).chain(tickets.is_empty().then_some(&[][..]));
        for chunk in chunks {
            let origin = Origin::center();
            let Admission::Fresh(admitted) = self.pipeline.admit(&origin, &"close days", now)?
            else {
                return Ok(());
            };
            let counters = std::mem::take(&mut counters);
            let closed = Decision { tickets: chunk.to_vec(), counters, effects: Vec::new() };
            let batch = batch(&origin, now, &closed);
            // What is closed is none of today's: memory and screens do not know it.
            let today = chunk.iter().filter(|ticket| ticket.carried_to == Some(day));
            let tickets = today.cloned().collect();
            let decision = Decision { tickets, ..closed };
            let after = After::of(decision.clone(), now);
            drop(self.pipeline.submit(admitted, batch, QueueReply::default(), after)?);
            self.desk.apply(&decision);
            self.desk.count_closed(chunk);
        }
        if tickets.len() >= CLOSED_BY_COMMAND_MAX {
            self.earlier_days = EarlierDays::unknown();
        }
        Ok(())
    }
}
