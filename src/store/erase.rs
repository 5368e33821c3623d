//! Erasing a subject: what identifies or describes a person goes, what happened stays. One entry says
//! that it was done, by whom and by which rule; in the same transaction
//!
//! - the subject's data key is destroyed: every copy of what it sealed, in entries, in segments, in
//!   backups with this database, can be read by nobody any more. A mark stays in its place, so that no
//!   new key is ever made under the same name;
//! - the subject's newest state is written once more without its sealed part, its columns and its
//!   place in the search are emptied;
//! - of the answers to requests what was sealed goes, too: a repeated request still gets the first
//!   answer, and nothing is done a second time;
//! - the scans of a dossier are put up for removal;
//! - votes of the day that still wait in the box lose their words there: nothing of them is sealed yet.
//!
//! The database overwrites what it deletes (`secure_delete`), and the log is brought in and cut as
//! soon as no reader needs it. [`crate::sweep`] removes the scans' files. Backups and the second
//! medium age out by their own dates.

use std::collections::HashSet;

use domain::Journaled;
use domain::dossier::Dossier;
use domain::queue::{CARRIED_DAYS_MAX, Ticket};
use domain::time::instant;
use jiff::{Span, civil};
use journal::Change;
use rusqlite::{Connection, OptionalExtension, Rows, ToSql};
use serde_json::Value;
use uuid::Uuid;

use crate::StoreError;
use crate::ballots;
use crate::data_keys;
use crate::facts::{Pen, SCHEMA, to_json, write};
use crate::query::requests::ids_from;
use crate::records::ErasureRecord;
use crate::sql::{Columns, integer, micros};

/// Rows that one erasure empties: an entry holds no more than 1,024 changes and 512 KiB. A day with
/// more is emptied by several; the key goes, and the erasure is written down, with the last.
pub const EMPTIED_MAX: usize = 400;
/// So many bytes of states as well: a ticket that was passed on many times is ten times as large.
const EMPTIED_BYTES_MAX: usize = 320 * 1024;

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

/// The tickets that are sealed under a day's key: those of the queue in which they were last. ?2 is the
/// first day of which any may have been carried over to ?1.
const OF_DAY: &str = "business_day >= ?2 AND business_day <= ?1
    AND coalesce(json_extract(public, '$.carried_to'), business_day) = ?1";

/// The first day from which a ticket may have been carried over to a day.
fn first_carried(day: civil::Date) -> String {
    day.checked_sub(Span::new().days(CARRIED_DAYS_MAX)).unwrap_or(day).to_string()
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
    let mut waiting = 0;
    let (kind, mut ids) = match erasable {
        Erasable::Dossier(id) => {
            put_up_scans(c, id)?;
            (&DOSSIER, vec![id.into_bytes()])
        }
        Erasable::TicketDay(day) => {
            let sql = format!("SELECT id FROM ticket WHERE {OF_DAY} AND private IS NOT NULL");
            (&TICKET, ids(c, &sql, [&day.to_string(), &first_carried(day)])?)
        }
        Erasable::RatingDay(day) => {
            waiting = ballots::erase_words(c, day)?;
            let (from, to) = bounds(day);
            let sql =
                "SELECT id FROM rating WHERE at_us >= ?1 AND at_us < ?2 AND private IS NOT NULL";
            (&RATING, ids(c, sql, [&from, &to])?)
        }
    };
    let mut changes: Vec<Change> = Vec::new();
    let (mut emptied, mut bytes) = (0, 0);
    for id in &ids {
        if emptied == EMPTIED_MAX || bytes > EMPTIED_BYTES_MAX {
            break;
        }
        let change = empty(c, kind, id)?;
        bytes += change.as_ref().map_or(0, |change| change.public.len());
        changes.extend(change);
        emptied += 1;
    }
    let all = emptied == ids.len();
    ids.truncate(emptied);
    match erasable {
        Erasable::Dossier(id) => blank_answers_about(c, id)?,
        Erasable::TicketDay(day) => blank_answers_of(c, day, &ids)?,
        // An answer to a vote says only that it was taken.
        Erasable::RatingDay(_) => {}
    }
    if !all {
        return Ok(changes);
    }
    if changes.is_empty() && waiting == 0 && !data_keys::is_known(c, &record.key_id)? {
        return Err(StoreError::NotFound("subject to erase"));
    }
    data_keys::destroy(c, &record.key_id, record.at)?;
    pen.keys.forget();
    changes.push(write(pen, record)?);
    Ok(changes)
}

