//! The estimate told as facts, and tried with random halls.

use jiff::{SignedDuration, Timestamp, civil};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::ids::CounterNumber;
use crate::queue::properties::{any_rules, hall};
use crate::queue::tests::{Hall, code, plan};
use crate::queue::{
    CallPolicy, Class, Command, PAST_CALLS_MAX, PauseReason, QueueRules, Ticket, TicketState,
    TransferTo,
};

const ONE: CounterNumber = CounterNumber(1);
const TWO: CounterNumber = CounterNumber(2);
const SERVICES: [&str; 3] = ["ho-tich", "dat-dai", "xa-hoi"];
const MONDAY: civil::Date = civil::date(2026, 11, 23);

/// A service that began at half past eight and took so long, on a day so many days after a Monday.
fn served(service: &str, day: i64, seconds: i64) -> Ticket {
    let day = MONDAY + SignedDuration::from_hours(day * 24);
    let begun = crate::time::instant(day.at(8, 30, 0, 0));
    let came = begun - SignedDuration::from_mins(10);
    let (number, by) = (('A', 1), "kiosk".to_owned());
    Ticket {
        state: TicketState::Completed,
        counter: Some(ONE),
        called_at: Some(begun),
        begun_at: Some(begun),
        finished_at: Some(begun + SignedDuration::from_secs(seconds)),
        ..Ticket::waiting(Uuid::from_u128(1), day, number, code(service), came, by)
    }
}

fn at_eight() -> Timestamp {
    crate::time::instant(MONDAY.at(8, 0, 0, 0))
}

/// Times of which the mean of each group is known, without any way to the counter.
fn known(means_s: &[(&str, f64)]) -> ServiceTimes {
    let mut times = ServiceTimes::default();
    for _ in 0..2_000 {
        times.served(&served("khac", 0, 60));
    }
    times.with_means(means_s.iter().map(|(service, mean_s)| (code(service), *mean_s)))
}

fn wait(hall: &Hall, times: &ServiceTimes, service: &str, class: Class) -> Option<Estimate> {
    hall.queue.expected_wait(times, Awaited::Newcomer(&code(service), class), hall.now)
}

/// Counters that each serve the same, all busy since now.
fn busy(counters: u16, waiting: usize) -> Hall {
    busy_by(&QueueRules::default(), counters, waiting)
}

fn busy_by(rules: &QueueRules, counters: u16, waiting: usize) -> Hall {
    let plans = (1..=counters).map(|number| plan(number, &["ho-tich"])).collect();
    let mut hall = Hall::ruled(plans, rules);
    for number in 1..=counters {
        hall.issue("ho-tich", None).unwrap();
        hall.call(number).unwrap();
        hall.take(Command::Begin(CounterNumber(number))).unwrap();
    }
    for _ in 0..waiting {
        hall.issue("ho-tich", None).unwrap();
    }
    hall
}

#[test]
fn before_anything_was_seen_the_prior_speaks_and_says_so() {
    let expected = ServiceTimes::default().expected(&code("ho-tich"), at_eight());
    assert_eq!(expected.mean_s, PRIOR_SERVICE_S);
    assert_eq!(expected.learned_from, 0);
}

#[test]
fn no_wait_is_told_for_a_group_that_no_officer_at_a_counter_may_serve() {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich", "dat-dai"])]);
    let times = ServiceTimes::default();
    assert!(wait(&hall, &times, "dat-dai", Class::Regular).is_some());
    let services = Some(vec![code("ho-tich")]);
    let there = crate::queue::tests::officer("officer-1");
    let (skills, decision) = hall.queue.set_skills(there, services, "head", hall.now).unwrap();
    hall.queue.take(&crate::queue::Governed::Skills(skills));
    hall.queue.apply(&decision);
    assert_eq!(wait(&hall, &times, "dat-dai", Class::Regular), None);
    assert!(wait(&hall, &times, "ho-tich", Class::Regular).is_some());
}

