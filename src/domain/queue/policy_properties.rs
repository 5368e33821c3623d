//! What each policy promises, tried with random days against plain counting: citizens with and without
//! priority and appointments come, three counters with different services call, serve, send on, and wait
//! in vain for who then comes back.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::properties::any_rules;
use super::tests::{Hall, plan};
use super::*;
use crate::ids::CounterNumber;
use crate::refusal::Refusal;

const SERVICES: [&str; 3] = ["ho-tich", "dat-dai", "xa-hoi"];
/// Between two calls of one ticket there is time, by which they are told apart.
const BETWEEN_CALLS_S: i64 = 1;

#[derive(Debug, Clone)]
enum Step {
    Come { service: usize, priority: bool },
    ComeAppointed { service: usize, in_s: i64 },
    Serve(u16),
    Miss(u16),
    Return(usize),
    Send(u16, u16),
    SendAndReturn(u16, u16),
    ComeForTwo { service: usize, next: usize, priority: bool },
    Pass(i64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..SERVICES.len(), any::<bool>())
            .prop_map(|(service, priority)| Step::Come { service, priority }),
        2 => (0..SERVICES.len(), -1_800_i64..3_600)
            .prop_map(|(service, in_s)| Step::ComeAppointed { service, in_s }),
        5 => (1_u16..=3).prop_map(Step::Serve),
        1 => (1_u16..=3).prop_map(Step::Miss),
        2 => any::<usize>().prop_map(Step::Return),
        1 => (1_u16..=3, 1_u16..=2).prop_map(|(from, on)| Step::Send(from, (from + on - 1) % 3 + 1)),
        1 => (1_u16..=3, 1_u16..=2)
            .prop_map(|(from, on)| Step::SendAndReturn(from, (from + on - 1) % 3 + 1)),
        1 => (0..SERVICES.len(), 1..SERVICES.len(), any::<bool>()).prop_map(
            |(service, on, priority)| Step::ComeForTwo {
                service,
                next: (service + on) % SERVICES.len(),
                priority,
            }
        ),
        // So little that not even a day of nothing else ends.
        3 => (0_i64..400).prop_map(Step::Pass),
        1 => Just(Step::Restart),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..120)
}

/// Goes through a day; `check` sees the hall before each call, and whom it called.
fn day(
    rules: &QueueRules,
    steps: &[Step],
    mut check: impl FnMut(&Hall, CounterNumber, Option<&Ticket>),
) {
    let plans = vec![
        plan(1, &["ho-tich", "dat-dai", "khac", "tra-ket-qua"]),
        plan(2, &["ho-tich"]),
        plan(3, &["dat-dai", "xa-hoi"]),
    ];
    let mut hall = Hall::ruled(plans, rules);
    for step in steps {
        match step {
            Step::Come { service, priority } => {
                hall.issue(SERVICES[*service], priority.then_some("elderly")).unwrap();
            }
            Step::ComeForTwo { service, next, priority } => {
                let services = [SERVICES[*service], SERVICES[*next]];
                hall.issue_all(&services, priority.then_some("elderly")).unwrap();
            }
            Step::ComeAppointed { service, in_s } => {
                hall.appointed(SERVICES[*service], *in_s);
            }
            Step::Pass(seconds) => hall.pass(*seconds),
            Step::Restart => {
                let shown = hall.queue.next_labels(12, hall.now);
                hall.restart();
                assert_eq!(hall.queue.next_labels(12, hall.now), shown);
            }
            Step::Return(which) => {
                let missed =
                    |ticket: &&Ticket| ticket.state == TicketState::NoShow && !ticket.return_used;
                let mut missed: Vec<Uuid> =
                    hall.queue.tickets().filter(missed).map(|ticket| ticket.id).collect();
                missed.sort_unstable();
                if let Some(id) = missed.get(which % missed.len().max(1)) {
                    hall.take(Command::ReturnToQueue(*id)).unwrap();
                }
            }
            Step::Serve(counter) => {
                let counter = CounterNumber(*counter);
                if call(&mut hall, counter, &mut check) {
                    hall.take(Command::Begin(counter)).unwrap();
                    let served = hall.take(Command::Complete(counter)).unwrap();
                    if served.tickets[0].state == TicketState::Waiting {
                        hall.pass(BETWEEN_CALLS_S);
                    }
                }
            }
            Step::Miss(counter) => {
                let counter = CounterNumber(*counter);
                if call(&mut hall, counter, &mut check) {
                    hall.take(Command::NoShow(counter)).unwrap();
                    hall.pass(BETWEEN_CALLS_S);
                }
            }
            Step::Send(from, to) => {
                let (from, to) = (CounterNumber(*from), CounterNumber(*to));
                if call(&mut hall, from, &mut check) {
                    hall.take(Command::Transfer(from, TransferTo::Counter(to))).unwrap();
                    hall.pass(BETWEEN_CALLS_S);
                }
            }
            Step::SendAndReturn(from, to) => {
                let (from, to) = (CounterNumber(*from), CounterNumber(*to));
                if call(&mut hall, from, &mut check) {
                    let to = TransferTo::Counter(to);
                    // With a return already, or too many of them: sent on without one.
                    if hall.take(Command::TransferAndReturn(from, to.clone())).is_err() {
                        hall.take(Command::Transfer(from, to)).unwrap();
                    }
                    hall.pass(BETWEEN_CALLS_S);
                }
            }
        }
    }
}

