//! Books: one line a subject, from the tables and from the journal. The hub makes the same from what
//! arrived there; three equal books mean that nothing was lost, doubled or changed on the way.

use std::collections::BTreeMap;

use journal::books::{BookRow, row_hash};
use journal::{Entry, Sealing};
use rusqlite::{Connection, Row};
use serde_json::Value;
use uuid::Uuid;

use crate::StoreError;
use crate::data_keys::KeyRing;
use crate::query;
use crate::segments::SegmentFiles;
use crate::sql::{Columns, integer};
use crate::table_check::{is_erased, open};

/// The books from the tables, ordered by kind and subject.
pub fn books(c: &Connection) -> Result<Vec<BookRow>, StoreError> {
    let mut rows = Vec::new();
    let uuid = |row: &Row<'_>| row.get::<_, [u8; 16]>(0).map(|id| Uuid::from_bytes(id).to_string());
    let number = |row: &Row<'_>| row.get::<_, i64>(0).map(|number| number.to_string());
    read_kind(c, &mut rows, "booking", "", "SELECT id, rev, public, private FROM booking", uuid)?;
    read_kind(
        c,
        &mut rows,
        "counter",
        "",
        "SELECT number, rev, public, private FROM counter",
        number,
    )?;
    read_kind(
        c,
        &mut rows,
        "dossier",
        "business",
        "SELECT id, rev, public, private FROM dossier",
        uuid,
    )?;
    let text = |row: &Row<'_>| row.get::<_, String>(0);
    let erasures = "SELECT key_id, rev, public, private FROM erasure";
    read_kind(c, &mut rows, "erasure", "", erasures, text)?;
    read_kind(c, &mut rows, "message", "", "SELECT id, rev, public, private FROM message", uuid)?;
    read_kind(c, &mut rows, "rating", "", "SELECT id, rev, public, private FROM rating", uuid)?;
    read_kind(
        c,
        &mut rows,
        "segment",
        "",
        "SELECT first_seq, rev, public, private FROM segment",
        number,
    )?;
    read_kind(c, &mut rows, "ticket", "", "SELECT id, rev, public, private FROM ticket", uuid)?;
    let mut own = c.prepare("SELECT DISTINCT kind FROM own_subject ORDER BY kind")?;
    for kind in own.query_map([], |row| row.get::<_, String>(0))? {
        let kind = kind?;
        let sql =
            format!("SELECT subject, rev, public, NULL FROM own_subject WHERE kind = '{kind}'");
        read_kind(c, &mut rows, &kind, "", &sql, |row| row.get(0))?;
    }
    rows.sort_unstable();
    Ok(rows)
}

/// The books from the journal alone, ordered as those from the tables. Keeps a line a subject in
/// memory: for proofs on the scale of a day; [`crate::check_journal`] needs no such memory.
pub fn journal_books(
    c: &Connection,
    segments: &SegmentFiles,
    wrapping: &journal::WrappingKey,
    sealing: Sealing,
) -> Result<Vec<BookRow>, StoreError> {
    let mut keys = KeyRing::new(wrapping.clone());
    // What they were before the first entry.
    let base = crate::restore::base(c)?.into_iter();
    let mut rows: Lines =
        base.map(|row| ((row.kind.clone(), row.subject.clone(), row.axis.clone()), row)).collect();
    let mut archived = 0;
    for record in query::segments::all(c)? {
        for raw in &segments.read(&record)?.entries {
            take(c, &mut keys, sealing, raw, &mut rows)?;
        }
        archived = record.last_seq;
    }
    let mut statement = c.prepare("SELECT raw FROM entry WHERE seq > ?1 ORDER BY seq")?;
    let mut found = statement.query([integer(archived)])?;
    while let Some(row) = found.next()? {
        let raw =
            row.get_ref(0)?.as_blob().map_err(|error| StoreError::Damaged(error.to_string()))?;
        take(c, &mut keys, sealing, raw, &mut rows)?;
    }
    let mut rows: Vec<BookRow> = rows.into_values().collect();
    rows.sort_unstable();
    Ok(rows)
}

/// The last line of each subject, by kind, subject and axis.
type Lines = BTreeMap<(String, String, String), BookRow>;

fn take(
    c: &Connection,
    keys: &mut KeyRing,
    sealing: Sealing,
    raw: &[u8],
    rows: &mut Lines,
) -> Result<(), StoreError> {
    for change in Entry::decode(raw)?.changes {
        let private = match open(c, keys, sealing, &change) {
            // A later change, without a sealed part, is the subject's line.
            Err(StoreError::Damaged(_)) if is_erased(c, &change)? => Value::Null,
            opened => opened?.unwrap_or(Value::Null),
        };
        let public: Value = serde_json::from_slice(&change.public)?;
        let row = BookRow {
            kind: change.kind,
            subject: change.subject,
            axis: change.axis,
            rev: change.rev,
            sha256: row_hash(&public, &private),
        };
        rows.insert((row.kind.clone(), row.subject.clone(), row.axis.clone()), row);
    }
    Ok(())
}

fn read_kind(
    c: &Connection,
    to: &mut Vec<BookRow>,
    kind: &str,
    axis: &str,
    sql: &str,
    subject: impl Fn(&Row<'_>) -> rusqlite::Result<String>,
) -> Result<(), StoreError> {
    let mut statement = c.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let public: Value = serde_json::from_str(&row.get::<_, String>(2)?)?;
        let private: Option<String> = row.get(3)?;
        let private =
            private.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or(Value::Null);
        to.push(BookRow {
            kind: kind.to_owned(),
            subject: subject(row)?,
            axis: axis.to_owned(),
            rev: row.number(1)?,
            sha256: row_hash(&public, &private),
        });
    }
    Ok(())
}
