//! Keys that follow from the key which node and hub share, each for one purpose: the pieces of scans on
//! the line, and the marks under which callers' request keys stand in entries.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{hkdf, hmac};

use crate::seal::{SealError, WrappingKey};

/// What sealing adds to a piece: the tag.
pub const PIECE_OVERHEAD: usize = 16;

const SALT: &[u8] = b"motcua derived keys v1";

/// Where a piece belongs; it opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PiecePlace {
    /// SHA-256 of the whole scan, open.
    pub sha256: [u8; 32],
    /// The whole scan's size, in bytes.
    pub size: u64,
    /// Where the piece begins.
    pub offset: u64,
}

/// Seals and opens the pieces of scans between a node and its hub: whoever listens at the broker learns
/// a scan's name and size, and nothing of what it shows.
///
/// Each scan has a key of its own, derived from its name; the nonce says where the piece lies and how
/// long it is. The same key and nonce can therefore only ever meet the same bytes, and a piece that is
/// sent again is the same message again.
#[derive(Clone)]
pub struct PieceKey(hkdf::Prk);

impl std::fmt::Debug for PieceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PieceKey(hidden)")
    }
}

impl PieceKey {
    /// The key for the pieces of a node's scans.
    pub fn of(wrapping: &WrappingKey) -> Result<PieceKey, SealError> {
        let key = derive(wrapping, b"pieces of scans")?;
        Ok(PieceKey(hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(&key)))
    }

    /// Seals one piece.
    pub fn seal(&self, place: PiecePlace, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut sealed = Vec::with_capacity(plain.len() + PIECE_OVERHEAD);
        sealed.extend_from_slice(plain);
        self.of_scan(place)?
            .seal_in_place_append_tag(place.nonce(plain.len())?, place.aad(), &mut sealed)
            .map_err(|_| SealError::Malformed)?;
        Ok(sealed)
    }

    /// Opens what [`PieceKey::seal`] made for the same place.
    pub fn open(&self, place: PiecePlace, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let length = sealed.len().checked_sub(PIECE_OVERHEAD).ok_or(SealError::Malformed)?;
        let mut plain = sealed.to_vec();
        self.of_scan(place)?
            .open_in_place(place.nonce(length)?, place.aad(), &mut plain)
            .map_err(|_| SealError::DoesNotOpen)?;
        plain.truncate(length);
        Ok(plain)
    }

    fn of_scan(&self, place: PiecePlace) -> Result<LessSafeKey, SealError> {
        let key = expand(&self.0, &place.sha256)?;
        UnboundKey::new(&AES_256_GCM, &key).map(LessSafeKey::new).map_err(|_| SealError::Malformed)
    }
}

impl PiecePlace {
    fn nonce(&self, length: usize) -> Result<Nonce, SealError> {
        let length = u32::try_from(length).map_err(|_| SealError::Malformed)?;
        let mut nonce = [0; NONCE_LEN];
        nonce[..8].copy_from_slice(&self.offset.to_be_bytes());
        nonce[8..].copy_from_slice(&length.to_be_bytes());
        Ok(Nonce::assume_unique_for_key(nonce))
    }

    fn aad(&self) -> Aad<[u8; 48]> {
        let mut aad = [0; 48];
        aad[..32].copy_from_slice(&self.sha256);
        aad[32..40].copy_from_slice(&self.size.to_be_bytes());
        aad[40..].copy_from_slice(&self.offset.to_be_bytes());
        Aad::from(aad)
    }
}

/// Marks callers' request keys. A caller may put anything into its key, a citizen number too: the entry
/// carries only a mark that nobody can guess back without the key which node and hub share.
#[derive(Clone)]
pub struct RequestMarks(hmac::Key);

impl std::fmt::Debug for RequestMarks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RequestMarks(hidden)")
    }
}

impl RequestMarks {
    /// The marks of a node.
    pub fn of(wrapping: &WrappingKey) -> Result<RequestMarks, SealError> {
        let key = derive(wrapping, b"request keys")?;
        Ok(RequestMarks(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// The mark of a request key: HMAC-SHA256 in hexadecimal.
    pub fn mark(&self, request_key: &str) -> String {
        crate::hex::encode(hmac::sign(&self.0, request_key.as_bytes()).as_ref())
    }
}

fn derive(wrapping: &WrappingKey, purpose: &[u8]) -> Result<[u8; 32], SealError> {
    let root = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(&wrapping.to_bytes());
    expand(&root, purpose)
}

fn expand(from: &hkdf::Prk, info: &[u8]) -> Result<[u8; 32], SealError> {
    let mut key = [0; 32];
    from.expand(&[info], hkdf::HKDF_SHA256)
        .and_then(|material| material.fill(&mut key))
        .map_err(|_| SealError::Malformed)?;
    Ok(key)
}
