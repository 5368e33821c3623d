//! The node's end: joins a session, the blob lane and two connections over the node's store.

mod blobs;
mod records;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::NodeId;
use domain::time::Clock;
use journal::ctl::Parked;
use journal::{Frame, PiecePlace};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::outbound::Now;
use crate::pipe::{ConnectConfig, LastWill, Pipe, TlsFiles};
use crate::settings::LinkSettings;
use crate::types::{
    Alarm, EntriesRead, Hash, HubTime, LinkState, Position, ReadLimits, StoreFault,
};

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
    /// How far the hub has acknowledged, from the last [`NodeStore::save_ack`]; for the status
    /// before the hub has answered.
    fn acked(&self) -> impl Future<Output = Result<Option<Position>, StoreFault>> + Send;
    /// The last entry of the hub's journal for this node that was applied.
    fn down_position(&self) -> impl Future<Output = Result<Position, StoreFault>> + Send;
    /// Applies a frame of the hub's journal, with the cursor, in one transaction. The frame starts
    /// at the cursor + 1; the store checks the chain.
    fn apply_down(
        &self,
        frame: Frame,
    ) -> impl Future<Output = Result<DownApplied, StoreFault>> + Send;
    /// Blobs that the hub does not have yet, named by entries up to `acked_seq`, oldest first.
    fn blobs_to_send(
        &self,
        acked_seq: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<BlobToSend>, StoreFault>> + Send;
    /// Part of a blob, sealed for the line by [`journal::PieceKey`].
    fn read_piece(
        &self,
        place: PiecePlace,
        length: usize,
    ) -> impl Future<Output = Result<Vec<u8>, StoreFault>> + Send;
    /// The hub has the whole blob.
    fn blob_done(&self, sha256: Hash) -> impl Future<Output = Result<(), StoreFault>> + Send;
    /// The hub does not have these blobs any more: those that are here are sent again. Gives how many
    /// are not here either.
    fn blobs_wanted(
        &self,
        wanted: Vec<Hash>,
    ) -> impl Future<Output = Result<usize, StoreFault>> + Send;
    /// The hub's store was set back: blobs named by entries after this one are sent again. Gives how
    /// many of them are not here.
    fn hub_went_back(&self, seq: u64) -> impl Future<Output = Result<usize, StoreFault>> + Send;
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
    /// What time it was by the hub's last word, and when that was heard.
    pub hub_time: Option<(HubTime, std::time::Instant)>,
    /// What the blob lane measures, bytes a second; 0 before anything was measured.
    pub blob_bytes_per_s: u64,
    /// What a person should look at.
    pub alarm: Option<Alarm>,
    /// Why there is no connection, while there is none.
    pub down: Option<crate::pipe::DownReason>,
    /// Connections so far.
    pub connections: u64,
    /// Frames sent more than once so far.
    pub frames_repeated: u64,
    /// Frames sent and not acknowledged.
    pub frames_under_way: usize,
    /// Messages that came with other bytes than were sent; each counts as lost.
    pub messages_spoilt: u64,
    /// The last thing that happened once and should be known: a forged message, a parked entry.
    pub report: Option<Alarm>,
    /// How many such things there were.
    pub reports: u64,
}

/// The running uplink. Dropping it ends its tasks after what they are storing; the broker then tells
/// the hub that the node is gone.
pub struct Uplink {
    shared: Arc<Shared>,
    status: watch::Receiver<UplinkStatus>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// What the lanes share.
pub(crate) struct Shared {
    pub config: UplinkConfig,
    pub pipe: Arc<dyn Pipe>,
    pub clock: Arc<dyn Clock>,
    pub start: Instant,
    pub status: watch::Sender<UplinkStatus>,
    pub records_woken: Notify,
    pub blobs_woken: Notify,
    /// What is told of the hall beside the presence.
    pub hall: watch::Sender<Option<serde_json::Value>>,
}

impl Shared {
    /// Time since the start, for the sessions.
    pub fn now(&self) -> Now {
        self.start.elapsed()
    }

    /// Waits until a session's deadline; for ever without one.
    pub async fn until(&self, deadline: Option<Now>) {
        match deadline {
            Some(deadline) => tokio::time::sleep_until(self.start + deadline).await,
            None => std::future::pending().await,
        }
    }

