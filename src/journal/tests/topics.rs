use super::*;
use crate::topics::{
    HUB_STATE, Lane, SHARDS, Topic, down, hub_filters, node_filters, shard, state, up,
};

#[test]
fn shards_are_those_of_the_vector() {
    for (name, expected) in json(include_str!("../vectors/shards.json")).as_object().unwrap() {
        let node: NodeId = name.parse().unwrap();
        assert_eq!(u64::from(shard(&node)), expected.as_u64().unwrap(), "{name}");
        assert!(shard(&node) < SHARDS);
    }
}

#[test]
fn every_topic_is_read_as_it_is_written() {
    let node = node();
    let mut all = vec![Topic::HubState, Topic::State(node.clone())];
    for lane in [Lane::Rec, Lane::Blob, Lane::Ctl] {
        all.extend([Topic::Up(node.clone(), lane), Topic::Down(node.clone(), lane)]);
    }
    for topic in all {
        assert_eq!(Topic::parse(&topic.to_string()), Ok(topic));
    }
    let shard = shard(&node);
    assert_eq!(state(&node), format!("motcua/v1/{shard}/06658-1/state"));
    assert_eq!(up(&node, Lane::Rec), format!("motcua/v1/{shard}/06658-1/up/rec"));
    assert_eq!(down(&node, Lane::Ctl), format!("motcua/v1/{shard}/06658-1/down/ctl"));
    assert_eq!(Topic::parse(HUB_STATE).unwrap().node(), None);
    assert!(node_filters(&node).iter().all(|filter| Topic::parse(filter).is_ok()));
    assert_eq!(hub_filters(3), ["motcua/v1/3/+/state", "motcua/v1/3/+/up/#"]);
}

#[test]
fn a_topic_that_is_none_is_refused() {
    let shard = shard(&node());
    let other = (shard + 1) % SHARDS;
    for wrong in [
        String::new(),
        "motcua/v1".to_owned(),
        format!("motcua/v2/{shard}/06658-1/state"),
        format!("motcua/v1/{other}/06658-1/state"),
        format!("motcua/v1/0{shard}/06658-1/state"),
        format!("motcua/v1/{shard}/06658-1"),
        format!("motcua/v1/{shard}/06658-1/up"),
        format!("motcua/v1/{shard}/06658-1/up/rec/more"),
        format!("motcua/v1/{shard}/06658-1/up/#"),
        format!("motcua/v1/{shard}/+/up/rec"),
        format!("motcua/v1/{shard}/../up/rec"),
        format!("/motcua/v1/{shard}/06658-1/state"),
    ] {
        assert!(Topic::parse(&wrong).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_topic_or_refused(text in "\\PC{0,60}") {
        let _either = Topic::parse(&text);
    }
}
