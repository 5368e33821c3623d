//! The keeper: keeps the store as small after ten years as after one, and looks whether it is whole.
//!
//! It owns nothing but its pace. While nobody is being served it moves older entries of the journal
//! into sealed segments, one small step after another, erases the grounds of priority of days that are
//! over, and lets scans go that the province keeps; in quiet hours it looks through the chain, the pages
//! of the database and a hundredth of the scans. As soon as the writer has work it stands still, and
//! while nothing confirms the time it does nothing. What it does is safe to be cut off after any step:
//! see [`store::archive`]. After a restart it rests a minute, looks again and goes on. What a check
//! found stands in the table for health, and is an event when something is wrong.

mod actor;
mod chores;
mod desk;
#[cfg(test)]
mod tests;

pub use actor::{Keeper, KeeperSettings};
