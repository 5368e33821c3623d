//! The tables against the journal, without keeping the subjects in memory: each change is laid beside
//! the row of its subject when the walk comes by, and two bits a row are kept: whether the journal
//! names it, and whether the row is the newest state that the journal told. Votes lie in the order of
//! their random ids, so their rows have no number: they are kept by name, some ten a day.

use std::collections::{BTreeMap, BTreeSet};

use journal::books::row_hash;
use journal::seal::{self, Place};
use journal::{Change, Entry, Sealing};
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;
use uuid::Uuid;

use crate::StoreError;
use crate::check::{CheckReport, PROBLEMS_MAX};
use crate::data_keys::{self, KeyRing};
use crate::sql::{Columns, integer};

/// Rows of one table that can be told apart: at two bits each, 32 MiB. A center writes a tenth of it
/// in a hundred years; a row beyond is reported, not compared.
const ROWS_MAX: u64 = 1 << 27;

/// Every journaled kind and its table; the key is a UUID or a number.
const KINDS: [(&str, &str, &str, Key); 13] = [
    ("accounts", "", "subject", Key::Own),
    ("booking", "", "id", Key::Uuid),
    ("calling_policy", "", "subject", Key::Own),
    ("counter", "", "number", Key::Number),
    ("dossier", "business", "id", Key::Uuid),
    ("down_cursor", "", "subject", Key::Own),
    ("erasure", "", "key_id", Key::Text),
    ("message", "", "id", Key::Uuid),
    ("number_gap", "", "subject", Key::Own),
    ("officer_skills", "", "subject", Key::Own),
    ("rating", "", "id", Key::Unnumbered),
    ("segment", "", "first_seq", Key::Number),
    ("ticket", "", "id", Key::Uuid),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Uuid,
    /// A UUID, in a table whose rows have no number.
    Unnumbered,
    Number,
    Text,
    /// What the node says of itself, by its kind in `own_subject`; few rows, kept by name.
    Own,
}

impl Key {
    fn is_numbered(self) -> bool {
        !matches!(self, Key::Unnumbered | Key::Own)
    }
}

/// Where the rows of a kind stand.
fn table_of(kind: &str, form: Key) -> String {
    match form {
        Key::Own => format!(
            "(SELECT subject, rev, public, NULL AS private FROM own_subject WHERE kind = '{kind}')"
        ),
        _ => kind.to_owned(),
    }
}

/// What is known of each table's rows.
pub(crate) struct TableCheck {
    sealing: Sealing,
    /// Parts that a later state replaced are opened, too.
    open_all: bool,
    kinds: [Marks; 13],
    /// Subjects told of, so that each is told of once; no more than a report lists.
    told: BTreeSet<String>,
}

#[derive(Default)]
struct Marks {
    named: Bits,
    newest: Bits,
    /// Of a table without numbers: each row that the journal names, and whether it is the newest.
    by_name: BTreeMap<String, bool>,
}

/// A row of a subject's table.
struct Row {
    /// Nothing where rows have no number.
    place: Option<u64>,
    rev: u64,
    public: String,
    private: Option<String>,
}

impl TableCheck {
    pub(crate) fn new(sealing: Sealing, open_all: bool) -> TableCheck {
        TableCheck { sealing, open_all, kinds: Default::default(), told: BTreeSet::new() }
    }

    /// Lays an entry's changes beside the tables.
    pub(crate) fn take(
        &mut self,
        c: &Connection,
        keys: &mut KeyRing,
        entry: &Entry,
        report: &mut CheckReport,
    ) -> Result<(), StoreError> {
        for change in &entry.changes {
            self.take_change(c, keys, entry.seq, change, report)?;
        }
        Ok(())
    }

