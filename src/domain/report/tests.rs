//! Reports told as facts. A small day is written by hand: minutes after eight o'clock.

use jiff::{SignedDuration, Timestamp, civil};
use uuid::Uuid;

use super::hall::{Means, WORK_ASSUMED_S, look};
use super::*;
use crate::calendar::Session;
use crate::ids::{CounterNumber, OfficerId, ServiceCode};
use crate::queue::{
    CallEnd, Class, Counter, CounterState, PastCall, QueueHours, Service, ServiceTimes, Ticket,
    TicketState, Week, parse_services,
};

pub(super) const DAY: civil::Date = civil::date(2026, 11, 23);

pub(super) fn at(minute: i64) -> Timestamp {
    let eight: Timestamp = "2026-11-23T01:00:00Z".parse().unwrap();
    eight + SignedDuration::from_secs(minute * 60)
}

pub(super) fn code(text: &str) -> ServiceCode {
    ServiceCode::parse(text).unwrap()
}

pub(super) fn officer(number: u16) -> Option<OfficerId> {
    Some(OfficerId::parse(&format!("officer-{number}")).unwrap())
}

/// Civil status from A001, land from B001, as the default settings have them.
pub(super) fn services() -> Vec<Service> {
    let text = include_str!("../../../config/queue/services.toml");
    parse_services("services.toml", text).unwrap()
}

pub(super) fn came(number: u32, minute: i64) -> Ticket {
    let id = Uuid::from_u128(u128::from(number));
    Ticket::waiting(id, DAY, ('A', number), code("ho-tich"), at(minute), "kiosk".into())
}

/// Called, begun a minute later, and done.
pub(super) fn served(ticket: Ticket, counter: u16, called: i64, done: i64) -> Ticket {
    Ticket {
        state: TicketState::Completed,
        counter: Some(CounterNumber(counter)),
        officer: officer(counter),
        called_at: Some(at(called)),
        begun_at: Some(at(called + 1)),
        finished_at: Some(at(done)),
        ..ticket
    }
}

fn report(by: By, tickets: &[Ticket]) -> Report {
    let mut tally = Tally::new(by);
    tally.add(DAY, tickets, &services());
    tally.report()
}

fn row(report: &Report, key: &Key) -> Figures {
    report.rows.iter().find(|(known, _)| known == key).map(|(_, figures)| *figures).unwrap()
}

#[test]
fn a_quarter_at_most_is_reported_at_once_and_both_ends_count() {
    let day = |month, day| civil::date(2026, month, day);
    let days = Days::new(day(7, 1), day(9, 30)).unwrap();
    assert_eq!((days.count(), days.each().count()), (92, 92));
    assert_eq!(days.each().last(), Some(day(9, 30)));
    assert!(Days::new(day(7, 1), day(10, 1)).is_none());
    assert!(Days::new(day(7, 2), day(7, 1)).is_none());
    assert_eq!(Days::new(day(7, 1), day(7, 1)).unwrap().each().count(), 1);
    let (first, last) = (civil::Date::MIN, civil::Date::MAX);
    assert!(Days::new(first, last).is_none() && Days::new(last, first).is_none());
    assert_eq!(Days::new(last, last).unwrap().each().count(), 1);
}

#[test]
fn an_hour_has_who_came_in_it_and_what_was_called_in_it_by_the_clock_of_vietnam() {
    let tickets = [served(came(1, 50), 1, 70, 80), served(came(2, 61), 1, 81, 90)];
    let report = report(By::Hour, &tickets);
    let (eight, nine) = (row(&report, &Key::Hour(8)), row(&report, &Key::Hour(9)));
    assert_eq!((eight.issued, eight.calls, eight.wait.p95_s), (1, 0, 20 * 60));
    assert_eq!((nine.issued, nine.calls, nine.completed), (1, 2, 2));
    assert_eq!((nine.walk.p50_s, nine.serving.longest_s), (60, 9 * 60));
    assert_eq!((report.total.issued, report.total.wait.count), (2, 2));
}

