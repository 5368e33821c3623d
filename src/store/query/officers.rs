//! Officers' accounts.

use domain::ids::OfficerId;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::StoreError;
use crate::records::Officer;
use crate::sql::Columns;

/// The account with a login.
pub fn by_login(c: &Connection, login: &str) -> Result<Option<Officer>, StoreError> {
    let sql = format!("{SELECT} WHERE login = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([login], read).optional()?)
}

/// The account with an id.
pub fn by_id(c: &Connection, id: &OfficerId) -> Result<Option<Officer>, StoreError> {
    let sql = format!("{SELECT} WHERE id = ?1");
    Ok(c.prepare_cached(&sql)?.query_row([id.as_str()], read).optional()?)
}

/// All accounts.
pub fn all(c: &Connection) -> Result<Vec<Officer>, StoreError> {
    let mut statement = c.prepare_cached(&format!("{SELECT} ORDER BY id"))?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

const SELECT: &str =
    "SELECT id, login, name, role, password_hash, disabled, created_at_us FROM officer";

fn read(row: &Row<'_>) -> rusqlite::Result<Officer> {
    Ok(Officer {
        id: row.parsed(0, OfficerId::parse)?,
        login: row.get(1)?,
        name: row.get(2)?,
        role: row.get(3)?,
        password_hash: row.get(4)?,
        disabled: row.get(5)?,
        created_at: row.instant(6)?,
    })
}
