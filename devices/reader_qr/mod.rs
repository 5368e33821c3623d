//! QR readers on a serial line: the code on a citizen's card arrives as one line of text.
//!
//! Source: readers as they are sold (USB CDC-ACM in serial mode) and recordings of their output.
//! Oddities that shaped this driver:
//! - The end of a reading is CR, LF, CR LF or nothing at all: silence ends it too.
//! - In keyboard mode a reader loses Vietnamese letters. Only serial mode is supported; README.md
//!   tells the technician how to switch.
//! - A reader that loses power in the middle, or a wrong speed, sends bytes that are no text.
//!
//! This driver hands over text. Whose card it is, and whether it is one, the domain decides.

mod driver;
mod protocol;
mod settings;
pub mod sim;

#[cfg(test)]
mod tests;

use crate::class::Class;
use crate::task::Driver;

/// This driver.
pub static DRIVER: Driver = Driver {
    name: "reader_qr",
    class: Class::CardReader,
    manifest: include_str!("device.toml"),
    check: settings::check,
    spawn: driver::spawn,
};
