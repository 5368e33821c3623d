use super::desk::{ClockState, Desk, DiskState, Observation, StoreState};
use jiff::Timestamp;

const GIB: u64 = 1024 * 1024 * 1024;

fn seen(second: i64) -> Observation {
    let at = Timestamp::from_second(1_764_000_000 + second).unwrap();
    Observation {
        at,
        machine: at,
        clock: ClockState::Ok,
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
    assert!(codes(&mut desk, seen(0)).is_empty());
    assert!(codes(&mut desk, seen(5)).is_empty());
}

#[test]
fn a_clock_that_is_wrong_is_told_once_and_told_again_when_it_is_well() {
    let mut desk = Desk::default();
    let wrong = Observation { clock: ClockState::Wrong, ..seen(5) };
    let (report, changes) = desk.observe(wrong);
    assert_eq!((report.clock, changes[0].code), (ClockState::Wrong, "health.clock_wrong"));
    assert!(codes(&mut desk, wrong).is_empty());
    let suspect = Observation { clock: ClockState::Suspect, ..seen(10) };
    assert_eq!(codes(&mut desk, suspect), ["health.clock_suspect"]);
    assert_eq!(codes(&mut desk, seen(15)), ["health.clock_well"]);
}

#[test]
fn a_disk_that_fills_is_told_once_and_does_not_waver_at_the_border() {
    let mut desk = Desk::default();
    let with_room = |percent| Observation { disk: Some((percent * GIB / 10, 10 * GIB)), ..seen(0) };
    assert_eq!(codes(&mut desk, with_room(19)), ["health.disk_low"]);
    assert!(codes(&mut desk, with_room(21)).is_empty());
    assert_eq!(codes(&mut desk, with_room(22)), ["health.disk_well"]);
    let (report, _) = desk.observe(Observation { disk: None, ..seen(0) });
    assert_eq!(report.disk, DiskState::Unknown);
}

#[test]
fn a_large_disk_with_room_for_a_week_is_not_low_however_small_the_share() {
    let mut desk = Desk::default();
    let with_room = |free, total| Observation { disk: Some((free * GIB, total * GIB)), ..seen(0) };
    assert!(codes(&mut desk, with_room(53, 1_000)).is_empty());
    assert_eq!(codes(&mut desk, with_room(9, 1_000)), ["health.disk_low"]);
    assert!(codes(&mut desk, with_room(10, 1_000)).is_empty());
    assert_eq!(codes(&mut desk, with_room(12, 1_000)), ["health.disk_well"]);
}

#[test]
fn each_mark_of_the_disk_is_told() {
    let mut desk = Desk::default();
    let with_room = |free| Observation { disk: Some((free, 100)), ..seen(0) };
    assert_eq!(codes(&mut desk, with_room(10)), ["health.disk_tight"]);
    assert_eq!(codes(&mut desk, with_room(5)), ["health.scans_stopped"]);
    assert!(codes(&mut desk, with_room(6)).is_empty());
    assert_eq!(codes(&mut desk, with_room(7)), ["health.disk_tight"]);
    assert_eq!(codes(&mut desk, with_room(60)), ["health.disk_well"]);
}

#[test]
fn a_full_disk_is_told_and_told_again_when_it_is_well() {
    let mut desk = Desk::default();
    let full = Observation { store: StoreState::DiskFull, ..seen(0) };
    assert_eq!(codes(&mut desk, full), ["health.disk_full"]);
    assert!(codes(&mut desk, full).is_empty());
    assert_eq!(codes(&mut desk, seen(0)), ["health.store_well"]);
}
