//! An estimate on the clock of the day: it is made of work at counters, and in the break nobody works. What
//! would run into the break is told with the break in it, what would run past the end of the day says so.

use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

use super::{Estimate, Wait};
use crate::calendar::Session;
use crate::queue::hours::second_of;
use crate::queue::state::Queue;
use crate::time::local;

/// What lies between now and the long end of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitOver {
    /// Time without work, which is counted in: until this time of day.
    Break {
        /// When the counters work again.
        until: civil::Time,
    },
    /// The end of the day: whether it is still today, nobody knows.
    Closing {
        /// When the center closes.
        at: civil::Time,
    },
}

impl Wait {
    /// When the counters work again after the break that lies in it.
    #[must_use]
    pub fn break_until(&self) -> Option<civil::Time> {
        match self.over {
            Some(WaitOver::Break { until }) => Some(until),
            Some(WaitOver::Closing { .. }) | None => None,
        }
    }

    /// When the center closes, where it may run past that.
    #[must_use]
    pub fn closes_at(&self) -> Option<civil::Time> {
        match self.over {
            Some(WaitOver::Closing { at }) => Some(at),
            Some(WaitOver::Break { .. }) | None => None,
        }
    }
}

impl Queue {
    /// An estimate of this instant as people are told it, by the clock of the day. Where the hours name no
    /// session for today it is told as it is.
    #[must_use]
    pub fn told(&self, estimate: &Estimate, now: Timestamp) -> Wait {
        let at = local(now);
        let sessions = self.settings().hours.sessions_on(at.date());
        on_the_clock(estimate, sessions, second_of(at.time()))
    }
}

fn on_the_clock(estimate: &Estimate, sessions: &[Session], now_s: i64) -> Wait {
    let Some(last) = sessions.last() else { return estimate.told() };
    let now_s = now_s as f64;
    let end_of = |work_s: f64| end_s(sessions, now_s, work_s);
    let (end, resumed) = end_of(estimate.high_s);
    let over = if end > second_of(last.to) as f64 {
        Some(WaitOver::Closing { at: last.to })
    } else {
        resumed.map(|until| WaitOver::Break { until })
    };
    let told = Estimate {
        expected_s: end_of(estimate.expected_s).0 - now_s,
        low_s: end_of(estimate.low_s).0 - now_s,
        high_s: end - now_s,
        learned_from: estimate.learned_from,
    };
    Wait { over, ..told.told() }
}

