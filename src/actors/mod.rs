//! The actors of the center daemon: each owns one thing and answers for it. Others reach it through
//! its handle, a clonable struct with named verbs, from any thread.
//!
//! | actor | owns |
//! |---|---|
//! | [`queue_desk`] | the queue of the day |
//! | [`dossier_desk`] | every change of a dossier, the day's sequence of codes |
//! | [`rating_desk`] | the tokens of the tablets, the votes |
//! | [`announcer`] | the pace of calls: voice, large line and boards of the hall |
//! | [`device_host`] | the devices, print jobs, the last cards |
//! | [`uplink`] | the link to the hub, the hub's messages |
//! | [`health`] | the last look at store, disk and clock |
//! | [`keeper`] | the pace at which the store is kept small |
//!
//! What they share: [`failure`] (why a verb was not done), [`origin`] (who asks), [`pipeline`] (how a
//! desk runs ahead of the disk), [`live`] (what the screens show), [`surfaces`] (what the screens say of
//! themselves), [`pairing`] (screens that ask to be let in), [`OfficerNames`]. [`hall_teller`] tells the
//! province of the hall.
//!
//! Start order, because each is told its neighbours: device host and announcer; rating desk; queue
//! desk and dossier desk; uplink; health; keeper. None of them knows the pages.
//!
//! **After a panic.** A panic in an actor ends the process and systemd starts it again: every fact is
//! on disk, and a daemon without its queue would only answer "stopped". Drivers and the link run in
//! tasks of their own; a driver that panics is started again alone.

pub mod announcer;
pub mod device_host;
pub mod dossier_desk;
mod event_log;
pub mod failure;
mod guard;
pub mod hall_teller;
pub mod health;
pub mod keeper;
pub mod live;
mod officer_names;
pub mod origin;
pub mod pairing;
pub mod pipeline;
mod print_jobs;
pub mod queue_desk;
pub mod rating_desk;
pub mod second_medium;
pub mod surfaces;
#[cfg(test)]
pub(crate) mod testing;
pub mod uplink;

pub(crate) use event_log::EventLog;
pub use failure::Failure;
pub use live::Live;
pub use officer_names::OfficerNames;
pub use origin::Origin;
pub use pipeline::{StorePorts, StoreWatch};
