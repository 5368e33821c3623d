//! A dossier from reception to return, and who may edit it.
//!
//! Each command is a function from (dossier, command, now) to the whole dossier after it and what
//! follows outside, or to a refusal. Only its holder edits a dossier, and only while its custody is
//! `held`; between hand-over and acceptance nobody does. The hub decides who holds it when both
//! sides ask at once: [`custody`] has the node's side and the hub's rule.

mod bounds;
mod code;
pub mod custody;
mod receive;
mod steps;
mod types;

#[cfg(test)]
mod tests;

pub use bounds::{BIRTH_YEAR_MIN, PHONE_DIGITS};
pub use code::{BOXES_MAX, CodeError, CodePattern};
pub use custody::{CustodyDecision, CustodyOutcome};
pub use receive::{ComponentGiven, Receive, Reception};
pub use steps::{SCANS_MAX, ScanGiven, add_scan, may_add_scan, return_result, set_result};
pub use types::{
    Applicant, Collector, ComponentReceived, Custody, Dossier, Effect, HandOverEnd, HandOverEnding,
    NationalState, Outcome, ResultChannel, ResultReady, Returned, ScanRef,
};
