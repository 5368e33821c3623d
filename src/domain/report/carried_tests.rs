//! Visits of several services, numbers that came back, and numbers that were carried over.

use jiff::{SignedDuration, Timestamp};

use super::tests::{DAY, at, came, code, officer, served, services};
use super::turns::{issued_for, turns_of};
use super::*;
use crate::ids::CounterNumber;
use crate::queue::{CallEnd, Class, NumberBand, PAST_CALLS_MAX, PastCall, Ticket, TicketState};

/// A call that began a minute after it.
fn past(counter: u16, called: i64, ended: i64, end: CallEnd) -> PastCall {
    PastCall {
        counter: CounterNumber(counter),
        officer: officer(counter),
        service: None,
        called_at: at(called),
        begun_at: Some(at(called + 1)),
        reason: None,
        ended_at: at(ended),
        end,
    }
}

fn of(by: By, days: &[Vec<Ticket>]) -> Report {
    let mut tally = Tally::new(by);
    let mut carried = Carried::default();
    let mut day = DAY;
    for tickets in days {
        let tickets = carried.with(day, tickets.clone());
        tally.add(day, &tickets, &services());
        day = day.tomorrow().unwrap();
    }
    tally.report()
}

fn row(report: &Report, key: &Key) -> Figures {
    report.rows.iter().find(|(known, _)| known == key).map(|(_, figures)| *figures).unwrap()
}

/// Minutes after eight on the next day.
fn next_day(minute: i64) -> Timestamp {
    at(minute) + SignedDuration::from_hours(24)
}

#[test]
fn each_service_of_a_visit_is_done_once_and_only_calls_count_as_calls() {
    // Civil status at counter 1, land at counter 3, and counter 3 goes on with the results at once.
    let calls = vec![
        past(1, 5, 15, CallEnd::ToNext(code("dat-dai"))),
        past(3, 20, 30, CallEnd::WentOn(code("tra-ket-qua"))),
    ];
    let last = served(came(1, 0), 3, 30, 34);
    let ticket =
        Ticket { begun_at: Some(at(30)), past_calls: calls, service: code("tra-ket-qua"), ..last };
    let report = of(By::Service, &[vec![ticket]]);
    let service = |text| row(&report, &Key::Service(code(text)));
    let (first, second, third) = (service("ho-tich"), service("dat-dai"), service("tra-ket-qua"));
    assert_eq!((first.issued, first.calls, first.completed, first.transfers), (1, 1, 1, 0));
    assert_eq!((first.wait.count, first.wait.longest_s), (1, 5 * 60));
    assert_eq!((second.issued, second.calls, second.completed), (0, 1, 1));
    assert_eq!((third.calls, third.completed, third.serving.longest_s), (0, 1, 4 * 60));
    assert_eq!((report.total.walk.count, report.total.walk.p50_s), (2, 60), "no way of no call");
    assert_eq!((report.total.issued, report.total.calls, report.total.completed), (1, 2, 3));
}

#[test]
fn who_comes_back_to_a_counter_is_there_for_the_service_of_before() {
    let calls = vec![
        past(1, 5, 10, CallEnd::ToService(code("dat-dai"))),
        past(3, 20, 30, CallEnd::ReturnedTo(CounterNumber(1))),
        past(1, 40, 45, CallEnd::ToNext(code("tra-ket-qua"))),
    ];
    let last = served(came(1, 0), 2, 50, 55);
    let ticket = Ticket { past_calls: calls, service: code("tra-ket-qua"), ..last };
    let turns = turns_of(&ticket, &services());
    let told: Vec<&str> =
        turns.iter().map(|turn| turn.service.as_ref().unwrap().as_str()).collect();
    assert_eq!(told, ["ho-tich", "dat-dai", "ho-tich", "tra-ket-qua"]);
    let total = of(By::Day, &[vec![ticket]]).total;
    assert_eq!((total.calls, total.transfers, total.completed), (4, 1, 3));
}

#[test]
fn a_number_that_was_sent_about_without_end_has_no_first_wait_to_tell() {
    let calls = |count: usize| {
        let call = |n: i64| past(1, 60 + n, 61 + n, CallEnd::ToCounter(CounterNumber(1)));
        (0..).map(call).take(count).collect::<Vec<_>>()
    };
    let total = |count| {
        let ticket = Ticket { past_calls: calls(count), ..came(1, 0) };
        of(By::Day, &[vec![ticket]]).total
    };
    assert_eq!(total(PAST_CALLS_MAX - 1).wait.longest_s, 60 * 60);
    assert_eq!((total(PAST_CALLS_MAX).wait.count, total(PAST_CALLS_MAX).promised), (0, 0));
}

