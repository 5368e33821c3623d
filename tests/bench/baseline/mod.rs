//! What the figures are held against: plain programs of a page each. Nothing of the product is in
//! them; each gets the rows or bytes that the product wrote in the same turn, so that both write the
//! same.

pub mod bare_blobs;
pub mod catch_up;
pub mod disk_commit;
pub mod frames;
pub mod hub_entries;
mod mqtt;
pub mod ticket_issue;

pub use mqtt::{Way, connect, subscribed};
