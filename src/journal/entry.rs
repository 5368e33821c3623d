//! One transaction as bytes. The canonical form is every field in the order of [`Entry`], each as
//! its length (u32, big-endian) and its bytes; integers are big-endian at a fixed width. The hash is
//! SHA-256 over all fields before it, so the raw bytes are stored and sent as they are and never
//! written anew. `prev` names the entry before: whoever holds the last hash holds the whole chain.

use domain::ids::NodeId;
use ring::digest::{SHA256, digest};

use crate::change::Change;
use crate::code::{FieldError, FieldReader, FieldWriter};

/// The format written here.
pub const FORMAT: u16 = 1;
/// Largest entry, in bytes as stored. What would be larger belongs into blobs.
pub const ENTRY_BYTES_MAX: usize = 512 * 1024;
/// Most changes in one entry.
pub const CHANGES_MAX: usize = 1024;
/// Longest node name, in bytes.
pub const NODE_BYTES_MAX: usize = 32;
/// Longest actor, device or request key, in bytes.
pub const TEXT_BYTES_MAX: usize = 256;
/// The `prev` of a chain's first entry.
pub const NO_HASH: [u8; 32] = [0; 32];

/// Length of a field that carries 32 bytes, with its prefix.
const HASH_FIELD: usize = 36;

/// How far the wall clock of an entry can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ClockState {
    /// It goes on from the entry before.
    Steady = 0,
    /// It is behind the entry before.
    Behind = 1,
    /// It moved by more than five minutes against the monotonic clock since the entry before.
    Jumped = 2,
    /// It is a demonstration's clock, which runs at a rate of its own.
    Demo = 3,
    /// The machine's clock is wrong; the time is counted on from one that was believed.
    Counted = 4,
    /// Nothing confirms the time: it may be too early, or the hub says another.
    Suspect = 5,
}

impl ClockState {
    fn from_byte(byte: u8) -> Result<ClockState, EntryError> {
        match byte {
            0 => Ok(ClockState::Steady),
            1 => Ok(ClockState::Behind),
            2 => Ok(ClockState::Jumped),
            3 => Ok(ClockState::Demo),
            4 => Ok(ClockState::Counted),
            5 => Ok(ClockState::Suspect),
            _ => Err(EntryError::BadValue),
        }
    }
}

/// One transaction at a node (or, on the way down, at the hub for that node).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Version of this layout.
    pub format: u16,
    /// Whose journal it is.
    pub node: NodeId,
    /// Counter granted by the hub at each incarnation of the node's store.
    pub epoch: u64,
    /// Place in the journal; 1, 2, 3, ... without gaps.
    pub seq: u64,
    /// Wall clock, microseconds since 1970 UTC. Never used for order.
    pub at_utc_us: i64,
    /// The kernel's id of this boot: within one boot `monotonic_ns` gives true intervals.
    pub boot_id: [u8; 16],
    /// Clock since boot, in nanoseconds.
    pub monotonic_ns: u64,
    /// How far `at_utc_us` can be trusted.
    pub clock_state: ClockState,
    /// Who: an officer's id, a device's name, "citizen", "hub".
    pub actor: String,
    /// From which device; "" when none.
    pub device: String,
    /// The caller's key against doing it twice, as [`crate::RequestMarks`] marks it; "" when none.
    pub request_key: String,
    /// What changed.
    pub changes: Vec<Change>,
    /// Hash of the entry before; zeros for the first.
    pub prev: [u8; 32],
    /// SHA-256 over everything above.
    pub hash: [u8; 32],
}

/// Why bytes are not an entry, or an entry not a next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the sentences say it
pub enum EntryError {
    #[error("the bytes end inside a field")]
    Truncated,
    #[error("bytes are left after the last field")]
    TrailingBytes,
    #[error("the entry's format is not known here")]
    UnknownFormat,
    #[error("the entry or one of its fields is larger than allowed")]
    TooLarge,
    #[error("a field has the wrong length")]
    BadLength,
    #[error("a field is not text")]
    BadText,
    #[error("a field has a value that does not exist")]
    BadValue,
    #[error("the node's name is not one")]
    BadNode,
    #[error("the hash does not belong to the bytes")]
    HashMismatch,
    #[error("the entry does not follow the one before it")]
    ChainBroken,
}

impl EntryError {
    /// The stable code, for acknowledgements, events and support.
    pub fn code(self) -> &'static str {
        match self {
            EntryError::Truncated => "entry.truncated",
            EntryError::TrailingBytes => "entry.trailing_bytes",
            EntryError::UnknownFormat => "entry.unknown_format",
            EntryError::TooLarge => "entry.too_large",
            EntryError::BadLength => "entry.bad_length",
            EntryError::BadText => "entry.bad_text",
            EntryError::BadValue => "entry.bad_value",
            EntryError::BadNode => "entry.bad_node",
            EntryError::HashMismatch => "entry.hash_mismatch",
            EntryError::ChainBroken => "entry.chain_broken",
        }
    }
}

impl From<FieldError> for EntryError {
    fn from(error: FieldError) -> EntryError {
        match error {
            FieldError::Truncated => EntryError::Truncated,
            FieldError::BadLength => EntryError::BadLength,
            FieldError::TooLong => EntryError::TooLarge,
            FieldError::NotText => EntryError::BadText,
        }
    }
}

