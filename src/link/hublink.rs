//! The hub's end: one connection for the records of all nodes, one for their blobs, and a session
//! for each node over the hub's store.

mod dispatch;
mod worker;

use std::future::Future;
use std::sync::Arc;

use domain::ids::NodeId;
use domain::time::Clock;
use journal::ctl::{Forked, HubSigner, Parked};
use journal::derived::PIECE_OVERHEAD;
use journal::topics::SHARDS;
use journal::{Frame, PieceKey, PiecePlace, SealError, Stream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::hublink::dispatch::{Lane, Workers};
use crate::outbound::Now;
use crate::pipe::{Pipe, TlsFiles};
use crate::settings::LinkSettings;
use crate::types::{Alarm, EntriesRead, Hash, Position, ReadLimits, StoreFault};

/// What the hub's link needs from its store. Calls for one node come one at a time and in order;
/// calls for different nodes come at once.
pub trait HubStore: Send + Sync + 'static {
    /// What the hub knows of a node; `None` for one that it does not know or has revoked.
    fn node(
        &self,
        node: &NodeId,
    ) -> impl Future<Output = Result<Option<NodeRecord>, StoreFault>> + Send;
    /// The node has said hello, or its connection went down.
    fn presence(
        &self,
        node: &NodeId,
        presence: Presence,
    ) -> impl Future<Output = Result<(), StoreFault>> + Send;
    /// What the node tells of its hall beside its presence, unread. The newest alone is of use; what is
    /// lost is told again.
    fn hall(
        &self,
        _node: &NodeId,
        _hall: serde_json::Value,
    ) -> impl Future<Output = Result<(), StoreFault>> + Send {
        async { Ok(()) }
    }
    /// Applies a frame in one transaction: each entry only at cursor + 1 with the right previous
    /// hash; entries that cannot be applied are parked and the cursor goes on. After a fault the
    /// same frame is given again: entries that are already there are skipped.
    fn ingest(
        &self,
        node: &NodeId,
        frame: Frame,
    ) -> impl Future<Output = Result<IngestOutcome, StoreFault>> + Send;
    /// Entries of the hub's journal for this node, from `seq` on.
    fn down_entries_from(
        &self,
        node: &NodeId,
        seq: u64,
        limits: ReadLimits,
    ) -> impl Future<Output = Result<EntriesRead, StoreFault>> + Send;
    /// The hash of an entry of the hub's journal for this node; `None` beyond its end.
    fn down_hash_at(
        &self,
        node: &NodeId,
        seq: u64,
    ) -> impl Future<Output = Result<Option<Hash>, StoreFault>> + Send;
    /// The node has applied everything up to here.
    fn down_acked(
        &self,
        node: &NodeId,
        position: Position,
        parked: Vec<Parked>,
    ) -> impl Future<Output = Result<(), StoreFault>> + Send;
    /// Keeps a message that is not taken (not a frame, another node's, another epoch), so that a
    /// person can look at it. Bounded by the store: the oldest go.
    fn quarantine(
        &self,
        node: &NodeId,
        refusal: Alarm,
        message: Vec<u8>,
    ) -> impl Future<Output = Result<(), StoreFault>> + Send;
    /// Which parts of a blob are there.
    fn blob_have(
        &self,
        node: &NodeId,
        sha256: Hash,
        size: u64,
    ) -> impl Future<Output = Result<BlobHave, StoreFault>> + Send;
    /// Opens and stores a part of a blob; the last one checks the whole against its name.
    fn put_chunk(
        &self,
        node: &NodeId,
        chunk: SealedPart,
    ) -> impl Future<Output = Result<PutOutcome, StoreFault>> + Send;
    /// Blobs that entries of the node name and that are not here, in the order of their names: the first
    /// ones behind `after`, at most so many.
    fn blobs_missing(
        &self,
        node: &NodeId,
        after: Option<Hash>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Hash>, StoreFault>> + Send;
    /// The node has another journal than the one that is here: freezes the stream, unless a person has
    /// decided about that journal already.
    fn forked(
        &self,
        node: &NodeId,
        forked: Forked,
    ) -> impl Future<Output = Result<(), StoreFault>> + Send;
    /// Keeps a frame of such a journal for reading. A fault means that it comes again.
    fn salvage(
        &self,
        node: &NodeId,
        frame: Frame,
    ) -> impl Future<Output = Result<(), StoreFault>> + Send;
    /// An alarm about a node that stays until a person has looked at it.
    fn raise(
        &self,
        node: &NodeId,
        alarm: Alarm,
    ) -> impl Future<Output = Result<(), StoreFault>> + Send;
    /// Something about one of a node's two journals that a person should look at. It takes the place
    /// of what was raised about the same journal before; `None`: that is over.
    fn alarm(
        &self,
        node: &NodeId,
        about: Stream,
        alarm: Option<Alarm>,
    ) -> impl Future<Output = Result<(), StoreFault>> + Send;
}

/// What the hub knows of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRecord {
    /// The granted epoch, and how far the node's journal has been applied in it.
    pub up: Position,
    /// The epoch of the hub's journal for this node.
    pub down_epoch: u64,
    /// Its stream was frozen with this code: nothing is taken until a person decides.
    pub frozen: Option<String>,
}

