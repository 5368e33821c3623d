//! What a kiosk may do, and what it may not however often it is touched.

use super::Which;
use super::tests::stored;
use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use crate::actors::testing::{Center, at_counter, issuing};
use domain::queue::TicketState;
use domain::refusal::Refusal;

fn pressed(kiosk: &str, press: usize) -> Origin {
    Origin::kiosk(kiosk).with_request(Some(&format!("press-{press}")))
}

#[actix_rt::test]
async fn ten_thousand_taps_a_minute_at_one_kiosk_are_one_number_and_hold_up_nobody() {
    let center = Center::start().await;
    let (mut granted, mut of_others) = (0, 0);
    for tap in 0..10_000 {
        center.clock.move_by_us(6_000);
        match center.queue.issue(pressed("stuck", tap), issuing()).await {
            Ok(_) => granted += 1,
            Err(failure) => {
                assert_eq!(failure, Failure::TooFast { wait_s: 2 });
                assert_eq!(failure.code(), "kiosk.too_fast");
            }
        }
        if tap % 1_000 == 0 {
            // Meanwhile at the other kiosk, and at the usher's console.
            center.queue.issue(pressed("kiosk-2", tap), issuing()).await.unwrap();
            center.queue.issue(at_counter(), issuing()).await.unwrap();
            of_others += 2;
        }
    }
    assert_eq!(granted, 1);
    let tickets = center.queue.look(Which::All).await.unwrap().tickets;
    assert_eq!(tickets.len(), granted + of_others);
}

#[actix_rt::test]
async fn one_kiosk_never_uses_up_more_than_half_of_a_series() {
    let mut center = Center::start().await;
    let mut press = 0;
    let mut issue = async |center: &Center, kiosk: &str| {
        center.clock.move_by(10);
        press += 1;
        center.queue.issue(pressed(kiosk, press), issuing()).await
    };
    for _ in 0..500 {
        issue(&center, "stuck").await.unwrap();
    }
    let refused = Failure::Refused(Refusal::KioskShareUsed { series: 'A', share: 500 });
    assert_eq!(issue(&center, "stuck").await, Err(refused.clone()));
    center.restart_queue();
    assert_eq!(issue(&center, "stuck").await, Err(refused), "counted from the tickets");
    issue(&center, "kiosk-2").await.unwrap();
    center.clock.move_by(24 * 3600);
    issue(&center, "stuck").await.unwrap();
}

#[actix_rt::test]
async fn a_kiosk_whose_answer_was_lost_gets_the_first_one_however_soon_it_asks() {
    let center = Center::start().await;
    let first = center.queue.issue(pressed("kiosk-1", 1), issuing()).await;
    assert!(first.is_ok());
    assert_eq!(center.queue.issue(pressed("kiosk-1", 1), issuing()).await, first);
}

#[actix_rt::test]
async fn a_kiosk_gives_its_last_number_back_and_nobody_elses() {
    let center = Center::start().await;
    let ours = center.queue.issue(pressed("kiosk-1", 1), issuing()).await.unwrap().ticket.unwrap();
    let theirs =
        center.queue.issue(pressed("kiosk-2", 1), issuing()).await.unwrap().ticket.unwrap();
    center.clock.move_by(5);
    let refused = Failure::Refused(Refusal::NotLastOfKiosk { label: theirs.label.clone() });
    assert_eq!(center.queue.cancel_last(pressed("kiosk-1", 2), theirs.id).await, Err(refused));
    center.clock.move_by(5);
    let cancel = || center.queue.cancel_last(pressed("kiosk-1", 3), ours.id);
    let reply = cancel().await.unwrap();
    assert_eq!(reply.ticket.as_ref().unwrap().state, TicketState::Cancelled);
    assert_eq!(cancel().await.unwrap(), reply, "its answer was lost");
    let kept = stored(&center, ours.id).await;
    assert_eq!((kept.state, kept.rev), (TicketState::Cancelled, ours.rev + 1));
    center.clock.move_by(5);
    let next = center.queue.issue(pressed("kiosk-1", 4), issuing()).await.unwrap();
    assert_eq!(next.ticket.unwrap().label, "A003");
    assert_eq!(next.waiting_ahead, Some(1));
}
