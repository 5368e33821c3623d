//! The store as the link asks for it. A failure of PostgreSQL or of the disk becomes a fault: nothing
//! was acknowledged, and the link asks again.

use std::sync::Arc;

use domain::ids::NodeId;
use domain::time::Clock;
use journal::ctl::{Forked, Parked};
use journal::{Frame, Stream};
use link::hublink::{
    BlobHave, HubStore, IngestOutcome, NodeRecord, Presence, PutOutcome, SealedPart,
};
use link::types::{Alarm, EntriesRead, Hash, Position, ReadLimits, StoreFault};

use crate::error::HubError;
use crate::store::Store;

/// The store with the clock that it needs.
pub struct LinkStore {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl LinkStore {
    /// Over the hub's store.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> LinkStore {
        LinkStore { store, clock }
    }
}

impl HubStore for LinkStore {
    async fn node(&self, node: &NodeId) -> Result<Option<NodeRecord>, StoreFault> {
        let known = self.store.known_node(node.as_str()).await.map_err(fault)?;
        Ok(known.map(|known| NodeRecord {
            up: known.up,
            down_epoch: known.down_epoch,
            frozen: known.frozen,
        }))
    }

    async fn presence(&self, node: &NodeId, presence: Presence) -> Result<(), StoreFault> {
        match presence {
            Presence::Online { version, epoch, head_seq } => {
                let now = self.clock.now();
                self.store.shown_epoch(node.as_str(), epoch, now).await.map_err(fault)?;
                self.store.node_online(node.as_str(), &version, head_seq, now).await
            }
            Presence::Offline => self.store.node_offline(node.as_str(), self.clock.now()).await,
        }
        .map_err(fault)
    }

    async fn hall(&self, node: &NodeId, hall: serde_json::Value) -> Result<(), StoreFault> {
        self.store.keep_hall(node.as_str(), hall, self.clock.now()).await.map_err(fault)
    }

    async fn ingest(&self, node: &NodeId, frame: Frame) -> Result<IngestOutcome, StoreFault> {
        self.store.ingest_frame(node, frame, self.clock.now()).await.map_err(fault)
    }

    async fn down_entries_from(
        &self,
        node: &NodeId,
        seq: u64,
        limits: ReadLimits,
    ) -> Result<EntriesRead, StoreFault> {
        self.store.down_entries(node.as_str(), seq, limits).await.map_err(fault)
    }

    async fn down_hash_at(&self, node: &NodeId, seq: u64) -> Result<Option<Hash>, StoreFault> {
        self.store.down_hash(node.as_str(), seq).await.map_err(fault)
    }

    async fn down_acked(
        &self,
        node: &NodeId,
        position: Position,
        parked: Vec<Parked>,
    ) -> Result<(), StoreFault> {
        let now = self.clock.now();
        self.store.down_acknowledged(node.as_str(), position.seq, &parked, now).await.map_err(fault)
    }

    async fn quarantine(
        &self,
        node: &NodeId,
        refusal: Alarm,
        message: Vec<u8>,
    ) -> Result<(), StoreFault> {
        let now = self.clock.now();
        self.store
            .keep_refused(node.as_str(), &refusal.code, &refusal.detail, &message, now)
            .await
            .map_err(fault)
    }

    async fn blob_have(
        &self,
        node: &NodeId,
        sha256: Hash,
        size: u64,
    ) -> Result<BlobHave, StoreFault> {
        self.store.blob_state(node.as_str(), sha256, size).await.map_err(fault)
    }

    async fn put_chunk(&self, node: &NodeId, chunk: SealedPart) -> Result<PutOutcome, StoreFault> {
        self.store.put_sealed_part(node.as_str(), chunk, self.clock.now()).await.map_err(fault)
    }

    async fn blobs_missing(
        &self,
        node: &NodeId,
        after: Option<Hash>,
        limit: usize,
    ) -> Result<Vec<Hash>, StoreFault> {
        self.store.blobs_missing(node.as_str(), after, limit).await.map_err(fault)
    }

    async fn forked(&self, node: &NodeId, forked: Forked) -> Result<(), StoreFault> {
        self.store.forked(node.as_str(), &forked, self.clock.now()).await.map_err(fault)
    }

    async fn salvage(&self, node: &NodeId, frame: Frame) -> Result<(), StoreFault> {
        self.store.salvage(node, &frame, self.clock.now()).await.map_err(fault)
    }

    async fn raise(&self, node: &NodeId, alarm: Alarm) -> Result<(), StoreFault> {
        self.store
            .raise_alarm(node.as_str(), &alarm.code, &alarm.detail, self.clock.now())
            .await
            .map_err(fault)
    }

    async fn alarm(
        &self,
        node: &NodeId,
        about: Stream,
        alarm: Option<Alarm>,
    ) -> Result<(), StoreFault> {
        // Also a fork seen in a hello is only shown: a hello that was delivered twice looks the same.
        // Entries that differ under one number do freeze the stream, in `Store::ingest_frame`.
        let now = self.clock.now();
        self.store.show_link_alarm(node.as_str(), about, alarm.as_ref(), now).await.map_err(fault)
    }
}

fn fault(error: HubError) -> StoreFault {
    StoreFault::new(error.code(), error)
}
