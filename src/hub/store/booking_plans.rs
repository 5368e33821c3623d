//! What can be booked at the province's page: a table that heads write, one row for each box and service
//! group. A unit without a row cannot be booked.

use std::sync::LazyLock;

use deadpool_postgres::GenericClient;
use domain::calendar::{Calendar, Session};
use domain::ids::ServiceCode;
use domain::queue::{BookingRules, DAYS_AHEAD, PER_SLOT, SLOT_MIN};
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Store, micros};
use crate::error::{HubError, Result};
use crate::renew::REVOKED;

/// Longest name of a service group, in characters.
const NAME_LENGTH_MAX: usize = 100;
/// Sessions of a day.
const SESSIONS_MAX: usize = 4;

/// What can be booked of one service group of one box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingPlan {
    /// The box.
    pub node: String,
    /// Code of the service group there.
    pub service: String,
    /// Its name on the page.
    pub name_vi: String,
    /// In English.
    pub name_en: String,
    /// The sessions in which times lie.
    pub sessions: Vec<PlanSession>,
    /// Minutes of one time.
    pub slot_min: u32,
    /// Places of one time; 0 closes it.
    pub per_slot: u32,
    /// How many days ahead; 0: only today.
    pub days_ahead: u32,
    /// Whether the center serves on weekends and holidays, too.
    #[serde(default)]
    pub also_days_off: bool,
}

/// A part of the day, `HH:MM` in Vietnam.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSession {
    /// Begin.
    pub from: String,
    /// End.
    pub to: String,
}

/// The plan of box $1 and service group $2. With [`REVOKED`] as $3: a box that was put out hears of no
/// booking any more, so none is promised there.
pub(super) const BOOKABLE: &str = "WHERE node = $1 AND service = $2 AND NOT EXISTS
    (SELECT 1 FROM node n WHERE n.node = booking_plan.node AND n.frozen_code = $3)";

/// The working days, as this release knows them.
static CALENDAR: LazyLock<Option<Calendar>> = LazyLock::new(|| {
    Calendar::parse(
        ("holidays.csv", include_str!("../../../config/calendar/holidays.csv")),
        ("hours.toml", include_str!("../../../config/calendar/hours.toml")),
    )
    .ok()
});

impl BookingPlan {
    /// Whether a day can be booked at all. Every day, where the calendar of this release cannot be read.
    pub(super) fn is_open_on(&self, day: civil::Date) -> bool {
        self.also_days_off || CALENDAR.as_ref().is_none_or(|calendar| calendar.is_working(day))
    }

    pub(super) fn rules(&self) -> BookingRules {
        BookingRules {
            slot_min: self.slot_min,
            per_slot: self.per_slot,
            days_ahead: self.days_ahead,
        }
    }

    pub(super) fn sessions(&self) -> Option<Vec<Session>> {
        let time = |text: &str| civil::Time::strptime("%H:%M", text).ok();
        let session =
            |one: &PlanSession| Some(Session { from: time(&one.from)?, to: time(&one.to)? });
        self.sessions.iter().map(session).collect()
    }

    fn check(&self) -> Result<()> {
        let bad = |what: &str| Err(HubError::refused("booking.bad_plan", what.to_owned()));
        if ServiceCode::parse(&self.service).is_err() {
            return bad("service: not the code of a service group");
        }
        for name in [&self.name_vi, &self.name_en] {
            let length = name.trim().chars().count();
            if length == 0 || length > NAME_LENGTH_MAX || name.chars().any(char::is_control) {
                return bad("name: 1 to 100 characters and no control characters");
            }
        }
        let sessions = self.sessions().filter(|sessions| {
            (1..=SESSIONS_MAX).contains(&sessions.len())
                && sessions.iter().all(|session| session.from < session.to)
        });
        if sessions.is_none() {
            return bad("sessions: 1 to 4, each with from before to, as 07:30");
        }
        let within = SLOT_MIN.contains(&i64::from(self.slot_min))
            && PER_SLOT.contains(&i64::from(self.per_slot))
            && DAYS_AHEAD.contains(&i64::from(self.days_ahead));
        if within { Ok(()) } else { bad("slot_min 10-240, per_slot 0-50, days_ahead 0-60") }
    }
}

