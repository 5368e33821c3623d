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
        assert_eq!(heard[0].private["/text"], "Họp lúc 16 giờ tại hội trường.");
        assert!(!heard[0].public.to_string().contains("hội trường"));
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
async fn a_journal_begun_anew_says_again_what_is_not_acknowledged() {
    let province = Province::new().await;
    let node = province.enrol("06658-1").await;
    let name = "06658-1";
    for text in ["Đã đến", "Chưa đến", "Cũng chưa"] {
        province.store.order(&order(text, None, None), now()).await.unwrap();
    }
    let last = province.down_head(name).await;
    province.store.down_acknowledged(name, last - 2, &[], now()).await.unwrap();
    let fork = Alarm::new("link.down_fork", "entry 4");
    let show = async |about, alarm: Option<&Alarm>| {
        province.store.show_link_alarm(name, about, alarm, now()).await.unwrap();
    };
    show(Stream::Down, Some(&fork)).await;
    // Neither what goes up well, nor a thaw, decides about the hub's own journal.
    show(Stream::Up, Some(&Alarm::new("frame.wrong_node", ""))).await;
    show(Stream::Up, None).await;
    assert!(!province.store.thaw(name, now()).await.unwrap());
    let codes = async || -> Vec<String> {
        let alarms = province.store.alarms(name).await.unwrap();
        alarms.into_iter().map(|alarm| alarm.code).collect()
    };
    assert_eq!(codes().await, ["link.down_fork"]);

    let before = province.store.known_node(name).await.unwrap().unwrap().down_epoch;
    let (epoch, entries) = province.store.begin_down_anew(name, now()).await.unwrap();
    assert_eq!((epoch, entries), (before + 1, 2));
    let heard = province.heard(&node).await;
    let texts: Vec<&str> =
        heard.iter().map(|heard| heard.private["/text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["Chưa đến", "Cũng chưa"]);
    let delivered = async || -> Vec<bool> {
        let orders = province.store.orders(None).await.unwrap();
        orders.iter().rev().map(|order| order.nodes[0].delivered).collect()
    };
    assert_eq!(delivered().await, [true, false, false]);
    province.store.down_acknowledged(name, 1, &[], now()).await.unwrap();
    assert_eq!(delivered().await, [true, true, false]);
    assert_eq!(codes().await, [""; 0]);
    // The journal goes on from there.
    province.store.order(&order("Mới", None, None), now()).await.unwrap();
    assert_eq!(province.heard(&node).await.len(), 3);
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
