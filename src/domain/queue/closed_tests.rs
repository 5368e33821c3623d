//! Days on which a center is closed, and last numbers by class, told as facts. The week is Monday to Friday
//! and Saturday morning; days off are those of the calendar that deadlines are counted with.

use jiff::civil::{self, date, time};

use super::tests::{Hall, code, plan, settings};
use super::*;
use crate::calendar::Calendar;
use crate::ids::CounterNumber;
use crate::refusal::Refusal;
use crate::time::instant;

const HOLIDAYS: &str = include_str!("../../../config/calendar/holidays.csv");
const CALENDAR_HOURS: &str = include_str!("../../../config/calendar/hours.toml");
const WEEK: &str = "open_before_min = 15\nservice_min = 6\n\
    [[session]]\nweekdays = \"T2-T6\"\nfrom = \"07:30\"\nto = \"11:30\"\n\
    [[session]]\nweekdays = \"T2-T6\"\nfrom = \"13:30\"\nto = \"17:00\"\n\
    [[session]]\nweekdays = \"T7\"\nfrom = \"07:30\"\nto = \"11:30\"\n";

fn hours(more: &str) -> QueueHours {
    let services = settings(Vec::new()).services;
    let read = QueueHours::parse("hours.toml", &format!("{more}{WEEK}"), &services).unwrap();
    let calendar = ("hours.toml", CALENDAR_HOURS);
    read.following(&Calendar::parse(("holidays.csv", HOLIDAYS), calendar).unwrap())
}

/// The answer to a citizen for whom nobody stands before.
fn at(day: civil::Date, hour: i8, minute: i8) -> Result<Option<civil::Time>, Refusal> {
    hours("").admit(&code("ho-tich"), day.at(hour, minute, 0, 0), 0, 1)
}

fn opening(from: &str, opens: &str, day: civil::Date) -> (String, String, Option<civil::Date>) {
    (from.to_owned(), opens.to_owned(), Some(day))
}

#[test]
fn on_a_sunday_the_kiosk_says_on_which_day_the_center_opens() {
    let (from, opens, day) = opening("07:15", "07:30", date(2026, 11, 30));
    let closed = Refusal::ClosedToday { from, opens, day };
    for hour in [0, 7, 8, 12, 23] {
        assert_eq!(at(date(2026, 11, 29), hour, 0), Err(closed.clone()), "{hour}");
    }
}

#[test]
fn on_a_holiday_its_name_is_told_and_a_make_up_saturday_is_worked_to_the_evening() {
    let (from, opens, day) = opening("07:15", "07:30", date(2026, 11, 25));
    let (name_vi, name_en) = ("Ngày Văn hóa Việt Nam".into(), "Vietnam Cultural Day".into());
    let holiday = Refusal::Holiday { name_vi, name_en, from, opens, day };
    assert_eq!(at(date(2026, 11, 24), 9, 0), Err(holiday));
    assert_eq!(at(date(2026, 8, 22), 14, 0), Ok(None), "worked in place of 31 August");
    assert_eq!(at(date(2026, 8, 31), 9, 0).unwrap_err().code(), "queue.holiday");
}

#[test]
fn after_a_saturday_morning_the_monday_is_told_and_after_a_friday_the_saturday() {
    let over = |until: &str, day| {
        let (from, opens, day) = opening("07:15", "07:30", day);
        Err(Refusal::HoursOver { until: until.to_owned(), from, opens, day })
    };
    let saturday = date(2026, 11, 28);
    assert_eq!(at(saturday, 11, 24), Ok(Some(time(11, 24, 0, 0))));
    assert_eq!(at(saturday, 11, 30), over("11:30", date(2026, 11, 30)));
    assert_eq!(at(date(2026, 11, 27), 17, 0), over("17:00", saturday));
    let early = Refusal::OutsideHours { from: "07:15".to_owned() };
    assert_eq!(at(saturday, 7, 0), Err(early), "today, so without a day");
}

#[test]
fn where_the_settings_say_so_numbers_are_given_also_outside_the_hours() {
    let plans = vec![plan(1, &["ho-tich"])];
    let of = |more: &str| QueueSettings { hours: hours(more), ..settings(plans.clone()) };
    let sunday = instant(date(2026, 11, 29).at(9, 0, 0, 0));
    let open = |more: &str| {
        let queue = Queue::for_day(of(more), date(2026, 11, 29), [], []);
        queue.open_for(&code("ho-tich"), Class::Regular, sunday)
    };
    assert_eq!(open("also_outside = true\n"), Ok(None));
    assert_eq!(open("").unwrap_err().code(), "queue.closed_today");
    let mut hall = Hall::of(of(""));
    // The Monday of the hall, at noon: in the break.
    hall.now = instant(date(2026, 11, 23).at(12, 0, 0, 0));
    assert_eq!(hall.issue("ho-tich", None).unwrap_err().code(), "queue.outside_hours");
    let mut hall = Hall::of(of("also_outside = true\n"));
    hall.now = instant(date(2026, 11, 23).at(12, 0, 0, 0));
    let ticket = hall.issue("ho-tich", None).unwrap();
    assert_eq!((ticket.label.as_str(), ticket.outside_hours), ("A001", None));
}

