//! How long somebody will wait, and how sure that is.
//!
//! [`ServiceTimes`] learns from the center's own tickets how long each service group keeps a counter
//! (`learn`), and how many come on which day (`arrivals`); [`Queue::expected_wait`](super::Queue::expected_wait) plays the counters forward by the
//! policy in force, from who waits and what each counter is at (`foresee`, `play`); an [`Estimate`] is the
//! middle of what may come and a range in which four of five waits end.
//!
//! Nothing is drawn by lot: the same queue, the same times and the same instant give the same answer.
//! Where no open counter may call the ticket there is no estimate, and every surface says so.
//!
//! It is made of work at counters; [`Queue::told`](super::Queue::told) puts it on the clock of the day, with
//! its break and its end (`clock`).
//!
//! What it cannot know: that a counter will open, pause or close, and that somebody who waits will
//! leave. It foretells the hall as it stands.

mod arrivals;
mod clock;
mod foresee;
mod learn;
mod play;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use arrivals::DayArrivals;
pub use clock::WaitOver;
pub use foresee::Awaited;
pub use learn::{Expected, LEARNED_DAYS, PRIOR_SERVICE_S, ServiceTimes};

/// No wait is told as longer than a day. Seconds.
const WAIT_S_MAX: f64 = 86_400.0;
/// The tenth and the ninetieth of a hundred waits lie so many standard deviations from the middle.
const Z_OF_RANGE: f64 = 1.2816;
/// Of what no counter's history tells (breaks, searching for papers, officers who differ), as a share of
/// the wait.
const UNKNOWN_SHARE: f64 = 0.1;
/// A wait varies by no more than about its own length. The least square of mean by deviation.
const SHAPE_MIN: f64 = 0.6;
/// Ranges are told in steps of so many minutes: a closer number would promise what nobody knows.
const STEP_MIN: u32 = 5;
/// From an hour on in such ones.
const LONG_STEP_MIN: u32 = 10;
/// Where the long steps begin. Minutes.
const LONG_MIN: u32 = 60;

/// A wait as foreseen. Seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The middle: half of such waits are shorter.
    pub expected_s: f64,
    /// One of ten such waits is shorter.
    pub low_s: f64,
    /// One of ten such waits is longer.
    pub high_s: f64,
    /// So many services of the group were learned from; with none the prior speaks.
    pub learned_from: u32,
}

impl Estimate {
    /// From the mean and the variance of a wait for a service, as if it were distributed as a sum of services is (a
    /// gamma law), by Wilson and Hilferty's approximation of its percentiles.
    fn of(mean_s: f64, variance: f64, of: &Expected) -> Self {
        let learned_from = of.learned_from;
        let mean_s = if mean_s.is_finite() { mean_s.clamp(0.0, WAIT_S_MAX) } else { WAIT_S_MAX };
        if mean_s <= 0.0 {
            return Self { expected_s: 0.0, low_s: 0.0, high_s: 0.0, learned_from };
        }
        let unknown = UNKNOWN_SHARE.hypot(of.unknown_share) * mean_s;
        let variance = variance.max(0.0) + unknown * unknown;
        let shape = (mean_s * mean_s / variance).max(SHAPE_MIN);
        let at = |z: f64| {
            let root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt());
            (mean_s * root.max(0.0).powi(3)).min(WAIT_S_MAX)
        };
        Self { expected_s: at(0.0), low_s: at(-Z_OF_RANGE), high_s: at(Z_OF_RANGE), learned_from }
    }

    /// Nowhere shorter than another one: who stands further back does not wait less.
    fn at_least(self, other: &Self) -> Self {
        Self {
            expected_s: self.expected_s.max(other.expected_s),
            low_s: self.low_s.max(other.low_s),
            high_s: self.high_s.max(other.high_s),
            learned_from: self.learned_from,
        }
    }

    /// As people and programs are told, by counters that work without a break and without an end.
    #[must_use]
    pub fn told(&self) -> Wait {
        let (low, high) = (self.low_s / 60.0, self.high_s / 60.0);
        let step =
            |minutes: f64| if minutes < f64::from(LONG_MIN) { STEP_MIN } else { LONG_STEP_MIN };
        let (down, up) = (step(low), step(high));
        Wait {
            expected_min: whole(self.expected_s / 60.0),
            low_min: whole((low / f64::from(down)).floor()) * down,
            high_min: whole((high / f64::from(up)).ceil()).max(1) * up,
            learned_from: self.learned_from,
            over: None,
        }
    }
}

/// The nearest whole number; every caller's lies between 0 and a day's minutes.
fn whole(value: f64) -> u32 {
    value.round() as u32
}

/// A wait as it is told, in minutes: between `low_min` and `high_min` four of five such waits end. Zero at
/// the low end means "less than `high_min`".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// The middle, to the minute.
    pub expected_min: u32,
    /// The short end, in steps of 5 minutes, from an hour on of 10.
    pub low_min: u32,
    /// The long end, in the same steps; at least one step.
    pub high_min: u32,
    /// So many services of the group were learned from; with none it rests on
    /// [`PRIOR_SERVICE_S`] alone.
    pub learned_from: u32,
    /// The break in it, or the end of the day, past which it may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<WaitOver>,
}
