//! Bookings, told as facts.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::tests::{Hall, code, plan};
use super::*;
use crate::refusal::Refusal;
use crate::split::Journaled;

/// The hall's morning begins at 07:30; the booking is for 08:00 to 08:30.
fn booking(hall: &Hall) -> Booking {
    let from = hall.now + SignedDuration::from_mins(30);
    let to = from + SignedDuration::from_mins(30);
    let slot = Slot { from, to, place: 1, left: 2 };
    let made = (Uuid::from_u128(900), BookingCode::from_random([7; 8]));
    let kind = BookingKind::Appointment;
    Booking::of_slot(slot, made, code("ho-tich"), kind, "officer-1".to_owned(), hall.now)
}

fn arrive(hall: &mut Hall, booking: &Booking) -> Result<(Ticket, Booking), Refusal> {
    let (decision, after) = hall.queue.arrive(booking, (true, "kiosk".to_owned()), hall.now)?;
    hall.queue.apply(&decision);
    Ok((decision.tickets[0].clone(), after))
}

#[test]
fn a_code_is_read_as_it_is_typed_and_scanned() {
    let code = BookingCode::from_random([0, 1, 2, 3, 4, 5, 6, 7]);
    let shown = code.to_string();
    assert_eq!((shown.len(), shown.chars().nth(5)), (CODE_LENGTH + 1, Some('-')));
    for typed in [
        shown.clone(),
        shown.to_lowercase(),
        code.as_str().to_owned(),
        format!(" {} ", shown.replace('-', " ")),
        format!("https://tinh.vn/dat-lich/{}", code.as_str()),
        format!("https://tinh.vn/dat-lich?ma={}", code.as_str()),
        format!("https://tinh.vn/dat-lich#{}", code.as_str()),
    ] {
        assert_eq!(BookingCode::parse(&typed), Some(code.clone()), "{typed}");
    }
    for wrong in ["", "K7Q2M", "K7Q2M-4XDPA-1", "K7Q2M-4XDPU", "Ưu tiên số 1"] {
        assert_eq!(BookingCode::parse(wrong), None, "{wrong}");
    }
    assert_eq!(BookingCode::parse("OIL00-00000"), BookingCode::parse("01100-00000"));
    assert!(!format!("{code:?}").contains(code.as_str()));
}

#[test]
fn who_comes_by_appointment_stands_among_the_priority_callers_from_its_time_on() {
    let mut hall = Hall::open();
    let booking = booking(&hall);
    hall.issue("ho-tich", None).unwrap();
    hall.issue("ho-tich", None).unwrap();
    let (ticket, after) = arrive(&mut hall, &booking).unwrap();
    assert_eq!((ticket.id, ticket.appointment_at), (booking.id, Some(booking.from)));
    assert_eq!((after.state, after.rev), (BookingState::Arrived, 2));
    // early: who came before goes before
    assert_eq!(hall.serve(1), "A001");
    hall.pass(30 * 60);
    assert_eq!(hall.call(1).unwrap().id, booking.id);
    assert_eq!(hall.call(2).unwrap().label, "A002");
}

#[test]
fn who_comes_late_in_the_window_keeps_the_place_and_who_comes_after_the_grace_does_not() {
    let grace_s = 15 * 60;
    let hall = Hall::open();
    let booking = booking(&hall);
    let at = |minutes| booking.from + SignedDuration::from_mins(minutes);
    let counts = |minutes| booking.counts_from(at(minutes), grace_s);
    assert_eq!(counts(-20), booking.from);
    assert_eq!(counts(15), booking.from);
    assert_eq!(counts(25), at(25));
    assert_eq!(counts(40), booking.to);
    assert_eq!(counts(46), booking.from);
    for (minutes, class) in [(25, Class::Priority), (44, Class::Priority), (46, Class::Regular)] {
        let mut hall = Hall::open();
        hall.now = at(minutes);
        let (ticket, _) = arrive(&mut hall, &booking).unwrap();
        assert_eq!(ticket.standing(hall.now, grace_s).0, class, "{minutes}");
    }
}

#[test]
fn one_booking_gives_one_ticket() {
    let mut hall = Hall::open();
    let booking = booking(&hall);
    let (_, after) = arrive(&mut hall, &booking).unwrap();
    // by its state as stored, and also by an old one: the ticket has its id
    assert_eq!(arrive(&mut hall, &after).unwrap_err().code(), "booking.used");
    assert_eq!(arrive(&mut hall, &booking).unwrap_err(), Refusal::TicketExists);
    assert_eq!(hall.queue.tickets().count(), 1);
}

#[test]
fn a_booking_of_another_day_is_told_its_time() {
    let mut hall = Hall::open();
    let mut later = booking(&hall);
    later.from += SignedDuration::from_hours(24);
    later.to += SignedDuration::from_hours(24);
    let refusal = arrive(&mut hall, &later).unwrap_err();
    assert_eq!(refusal, Refusal::BookingNotToday { from: "08:00, 24/11".to_owned() });
    let mut before = later.clone();
    before.from -= SignedDuration::from_hours(48);
    before.to -= SignedDuration::from_hours(48);
    assert_eq!(arrive(&mut hall, &before).unwrap_err().code(), "booking.over");
    assert_eq!(before.missed(hall.now).unwrap().state, BookingState::Missed);
    assert_eq!(later.missed(hall.now), None);
}

