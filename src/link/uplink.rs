//! The node's end: joins a session, the blob lane and two connections over the node's store.

use std::future::Future;
use std::sync::Arc;

use domain::ids::NodeId;
use journal::Frame;
use journal::ctl::Parked;
use tokio::sync::watch;

use crate::pipe::{Pipe, TlsFiles};
use crate::settings::LinkSettings;
use crate::types::{Alarm, EntriesRead, Hash, Position, ReadLimits, StoreFault};

/// What the uplink needs from the node's store. Every call is asked one at a time.
pub trait NodeStore: Send + Sync + 'static {
    /// The end of the node's own journal.
    fn head(&self) -> impl Future<Output = Result<Position, StoreFault>> + Send;
    /// The hash of one entry of the own journal; `None` beyond its end.
    fn hash_at(&self, seq: u64) -> impl Future<Output = Result<Option<Hash>, StoreFault>> + Send;
    /// Entries of the own journal from `seq` on, with the wrapped keys that go beside them.
    fn entries_from(
        &self,
        seq: u64,
        limits: ReadLimits,
    ) -> impl Future<Output = Result<EntriesRead, StoreFault>> + Send;
    /// Keeps the hub's newest signed acknowledgement as evidence.
    fn save_ack(&self, ack: SignedAck) -> impl Future<Output = Result<(), StoreFault>> + Send;
    /// The last entry of the hub's journal for this node that was applied.
    fn down_position(&self) -> impl Future<Output = Result<Position, StoreFault>> + Send;
    /// Applies a frame of the hub's journal, with the cursor, in one transaction. The frame starts
    /// at the cursor + 1; the store checks the chain.
    fn apply_down(&self, frame: Frame)
    -> impl Future<Output = Result<DownApplied, StoreFault>> + Send;
    /// Blobs that the hub does not have yet, named by entries up to `acked_seq`, oldest first.
    fn blobs_to_send(
        &self,
        acked_seq: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<BlobToSend>, StoreFault>> + Send;
    /// Part of a blob, decrypted.
    fn read_blob(
        &self,
        sha256: Hash,
        offset: u64,
        length: usize,
    ) -> impl Future<Output = Result<Vec<u8>, StoreFault>> + Send;
    /// The hub has the whole blob.
    fn blob_done(&self, sha256: Hash) -> impl Future<Output = Result<(), StoreFault>> + Send;
    /// How many blobs and bytes wait, for the status.
    fn blob_backlog(&self) -> impl Future<Output = Result<BlobBacklog, StoreFault>> + Send;
}

/// The hub's acknowledgement, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAck {
    /// Everything up to here is committed at the hub.
    pub position: Position,
    /// Entries up to here that the hub keeps aside because it could not apply them.
    pub parked: Vec<Parked>,
    /// The message as it came, with its signature.
    pub message: Vec<u8>,
}

/// What became of a frame of the hub's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DownApplied {
    /// Stored.
    Applied {
        /// The cursor now.
        position: Position,
        /// Entries that were kept but could not be applied.
        parked: Vec<Parked>,
    },
    /// Not as it must be; nothing was stored.
    Refused {
        /// Stable, dotted.
        code: String,
        /// For the log.
        detail: String,
    },
}

/// A blob that waits for the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobToSend {
    /// Its name.
    pub sha256: Hash,
    /// Its size in bytes.
    pub size: u64,
}

/// What waits on the blob lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlobBacklog {
    /// Blobs.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// How the node reaches the hub.
#[derive(Debug, Clone)]
pub struct UplinkConfig {
    /// Who we are; the name in our certificate.
    pub node: NodeId,
    /// The program's version, told to the hub.
    pub version: String,
    /// The broker.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Our certificate, key and the authority; `None` only in tests.
    pub tls: Option<TlsFiles>,
    /// The hub's Ed25519 public keys; more than one while a key is being changed.
    pub hub_keys: Vec<[u8; 32]>,
    /// Limits and times.
    pub settings: LinkSettings,
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

/// What the console shows of the link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UplinkStatus {
    /// Where the link stands.
    pub state: LinkState,
    /// Entries that the hub has not acknowledged.
    pub entries_waiting: u64,
    /// The last acknowledged entry.
    pub acked_seq: u64,
    /// Blobs that wait.
    pub blobs_waiting: u64,
    /// Bytes of those blobs.
    pub blob_bytes_waiting: u64,
    /// When the hub last acknowledged something, by this machine's clock.
    pub last_ack_at: Option<jiff::Timestamp>,
    /// The hub's clock minus ours at the last acknowledgement, in microseconds.
    pub hub_clock_ahead_us: Option<i64>,
    /// What a person should look at.
    pub alarm: Option<Alarm>,
    /// Why there is no connection, while there is none.
    pub down: Option<crate::pipe::DownReason>,
    /// Connections so far.
    pub connections: u64,
    /// Frames sent more than once so far.
    pub frames_repeated: u64,
}

/// The running uplink. Dropping it ends its tasks; nothing is lost by that.
pub struct Uplink {
    status: watch::Receiver<UplinkStatus>,
}

impl Uplink {
    /// Starts the uplink on the current tokio runtime.
    pub fn start<S: NodeStore>(config: UplinkConfig, pipe: Arc<dyn Pipe>, store: Arc<S>) -> Uplink {
        let _ = (config, pipe, store);
        let (_, status) = watch::channel(UplinkStatus::default());
        Uplink { status }
    }

    /// New entries were committed, or a blob was stored: send now.
    pub fn wake(&self) {}

    /// The newest status, and word of each change.
    pub fn status(&self) -> watch::Receiver<UplinkStatus> {
        self.status.clone()
    }

    /// Says goodbye to the broker and ends.
    pub async fn stop(self) {}
}
