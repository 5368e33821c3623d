//! The last citizen card of each counter, for two minutes; and the cards that were shown at a kiosk with a
//! number, until it is done. In memory only: nothing of them is stored, journalled or sent, and after a
//! crash the card is laid under the counter's reader as ever.

use super::messages::CardRead;
use domain::card::CitizenCard;
use domain::ids::CounterNumber;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use uuid::Uuid;

/// How long a card is remembered: long enough to fill in a form, too short for the next citizen.
pub(super) const REMEMBERED: SignedDuration = SignedDuration::from_mins(2);

/// How long a card is remembered beside its number: longer than the longest wait of a bad morning.
pub(super) const REMEMBERED_FOR_TICKET: SignedDuration = SignedDuration::from_hours(4);
/// Cards beside numbers at once. Of more the oldest is forgotten: its citizen shows the card at the counter.
pub(super) const TICKET_CARDS_MAX: usize = 500;

/// One card a counter, and one a number.
#[derive(Default)]
pub(super) struct Cards {
    last: HashMap<CounterNumber, CardRead>,
    /// With which number a counter's card came; nothing where it was read at the counter itself.
    came_with: HashMap<CounterNumber, Uuid>,
    of_tickets: HashMap<Uuid, CardRead>,
}

impl Cards {
    pub(super) fn remember(&mut self, counter: CounterNumber, card: CitizenCard, now: Timestamp) {
        self.came_with.remove(&counter);
        self.last.insert(counter, CardRead { read_at: now, card });
    }

    pub(super) fn last(&self, counter: CounterNumber, now: Timestamp) -> Option<&CardRead> {
        self.last.get(&counter).filter(|read| fresh(read, REMEMBERED, now))
    }

    /// A card was shown with a number.
    pub(super) fn keep_for(&mut self, ticket: Uuid, card: CitizenCard, now: Timestamp) {
        self.forget_old_of_tickets(now);
        let is_new = !self.of_tickets.contains_key(&ticket);
        if is_new && self.of_tickets.len() >= TICKET_CARDS_MAX {
            let oldest = self.of_tickets.iter().min_by_key(|(_, read)| read.read_at);
            if let Some(oldest) = oldest.map(|(ticket, _)| *ticket) {
                self.of_tickets.remove(&oldest);
            }
        }
        self.of_tickets.insert(ticket, CardRead { read_at: now, card });
    }

    /// The citizen of a number stands at a counter: the card is the counter's now, as if it had been read
    /// there. It stays beside the number, which may go on to another counter. Whether there is one.
    pub(super) fn come_to(&mut self, counter: CounterNumber, ticket: Uuid, now: Timestamp) -> bool {
        let kept = self.of_tickets.get(&ticket);
        let Some(read) = kept.filter(|read| fresh(read, REMEMBERED_FOR_TICKET, now)) else {
            return false;
        };
        let card = read.card.clone();
        self.remember(counter, card, now);
        self.came_with.insert(counter, ticket);
        true
    }

    /// Forgets the card of a counter that came with another number than the one whose citizen stands there
    /// now: it would fill in the form of the wrong person. Whether there was one.
    pub(super) fn forget_of_another(&mut self, counter: CounterNumber, ticket: Uuid) -> bool {
        self.came_with.get(&counter).is_some_and(|own| *own != ticket) && self.forget(counter)
    }

    /// The number is done; returns the counters whose card came with it and is gone.
    pub(super) fn forget_ticket(&mut self, ticket: Uuid) -> Vec<CounterNumber> {
        self.of_tickets.remove(&ticket);
        let came = self.came_with.iter().filter(|(_, own)| **own == ticket);
        let mut gone: Vec<_> = came.map(|(counter, _)| *counter).collect();
        gone.sort_unstable();
        gone.retain(|counter| self.forget(*counter));
        gone
    }

    /// Forgets the cards of numbers that are too old.
    pub(super) fn forget_old_of_tickets(&mut self, now: Timestamp) {
        self.of_tickets.retain(|_, read| fresh(read, REMEMBERED_FOR_TICKET, now));
    }

    pub(super) fn forget(&mut self, counter: CounterNumber) -> bool {
        self.came_with.remove(&counter);
        self.last.remove(&counter).is_some()
    }

