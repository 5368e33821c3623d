//! Bookings at the province's page. A booking and the entry that carries it down to its center are one
//! transaction, and so are its giving back and that entry: what a citizen was told travels, however long
//! the line is cut. What became of it is the center's own word, from the journal that comes up: the
//! booking there, and the ticket of the same id.
//!
//! A booking holds no name and no number of a person: there is nothing to seal and nothing to erase.

use deadpool_postgres::{GenericClient, Transaction};
use domain::ids::ServiceCode;
use domain::queue::{
    Booking, BookingCode, BookingKind, BookingState, BookingWord, Slot, TakenPlace,
};
use domain::refusal::Refusal;
use domain::split::Journaled;
use domain::time::{business_day, instant as instant_of, local};
use jiff::{SignedDuration, Timestamp, civil};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::booking_plans::{BOOKABLE, column, damaged, number, plans};
use super::down::DownChange;
use super::{Store, instant, micros};
use crate::error::{HubError, Result};
use crate::renew::REVOKED;

/// Who stands as the actor of what a citizen does at the page.
const CITIZEN: &str = "citizen";
/// Which advisory locks are those of request keys of bookings.
const KEY_LOCKS: i64 = 8;

/// What a citizen wishes.
#[derive(Debug, Clone)]
pub struct NewBooking {
    /// The box.
    pub node: String,
    /// Code of the service group there.
    pub service: String,
    /// The begin of the time; without it, the first free one of today.
    pub from: Option<Timestamp>,
    /// Against doing it twice: made by the page from chance.
    pub request_key: Uuid,
}

/// A booking, as who has its code may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BookingShown {
    /// Its code as people read it.
    pub code: String,
    /// The box.
    pub node: String,
    /// The unit's name.
    pub unit_name: String,
    /// Code of the service group.
    pub service: String,
    /// Its name, where it still can be booked.
    pub name_vi: String,
    /// In English.
    pub name_en: String,
    /// `appointment` or `remote`.
    pub kind: String,
    /// From when on it counts.
    #[schema(value_type = String, format = "date-time")]
    pub from: Timestamp,
    /// Until when.
    #[schema(value_type = String, format = "date-time")]
    pub to: Timestamp,
    /// `booked`, `too_late`, `arrived`, `missed`, `cancelled`.
    pub state: String,
    /// The center has it, by its own word. Until then its kiosk does not know the code.
    pub at_center: bool,
    /// Where its ticket stands, by the center's own word: `waiting`, `completed`, …
    pub ticket_state: Option<String>,
    /// The ticket's number.
    pub ticket_label: Option<String>,
}

/// What a rule refuses, or the store.
pub type Booked<T> = Result<std::result::Result<T, Refusal>>;

const SHOWN: &str = "SELECT b.code, b.node, n.unit_name, b.service, p.name_vi, p.name_en, b.kind,
        b.from_us, b.to_us, b.cancelled_us, s.public ->> 'state', t.public ->> 'state',
        t.public ->> 'label'
    FROM booking b JOIN node n ON n.node = b.node
    LEFT JOIN booking_plan p ON p.node = b.node AND p.service = b.service
    LEFT JOIN subject s ON s.node = b.node AND s.kind = 'booking' AND s.subject = b.id
    LEFT JOIN subject t ON t.node = b.node AND t.kind = 'ticket' AND t.subject = b.id";

impl Store {
    /// The times of a day that can be booked, the full ones too; none on a day off or too far ahead.
    pub async fn booking_slots(
        &self,
        node: &str,
        service: &str,
        day: civil::Date,
        now: Timestamp,
    ) -> Booked<Vec<Slot>> {
        let client = self.client().await?;
        let found = plans(&client, BOOKABLE, &[&node, &service, &REVOKED]).await?;
        let Some(plan) = found.into_iter().next() else {
            return Ok(Err(Refusal::UnknownService {
                service: service.chars().take(40).collect(),
            }));
        };
        if !plan.is_open_on(day) || !plan.rules().reaches(day, now) {
            return Ok(Ok(Vec::new()));
        }
        let taken = taken_places(&client, node, service, day).await?;
        let sessions = plan.sessions().unwrap_or_default();
        Ok(Ok(plan.rules().slots(&sessions, day, &taken, now)))
    }

