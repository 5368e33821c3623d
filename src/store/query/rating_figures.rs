//! What the head of a center reads of the votes by officer, which comes from counters of their own. What
//! citizens said is in [`super::told_votes`].

use domain::rating::{OfficerTally, TALLY_SHOWN_FROM};
use jiff::civil;
use rusqlite::Connection;

use crate::StoreError;

/// Officers' figures of some months (first days, both included), as far as they may be told.
///
/// A mark is told together with others of its officer, at least [`TALLY_SHOWN_FROM`] at a time, and when
/// its day is over: whoever looks every evening sees the figure grow by a group, never by one citizen. A
/// group counts in the month of its last day. [`crate::LocalWrite::OfficerTally`] moves groups in the
/// same way, so that a figure that was told stays what it was.
pub fn by_officer(
    c: &Connection,
    first_month: civil::Date,
    last_month: civil::Date,
    today: civil::Date,
) -> Result<Vec<OfficerTally>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT month, officer, stage, level, sum(count) FROM (
           SELECT month, officer, stage, level, count FROM officer_tally
           UNION ALL
           SELECT ready.month, day.officer, day.stage, day.level, day.count
           FROM officer_tally_day AS day
           JOIN (SELECT officer, substr(max(day), 1, 8) || '01' AS month FROM officer_tally_day
                 WHERE day < ?3 GROUP BY officer HAVING sum(count) >= ?4) AS ready
             ON ready.officer = day.officer
           WHERE day.day < ?3)
         WHERE month >= ?1 AND month <= ?2
         GROUP BY month, officer, stage, level ORDER BY month, officer, stage, level",
    )?;
    let bounds = (first_month.to_string(), last_month.to_string(), today.to_string());
    let rows = statement.query_map((&bounds.0, &bounds.1, &bounds.2, TALLY_SHOWN_FROM), |row| {
        Ok(serde_json::json!({
            "month": row.get::<_, String>(0)?,
            "officer": row.get::<_, String>(1)?,
            "stage": row.get::<_, String>(2)?,
            "level": row.get::<_, String>(3)?,
            "count": row.get::<_, u32>(4)?,
        }))
    })?;
    rows.map(|row| Ok(serde_json::from_value(row?)?)).collect()
}
