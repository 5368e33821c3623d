//! Votes, their tokens, and the figures by officer that are kept apart from them.

use domain::ballot::Asked;
use domain::rating::{OfficerTally, Rating, RatingToken};
use jiff::{Timestamp, civil};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::state;
use crate::StoreError;
use crate::sql::{Columns, micros};

/// How many votes are journalled.
pub fn journalled_count(c: &Connection) -> Result<u64, StoreError> {
    Ok(c.prepare_cached("SELECT count(*) FROM rating")?.query_row([], |row| row.number(0))?)
}

/// One vote.
pub fn by_id(c: &Connection, id: Uuid) -> Result<Option<Rating>, StoreError> {
    state(c, "SELECT public, private FROM rating WHERE id = ?1", [id.into_bytes()])
}

/// Officers' figures of a month (its first day), as far as they may be told on a day: see
/// [`super::rating_figures::by_officer`].
pub fn tallies(
    c: &Connection,
    month: civil::Date,
    today: civil::Date,
) -> Result<Vec<OfficerTally>, StoreError> {
    super::rating_figures::by_officer(c, month, month, today)
}

/// What the table knows of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// It may be used until it ends.
    Open(RatingToken),
    /// It was used; a repetition of the vote has the same hash.
    Used([u8; 32]),
}

/// The token with a hash.
pub fn token(c: &Connection, token_hash: &str) -> Result<Option<TokenState>, StoreError> {
    c.prepare_cached("SELECT body, answered FROM rating_token WHERE token_hash = ?1")?
        .query_row([token_hash], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .map(read_token)
        .transpose()
}

/// A token as the table has it.
#[derive(Clone, Debug)]
pub struct KnownToken {
    /// Its hash.
    pub token_hash: String,
    /// Whether it may be used.
    pub state: TokenState,
    /// Until when it may be used, or, used, is known.
    pub ends_at: Timestamp,
}

/// The tokens that end after an instant, used or not.
pub fn tokens(c: &Connection, ended_after: Timestamp) -> Result<Vec<KnownToken>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT token_hash, expires_at_us, body, answered FROM rating_token WHERE expires_at_us > ?1",
    )?;
    let rows = statement.query_map([micros(ended_after)], |row| {
        Ok((row.get(0)?, row.instant(1)?, (row.get(2)?, row.get(3)?)))
    })?;
    rows.map(|row| {
        let (token_hash, ends_at, state) = row?;
        Ok(KnownToken { token_hash, state: read_token(state)?, ends_at })
    })
    .collect()
}

fn read_token(
    (body, answered): (Option<String>, Option<[u8; 32]>),
) -> Result<TokenState, StoreError> {
    match (body, answered) {
        (_, Some(answered)) => Ok(TokenState::Used(answered)),
        (Some(body), None) => Ok(TokenState::Open(serde_json::from_str(&body)?)),
        (None, None) => Err(StoreError::Damaged("a token of a vote".to_owned())),
    }
}

/// The votes in the box. What is journalled is there no more, also where an earlier release left it: sent
/// into the journal once more it would be refused, and with it all that leave together.
pub fn held(c: &Connection) -> Result<Vec<Rating>, StoreError> {
    let mut statement =
        c.prepare_cached("SELECT body FROM rating_held WHERE id NOT IN (SELECT id FROM rating)")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|row| Ok(serde_json::from_str(&row?)?)).collect()
}

/// How many votes are in the box, exactly: for whoever holds the box's keys, and for no page.
pub fn held_count(c: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM rating_held WHERE id NOT IN (SELECT id FROM rating)";
    Ok(c.prepare_cached(sql)?.query_row([], |row| row.number(0))?)
}

/// How many were asked, by hour, step and service, as far as a vote in the box may need it.
pub fn asked(c: &Connection) -> Result<Vec<Asked>, StoreError> {
    let mut statement =
        c.prepare_cached("SELECT hour_us, stage, service, count FROM rating_asked")?;
    let rows = statement.query_map([], |row| {
        let hour: i64 = row.get(0)?;
        let texts: (String, String) = (row.get(1)?, row.get(2)?);
        Ok((hour, texts, row.get(3)?))
    })?;
    rows.map(|row| {
        let (hour, (stage, service), count) = row?;
        Ok(Asked {
            hour: Timestamp::from_microsecond(hour)
                .map_err(|error| StoreError::Damaged(error.to_string()))?,
            stage: serde_json::from_value(stage.into())?,
            service: service
                .parse()
                .map_err(|_| StoreError::Damaged("a service of a vote".to_owned()))?,
            count,
        })
    })
    .collect()
}
