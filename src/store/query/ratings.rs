//! Votes, their tokens, and the figures by officer that are kept apart from them.

use domain::ids::CounterNumber;
use domain::rating::{OfficerTally, Rating, RatingToken};
use jiff::{Timestamp, civil};
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use uuid::Uuid;

use super::state;
use crate::StoreError;
use crate::sql::{Columns, micros};

/// So many votes of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RatingCount {
    /// When it was asked.
    pub stage: String,
    /// What was said.
    pub level: String,
    /// About which service.
    pub service: String,
    /// How many.
    pub count: u64,
}

/// Votes from an instant to another, counted by stage, level and service.
pub fn summary(
    c: &Connection,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<RatingCount>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT stage, level, service, count(*) FROM rating WHERE at_us >= ?1 AND at_us < ?2
         GROUP BY stage, level, service ORDER BY stage, level, service",
    )?;
    let rows = statement.query_map((micros(from), micros(to)), |row| {
        Ok(RatingCount {
            stage: row.get(0)?,
            level: row.get(1)?,
            service: row.get(2)?,
            count: row.number(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One vote.
pub fn by_id(c: &Connection, id: Uuid) -> Result<Option<Rating>, StoreError> {
    state(c, "SELECT public, private FROM rating WHERE id = ?1", [id.into_bytes()])
}

/// Officers' figures of a month (its first day).
pub fn tallies(c: &Connection, month: civil::Date) -> Result<Vec<OfficerTally>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT officer, stage, level, count FROM officer_tally WHERE month = ?1 ORDER BY officer, stage, level",
    )?;
    let rows = statement.query_map([month.to_string()], |row| {
        Ok(serde_json::json!({
            "officer": row.get::<_, String>(0)?,
            "stage": row.get::<_, String>(1)?,
            "level": row.get::<_, String>(2)?,
            "count": row.get::<_, u32>(3)?,
            "month": month.to_string(),
        }))
    })?;
    rows.map(|row| Ok(serde_json::from_value(row?)?)).collect()
}

/// The token with a hash.
pub fn token(c: &Connection, token_hash: &str) -> Result<Option<RatingToken>, StoreError> {
    let row = c
        .prepare_cached("SELECT body, used FROM rating_token WHERE token_hash = ?1")?
        .query_row([token_hash], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    row.map(read_token).transpose()
}

/// The newest token of a counter that can still be used.
pub fn open_token(
    c: &Connection,
    counter: CounterNumber,
    now: Timestamp,
) -> Result<Option<RatingToken>, StoreError> {
    let row = c
        .prepare_cached(
            "SELECT body, used FROM rating_token WHERE counter = ?1 AND used = 0 AND expires_at_us > ?2
             ORDER BY issued_at_us DESC LIMIT 1",
        )?
        .query_row((counter.0, micros(now)), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    row.map(read_token).transpose()
}

/// All tokens, used or not, that did not end before an instant.
pub fn tokens(c: &Connection, ended_after: Timestamp) -> Result<Vec<RatingToken>, StoreError> {
    let mut statement =
        c.prepare_cached("SELECT body, used FROM rating_token WHERE expires_at_us > ?1")?;
    let rows = statement.query_map([micros(ended_after)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| read_token(row?)).collect()
}

fn read_token((body, used): (String, bool)) -> Result<RatingToken, StoreError> {
    let token: RatingToken = serde_json::from_str(&body)?;
    Ok(RatingToken { used, ..token })
}
