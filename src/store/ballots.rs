//! The box of votes, the tokens that open it, and the figures by officer. Nothing in here may lead
//! from a vote to a receipt: rows are ordered by random ids, a used token keeps its hash alone, and
//! an officer's figures are numbers.

use domain::ballot::used_known_until;
use domain::rating::{LATE_MAX_S, Rating, RatingToken, TALLY_SHOWN_FROM, TallyMark, whole_hour};
use domain::time::business_day;
use jiff::{SignedDuration, Timestamp, civil};
use rusqlite::Connection;
use std::borrow::Cow;
use uuid::Uuid;

use crate::erase::Erasable;
use crate::facts::name_of;
use crate::sql::micros;
use crate::{StoreError, data_keys, query};

/// Keeps a token, and counts its citizen as asked. The tokens that ended unused go when no vote can
/// come for them any more: which receipts were voted about could be read from those that remain.
pub(crate) fn token(c: &Connection, token: &RatingToken) -> Result<(), StoreError> {
    forget_ended(c, token.issued_at)?;
    let inserted = c
        .prepare_cached(
            "INSERT INTO rating_token (token_hash, expires_at_us, body) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
        )?
        .execute((&token.token_hash, micros(token.expires_at), serde_json::to_string(token)?))?;
    if inserted == 1 {
        c.prepare_cached(
            "INSERT INTO rating_asked (hour_us, stage, service, count) VALUES (?1, ?2, ?3, 1)
             ON CONFLICT DO UPDATE SET count = count + 1",
        )?
        .execute((
            micros(whole_hour(token.issued_at)),
            name_of(&token.stage)?,
            token.service.to_string(),
        ))?;
    }
    Ok(())
}

pub(crate) fn use_token(
    c: &Connection,
    token_hash: &str,
    answered: &[u8; 32],
    at: Timestamp,
) -> Result<(), StoreError> {
    let used = c
        .prepare_cached(
            "UPDATE rating_token SET answered = ?2, body = NULL, expires_at_us = ?3
             WHERE token_hash = ?1 AND answered IS NULL",
        )?
        .execute((token_hash, answered, micros(used_known_until(at))))?;
    if used == 1 { Ok(()) } else { Err(StoreError::Conflict("rating_token.used")) }
}

pub(crate) fn hold(c: &Connection, rating: &Rating) -> Result<(), StoreError> {
    c.prepare_cached("INSERT INTO rating_held (id, body) VALUES (?1, ?2)")?
        .execute((rating.id.into_bytes(), serde_json::to_string(rating)?))?;
    Ok(())
}

pub(crate) fn release(
    c: &Connection,
    ids: &[Uuid],
    asked_before: Option<Timestamp>,
) -> Result<(), StoreError> {
    let mut delete = c.prepare_cached("DELETE FROM rating_held WHERE id = ?1")?;
    for id in ids {
        if delete.execute([id.into_bytes()])? == 0 {
            return Err(StoreError::Conflict("rating.not_held"));
        }
    }
    forget_journalled(c)?;
    if let Some(before) = asked_before {
        c.prepare_cached("DELETE FROM rating_asked WHERE hour_us < ?1")?
            .execute([micros(before)])?;
    }
    Ok(())
}

/// A vote that comes back as the journal has it is in the box no more: the copy of the tables below it may
/// be from when it was. Journalled once more it would be refused, and with it all that leave together, at
/// every look.
pub(crate) fn came_back(c: &Connection, id: Uuid) -> Result<(), StoreError> {
    c.prepare_cached("DELETE FROM rating_held WHERE id = ?1")?.execute([id.into_bytes()])?;
    Ok(())
}

/// Votes that are journalled are in the box no more. An earlier release left them there in a box that it
/// made of a copy: [`query::ratings::held`] does not give them, and they go with the next that leave.
fn forget_journalled(c: &Connection) -> Result<(), StoreError> {
    // The plus: each of the few in the box is looked up among the years of others, not the other way round.
    let sql = "DELETE FROM rating_held WHERE +id IN (SELECT id FROM rating)";
    c.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// The votes of a day that wait in the box lose their citizens' own words; gives how many did. A vote that
/// came late is one of the day on which it came, until it leaves with those of another.
pub(crate) fn erase_words(c: &Connection, day: civil::Date) -> Result<usize, StoreError> {
    forget_journalled(c)?;
    let mut erased = 0;
    for vote in query::ratings::held(c)? {
        if vote.comment.is_none() || business_day(vote.at) != day {
            continue;
        }
        let silent = Rating { comment: None, ..vote };
        c.prepare_cached("UPDATE rating_held SET body = ?2 WHERE id = ?1")?
            .execute((silent.id.into_bytes(), serde_json::to_string(&silent)?))?;
        erased += 1;
    }
    Ok(erased)
}

/// A vote as it is journalled: without its words where those of its day are erased. Whoever holds it in
/// memory may not have heard of that, and nothing can be sealed under a key that is destroyed.
pub(crate) fn without_erased_words<'a>(
    c: &Connection,
    vote: &'a Rating,
) -> Result<Cow<'a, Rating>, StoreError> {
    let key_id = Erasable::RatingDay(business_day(vote.at)).key_id();
    if vote.comment.is_none() || !data_keys::is_destroyed(c, &key_id)? {
        return Ok(Cow::Borrowed(vote));
    }
    Ok(Cow::Owned(Rating { comment: None, ..vote.clone() }))
}

/// A mark of today. What earlier days left goes into its month first, an officer's marks together and
/// only when there are enough of them: as `query::rating_figures::by_officer` tells them.
pub(crate) fn tally(c: &Connection, mark: &TallyMark) -> Result<(), StoreError> {
    let day = mark.day.to_string();
    let closed = (&day, TALLY_SHOWN_FROM);
    c.prepare_cached(
        "INSERT INTO officer_tally (month, officer, stage, level, count)
         SELECT ready.month, day.officer, day.stage, day.level, sum(day.count)
         FROM officer_tally_day AS day
         JOIN (SELECT officer, substr(max(day), 1, 8) || '01' AS month FROM officer_tally_day
               WHERE day < ?1 GROUP BY officer HAVING sum(count) >= ?2) AS ready
           ON ready.officer = day.officer
         WHERE day.day < ?1 GROUP BY 1, 2, 3, 4
         ON CONFLICT DO UPDATE SET count = count + excluded.count",
    )?
    .execute(closed)?;
    c.prepare_cached(
        "DELETE FROM officer_tally_day WHERE day < ?1 AND officer IN
           (SELECT officer FROM officer_tally_day WHERE day < ?1
            GROUP BY officer HAVING sum(count) >= ?2)",
    )?
    .execute(closed)?;
    c.prepare_cached(
        "INSERT INTO officer_tally_day (day, officer, stage, level, count) VALUES (?1, ?2, ?3, ?4, 1)
         ON CONFLICT DO UPDATE SET count = count + 1",
    )?
    .execute((&day, mark.officer.as_str(), name_of(&mark.stage)?, name_of(&mark.level)?))?;
    Ok(())
}

fn forget_ended(c: &Connection, now: Timestamp) -> Result<(), StoreError> {
    let ended = now.saturating_sub(SignedDuration::from_secs(LATE_MAX_S)).unwrap_or(now);
    c.prepare_cached("DELETE FROM rating_token WHERE expires_at_us < ?1")?
        .execute([micros(ended)])?;
    Ok(())
}
