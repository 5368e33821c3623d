//! Stores in memory, for trying the link without databases.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::ids::NodeId;
use domain::time::Clock;
use journal::ctl::{Forked, Parked};
use journal::entry::sha256;
use journal::{Frame, PieceKey, PiecePlace, SealError, Stream, WrappingKey};

use super::chain::{ReceivedChain, WrittenChain};
use crate::hublink::{
    BLOB_UNIT_BYTES, BlobHave, HubStore, IngestOutcome, NodeRecord, Presence, PutOutcome,
    SealedPart,
};
use crate::types::{Alarm, EntriesRead, Hash, Position, ReadLimits, StoreFault};
use crate::uplink::{BlobBacklog, BlobToSend, DownApplied, NodeStore, SignedAck};

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

/// A node's store in memory.
pub struct MemoryNode(Mutex<NodeState>);

/// What it holds.
pub struct NodeState {
    /// The own journal.
    pub up: WrittenChain,
    /// The hub's journal.
    pub down: ReceivedChain,
    /// The newest acknowledgement.
    pub ack: Option<SignedAck>,
    /// Blobs: name, bytes, the entry that names it, whether the hub has it.
    pub blobs: Vec<(Hash, Vec<u8>, u64, bool)>,
    /// Shared with the hub; [`MemoryHub`] gives every node [`SHARED_KEY`].
    pub wrapping: WrappingKey,
}

/// What stores in memory share between node and hub.
pub const SHARED_KEY: [u8; 32] = [5; 32];

impl MemoryNode {
    /// An empty store.
    pub fn new(node: NodeId, epoch: u64, down_epoch: u64) -> Self {
        Self(Mutex::new(NodeState {
            up: WrittenChain::new(node.clone(), epoch),
            down: ReceivedChain::new(node, Stream::Down, down_epoch),
            ack: None,
            blobs: Vec::new(),
            wrapping: WrappingKey::from_bytes(SHARED_KEY),
        }))
    }

    /// What is in it.
    pub fn lock(&self) -> MutexGuard<'_, NodeState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes so many entries of so many bytes.
    pub fn append(&self, count: usize, bytes: usize) -> u64 {
        let mut state = self.lock();
        for number in 0..count {
            let fill = u8::try_from(number % 251).unwrap_or(0);
            state.up.append(&vec![fill; bytes], Vec::new());
        }
        state.up.head().seq
    }

    /// Stores a blob and writes the entry that names it.
    pub fn add_blob(&self, bytes: Vec<u8>) -> Hash {
        let name = sha256(&bytes);
        let mut state = self.lock();
        let seq = state.up.append(b"a scan", vec![name]);
        state.blobs.push((name, bytes, seq, false));
        name
    }
}

impl NodeStore for MemoryNode {
    async fn head(&self) -> Result<Position, StoreFault> {
        Ok(self.lock().up.head())
    }

    async fn hash_at(&self, seq: u64) -> Result<Option<Hash>, StoreFault> {
        Ok(self.lock().up.hash_at(seq))
    }

    async fn entries_from(&self, seq: u64, limits: ReadLimits) -> Result<EntriesRead, StoreFault> {
        Ok(self.lock().up.read(seq, limits))
    }

    async fn save_ack(&self, ack: SignedAck) -> Result<(), StoreFault> {
        self.lock().ack = Some(ack);
        Ok(())
    }

    async fn acked(&self) -> Result<Option<Position>, StoreFault> {
        Ok(self.lock().ack.as_ref().map(|ack| ack.position))
    }

    async fn down_position(&self) -> Result<Position, StoreFault> {
        Ok(self.lock().down.position)
    }

    async fn apply_down(&self, frame: Frame) -> Result<DownApplied, StoreFault> {
        Ok(match self.lock().down.apply(&frame) {
            Ok(position) => DownApplied::Applied { position, parked: Vec::new() },
            Err((code, detail)) => DownApplied::Refused { code, detail },
        })
    }

    async fn blobs_to_send(
        &self,
        acked_seq: u64,
        limit: usize,
    ) -> Result<Vec<BlobToSend>, StoreFault> {
        let state = self.lock();
        let waiting = state.blobs.iter().filter(|(_, _, seq, done)| *seq <= acked_seq && !done);
        Ok(waiting
            .take(limit)
            .map(|(sha256, bytes, _, _)| BlobToSend { sha256: *sha256, size: bytes.len() as u64 })
            .collect())
    }

    async fn read_piece(&self, place: PiecePlace, length: usize) -> Result<Vec<u8>, StoreFault> {
        let state = self.lock();
        let found = state.blobs.iter().find(|(sha256, ..)| *sha256 == place.sha256);
        let start = usize::try_from(place.offset).unwrap_or(usize::MAX);
        let plain = found
            .and_then(|(_, bytes, ..)| bytes.get(start..start + length))
            .ok_or_else(|| StoreFault::new("blob.missing", "no such part"))?;
        PieceKey::of(&state.wrapping).and_then(|key| key.seal(place, plain)).map_err(sealing)
    }

