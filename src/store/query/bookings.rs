//! Bookings.

use domain::ids::ServiceCode;
use domain::queue::{Booking, BookingCode, TakenPlace};
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::{state, states};
use crate::StoreError;
use crate::sql::{instant, micros};

/// One booking.
pub fn by_id(c: &Connection, id: Uuid) -> Result<Option<Booking>, StoreError> {
    state(c, "SELECT public, private FROM booking WHERE id = ?1", [id.into_bytes()])
}

/// The booking of a code.
pub fn by_code(c: &Connection, code: &BookingCode) -> Result<Option<Booking>, StoreError> {
    state(c, "SELECT public, private FROM booking WHERE code = ?1", [code.as_str()])
}

/// Those whose time begins in a span, earliest first; at most `limit`.
pub fn between(
    c: &Connection,
    from: Timestamp,
    to: Timestamp,
    limit: u32,
) -> Result<Vec<Booking>, StoreError> {
    let sql = "SELECT public, private FROM booking WHERE from_us >= ?1 AND from_us < ?2
               ORDER BY from_us, service, place, id LIMIT ?3";
    states(c, sql, (micros(from), micros(to), limit))
}

/// Those that nobody came by and whose time was over before an instant, earliest first.
pub fn open_before(
    c: &Connection,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Booking>, StoreError> {
    let sql = "SELECT public, private FROM booking
               WHERE state IN ('booked', 'too_late') AND to_us < ?1 ORDER BY to_us, id LIMIT ?2";
    states(c, sql, (micros(before), limit))
}

/// The officers' places of a service that are taken, in a span of begins.
pub fn taken_places(
    c: &Connection,
    service: &ServiceCode,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<TakenPlace>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT from_us, place FROM booking WHERE service = ?1 AND from_us >= ?2 AND from_us < ?3
         AND at_hub = 0 AND state <> 'cancelled'",
    )?;
    let rows = statement
        .query_map((service.as_str(), micros(from), micros(to)), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|(from_us, place)| Ok((instant(from_us)?, place))).collect()
}