#[test]
fn a_group_is_learned_and_one_observation_moves_it_little() {
    let mut times = ServiceTimes::default();
    times.served(&served("ho-tich", 0, 120));
    let first = times.expected(&code("ho-tich"), at_eight());
    assert!((300.0..PRIOR_SERVICE_S).contains(&first.mean_s), "{first:?}");
    for _ in 0..500 {
        times.served(&served("ho-tich", 0, 120));
    }
    let learned = times.expected(&code("ho-tich"), at_eight());
    assert!((learned.mean_s - 120.0).abs() < 4.0, "{learned:?}");
    assert!(learned.unknown_share < first.unknown_share);
    assert_eq!(learned.learned_from, 501);
    assert_eq!(times.expected(&code("dat-dai"), at_eight()).mean_s, PRIOR_SERVICE_S);
}

#[test]
fn an_hour_that_differs_is_learned_and_one_that_was_not_seen_has_the_mean_of_its_group() {
    let mut times = ServiceTimes::default();
    for _ in 0..300 {
        times.served(&served("ho-tich", 0, 120));
        let late = served("ho-tich", 0, 600);
        let later = |at: Option<Timestamp>| at.map(|at| at + SignedDuration::from_hours(6));
        times.served(&Ticket {
            called_at: later(late.called_at),
            begun_at: later(late.begun_at),
            finished_at: later(late.finished_at),
            ..late
        });
    }
    let at = |hour| crate::time::instant(MONDAY.at(hour, 0, 0, 0));
    let mean = |hour| times.expected(&code("ho-tich"), at(hour)).mean_s;
    assert!((mean(8) - 120.0).abs() < 30.0, "{}", mean(8));
    assert!((mean(14) - 600.0).abs() < 30.0, "{}", mean(14));
    assert!((mean(10) - 360.0).abs() < 2.0, "{}", mean(10));
}

#[test]
fn a_ticket_whose_end_was_forgotten_for_ten_hours_moves_the_mean_by_seconds() {
    let mut times = ServiceTimes::default();
    for _ in 0..200 {
        times.served(&served("ho-tich", 0, 240));
    }
    let before = times.expected(&code("ho-tich"), at_eight()).mean_s;
    times.served(&served("ho-tich", 0, 36_000));
    let after = times.expected(&code("ho-tich"), at_eight()).mean_s;
    assert!(after > before && after - before < 15.0, "{before} {after}");
    let mut empty = ServiceTimes::default();
    empty.served(&served("ho-tich", 0, 36_000));
    assert!(empty.expected(&code("ho-tich"), at_eight()).mean_s < 2.0 * PRIOR_SERVICE_S);
}

#[test]
fn holds_double_presses_clocks_that_went_back_and_closed_days_teach_nothing() {
    let mut times = ServiceTimes::default();
    times.served(&served("ho-tich", 0, 0));
    times.served(&served("ho-tich", 0, -60));
    times.served(&Ticket { closed_at_day_end: true, ..served("ho-tich", 0, 60) });
    times.served(&Ticket { state: TicketState::NoShow, ..served("ho-tich", 0, 60) });
    // The counter called somebody else while this one was away.
    let held = served("ho-tich", 0, 3_000);
    let next = served("dat-dai", 0, 300);
    let later = |at: Option<Timestamp>| at.map(|at| at + SignedDuration::from_secs(600));
    let next = Ticket {
        id: Uuid::from_u128(2),
        called_at: later(next.called_at),
        begun_at: later(next.begun_at),
        finished_at: later(next.finished_at),
        ..next
    };
    times.learn_day(MONDAY, [&held, &next], &[]);
    assert_eq!(times.expected(&code("ho-tich"), at_eight()).learned_from, 0);
    assert_eq!(times.expected(&code("dat-dai"), at_eight()).learned_from, 1);
}

