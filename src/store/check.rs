//! Checking a folder: the chain entry by entry, the journal's end against the entries, the hub's last
//! acknowledgement against the chain, and the tables against what the journal says they must hold.
//! Everything is looked at in one read transaction, so a running daemon may go on meanwhile.
//!
//! The usual check begins at the last checkpoint, so it takes as long after ten years as after one:
//! the chain from there on, what it changed in the tables, and that every segment's file is there. The
//! full one opens every segment and every part, reads every page, and compares every row.

use std::path::Path;

use journal::entry::NO_HASH;
use journal::{Entry, Sealing, hex};
use rusqlite::Connection;
use serde::Serialize;

use crate::StoreError;
use crate::blobs::{BlobStore, path_in};
use crate::config::Keys;
use crate::connection::{Opener, Purpose, is_demo};
use crate::data_keys::KeyRing;
use crate::query;
use crate::records::SegmentRecord;
use crate::segments::SegmentFiles;
use crate::sql::{Columns, integer};
use crate::table_check::TableCheck;

/// Problems listed in a report; more are only counted.
pub(crate) const PROBLEMS_MAX: usize = 100;

/// How much is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// From the last checkpoint on: the cost does not grow with the years.
    SinceCheckpoint,
    /// Everything.
    Full,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Place of the first entry looked at.
    pub from_seq: u64,
    /// Entries looked at.
    pub entries: u64,
    /// Place of the last one.
    pub last_seq: u64,
    /// Its hash, as text.
    pub head_hash: String,
    /// Segments whose files are there; opened only in a full check.
    pub segments: u64,
    /// Subjects compared with their tables.
    pub subjects: u64,
    /// Blobs whose files were looked for.
    pub blobs: u64,
    /// What is wrong; the first hundred.
    pub problems: Vec<Problem>,
    /// How much is wrong.
    pub problem_count: u64,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable code.
    pub code: String,
    /// At which entry, if at one.
    pub seq: Option<u64>,
    /// More.
    pub detail: String,
}

impl CheckReport {
    /// Nothing is wrong.
    pub fn is_ok(&self) -> bool {
        self.problem_count == 0
    }

    pub(crate) fn add(&mut self, code: &str, seq: Option<u64>, detail: impl Into<String>) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem { code: code.to_owned(), seq, detail: detail.into() });
        }
    }
}

/// Checks everything in a folder, also while its daemon runs. An `Err` means that it cannot be looked
/// at; what is wrong in it stands in the report.
pub fn check_journal(folder: &Path, keys: &Keys) -> Result<CheckReport, StoreError> {
    check_folder(folder, keys, Depth::Full)
}

/// As [`check_journal`], as deep as asked.
pub fn check_folder(folder: &Path, keys: &Keys, depth: Depth) -> Result<CheckReport, StoreError> {
    let (connection, sealing) = open(folder, keys)?;
    let segments = SegmentFiles::look(folder.join(crate::SEGMENTS), keys)?;
    let place = Place { keys, sealing, segments: &segments, blobs: &folder.join(crate::BLOBS) };
    connection.execute_batch("BEGIN")?;
    let report = check_connection(&connection, &place, depth)?;
    connection.execute_batch("COMMIT")?;
    Ok(report)
}

fn open(folder: &Path, keys: &Keys) -> Result<(Connection, Sealing), StoreError> {
    match Opener::new(folder, keys, Sealing::On)?.open(Purpose::Read) {
        Err(StoreError::WrongKey) if is_demo(folder) => {
            Ok((Opener::new(folder, keys, Sealing::Off)?.open(Purpose::Read)?, Sealing::Off))
        }
        opened => Ok((opened?, Sealing::On)),
    }
}

/// What is needed beside the database.
struct Place<'a> {
    keys: &'a Keys,
    sealing: Sealing,
    segments: &'a SegmentFiles,
    blobs: &'a Path,
}

