use proptest::prelude::*;
use serde_json::Value;

use crate::derived::{PIECE_OVERHEAD, PieceKey, PiecePlace, RequestMarks};
use crate::{SealError, WrappingKey, hex};

fn vector() -> Value {
    serde_json::from_str(include_str!("../vectors/derived_1.json")).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn wrapping() -> WrappingKey {
    WrappingKey::from_bytes(bytes(&vector()["wrapping"]).try_into().unwrap())
}

fn place() -> PiecePlace {
    let vector = vector();
    PiecePlace {
        sha256: bytes(&vector["sha256"]).try_into().unwrap(),
        size: vector["size"].as_u64().unwrap(),
        offset: vector["offset"].as_u64().unwrap(),
    }
}

#[test]
fn a_piece_and_a_mark_are_what_the_vectors_say() {
    let vector = vector();
    let key = PieceKey::of(&wrapping()).unwrap();
    let (plain, sealed) = (bytes(&vector["plain"]), bytes(&vector["sealed"]));
    assert_eq!(hex::encode(&key.seal(place(), &plain).unwrap()), hex::encode(&sealed));
    assert_eq!(key.open(place(), &sealed).unwrap(), plain);
    let marks = RequestMarks::of(&wrapping()).unwrap();
    assert_eq!(marks.mark(vector["request_key"].as_str().unwrap()), vector["mark"]);
}

#[test]
fn a_piece_opens_only_with_its_key_and_at_its_place() {
    let key = PieceKey::of(&wrapping()).unwrap();
    let sealed = key.seal(place(), b"%PDF-1.4").unwrap();
    let other = PieceKey::of(&WrappingKey::from_bytes([1; 32])).unwrap();
    assert_eq!(other.open(place(), &sealed), Err(SealError::DoesNotOpen));
    for elsewhere in [
        PiecePlace { sha256: [7; 32], ..place() },
        PiecePlace { size: place().size + 1, ..place() },
        PiecePlace { offset: place().offset + 1, ..place() },
    ] {
        assert_eq!(key.open(elsewhere, &sealed), Err(SealError::DoesNotOpen));
    }
    let cut = &sealed[..sealed.len() - 1];
    assert_eq!(key.open(place(), cut), Err(SealError::DoesNotOpen));
    assert_eq!(key.open(place(), &[0; PIECE_OVERHEAD - 1]), Err(SealError::Malformed));
}

#[test]
fn a_mark_is_another_at_another_node() {
    let here = RequestMarks::of(&wrapping()).unwrap();
    let there = RequestMarks::of(&WrappingKey::from_bytes([1; 32])).unwrap();
    assert_ne!(here.mark("kiosk-1:022175008642"), there.mark("kiosk-1:022175008642"));
    assert_ne!(here.mark("kiosk-1:a"), here.mark("kiosk-1:b"));
}

proptest! {
    #[test]
    fn what_was_sealed_as_a_piece_comes_back(plain: Vec<u8>, sha256: [u8; 32], size: u64, offset: u64) {
        let key = PieceKey::of(&wrapping()).unwrap();
        let place = PiecePlace { sha256, size, offset };
        let sealed = key.seal(place, &plain).unwrap();
        prop_assert_eq!(sealed.len(), plain.len() + PIECE_OVERHEAD);
        prop_assert_eq!(key.open(place, &sealed).unwrap(), plain);
    }

    #[test]
    fn rubbish_is_never_a_piece(rubbish: Vec<u8>) {
        let key = PieceKey::of(&wrapping()).unwrap();
        prop_assert!(key.open(place(), &rubbish).is_err());
    }
}
