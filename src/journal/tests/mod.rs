//! The format against vectors that another program computed, and against chance.

mod ctl;
mod derived;
mod entry;
mod frame;
mod seal;
mod segment;
mod ticket_code;
mod topics;

use domain::ids::NodeId;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::{Change, ClockState, Entry, hex};

fn node() -> NodeId {
    NodeId::parse("06658-1").unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text.trim()).unwrap()
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

fn bytes_of(value: &serde_json::Value) -> Vec<u8> {
    unhex(value.as_str().unwrap())
}

fn array_of<const N: usize>(value: &serde_json::Value) -> [u8; N] {
    hex::decode_array(value.as_str().unwrap()).unwrap()
}

fn any_change() -> impl Strategy<Value = Change> {
    (
        ("[a-z_]{0,20}", "\\PC{0,20}", "[a-z]{0,10}"),
        (any::<u64>(), any::<u64>(), any::<u64>(), any::<u16>()),
        (vec(any::<u8>(), 0..200), vec(any::<u8>(), 0..200)),
        vec(any::<[u8; 32]>(), 0..4),
    )
        .prop_map(
            |((kind, subject, axis), (rev, base_rev, term, schema), (public, sealed), blobs)| {
                Change { kind, subject, axis, rev, base_rev, term, schema, public, sealed, blobs }
            },
        )
}

fn any_clock_state() -> impl Strategy<Value = ClockState> {
    prop_oneof![
        Just(ClockState::Steady),
        Just(ClockState::Behind),
        Just(ClockState::Jumped),
        Just(ClockState::Demo),
    ]
}

fn any_entry() -> impl Strategy<Value = Entry> {
    (
        (any::<u64>(), any::<u64>(), any::<i64>(), any::<[u8; 16]>(), any::<u64>()),
        any_clock_state(),
        ("\\PC{0,30}", "\\PC{0,30}", "\\PC{0,30}"),
        vec(any_change(), 0..5),
        any::<[u8; 32]>(),
    )
        .prop_map(
            |(
                (epoch, seq, at_utc_us, boot_id, monotonic_ns),
                clock_state,
                texts,
                changes,
                prev,
            )| Entry {
                format: 1,
                node: node(),
                epoch,
                seq,
                at_utc_us,
                boot_id,
                monotonic_ns,
                clock_state,
                actor: texts.0,
                device: texts.1,
                request_key: texts.2,
                changes,
                prev,
                hash: [0; 32],
            },
        )
}
