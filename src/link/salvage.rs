//! A journal that the hub does not take, because it has parted from what the hub has (a cloned disk, a
//! restored copy) or because another box has taken this one's place: its entries go to the hub all the
//! same, to be read there by a person, and are applied nowhere. One frame at a time; nobody waits.

use domain::ids::NodeId;
use journal::ctl::Forked;
use journal::{Frame, Stream};

use crate::types::{EntriesRead, Hash, Position, ReadLimits};

/// Few entries a frame: what is queued for the line otherwise comes first.
const ENTRIES_MAX: usize = 20;

/// Where the sending stands.
#[derive(Debug)]
pub(crate) struct Salvage {
    node: NodeId,
    session: String,
    head: Position,
    /// The first entry that the hub is not known to have had; also the next one to send.
    first_seq: u64,
    next_seq: u64,
    told: bool,
    /// The hub was told of an entry of this journal's own; before, it was only a copy that is behind.
    told_own: bool,
    reading: Option<u64>,
    under_way: Option<u64>,
    over: bool,
}

impl Salvage {
    /// Of a journal of which the hub once had everything up to `acked`.
    pub(crate) fn new(node: NodeId, session: String, head: Position, acked: u64) -> Salvage {
        let first_seq = acked.min(head.seq) + 1;
        Salvage {
            node,
            session,
            head,
            first_seq,
            next_seq: first_seq,
            told: false,
            told_own: false,
            reading: None,
            under_way: None,
            over: false,
        }
    }

    /// The hash that is needed before the hub is told.
    pub(crate) fn wanted_hash(&self) -> Option<u64> {
        (!self.told).then_some(self.first_seq)
    }

    /// What the hub is told, once the hash of [`Salvage::wanted_hash`] is known.
    pub(crate) fn tell(&mut self, seq: u64, hash: Option<Hash>) -> Option<Forked> {
        if self.told || seq != self.first_seq {
            return None;
        }
        self.told = true;
        self.told_own = hash.is_some();
        Some(Forked {
            session: self.session.clone(),
            epoch: self.head.epoch,
            first_seq: self.first_seq,
            first_hash: hash.unwrap_or(journal::entry::NO_HASH),
            max_seq: self.head.seq,
            head_hash: self.head.hash,
        })
    }

    /// What to read next.
    pub(crate) fn read(&mut self, limits: ReadLimits) -> Option<(u64, ReadLimits)> {
        if !self.told || self.over || self.reading.is_some() || self.under_way.is_some() {
            return None;
        }
        self.reading = Some(self.next_seq);
        Some((self.next_seq, ReadLimits { entries_max: ENTRIES_MAX, ..limits }))
    }

    /// Entries were read: the frame to send.
    pub(crate) fn entries(
        &mut self,
        from: u64,
        read: EntriesRead,
        head: Position,
    ) -> Option<Vec<u8>> {
        self.reading.take_if(|reading| *reading == from)?;
        let fitting = journal::frame::fitting(read.entries.iter().map(|entry| entry.raw.len()));
        let mut entries = read.entries;
        entries.truncate(fitting.min(ENTRIES_MAX));
        let Some(last) = entries.last().map(|entry| entry.seq) else {
            self.over = true;
            return None;
        };
        self.under_way = Some(last);
        self.head = head;
        // It was a copy that was behind; now it has gone its own way.
        self.told &= self.told_own;
        let frame = Frame {
            node: self.node.clone(),
            stream: Stream::Salvage,
            epoch: self.head.epoch,
            first_seq: from,
            keys: read.keys,
            entries: entries.into_iter().map(|entry| entry.raw).collect(),
        };
        // One that cannot be sent stays here; the old disk has it.
        frame.encode().ok()
    }

    /// The journal could not be read.
    pub(crate) fn read_failed(&mut self) {
        self.reading = None;
        self.over = true;
    }

    /// The hub keeps everything up to here.
    pub(crate) fn kept(&mut self, epoch: u64, seq: u64) {
        if epoch == self.head.epoch && self.under_way.is_some_and(|last| seq >= last) {
            self.under_way = None;
            self.next_seq = seq + 1;
        }
    }

    /// The journal has grown: the counters go on working.
    pub(crate) fn woken(&mut self) {
        self.over = false;
    }

    /// What was under way may be lost: once more from there.
    pub(crate) fn again(&mut self, session: String, head: Position) {
        self.session = session;
        self.head = head;
        self.told = false;
        self.reading = None;
        self.under_way = None;
        self.over = false;
    }
}
