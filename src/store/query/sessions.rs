//! Who may talk to the center now: officers' sessions and devices' tokens.

use domain::ids::{CounterNumber, OfficerId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::StoreError;
use crate::records::{DeviceToken, Session};
use crate::sql::{Columns, micros};

/// The session with a token's hash, if it has not ended.
pub fn by_token(
    c: &Connection,
    token_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let session = c
        .prepare_cached(
            "SELECT token_hash, officer, csrf, created_at_us, seen_at_us, expires_at_us FROM session
             WHERE token_hash = ?1 AND expires_at_us > ?2",
        )?
        .query_row((token_hash, micros(now)), |row| {
            Ok(Session {
                token_hash: row.hash(0)?,
                officer: row.parsed(1, OfficerId::parse)?,
                csrf: row.get(2)?,
                created_at: row.instant(3)?,
                seen_at: row.instant(4)?,
                expires_at: row.instant(5)?,
            })
        })
        .optional()?;
    Ok(session)
}

/// How many sessions of an officer the tables hold.
pub fn count_of(c: &Connection, officer: &OfficerId) -> Result<u64, StoreError> {
    let count: i64 = c
        .prepare_cached("SELECT count(*) FROM session WHERE officer = ?1")?
        .query_row([officer.as_str()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// The device's token with a hash, if it is not withdrawn.
pub fn device_by_token(
    c: &Connection,
    token_hash: &[u8; 32],
) -> Result<Option<DeviceToken>, StoreError> {
    let sql = format!("{SELECT_DEVICE} WHERE token_hash = ?1 AND revoked_at_us IS NULL");
    Ok(c.prepare_cached(&sql)?.query_row([token_hash], read_device).optional()?)
}

/// All devices' tokens, also those that were withdrawn not long ago.
pub fn devices(c: &Connection) -> Result<Vec<DeviceToken>, StoreError> {
    let mut statement = c.prepare_cached(&format!("{SELECT_DEVICE} ORDER BY created_at_us"))?;
    let rows = statement.query_map([], read_device)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

const SELECT_DEVICE: &str =
    "SELECT token_hash, role, counter, title, created_at_us, revoked_at_us FROM device_token";

fn read_device(row: &Row<'_>) -> rusqlite::Result<DeviceToken> {
    Ok(DeviceToken {
        token_hash: row.hash(0)?,
        role: row.get(1)?,
        counter: row.get::<_, Option<u16>>(2)?.map(CounterNumber),
        title: row.get(3)?,
        created_at: row.instant(4)?,
        revoked_at: row.instant_option(5)?,
    })
}
