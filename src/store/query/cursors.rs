//! How far both journals are known.

use rusqlite::{Connection, OptionalExtension, Row};

use crate::StoreError;
use crate::records::Cursor;
use crate::sql::Columns;

/// How far the hub has this node's journal, by its signed word.
pub fn uplink(c: &Connection) -> Result<Option<Cursor>, StoreError> {
    Ok(c.prepare_cached("SELECT epoch, seq, hash, at_us FROM uplink_cursor")?
        .query_row([], read)
        .optional()?)
}

/// The hub's last acknowledgement as it came, with its signature.
pub fn last_acknowledgement(c: &Connection) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(c.prepare_cached("SELECT message FROM uplink_cursor")?
        .query_row([], |row| row.get(0))
        .optional()?)
}

/// How far the hub's journal for this node is taken in.
pub fn down(c: &Connection) -> Result<Option<Cursor>, StoreError> {
    Ok(c.prepare_cached("SELECT epoch, seq, hash, at_us FROM down_cursor")?
        .query_row([], read)
        .optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Cursor> {
    Ok(Cursor {
        epoch: row.number(0)?,
        seq: row.number(1)?,
        hash: row.hash(2)?,
        at: row.instant(3)?,
    })
}