fn check_connection(
    c: &Connection,
    place: &Place<'_>,
    depth: Depth,
) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport::default();
    if depth == Depth::Full {
        let intact: String = c.pragma_query_value(None, "quick_check", |row| row.get(0))?;
        if intact != "ok" {
            report.add("check.database", None, intact);
        }
    }
    let mut walk = Walk {
        keys: KeyRing::new(place.keys.wrapping.clone()),
        tables: TableCheck::new(place.sealing, depth == Depth::Full),
        expected: 1,
        prev: NO_HASH,
        epoch: 0,
    };
    let segments = query::segments::all(c)?;
    check_runs(&segments, place.segments, &mut report)?;
    let archived = segments.last().map_or(0, |last| last.last_seq);
    match (depth, segments.last()) {
        (Depth::Full, _) => {
            for segment in &segments {
                walk.segment(c, place.segments, segment, &mut report)?;
            }
        }
        (Depth::SinceCheckpoint, Some(last)) => walk.begin_after(last)?,
        (Depth::SinceCheckpoint, None) => {}
    }
    report.from_seq = if depth == Depth::Full { 1 } else { archived + 1 };
    walk.table(c, archived, &mut report)?;
    if report.from_seq == 1 {
        // A restored box begins with what the hub gave it.
        walk.tables.take_base(c, &mut report)?;
    }
    report.head_hash = hex::encode(&walk.prev);
    let skipped = report.from_seq - 1;
    let from_the_beginning = skipped == 0;
    check_head(c, skipped, &mut report)?;
    check_acknowledged(c, place.segments, &mut report)?;
    walk.tables.finish(c, from_the_beginning, &mut report)?;
    for blob in query::blobs::named_after(c, skipped, depth == Depth::Full)? {
        report.blobs += 1;
        if !path_in(place.blobs, &blob.sha256).exists()
            && query::blobs::dropped_at(c, &blob.sha256)?.is_none()
        {
            report.add("check.blob_missing", None, hex::encode(&blob.sha256));
        }
    }
    Ok(report)
}

/// Whether the runs follow each other without a gap, and each file is there with its size.
fn check_runs(
    segments: &[SegmentRecord],
    files: &SegmentFiles,
    report: &mut CheckReport,
) -> Result<(), StoreError> {
    let (mut expected, mut prev) = (1, NO_HASH);
    for segment in segments {
        let (first, last) = (segment.first_seq, segment.last_seq);
        if first != expected || last < first {
            report.add("check.gap", Some(first), format!("segment {expected} should stand here"));
        }
        if segment.prev()? != prev {
            let detail = "the segment does not name the entry before it";
            report.add("check.chain", Some(first), detail);
        }
        match files.size(segment) {
            Some(size) if size == segment.bytes => report.segments += 1,
            Some(size) => report.add(
                "check.segment",
                Some(first),
                format!("the file has {size} bytes instead of {}", segment.bytes),
            ),
            None => report.add("check.segment_missing", Some(first), "the file is not there"),
        }
        (expected, prev) = (last + 1, segment.hash()?);
    }
    Ok(())
}

/// Where the walk along the chain stands.
struct Walk {
    keys: KeyRing,
    tables: TableCheck,
    expected: u64,
    prev: [u8; 32],
    epoch: u64,
}

impl Walk {
    /// Goes on from a checkpoint.
    fn begin_after(&mut self, segment: &SegmentRecord) -> Result<(), StoreError> {
        self.expected = segment.last_seq + 1;
        self.prev = segment.hash()?;
        Ok(())
    }

    fn segment(
        &mut self,
        c: &Connection,
        files: &SegmentFiles,
        record: &SegmentRecord,
        report: &mut CheckReport,
    ) -> Result<(), StoreError> {
        let first = record.first_seq;
        let sha256 = match files.bytes(record) {
            Ok(bytes) => hex::encode(&journal::entry::sha256(&bytes)),
            Err(_) => String::new(),
        };
        if sha256 != record.sha256 {
            report.add("check.segment", Some(first), "the file is not the one that was sealed");
        }
        match files.read(record) {
            Ok(segment) => {
                for (raw, seq) in segment.entries.iter().zip(first..) {
                    self.entry(c, seq, None, raw, report)?;
                }
            }
            Err(error) => {
                report.add("check.segment", Some(first), format!("{}: {error}", error.code()));
                self.begin_after(record)?;
            }
        }
        Ok(())
    }

