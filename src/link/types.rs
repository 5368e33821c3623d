//! Small words that both ends use.

use journal::WrappedKey;

/// A SHA-256.
pub type Hash = [u8; 32];

/// A point in a chained stream: everything up to and with `seq` is there, and `hash` is the hash of
/// that entry. `seq` 0 with a hash of zeros is the start of every chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The epoch of the stream.
    pub epoch: u64,
    /// The last entry's number.
    pub seq: u64,
    /// The last entry's hash.
    pub hash: Hash,
}

impl Position {
    /// The start of a stream, before its first entry.
    pub fn start(epoch: u64) -> Self {
        Self { epoch, seq: 0, hash: [0; 32] }
    }
}

/// One entry as it stands in a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEntry {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// Its bytes, as stored.
    pub raw: Vec<u8>,
}

/// How much to read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// At most so many entries.
    pub entries_max: usize,
    /// At most so many raw bytes; a first entry that is larger is given alone.
    pub bytes_max: usize,
}

/// Entries in order without a gap, with the wrapped data keys that their sealed parts need and the
/// other side may not have. Empty when there is nothing from the asked number on.
#[derive(Debug, Clone, Default)]
pub struct EntriesRead {
    /// The entries.
    pub entries: Vec<RawEntry>,
    /// The keys that travel beside them.
    pub keys: Vec<WrappedKey>,
}

/// A store could not do what was asked: disk full, database away. The link waits and asks again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct StoreFault {
    /// Stable, dotted.
    pub code: String,
    /// For the log.
    pub detail: String,
}

impl StoreFault {
    /// A fault by its code.
    pub fn new(code: impl Into<String>, detail: impl ToString) -> Self {
        Self { code: code.into(), detail: detail.to_string() }
    }
}

/// Something that a person should look at. Raised once, cleared when it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// `link.no_acknowledgement`, `link.bad_signature`, `link.fork`, `link.fenced`,
    /// `link.down_fork`, `link.store`, or the code with which the other side refused.
    pub code: String,
    /// For the log and the technician.
    pub detail: String,
}

impl Alarm {
    /// An alarm by its code.
    pub fn new(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code: code.into(), detail: detail.into() }
    }
}

/// What time it is by the hub's word. It was said at most `took` ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubTime {
    /// The hub's wall clock when it said so, microseconds since 1970 UTC.
    pub us: i64,
    /// Since what it answered to was sent.
    pub took: std::time::Duration,
}

/// Where the link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkState {
    /// No connection; tried again by itself.
    #[default]
    Offline,
    /// Connected to the broker; the hub has not answered yet.
    Greeting,
    /// The hub has answered; entries flow.
    Online,
    /// The hub does not take this node's journal (fork, epoch); a person decides.
    Frozen,
}
