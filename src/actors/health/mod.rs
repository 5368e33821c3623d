//! Health: is the store well, is there room on the disk, can the clock be believed.
//!
//! It owns nothing but its last look, and is told nothing: every few seconds it looks by itself. What
//! changes for the worse or the better is an event with a code, told once. After a restart it looks
//! again and has lost nothing.

mod actor;
mod desk;
mod handle;
#[cfg(test)]
mod tests;

pub use actor::{ClockRefusal, Health, HealthPorts};
pub use desk::{ClockState, DiskState, Observation, Report, StoreState};
pub use handle::HealthHandle;