    /// Books. The same request key gives the first booking again.
    pub async fn book(&self, wish: &NewBooking, now: Timestamp) -> Booked<BookingShown> {
        let key = wish.request_key.to_string();
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        // Of two requests with one key at once, the second waits here and then finds the first.
        tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", &[&key, &KEY_LOCKS])
            .await?;
        let known = tx.query_opt("SELECT id FROM booking WHERE request_key = $1", &[&key]).await?;
        if let Some(row) = known {
            let id: String = row.get(0);
            return Ok(Ok(shown(&tx, "b.id = $1", &id).await?.ok_or_else(damaged)?));
        }
        // The row is locked: of two who book the same time, one decides after the other.
        let filter = format!("{BOOKABLE} FOR UPDATE");
        let found = plans(&tx, &filter, &[&wish.node, &wish.service, &REVOKED]).await?;
        let plan = found.into_iter().next();
        let Some((plan, service)) =
            plan.and_then(|plan| Some((plan, ServiceCode::parse(&wish.service).ok()?)))
        else {
            let service = wish.service.chars().take(40).collect();
            return Ok(Err(Refusal::UnknownService { service }));
        };
        let day = business_day(wish.from.unwrap_or(now));
        if !plan.is_open_on(day) {
            return Ok(Err(Refusal::BookingDayOff));
        }
        let taken = taken_places(&tx, &wish.node, &wish.service, day).await?;
        let sessions = plan.sessions().unwrap_or_default();
        let slot = match plan.rules().free_slot(&sessions, wish.from, &taken, now) {
            Ok(slot) => slot,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut random = [0; 8];
        SystemRandom::new()
            .fill(&mut random)
            .map_err(|_| HubError::refused("hub.no_random", "the system gives no random bytes"))?;
        let word = BookingWord {
            id: Uuid::now_v7(),
            code: BookingCode::from_random(random),
            service,
            kind: if wish.from.is_some() { BookingKind::Appointment } else { BookingKind::Remote },
            from: slot.from,
            to: slot.to,
            place: slot.place,
            made_at: now,
            cancelled_at: None,
        };
        let id = word.id.to_string();
        free_what_the_center_gave_back(&tx, wish, now).await?;
        tx.execute(
            "INSERT INTO booking (id, request_key, code, node, service, kind, from_us, to_us, place,
                 made_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                &id,
                &key,
                &word.code.as_str(),
                &wish.node,
                &wish.service,
                &kind_name(word.kind),
                &micros(word.from),
                &micros(word.to),
                &column(word.place),
                &micros(now),
            ],
        )
        .await?;
        self.say(&tx, &wish.node, &word, 1, now).await?;
        let made = shown(&tx, "b.id = $1", &id).await?.ok_or_else(damaged)?;
        tx.commit().await?;
        tracing::info!(booking = id, node = wish.node, "a place was booked");
        Ok(Ok(made))
    }

    /// The booking of a code.
    pub async fn booking(&self, code: &BookingCode) -> Booked<BookingShown> {
        let client = self.client().await?;
        let found = shown(&client, "b.code = $1", code.as_str()).await?;
        Ok(found.ok_or(Refusal::UnknownBooking))
    }

    /// The citizen gives a booking back, until its time begins. Doing it again changes nothing.
    pub async fn give_booking_back(
        &self,
        code: &BookingCode,
        now: Timestamp,
    ) -> Booked<BookingShown> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let row = tx
            .query_opt(
                "SELECT id, node, service, kind, from_us, to_us, place, made_us, cancelled_us
                 FROM booking WHERE code = $1 FOR UPDATE",
                &[&code.as_str()],
            )
            .await?;
        let Some(row) = row else { return Ok(Err(Refusal::UnknownBooking)) };
        let id: String = row.get(0);
        let before = shown(&tx, "b.id = $1", &id).await?.ok_or_else(damaged)?;
        let told = |at: Timestamp| local(at).strftime("%H:%M, %d/%m").to_string();
        if row.get::<_, Option<i64>>(8).is_some() {
            return Ok(Ok(before));
        }
        if before.state == BookingState::Arrived.as_str() {
            return Ok(Err(Refusal::BookingUsed { at: told(before.from) }));
        }
        if before.state == BookingState::Cancelled.as_str() {
            return Ok(Ok(before));
        }
        if now >= before.from {
            return Ok(Err(Refusal::BookingOver { to: told(before.from) }));
        }
        let node: String = row.get(1);
        let word = BookingWord {
            id: id.parse().map_err(|_| damaged())?,
            code: code.clone(),
            service: ServiceCode::parse(row.get(2)).map_err(|_| damaged())?,
            kind: kind_of(row.get(3)),
            from: instant(row.get(4)),
            to: instant(row.get(5)),
            place: number(row.get(6)),
            made_at: instant(row.get(7)),
            cancelled_at: Some(now),
        };
        tx.execute("UPDATE booking SET cancelled_us = $2 WHERE id = $1", &[&id, &micros(now)])
            .await?;
        self.say(&tx, &node, &word, 2, now).await?;
        let after = shown(&tx, "b.id = $1", &id).await?.ok_or_else(damaged)?;
        tx.commit().await?;
        Ok(Ok(after))
    }

    async fn say(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        word: &BookingWord,
        rev: u64,
        now: Timestamp,
    ) -> Result<()> {
        let public = serde_json::to_value(word)
            .map_err(|error| HubError::refused("hub.store_damaged", error.to_string()))?;
        let change = DownChange {
            kind: Booking::KIND,
            subject: word.id.to_string(),
            rev,
            term: 0,
            schema: 1,
            public,
            sealed: None,
            blobs: Vec::new(),
        };
        self.append_down(tx, node, CITIZEN, vec![change], now).await?;
        Ok(())
    }
}

