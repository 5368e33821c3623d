//! The uplink over a store that lets one read at a time: a read that was begun while connecting must
//! not keep the place that the greeting waits for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::ids::NodeId;
use journal::ctl::HubSigner;
use journal::{Frame, PiecePlace};
use tokio::sync::{Notify, Semaphore, mpsc};

use crate::pipe::{ConnectConfig, Connection, Pipe, PipeError, PipeEvent, PublishError, Sender};
use crate::settings::LinkSettings;
use crate::testing::{MemoryNode, SystemClock};
use crate::types::{EntriesRead, Hash, Position, ReadLimits, StoreFault};
use crate::uplink::{
    BlobBacklog, BlobToSend, DownApplied, NodeStore, SignedAck, Uplink, UplinkConfig,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// One reader; each look at the end of the journal is told, and ends when the test lets it.
struct OneReader {
    inner: MemoryNode,
    reader: Semaphore,
    looking: mpsc::UnboundedSender<()>,
    go_on: Notify,
}

impl NodeStore for OneReader {
    async fn head(&self) -> Result<Position, StoreFault> {
        let _place = self.reader.acquire().await.unwrap();
        self.looking.send(()).unwrap();
        self.go_on.notified().await;
        self.inner.head().await
    }

    async fn hash_at(&self, seq: u64) -> Result<Option<Hash>, StoreFault> {
        self.inner.hash_at(seq).await
    }

    async fn entries_from(&self, seq: u64, limits: ReadLimits) -> Result<EntriesRead, StoreFault> {
        self.inner.entries_from(seq, limits).await
    }

    async fn save_ack(&self, ack: SignedAck) -> Result<(), StoreFault> {
        self.inner.save_ack(ack).await
    }

    async fn acked(&self) -> Result<Option<Position>, StoreFault> {
        self.inner.acked().await
    }

    async fn down_position(&self) -> Result<Position, StoreFault> {
        self.inner.down_position().await
    }

    async fn apply_down(&self, frame: Frame) -> Result<DownApplied, StoreFault> {
        self.inner.apply_down(frame).await
    }

    async fn blobs_to_send(
        &self,
        acked_seq: u64,
        limit: usize,
    ) -> Result<Vec<BlobToSend>, StoreFault> {
        self.inner.blobs_to_send(acked_seq, limit).await
    }

    async fn read_piece(&self, place: PiecePlace, length: usize) -> Result<Vec<u8>, StoreFault> {
        self.inner.read_piece(place, length).await
    }

    async fn blob_done(&self, sha256: Hash) -> Result<(), StoreFault> {
        self.inner.blob_done(sha256).await
    }

    async fn blobs_wanted(&self, wanted: Vec<Hash>) -> Result<usize, StoreFault> {
        self.inner.blobs_wanted(wanted).await
    }

    async fn hub_went_back(&self, seq: u64) -> Result<usize, StoreFault> {
        self.inner.hub_went_back(seq).await
    }

    async fn blob_backlog(&self) -> Result<BlobBacklog, StoreFault> {
        self.inner.blob_backlog().await
    }
}

/// Connections whose events the test makes; what is published goes nowhere.
#[derive(Default)]
struct ByHand {
    records: Mutex<Option<mpsc::Sender<PipeEvent>>>,
    kept: Mutex<Vec<mpsc::Sender<PipeEvent>>>,
    connecting: Notify,
}

struct Nowhere;

impl Sender for Nowhere {
    fn try_publish(&self, _: &str, _: Vec<u8>, _: bool) -> Result<(), PublishError> {
        Ok(())
    }
}

impl Pipe for ByHand {
    fn connect(&self, config: &ConnectConfig) -> Result<Connection, PipeError> {
        let (sender, events) = mpsc::channel(8);
        // The lane of records is the one that says when it is gone.
        if config.last_will.is_some() {
            *self.records.lock().unwrap() = Some(sender);
            self.connecting.notify_one();
        } else {
            self.kept.lock().unwrap().push(sender);
        }
        Ok(Connection { sender: Arc::new(Nowhere), events, guard: Box::new(()) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_begun_while_connecting_does_not_keep_the_only_reader_from_the_greeting() {
    let node = NodeId::parse("06658-1").unwrap();
    let (looking, mut looks) = mpsc::unbounded_channel();
    let store = Arc::new(OneReader {
        inner: MemoryNode::new(node.clone(), 1, 0),
        reader: Semaphore::new(1),
        looking,
        go_on: Notify::new(),
    });
    let pipe = Arc::new(ByHand::default());
    let signer = HubSigner::from_pkcs8(&HubSigner::generate_pkcs8().unwrap()).unwrap();
    let config = UplinkConfig {
        node,
        version: "test".to_owned(),
        host: "127.0.0.1".to_owned(),
        port: 1,
        tls: None,
        hub_keys: vec![signer.public_key()],
        settings: LinkSettings::default(),
    };
    let uplink = Uplink::start(config, pipe.clone(), store.clone(), Arc::new(SystemClock));
    let test = async {
        // The first look, before anything is connected.
        looks.recv().await.unwrap();
        store.go_on.notify_one();
        pipe.connecting.notified().await;
        // Something is committed while the connection is being made: its end is looked at.
        uplink.wake();
        looks.recv().await.unwrap();
        let events = pipe.records.lock().unwrap().clone().unwrap();
        events.send(PipeEvent::Up).await.unwrap();
        // The greeting looks as well, though the look before it has not come back.
        looks.recv().await.unwrap();
        store.go_on.notify_one();
        uplink.status().wait_for(|status| status.connections == 1).await.unwrap();
    };
    tokio::time::timeout(PATIENCE, test).await.expect("the greeting waits for the only reader");
}
