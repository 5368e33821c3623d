//! Small values of the node's own, such as the hub's public key.

use rusqlite::{Connection, OptionalExtension};

use crate::StoreError;

/// A value that was written by [`crate::LocalWrite::Meta`].
pub fn get(c: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let value = c
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([format!("own:{name}")], |row| row.get(0))
        .optional()?;
    Ok(value)
}
