//! LED signs that speak the Alpha protocol (Adaptive, BetaBrite and the many signs with a
//! compatible controller), over a serial line or a serial converter on TCP.
//!
//! Source: the protocol as two independent libraries write it. Oddities that shaped this driver:
//! - A sign does not acknowledge writes. So the state is sent again every minute, and "online"
//!   says that the line is open, not that the sign shows it.
//! - A sign that loses its own power on an open line is not missed. Battery-backed ones come back with
//!   their old number, until the next resend; others without memory, so a dark sign is set up once more.
//! - Writing a TEXT file blanks the sign for a moment, writing a STRING file does not. So a TEXT
//!   file with a call of a STRING is written once, and numbers go into the STRING.
//! - A call flashes by the priority TEXT file, which hides everything else and goes away by an
//!   empty write; the number stands steady underneath already.
//! - A sign without Vietnamese gets the text folded to ASCII (`text = "ascii"`) or drawn as a SMALL DOTS
//!   PICTURE (`text = "bitmap"`). A picture that is written while a priority text is up was seen to be
//!   lost on a real sign, so that text goes first, and a drawn call flashes by the mode of its TEXT file.
//!   Behind the picture's width a sign needs 100 ms before the rows.
//! - 7E1 on real lines. A pseudo-terminal ignores parity, so tests cannot find a mistake there.
//! - A pause of more than a second inside a packet ends it: packets are written in one piece.

mod driver;
mod font;
mod picture;
mod protocol;
mod settings;
pub mod sim;

#[cfg(test)]
mod picture_tests;
#[cfg(test)]
mod tests;

use crate::class::Class;
use crate::task::Driver;

/// This driver.
pub static DRIVER: Driver = Driver {
    name: "led_alpha",
    class: Class::CounterSign,
    manifest: include_str!("device.toml"),
    check: settings::check,
    spawn: driver::spawn,
};
