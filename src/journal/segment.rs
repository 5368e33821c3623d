//! A sealed segment: a run of a node's older entries in one file. What the hub has acknowledged and
//! the center no longer needs at hand leaves the database this way, so that the database stays as
//! small after ten years as after one, and no entry is lost.
//!
//! File: `MCS1 | u32 length of the head | head | body`. The head is in the clear, as fields: node,
//! place of the first entry, number of entries, hash before the first, hash of the last. The body is
//! the entries' raw bytes, each as a field, compressed as a whole and then sealed with AES-256-GCM
//! under the node's key for segments (12-byte nonce, ciphertext, tag). The tag covers the magic and
//! the head, so a body cannot be put under another head. Everything is bounded before memory is
//! taken; the chain inside is checked whenever a file is read.

use domain::ids::NodeId;
use ring::aead::NONCE_LEN;

use crate::code::{FieldError, FieldReader, FieldWriter};
use crate::entry::{EntryError, NODE_BYTES_MAX, outline};
use crate::pack::{entries_bytes, pack, put_entries, read_entries, unpack};
use crate::seal::{SealError, open_with, random, seal_with_nonce};

/// Most entries in a segment; the next one begins another.
pub const SEGMENT_ENTRIES_MAX: usize = 4096;
/// Most bytes of entries in a segment, before compression; the entry that would exceed it begins
/// another. An entry is far smaller, so at least one always fits.
pub const SEGMENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Largest segment file; a larger one is refused before it is read. Bytes that do not compress grow
/// by zstd's and the fields' own bytes only.
pub const SEGMENT_FILE_BYTES_MAX: u64 = 5 * 1024 * 1024;

const MAGIC: &[u8; 4] = b"MCS1";
/// Most bytes of the head.
const HEAD_BYTES_MAX: usize = 256;
/// Most bytes of the body when unpacked: the entries and their length prefixes.
const PLAIN_BYTES_MAX: usize = SEGMENT_BYTES_MAX + 4 * SEGMENT_ENTRIES_MAX;

/// What a segment says in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentHead {
    /// Whose journal.
    pub node: NodeId,
    /// Place of the first entry.
    pub first_seq: u64,
    /// How many entries.
    pub count: u64,
    /// Hash of the entry before the first; zeros when the journal begins here.
    pub prev: [u8; 32],
    /// Hash of the last entry.
    pub hash: [u8; 32],
}

impl SegmentHead {
    /// Place of the last entry.
    pub fn last_seq(&self) -> u64 {
        self.first_seq.saturating_add(self.count).saturating_sub(1)
    }
}

/// A run of entries, checked to be one piece of one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What stands in the clear.
    pub head: SegmentHead,
    /// Raw entries, as they were stored.
    pub entries: Vec<Vec<u8>>,
}

/// Why bytes are not a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the sentences say it
pub enum SegmentError {
    #[error("it does not begin as it must")]
    NotASegment,
    #[error("the bytes end inside a field")]
    Truncated,
    #[error("bytes are left after the last field")]
    TrailingBytes,
    #[error("a field has a value that cannot be")]
    BadValue,
    #[error("there are no entries in it")]
    Empty,
    #[error("there is more in it than allowed")]
    TooLarge,
    #[error("it cannot be unpacked, or not within the allowed size")]
    Decompression,
    #[error("it could not be packed")]
    Compression,
    #[error("the key does not open it, or it was changed")]
    DoesNotOpen,
    #[error("an entry in it is broken: {0}")]
    Entry(EntryError),
    #[error("its entries are not the run that its head names")]
    OtherRun,
}

impl SegmentError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            SegmentError::NotASegment => "segment.not_a_segment",
            SegmentError::Truncated => "segment.truncated",
            SegmentError::TrailingBytes => "segment.trailing_bytes",
            SegmentError::BadValue => "segment.bad_value",
            SegmentError::Empty => "segment.empty",
            SegmentError::TooLarge => "segment.too_large",
            SegmentError::Decompression => "segment.decompression",
            SegmentError::Compression => "segment.compression",
            SegmentError::DoesNotOpen => "segment.does_not_open",
            SegmentError::Entry(_) => "segment.entry",
            SegmentError::OtherRun => "segment.other_run",
        }
    }
}

impl From<FieldError> for SegmentError {
    fn from(error: FieldError) -> SegmentError {
        match error {
            FieldError::Truncated => SegmentError::Truncated,
            FieldError::TooLong => SegmentError::TooLarge,
            FieldError::BadLength | FieldError::NotText => SegmentError::BadValue,
        }
    }
}

impl From<SealError> for SegmentError {
    fn from(_: SealError) -> SegmentError {
        SegmentError::DoesNotOpen
    }
}

/// How many of the next entries, given by their sizes, make a full segment; `None` while they do not
/// fill one.
pub fn full(sizes: impl IntoIterator<Item = usize>) -> Option<usize> {
    let (mut count, mut bytes) = (0, 0);
    for size in sizes {
        bytes += size;
        if bytes > SEGMENT_BYTES_MAX && count > 0 {
            return Some(count);
        }
        count += 1;
        if count == SEGMENT_ENTRIES_MAX {
            return Some(count);
        }
    }
    None
}

