//! Bookings through the mailboxes, with the real store: made by officers, said by the hub.

use super::{BookingWish, QueueReply};
use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use crate::actors::testing::{Center, NODE, WRAPPING, at_counter, issuing, queue_settings};
use domain::Journaled;
use domain::calendar::Session;
use domain::ids::{NodeId, ServiceCode};
use domain::queue::{
    Booking, BookingCode, BookingKind, BookingState, BookingWord, DAYS_OF_WEEK, Ticket, Week,
};
use domain::time::Clock;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp, civil};
use journal::entry::NO_HASH;
use journal::{Change, ClockState, Entry, Sealing, WrappingKey};
use store::down::{DownEntry, read_entries};
use uuid::Uuid;

fn kiosk(key: &str) -> Origin {
    Origin::device("kiosk-1").with_request(Some(key))
}

fn service() -> ServiceCode {
    ServiceCode::parse("ho-tich").unwrap()
}

async fn book(center: &Center, in_minutes: i64) -> Booking {
    let from = center.clock.now() + SignedDuration::from_mins(in_minutes);
    let wish = BookingWish { service: service(), from: Some(from) };
    center.queue.book(at_counter(), wish).await.unwrap().booking.unwrap()
}

async fn arrive(center: &Center, code: &BookingCode, key: &str) -> Result<QueueReply, Failure> {
    center.queue.arrive(kiosk(key), code.clone(), false).await
}

fn refusal(answer: Result<QueueReply, Failure>) -> &'static str {
    answer.unwrap_err().code()
}

async fn stored(center: &Center, id: Uuid) -> (Option<Booking>, Option<Ticket>) {
    let read = move |conn: &rusqlite::Connection| {
        Ok((store::query::bookings::by_id(conn, id)?, store::query::tickets::by_id(conn, id)?))
    };
    center.ports.readers.read(read).await.unwrap()
}

/// The hub's journal for this node: one entry for each word.
fn said(words: &[BookingWord]) -> Vec<DownEntry> {
    let node = NodeId::parse(NODE).unwrap();
    let mut prev = NO_HASH;
    let mut raws = Vec::new();
    for (word, seq) in words.iter().zip(1..) {
        let mut entry = Entry {
            format: journal::entry::FORMAT,
            node: node.clone(),
            epoch: 1,
            seq,
            at_utc_us: word.made_at.as_microsecond(),
            boot_id: [0; 16],
            monotonic_ns: 0,
            clock_state: ClockState::Steady,
            actor: "citizen".to_owned(),
            device: "hub".to_owned(),
            request_key: String::new(),
            changes: vec![Change {
                kind: Booking::KIND.to_owned(),
                subject: word.id.to_string(),
                axis: String::new(),
                rev: 1,
                base_rev: 0,
                term: 0,
                schema: 1,
                public: serde_json::to_vec(word).unwrap(),
                sealed: Vec::new(),
                blobs: Vec::new(),
            }],
            prev,
            hash: NO_HASH,
        };
        raws.push(entry.seal_hash().unwrap());
        prev = entry.hash;
    }
    let wrapping = WrappingKey::from_bytes(WRAPPING);
    read_entries(&node, &raws, &[], &wrapping, Sealing::On).unwrap()
}

fn word(center: &Center, in_minutes: i64, cancelled_at: Option<Timestamp>) -> BookingWord {
    let from = center.clock.now() + SignedDuration::from_mins(in_minutes);
    BookingWord {
        id: Uuid::from_u128(77),
        code: BookingCode::from_random([3; 8]),
        service: service(),
        kind: BookingKind::Appointment,
        from,
        to: from + SignedDuration::from_mins(30),
        place: 1,
        made_at: center.clock.now(),
        cancelled_at,
    }
}

