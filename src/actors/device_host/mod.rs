//! The device host: owns the devices and what they tell.
//!
//! It starts each device's driver from the settings, hears them, keeps their states and writes what
//! they report into the event log. It knows which sign stands at which counter, gives print jobs to
//! printers one at a time and tells their owners what the printer said, and remembers the last card
//! of a counter for two minutes, and the card that was shown at a kiosk until its number is done.
//!
//! A driver that panics is started again; the others do not notice. A device that is unplugged is
//! normal life: one event, and its driver keeps trying.
//!
//! **After a crash** its memory is empty and nothing is missed: the desks, which own tickets and
//! dossiers, order their unfinished print jobs again and show their signs again. Cards are gone on
//! purpose; they were never stored.

mod actor;
mod cards;
mod handle;
mod messages;
mod outbox;
mod print;
mod printers;
mod signs;
#[cfg(test)]
mod tests;

pub use actor::{DeviceHost, DeviceHostSettings, DevicePorts};
pub use handle::DeviceHostHandle;
pub use messages::{CardRead, DeviceView, JobState, PrintJobView, PrintNews, PrintOrder};
pub use print::TOO_LATE;