    fn take_change(
        &mut self,
        c: &Connection,
        keys: &mut KeyRing,
        seq: u64,
        change: &Change,
        report: &mut CheckReport,
    ) -> Result<(), StoreError> {
        let about = format!("{} {}", change.kind, change.subject);
        let row = match kind_of(change) {
            Some(kind) => read_row(c, kind, &change.subject)?.map(|row| (kind, row)),
            None => None,
        };
        let newest = row.as_ref().is_some_and(|(_, row)| row.rev == change.rev);
        let private = if newest || self.open_all {
            match open(c, keys, self.sealing, change) {
                Ok(private) => private,
                // What was erased cannot be opened; its newest state has no sealed part.
                Err(StoreError::Damaged(_)) if !newest && is_erased(c, change)? => None,
                Err(StoreError::Damaged(_)) => {
                    let detail = format!("the sealed part of {about} does not open");
                    report.add("check.sealed", Some(seq), detail);
                    None
                }
                Err(error) => return Err(error),
            }
        } else {
            None
        };
        let Some((kind, row)) = row else {
            self.tell("check.table_lacks", about, String::new(), report);
            return Ok(());
        };
        if row.place.is_some_and(|place| place >= ROWS_MAX) {
            self.tell("check.row_number", about, String::new(), report);
            return Ok(());
        }
        let marks = &mut self.kinds[kind];
        marks.name(&row, &change.subject, false);
        if row.rev < change.rev {
            let detail =
                format!(": revision {} in the table, {} in the journal", row.rev, change.rev);
            // Told here; the end need not tell it again.
            marks.name(&row, &change.subject, true);
            self.tell("check.table_differs", about, detail, report);
        } else if newest {
            marks.name(&row, &change.subject, true);
            report.subjects += 1;
            // A part that does not open is told of already; there is nothing to compare.
            let Some(private) = private else { return Ok(()) };
            let public: Value = serde_json::from_slice(&change.public)?;
            if row_hash(&public, &private) != row.hash()? {
                let detail = format!(": not what revision {} of the journal says", row.rev);
                self.tell("check.table_differs", about, detail, report);
            }
        }
        Ok(())
    }

    /// Lays what the hub gave a restored box beside the tables, where no entry has named it since.
    pub(crate) fn take_base(
        &mut self,
        c: &Connection,
        report: &mut CheckReport,
    ) -> Result<(), StoreError> {
        for base in crate::restore::base(c)? {
            let about = format!("{} {}", base.kind, base.subject);
            let kind = KINDS
                .iter()
                .position(|(kind, axis, ..)| (*kind, *axis) == (&*base.kind, &*base.axis));
            let row = match kind {
                Some(kind) => read_row(c, kind, &base.subject)?.map(|row| (kind, row)),
                None => None,
            };
            let Some((kind, row)) = row else {
                self.tell("check.table_lacks", about, String::new(), report);
                continue;
            };
            let newest = row.rev == base.rev;
            self.kinds[kind].name(&row, &base.subject, newest);
            if newest {
                report.subjects += 1;
                if row.hash()? != base.sha256 {
                    let detail = format!(": not what the hub gave as revision {}", row.rev);
                    self.tell("check.table_differs", about, detail, report);
                }
            }
        }
        Ok(())
    }

    /// What is wrong with rows that the walk did not find right. Rows that no entry named are wrong
    /// only if the walk began at the first entry.
    pub(crate) fn finish(
        self,
        c: &Connection,
        from_the_beginning: bool,
        report: &mut CheckReport,
    ) -> Result<(), StoreError> {
        for ((kind, _, key, form), marks) in KINDS.iter().zip(&self.kinds) {
            if from_the_beginning {
                let number = if form.is_numbered() { "rowid" } else { "NULL" };
                let table = table_of(kind, *form);
                let mut statement = c.prepare(&format!("SELECT {number}, {key} FROM {table}"))?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let name = name_of(row.get_ref(1)?);
                    let named = match row.get::<_, Option<i64>>(0)?.map(i64::unsigned_abs) {
                        Some(place) => marks.named.has(place) || place >= ROWS_MAX,
                        None => marks.by_name.contains_key(&name),
                    };
                    if !named {
                        let detail = format!("{kind} {name} is in no entry");
                        report.add("check.table_alone", None, detail);
                    }
                }
            }
            for place in marks.named.all().filter(|place| !marks.newest.has(*place)) {
                let sql = format!("SELECT {key}, rev FROM {kind} WHERE rowid = ?1");
                let (name, rev) = c.query_row(&sql, [integer(place)], |row| {
                    Ok((name_of(row.get_ref(0)?), row.number(1)?))
                })?;
                let detail = format!("{kind} {name}: the journal has no revision {rev}");
                report.add("check.table_differs", None, detail);
            }
            for (name, _) in marks.by_name.iter().filter(|(_, newest)| !**newest) {
                let detail = format!("{kind} {name}: the journal has no such revision");
                report.add("check.table_differs", None, detail);
            }
        }
        Ok(())
    }

    fn tell(&mut self, code: &str, about: String, more: String, report: &mut CheckReport) {
        let detail = format!("{about}{more}");
        if self.told.len() >= PROBLEMS_MAX || self.told.insert(about) {
            report.add(code, None, detail);
        }
    }
}

