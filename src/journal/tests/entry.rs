use super::*;
use crate::EntryError;
use crate::change::{CHANGE_BLOBS_MAX, PUBLIC_BYTES_MAX};
use crate::entry::{CHANGES_MAX, ENTRY_BYTES_MAX, NO_HASH, TEXT_BYTES_MAX, outline, sha256};

const VECTORS: [(&str, &str); 3] = [
    (include_str!("../vectors/entry_1.json"), include_str!("../vectors/entry_1.hex")),
    (include_str!("../vectors/entry_2.json"), include_str!("../vectors/entry_2.hex")),
    (include_str!("../vectors/entry_empty.json"), include_str!("../vectors/entry_empty.hex")),
];

fn entry_of(fields: &serde_json::Value) -> Entry {
    let number = |name: &str| fields[name].as_u64().unwrap();
    let text = |name: &str| fields[name].as_str().unwrap().to_owned();
    let change = |fields: &serde_json::Value| Change {
        kind: fields["kind"].as_str().unwrap().to_owned(),
        subject: fields["subject"].as_str().unwrap().to_owned(),
        axis: fields["axis"].as_str().unwrap().to_owned(),
        rev: fields["rev"].as_u64().unwrap(),
        base_rev: fields["base_rev"].as_u64().unwrap(),
        term: fields["term"].as_u64().unwrap(),
        schema: 1,
        public: bytes_of(&fields["public"]),
        sealed: bytes_of(&fields["sealed"]),
        blobs: fields["blobs"].as_array().unwrap().iter().map(array_of).collect(),
    };
    Entry {
        format: 1,
        node: text("node").parse().unwrap(),
        epoch: number("epoch"),
        seq: number("seq"),
        at_utc_us: fields["at_utc_us"].as_i64().unwrap(),
        boot_id: array_of(&fields["boot_id"]),
        monotonic_ns: number("monotonic_ns"),
        clock_state: match text("clock_state").as_str() {
            "steady" => ClockState::Steady,
            "jumped" => ClockState::Jumped,
            "demo" => ClockState::Demo,
            other => panic!("{other}"),
        },
        actor: text("actor"),
        device: text("device"),
        request_key: text("request_key"),
        changes: fields["changes"].as_array().unwrap().iter().map(change).collect(),
        prev: array_of(&fields["prev"]),
        hash: [0; 32],
    }
}

#[test]
fn entries_have_the_bytes_and_hashes_of_the_vectors() {
    for (fields, raw) in VECTORS {
        let (fields, raw) = (json(fields), unhex(raw));
        let mut entry = entry_of(&fields);
        assert_eq!(hex::encode(&entry.seal_hash().unwrap()), hex::encode(&raw));
        assert_eq!(entry.hash, array_of(&fields["hash"]));
        assert_eq!(entry.encode(), raw);
        assert_eq!(Entry::decode(&raw), Ok(entry));
    }
}

#[test]
fn each_entry_names_the_one_before() {
    let first = Entry::decode(&unhex(VECTORS[0].1)).unwrap();
    let second = Entry::decode(&unhex(VECTORS[1].1)).unwrap();
    assert_eq!(first.verify(&NO_HASH), Ok(()));
    assert_eq!(second.verify(&first.hash), Ok(()));
    assert_eq!(second.verify(&NO_HASH), Err(EntryError::ChainBroken));
    assert_eq!(first.verify(&first.hash), Err(EntryError::ChainBroken));
}

#[test]
fn any_flipped_bit_of_a_vector_is_noticed() {
    let raw = unhex(VECTORS[0].1);
    for place in 0..raw.len() {
        for bit in 0..8 {
            let mut changed = raw.clone();
            changed[place] ^= 1 << bit;
            assert!(Entry::decode(&changed).is_err(), "bit {bit} of byte {place}");
        }
    }
}

/// An entry of a format that is not known yet: other fields in the middle, the promised ones in place.
fn entry_of_tomorrow() -> Vec<u8> {
    let mut raw = Vec::new();
    let mut put = |field: &[u8]| {
        raw.extend_from_slice(&(field.len() as u32).to_be_bytes());
        raw.extend_from_slice(field);
    };
    put(&2_u16.to_be_bytes());
    put(b"06658-1");
    put(&1_u64.to_be_bytes());
    put(&7_u64.to_be_bytes());
    put(b"something new");
    put(&[9; 32]);
    let hash = sha256(&raw);
    raw.extend_from_slice(&32_u32.to_be_bytes());
    raw.extend_from_slice(&hash);
    raw
}

