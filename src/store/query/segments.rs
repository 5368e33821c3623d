//! Segments: which runs of the journal lie in sealed files.

use rusqlite::Connection;

use super::{state, states};
use crate::StoreError;
use crate::records::SegmentRecord;
use crate::sql::integer;

/// The segment that holds an entry.
pub fn holding(c: &Connection, seq: u64) -> Result<Option<SegmentRecord>, StoreError> {
    let sql =
        "SELECT public, private FROM segment WHERE first_seq <= ?1 ORDER BY first_seq DESC LIMIT 1";
    let found: Option<SegmentRecord> = state(c, sql, [integer(seq)])?;
    Ok(found.filter(|segment| segment.last_seq >= seq))
}

/// The newest one: its last entry is the chain's checkpoint.
pub fn last(c: &Connection) -> Result<Option<SegmentRecord>, StoreError> {
    state(c, "SELECT public, private FROM segment ORDER BY first_seq DESC LIMIT 1", [])
}

/// All of them, oldest first.
pub fn all(c: &Connection) -> Result<Vec<SegmentRecord>, StoreError> {
    states(c, "SELECT public, private FROM segment ORDER BY first_seq", [])
}

/// How many there are.
pub fn count(c: &Connection) -> Result<u64, StoreError> {
    let count: i64 =
        c.prepare_cached("SELECT count(*) FROM segment")?.query_row([], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Whether entries of a segment still stand in the database, too.
pub(crate) fn rows_behind(c: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM entry
               WHERE seq <= (SELECT last_seq FROM segment ORDER BY first_seq DESC LIMIT 1))";
    Ok(c.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}
