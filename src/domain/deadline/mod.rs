//! The date on which a dossier is due, and every step that led to it.
//!
//! The rule is read as: counting starts on the working day after receipt; the day on which a
//! supplement is asked does not count, nor the day on which it arrives; a dossier that came online
//! outside the hours counts as received at the next session; a same-day procedure received after
//! 15:00 is due on the next working day. The texts of the Decree behind it are not all read, so the
//! rule itself is data ([`DeadlineRules`]) with its source and a mark "needs confirmation".
//!
//! The result is a budget of days, a ledger of pauses and a list of reasons: it can be worked out
//! again after a decree about holidays, and each step can be told to the citizen.

mod count;
mod rules;

#[cfg(test)]
mod tests;

use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

pub use count::deadline;
pub use rules::DeadlineRules;

/// How a dossier came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// At the counter.
    Direct,
    /// From the national portal.
    Online,
    /// By public post.
    Post,
}

/// The time a procedure has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// How many; 0 with `same_day`.
    pub value: u32,
    /// Of what.
    pub unit: LimitUnit,
}

/// Units of a procedure's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitUnit {
    /// Working days.
    WorkingDays,
    /// Done on the day of receipt.
    SameDay,
    /// Working hours.
    Hours,
    /// Days of the calendar; a due day that is off moves to the next working day.
    CalendarDays,
}

/// A time in which the clock stands still while the citizen supplements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When the supplement was asked for.
    pub asked_at: Timestamp,
    /// When it came; nothing while it is awaited.
    #[serde(default)]
    pub brought_at: Option<Timestamp>,
}

/// When a dossier is due, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// On a clock in Vietnam.
    pub due: civil::DateTime,
    /// The same as an instant.
    pub due_at: Timestamp,
    /// A supplement is awaited: the date is the earliest possible, and moves until it comes.
    #[serde(default)]
    pub provisional: bool,
    /// Every step, in order.
    pub reasons: Vec<Reason>,
}

/// One step of the count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Reason {
    /// The dossier came.
    Received {
        /// When, on a clock in Vietnam.
        at: civil::DateTime,
        /// How.
        channel: Channel,
    },
    /// It came online outside the hours and counts as received at the next session.
    NextSession {
        /// That session's start.
        from: civil::DateTime,
    },
    /// The procedure's time.
    LimitGiven {
        /// How many.
        value: u32,
        /// Of what.
        unit: LimitUnit,
    },
    /// Counting starts on the day after receipt.
    FirstDay {
        /// The first day that counts.
        date: civil::Date,
    },
    /// A same-day procedure, received in time.
    SameDayInTime {
        /// Until when it is in time.
        until: civil::Time,
    },
    /// A same-day procedure, received too late in the day.
    SameDayTooLate {
        /// Until when it would have been in time.
        until: civil::Time,
        /// The next working day.
        date: civil::Date,
    },
    /// Days off at a week's end.
    WeekendSkipped {
        /// First day.
        from: civil::Date,
        /// Last day.
        to: civil::Date,
    },
    /// Holidays of one name.
    HolidaySkipped {
        /// First day.
        from: civil::Date,
        /// Last day.
        to: civil::Date,
        /// Name.
        name_vi: String,
        /// Name in English.
        name_en: String,
        /// Whether the date has yet to be confirmed.
        needs_confirmation: bool,
    },
    /// A Saturday that is worked.
    MakeUpDay {
        /// The date.
        date: civil::Date,
        /// Whether the date has yet to be confirmed.
        needs_confirmation: bool,
    },
    /// The clock stood still for a supplement.
    Paused {
        /// The day it was asked for.
        from: civil::Date,
        /// The day it came; nothing while it is awaited.
        to: Option<civil::Date>,
    },
    /// A due day that is off moved on.
    MovedToWorkingDay {
        /// From.
        from: civil::Date,
        /// To.
        to: civil::Date,
    },
    /// The last day of the count.
    LastDay {
        /// The date.
        date: civil::Date,
        /// The hour at which the working day ends, or the counted hour.
        time: civil::Time,
    },
    /// The holidays of a year are not known yet.
    YearNotKnown {
        /// The year.
        year: i16,
    },
    /// The rule behind this count has yet to be confirmed.
    RuleNeedsConfirmation {
        /// Where it was taken from.
        source: String,
    },
}
