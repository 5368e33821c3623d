//! Segments: older entries of the journal in sealed files beside the database, one file a run. A file
//! is there completely or not at all: it is written beside, synced, renamed, and its folder is
//! synced; only then does the table name it, and only then do its entries leave the database. A file
//! that the table does not name is the rest of an interrupted step and is written again.
//!
//! The format is [`journal::segment`]. Which entries move and when is [`crate::archive`].

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use journal::entry::{outline, sha256};
use journal::segment::SEGMENT_FILE_BYTES_MAX;
use journal::{Segment, hex};
use rusqlite::Connection;
use uuid::Uuid;

use crate::StoreError;
use crate::config::Keys;
use crate::connection::derive;
use crate::folders::{make_lasting, sync_folder};
use crate::query;
use crate::query::journal::StoredEntry;
use crate::records::SegmentRecord;

/// The segment files of a folder.
#[derive(Clone)]
pub struct SegmentFiles {
    folder: Arc<PathBuf>,
    key: [u8; 32],
    /// The one that was read last: whoever reads on asks for its neighbours. One, so that a
    /// catch-up over years takes no more memory than one over a day.
    last: Arc<Mutex<Option<Arc<Segment>>>>,
}

impl std::fmt::Debug for SegmentFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SegmentFiles({})", self.folder.display())
    }
}

impl SegmentFiles {
    /// Opens the folder and removes what an interrupted write left behind.
    pub(crate) fn open(folder: PathBuf, keys: &Keys) -> Result<SegmentFiles, StoreError> {
        make_lasting(&folder)?;
        // Nothing in here need survive a power cut, nor the folder itself.
        fs::create_dir_all(folder.join("new"))?;
        for left in fs::read_dir(folder.join("new"))? {
            fs::remove_file(left?.path())?;
        }
        SegmentFiles::look(folder, keys)
    }

    /// Looks at a folder that another process may be writing to.
    pub(crate) fn look(folder: PathBuf, keys: &Keys) -> Result<SegmentFiles, StoreError> {
        let key = derive(&keys.master, "segments")?;
        Ok(SegmentFiles { folder: Arc::new(folder), key, last: Arc::default() })
    }

    /// Makes a segment safe on the disk. Gives the file's SHA-256 and size. Blocks on the disk.
    pub(crate) fn write(&self, segment: &Segment) -> Result<([u8; 32], u64), StoreError> {
        let bytes = segment.encode(&self.key)?;
        let beside = self.folder.join("new").join(Uuid::new_v4().to_string());
        let written = self.write_beside(&beside, &bytes, segment.head.first_seq);
        if written.is_err() {
            // After a failed write the next start removes what this cannot.
            let _left = fs::remove_file(&beside);
        }
        written.map(|()| (sha256(&bytes), bytes.len() as u64))
    }

    fn write_beside(&self, beside: &Path, bytes: &[u8], first_seq: u64) -> Result<(), StoreError> {
        let mut file = File::create_new(beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(beside, self.path_of(first_seq))?;
        sync_folder(&self.folder)
    }

    /// A segment by its record: opened, and checked to be that run of the chain.
    pub fn read(&self, record: &SegmentRecord) -> Result<Arc<Segment>, StoreError> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(last) = last.filter(|last| last.head.first_seq == record.first_seq) {
            return Ok(last);
        }
        let segment = Segment::decode(&self.bytes(record)?, &self.key)?;
        let head = &segment.head;
        if (head.first_seq, head.last_seq(), head.prev, head.hash)
            != (record.first_seq, record.last_seq, record.prev()?, record.hash()?)
        {
            return Err(StoreError::Damaged("segment.other_run".to_owned()));
        }
        let segment = Arc::new(segment);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(segment.clone());
        Ok(segment)
    }

    /// A segment's file as it lies there.
    pub(crate) fn bytes(&self, record: &SegmentRecord) -> Result<Vec<u8>, StoreError> {
        let path = self.path_of(record.first_seq);
        let size = fs::metadata(&path).map_err(missing)?.len();
        if size > SEGMENT_FILE_BYTES_MAX {
            return Err(StoreError::TooLarge("segment"));
        }
        fs::read(&path).map_err(missing)
    }

