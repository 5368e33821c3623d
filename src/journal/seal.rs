//! Sealing: what identifies or describes a person travels and is kept as AES-256-GCM under a data
//! key of its subject; the data key travels wrapped under the key that node and hub share. Destroying
//! a data key makes every copy of what it sealed unreadable, wherever it lies.
//!
//! Sealed bytes: `0x01 | u16 length of key id | key id | 12-byte nonce | ciphertext and tag`. The tag
//! covers key id, kind, subject and revision, so a sealed part cannot be moved to another subject or
//! another revision.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::code::FieldWriter;

/// First byte of what is sealed.
const SEALED: u8 = 1;
/// First byte of what was left open, see [`Sealing::Off`].
const OPEN: u8 = 0;
/// Longest key id, in bytes.
pub const KEY_ID_BYTES_MAX: usize = 128;
/// Length of a wrapped data key: nonce, key, tag.
pub const WRAPPED_BYTES: usize = NONCE_LEN + 32 + 16;

/// Whether parts about persons are sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sealing {
    /// As it must be.
    #[default]
    On,
    /// Left open: only so that a search for a known name can be shown to find what it looks for.
    Off,
}

/// The key of one subject: of a dossier, or of the tickets of one day.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey([u8; 32]);

/// The key that node and hub share, given at enrolment: it wraps data keys, and makes the codes of
/// tickets ([`crate::ticket_code`]).
#[derive(Clone, PartialEq, Eq)]
pub struct WrappingKey([u8; 32]);

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(hidden)")
    }
}

impl std::fmt::Debug for WrappingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WrappingKey(hidden)")
    }
}

/// A data key as it is kept and sent: under the wrapping key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    /// "dossier:<uuid>", "message:<uuid>", "ticket-day:<date>", "rating-day:<date>".
    pub key_id: String,
    /// Nonce, ciphertext, tag; nothing in the mark of a key that was destroyed.
    #[serde(with = "crate::hex::bytes")]
    pub wrapped: Vec<u8>,
}

impl WrappedKey {
    /// What travels in the place of a key that was destroyed: nobody is to wait for it.
    pub fn destroyed(key_id: String) -> WrappedKey {
        WrappedKey { key_id, wrapped: Vec::new() }
    }

    /// Whether it is only the mark of a destroyed key.
    pub fn is_destroyed(&self) -> bool {
        self.wrapped.is_empty()
    }
}

/// Where a sealed part belongs; it opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Which data key.
    pub key_id: &'a str,
    /// Kind of the subject.
    pub kind: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// Its revision.
    pub rev: u64,
}

/// Why something cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the sentences say it
pub enum SealError {
    #[error("the sealed part is not one")]
    Malformed,
    #[error("the key does not open it, or it was changed, or it belongs elsewhere")]
    DoesNotOpen,
    #[error("the part was left open where it must be sealed")]
    NotSealed,
    #[error("the key id is longer than allowed")]
    KeyIdTooLong,
    #[error("the system gives no random bytes")]
    NoRandom,
}

impl SealError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            SealError::Malformed => "seal.malformed",
            SealError::DoesNotOpen => "seal.does_not_open",
            SealError::NotSealed => "seal.not_sealed",
            SealError::KeyIdTooLong => "seal.key_id_too_long",
            SealError::NoRandom => "seal.no_random",
        }
    }
}

impl DataKey {
    /// A new key.
    pub fn generate() -> Result<DataKey, SealError> {
        random().map(DataKey)
    }

    /// A key from its bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> DataKey {
        DataKey(bytes)
    }

    /// Seals `plain` for one place.
    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        self.seal_with_nonce(place, plain, random()?)
    }

    pub(crate) fn seal_with_nonce(
        &self,
        place: Place<'_>,
        plain: &[u8],
        nonce: [u8; NONCE_LEN],
    ) -> Result<Vec<u8>, SealError> {
        let mut sealed = header(SEALED, place.key_id)?;
        sealed.extend_from_slice(&nonce);
        let text_at = sealed.len();
        sealed.extend_from_slice(plain);
        let tag = aead(&self.0)
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.aad()),
                &mut sealed[text_at..],
            )
            .map_err(|_| SealError::Malformed)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`DataKey::seal`] made for the same place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (mark, key_id, rest) = split_header(sealed)?;
        match mark {
            SEALED if key_id == place.key_id => open_with(&self.0, &place.aad(), rest),
            SEALED => Err(SealError::DoesNotOpen),
            _ => Err(SealError::NotSealed),
        }
    }
}

impl WrappingKey {
    /// A new key.
    pub fn generate() -> Result<WrappingKey, SealError> {
        random().map(WrappingKey)
    }

