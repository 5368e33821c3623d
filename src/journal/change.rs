//! One subject's change inside an entry: what happened to it and its whole state afterwards, so
//! that applying it is an upsert and needs nothing from before.

use crate::code::{FieldReader, FieldWriter};
use crate::entry::EntryError;

/// Longest kind, subject or axis, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// Longest public part, in bytes.
pub const PUBLIC_BYTES_MAX: usize = 256 * 1024;
/// Longest sealed part, in bytes.
pub const SEALED_BYTES_MAX: usize = 256 * 1024;
/// Most blobs that one change may name.
pub const CHANGE_BLOBS_MAX: usize = 1024;

/// A subject's state after something happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What the subject is: "ticket", "counter", "dossier", "rating", "message".
    pub kind: String,
    /// Which one: its id as text.
    pub subject: String,
    /// Which part of it has its own writer: "business", "money", "delivery"; "" when it has one.
    pub axis: String,
    /// Revision of the subject after this change; the first is 1.
    pub rev: u64,
    /// Revision on which the decision was made; 0 when there was none.
    pub base_rev: u64,
    /// Term of the holder who wrote this; 0 for what never changes hands.
    pub term: u64,
    /// Version of the JSON inside.
    pub schema: u16,
    /// What anyone at the hub may read, JSON.
    pub public: Vec<u8>,
    /// What tells about a person, sealed (see [`crate::seal`]); empty when there is nothing.
    pub sealed: Vec<u8>,
    /// SHA-256 of every blob that the state names.
    pub blobs: Vec<[u8; 32]>,
}

impl Change {
    pub(crate) fn check(&self) -> Result<(), EntryError> {
        let names = [&self.kind, &self.subject, &self.axis];
        if names.iter().any(|name| name.len() > NAME_BYTES_MAX)
            || self.public.len() > PUBLIC_BYTES_MAX
            || self.sealed.len() > SEALED_BYTES_MAX
            || self.blobs.len() > CHANGE_BLOBS_MAX
        {
            return Err(EntryError::TooLarge);
        }
        Ok(())
    }

    pub(crate) fn write(&self, to: &mut FieldWriter) {
        to.put(self.kind.as_bytes());
        to.put(self.subject.as_bytes());
        to.put(self.axis.as_bytes());
        to.put_u64(self.rev);
        to.put_u64(self.base_rev);
        to.put_u64(self.term);
        to.put(&self.schema.to_be_bytes());
        to.put(&self.public);
        to.put(&self.sealed);
        to.put(self.blobs.as_flattened());
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Change, EntryError> {
        let mut from = FieldReader::new(bytes);
        let change = Change {
            kind: from.take_text(NAME_BYTES_MAX)?,
            subject: from.take_text(NAME_BYTES_MAX)?,
            axis: from.take_text(NAME_BYTES_MAX)?,
            rev: from.take_u64()?,
            base_rev: from.take_u64()?,
            term: from.take_u64()?,
            schema: from.take_array().map(u16::from_be_bytes)?,
            public: from.take(PUBLIC_BYTES_MAX)?.to_vec(),
            sealed: from.take(SEALED_BYTES_MAX)?.to_vec(),
            blobs: read_hashes(from.take(CHANGE_BLOBS_MAX * 32)?)?,
        };
        if from.is_empty() { Ok(change) } else { Err(EntryError::TrailingBytes) }
    }
}

fn read_hashes(bytes: &[u8]) -> Result<Vec<[u8; 32]>, EntryError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() { Ok(hashes.to_vec()) } else { Err(EntryError::BadLength) }
}
