use super::*;
use crate::seal::{
    KEY_ID_BYTES_MAX, Place, is_open, key_id, leave_open, open_with, read_open, seal_with,
};
use crate::{DataKey, SealError, Sealing, WrappedKey, WrappingKey};

const KEY_ID: &str = "ticket-day:2026-11-23";

fn place() -> Place<'static> {
    Place {
        key_id: KEY_ID,
        kind: "ticket",
        subject: "01932c5e-7b5a-7c3d-8f00-0123456789ab",
        rev: 1,
    }
}

#[test]
fn a_sealed_part_has_the_bytes_of_the_vector() {
    let vector = json(include_str!("../vectors/seal_1.json"));
    let key = DataKey::from_bytes(array_of(&vector["data_key"]));
    let plain = vector["plain"].as_str().unwrap().as_bytes();
    let sealed = key.seal_with_nonce(place(), plain, array_of(&vector["nonce"])).unwrap();
    assert_eq!(hex::encode(&sealed), vector["sealed"].as_str().unwrap());
    assert_eq!(key.open(place(), &sealed).unwrap(), plain);
    assert_eq!(key_id(&sealed), Ok(KEY_ID));
}

#[test]
fn a_wrapped_key_of_the_vector_opens() {
    let vector = json(include_str!("../vectors/wrapped_1.json"));
    let wrapping = WrappingKey::from_bytes(array_of(&vector["wrapping_key"]));
    let wrapped = WrappedKey { key_id: KEY_ID.to_owned(), wrapped: bytes_of(&vector["wrapped"]) };
    assert_eq!(wrapping.unwrap(&wrapped), Ok(DataKey::from_bytes(array_of(&vector["data_key"]))));
}

#[test]
fn a_sealed_part_opens_only_where_it_belongs() {
    let key = DataKey::generate().unwrap();
    let sealed = key.seal(place(), b"secret").unwrap();
    assert_eq!(key.open(place(), &sealed).unwrap(), b"secret");
    for elsewhere in [
        Place { key_id: "ticket-day:2026-11-24", ..place() },
        Place { kind: "dossier", ..place() },
        Place { subject: "another", ..place() },
        Place { rev: 2, ..place() },
    ] {
        assert_eq!(key.open(elsewhere, &sealed), Err(SealError::DoesNotOpen));
    }
    let other = DataKey::generate().unwrap();
    assert_eq!(other.open(place(), &sealed), Err(SealError::DoesNotOpen));
}

#[test]
fn a_changed_sealed_part_does_not_open() {
    let key = DataKey::generate().unwrap();
    let sealed = key.seal(place(), b"secret").unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(key.open(place(), &changed).is_err(), "byte {at}");
    }
    for length in 0..sealed.len() {
        assert!(key.open(place(), &sealed[..length]).is_err(), "length {length}");
    }
}

#[test]
fn the_same_words_never_look_the_same() {
    let key = DataKey::generate().unwrap();
    assert_ne!(key.seal(place(), b"secret").unwrap(), key.seal(place(), b"secret").unwrap());
}

#[test]
fn a_wrapped_key_opens_only_under_its_id_and_its_wrapping_key() {
    let (wrapping, key) = (WrappingKey::generate().unwrap(), DataKey::generate().unwrap());
    let wrapped = wrapping.wrap("dossier:1", &key).unwrap();
    assert_eq!(wrapping.unwrap(&wrapped), Ok(key.clone()));
    let renamed = WrappedKey { key_id: "dossier:2".to_owned(), ..wrapped.clone() };
    assert_eq!(wrapping.unwrap(&renamed), Err(SealError::DoesNotOpen));
    assert_eq!(WrappingKey::generate().unwrap().unwrap(&wrapped), Err(SealError::DoesNotOpen));
    let cut = WrappedKey { wrapped: wrapped.wrapped[1..].to_vec(), ..wrapped };
    assert_eq!(wrapping.unwrap(&cut), Err(SealError::Malformed));
    assert_eq!(
        wrapping.wrap(&"k".repeat(KEY_ID_BYTES_MAX + 1), &key),
        Err(SealError::KeyIdTooLong)
    );
}

#[test]
fn a_part_left_open_is_refused_where_sealing_is_on() {
    let open = leave_open(KEY_ID, b"for all to see").unwrap();
    assert!(is_open(&open));
    assert_eq!(read_open(&open, Sealing::Off).unwrap(), b"for all to see");
    assert_eq!(read_open(&open, Sealing::On), Err(SealError::NotSealed));
    assert_eq!(DataKey::generate().unwrap().open(place(), &open), Err(SealError::NotSealed));
}

#[test]
fn keys_do_not_show_themselves_in_logs() {
    let shown =
        format!("{:?} {:?}", DataKey::from_bytes([65; 32]), WrappingKey::from_bytes([65; 32]));
    assert_eq!(shown, "DataKey(hidden) WrappingKey(hidden)");
}

proptest! {
    #[test]
    fn any_bytes_are_opened_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(DataKey::from_bytes([1; 32]).open(place(), &bytes).is_err());
        let _either = key_id(&bytes);
        let _either = read_open(&bytes, Sealing::Off);
    }

    #[test]
    fn what_is_sealed_for_a_purpose_opens_for_it_alone(plain in vec(any::<u8>(), 0..200)) {
        let sealed = seal_with(&[7; 32], b"one", &plain).unwrap();
        prop_assert_eq!(open_with(&[7; 32], b"one", &sealed).unwrap(), plain);
        prop_assert!(open_with(&[7; 32], b"other", &sealed).is_err());
    }
}
