use super::chores::Chore;
use super::desk::{Desk, Load};
use jiff::Timestamp;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + second).unwrap()
}

fn load(commits: u64) -> Load {
    Load { commits, waiting: 0 }
}

#[test]
fn it_works_only_while_nobody_is_being_served() {
    let mut desk = Desk::default();
    assert!(!desk.may_work(load(10), at(0)), "nothing is known yet");
    assert!(desk.may_work(load(11), at(1)));
    assert!(!desk.may_work(load(30), at(2)), "people are being served");
    assert!(desk.may_work(load(30), at(3)));
    assert!(!desk.may_work(Load { commits: 30, waiting: 1 }, at(4)));
}

#[test]
fn its_own_commits_do_not_stop_it() {
    let mut desk = Desk::default();
    desk.may_work(load(10), at(0));
    for commits in 11..40 {
        assert!(desk.may_work(load(commits), at(0)));
        desk.worked();
    }
}

#[test]
fn it_rests_when_there_is_nothing_to_do() {
    let mut desk = Desk::default();
    desk.may_work(load(0), at(0));
    assert!(desk.may_work(load(0), at(1)));
    desk.found_nothing(at(1));
    assert!(!desk.may_work(load(0), at(30)));
    assert!(desk.may_work(load(0), at(62)));
    desk.found_nothing(at(62));
    assert!(desk.may_work(load(0), at(-100_000)), "a clock set back does not stop it");
}

#[test]
fn checks_are_made_at_night_and_once() {
    let mut desk = Desk::default();
    let by_day: Timestamp = "2026-11-23T03:00:00Z".parse().unwrap(); // 10:00 in Vietnam
    let night: Timestamp = "2026-11-23T15:00:00Z".parse().unwrap(); // 22:00
    for chore in [Chore::EraseTickets, Chore::Sweep, Chore::DropScans] {
        assert_eq!(desk.due(by_day), Some(chore));
        desk.done(chore, by_day);
    }
    assert_eq!(desk.due(by_day), None);
    for chore in Chore::ALL {
        desk.done(chore, night);
    }
    let hours = |hours: i64| night + jiff::SignedDuration::from_hours(hours);
    for chore in [Chore::EraseTickets, Chore::Sweep, Chore::DropScans] {
        desk.done(chore, hours(21));
    }
    assert_eq!(desk.due(hours(21)), Some(Chore::CheckJournal), "the next evening");
    for chore in Chore::ALL {
        desk.done(chore, hours(21));
    }
    assert_eq!(desk.due(hours(21)), None);
}

#[test]
fn a_box_that_is_off_at_night_checks_by_day_in_the_end() {
    let mut desk = Desk::default();
    let by_day: Timestamp = "2026-11-23T03:00:00Z".parse().unwrap();
    for chore in Chore::ALL {
        desk.done(chore, by_day);
    }
    let days = |days: i64| by_day + jiff::SignedDuration::from_hours(24 * days);
    for chore in [Chore::EraseTickets, Chore::Sweep, Chore::DropScans] {
        desk.done(chore, days(2));
        assert_eq!(desk.due(days(2)).filter(|due| due.is_check()), None);
        desk.done(chore, days(3));
    }
    assert_eq!(desk.due(days(3)), Some(Chore::CheckJournal));
}
