//! The node's tables as the link asks for them.

use super::down::{self, NOT_STORABLE, fault, position};
use super::up;
use crate::actors::dossier_desk::DossierHandle;
use crate::actors::failure::Failure;
use domain::ids::NodeId;
use domain::time::Clock;
use journal::ctl::Parked;
use journal::{Frame, PieceKey, PiecePlace, Sealing, WrappingKey};
use link::types::{EntriesRead, Hash, Position, ReadLimits, StoreFault};
use link::uplink::{BlobBacklog, BlobToSend, DownApplied, NodeStore, SignedAck};
use std::sync::{Arc, Mutex, PoisonError};
use store::down::{DownEntry, DownItem};
use store::query;
use store::records::BlobState;
use store::{Batch, BlobStore, LocalWrite, Readers, SegmentFiles, StoreError, WriterHandle};
use tokio::sync::Notify;
use uuid::Uuid;

/// What is needed to read the hub's journal.
#[derive(Clone)]
pub struct NodeKeys {
    /// This node.
    pub node: NodeId,
    /// Shared with the hub.
    pub wrapping: WrappingKey,
    /// Whether parts may come unsealed.
    pub sealing: Sealing,
}

/// The tables, the blobs, and the desk that takes in what comes down.
pub struct NodeTables {
    /// The one writer.
    pub writer: WriterHandle,
    /// Read-only connections.
    pub readers: Readers,
    /// Older entries, in their files.
    pub segments: SegmentFiles,
    /// Scans.
    pub blobs: BlobStore,
    /// Who takes in what comes down.
    pub dossiers: DossierHandle,
    /// For reading what comes down.
    pub keys: NodeKeys,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Rung when a message may have come.
    pub messages_changed: Arc<Notify>,
    /// The entry of the hub that the store would not take.
    pub stuck: Stuck,
}

/// Counts how often the store refused the same entry of the hub.
#[derive(Default)]
pub struct Stuck(Mutex<(Position, u32)>);

/// So many refusals of one entry, while others are written, lie with the entry: it is kept beside, or
/// nothing after it would ever be taken in.
const REFUSALS_MAX: u32 = 5;

impl Stuck {
    /// Once more; true when it is enough.
    fn again(&self, at: Position) -> bool {
        let mut stuck = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if stuck.0 != at {
            *stuck = (at, 0);
        }
        stuck.1 += 1;
        stuck.1 >= REFUSALS_MAX
    }
}

impl NodeTables {
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreFault> {
        self.readers.read(read).await.map_err(|error| fault(&error))
    }

    /// A message that is here already is said again only when the hub has begun its journal anew: it
    /// stays as it is, with who has read it.
    async fn leave_out_known(&self, entry: &mut DownEntry) -> Result<(), StoreFault> {
        let Ok(items) = &mut entry.items else { return Ok(()) };
        let ids: Vec<Uuid> = items
            .iter()
            .filter_map(|item| match item {
                DownItem::Message(message) => Some(message.id),
                _ => None,
            })
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        let known: Vec<Uuid> = self
            .read(move |conn| {
                let known = ids.into_iter().map(|id| query::messages::by_id(conn, id));
                let known: Vec<_> = known.collect::<Result<_, _>>()?;
                Ok(known.into_iter().flatten().map(|message| message.id).collect())
            })
            .await?;
        items.retain(
            |item| !matches!(item, DownItem::Message(message) if known.contains(&message.id)),
        );
        Ok(())
    }

    async fn write(&self, write: LocalWrite) -> Result<(), StoreFault> {
        let batch = Batch::new("hub", self.clock.now()).and(write);
        self.writer.commit(batch).await.map(|_| ()).map_err(|error| fault(&error))
    }
}

impl NodeStore for NodeTables {
    async fn head(&self) -> Result<Position, StoreFault> {
        let head = self.read(query::journal::head).await?;
        Ok(Position { epoch: head.epoch, seq: head.seq, hash: head.hash })
    }

    async fn hash_at(&self, seq: u64) -> Result<Option<Hash>, StoreFault> {
        let segments = self.segments.clone();
        self.read(move |conn| store::segments::hash_at(conn, &segments, seq)).await
    }

    async fn entries_from(&self, seq: u64, limits: ReadLimits) -> Result<EntriesRead, StoreFault> {
        let segments = self.segments.clone();
        self.read(move |conn| up::entries_from(conn, &segments, seq, limits)).await
    }

