//! Taking in the hub's snapshot of this node: page by page, each in one transaction with how far it
//! went, so that a kill in the middle costs one page. What is here already stays: after the first part
//! the center works, and what it writes is newer than any snapshot.

use std::fs::{self, File};
use std::path::Path;

use jiff::Timestamp;
use journal::books::{BookRow, row_hash};
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};

use crate::batch::LocalWrite;
use crate::connection::database_path;
use crate::facts::{self, Put};
use crate::folders::{make_lasting, sync_folders_below};
use crate::records::EventRecord;
use crate::sql::{Columns, integer, micros};
use crate::{BLOBS, BlobStore, Keys, SEGMENTS, StoreError, local, own, query};

/// Where the progress stands in `meta`.
const PROGRESS: &str = "own:restore";

/// A subject as the hub has it.
#[derive(Clone, PartialEq, Eq)]
pub struct RestoredRow {
    /// Kind.
    pub kind: String,
    /// Subject.
    pub subject: String,
    /// Axis.
    pub axis: String,
    /// Revision.
    pub rev: u64,
    /// What everybody may read.
    pub public: Value,
    /// What was sealed.
    pub private: Value,
}

impl std::fmt::Debug for RestoredRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RestoredRow({} {} rev {})", self.kind, self.subject, self.rev)
    }
}

/// Some subjects, and where the restore stands after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoredPage {
    /// Which part of the snapshot: `open` or `rest`.
    pub part: String,
    /// The subjects.
    pub rows: Vec<RestoredRow>,
    /// Scans named by them that are whole at the hub; the others died with the old disk.
    pub blobs_at_hub: Vec<[u8; 32]>,
    /// Kept as it is, for [`progress`].
    pub progress: String,
}

impl From<RestoredPage> for LocalWrite {
    fn from(page: RestoredPage) -> LocalWrite {
        LocalWrite::Restored(Box::new(page))
    }
}