#[actix_rt::test]
async fn no_time_is_booked_on_a_weekday_on_which_the_center_is_closed() {
    let morning = Session { from: civil::time(7, 30, 0, 0), to: civil::time(11, 30, 0, 0) };
    let mut week: [Vec<Session>; DAYS_OF_WEEK] = std::array::from_fn(|_| Vec::new());
    // Monday and Saturday; the center's clock begins at eight on a Monday.
    week[0].push(morning);
    week[5].push(morning);
    let mut settings = queue_settings();
    settings.hours.week = Week::by_weekday(week);
    let center = Center::start_with(settings).await;
    let at = |days: i64| Some(center.clock.now() + SignedDuration::from_hours(24 * days + 1));
    let wish = |days| BookingWish { service: service(), from: at(days) };
    let booked = async |days| center.queue.book(at_counter(), wish(days)).await;
    assert_eq!(refusal(booked(1).await), "booking.day_off");
    assert!(booked(0).await.is_ok() && booked(5).await.is_ok(), "Monday and Saturday");
}

#[actix_rt::test]
async fn a_booking_becomes_one_ticket_however_often_and_by_whom_it_is_asked_for() {
    let mut center = Center::start().await;
    let booking = book(&center, 60).await;
    assert_eq!(stored(&center, booking.id).await, (Some(booking.clone()), None));
    center.clock.move_by(50 * 60);
    let first = arrive(&center, &booking.code, "one").await.unwrap();
    let ticket = first.ticket.clone().unwrap();
    assert_eq!((ticket.id, ticket.appointment_at), (booking.id, Some(booking.from)));
    // the same press again, also after a restart: the same number
    assert_eq!(arrive(&center, &booking.code, "one").await.unwrap(), first);
    center.restart_queue();
    assert_eq!(arrive(&center, &booking.code, "one").await.unwrap(), first);
    assert_eq!(refusal(arrive(&center, &booking.code, "two").await), "booking.used");
    let (kept, given) = stored(&center, booking.id).await;
    assert_eq!((kept.unwrap().state, given.unwrap().label), (BookingState::Arrived, ticket.label));
}

#[actix_rt::test]
async fn who_comes_in_time_is_told_of_those_who_stand_before_an_appointment_and_of_no_others() {
    let center = Center::start().await;
    for _ in 0..2 {
        center.queue.issue(Origin::device("kiosk-1"), issuing()).await.unwrap();
    }
    let booking = book(&center, 60).await;
    let early = book(&center, 60).await;
    assert_eq!(arrive(&center, &early.code, "early").await.unwrap().waiting_ahead, Some(2));
    center.clock.move_by(60 * 60);
    center.queue.issue(Origin::device("kiosk-1"), issuing()).await.unwrap();
    // The other one of the same time, and nobody without one.
    assert_eq!(arrive(&center, &booking.code, "in time").await.unwrap().waiting_ahead, Some(1));
}

