//! What must hold for every order of commands: tried with random mornings against plain counting.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::tests::{Hall, code, officer, plan, through_halves};
use super::*;
use crate::ids::{CounterNumber, ServiceCode};
use crate::refusal::Refusal;

const SERVICES: [&str; 3] = ["ho-tich", "dat-dai", "xa-hoi"];

#[derive(Debug, Clone)]
enum Step {
    Issue {
        service: usize,
        priority: bool,
    },
    IssueTwo {
        service: usize,
        next: usize,
    },
    SetNext(u16, Vec<usize>),
    GoOn(u16),
    AndReturn(u16, u16),
    ToServiceAndReturn(u16, usize),
    Call(u16),
    Recall(u16),
    Begin(u16),
    Hold(u16),
    Resume(u16, usize),
    ToCounter(u16, u16),
    ToService(u16, usize),
    Complete(u16),
    NoShow(u16),
    Return(usize),
    Cancel(usize),
    Open(u16),
    Pause(u16),
    Close(u16),
    /// The head chooses another policy.
    Choose(usize),
    /// The officer at a counter may serve these groups, by their bits; with none of them, all.
    Skills(u16, usize),
    Pass(i64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let counter = || 1_u16..=3;
    prop_oneof![
        8 => (0..SERVICES.len(), any::<bool>())
            .prop_map(|(service, priority)| Step::Issue { service, priority }),
        2 => (0..SERVICES.len(), 1..SERVICES.len()).prop_map(|(service, on)| Step::IssueTwo {
            service,
            next: (service + on) % SERVICES.len(),
        }),
        1 => (counter(), prop::collection::vec(0..SERVICES.len(), 0..3))
            .prop_map(|(c, next)| Step::SetNext(c, next)),
        1 => counter().prop_map(Step::GoOn),
        2 => (counter(), counter()).prop_map(|(c, t)| Step::AndReturn(c, t)),
        1 => (counter(), 0..SERVICES.len()).prop_map(|(c, s)| Step::ToServiceAndReturn(c, s)),
        8 => counter().prop_map(Step::Call),
        1 => counter().prop_map(Step::Recall),
        5 => counter().prop_map(Step::Begin),
        1 => counter().prop_map(Step::Hold),
        1 => (counter(), any::<usize>()).prop_map(|(c, t)| Step::Resume(c, t)),
        1 => (counter(), counter()).prop_map(|(c, t)| Step::ToCounter(c, t)),
        1 => (counter(), 0..SERVICES.len()).prop_map(|(c, s)| Step::ToService(c, s)),
        5 => counter().prop_map(Step::Complete),
        2 => counter().prop_map(Step::NoShow),
        2 => any::<usize>().prop_map(Step::Return),
        1 => any::<usize>().prop_map(Step::Cancel),
        2 => counter().prop_map(Step::Open),
        1 => counter().prop_map(Step::Pause),
        1 => counter().prop_map(Step::Close),
        1 => (0..CallPolicy::WORDS.len()).prop_map(Step::Choose),
        1 => (counter(), 0_usize..1 << SERVICES.len()).prop_map(|(c, set)| Step::Skills(c, set)),
        4 => (-120_i64..900).prop_map(Step::Pass),
        1 => Just(Step::Restart),
    ]
}

/// As delivered, or any policy with numbers so small that its lines come about in a morning.
pub(super) fn any_rules() -> impl Strategy<Value = QueueRules> {
    let tried = (0..CallPolicy::WORDS.len(), 1_u32..=3, 2_u32..=4, 0_u32..=3).prop_map(
        |(policy, regular_per_priority, priority_weight, overtakes_max)| QueueRules {
            policy: CallPolicy::WORDS[policy].1,
            regular_per_priority,
            priority_weight,
            overtakes_max,
            ..QueueRules::default()
        },
    );
    prop_oneof![1 => Just(QueueRules::default()), 3 => tried]
}

/// Counters 1 and 2 share a service, so tickets are wanted by several.
pub(super) fn hall(rules: &QueueRules) -> Hall {
    let plans = vec![
        plan(1, &["ho-tich", "dat-dai", "khac", "tra-ket-qua"]),
        plan(2, &["ho-tich"]),
        plan(3, &["dat-dai", "xa-hoi"]),
    ];
    Hall::ruled(plans, rules)
}

fn command(hall: &Hall, step: &Step) -> Option<Command> {
    let mut ids: Vec<Uuid> = hall.queue.tickets().map(|ticket| ticket.id).collect();
    ids.sort_unstable();
    let pick = |index: &usize| ids.get(index % ids.len().max(1)).copied();
    let number = |n: &u16| CounterNumber(*n);
    Some(match step {
        Step::Call(c) => Command::CallNext(number(c)),
        Step::Recall(c) => Command::Recall(number(c)),
        Step::Begin(c) => Command::Begin(number(c)),
        Step::Hold(c) => Command::Hold(number(c), None),
        Step::Resume(c, ticket) => Command::Resume(number(c), pick(ticket)?),
        Step::ToCounter(c, to) => Command::Transfer(number(c), TransferTo::Counter(number(to))),
        Step::ToService(c, to) => {
            Command::Transfer(number(c), TransferTo::Service(code(SERVICES[*to])))
        }
        Step::SetNext(c, next) => {
            let next = next.iter().map(|service| code(SERVICES[*service]));
            Command::SetNextServices(number(c), next.collect())
        }
        Step::GoOn(c) => Command::GoOn(number(c)),
        Step::AndReturn(c, to) => {
            Command::TransferAndReturn(number(c), TransferTo::Counter(number(to)))
        }
        Step::ToServiceAndReturn(c, to) => {
            Command::TransferAndReturn(number(c), TransferTo::Service(code(SERVICES[*to])))
        }
        Step::Complete(c) => Command::Complete(number(c)),
        Step::NoShow(c) => Command::NoShow(number(c)),
        Step::Return(ticket) => Command::ReturnToQueue(pick(ticket)?),
        Step::Cancel(ticket) => Command::Cancel(pick(ticket)?, None),
        Step::Open(c) => Command::OpenCounter(number(c), officer("any")),
        Step::Pause(c) => Command::PauseCounter(number(c), PauseReason::Meeting),
        Step::Close(c) => Command::CloseCounter(number(c)),
        Step::Issue { .. }
        | Step::IssueTwo { .. }
        | Step::Choose(_)
        | Step::Skills(..)
        | Step::Pass(_)
        | Step::Restart => return None,
    })
}

/// Another policy from now on; refused where it is in force.
fn choose_policy(hall: &mut Hall, policy: usize) {
    let to = RulesChange { policy: Some(CallPolicy::WORDS[policy].1), ..RulesChange::default() };
    let seen = hall.queue.settings().choice_number();
    let wish = PolicyWish { to: Some(to), reason: "tried".to_owned(), seen };
    match hall.queue.choose_policy(&wish, "head", hall.now) {
        Ok(choice) => hall.queue.take(&Governed::Policy(choice)),
        Err(refusal) => assert_eq!(refusal, Refusal::PolicyInForce),
    }
}

/// Sets what the officer at a counter may serve, where there is one.
fn set_skills(hall: &mut Hall, counter: u16, set: usize) {
    let there = hall.queue.counter(CounterNumber(counter)).unwrap().officer.clone();
    let Some(there) = there else { return };
    let named = SERVICES.iter().enumerate().filter(|(bit, _)| (set >> *bit) & 1 == 1);
    let named: Vec<ServiceCode> = named.map(|(_, service)| code(service)).collect();
    let services = Some(named).filter(|named| !named.is_empty());
    let (skills, decision) = hall.queue.set_skills(there, services, "head", hall.now).unwrap();
    check_revisions(hall, &decision);
    hall.queue.take(&Governed::Skills(skills));
    hall.queue.apply(&decision);
}

/// Plain counting over all tickets: whom may this counter call in a class, first to be called first? Those
/// who came back to it stand before the others.
fn eligible(hall: &Hall, counter: CounterNumber, class: Class) -> Vec<Ticket> {
    let own = hall.queue.counter(counter).unwrap();
    let settings = hall.queue.settings();
    let plan = settings.counters.iter().find(|plan| plan.number == counter).unwrap();
    let may = |service: &ServiceCode| {
        let officer = own.officer.as_ref();
        plan.services.contains(service)
            && officer.is_none_or(|officer| settings.may_serve(officer, service))
    };
    let mut found: Vec<Ticket> = hall
        .queue
        .tickets()
        .filter(|ticket| ticket.state == TicketState::Waiting && ticket.class == class)
        .filter(|ticket| match ticket.for_counter {
            Some(to) if hall.queue.counter(to).unwrap().state != CounterState::Closed => {
                to == counter
            }
            _ => may(&ticket.service),
        })
        .cloned()
        .collect();
    found.sort_by_key(|ticket| (!ticket.came_back_to(counter), ticket.order()));
    found
}

fn check_call(hall: &Hall, counter: CounterNumber, answer: &Result<Decision, Refusal>) {
    let own = hall.queue.counter(counter).unwrap();
    let (regular, priority) =
        (eligible(hall, counter, Class::Regular), eligible(hall, counter, Class::Priority));
    match answer {
        Err(Refusal::NobodyWaiting { .. }) => {
            assert!(regular.is_empty() && priority.is_empty(), "somebody eligible was waiting");
        }
        Err(Refusal::CounterNotOpen { .. }) => assert_ne!(own.state, CounterState::Open),
        Err(Refusal::CounterBusy { .. }) => assert!(own.current.is_some()),
        Err(other) => panic!("{other}"),
        Ok(decision) => {
            let called = &decision.tickets[0];
            let class = if called.class == Class::Regular { &regular } else { &priority };
            assert_eq!(called.id, class[0].id, "not the first of its class");
            let rules = &hall.queue.settings().rules;
            if rules.policy != CallPolicy::Guard || rules.overtakes_max > 0 {
                return;
            }
            let waited = |ticket: &Ticket| hall.now.as_second() - ticket.queued_at.as_second();
            let overdue = regular.iter().any(|one| waited(one) > rules.threshold_s);
            if overdue && own.last_class == Some(Class::Priority) {
                assert_eq!(called.class, Class::Regular, "an overdue caller was passed over twice");
            }
            if !overdue && !priority.is_empty() {
                assert_eq!(called.class, Class::Priority);
            }
        }
    }
}

fn check_state(hall: &Hall) {
    let mut numbers = BTreeSet::new();
    for ticket in hall.queue.tickets() {
        assert!(numbers.insert((ticket.series, ticket.number)), "{} twice", ticket.label);
        let to_visit = ticket.next_services.iter().chain([&ticket.service]);
        let different: BTreeSet<&ServiceCode> = to_visit.collect();
        assert_eq!(different.len(), ticket.next_services.len() + 1, "{} twice", ticket.label);
        assert!(different.len() <= SERVICES_OF_A_TICKET_MAX);
        let at: Vec<CounterNumber> = hall
            .queue
            .counters()
            .filter(|counter| counter.current == Some(ticket.id))
            .map(|counter| counter.number)
            .collect();
        if matches!(ticket.state, TicketState::Called | TicketState::Serving) {
            assert_eq!(at, [ticket.counter.unwrap()], "{} is called elsewhere too", ticket.label);
        } else {
            assert!(at.is_empty(), "{} is {:?} and at a counter", ticket.label, ticket.state);
        }
    }
    for counter in hall.queue.counters() {
        let settings = hall.queue.settings();
        let plan = settings.counters.iter().find(|plan| plan.number == counter.number).unwrap();
        let both: BTreeSet<&ServiceCode> =
            counter.services.iter().chain(&counter.withheld).collect();
        let planned: BTreeSet<&ServiceCode> = plan.services.iter().collect();
        assert_eq!(both, planned, "a group is called for or left out");
        assert!(counter.state != CounterState::Closed || counter.withheld.is_empty());
    }
    for service in SERVICES.map(code) {
        for class in [Class::Regular, Class::Priority] {
            let counted = hall.queue.tickets().filter(|ticket| {
                ticket.state == TicketState::Waiting
                    && ticket.service == service
                    && ticket.class == class
            });
            assert_eq!(hall.queue.waiting_count(&service, class), counted.count());
        }
    }
}

/// Served, a ticket comes back to who expects it, goes on to its next service, or is over: nothing else.
fn check_completed(before: &Hall, counter: CounterNumber, after: &Ticket) {
    let known = before.queue.ticket(after.id).unwrap();
    let closed = |number| before.queue.counter(number).unwrap().state == CounterState::Closed;
    match (&known.return_to, known.next_services.as_slice()) {
        (Some(back), next) => {
            assert_eq!((after.state, &after.service), (TicketState::Waiting, &back.service));
            assert_eq!(after.for_counter, Some(back.counter).filter(|number| !closed(*number)));
            assert_eq!(after.returned_from, Some(counter));
            assert_eq!((&after.return_to, after.next_services.as_slice()), (&None, next));
        }
        (None, [next, rest @ ..]) => {
            assert_eq!((after.state, &after.service), (TicketState::Waiting, next));
            assert_eq!((after.for_counter, after.next_services.as_slice()), (None, rest));
        }
        (None, []) => assert_eq!(after.state, TicketState::Completed),
    }
}

fn check_revisions(before: &Hall, decision: &Decision) {
    for ticket in &decision.tickets {
        let known = before.queue.ticket(ticket.id).ok();
        assert_eq!(ticket.rev, known.map_or(0, |known| known.rev) + 1);
        if let Some(known) = known
            && known.state != TicketState::NoShow
        {
            assert_eq!(ticket.order(), known.order(), "{} lost its place", ticket.label);
        }
        assert_eq!(&through_halves(ticket), ticket);
    }
    for counter in &decision.counters {
        assert_eq!(counter.rev, before.queue.counter(counter.number).unwrap().rev + 1);
        assert_eq!(&through_halves(counter), counter);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_order_of_commands_breaks_the_queue_under_any_policy(
        rules in any_rules(),
        steps in prop::collection::vec(step(), 1..250),
    ) {
        let mut hall = hall(&rules);
        let mut next_numbers: BTreeMap<&str, u32> = BTreeMap::new();
        for step in &steps {
            match step {
                Step::Issue { service, priority } => {
                    let service = SERVICES[*service];
                    let ticket = hall.issue(service, priority.then_some("elderly")).unwrap();
                    let next = next_numbers.entry(service).or_insert(1);
                    prop_assert_eq!(ticket.number, *next);
                    *next += 1;
                }
                Step::IssueTwo { service, next } => {
                    let services = [SERVICES[*service], SERVICES[*next]];
                    hall.issue_all(&services, None).unwrap();
                    *next_numbers.entry(services[0]).or_insert(1) += 1;
                }
                Step::Choose(policy) => choose_policy(&mut hall, *policy),
                Step::Skills(counter, set) => set_skills(&mut hall, *counter, *set),
                Step::Pass(seconds) => hall.pass(*seconds),
                Step::Restart => {
                    let calls = |hall: &Hall| -> Vec<_> {
                        (1..=3).map(|n| hall.queue.call_next(CounterNumber(n), hall.now)).collect()
                    };
                    let before = calls(&hall);
                    hall.restart();
                    prop_assert_eq!(calls(&hall), before, "a restart changed the next calls");
                }
                other => {
                    let Some(command) = command(&hall, other) else { continue };
                    let answer = hall.queue.decide(command.clone(), hall.now);
                    prop_assert_eq!(&answer, &hall.queue.decide(command.clone(), hall.now));
                    if let Command::CallNext(counter) = &command {
                        check_call(&hall, *counter, &answer);
                    }
                    if let (Command::Complete(counter), Ok(decision)) = (&command, &answer) {
                        check_completed(&hall, *counter, &decision.tickets[0]);
                    }
                    if let Ok(decision) = answer {
                        check_revisions(&hall, &decision);
                        hall.queue.apply(&decision);
                    }
                }
            }
            check_state(&hall);
        }
    }

    #[test]
    fn a_regular_caller_is_never_passed_over_without_end(
        before in 0_usize..12,
        counters in 1_u16..=3,
        order in prop::collection::vec(1_u16..=3, 200),
    ) {
        let plans = (1..=counters).map(|n| {
            plan(n, &["ho-tich", "dat-dai", "xa-hoi", "khac", "tra-ket-qua"])
        });
        let mut hall = Hall::with(plans.collect());
        for _ in 0..before {
            hall.issue("ho-tich", None).unwrap();
        }
        let watched = hall.issue("ho-tich", None).unwrap();
        hall.pass(31 * 60);
        // priority callers never run out; whatever counter calls, every second call is a regular one
        let mut calls = 0;
        for counter in order.iter().map(|n| (n - 1) % counters + 1) {
            hall.issue("ho-tich", Some("elderly")).unwrap();
            calls += 1;
            if hall.serve(counter) == watched.label {
                break;
            }
        }
        let bound = 2 * (before + 1) + usize::from(counters);
        prop_assert!(calls <= bound, "called after {} calls, the bound is {}", calls, bound);
    }

    #[test]
    fn a_series_gives_each_number_once_and_then_refuses(extra in 1_usize..5) {
        let mut hall = hall(&QueueRules::default());
        let labels: Vec<String> =
            (0..3).map(|_| hall.issue("tra-ket-qua", None).unwrap().label).collect();
        prop_assert_eq!(labels, ["T001", "T002", "T003"]);
        for _ in 0..extra {
            prop_assert_eq!(
                hall.issue("tra-ket-qua", None).unwrap_err().code(),
                "queue.series_full"
            );
        }
    }
}
