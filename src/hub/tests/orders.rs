//! Orders and the down journal.

use journal::Stream;
use link::types::{Alarm, ReadLimits};

use super::fixture::*;
use crate::store::orders::NewOrder;

fn order(text: &str, nodes: Option<Vec<String>>, key: Option<&str>) -> NewOrder {
    NewOrder { text: text.into(), nodes, by: "binh".into(), request_key: key.map(str::to_owned) }
}

#[tokio::test]
async fn an_order_reaches_every_enrolled_node_and_shows_who_has_it() {
    let province = Province::new().await;
    let first = province.enrol("06658-1").await;
    let second = province.enrol("06676-1").await;
    let given = province
        .store
        .order(&order("Họp lúc 16 giờ tại hội trường.", None, None), now())
        .await
        .unwrap();
    for node in [&first, &second] {
        let heard = province.heard(node).await;
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0].kind, "message");
        assert_eq!(heard[0].public["text"], "Họp lúc 16 giờ tại hội trường.");
        assert_eq!(heard[0].public["from"], "binh");
        assert_eq!(heard[0].public["id"], given.id.to_string());
    }
    let last = province.down_head("06658-1").await;
    province.store.down_acknowledged("06658-1", last, &[], now()).await.unwrap();
    let shown = province.store.orders(None).await.unwrap();
    let delivered: Vec<bool> = shown[0].nodes.iter().map(|node| node.delivered).collect();
    assert_eq!(delivered, [true, false]);
    let waiting: Vec<u64> =
        province.store.fleet(now()).await.unwrap().iter().map(|row| row.down_waiting).collect();
    assert_eq!(waiting[0], 0);
    assert!(waiting[1] > 0);
}

#[tokio::test]
async fn the_same_request_key_orders_once() {
    let province = Province::new().await;
    let node = province.enrol("06658-1").await;
    let wanted = order("Nghỉ lễ", None, Some("binh:1"));
    let (first, second) =
        tokio::join!(province.store.order(&wanted, now()), province.store.order(&wanted, now()));
    assert_eq!(first.unwrap().id, second.unwrap().id);
    assert_eq!(province.heard(&node).await.len(), 1);
}

#[tokio::test]
async fn an_order_to_nobody_to_a_stranger_or_without_words_is_refused() {
    let province = Province::new().await;
    let to_all = province.store.order(&order("Chào", None, None), now()).await.unwrap_err();
    assert_eq!(to_all.code(), "order.no_node");
    province.enrol("06658-1").await;
    let stranger = order("Chào", Some(vec!["06676-1".into()]), None);
    assert_eq!(
        province.store.order(&stranger, now()).await.unwrap_err().code(),
        "order.unknown_node"
    );
    for text in ["", "   ", "a\u{7}b", &"a".repeat(2_001)] {
        let refused = province.store.order(&order(text, None, None), now()).await.unwrap_err();
        assert_eq!(refused.code(), "order.bad_text");
    }
}

#[tokio::test]
async fn a_read_of_the_down_journal_respects_its_limits() {
    let province = Province::new().await;
    province.enrol("06658-1").await;
    for number in 0..5 {
        let text = format!("{number} {}", "x".repeat(1_000));
        province.store.order(&order(&text, None, None), now()).await.unwrap();
    }
    let read = async |seq, entries_max, bytes_max| {
        let limits = ReadLimits { entries_max, bytes_max };
        let read = province.store.down_entries("06658-1", seq, limits).await.unwrap();
        read.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>()
    };
    assert_eq!(read(2, 2, 1 << 20).await, [2, 3]);
    assert_eq!(read(2, 100, 10).await, [2]);
    let last = province.down_head("06658-1").await;
    assert_eq!(read(last + 1, 100, 1 << 20).await, [0; 0]);
    assert!(province.store.down_hash("06658-1", last).await.unwrap().is_some());
    assert!(province.store.down_hash("06658-1", last + 1).await.unwrap().is_none());
}
