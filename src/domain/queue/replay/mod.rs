//! Trying a policy on days that are over: who came when, how long each kept a counter busy, which counter
//! worked when and with which services. All of it is read from the tickets of the day ([`PastDay`]), then
//! the queue itself is played through the day under other rules ([`play()`]), and both classes' waits are
//! counted ([`Tally`]). [`play_watched`] shows the queue at each coming: what was foretold then can be
//! held against what came.
//!
//! What a replay cannot know: whom a shorter wait would have kept from leaving, and whether officers
//! work faster before a full hall. It compares policies; it does not foretell a day.

mod compare;
mod figures;
mod past;
mod play;

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

pub use compare::Comparison;
pub use figures::{ClassFigures, Figures, Tally};
pub use past::{Called, PastDay, Shift, Visit};
pub use play::{play, play_watched};

/// Days of one replay: from the last one to a year.
pub const REPLAY_DAYS: RangeInclusive<i64> = 1..=366;