/// Marks as given back what an officer or a citizen at the kiosk gave back, by the center's own word: its
/// place is then free in the index, too, as [`taken_places`] has it already.
async fn free_what_the_center_gave_back(
    tx: &Transaction<'_>,
    wish: &NewBooking,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "UPDATE booking b SET cancelled_us = $3 FROM subject s
         WHERE b.node = $1 AND b.service = $2 AND b.cancelled_us IS NULL AND b.from_us >= $3
           AND s.node = b.node AND s.kind = 'booking' AND s.subject = b.id
           AND s.public ->> 'state' = 'cancelled'",
        &[&wish.node, &wish.service, &micros(now)],
    )
    .await?;
    Ok(())
}

async fn taken_places(
    client: &impl GenericClient,
    node: &str,
    service: &str,
    day: civil::Date,
) -> Result<Vec<TakenPlace>> {
    let begin = instant_of(day.at(0, 0, 0, 0));
    let end = begin.checked_add(SignedDuration::from_hours(24)).unwrap_or(begin);
    let rows = client
        .query(
            "SELECT from_us, place FROM booking b WHERE node = $1 AND service = $2
             AND from_us >= $3 AND from_us < $4 AND cancelled_us IS NULL
             AND NOT EXISTS (SELECT 1 FROM subject s WHERE s.node = b.node AND s.kind = 'booking'
                 AND s.subject = b.id AND s.public ->> 'state' = 'cancelled')",
            &[&node, &service, &micros(begin), &micros(end)],
        )
        .await?;
    Ok(rows.iter().map(|row| (instant(row.get(0)), number(row.get(1)))).collect())
}

async fn shown(
    client: &impl GenericClient,
    filter: &str,
    value: &str,
) -> Result<Option<BookingShown>> {
    let row = client.query_opt(format!("{SHOWN} WHERE {filter}").as_str(), &[&value]).await?;
    let Some(row) = row else { return Ok(None) };
    let service: String = row.get(3);
    let name =
        |place: usize| row.get::<_, Option<String>>(place).unwrap_or_else(|| service.clone());
    let at_node: Option<String> = row.get(10);
    let cancelled = row.get::<_, Option<i64>>(9).is_some();
    let here = if cancelled { BookingState::Cancelled } else { BookingState::Booked };
    let at_center = at_node.is_some();
    // The center's word goes before ours, but for a giving back that it has not heard of yet.
    let state = match at_node {
        Some(state) if !(cancelled && state == BookingState::Booked.as_str()) => state,
        _ => here.as_str().to_owned(),
    };
    let code = BookingCode::parse(row.get(0)).ok_or_else(damaged)?;
    Ok(Some(BookingShown {
        code: code.to_string(),
        node: row.get(1),
        unit_name: row.get(2),
        name_vi: name(4),
        name_en: name(5),
        kind: row.get(6),
        from: instant(row.get(7)),
        to: instant(row.get(8)),
        state,
        at_center,
        ticket_state: row.get(11),
        ticket_label: row.get(12),
        service,
    }))
}

fn kind_name(kind: BookingKind) -> &'static str {
    match kind {
        BookingKind::Appointment => "appointment",
        BookingKind::Remote => "remote",
    }
}

fn kind_of(name: &str) -> BookingKind {
    if name == kind_name(BookingKind::Remote) {
        BookingKind::Remote
    } else {
        BookingKind::Appointment
    }
}
