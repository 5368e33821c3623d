//! The rules of a center, and nothing else: no clock, no file, no socket. Every rule takes facts and
//! the time and gives facts back, so that it can be tried in three lines.
//!
//! Where to find what:
//! - [`queue`]: tickets, counters, the order of calls and the reason for each call;
//! - [`announce`]: what the voice says, and when each call has its turn;
//! - [`calendar`] and [`deadline`]: working days, the date a dossier is due and why;
//! - [`catalogue`]: procedures, their papers, times and fees; [`card`]: the QR of a citizen card;
//! - [`dossier`]: reception, scans, result, return, custody between nodes;
//! - [`report`]: waits, serving and promises of past days, and what the hall needs now;
//! - [`rating`]: votes without officer and without dossier; [`ballot`]: when they are journalled;
//!   [`told`]: from how many on they are shown;
//! - [`surface`]: what the hall's pages say of themselves;
//! - [`units`]: the centers of the province; [`points`]: the reception points of the special zones;
//! - [`retention`]: how long what tells of a person is kept;
//! - [`wayfinding`]: from a citizen's everyday words to the service group;
//! - [`refusal`]: every "no" with its stable code; [`split`]: which part of a record is sealed;
//! - [`ids`], [`time`], [`text_fold`], [`problem`], [`csv`], [`fields`], [`sheet`], [`percentile`]: what the
//!   others stand on.
//!
//! Left to others: storing (store), shipping (journal, link), sentences for people (the root's
//! `text`), reading files (the root's `settings`; here a file is a name and its text).

pub mod announce;
pub mod ballot;
pub mod calendar;
pub mod card;
pub mod catalogue;
pub mod csv;
pub mod deadline;
pub mod dossier;
pub mod fields;
pub mod ids;
pub mod percentile;
pub mod points;
pub mod problem;
pub mod queue;
pub mod rating;
pub mod refusal;
pub mod report;
pub mod retention;
pub mod sheet;
pub mod split;
pub mod surface;
pub mod text_fold;
pub mod time;
pub mod told;
pub mod units;
pub mod wayfinding;

pub use refusal::{Refusal, RefusalKind};
pub use split::Journaled;
