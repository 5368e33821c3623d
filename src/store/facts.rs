//! The one place where a subject's state becomes rows and a change of the journal: both from the same
//! JSON, written once. A state whose revision does not follow the stored one is refused, so that
//! nothing can be built on a decision that was never stored.

use std::sync::LazyLock;

use domain::dossier::{Custody, Dossier};
use domain::queue::{Counter, Ticket, TicketState};
use domain::rating::Rating;
use domain::split::Journaled;
use domain::text_fold::fold;
use domain::time::business_day;
use jiff::Timestamp;
use journal::books::is_nothing;
use journal::seal::{Place, leave_open};
use journal::{Change, Sealing, hex};
use rusqlite::{Connection, OptionalExtension, ToSql};
use serde::Serialize;

use crate::StoreError;
use crate::batch::Fact;
use crate::data_keys::{self, KeyRing};
use crate::erase::{self, Erasable};
use crate::query::dossiers::DossierView;
use crate::records::{ErasureRecord, Message, SegmentRecord};
use crate::sql::{integer, micros};

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
        Fact::Rating(state) => write(pen, state),
        Fact::Message(state) => write(pen, state),
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

impl Subject for Ticket {
    fn table() -> &'static Table {
        static TABLE: LazyLock<Table> = LazyLock::new(|| {
            Table::new(
                "ticket",
                &["id", "business_day", "series", "number", "label", "issued_at_us"],
                &[
                    "service",
                    "class",
                    "state",
                    "counter",
                    "queued_at_us",
                    "called_at_us",
                    "begun_at_us",
                    "finished_at_us",
                ],
            )
        });
        &TABLE
    }

    fn subject(&self) -> String {
        self.id.to_string()
    }

    fn rev(&self) -> u64 {
        self.rev
    }

    fn key_id(&self, _at: Timestamp) -> String {
        format!("ticket-day:{}", self.business_day)
    }

    fn columns(&self) -> Result<Values, StoreError> {
        Ok(Values {
            fixed: vec![
                Box::new(self.id.into_bytes()),
                Box::new(self.business_day.to_string()),
                Box::new(self.series.to_string()),
                Box::new(self.number),
                Box::new(self.label.clone()),
                Box::new(micros(self.issued_at)),
            ],
            moving: vec![
                Box::new(self.service.to_string()),
                Box::new(name_of(&self.class)?),
                Box::new(self.state.as_str()),
                Box::new(self.counter.map(|counter| counter.0)),
                Box::new(micros(self.queued_at)),
                Box::new(self.called_at.map(micros)),
                Box::new(self.begun_at.map(micros)),
                Box::new(self.finished_at.map(micros)),
            ],
        })
    }

    fn store_beside(&self, connection: &Connection) -> Result<(), StoreError> {
        if self.rev == 1 {
            number_used(
                connection,
                &self.business_day.to_string(),
                &self.series.to_string(),
                self.number,
            )?;
        }
        let (TicketState::Called, Some(counter), Some(at)) =
            (self.state, self.counter, self.last_called_at)
        else {
            return Ok(());
        };
        let kind = if self.recall_count == 0 { "call" } else { "recall" };
        let reason = self.call_reason.as_ref().map(serde_json::to_string).transpose()?;
        connection
            .prepare_cached(
                "INSERT INTO call_log (ticket, at_us, counter, label, kind, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            )?
            .execute((self.id.into_bytes(), micros(at), counter.0, &self.label, kind, reason))?;
        Ok(())
    }
}

impl Subject for Counter {
    fn table() -> &'static Table {
        static TABLE: LazyLock<Table> = LazyLock::new(|| {
            Table::new("counter", &["number"], &["name", "state", "officer", "current"])
        });
        &TABLE
    }

    fn subject(&self) -> String {
        self.number.to_string()
    }

    fn rev(&self) -> u64 {
        self.rev
    }

    fn columns(&self) -> Result<Values, StoreError> {
        Ok(Values {
            fixed: vec![Box::new(self.number.0)],
            moving: vec![
                Box::new(self.name.clone()),
                Box::new(name_of(&self.state)?),
                Box::new(self.officer.as_ref().map(ToString::to_string)),
                Box::new(self.current.map(uuid::Uuid::into_bytes)),
            ],
        })
    }
}

