//! The journal as whoever inspects a center looks through it: each change of some days with who made it,
//! when, from which device, and the hash by which its entry stands in the chain. Reads only.
//!
//! Left to others: whether the chain holds ([`crate::check`]), words and tables (the command line).

use domain::queue::Ticket;
use domain::split::Journaled;
use jiff::Timestamp;
use journal::{Entry, Sealing, WrappingKey};
use rusqlite::Connection;
use serde_json::Value;

use crate::StoreError;
use crate::data_keys::KeyRing;
use crate::query;
use crate::segments::{SegmentFiles, entries_from};
use crate::sql::instant;
use crate::table_check::{is_erased, open};

/// Entries that are read at once.
const ENTRIES_AT_ONCE: usize = 500;
/// Bytes that are read at once.
const BYTES_AT_ONCE: usize = 4 * 1024 * 1024;

/// Where a journal lies and what opens it.
#[derive(Clone, Copy)]
pub struct Sealed<'a> {
    /// The files of older entries.
    pub segments: &'a SegmentFiles,
    /// What opens the data keys.
    pub wrapping: &'a WrappingKey,
    /// Whether anything is sealed here.
    pub sealing: Sealing,
}

/// A change as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Audited {
    /// Place of its entry.
    pub seq: u64,
    /// Hash of its entry.
    pub hash: [u8; 32],
    /// When, by the clock of that moment.
    pub at: Timestamp,
    /// Who: an officer's id, a device's name, "citizen", "hub".
    pub actor: String,
    /// From which device; "" when none.
    pub device: String,
    /// Kind of the subject.
    pub kind: String,
    /// Which one.
    pub subject: String,
    /// Revision after it.
    pub rev: u64,
    /// What anybody at the hub may read.
    pub public: Value,
    /// What is sealed of a ticket, `Null` where there is nothing of it; nothing where its key was
    /// destroyed. Of other kinds the sealed part is not opened.
    pub private: Option<Value>,
}

/// Tells every change from an instant until before another one, in the journal's order.
///
/// # Errors
/// An entry or a file of entries cannot be read; `take` refuses.
pub fn changes(
    c: &Connection,
    journal: Sealed<'_>,
    (from, until): (Timestamp, Timestamp),
    mut take: impl FnMut(Audited) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    // One state: a run that moves into its file meanwhile would be told twice or not at all.
    let one_state = c.unchecked_transaction()?;
    let mut keys = KeyRing::new(journal.wrapping.clone());
    // What was sealed before the first day was written before it.
    let older = query::segments::all(c)?.into_iter().filter(|run| run.sealed_at <= from);
    let mut next = older.map(|run| run.last_seq + 1).max().unwrap_or(1);
    loop {
        let some = entries_from(c, journal.segments, next, ENTRIES_AT_ONCE, BYTES_AT_ONCE)?;
        let Some(last) = some.last() else { break };
        next = last.seq + 1;
        for stored in &some {
            let entry = Entry::decode(&stored.raw)?;
            let at = instant(entry.at_utc_us)?;
            if at < from || at >= until {
                continue;
            }
            let Entry { seq, hash, actor, device, changes, .. } = entry;
            for change in changes {
                // Whose dossier it is, and what was said in a vote, is no affair of the queue's audit.
                let private = if change.kind == Ticket::KIND {
                    match open(c, &mut keys, journal.sealing, &change) {
                        Err(StoreError::Damaged(_)) if is_erased(c, &change)? => None,
                        opened => Some(opened?.unwrap_or(Value::Null)),
                    }
                } else {
                    Some(Value::Null)
                };
                take(Audited {
                    seq,
                    hash,
                    at,
                    actor: actor.clone(),
                    device: device.clone(),
                    kind: change.kind,
                    subject: change.subject,
                    rev: change.rev,
                    public: serde_json::from_slice(&change.public)?,
                    private,
                })?;
            }
        }
    }
    one_state.commit()?;
    Ok(())
}
