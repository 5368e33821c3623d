//! What a head asks about the queue. Of days that were: how long people waited, walked and were served,
//! who did not come, whether the promise was kept, how long counters were free ([`Tally`], by hour, day,
//! service, class, officer or counter). Of the hall as it is: who waits against which promise, and
//! whether any order can still keep it ([`hall`]); and what of it is told outside ([`outside`]). Of the hours
//! to come: when waiting will pass the promise if as many come as usually ([`forecast()`]).
//!
//! Everything is read from the tickets as they are stored; [`turns`] says what a call was. The figures
//! are percentiles by the nearest-rank method ([`crate::percentile`]), because a mean hides the one who
//! waited two hours.
//!
//! Left to others: reading the tickets (store), words and files (the root's `api`), trying another
//! policy on the same days ([`crate::queue::replay`]).

mod advice;
mod carried;
mod figures;
mod forecast;
pub mod hall;
pub mod outside;
mod tally;
pub mod turns;

#[cfg(test)]
mod carried_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use jiff::civil;

pub use crate::percentile::Spread;
pub use advice::{Advice, COUNTERS_MAX, HORIZON_MIN_S};
pub use carried::Carried;
pub use figures::Figures;
pub use forecast::{
    Forecast, ForecastState, HORIZON_S, LEARNED_COUNT_MIN, LEARNED_DAYS_MIN, Overload, Scene,
    forecast,
};
pub use tally::{By, Key, Report, Tally};

/// Days of one report, both ends counted: a quarter. A report reads every ticket of its days.
pub const REPORT_DAYS_MAX: i64 = 92;

/// The days of a report, the first and the last one counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    first: civil::Date,
    last: civil::Date,
}

impl Days {
    /// Nothing where the end lies before the beginning, or more than [`REPORT_DAYS_MAX`] days are asked
    /// for at once.
    #[must_use]
    pub fn new(first: civil::Date, last: civil::Date) -> Option<Self> {
        let days = Self { first, last };
        (1..=REPORT_DAYS_MAX).contains(&days.count()).then_some(days)
    }

    /// The first day.
    #[must_use]
    pub fn first(&self) -> civil::Date {
        self.first
    }

    /// The last day.
    #[must_use]
    pub fn last(&self) -> civil::Date {
        self.last
    }

    /// So many days.
    #[must_use]
    pub fn count(&self) -> i64 {
        i64::from(self.first.until(self.last).map_or(i32::MIN, |span| span.get_days())) + 1
    }

    /// Each day, in order.
    pub fn each(&self) -> impl Iterator<Item = civil::Date> + use<> {
        let last = self.last;
        std::iter::successors(Some(self.first), |day| day.tomorrow().ok())
            .take_while(move |day| *day <= last)
    }
}