#[test]
fn who_was_carried_over_is_learned_once_and_who_was_there_already_teaches_no_way() {
    let tuesday = MONDAY.tomorrow().unwrap();
    // Came on Monday, served on Tuesday: the store has it among Monday's, the queue among Tuesday's.
    let carried = Ticket {
        class: Class::Priority,
        business_day: MONDAY,
        issued_at: at_eight(),
        carried_to: Some(tuesday),
        ..served("ho-tich", 1, 120)
    };
    let mut times = ServiceTimes::default();
    times.learn_day(MONDAY, [&carried], &[]);
    assert_eq!(times.expected(&code("ho-tich"), at_eight()).learned_from, 0);
    let rate = times.priority_rate(&code("ho-tich"), at_eight());
    assert!(rate > 0.0);
    times.learn_day(tuesday, [&carried], &[]);
    assert_eq!(times.expected(&code("ho-tich"), at_eight()).learned_from, 1);
    assert!(times.priority_rate(&code("ho-tich"), at_eight()) < rate, "one, a day ago");

    let mut hall = Hall::with(vec![plan(1, &["ho-tich", "dat-dai"])]);
    hall.issue_all(&["ho-tich", "dat-dai"], None).unwrap();
    hall.call(1).unwrap();
    // The first service has a way, as long as is taken for granted; the second has none.
    hall.pass(20);
    hall.take(Command::Begin(ONE)).unwrap();
    hall.pass(90);
    hall.take(Command::GoOn(ONE)).unwrap();
    hall.pass(60);
    hall.take(Command::Complete(ONE)).unwrap();
    let mut times = ServiceTimes::default();
    let before = times.walk_s();
    times.learn_day(MONDAY, hall.queue.tickets(), &hall.queue.settings().services);
    assert_eq!(times.expected(&code("dat-dai"), hall.now).learned_from, 1);
    assert_eq!(times.walk_s(), before);
}

#[test]
fn each_service_of_a_visit_teaches_its_own_group() {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich", "dat-dai"]), plan(2, &["xa-hoi"])]);
    let visit = hall.issue_all(&["ho-tich", "dat-dai", "xa-hoi"], None).unwrap();
    let mut live = ServiceTimes::default();
    // Two minutes, then five at the same counter, then eleven at the other one.
    hall.call(1).unwrap();
    hall.take(Command::Begin(ONE)).unwrap();
    for (seconds, end) in [(120, Command::GoOn(ONE)), (300, Command::Complete(ONE))] {
        hall.pass(seconds);
        let before = hall.queue.ticket(visit.id).unwrap().clone();
        hall.take(end).unwrap();
        let call = hall.queue.ticket(visit.id).unwrap().past_calls.last().unwrap().clone();
        live.served_on_the_way(&before, &call);
    }
    hall.call(2).unwrap();
    hall.take(Command::Begin(TWO)).unwrap();
    hall.pass(660);
    hall.take(Command::Complete(TWO)).unwrap();
    live.served(hall.queue.ticket(visit.id).unwrap());
    let mut read = ServiceTimes::default();
    read.learn_day(MONDAY, hall.queue.tickets(), &hall.queue.settings().services);
    let mean = |times: &ServiceTimes, group: &str| {
        let told = times.expected(&code(group), at_eight());
        assert_eq!(told.learned_from, 1, "{group}");
        told.mean_s
    };
    for group in SERVICES {
        assert_eq!(mean(&live, group), mean(&read, group), "{group}: as after a restart");
    }
    // One observation beside five of the prior.
    assert_eq!(mean(&read, "ho-tich"), (120.0 + 5.0 * PRIOR_SERVICE_S) / 6.0);
    assert_eq!(mean(&read, "dat-dai"), (300.0 + 5.0 * PRIOR_SERVICE_S) / 6.0);
    assert_eq!(mean(&read, "xa-hoi"), (660.0 + 5.0 * PRIOR_SERVICE_S) / 6.0);
}

