//! Random days, counted by a slow model that goes through every second and every pair.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::tests::{DAY, at, came, officer, services};
use super::*;
use crate::ids::CounterNumber;
use crate::queue::{CallEnd, Class, PastCall, Ticket, TicketState};

/// Seconds after eight o'clock: a ticket's coming, and for each of its calls by which counter, how long
/// after the last event, how long the walk, how long the serving.
#[derive(Debug, Clone)]
struct Drawn {
    came_s: i64,
    priority: bool,
    calls: Vec<(u16, i64, i64, i64)>,
    missed: bool,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let call = (1u16..3, 0i64..900, 1i64..60, 1i64..400);
    (0i64..3_000, any::<bool>(), prop::collection::vec(call, 0..3), any::<bool>())
        .prop_map(|(came_s, priority, calls, missed)| Drawn { came_s, priority, calls, missed })
}

fn second(after: i64) -> jiff::Timestamp {
    at(0) + SignedDuration::from_secs(after)
}

fn ticket(number: u32, drawn: &Drawn) -> Ticket {
    let class = if drawn.priority { Class::Priority } else { Class::Regular };
    let mut ticket = Ticket { class, issued_at: second(drawn.came_s), ..came(number, 0) };
    let mut now = drawn.came_s;
    for (place, (counter, waited, walked, served)) in drawn.calls.iter().enumerate() {
        let (called, begun) = (now + waited, now + waited + walked);
        now = begun + served;
        let last = place + 1 == drawn.calls.len();
        if last {
            ticket.state = if drawn.missed { TicketState::NoShow } else { TicketState::Completed };
            ticket.counter = Some(CounterNumber(*counter));
            ticket.officer = officer(*counter);
            ticket.called_at = Some(second(called));
            ticket.begun_at = Some(second(begun)).filter(|_| !drawn.missed);
            ticket.finished_at = Some(second(now));
        } else {
            ticket.past_calls.push(PastCall {
                counter: CounterNumber(*counter),
                officer: officer(*counter),
                service: Some(ticket.service.clone()),
                called_at: second(called),
                begun_at: Some(second(begun)),
                reason: None,
                ended_at: second(now),
                end: CallEnd::ToCounter(CounterNumber(3 - *counter)),
            });
        }
    }
    ticket
}

/// One call as the model knows it, in seconds after eight.
#[derive(Debug, Clone, Copy)]
struct Seen {
    counter: u16,
    called: i64,
    ended: i64,
}

fn seen(drawn: &[Drawn]) -> Vec<Seen> {
    let mut seen = Vec::new();
    for one in drawn {
        let mut now = one.came_s;
        for (counter, waited, walked, served) in &one.calls {
            let called = now + waited;
            now = called + walked + served;
            seen.push(Seen { counter: *counter, called, ended: now });
        }
    }
    seen
}

/// Goes through every second between a counter's first and last call, and gives those in which it was free.
fn free_at(seen: &[Seen], counter: u16) -> BTreeSet<i64> {
    let own: Vec<&Seen> = seen.iter().filter(|one| one.counter == counter).collect();
    let first = own.iter().map(|one| one.called).min().unwrap_or(0);
    let last = own.iter().map(|one| one.called).max().unwrap_or(0);
    let busy = |second: i64| own.iter().any(|one| one.called <= second && second < one.ended);
    (first..last).filter(|second| !busy(*second)).collect()
}

/// How long each run of seconds is.
fn runs(seconds: &BTreeSet<i64>) -> Vec<i64> {
    let mut runs: Vec<i64> = Vec::new();
    for second in seconds {
        match runs.last_mut() {
            Some(run) if seconds.contains(&(second - 1)) => *run += 1,
            _ => runs.push(1),
        }
    }
    runs
}

/// The smallest value that at least so many of 100 do not exceed, looked for among all.
fn slow_percentile(values: &[i64], percent: usize) -> i64 {
    let enough = |value: i64| {
        values.iter().filter(|other| **other <= value).count() * 100 >= percent * values.len()
    };
    values.iter().copied().filter(|value| enough(*value)).min().unwrap_or(0)
}