impl Segment {
    /// A segment of raw entries that follow each other. Refuses anything else, so that whatever is
    /// written can be read again.
    pub fn new(node: NodeId, entries: Vec<Vec<u8>>) -> Result<Segment, SegmentError> {
        let first = entries.first().ok_or(SegmentError::Empty)?;
        let last = entries.last().ok_or(SegmentError::Empty)?;
        let first = outline(first).map_err(SegmentError::Entry)?;
        let last = outline(last).map_err(SegmentError::Entry)?;
        let head = SegmentHead {
            node,
            first_seq: first.seq,
            count: entries.len() as u64,
            prev: first.prev,
            hash: last.hash,
        };
        let segment = Segment { head, entries };
        segment.check()?;
        Ok(segment)
    }

    /// The file's bytes.
    pub fn encode(&self, key: &[u8; 32]) -> Result<Vec<u8>, SegmentError> {
        self.encode_with_nonce(key, random()?)
    }

    pub(crate) fn encode_with_nonce(
        &self,
        key: &[u8; 32],
        nonce: [u8; NONCE_LEN],
    ) -> Result<Vec<u8>, SegmentError> {
        let mut plain = FieldWriter::with_capacity(entries_bytes(&self.entries));
        put_entries(&mut plain, &self.entries);
        let packed = pack(plain.bytes()).ok_or(SegmentError::Compression)?;
        let mut file = MAGIC.to_vec();
        file.extend_from_slice(&self.head.field());
        let sealed = seal_with_nonce(key, &file, &packed, nonce)?;
        file.extend_from_slice(&sealed);
        Ok(file)
    }

    /// Reads a file and checks that its entries are the run that its head names.
    pub fn decode(file: &[u8], key: &[u8; 32]) -> Result<Segment, SegmentError> {
        let (head, body_at) = read_head(file)?;
        let packed = open_with(key, &file[..body_at], &file[body_at..])?;
        let plain = unpack(&packed, PLAIN_BYTES_MAX).ok_or(SegmentError::Decompression)?;
        let entries = read_entries(&plain, SEGMENT_ENTRIES_MAX)?;
        let segment = Segment { head, entries };
        segment.check()?;
        Ok(segment)
    }

    /// The entries from a place on; none when the place is not in here.
    pub fn entries_from(&self, seq: u64) -> &[Vec<u8>] {
        let place = seq.checked_sub(self.head.first_seq).and_then(|at| usize::try_from(at).ok());
        place.and_then(|at| self.entries.get(at..)).unwrap_or_default()
    }

    fn check(&self) -> Result<(), SegmentError> {
        let bytes: usize = self.entries.iter().map(Vec::len).sum();
        if self.entries.len() > SEGMENT_ENTRIES_MAX || bytes > SEGMENT_BYTES_MAX {
            return Err(SegmentError::TooLarge);
        }
        let mut prev = self.head.prev;
        for (entry, place) in self.entries.iter().zip(self.head.first_seq..) {
            let outline = outline(entry).map_err(SegmentError::Entry)?;
            if outline.node != self.head.node || outline.seq != place || outline.prev != prev {
                return Err(SegmentError::OtherRun);
            }
            prev = outline.hash;
        }
        if prev != self.head.hash || self.entries.len() as u64 != self.head.count {
            return Err(SegmentError::OtherRun);
        }
        Ok(())
    }
}

impl SegmentHead {
    /// What a file says in the clear. Whether it is true shows only when the body is opened.
    pub fn of_file(file: &[u8]) -> Result<SegmentHead, SegmentError> {
        read_head(file).map(|(head, _)| head)
    }

    fn field(&self) -> Vec<u8> {
        let mut to = FieldWriter::default();
        to.put_nested(|to| {
            to.put(self.node.as_str().as_bytes());
            to.put_u64(self.first_seq);
            to.put_u64(self.count);
            to.put(&self.prev);
            to.put(&self.hash);
        });
        to.finish()
    }
}

/// The head, and where the body begins.
fn read_head(file: &[u8]) -> Result<(SegmentHead, usize), SegmentError> {
    let rest = file.strip_prefix(MAGIC).ok_or(SegmentError::NotASegment)?;
    let field = FieldReader::new(rest).take(HEAD_BYTES_MAX)?;
    let body_at = MAGIC.len() + 4 + field.len();
    let mut from = FieldReader::new(field);
    let node = from.take_text(NODE_BYTES_MAX)?.parse().map_err(|_| SegmentError::BadValue)?;
    let head = SegmentHead {
        node,
        first_seq: from.take_u64()?,
        count: from.take_u64()?,
        prev: from.take_array()?,
        hash: from.take_array()?,
    };
    if !from.is_empty() {
        return Err(SegmentError::TrailingBytes);
    }
    if head.count == 0 || head.first_seq == 0 {
        return Err(SegmentError::Empty);
    }
    if head.count > SEGMENT_ENTRIES_MAX as u64 {
        return Err(SegmentError::TooLarge);
    }
    Ok((head, body_at))
}