impl Marks {
    /// The journal names a row; is it the newest state?
    fn name(&mut self, row: &Row, subject: &str, newest: bool) {
        match row.place {
            Some(place) => {
                self.named.set(place);
                if newest {
                    self.newest.set(place);
                }
            }
            None => *self.by_name.entry(subject.to_owned()).or_insert(false) |= newest,
        }
    }
}

impl Row {
    fn hash(&self) -> Result<String, StoreError> {
        let public: Value = serde_json::from_str(&self.public)?;
        let private = self.private.as_deref().map(serde_json::from_str).transpose()?;
        Ok(row_hash(&public, &private.unwrap_or(Value::Null)))
    }
}

fn kind_of(change: &Change) -> Option<usize> {
    KINDS.iter().position(|(kind, axis, ..)| (*kind, *axis) == (&change.kind, &change.axis))
}

fn read_row(c: &Connection, kind: usize, subject: &str) -> Result<Option<Row>, StoreError> {
    let (table, _, key, form) = KINDS[kind];
    let table = table_of(table, form);
    let key_value: Box<dyn rusqlite::ToSql> = match form {
        Key::Uuid | Key::Unnumbered => match Uuid::parse_str(subject) {
            Ok(id) => Box::new(id.into_bytes()),
            Err(_) => return Ok(None),
        },
        Key::Text | Key::Own => Box::new(subject.to_owned()),
        Key::Number => match subject.parse::<i64>() {
            Ok(number) => Box::new(number),
            Err(_) => return Ok(None),
        },
    };
    let number = if form.is_numbered() { "rowid" } else { "NULL" };
    let sql = format!("SELECT {number}, rev, public, private FROM {table} WHERE {key} = ?1");
    let row = c
        .prepare_cached(&sql)?
        .query_row([key_value], |row| {
            Ok(Row {
                place: row.get::<_, Option<i64>>(0)?.map(i64::unsigned_abs),
                rev: row.number(1)?,
                public: row.get(2)?,
                private: row.get(3)?,
            })
        })
        .optional()?;
    Ok(row)
}

pub(crate) fn is_erased(c: &Connection, change: &Change) -> Result<bool, StoreError> {
    match seal::key_id(&change.sealed) {
        Ok(key_id) => data_keys::is_destroyed(c, key_id),
        Err(_) => Ok(false),
    }
}

fn name_of(value: rusqlite::types::ValueRef<'_>) -> String {
    match value {
        rusqlite::types::ValueRef::Blob(bytes) => match Uuid::from_slice(bytes) {
            Ok(id) => id.to_string(),
            Err(_) => journal::hex::encode(bytes),
        },
        rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        rusqlite::types::ValueRef::Integer(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

/// The private part of a change.
pub(crate) fn open(
    c: &Connection,
    keys: &mut KeyRing,
    sealing: Sealing,
    change: &Change,
) -> Result<Option<Value>, StoreError> {
    if change.sealed.is_empty() {
        return Ok(Some(Value::Null));
    }
    let plain = if seal::is_open(&change.sealed) {
        seal::read_open(&change.sealed, sealing)?
    } else {
        let key_id = seal::key_id(&change.sealed)?;
        let key = keys
            .get(c, key_id)?
            .ok_or_else(|| StoreError::Damaged(format!("no data key {key_id}")))?;
        let place = Place { key_id, kind: &change.kind, subject: &change.subject, rev: change.rev };
        key.open(place, &change.sealed)?
    };
    Ok(Some(serde_json::from_slice(&plain)?))
}

/// One bit a row.
#[derive(Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn set(&mut self, place: u64) {
        let word = (place / 64) as usize;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (place % 64);
    }

    fn has(&self, place: u64) -> bool {
        self.0.get((place / 64) as usize).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }

    fn all(&self) -> impl Iterator<Item = u64> {
        self.0.iter().zip(0u64..).flat_map(|(word, index)| {
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| index * 64 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_found_where_they_were_set() {
        let mut bits = Bits::default();
        for place in [0, 63, 64, 1000] {
            bits.set(place);
        }
        assert_eq!(bits.all().collect::<Vec<_>>(), [0, 63, 64, 1000]);
        assert!(bits.has(63) && !bits.has(62) && !bits.has(99_999));
    }
}
