//! Numbers that are given while the center is closed: from when on they are called. Who takes one sees no
//! dark door at a kiosk, and must not sit down before dark counters without knowing it.

use jiff::{Timestamp, civil};

use super::day_end::{CARRIED_DAYS_MAX, DayEnd};
use super::state::Queue;
use super::types::CounterState;
use crate::calendar::Session;
use crate::time::local;

/// What becomes of a number that is given while nobody calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resting {
    /// It is called later today.
    UntilLater {
        /// When the counters open, `HH:MM` in Vietnam.
        opens: String,
    },
    /// It is called on a later day, into which it is carried over.
    UntilDay {
        /// When the counters open, `HH:MM` in Vietnam.
        opens: String,
        /// On that day; nothing where the hours do not know which days are worked.
        day: Option<civil::Date>,
    },
    /// It is not called: its day is over before the counters open.
    ForToday {
        /// When the counters open again, `HH:MM` in Vietnam.
        opens: String,
        /// On that day; nothing where the hours do not know which days are worked.
        day: Option<civil::Date>,
    },
}

impl Queue {
    /// What a number waits for that is given now, outside of the sessions. Nothing within them, while any
    /// counter is open all the same, and where the hours give no numbers outside or are not written down.
    pub fn resting(&self, now: Timestamp) -> Option<Resting> {
        let hours = &self.settings().hours;
        if !hours.also_outside
            || hours.week.is_around_the_clock()
            || self.counters().any(|counter| counter.state != CounterState::Closed)
        {
            return None;
        }
        let at = local(now);
        let (today, time) = (at.date(), at.time());
        let sessions = hours.sessions_on(today);
        if sessions.iter().any(|session| session.from <= time && time < session.to) {
            return None;
        }
        let opens = |session: &Session| session.from.strftime("%H:%M").to_string();
        if let Some(next) = sessions.iter().find(|session| time < session.from) {
            return Some(Resting::UntilLater { opens: opens(next) });
        }
        let (next, first) = hours.next_open_day(today)?;
        let (opens, day) = (opens(&first), Some(next).filter(|_| hours.week.names_weekdays()));
        let kept = self.settings().rules.day_end == DayEnd::CarryOver
            && (next - today).get_days() <= CARRIED_DAYS_MAX;
        Some(if kept { Resting::UntilDay { opens, day } } else { Resting::ForToday { opens, day } })
    }
}
