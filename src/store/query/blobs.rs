//! Blobs' rows; their bytes are files, see [`crate::BlobStore`].

use rusqlite::{Connection, OptionalExtension, Row};

use crate::StoreError;
use crate::records::{BlobRecord, BlobState};
use crate::sql::{Columns, integer};

/// One blob.
pub fn by_sha256(c: &Connection, sha256: &[u8; 32]) -> Result<Option<BlobRecord>, StoreError> {
    let sql = format!("{SELECT} WHERE sha256 = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([sha256], read).optional()?)
}

/// Blobs that the hub does not have yet and that an entry up to `acked_seq` names, oldest first.
pub fn to_send(c: &Connection, acked_seq: u64, limit: u32) -> Result<Vec<BlobRecord>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE state <> 'at_hub' AND named_seq <= ?1 ORDER BY created_at_us LIMIT ?2"
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
    let sql = "SELECT count(*), coalesce(sum(size), 0) FROM blob WHERE state <> 'at_hub' AND named_seq IS NOT NULL";
    Ok(c.prepare_cached(sql)?.query_row([], |row| Ok((row.number(0)?, row.number(1)?)))?)
}

/// Whether a record or a dossier names a blob, so that its file must stay.
pub fn is_recorded(c: &Connection, sha256: &[u8; 32]) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM blob WHERE sha256 = ?1)
               OR EXISTS (SELECT 1 FROM scan WHERE sha256 = ?1)";
    Ok(c.prepare_cached(sql)?.query_row([sha256], |row| row.get(0))?)
}

/// Every blob that has a row.
pub fn all(c: &Connection) -> Result<Vec<BlobRecord>, StoreError> {
    let mut statement = c.prepare_cached(&format!("{SELECT} ORDER BY created_at_us"))?;
    let rows = statement.query_map([], read)?;
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