#[test]
fn the_promise_is_that_of_the_class_and_of_the_service_where_the_number_was_given() {
    let promise = services().into_iter().find(|one| one.code == code("ho-tich")).unwrap();
    let least = i64::from(promise.promise_priority_min);
    assert!(least < i64::from(promise.promise_regular_min));
    let priority = Ticket { class: Class::Priority, ..came(1, 0) };
    let tickets =
        [served(priority, 1, least + 1, least + 5), served(came(2, 0), 2, least + 1, least + 5)];
    let report = report(By::Class, &tickets);
    let of = |class| row(&report, &Key::Class(class));
    assert_eq!((of(Class::Priority).promised, of(Class::Priority).kept), (1, 0));
    assert_eq!((of(Class::Regular).promised, of(Class::Regular).kept), (1, 1));
}

#[test]
fn a_number_that_was_passed_on_counts_for_both_services_and_waits_once() {
    let past = PastCall {
        counter: CounterNumber(1),
        officer: officer(1),
        service: None,
        called_at: at(5),
        begun_at: Some(at(6)),
        reason: None,
        ended_at: at(10),
        end: CallEnd::ToService(code("dat-dai")),
    };
    let ticket = Ticket { past_calls: vec![past], service: code("dat-dai"), ..came(1, 0) };
    let report = report(By::Service, &[served(ticket, 3, 30, 40)]);
    let first = row(&report, &Key::Service(code("ho-tich")));
    let second = row(&report, &Key::Service(code("dat-dai")));
    assert_eq!((first.issued, first.calls, first.transfers, first.completed), (1, 1, 1, 0));
    assert_eq!((first.wait.longest_s, first.serving.longest_s), (5 * 60, 4 * 60));
    assert_eq!((second.issued, second.calls, second.completed), (0, 1, 1));
    assert_eq!(report.total.wait.count, 1);
}

#[test]
fn a_missed_call_is_a_no_show_also_when_the_citizen_came_back_and_was_served() {
    let past = PastCall {
        counter: CounterNumber(1),
        officer: officer(1),
        service: None,
        called_at: at(5),
        begun_at: None,
        reason: None,
        ended_at: at(60),
        end: CallEnd::CameBack,
    };
    let back = Ticket { past_calls: vec![past], ..came(1, 0) };
    let missed =
        Ticket { state: TicketState::NoShow, begun_at: None, ..served(came(2, 0), 1, 70, 72) };
    let report = report(By::Officer, &[served(back, 2, 62, 66), missed]);
    let one = row(&report, &Key::Officer(officer(1).unwrap()));
    assert_eq!((one.calls, one.no_shows, one.completed, one.walk.count), (2, 2, 0, 0));
    // Five minutes count as waiting for the citizen; then the counter was free.
    assert_eq!(one.free_s, 60 * 60);
    let two = row(&report, &Key::Officer(officer(2).unwrap()));
    assert_eq!((two.calls, two.completed, two.wait.count), (1, 1, 0));
}

#[test]
fn a_counter_is_free_between_its_calls_and_what_somebody_waited_of_it_is_said() {
    let tickets = [served(came(1, 0), 1, 0, 10), served(came(2, 20), 1, 25, 30)];
    let by_counter = report(By::Counter, &tickets);
    let one = row(&by_counter, &Key::Counter(CounterNumber(1)));
    assert_eq!((one.free_s, one.free_waiting_s), (15 * 60, 5 * 60));
    assert_eq!(row(&report(By::Day, &tickets), &Key::Day(DAY)).free_s, 15 * 60);
}

