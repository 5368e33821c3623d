//! Looking at a frame before any table is touched: is it the node's, is it a piece of one chain, and
//! what do its entries say. Nothing here asks the store; what cannot be read gets its code.

use std::collections::BTreeMap;

use domain::dossier::Dossier;
use domain::ids::NodeId;
use domain::split::Journaled;
use journal::entry::{EntryError, Outline, outline};
use journal::seal::{self, DataKey, Place, Sealing};
use journal::{Change, Entry, Frame, Stream};
use serde_json::Value;

/// Newest version of the JSON inside changes that this release reads.
const SCHEMA_MAX: u16 = 1;

/// A change that can be applied.
pub(super) struct Readable {
    pub(super) change: Change,
    pub(super) public: Value,
    pub(super) private: Value,
    pub(super) dossier: Option<Dossier>,
}

/// An entry of a frame, looked at before the transaction touches any table.
pub(super) struct Seen {
    pub(super) outline: Outline,
    pub(super) raw: Vec<u8>,
    pub(super) at_us: i64,
    /// Its changes, or why it is parked: code and detail.
    pub(super) content: Result<Vec<Readable>, (String, String)>,
}

/// What must hold for every entry of a frame before any is taken: code, and which entry.
pub(super) fn check_frame(
    node: &NodeId,
    frame: &Frame,
    epoch: u64,
) -> Result<Vec<Outline>, (&'static str, usize)> {
    if frame.node != *node {
        return Err(("frame.wrong_node", 0));
    }
    if frame.stream != Stream::Up {
        return Err(("frame.wrong_stream", 0));
    }
    if frame.entries.is_empty() || frame.first_seq == 0 {
        return Err(("frame.empty", 0));
    }
    if frame.epoch != epoch {
        return Err(("frame.wrong_epoch", 0));
    }
    let mut outlines: Vec<Outline> = Vec::with_capacity(frame.entries.len());
    for (index, raw) in frame.entries.iter().enumerate() {
        let outline = outline(raw).map_err(|error| (error.code(), index))?;
        if outline.node != *node {
            return Err(("entry.wrong_node", index));
        }
        if outline.epoch != frame.epoch {
            return Err(("entry.wrong_epoch", index));
        }
        if outline.seq != frame.first_seq + index as u64 {
            return Err(("entry.wrong_seq", index));
        }
        if outlines.last().is_some_and(|before| before.hash != outline.prev) {
            return Err((EntryError::ChainBroken.code(), index));
        }
        outlines.push(outline);
    }
    Ok(outlines)
}

/// Decodes an entry whose outline is right, opens what is sealed, and reads what must be readable.
pub(super) fn look_at(
    outline: Outline,
    raw: Vec<u8>,
    keys: &BTreeMap<String, Vec<DataKey>>,
    sealing: Sealing,
) -> Seen {
    match Entry::decode(&raw) {
        Err(error) => {
            let content = Err((error.code().to_owned(), error.to_string()));
            Seen { outline, raw, at_us: 0, content }
        }
        Ok(entry) => {
            let at_us = entry.at_utc_us;
            let content = entry
                .changes
                .into_iter()
                .map(|change| read_change(change, keys, sealing))
                .collect();
            Seen { outline, raw, at_us, content }
        }
    }
}

fn read_change(
    change: Change,
    keys: &BTreeMap<String, Vec<DataKey>>,
    sealing: Sealing,
) -> Result<Readable, (String, String)> {
    let park = |code: &str, detail: String| (code.to_owned(), detail);
    // PostgreSQL keeps no NUL character, neither in text nor in JSON, nor in the reason for parking.
    if [&change.kind, &change.subject, &change.axis].iter().any(|name| name.contains('\0')) {
        let about = format!("{:?} {:?} {:?}", change.kind, change.subject, change.axis);
        return Err(park("entry.nul_character", about));
    }
    let about = format!("{} {}", change.kind, change.subject);
    if change.schema > SCHEMA_MAX {
        return Err(park("entry.unknown_schema", format!("{about}: schema {}", change.schema)));
    }
    let public = read_json(&change.public).map_err(|code| park(code, about.clone()))?;
    let private = if change.sealed.is_empty() || is_erased(&change, keys) {
        Value::Null
    } else {
        let plain = open(&change, keys, sealing)
            .map_err(|error| park(error.code(), format!("{about}: {error}")))?;
        read_json(&plain).map_err(|code| park(code, about.clone()))?
    };
    let dossier = if change.kind == Dossier::KIND {
        let dossier = Dossier::join(public.clone(), private.clone())
            .map_err(|error| park(error.code(), format!("{about}: {error}")))?;
        if dossier.id.to_string() != change.subject {
            return Err(park("record.wrong_subject", about));
        }
        Some(dossier)
    } else {
        None
    };
    Ok(Readable { change, public, private, dossier })
}

fn read_json(bytes: &[u8]) -> Result<Value, &'static str> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| "entry.bad_json")?;
    if has_nul(&value) { Err("entry.nul_character") } else { Ok(value) }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value))
        }
        _ => false,
    }
}

/// Whether the node has erased the subject before this came: nobody is to read the sealed part any
/// more, and what happened is taken in without it.
fn is_erased(change: &Change, keys: &BTreeMap<String, Vec<DataKey>>) -> bool {
    seal::key_id(&change.sealed)
        .is_ok_and(|key_id| keys.get(key_id).is_some_and(|known| known.is_empty()))
}

fn open(
    change: &Change,
    keys: &BTreeMap<String, Vec<DataKey>>,
    sealing: Sealing,
) -> Result<Vec<u8>, journal::SealError> {
    if seal::is_open(&change.sealed) {
        return seal::read_open(&change.sealed, sealing);
    }
    let key_id = seal::key_id(&change.sealed)?;
    let place = Place { key_id, kind: &change.kind, subject: &change.subject, rev: change.rev };
    let mut result = Err(journal::SealError::DoesNotOpen);
    for key in keys.get(key_id).into_iter().flatten() {
        result = key.open(place, &change.sealed);
        if result.is_ok() {
            break;
        }
    }
    result
}
