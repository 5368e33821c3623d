use super::desk::{Desk, QUEUE_LENGTH_MAX};
use super::messages::Call;
use crate::actors::live::HallCallKind;
use domain::ids::CounterNumber;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

const HOLD: SignedDuration = SignedDuration::from_secs(3);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + second).unwrap()
}

fn call(number: u16, second: i64) -> Call {
    Call {
        ticket: Uuid::from_u128(u128::from(number)),
        label: format!("A{number:03}"),
        counter: CounterNumber(number),
        kind: HallCallKind::Call,
        at: at(second),
    }
}

fn heard(desk: &mut Desk, second: i64) -> Option<String> {
    desk.advance(at(second)).map(|call| call.label)
}

#[test]
fn two_calls_in_the_same_moment_are_heard_one_after_the_other() {
    let mut desk = Desk::new(HOLD);
    desk.add(call(1, 0));
    desk.add(call(2, 0));
    assert_eq!(heard(&mut desk, 0).as_deref(), Some("A001"));
    assert_eq!(heard(&mut desk, 2), None);
    assert_eq!(desk.line().unwrap().label, "A001");
    assert_eq!(heard(&mut desk, 3).as_deref(), Some("A002"));
}

#[test]
fn a_call_older_than_a_minute_is_not_announced() {
    let mut desk = Desk::new(HOLD);
    desk.add(call(1, 0));
    desk.add(call(2, 30));
    assert_eq!(heard(&mut desk, 61).as_deref(), Some("A002"));
}

#[test]
fn a_recall_is_announced_again_and_takes_one_place_only() {
    let mut desk = Desk::new(HOLD);
    desk.add(call(1, 0));
    assert!(heard(&mut desk, 0).is_some());
    desk.add(call(2, 1));
    desk.add(Call { kind: HallCallKind::Recall, ..call(1, 1) });
    desk.add(Call { kind: HallCallKind::Recall, ..call(1, 2) });
    assert_eq!(heard(&mut desk, 3).as_deref(), Some("A002"));
    assert_eq!(heard(&mut desk, 6).as_deref(), Some("A001"));
    assert_eq!(heard(&mut desk, 9), None);
}

#[test]
fn a_citizen_who_came_is_not_called_any_more() {
    let mut desk = Desk::new(HOLD);
    desk.add(call(1, 0));
    assert!(heard(&mut desk, 0).is_some());
    desk.add(call(2, 0));
    desk.withdraw(call(2, 0).ticket);
    assert_eq!(heard(&mut desk, 3), None);
}

#[test]
fn the_line_empties_and_the_desk_rests_when_nobody_is_called() {
    let mut desk = Desk::new(HOLD);
    desk.add(call(1, 0));
    desk.advance(at(0));
    desk.advance(at(14));
    assert!(desk.line().is_some());
    desk.advance(at(15));
    assert!(desk.line().is_none());
    assert!(desk.idle());
}

#[test]
fn a_clock_set_back_does_not_freeze_the_line() {
    let mut desk = Desk::new(HOLD);
    desk.add(call(1, 1000));
    desk.advance(at(1000));
    desk.add(call(2, 10));
    assert_eq!(heard(&mut desk, 10).as_deref(), Some("A002"));
}

#[test]
fn the_oldest_call_goes_when_too_many_wait() {
    let mut desk = Desk::new(HOLD);
    for number in 1..=u16::try_from(QUEUE_LENGTH_MAX).unwrap() + 1 {
        desk.add(call(number, 0));
    }
    assert_eq!(heard(&mut desk, 0).as_deref(), Some("A002"));
}