    /// Forgets what is too old; returns the counters whose card is gone.
    pub(super) fn forget_old(&mut self, now: Timestamp) -> Vec<CounterNumber> {
        let mut gone: Vec<_> = self
            .last
            .iter()
            .filter(|(_, read)| !fresh(read, REMEMBERED, now))
            .map(|(counter, _)| *counter)
            .collect();
        gone.sort_unstable();
        for counter in &gone {
            self.forget(*counter);
        }
        gone
    }

    /// Whether no counter has one.
    pub(super) fn is_empty(&self) -> bool {
        self.last.is_empty()
    }
}

/// A clock that was set back makes a card old, not eternal.
fn fresh(read: &CardRead, remembered: SignedDuration, now: Timestamp) -> bool {
    let age = now.duration_since(read.read_at);
    age >= SignedDuration::ZERO && age < remembered
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::card::parse;

    const ONE: CounterNumber = CounterNumber(1);
    const TWO: CounterNumber = CounterNumber(2);

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_764_000_000 + 60 * minute).unwrap()
    }

    fn card() -> CitizenCard {
        parse("022099000123||Nguyễn Văn An|01021999|Nam|Cao Xanh, Quảng Ninh|01012022".as_bytes())
            .unwrap()
    }

    fn ticket(number: usize) -> Uuid {
        Uuid::from_u128(number as u128)
    }

    #[test]
    fn a_card_shown_with_a_number_is_the_counters_once_its_citizen_stands_there() {
        let mut cards = Cards::default();
        cards.keep_for(ticket(1), card(), at(0));
        assert!(cards.last(ONE, at(90)).is_none(), "nobody has begun");
        assert!(!cards.come_to(ONE, ticket(2), at(90)), "a number without a card");
        assert!(cards.come_to(ONE, ticket(1), at(90)));
        assert_eq!(cards.last(ONE, at(91)).unwrap().read_at, at(90));
        assert!(cards.last(ONE, at(92)).is_none(), "two minutes, as any card at a counter");
        assert!(cards.come_to(TWO, ticket(1), at(100)), "it went on to another counter");
        assert_eq!(cards.forget_ticket(ticket(1)), [ONE, TWO], "wherever it had come");
        assert!(cards.last(TWO, at(101)).is_none() && !cards.come_to(ONE, ticket(1), at(101)));
    }

    #[test]
    fn the_next_number_at_a_counter_never_has_the_card_of_the_one_before() {
        let mut cards = Cards::default();
        cards.keep_for(ticket(1), card(), at(0));
        assert!(cards.come_to(ONE, ticket(1), at(1)));
        assert!(!cards.forget_of_another(ONE, ticket(1)), "its own");
        assert!(!cards.come_to(ONE, ticket(2), at(2)) && cards.forget_of_another(ONE, ticket(2)));
        assert!(cards.last(ONE, at(2)).is_none());
        // What lies under the counter's own reader is of who stands there.
        assert!(cards.come_to(ONE, ticket(1), at(3)));
        cards.remember(ONE, card(), at(3));
        assert!(!cards.forget_of_another(ONE, ticket(2)));
        assert!(cards.forget_ticket(ticket(1)).is_empty() && cards.last(ONE, at(4)).is_some());
    }

    #[test]
    fn a_card_is_forgotten_after_four_hours_and_when_the_clock_goes_back() {
        for minute in [240, -1] {
            let mut cards = Cards::default();
            cards.keep_for(ticket(1), card(), at(0));
            assert!(!cards.come_to(ONE, ticket(1), at(minute)), "{minute}");
            cards.forget_old_of_tickets(at(minute));
            assert!(cards.of_tickets.is_empty(), "{minute}");
        }
    }

    #[test]
    fn of_too_many_cards_the_oldest_goes() {
        let mut cards = Cards::default();
        for number in 0..=TICKET_CARDS_MAX {
            let second = SignedDuration::from_secs(i64::try_from(number).unwrap());
            cards.keep_for(ticket(number), card(), at(0) + second);
        }
        assert_eq!(cards.of_tickets.len(), TICKET_CARDS_MAX);
        assert!(!cards.come_to(ONE, ticket(0), at(10)) && cards.come_to(ONE, ticket(1), at(10)));
    }
}