#[test]
fn a_visit_that_was_sent_about_without_end_teaches_each_of_its_groups() {
    let mut hall = Hall::open();
    hall.issue_all(&["ho-tich", "dat-dai"], None).unwrap();
    for turn in 0..PAST_CALLS_MAX {
        let (from, to) = if turn % 2 == 0 { (ONE, TWO) } else { (TWO, ONE) };
        hall.pass(10);
        hall.call(from.0).unwrap();
        hall.take(Command::Transfer(from, TransferTo::Counter(to))).unwrap();
    }
    for counter in [ONE, CounterNumber(3)] {
        hall.call(counter.0).unwrap();
        hall.take(Command::Begin(counter)).unwrap();
        hall.pass(60);
        hall.take(Command::Complete(counter)).unwrap();
    }
    let mut times = ServiceTimes::default();
    times.learn_day(MONDAY, hall.queue.tickets(), &hall.queue.settings().services);
    for group in ["ho-tich", "dat-dai"] {
        assert_eq!(times.expected(&code(group), at_eight()).learned_from, 1, "{group}");
    }
}

#[test]
fn who_was_passed_on_unserved_teaches_nothing_there() {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich"]), plan(2, &["dat-dai"])]);
    hall.issue("ho-tich", None).unwrap();
    hall.call(1).unwrap();
    hall.take(Command::Begin(ONE)).unwrap();
    hall.pass(45);
    hall.take(Command::Transfer(ONE, TransferTo::Service(code("dat-dai")))).unwrap();
    hall.call(2).unwrap();
    hall.take(Command::Begin(TWO)).unwrap();
    hall.pass(200);
    hall.take(Command::Complete(TWO)).unwrap();
    let mut times = ServiceTimes::default();
    times.learn_day(MONDAY, hall.queue.tickets(), &hall.queue.settings().services);
    assert_eq!(times.expected(&code("ho-tich"), at_eight()).learned_from, 0);
    assert_eq!(times.expected(&code("dat-dai"), at_eight()).learned_from, 1);
}

#[test]
fn old_days_fade() {
    let mut times = ServiceTimes::default();
    for _ in 0..300 {
        times.served(&served("ho-tich", 0, 600));
    }
    for day in 84..90 {
        for _ in 0..50 {
            times.served(&served("ho-tich", day, 120));
        }
    }
    let mean_s = times.expected(&code("ho-tich"), at_eight()).mean_s;
    assert!(mean_s < 240.0, "{mean_s}: faded, the old days weigh a quarter");
    // A clock that went back by a day empties nothing.
    times.served(&served("ho-tich", 88, 120));
    assert!((times.expected(&code("ho-tich"), at_eight()).mean_s - mean_s).abs() < 5.0);
}

#[test]
fn equal_counters_give_the_mean_of_theory() {
    let times = known(&[("ho-tich", 360.0)]);
    for (counters, waiting) in [(1, 0), (1, 3), (4, 0), (4, 1), (4, 12)] {
        let hall = busy(counters, waiting);
        let estimate = wait(&hall, &times, "ho-tich", Class::Regular).unwrap();
        let mean_s = 360.0 * (waiting + 1) as f64 / f64::from(counters);
        // The middle of a sum of exponential services lies at 0.69 of the mean of one, and then near it.
        let told = estimate.expected_s / mean_s;
        assert!((0.65..1.02).contains(&told), "{counters} {waiting}: {estimate:?} of {mean_s}");
        assert!(estimate.low_s < estimate.expected_s && estimate.expected_s < estimate.high_s);
        assert!(estimate.high_s > mean_s);
    }
}

#[test]
fn at_a_free_counter_nobody_waits() {
    let hall = Hall::open();
    let estimate = wait(&hall, &ServiceTimes::default(), "ho-tich", Class::Regular).unwrap();
    assert_eq!(estimate.high_s, 0.0);
    let told = Wait { expected_min: 0, low_min: 0, high_min: 5, learned_from: 0, over: None };
    assert_eq!(estimate.told(), told);
}