/// At which second of the day so much work is over that begins now, and the begin of the session in which
/// that is, when it is not the present one. The last session has no end: what does not end today goes on.
fn end_s(sessions: &[Session], now_s: f64, work_s: f64) -> (f64, Option<civil::Time>) {
    let mut left = work_s;
    let mut at_s = now_s;
    for (place, session) in sessions.iter().enumerate() {
        let (from, to) = (second_of(session.from) as f64, second_of(session.to) as f64);
        let is_last = place + 1 == sessions.len();
        if at_s >= to && !is_last {
            continue;
        }
        let resumed = (from > now_s).then_some(session.from);
        at_s = at_s.max(from);
        if is_last || left <= to - at_s {
            return (at_s + left, resumed);
        }
        left -= to - at_s;
        at_s = to;
    }
    (at_s + left, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::tests::{Hall, code, plan, settings};
    use crate::queue::{Awaited, Class, QueueHours, QueueSettings, ServiceTimes, Week};
    use crate::time::instant;
    use jiff::civil::time;
    use proptest::prelude::*;

    fn sessions() -> Vec<Session> {
        vec![
            Session { from: time(7, 30, 0, 0), to: time(11, 30, 0, 0) },
            Session { from: time(13, 30, 0, 0), to: time(17, 0, 0, 0) },
        ]
    }

    /// What is told at a time of a wait of so many minutes of work.
    fn told(hour: i8, minute: i8, low: f64, high: f64) -> (u32, u32, Option<WaitOver>) {
        let expected_s = low.midpoint(high) * 60.0;
        let (low_s, high_s) = (low * 60.0, high * 60.0);
        let estimate = Estimate { expected_s, low_s, high_s, learned_from: 9 };
        let wait = on_the_clock(&estimate, &sessions(), second_of(time(hour, minute, 0, 0)));
        (wait.low_min, wait.high_min, wait.over)
    }

    const AFTERNOON: WaitOver = WaitOver::Break { until: civil::time(13, 30, 0, 0) };
    const CLOSING: WaitOver = WaitOver::Closing { at: civil::time(17, 0, 0, 0) };

    #[test]
    fn a_wait_that_ends_before_the_break_is_told_as_it_is() {
        assert_eq!(told(9, 0, 20.0, 40.0), (20, 40, None));
        assert_eq!(told(11, 0, 10.0, 30.0), (10, 30, None));
    }

    #[test]
    fn what_runs_into_the_break_is_told_with_the_break_in_it() {
        assert_eq!(told(11, 0, 10.0, 40.0), (10, 160, Some(AFTERNOON)));
        assert_eq!(told(11, 20, 20.0, 40.0), (140, 160, Some(AFTERNOON)));
        // Who comes in the break, and who comes before the doors open.
        assert_eq!(told(13, 0, 0.0, 5.0), (30, 35, Some(AFTERNOON)));
        let opening = WaitOver::Break { until: time(7, 30, 0, 0) };
        assert_eq!(told(7, 20, 0.0, 5.0), (10, 15, Some(opening)));
    }

    #[test]
    fn what_runs_past_the_end_of_the_day_says_so() {
        assert_eq!(told(16, 30, 10.0, 30.0), (10, 30, None));
        assert_eq!(told(16, 30, 10.0, 35.0), (10, 35, Some(CLOSING)));
        assert_eq!(told(17, 30, 5.0, 10.0), (5, 10, Some(CLOSING)), "an officer stays longer");
        // From the morning past the evening: the break is in it.
        assert_eq!(told(11, 0, 60.0, 300.0), (180, 420, Some(CLOSING)));
    }

    #[test]
    fn a_hall_tells_its_newcomers_by_its_own_hours_and_without_hours_as_it_is() {
        let at_eleven = instant(civil::date(2026, 11, 23).at(11, 25, 0, 0));
        let newcomer = |week: Week| {
            let hours = QueueHours { week, ..QueueHours::default() };
            let settings = QueueSettings { hours, ..settings(vec![plan(1, &["ho-tich"])]) };
            let mut hall = Hall::of(settings);
            for _ in 0..4 {
                hall.issue("ho-tich", None).unwrap();
            }
            hall.call(1).unwrap();
            let (queue, service) = (&hall.queue, code("ho-tich"));
            let who = Awaited::Newcomer(&service, Class::Regular);
            let estimate = queue.expected_wait(&ServiceTimes::default(), who, at_eleven).unwrap();
            (estimate, queue.told(&estimate, at_eleven))
        };
        let (estimate, plain) = newcomer(Week::default());
        assert_eq!((plain, plain.over), (estimate.told(), None));
        let (_, told) = newcomer(Week::every_day(sessions()));
        assert_eq!(told.over, Some(AFTERNOON));
        assert!(told.high_min >= plain.high_min + 110, "{plain:?} {told:?}");
    }

    proptest! {
        #[test]
        fn more_work_never_ends_earlier_and_nothing_ends_in_the_break(
            now in 0.0_f64..86_400.0,
            work in 0.0_f64..40_000.0,
            more in 0.0_f64..4_000.0,
        ) {
            let (end, _) = end_s(&sessions(), now, work);
            let (later, _) = end_s(&sessions(), now, work + more);
            prop_assert!(now + work <= end + 1e-6 && end <= later + 1e-6, "{end} {later}");
            let (noon, afternoon) = (11.5 * 3_600.0, 13.5 * 3_600.0);
            prop_assert!(end <= noon + 1e-6 || end >= afternoon - 1e-6, "{end}");
        }
    }
}
