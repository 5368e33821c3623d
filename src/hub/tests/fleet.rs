//! What the fleet page is told about boxes that the hub does not see.

use domain::ids::NodeId;
use jiff::{SignedDuration, Timestamp};

use super::fixture::*;
use crate::store::enrolled::TOLD_AT_ONCE_MAX;
use crate::store::fleet::{NodeRow, NodeState};

fn at(minute: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minute)
}

async fn row(province: &Province, minute: i64) -> NodeRow {
    province.store.fleet(at(minute)).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_node_is_away_since_it_was_lost_and_not_since_its_last_entry() {
    let province = Province::new().await;
    province.enrol("06658-1").await;
    let store = &province.store;
    store.node_online("06658-1", "0.1.0", 5, at(0)).await.unwrap();
    let there = row(&province, 1).await;
    assert_eq!((there.state, there.unseen_since, there.lag_entries), (NodeState::Online, None, 5));

    store.node_offline("06658-1", at(10)).await.unwrap();
    let away = row(&province, 30).await;
    assert_eq!((away.state, away.unseen_since), (NodeState::Offline, Some(at(10))));
    assert_eq!(away.last_seen_at, Some(at(0)));
    // told again, as after a restart of the broker: it is away no shorter than that
    store.node_offline("06658-1", at(20)).await.unwrap();
    assert_eq!(row(&province, 30).await.unseen_since, Some(at(10)));

    store.node_online("06658-1", "0.1.0", 7, at(40)).await.unwrap();
    assert_eq!(row(&province, 41).await.unseen_since, None);
    // another process takes over the shards of other nodes, and then its own
    let own = journal::topics::shard(&NodeId::parse("06658-1").unwrap());
    let others: Vec<u8> = (0..journal::topics::SHARDS).filter(|shard| *shard != own).collect();
    store.offline_in(&others, at(45)).await.unwrap();
    assert_eq!(row(&province, 46).await.unseen_since, None);
    store.offline_in(&[own], at(50)).await.unwrap();
    assert_eq!(row(&province, 51).await.unseen_since, Some(at(50)));
}

#[tokio::test]
async fn a_hub_that_lost_its_broker_calls_no_node_connected() {
    let province = Province::new().await;
    province.enrol("06658-1").await;
    province.store.node_online("06658-1", "0.1.0", 0, at(0)).await.unwrap();
    let mut seen = row(&province, 1).await;
    seen.out_of_sight(at(5));
    assert_eq!((seen.state, seen.unseen_since), (NodeState::Offline, Some(at(5))));
    province.store.node_offline("06658-1", at(2)).await.unwrap();
    let mut away = row(&province, 6).await;
    away.out_of_sight(at(5));
    assert_eq!(away.unseen_since, Some(at(2)));
}

#[tokio::test]
async fn every_box_is_told_which_boxes_there_are() {
    let province = Province::new().await;
    province.enrol("06658-1").await;
    province.enrol("06676-1").await;
    // the same box set up anew tells nothing new
    let before = province.down_head("06658-1").await;
    province.enrol("06676-1").await;
    assert_eq!(province.down_head("06658-1").await, before);
    let limits = link::types::ReadLimits { entries_max: 10, bytes_max: 1 << 20 };
    for (node, entries) in [("06658-1", 2), ("06676-1", 1)] {
        let read = province.store.down_entries(node, 1, limits).await.unwrap();
        assert_eq!(read.entries.len(), entries);
        let last = journal::Entry::decode(&read.entries.last().unwrap().raw).unwrap();
        let said: serde_json::Value = serde_json::from_slice(&last.changes[0].public).unwrap();
        assert_eq!(last.changes[0].kind, crate::store::nodes::ENROLLED);
        assert_eq!(said, serde_json::json!({ "nodes": ["06658-1", "06676-1"] }));
    }
}

#[tokio::test]
async fn in_a_large_province_the_others_are_told_of_new_boxes_together() {
    let province = Province::new().await;
    let store = &province.store;
    let names: Vec<String> =
        (1..=TOLD_AT_ONCE_MAX + 3).map(|number| format!("06658-{number}")).collect();
    for name in &names {
        province.enrol(name).await;
    }
    let (first, last) = (&names[0], &names[names.len() - 1]);
    assert_eq!(
        province.down_head(first).await,
        TOLD_AT_ONCE_MAX as u64,
        "as long as they were few"
    );
    assert_eq!(province.down_head(last).await, 1, "the new one knows whom there is");
    let entries = "SELECT count(*) FROM down_entry";
    let before = province.count(entries).await;
    let told = store.tell_of_newcomers(at(1)).await.unwrap();
    assert_eq!(told, (names.len() - 1, names.len()));
    assert_eq!(province.count(entries).await - before, names.len() as i64 - 1, "one entry each");
    assert_eq!(province.down_head(last).await, 1);
    let limits = link::types::ReadLimits { entries_max: 100, bytes_max: 1 << 20 };
    let read = store.down_entries(first, 1, limits).await.unwrap();
    let newest = journal::Entry::decode(&read.entries.last().unwrap().raw).unwrap();
    let said: serde_json::Value = serde_json::from_slice(&newest.changes[0].public).unwrap();
    assert_eq!(said["nodes"].as_array().unwrap().len(), names.len());
    assert_eq!(store.tell_of_newcomers(at(2)).await.unwrap(), (0, names.len()), "nobody lacks it");
}
