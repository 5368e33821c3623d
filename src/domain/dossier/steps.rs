//! Steps of a dossier that its holder takes: scans, result, return.

use jiff::Timestamp;

use super::bounds;
use super::custody::may_edit;
use super::receive::NAME_LENGTH_MAX;
use super::types::{
    Collector, Dossier, Effect, NationalState, Outcome, ResultReady, Returned, ScanRef,
};
use crate::ids::{CounterNumber, NodeId, OfficerId};
use crate::rating::Stage;
use crate::refusal::{Refusal, name_text, short_text, told};
use crate::time::whole_microseconds;

/// Most scans of one dossier.
pub const SCANS_MAX: usize = 200;
/// Longest title of a result, in characters; a longer one is refused.
const TITLE_LENGTH_MAX: usize = 300;

/// A file that was stored as a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanGiven {
    /// The line of the checklist.
    pub component: u16,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// `image/jpeg` or `application/pdf`.
    pub media_type: String,
    /// File name.
    pub name: Option<String>,
}

/// Whether a component takes one more scan now: asked before a file is taken in, and again with it.
pub fn may_add_scan(dossier: &Dossier, component: u16, this_node: &NodeId) -> Result<(), Refusal> {
    may_edit(dossier, this_node)?;
    if dossier.state == NationalState::Returned {
        return Err(Refusal::WrongState { state: dossier.state.number() });
    }
    if dossier.components.iter().map(|component| component.scans.len()).sum::<usize>() >= SCANS_MAX
    {
        return Err(Refusal::TooManyScans { scans_max: SCANS_MAX });
    }
    if !dossier.components.iter().any(|known| known.seq == component) {
        return Err(Refusal::UnknownComponent { seq: component });
    }
    Ok(())
}

/// Adds a scan to a component. The same file twice on the same component changes nothing.
pub fn add_scan(
    dossier: &Dossier,
    scan: ScanGiven,
    this_node: &NodeId,
) -> Result<Outcome, Refusal> {
    may_add_scan(dossier, scan.component, this_node)?;
    if scan.sha256.len() != 64
        || !scan.sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    {
        return Err(Refusal::BadDigest);
    }
    if !matches!(scan.media_type.as_str(), "image/jpeg" | "application/pdf") {
        return Err(Refusal::BadMediaType { media_type: told(&scan.media_type) });
    }
    let name = short_text("scan.name", scan.name.as_deref().unwrap_or_default(), NAME_LENGTH_MAX)?;
    let mut after = dossier.clone();
    let component = after
        .components
        .iter_mut()
        .find(|component| component.seq == scan.component)
        .ok_or(Refusal::UnknownComponent { seq: scan.component })?;
    if !component.scans.iter().any(|known| known.sha256 == scan.sha256) {
        component.scans.push(ScanRef {
            sha256: scan.sha256,
            size: scan.size,
            media_type: scan.media_type,
            name: Some(name).filter(|name| !name.is_empty()),
        });
        after.rev += 1;
    }
    Ok(Outcome { dossier: after, effects: Vec::new() })
}

/// Enters the result.
pub fn set_result(
    dossier: &Dossier,
    title: &str,
    by: OfficerId,
    this_node: &NodeId,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    may_edit(dossier, this_node)?;
    if !matches!(dossier.state, NationalState::Received | NationalState::InProcess) {
        return Err(Refusal::WrongState { state: dossier.state.number() });
    }
    let title = short_text("title", title, TITLE_LENGTH_MAX)?;
    let mut after = dossier.clone();
    after.result = Some(ResultReady { title, ready_at: whole_microseconds(now), by });
    after.state = NationalState::Processed;
    after.rev += 1;
    Ok(Outcome { dossier: after, effects: Vec::new() })
}

/// Hands the result out, and offers a vote at that counter.
pub fn return_result(
    dossier: &Dossier,
    collector: Option<Collector>,
    by: OfficerId,
    counter: CounterNumber,
    this_node: &NodeId,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    may_edit(dossier, this_node)?;
    if dossier.state != NationalState::Processed {
        return Err(Refusal::WrongState { state: dossier.state.number() });
    }
    let collector = match collector {
        Some(collector) => {
            let name = name_text("collector.name", &collector.name, NAME_LENGTH_MAX)?;
            let number = bounds::collector_number(collector.number.as_deref())?;
            Some(Collector { name, number }).filter(|collector| !collector.name.is_empty())
        }
        None => None,
    };
    let mut after = dossier.clone();
    after.returned = Some(Returned { at: whole_microseconds(now), by, collector });
    after.state = NationalState::Returned;
    after.rev += 1;
    let effects =
        vec![Effect::OfferRating { stage: Stage::Return, counter, service: after.service.clone() }];
    Ok(Outcome { dossier: after, effects })
}