/// What an erasure does beside the states that its entry tells of, where the entry is taken in again: the
/// copy below it is older, and still has the scans' rows, the answers and the words in the box.
pub(crate) fn beside(c: &Connection, erasable: Erasable) -> Result<(), StoreError> {
    match erasable {
        Erasable::Dossier(id) => {
            put_up_scans(c, id)?;
            blank_answers_about(c, id)
        }
        Erasable::TicketDay(day) => {
            let sql = format!("SELECT id FROM ticket WHERE {OF_DAY}");
            blank_answers_of(c, day, &ids(c, &sql, [&day.to_string(), &first_carried(day)])?)
        }
        Erasable::RatingDay(day) => ballots::erase_words(c, day).map(drop),
    }
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

/// Answers about a dossier lose what the dossier lost.
fn blank_answers_about(c: &Connection, dossier: Uuid) -> Result<(), StoreError> {
    let id = dossier.to_string();
    let mut statement =
        c.prepare_cached("SELECT key, outcome FROM request WHERE instr(outcome, ?1) > 0")?;
    let ids = HashSet::from([id.clone()]);
    blank_rows::<Dossier>(c, statement.query([id])?, &ids)
}

/// Answers about a day's tickets lose what the tickets lost.
fn blank_answers_of(c: &Connection, day: civil::Date, ids: &[[u8; 16]]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let ids = ids.iter().map(|id| Uuid::from_bytes(*id).to_string()).collect();
    let mut statement =
        c.prepare_cached("SELECT key, outcome FROM request WHERE id >= ?1 AND id < ?2")?;
    // One that was carried over was answered for on the days before, too.
    let (from, to) = (bounds(first_issued(c, day)?).0, bounds(day).1);
    // Days begin with a whole second, so these are the answers of the days and no others.
    blank_rows::<Ticket>(c, statement.query((ids_from(from), ids_from(to)))?, &ids)
}

/// The day on which the oldest of a day's tickets was issued: the day itself, unless one was carried over.
fn first_issued(c: &Connection, day: civil::Date) -> Result<civil::Date, StoreError> {
    let sql = format!("SELECT min(business_day) FROM ticket WHERE {OF_DAY}");
    let first: Option<String> = c
        .prepare_cached(&sql)?
        .query_row([day.to_string(), first_carried(day)], |row| row.get(0))?;
    Ok(first.and_then(|first| first.parse().ok()).unwrap_or(day))
}

/// Blanks what the answers in these rows tell of some subjects.
fn blank_rows<S: Journaled>(
    c: &Connection,
    mut rows: Rows<'_>,
    ids: &HashSet<String>,
) -> Result<(), StoreError> {
    let names: Vec<&str> = S::SEALED.iter().filter_map(|place| place.rsplit('/').next()).collect();
    let mut blanked = Vec::new();
    while let Some(row) = rows.next()? {
        let text =
            row.get_ref(1)?.as_str().map_err(|error| StoreError::Damaged(error.to_string()))?;
        // Most answers tell of nobody; they need not be taken apart.
        if names.iter().all(|name| !text.contains(name)) {
            continue;
        }
        let mut outcome: Value = serde_json::from_str(text)?;
        if blank::<S>(&mut outcome, ids) {
            blanked.push((row.get::<_, String>(0)?, to_json(&outcome)?));
        }
    }
    for (key, outcome) in blanked {
        c.prepare_cached("UPDATE request SET outcome = ?2 WHERE key = ?1")?
            .execute((key, outcome))?;
    }
    Ok(())
}

/// Takes the sealed parts out of the subjects inside an answer; whether there were any.
fn blank<S: Journaled>(value: &mut Value, ids: &HashSet<String>) -> bool {
    let mut changed = value.get("id").and_then(Value::as_str).is_some_and(|id| ids.contains(id))
        && !S::take_sealed(value).is_empty();
    let inner: Box<dyn Iterator<Item = &mut Value>> = match value {
        Value::Object(fields) => Box::new(fields.values_mut()),
        Value::Array(inner) => Box::new(inner.iter_mut()),
        _ => return changed,
    };
    for inner in inner {
        changed |= blank::<S>(inner, ids);
    }
    changed
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

/// The oldest day until which one may be erased whose tickets still tell of grounds and reasons.
pub fn oldest_ticket_day(
    c: &Connection,
    until: civil::Date,
) -> Result<Option<civil::Date>, StoreError> {
    // By itself SQLite may take the table, and read the mark of every day that is erased already.
    let sql = "SELECT key_id FROM data_key INDEXED BY data_key_ticket_day
               WHERE destroyed_at_us IS NULL AND key_id >= 'ticket-day:' AND key_id <= ?1
               ORDER BY key_id LIMIT 1";
    let key_id: Option<String> = c
        .prepare_cached(sql)?
        .query_row([Erasable::TicketDay(until).key_id()], |row| row.get(0))
        .optional()?;
    match key_id.as_deref().map(Erasable::parse) {
        None => Ok(None),
        Some(Some(Erasable::TicketDay(day))) => Ok(Some(day)),
        Some(_) => Err(StoreError::Damaged("data key of a day".to_owned())),
    }
}

/// Whether a subject's key is still there: whether anything of it is left to be erased.
pub fn is_left(c: &Connection, erasable: &Erasable) -> Result<bool, StoreError> {
    Ok(data_keys::read(c, &erasable.key_id())?.is_some())
}

/// Whether a subject's erasure is written down: an order for it, said again, has nothing left to do.
pub fn is_done(c: &Connection, key_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM erasure WHERE key_id = ?1)";
    Ok(c.prepare_cached(sql)?.query_row([key_id], |row| row.get(0))?)
}

/// Scans whose files are to be removed.
pub(crate) fn to_remove(c: &Connection) -> Result<Vec<[u8; 32]>, StoreError> {
    let mut statement = c.prepare_cached("SELECT sha256 FROM blob_to_remove LIMIT 1000")?;
    let rows = statement.query_map([], |row| row.hash(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
