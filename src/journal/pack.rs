//! Raw entries one after another, compressed as a whole: how a frame and a segment carry them.

use crate::code::{FieldError, FieldReader, FieldWriter};
use crate::entry::ENTRY_BYTES_MAX;

/// The default of zstd: entries pack little better above it, and the writer waits for it.
const ZSTD_LEVEL: i32 = 3;

/// Bytes of entries and their length prefixes.
pub(crate) fn entries_bytes(entries: &[Vec<u8>]) -> usize {
    entries.iter().map(|entry| entry.len() + 4).sum()
}

/// Writes entries, each as a field.
pub(crate) fn put_entries(to: &mut FieldWriter, entries: &[Vec<u8>]) {
    entries.iter().for_each(|entry| to.put(entry));
}

/// Reads entries up to the end; one more than so many is too long.
pub(crate) fn read_entries(bytes: &[u8], count_max: usize) -> Result<Vec<Vec<u8>>, FieldError> {
    let mut from = FieldReader::new(bytes);
    let mut entries = Vec::new();
    while !from.is_empty() {
        if entries.len() == count_max {
            return Err(FieldError::TooLong);
        }
        entries.push(from.take(ENTRY_BYTES_MAX)?.to_vec());
    }
    Ok(entries)
}

/// Compresses; `None` when there is no memory for it.
pub(crate) fn pack(plain: &[u8]) -> Option<Vec<u8>> {
    zstd::bulk::compress(plain, ZSTD_LEVEL).ok()
}

/// Decompresses; `None` when the bytes are damaged, or are more than so many when open.
pub(crate) fn unpack(packed: &[u8], bytes_max: usize) -> Option<Vec<u8>> {
    // The size that packed bytes state about themselves is not trusted: the capacity is the bound.
    let stated = zstd::bulk::Decompressor::upper_bound(packed).unwrap_or(bytes_max);
    zstd::bulk::decompress(packed, stated.min(bytes_max)).ok()
}