/// Stores a page.
pub(crate) fn store(c: &Connection, page: &RestoredPage, at: Timestamp) -> Result<(), StoreError> {
    for row in &page.rows {
        let put = put(c, row)?;
        if let Put::Clashes | Put::Unknown = put {
            let code = match put {
                Put::Clashes => "restore.number_given_twice",
                _ => "restore.unknown_kind",
            };
            let detail = json!({ "kind": row.kind, "subject": row.subject });
            let event =
                EventRecord { at, code: code.to_owned(), source: "restore".to_owned(), detail };
            local::store_event(c, &event)?;
        }
        c.prepare_cached(
            "INSERT INTO base (kind, subject, axis, part, rev, sha256, here)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        )?
        .execute((
            &row.kind,
            &row.subject,
            &row.axis,
            &page.part,
            integer(row.rev),
            row_hash(&row.public, &row.private),
            matches!(put, Put::Stored | Put::Known),
        ))?;
    }
    for sha256 in &page.blobs_at_hub {
        c.prepare_cached(
            "INSERT INTO blob (sha256, size, media_type, state, created_at_us, at_hub_us, dropped_at_us)
             SELECT sha256, size, media_type, 'at_hub', ?2, ?2, ?2 FROM scan WHERE sha256 = ?1 LIMIT 1
             ON CONFLICT DO NOTHING",
        )?
        .execute((sha256, micros(at)))?;
    }
    keep_progress(c, &page.progress)
}

fn put(c: &Connection, row: &RestoredRow) -> Result<Put, StoreError> {
    if !own::KINDS.contains(&row.kind.as_str()) {
        return facts::put_back(c, &row.kind, &row.public, &row.private);
    }
    let stored = c
        .prepare_cached(
            "INSERT INTO own_subject (kind, subject, rev, public) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?
        .execute((
            &row.kind,
            &row.subject,
            integer(row.rev),
            serde_json::to_string(&row.public)?,
        ))?;
    if stored == 1 && row.kind == own::DOWN_CURSOR {
        put_down_cursor(c, &row.public)?;
    }
    Ok(if stored == 1 { Put::Stored } else { Put::Known })
}

/// From here on the hub's journal is taken in: everything before it is in the snapshot.
pub(crate) fn put_down_cursor(c: &Connection, public: &Value) -> Result<(), StoreError> {
    let damaged = || StoreError::Damaged("the snapshot's cursor".to_owned());
    let number = |name| public.get(name).and_then(Value::as_u64).ok_or_else(damaged);
    let hash = public.get("hash").and_then(Value::as_str).ok_or_else(damaged)?;
    let hash: [u8; 32] = journal::hex::decode_array(hash).ok_or_else(damaged)?;
    c.execute(
        "INSERT INTO down_cursor (id, epoch, seq, hash, at_us) VALUES (1, ?1, ?2, ?3, 0)
         ON CONFLICT DO NOTHING",
        (integer(number("epoch")?), integer(number("seq")?), hash),
    )?;
    Ok(())
}

/// Where a restore stands; `None` in a box that was never restored.
pub fn progress(c: &Connection) -> Result<Option<String>, StoreError> {
    Ok(c.prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([PROGRESS], |row| row.get(0))
        .optional()?)
}

fn keep_progress(c: &Connection, progress: &str) -> Result<(), StoreError> {
    c.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET value = excluded.value",
    )?
    .execute((PROGRESS, progress))?;
    Ok(())
}

/// How many subjects of a part have arrived, and one hash over all of them, in the order of the books:
/// the hub makes the same.
pub fn digest(c: &Connection, part: &str) -> Result<(u64, String), StoreError> {
    let mut rows = read_base(c, "WHERE part = ?1", [part])?;
    Ok((rows.len() as u64, journal::books::digest(&mut rows)))
}

/// The books before this journal's first entry.
pub(crate) fn base(c: &Connection) -> Result<Vec<BookRow>, StoreError> {
    read_base(c, "WHERE here = 1", [])
}

fn read_base(
    c: &Connection,
    which: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<BookRow>, StoreError> {
    let mut statement =
        c.prepare(&format!("SELECT kind, subject, axis, rev, sha256 FROM base {which}"))?;
    let rows = statement.query_map(params, |row| {
        Ok(BookRow {
            kind: row.get(0)?,
            subject: row.get(1)?,
            axis: row.get(2)?,
            rev: row.number(3)?,
            sha256: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Scans that the dossiers name and neither this box nor the hub has, by the dossiers' codes: they
/// died with the old disk and have to be scanned again.
pub fn lost_scans(c: &Connection, limit: u32) -> Result<Vec<(String, u16)>, StoreError> {
    let mut statement = c.prepare(
        "SELECT d.code, s.component FROM scan s JOIN dossier d ON d.id = s.dossier
         WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.sha256 = s.sha256)
         ORDER BY d.received_at_us DESC LIMIT ?1",
    )?;
    let rows = statement.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Lays a copy of a database, its segments and its scans down as a store that is to be opened. The copies
/// last when this returns. The database lies in `copy`.
pub fn lay_down(
    copy: &Path,
    segments: &Path,
    blobs: &Path,
    store: &Path,
) -> Result<(), StoreError> {
    make_lasting(store)?;
    copy_file(&database_path(copy), &database_path(store))?;
    for (from, name) in [(segments, SEGMENTS), (blobs, BLOBS)] {
        if from.is_dir() {
            copy_folder(from, &store.join(name))?;
        }
    }
    sync_folders_below(store)
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &target)?,
            false => copy_file(&entry.path(), &target)?,
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::copy(from, to)?;
    Ok(File::open(to)?.sync_all()?)
}

/// After a copy was laid down and the entries behind it were taken in: entries name scans, but do not say
/// what became of their files. What lies here is offered to the hub once more; what does not lie here the
/// hub has, because a copy leaves out nothing else.
pub(crate) fn settle_scans(
    c: &Connection,
    blobs: &BlobStore,
    at: Timestamp,
) -> Result<(), StoreError> {
    let head = query::journal::head(c)?.seq;
    c.execute(
        "INSERT INTO blob (sha256, size, media_type, state, created_at_us, named_seq)
         SELECT sha256, max(size), max(media_type), 'local', ?1, ?2 FROM scan
         WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.sha256 = scan.sha256) GROUP BY sha256",
        (micros(at), integer(head)),
    )?;
    let mut kept = c.prepare("SELECT sha256 FROM blob WHERE dropped_at_us IS NULL")?;
    let names = kept.query_map([], |row| row.hash(0))?.collect::<Result<Vec<_>, _>>()?;
    let mut elsewhere = c.prepare(
        "UPDATE blob SET state = 'at_hub', at_hub_us = coalesce(at_hub_us, ?2), dropped_at_us = ?2
         WHERE sha256 = ?1",
    )?;
    for sha256 in names.iter().filter(|sha256| !blobs.has(sha256)) {
        elsewhere.execute((sha256, micros(at)))?;
    }
    Ok(())
}

/// Brings officers and devices back; `false` when the master key is not the one that sealed them.
pub(crate) fn accounts(c: &Connection, keys: &Keys) -> Result<bool, StoreError> {
    own::restore_accounts(c, keys)
}
