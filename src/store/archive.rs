//! Moving older entries from the database into segments. Only what the hub has acknowledged, signed,
//! and what is older than the retention floor moves; the newest entry always stays.
//!
//! One step at a time, each of which may be the last before the power goes:
//!
//! 1. The file is written and synced. Nothing names it yet; a next start writes it again.
//! 2. One entry, the checkpoint, says that the run lies there: first and last place, both hashes, the
//!    file's own SHA-256. From here on readers find each of its entries twice, which is no harm.
//! 3. The run's rows leave the database, a few in each commit, so that the writer is never held up.
//!
//! Whoever calls [`Archive::step`] decides on the pace; the center's keeper waits while there is work.

use jiff::Timestamp;
use journal::segment::{SEGMENT_BYTES_MAX, full};
use journal::{Segment, hex};
use rusqlite::Connection;

use crate::batch::{Batch, Fact, LocalWrite};
use crate::query;
use crate::records::SegmentRecord;
use crate::segments::SegmentFiles;
use crate::sql::integer;
use crate::{Readers, StoreError, WriterHandle};
use domain::ids::NodeId;

/// Rows that leave the database in one commit: few, so that nobody at a counter waits for it.
pub const ROWS_PER_STEP: u32 = 64;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveStep {
    /// There is nothing to move.
    Nothing,
    /// A run lies in a file, and the journal says so.
    Sealed {
        /// Its first place.
        first_seq: u64,
        /// Its last place.
        last_seq: u64,
    },
    /// Some rows of a sealed run left the database.
    Removed,
}

/// Moves entries of one store.
#[derive(Clone)]
pub struct Archive {
    pub(crate) node: NodeId,
    pub(crate) readers: Readers,
    pub(crate) files: SegmentFiles,
    /// Entries that make a run; fewer than a segment may hold only where a test wants many runs.
    pub(crate) run: usize,
}

impl Archive {
    /// The next step. `floor`: entries from this instant on stay.
    pub async fn step(
        &self,
        writer: &WriterHandle,
        floor: Timestamp,
        now: Timestamp,
    ) -> Result<ArchiveStep, StoreError> {
        if self.readers.read(query::segments::rows_behind).await? {
            writer.commit(removal(now)).await?;
            return Ok(ArchiveStep::Removed);
        }
        let archive = self.clone();
        let sealed = self.readers.read(move |c| archive.seal_next(c, floor, now)).await?;
        let Some(record) = sealed else { return Ok(ArchiveStep::Nothing) };
        let (first_seq, last_seq) = (record.first_seq, record.last_seq);
        writer.commit(checkpoint(record, now)).await?;
        Ok(ArchiveStep::Sealed { first_seq, last_seq })
    }

    /// The next run of entries that may leave, in a durable file.
    pub(crate) fn seal_next(
        &self,
        c: &Connection,
        floor: Timestamp,
        now: Timestamp,
    ) -> Result<Option<SegmentRecord>, StoreError> {
        let before = query::segments::last(c)?.map_or(0, |last| last.last_seq);
        let head = query::journal::head(c)?;
        // What the hub has of another epoch says nothing about this journal.
        let acked = query::cursors::uplink(c)?.filter(|cursor| cursor.epoch == head.epoch);
        // The head stays: the chain goes on from it.
        let movable = acked.map_or(0, |cursor| cursor.seq).min(head.seq.saturating_sub(1));
        let most = self.run as u64;
        // With so many entries a segment is full, be it by number or by size.
        if movable.saturating_sub(before) < most || !is_older(c, before + most, floor)? {
            return Ok(None);
        }
        let entries = query::journal::entries_at_hand(c, before + 1, self.run, SEGMENT_BYTES_MAX)?;
        let count = full(entries.iter().map(|entry| entry.raw.len())).unwrap_or(entries.len());
        let raws = entries.into_iter().take(count).map(|entry| entry.raw).collect();
        let segment = Segment::new(self.node.clone(), raws)?;
        if segment.head.first_seq != before + 1 {
            return Err(StoreError::Damaged(format!("entry {} is missing", before + 1)));
        }
        self.write(c, &segment, now).map(Some)
    }

    /// A run that the journal tells of and whose file is not here, in a file of its own; nothing when
    /// its entries are not in the database, either: then there is nothing to make it of.
    pub(crate) fn seal_again(
        &self,
        c: &Connection,
        told: &SegmentRecord,
        now: Timestamp,
    ) -> Result<Option<SegmentRecord>, StoreError> {
        let count = told.last_seq.saturating_sub(told.first_seq) as usize + 1;
        let (first, most) = (told.first_seq, SEGMENT_BYTES_MAX);
        let entries = query::journal::entries_at_hand(c, first, count, most)?;
        if (entries.first().map(|entry| entry.seq), entries.last().map(|entry| entry.seq))
            != (Some(told.first_seq), Some(told.last_seq))
        {
            return Ok(None);
        }
        let raws = entries.into_iter().map(|entry| entry.raw).collect();
        let record = self.write(c, &Segment::new(self.node.clone(), raws)?, now)?;
        Ok(Some(SegmentRecord { rev: told.rev + 1, ..record }))
    }

    fn write(
        &self,
        c: &Connection,
        segment: &Segment,
        now: Timestamp,
    ) -> Result<SegmentRecord, StoreError> {
        let (sha256, bytes) = self.files.write(segment)?;
        let head = &segment.head;
        let times = query::journal::times_between(c, head.first_seq, head.last_seq())?;
        Ok(SegmentRecord {
            first_seq: head.first_seq,
            last_seq: head.last_seq(),
            prev: hex::encode(&head.prev),
            hash: hex::encode(&head.hash),
            sha256: hex::encode(&sha256),
            bytes,
            sealed_at: now,
            earliest_at: times.map(|(earliest, _)| earliest),
            latest_at: times.map(|(_, latest)| latest),
            rev: 1,
        })
    }
}

/// The entry that says where a run lies now.
pub(crate) fn checkpoint(record: SegmentRecord, now: Timestamp) -> Batch {
    Batch::new("center", now).with(Fact::Segment(record))
}

/// A few rows of sealed runs go.
pub(crate) fn removal(now: Timestamp) -> Batch {
    Batch::new("center", now).and(LocalWrite::RemoveArchived { rows: ROWS_PER_STEP })
}

fn is_older(c: &Connection, seq: u64, floor: Timestamp) -> Result<bool, StoreError> {
    let older: bool = c
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM entry WHERE seq = ?1 AND at_us < ?2)")?
        .query_row((integer(seq), floor.as_microsecond()), |row| row.get(0))?;
    Ok(older)
}
