//! Who looked at which dossier.

use domain::ids::OfficerId;
use rusqlite::Connection;
use uuid::Uuid;

use crate::StoreError;
use crate::records::AccessRecord;
use crate::sql::Columns;

/// The last times that someone looked at a dossier, newest first.
pub fn of_dossier(
    c: &Connection,
    dossier: Uuid,
    limit: u32,
) -> Result<Vec<AccessRecord>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT at_us, officer, dossier, action, why FROM access_log
         WHERE dossier = ?1 ORDER BY at_us DESC LIMIT ?2",
    )?;
    let rows = statement.query_map((dossier.into_bytes(), limit), |row| {
        Ok(AccessRecord {
            at: row.instant(0)?,
            officer: row.parsed(1, OfficerId::parse)?,
            dossier: row.uuid(2)?,
            action: row.get(3)?,
            why: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
