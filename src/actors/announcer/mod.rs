//! The announcer: one queue for the voice, the large "now calling" line and the LED boards of the hall.
//!
//! It owns the pace of calls: one at a time, each held for some seconds and as long as its voice takes,
//! none overwritten by the next; the rule is `domain::announce`. The counters' own signs and the called
//! list do not wait for it; the queue desk and the device host show them at once.
//!
//! After a crash its memory is empty. The queue desk, which owns the tickets, announces calls again
//! that are younger than [`STALE_AFTER`]; an older call would only confuse.

mod actor;
mod handle;
mod messages;
#[cfg(test)]
mod tests;

pub use actor::{Announcer, Silence, Voice};
pub use domain::announce::STALE_AFTER;
pub use handle::AnnouncerHandle;
pub use messages::{Call, Withdraw};
