//! Bookings in tables and journal: both say the same, a place is given once, and a new box has them.

use domain::queue::{Booking, BookingCode, BookingKind, BookingState, MADE_BY_HUB, Slot};
use domain::split::Journaled;

use super::*;
use crate::query::bookings;
use crate::restore::{RestoredPage, RestoredRow};

fn booking(number: u8, place: u32) -> Booking {
    let slot = Slot { from: after_s(3_600), to: after_s(5_400), place, left: 1 };
    let made = (Uuid::now_v7(), BookingCode::from_random([number; 8]));
    let service = "ho-tich".parse().unwrap();
    Booking::of_slot(slot, made, service, BookingKind::Appointment, "nguyen.lan".to_owned(), now())
}

fn after(before: &Booking, state: BookingState) -> Booking {
    Booking { state, ended_at: Some(after_s(60)), rev: before.rev + 1, ..before.clone() }
}

#[test]
fn a_booking_is_found_by_its_code_and_the_journal_says_the_same_as_the_tables() {
    let folder = folder();
    let store = open(&folder);
    let one = booking(1, 1);
    store.commit_now(batch().with(one.clone())).unwrap();
    let arrived = after(&one, BookingState::Arrived);
    store.commit_now(batch().with(ticket(1)).with(arrived.clone())).unwrap();
    assert_eq!(read(&store, |c| bookings::by_code(c, &one.code)), Some(arrived.clone()));
    assert_eq!(read(&store, |c| bookings::by_id(c, one.id)), Some(arrived));
    assert!(read(&store, |c| bookings::open_before(c, after_s(9_999), 10)).is_empty());
    let stale = store.commit_now(batch().with(after(&one, BookingState::Cancelled)));
    assert!(matches!(stale, Err(StoreError::StaleRevision { kind: "booking", .. })));
    drop(store);
    assert_in_order(&folder);
}

#[test]
fn a_place_is_given_once_until_it_is_given_back_and_the_hubs_places_are_its_own() {
    let folder = folder();
    let store = open(&folder);
    let one = booking(1, 1);
    store.commit_now(batch().with(one.clone())).unwrap();
    let clash = store.commit_now(batch().with(booking(2, 1)));
    assert!(matches!(clash, Err(StoreError::Taken(_))));
    let of_hub = Booking { made_by: MADE_BY_HUB.to_owned(), ..booking(3, 1) };
    store.commit_now(batch().with(of_hub)).unwrap();
    let service = "ho-tich".parse().unwrap();
    let taken = || read(&store, |c| bookings::taken_places(c, &service, now(), after_s(7_200)));
    assert_eq!(taken(), [(one.from, 1)]);
    store.commit_now(batch().with(after(&one, BookingState::Cancelled))).unwrap();
    assert!(taken().is_empty());
    store.commit_now(batch().with(booking(4, 1))).unwrap();
    let all = read(&store, |c| bookings::between(c, now(), after_s(7_200), 10));
    assert_eq!(all.len(), 3);
}

#[test]
fn a_new_box_takes_the_bookings_of_the_old_one_in() {
    let folder = folder();
    let store = open(&folder);
    let one = booking(1, 1);
    let (public, private) = one.split();
    let row = RestoredRow {
        kind: Booking::KIND.to_owned(),
        subject: one.id.to_string(),
        axis: String::new(),
        rev: one.rev,
        public,
        private,
    };
    let page = RestoredPage {
        part: "open".to_owned(),
        rows: vec![row],
        blobs_at_hub: Vec::new(),
        progress: "one".to_owned(),
    };
    store.commit_now(batch().and(page.into())).unwrap();
    assert_eq!(read(&store, |c| bookings::by_code(c, &one.code)), Some(one.clone()));
    // and goes on from there
    store.commit_now(batch().with(after(&one, BookingState::Arrived))).unwrap();
    drop(store);
    assert_in_order(&folder);
}
