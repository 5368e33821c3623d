//! Taking entries of this node's own journal in again: a base and the entries after it are the store as
//! it was. Each frame is one transaction.

use journal::seal::{self, Place};
use journal::{Entry, Frame, Sealing};
use rusqlite::Connection;
use serde_json::Value;

use crate::data_keys::{self, KeyRing};
use crate::sql::integer;
use crate::{StoreError, facts, own, query};

/// Takes a frame in that follows the journal's end.
pub(crate) fn frame(
    c: &Connection,
    keys: &mut KeyRing,
    sealing: Sealing,
    frame: &Frame,
) -> Result<(), StoreError> {
    for raw in &frame.entries {
        let head = query::journal::head(c)?;
        let entry = Entry::decode(raw)?;
        if entry.seq != head.seq + 1 || entry.prev != head.hash {
            return Err(StoreError::Damaged(format!("entry {} does not follow", entry.seq)));
        }
        entry.verify(&head.hash)?;
        let at = crate::sql::instant(entry.at_utc_us)?;
        for key in frame.keys.iter().filter(|key| !key.is_destroyed()) {
            data_keys::store(c, key, at)?;
        }
        for change in &entry.changes {
            let private = if change.sealed.is_empty() {
                Value::Null
            } else if seal::is_open(&change.sealed) {
                serde_json::from_slice(&seal::read_open(&change.sealed, sealing)?)?
            } else {
                let key_id = seal::key_id(&change.sealed)?;
                // Erased on the way: the entry that says so, and the state without that part, follow.
                if frame.keys.iter().any(|key| key.key_id == key_id && key.is_destroyed()) {
                    continue;
                }
                let key = keys
                    .get(c, key_id)?
                    .ok_or_else(|| StoreError::Damaged(format!("no data key {key_id}")))?;
                let place =
                    Place { key_id, kind: &change.kind, subject: &change.subject, rev: change.rev };
                serde_json::from_slice(&key.open(place, &change.sealed)?)?
            };
            let public: Value = serde_json::from_slice(&change.public)?;
            if own::KINDS.contains(&change.kind.as_str()) {
                own::put_forward(c, change, &public)?;
            } else {
                facts::put_forward(c, &change.kind, &public, &private)?;
            }
        }
        c.prepare_cached(
            "INSERT INTO entry (seq, epoch, at_us, hash, raw) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            integer(entry.seq),
            integer(entry.epoch),
            entry.at_utc_us,
            entry.hash,
            raw,
        ))?;
        c.prepare_cached(
            "UPDATE journal_head SET epoch = ?1, seq = ?2, hash = ?3, entries = entries + 1",
        )?
        .execute((integer(entry.epoch), integer(entry.seq), entry.hash))?;
    }
    Ok(())
}