    async fn save_ack(&self, ack: SignedAck) -> Result<(), StoreFault> {
        self.write(up::acked(ack)).await
    }

    async fn acked(&self) -> Result<Option<Position>, StoreFault> {
        let cursor = self.read(query::cursors::uplink).await?;
        Ok(cursor.as_ref().map(position))
    }

    async fn down_position(&self) -> Result<Position, StoreFault> {
        let cursor = self.read(query::cursors::down).await?;
        Ok(cursor.as_ref().map_or_else(Position::default, position))
    }

    async fn apply_down(&self, frame: Frame) -> Result<DownApplied, StoreFault> {
        let NodeKeys { node, wrapping, sealing } = &self.keys;
        let entries = match down::read_frame(&frame, node, wrapping, *sealing) {
            Ok(entries) => entries,
            Err(refused) => return Ok(refused),
        };
        let mut at = self.down_position().await?;
        let mut parked = Vec::new();
        for mut entry in entries {
            self.leave_out_known(&mut entry).await?;
            let next = match down::after(at, &entry.outline) {
                Ok(Some(next)) => next,
                Ok(None) => continue,
                Err(refused) => return Ok(refused),
            };
            let now = self.clock.now();
            let beside = entry
                .data_keys()
                .chain([entry.parked(NOT_STORABLE, now), entry.taken()])
                .fold(Batch::new("hub", now), Batch::and);
            let code = match self.dossiers.take_down(entry).await {
                Ok(reply) => reply.parked,
                Err(Failure::Repeat | Failure::NotStorable(_)) if self.stuck.again(next) => {
                    self.writer.commit(beside).await.map_err(|error| fault(&error))?;
                    tracing::error!(
                        seq = next.seq,
                        "an entry that the store refuses is kept beside"
                    );
                    Some(NOT_STORABLE.to_owned())
                }
                // The link asks again; what was taken before stays taken.
                Err(failure) => return Err(StoreFault::new(failure.code(), describe(&failure))),
            };
            parked.extend(code.map(|code| Parked { seq: next.seq, code }));
            at = next;
        }
        self.messages_changed.notify_one();
        Ok(DownApplied::Applied { position: at, parked })
    }

    async fn blobs_to_send(
        &self,
        acked_seq: u64,
        limit: usize,
    ) -> Result<Vec<BlobToSend>, StoreFault> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let blobs = self.read(move |conn| query::blobs::to_send(conn, acked_seq, limit)).await?;
        Ok(blobs
            .into_iter()
            .map(|blob| BlobToSend { sha256: blob.sha256, size: blob.size })
            .collect())
    }

    async fn read_piece(&self, place: PiecePlace, length: usize) -> Result<Vec<u8>, StoreFault> {
        let blobs = self.blobs.clone();
        let key = PieceKey::of(&self.keys.wrapping);
        let work = move || {
            let plain = blobs.read_range(&place.sha256, place.offset, length)?;
            Ok(key.and_then(|key| key.seal(place, &plain))?)
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| StoreFault::new("store.read_ended", error))?
            .map_err(|error: StoreError| fault(&error))
    }

    async fn blob_done(&self, sha256: Hash) -> Result<(), StoreFault> {
        self.write(LocalWrite::BlobState { sha256, state: BlobState::AtHub }).await
    }

    async fn hub_went_back(&self, seq: u64) -> Result<usize, StoreFault> {
        let named = self.read(move |conn| query::blobs::at_hub_after(conn, seq)).await?;
        self.blobs_wanted(named).await
    }

    async fn blobs_wanted(&self, wanted: Vec<Hash>) -> Result<usize, StoreFault> {
        let blobs = self.blobs.clone();
        let names = wanted.clone();
        // Only what is here can be sent; the rest stays as it is, so that nothing is offered for ever.
        let here: Vec<Hash> = tokio::task::spawn_blocking(move || {
            names.into_iter().filter(|sha256| blobs.has(sha256)).collect()
        })
        .await
        .map_err(|error| StoreFault::new("store.read_ended", error))?;
        let gone = wanted.len() - here.len();
        self.write(LocalWrite::BlobsAgain { sha256: here }).await?;
        Ok(gone)
    }

    async fn blob_backlog(&self) -> Result<BlobBacklog, StoreFault> {
        let (count, bytes) = self.read(query::blobs::backlog).await?;
        Ok(BlobBacklog { count, bytes })
    }
}

fn describe(failure: &Failure) -> String {
    format!("an entry of the hub was not taken in: {failure}")
}