    async fn blob_done(&self, name: Hash) -> Result<(), StoreFault> {
        for (sha256, _, _, done) in &mut self.lock().blobs {
            *done |= *sha256 == name;
        }
        Ok(())
    }

    async fn hub_went_back(&self, seq: u64) -> Result<usize, StoreFault> {
        for (_, _, named, done) in &mut self.lock().blobs {
            *done &= *named <= seq;
        }
        Ok(0)
    }

    async fn blobs_wanted(&self, wanted: Vec<Hash>) -> Result<usize, StoreFault> {
        let mut state = self.lock();
        let mut gone = 0;
        for name in wanted {
            match state.blobs.iter_mut().find(|(sha256, ..)| *sha256 == name) {
                Some((_, _, _, done)) => *done = false,
                None => gone += 1,
            }
        }
        Ok(gone)
    }

    async fn blob_backlog(&self) -> Result<BlobBacklog, StoreFault> {
        let state = self.lock();
        let waiting = state.blobs.iter().filter(|(_, _, _, done)| !done);
        Ok(waiting.fold(BlobBacklog::default(), |sum, (_, bytes, ..)| BlobBacklog {
            count: sum.count + 1,
            bytes: sum.bytes + bytes.len() as u64,
        }))
    }
}

/// The hub's store in memory.
#[derive(Default)]
pub struct MemoryHub(Mutex<HubState>);

/// What it holds.
#[derive(Default)]
pub struct HubState {
    /// By node.
    pub nodes: HashMap<NodeId, HubNode>,
    /// While set, frames are answered with this fault.
    pub fault: Option<StoreFault>,
}

/// What the hub holds of one node.
pub struct HubNode {
    /// The node's journal.
    pub up: ReceivedChain,
    /// The hub's journal for it.
    pub down: WrittenChain,
    /// What the node has applied of it.
    pub down_acked: Position,
    /// Set by a person.
    pub frozen: Option<String>,
    /// The newest word about its being there.
    pub presence: Option<Presence>,
    /// Alarms as they came, and about which journal; `None` is an end.
    pub alarms: Vec<(Stream, Option<Alarm>)>,
    /// Messages that were not taken.
    pub quarantine: Vec<(Alarm, Vec<u8>)>,
    /// Parts of blobs: units and bytes.
    pub parts: HashMap<Hash, (Vec<bool>, Vec<u8>)>,
    /// Whole blobs.
    pub blobs: HashMap<Hash, Vec<u8>>,
    /// Parts that were stored although they were there already.
    pub parts_repeated: usize,
    /// What a node said when its journal had parted from this one.
    pub forks: Vec<Forked>,
    /// Frames of parted journals.
    pub salvaged: Vec<Frame>,
    /// Alarms that a person must have looked at.
    pub raised: Vec<Alarm>,
}

impl MemoryHub {
    /// Makes a node known.
    pub fn enrol(&self, node: &NodeId, epoch: u64, down_epoch: u64) {
        let known = HubNode {
            up: ReceivedChain::new(node.clone(), Stream::Up, epoch),
            down: WrittenChain::new(node.clone(), down_epoch),
            down_acked: Position::start(down_epoch),
            frozen: None,
            presence: None,
            alarms: Vec::new(),
            quarantine: Vec::new(),
            parts: HashMap::new(),
            blobs: HashMap::new(),
            parts_repeated: 0,
            forks: Vec::new(),
            salvaged: Vec::new(),
            raised: Vec::new(),
        };
        self.lock().nodes.insert(node.clone(), known);
    }

    /// What is in it.
    pub fn lock(&self) -> MutexGuard<'_, HubState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at one node, if it is known.
    pub fn of<R>(&self, node: &NodeId, look: impl FnOnce(&mut HubNode) -> R) -> Option<R> {
        self.lock().nodes.get_mut(node).map(look)
    }

    fn with<R>(
        &self,
        node: &NodeId,
        look: impl FnOnce(&mut HubNode) -> R,
    ) -> Result<R, StoreFault> {
        self.of(node, look).ok_or_else(|| StoreFault::new("node.unknown", node))
    }
}

impl HubStore for MemoryHub {
    async fn node(&self, node: &NodeId) -> Result<Option<NodeRecord>, StoreFault> {
        Ok(self.of(node, |node| NodeRecord {
            up: node.up.position,
            down_epoch: node.down.head().epoch,
            frozen: node.frozen.clone(),
        }))
    }

    async fn presence(&self, node: &NodeId, presence: Presence) -> Result<(), StoreFault> {
        self.with(node, |node| node.presence = Some(presence))
    }