/// What the hub hears about a node's being there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It said hello.
    Online {
        /// The program's version.
        version: String,
        /// The epoch that it was granted, by its own word.
        epoch: u64,
        /// The end of its journal, for the lag.
        head_seq: u64,
    },
    /// Its connection ended.
    Offline,
}

/// What became of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IngestOutcome {
    /// Committed.
    Committed {
        /// The cursor now.
        position: Position,
        /// Entries of this frame that were parked: number and code.
        parked: Vec<Parked>,
    },
    /// Not as it must be: a broken chain, another epoch. Nothing was applied; what came is kept for
    /// a person to look at.
    Refused {
        /// Stable, dotted.
        code: String,
        /// For the log.
        detail: String,
        /// The cursor, unchanged.
        position: Position,
    },
}

/// Parts of a blob are counted in units of 64 KiB, whatever size the chunks on the line have, so
/// that a blob begun on a quick line goes on where it was on a slow one.
pub const BLOB_UNIT_BYTES: usize = 64 * 1024;

/// Which parts of a blob the hub has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobHave {
    /// All of it, checked.
    Complete,
    /// These units, by their number; empty when there is nothing.
    Units(Vec<bool>),
    /// No entry of this node names it, or it is too large: it is not taken.
    Refused {
        /// Stable, dotted.
        code: String,
    },
}

/// Part of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobPart {
    /// The blob's name.
    pub sha256: Hash,
    /// The whole blob's size.
    pub size: u64,
    /// Where this part begins; a multiple of [`BLOB_UNIT_BYTES`].
    pub offset: u64,
    /// Its bytes: whole units, but for the blob's end.
    pub bytes: Vec<u8>,
}

/// Part of a blob as it travels: under the key that the node and the hub share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPart {
    /// Which blob, and where in it.
    pub place: PiecePlace,
    /// Its bytes, as [`PieceKey`] seals them.
    pub sealed: Vec<u8>,
}

impl SealedPart {
    /// How many bytes it has when open.
    pub fn length(&self) -> usize {
        self.sealed.len().saturating_sub(PIECE_OVERHEAD)
    }

    /// Opens it.
    pub fn open(&self, key: &PieceKey) -> Result<BlobPart, SealError> {
        let PiecePlace { sha256, size, offset } = self.place;
        Ok(BlobPart { sha256, size, offset, bytes: key.open(self.place, &self.sealed)? })
    }
}

/// What became of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutOutcome {
    /// Stored; more is missing.
    Stored,
    /// That was the last one, and the whole has the right hash.
    Complete,
    /// The whole did not have the right hash: its parts were thrown away, begin again.
    WrongHash,
    /// It is not taken.
    Refused {
        /// Stable, dotted.
        code: String,
    },
}

/// How the hub reaches the broker.
#[derive(Clone)]
pub struct HubLinkConfig {
    /// Different for each hub process.
    pub client_id: String,
    /// The broker.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The hub's certificate, key and the authority; `None` only in tests.
    pub tls: Option<TlsFiles>,
    /// Signs acknowledgements and frames to nodes.
    pub signer: Arc<HubSigner>,
    /// The shards that this process may serve now, in order; while there is none it stays away from the
    /// broker. [`all_shards`] for a hub of one process.
    pub shards: watch::Receiver<Vec<u8>>,
    /// Limits and times.
    pub settings: LinkSettings,
}