    /// A key from its bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> WrappingKey {
        WrappingKey(bytes)
    }

    /// Its bytes, to be kept where keys are kept.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0
    }

    /// Wraps a data key under this key.
    pub fn wrap(&self, key_id: &str, key: &DataKey) -> Result<WrappedKey, SealError> {
        if key_id.len() > KEY_ID_BYTES_MAX {
            return Err(SealError::KeyIdTooLong);
        }
        let wrapped = seal_with(&self.0, &wrap_aad(key_id), &key.0)?;
        Ok(WrappedKey { key_id: key_id.to_owned(), wrapped })
    }

    /// Opens a wrapped data key; fails if it was wrapped for another id.
    pub fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, SealError> {
        if wrapped.wrapped.len() != WRAPPED_BYTES {
            return Err(SealError::Malformed);
        }
        let key = open_with(&self.0, &wrap_aad(&wrapped.key_id), &wrapped.wrapped)?;
        key.try_into().map(DataKey).map_err(|_| SealError::Malformed)
    }
}

/// What a sealed part looks like while [`Sealing::Off`]: its header and the plain bytes.
pub fn leave_open(key_id: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut open = header(OPEN, key_id)?;
    open.extend_from_slice(plain);
    Ok(open)
}

/// The plain bytes of a part that was left open; refused unless sealing is off here too.
pub fn read_open(sealed: &[u8], sealing: Sealing) -> Result<Vec<u8>, SealError> {
    match (split_header(sealed)?, sealing) {
        ((OPEN, _, plain), Sealing::Off) => Ok(plain.to_vec()),
        ((OPEN, _, _), Sealing::On) => Err(SealError::NotSealed),
        _ => Err(SealError::Malformed),
    }
}

/// Whether a part was left open.
pub fn is_open(sealed: &[u8]) -> bool {
    sealed.first() == Some(&OPEN)
}

/// Which data key a sealed part needs.
pub fn key_id(sealed: &[u8]) -> Result<&str, SealError> {
    split_header(sealed).map(|(_, key_id, _)| key_id)
}

/// Seals bytes under a key for a purpose named by `aad`: nonce, ciphertext, tag. For what is not part
/// of an entry: blobs, segments, the recovery sheet.
pub fn seal_with(key: &[u8; 32], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
    seal_with_nonce(key, aad, plain, random()?)
}

pub(crate) fn seal_with_nonce(
    key: &[u8; 32],
    aad: &[u8],
    plain: &[u8],
    nonce: [u8; NONCE_LEN],
) -> Result<Vec<u8>, SealError> {
    let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + 16);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = aead(key)
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(aad),
            &mut sealed[NONCE_LEN..],
        )
        .map_err(|_| SealError::Malformed)?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

/// Opens what [`seal_with`] made with the same key and purpose.
pub fn open_with(key: &[u8; 32], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Malformed)?;
    let mut text = text.to_vec();
    let length = aead(key)
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), &mut text)
        .map_err(|_| SealError::DoesNotOpen)?
        .len();
    text.truncate(length);
    Ok(text)
}

impl Place<'_> {
    fn aad(&self) -> Vec<u8> {
        let mut to = FieldWriter::default();
        to.put(self.key_id.as_bytes());
        to.put(self.kind.as_bytes());
        to.put(self.subject.as_bytes());
        to.put_u64(self.rev);
        to.finish()
    }
}

fn wrap_aad(key_id: &str) -> Vec<u8> {
    [b"motcua data key\0", key_id.as_bytes()].concat()
}

fn header(mark: u8, key_id: &str) -> Result<Vec<u8>, SealError> {
    let length = u16::try_from(key_id.len()).map_err(|_| SealError::KeyIdTooLong)?;
    if key_id.len() > KEY_ID_BYTES_MAX {
        return Err(SealError::KeyIdTooLong);
    }
    let mut header = vec![mark];
    header.extend_from_slice(&length.to_be_bytes());
    header.extend_from_slice(key_id.as_bytes());
    Ok(header)
}

fn split_header(sealed: &[u8]) -> Result<(u8, &str, &[u8]), SealError> {
    let ([mark, high, low], rest) = sealed.split_first_chunk::<3>().ok_or(SealError::Malformed)?;
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length > KEY_ID_BYTES_MAX || length > rest.len() || !matches!(*mark, OPEN | SEALED) {
        return Err(SealError::Malformed);
    }
    let (key_id, rest) = rest.split_at(length);
    let key_id = std::str::from_utf8(key_id).map_err(|_| SealError::Malformed)?;
    Ok((*mark, key_id, rest))
}

fn aead(key: &[u8; 32]) -> LessSafeKey {
    // The key's length is right by its type, so this cannot fail.
    #[allow(clippy::expect_used)] // fact that would be broken: AES-256 takes 32 bytes
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("AES-256 takes 32 bytes"))
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], SealError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SealError::NoRandom)?;
    Ok(bytes)
}
