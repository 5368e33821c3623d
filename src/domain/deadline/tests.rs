//! The worked dates, and the count against a slow model that looks at every day or minute.

use jiff::civil::{Date, DateTime, Weekday, date};
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::*;
use crate::calendar::Calendar;
use crate::time::instant;

const HOLIDAYS: &str = include_str!("../../../config/calendar/holidays.csv");
const HOURS: &str = include_str!("../../../config/calendar/hours.toml");
const RULES: &str = include_str!("../../../config/calendar/deadline.toml");

fn calendar() -> Calendar {
    Calendar::parse(("holidays.csv", HOLIDAYS), ("hours.toml", HOURS)).unwrap()
}

fn at(text: &str) -> Timestamp {
    instant(text.parse::<DateTime>().unwrap())
}

fn due(received: &str, limit: Limit, channel: Channel) -> DateTime {
    let rules = DeadlineRules::default();
    deadline(at(received), limit, &calendar(), &rules, &[], channel).due
}

fn days(value: u32) -> Limit {
    Limit { value, unit: LimitUnit::WorkingDays }
}

const SAME_DAY: Limit = Limit { value: 0, unit: LimitUnit::SameDay };

#[test]
fn the_worked_dates_come_out() {
    let rows = [
        ("2025-07-01T09:00", days(3), "2025-07-04"),
        ("2025-07-04T14:59", SAME_DAY, "2025-07-04"),
        ("2025-07-04T15:10", SAME_DAY, "2025-07-07"),
        ("2025-07-11T10:00", days(15), "2025-08-01"),
        ("2025-08-29T10:00", days(2), "2025-09-04"),
        ("2025-12-31T08:00", days(1), "2026-01-05"),
        ("2026-01-09T08:00", days(1), "2026-01-10"),
        ("2026-02-12T09:00", days(3), "2026-02-24"),
        ("2026-04-24T09:00", days(5), "2026-05-06"),
        ("2026-12-31T09:00", days(10), "2027-01-15"),
    ];
    for (received, limit, expected) in rows {
        let due = due(received, limit, Channel::Direct);
        assert_eq!(due, format!("{expected}T17:00").parse().unwrap(), "received {received}");
    }
    let online = due("2025-07-05T10:00", days(1), Channel::Online);
    assert_eq!(online, "2025-07-08T17:00".parse().unwrap());
}

#[test]
fn a_supplement_stops_the_clock_and_neither_end_counts() {
    let pause =
        Pause { asked_at: at("2025-07-09T10:00"), brought_at: Some(at("2025-07-14T09:00")) };
    let deadline = deadline(
        at("2025-07-07T09:00"),
        days(5),
        &calendar(),
        &DeadlineRules::default(),
        &[pause],
        Channel::Direct,
    );
    assert_eq!(deadline.due, "2025-07-18T17:00".parse().unwrap());
    assert!(!deadline.provisional);
    let expected = [
        Reason::Received { at: "2025-07-07T09:00".parse().unwrap(), channel: Channel::Direct },
        Reason::LimitGiven { value: 5, unit: LimitUnit::WorkingDays },
        Reason::FirstDay { date: date(2025, 7, 8) },
        Reason::Paused { from: date(2025, 7, 9), to: Some(date(2025, 7, 14)) },
        Reason::LastDay { date: date(2025, 7, 18), time: jiff::civil::time(17, 0, 0, 0) },
        Reason::RuleNeedsConfirmation { source: DeadlineRules::default().source },
    ];
    assert_eq!(deadline.reasons, expected);
}

#[test]
fn another_reading_of_the_law_is_a_change_of_data() {
    let pause =
        Pause { asked_at: at("2025-07-09T10:00"), brought_at: Some(at("2025-07-14T09:00")) };
    let due = |rules: &DeadlineRules| {
        deadline(at("2025-07-07T09:00"), days(5), &calendar(), rules, &[pause], Channel::Direct)
            .due
            .date()
    };
    let mut rules = DeadlineRules { asked_day_counts: true, ..DeadlineRules::default() };
    assert_eq!(due(&rules), date(2025, 7, 17));
    rules.brought_day_counts = true;
    assert_eq!(due(&rules), date(2025, 7, 16));
    rules.starts_next_day = false;
    assert_eq!(due(&rules), date(2025, 7, 15));
}

#[test]
fn an_awaited_supplement_makes_the_date_provisional() {
    let pause = Pause { asked_at: at("2025-07-09T10:00"), brought_at: None };
    let rules = DeadlineRules::default();
    let open =
        deadline(at("2025-07-07T09:00"), days(5), &calendar(), &rules, &[pause], Channel::Direct);
    assert!(open.provisional);
    assert!(open.reasons.contains(&Reason::Paused { from: date(2025, 7, 9), to: None }));
}

