//! What may become of a call, told as facts: called again, held, passed on, missed and back.

use super::tests::{Hall, code};
use super::*;
use crate::ids::CounterNumber;
use crate::refusal::Refusal;

const ONE: CounterNumber = CounterNumber(1);
const TWO: CounterNumber = CounterNumber(2);

#[test]
fn a_recall_is_bounded_in_number_and_in_time() {
    let mut hall = Hall::open();
    hall.issue("ho-tich", None).unwrap();
    hall.call(1).unwrap();
    hall.pass(19);
    let refusal = hall.take(Command::Recall(ONE)).unwrap_err();
    assert_eq!(refusal, Refusal::RecallTooSoon { label: "A001".into(), wait_s: 1 });
    for _ in 0..3 {
        hall.pass(20);
        hall.take(Command::Recall(ONE)).unwrap();
    }
    hall.pass(20);
    assert_eq!(hall.take(Command::Recall(ONE)).unwrap_err().code(), "queue.recall_limit");
}

#[test]
fn a_recalled_ticket_keeps_its_place_and_its_first_call() {
    let mut hall = Hall::open();
    hall.issue("ho-tich", None).unwrap();
    let called = hall.call(1).unwrap();
    hall.pass(25);
    let decision = hall.take(Command::Recall(ONE)).unwrap();
    let recalled = &decision.tickets[0];
    assert_eq!(recalled.order(), called.order());
    assert_eq!(recalled.called_at, called.called_at);
    assert_eq!(recalled.last_called_at, Some(hall.now));
}

#[test]
fn hold_frees_the_counter_and_resume_returns_to_it() {
    let mut hall = Hall::open();
    let held = hall.issue("ho-tich", None).unwrap();
    hall.issue("ho-tich", None).unwrap();
    hall.call(1).unwrap();
    hall.take(Command::Begin(ONE)).unwrap();
    hall.take(Command::Hold(ONE, Some("về lấy giấy chứng sinh".into()))).unwrap();
    assert_eq!(hall.take(Command::CloseCounter(ONE)).unwrap_err().code(), "queue.counter_has_held");
    let elsewhere = hall.take(Command::Resume(TWO, held.id)).unwrap_err();
    assert_eq!(elsewhere, Refusal::TicketNotHeldHere { label: "A001".into(), counter: Some(ONE) });
    assert_eq!(hall.serve(1), "A002");
    hall.restart();
    let resumed = hall.take(Command::Resume(ONE, held.id)).unwrap().tickets[0].clone();
    assert_eq!((resumed.state, resumed.reason), (TicketState::Serving, None));
    hall.take(Command::Complete(ONE)).unwrap();
}

#[test]
fn a_transferred_ticket_keeps_its_place() {
    let mut hall = Hall::open();
    let moved = hall.issue("ho-tich", None).unwrap();
    hall.pass(10);
    hall.issue("dat-dai", None).unwrap();
    hall.call(1).unwrap();
    hall.pass(300);
    hall.take(Command::Transfer(ONE, TransferTo::Service(code("dat-dai")))).unwrap();
    hall.restart();
    let called = hall.call(3).unwrap();
    assert_eq!((called.label.as_str(), called.queued_at), ("A001", moved.queued_at));
    assert_eq!(called.call_reason.unwrap().waited_s, 310);
}

#[test]
fn a_ticket_sent_to_a_counter_waits_for_that_counter_unless_it_closes() {
    let mut hall = Hall::open();
    hall.issue("ho-tich", None).unwrap();
    hall.call(1).unwrap();
    let to = |counter| Command::Transfer(ONE, TransferTo::Counter(counter));
    assert_eq!(hall.take(to(ONE)).unwrap_err(), Refusal::SameCounter { counter: ONE });
    hall.take(to(TWO)).unwrap();
    assert_eq!(hall.call(1).unwrap_err(), Refusal::NobodyWaiting { counter: ONE });
    hall.take(Command::CloseCounter(TWO)).unwrap();
    assert_eq!(hall.call(1).unwrap().label, "A001");
    assert_eq!(hall.take(to(TWO)).unwrap_err(), Refusal::TargetClosed { counter: TWO });
}

#[test]
fn a_missed_ticket_comes_back_once_three_places_behind_the_head() {
    let mut hall = Hall::open();
    for _ in 0..6 {
        hall.issue("ho-tich", None).unwrap();
    }
    let first = hall.miss(1);
    let second = hall.miss(1);
    hall.pass(60);
    hall.take(Command::ReturnToQueue(second)).unwrap();
    // who comes back later to the same place stands behind
    hall.take(Command::ReturnToQueue(first)).unwrap();
    hall.restart();
    let order: Vec<String> = (0..6).map(|_| hall.serve(1)).collect();
    assert_eq!(order, ["A003", "A004", "A005", "A002", "A001", "A006"]);
    let again = hall.take(Command::ReturnToQueue(first)).unwrap_err();
    assert_eq!(again.code(), "queue.ticket_not_missed");
}

#[test]
fn the_right_to_come_back_is_used_once() {
    let mut hall = Hall::open();
    hall.issue("ho-tich", None).unwrap();
    let id = hall.miss(1);
    hall.take(Command::ReturnToQueue(id)).unwrap();
    assert_eq!(hall.miss(1), id);
    let refusal = hall.take(Command::ReturnToQueue(id)).unwrap_err();
    assert_eq!(refusal, Refusal::ReturnUsed { label: "A001".into() });
}
