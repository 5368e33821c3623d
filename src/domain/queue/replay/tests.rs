//! Replays told as facts, and tried with random days.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::ids::CounterNumber;
use crate::queue::properties::any_rules;
use crate::queue::tests::{Hall, code, officer, plan, settings};
use crate::queue::{
    CallPolicy, Class, Command, Governed, QueueRules, Ticket, TicketState, TransferTo,
};

const ONE: CounterNumber = CounterNumber(1);
const TWO: CounterNumber = CounterNumber(2);

/// Calls, serves for a while and completes.
fn serve(hall: &mut Hall, counter: CounterNumber, seconds: i64) {
    hall.call(counter.0).unwrap();
    hall.take(Command::Begin(counter)).unwrap();
    hall.pass(seconds);
    hall.take(Command::Complete(counter)).unwrap();
}

fn past(hall: &Hall) -> PastDay {
    let mut tickets: Vec<Ticket> = hall.queue.tickets().cloned().collect();
    tickets.sort_by_key(|ticket| (ticket.series, ticket.number));
    PastDay::of(hall.queue.day(), &tickets, hall.queue.settings())
}

/// Six regular callers at half past seven, two priority ones half an hour later, one counter.
fn busy_morning() -> Hall {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich"])]);
    for _ in 0..6 {
        hall.issue("ho-tich", None).unwrap();
        hall.pass(1);
    }
    for _ in 0..3 {
        serve(&mut hall, ONE, 600);
    }
    for _ in 0..2 {
        hall.issue("ho-tich", Some("elderly")).unwrap();
    }
    for _ in 0..5 {
        serve(&mut hall, ONE, 600);
    }
    hall
}

fn figures(past: &PastDay, policy: CallPolicy) -> Figures {
    let settings = settings(Vec::new());
    let rules = QueueRules { policy, ..QueueRules::default() };
    let mut tally = Tally::default();
    tally.add(past, &play(past, &settings.services, &rules), &settings.services);
    tally.figures()
}

#[test]
fn a_day_played_under_its_own_rules_is_the_day_as_it_was() {
    let past = past(&busy_morning());
    let played = play(&past, &settings(Vec::new()).services, &QueueRules::default());
    assert_eq!(played, past.as_it_was());
    assert!(past.visits.iter().all(|visit| visit.busy_s == 600));
}

#[test]
fn the_figures_of_a_day_are_those_counted_by_hand() {
    let past = past(&busy_morning());
    let regular = ClassFigures {
        called: 6,
        median_s: 1204,
        p95_s: 4201,
        promised: 6,
        kept: 4,
        passed_over_most: 2,
    };
    let priority = ClassFigures {
        called: 2,
        median_s: 0,
        p95_s: 1200,
        promised: 2,
        kept: 1,
        passed_over_most: 0,
    };
    let guard = Figures { regular, priority, not_called: 0 };
    assert_eq!(figures(&past, CallPolicy::Guard), guard);
    let strict = figures(&past, CallPolicy::Strict);
    assert_eq!((strict.priority.p95_s, strict.priority.kept), (600, 2));
    assert_eq!((strict.regular.kept, strict.regular.passed_over_most), (3, 2));
}

#[test]
fn an_officer_who_left_while_somebody_waited_is_away_in_the_replay_too() {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich"])]);
    for _ in 0..3 {
        hall.issue("ho-tich", None).unwrap();
    }
    let began = hall.now;
    serve(&mut hall, ONE, 300);
    // Within ten minutes it is work on the call before.
    hall.pass(120);
    serve(&mut hall, ONE, 300);
    let left = hall.now;
    hall.pass(3_600);
    let back = hall.now;
    serve(&mut hall, ONE, 300);
    // Nobody waits: the counter is there.
    hall.pass(3_600);
    hall.issue("ho-tich", None).unwrap();
    serve(&mut hall, ONE, 300);
    let past = past(&hall);
    assert_eq!(past.shifts.len(), 1);
    assert_eq!(past.shifts[0].open, [(began, left), (back, hall.now)]);
    let busy: Vec<i64> = past.visits.iter().map(|visit| visit.busy_s).collect();
    assert_eq!(busy, [420, 300, 300, 300]);
    let played = play(&past, &settings(Vec::new()).services, &QueueRules::default());
    assert_eq!(played, past.as_it_was());
}

