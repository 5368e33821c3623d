//! Instants and days. An instant is a [`jiff::Timestamp`] in whole microseconds; a business day is
//! the civil date in Vietnam, never the date in UTC (which flips at 07:00 here).

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{Offset, TimeZone};

/// Vietnam keeps UTC+7 the whole year.
pub const VIETNAM: Offset = jiff::tz::offset(7);

/// Where the present comes from. The rules never ask: it is for the edges, so that a test can move it.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The business day of an instant.
pub fn business_day(at: Timestamp) -> civil::Date {
    local(at).date()
}

/// The instant on a wall clock in Vietnam.
pub fn local(at: Timestamp) -> civil::DateTime {
    VIETNAM.to_datetime(at)
}

/// The instant of a wall clock reading in Vietnam. Readings beyond the range of instants (years
/// around 10,000) give the nearest instant.
pub fn instant(at: civil::DateTime) -> Timestamp {
    VIETNAM.to_timestamp(at).unwrap_or(if at.year() > 0 { Timestamp::MAX } else { Timestamp::MIN })
}

/// The zone for formatting.
pub fn zone() -> TimeZone {
    TimeZone::fixed(VIETNAM)
}

/// Cuts to whole microseconds: tables and journal keep no more, and a state reloaded from them must
/// equal the one in memory.
pub fn whole_microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_turns_at_midnight_in_vietnam() {
        let before: Timestamp = "2026-11-23T16:59:59.999999Z".parse().unwrap();
        let after: Timestamp = "2026-11-23T17:00:00Z".parse().unwrap();
        assert_eq!(business_day(before), civil::date(2026, 11, 23));
        assert_eq!(business_day(after), civil::date(2026, 11, 24));
        assert_eq!(instant(local(after)), after);
    }
}