#[test]
fn an_entry_of_an_unknown_format_can_still_be_named_and_chained() {
    let raw = entry_of_tomorrow();
    assert_eq!(Entry::decode(&raw), Err(EntryError::UnknownFormat));
    let outline = outline(&raw).unwrap();
    assert_eq!((outline.format, outline.epoch, outline.seq, outline.prev), (2, 1, 7, [9; 32]));
    assert_eq!(outline.node, node());
}

#[test]
fn what_is_beyond_a_limit_is_not_written() {
    let plain = || entry_of(&json(VECTORS[0].0));
    let refused = |entry: &mut Entry| assert_eq!(entry.seal_hash(), Err(EntryError::TooLarge));

    let mut entry = plain();
    entry.actor = "a".repeat(TEXT_BYTES_MAX + 1);
    refused(&mut entry);

    let mut entry = plain();
    entry.changes[0].public = vec![b' '; PUBLIC_BYTES_MAX + 1];
    refused(&mut entry);

    let mut entry = plain();
    entry.changes[0].blobs = vec![[0; 32]; CHANGE_BLOBS_MAX + 1];
    refused(&mut entry);

    let mut entry = plain();
    entry.changes = vec![entry.changes[0].clone(); CHANGES_MAX + 1];
    refused(&mut entry);

    let mut entry = plain();
    entry.changes[0].public = vec![b' '; PUBLIC_BYTES_MAX];
    entry.changes = vec![entry.changes[0].clone(); 3];
    refused(&mut entry);

    let mut entry = plain();
    entry.changes[0].public = vec![b' '; PUBLIC_BYTES_MAX];
    let raw = entry.seal_hash().unwrap();
    assert_eq!(Entry::decode(&raw), Ok(entry));
    assert_eq!(Entry::decode(&vec![0; ENTRY_BYTES_MAX + 1]), Err(EntryError::TooLarge));
}

#[test]
fn a_length_that_promises_more_than_there_is_takes_no_memory() {
    let mut raw = vec![0xff; 8];
    raw.extend_from_slice(&32_u32.to_be_bytes());
    raw.extend_from_slice(&[0; 32]);
    let hash = sha256(&raw);
    raw.extend_from_slice(&32_u32.to_be_bytes());
    raw.extend_from_slice(&hash);
    assert_eq!(Entry::decode(&raw), Err(EntryError::BadLength));
}

proptest! {
    #[test]
    fn what_was_written_is_read_again(mut entry in any_entry()) {
        let raw = entry.seal_hash().unwrap();
        prop_assert_eq!(&entry.encode(), &raw);
        prop_assert_eq!(Entry::decode(&raw), Ok(entry));
    }

    #[test]
    fn any_changed_byte_is_noticed(mut entry in any_entry(), place in any::<prop::sample::Index>(), with in 1_u8..) {
        let mut raw = entry.seal_hash().unwrap();
        let place = place.index(raw.len());
        raw[place] ^= with;
        prop_assert!(Entry::decode(&raw).is_err());
    }

    #[test]
    fn a_cut_entry_is_noticed(mut entry in any_entry(), length in any::<prop::sample::Index>()) {
        let raw = entry.seal_hash().unwrap();
        prop_assert!(Entry::decode(&raw[..length.index(raw.len())]).is_err());
    }

    #[test]
    fn any_bytes_with_a_right_hash_are_read_or_refused(body in vec(any::<u8>(), 0..400)) {
        let mut raw = body;
        let hash = sha256(&raw);
        raw.extend_from_slice(&32_u32.to_be_bytes());
        raw.extend_from_slice(&hash);
        // Whatever it says, it must not panic; and what is taken must be canonical.
        if let Ok(entry) = Entry::decode(&raw) {
            prop_assert_eq!(entry.encode(), raw);
        }
    }

    #[test]
    fn a_changed_field_with_a_right_hash_is_read_or_refused(
        mut entry in any_entry(), place in any::<prop::sample::Index>(), with in 1_u8..,
    ) {
        let mut raw = entry.seal_hash().unwrap();
        let body = raw.len() - 36;
        raw[place.index(body)] ^= with;
        let hash = sha256(&raw[..body]);
        raw[body + 4..].copy_from_slice(&hash);
        if let Ok(read) = Entry::decode(&raw) {
            prop_assert_eq!(read.encode(), raw);
            prop_assert_ne!(read, entry);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(raw in vec(any::<u8>(), 0..400)) {
        let _either = Entry::decode(&raw);
        let _either = outline(&raw);
    }
}
