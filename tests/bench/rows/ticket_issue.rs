//! `ticket_issue_durable_N`: tickets a second, each answered after it is durable, with N callers at
//! once; through the desk's actor, its rules, sealing, hash chain and the writer's group commit.
//! Against the same SQL statements with the same values, N tickets in one transaction.

use crate::Effort;
use crate::baseline::ticket_issue::{Rows, create, issue};
use crate::desk::{Desk, wrapping_key};
use crate::figure::{Figure, Must, Side};
use anyhow::{Context, ensure};
use journal::{Entry, RequestMarks};
use rusqlite::types::Value;
use rusqlite::{Connection, Row};
use std::collections::HashMap;
use std::path::Path;
use store::StoreError;

/// The names, by how many callers ask at once.
pub const NAMES: &[&str] =
    &["ticket_issue_durable_1", "ticket_issue_durable_64", "ticket_issue_durable_256"];

/// A raw key, as the product uses one: deriving it from a passphrase would cost 109 ms an open.
const KEY: &str = "x'2DD29CA851E7B56E4697B0E1F08507293D761A05CE4D1B628663F411A8086D99'";

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    names.iter().map(|name| one(name, effort)).collect()
}

fn one(name: &'static str, effort: Effort) -> anyhow::Result<Figure> {
    let (callers, tickets, least) = match name.rsplit_once('_') {
        Some((_, "1")) => (1, 1_000, 0.60),
        Some((_, "64")) => (64, 9_600, 0.70),
        _ => (256, 15_360, 0.70),
    };
    let tickets = effort.of(tickets).next_multiple_of(callers);
    let (mut ours, mut plain, mut unkeyed) = (Side::default(), Side::default(), Side::default());
    for _ in 0..effort.turns {
        let folder = tempfile::tempdir()?;
        let (seconds, schema, rows) = product(&folder.path().join("product"), tickets, callers)?;
        ours.0.push(per_second(tickets, seconds));
        for (side, key) in [(&mut plain, Some(KEY)), (&mut unkeyed, None)] {
            let path = folder.path().join(if key.is_some() { "keyed.db" } else { "unkeyed.db" });
            let connection = create(&path, &schema, key)?;
            let took = issue(&connection, &rows, callers)?.as_secs_f64();
            side.0.push(per_second(tickets, took));
            let there: i64 =
                connection.query_row("SELECT count(*) FROM entry", [], |row| row.get(0))?;
            ensure!(
                usize::try_from(there)? == tickets,
                "the plain program wrote {there} of {tickets} tickets"
            );
        }
    }
    Ok(Figure {
        name,
        beside: format!(
            "the same on a database without a key {:.0} tickets/s, ratio {:.2}",
            unkeyed.median(),
            ours.median() / unkeyed.median()
        ),
        value: ours,
        unit: "tickets/s",
        against: plain,
        against_what: "the same SQL in one thread, so many tickets a transaction",
        must: Must::RatioAtLeast(least),
    })
}

fn per_second(tickets: usize, seconds: f64) -> f64 {
    tickets as f64 / seconds
}

/// Seconds that the product needs, the schema of its database, and what it wrote.
fn product(
    folder: &Path,
    tickets: usize,
    callers: usize,
) -> anyhow::Result<(f64, Vec<String>, Vec<Rows>)> {
    actix::System::new().block_on(async move {
        let desk = Desk::start(folder)?;
        let took = desk.issue(tickets, callers).await?;
        let (schema, rows) = desk.store.readers().read_now(|c| Ok((schema(c)?, rows(c)?)))?;
        ensure!(rows.len() == tickets, "the product wrote {} of {tickets} tickets", rows.len());
        desk.stop().await.context("the desk does not end")?;
        Ok((took.as_secs_f64(), schema, rows))
    })
}

/// Every table and index, as the product made them.
fn schema(c: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = c.prepare(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
         ORDER BY rowid",
    )?;
    let found = statement.query_map([], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// What each ticket wrote, in the order of the journal.
fn rows(c: &Connection) -> Result<Vec<Rows>, StoreError> {
    // An entry does not hold its request's key, but a mark of it.
    let marks = RequestMarks::of(&wrapping_key())
        .map_err(|error| StoreError::Damaged(error.to_string()))?;
    let mut requests: HashMap<String, Vec<Value>> =
        by_text(c, "SELECT key, key, at_us, outcome FROM request", 3)?
            .into_iter()
            .map(|(key, row)| (marks.mark(&key), row))
            .collect();
    let mut tickets = by_text(
        c,
        "SELECT lower(hex(id)), id, business_day, series, number, label, issued_at_us, service,
             class, state, counter, queued_at_us, called_at_us, begun_at_us, finished_at_us, rev,
             public, private FROM ticket",
        17,
    )?;
    let mut statement = c.prepare("SELECT seq, epoch, at_us, hash, raw FROM entry ORDER BY seq")?;
    let mut entries = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = entries.next()? {
        let entry = values(row, 0, 5)?;
        let raw: Vec<u8> = row.get(4)?;
        let read = Entry::decode(&raw)?;
        let subject = read.changes.first().map(|change| change.subject.replace('-', ""));
        let request = requests.remove(&read.request_key);
        let ticket = subject.and_then(|subject| tickets.remove(&subject));
        let (Some(request), Some(ticket)) = (request, ticket) else { continue };
        let day = ticket[1..2].to_vec();
        all.push(Rows { request, ticket, day, entry });
    }
    Ok(all)
}

/// Rows by their first column, which is a text beside the row.
fn by_text(
    c: &Connection,
    sql: &str,
    columns: usize,
) -> Result<HashMap<String, Vec<Value>>, StoreError> {
    let mut statement = c.prepare(sql)?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, values(row, 1, columns)?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn values(row: &Row<'_>, from: usize, count: usize) -> rusqlite::Result<Vec<Value>> {
    (from..from + count).map(|place| row.get(place)).collect()
}