impl Subject for Dossier {
    fn table() -> &'static Table {
        static TABLE: LazyLock<Table> = LazyLock::new(|| {
            Table::new(
                "dossier",
                &["id", "code", "origin"],
                &[
                    "procedure",
                    "service",
                    "state",
                    "custody",
                    "view",
                    "holder",
                    "term",
                    "counter",
                    "ticket",
                    "received_at_us",
                    "due_at_us",
                    "applicant_name",
                    "applicant_number",
                    "search",
                ],
            )
        });
        &TABLE
    }

    fn subject(&self) -> String {
        self.id.to_string()
    }

    fn rev(&self) -> u64 {
        self.rev
    }

    fn term(&self) -> u64 {
        self.term
    }

    fn axis(&self) -> &'static str {
        "business"
    }

    /// An offer brings the revisions of its giver.
    fn comes_from_elsewhere(&self) -> bool {
        matches!(self.custody, Custody::Offered { .. })
    }

    fn blobs(&self) -> Vec<[u8; 32]> {
        let mut blobs = Vec::new();
        for hash in self.components.iter().flat_map(|component| &component.scans) {
            if let Some(hash) = hex::decode_array(&hash.sha256)
                && !blobs.contains(&hash)
            {
                blobs.push(hash);
            }
        }
        blobs
    }

    fn columns(&self) -> Result<Values, StoreError> {
        let applicant = &self.applicant;
        let search = [
            &self.code,
            applicant.citizen_number.as_deref().unwrap_or_default(),
            &applicant.name,
            applicant.phone.as_deref().unwrap_or_default(),
            &self.procedure_name,
        ];
        Ok(Values {
            fixed: vec![
                Box::new(self.id.into_bytes()),
                Box::new(self.code.clone()),
                Box::new(self.origin.to_string()),
            ],
            moving: vec![
                Box::new(self.procedure.to_string()),
                Box::new(self.service.to_string()),
                Box::new(name_of(&self.state)?),
                Box::new(custody_name(&self.custody)),
                Box::new(DossierView::of(self).as_str()),
                Box::new(self.holder.to_string()),
                Box::new(integer(self.term)),
                Box::new(self.counter.0),
                Box::new(self.ticket.map(uuid::Uuid::into_bytes)),
                Box::new(micros(self.received_at)),
                Box::new(micros(self.deadline.due_at)),
                Box::new(applicant.name.clone()),
                Box::new(applicant.citizen_number.clone()),
                Box::new(fold(&search.join(" "))),
            ],
        })
    }

    fn store_beside(&self, connection: &Connection) -> Result<(), StoreError> {
        let id = self.id.into_bytes();
        for component in &self.components {
            connection
                .prepare_cached(
                    "INSERT INTO dossier_component (dossier, seq, name, originals, copies, received)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (dossier, seq) DO UPDATE SET name = excluded.name,
                     originals = excluded.originals, copies = excluded.copies, received = excluded.received",
                )?
                .execute((
                    id,
                    component.seq,
                    &component.name,
                    component.originals,
                    component.copies,
                    component.received,
                ))?;
            for scan in &component.scans {
                let sha256: [u8; 32] = hex::decode_array(&scan.sha256)
                    .ok_or_else(|| StoreError::Damaged("a scan's hash".to_owned()))?;
                connection
                    .prepare_cached(
                        "INSERT INTO scan (dossier, component, sha256, size, media_type)
                         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                    )?
                    .execute((id, component.seq, sha256, integer(scan.size), &scan.media_type))?;
            }
        }
        Ok(())
    }
}

impl Subject for Rating {
    fn table() -> &'static Table {
        static TABLE: LazyLock<Table> = LazyLock::new(|| {
            Table::new("rating", &["id"], &["stage", "level", "respondent", "service", "at_us"])
        });
        &TABLE
    }

    fn subject(&self) -> String {
        self.id.to_string()
    }

    fn rev(&self) -> u64 {
        self.rev
    }

    /// The day of the vote, also when it is journalled on a later one.
    fn key_id(&self, _at: Timestamp) -> String {
        format!("rating-day:{}", business_day(self.at))
    }

    fn columns(&self) -> Result<Values, StoreError> {
        Ok(Values {
            fixed: vec![Box::new(self.id.into_bytes())],
            moving: vec![
                Box::new(name_of(&self.stage)?),
                Box::new(name_of(&self.level)?),
                Box::new(name_of(&self.respondent)?),
                Box::new(self.service.as_ref().map(ToString::to_string).unwrap_or_default()),
                Box::new(micros(self.at)),
            ],
        })
    }
}

