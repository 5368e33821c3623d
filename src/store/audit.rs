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
    for (mut next, last) in stretches(c, (from, until))? {
        while next <= last {
            let some = entries_from(c, journal.segments, next, ENTRIES_AT_ONCE, BYTES_AT_ONCE)?;
            let Some(read) = some.last() else { break };
            next = read.seq + 1;
            for stored in some.iter().take_while(|stored| stored.seq <= last) {
                tell(c, &mut keys, journal.sealing, &stored.raw, (from, until), &mut take)?;
            }
        }
    }
    one_state.commit()?;
    Ok(())
}

/// First and last place of each run in which entries of that time may lie, in the journal's order: years
/// before and after a day are neither opened nor read.
fn stretches(
    c: &Connection,
    (from, until): (Timestamp, Timestamp),
) -> Result<Vec<(u64, u64)>, StoreError> {
    let runs = query::segments::all(c)?;
    let sealed = runs.last().map_or(0, |run| run.last_seq);
    let mut stretches: Vec<(u64, u64)> = runs
        .iter()
        .filter(|run| run.may_hold(from, until))
        .map(|run| (run.first_seq, run.last_seq))
        .collect();
    stretches.extend(query::journal::written_within(c, sealed + 1, (from, until))?);
    Ok(stretches)
}

/// Tells the changes of an entry, if it was written in that time.
fn tell(
    c: &Connection,
    keys: &mut KeyRing,
    sealing: Sealing,
    raw: &[u8],
    (from, until): (Timestamp, Timestamp),
    take: &mut impl FnMut(Audited) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let entry = Entry::decode(raw)?;
    let at = instant(entry.at_utc_us)?;
    if at < from || at >= until {
        return Ok(());
    }
    let Entry { seq, hash, actor, device, changes, .. } = entry;
    for change in changes {
        // Whose dossier it is, and what was said in a vote, is no affair of the queue's audit.
        let private = if change.kind == Ticket::KIND {
            match open(c, keys, sealing, &change) {
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
    Ok(())
}
