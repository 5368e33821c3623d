//! Tickets.

use domain::queue::{CARRIED_DAYS_MAX, Ticket};
use jiff::{Span, civil};
use rusqlite::Connection;
use uuid::Uuid;

use super::{state, states};
use crate::StoreError;
use crate::open_days::UNFINISHED;
use crate::sql::{Columns, integer};

/// All tickets of a business day, in the order of their numbers.
pub fn of_day(c: &Connection, business_day: civil::Date) -> Result<Vec<Ticket>, StoreError> {
    let sql = "SELECT public, private FROM ticket WHERE business_day = ?1 ORDER BY series, number";
    states(c, sql, [business_day.to_string()])
}

/// All tickets in the queue of a day: its own, and those of the days before that were carried over to it.
pub fn in_queue_of(c: &Connection, day: civil::Date) -> Result<Vec<Ticket>, StoreError> {
    let since = day.checked_sub(Span::new().days(CARRIED_DAYS_MAX)).unwrap_or(day);
    let sql = "SELECT public, private FROM ticket WHERE business_day >= ?1 AND business_day < ?2
               AND json_extract(public, '$.carried_to') = ?2 ORDER BY business_day, series, number";
    let mut tickets = states(c, sql, [since.to_string(), day.to_string()])?;
    tickets.extend(of_day(c, day)?);
    Ok(tickets)
}

/// Tickets of the days before one that were carried over to it or to a later day: those that it may have
/// called beside its own.
pub fn carried_into(c: &Connection, day: civil::Date) -> Result<Vec<Ticket>, StoreError> {
    let since = day.checked_sub(Span::new().days(CARRIED_DAYS_MAX)).unwrap_or(day);
    let sql = "SELECT public, private FROM ticket WHERE business_day >= ?1 AND business_day < ?2
               AND json_extract(public, '$.carried_to') >= ?2 ORDER BY business_day, series, number";
    states(c, sql, [since.to_string(), day.to_string()])
}

/// The latest day before one that has tickets, and how many of them the day's end closed.
pub fn closed_before(
    c: &Connection,
    day: civil::Date,
) -> Result<Option<(civil::Date, u64)>, StoreError> {
    let Some(before) = latest_days(c, day, 1)?.pop() else { return Ok(None) };
    let sql = "SELECT count(*) FROM ticket WHERE business_day = ?1
               AND json_extract(public, '$.closed_at_day_end')";
    let count: i64 = c.prepare_cached(sql)?.query_row([before.to_string()], |row| row.get(0))?;
    Ok(Some((before, count.unsigned_abs())))
}

/// The latest business days before one that have tickets, oldest first; at most so many.
pub fn latest_days(
    c: &Connection,
    before: civil::Date,
    limit: usize,
) -> Result<Vec<civil::Date>, StoreError> {
    let sql = "SELECT DISTINCT business_day FROM ticket WHERE business_day < ?1
               ORDER BY business_day DESC LIMIT ?2";
    let mut statement = c.prepare_cached(sql)?;
    let bounds = (before.to_string(), integer(limit as u64));
    let days =
        statement.query_map(bounds, |row| row.parsed(0, |text| text.parse::<civil::Date>()))?;
    let mut days: Vec<civil::Date> = days.collect::<Result<_, _>>()?;
    days.reverse();
    Ok(days)
}

/// Tickets of earlier days that are not over, oldest first.
pub fn unfinished_before(
    c: &Connection,
    business_day: civil::Date,
    limit: usize,
) -> Result<Vec<Ticket>, StoreError> {
    // In this order of tables: by itself SQLite might read every ticket of every year.
    let sql = format!(
        "SELECT ticket.public, ticket.private FROM open_day
         CROSS JOIN ticket ON ticket.business_day = open_day.business_day
         WHERE open_day.business_day < ?1 AND {UNFINISHED}
         ORDER BY open_day.business_day, ticket.series, ticket.number LIMIT ?2"
    );
    states(c, &sql, (business_day.to_string(), integer(limit as u64)))
}

/// One ticket.
pub fn by_id(c: &Connection, id: Uuid) -> Result<Option<Ticket>, StoreError> {
    state(c, "SELECT public, private FROM ticket WHERE id = ?1", [id.into_bytes()])
}

/// How many wait on a business day: for the hub's page and for health.
pub fn waiting(c: &Connection, business_day: civil::Date) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM ticket WHERE business_day = ?1 AND state = 'waiting'";
    let count: i64 =
        c.prepare_cached(sql)?.query_row([business_day.to_string()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
