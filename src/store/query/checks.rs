//! What the last checks found.

use rusqlite::Connection;

use crate::StoreError;
use crate::records::CheckResult;
use crate::sql::Columns;

/// The last result of each kind, by name.
pub fn all(c: &Connection) -> Result<Vec<CheckResult>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT name, at_us, looked_at, problems, detail FROM check_result ORDER BY name",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(CheckResult {
            name: row.get(0)?,
            at: row.instant(1)?,
            looked_at: row.number(2)?,
            problems: row.number(3)?,
            detail: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The tables whose pages can be looked through one by one.
pub fn tables(c: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = c.prepare_cached("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Looks through the pages of one table; what is wrong first, if anything is.
pub fn pages(c: &Connection, table: &str) -> Result<Option<String>, StoreError> {
    // The name comes from the schema itself; a quote in it would end it early.
    let sql = format!("PRAGMA quick_check('{}')", table.replace('\'', "''"));
    let answer: String = c.query_row(&sql, [], |row| row.get(0))?;
    Ok((answer != "ok").then_some(answer))
}
