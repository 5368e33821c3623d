//! `policy_us`: one decision whom to call, among two thousand who wait for every service group, after
//! three hundred calls; by each policy, each with the highest bound on passing over, which costs the most,
//! and in a hall where that bound decides. The value is that of the slowest policy.

use crate::Effort;
use crate::figure::{Figure, Side};
use crate::hall::{DAY, at, settings, ticket};
use anyhow::{bail, ensure};
use domain::ids::{CounterNumber, OfficerId};
use domain::queue::{
    CallPolicy, CallRule, Class, OVERTAKES_MAX, Queue, QueueRules, QueueSettings, THRESHOLD_MIN,
    Ticket, TicketState,
};
use jiff::Timestamp;
use std::hint::black_box;
use std::time::Instant;

/// The name.
pub const NAMES: &[&str] = &["policy_us"];

/// Who waits.
const WAITING: u32 = 2_000;
/// Who was called before.
const CALLED: u32 = 300;
/// Counters of the hall.
const COUNTERS: u16 = 24;
/// The one that decides.
const COUNTER: CounterNumber = CounterNumber(1);
/// Decisions of each policy in each turn.
const DECISIONS: usize = 2_000;
/// The limit. Microseconds.
const LIMIT_US: f64 = 200.0;

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    let decisions = effort.of(DECISIONS);
    let halls = CallPolicy::WORDS.into_iter().map(|(word, policy)| Ok((word, hall(policy)?)));
    let halls: Vec<(&str, Queue)> = halls.collect::<anyhow::Result<_>>()?;
    for (word, queue) in &halls {
        let decision = queue.call_next(COUNTER, now())?;
        let reason = decision.tickets.first().and_then(|ticket| ticket.call_reason.as_ref());
        let bound = reason.is_some_and(|reason| reason.rule == CallRule::OvertakenEnough);
        ensure!(bound, "{word}: not the bound decided: {reason:?}");
    }
    let mut value = Side::default();
    let mut each = vec![Side::default(); halls.len()];
    for _ in 0..effort.turns {
        let mut slowest = 0.0_f64;
        for ((_, queue), side) in halls.iter().zip(&mut each) {
            let us = decide(queue, decisions)?;
            side.0.push(us);
            slowest = slowest.max(us);
        }
        value.0.push(slowest);
    }
    let told: Vec<String> = halls
        .iter()
        .zip(&each)
        .map(|((word, _), side)| format!("{word} {:.1}", side.median()))
        .collect();
    let beside = format!("{} us, {WAITING} waiting", told.join(", "));
    Ok(vec![Figure::within(name, value, "us", LIMIT_US, beside)])
}

/// When is decided: all have come and been called.
fn now() -> Timestamp {
    at(WAITING + CALLED + 60)
}

/// The mean of so many decisions. Microseconds.
fn decide(queue: &Queue, decisions: usize) -> anyhow::Result<f64> {
    let now = now();
    let begun = Instant::now();
    for _ in 0..decisions {
        let decision = black_box(queue).call_next(COUNTER, black_box(now))?;
        ensure!(decision.tickets.len() == 1, "a call names one ticket");
    }
    Ok(begun.elapsed().as_secs_f64() * 1e6 / decisions as f64)
}

fn hall(policy: CallPolicy) -> anyhow::Result<Queue> {
    let delivered = settings(COUNTERS)?;
    let rules = QueueRules {
        policy,
        overtakes_max: u32::try_from(*OVERTAKES_MAX.end())?,
        // Under it *guard*, too, would call a priority caller, and so has to ask for the bound.
        threshold_s: *THRESHOLD_MIN.end() * 60,
        ..delivered.rules.clone()
    };
    let settings = QueueSettings { rules, ..delivered };
    let mut tickets = Vec::new();
    for place in 0..WAITING + CALLED {
        let mut one = ticket(&settings, place, at(place))?;
        // Priority callers from the end of the line have passed over most of those who wait.
        if place >= WAITING {
            let counter = CounterNumber(u16::try_from(place)? % COUNTERS + 1);
            one = Ticket {
                class: Class::Priority,
                state: TicketState::Completed,
                called_at: Some(at(place + 1)),
                counter: Some(counter),
                ..one
            };
        }
        tickets.push(one);
    }
    let mut queue = Queue::for_day(settings, DAY, tickets, []);
    let opened = queue.open_counter(COUNTER, OfficerId::parse("nguyen.lan")?, at(0))?;
    queue.apply(&opened);
    Ok(queue)
}