#[test]
fn where_no_counter_is_open_nothing_is_promised() {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich"]), plan(2, &["dat-dai"])]);
    let times = ServiceTimes::default();
    let waiting = hall.issue("dat-dai", None).unwrap();
    hall.take(Command::PauseCounter(TWO, PauseReason::Meeting)).unwrap();
    assert_eq!(wait(&hall, &times, "dat-dai", Class::Regular), None);
    assert_eq!(hall.queue.expected_wait(&times, Awaited::Ticket(waiting.id), hall.now), None);
    hall.take(Command::CloseCounter(TWO)).unwrap();
    assert_eq!(wait(&hall, &times, "dat-dai", Class::Priority), None);
    assert!(wait(&hall, &times, "ho-tich", Class::Regular).is_some());
    // Who waits no more has no wait.
    let called = hall.issue("ho-tich", None).unwrap();
    hall.call(1).unwrap();
    assert_eq!(hall.queue.expected_wait(&times, Awaited::Ticket(called.id), hall.now), None);
}

#[test]
fn a_priority_caller_waits_less_than_a_regular_one_who_came_before() {
    let mut hall = busy(2, 10);
    let times = known(&[("ho-tich", 300.0)]);
    let regular = wait(&hall, &times, "ho-tich", Class::Regular).unwrap();
    let priority = wait(&hall, &times, "ho-tich", Class::Priority).unwrap();
    assert!(priority.high_s < regular.expected_s, "{priority:?} {regular:?}");
    // Past the threshold they take turns, and the estimate knows it.
    for _ in 0..4 {
        hall.issue("ho-tich", Some("elderly")).unwrap();
    }
    let before = wait(&hall, &times, "ho-tich", Class::Priority).unwrap();
    hall.pass(3_600);
    let overdue = wait(&hall, &times, "ho-tich", Class::Priority).unwrap();
    assert!(overdue.expected_s > before.expected_s * 1.3, "{before:?} {overdue:?}");
}

#[test]
fn priority_callers_who_use_to_come_at_this_hour_are_reckoned_with() {
    let hall = busy(2, 20);
    let mut times = known(&[("ho-tich", 300.0)]);
    let without = wait(&hall, &times, "ho-tich", Class::Regular).unwrap();
    for day in 1..=20 {
        for _ in 0..6 {
            let ticket = served("ho-tich", day, 300);
            times.came(&Ticket { class: Class::Priority, issued_at: hall.now, ..ticket });
        }
    }
    assert!(times.priority_rate(&code("ho-tich"), hall.now) > 4.0 / 3_600.0);
    let with = wait(&hall, &times, "ho-tich", Class::Regular).unwrap();
    assert!(with.expected_s > without.expected_s * 1.1, "{without:?} {with:?}");
    let priority = wait(&hall, &times, "ho-tich", Class::Priority).unwrap();
    assert!(priority.expected_s < without.expected_s);
}

#[test]
fn a_ticket_sent_to_one_counter_waits_for_that_one() {
    let times = known(&[("ho-tich", 600.0)]);
    let mut hall = busy(2, 0);
    hall.take(Command::Complete(ONE)).unwrap();
    let sent = hall.issue("ho-tich", None).unwrap();
    hall.call(1).unwrap();
    hall.take(Command::Transfer(ONE, TransferTo::Counter(TWO))).unwrap();
    let estimate = hall.queue.expected_wait(&times, Awaited::Ticket(sent.id), hall.now).unwrap();
    // Counter 1 is free, and may not call it; counter 2 is busy.
    assert!(estimate.expected_s > 300.0, "{estimate:?}");
    assert_eq!(wait(&hall, &times, "ho-tich", Class::Regular).unwrap().high_s, 0.0);
}

