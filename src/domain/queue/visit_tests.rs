//! Several services on one ticket, and transfers that come back, told as facts.

use super::tests::{Hall, code, officer, plan, through_halves};
use super::*;
use crate::announce::{Occasion, Way};
use crate::ids::CounterNumber;
use crate::refusal::Refusal;
use crate::report::turns::turns_of;
use crate::split::Journaled;

const ONE: CounterNumber = CounterNumber(1);
const TWO: CounterNumber = CounterNumber(2);
const THREE: CounterNumber = CounterNumber(3);

/// Serves whom a counter calls; gives the ticket as it is then.
fn served(hall: &mut Hall, counter: CounterNumber) -> Ticket {
    hall.take(Command::CallNext(counter)).unwrap();
    hall.take(Command::Begin(counter)).unwrap();
    hall.take(Command::Complete(counter)).unwrap().tickets[0].clone()
}

/// Calls to a counter and passes on to another one, to come back.
fn sent(hall: &mut Hall, from: CounterNumber, to: CounterNumber) -> Ticket {
    hall.take(Command::CallNext(from)).unwrap();
    hall.take(Command::Begin(from)).unwrap();
    let sent = hall.take(Command::TransferAndReturn(from, TransferTo::Counter(to))).unwrap();
    sent.tickets[0].clone()
}

#[test]
fn a_ticket_for_two_services_goes_on_with_its_number_and_its_place() {
    let mut hall = Hall::open();
    let both = hall.issue_all(&["ho-tich", "dat-dai"], None).unwrap();
    hall.pass(60);
    let later = hall.issue("dat-dai", None).unwrap();
    hall.pass(600);
    let first = served(&mut hall, ONE);
    assert_eq!((first.state, &first.service), (TicketState::Waiting, &code("dat-dai")));
    assert_eq!((first.label.as_str(), first.order()), (both.label.as_str(), both.order()));
    assert!(first.next_services.is_empty() && first.counter.is_none());
    hall.restart();
    // Who came earlier goes before, as with a ticket of each group taken at the door.
    assert_eq!(hall.queue.next_labels(2, hall.now), [both.label, later.label.clone()]);
    assert_eq!(served(&mut hall, THREE).state, TicketState::Completed);
    assert_eq!(hall.call(3).unwrap().id, later.id);
    let calls = &hall.queue.ticket(both.id).unwrap().past_calls;
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].counter, &calls[0].end), (ONE, &CallEnd::ToNext(code("dat-dai"))));
    assert!(calls_of(hall.queue.tickets(), ONE)[0].was_served());
}

#[test]
fn the_services_of_a_ticket_are_known_served_different_and_four_at_most() {
    let mut hall = Hall::open();
    let mut refused = |services: &[&str]| hall.issue_all(services, None).unwrap_err();
    assert_eq!(refused(&["ho-tich", "vang"]).code(), "queue.unknown_service");
    assert_eq!(
        refused(&["ho-tich", "ho-tich"]),
        Refusal::ServiceTwice { service: "ho-tich".into() }
    );
    let twice = ["ho-tich", "dat-dai", "dat-dai"];
    assert_eq!(refused(&twice), Refusal::ServiceTwice { service: "dat-dai".into() });
    let five = ["ho-tich", "dat-dai", "xa-hoi", "khac", "tra-ket-qua"];
    assert_eq!(refused(&five), Refusal::TooManyServices { most: SERVICES_OF_A_TICKET_MAX });
    let four = hall.issue_all(&five[..SERVICES_OF_A_TICKET_MAX], None).unwrap();
    assert_eq!((four.label.as_str(), four.next_services.len()), ("A001", 3), "no number was lost");
    let mut few = Hall::with(vec![plan(1, &["ho-tich"])]);
    let refusal = few.issue_all(&["ho-tich", "dat-dai"], None).unwrap_err();
    assert_eq!(refusal.code(), "queue.service_not_served");
}

#[test]
fn an_officer_adds_what_else_is_to_be_done_and_takes_it_away_again() {
    let mut hall = Hall::open();
    let set = |next: &[&str]| {
        Command::SetNextServices(ONE, next.iter().map(|service| code(service)).collect())
    };
    assert_eq!(hall.take(set(&["dat-dai"])).unwrap_err().code(), "queue.no_current_ticket");
    hall.issue("ho-tich", None).unwrap();
    hall.call(1).unwrap();
    let added = hall.take(set(&["dat-dai", "xa-hoi"])).unwrap();
    assert_eq!(added.tickets[0].next_services, [code("dat-dai"), code("xa-hoi")]);
    assert!(added.counters.is_empty() && added.effects.is_empty(), "the hall stays as it is");
    assert_eq!(hall.take(set(&["dat-dai", "xa-hoi"])).unwrap(), Decision::default());
    assert_eq!(hall.take(set(&["ho-tich"])).unwrap_err().code(), "queue.service_twice");
    hall.take(set(&["xa-hoi"])).unwrap();
    hall.take(Command::Begin(ONE)).unwrap();
    let after = hall.take(Command::Complete(ONE)).unwrap().tickets[0].clone();
    assert_eq!((after.state, after.service), (TicketState::Waiting, code("xa-hoi")));
}

