//! The dossier desk: owns every change of a dossier at this node, and the day's sequence of codes.
//!
//! Reception, scans, result, return and hand-over come from the console through [`DossierHandle`];
//! offers and custody decisions come down the hub's journal through the uplink. It decides by
//! `domain::dossier`, stores through the pipeline, and after the commit orders the short slip, gives
//! the counter's tablet its token, which was stored with the step that it asks about, and tells the
//! console what became of hand-overs.
//!
//! It keeps in memory what is under way to the disk and the dossiers last used; every other is read
//! when it is asked for.
//!
//! **After a crash** nothing is lost that was answered; slips that the printer has not confirmed are
//! ordered again. A tablet's token that was not yet fetched is gone.

mod actor;
mod board;
mod desk;
mod down;
mod handle;
mod messages;
mod paper;
#[cfg(test)]
mod tests;

pub use actor::{DossierDesk, DossierDeskSettings, DossierPorts};
pub use desk::Rules;
pub(crate) use down::{Known, Taken, take_items};
pub use handle::DossierHandle;
pub use messages::{Command, DossierReply, Receiving, Verb};
pub use paper::{SlipPaper, paper_title};