fn report(by: By, tickets: &[Ticket]) -> Report {
    let mut tally = Tally::new(by);
    tally.add(DAY, tickets, &services());
    tally.report()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_report_is_what_the_slow_model_counts(drawn in prop::collection::vec(drawn(), 0..12)) {
        let tickets: Vec<Ticket> =
            (1..).zip(&drawn).map(|(number, one)| ticket(number, one)).collect();
        let total = report(By::Counter, &tickets).total;
        let seen = seen(&drawn);
        let called: Vec<&Drawn> = drawn.iter().filter(|one| !one.calls.is_empty()).collect();
        let waits: Vec<i64> = called.iter().map(|one| one.calls[0].1).collect();
        prop_assert_eq!(total.issued, drawn.len());
        prop_assert_eq!(total.calls, seen.len());
        prop_assert_eq!(total.wait.count, waits.len());
        for (percent, told) in
            [(50, total.wait.p50_s), (90, total.wait.p90_s), (95, total.wait.p95_s)]
        {
            prop_assert_eq!(told, slow_percentile(&waits, percent), "{} of 100", percent);
        }
        let missed = called.iter().filter(|one| one.missed).count();
        prop_assert_eq!(total.no_shows, missed);
        prop_assert_eq!(total.completed, called.len() - missed);
        let free: Vec<i64> =
            [1, 2].iter().flat_map(|counter| runs(&free_at(&seen, *counter))).collect();
        prop_assert_eq!((total.free_s, total.free.count), (free.iter().sum::<i64>(), free.len()));
        prop_assert_eq!(total.free.p50_s, slow_percentile(&free, 50));
        prop_assert_eq!(total.free.p95_s, slow_percentile(&free, 95));
        prop_assert!(total.free_waiting_s <= total.free_s);
    }

    /// Whatever the rows are, they add up to the total.
    #[test]
    fn the_rows_of_every_report_add_up(drawn in prop::collection::vec(drawn(), 0..12)) {
        let tickets: Vec<Ticket> =
            (1..).zip(&drawn).map(|(number, one)| ticket(number, one)).collect();
        let called = drawn.iter().filter(|one| !one.calls.is_empty()).count();
        for (_, by) in By::WORDS {
            let report = report(by, &tickets);
            let sum = |of: fn(&Figures) -> usize| report.rows.iter().map(|(_, row)| of(row)).sum::<usize>();
            prop_assert_eq!(sum(|row| row.calls), report.total.calls);
            prop_assert_eq!(sum(|row| row.walk.count), report.total.walk.count);
            prop_assert_eq!(sum(|row| row.serving.count), report.total.serving.count);
            prop_assert_eq!(sum(|row| row.kept), report.total.kept);
            let issued = if matches!(by, By::Officer | By::Counter) { called } else { drawn.len() };
            prop_assert_eq!(sum(|row| row.issued), issued);
            // Each officer has a counter here.
            let free: i64 = report.rows.iter().map(|(_, row)| row.free_s).sum();
            let waiting: i64 = report.rows.iter().map(|(_, row)| row.free_waiting_s).sum();
            prop_assert_eq!((free, waiting), (report.total.free_s, report.total.free_waiting_s));
            if by != By::Hour {
                prop_assert_eq!(sum(|row| row.free.count), report.total.free.count);
            }
        }
    }

    /// Of one officer at both counters: idle while at least one of them is free and none is busy.
    #[test]
    fn an_officer_at_two_counters_is_idle_as_the_slow_model_counts(
        drawn in prop::collection::vec(drawn(), 0..12),
    ) {
        let by_one = |(number, one): (u32, &Drawn)| {
            let mut ticket = ticket(number, one);
            ticket.officer = ticket.officer.and(officer(9));
            ticket.past_calls.iter_mut().for_each(|past| past.officer = officer(9));
            ticket
        };
        let tickets: Vec<Ticket> = (1..).zip(&drawn).map(by_one).collect();
        let report = report(By::Officer, &tickets);
        let seen = seen(&drawn);
        let (one, two) = (free_at(&seen, 1), free_at(&seen, 2));
        let busy = |at: i64| seen.iter().any(|call| call.called <= at && at < call.ended);
        let idle = one.union(&two).filter(|at| !busy(**at)).count() as i64;
        let free: Vec<i64> = report.rows.iter().map(|(_, row)| row.free_s).collect();
        prop_assert_eq!(free.iter().sum::<i64>(), idle);
        prop_assert!(report.rows.iter().all(|(_, row)| row.free_waiting_s <= row.free_s));
        prop_assert_eq!(report.total.free_s, (one.len() + two.len()) as i64);
    }

    /// Two days added one after the other are two days, in either order.
    #[test]
    fn the_order_of_the_days_does_not_matter(
        drawn in prop::collection::vec(drawn(), 0..8), other in prop::collection::vec(drawn(), 0..8),
    ) {
        let day = |drawn: &[Drawn]| -> Vec<Ticket> {
            (1..).zip(drawn).map(|(number, one)| ticket(number, one)).collect()
        };
        let (one, two) = (day(&drawn), day(&other));
        let added = |first: &[Ticket], second: &[Ticket]| {
            let mut tally = Tally::new(By::Hour);
            tally.add(DAY, first, &services());
            tally.add(DAY, second, &services());
            tally.report()
        };
        prop_assert_eq!(added(&one, &two), added(&two, &one));
    }
}