#[test]
fn each_day_passed_over_is_told_with_its_name() {
    let rules = DeadlineRules::default();
    let tet = deadline(at("2026-02-12T09:00"), days(3), &calendar(), &rules, &[], Channel::Direct);
    let holidays = tet.reasons.iter().filter(|r| matches!(r, Reason::HolidaySkipped { .. }));
    assert_eq!(holidays.count(), 5);
    let weekend = Reason::WeekendSkipped { from: date(2026, 2, 14), to: date(2026, 2, 15) };
    assert!(tet.reasons.contains(&weekend));

    let make_up =
        deadline(at("2026-01-09T08:00"), days(1), &calendar(), &rules, &[], Channel::Direct);
    let worked = Reason::MakeUpDay { date: date(2026, 1, 10), needs_confirmation: true };
    assert!(make_up.reasons.contains(&worked), "{:?}", make_up.reasons);
}

#[test]
fn exactly_fifteen_is_still_the_same_day() {
    let noon = |received| due(received, SAME_DAY, Channel::Direct).date();
    assert_eq!(noon("2025-07-04T15:00"), date(2025, 7, 4));
    assert_eq!(noon("2025-07-04T15:00:00.000001"), date(2025, 7, 7));
    assert_eq!(noon("2025-07-05T09:00"), date(2025, 7, 7), "received on a Saturday");
    assert_eq!(due("2025-07-04T20:00", SAME_DAY, Channel::Online).date(), date(2025, 7, 7));
}

#[test]
fn calendar_days_end_on_a_working_day() {
    let limit = Limit { value: 5, unit: LimitUnit::CalendarDays };
    assert_eq!(due("2025-07-07T09:00", limit, Channel::Direct).date(), date(2025, 7, 14));
    let limit = Limit { value: 4, unit: LimitUnit::CalendarDays };
    assert_eq!(due("2025-07-07T09:00", limit, Channel::Direct).date(), date(2025, 7, 11));
}

#[test]
fn hours_run_in_the_sessions_only() {
    let hours = |value| Limit { value, unit: LimitUnit::Hours };
    let due = |received, value| due(received, hours(value), Channel::Direct).to_string();
    assert_eq!(due("2025-07-04T10:00", 4), "2025-07-04T15:30:00");
    assert_eq!(due("2025-07-04T16:30", 2), "2025-07-07T09:00:00");
    assert_eq!(due("2025-07-04T12:10", 1), "2025-07-04T14:00:00");
    assert_eq!(due("2025-07-04T07:30", 8), "2025-07-04T17:00:00");
}

#[test]
fn a_year_without_holidays_in_the_data_is_told() {
    let rules = DeadlineRules::default();
    let far = deadline(at("2031-03-03T09:00"), days(2), &calendar(), &rules, &[], Channel::Direct);
    assert!(far.reasons.contains(&Reason::YearNotKnown { year: 2031 }));
    // a limit that nobody has does not run to the end of time
    let endless =
        deadline(at("2031-03-03T09:00"), days(u32::MAX), &calendar(), &rules, &[], Channel::Post);
    assert!(endless.due.year() < 2060);
}

#[test]
fn the_rule_file_says_what_the_code_has_as_default() {
    assert_eq!(DeadlineRules::parse("deadline.toml", RULES).unwrap(), DeadlineRules::default());
    let wrong = RULES.replace("\"15:00\"", "\"25:00\"").replace("asked_day", "askd_day");
    let problems = DeadlineRules::parse("deadline.toml", &wrong).unwrap_err();
    let keys: Vec<&str> = problems.0.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["same_day_until", "asked_day_counts", "askd_day_counts"]);
}

#[test]
fn the_calendar_files_tell_all_their_problems() {
    let holidays = "date,name_vi,name_en,kind,is_working,certainty\n\
        2026-02-30,Tết,Tet,public_holiday,no,confirmed\n\
        2026-02-16,Tết,Tet,public_holiday,maybe,confirmed\n\
        2026-02-17,Tết,Tet,public_holiday,no,surely\n\
        2026-02-18,Tết,Tet,public_holiday,no,confirmed\n\
        2026-02-18,Tết,Tet,public_holiday,no,confirmed\n";
    let hours = "needs_confirmation = true\n[[session]]\nfrom = \"13:00\"\nto = \"11:30\"\n";
    let problems = Calendar::parse(("h.csv", holidays), ("h.toml", hours)).unwrap_err();
    let keys: Vec<&str> = problems.0.iter().map(|problem| problem.key.as_str()).collect();
    let expected = ["line 2", "line 3", "line 4", "line 6", "source", "session[0].to"];
    assert_eq!(keys, expected);
}

/// Whether a day counts, by looking at everything each time.
fn counts(calendar: &Calendar, pauses: &[Pause], day: Date) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let worked = calendar
        .special_days()
        .find(|special| special.date == day)
        .map_or(!weekend, |special| special.working);
    let paused = pauses.iter().any(|pause| {
        let asked = crate::time::business_day(pause.asked_at);
        let brought = crate::time::business_day(pause.brought_at.unwrap());
        asked <= day && day <= brought
    });
    worked && !paused
}

