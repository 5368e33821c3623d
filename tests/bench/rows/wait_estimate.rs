//! `wait_estimate`: how far the wait that is told with a number lies from the wait that came, over a
//! simulated month: four counters, each for four service groups of 2, 4, 7 and 11 minutes in the mean,
//! exponential; 120 citizens a morning, most of them early (a triangular law); every seventh or so has
//! priority; called by the rules as delivered.
//!
//! The value: the sum of the errors of what was learned from an earlier month, as a multiple of those of an
//! oracle: the same reckoning with the true means. It is held against the errors of the mean of the last
//! twenty waits, as a multiple of the same oracle's, so that the ratio is that of the two sums.

use crate::Effort;
use crate::figure::{Figure, Must, Side};
use crate::hall::settings;
use anyhow::{Context, bail, ensure};
use dice::Dice;
use domain::ids::{CounterNumber, ServiceCode};
use domain::queue::replay::{Called, PastDay, Shift, Visit, play, play_watched};
use domain::queue::{
    Awaited, Class, Estimate, Queue, QueueSettings, Service, ServiceTimes, Ticket, TicketState,
};
use jiff::{SignedDuration, Timestamp, civil};
use std::collections::HashMap;
use uuid::Uuid;

/// The name.
pub const NAMES: &[&str] = &["wait_estimate"];

/// Days of a month.
const DAYS: usize = 26;
/// Who comes on a morning.
const VISITS: u32 = 120;
/// A morning. Minutes.
const MORNING_MIN: f64 = 240.0;
/// When most come. Minutes.
const MODE_MIN: f64 = 25.0;
/// So many of a hundred have priority.
const PRIORITY_PERCENT: u64 = 15;
/// Counters of the hall.
const COUNTERS: u16 = 4;
/// What the service groups take in the mean. Seconds.
const MEANS_S: [f64; 4] = [120.0, 240.0, 420.0, 660.0];
/// The waits of which the naive estimate is the mean.
const LAST: usize = 20;
/// The first day of the earlier month.
const FIRST_DAY: civil::Date = civil::date(2026, 9, 28);
/// At most so many times the errors of the mean of the last waits.
const RATIO_MOST: f64 = 0.8;
/// At most so many times the oracle's errors.
const VALUE_MOST: f64 = 1.15;

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    let settings = settings(COUNTERS)?;
    let days = effort.of(DAYS);
    let (mut value, mut against, mut all) = (Side::default(), Side::default(), Errors::default());
    for turn in 0..effort.turns {
        let (earlier, later) = (Dice::new(2 * turn as u64), Dice::new(2 * turn as u64 + 1));
        let times = learned(&settings, month(&settings, earlier, (0, days))?);
        let oracle = times.with_means(means(&settings)?);
        let mut errors = Errors::default();
        for past in month(&settings, later, (days, days))? {
            errors.add_day(&settings, &past, &times, &oracle)?;
        }
        ensure!(errors.waits == days * VISITS as usize, "{} waits", errors.waits);
        value.0.push(errors.ours_s / errors.oracle_s);
        against.0.push(errors.naive_s / errors.oracle_s);
        all.add(&errors);
    }
    Ok(vec![Figure {
        name,
        value,
        unit: "x the oracle's errors",
        against,
        against_what: "the mean of the last 20 waits",
        must: Must::RatioAndValueAtMost(RATIO_MOST, VALUE_MOST),
        beside: all.beside(),
    }])
}

/// The groups that citizens come for.
fn groups(settings: &QueueSettings) -> anyhow::Result<&[Service]> {
    settings.services.get(..MEANS_S.len()).context("too few service groups")
}

fn means(settings: &QueueSettings) -> anyhow::Result<Vec<(ServiceCode, f64)>> {
    let codes = groups(settings)?.iter().map(|service| service.code.clone());
    Ok(codes.zip(MEANS_S).collect())
}

/// So many days from a place on. Their calls are still to be played.
fn month(
    settings: &QueueSettings,
    mut dice: Dice,
    (from, days): (usize, usize),
) -> anyhow::Result<Vec<PastDay>> {
    (from..from + days).map(|place| day(settings, &mut dice, place)).collect()
}

fn day(settings: &QueueSettings, dice: &mut Dice, place: usize) -> anyhow::Result<PastDay> {
    let groups = groups(settings)?;
    let day = FIRST_DAY + SignedDuration::from_hours(24 * i64::try_from(place)?);
    let opening = domain::time::instant(day.at(7, 30, 0, 0));
    let mut visits = Vec::with_capacity(VISITS as usize);
    for number in 1..=VISITS {
        let came = after(opening, dice.triangular(MORNING_MIN, MODE_MIN) * 60.0);
        let group = dice.index(MEANS_S.len());
        let service = groups.get(group).context("no service group")?;
        let mean_s = MEANS_S.get(group).context("no mean")?;
        visits.push(Visit {
            ticket: Uuid::from_u128(u128::from(number)),
            number: (service.series, service.number_from + number),
            service: service.code.clone(),
            class: if dice.percent(PRIORITY_PERCENT) { Class::Priority } else { Class::Regular },
            appointment_at: None,
            came_at: came,
            busy_s: dice.exponential(*mean_s).round() as i64,
            // Not played yet.
            called: Called { at: came, counter: CounterNumber(1) },
        });
    }
    visits.sort_by_key(|visit| (visit.came_at, visit.number));
    let open = (after(opening, -60.0), after(opening, 12.0 * 3_600.0));
    let shift = |counter| Shift {
        counter: CounterNumber(counter),
        services: groups.iter().map(|service| service.code.clone()).collect(),
        open: vec![open],
    };
    Ok(PastDay { day, visits, shifts: (1..=COUNTERS).map(shift).collect(), left_out: 0 })
}

