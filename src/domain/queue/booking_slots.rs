//! Which times can be booked, and how many places each has. A time of an officer and a time of the
//! province's page are counted apart: while the line is cut, neither end knows what the other gives
//! away, and a place of one's own can always be given.

use jiff::{SignedDuration, Timestamp, civil};
use serde::{Deserialize, Serialize};

use super::booking::minute;
use crate::calendar::Session;
use crate::refusal::Refusal;
use crate::time::{business_day, instant};

/// Minutes of one time.
pub const SLOT_MIN: std::ops::RangeInclusive<i64> = 10..=240;
/// Places of one time and service group.
pub const PER_SLOT: std::ops::RangeInclusive<i64> = 0..=50;
/// How many days ahead.
pub const DAYS_AHEAD: std::ops::RangeInclusive<i64> = 0..=60;
/// Minutes of a day.
const DAY_MIN: i64 = 24 * 60;

/// How times are booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingRules {
    /// Minutes of one time, of [`SLOT_MIN`].
    pub slot_min: u32,
    /// Places of one time and service group, of [`PER_SLOT`]; with 0 nothing can be booked.
    pub per_slot: u32,
    /// How many days ahead, of [`DAYS_AHEAD`]; with 0 only today.
    pub days_ahead: u32,
}

impl Default for BookingRules {
    fn default() -> Self {
        Self { slot_min: 30, per_slot: 2, days_ahead: 30 }
    }
}

/// A time with a free place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Begin.
    pub from: Timestamp,
    /// End.
    pub to: Timestamp,
    /// The lowest free place, from 1.
    pub place: u32,
    /// How many places are free.
    pub left: u32,
}

/// A place that is taken: the begin of its time, and its number there.
pub type TakenPlace = (Timestamp, u32);

impl BookingRules {
    /// The times of a day that are not over, with those that are full: of them none is left. The
    /// sessions are those in which numbers are given; without any, times lie around the clock.
    #[must_use]
    pub fn slots(
        &self,
        sessions: &[Session],
        day: civil::Date,
        taken: &[TakenPlace],
        now: Timestamp,
    ) -> Vec<Slot> {
        let length = i64::from(self.slot_min.max(1));
        let begin = instant(day.at(0, 0, 0, 0));
        let mut slots = Vec::new();
        for number in 0..DAY_MIN / length {
            let (first, last) = (number * length, (number + 1) * length);
            if !sessions.is_empty() && !sessions.iter().any(|one| holds(one, first, last)) {
                continue;
            }
            let at = |minute: i64| begin.checked_add(SignedDuration::from_mins(minute));
            // Whoever asks names the day: after the last instant that there is, there are no times.
            let (Ok(from), Ok(to)) = (at(first), at(last)) else { break };
            if to <= now {
                continue;
            }
            let is_free = |place: &u32| !taken.contains(&(from, *place));
            let free: Vec<u32> = (1..=self.per_slot).filter(is_free).collect();
            let left = u32::try_from(free.len()).unwrap_or(u32::MAX);
            slots.push(Slot { from, to, place: free.first().copied().unwrap_or(0), left });
        }
        slots
    }

    /// Whether a day does not lie too far ahead.
    #[must_use]
    pub fn reaches(&self, day: civil::Date, now: Timestamp) -> bool {
        let ahead = jiff::Span::new().days(i64::from(self.days_ahead));
        business_day(now).checked_add(ahead).is_ok_and(|last| day <= last)
    }

    /// A free place of the time that begins at `from`; without one, of the first free time of today.
    ///
    /// # Errors
    /// No time begins then, it lies too far ahead or is full; then with the next free one of that day.
    pub fn free_slot(
        &self,
        sessions: &[Session],
        from: Option<Timestamp>,
        taken: &[TakenPlace],
        now: Timestamp,
    ) -> Result<Slot, Refusal> {
        let day = business_day(from.unwrap_or(now));
        if !self.reaches(day, now) {
            return Err(Refusal::BookingTooFar { days: self.days_ahead });
        }
        let slots = self.slots(sessions, day, taken, now);
        let free = |after: Timestamp| {
            slots.iter().copied().find(|slot| slot.from >= after && slot.left > 0)
        };
        let Some(wanted) = from else {
            // A number from afar: the way here takes its time, so not the time that runs already.
            return free(now).ok_or(Refusal::BookingDayFull);
        };
        match slots.iter().find(|slot| slot.from == wanted) {
            None => Err(Refusal::BookingNoSuchTime),
            Some(slot) if slot.left > 0 => Ok(*slot),
            Some(slot) => Err(free(slot.to).map_or(Refusal::BookingDayFull, |next| {
                Refusal::BookingSlotFull { next: minute(next.from) }
            })),
        }
    }
}

