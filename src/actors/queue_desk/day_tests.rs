//! The day: its hours, its end, and the first command of the next.

use super::tests::{kiosk, label, open, stored};
use super::{Issuing, Which};
use crate::actors::failure::Failure;
use crate::actors::testing::{Center, ONE, at_counter, issuing, officer, queue_settings, until};
use domain::calendar::Session;
use domain::queue::{DAYS_OF_WEEK, DayEnd, TicketState, Week};
use domain::refusal::Refusal;
use domain::time::Clock;
use jiff::civil;

#[actix_rt::test]
async fn whoever_asks_first_on_a_new_day_does_not_leave_yesterdays_number_on_a_sign() {
    let center = Center::start().await;
    open(&center).await;
    label(&center.queue).await;
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    until("the sign to show it", async || {
        center.simulated.sign.shown().text.contains("A001").then_some(())
    })
    .await;
    center.clock.move_by(24 * 3600);
    assert!(center.queue.look(Which::All).await.unwrap().tickets.is_empty());
    assert_eq!(center.live.hall().counters[0].label, None);
    until("the sign to be empty", async || {
        (!center.simulated.sign.shown().text.contains("A001")).then_some(())
    })
    .await;
}

#[actix_rt::test]
async fn a_new_day_begins_with_the_first_number_and_needs_no_restart() {
    let center = Center::start().await;
    open(&center).await;
    assert_eq!(label(&center.queue).await, "A001");
    assert_eq!(label(&center.queue).await, "A002");
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    center.clock.move_by(24 * 3600);
    assert_eq!(
        center.queue.call_next(at_counter(), ONE).await,
        Err(Failure::Refused(Refusal::CounterNotOpen { counter: ONE }))
    );
    assert_eq!(label(&center.queue).await, "A001");
    // Back on the day before: its tickets are there, and no number is given twice.
    center.clock.move_by(-24 * 3600);
    assert_eq!(label(&center.queue).await, "A003");
}

#[actix_rt::test]
async fn the_first_command_of_a_day_closes_what_the_day_before_left_open() {
    let mut center = Center::start().await;
    center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
    for _ in 0..60 {
        center.queue.issue(at_counter(), issuing()).await.unwrap();
    }
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    let unfinished = async |center: &Center| {
        let tomorrow = domain::time::business_day(center.clock.now()).tomorrow().unwrap();
        let read = move |conn: &rusqlite::Connection| {
            Ok((
                store::query::tickets::unfinished_before(conn, tomorrow, 1000)?,
                store::query::counters::all(conn)?,
            ))
        };
        center.ports.readers.read(read).await.unwrap()
    };
    assert_eq!(unfinished(&center).await.0.len(), 60);
    // Switched off in the evening and on in the morning: there was no midnight to hear.
    center.clock.move_by(24 * 3600);
    center.restart_queue();
    let view = center.queue.look(Which::All).await.unwrap();
    assert!(view.tickets.is_empty(), "looking is no command");
    let new = center.queue.issue(at_counter(), issuing()).await.unwrap().ticket.unwrap();
    assert_eq!(new.label, "A001");
    let (tickets, counters) = until("yesterday to be closed", async || {
        let (tickets, counters) = unfinished(&center).await;
        (tickets.len() == 1).then_some((tickets, counters))
    })
    .await;
    assert_eq!(tickets[0].id, new.id, "only today's waits");
    assert_eq!(counters[0].state, domain::queue::CounterState::Closed);
    assert!(counters[0].closed_at_day_end);
    let yesterday = new.business_day.yesterday().unwrap();
    let all = center.ports.readers.read(move |c| store::query::tickets::of_day(c, yesterday)).await;
    let states: Vec<TicketState> = all
        .unwrap()
        .iter()
        .inspect(|ticket| assert!(ticket.closed_at_day_end, "{}", ticket.label))
        .map(|ticket| ticket.state)
        .collect();
    assert_eq!(states.iter().filter(|state| **state == TicketState::NoShow).count(), 1);
    assert_eq!(states.iter().filter(|state| **state == TicketState::Cancelled).count(), 59);
    center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
    assert_eq!(center.queue.call_next(at_counter(), ONE).await.unwrap().ticket.unwrap().id, new.id);
}

