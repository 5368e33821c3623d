//! How the file of a blob is built.
//!
//! File: `MCB1 | 16 random bytes | segments`, a segment being 64 KiB of AES-256-GCM and its tag. Each
//! file has a key of its own (from the blob key and the random bytes), so the nonce can count; the
//! last segment is marked as such in what the tag covers, so a cut file does not pass for a whole one.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf;

use crate::StoreError;

pub(super) const SEALED: &[u8; 4] = b"MCB1";
pub(super) const OPEN: &[u8; 4] = b"MCB0";
pub(super) const ID: usize = 16;
pub(super) const HEADER: u64 = (4 + ID) as u64;
pub(super) const SEGMENT: usize = 64 * 1024;
const TAG: usize = 16;

pub(super) fn read_open(
    file: &mut File,
    body: u64,
    offset: u64,
    length: usize,
) -> Result<Vec<u8>, StoreError> {
    let length = (length as u64).min(body.saturating_sub(offset));
    file.seek(SeekFrom::Start(HEADER + offset))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn read_sealed(
    file: &mut File,
    body: u64,
    key: &LessSafeKey,
    offset: u64,
    length: usize,
) -> Result<Vec<u8>, StoreError> {
    let stored = (SEGMENT + TAG) as u64;
    let segments = body.div_ceil(stored);
    let size = body.checked_sub(segments * TAG as u64).ok_or_else(damaged)?;
    let end = offset.saturating_add(length as u64).min(size);
    let mut bytes = Vec::new();
    let mut at = offset;
    // An empty blob still has one segment, whose tag is checked like any other.
    while at < end || (size == 0 && at == 0 && bytes.is_empty()) {
        let index = at / SEGMENT as u64;
        file.seek(SeekFrom::Start(HEADER + index * stored))?;
        let mut sealed = vec![0; stored.min(body - index * stored) as usize];
        file.read_exact(&mut sealed)?;
        let number = u32::try_from(index).map_err(|_| damaged())?;
        let (nonce, aad) = segment(number, index + 1 == segments);
        let plain = key.open_in_place(nonce, aad, &mut sealed).map_err(|_| damaged())?;
        if size == 0 {
            break;
        }
        let from = (at - index * SEGMENT as u64) as usize;
        let to = (end - index * SEGMENT as u64).min(plain.len() as u64) as usize;
        bytes.extend_from_slice(plain.get(from..to).ok_or_else(damaged)?);
        at += (to - from) as u64;
    }
    Ok(bytes)
}

/// Nonce and covered bytes of a segment. The key is the file's own, so counting is safe.
pub(super) fn segment(index: u32, last: bool) -> (Nonce, Aad<[u8; 5]>) {
    let mut nonce = [0; NONCE_LEN];
    nonce[NONCE_LEN - 4..].copy_from_slice(&index.to_be_bytes());
    let mut aad = [u8::from(last); 5];
    aad[..4].copy_from_slice(&index.to_be_bytes());
    (Nonce::assume_unique_for_key(nonce), Aad::from(aad))
}

pub(super) fn file_key(blob_key: &[u8; 32], id: &[u8]) -> Result<LessSafeKey, StoreError> {
    let broken = |_| StoreError::Damaged("key derivation".to_owned());
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, id);
    let info = [b"blob file".as_slice()];
    let mut key = [0; 32];
    salt.extract(blob_key)
        .expand(&info, hkdf::HKDF_SHA256)
        .map_err(broken)?
        .fill(&mut key)
        .map_err(broken)?;
    UnboundKey::new(&AES_256_GCM, &key).map(LessSafeKey::new).map_err(broken)
}

pub(super) fn damaged() -> StoreError {
    StoreError::Damaged("blob".to_owned())
}
