//! Devices as last seen.

use rusqlite::Connection;

use crate::StoreError;
use crate::records::DeviceRecord;
use crate::sql::Columns;

/// All of them, by name.
pub fn all(c: &Connection) -> Result<Vec<DeviceRecord>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT id, title, class, driver, transport, state, reason_code, since_us, detail FROM device ORDER BY id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(DeviceRecord {
            id: row.get(0)?,
            title: row.get(1)?,
            class: row.get(2)?,
            driver: row.get(3)?,
            transport: row.get(4)?,
            state: row.get(5)?,
            reason_code: row.get(6)?,
            since: row.instant(7)?,
            detail: row.get(8)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