/// Every shard, for as long as the hub runs.
pub fn all_shards() -> watch::Receiver<Vec<u8>> {
    watch::channel((0..SHARDS).collect()).1
}

/// Where the hub's link stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HubLinkStatus {
    /// The connection for records is up.
    pub records_connected: bool,
    /// Since when it is not, after it was.
    pub records_lost_at: Option<jiff::Timestamp>,
    /// The connection for blobs is up.
    pub blobs_connected: bool,
    /// The shards that it serves.
    pub shards: usize,
    /// Nodes with a session.
    pub sessions: usize,
    /// Connections so far.
    pub connections: u64,
    /// Messages that were dropped because a node's queue was full; the nodes send them again.
    pub messages_dropped: u64,
    /// Frames that came so far and continued their stream.
    pub frames_taken: u64,
    /// Frames that came although they were here already: the node had not heard that.
    pub frames_repeated: u64,
    /// Frames before which something was missing, or for which there was no room.
    pub frames_missing: u64,
    /// Messages that came with other bytes than were sent; each counts as lost.
    pub messages_spoilt: u64,
    /// Messages that were not taken: not readable, or not of this stream.
    pub messages_refused: u64,
    /// Why there is no connection, while there is none.
    pub down: Option<crate::pipe::DownReason>,
}

/// The running link of the hub. Dropping it ends its tasks.
pub struct HubLink {
    hub: Arc<Hub>,
    status: watch::Receiver<HubLinkStatus>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// What connections and workers share.
pub(crate) struct Hub {
    pub config: HubLinkConfig,
    pub pipe: Arc<dyn Pipe>,
    pub clock: Arc<dyn Clock>,
    pub start: Instant,
    pub status: watch::Sender<HubLinkStatus>,
    pub workers: Workers,
}

impl Hub {
    /// Time since the start, for the sessions.
    pub fn now(&self) -> Now {
        self.start.elapsed()
    }

    /// Changes the status and tells who watches, if there is a difference.
    pub fn show(&self, change: impl FnOnce(&mut HubLinkStatus)) {
        self.status.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            *status != before
        });
    }
}

impl HubLink {
    /// Starts the link on the current tokio runtime.
    pub fn start<S: HubStore>(
        config: HubLinkConfig,
        pipe: Arc<dyn Pipe>,
        store: Arc<S>,
        clock: Arc<dyn Clock>,
    ) -> HubLink {
        let (status, shown) = watch::channel(HubLinkStatus::default());
        let (stop, stopped) = watch::channel(false);
        let hub = Arc::new(Hub {
            config,
            pipe,
            clock,
            start: Instant::now(),
            status,
            workers: Workers::default(),
        });
        let tasks = [Lane::Records, Lane::Blobs]
            .map(|lane| {
                tokio::spawn(dispatch::run(hub.clone(), store.clone(), lane, stopped.clone()))
            })
            .into();
        HubLink { hub, status: shown, stop, tasks }
    }

    /// The hub's journal for this node has grown, or its record has changed (frozen, new epoch).
    pub fn wake(&self, node: &NodeId) {
        self.hub.workers.wake(node);
    }

    /// A handle that wakes nodes' sessions, for whoever commits.
    pub fn waker(&self) -> HubWaker {
        HubWaker(self.hub.clone())
    }

    /// The newest status, and word of each change.
    pub fn status(&self) -> watch::Receiver<HubLinkStatus> {
        self.status.clone()
    }

    /// Ends the connections and waits until every node's worker has finished what it was storing.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        for task in self.tasks.drain(..) {
            let _ = task.await;
        }
        self.hub.workers.finished().await;
    }
}

impl Drop for HubLink {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

/// Wakes nodes' sessions; cheap to clone.
#[derive(Clone)]
pub struct HubWaker(Arc<Hub>);

impl HubWaker {
    /// The hub's journal for this node has grown, or its record has changed.
    pub fn wake(&self, node: &NodeId) {
        self.0.workers.wake(node);
    }
}
