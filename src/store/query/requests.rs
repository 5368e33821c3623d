//! Answers already given.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use crate::StoreError;
use crate::batch::RequestKey;
use crate::sql::{Columns, integer};

/// Keeps an answer, unless the key has one: ?1 the key, ?2 the time in microseconds, ?3 the answer. Answers
/// lie in the order of time: `id` is the second of the time, with room for 2^20 answers in each (more than
/// any writer takes), so that one is written beside the one before it.
pub(crate) const KEEP: &str = "INSERT INTO request (id, key, at_us, outcome) VALUES (
     coalesce((SELECT id FROM request
               WHERE id >= (?2 / 1000000) << 20 AND id < (?2 / 1000000 + 1) << 20
               ORDER BY id DESC LIMIT 1) + 1, (?2 / 1000000) << 20),
     ?1, ?2, ?3)
     ON CONFLICT (key) DO NOTHING";

const SECOND_US: i64 = 1_000_000;
/// Room for the answers of one second, as in [`KEEP`].
const IDS_A_SECOND: i64 = 1 << 20;

/// No answer of the second of this time, or of a later one, has a lower `id`. Microseconds.
pub(crate) fn ids_from(at_us: i64) -> i64 {
    (at_us / SECOND_US).saturating_mul(IDS_A_SECOND)
}

/// Every answer of the second of this time, or of an earlier one, has a lower `id`. Microseconds.
pub(crate) fn ids_until(at_us: i64) -> i64 {
    (at_us / SECOND_US).saturating_add(1).saturating_mul(IDS_A_SECOND)
}

/// What a request with this key was answered, if it was within the last seven days.
pub fn outcome(c: &Connection, key: &RequestKey) -> Result<Option<Value>, StoreError> {
    let outcome: Option<String> = c
        .prepare_cached("SELECT outcome FROM request WHERE key = ?1")?
        .query_row([key.as_str()], |row| row.get(0))
        .optional()?;
    Ok(outcome.map(|outcome| serde_json::from_str(&outcome)).transpose()?)
}

/// The keys that start with a text and whose answers are kept, each with the second of its request.
/// A desk loads them once, so that a fresh request needs no read. Of more than `limit` the newest.
pub fn keys(
    c: &Connection,
    start: &str,
    limit: usize,
) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let mut statement = c.prepare_cached(
        // The index of the keys has all of this; the answers, ten times as long, are not read.
        "SELECT key, (id >> 20) * 1000000 FROM request WHERE key >= ?1 AND key < ?2
         ORDER BY id DESC LIMIT ?3",
    )?;
    let end = format!("{start}\u{10FFFF}");
    let limit = integer(limit as u64);
    let rows =
        statement.query_map((start, &end, limit), |row| Ok((row.get(0)?, row.instant(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
