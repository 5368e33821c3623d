//! What `motcua check` says beside the mistakes: nothing is wrong yet, and somebody has still to do something.

use domain::calendar::Calendar;
use domain::queue::QueueHours;
use jiff::civil;

/// From this month on the next year is asked for, too: its days off are decided by then or soon, and the
/// deadlines of these weeks reach into it.
const NEXT_YEAR_FROM_MONTH: i8 = 10;

/// That opening hours are written down which nobody has confirmed yet.
pub(super) fn hours_note(hours: &QueueHours) -> Option<String> {
    let unconfirmed = hours.needs_confirmation && !hours.week.is_around_the_clock();
    unconfirmed.then(|| {
        let source = hours.source.as_deref().unwrap_or("no source");
        format!("queue/hours.toml: the opening hours are to be confirmed ({source})")
    })
}

/// That the data says nothing of this year, or late in the year of the next one.
pub(super) fn year_notes(calendar: &Calendar, today: civil::Date) -> Vec<String> {
    let last = if today.month() < NEXT_YEAR_FROM_MONTH { today } else { next_year(today) };
    let unknown = (today.year()..=last.year()).filter(|year| !calendar.knows_year(*year));
    let note = |year: i16| {
        format!(
            "calendar/holidays.csv: says nothing of {year}: deadlines are counted and numbers are given \
             as if that year had no holiday; add its days off and make-up days once they are decided, \
             one a line as for the years before, and start the center anew"
        )
    };
    unknown.map(note).collect()
}

/// A day of the next year; of the last year that there is, the same day.
fn next_year(day: civil::Date) -> civil::Date {
    civil::Date::new(day.year().saturating_add(1), 1, 1).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::queue::Week;

    #[test]
    fn opening_hours_that_nobody_confirmed_have_a_note() {
        let session = domain::calendar::Session {
            from: jiff::civil::time(7, 30, 0, 0),
            to: jiff::civil::time(11, 30, 0, 0),
        };
        let written = QueueHours {
            week: Week::every_day(vec![session]),
            source: Some("bảng niêm yết".to_owned()),
            ..QueueHours::default()
        };
        assert!(hours_note(&written).unwrap().contains("bảng niêm yết"));
        assert_eq!(hours_note(&QueueHours { needs_confirmation: false, ..written }), None);
        assert_eq!(hours_note(&QueueHours::default()), None, "around the clock");
    }

    #[test]
    fn a_year_without_holidays_has_a_note_and_the_next_one_from_october_on() {
        let holidays = "date,name_vi,name_en,kind,is_working,certainty\n\
                        2026-09-02,Quốc khánh,National Day,public_holiday,no,confirmed\n";
        let hours = include_str!("../../config/calendar/hours.toml");
        let calendar = Calendar::parse(("holidays.csv", holidays), ("hours.toml", hours)).unwrap();
        let noted = |year, month, day| {
            let notes = year_notes(&calendar, civil::date(year, month, day));
            let told = notes.iter().map(|note| note.split(": ").nth(1).unwrap().to_owned());
            told.collect::<Vec<String>>()
        };
        let of = |year: i16| format!("says nothing of {year}");
        assert!(noted(2026, 1, 1).is_empty() && noted(2026, 9, 30).is_empty());
        assert_eq!(noted(2026, 10, 1), [of(2027)]);
        assert_eq!(noted(2027, 1, 1), [of(2027)]);
        assert_eq!(noted(2027, 12, 31), [of(2027), of(2028)]);
        assert_eq!(noted(9999, 12, 31), [of(9999)], "no clock makes it fail");
    }
}
