//! A check on every message: eight bytes behind the payload, the first of its SHA-256.
//!
//! TLS guards a message on each line, not inside the broker, nor in the memory of either end before
//! it is encrypted. Signatures guard what the hub promises, and hashes what a journal says. Between
//! them stands what neither covers: a hello's numbers, a scan's size, a wrapped key. One bit turned
//! over there would be believed. With the check it is a lost message, and lost messages come again.
//!
//! It guards against accidents, not against somebody who can make a message of his own: against him
//! stand the certificate, the access list, the chain and the signatures.

use ring::digest::{SHA256, digest};

/// Bytes of the check.
pub const CHECK_BYTES: usize = 8;

/// The payload with its check behind it.
pub fn with_check(mut payload: Vec<u8>) -> Vec<u8> {
    let check = check_of(&payload);
    payload.extend(check);
    payload
}

/// The payload of a message; `None` when its check does not fit, or there is none.
pub fn checked(message: &[u8]) -> Option<&[u8]> {
    let (payload, check) = message.split_last_chunk::<CHECK_BYTES>()?;
    (check_of(payload) == *check).then_some(payload)
}

fn check_of(payload: &[u8]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&digest(&SHA256, payload).as_ref()[..CHECK_BYTES]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    #[test]
    fn a_bit_that_is_turned_over_anywhere_is_noticed() {
        let message = with_check(b"{\"type\":\"hello\",\"max_seq\":17}".to_vec());
        assert_eq!(checked(&message), Some(b"{\"type\":\"hello\",\"max_seq\":17}".as_slice()));
        for bit in 0..message.len() * 8 {
            let mut bent = message.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(checked(&bent), None, "bit {bit}");
        }
    }

    #[test]
    fn messages_are_those_of_the_vector() {
        let vector: serde_json::Value =
            serde_json::from_str(include_str!("vectors/message_1.json")).unwrap();
        for one in vector.as_array().unwrap() {
            let bytes = |key: &str| hex::decode(one[key].as_str().unwrap()).unwrap();
            assert_eq!(with_check(bytes("payload")), bytes("message"));
            assert_eq!(checked(&bytes("message")), Some(bytes("payload").as_slice()));
        }
    }

    #[test]
    fn what_is_shorter_than_a_check_is_no_message() {
        assert_eq!(checked(&[]), None);
        assert_eq!(checked(&[1; CHECK_BYTES - 1]), None);
        assert_eq!(checked(&with_check(Vec::new())), Some([].as_slice()));
    }
}