#[test]
fn a_number_that_is_given_outside_the_hours_says_from_when_on_it_is_called() {
    let plans = vec![plan(1, &["ho-tich"])];
    let resting = |more: &str, day_end: DayEnd, day: civil::Date, hour: i8, minute: i8| {
        let settings = settings(plans.clone());
        let rules = QueueRules { day_end, ..settings.rules.clone() };
        let settings = QueueSettings { hours: hours(more), rules, ..settings };
        let queue = Queue::for_day(settings, day, [], []);
        queue.resting(instant(day.at(hour, minute, 0, 0)))
    };
    let outside = "also_outside = true\n";
    let (friday, saturday) = (date(2026, 11, 27), date(2026, 11, 28));
    let later = |opens: &str| Some(Resting::UntilLater { opens: opens.to_owned() });
    let today = |hour, minute| resting(outside, DayEnd::Close, friday, hour, minute);
    // Numbers of the morning are given from 07:15 on, and called from 07:30.
    assert_eq!((today(6, 0), today(7, 29)), (later("07:30"), later("07:30")));
    assert_eq!((today(7, 30), today(11, 29)), (None, None));
    assert_eq!((today(11, 30), today(13, 30)), (later("13:30"), None));
    let (opens, day) = ("07:30".to_owned(), Some(saturday));
    let over = Resting::ForToday { opens: opens.clone(), day };
    assert_eq!(today(17, 0), Some(over), "the day's end closes it");
    let carried = |day, hour| resting(outside, DayEnd::CarryOver, day, hour, 0);
    assert_eq!(carried(friday, 20), Some(Resting::UntilDay { opens: opens.clone(), day }));
    let monday = Some(date(2026, 11, 30));
    for hour in [0, 9, 23] {
        let told = Resting::UntilDay { opens: opens.clone(), day: monday };
        assert_eq!(carried(date(2026, 11, 29), hour), Some(told), "{hour}");
    }
    assert_eq!(resting("", DayEnd::CarryOver, friday, 20, 0), None, "none is given then");
}

#[test]
fn while_a_counter_is_open_all_the_same_nobody_is_told_that_the_center_rests() {
    let hours = hours("also_outside = true\n");
    let mut hall = Hall::of(QueueSettings { hours, ..settings(vec![plan(1, &["ho-tich"])]) });
    hall.now = instant(date(2026, 11, 23).at(12, 0, 0, 0));
    assert_eq!(hall.queue.resting(hall.now), None);
    hall.take(Command::CloseCounter(CounterNumber(1))).unwrap();
    let opens = "13:30".to_owned();
    assert_eq!(hall.queue.resting(hall.now), Some(Resting::UntilLater { opens }));
}

/// A hall with two counters at 16:00 of a Monday, for which so many wait, under a policy.
fn late_hall(policy: CallPolicy, regular: usize, priority: usize) -> Hall {
    let plans = vec![plan(1, &["ho-tich"]), plan(2, &["ho-tich"])];
    let settings = settings(plans);
    let rules = QueueRules { policy, ..settings.rules.clone() };
    let mut hall = Hall::of(QueueSettings { hours: hours(""), rules, ..settings });
    hall.now = instant(date(2026, 11, 23).at(16, 0, 0, 0));
    for _ in 0..regular {
        hall.issue("ho-tich", None).unwrap();
    }
    for _ in 0..priority {
        hall.issue("ho-tich", Some("elderly")).unwrap();
    }
    hall
}

#[test]
fn near_the_end_a_priority_caller_may_come_later_than_a_regular_one_as_the_policy_says() {
    let told = |policy, class| {
        let hall = late_hall(policy, 16, 0);
        let until = hall.queue.open_for(&code("ho-tich"), class, hall.now).unwrap();
        until.map(|until| until.strftime("%H:%M").to_string()).unwrap()
    };
    for policy in [CallPolicy::Guard, CallPolicy::Strict, CallPolicy::Ratio] {
        assert_eq!(told(policy, Class::Regular), "16:06", "{policy:?}");
        // The very next call, before all sixteen.
        assert_eq!(told(policy, Class::Priority), "16:54", "{policy:?}");
    }
}

#[test]
fn a_priority_number_is_given_when_a_regular_one_would_be_served_no_more() {
    let mut hall = late_hall(CallPolicy::Strict, 16, 1);
    hall.pass(10 * 60);
    let refusal = hall.issue("ho-tich", None).unwrap_err();
    let Refusal::NotServedToday { waiting, ref until, .. } = refusal else { panic!("{refusal:?}") };
    assert_eq!((waiting, until.as_str()), (17, "17:00"));
    assert_eq!(hall.issue("ho-tich", Some("elderly")).unwrap().class, Class::Priority);
}
