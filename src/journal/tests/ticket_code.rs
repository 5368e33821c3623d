use proptest::prelude::*;
use uuid::Uuid;

use crate::WrappingKey;
use crate::ticket_code::{looks_like_ticket_code, read_ticket_code, ticket_code};

fn key() -> WrappingKey {
    WrappingKey::from_bytes([7; 32])
}

#[test]
fn a_code_is_the_same_for_ever() {
    let ticket = Uuid::parse_str("0193a4c0-7d1e-7000-8000-0123456789ab").unwrap();
    assert_eq!(ticket_code(&key(), ticket), CODE);
}

/// Papers of earlier versions are read by later ones.
const CODE: &str = "T1AGJ2JQD5DZYABAAAAERUKZ4JVO6EHTJQNXG53OQ4IQ";

proptest! {
    #[test]
    fn a_code_gives_its_ticket_alone_and_in_an_address(id: u128) {
        let ticket = Uuid::from_u128(id);
        let code = ticket_code(&key(), ticket);
        prop_assert_eq!(code.len(), 44);
        prop_assert_eq!(read_ticket_code(&key(), &code), Some(ticket));
        let address = format!("https://tinh.example/t/{code}\r\n");
        prop_assert_eq!(read_ticket_code(&key(), &address), Some(ticket));
        prop_assert!(looks_like_ticket_code(&address));
        let other = WrappingKey::from_bytes([8; 32]);
        prop_assert_eq!(read_ticket_code(&other, &code), None);
    }

    #[test]
    fn a_code_with_any_letter_changed_is_none(id: u128, at in 0usize..44, letter in "[A-Z2-7]") {
        let code = ticket_code(&key(), Uuid::from_u128(id));
        let mut changed = code.clone();
        changed.replace_range(at..=at, &letter);
        prop_assume!(changed != code);
        prop_assert_eq!(read_ticket_code(&key(), &changed), None);
    }

    #[test]
    fn no_text_breaks_the_reading(text in "\\PC{0,80}") {
        prop_assert_eq!(read_ticket_code(&key(), &text), None);
    }
}
