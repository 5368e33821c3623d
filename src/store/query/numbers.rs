//! Numbers given by day and series.

use jiff::civil;
use rusqlite::Connection;

use crate::StoreError;
use crate::numbers::NumberGap;

/// The highest number given; `None` when none was. Of tickets it stands in the tickets, of other series in
/// their counter.
pub fn last(
    c: &Connection,
    business_day: civil::Date,
    series: &str,
) -> Result<Option<u32>, StoreError> {
    let number = c
        .prepare_cached(
            "SELECT max(number) FROM (
                 SELECT number FROM number_counter WHERE business_day = ?1 AND series = ?2
                 UNION ALL
                 SELECT * FROM (SELECT number FROM ticket WHERE business_day = ?1 AND series = ?2
                                ORDER BY number DESC LIMIT 1))",
        )?
        .query_row((business_day.to_string(), series), |row| row.get(0))?;
    Ok(number)
}

/// The next number of a day and series, where some are left out after a restore.
pub fn skipped_to(
    c: &Connection,
    business_day: civil::Date,
    series: &str,
) -> Result<Option<u32>, StoreError> {
    let public = crate::own::read(c, crate::own::NUMBER_GAP, &format!("{business_day}:{series}"))?;
    let gap: Option<NumberGap> = public.map(serde_json::from_value).transpose()?;
    Ok(gap.map(|gap| gap.next))
}

/// Numbers that were left out, newest day first, at most so many.
pub fn gaps(c: &Connection, limit: u32) -> Result<Vec<NumberGap>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT public FROM own_subject WHERE kind = ?1 ORDER BY subject DESC LIMIT ?2",
    )?;
    let rows =
        statement.query_map((crate::own::NUMBER_GAP, limit), |row| row.get::<_, String>(0))?;
    let mut gaps = Vec::new();
    for row in rows {
        gaps.push(serde_json::from_str(&row?)?);
    }
    Ok(gaps)
}