#[test]
fn free_times_are_told_in_percentiles_whatever_the_rows_are() {
    let land =
        |ticket: Ticket| Ticket { service: code("dat-dai"), class: Class::Priority, ..ticket };
    // Free for 15, 5 and 90 minutes; the second time before a call for land, of a priority caller.
    let tickets = [
        served(came(1, 0), 1, 0, 10),
        served(came(2, 20), 1, 25, 30),
        served(land(came(3, 35)), 1, 35, 40),
        served(came(4, 130), 1, 130, 135),
    ];
    let free = |by, key: Key| row(&report(by, &tickets), &key).free;
    let told = |of: Spread| (of.count, of.p50_s / 60, of.p90_s / 60, of.longest_s / 60);
    for (by, key) in [
        (By::Day, Key::Day(DAY)),
        (By::Counter, Key::Counter(CounterNumber(1))),
        (By::Officer, Key::Officer(officer(1).unwrap())),
    ] {
        assert_eq!(told(free(by, key.clone())), (3, 15, 90, 90), "{key:?}");
    }
    let of_service = |text| told(free(By::Service, Key::Service(code(text))));
    assert_eq!((of_service("ho-tich"), of_service("dat-dai")), ((2, 15, 90, 90), (1, 5, 5, 5)));
    let of_class = |class| told(free(By::Class, Key::Class(class)));
    assert_eq!((of_class(Class::Regular).0, of_class(Class::Priority)), (2, (1, 5, 5, 5)));
    // From 8:40 to 10:10: twenty minutes of eight o'clock, an hour of nine, ten minutes of ten.
    let of_hour = |hour| told(free(By::Hour, Key::Hour(hour)));
    assert_eq!(of_hour(8), (3, 15, 20, 20));
    assert_eq!((of_hour(9), of_hour(10)), ((1, 60, 60, 60), (1, 10, 10, 10)));
    assert_eq!(told(report(By::Hour, &tickets).total.free), (3, 15, 90, 90), "whole ones");
}

#[test]
fn an_officer_at_four_counters_is_counted_once_a_call_and_idle_once_a_moment() {
    let by_one = |ticket: Ticket| Ticket { officer: officer(1), ..ticket };
    // Ten minutes at each of four counters, twenty with nobody, and once more around.
    let round = |first: u32, from: i64| {
        (0..4u16).map(move |place| {
            let (number, called) = (first + u32::from(place), from + i64::from(place) * 10);
            by_one(served(came(number, called - 5), place + 1, called, called + 10))
        })
    };
    let tickets: Vec<Ticket> = round(1, 0).chain(round(5, 60)).collect();
    let by_officer = report(By::Officer, &tickets);
    let one = row(&by_officer, &Key::Officer(officer(1).unwrap()));
    assert_eq!((by_officer.rows.len(), one.issued, one.calls, one.completed), (1, 8, 8, 8));
    assert_eq!((one.free_s, one.free_waiting_s), (20 * 60, 5 * 60), "once, not at four counters");
    assert_eq!(by_officer.total.free_s, 4 * 50 * 60, "of the counters");
    // All four at the same time: idle as long as one.
    let all = |first: u32, called: i64| {
        (0..4u16).map(move |place| {
            let number = first + u32::from(place);
            by_one(served(came(number, called), place + 1, called, called + 10))
        })
    };
    let tickets: Vec<Ticket> = all(1, 0).chain(all(5, 30)).collect();
    let one = row(&report(By::Officer, &tickets), &Key::Officer(officer(1).unwrap()));
    assert_eq!((one.calls, one.free_s, one.free_waiting_s), (8, 20 * 60, 0));
}

#[test]
fn while_another_officer_has_the_counter_its_first_one_is_not_idle_there() {
    let second = Ticket { officer: officer(2), ..served(came(2, 0), 1, 20, 30) };
    let tickets = [served(came(1, 0), 1, 0, 10), second, served(came(3, 0), 1, 40, 50)];
    let report = report(By::Officer, &tickets);
    for number in [1, 2] {
        assert_eq!(row(&report, &Key::Officer(officer(number).unwrap())).free_s, 0, "{number}");
    }
    assert_eq!(report.total.free_s, 20 * 60, "the counter was");
}

#[test]
fn who_is_sent_away_for_a_moment_is_served_until_the_next_call_and_the_counter_is_not_idle() {
    // On hold from some time on; the next is called at 10, the first comes back and is done at 60.
    let tickets = [
        served(came(1, 0), 1, 0, 60),
        served(came(2, 0), 1, 10, 20),
        served(came(3, 0), 1, 70, 75),
    ];
    let total = report(By::Counter, &tickets).total;
    assert_eq!((total.serving.longest_s, total.free_s), (9 * 60, 10 * 60));
}

