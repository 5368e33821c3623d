//! Answers already given.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use crate::StoreError;
use crate::batch::RequestKey;
use crate::sql::{Columns, integer};

/// What a request with this key was answered, if it was within the last seven days.
pub fn outcome(c: &Connection, key: &RequestKey) -> Result<Option<Value>, StoreError> {
    let outcome: Option<String> = c
        .prepare_cached("SELECT outcome FROM request WHERE key = ?1")?
        .query_row([key.as_str()], |row| row.get(0))
        .optional()?;
    Ok(outcome.map(|outcome| serde_json::from_str(&outcome)).transpose()?)
}

/// The keys that start with a text and whose answers are kept, each with the time of its request.
/// A desk loads them once, so that a fresh request needs no read. Of more than `limit` the newest.
pub fn keys(
    c: &Connection,
    start: &str,
    limit: usize,
) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT key, at_us FROM request WHERE key >= ?1 AND key < ?2
         ORDER BY at_us DESC LIMIT ?3",
    )?;
    let end = format!("{start}\u{10FFFF}");
    let limit = integer(limit as u64);
    let rows =
        statement.query_map((start, &end, limit), |row| Ok((row.get(0)?, row.instant(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
