//! The journal as the uplink reads it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use journal::{ClockState, Entry, WrappedKey, seal};
use rusqlite::{Connection, OptionalExtension};

use crate::StoreError;
use crate::data_keys;
use crate::sql::{Columns, integer, micros};

/// Where the journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalHead {
    /// Incarnation of the store.
    pub epoch: u64,
    /// Last entry; 0 when there is none.
    pub seq: u64,
    /// Its hash; zeros when there is none.
    pub hash: [u8; 32],
    /// Entries ever written.
    pub entries: u64,
}

/// An entry as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its place.
    pub seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Its bytes.
    pub raw: Vec<u8>,
}

/// Where the journal ends.
pub fn head(c: &Connection) -> Result<JournalHead, StoreError> {
    let head = c.prepare_cached("SELECT epoch, seq, hash, entries FROM journal_head")?.query_row(
        [],
        |row| {
            Ok(JournalHead {
                epoch: row.number(0)?,
                seq: row.number(1)?,
                hash: row.hash(2)?,
                entries: row.number(3)?,
            })
        },
    )?;
    Ok(head)
}

/// When an entry was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryTime {
    /// By the clock it was written with. Microseconds since 1970 UTC.
    pub at_us: i64,
    /// In which boot of the machine.
    pub boot_id: [u8; 16],
    /// And how long after it. Nanoseconds.
    pub monotonic_ns: u64,
    /// How far that clock was believed.
    pub clock_state: ClockState,
}

/// When the last entry was written; `None` in an empty journal.
pub fn last_time(c: &Connection) -> Result<Option<EntryTime>, StoreError> {
    let raw: Option<Vec<u8>> = c
        .prepare_cached("SELECT raw FROM entry ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Some(raw) = raw else { return Ok(None) };
    let Entry { at_utc_us: at_us, boot_id, monotonic_ns, clock_state, .. } = Entry::decode(&raw)?;
    Ok(Some(EntryTime { at_us, boot_id, monotonic_ns, clock_state }))
}

/// Entries from `seq` on, of those that still stand in the database; at most so many and so many
/// bytes, a first one that is larger comes alone. Refuses to begin in a segment: what may lie there
/// is asked of [`crate::segments::entries_from`].
pub fn entries_from(
    c: &Connection,
    seq: u64,
    entries_max: usize,
    bytes_max: usize,
) -> Result<Vec<StoredEntry>, StoreError> {
    let entries = entries_at_hand(c, seq, entries_max, bytes_max)?;
    let begins = entries.first().is_some_and(|first| first.seq <= seq.max(1));
    if !begins && super::segments::holding(c, seq.max(1))?.is_some() {
        return Err(StoreError::NotFound("entry outside its segment"));
    }
    Ok(entries)
}

/// As [`entries_from`], without asking whether it begins where it should.
pub(crate) fn entries_at_hand(
    c: &Connection,
    seq: u64,
    entries_max: usize,
    bytes_max: usize,
) -> Result<Vec<StoredEntry>, StoreError> {
    let mut statement =
        c.prepare_cached("SELECT seq, hash, raw FROM entry WHERE seq >= ?1 ORDER BY seq")?;
    let mut rows = statement.query([integer(seq)])?;
    let (mut entries, mut bytes) = (Vec::new(), 0);
    while entries.len() < entries_max
        && let Some(row) = rows.next()?
    {
        let raw =
            row.get_ref(2)?.as_blob().map_err(|error| StoreError::Damaged(error.to_string()))?;
        bytes += raw.len();
        if bytes > bytes_max && !entries.is_empty() {
            break;
        }
        entries.push(StoredEntry { seq: row.number(0)?, hash: row.hash(1)?, raw: raw.to_vec() });
    }
    Ok(entries)
}

/// The earliest and the latest time that entries of a run say, of those that still stand in the database.
pub(crate) fn times_between(
    c: &Connection,
    first_seq: u64,
    last_seq: u64,
) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    let times = c
        .prepare_cached("SELECT min(at_us), max(at_us) FROM entry WHERE seq >= ?1 AND seq <= ?2")?
        .query_row([integer(first_seq), integer(last_seq)], |row| {
            Ok(row.instant_option(0)?.zip(row.instant_option(1)?))
        })?;
    Ok(times)
}

/// First and last place of what was written from one instant until before another, of the entries from
/// `seq` on that still stand in the database. Where a clock was set back, others may lie between them.
pub(crate) fn written_within(
    c: &Connection,
    seq: u64,
    (from, until): (Timestamp, Timestamp),
) -> Result<Option<(u64, u64)>, StoreError> {
    let sql = "SELECT min(seq), max(seq) FROM entry WHERE seq >= ?1 AND at_us >= ?2 AND at_us < ?3";
    let (first, last): (Option<i64>, Option<i64>) =
        c.prepare_cached(sql)?.query_row((integer(seq), micros(from), micros(until)), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(first.zip(last).map(|(first, last)| (first.unsigned_abs(), last.unsigned_abs())))
}

/// Place and hash of every entry from `seq` on that still stands in the database.
pub(crate) fn hashes_at_hand(c: &Connection, seq: u64) -> Result<Vec<(u64, [u8; 32])>, StoreError> {
    let mut statement =
        c.prepare_cached("SELECT seq, hash FROM entry WHERE seq >= ?1 ORDER BY seq")?;
    let rows = statement.query_map([integer(seq)], |row| Ok((row.number(0)?, row.hash(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The hash of an entry that still stands in the database; zeros for place 0, `None` beyond the end.
/// What may lie in a segment is asked of [`crate::segments::hash_at`].
pub fn hash_at(c: &Connection, seq: u64) -> Result<Option<[u8; 32]>, StoreError> {
    if seq == 0 {
        return Ok(Some(journal::entry::NO_HASH));
    }
    let hash = c
        .prepare_cached("SELECT hash FROM entry WHERE seq = ?1")?
        .query_row([integer(seq)], |row| row.hash(0))
        .optional()?;
    Ok(hash)
}

/// The wrapped data keys that the sealed parts of some entries need.
pub fn keys_for<'a>(
    c: &Connection,
    entries: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<WrappedKey>, StoreError> {
    let mut ids = BTreeSet::new();
    for raw in entries {
        for change in Entry::decode(raw)?.changes {
            if !change.sealed.is_empty() && !seal::is_open(&change.sealed) {
                ids.insert(seal::key_id(&change.sealed)?.to_owned());
            }
        }
    }
    let mut keys = Vec::with_capacity(ids.len());
    for id in ids {
        match data_keys::read(c, &id)? {
            Some(key) => keys.push(key),
            // The entry goes as it is, and the mark says that nobody is to read that part any more.
            None if data_keys::is_destroyed(c, &id)? => keys.push(WrappedKey::destroyed(id)),
            None => return Err(StoreError::Damaged(format!("no data key {id}"))),
        }
    }
    Ok(keys)
}

/// How many entries the hub has not acknowledged.
pub fn waiting(c: &Connection) -> Result<u64, StoreError> {
    let acked = super::cursors::uplink(c)?.map_or(0, |cursor| cursor.seq);
    Ok(head(c)?.seq.saturating_sub(acked))
}
