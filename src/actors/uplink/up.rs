//! This node's journal as it goes out: what the link reads of it, and what the hub's acknowledgement
//! leaves here. The same at a center and at a simulated node.

use link::types::{EntriesRead, Position, RawEntry, ReadLimits};
use link::uplink::SignedAck;
use rusqlite::Connection;
use store::query::journal;
use store::{LocalWrite, SegmentFiles, StoreError};

/// Entries from a number on, with the keys that the hub needs to read them.
///
/// # Errors
/// The database or a segment cannot be read.
pub(crate) fn entries_from(
    conn: &Connection,
    segments: &SegmentFiles,
    seq: u64,
    limits: ReadLimits,
) -> Result<EntriesRead, StoreError> {
    let ReadLimits { entries_max, bytes_max } = limits;
    let found = store::segments::entries_from(conn, segments, seq, entries_max, bytes_max)?;
    let keys = journal::keys_for(conn, found.iter().map(|entry| entry.raw.as_slice()))?;
    let entries = found
        .into_iter()
        .map(|entry| RawEntry { seq: entry.seq, hash: entry.hash, raw: entry.raw })
        .collect();
    Ok(EntriesRead { entries, keys })
}

/// What is stored of the hub's acknowledgement.
pub(crate) fn acked(ack: SignedAck) -> LocalWrite {
    let Position { epoch, seq, hash } = ack.position;
    let parked = ack.parked.into_iter().map(|parked| (parked.seq, parked.code)).collect();
    LocalWrite::UplinkAcked { epoch, seq, hash, parked, message: ack.message }
}
