//! What officer, hall and sign are shown of one call.

use crate::actors::origin::Origin;
use crate::actors::testing::{Center, ONE, at_counter, issuing, officer, until};

#[actix_rt::test]
async fn officer_hall_and_sign_are_shown_the_same_number() {
    let center = Center::start().await;
    center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
    for _ in 0..3 {
        center.queue.issue(Origin::device("kiosk-1"), issuing()).await.unwrap();
    }
    for wanted in ["A001", "A002", "A003"] {
        let called = center.queue.call_next(at_counter(), ONE).await.unwrap().ticket.unwrap();
        assert_eq!(called.label, wanted, "to the officer");
        let board = until("the called list", async || {
            let board = center.live.hall();
            board.calls.first().is_some_and(|call| call.label == wanted).then_some(board)
        })
        .await;
        assert_eq!(board.calls[0].counter, ONE, "and where");
        assert_eq!(board.counters[0].label.as_deref(), Some(wanted), "at the counter's place");
        until("the sign", async || {
            center.simulated.sign.shown().text.contains(wanted).then_some(())
        })
        .await;
        center.queue.begin(at_counter(), ONE).await.unwrap();
        center.queue.complete(at_counter(), ONE).await.unwrap();
    }
    let last: Vec<String> = center.live.hall().calls.into_iter().map(|call| call.label).collect();
    assert_eq!(last, ["A003", "A002", "A001"], "those that were called, the latest first");
}

#[actix_rt::test]
async fn a_number_that_is_called_again_stands_once_in_the_called_list() {
    let center = Center::start().await;
    center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
    center.queue.issue(Origin::device("kiosk-1"), issuing()).await.unwrap();
    center.queue.call_next(at_counter(), ONE).await.unwrap();
    center.clock.move_by(60);
    let again = center.queue.recall(at_counter(), ONE).await.unwrap().ticket.unwrap();
    let board = until("the recall in the list", async || {
        let board = center.live.hall();
        let told = board.calls.first().is_some_and(|call| Some(call.at) == again.last_called_at);
        told.then_some(board)
    })
    .await;
    assert_eq!(board.calls.len(), 1);
}