/// Lets a counter call; gives whether it called anybody.
fn call(
    hall: &mut Hall,
    counter: CounterNumber,
    check: &mut impl FnMut(&Hall, CounterNumber, Option<&Ticket>),
) -> bool {
    let answer = hall.queue.call_next(counter, hall.now);
    let called = match &answer {
        Ok(decision) => Some(&decision.tickets[0]),
        Err(Refusal::NobodyWaiting { .. }) => None,
        Err(other) => panic!("{other}"),
    };
    let seen: &Hall = hall;
    check(seen, counter, called);
    if let Ok(decision) = &answer {
        hall.queue.apply(decision);
    }
    answer.is_ok()
}

fn standing(hall: &Hall, ticket: &Ticket) -> (Class, Place) {
    ticket.standing(hall.now, hall.queue.settings().rules.appointment_grace_s)
}

/// Whom a counter may call in a class, by plain counting, first to be called first.
fn waiting(hall: &Hall, counter: CounterNumber, class: Class) -> Vec<Ticket> {
    let counter = hall.queue.counter(counter).unwrap();
    let mut found: Vec<Ticket> = hall
        .queue
        .tickets()
        .filter(|ticket| hall.queue.is_eligible(counter, ticket))
        .filter(|ticket| standing(hall, ticket).0 == class)
        .cloned()
        .collect();
    let here = counter.number;
    found.sort_by_key(|ticket| (!ticket.came_back_to(here), standing(hall, ticket).1));
    found
}

/// In which class a ticket was called.
fn called_as(ticket: &Ticket) -> Class {
    let reason = ticket.call_reason.as_ref().unwrap();
    if reason.appointment_at.is_some() { Class::Priority } else { ticket.class }
}

/// What the policy alone says where both classes wait, by those who wait longest in each; `last` is what
/// the counter called before, and how many regular callers in a row.
fn expected(
    hall: &Hall,
    rules: &QueueRules,
    counter: CounterNumber,
    last: Option<(Class, u32)>,
) -> Class {
    let waited = |class| {
        let since = waiting(hall, counter, class).iter().map(|one| standing(hall, one).1.0).min();
        hall.now.as_second() - since.unwrap().as_second()
    };
    let (regular, priority) = (waited(Class::Regular), waited(Class::Priority));
    let priority_first = match rules.policy {
        CallPolicy::Strict => true,
        CallPolicy::Guard => {
            regular <= rules.threshold_s || last.is_some_and(|(class, _)| class == Class::Regular)
        }
        CallPolicy::Ratio => last.is_none_or(|(_, run)| run >= rules.regular_per_priority),
        CallPolicy::Ageing => priority * i64::from(rules.priority_weight) >= regular,
    };
    if priority_first { Class::Priority } else { Class::Regular }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_policy_calls_somebody_while_anybody_waits_and_the_first_of_a_class(
        rules in any_rules(),
        steps in steps(),
    ) {
        day(&rules, &steps, |hall, counter, called| {
            let both = [Class::Regular, Class::Priority].map(|class| waiting(hall, counter, class));
            match called {
                None => assert!(both.iter().all(Vec::is_empty), "somebody eligible was waiting"),
                Some(called) => {
                    let [regular, priority] = &both;
                    let class = match called_as(called) {
                        Class::Regular => regular,
                        Class::Priority => priority,
                    };
                    assert_eq!(called.id, class[0].id, "not the first of its class");
                }
            }
        });
    }

    #[test]
    fn where_both_classes_wait_the_policy_decides(rules in any_rules(), steps in steps()) {
        let rules = QueueRules { overtakes_max: 0, ..rules };
        let mut last: BTreeMap<CounterNumber, (Class, u32)> = BTreeMap::new();
        day(&rules, &steps, |hall, number, called| {
            let Some(called) = called else { return };
            let both = [Class::Regular, Class::Priority]
                .iter()
                .all(|class| !waiting(hall, number, *class).is_empty());
            if both {
                let expected = expected(hall, &rules, number, last.get(&number).copied());
                assert_eq!(called_as(called), expected, "{:?}", called.call_reason);
            }
            let run = last.get(&number).map_or(0, |(_, run)| *run);
            let made = match called_as(called) {
                Class::Regular => (Class::Regular, run + 1),
                Class::Priority => (Class::Priority, 0),
            };
            last.insert(number, made);
        });
    }

    #[test]
    fn nobody_is_passed_over_more_often_than_the_rules_allow(
        rules in any_rules(),
        most in 1_u32..=3,
        steps in steps(),
    ) {
        let rules = QueueRules { overtakes_max: most, ..rules };
        let mut passed_over: BTreeMap<Uuid, u32> = BTreeMap::new();
        day(&rules, &steps, |hall, counter, called| {
            let Some(called) = called else { return };
            // Who comes back, or is sent on, waits anew.
            passed_over.remove(&called.id);
            if called_as(called) == Class::Regular {
                return;
            }
            let before = standing(hall, hall.queue.ticket(called.id).unwrap()).1;
            for regular in waiting(hall, counter, Class::Regular) {
                if regular.order() < before {
                    let count = passed_over.entry(regular.id).or_default();
                    *count += 1;
                    assert!(*count <= most, "{} was passed over {count} times", regular.label);
                }
            }
        });
    }

    #[test]
    fn the_hall_shows_the_order_in_which_one_counter_then_calls_under_every_policy(
        rules in any_rules(),
        came in prop::collection::vec((any::<bool>(), 0_i64..400), 1..20),
    ) {
        let mut hall = Hall::ruled(vec![plan(1, &["ho-tich"])], &rules);
        for (priority, after_s) in came {
            hall.issue("ho-tich", priority.then_some("elderly")).unwrap();
            hall.pass(after_s);
        }
        let shown = hall.queue.next_labels(12, hall.now);
        let called: Vec<String> = shown.iter().map(|_| hall.serve(1)).collect();
        prop_assert_eq!(called, shown);
    }
}

