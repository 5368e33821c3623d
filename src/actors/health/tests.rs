use super::desk::{ClockState, Desk, DiskState, Observation, StoreState};
use jiff::Timestamp;
use std::time::Duration;

const GIB: u64 = 1024 * 1024 * 1024;

fn seen(wall: i64, counted: u64) -> Observation {
    Observation {
        wall: Timestamp::from_second(1_764_000_000 + wall).unwrap(),
        monotonic: Duration::from_secs(counted),
        last_entry_at: None,
        disk: Some((5 * GIB, 10 * GIB)),
        store: StoreState::Ok,
    }
}

fn codes(desk: &mut Desk, observation: Observation) -> Vec<&'static str> {
    desk.observe(observation).1.into_iter().map(|change| change.code).collect()
}

#[test]
fn a_well_center_tells_nothing() {
    let mut desk = Desk::default();
    assert!(codes(&mut desk, seen(0, 0)).is_empty());
    assert!(codes(&mut desk, seen(5, 5)).is_empty());
}

#[test]
fn a_clock_that_jumps_is_told_once_and_stays_doubtful_until_someone_confirms() {
    let mut desk = Desk::default();
    codes(&mut desk, seen(0, 0));
    assert_eq!(codes(&mut desk, seen(1000, 5)), ["health.clock_jumped"]);
    assert!(codes(&mut desk, seen(1005, 10)).is_empty());
    desk.confirm_clock();
    assert!(codes(&mut desk, seen(1010, 15)).is_empty());
}

#[test]
fn a_clock_set_back_by_hours_is_a_jump() {
    let mut desk = Desk::default();
    codes(&mut desk, seen(0, 0));
    assert_eq!(codes(&mut desk, seen(-7200, 5)), ["health.clock_jumped"]);
}

#[test]
fn a_clock_behind_the_last_entry_is_told_at_the_first_look() {
    let mut desk = Desk::default();
    let mut observation = seen(0, 0);
    observation.last_entry_at = Some(Timestamp::from_second(1_764_000_600).unwrap());
    let (report, changes) = desk.observe(observation);
    assert_eq!(report.clock, ClockState::Behind);
    assert_eq!(changes[0].code, "health.clock_behind");
    observation.wall = Timestamp::from_second(1_764_000_601).unwrap();
    observation.monotonic = Duration::from_secs(601);
    assert_eq!(codes(&mut desk, observation), ["health.clock_well"]);
}

#[test]
fn a_disk_that_fills_is_told_once_and_does_not_waver_at_the_border() {
    let mut desk = Desk::default();
    let with_room =
        |percent| Observation { disk: Some((percent * GIB / 10, 10 * GIB)), ..seen(0, 0) };
    assert_eq!(codes(&mut desk, with_room(19)), ["health.disk_low"]);
    assert!(codes(&mut desk, with_room(21)).is_empty());
    assert_eq!(codes(&mut desk, with_room(22)), ["health.disk_well"]);
    let (report, _) = desk.observe(Observation { disk: None, ..seen(0, 0) });
    assert_eq!(report.disk, DiskState::Unknown);
}

#[test]
fn a_large_disk_with_room_for_a_week_is_not_low_however_small_the_share() {
    let mut desk = Desk::default();
    let with_room =
        |free, total| Observation { disk: Some((free * GIB, total * GIB)), ..seen(0, 0) };
    assert!(codes(&mut desk, with_room(53, 1_000)).is_empty());
    assert_eq!(codes(&mut desk, with_room(9, 1_000)), ["health.disk_low"]);
    assert!(codes(&mut desk, with_room(10, 1_000)).is_empty());
    assert_eq!(codes(&mut desk, with_room(12, 1_000)), ["health.disk_well"]);
}

#[test]
fn each_mark_of_the_disk_is_told() {
    let mut desk = Desk::default();
    let with_room = |free| Observation { disk: Some((free, 100)), ..seen(0, 0) };
    assert_eq!(codes(&mut desk, with_room(10)), ["health.disk_tight"]);
    assert_eq!(codes(&mut desk, with_room(5)), ["health.scans_stopped"]);
    assert!(codes(&mut desk, with_room(6)).is_empty());
    assert_eq!(codes(&mut desk, with_room(7)), ["health.disk_tight"]);
    assert_eq!(codes(&mut desk, with_room(60)), ["health.disk_well"]);
}

#[test]
fn a_full_disk_is_told_and_told_again_when_it_is_well() {
    let mut desk = Desk::default();
    let full = Observation { store: StoreState::DiskFull, ..seen(0, 0) };
    assert_eq!(codes(&mut desk, full), ["health.disk_full"]);
    assert!(codes(&mut desk, full).is_empty());
    assert_eq!(codes(&mut desk, seen(0, 0)), ["health.store_well"]);
}