fn holds(session: &Session, first: i64, last: i64) -> bool {
    let minute = |time: civil::Time| i64::from(time.hour()) * 60 + i64::from(time.minute());
    minute(session.from) <= first && last <= minute(session.to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    fn sessions() -> Vec<Session> {
        vec![
            Session { from: time(7, 30, 0, 0), to: time(11, 30, 0, 0) },
            Session { from: time(13, 30, 0, 0), to: time(17, 0, 0, 0) },
        ]
    }

    fn at(hour: i8, minute: i8) -> Timestamp {
        instant(date(2026, 11, 23).at(hour, minute, 0, 0))
    }

    #[test]
    fn times_lie_in_the_sessions_and_not_in_the_past() {
        let rules = BookingRules::default();
        let all = rules.slots(&sessions(), date(2026, 11, 24), &[], at(9, 10));
        assert_eq!(all.len(), 8 + 7);
        let today = rules.slots(&sessions(), date(2026, 11, 23), &[], at(9, 10));
        // the one that runs is not over
        assert_eq!((today[0].from, today[0].to), (at(9, 0), at(9, 30)));
        assert!(today.iter().all(|slot| slot.left == 2 && slot.place == 1));
    }

    #[test]
    fn a_full_time_is_refused_with_the_next_free_one() {
        let rules = BookingRules::default();
        let mut taken = vec![(at(10, 0), 1), (at(10, 0), 2), (at(10, 30), 1)];
        let refusal = rules.free_slot(&sessions(), Some(at(10, 0)), &taken, at(8, 0));
        assert_eq!(refusal, Err(Refusal::BookingSlotFull { next: "10:30, 23/11".to_owned() }));
        let slot = rules.free_slot(&sessions(), Some(at(10, 30)), &taken, at(8, 0)).unwrap();
        assert_eq!((slot.place, slot.left), (2, 1));
        // a place that was given back is given again
        taken.remove(0);
        let slot = rules.free_slot(&sessions(), Some(at(10, 0)), &taken, at(8, 0)).unwrap();
        assert_eq!((slot.place, slot.left), (1, 1));
    }

    #[test]
    fn a_number_from_afar_gets_the_first_free_time_of_today_that_has_not_begun() {
        let rules = BookingRules { per_slot: 1, ..BookingRules::default() };
        let slot = rules.free_slot(&sessions(), None, &[(at(9, 30), 1)], at(9, 10)).unwrap();
        assert_eq!(slot.from, at(10, 0));
        let none = rules.free_slot(&sessions(), None, &[], at(16, 45));
        assert_eq!(none, Err(Refusal::BookingDayFull));
        let closed = BookingRules { per_slot: 0, ..rules };
        assert_eq!(
            closed.free_slot(&sessions(), None, &[], at(9, 10)),
            Err(Refusal::BookingDayFull)
        );
    }

    #[test]
    fn what_is_no_time_or_too_far_ahead_is_refused() {
        let rules = BookingRules { days_ahead: 1, ..BookingRules::default() };
        let ask = |from| rules.free_slot(&sessions(), Some(from), &[], at(8, 0)).unwrap_err();
        assert_eq!(ask(at(10, 10)), Refusal::BookingNoSuchTime);
        assert_eq!(ask(at(12, 0)), Refusal::BookingNoSuchTime);
        assert_eq!(ask(at(7, 30)), Refusal::BookingNoSuchTime, "over since a moment");
        let far = instant(date(2026, 11, 25).at(8, 0, 0, 0));
        assert_eq!(ask(far), Refusal::BookingTooFar { days: 1 });
    }

    #[test]
    fn a_day_at_the_end_of_all_time_has_no_times_and_stops_nothing() {
        let rules = BookingRules::default();
        for day in [civil::Date::MIN, civil::Date::MAX] {
            assert!(rules.slots(&sessions(), day, &[], at(8, 0)).is_empty(), "{day}");
        }
        for from in [Timestamp::MIN, Timestamp::MAX] {
            assert!(rules.free_slot(&sessions(), Some(from), &[], at(8, 0)).is_err(), "{from}");
        }
        let today = date(2026, 11, 23);
        assert!(rules.reaches(today, at(8, 0)) && rules.reaches(date(2026, 12, 23), at(8, 0)));
        assert!(!rules.reaches(date(2026, 12, 24), at(8, 0)));
    }
}
