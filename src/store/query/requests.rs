//! Answers already given.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use crate::StoreError;
use crate::batch::RequestKey;
use crate::sql::Columns;

/// What a request with this key was answered, if it was within the last seven days.
pub fn outcome(c: &Connection, key: &RequestKey) -> Result<Option<Value>, StoreError> {
    let outcome: Option<String> = c
        .prepare_cached("SELECT outcome FROM request WHERE key = ?1")?
        .query_row([key.as_str()], |row| row.get(0))
        .optional()?;
    Ok(outcome.map(|outcome| serde_json::from_str(&outcome)).transpose()?)
}

/// The keys that start with a text and whose answers are kept, each with the time of its request.
/// A desk loads them once, so that a fresh request needs no read.
pub fn keys(c: &Connection, start: &str) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let mut statement =
        c.prepare_cached("SELECT key, at_us FROM request WHERE key >= ?1 AND key < ?2")?;
    let end = format!("{start}\u{10FFFF}");
    let rows = statement.query_map([start, &end], |row| Ok((row.get(0)?, row.instant(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
