//! Numbers given by day and series.

use jiff::civil;
use rusqlite::{Connection, OptionalExtension};

use crate::StoreError;

/// The highest number given; `None` when none was.
pub fn last(
    c: &Connection,
    business_day: civil::Date,
    series: &str,
) -> Result<Option<u32>, StoreError> {
    let number = c
        .prepare_cached(
            "SELECT number FROM number_counter WHERE business_day = ?1 AND series = ?2",
        )?
        .query_row((business_day.to_string(), series), |row| row.get(0))
        .optional()?;
    Ok(number)
}
