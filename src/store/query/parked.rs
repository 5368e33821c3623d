//! Entries that were kept but not applied, at either end.

use rusqlite::Connection;

use crate::StoreError;
use crate::records::{ParkedEntry, ParkedStream};
use crate::sql::Columns;

/// All of them.
pub fn all(c: &Connection) -> Result<Vec<ParkedEntry>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT stream, seq, code, at_us, raw FROM parked ORDER BY stream, seq LIMIT 10000",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(ParkedEntry {
            stream: row.parsed(0, ParkedStream::parse)?,
            seq: row.number(1)?,
            code: row.get(2)?,
            at: row.instant(3)?,
            raw: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