#[actix_rt::test]
async fn a_number_outside_the_hours_is_an_officers_word_and_its_reason_is_kept() {
    let mut settings = queue_settings();
    let (from, to) = (civil::time(13, 30, 0, 0), civil::time(17, 0, 0, 0));
    settings.hours.week = Week::every_day(vec![Session { from, to }]);
    let center = Center::start_with(settings).await;
    let now = domain::time::local(center.clock.now()).time();
    assert!(now < civil::time(13, 15, 0, 0), "the center's clock begins in the morning");
    let closed = Refusal::OutsideHours { from: "13:15".to_owned() };
    let refused = Err(Failure::Refused(closed.clone()));
    assert_eq!(center.queue.issue(kiosk(), issuing()).await, refused);
    let view = center.queue.look(Which::Nothing).await.unwrap();
    assert!(view.hours.iter().all(|hours| *hours == Err(closed.clone())));
    let reason = Some("đi từ đảo vào".to_owned());
    let with_reason = Issuing { outside_hours: reason.clone(), ..issuing() };
    let ticket = center.queue.issue(at_counter(), with_reason).await.unwrap().ticket.unwrap();
    assert_eq!(stored(&center, ticket.id).await.outside_hours, reason);
    // Into the afternoon.
    let opens = from.duration_since(now).as_secs();
    center.clock.move_by(opens);
    assert_eq!(label(&center.queue).await, "A002");
}

#[actix_rt::test]
async fn on_a_day_on_which_the_center_is_closed_each_class_is_told_when_it_opens() {
    let (from, to) = (civil::time(7, 30, 0, 0), civil::time(11, 30, 0, 0));
    // Open on Tuesday alone; the center's clock begins on a Monday.
    let mut week: [Vec<Session>; DAYS_OF_WEEK] = std::array::from_fn(|_| Vec::new());
    week[1].push(Session { from, to });
    let mut settings = queue_settings();
    settings.hours.week = Week::by_weekday(week);
    let center = Center::start_with(settings).await;
    let today = domain::time::business_day(center.clock.now());
    let (from, opens) = ("07:15".to_owned(), "07:30".to_owned());
    let closed = Refusal::ClosedToday { from, opens, day: Some(today.tomorrow().unwrap()) };
    let refused = Err(Failure::Refused(closed.clone()));
    assert_eq!(center.queue.issue(kiosk(), issuing()).await, refused);
    let view = center.queue.look(Which::Nothing).await.unwrap();
    let told = view.hours.iter().chain(&view.hours_of_priority);
    assert!(told.clone().count() > 0 && told.clone().all(|hours| *hours == Err(closed.clone())));
    center.clock.move_by(24 * 3600);
    assert_eq!(label(&center.queue).await, "A001");
}

#[actix_rt::test]
async fn where_a_center_says_so_what_is_left_is_carried_over_and_stays_so_over_a_restart() {
    let mut settings = queue_settings();
    settings.rules.day_end = DayEnd::CarryOver;
    let mut center = Center::start_with(settings).await;
    center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
    for _ in 0..60 {
        center.queue.issue(at_counter(), issuing()).await.unwrap();
    }
    let called = center.queue.call_next(at_counter(), ONE).await.unwrap().ticket.unwrap();
    center.queue.begin(at_counter(), ONE).await.unwrap();
    center.clock.move_by(24 * 3600);
    center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
    let today = domain::time::business_day(center.clock.now());
    let served = until("yesterday to be closed", async || {
        let ticket = stored(&center, called.id).await;
        ticket.closed_at_day_end.then_some(ticket)
    })
    .await;
    assert_eq!((served.state, served.carried_to), (TicketState::Completed, None));
    let carried = async |center: &Center| {
        let tickets = center.queue.look(Which::All).await.unwrap().tickets;
        assert!(tickets.iter().all(|ticket| ticket.carried_to == Some(today)));
        tickets.len()
    };
    until("the rest to be there", async || (carried(&center).await == 59).then_some(())).await;
    let first = center.queue.call_next(at_counter(), ONE).await.unwrap().ticket.unwrap();
    assert_eq!(first.label, "A002");
    center.queue.begin(at_counter(), ONE).await.unwrap();
    center.queue.complete(at_counter(), ONE).await.unwrap();
    center.restart_queue();
    assert_eq!(carried(&center).await, 59, "the one that is over belongs to today, too");
    let next = center.queue.call_next(at_counter(), ONE).await.unwrap().ticket.unwrap();
    assert_eq!((next.label.as_str(), next.carried_to), ("A003", Some(today)));
    // A001 was served yesterday; the others' numbers are in the hall.
    let new: Vec<String> = vec![label(&center.queue).await, label(&center.queue).await];
    assert_eq!(new, ["A001", "A061"]);
}
