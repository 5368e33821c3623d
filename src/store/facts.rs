//! The one place where a subject's state becomes rows and a change of the journal: both from the same
//! JSON, written once. A state whose revision does not follow the stored one is refused, so that
//! nothing can be built on a decision that was never stored.
//!
//! Here is how; `subjects` says what each kind has, and `put` takes back what was stored before.

mod put;
mod subjects;

use domain::split::Journaled;
use jiff::Timestamp;
use journal::books::is_nothing;
use journal::seal::{Place, leave_open};
use journal::{Change, Sealing};
use rusqlite::{Connection, OptionalExtension, ToSql};

use crate::StoreError;
use crate::ballots;
use crate::batch::Fact;
use crate::data_keys::KeyRing;
use crate::sql::integer;

pub(crate) use put::{Put, put_back, put_forward};
pub(crate) use subjects::name_of;

/// Version of the JSON in changes.
pub(crate) const SCHEMA: u16 = 1;

/// What storing a fact needs.
pub(crate) struct Pen<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) keys: &'a mut KeyRing,
    pub(crate) sealing: Sealing,
    pub(crate) at: Timestamp,
}

/// Stores a fact's rows and gives its changes: one, or for an erasure one for each subject too.
pub(crate) fn store(pen: &mut Pen<'_>, fact: &Fact) -> Result<Vec<Change>, StoreError> {
    let change = match fact {
        Fact::Ticket(state) => write(pen, state),
        Fact::Counter(state) => write(pen, state),
        Fact::Dossier(state) => write(pen, state.as_ref()),
        Fact::Rating(vote) => {
            let vote = ballots::without_erased_words(pen.connection, vote)?;
            write(pen, &*vote)
        }
        Fact::Message(state) => write(pen, state),
        Fact::Booking(state) => write(pen, state),
        Fact::Segment(state) => write(pen, state),
        Fact::Erase(record) => return crate::erase::store(pen, record),
    };
    Ok(vec![change?])
}

/// How a kind of subject is stored.
pub(crate) trait Subject: Journaled {
    /// Its table.
    fn table() -> &'static Table;
    /// Its id as text.
    fn subject(&self) -> String;
    fn rev(&self) -> u64;
    /// Values of the columns that never change, then of those that do.
    fn columns(&self) -> Result<Values, StoreError>;
    /// Rows beside its own.
    fn store_beside(&self, _connection: &Connection) -> Result<(), StoreError> {
        Ok(())
    }
    /// May jump over revisions that were written elsewhere.
    fn comes_from_elsewhere(&self) -> bool {
        false
    }
    fn term(&self) -> u64 {
        0
    }
    fn axis(&self) -> &'static str {
        ""
    }
    /// Which data key seals it.
    fn key_id(&self, _at: Timestamp) -> String {
        format!("{}:{}", Self::KIND, self.subject())
    }
    fn blobs(&self) -> Vec<[u8; 32]> {
        Vec::new()
    }
}

type Value = Box<dyn ToSql>;

/// The values of a row beside revision and state; the first is the id.
pub(crate) struct Values {
    fixed: Vec<Value>,
    moving: Vec<Value>,
}

/// The statements of a subject's table. Columns: id and others that never change, those that do,
/// then `rev, public, private`.
pub(crate) struct Table {
    insert: String,
    update: String,
    stored: String,
}

impl Table {
    fn new(name: &str, fixed: &[&str], moving: &[&str]) -> Table {
        let moving: Vec<&str> =
            moving.iter().copied().chain(["rev", "public", "private"]).collect();
        let all: Vec<&str> = fixed.iter().chain(&moving).copied().collect();
        let places: Vec<String> = (1..=all.len()).map(|place| format!("?{place}")).collect();
        let sets: Vec<String> = moving
            .iter()
            .enumerate()
            .map(|(place, column)| format!("{column} = ?{}", place + 2))
            .collect();
        let base = moving.len() + 2;
        Table {
            insert: format!(
                "INSERT INTO {name} ({}) VALUES ({})",
                all.join(", "),
                places.join(", ")
            ),
            update: format!(
                "UPDATE {name} SET {} WHERE {} = ?1 AND rev = ?{base}",
                sets.join(", "),
                fixed[0]
            ),
            stored: format!("SELECT rev FROM {name} WHERE {} = ?1", fixed[0]),
        }
    }