#[test]
fn a_ticket_that_waits_and_a_newcomer_in_its_place_are_told_the_same() {
    let times = known(&[("ho-tich", 240.0)]);
    let mut hall = busy(3, 7);
    let newcomer = wait(&hall, &times, "ho-tich", Class::Regular).unwrap();
    let ticket = hall.issue("ho-tich", None).unwrap();
    hall.issue("ho-tich", None).unwrap();
    let told = hall.queue.expected_wait(&times, Awaited::Ticket(ticket.id), hall.now).unwrap();
    assert_eq!(told, newcomer);
}

#[test]
fn thousands_who_wait_are_reckoned_by_their_pace() {
    let times = known(&[("ho-tich", 60.0)]);
    let hall = busy(4, 900);
    let newcomer = wait(&hall, &times, "ho-tich", Class::Regular).unwrap();
    let theory_s = 60.0 * 901.0 / 4.0;
    assert!((newcomer.expected_s / theory_s - 1.0).abs() < 0.1, "{newcomer:?} of {theory_s}");
    let last = hall.queue.waiting(Class::Regular).next_back().unwrap().id;
    let last = hall.queue.expected_wait(&times, Awaited::Ticket(last), hall.now).unwrap();
    assert!(last.expected_s <= newcomer.expected_s);
    assert!(last.expected_s > newcomer.expected_s * 0.99);
}

#[test]
fn a_wait_is_told_in_steps_that_promise_no_more_than_is_known() {
    let of = |low_s: f64, high_s: f64| {
        let expected_s = low_s.midpoint(high_s);
        let wait = Estimate { expected_s, low_s, high_s, learned_from: 9 }.told();
        (wait.low_min, wait.high_min)
    };
    assert_eq!(of(0.0, 0.0), (0, 5));
    assert_eq!(of(299.0, 301.0), (0, 10));
    assert_eq!(of(700.0, 1_150.0), (10, 20));
    assert_eq!(of(3_500.0, 3_700.0), (55, 70));
    assert_eq!(of(4_900.0, 86_400.0), (80, 1_440));
}

#[derive(Debug, Clone)]
enum Step {
    Come { service: usize, priority: bool },
    Call(u16),
    Begin(u16),
    Complete(u16),
    Send(u16, u16),
    Close(u16),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let counter = || 1_u16..=3;
    prop_oneof![
        9 => (0..SERVICES.len(), any::<bool>())
            .prop_map(|(service, priority)| Step::Come { service, priority }),
        4 => counter().prop_map(Step::Call),
        4 => counter().prop_map(Step::Begin),
        3 => counter().prop_map(Step::Complete),
        1 => (counter(), counter()).prop_map(|(from, to)| Step::Send(from, to)),
        1 => counter().prop_map(Step::Close),
        4 => (0_i64..1_500).prop_map(Step::Pass),
    ]
}