impl Entry {
    /// Computes the hash, sets it, and gives the raw bytes to store and send. Refuses what is beyond
    /// a limit, so that whatever is written can be read again.
    pub fn seal_hash(&mut self) -> Result<Vec<u8>, EntryError> {
        self.check()?;
        let mut fields = self.fields_before_hash();
        self.hash = sha256(fields.bytes());
        fields.put(&self.hash);
        let raw = fields.finish();
        if raw.len() > ENTRY_BYTES_MAX { Err(EntryError::TooLarge) } else { Ok(raw) }
    }

    /// The raw bytes of an entry whose hash is set already.
    pub fn encode(&self) -> Vec<u8> {
        let mut fields = self.fields_before_hash();
        fields.put(&self.hash);
        fields.finish()
    }

    /// Reads raw bytes and checks the hash. Never panics, never allocates beyond the input's size.
    pub fn decode(raw: &[u8]) -> Result<Entry, EntryError> {
        let outline = outline(raw)?;
        if outline.format != FORMAT {
            return Err(EntryError::UnknownFormat);
        }
        let mut from = FieldReader::new(raw);
        let entry = Entry {
            format: from.take_array().map(u16::from_be_bytes)?,
            node: read_node(&mut from)?,
            epoch: from.take_u64()?,
            seq: from.take_u64()?,
            at_utc_us: from.take_array().map(i64::from_be_bytes)?,
            boot_id: from.take_array()?,
            monotonic_ns: from.take_u64()?,
            clock_state: ClockState::from_byte(from.take_array::<1>()?[0])?,
            actor: from.take_text(TEXT_BYTES_MAX)?,
            device: from.take_text(TEXT_BYTES_MAX)?,
            request_key: from.take_text(TEXT_BYTES_MAX)?,
            changes: read_changes(from.take(ENTRY_BYTES_MAX)?)?,
            prev: from.take_array()?,
            hash: from.take_array()?,
        };
        if from.is_empty() { Ok(entry) } else { Err(EntryError::TrailingBytes) }
    }

    /// Whether this entry follows the one with the hash `prev`. Its own hash was checked by
    /// [`Entry::decode`].
    pub fn verify(&self, prev: &[u8; 32]) -> Result<(), EntryError> {
        if self.prev == *prev { Ok(()) } else { Err(EntryError::ChainBroken) }
    }

    fn check(&self) -> Result<(), EntryError> {
        let texts = [&self.actor, &self.device, &self.request_key];
        if texts.iter().any(|text| text.len() > TEXT_BYTES_MAX)
            || self.node.as_str().len() > NODE_BYTES_MAX
            || self.changes.len() > CHANGES_MAX
        {
            return Err(EntryError::TooLarge);
        }
        self.changes.iter().try_for_each(Change::check)
    }

    fn fields_before_hash(&self) -> FieldWriter {
        let body: usize = self.changes.iter().map(|c| c.public.len() + c.sealed.len() + 200).sum();
        let mut to = FieldWriter::with_capacity(body + 400);
        to.put(&self.format.to_be_bytes());
        to.put(self.node.as_str().as_bytes());
        to.put_u64(self.epoch);
        to.put_u64(self.seq);
        to.put(&self.at_utc_us.to_be_bytes());
        to.put(&self.boot_id);
        to.put_u64(self.monotonic_ns);
        to.put(&[self.clock_state as u8]);
        to.put(self.actor.as_bytes());
        to.put(self.device.as_bytes());
        to.put(self.request_key.as_bytes());
        to.put_nested(|to| {
            for change in &self.changes {
                to.put_nested(|to| change.write(to));
            }
        });
        to.put(&self.prev);
        to
    }
}

/// What every format promises to say in the same place: the first four fields and the last two. With
/// it an entry of an unknown format can be named, kept, and the chain carried on over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Version of the layout.
    pub format: u16,
    /// Whose journal it is.
    pub node: NodeId,
    /// Incarnation of the node's store.
    pub epoch: u64,
    /// Place in the journal.
    pub seq: u64,
    /// Hash of the entry before.
    pub prev: [u8; 32],
    /// Hash of this entry; checked against the bytes.
    pub hash: [u8; 32],
}

/// Reads the outline of an entry of any format and checks its hash.
pub fn outline(raw: &[u8]) -> Result<Outline, EntryError> {
    if raw.len() > ENTRY_BYTES_MAX {
        return Err(EntryError::TooLarge);
    }
    let hash_at = raw.len().checked_sub(HASH_FIELD).ok_or(EntryError::Truncated)?;
    let prev_at = hash_at.checked_sub(HASH_FIELD).ok_or(EntryError::Truncated)?;
    let hash = FieldReader::new(&raw[hash_at..]).take_array::<32>()?;
    if sha256(&raw[..hash_at]) != hash {
        return Err(EntryError::HashMismatch);
    }
    let prev = FieldReader::new(&raw[prev_at..hash_at]).take_array::<32>()?;
    let mut from = FieldReader::new(raw);
    Ok(Outline {
        format: from.take_array().map(u16::from_be_bytes)?,
        node: read_node(&mut from)?,
        epoch: from.take_u64()?,
        seq: from.take_u64()?,
        prev,
        hash,
    })
}

/// SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

fn read_node(from: &mut FieldReader<'_>) -> Result<NodeId, EntryError> {
    from.take_text(NODE_BYTES_MAX)?.parse().map_err(|_| EntryError::BadNode)
}

fn read_changes(bytes: &[u8]) -> Result<Vec<Change>, EntryError> {
    let mut from = FieldReader::new(bytes);
    let mut changes = Vec::new();
    while !from.is_empty() {
        if changes.len() == CHANGES_MAX {
            return Err(EntryError::TooLarge);
        }
        changes.push(Change::read(from.take(ENTRY_BYTES_MAX)?)?);
    }
    Ok(changes)
}