#[test]
fn the_break_is_no_idle_time_of_a_counter() {
    let session = |from, to| Session { from, to };
    let sessions = vec![
        session(civil::time(7, 30, 0, 0), civil::time(11, 30, 0, 0)),
        session(civil::time(13, 30, 0, 0), civil::time(17, 0, 0, 0)),
    ];
    let hours = QueueHours { week: Week::every_day(sessions), ..QueueHours::default() };
    // Free from 11:20 to 13:50; the next one came at 13:40.
    let tickets = [served(came(1, 0), 1, 180, 200), served(came(2, 340), 1, 350, 360)];
    let mut tally = Tally::new(By::Hour).within(&hours);
    tally.add(DAY, &tickets, &services());
    let report = tally.report();
    assert_eq!((report.total.free_s, report.total.free_waiting_s), (30 * 60, 10 * 60));
    let (morning, afternoon) = (row(&report, &Key::Hour(11)), row(&report, &Key::Hour(13)));
    assert_eq!((morning.free_s, morning.free_waiting_s), (10 * 60, 0));
    assert_eq!((afternoon.free_s, afternoon.free_waiting_s), (20 * 60, 10 * 60));
    assert!(report.rows.iter().all(|(key, _)| *key != Key::Hour(12)));
}

#[test]
fn what_the_days_end_closed_is_counted_and_lends_no_duration() {
    let waiting = came(1, 0).closed_at_day_end().unwrap();
    let begun =
        Ticket { state: TicketState::Serving, finished_at: None, ..served(came(2, 0), 1, 5, 6) };
    let given_up = Ticket { state: TicketState::Cancelled, finished_at: Some(at(9)), ..came(3, 0) };
    let tickets = [waiting, begun.closed_at_day_end().unwrap(), given_up];
    let total = report(By::Day, &tickets).total;
    assert_eq!((total.issued, total.left, total.cancelled, total.completed), (3, 1, 1, 1));
    assert_eq!((total.wait.count, total.walk.count, total.serving.count), (1, 1, 0));
}

#[test]
fn an_appointment_is_waited_for_from_its_time_on() {
    let early = Ticket { appointment_at: Some(at(30)), ..came(1, 0) };
    let total = report(By::Day, &[served(early, 1, 34, 40)]).total;
    assert_eq!(total.wait.longest_s, 4 * 60);
}

#[test]
fn calls_of_which_nobody_wrote_down_who_made_them_have_a_row_of_their_own() {
    let old = Ticket { officer: None, ..served(came(1, 0), 1, 2, 5) };
    let report = report(By::Officer, &[old, came(2, 0)]);
    assert_eq!(report.rows.len(), 1, "who was never called is no officer's");
    assert_eq!(row(&report, &Key::UnknownOfficer).calls, 1);
    assert_eq!(report.total.issued, 2);
}

pub(super) fn counter(number: u16, state: CounterState, current: Option<&Ticket>) -> Counter {
    Counter {
        number: CounterNumber(number),
        name: String::new(),
        services: vec![code("ho-tich")],
        withheld: Vec::new(),
        state,
        pause_reason: None,
        officer: None,
        current: current.map(|ticket| ticket.id),
        last_class: None,
        regular_run: 0,
        opened_on: Some(DAY),
        closed_at_day_end: false,
        rev: 1,
    }
}

