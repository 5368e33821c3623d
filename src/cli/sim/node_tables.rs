//! The tables of a simulated node as the link asks for them: a whole store, keyed and with its journal,
//! but without the writer's thread. Each write is a commit of its own on the blocking pool, which is
//! quick enough for some entries a minute and lets one process hold many stores.
//!
//! Nobody sits at such a node, and it has no scans. What comes down is taken in as the dossier desk
//! does ([`crate::actors::dossier_desk`]); what the store will not take is kept beside at once.

use crate::actors::dossier_desk::{Known, Taken, take_items};
use crate::actors::uplink::down::{self, NOT_STORABLE, fault, position};
use crate::actors::uplink::up;
use domain::dossier::Dossier;
use domain::time::Clock;
use jiff::Timestamp;
use journal::ctl::Parked;
use journal::{Frame, PiecePlace};
use link::types::{EntriesRead, Hash, Position, ReadLimits, StoreFault};
use link::uplink::{BlobBacklog, BlobToSend, DownApplied, NodeStore, SignedAck};
use std::sync::Arc;
use store::down::DownEntry;
use store::query::{cursors, dossiers, journal as entries, messages};
use store::{Batch, Committed, LocalWrite, Store, StoreError};
use tokio::sync::Notify;
use uuid::Uuid;

/// One simulated node's store.
#[derive(Clone)]
pub struct NodeTables {
    /// The store. Its writer is never started: [`Store::commit_now`] stands for it.
    pub store: Arc<Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Rung when something was taken in: that makes entries of this node, which are to be sent.
    pub taken: Arc<Notify>,
}

impl NodeTables {
    /// Stores one batch.
    ///
    /// # Errors
    /// The store will not take it, or cannot now.
    pub async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let store = Arc::clone(&self.store);
        tokio::task::spawn_blocking(move || store.commit_now(batch))
            .await
            .map_err(|error| StoreError::Database(format!("a write ended early: {error}")))?
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreFault> {
        self.store.readers().read(read).await.map_err(|error| fault(&error))
    }

    async fn note(&self, write: LocalWrite) -> Result<(), StoreFault> {
        let batch = Batch::new("hub", self.clock.now()).and(write);
        self.commit(batch).await.map(drop).map_err(|error| fault(&error))
    }
}

impl NodeStore for NodeTables {
    async fn head(&self) -> Result<Position, StoreFault> {
        let head = self.read(entries::head).await?;
        Ok(Position { epoch: head.epoch, seq: head.seq, hash: head.hash })
    }

    async fn hash_at(&self, seq: u64) -> Result<Option<Hash>, StoreFault> {
        let segments = self.store.segments();
        self.read(move |c| store::segments::hash_at(c, &segments, seq)).await
    }

    async fn entries_from(&self, seq: u64, limits: ReadLimits) -> Result<EntriesRead, StoreFault> {
        let segments = self.store.segments();
        self.read(move |c| up::entries_from(c, &segments, seq, limits)).await
    }

    async fn save_ack(&self, ack: SignedAck) -> Result<(), StoreFault> {
        self.note(up::acked(ack)).await
    }

    async fn acked(&self) -> Result<Option<Position>, StoreFault> {
        Ok(self.read(cursors::uplink).await?.as_ref().map(position))
    }

    async fn down_position(&self) -> Result<Position, StoreFault> {
        let cursor = self.read(cursors::down).await?;
        Ok(cursor.as_ref().map_or_else(Position::default, position))
    }

    async fn apply_down(&self, frame: Frame) -> Result<DownApplied, StoreFault> {
        let (store, now) = (Arc::clone(&self.store), self.clock.now());
        let applied = tokio::task::spawn_blocking(move || take_down(&store, &frame, now))
            .await
            .map_err(|error| StoreFault::new("store.write_ended", error))?
            .map_err(|error| fault(&error));
        self.taken.notify_one();
        applied
    }