impl Subject for Message {
    fn table() -> &'static Table {
        static TABLE: LazyLock<Table> =
            LazyLock::new(|| Table::new("message", &["id", "at_us"], &["read_at_us"]));
        &TABLE
    }

    fn subject(&self) -> String {
        self.id.to_string()
    }

    fn rev(&self) -> u64 {
        self.rev
    }

    fn columns(&self) -> Result<Values, StoreError> {
        Ok(Values {
            fixed: vec![Box::new(self.id.into_bytes()), Box::new(micros(self.at))],
            moving: vec![Box::new(self.read_at.map(micros))],
        })
    }
}

impl Subject for ErasureRecord {
    fn table() -> &'static Table {
        static TABLE: LazyLock<Table> =
            LazyLock::new(|| Table::new("erasure", &["key_id", "at_us"], &[]));
        &TABLE
    }

    fn subject(&self) -> String {
        self.key_id.clone()
    }

    fn rev(&self) -> u64 {
        self.rev
    }

    fn columns(&self) -> Result<Values, StoreError> {
        Ok(Values {
            fixed: vec![Box::new(self.key_id.clone()), Box::new(micros(self.at))],
            moving: vec![],
        })
    }
}

impl Subject for SegmentRecord {
    fn table() -> &'static Table {
        static TABLE: LazyLock<Table> = LazyLock::new(|| {
            Table::new("segment", &["first_seq", "last_seq", "prev", "hash"], &[])
        });
        &TABLE
    }

    fn subject(&self) -> String {
        self.first_seq.to_string()
    }

    fn rev(&self) -> u64 {
        self.rev
    }

    fn columns(&self) -> Result<Values, StoreError> {
        Ok(Values {
            fixed: vec![
                Box::new(integer(self.first_seq)),
                Box::new(integer(self.last_seq)),
                Box::new(self.prev()?),
                Box::new(self.hash()?),
            ],
            moving: vec![],
        })
    }
}

/// What became of a subject that comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// Stored.
    Stored,
    /// It is here already, as it was or newer.
    Known,
    /// Another subject has its number: one journal began anew where the other had not ended.
    Clashes,
    /// Something of the old box's own, which this one does not have.
    Elsewhere,
    /// A kind that this program does not have.
    Unknown,
}

/// Stores a subject's rows as the hub has it, without a change of the journal.
pub(crate) fn put_back(
    c: &Connection,
    kind: &str,
    public: &serde_json::Value,
    private: &serde_json::Value,
) -> Result<Put, StoreError> {
    match kind {
        Ticket::KIND => {
            let (ticket, put) = put_one::<Ticket>(c, public, private)?;
            let day = ticket.business_day.to_string();
            number_used(c, &day, &ticket.series.to_string(), ticket.number)?;
            Ok(put)
        }
        Counter::KIND => put_one::<Counter>(c, public, private).map(|(_, put)| put),
        Dossier::KIND => put_one::<Dossier>(c, public, private).map(|(_, put)| put),
        Rating::KIND => put_one::<Rating>(c, public, private).map(|(_, put)| put),
        Message::KIND => put_one::<Message>(c, public, private).map(|(_, put)| put),
        ErasureRecord::KIND => {
            let (erased, put) = put_one::<ErasureRecord>(c, public, private)?;
            // Neither here is a key ever made under that name again.
            data_keys::destroy(c, &erased.key_id, erased.at)?;
            Ok(put)
        }
        // The old box's sealed files are gone with it; the hub has what was in them.
        SegmentRecord::KIND => Ok(Put::Elsewhere),
        _ => Ok(Put::Unknown),
    }
}

