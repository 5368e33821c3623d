//! `replay_days_per_s`: days of three hundred tickets a second, from the tickets as they lie in the store to
//! both classes' figures as they were, under the rules in force and under others, as `motcua queue replay`
//! does it, without reading the store.

use crate::Effort;
use crate::figure::{Figure, Must, Side};
use crate::hall::{DAY, at, settings, ticket};
use anyhow::{bail, ensure};
use domain::ids::CounterNumber;
use domain::queue::replay::{Figures, PastDay, Tally, play};
use domain::queue::{CallPolicy, QueueRules, Ticket, TicketState};
use std::time::Instant;

/// The name.
pub const NAMES: &[&str] = &["replay_days_per_s"];

/// Tickets of a day.
const TICKETS: u32 = 300;
/// Counters of the hall.
const COUNTERS: u32 = 8;
/// Days of each turn.
const DAYS: usize = 200;
/// The least.
const LEAST: f64 = 36.0;

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    let settings = settings(u16::try_from(COUNTERS)?)?;
    let tickets = (0..TICKETS).map(|place| served(ticket(&settings, place, came(place))?, place));
    let tickets: Vec<Ticket> = tickets.collect::<anyhow::Result<_>>()?;
    let tried = QueueRules { policy: CallPolicy::Strict, ..settings.rules.clone() };
    let services = &settings.services;
    let days = effort.of(DAYS);
    let mut value = Side::default();
    for _ in 0..effort.turns {
        let begun = Instant::now();
        let mut tallies = [Tally::default(), Tally::default(), Tally::default()];
        let [as_it_was, in_force, under_tried] = &mut tallies;
        for _ in 0..days {
            let past = PastDay::of(DAY, &tickets, &settings);
            as_it_was.add(&past, &past.as_it_was(), services);
            in_force.add(&past, &play(&past, services, &settings.rules), services);
            under_tried.add(&past, &play(&past, services, &tried), services);
        }
        let figures = tallies.each_ref().map(Tally::figures);
        let took = begun.elapsed().as_secs_f64();
        for Figures { regular, priority, not_called } in figures {
            let called = regular.called + priority.called;
            ensure!(called == tickets.len() * days, "{called} were called in {days} days");
            ensure!(not_called == 0, "{not_called} were not called in {days} days");
            let sixth = priority.called * 6 == called;
            ensure!(sixth, "{} of {called} were priority callers", priority.called);
        }
        value.0.push(days as f64 / took);
    }
    Ok(vec![Figure {
        name,
        against: Side(vec![LEAST; value.0.len()]),
        value,
        unit: "days/s",
        against_what: "the least",
        must: Must::ValueAtLeast(LEAST),
        beside: format!(
            "{TICKETS} tickets a day, {COUNTERS} counters, as it was, guard and strict"
        ),
    }])
}

/// Two thirds come in the first two hours, the others in the five after them.
fn came(place: u32) -> jiff::Timestamp {
    let early = TICKETS / 3 * 2;
    if place < early {
        at(place * 7_200 / early)
    } else {
        at(7_200 + (place - early) * 18_000 / (TICKETS - early))
    }
}

/// Called a while after it came, by the counter whose turn it is, and served for one to eleven minutes.
fn served(ticket: Ticket, place: u32) -> anyhow::Result<Ticket> {
    let called = ticket.issued_at + jiff::SignedDuration::from_secs(60);
    let busy_s = 60 + i64::from(place * 7_919 % 600);
    Ok(Ticket {
        state: TicketState::Completed,
        counter: Some(CounterNumber(u16::try_from(place % COUNTERS)? + 1)),
        called_at: Some(called),
        finished_at: Some(called + jiff::SignedDuration::from_secs(busy_s)),
        ..ticket
    })
}
