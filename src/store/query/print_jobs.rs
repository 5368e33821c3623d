//! Print jobs.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use crate::StoreError;
use crate::records::{PrintJob, PrintState};
use crate::sql::{Columns, micros};

/// One job.
pub fn by_id(c: &Connection, id: Uuid) -> Result<Option<PrintJob>, StoreError> {
    let sql = format!("{SELECT} WHERE id = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([id.into_bytes()], read).optional()?)
}

/// Jobs of some time that are not on paper yet, oldest first: what goes on after a restart. A paper
/// that never came is asked for no more, so the start must not read all of them.
pub fn open(c: &Connection, since: Timestamp) -> Result<Vec<PrintJob>, StoreError> {
    let sql =
        format!("{SELECT} WHERE state <> 'printed' AND created_at_us >= ?1 ORDER BY created_at_us");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map([micros(since)], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Jobs of some time that no printer has begun, oldest first.
pub fn pending(
    c: &Connection,
    since: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<PrintJob>, StoreError> {
    // Both conditions: the index holds what is not printed.
    let sql = format!(
        "{SELECT} WHERE state <> 'printed' AND state = 'pending'
         AND created_at_us >= ?1 AND created_at_us <= ?2 ORDER BY created_at_us LIMIT ?3"
    );
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map((micros(since), micros(until), limit), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest job of a ticket.
pub fn of_ticket(c: &Connection, ticket: Uuid) -> Result<Option<PrintJob>, StoreError> {
    let sql = format!("{SELECT} WHERE ticket = ?1 ORDER BY created_at_us DESC LIMIT 1");
    Ok(c.prepare_cached(&sql)?.query_row([ticket.into_bytes()], read).optional()?)
}

const SELECT: &str =
    "SELECT id, kind, ticket, dossier, printer, state, problem, attempts, created_at_us,
    updated_at_us FROM print_job";

fn read(row: &Row<'_>) -> rusqlite::Result<PrintJob> {
    Ok(PrintJob {
        id: row.uuid(0)?,
        kind: row.get(1)?,
        ticket: row.uuid_option(2)?,
        dossier: row.uuid_option(3)?,
        printer: row.get(4)?,
        state: row.parsed(5, PrintState::parse)?,
        problem: row.get(6)?,
        attempts: row.get(7)?,
        created_at: row.instant(8)?,
        updated_at: row.instant(9)?,
    })
}
