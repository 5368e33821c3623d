//! Erasing a subject: what identifies or describes a person goes, what happened stays. One entry says
//! that it was done, by whom and by which rule; in the same transaction
//!
//! - the subject's data key is destroyed: every copy of what it sealed, in entries, in segments, in
//!   backups with this database, can be read by nobody any more. A mark stays in its place, so that no
//!   new key is ever made under the same name;
//! - the subject's newest state is written once more without its sealed part, its columns and its
//!   place in the search are emptied;
//! - answers to requests that tell of it are forgotten, and its scans are put up for removal.
//!
//! The database overwrites what it deletes (`secure_delete`), and the log is brought in and cut at
//! once. [`crate::sweep`] removes the scans' files. Backups and the second medium age out by
//! their own dates.

use domain::time::instant;
use jiff::civil;
use journal::Change;
use rusqlite::{Connection, OptionalExtension, ToSql};
use serde_json::Value;
use uuid::Uuid;

use crate::StoreError;
use crate::data_keys;
use crate::facts::{Pen, SCHEMA, to_json, write};
use crate::records::ErasureRecord;
use crate::sql::{Columns, integer, micros};

/// Whose data key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasable {
    /// A dossier.
    Dossier(Uuid),
    /// The tickets of a business day: grounds of priority, reasons of an officer.
    TicketDay(civil::Date),
    /// The votes of a day: what was written beside them.
    RatingDay(civil::Date),
}

impl Erasable {
    /// The data key's name.
    pub fn key_id(&self) -> String {
        match self {
            Erasable::Dossier(id) => format!("dossier:{id}"),
            Erasable::TicketDay(day) => format!("ticket-day:{day}"),
            Erasable::RatingDay(day) => format!("rating-day:{day}"),
        }
    }

    /// Reads a data key's name; `None` if it is not one of a subject here.
    pub fn parse(key_id: &str) -> Option<Erasable> {
        let (kind, name) = key_id.split_once(':')?;
        match kind {
            "dossier" => Uuid::parse_str(name).ok().map(Erasable::Dossier),
            "ticket-day" => name.parse().ok().map(Erasable::TicketDay),
            "rating-day" => name.parse().ok().map(Erasable::RatingDay),
            _ => None,
        }
    }
}

/// How a kind's rows lose what tells of a person.
struct Emptied {
    kind: &'static str,
    axis: &'static str,
    sql: &'static str,
}

const DOSSIER: Emptied = Emptied {
    kind: "dossier",
    axis: "business",
    sql: "UPDATE dossier SET rev = ?2, public = ?3, private = NULL, applicant_name = '',
          applicant_number = NULL, search = lower(code) WHERE id = ?1",
};
const TICKET: Emptied = Emptied {
    kind: "ticket",
    axis: "",
    sql: "UPDATE ticket SET rev = ?2, public = ?3, private = NULL WHERE id = ?1",
};
const RATING: Emptied = Emptied {
    kind: "rating",
    axis: "",
    sql: "UPDATE rating SET rev = ?2, public = ?3, private = NULL WHERE id = ?1",
};

/// Erases, and gives the changes of the entry that says so.
pub(crate) fn store(pen: &mut Pen<'_>, record: &ErasureRecord) -> Result<Vec<Change>, StoreError> {
    let erasable =
        Erasable::parse(&record.key_id).ok_or(StoreError::NotFound("subject to erase"))?;
    let c = pen.connection;
    let (kind, ids) = match erasable {
        Erasable::Dossier(id) => {
            put_up_scans(c, id)?;
            forget_answers_about(c, id)?;
            (&DOSSIER, vec![id.into_bytes()])
        }
        Erasable::TicketDay(day) => {
            forget_answers_of(c, day)?;
            let sql = "SELECT id FROM ticket WHERE business_day = ?1 AND private IS NOT NULL";
            (&TICKET, ids(c, sql, [&day.to_string()])?)
        }
        Erasable::RatingDay(day) => {
            let (from, to) = bounds(day);
            let sql =
                "SELECT id FROM rating WHERE at_us >= ?1 AND at_us < ?2 AND private IS NOT NULL";
            (&RATING, ids(c, sql, [&from, &to])?)
        }
    };
    let mut changes = Vec::with_capacity(ids.len() + 1);
    for id in &ids {
        changes.extend(empty(c, kind, id)?);
    }
    let key_was_there = data_keys::destroy(c, &record.key_id, record.at)?;
    if changes.is_empty() && !key_was_there {
        return Err(StoreError::NotFound("subject to erase"));
    }
    pen.keys.forget();
    changes.push(write(pen, record)?);
    Ok(changes)
}

