//! How a store is opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use domain::ids::NodeId;
use journal::{ClockState, Sealing, WrappingKey};

/// Batches that may wait for the writer; beyond it the store answers "busy".
pub const QUEUE_LENGTH_MAX: usize = 4096;
/// Read-only connections of a store.
pub const READERS: usize = 4;
/// A folder with this file belongs to a demonstration.
pub const DEMO_MARK: &str = "THIS-IS-A-DEMO";

/// The node's keys.
#[derive(Clone)]
pub struct Keys {
    /// Opens the database and the blobs; from it both keys are derived.
    pub master: [u8; 32],
    /// Wraps data keys; shared with the hub.
    pub wrapping: WrappingKey,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(hidden)")
    }
}

/// Which clock the batches' times come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClockKind {
    /// The machine's: a jump against the monotonic clock is noted in the entry.
    #[default]
    Machine,
    /// A demonstration's clock, which runs at its own rate: entries say so.
    Demo,
}

/// How far the clock behind the batches' times is believed at present: set by the clock, read by the
/// writer for each entry. Steady at first.
#[derive(Clone, Debug, Default)]
pub struct ClockTrust(Arc<AtomicU8>);

impl ClockTrust {
    /// The clock's newest judgement; what a clock cannot say of itself counts as steady.
    pub fn set(&self, state: ClockState) {
        self.0.store(state as u8, Ordering::Relaxed);
    }

    /// As it was set last.
    #[must_use]
    pub fn get(&self) -> ClockState {
        const COUNTED: u8 = ClockState::Counted as u8;
        const SUSPECT: u8 = ClockState::Suspect as u8;
        match self.0.load(Ordering::Relaxed) {
            COUNTED => ClockState::Counted,
            SUSPECT => ClockState::Suspect,
            _ => ClockState::Steady,
        }
    }
}

/// Whether a commit waits until it is on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Syncing {
    /// What is answered survives a power cut.
    #[default]
    On,
    /// Nothing is synced: only for the test that shows that a power cut would be noticed, and only
    /// in a folder marked as a demonstration.
    Off,
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Where everything of the node lies.
    pub folder: PathBuf,
    /// Whose store it is; a folder of another node is refused.
    pub node: NodeId,
    /// Epoch granted by the hub.
    pub epoch: u64,
    /// The node's keys.
    pub keys: Keys,
    /// `Off` keeps database, entries and blobs in the clear: only for the test that shows that a
    /// search finds what it looks for, and only in a folder marked as a demonstration.
    pub sealing: Sealing,
    /// Whether a commit waits for the disk.
    pub syncing: Syncing,
    /// Which clock the batches' times come from.
    pub clock: ClockKind,
    /// What that clock says of itself.
    pub clock_trust: ClockTrust,
    /// Bytes that lie on the disk for the writer when everything else is full; 0 lays none. See
    /// [`crate::room::RESERVE_BYTES_MAX`].
    pub reserve_bytes: u64,
    /// Batches that may wait.
    pub queue_length_max: usize,
    /// Read-only connections.
    pub readers: usize,
}

impl StoreConfig {
    /// The usual way to open a store.
    pub fn new(folder: impl Into<PathBuf>, node: NodeId, epoch: u64, keys: Keys) -> StoreConfig {
        StoreConfig {
            folder: folder.into(),
            node,
            epoch,
            keys,
            sealing: Sealing::On,
            syncing: Syncing::On,
            clock: ClockKind::Machine,
            clock_trust: ClockTrust::default(),
            reserve_bytes: 0,
            queue_length_max: QUEUE_LENGTH_MAX,
            readers: READERS,
        }
    }
}
