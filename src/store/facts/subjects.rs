//! The kinds of subjects: which columns each has, what stands beside its row, which key seals it.

use std::sync::LazyLock;

use domain::dossier::{Custody, Dossier};
use domain::queue::{Booking, Counter, MADE_BY_HUB, Ticket, TicketState};
use domain::rating::Rating;
use domain::text_fold::fold;
use domain::time::business_day;
use jiff::Timestamp;
use journal::hex;
use rusqlite::Connection;
use serde::Serialize;

use super::{Subject, Table, Values};
use crate::query::dossiers::DossierView;
use crate::records::{ErasureRecord, Message, SegmentRecord};
use crate::sql::{integer, micros};
use crate::{StoreError, open_days};

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
        // What was carried over is sealed anew with that day: the key of its own day goes before.
        format!("ticket-day:{}", self.queue_day())
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
        if !self.is_finished() {
            open_days::note(connection, self.business_day)?;
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

impl Subject for Booking {
    fn table() -> &'static Table {
        static TABLE: LazyLock<Table> = LazyLock::new(|| {
            Table::new(
                "booking",
                &["id", "code", "service", "from_us", "to_us", "place", "at_hub"],
                &["state"],
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

    fn columns(&self) -> Result<Values, StoreError> {
        Ok(Values {
            fixed: vec![
                Box::new(self.id.into_bytes()),
                Box::new(self.code.as_str().to_owned()),
                Box::new(self.service.to_string()),
                Box::new(micros(self.from)),
                Box::new(micros(self.to)),
                Box::new(self.place),
                Box::new(self.made_by == MADE_BY_HUB),
            ],
            moving: vec![Box::new(self.state.as_str())],
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