/// Writes a subject's newest state without what was sealed; nothing when there is no such row.
fn empty(c: &Connection, kind: &Emptied, id: &[u8; 16]) -> Result<Option<Change>, StoreError> {
    let select = format!("SELECT rev, public FROM {} WHERE id = ?1", kind.kind);
    let row: Option<(u64, String)> = c
        .prepare_cached(&select)?
        .query_row([id], |row| Ok((row.number(0)?, row.get(1)?)))
        .optional()?;
    let Some((base_rev, public)) = row else { return Ok(None) };
    let rev = base_rev + 1;
    let mut state: Value = serde_json::from_str(&public)?;
    if let Some(fields) = state.as_object_mut() {
        fields.insert("rev".to_owned(), rev.into());
        let components = fields.get_mut("components").and_then(Value::as_array_mut);
        for component in components.into_iter().flatten().filter_map(Value::as_object_mut) {
            component.insert("scans".to_owned(), Value::Array(Vec::new()));
        }
    }
    let term = state.get("term").and_then(Value::as_u64).unwrap_or(0);
    let public = to_json(&state)?;
    c.prepare_cached(kind.sql)?.execute((id, integer(rev), &public))?;
    Ok(Some(Change {
        kind: kind.kind.to_owned(),
        subject: Uuid::from_bytes(*id).to_string(),
        axis: kind.axis.to_owned(),
        rev,
        base_rev,
        term,
        schema: SCHEMA,
        public: public.into_bytes(),
        sealed: Vec::new(),
        blobs: Vec::new(),
    }))
}

/// Scans of the dossier that no other names lose their rows; their files go at the next sweep.
fn put_up_scans(c: &Connection, dossier: Uuid) -> Result<(), StoreError> {
    let id = dossier.into_bytes();
    let alone = "SELECT sha256 FROM scan WHERE dossier = ?1 AND NOT EXISTS
        (SELECT 1 FROM scan other WHERE other.sha256 = scan.sha256 AND other.dossier <> ?1)";
    c.execute(&format!("INSERT OR IGNORE INTO blob_to_remove (sha256) {alone}"), [id])?;
    c.execute(&format!("DELETE FROM blob WHERE sha256 IN ({alone})"), [id])?;
    c.execute("DELETE FROM scan WHERE dossier = ?1", [id])?;
    Ok(())
}

/// Answers stand for seven days; those that tell of the dossier go at once.
fn forget_answers_about(c: &Connection, dossier: Uuid) -> Result<(), StoreError> {
    c.execute("DELETE FROM request WHERE instr(outcome, ?1) > 0", [dossier.to_string()])?;
    Ok(())
}

/// Those of a day's tickets may tell of a ground of priority.
fn forget_answers_of(c: &Connection, day: civil::Date) -> Result<(), StoreError> {
    c.execute("DELETE FROM request WHERE at_us >= ?1 AND at_us < ?2", bounds(day))?;
    Ok(())
}

fn bounds(day: civil::Date) -> (i64, i64) {
    let begins = |day: civil::Date| micros(instant(day.at(0, 0, 0, 0)));
    (begins(day), day.tomorrow().map_or(i64::MAX, begins))
}

fn ids<const N: usize>(
    c: &Connection,
    sql: &str,
    params: [&dyn ToSql; N],
) -> Result<Vec<[u8; 16]>, StoreError> {
    let mut statement = c.prepare_cached(sql)?;
    let rows = statement.query_map(&params[..], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Scans whose files are to be removed.
pub(crate) fn to_remove(c: &Connection) -> Result<Vec<[u8; 32]>, StoreError> {
    let mut statement = c.prepare_cached("SELECT sha256 FROM blob_to_remove LIMIT 1000")?;
    let rows = statement.query_map([], |row| row.hash(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
