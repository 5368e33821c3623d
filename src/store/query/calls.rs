//! The log of calls: what the hall showed and heard.

use domain::ids::CounterNumber;
use domain::queue::CallReason;
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use crate::StoreError;
use crate::sql::{Columns, micros};

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which ticket.
    pub ticket: Uuid,
    /// When.
    pub at: Timestamp,
    /// To which counter.
    pub counter: CounterNumber,
    /// As printed.
    pub label: String,
    /// "call" or "recall".
    pub kind: String,
    /// Why this one.
    pub reason: Option<CallReason>,
}

/// The last calls since an instant, newest first.
pub fn recent(c: &Connection, since: Timestamp, limit: u32) -> Result<Vec<Call>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT ticket, at_us, counter, label, kind, reason FROM call_log
         WHERE at_us >= ?1 ORDER BY at_us DESC LIMIT ?2",
    )?;
    let rows = statement.query_map((micros(since), limit), |row| {
        let reason: Option<String> = row.get(5)?;
        Ok((
            Call {
                ticket: row.uuid(0)?,
                at: row.instant(1)?,
                counter: CounterNumber(row.get(2)?),
                label: row.get(3)?,
                kind: row.get(4)?,
                reason: None,
            },
            reason,
        ))
    })?;
    rows.map(|row| {
        let (mut call, reason) = row?;
        call.reason = reason.map(|reason| serde_json::from_str(&reason)).transpose()?;
        Ok(call)
    })
    .collect()
}