    /// The entries that stand in the database; those that a segment holds too are passed over.
    fn table(
        &mut self,
        c: &Connection,
        archived: u64,
        report: &mut CheckReport,
    ) -> Result<(), StoreError> {
        let mut statement =
            c.prepare("SELECT seq, epoch, hash, raw FROM entry WHERE seq > ?1 ORDER BY seq")?;
        let mut rows = statement.query([integer(archived)])?;
        while let Some(row) = rows.next()? {
            let columns = (row.number(0)?, row.number(1)?, row.hash(2)?);
            let raw = row
                .get_ref(3)?
                .as_blob()
                .map_err(|error| StoreError::Damaged(error.to_string()))?;
            self.entry(c, columns.0, Some(columns), raw, report)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        c: &Connection,
        seq: u64,
        columns: Option<(u64, u64, [u8; 32])>,
        raw: &[u8],
        report: &mut CheckReport,
    ) -> Result<(), StoreError> {
        report.entries += 1;
        report.last_seq = seq;
        if seq != self.expected {
            let detail = format!("entry {} should stand here", self.expected);
            report.add("check.gap", Some(seq), detail);
        }
        self.expected = seq + 1;
        let entry = match Entry::decode(raw) {
            Ok(entry) => entry,
            Err(error) => {
                report.add("check.entry", Some(seq), format!("{}: {error}", error.code()));
                if let Some((_, _, hash)) = columns {
                    self.prev = hash;
                }
                return Ok(());
            }
        };
        let told = columns.unwrap_or((seq, entry.epoch, entry.hash));
        if (entry.seq, entry.epoch, entry.hash) != told || entry.epoch < self.epoch {
            let detail = "the row's columns do not belong to its entry";
            report.add("check.columns", Some(seq), detail);
        }
        if entry.verify(&self.prev).is_err() {
            report.add("check.chain", Some(seq), "the entry does not name the one before it");
        }
        self.epoch = entry.epoch;
        self.prev = entry.hash;
        self.tables.take(c, &mut self.keys, &entry, report)
    }
}

fn check_head(c: &Connection, skipped: u64, report: &mut CheckReport) -> Result<(), StoreError> {
    let head = query::journal::head(c)?;
    let here = skipped + report.entries;
    if head.entries != here {
        let detail = format!("{} entries were written, {here} are here", head.entries);
        report.add("check.count", None, detail);
    }
    if head.seq != report.last_seq || hex::encode(&head.hash) != report.head_hash {
        let detail =
            format!("the journal ends at {}, the last entry is {}", head.seq, report.last_seq);
        report.add("check.head", Some(head.seq), detail);
    }
    Ok(())
}

/// The hub has signed that it has everything up to some entry: that entry must still be the same.
fn check_acknowledged(
    c: &Connection,
    files: &SegmentFiles,
    report: &mut CheckReport,
) -> Result<(), StoreError> {
    let Some(cursor) = query::cursors::uplink(c)? else { return Ok(()) };
    let here = match crate::segments::hash_at(c, files, cursor.seq) {
        Ok(hash) => hash,
        // A segment that cannot be read is told of already.
        Err(StoreError::Database(error)) => return Err(StoreError::Database(error)),
        Err(_) => None,
    };
    if here != Some(cursor.hash) {
        report.add(
            "check.acknowledged",
            Some(cursor.seq),
            "the hub acknowledged another entry in this place",
        );
    }
    Ok(())
}

/// Whether every blob whose file is kept here can be read and is what its name says; the slow part of a
/// check.
pub fn check_blobs(c: &Connection, blobs: &BlobStore) -> Result<Vec<String>, StoreError> {
    let mut wrong = Vec::new();
    for blob in query::blobs::all(c)? {
        if query::blobs::dropped_at(c, &blob.sha256)?.is_some() {
            continue;
        }
        match blobs.read(&blob.sha256) {
            Ok(bytes) if journal::entry::sha256(&bytes) == blob.sha256 => {}
            _ => wrong.push(hex::encode(&blob.sha256)),
        }
    }
    Ok(wrong)
}
