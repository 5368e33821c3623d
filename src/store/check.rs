//! Checking a folder: the chain entry by entry, the journal's end against the entries, the hub's last
//! acknowledgement against the chain, and the tables against what the journal says they must hold.
//! Everything is looked at in one read transaction, so a running daemon may go on meanwhile.

use std::collections::BTreeMap;
use std::path::Path;

use journal::books::BookRow;
use journal::entry::NO_HASH;
use journal::{Entry, Sealing, hex};
use rusqlite::Connection;
use serde::Serialize;

use crate::StoreError;
use crate::blobs::{BlobStore, path_in};
use crate::books::{JournalBooks, books};
use crate::config::Keys;
use crate::connection::{Opener, Purpose, is_demo};
use crate::data_keys::KeyRing;
use crate::query;
use crate::records::BlobState;
use crate::sql::Columns;

/// Problems listed in a report; more are only counted.
const PROBLEMS_MAX: usize = 100;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Entries looked at.
    pub entries: u64,
    /// Place of the last one.
    pub last_seq: u64,
    /// Its hash, as text.
    pub head_hash: String,
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

    fn add(&mut self, code: &str, seq: Option<u64>, detail: impl Into<String>) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem { code: code.to_owned(), seq, detail: detail.into() });
        }
    }
}

/// Checks a folder, also while its daemon runs. An `Err` means that it cannot be looked at; what is
/// wrong in it stands in the report.
pub fn check_journal(folder: &Path, keys: &Keys) -> Result<CheckReport, StoreError> {
    let (connection, sealing) = open(folder, keys)?;
    let report = check_connection(&connection, keys, sealing, Some(&folder.join(crate::BLOBS)))?;
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

fn check_connection(
    c: &Connection,
    keys: &Keys,
    sealing: Sealing,
    blobs: Option<&Path>,
) -> Result<CheckReport, StoreError> {
    c.execute_batch("BEGIN")?;
    let mut report = CheckReport::default();
    let intact: String = c.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if intact != "ok" {
        report.add("check.database", None, intact);
    }
    let from_journal = walk_chain(c, keys, sealing, &mut report)?;
    check_head(c, &mut report)?;
    check_acknowledged(c, &mut report)?;
    compare_books(from_journal, books(c)?, &mut report);
    if let Some(folder) = blobs {
        for blob in query::blobs::all(c)? {
            report.blobs += 1;
            // What the hub has signed for may be there alone: after a restore it comes on demand.
            if blob.state != BlobState::AtHub && !path_in(folder, &blob.sha256).exists() {
                report.add("check.blob_missing", None, hex::encode(&blob.sha256));
            }
        }
    }
    c.execute_batch("COMMIT")?;
    Ok(report)
}

fn walk_chain(
    c: &Connection,
    keys: &Keys,
    sealing: Sealing,
    report: &mut CheckReport,
) -> Result<Vec<BookRow>, StoreError> {
    let mut ring = KeyRing::new(keys.wrapping.clone());
    let mut books = JournalBooks::at_the_beginning(c)?;
    let (mut expected, mut prev, mut epoch) = (1, NO_HASH, 0);
    let mut statement = c.prepare("SELECT seq, epoch, hash, raw FROM entry ORDER BY seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (seq, row_epoch, row_hash) = (row.number(0)?, row.number(1)?, row.hash(2)?);
        report.entries += 1;
        report.last_seq = seq;
        if seq != expected {
            report.add("check.gap", Some(seq), format!("entry {expected} should stand here"));
        }
        expected = seq + 1;
        let raw =
            row.get_ref(3)?.as_blob().map_err(|error| StoreError::Damaged(error.to_string()))?;
        let entry = match Entry::decode(raw) {
            Ok(entry) => entry,
            Err(error) => {
                report.add("check.entry", Some(seq), format!("{}: {error}", error.code()));
                prev = row_hash;
                continue;
            }
        };
        if (entry.seq, entry.epoch, entry.hash) != (seq, row_epoch, row_hash) || entry.epoch < epoch
        {
            report.add("check.columns", Some(seq), "the row's columns do not belong to its entry");
        }
        if entry.verify(&prev).is_err() {
            report.add("check.chain", Some(seq), "the entry does not name the one before it");
        }
        epoch = entry.epoch;
        prev = entry.hash;
        for subject in books.take(c, &mut ring, sealing, &entry)? {
            report.add(
                "check.sealed",
                Some(seq),
                format!("the sealed part of {subject} does not open"),
            );
        }
    }
    report.head_hash = hex::encode(&prev);
    Ok(books.finish())
}

fn check_head(c: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    let head = query::journal::head(c)?;
    if head.entries != report.entries {
        let detail = format!("{} entries were written, {} are here", head.entries, report.entries);
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
fn check_acknowledged(c: &Connection, report: &mut CheckReport) -> Result<(), StoreError> {
    if let Some(cursor) = query::cursors::uplink(c)?
        && query::journal::hash_at(c, cursor.seq)? != Some(cursor.hash)
    {
        report.add(
            "check.acknowledged",
            Some(cursor.seq),
            "the hub acknowledged another entry in this place",
        );
    }
    Ok(())
}

fn compare_books(from_journal: Vec<BookRow>, from_tables: Vec<BookRow>, report: &mut CheckReport) {
    let key = |row: &BookRow| (row.kind.clone(), row.subject.clone());
    let mut tables: BTreeMap<_, BookRow> =
        from_tables.into_iter().map(|row| (key(&row), row)).collect();
    for row in from_journal {
        report.subjects += 1;
        match tables.remove(&key(&row)) {
            Some(table) if table == row => {}
            Some(table) => {
                let detail =
                    format!("{} {}: revision {} in the table", row.kind, row.subject, table.rev);
                report.add(
                    "check.table_differs",
                    None,
                    format!("{detail}, {} in the journal", row.rev),
                );
            }
            None => report.add("check.table_lacks", None, format!("{} {}", row.kind, row.subject)),
        }
    }
    for ((kind, subject), _) in tables {
        report.add("check.table_alone", None, format!("{kind} {subject} is in no entry"));
    }
}

/// Whether every blob of a store can be read and is what its name says; the slow part of a check.
pub fn check_blobs(c: &Connection, blobs: &BlobStore) -> Result<Vec<String>, StoreError> {
    let mut wrong = Vec::new();
    for blob in query::blobs::all(c)? {
        match blobs.read(&blob.sha256) {
            Ok(bytes) if journal::entry::sha256(&bytes) == blob.sha256 => {}
            _ => wrong.push(hex::encode(&blob.sha256)),
        }
    }
    Ok(wrong)
}