#[test]
fn an_officer_who_was_not_there_when_somebody_came_is_away_in_the_replay_too() {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich"])]);
    let began = hall.now;
    hall.issue("ho-tich", None).unwrap();
    serve(&mut hall, ONE, 300);
    // Nobody waits; who comes then waits for an hour.
    hall.pass(60);
    let came = hall.now;
    hall.issue("ho-tich", None).unwrap();
    hall.pass(3_600);
    let back = hall.now;
    serve(&mut hall, ONE, 300);
    let past = past(&hall);
    assert_eq!(past.shifts[0].open, [(began, came), (back, hall.now)]);
    let busy: Vec<i64> = past.visits.iter().map(|visit| visit.busy_s).collect();
    assert_eq!(busy, [300, 300]);
    let played = play(&past, &settings(Vec::new()).services, &QueueRules::default());
    assert_eq!(played, past.as_it_was());
}

#[test]
fn a_call_whose_end_nobody_knows_lasts_until_the_next_one_and_ten_minutes_at_most() {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich"])]);
    let held = |hall: &mut Hall| {
        let id = hall.issue("ho-tich", None).unwrap().id;
        hall.call(1).unwrap();
        hall.take(Command::Begin(ONE)).unwrap();
        hall.take(Command::Hold(ONE, None)).unwrap();
        id
    };
    held(&mut hall);
    hall.pass(240);
    let given_up = held(&mut hall);
    hall.pass(3_600);
    hall.issue("ho-tich", None).unwrap();
    serve(&mut hall, ONE, 300);
    hall.take(Command::Cancel(given_up, None)).unwrap();
    let busy: Vec<i64> = past(&hall).visits.iter().map(|visit| visit.busy_s).collect();
    assert_eq!(busy, [240, 600, 300]);
}

#[test]
fn who_was_passed_on_counts_once_and_who_was_never_called_does_not() {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich"]), plan(2, &["dat-dai"])]);
    let moved = hall.issue("ho-tich", None).unwrap();
    hall.call(1).unwrap();
    hall.pass(100);
    hall.take(Command::Transfer(ONE, TransferTo::Service(code("dat-dai")))).unwrap();
    serve(&mut hall, TWO, 200);
    let gone = hall.issue("ho-tich", None).unwrap();
    hall.take(Command::Cancel(gone.id, None)).unwrap();
    hall.issue("ho-tich", None).unwrap();
    let past = past(&hall);
    assert_eq!((past.visits.len(), past.left_out), (1, 2));
    let visit = &past.visits[0];
    assert_eq!((visit.ticket, visit.busy_s), (moved.id, 300));
    assert_eq!((&visit.service, visit.called.counter), (&code("ho-tich"), ONE));
    assert_eq!(hall.queue.ticket(moved.id).unwrap().state, TicketState::Completed);
}

#[test]
fn a_counter_serves_in_the_replay_what_its_officer_of_the_day_may_serve() {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich", "dat-dai"]), plan(2, &["dat-dai"])]);
    let services = Some(vec![code("ho-tich")]);
    let (skills, decision) =
        hall.queue.set_skills(officer("officer-1"), services, "head", hall.now).unwrap();
    hall.queue.take(&Governed::Skills(skills));
    hall.queue.apply(&decision);
    for service in ["dat-dai", "ho-tich"] {
        hall.issue(service, None).unwrap();
        hall.pass(1);
    }
    serve(&mut hall, ONE, 300);
    serve(&mut hall, TWO, 300);
    let day = past(&hall);
    let of = |number| day.shifts.iter().find(|shift| shift.counter == number).unwrap();
    assert_eq!(of(ONE).services, [code("ho-tich")]);
    assert_eq!(of(TWO).services, [code("dat-dai")]);
    // Of calls by nobody knows whom, and without anything set, the plan speaks.
    let tickets: Vec<Ticket> =
        hall.queue.tickets().map(|ticket| Ticket { officer: None, ..ticket.clone() }).collect();
    let unnamed = PastDay::of(hall.queue.day(), &tickets, hall.queue.settings());
    assert_eq!(unnamed.shifts[0].services, [code("ho-tich"), code("dat-dai")]);
}