    fn stored_rev(&self, connection: &Connection, id: &dyn ToSql) -> Result<u64, StoreError> {
        let rev = connection
            .prepare_cached(&self.stored)?
            .query_row([id], |row| row.get::<_, i64>(0))
            .optional()?;
        Ok(rev.map_or(0, |rev| u64::try_from(rev).unwrap_or(0)))
    }
}

pub(crate) fn write<S: Subject>(pen: &mut Pen<'_>, state: &S) -> Result<Change, StoreError> {
    let (public, private) = state.split();
    let public = to_json(&public)?;
    let private = if is_nothing(&private) { None } else { Some(to_json(&private)?) };
    let base_rev = upsert(pen.connection, state, &public, private.as_deref())?;
    state.store_beside(pen.connection)?;
    let sealed = match &private {
        Some(private) => seal(pen, state, private)?,
        None => Vec::new(),
    };
    Ok(Change {
        kind: S::KIND.to_owned(),
        subject: state.subject(),
        axis: state.axis().to_owned(),
        rev: state.rev(),
        base_rev,
        term: state.term(),
        schema: SCHEMA,
        public: public.into_bytes(),
        sealed,
        blobs: state.blobs(),
    })
}

fn upsert<S: Subject>(
    connection: &Connection,
    state: &S,
    public: &str,
    private: Option<&str>,
) -> Result<u64, StoreError> {
    let table = S::table();
    let Values { fixed, moving } = state.columns()?;
    let [id, ..] = fixed.as_slice() else {
        return Err(StoreError::Damaged("row without id".to_owned()));
    };
    let rev = integer(state.rev());
    let base_rev = if state.comes_from_elsewhere() {
        table.stored_rev(connection, id)?
    } else {
        state.rev().saturating_sub(1)
    };
    let stale = |stored| StoreError::StaleRevision {
        kind: S::KIND,
        subject: state.subject(),
        stored,
        given: state.rev(),
    };
    let tail: [&dyn ToSql; 3] = [&rev, &public, &private];
    if state.rev() == 0 || state.rev() <= base_rev {
        return Err(stale(base_rev));
    }
    if base_rev == 0 {
        let row: Vec<&dyn ToSql> =
            fixed.iter().chain(&moving).map(AsRef::as_ref).chain(tail).collect();
        connection.prepare_cached(&table.insert)?.execute(row.as_slice()).map_err(|error| {
            // Unique violations are of two kinds: the subject is there, or its number is taken.
            match table.stored_rev(connection, id) {
                Ok(stored) if stored > 0 => stale(stored),
                _ => error.into(),
            }
        })?;
    } else {
        let base = integer(base_rev);
        let row: Vec<&dyn ToSql> = std::iter::once(id)
            .chain(&moving)
            .map(AsRef::as_ref)
            .chain(tail)
            .chain([&base as &dyn ToSql])
            .collect();
        if connection.prepare_cached(&table.update)?.execute(row.as_slice())? == 0 {
            return Err(stale(table.stored_rev(connection, id)?));
        }
    }
    Ok(base_rev)
}

fn seal<S: Subject>(pen: &mut Pen<'_>, state: &S, private: &str) -> Result<Vec<u8>, StoreError> {
    let key_id = state.key_id(pen.at);
    if pen.sealing == Sealing::Off {
        return Ok(leave_open(&key_id, private.as_bytes())?);
    }
    let subject = state.subject();
    let place = Place { key_id: &key_id, kind: S::KIND, subject: &subject, rev: state.rev() };
    let key = pen.keys.get_or_make(pen.connection, &key_id, pen.at)?;
    Ok(key.seal(place, private.as_bytes())?)
}

/// Notes that a number of a series was given.
pub(crate) fn number_used(
    connection: &Connection,
    business_day: &str,
    series: &str,
    number: u32,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO number_counter (business_day, series, number) VALUES (?1, ?2, ?3)
             ON CONFLICT (business_day, series) DO UPDATE SET number = max(number, excluded.number)",
        )?
        .execute((business_day, series, number))?;
    Ok(())
}

pub(crate) fn to_json(value: &serde_json::Value) -> Result<String, StoreError> {
    Ok(serde_json::to_string(value)?)
}