#[test]
fn the_counter_that_serves_the_next_service_too_goes_on_at_once() {
    let mut hall = Hall::with(vec![plan(1, &["ho-tich", "dat-dai"]), plan(2, &["xa-hoi"])]);
    let ticket = hall.issue_all(&["ho-tich", "dat-dai", "xa-hoi"], None).unwrap();
    hall.issue("dat-dai", None).unwrap();
    let called = hall.call(1).unwrap();
    let early = hall.take(Command::GoOn(ONE)).unwrap_err();
    assert_eq!(early.code(), "queue.ticket_not_serving");
    hall.pass(20);
    hall.take(Command::Begin(ONE)).unwrap();
    hall.pass(300);
    let decision = hall.take(Command::GoOn(ONE)).unwrap();
    let on = &decision.tickets[0];
    assert_eq!((on.state, &on.service), (TicketState::Serving, &code("dat-dai")));
    assert_eq!((on.counter, on.begun_at), (Some(ONE), Some(hall.now)));
    assert_eq!((&on.officer, on.officer.is_some()), (&called.officer, true));
    assert_eq!(on.last_called_at, called.last_called_at, "the hall shows the call that was");
    assert!(decision.counters.is_empty() && decision.effects.is_empty());
    assert_eq!(on.call_reason.as_ref().unwrap().rule, CallRule::WentOn);
    hall.restart();
    assert_eq!(hall.queue.counter(ONE).unwrap().current, Some(ticket.id));
    let elsewhere = hall.take(Command::GoOn(ONE)).unwrap_err();
    assert_eq!(elsewhere, Refusal::NoNextHere { label: ticket.label, counter: ONE });
    let after = hall.take(Command::Complete(ONE)).unwrap().tickets[0].clone();
    assert_eq!((after.state, after.service), (TicketState::Waiting, code("xa-hoi")));
    let done = calls_of(hall.queue.tickets(), ONE);
    assert_eq!(done.iter().filter(|call| call.was_served()).count(), 2, "two pieces of work");
}

#[test]
fn going_on_at_the_same_counter_passes_over_nobody() {
    let rules =
        QueueRules { policy: CallPolicy::Strict, overtakes_max: 3, ..QueueRules::default() };
    let mut hall = Hall::ruled(vec![plan(1, &["ho-tich", "dat-dai"])], &rules);
    let regular = hall.issue("ho-tich", None).unwrap();
    for _ in 0..2 {
        hall.pass(10);
        hall.issue_all(&["ho-tich", "dat-dai"], Some("elderly")).unwrap();
    }
    for _ in 0..2 {
        hall.pass(10);
        assert_eq!(hall.call(1).unwrap().class, Class::Priority);
        hall.take(Command::Begin(ONE)).unwrap();
        hall.pass(10);
        hall.take(Command::GoOn(ONE)).unwrap();
        hall.take(Command::Complete(ONE)).unwrap();
    }
    for _ in 0..2 {
        hall.pass(10);
        hall.issue("ho-tich", Some("elderly")).unwrap();
    }
    assert_ne!(hall.serve(1), regular.label, "two calls were made, not four");
    assert_eq!(hall.serve(1), regular.label);
}

#[test]
fn a_transfer_with_return_comes_back_first_of_its_class_and_says_where_from() {
    let mut hall = Hall::open();
    let moved = hall.issue("ho-tich", None).unwrap();
    assert_eq!(sent(&mut hall, ONE, THREE).return_to.unwrap().counter, ONE);
    hall.pass(30);
    // A place before it: only the way back makes it the first.
    let earlier = hall.issue("ho-tich", None).unwrap();
    let queued_at = moved.queued_at - jiff::SignedDuration::from_secs(60);
    let earlier = Ticket { queued_at, rev: 2, ..earlier };
    hall.queue.apply(&Decision { tickets: vec![earlier.clone()], ..Decision::default() });
    hall.restart();
    let back = served(&mut hall, THREE);
    assert_eq!((back.state, &back.service), (TicketState::Waiting, &code("ho-tich")));
    assert_eq!((back.for_counter, back.returned_from), (Some(ONE), Some(THREE)));
    assert_eq!((&back.return_to, back.order()), (&None, moved.order()));
    hall.restart();
    assert_eq!(hall.queue.next_labels(1, hall.now), std::slice::from_ref(&moved.label));
    let priority = hall.issue("ho-tich", Some("elderly")).unwrap();
    assert_eq!(hall.serve(1), priority.label, "of its own class only");
    let called = hall.call(1).unwrap();
    assert_eq!(called.id, moved.id);
    let reason = called.call_reason.as_ref().unwrap();
    assert_eq!(reason.returned_from, Some(THREE));
    assert_eq!((called.for_counter, called.returned_from), (None, None));
    assert_eq!(hall.call(2).unwrap().id, earlier.id);
    hall.take(Command::Begin(ONE)).unwrap();
    let over = hall.take(Command::Complete(ONE)).unwrap();
    assert_eq!(over.tickets[0].state, TicketState::Completed);
}

