//! What the head of a center reads of the votes: numbers, the reasons, the comments; and the figures by
//! officer, which come from counters of their own.

use domain::rating::{OfficerTally, Rating, TALLY_SHOWN_FROM};
use domain::time::VIETNAM;
use jiff::{Timestamp, civil};
use rusqlite::Connection;

use super::states;
use crate::StoreError;
use crate::sql::{Columns, micros};

/// So many votes of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// When it was asked.
    pub stage: String,
    /// What was said.
    pub level: String,
    /// Who said it.
    pub respondent: String,
    /// About which service; empty where the votes do not say.
    pub service: String,
    /// How many.
    pub count: u64,
}

/// So many votes that name a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonFigure {
    /// When it was asked.
    pub stage: String,
    /// About which service; empty where the votes do not say.
    pub service: String,
    /// The reason's code.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// Votes from an instant to another, counted by everything that they say publicly but their reasons.
pub fn counts(c: &Connection, from: Timestamp, to: Timestamp) -> Result<Vec<Figure>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT stage, level, respondent, service, count(*) FROM rating
         WHERE at_us >= ?1 AND at_us < ?2 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
    )?;
    let rows = statement.query_map((micros(from), micros(to)), |row| {
        Ok(Figure {
            stage: row.get(0)?,
            level: row.get(1)?,
            respondent: row.get(2)?,
            service: row.get(3)?,
            count: row.number(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How often each reason was named. A vote that names two counts in both.
pub fn reasons(
    c: &Connection,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<ReasonFigure>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT rating.stage, rating.service, reason.value, count(*)
         FROM rating, json_each(rating.public, '$.reasons') AS reason
         WHERE rating.at_us >= ?1 AND rating.at_us < ?2 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )?;
    let rows = statement.query_map((micros(from), micros(to)), |row| {
        Ok(ReasonFigure {
            stage: row.get(0)?,
            service: row.get(1)?,
            reason: row.get(2)?,
            count: row.number(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The votes with a comment, the newest business day first; within one, in the order of random ids, so
/// that their order does not tell the hours, nor which of them came in a quiet one.
pub fn with_comment(
    c: &Connection,
    from: Timestamp,
    to: Timestamp,
    limit: u32,
) -> Result<Vec<Rating>, StoreError> {
    let offset_us = i64::from(VIETNAM.seconds()) * 1_000_000;
    states(
        c,
        "SELECT public, private FROM rating
         WHERE at_us >= ?1 AND at_us < ?2 AND private IS NOT NULL
         ORDER BY (at_us + ?4) / 86400000000 DESC, id LIMIT ?3",
        (micros(from), micros(to), limit, offset_us),
    )
}

/// Officers' figures of some months (first days, both included), as far as they may be told.
///
/// A mark is told together with others of its officer, at least [`TALLY_SHOWN_FROM`] at a time, and when
/// its day is over: whoever looks every evening sees the figure grow by a group, never by one citizen. A
/// group counts in the month of its last day. [`crate::LocalWrite::OfficerTally`] moves groups in the
/// same way, so that a figure that was told stays what it was.
pub fn by_officer(
    c: &Connection,
    first_month: civil::Date,
    last_month: civil::Date,
    today: civil::Date,
) -> Result<Vec<OfficerTally>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT month, officer, stage, level, sum(count) FROM (
           SELECT month, officer, stage, level, count FROM officer_tally
           UNION ALL
           SELECT ready.month, day.officer, day.stage, day.level, day.count
           FROM officer_tally_day AS day
           JOIN (SELECT officer, substr(max(day), 1, 8) || '01' AS month FROM officer_tally_day
                 WHERE day < ?3 GROUP BY officer HAVING sum(count) >= ?4) AS ready
             ON ready.officer = day.officer
           WHERE day.day < ?3)
         WHERE month >= ?1 AND month <= ?2
         GROUP BY month, officer, stage, level ORDER BY month, officer, stage, level",
    )?;
    let bounds = (first_month.to_string(), last_month.to_string(), today.to_string());
    let rows = statement.query_map((&bounds.0, &bounds.1, &bounds.2, TALLY_SHOWN_FROM), |row| {
        Ok(serde_json::json!({
            "month": row.get::<_, String>(0)?,
            "officer": row.get::<_, String>(1)?,
            "stage": row.get::<_, String>(2)?,
            "level": row.get::<_, String>(3)?,
            "count": row.get::<_, u32>(4)?,
        }))
    })?;
    rows.map(|row| Ok(serde_json::from_value(row?)?)).collect()
}