    async fn blobs_to_send(
        &self,
        _acked_seq: u64,
        _limit: usize,
    ) -> Result<Vec<BlobToSend>, StoreFault> {
        Ok(Vec::new())
    }

    async fn read_piece(&self, _place: PiecePlace, _length: usize) -> Result<Vec<u8>, StoreFault> {
        Err(StoreFault::new("sim.no_scans", "a simulated node has no scans"))
    }

    async fn blob_done(&self, _sha256: Hash) -> Result<(), StoreFault> {
        Ok(())
    }

    async fn blobs_wanted(&self, wanted: Vec<Hash>) -> Result<usize, StoreFault> {
        Ok(wanted.len())
    }

    async fn hub_went_back(&self, _seq: u64) -> Result<usize, StoreFault> {
        Ok(0)
    }

    async fn blob_backlog(&self) -> Result<BlobBacklog, StoreFault> {
        Ok(BlobBacklog::default())
    }
}

/// Takes a frame of the hub's journal in, an entry a transaction.
fn take_down(store: &Store, frame: &Frame, now: Timestamp) -> Result<DownApplied, StoreError> {
    let config = store.config();
    let (node, wrapping) = (&config.node, &config.keys.wrapping);
    let came = match down::read_frame(frame, node, wrapping, config.sealing) {
        Ok(came) => came,
        Err(refused) => return Ok(refused),
    };
    let cursor = store.readers().read_now(cursors::down)?;
    let mut at = cursor.as_ref().map_or_else(Position::default, position);
    let mut parked = Vec::new();
    for entry in came {
        at = match down::after(at, &entry.outline) {
            Ok(Some(next)) => next,
            Ok(None) => continue,
            Err(refused) => return Ok(refused),
        };
        if let Some(code) = take_entry(store, &entry, now)? {
            parked.push(Parked { seq: at.seq, code });
        }
    }
    Ok(DownApplied::Applied { position: at, parked })
}

/// Takes one entry in, or keeps it beside and says with which code.
fn take_entry(
    store: &Store,
    entry: &DownEntry,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let taken = |batch: Batch| entry.data_keys().chain([entry.taken()]).fold(batch, Batch::and);
    let followed = match &entry.items {
        Ok(items) => take_items(items, &store.config().node, &Tables(store), now)?,
        Err(code) => Err((*code).to_owned()),
    };
    let code = match followed {
        Ok(Taken { facts, local, .. }) => {
            let batch = Batch { facts, local, ..Batch::new("hub", now) };
            match store.commit_now(taken(batch)) {
                Ok(_) => return Ok(None),
                Err(error) if error.is_passing() => return Err(error),
                Err(error) => {
                    let code = error.code();
                    tracing::warn!(code, %error, "an entry of the hub is kept beside");
                    NOT_STORABLE.to_owned()
                }
            }
        }
        Err(code) => code,
    };
    let beside = Batch::new("hub", now).and(entry.parked(&code, now));
    store.commit_now(taken(beside))?;
    Ok(Some(code))
}

/// The store, as what follows from an entry asks for it.
struct Tables<'a>(&'a Store);

impl Known for Tables<'_> {
    fn dossier(&self, id: Uuid) -> Result<Option<Dossier>, StoreError> {
        self.0.readers().read_now(|c| dossiers::by_id(c, id))
    }

    fn knows_message(&self, id: Uuid) -> Result<bool, StoreError> {
        Ok(self.0.readers().read_now(|c| messages::by_id(c, id))?.is_some())
    }

    fn is_erased(&self, key_id: &str) -> Result<bool, StoreError> {
        self.0.readers().read_now(|c| store::erase::is_done(c, key_id))
    }

    fn booking(&self, id: Uuid) -> Result<Option<domain::queue::Booking>, StoreError> {
        self.0.readers().read_now(|c| store::query::bookings::by_id(c, id))
    }
}