#[test]
fn who_comes_back_to_a_closed_counter_waits_for_whoever_serves_the_group() {
    let mut hall = Hall::open();
    let moved = hall.issue("ho-tich", None).unwrap();
    sent(&mut hall, ONE, THREE);
    hall.take(Command::CloseCounter(ONE)).unwrap();
    let back = served(&mut hall, THREE);
    assert_eq!((back.state, back.for_counter), (TicketState::Waiting, None));
    assert_eq!(back.past_calls.last().unwrap().end, CallEnd::ToNext(code("ho-tich")));
    let called = hall.call(2).unwrap();
    assert_eq!(called.id, moved.id);
    assert_eq!(called.call_reason.unwrap().returned_from, Some(THREE));
    // Closed only while it waits: the same, until it opens again.
    let other = hall.issue("ho-tich", None).unwrap();
    hall.take(Command::OpenCounter(ONE, officer("officer-1"))).unwrap();
    sent(&mut hall, ONE, THREE);
    assert_eq!(served(&mut hall, THREE).for_counter, Some(ONE));
    hall.take(Command::Begin(TWO)).unwrap();
    hall.take(Command::Complete(TWO)).unwrap();
    assert_eq!(hall.call(2).unwrap_err(), Refusal::NobodyWaiting { counter: TWO });
    hall.take(Command::CloseCounter(ONE)).unwrap();
    assert_eq!(hall.call(2).unwrap().id, other.id);
}

#[test]
fn a_return_is_kept_through_a_second_transfer_a_missed_call_and_a_restart() {
    let mut hall = Hall::open();
    let moved = hall.issue_all(&["ho-tich", "xa-hoi"], None).unwrap();
    sent(&mut hall, ONE, THREE);
    hall.call(3).unwrap();
    let again = Command::TransferAndReturn(THREE, TransferTo::Counter(TWO));
    let refusal = hall.take(again).unwrap_err();
    assert_eq!(refusal, Refusal::ReturnPending { label: moved.label, counter: ONE });
    hall.take(Command::Transfer(THREE, TransferTo::Counter(TWO))).unwrap();
    hall.pass(1);
    assert_eq!(hall.miss(2), moved.id);
    hall.take(Command::ReturnToQueue(moved.id)).unwrap();
    hall.restart();
    let back = served(&mut hall, TWO);
    assert_eq!((back.for_counter, back.returned_from), (Some(ONE), Some(TWO)));
    let on = served(&mut hall, ONE);
    assert_eq!((on.state, on.service), (TicketState::Waiting, code("xa-hoi")), "then its next one");
    assert_eq!(served(&mut hall, THREE).state, TicketState::Completed);
}

#[test]
fn a_ticket_that_is_passed_on_to_who_expects_it_has_come_back() {
    let mut hall = Hall::open();
    hall.issue("ho-tich", None).unwrap();
    let away = sent(&mut hall, ONE, THREE);
    hall.call(3).unwrap();
    let back = hall.take(Command::Transfer(THREE, TransferTo::Counter(ONE))).unwrap();
    assert!(back.tickets[0].came_back_to(ONE) && back.tickets[0].return_to.is_none());
    assert_eq!(hall.call(1).unwrap().id, away.id);
    hall.take(Command::Begin(ONE)).unwrap();
    let over = hall.take(Command::Complete(ONE)).unwrap();
    assert_eq!(over.tickets[0].state, TicketState::Completed);
}

#[test]
fn who_is_passed_back_by_hand_is_counted_for_the_service_of_before() {
    let mut hall = Hall::open();
    let visit = hall.issue_all(&["ho-tich", "xa-hoi"], None).unwrap();
    hall.call(1).unwrap();
    let to = TransferTo::Service(code("dat-dai"));
    hall.take(Command::TransferAndReturn(ONE, to)).unwrap();
    hall.pass(60);
    hall.call(3).unwrap();
    hall.take(Command::Transfer(THREE, TransferTo::Counter(ONE))).unwrap();
    for counter in [ONE, THREE] {
        hall.pass(60);
        served(&mut hall, counter);
    }
    let ticket = hall.queue.ticket(visit.id).unwrap();
    let turns = turns_of(ticket, &hall.queue.settings().services);
    let told: Vec<&str> =
        turns.iter().filter_map(|turn| turn.service.as_ref()).map(|code| code.as_str()).collect();
    assert_eq!(told, ["ho-tich", "dat-dai", "ho-tich", "xa-hoi"]);
}

