//! Ticket printers that speak ESC/POS over TCP 9100.
//!
//! Source: what Epson's and Bixolon's manuals and python-escpos agree on. Oddities that shaped
//! this driver:
//! - Vietnamese goes as dots: code pages differ from model to model, and the one that many have
//!   prints tone marks in cells of their own.
//! - A ticket counts as printed only when the printer has said so. `GS r 1` is answered in order,
//!   after everything before it was worked off; `DLE EOT` is answered at once, even when the
//!   printer is full or offline. So: status, job, `GS r 1`, status. Without all of these answers
//!   the outcome is "unknown", and that is not "printed".
//! - Paper out in the middle leaves the rest in the printer's buffer, and new paper would print it
//!   after all. With the next conversation such a rest is cleared; the first one after a start
//!   clears too, because nobody knows what was left.
//! - Print servers and wrong ports answer with text. So the proof is one of four bytes and no other,
//!   an answer is the last byte that came, text between the answers of a status makes it be asked
//!   again, and text after the job has left means "unknown".
//! - Old firmware sees `DLE EOT` inside raster data and answers it: bytes that nobody asked for are
//!   ignored (they have the form of a status and come before the proof), and the status is never
//!   asked in the middle of a block.
//! - One connection at a time; many models drop an idle one: connect, ask, print, ask, close.

mod decoder;
mod driver;
mod exchange;
mod logo;
mod protocol;
mod render;
mod settings;
pub mod sim;

#[cfg(test)]
mod logo_tests;
#[cfg(test)]
mod tests;

use crate::class::Class;
use crate::task::Driver;

/// This driver.
pub static DRIVER: Driver = Driver {
    name: "printer_escpos",
    class: Class::TicketPrinter,
    manifest: include_str!("device.toml"),
    check: settings::check,
    spawn: driver::spawn,
};