/// Where and what can be booked, for the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BookingPlace {
    /// The box.
    pub node: String,
    /// The unit's name.
    pub unit_name: String,
    /// Code of the service group there.
    pub service: String,
    /// Its name.
    pub name_vi: String,
    /// In English.
    pub name_en: String,
    /// How many days ahead.
    pub days_ahead: u32,
}

impl Store {
    /// Every plan, by box and service group.
    pub async fn booking_plans(&self) -> Result<Vec<BookingPlan>> {
        let client = self.client().await?;
        plans(&client, "ORDER BY node, service", &[]).await
    }

    /// Writes one plan, in the place of the former one. What is booked already stays.
    pub async fn set_booking_plan(
        &self,
        plan: &BookingPlan,
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        plan.check()?;
        let client = self.client().await?;
        if !self.enrolled_nodes(&client).await?.contains(&plan.node) {
            return Err(HubError::refused("hub.unknown_node", plan.node.clone()));
        }
        let sessions = serde_json::to_string(&plan.sessions)
            .map_err(|error| HubError::refused("booking.bad_plan", error.to_string()))?;
        client
            .execute(
                "INSERT INTO booking_plan (node, service, name_vi, name_en, sessions, slot_min,
                     per_slot, days_ahead, also_days_off, changed_by, changed_us)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                 ON CONFLICT (node, service) DO UPDATE SET name_vi = $3, name_en = $4,
                     sessions = $5, slot_min = $6, per_slot = $7, days_ahead = $8,
                     also_days_off = $9, changed_by = $10, changed_us = $11",
                &[
                    &plan.node,
                    &plan.service,
                    &plan.name_vi.trim(),
                    &plan.name_en.trim(),
                    &sessions,
                    &column(plan.slot_min),
                    &column(plan.per_slot),
                    &column(plan.days_ahead),
                    &plan.also_days_off,
                    &by,
                    &micros(now),
                ],
            )
            .await?;
        Ok(())
    }

    /// Where and what can be booked.
    pub async fn booking_places(&self) -> Result<Vec<BookingPlace>> {
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT p.node, n.unit_name, p.service, p.name_vi, p.name_en, p.days_ahead
                 FROM booking_plan p JOIN node n ON n.node = p.node
                 WHERE p.per_slot > 0 AND n.frozen_code IS DISTINCT FROM $1
                 ORDER BY n.unit_name, p.node, p.name_vi",
                &[&REVOKED],
            )
            .await?;
        Ok(rows
            .iter()
            .map(|row| BookingPlace {
                node: row.get(0),
                unit_name: row.get(1),
                service: row.get(2),
                name_vi: row.get(3),
                name_en: row.get(4),
                days_ahead: number(row.get(5)),
            })
            .collect())
    }
}

type Parameters<'a> = &'a [&'a (dyn tokio_postgres::types::ToSql + Sync)];

pub(super) async fn plans(
    client: &impl GenericClient,
    filter: &str,
    parameters: Parameters<'_>,
) -> Result<Vec<BookingPlan>> {
    let sql = format!(
        "SELECT node, service, name_vi, name_en, sessions, slot_min, per_slot, days_ahead,
             also_days_off
         FROM booking_plan {filter}"
    );
    let rows = client.query(sql.as_str(), parameters).await?;
    rows.iter()
        .map(|row| {
            Ok(BookingPlan {
                node: row.get(0),
                service: row.get(1),
                name_vi: row.get(2),
                name_en: row.get(3),
                sessions: serde_json::from_str(row.get(4)).map_err(|_| damaged())?,
                slot_min: number(row.get(5)),
                per_slot: number(row.get(6)),
                days_ahead: number(row.get(7)),
                also_days_off: row.get(8),
            })
        })
        .collect()
}

pub(super) fn damaged() -> HubError {
    HubError::refused("hub.store_damaged", "a booking's row is not one")
}

/// A small number as its column; all of them are bounded far below.
pub(super) fn column(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) fn number(column: i32) -> u32 {
    u32::try_from(column).unwrap_or(0)
}