fn take(hall: &mut Hall, step: &Step) {
    // What is refused changes nothing.
    let _refused = match step {
        Step::Come { service, priority } => {
            let ground = priority.then_some("elderly");
            hall.issue(SERVICES[*service], ground).map(|_| ())
        }
        Step::Call(counter) => hall.call(*counter).map(|_| ()),
        Step::Begin(counter) => hall.take(Command::Begin(CounterNumber(*counter))).map(|_| ()),
        Step::Complete(counter) => {
            hall.take(Command::Complete(CounterNumber(*counter))).map(|_| ())
        }
        Step::Send(from, to) => {
            let to = TransferTo::Counter(CounterNumber(*to));
            hall.take(Command::Transfer(CounterNumber(*from), to)).map(|_| ())
        }
        Step::Close(counter) => {
            hall.take(Command::CloseCounter(CounterNumber(*counter))).map(|_| ())
        }
        Step::Pass(seconds) => {
            hall.pass(*seconds);
            Ok(())
        }
    };
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn an_estimate_is_finite_ordered_never_negative_and_always_the_same(
        rules in any_rules(),
        steps in prop::collection::vec(step(), 1..80),
        took in prop::collection::vec((0..SERVICES.len(), -100_i64..40_000), 0..40),
    ) {
        let mut hall = hall(&rules);
        let mut times = ServiceTimes::default();
        for (service, seconds) in took {
            times.served(&served(SERVICES[service], 0, seconds));
        }
        for step in &steps {
            take(&mut hall, step);
        }
        let codes = SERVICES.map(code);
        let newcomers = codes.iter().flat_map(|service| {
            [Class::Regular, Class::Priority].map(|class| Awaited::Newcomer(service, class))
        });
        let waiting = hall.queue.tickets().map(|ticket| Awaited::Ticket(ticket.id));
        for who in newcomers.chain(waiting) {
            let told = hall.queue.expected_wait(&times, who, hall.now);
            prop_assert_eq!(told, hall.queue.clone().expected_wait(&times, who, hall.now));
            let Some(told) = told else { continue };
            for seconds in [told.low_s, told.expected_s, told.high_s] {
                prop_assert!(seconds.is_finite() && (0.0..=86_400.0).contains(&seconds), "{:?}", told);
            }
            prop_assert!(told.low_s <= told.expected_s && told.expected_s <= told.high_s);
            let wait = told.told();
            prop_assert!(wait.low_min <= wait.expected_min && wait.expected_min <= wait.high_min);
        }
    }

    #[test]
    fn who_stands_further_back_in_a_line_is_never_told_a_shorter_wait(
        counters in 1_u16..=5,
        waiting in prop::collection::vec(0..SERVICES.len(), 1..160),
        means in prop::collection::vec(30.0_f64..1_500.0, SERVICES.len()),
        passed in 0_i64..3_000,
    ) {
        let plans = (1..=counters).map(|number| plan(number, &SERVICES)).collect();
        let mut hall = Hall::with(plans);
        let named: Vec<(&str, f64)> = SERVICES.into_iter().zip(means).collect();
        let times = known(&named);
        for number in 1..=counters {
            hall.issue("ho-tich", None).unwrap();
            hall.call(number).unwrap();
        }
        for service in waiting {
            hall.issue(SERVICES[service], None).unwrap();
        }
        hall.pass(passed);
        let mut before = Estimate { expected_s: 0.0, low_s: 0.0, high_s: 0.0, learned_from: 0 };
        // Behind the bound of the play, lines are reckoned by their own pace.
        for ticket in hall.queue.waiting(Class::Regular).take(120) {
            let told = hall.queue.expected_wait(&times, Awaited::Ticket(ticket.id), hall.now);
            let told = told.unwrap();
            prop_assert!(told.low_s >= before.low_s, "{:?} {:?}", before, told);
            prop_assert!(told.expected_s >= before.expected_s, "{:?} {:?}", before, told);
            prop_assert!(told.high_s >= before.high_s, "{:?} {:?}", before, told);
            before = told;
        }
    }
}

#[test]
fn every_policy_has_an_estimate_for_both_classes() {
    let times = known(&[("ho-tich", 300.0)]);
    for (_, policy) in CallPolicy::WORDS {
        for overtakes_max in [0, 2] {
            let rules = QueueRules { policy, overtakes_max, ..QueueRules::default() };
            let mut hall = busy_by(&rules, 1, 0);
            for turn in 0..12 {
                hall.issue("ho-tich", (turn % 2 == 1).then_some("elderly")).unwrap();
            }
            // One counter and what it is at, and at least six before.
            for class in [Class::Regular, Class::Priority] {
                let told = wait(&hall, &times, "ho-tich", class).unwrap().expected_s;
                assert!((1_800.0..4_000.0).contains(&told), "{policy:?} {class:?} {told}");
            }
        }
    }
}
