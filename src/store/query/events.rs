//! What a technician may want to know.

use rusqlite::Connection;

use crate::StoreError;
use crate::records::EventRecord;
use crate::sql::Columns;

/// The newest events, newest first.
pub fn recent(c: &Connection, limit: u32) -> Result<Vec<EventRecord>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT at_us, code, source, detail FROM event ORDER BY id DESC LIMIT ?1",
    )?;
    let rows = statement.query_map([limit], |row| {
        Ok(EventRecord {
            at: row.instant(0)?,
            code: row.get(1)?,
            source: row.get(2)?,
            detail: row.parsed(3, |text| serde_json::from_str(text))?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