#[test]
fn days_compared_under_several_rules_are_those_of_one_replay_each() {
    let hall = busy_morning();
    let tickets: Vec<Ticket> = hall.queue.tickets().cloned().collect();
    let under = |policy| QueueRules { policy, ..QueueRules::default() };
    let rules = [under(CallPolicy::Guard), under(CallPolicy::Strict)];
    let mut comparison = Comparison::of(rules.clone());
    comparison.add(hall.queue.day(), &tickets, hall.queue.settings());
    assert_eq!((comparison.days, comparison.visits, comparison.left_out), (1, 8, 0));
    let past = past(&hall);
    let alone = rules.each_ref().map(|rules| (rules, figures(&past, rules.policy)));
    assert_eq!(comparison.played().collect::<Vec<_>>(), alone);
    assert_eq!(comparison.as_it_was(), alone[0].1);
}

#[test]
fn a_visit_of_several_services_counts_once_with_its_time_at_every_counter() {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich", "dat-dai"]), plan(2, &["xa-hoi"])]);
    hall.issue_all(&["ho-tich", "dat-dai", "xa-hoi"], None).unwrap();
    hall.call(1).unwrap();
    hall.take(Command::Begin(ONE)).unwrap();
    hall.pass(100);
    hall.take(Command::GoOn(ONE)).unwrap();
    hall.pass(50);
    hall.take(Command::Complete(ONE)).unwrap();
    hall.pass(20);
    serve(&mut hall, TWO, 200);
    let past = past(&hall);
    assert_eq!((past.visits.len(), past.left_out), (1, 0));
    let visit = &past.visits[0];
    assert_eq!((&visit.service, visit.called.counter), (&code("ho-tich"), ONE));
    assert_eq!(visit.busy_s, 350);
}

#[test]
fn who_still_waits_when_all_counters_have_closed_is_served_after_hours() {
    let mut past = past(&busy_morning());
    let (from, _) = past.shifts[0].open[0];
    past.shifts[0].open = vec![(from, from + SignedDuration::from_secs(1_000))];
    let played = play(&past, &settings(Vec::new()).services, &QueueRules::default());
    assert!(played.iter().all(Option::is_some));
}

#[test]
fn a_counter_goes_on_with_what_no_other_one_works_for_when_its_work_is_over() {
    // Two for land, the other counter works for civil status only, and until long after.
    let mut past = made_up(&[(1, false, 0, 10), (1, true, 5, 10), (0, false, 200, 10)]);
    let (from, _) = past.shifts[0].open[0];
    let minutes = |minutes| SignedDuration::from_mins(minutes);
    past.shifts[0].open = vec![(from, from + minutes(10))];
    let played = play(&past, &settings(Vec::new()).services, &QueueRules::default());
    let called = |counter, after| Some(Called { at: from + minutes(after), counter });
    assert_eq!(played, [called(ONE, 0), called(ONE, 10), called(TWO, 200)]);
}

#[test]
fn a_counter_that_worked_for_no_time_at_all_calls_whom_only_it_can() {
    let mut past = made_up(&[(1, false, 0, 10)]);
    let (from, _) = past.shifts[0].open[0];
    past.shifts[0].open = vec![(from, from)];
    let played = play(&past, &settings(Vec::new()).services, &QueueRules::default());
    assert_eq!(played, [Some(Called { at: from, counter: ONE })]);
}