#[test]
fn an_appointment_counts_from_its_time_on_and_not_for_who_comes_too_late() {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich"])]);
    let first = hall.issue("ho-tich", None).unwrap().label;
    hall.pass(60);
    let early = hall.appointed("ho-tich", 600).label;
    let late = hall.appointed("ho-tich", -16 * 60).label;
    hall.pass(60);
    let elderly = hall.issue("ho-tich", Some("elderly")).unwrap().label;
    let next = |hall: &Hall| hall.queue.next_labels(4, hall.now);
    assert_eq!(next(&hall), [elderly.clone(), first.clone(), early.clone(), late.clone()]);
    hall.pass(600);
    // the elderly person came before the time of the appointment
    assert_eq!(next(&hall), [elderly.clone(), early.clone(), first, late]);
    assert_eq!(hall.serve(1), elderly);
    let called = hall.call(1).unwrap();
    let reason = called.call_reason.clone().unwrap();
    assert_eq!((&called.label, called.class), (&early, Class::Regular));
    assert_eq!(reason.appointment_at, called.appointment_at);
    assert_eq!(reason.rule, CallRule::PriorityFirst);
    assert_eq!(reason.waited_s, 60, "since its time, not since its coming");
    // who missed the call at the appointed time comes back as a regular caller
    hall.take(Command::NoShow(CounterNumber(1))).unwrap();
    hall.take(Command::ReturnToQueue(called.id)).unwrap();
    assert_eq!(standing(&hall, hall.queue.ticket(called.id).unwrap()).0, Class::Regular);
}

#[test]
fn who_was_passed_over_by_appointment_stays_so_when_that_caller_did_not_come() {
    let rules =
        QueueRules { policy: CallPolicy::Strict, overtakes_max: 1, ..QueueRules::default() };
    let mut hall = Hall::ruled(vec![plan(1, &["ho-tich", "dat-dai"])], &rules);
    let first = hall.issue("ho-tich", None).unwrap().label;
    hall.pass(60);
    let other = hall.issue("dat-dai", None).unwrap().label;
    hall.pass(60);
    // The appointment was before the other one came, and is kept all the same.
    let appointed = hall.appointed("ho-tich", -90);
    assert_eq!(hall.miss(1), appointed.id);
    // It stands behind the first one now, as a regular caller, and so before the other one.
    hall.take(Command::ReturnToQueue(appointed.id)).unwrap();
    hall.restart();
    let elderly = hall.issue("ho-tich", Some("elderly")).unwrap().label;
    let called = [hall.serve(1), hall.serve(1), hall.serve(1), hall.serve(1)];
    assert_eq!(called, [first, appointed.label, other, elderly]);
}

#[test]
fn a_counter_that_opens_anew_begins_its_ratio_anew() {
    let rules = QueueRules { policy: CallPolicy::Ratio, ..QueueRules::default() };
    let mut hall = Hall::ruled(vec![plan(1, &["ho-tich"])], &rules);
    for ground in [None, None, None, Some("elderly"), Some("elderly"), Some("elderly")] {
        hall.issue("ho-tich", ground).unwrap();
    }
    let one = CounterNumber(1);
    assert_eq!([hall.serve(1), hall.serve(1)], ["A004", "A001"]);
    hall.restart();
    assert_eq!(hall.queue.counter(one).unwrap().regular_run, 1);
    hall.take(Command::CloseCounter(one)).unwrap();
    hall.take(Command::OpenCounter(one, super::tests::officer("other"))).unwrap();
    let rest = [hall.serve(1), hall.serve(1), hall.serve(1), hall.serve(1)];
    assert_eq!(rest, ["A005", "A002", "A003", "A006"]);
}