#[test]
fn a_booking_is_given_back_until_its_time_and_not_after() {
    let hall = Hall::open();
    let booking = booking(&hall);
    let gone = booking.cancel(hall.now).unwrap();
    assert_eq!((gone.state, gone.rev), (BookingState::Cancelled, 2));
    assert_eq!(gone.cancel(hall.now), Err(Refusal::BookingCancelled));
    assert_eq!(booking.cancel(booking.from).unwrap_err().code(), "booking.over");
    let mut hall = Hall::open();
    assert_eq!(arrive(&mut hall, &gone).unwrap_err(), Refusal::BookingCancelled);
}

fn word(booking: &Booking, cancelled_at: Option<Timestamp>) -> BookingWord {
    BookingWord {
        id: booking.id,
        code: booking.code.clone(),
        service: booking.service.clone(),
        kind: booking.kind,
        from: booking.from,
        to: booking.to,
        place: booking.place,
        made_at: booking.made_at,
        cancelled_at,
    }
}

#[test]
fn what_the_hub_says_again_or_too_late_changes_nothing_that_happened_here() {
    let mut hall = Hall::open();
    let booking = booking(&hall);
    let taken = word(&booking, None).taken(None, hall.now).unwrap();
    assert_eq!((taken.state, taken.rev), (BookingState::Booked, 1));
    assert_eq!(word(&booking, None).taken(Some(&taken), hall.now), None);
    let (_, arrived) = arrive(&mut hall, &taken).unwrap();
    assert_eq!(word(&booking, Some(hall.now)).taken(Some(&arrived), hall.now), None);
    let cancelled = word(&booking, Some(hall.now)).taken(Some(&taken), hall.now).unwrap();
    assert_eq!((cancelled.state, cancelled.rev), (BookingState::Cancelled, 2));
    // both words in one: the booking was never here before it was given back
    let never = word(&booking, Some(hall.now)).taken(None, hall.now).unwrap();
    assert_eq!((never.state, never.rev), (BookingState::Cancelled, 1));
}

#[test]
fn a_booking_that_came_after_its_time_still_gives_a_regular_number_on_its_day() {
    let mut hall = Hall::open();
    let booking = booking(&hall);
    hall.now = booking.to + SignedDuration::from_mins(20);
    let taken = word(&booking, None).taken(None, hall.now).unwrap();
    assert_eq!(taken.state, BookingState::TooLate);
    let (ticket, _) = arrive(&mut hall, &taken).unwrap();
    assert_eq!(ticket.standing(hall.now, 15 * 60).0, Class::Regular);
}

#[test]
fn a_booking_is_journaled_whole_and_read_again_without_what_came_later() {
    let hall = Hall::open();
    let booking = booking(&hall);
    let (public, sealed) = booking.split();
    assert!(sealed.is_null() && public.get("ended_at").is_none());
    assert_eq!(Booking::join(public, sealed).unwrap(), booking);
    let frozen = serde_json::json!({
        "id": "00000000-0000-0000-0000-000000000001", "code": "K7Q2M4XDPA", "service": "ho-tich",
        "kind": "remote", "from": "2026-11-23T01:00:00Z", "to": "2026-11-23T01:30:00Z", "place": 1,
        "state": "booked", "made_by": "@hub", "made_at": "2026-11-22T09:00:00Z", "rev": 1,
    });
    let read: Booking = serde_json::from_value(frozen.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), frozen);
}

/// What may happen to one booking of the province's page: words that come again and again, a citizen
/// who comes, the day's end.
#[derive(Debug, Clone, Copy)]
enum Step {
    Made,
    GivenBack,
    Comes,
    DayEnds,
}

proptest! {
    #[test]
    fn whatever_comes_again_and_again_a_booking_gives_at_most_one_ticket_and_is_never_lost(
        steps in proptest::collection::vec(
            prop_oneof![
                Just(Step::Made), Just(Step::GivenBack), Just(Step::Comes), Just(Step::DayEnds)
            ],
            1..20,
        ),
        restarts in any::<bool>(),
    ) {
        let mut hall = Hall::with(vec![plan(1, &["ho-tich"])]);
        let wanted = booking(&hall);
        let mut stored: Option<Booking> = None;
        let mut tickets = 0;
        for step in steps {
            let after = match step {
                Step::Made => word(&wanted, None).taken(stored.as_ref(), hall.now),
                Step::GivenBack => {
                    word(&wanted, Some(hall.now)).taken(stored.as_ref(), hall.now)
                }
                Step::Comes => stored.clone().and_then(|kept| {
                    let (_, after) = arrive(&mut hall, &kept).ok()?;
                    tickets += 1;
                    Some(after)
                }),
                Step::DayEnds => stored
                    .as_ref()
                    .and_then(|kept| kept.missed(hall.now + SignedDuration::from_hours(24))),
            };
            if let Some(after) = after {
                // each state follows the stored one, and none that is over changes any more
                let before = stored.as_ref().map_or(0, |kept| kept.rev);
                prop_assert_eq!(after.rev, before + 1);
                prop_assert!(stored.as_ref().is_none_or(|kept| kept.state.is_open()));
                stored = Some(after);
            }
            if restarts {
                hall.restart();
            }
        }
        prop_assert!(tickets <= 1);
        prop_assert_eq!(hall.queue.tickets().count(), tickets);
        let arrived = stored.is_some_and(|kept| kept.state == BookingState::Arrived);
        prop_assert_eq!(arrived, tickets == 1);
    }
}
