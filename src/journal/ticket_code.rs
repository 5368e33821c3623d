//! The code on a ticket's paper: the ticket's id and a tag that only the holders of the node's wrapping
//! key can make, so that nobody finds another citizen's ticket by trying.
//!
//! Node and hub share that key and nothing else is stored: the center reads a code without the line, and
//! the hub reads the same one for a phone at home. The code tells nothing that the paper does not say.
//!
//! Form: `T1`, then 42 letters and digits (base 32 of RFC 4648, capitals, unpadded) of 16 bytes id and
//! 10 bytes tag. Capitals and digits only: a QR code holds them in its short form.

use ring::hmac;
use uuid::Uuid;

use crate::WrappingKey;

/// What comes before the letters; another version would have another number.
const START: &str = "T1";
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ID: usize = 16;
/// 80 bits: guessing one takes longer than the center stands.
const TAG: usize = 10;
/// Letters behind [`START`].
const LETTERS: usize = ((ID + TAG) * 8).div_ceil(5);

/// The code of a ticket.
#[must_use]
pub fn ticket_code(key: &WrappingKey, ticket: Uuid) -> String {
    let mut bytes = [0; ID + TAG];
    bytes[..ID].copy_from_slice(ticket.as_bytes());
    bytes[ID..].copy_from_slice(&tag(key, ticket));
    format!("{START}{}", letters(&bytes))
}

/// Whether a text has the form of a ticket's code, whoever made it: alone, or as an address's last part.
#[must_use]
pub fn looks_like_ticket_code(text: &str) -> bool {
    parts(text).is_some()
}

/// The ticket of which a code speaks, whoever made it. It proves nothing: for finding the node whose key
/// then has to open it ([`read_ticket_code`]).
#[must_use]
pub fn ticket_spoken_of(text: &str) -> Option<Uuid> {
    parts(text).map(|(ticket, _)| ticket)
}

/// The ticket of a code that was made with this key; the code alone, or an address that ends in it.
#[must_use]
pub fn read_ticket_code(key: &WrappingKey, text: &str) -> Option<Uuid> {
    let (ticket, given) = parts(text)?;
    // Every byte is looked at, so that the time of an answer tells nothing of the right ones.
    let wrong =
        tag(key, ticket).iter().zip(given).fold(0, |wrong, (one, other)| wrong | (one ^ other));
    (wrong == 0).then_some(ticket)
}

fn parts(text: &str) -> Option<(Uuid, [u8; TAG])> {
    let last = text.trim().rsplit('/').next()?;
    let bytes = bytes_of(last.strip_prefix(START)?)?;
    let (id, tag) = bytes.split_first_chunk::<ID>()?;
    Some((Uuid::from_bytes(*id), tag.try_into().ok()?))
}

fn tag(key: &WrappingKey, ticket: Uuid) -> [u8; TAG] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key.to_bytes());
    let mut context = hmac::Context::with_key(&key);
    // Nothing else that this key ever signs begins so.
    context.update(b"motcua ticket code 1\0");
    context.update(ticket.as_bytes());
    let mut tag = [0; TAG];
    tag.copy_from_slice(&context.sign().as_ref()[..TAG]);
    tag
}

fn letters(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(LETTERS);
    let (mut held, mut bits) = (0u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(letter(held >> bits));
        }
    }
    if bits > 0 {
        text.push(letter(held << (5 - bits)));
    }
    text
}

fn letter(value: u32) -> char {
    char::from(ALPHABET[(value & 31) as usize])
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    if text.len() != LETTERS {
        return None;
    }
    let mut bytes = Vec::with_capacity(ID + TAG);
    let (mut held, mut bits) = (0u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        held = (held << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(((held >> bits) & 0xFF) as u8);
        }
    }
    // The last letter has bits to spare; only zeros, or one ticket would have several codes.
    (held & ((1 << bits) - 1) == 0).then_some(bytes)
}
