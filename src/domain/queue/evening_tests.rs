//! The day is Vietnam's: seven hours before UTC's, whose date changes at seven in the morning here.

use super::tests::Hall;
use crate::time::business_day;
use jiff::{Timestamp, civil};

#[test]
fn numbers_before_seven_and_after_five_are_of_the_same_day_and_go_on() {
    let mut hall = Hall::open();
    let today = civil::date(2026, 11, 23);
    // 00:10, 06:59, 07:01, 17:05, 22:05 and 23:59 in Vietnam; the first two are of the 22nd in UTC.
    let moments = [
        "2026-11-22T17:10:00Z",
        "2026-11-22T23:59:00Z",
        "2026-11-23T00:01:00Z",
        "2026-11-23T10:05:00Z",
        "2026-11-23T15:05:00Z",
        "2026-11-23T16:59:00Z",
    ];
    for (count, moment) in (1..).zip(moments) {
        hall.now = moment.parse::<Timestamp>().unwrap();
        let ticket = hall.issue("ho-tich", None).unwrap();
        assert_eq!((ticket.number, ticket.business_day), (count, today), "{moment}");
        assert_eq!(business_day(hall.now), today, "{moment}");
    }
    // Whoever took a number before seven is called after it.
    assert_eq!(hall.call(1).unwrap().label, "A001");
    hall.now = "2026-11-23T17:00:00Z".parse().unwrap();
    assert_eq!(hall.issue("ho-tich", None).unwrap_err().code(), "queue.wrong_day");
}
