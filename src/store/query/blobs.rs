//! Blobs' rows; their bytes are files, see [`crate::BlobStore`].

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::StoreError;
use crate::records::{BlobRecord, BlobState};
use crate::sql::{Columns, integer, micros};

/// One blob.
pub fn by_sha256(c: &Connection, sha256: &[u8; 32]) -> Result<Option<BlobRecord>, StoreError> {
    let sql = format!("{SELECT} WHERE sha256 = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([sha256], read).optional()?)
}

/// Blobs that the hub does not have yet and that an entry up to `acked_seq` names, oldest first.
pub fn to_send(c: &Connection, acked_seq: u64, limit: u32) -> Result<Vec<BlobRecord>, StoreError> {
    // By itself SQLite may take the index of the places, and read every scan of every year.
    let sql = format!(
        "{SELECT} INDEXED BY blob_waiting
         WHERE state <> 'at_hub' AND named_seq <= ?1 ORDER BY created_at_us LIMIT ?2"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map((integer(acked_seq), limit), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Blobs that the hub has said to have and that an entry after `seq` names first.
pub fn at_hub_after(c: &Connection, seq: u64) -> Result<Vec<[u8; 32]>, StoreError> {
    let sql = "SELECT sha256 FROM blob WHERE state = 'at_hub' AND named_seq > ?1";
    let mut statement = c.prepare_cached(sql)?;
    let rows = statement.query_map([integer(seq)], |row| row.hash(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many blobs the hub does not have yet, and their bytes.
pub fn backlog(c: &Connection) -> Result<(u64, u64), StoreError> {
    let sql = "SELECT count(*), coalesce(sum(size), 0) FROM blob INDEXED BY blob_waiting
               WHERE state <> 'at_hub' AND named_seq IS NOT NULL";
    Ok(c.prepare_cached(sql)?.query_row([], |row| Ok((row.number(0)?, row.number(1)?)))?)
}

/// Whether a record or a dossier names a blob, so that its file must stay.
pub fn is_recorded(c: &Connection, sha256: &[u8; 32]) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM blob WHERE sha256 = ?1)
               OR EXISTS (SELECT 1 FROM scan WHERE sha256 = ?1)";
    Ok(c.prepare_cached(sql)?.query_row([sha256], |row| row.get(0))?)
}

/// Blobs that the hub has had since before an instant and that no dossier at work names: their files
/// need not be kept here.
pub fn droppable(
    c: &Connection,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<[u8; 32]>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT sha256 FROM blob WHERE state = 'at_hub' AND dropped_at_us IS NULL AND at_hub_us < ?1
         AND NOT EXISTS (SELECT 1 FROM scan JOIN dossier ON dossier.id = scan.dossier
             WHERE scan.sha256 = blob.sha256 AND dossier.view IN ('open', 'ready', 'incoming'))
         ORDER BY at_hub_us LIMIT ?2",
    )?;
    let rows = statement.query_map((micros(before), limit), |row| row.hash(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Since when a blob's file is not kept here any more; `None` if it is.
pub fn dropped_at(c: &Connection, sha256: &[u8; 32]) -> Result<Option<Timestamp>, StoreError> {
    let at = c
        .prepare_cached("SELECT dropped_at_us FROM blob WHERE sha256 = ?1")?
        .query_row([sha256], |row| row.instant_option(0))
        .optional()?;
    Ok(at.flatten())
}

/// Blobs whose files are here, in the order of their hashes, from one on: for looking through a part of
/// them each night.
pub fn kept_after(
    c: &Connection,
    after: &[u8; 32],
    limit: u32,
) -> Result<Vec<[u8; 32]>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT sha256 FROM blob WHERE sha256 > ?1 AND dropped_at_us IS NULL ORDER BY sha256 LIMIT ?2",
    )?;
    let rows = statement.query_map((after, limit), |row| row.hash(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many blobs' files are here.
pub fn kept(c: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM blob WHERE dropped_at_us IS NULL";
    Ok(c.prepare_cached(sql)?.query_row([], |row| row.number(0))?)
}

/// Every blob that has a row.
pub fn all(c: &Connection) -> Result<Vec<BlobRecord>, StoreError> {
    let mut statement = c.prepare_cached(&format!("{SELECT} ORDER BY created_at_us"))?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Blobs that an entry after a place names first; all of them, also those that no entry names, when
/// everything is asked for.
pub(crate) fn named_after(
    c: &Connection,
    seq: u64,
    everything: bool,
) -> Result<Vec<BlobRecord>, StoreError> {
    if everything || seq == 0 {
        return all(c);
    }
    let mut statement = c.prepare_cached(&format!("{SELECT} WHERE named_seq > ?1"))?;
    let rows = statement.query_map([integer(seq)], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

const SELECT: &str = "SELECT sha256, size, media_type, state, created_at_us FROM blob";

fn read(row: &Row<'_>) -> rusqlite::Result<BlobRecord> {
    Ok(BlobRecord {
        sha256: row.hash(0)?,
        size: row.number(1)?,
        media_type: row.get(2)?,
        state: row.parsed(3, BlobState::parse)?,
        created_at: row.instant(4)?,
    })
}