    /// The size of a segment's file, if it is there.
    pub(crate) fn size(&self, record: &SegmentRecord) -> Option<u64> {
        fs::metadata(self.path_of(record.first_seq)).ok().map(|found| found.len())
    }

    pub(crate) fn path_of(&self, first_seq: u64) -> PathBuf {
        path_in(&self.folder, first_seq)
    }
}

/// Where a segment lies in a folder of segments.
pub(crate) fn path_in(folder: &Path, first_seq: u64) -> PathBuf {
    folder.join(format!("{first_seq:020}.mcs"))
}

fn missing(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::NotFound => StoreError::NotFound("segment"),
        _ => error.into(),
    }
}

impl SegmentRecord {
    /// Whether an entry that was written from one instant until before another may be in it.
    pub(crate) fn may_hold(&self, from: Timestamp, until: Timestamp) -> bool {
        match self.earliest_at.zip(self.latest_at) {
            Some((earliest, latest)) => earliest < until && latest >= from,
            // What was sealed before was written before.
            None => self.sealed_at > from,
        }
    }

    /// Hash of the entry before the first.
    pub fn prev(&self) -> Result<[u8; 32], StoreError> {
        hex::decode_array(&self.prev).ok_or_else(|| StoreError::Damaged("segment".to_owned()))
    }

    /// Hash of the last entry.
    pub fn hash(&self) -> Result<[u8; 32], StoreError> {
        hex::decode_array(&self.hash).ok_or_else(|| StoreError::Damaged("segment".to_owned()))
    }
}

/// Entries from `seq` on, wherever they lie; at most so many and so many bytes, a first one that is
/// larger comes alone. An answer may end where a segment ends: whoever wants more asks again.
pub fn entries_from(
    c: &Connection,
    files: &SegmentFiles,
    seq: u64,
    entries_max: usize,
    bytes_max: usize,
) -> Result<Vec<StoredEntry>, StoreError> {
    let seq = seq.max(1);
    // The table first: an entry that is leaving it stands in the segment before it goes.
    let at_hand = query::journal::entries_at_hand(c, seq, entries_max, bytes_max)?;
    if at_hand.first().is_some_and(|first| first.seq == seq) {
        return Ok(at_hand);
    }
    let Some(record) = query::segments::holding(c, seq)? else { return Ok(at_hand) };
    let segment = files.read(&record)?;
    let (mut entries, mut bytes) = (Vec::new(), 0);
    for raw in segment.entries_from(seq).iter().take(entries_max) {
        bytes += raw.len();
        if bytes > bytes_max && !entries.is_empty() {
            break;
        }
        let outline = outline(raw)?;
        entries.push(StoredEntry { seq: outline.seq, hash: outline.hash, raw: raw.clone() });
    }
    Ok(entries)
}

/// The hash of an entry, wherever it lies; zeros for place 0, `None` beyond the end.
pub fn hash_at(
    c: &Connection,
    files: &SegmentFiles,
    seq: u64,
) -> Result<Option<[u8; 32]>, StoreError> {
    if let Some(hash) = query::journal::hash_at(c, seq)? {
        return Ok(Some(hash));
    }
    let Some(record) = query::segments::holding(c, seq)? else { return Ok(None) };
    if record.last_seq == seq {
        return record.hash().map(Some);
    }
    let segment = files.read(&record)?;
    let raw = segment.entries_from(seq).first();
    Ok(raw.map(|raw| outline(raw)).transpose()?.map(|outline| outline.hash))
}

/// Place and hash of every entry, in order; for comparing two journals as a whole.
pub fn all_hashes(
    c: &Connection,
    files: &SegmentFiles,
) -> Result<Vec<(u64, [u8; 32])>, StoreError> {
    // One state: a run that moves meanwhile would be in neither.
    let one_state = c.unchecked_transaction()?;
    let mut hashes = Vec::new();
    for record in query::segments::all(c)? {
        for raw in &files.read(&record)?.entries {
            let outline = outline(raw)?;
            hashes.push((outline.seq, outline.hash));
        }
    }
    let archived = hashes.last().map_or(0, |(seq, _)| *seq);
    hashes.extend(query::journal::hashes_at_hand(c, archived + 1)?);
    one_state.commit()?;
    Ok(hashes)
}
