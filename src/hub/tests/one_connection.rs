//! With one connection to PostgreSQL: whoever asks for a second one while holding it would wait for
//! itself, as in a province's rush everybody would for everybody.

use super::fixture::*;
use crate::enrol::make_token;
use crate::restore;
use crate::restore_words::RestoreLook;
use crate::store::orders::NewOrder;

#[tokio::test]
async fn a_refused_frame_is_kept_and_a_fork_freezes_the_stream_over_one_connection() {
    let province = Province::with_one_connection().await;
    let mut node = province.enrol("06658-1").await;
    node.write(vec![ticket("a", 1, "waiting")]);
    assert_eq!(committed(&province.send(node.frame(1, 1)).await), 1);
    assert_eq!(committed(&province.send(node.frame(1, 1)).await), 1, "it came twice");

    let mut frame = node.frame(1, 1);
    frame.epoch = 7;
    assert_eq!(refused(&province.send(frame).await), "frame.wrong_epoch");
    node.prev = [9; 32];
    node.write(vec![ticket("a", 2, "called")]);
    assert_eq!(refused(&province.send(node.frame(2, 2)).await), "entry.chain_broken");

    node.raws.clear();
    (node.seq, node.prev) = (0, journal::entry::NO_HASH);
    node.write(vec![ticket("b", 1, "waiting")]);
    assert_eq!(refused(&province.send(node.frame(1, 1)).await), "stream.fork");

    let aside = province.store.aside("06658-1").await.unwrap();
    let mut kept: Vec<&str> = aside.refused.iter().map(|row| row.code.as_str()).collect();
    kept.sort_unstable();
    assert_eq!(kept, ["entry.chain_broken", "frame.wrong_epoch"]);
    assert_eq!(aside.alarms.len(), 1);
    assert_eq!(aside.alarms[0].code, "stream.fork");
}

#[tokio::test]
async fn what_there_is_to_restore_is_told_over_one_connection() {
    let province = Province::with_one_connection().await;
    let mut node = province.enrol("06658-1").await;
    node.write(vec![ticket("a", 1, "waiting")]);
    province.send(node.frame(1, 1)).await;
    let (store, settings) = (&province.store, &province.settings);
    let token = make_token(store, settings, &node.id, "Cao Xanh", now()).await.unwrap();
    let look = RestoreLook { token: token.to_text(), node: node.id.to_string() };
    let offer = restore::look(store, &look, now()).await.unwrap();
    assert_eq!((offer.subjects, offer.last_seq), (1, 1));
}

#[tokio::test]
async fn an_order_given_again_shows_the_first_over_one_connection() {
    let province = Province::with_one_connection().await;
    province.enrol("06658-1").await;
    let wanted = NewOrder {
        text: "Nghỉ lễ".into(),
        nodes: None,
        by: "binh".into(),
        request_key: Some("binh:1".into()),
    };
    let first = province.store.order(&wanted, now()).await.unwrap();
    let again = province.store.order(&wanted, now()).await.unwrap();
    assert_eq!(first.id, again.id);
    assert_eq!(again.nodes.len(), 1);
}
