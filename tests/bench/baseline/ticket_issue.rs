//! Issuing tickets without us: the same SQL statements with the same values on the same kind of
//! database, in one thread, one transaction for so many tickets. No actors, no rules, no hashing, no
//! sealing, no savepoints, no HTTP: whatever the product does more than this is what it costs.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::path::Path;
use std::time::{Duration, Instant};

/// Everything that one ticket writes, as the product wrote it.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The request's key, time and answer.
    pub request: Vec<Value>,
    /// The ticket's columns.
    pub ticket: Vec<Value>,
    /// The business day, which has an open ticket.
    pub day: Vec<Value>,
    /// The journal's entry: seq, epoch, time, hash, bytes.
    pub entry: Vec<Value>,
}

/// Makes the database: `schema` as the product made it, `key` for SQLCipher or none.
pub fn create(path: &Path, schema: &[String], key: Option<&str>) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    if let Some(key) = key {
        connection.pragma_update(None, "key", key)?;
        connection.pragma_update(None, "cipher_memory_security", "OFF")?;
    }
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    for statement in schema {
        connection.execute_batch(statement)?;
    }
    connection.execute(
        "INSERT INTO journal_head (id, epoch, seq, hash, entries) VALUES (1, 1, 0, zeroblob(32), 0)",
        [],
    )?;
    Ok(connection)
}

/// Writes all tickets, `together` in one transaction; how long it took.
pub fn issue(connection: &Connection, all: &[Rows], together: usize) -> rusqlite::Result<Duration> {
    let mut begin = connection.prepare("BEGIN IMMEDIATE")?;
    let mut request = connection.prepare(
        "INSERT INTO request (id, key, at_us, outcome) VALUES (
             coalesce((SELECT id FROM request
                       WHERE id >= (?2 / 1000000) << 20 AND id < (?2 / 1000000 + 1) << 20
                       ORDER BY id DESC LIMIT 1) + 1, (?2 / 1000000) << 20),
             ?1, ?2, ?3)
         ON CONFLICT (key) DO NOTHING",
    )?;
    let mut ticket = connection.prepare(
        "INSERT INTO ticket (id, business_day, series, number, label, issued_at_us, service, class,
             state, counter, queued_at_us, called_at_us, begun_at_us, finished_at_us, rev, public,
             private)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )?;
    let mut day = connection
        .prepare("INSERT INTO open_day (business_day) VALUES (?1) ON CONFLICT DO NOTHING")?;
    let mut entry = connection
        .prepare("INSERT INTO entry (seq, epoch, at_us, hash, raw) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut head =
        connection.prepare("UPDATE journal_head SET seq = ?1, hash = ?2, entries = ?3")?;
    let mut commit = connection.prepare("COMMIT")?;

    let begun = Instant::now();
    for tickets in all.chunks(together) {
        begin.execute([])?;
        for rows in tickets {
            request.execute(params_from_iter(&rows.request))?;
            ticket.execute(params_from_iter(&rows.ticket))?;
            day.execute(params_from_iter(&rows.day))?;
            entry.execute(params_from_iter(&rows.entry))?;
        }
        if let Some(Rows { entry, .. }) = tickets.last() {
            head.execute([&entry[0], &entry[3], &entry[0]])?;
        }
        commit.execute([])?;
    }
    Ok(begun.elapsed())
}