#[test]
fn a_full_hall_is_told_to_open_the_counters_that_help_and_why() {
    let services = services();
    let now = at(40);
    let serving =
        Ticket { state: TicketState::Serving, finished_at: None, ..served(came(1, 0), 1, 37, 40) };
    let mut tickets = vec![serving];
    tickets.extend((2..=21).map(|number| came(number, 0)));
    let counters = [
        counter(1, CounterState::Open, Some(&tickets[0])),
        counter(2, CounterState::Paused, None),
        counter(3, CounterState::Closed, None),
    ];
    let means = Means::default();
    assert!(means.assumed());
    let hall = look(&tickets, &counters, &services, &means, now);
    assert_eq!(hall.lines.len(), 1);
    assert_eq!((hall.lines[0].waiting, hall.lines[0].longest_s), (20, 40 * 60));
    assert_eq!((hall.counters.serving, hall.counters.paused, hall.counters.closed), (1, 1, 1));
    let [advice] = hall.advice.as_slice() else { panic!("{:?}", hall.advice) };
    assert_eq!((advice.people, advice.counters), (20, 1));
    assert_eq!((advice.work_s, advice.last_s), (20 * WORK_ASSUMED_S, WORK_ASSUMED_S));
    // Three of six minutes are over for the one who is there.
    assert_eq!(advice.capacity_s, advice.within_s - 180);
    assert_eq!(advice.short_s, advice.work_s - advice.last_s - advice.capacity_s);
    assert_eq!(advice.open, [CounterNumber(2), CounterNumber(3)], "the paused one first");
    assert!(advice.more >= 2);
}

#[test]
fn a_hall_that_can_keep_its_promises_gets_no_advice() {
    let services = services();
    let tickets = [came(1, 0), came(2, 0)];
    let open = [counter(1, CounterState::Open, None)];
    let hall = look(&tickets, &open, &services, &Means::default(), at(1));
    assert_eq!((hall.advice.len(), hall.counters.free, hall.lines[0].late), (0, 1, 0));
    let empty = look(&[], &[], &services, &Means::default(), at(1));
    assert!(empty.lines.is_empty() && empty.advice.is_empty());
}

#[test]
fn how_long_a_call_takes_is_what_the_estimate_learned_with_the_way_to_the_counter() {
    let mut times = ServiceTimes::default();
    let (civil, land) = (code("ho-tich"), code("dat-dai"));
    let none = Means::learned(&times, &services(), at(0));
    assert_eq!((none.assumed(), none.of_service(&civil)), (true, WORK_ASSUMED_S));
    // A minute of way and three at the counter.
    let of_ten = |n: u32| served(came(n + 1, 0), 1, i64::from(n) * 10, i64::from(n) * 10 + 4);
    let day: Vec<Ticket> = (0..40).map(of_ten).collect();
    times.learn_day(DAY, &day, &services());
    let means = Means::learned(&times, &services(), at(0));
    let call_s = means.of_service(&civil);
    assert!(!means.assumed() && (4 * 60..5 * 60).contains(&call_s), "{call_s} s");
    assert!(means.of_service(&land) > call_s, "of which nothing is known");
}

#[test]
fn who_was_sent_to_one_counter_waits_and_asks_for_no_other() {
    let sent = |number| Ticket { for_counter: Some(CounterNumber(3)), ..came(number, 0) };
    let tickets: Vec<Ticket> = (1..=20).map(sent).collect();
    let elsewhere =
        Counter { services: vec![code("dat-dai")], ..counter(3, CounterState::Open, None) };
    let mut counters = [elsewhere, counter(1, CounterState::Closed, None)];
    let hall = look(&tickets, &counters, &services(), &Means::default(), at(40));
    assert_eq!((hall.lines[0].waiting, hall.advice.len()), (20, 0));
    // Once that counter has closed, any counter of the service may call them.
    counters[0].state = CounterState::Closed;
    let hall = look(&tickets, &counters, &services(), &Means::default(), at(40));
    assert_eq!(hall.advice[0].open, [CounterNumber(1)]);
}

#[test]
fn who_was_carried_over_waits_since_this_morning() {
    let night = SignedDuration::from_hours(24);
    let carried =
        Ticket { carried_to: DAY.tomorrow().ok(), queued_at: at(0) + night, ..came(1, 0) };
    let hall = look(&[carried], &[], &services(), &Means::default(), at(30) + night);
    assert_eq!((hall.lines[0].longest_s, hall.lines[0].late), (30 * 60, 0));
}