    /// Changes the status and tells who watches, if there is a difference.
    pub fn show(&self, change: impl FnOnce(&mut UplinkStatus)) {
        self.status.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            *status != before
        });
    }

    /// Notes something that happened once.
    pub fn report(&self, alarm: Alarm) {
        tracing::warn!(code = alarm.code, detail = alarm.detail, "uplink");
        self.show(|status| {
            status.reports += 1;
            status.report = Some(alarm);
        });
    }

    /// A message came spoilt.
    pub fn spoilt(&self, topic: &str) {
        tracing::warn!(topic, "a message came with other bytes than were sent");
        self.show(|status| status.messages_spoilt += 1);
    }

    /// How to connect one of the two connections.
    pub fn connect_config(
        &self,
        lane: &str,
        subscriptions: Vec<String>,
        last_will: Option<LastWill>,
    ) -> ConnectConfig {
        let config = &self.config;
        config.settings.connect_config(
            // Nobody can guess it: a broker drops who is there for a newcomer of the same name.
            format!("{}{lane}-{}", config.node, uuid::Uuid::new_v4().simple()),
            (&config.host, config.port),
            config.tls.clone(),
            subscriptions,
            last_will,
        )
    }
}

impl Uplink {
    /// Starts the uplink on the current tokio runtime.
    pub fn start<S: NodeStore>(
        config: UplinkConfig,
        pipe: Arc<dyn Pipe>,
        store: Arc<S>,
        clock: Arc<dyn Clock>,
    ) -> Uplink {
        let (status, shown) = watch::channel(UplinkStatus::default());
        let (stop, stopped) = watch::channel(false);
        let (records, records_seen) = watch::channel(RecordsSeen::default());
        let shared = Arc::new(Shared {
            config,
            pipe,
            clock,
            start: Instant::now(),
            status,
            records_woken: Notify::new(),
            blobs_woken: Notify::new(),
            hall: watch::channel(None).0,
        });
        let seen = Arc::new(records);
        let tasks = vec![
            tokio::spawn(kept_running(shared.clone(), stopped.clone(), {
                let (shared, store, stopped) = (shared.clone(), store.clone(), stopped.clone());
                move || records::run(shared.clone(), store.clone(), seen.clone(), stopped.clone())
            })),
            tokio::spawn(kept_running(shared.clone(), stopped.clone(), {
                let shared = shared.clone();
                move || {
                    blobs::run(shared.clone(), store.clone(), records_seen.clone(), stopped.clone())
                }
            })),
        ];
        Uplink { shared, status: shown, stop, tasks }
    }

    /// New entries were committed, or a blob was stored: send now.
    pub fn wake(&self) {
        self.waker().wake();
    }

    /// Tells this of the hall beside the presence: retained, not journalled, the newest alone. Without a
    /// line it is told when there is one. How often, is for the caller to bound.
    pub fn tell_hall(&self, hall: serde_json::Value) {
        self.shared.hall.send_replace(Some(hall));
    }

    /// A handle that wakes the uplink, for whoever commits.
    pub fn waker(&self) -> Waker {
        Waker(self.shared.clone())
    }

    /// The newest status, and word of each change.
    pub fn status(&self) -> watch::Receiver<UplinkStatus> {
        self.status.clone()
    }

    /// Whether a lane has ended by itself, which only a panic does.
    pub fn ended(&self) -> bool {
        self.tasks.iter().any(JoinHandle::is_finished)
    }

    /// Ends both lanes and waits until what they are storing is stored.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        for task in self.tasks.drain(..) {
            let _ = task.await;
        }
    }
}

impl Drop for Uplink {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

/// Runs a lane, and runs it again should it panic: the store's code runs inside it, and a lane that
/// has ended without a word would only be noticed by what does not arrive.
async fn kept_running<F: Future<Output = ()> + Send + 'static>(
    shared: Arc<Shared>,
    stopped: watch::Receiver<bool>,
    lane: impl Fn() -> F,
) {
    loop {
        let ended = tokio::spawn(lane()).await;
        if *stopped.borrow() || ended.is_ok() {
            return;
        }
        shared
            .report(Alarm::new("link.lane_died", "a lane of the uplink died and is started again"));
        tokio::time::sleep(Duration::from_millis(shared.config.settings.reconnect_first_ms)).await;
    }
}

/// Wakes an uplink; cheap to clone, does nothing once the uplink has ended.
#[derive(Clone)]
pub struct Waker(Arc<Shared>);

impl Waker {
    /// New entries were committed, or a blob was stored: send now.
    pub fn wake(&self) {
        self.0.records_woken.notify_one();
        self.0.blobs_woken.notify_one();
    }
}

/// What the record lane tells the blob lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RecordsSeen {
    /// The last acknowledged entry, while the hub answers.
    pub acked_seq: Option<u64>,
    /// Entries that wait.
    pub waiting: u64,
}
