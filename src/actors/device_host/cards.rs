//! The last citizen card of each counter, for two minutes and in memory only.

use super::messages::CardRead;
use domain::card::CitizenCard;
use domain::ids::CounterNumber;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// How long a card is remembered: long enough to fill in a form, too short for the next citizen.
pub(super) const REMEMBERED: SignedDuration = SignedDuration::from_mins(2);

/// One card a counter.
#[derive(Default)]
pub(super) struct Cards {
    last: HashMap<CounterNumber, CardRead>,
}

impl Cards {
    pub(super) fn remember(&mut self, counter: CounterNumber, card: CitizenCard, now: Timestamp) {
        self.last.insert(counter, CardRead { read_at: now, card });
    }

    pub(super) fn last(&self, counter: CounterNumber, now: Timestamp) -> Option<&CardRead> {
        self.last.get(&counter).filter(|read| fresh(read, now))
    }

    pub(super) fn forget(&mut self, counter: CounterNumber) -> bool {
        self.last.remove(&counter).is_some()
    }

    /// Forgets what is too old; returns the counters whose card is gone.
    pub(super) fn forget_old(&mut self, now: Timestamp) -> Vec<CounterNumber> {
        let mut gone: Vec<_> = self
            .last
            .iter()
            .filter(|(_, read)| !fresh(read, now))
            .map(|(counter, _)| *counter)
            .collect();
        gone.sort_unstable();
        for counter in &gone {
            self.last.remove(counter);
        }
        gone
    }

    pub(super) fn is_empty(&self) -> bool {
        self.last.is_empty()
    }
}

/// A clock that was set back makes a card old, not eternal.
fn fresh(read: &CardRead, now: Timestamp) -> bool {
    let age = now.duration_since(read.read_at);
    age >= SignedDuration::ZERO && age < REMEMBERED
}