fn after(at: Timestamp, seconds: f64) -> Timestamp {
    at + SignedDuration::from_millis((seconds * 1_000.0) as i64)
}

/// Learns from days as the center does, from their tickets.
fn learned(settings: &QueueSettings, days: Vec<PastDay>) -> ServiceTimes {
    let mut times = ServiceTimes::default();
    for past in days {
        let played = play(&past, &settings.services, &settings.rules);
        let calls = past.visits.iter().zip(played);
        let tickets: Vec<Ticket> =
            calls.filter_map(|(visit, called)| Some(served(past.day, visit, called?))).collect();
        times.learn_day(past.day, &tickets, &settings.services);
    }
    times
}

/// The ticket of a visit as it lies in the store afterwards.
fn served(day: civil::Date, visit: &Visit, called: Called) -> Ticket {
    let (service, by) = (visit.service.clone(), "kiosk-1".to_owned());
    Ticket {
        class: visit.class,
        state: TicketState::Completed,
        counter: Some(called.counter),
        called_at: Some(called.at),
        begun_at: Some(called.at),
        finished_at: Some(called.at + SignedDuration::from_secs(visit.busy_s)),
        ..Ticket::waiting(visit.ticket, day, visit.number, service, visit.came_at, by)
    }
}

/// Sums over some waits. Seconds.
#[derive(Default)]
struct Errors {
    ours_s: f64,
    oracle_s: f64,
    naive_s: f64,
    waits: usize,
    /// Waits that ended within the range that was told.
    within: usize,
}

impl Errors {
    fn add_day(
        &mut self,
        settings: &QueueSettings,
        past: &PastDay,
        times: &ServiceTimes,
        oracle: &ServiceTimes,
    ) -> anyhow::Result<()> {
        let mut told: HashMap<Uuid, (Option<Estimate>, Option<Estimate>)> = HashMap::new();
        let mut watch = |queue: &Queue, visit: &Visit| {
            let newcomer = Awaited::Newcomer(&visit.service, visit.class);
            let of = |times| queue.expected_wait(times, newcomer, visit.came_at);
            told.insert(visit.ticket, (of(times), of(oracle)));
        };
        let played = play_watched(past, &settings.services, &settings.rules, &mut watch);
        let mut waits: Vec<(Timestamp, f64)> = Vec::with_capacity(played.len());
        for (visit, called) in past.visits.iter().zip(&played) {
            let called = called.context("somebody was not called")?;
            waits.push((called.at, called.at.duration_since(visit.came_at).as_secs_f64()));
        }
        let mut by_call = waits.clone();
        by_call.sort_by_key(|(called_at, _)| *called_at);
        for (visit, (_, wait_s)) in past.visits.iter().zip(&waits) {
            let (ours, oracle) = told.get(&visit.ticket).context("nothing was foretold")?;
            let ours = ours.context("no counter was open")?;
            let oracle = oracle.context("no counter was open")?;
            let called = by_call.partition_point(|(called_at, _)| *called_at <= visit.came_at);
            let last = by_call.get(called.saturating_sub(LAST)..called).unwrap_or_default();
            let sum_s: f64 = last.iter().map(|(_, wait_s)| wait_s).sum();
            let naive_s = sum_s / last.len().max(1) as f64;
            self.ours_s += (ours.expected_s - wait_s).abs();
            self.oracle_s += (oracle.expected_s - wait_s).abs();
            self.naive_s += (naive_s - wait_s).abs();
            self.waits += 1;
            self.within += usize::from((ours.low_s..=ours.high_s).contains(wait_s));
        }
        Ok(())
    }

    fn add(&mut self, other: &Self) {
        self.ours_s += other.ours_s;
        self.oracle_s += other.oracle_s;
        self.naive_s += other.naive_s;
        self.waits += other.waits;
        self.within += other.within;
    }

    fn beside(&self) -> String {
        let waits = self.waits.max(1) as f64;
        let minutes = |sum_s: f64| sum_s / waits / 60.0;
        format!(
            "{} waits: off by {:.1} min, the oracle by {:.1}, the last waits by {:.1}; {:.0} % within the range told",
            self.waits,
            minutes(self.ours_s),
            minutes(self.oracle_s),
            minutes(self.naive_s),
            self.within as f64 * 100.0 / waits,
        )
    }
}