    async fn ingest(&self, node: &NodeId, frame: Frame) -> Result<IngestOutcome, StoreFault> {
        if let Some(fault) = self.lock().fault.clone() {
            return Err(fault);
        }
        self.with(node, |node| match node.up.apply(&frame) {
            Ok(position) => IngestOutcome::Committed { position, parked: Vec::new() },
            Err((code, detail)) => {
                IngestOutcome::Refused { code, detail, position: node.up.position }
            }
        })
    }

    async fn down_entries_from(
        &self,
        node: &NodeId,
        seq: u64,
        limits: ReadLimits,
    ) -> Result<EntriesRead, StoreFault> {
        self.with(node, |node| node.down.read(seq, limits))
    }

    async fn down_hash_at(&self, node: &NodeId, seq: u64) -> Result<Option<Hash>, StoreFault> {
        self.with(node, |node| node.down.hash_at(seq))
    }

    async fn down_acked(
        &self,
        node: &NodeId,
        position: Position,
        _parked: Vec<Parked>,
    ) -> Result<(), StoreFault> {
        self.with(node, |node| node.down_acked = position)
    }

    async fn quarantine(
        &self,
        node: &NodeId,
        refusal: Alarm,
        message: Vec<u8>,
    ) -> Result<(), StoreFault> {
        self.with(node, |node| node.quarantine.push((refusal, message)))
    }

    async fn blob_have(
        &self,
        node: &NodeId,
        sha256: Hash,
        _size: u64,
    ) -> Result<BlobHave, StoreFault> {
        self.with(node, |node| {
            if node.blobs.contains_key(&sha256) {
                BlobHave::Complete
            } else if !node.up.blobs.contains(&sha256) {
                BlobHave::Refused { code: "blob.not_named".to_owned() }
            } else {
                BlobHave::Units(
                    node.parts.get(&sha256).map(|(units, _)| units.clone()).unwrap_or_default(),
                )
            }
        })
    }

    async fn put_chunk(&self, node: &NodeId, part: SealedPart) -> Result<PutOutcome, StoreFault> {
        let key = PieceKey::of(&WrappingKey::from_bytes(SHARED_KEY)).map_err(sealing)?;
        let part = match part.open(&key) {
            Ok(part) => part,
            Err(error) => return Ok(PutOutcome::Refused { code: error.code().to_owned() }),
        };
        self.with(node, |node| {
            let size = usize::try_from(part.size).unwrap_or(0);
            let start = usize::try_from(part.offset).unwrap_or(usize::MAX);
            let (units, bytes) = node
                .parts
                .entry(part.sha256)
                .or_insert_with(|| (vec![false; size.div_ceil(BLOB_UNIT_BYTES)], vec![0; size]));
            let Some(place) = bytes.get_mut(start..start + part.bytes.len()) else {
                return PutOutcome::Refused { code: "blob.bad_value".to_owned() };
            };
            place.copy_from_slice(&part.bytes);
            let first = start / BLOB_UNIT_BYTES;
            let last = (start + part.bytes.len()).div_ceil(BLOB_UNIT_BYTES);
            node.parts_repeated += units[first..last].iter().filter(|there| **there).count();
            units[first..last].fill(true);
            if !units.iter().all(|there| *there) {
                return PutOutcome::Stored;
            }
            match node.parts.remove(&part.sha256) {
                Some((_, bytes)) if sha256(&bytes) == part.sha256 => {
                    node.blobs.insert(part.sha256, bytes);
                    PutOutcome::Complete
                }
                _ => PutOutcome::WrongHash,
            }
        })
    }

    async fn blobs_missing(
        &self,
        node: &NodeId,
        after: Option<Hash>,
        limit: usize,
    ) -> Result<Vec<Hash>, StoreFault> {
        self.with(node, |node| {
            let named: BTreeSet<Hash> = node.up.blobs.iter().copied().collect();
            let behind = named.into_iter().filter(|name| after.is_none_or(|after| *name > after));
            behind.filter(|name| !node.blobs.contains_key(name)).take(limit).collect()
        })
    }

    async fn forked(&self, node: &NodeId, forked: Forked) -> Result<(), StoreFault> {
        self.with(node, |node| {
            node.frozen = Some("stream.fork".to_owned());
            node.forks.push(forked);
        })
    }

    async fn salvage(&self, node: &NodeId, frame: Frame) -> Result<(), StoreFault> {
        self.with(node, |node| node.salvaged.push(frame))
    }

    async fn raise(&self, node: &NodeId, alarm: Alarm) -> Result<(), StoreFault> {
        self.with(node, |node| node.raised.push(alarm))
    }

    async fn alarm(
        &self,
        node: &NodeId,
        about: Stream,
        alarm: Option<Alarm>,
    ) -> Result<(), StoreFault> {
        self.with(node, |node| node.alarms.push((about, alarm)))
    }
}

fn sealing(error: SealError) -> StoreFault {
    StoreFault::new(error.code(), error)
}
