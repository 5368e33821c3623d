//! A hall's queue in memory, without desk, disk and people: its settings, and tickets as they would lie in
//! the store. The same numbers give the same hall.

use crate::desk::{SERVICES, WIDE_SERVICES};
use anyhow::Context;
use domain::ids::{CounterNumber, ServiceCode};
use domain::queue::{Class, CounterPlan, QueueSettings, Ticket};
use jiff::{SignedDuration, Timestamp, civil};
use uuid::Uuid;

/// The business day of every hall.
pub const DAY: civil::Date = civil::date(2026, 11, 23);

/// Half past seven, when it opens.
pub fn opening() -> Timestamp {
    domain::time::instant(DAY.at(7, 30, 0, 0))
}

/// So many seconds after the opening.
pub fn at(seconds: u32) -> Timestamp {
    opening() + SignedDuration::from_secs(i64::from(seconds))
}

/// So many counters, each for every service group, and the rules as delivered.
pub fn settings(counters: u16) -> anyhow::Result<QueueSettings> {
    let all = SERVICES.map(ServiceCode::parse).into_iter().collect::<Result<Vec<_>, _>>()?;
    let plan = |number| CounterPlan {
        number: CounterNumber(number),
        name: format!("Quầy {number}"),
        services: all.clone(),
    };
    let services = WIDE_SERVICES();
    Ok(QueueSettings::parse(
        ("services.toml", &services),
        ("priority_grounds.toml", include_str!("../../config/queue/priority_grounds.toml")),
        ("rules.toml", include_str!("../../config/queue/rules.toml")),
        "center.toml",
        (1..=counters).map(plan).collect(),
    )?)
}

/// The ticket of a place: the service groups take turns, every sixth citizen has priority. The first five
/// do not, so that somebody stands before the first who does.
pub fn ticket(settings: &QueueSettings, place: u32, came: Timestamp) -> anyhow::Result<Ticket> {
    let groups = u32::try_from(settings.services.len())?;
    let group = usize::try_from(place % groups)?;
    let service = settings.services.get(group).context("no service group")?;
    let number = (service.series, service.number_from + place / groups);
    let (id, by) = (Uuid::from_u128(u128::from(place) + 1), "kiosk-1".to_owned());
    Ok(Ticket {
        class: if place % 6 == 5 { Class::Priority } else { Class::Regular },
        ..Ticket::waiting(id, DAY, number, service.code.clone(), came, by)
    })
}
