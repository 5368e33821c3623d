//! Journals in memory: one that is written and one that is received, with every check that a real
//! store makes.

use std::collections::HashSet;

use domain::ids::NodeId;
use journal::entry::{ClockState, Entry, FORMAT, outline};
use journal::{Change, Frame, Stream};

use crate::types::{EntriesRead, Hash, Position, RawEntry, ReadLimits};

/// A journal that is written here.
#[derive(Debug, Clone)]
pub struct WrittenChain {
    node: NodeId,
    epoch: u64,
    /// Every entry.
    pub entries: Vec<RawEntry>,
}

impl WrittenChain {
    /// An empty journal.
    pub fn new(node: NodeId, epoch: u64) -> Self {
        Self { node, epoch, entries: Vec::new() }
    }

    /// Writes one entry whose change carries these bytes and names these blobs.
    pub fn append(&mut self, public: &[u8], blobs: Vec<Hash>) -> u64 {
        let head = self.head();
        let mut entry = Entry {
            format: FORMAT,
            node: self.node.clone(),
            epoch: self.epoch,
            seq: head.seq + 1,
            at_utc_us: 0,
            boot_id: [0; 16],
            monotonic_ns: 0,
            clock_state: ClockState::Steady,
            actor: "test".to_owned(),
            device: String::new(),
            request_key: String::new(),
            changes: vec![Change {
                kind: "test".to_owned(),
                subject: format!("{}", head.seq + 1),
                axis: String::new(),
                rev: 1,
                base_rev: 0,
                term: 0,
                schema: 1,
                public: public.to_vec(),
                sealed: Vec::new(),
                blobs,
            }],
            prev: head.hash,
            hash: [0; 32],
        };
        // An entry beyond the limits is a mistake of the test; it would show as a missing entry.
        if let Ok(raw) = entry.seal_hash() {
            self.entries.push(RawEntry { seq: entry.seq, hash: entry.hash, raw });
        }
        self.head().seq
    }

    /// The end.
    pub fn head(&self) -> Position {
        match self.entries.last() {
            Some(last) => Position { epoch: self.epoch, seq: last.seq, hash: last.hash },
            None => Position::start(self.epoch),
        }
    }

    /// The hash of an entry.
    pub fn hash_at(&self, seq: u64) -> Option<Hash> {
        let index = usize::try_from(seq.checked_sub(1)?).ok()?;
        self.entries.get(index).map(|entry| entry.hash)
    }

    /// Entries from a number on.
    pub fn read(&self, from: u64, limits: ReadLimits) -> EntriesRead {
        let first = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let entries = self
            .entries
            .iter()
            .skip(first)
            .take(limits.entries_max)
            .enumerate()
            .take_while(|(index, entry)| {
                bytes += entry.raw.len();
                *index == 0 || bytes <= limits.bytes_max
            })
            .map(|(_, entry)| entry.clone())
            .collect();
        EntriesRead { entries, keys: Vec::new() }
    }
}

/// A journal that is received here.
#[derive(Debug, Clone)]
pub struct ReceivedChain {
    node: NodeId,
    stream: Stream,
    /// How far it is stored.
    pub position: Position,
    /// The raw bytes of each stored entry.
    pub entries: Vec<Vec<u8>>,
    /// Blobs named in them.
    pub blobs: HashSet<Hash>,
}

impl ReceivedChain {
    /// Nothing received yet.
    pub fn new(node: NodeId, stream: Stream, epoch: u64) -> Self {
        Self {
            node,
            stream,
            position: Position::start(epoch),
            entries: Vec::new(),
            blobs: HashSet::new(),
        }
    }

    /// Stores what continues the chain, skips what is here, refuses the rest by name; all or nothing.
    pub fn apply(&mut self, frame: &Frame) -> Result<Position, (String, String)> {
        let refuse = |code: &str, detail: String| Err((code.to_owned(), detail));
        if frame.node != self.node || frame.stream != self.stream {
            return refuse("frame.wrong_node", frame.node.to_string());
        }
        if frame.epoch != self.position.epoch && frame.first_seq == 1 && self.stream == Stream::Down
        {
            self.position = Position::start(frame.epoch);
        }
        if frame.epoch != self.position.epoch {
            return refuse("frame.wrong_epoch", frame.epoch.to_string());
        }
        let mut position = self.position;
        let mut taken = Vec::new();
        for (seq, raw) in (frame.first_seq..).zip(&frame.entries) {
            if seq <= self.position.seq {
                continue;
            }
            let read = match outline(raw) {
                Ok(read) => read,
                Err(error) => return refuse(error.code(), format!("entry {seq}")),
            };
            if read.node != self.node {
                return refuse("entry.wrong_node", format!("entry {seq}"));
            }
            if read.seq != seq || read.seq != position.seq + 1 || read.prev != position.hash {
                return refuse("entry.chain_broken", format!("entry {seq}"));
            }
            position = Position { epoch: position.epoch, seq, hash: read.hash };
            taken.push(raw.clone());
        }
        for raw in &taken {
            if let Ok(entry) = Entry::decode(raw) {
                self.blobs
                    .extend(entry.changes.iter().flat_map(|change| change.blobs.iter().copied()));
            }
        }
        self.entries.extend(taken);
        self.position = position;
        Ok(position)
    }
}
