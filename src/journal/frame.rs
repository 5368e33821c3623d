//! What travels in one message: a frame of entries, or a piece of a blob. A frame says whose it is,
//! where it begins, and brings the wrapped data keys that its entries need; it is compressed as a
//! whole. An entry is never split. Everything is bounded before memory is taken.

use domain::ids::NodeId;

use crate::code::{FieldError, FieldReader, FieldWriter};
use crate::derived::PIECE_OVERHEAD;
use crate::entry::{ENTRY_BYTES_MAX, NODE_BYTES_MAX};
use crate::pack::{entries_bytes, pack, put_entries, read_entries, unpack};
use crate::seal::{KEY_ID_BYTES_MAX, WRAPPED_BYTES, WrappedKey};

/// Most entries in a frame.
pub const FRAME_ENTRIES_MAX: usize = 100;
/// Most bytes of entries in a frame, before compression; one larger entry may travel alone.
pub const FRAME_BYTES_MAX: usize = 128 * 1024;
/// Most data keys in a frame.
pub const FRAME_KEYS_MAX: usize = 1024;
/// Most bytes a frame may have when decompressed.
pub const FRAME_PLAIN_BYTES_MAX: usize = 1024 * 1024;
/// Largest piece of a blob, in bytes, open.
pub const CHUNK_BYTES_MAX: usize = 256 * 1024;
/// Largest blob, in bytes.
pub const BLOB_BYTES_MAX: u64 = 64 * 1024 * 1024;

const FRAME_MAGIC: &[u8; 4] = b"MCF1";
const CHUNK_MAGIC: &[u8; 4] = b"MCB1";

/// Which way a journal flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Stream {
    /// The node's journal, to the hub.
    Up = 1,
    /// The hub's journal for the node.
    Down = 2,
    /// A node's journal that has parted from what the hub has: kept there for reading, not applied.
    Salvage = 3,
}

/// Entries in order, as raw bytes, with the keys to what is sealed in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whose journal; the receiver compares it with the topic and with each entry.
    pub node: NodeId,
    /// Which way.
    pub stream: Stream,
    /// Incarnation of the journal.
    pub epoch: u64,
    /// Place of the first entry.
    pub first_seq: u64,
    /// Data keys of the entries, wrapped.
    pub keys: Vec<WrappedKey>,
    /// Raw entries, as stored.
    pub entries: Vec<Vec<u8>>,
}

/// A piece of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobChunk {
    /// SHA-256 of the whole blob.
    pub sha256: [u8; 32],
    /// Which piece, from 0.
    pub index: u32,
    /// How many pieces there are.
    pub total: u32,
    /// Size of the whole blob, in bytes.
    pub size: u64,
    /// This piece, sealed by [`crate::PieceKey`].
    pub bytes: Vec<u8>,
}

/// Why bytes are not a frame or a piece of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the sentences say it
pub enum FrameError {
    #[error("it does not begin as it must")]
    NotAFrame,
    #[error("it cannot be decompressed, or not within the allowed size")]
    Decompression,
    #[error("it could not be compressed")]
    Compression,
    #[error("the bytes end inside a field")]
    Truncated,
    #[error("bytes are left after the last field")]
    TrailingBytes,
    #[error("a field has a value that cannot be")]
    BadValue,
    #[error("the node's name is not one")]
    BadNode,
    #[error("there are no entries in it")]
    Empty,
    #[error("there is more in it than allowed")]
    TooLarge,
}

impl FrameError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            FrameError::NotAFrame => "frame.not_a_frame",
            FrameError::Decompression => "frame.decompression",
            FrameError::Compression => "frame.compression",
            FrameError::Truncated => "frame.truncated",
            FrameError::TrailingBytes => "frame.trailing_bytes",
            FrameError::BadValue => "frame.bad_value",
            FrameError::BadNode => "frame.bad_node",
            FrameError::Empty => "frame.empty",
            FrameError::TooLarge => "frame.too_large",
        }
    }
}

impl From<FieldError> for FrameError {
    fn from(error: FieldError) -> FrameError {
        match error {
            FieldError::Truncated => FrameError::Truncated,
            FieldError::TooLong => FrameError::TooLarge,
            FieldError::BadLength | FieldError::NotText => FrameError::BadValue,
        }
    }
}

