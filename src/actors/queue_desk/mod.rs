//! The queue desk: owns the queue of the day.
//!
//! Kiosks, consoles and other systems reach it through [`QueueHandle`]; it decides by
//! `domain::queue`, stores through the pipeline, and after each commit tells the announcer, the
//! device host, the rating desk and the screens. The printer's answers come back to it, because a
//! ticket is "printed" only by them.
//!
//! **After a crash** nothing is lost that was answered: it reads the day from the tables. Signs show
//! their numbers again, calls younger than a minute are announced again, print jobs that the printer
//! has not confirmed are resumed (with the mark of a reprint when the printer may have had them).
//!
//! **How long a new ticket will wait** is told with it, from the center's own service times (`waits`).
//!
//! **What the head decides** about the queue (`governed`) goes the same way: another policy of calling, what
//! an officer may serve.
//!
//! **The day** needs no timer: a command of another day makes the desk read that day first.

mod actor;
mod booking_messages;
#[cfg(test)]
mod booking_tests;
#[cfg(test)]
mod day_tests;
mod desk;
mod governed;
mod handle;
#[cfg(test)]
mod kiosk_tests;
mod messages;
mod paper;
#[cfg(test)]
mod paper_tests;
mod presses;
#[cfg(test)]
mod shown_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod visit_tests;
mod waits;

pub use actor::{QueueDesk, QueueDeskSettings, QueuePorts};
pub use booking_messages::{BookingCommand, BookingVerb, BookingWish};
pub use governed::{Govern, Governing, InForce};
pub use handle::QueueHandle;
pub use messages::{
    Command, DossierPlace, Issuing, Look, QueueReply, QueueView, ServiceLoad, Verb, Which,
};
pub use paper::TicketPaper;
