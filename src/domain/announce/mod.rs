//! Announcing: what is said for a call, and when each call has its turn.
//!
//! [`reading`] turns a label and a counter into the clips that a loudspeaker plays one after the other;
//! [`Occasion`] is what an invitation adds to that; [`Announcements`] is the one queue that governs the voice
//! together with the large line of the hall. [`help()`] is what a kiosk reads aloud to whoever asked for it.
//! They know no clock and no file. The counters' own signs and the called list do not wait for that queue.

mod calls;
mod help;
mod occasion;
#[cfg(test)]
mod properties;
pub mod reading;
#[cfg(test)]
mod tests;

pub use calls::{Announcements, Current, Due, QUEUE_LENGTH_MAX, STALE_AFTER, Said};
pub use help::{HelpStep, help};
pub use occasion::{Occasion, RESULTS_SERVICE, Way};
pub use reading::{Speech, Word, Wording, speech, speech_for};