fn nth_counting_day(calendar: &Calendar, pauses: &[Pause], after: Date, n: u32) -> Date {
    (1..2_000)
        .map(|offset| after.checked_add(offset.days()).unwrap())
        .filter(|day| counts(calendar, pauses, *day))
        .nth(n as usize - 1)
        .unwrap()
}

/// Minute by minute.
fn minutes_model(calendar: &Calendar, pauses: &[Pause], from: DateTime, hours: u32) -> DateTime {
    let mut left = hours * 60;
    let mut now = from;
    while left > 0 {
        let in_session = calendar
            .sessions()
            .iter()
            .any(|session| session.from <= now.time() && now.time() < session.to);
        let paused = pauses.iter().any(|pause| {
            pause.asked_at <= instant(now) && instant(now) < pause.brought_at.unwrap()
        });
        if counts(calendar, &[], now.date()) && in_session && !paused {
            left -= 1;
        }
        now = now.checked_add(1.minute()).unwrap();
    }
    now
}

fn minute() -> impl Strategy<Value = DateTime> {
    (0_i64..1_200, 0_i64..1_440).prop_map(|(day, minute)| {
        let start = date(2025, 1, 1).checked_add(day.days()).unwrap();
        start.at(0, 0, 0, 0).checked_add(minute.minutes()).unwrap()
    })
}

fn pauses(received: DateTime, given: &[(i64, i64)]) -> Vec<Pause> {
    given
        .iter()
        .map(|(start, length)| {
            let asked = received.checked_add(start.minutes()).unwrap();
            let brought = asked.checked_add(length.minutes()).unwrap();
            Pause { asked_at: instant(asked), brought_at: Some(instant(brought)) }
        })
        .collect()
}

fn pause_times() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((0_i64..30_000, 0_i64..20_000), 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn working_days_agree_with_looking_at_every_day(
        received in minute(),
        limit in 1_u32..60,
        given in pause_times(),
    ) {
        let (calendar, rules) = (calendar(), DeadlineRules::default());
        let pauses = pauses(received, &given);
        let found = deadline(
            instant(received), days(limit), &calendar, &rules, &pauses, Channel::Direct,
        );
        let expected = nth_counting_day(&calendar, &pauses, received.date(), limit);
        prop_assert_eq!(found.due.date(), expected);
        prop_assert_eq!(found.due_at, instant(found.due));
        prop_assert!(found.due >= received);
    }

    #[test]
    fn same_day_agrees_with_looking_at_every_day(received in minute(), given in pause_times()) {
        let (calendar, rules) = (calendar(), DeadlineRules::default());
        let pauses = pauses(received, &given);
        let found = deadline(
            instant(received), SAME_DAY, &calendar, &rules, &pauses, Channel::Direct,
        );
        let today = received.time() <= rules.same_day_until
            && counts(&calendar, &pauses, received.date());
        let expected = if today {
            received.date()
        } else {
            nth_counting_day(&calendar, &pauses, received.date(), 1)
        };
        prop_assert_eq!(found.due.date(), expected);
    }

    #[test]
    fn hours_agree_with_looking_at_every_minute(
        received in minute(),
        hours in 1_u32..20,
        given in prop::collection::vec((0_i64..3_000, 0_i64..3_000), 0..3),
    ) {
        let (calendar, rules) = (calendar(), DeadlineRules::default());
        let pauses = pauses(received, &given);
        let limit = Limit { value: hours, unit: LimitUnit::Hours };
        let found =
            deadline(instant(received), limit, &calendar, &rules, &pauses, Channel::Direct);
        prop_assert_eq!(found.due, minutes_model(&calendar, &pauses, received, hours));
    }

    #[test]
    fn online_never_counts_before_the_next_session(received in minute(), limit in 1_u32..20) {
        let (calendar, rules) = (calendar(), DeadlineRules::default());
        let online =
            deadline(instant(received), days(limit), &calendar, &rules, &[], Channel::Online);
        let mut session = received;
        while calendar.in_session(session) != session {
            session = session.checked_add(1.minute()).unwrap();
        }
        let expected = nth_counting_day(&calendar, &[], session.date(), limit);
        prop_assert_eq!(online.due.date(), expected);
    }

    #[test]
    fn a_deadline_reads_back_as_it_was_written(received in minute(), limit in 1_u32..60) {
        let (calendar, rules) = (calendar(), DeadlineRules::default());
        let made =
            deadline(instant(received), days(limit), &calendar, &rules, &[], Channel::Direct);
        let text = serde_json::to_string(&made).unwrap();
        prop_assert_eq!(serde_json::from_str::<Deadline>(&text).unwrap(), made);
    }
}