#[test]
fn a_counter_expects_five_back_at_most_and_passes_on_without_return_after_that() {
    let mut hall = Hall::open();
    for _ in 0..=RETURNS_OF_A_COUNTER_MAX {
        hall.issue("ho-tich", None).unwrap();
    }
    for _ in 0..RETURNS_OF_A_COUNTER_MAX {
        sent(&mut hall, ONE, THREE);
    }
    hall.call(1).unwrap();
    let one_more = || Command::TransferAndReturn(ONE, TransferTo::Counter(THREE));
    let most = RETURNS_OF_A_COUNTER_MAX;
    assert_eq!(hall.take(one_more()).unwrap_err(), Refusal::TooManyReturns { counter: ONE, most });
    // One that has come back and waits is still expected; one that was called is not.
    served(&mut hall, THREE);
    assert_eq!(hall.take(one_more()).unwrap_err().code(), "queue.too_many_returns");
    hall.take(Command::NoShow(ONE)).unwrap();
    hall.call(1).unwrap();
    assert!(hall.take(one_more()).is_ok());
}

#[test]
fn a_transfer_to_a_service_that_was_still_to_be_visited_is_that_visit() {
    let mut hall = Hall::open();
    hall.issue_all(&["ho-tich", "dat-dai", "xa-hoi"], None).unwrap();
    hall.call(1).unwrap();
    let to = TransferTo::Service(code("dat-dai"));
    let moved = hall.take(Command::TransferAndReturn(ONE, to)).unwrap().tickets[0].clone();
    assert_eq!((&moved.service, moved.next_services), (&code("dat-dai"), vec![code("xa-hoi")]));
    assert_eq!(moved.return_to.unwrap().service, code("ho-tich"));
}

#[test]
fn entries_of_before_are_read_and_written_as_they_were() {
    let mut hall = Hall::open();
    let plain = hall.issue("ho-tich", None).unwrap();
    let (public, sealed) = plain.split();
    for later in ["next_services", "return_to", "returned_from"] {
        assert!(public.get(later).is_none(), "{later} is written where there is none");
    }
    assert_eq!(Ticket::join(public, sealed).unwrap(), plain);
    let both = hall.issue_all(&["ho-tich", "dat-dai"], None).unwrap();
    hall.call(1).unwrap();
    let called = hall.queue.ticket(plain.id).unwrap();
    let (public, _) = called.split();
    assert!(public["call_reason"].get("returned_from").is_none());
    hall.call(2).unwrap();
    let to = TransferTo::Counter(THREE);
    let away = hall.take(Command::TransferAndReturn(TWO, to)).unwrap().tickets[0].clone();
    assert_eq!(away.id, both.id);
    let (public, _) = away.split();
    assert_eq!(public["next_services"], serde_json::json!(["dat-dai"]));
    let back = serde_json::json!({ "counter": 2, "service": "ho-tich" });
    assert_eq!(public["return_to"], back);
    assert_eq!(through_halves(&away), away);
    let ends = [
        (CallEnd::ToNext(code("dat-dai")), serde_json::json!({ "to_next": "dat-dai" })),
        (CallEnd::WentOn(code("dat-dai")), serde_json::json!({ "went_on": "dat-dai" })),
        (CallEnd::ReturnedTo(ONE), serde_json::json!({ "returned_to": 1 })),
    ];
    for (end, written) in ends {
        assert_eq!(serde_json::to_value(&end).unwrap(), written);
        assert_eq!(serde_json::from_value::<CallEnd>(written).unwrap(), end);
    }
}

#[test]
fn the_voice_tells_who_was_passed_on_to_move_and_who_comes_back_to_return() {
    let mut hall = Hall::open();
    hall.issue("ho-tich", None).unwrap();
    let way = |ticket: &Ticket| Occasion::of(ticket).way;
    assert_eq!(way(&hall.call(1).unwrap()), Way::Comes);
    hall.take(Command::Begin(ONE)).unwrap();
    hall.take(Command::TransferAndReturn(ONE, TransferTo::Counter(THREE))).unwrap();
    assert_eq!(way(&hall.call(3).unwrap()), Way::MovesOn);
    hall.take(Command::Begin(THREE)).unwrap();
    hall.take(Command::Complete(THREE)).unwrap();
    assert_eq!(way(&hall.call(1).unwrap()), Way::ComesBack);
}