impl Frame {
    /// The message's bytes. Refuses a frame beyond the limits, which no receiver would take.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        check_entries(&self.entries)?;
        if self.keys.len() > FRAME_KEYS_MAX {
            return Err(FrameError::TooLarge);
        }
        let body = entries_bytes(&self.entries);
        let mut to = FieldWriter::with_capacity(body + self.keys.len() * 150 + 100);
        to.put(self.node.as_str().as_bytes());
        to.put(&[self.stream as u8]);
        to.put_u64(self.epoch);
        to.put_u64(self.first_seq);
        to.put_nested(|to| {
            for key in &self.keys {
                to.put(key.key_id.as_bytes());
                to.put(&key.wrapped);
            }
        });
        to.put_nested(|to| put_entries(to, &self.entries));
        if to.bytes().len() > FRAME_PLAIN_BYTES_MAX {
            return Err(FrameError::TooLarge);
        }
        let packed = pack(to.bytes()).ok_or(FrameError::Compression)?;
        Ok([FRAME_MAGIC.as_slice(), &packed].concat())
    }

    /// Reads a message. The entries inside are not looked into here.
    pub fn decode(message: &[u8]) -> Result<Frame, FrameError> {
        let packed = message.strip_prefix(FRAME_MAGIC).ok_or(FrameError::NotAFrame)?;
        let plain = unpack(packed, FRAME_PLAIN_BYTES_MAX).ok_or(FrameError::Decompression)?;
        let mut from = FieldReader::new(&plain);
        let node = from.take_text(NODE_BYTES_MAX)?.parse().map_err(|_| FrameError::BadNode)?;
        let stream = match from.take_array::<1>()?[0] {
            1 => Stream::Up,
            2 => Stream::Down,
            3 => Stream::Salvage,
            _ => return Err(FrameError::BadValue),
        };
        let epoch = from.take_u64()?;
        let first_seq = from.take_u64()?;
        let keys = read_keys(from.take(FRAME_PLAIN_BYTES_MAX)?)?;
        let entries = read_entries(from.take(FRAME_PLAIN_BYTES_MAX)?, FRAME_ENTRIES_MAX)?;
        check_entries(&entries)?;
        if !from.is_empty() {
            return Err(FrameError::TrailingBytes);
        }
        Ok(Frame { node, stream, epoch, first_seq, keys, entries })
    }
}

/// How many of the next entries, given by their sizes, fit into one frame; at least one.
pub fn fitting(sizes: impl IntoIterator<Item = usize>) -> usize {
    let (mut count, mut bytes) = (0, 0);
    for size in sizes {
        bytes += size;
        if count == FRAME_ENTRIES_MAX || (count > 0 && bytes > FRAME_BYTES_MAX) {
            break;
        }
        count += 1;
    }
    count
}

impl BlobChunk {
    /// The message's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut message = Vec::with_capacity(self.bytes.len() + 64);
        message.extend_from_slice(CHUNK_MAGIC);
        message.extend_from_slice(&self.sha256);
        message.extend_from_slice(&self.index.to_be_bytes());
        message.extend_from_slice(&self.total.to_be_bytes());
        message.extend_from_slice(&self.size.to_be_bytes());
        message.extend_from_slice(&self.bytes);
        message
    }

    /// Reads a message.
    pub fn decode(message: &[u8]) -> Result<BlobChunk, FrameError> {
        let rest = message.strip_prefix(CHUNK_MAGIC).ok_or(FrameError::NotAFrame)?;
        let (sha256, rest) = rest.split_first_chunk::<32>().ok_or(FrameError::Truncated)?;
        let (index, rest) = rest.split_first_chunk().ok_or(FrameError::Truncated)?;
        let (total, rest) = rest.split_first_chunk().ok_or(FrameError::Truncated)?;
        let (size, bytes) = rest.split_first_chunk().ok_or(FrameError::Truncated)?;
        let (index, total) = (u32::from_be_bytes(*index), u32::from_be_bytes(*total));
        let size = u64::from_be_bytes(*size);
        if bytes.len() > CHUNK_BYTES_MAX + PIECE_OVERHEAD || size > BLOB_BYTES_MAX {
            return Err(FrameError::TooLarge);
        }
        let open = bytes.len().saturating_sub(PIECE_OVERHEAD);
        if index >= total || open == 0 || open as u64 > size {
            return Err(FrameError::BadValue);
        }
        Ok(BlobChunk { sha256: *sha256, index, total, size, bytes: bytes.to_vec() })
    }
}

fn check_entries(entries: &[Vec<u8>]) -> Result<(), FrameError> {
    let bytes: usize = entries.iter().map(Vec::len).sum();
    if entries.is_empty() {
        return Err(FrameError::Empty);
    }
    let too_large = entries.len() > FRAME_ENTRIES_MAX
        || bytes > ENTRY_BYTES_MAX
        || (entries.len() > 1 && bytes > FRAME_BYTES_MAX);
    if too_large { Err(FrameError::TooLarge) } else { Ok(()) }
}

fn read_keys(bytes: &[u8]) -> Result<Vec<WrappedKey>, FrameError> {
    let mut from = FieldReader::new(bytes);
    let mut keys = Vec::new();
    while !from.is_empty() {
        if keys.len() == FRAME_KEYS_MAX {
            return Err(FrameError::TooLarge);
        }
        let key_id = from.take_text(KEY_ID_BYTES_MAX)?;
        keys.push(WrappedKey { key_id, wrapped: from.take(WRAPPED_BYTES)?.to_vec() });
    }
    Ok(keys)
}