#[test]
fn a_call_of_which_nobody_knows_the_service_any_more_is_in_no_services_row() {
    let sent = |n: i64| past(1, 60 + n, 61 + n, CallEnd::ToCounter(CounterNumber(1)));
    let mut past_calls: Vec<PastCall> = (0..).map(sent).take(PAST_CALLS_MAX - 1).collect();
    past_calls.push(past(1, 90, 95, CallEnd::ToService(code("dat-dai"))));
    let last = served(came(1, 0), 3, 100, 110);
    let mut ticket = Ticket { past_calls, service: code("dat-dai"), ..last };
    let counted = |ticket: &Ticket| {
        let report = of(By::Service, &[vec![ticket.clone()]]);
        let service = |text| row(&report, &Key::Service(code(text)));
        assert_eq!(service("ho-tich").issued, 1, "as the number says");
        (service("ho-tich").calls, service("dat-dai").calls, report.total.calls)
    };
    // The first calls have gone, and those that are left say nothing of it.
    assert_eq!(counted(&ticket), (0, 1, PAST_CALLS_MAX + 1));
    for call in &mut ticket.past_calls {
        call.service = Some(code("ho-tich"));
    }
    assert_eq!(counted(&ticket), (PAST_CALLS_MAX, 1, PAST_CALLS_MAX + 1));
}

#[test]
fn a_number_of_today_is_its_services_also_when_the_bands_were_another_ones() {
    let mut services = services();
    let civil = services.iter().position(|one| one.code == code("ho-tich")).unwrap();
    services[civil].overflow = Some(NumberBand { number_from: 5_001, number_to: 5_010 });
    // Its letter and number are nobody's today, and the record says what it was for.
    let plain = Ticket { series: 'Z', ..came(9_999, 0) };
    assert_eq!(*issued_for(&plain, &services), code("ho-tich"));
    // One that was passed on is known by the overflow band too.
    let calls = vec![past(1, 5, 10, CallEnd::ToService(code("dat-dai")))];
    let moved = Ticket { past_calls: calls, service: code("dat-dai"), ..came(5_003, 0) };
    assert_eq!(*issued_for(&moved, &services), code("ho-tich"));
}

#[test]
fn a_number_that_was_carried_over_is_no_nights_wait_and_no_night_of_an_idle_counter() {
    let tomorrow = DAY.tomorrow().unwrap();
    let carried = Ticket {
        carried_to: Some(tomorrow),
        called_at: Some(next_day(10)),
        begun_at: Some(next_day(11)),
        finished_at: Some(next_day(20)),
        ..served(came(2, 400), 1, 0, 0)
    };
    let first_day = vec![served(came(1, 0), 1, 5, 10), carried];
    let own = Ticket { business_day: tomorrow, issued_at: next_day(0), ..came(3, 0) };
    let own = Ticket {
        state: TicketState::Completed,
        counter: Some(CounterNumber(1)),
        called_at: Some(next_day(25)),
        begun_at: Some(next_day(26)),
        finished_at: Some(next_day(30)),
        ..own
    };
    let report = of(By::Day, &[first_day, vec![own]]);
    let (one, two) = (row(&report, &Key::Day(DAY)), row(&report, &Key::Day(tomorrow)));
    assert_eq!((one.issued, one.left, one.calls, one.wait.count), (2, 1, 1, 1));
    assert_eq!((one.promised, one.wait.longest_s, one.free_s), (1, 5 * 60, 0));
    assert_eq!((two.issued, two.calls, two.completed, two.left), (1, 2, 2, 0));
    assert_eq!((two.free_s, two.wait.longest_s), (5 * 60, 25 * 60), "from 8:20 to 8:25");
    assert_eq!(report.total.free_s, 5 * 60);
}

#[test]
fn a_call_that_the_days_end_cut_off_is_a_no_show_unless_serving_had_begun() {
    let tomorrow = DAY.tomorrow().unwrap();
    let cut = |number, begun: bool| {
        let mut call = past(1, 30, 0, CallEnd::CarriedOver);
        call.ended_at = next_day(-30);
        call.begun_at = call.begun_at.filter(|_| begun);
        Ticket { carried_to: Some(tomorrow), past_calls: vec![call], ..came(number, 0) }
    };
    let total = of(By::Day, &[vec![cut(1, false), cut(2, true)]]).total;
    assert_eq!((total.calls, total.no_shows, total.left, total.completed), (2, 1, 2, 0));
    assert_eq!((total.serving.count, total.wait.count), (0, 2));
}

#[test]
fn a_number_that_was_carried_over_twice_counts_its_calls_on_their_days() {
    let (tomorrow, later) = (DAY.tomorrow().unwrap(), DAY.tomorrow().unwrap().tomorrow().unwrap());
    let mut cut = past(1, 0, 0, CallEnd::CarriedOver);
    cut.called_at = next_day(10);
    cut.begun_at = None;
    let ticket = Ticket {
        class: Class::Priority,
        carried_to: Some(later),
        past_calls: vec![cut],
        ..came(1, 300)
    };
    let report = of(By::Day, &[vec![ticket], Vec::new(), Vec::new()]);
    assert_eq!(row(&report, &Key::Day(DAY)).calls, 0);
    assert_eq!(row(&report, &Key::Day(tomorrow)).no_shows, 1);
    assert_eq!((report.rows.len(), report.total.issued), (2, 1), "nothing happened on the third");
}
