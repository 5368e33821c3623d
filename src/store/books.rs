//! Books: one line a subject, from the tables and from the journal. The hub makes the same from what
//! arrived there; three equal books mean that nothing was lost, doubled or changed on the way.

use std::collections::BTreeMap;

use journal::books::{BookRow, row_hash};
use journal::seal::{self, Place};
use journal::{Entry, Sealing};
use rusqlite::{Connection, Row};
use serde_json::Value;
use uuid::Uuid;

use crate::StoreError;
use crate::data_keys::KeyRing;
use crate::sql::Columns;

/// The books from the tables, ordered by kind and subject.
pub fn books(c: &Connection) -> Result<Vec<BookRow>, StoreError> {
    let mut rows = Vec::new();
    let uuid = |row: &Row<'_>| row.get::<_, [u8; 16]>(0).map(|id| Uuid::from_bytes(id).to_string());
    let number = |row: &Row<'_>| row.get::<_, i64>(0).map(|number| number.to_string());
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
    read_kind(c, &mut rows, "message", "", "SELECT id, rev, public, private FROM message", uuid)?;
    read_kind(c, &mut rows, "rating", "", "SELECT id, rev, public, private FROM rating", uuid)?;
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

/// The books as the journal alone tells them.
pub(crate) struct JournalBooks {
    rows: BTreeMap<(String, String, String), BookRow>,
}

impl JournalBooks {
    /// What they were before the first entry.
    pub(crate) fn at_the_beginning(c: &Connection) -> Result<JournalBooks, StoreError> {
        let rows = crate::restore::base(c)?
            .into_iter()
            .map(|row| ((row.kind.clone(), row.subject.clone(), row.axis.clone()), row))
            .collect();
        Ok(JournalBooks { rows })
    }

    /// Takes an entry in. Gives the subjects whose sealed part does not open.
    pub(crate) fn take(
        &mut self,
        c: &Connection,
        keys: &mut KeyRing,
        sealing: Sealing,
        entry: &Entry,
    ) -> Result<Vec<String>, StoreError> {
        let mut closed = Vec::new();
        for change in &entry.changes {
            let place = |key_id| Place {
                key_id,
                kind: &change.kind,
                subject: &change.subject,
                rev: change.rev,
            };
            let private = match open(c, keys, sealing, &change.sealed, place) {
                Ok(private) => private,
                Err(StoreError::Damaged(_)) => {
                    closed.push(format!("{} {}", change.kind, change.subject));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let public: Value = serde_json::from_slice(&change.public)?;
            let row = BookRow {
                kind: change.kind.clone(),
                subject: change.subject.clone(),
                axis: change.axis.clone(),
                rev: change.rev,
                sha256: row_hash(&public, &private),
            };
            self.rows.insert((row.kind.clone(), row.subject.clone(), row.axis.clone()), row);
        }
        Ok(closed)
    }

    pub(crate) fn finish(self) -> Vec<BookRow> {
        let mut rows: Vec<BookRow> = self.rows.into_values().collect();
        rows.sort_unstable();
        rows
    }
}

/// The books from the journal, ordered as those from the tables.
pub fn journal_books(
    c: &Connection,
    wrapping: &journal::WrappingKey,
    sealing: Sealing,
) -> Result<Vec<BookRow>, StoreError> {
    let mut keys = KeyRing::new(wrapping.clone());
    let mut books = JournalBooks::at_the_beginning(c)?;
    let mut statement = c.prepare("SELECT raw FROM entry ORDER BY seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let raw =
            row.get_ref(0)?.as_blob().map_err(|error| StoreError::Damaged(error.to_string()))?;
        let closed = books.take(c, &mut keys, sealing, &Entry::decode(raw)?)?;
        if let Some(subject) = closed.first() {
            return Err(StoreError::Damaged(format!("the sealed part of {subject} does not open")));
        }
    }
    Ok(books.finish())
}

fn open<'a>(
    c: &Connection,
    keys: &mut KeyRing,
    sealing: Sealing,
    sealed: &'a [u8],
    place: impl FnOnce(&'a str) -> Place<'a>,
) -> Result<Value, StoreError> {
    if sealed.is_empty() {
        return Ok(Value::Null);
    }
    let plain = if seal::is_open(sealed) {
        seal::read_open(sealed, sealing)?
    } else {
        let key_id = seal::key_id(sealed)?;
        let key = keys
            .get(c, key_id)?
            .ok_or_else(|| StoreError::Damaged(format!("no data key {key_id}")))?;
        key.open(place(key_id), sealed)?
    };
    Ok(serde_json::from_slice(&plain)?)
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