/// Stores a subject's rows as an entry says them, over what is there.
pub(crate) fn put_forward(
    c: &Connection,
    kind: &str,
    public: &serde_json::Value,
    private: &serde_json::Value,
) -> Result<(), StoreError> {
    match kind {
        Ticket::KIND => {
            let ticket = forward::<Ticket>(c, public, private)?;
            let day = ticket.business_day.to_string();
            number_used(c, &day, &ticket.series.to_string(), ticket.number)
        }
        Counter::KIND => forward::<Counter>(c, public, private).map(drop),
        Dossier::KIND => forward::<Dossier>(c, public, private).map(drop),
        Rating::KIND => forward::<Rating>(c, public, private).map(drop),
        Message::KIND => forward::<Message>(c, public, private).map(drop),
        ErasureRecord::KIND => {
            let erased = forward::<ErasureRecord>(c, public, private)?;
            if let Some(erasable) = Erasable::parse(&erased.key_id) {
                erase::beside(c, erasable)?;
            }
            data_keys::destroy(c, &erased.key_id, erased.at)
        }
        // One that is only told of has no file here, and its entries are still in the table:
        // [`crate::Store::seal_again`] comes after the last frame.
        SegmentRecord::KIND => forward::<SegmentRecord>(c, public, private).map(drop),
        other => Err(StoreError::Damaged(format!("unknown kind {other}"))),
    }
}

fn forward<S: Subject>(
    c: &Connection,
    public: &serde_json::Value,
    private: &serde_json::Value,
) -> Result<S, StoreError> {
    let state = S::join(public.clone(), private.clone())?;
    let public = to_json(public)?;
    let private = if is_nothing(private) { None } else { Some(to_json(private)?) };
    let Values { fixed, moving } = state.columns()?;
    let [id, ..] = fixed.as_slice() else {
        return Err(StoreError::Damaged("row without id".to_owned()));
    };
    let table = S::table();
    let (rev, base) = (integer(state.rev()), integer(table.stored_rev(c, id)?));
    let tail: [&dyn ToSql; 3] = [&rev, &public, &private];
    if base == 0 {
        let row: Vec<&dyn ToSql> =
            fixed.iter().chain(&moving).map(AsRef::as_ref).chain(tail).collect();
        c.prepare_cached(&table.insert)?.execute(row.as_slice())?;
    } else {
        let row: Vec<&dyn ToSql> = std::iter::once(id)
            .chain(&moving)
            .map(AsRef::as_ref)
            .chain(tail)
            .chain([&base as &dyn ToSql])
            .collect();
        c.prepare_cached(&table.update)?.execute(row.as_slice())?;
    }
    state.store_beside(c)?;
    Ok(state)
}

fn put_one<S: Subject>(
    c: &Connection,
    public: &serde_json::Value,
    private: &serde_json::Value,
) -> Result<(S, Put), StoreError> {
    let state = S::join(public.clone(), private.clone())?;
    let table = S::table();
    let Values { fixed, moving } = state.columns()?;
    let [id, ..] = fixed.as_slice() else {
        return Err(StoreError::Damaged("row without id".to_owned()));
    };
    if table.stored_rev(c, id)? > 0 {
        return Ok((state, Put::Known));
    }
    // The JSON as it came: what a newer program wrote into it stays in it.
    let rev = integer(state.rev());
    let public = to_json(public)?;
    let private = if is_nothing(private) { None } else { Some(to_json(private)?) };
    let tail: [&dyn ToSql; 3] = [&rev, &public, &private];
    let row: Vec<&dyn ToSql> = fixed.iter().chain(&moving).map(AsRef::as_ref).chain(tail).collect();
    match c.prepare_cached(&table.insert)?.execute(row.as_slice()).map_err(StoreError::from) {
        Ok(_) => {}
        Err(StoreError::Taken(_)) => return Ok((state, Put::Clashes)),
        Err(error) => return Err(error),
    }
    state.store_beside(c)?;
    Ok((state, Put::Stored))
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

/// The name of a plain enum's value, or of a number, as it stands in JSON.
pub(crate) fn name_of(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(name) => Ok(name),
        other => Ok(other.to_string()),
    }
}

fn custody_name(custody: &Custody) -> &'static str {
    match custody {
        Custody::Held => "held",
        Custody::HandingOver { .. } => "handing_over",
        Custody::PassedOn { .. } => "passed_on",
        Custody::TakingBack { .. } => "taking_back",
        Custody::Offered { .. } => "offered",
        Custody::Declined { .. } => "declined",
        Custody::AcceptedAway { .. } => "accepted_away",
    }
}

pub(crate) fn to_json(value: &serde_json::Value) -> Result<String, StoreError> {
    Ok(serde_json::to_string(value)?)
}