#[test]
fn a_day_without_a_call_has_no_figures() {
    let mut hall = Hall::open();
    hall.issue("ho-tich", None).unwrap();
    let past = past(&hall);
    assert_eq!((past.visits.len(), past.left_out), (0, 1));
    assert_eq!(figures(&past, CallPolicy::Guard), Figures::default());
}

const SERVICES: [&str; 3] = ["ho-tich", "dat-dai", "xa-hoi"];

/// Who comes: service, priority, minutes after half past seven, minutes at the counter.
fn visits() -> impl Strategy<Value = Vec<(usize, bool, i64, i64)>> {
    let visit = (0..SERVICES.len(), any::<bool>(), 0_i64..240, 0_i64..12);
    prop::collection::vec(visit, 1..60)
}

fn made_up(visits: &[(usize, bool, i64, i64)]) -> PastDay {
    let half_past_seven: Timestamp = "2026-11-23T00:30:00Z".parse().unwrap();
    let at = |minutes: i64| half_past_seven + SignedDuration::from_mins(minutes);
    let visit =
        |(place, (service, priority, came, busy)): (usize, &(usize, bool, i64, i64))| Visit {
            ticket: Uuid::from_u128(place as u128 + 1),
            number: ('A', u32::try_from(place).unwrap() + 1),
            service: code(SERVICES[*service]),
            class: if *priority { Class::Priority } else { Class::Regular },
            appointment_at: None,
            came_at: at(*came),
            busy_s: busy * 60,
            called: Called { at: at(*came), counter: ONE },
        };
    let mut visits: Vec<Visit> = visits.iter().enumerate().map(visit).collect();
    visits.sort_by_key(|visit| (visit.came_at, visit.number));
    let shift = |counter, services: &[&str], open| Shift {
        counter,
        services: services.iter().map(|service| code(service)).collect(),
        open,
    };
    let shifts = vec![
        shift(ONE, &SERVICES, vec![(at(0), at(90)), (at(150), at(240))]),
        shift(TWO, &SERVICES[..1], vec![(at(30), at(200))]),
    ];
    let day = jiff::civil::date(2026, 11, 23);
    PastDay { day, visits, shifts, left_out: 0 }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_policy_calls_everybody_once_and_no_counter_serves_two_at_a_time(
        rules in any_rules(),
        visits in visits(),
    ) {
        let past = made_up(&visits);
        let services = settings(Vec::new()).services;
        let played = play(&past, &services, &rules);
        prop_assert_eq!(&played, &play(&past, &services, &rules));
        let mut busy: BTreeMap<CounterNumber, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
        for (visit, called) in past.visits.iter().zip(&played) {
            let called = called.unwrap();
            prop_assert!(called.at >= visit.came_at);
            let shift = past.shifts.iter().find(|one| one.counter == called.counter).unwrap();
            prop_assert!(shift.services.contains(&visit.service));
            // While the work of any counter for the service is not over, it is called where one works.
            let works_on = |one: &Shift| {
                one.services.contains(&visit.service)
                    && one.open.last().is_some_and(|(_, until)| *until > called.at)
            };
            let works = shift.open.iter().any(|(from, until)| (*from..*until).contains(&called.at));
            prop_assert!(works || !past.shifts.iter().any(works_on), "{:?} {:?}", visit, called);
            let until = called.at + SignedDuration::from_secs(visit.busy_s);
            busy.entry(called.counter).or_default().push((called.at, until));
        }
        for times in busy.values_mut() {
            times.sort_unstable();
            for pair in times.windows(2) {
                prop_assert!(pair[0].1 <= pair[1].0, "{:?}", pair);
            }
        }
        let mut tally = Tally::default();
        tally.add(&past, &played, &services);
        let figures = tally.figures();
        prop_assert_eq!(figures.regular.called + figures.priority.called, visits.len());
    }
}