#[actix_rt::test]
async fn presses_at_once_with_keys_of_their_own_get_one_ticket_together() {
    let center = Center::start().await;
    let booking = book(&center, 0).await;
    let keys: Vec<String> = (0..8).map(|number| format!("press-{number}")).collect();
    let answers = join_all(keys.iter().map(|key| arrive(&center, &booking.code, key))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refused in answers.into_iter().filter(Result::is_err) {
        assert_eq!(refusal(refused), "booking.used");
    }
}

#[actix_rt::test]
async fn officers_who_book_at_once_never_share_a_place() {
    let center = Center::start().await;
    let from = center.clock.now() + SignedDuration::from_mins(60);
    let wish = || BookingWish { service: service(), from: Some(from) };
    let answers = join_all((0..6).map(|_| center.queue.book(at_counter(), wish()))).await;
    let mut places: Vec<u32> =
        answers.iter().flatten().map(|reply| reply.booking.as_ref().unwrap().place).collect();
    places.sort_unstable();
    assert_eq!(places, [1, 2]);
    let mut refused = answers.iter().filter_map(|answer| answer.as_ref().err());
    assert!(refused.all(|failure| failure.code() == "booking.slot_full"));
    // a place that is given back is free again
    let reply = answers.into_iter().flatten().next().unwrap();
    let given = reply.booking.unwrap();
    center.queue.give_booking_back(at_counter(), given.code).await.unwrap();
    let again = center.queue.book(at_counter(), wish()).await.unwrap().booking.unwrap();
    assert_eq!(again.place, given.place);
}

#[actix_rt::test]
async fn a_time_at_the_end_of_all_time_is_refused_and_the_desk_goes_on() {
    let center = Center::start().await;
    for from in [Timestamp::MIN, Timestamp::MAX] {
        let wish = BookingWish { service: service(), from: Some(from) };
        let refused = center.queue.book(at_counter(), wish).await.unwrap_err();
        assert!(refused.code().starts_with("booking."), "{refused}");
    }
    assert_eq!(book(&center, 60).await.state, BookingState::Booked);
}

#[actix_rt::test]
async fn what_was_booked_at_the_province_is_taken_in_once_and_gives_a_ticket_by_its_code() {
    let center = Center::start().await;
    let booked = word(&center, 30, None);
    assert_eq!(refusal(arrive(&center, &booked.code, "early").await), "booking.unknown");
    // said twice: a hub that does not know of the first arrival says it again
    for entry in said(&[booked.clone(), booked.clone()]) {
        center.dossiers.take_down(entry).await.unwrap();
    }
    let ticket = arrive(&center, &booked.code, "now").await.unwrap().ticket.unwrap();
    assert_eq!(ticket.id, booked.id);
    let (kept, _) = stored(&center, booked.id).await;
    assert_eq!(kept.map(|kept| (kept.state, kept.rev)), Some((BookingState::Arrived, 2)));
}

#[actix_rt::test]
async fn who_gave_back_at_the_province_gets_no_ticket_and_who_had_come_keeps_it() {
    for comes_first in [false, true] {
        let center = Center::start().await;
        let booked = word(&center, 30, None);
        let back = BookingWord { cancelled_at: Some(center.clock.now()), ..booked.clone() };
        let mut entries = said(&[booked.clone(), back]).into_iter();
        center.dossiers.take_down(entries.next().unwrap()).await.unwrap();
        if comes_first {
            arrive(&center, &booked.code, "came").await.unwrap();
        }
        center.dossiers.take_down(entries.next().unwrap()).await.unwrap();
        let (kept, ticket) = stored(&center, booked.id).await;
        let state = kept.unwrap().state;
        if comes_first {
            assert_eq!((state, ticket.is_some()), (BookingState::Arrived, true));
        } else {
            assert_eq!((state, ticket), (BookingState::Cancelled, None));
            assert_eq!(refusal(arrive(&center, &booked.code, "came").await), "booking.cancelled");
        }
    }
}

#[actix_rt::test]
async fn a_booking_that_comes_over_the_line_after_its_time_says_so() {
    let center = Center::start().await;
    let booked = word(&center, 30, None);
    center.clock.move_by(2 * 3600);
    for entry in said(std::slice::from_ref(&booked)) {
        center.dossiers.take_down(entry).await.unwrap();
    }
    assert_eq!(stored(&center, booked.id).await.0.unwrap().state, BookingState::TooLate);
    // who stands there with it gets a number all the same
    assert!(arrive(&center, &booked.code, "here").await.unwrap().ticket.is_some());
}

#[actix_rt::test]
async fn whom_nobody_saw_is_missed_when_the_next_day_begins() {
    let center = Center::start().await;
    let booking = book(&center, 60).await;
    center.clock.move_by(24 * 3600);
    let answer = arrive(&center, &booking.code, "late").await;
    assert_eq!(refusal(answer), "booking.over");
    let next = book(&center, 60).await;
    assert_eq!(stored(&center, booking.id).await.0.unwrap().state, BookingState::Missed);
    assert_eq!(stored(&center, next.id).await.0.unwrap().state, BookingState::Booked);
}
