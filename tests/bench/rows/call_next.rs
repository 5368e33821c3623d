//! `call_next_ms_p99_24`: twenty-four counters of one hall, each calling in a loop while two thousand
//! wait; the 99th percentile from the question to the answer, which comes after the commit. By each policy
//! in turn, each with the highest bound on passing over, which costs the most to decide; the value is that
//! of the slowest. Against what one commit costs the disk in the same run (its 99th percentile), or 2 ms
//! when that is less.
//!
//! Asked of the queue desk in this process: decision, commit, answer, signs and screens as the daemon has
//! them, without HTTPS and without browsers. Between two calls a counter serves whom it called, and somebody
//! else comes: what waits stays as much, and the writer has four things to write for each call.
//!
//! No ticket may be called twice, nor to another counter than the one that asked.

use crate::Effort;
use crate::baseline::disk_commit::commits;
use crate::desk::Desk;
use crate::figure::{Figure, Must, Side, percentile};
use crate::hall;
use anyhow::{Context, bail, ensure};
use domain::ids::CounterNumber;
use domain::queue::{CallPolicy, OVERTAKES_MAX, QueueRules, QueueSettings};
use std::cell::Cell;
use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;
use uuid::Uuid;

/// The name.
pub const NAMES: &[&str] = &["call_next_ms_p99_24"];

const COUNTERS: u16 = 24;
/// Who waits.
const WAITING: usize = 2_000;
/// Calls by each policy in each turn.
const CALLS: usize = 2_400;
/// Those who wait are issued so many at once: nobody measures that.
const ISSUED_TOGETHER: usize = 64;
/// Commits of the disk in each turn.
const COMMITS: usize = 500;
/// What a disk is taken for at least: a faster one does not make people notice more. Milliseconds.
const COMMIT_MS_MIN: f64 = 2.0;
/// The most, as a ratio.
const RATIO_MAX: f64 = 4.0;

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    let (mut value, mut disk) = (Side::default(), Side::default());
    let mut each = vec![Side::default(); CallPolicy::WORDS.len()];
    for _ in 0..effort.turns {
        let folder = tempfile::tempdir()?;
        let mut slowest = 0.0_f64;
        for ((word, policy), side) in CallPolicy::WORDS.into_iter().zip(&mut each) {
            let waits = calls(&folder.path().join(word), policy, effort).context(word)?;
            let p99 = percentile(&waits, 99);
            side.0.push(p99);
            slowest = slowest.max(p99);
        }
        value.0.push(slowest);
        disk.0.push(percentile(&commits(folder.path(), effort.of(COMMITS))?, 99));
    }
    let told: Vec<String> = CallPolicy::WORDS
        .iter()
        .zip(&each)
        .map(|((word, _), side)| format!("{word} {:.2}", side.median()))
        .collect();
    Ok(vec![Figure {
        name,
        value,
        unit: "ms",
        beside: format!(
            "{} ms; 0 double calls in {}; disk p99 {:.2} ms",
            told.join(", "),
            effort.turns * CallPolicy::WORDS.len() * effort.of(CALLS),
            disk.median()
        ),
        against: Side(disk.0.iter().map(|p99| p99.max(COMMIT_MS_MIN)).collect()),
        against_what: "the disk's commit p99 in the same run, at least 2 ms",
        must: Must::RatioAtMost(RATIO_MAX),
    }])
}

/// How long each call of a hall of its own took, in milliseconds.
fn calls(folder: &Path, policy: CallPolicy, effort: Effort) -> anyhow::Result<Vec<f64>> {
    let (waiting, calls) = (effort.of(WAITING), effort.of(CALLS));
    actix::System::new().block_on(async move {
        let desk = Desk::start_with(folder, settings(policy)?)?;
        let measured = at_all_counters(&desk, policy, waiting, calls).await;
        desk.stop().await.context("the desk does not end")?;
        measured
    })
}

fn settings(policy: CallPolicy) -> anyhow::Result<QueueSettings> {
    let delivered = hall::settings(COUNTERS)?;
    let overtakes_max = u32::try_from(*OVERTAKES_MAX.end())?;
    let rules = QueueRules { policy, overtakes_max, ..delivered.rules.clone() };
    Ok(QueueSettings { rules, ..delivered })
}

/// Every sixth has priority.
fn has_priority(number: usize) -> bool {
    number % 6 == 5
}

async fn at_all_counters(
    desk: &Desk,
    policy: CallPolicy,
    waiting: usize,
    calls: usize,
) -> anyhow::Result<Vec<f64>> {
    desk.issue_where(waiting, ISSUED_TOGETHER, has_priority).await?;
    for number in 1..=COUNTERS {
        desk.staff_at(CounterNumber(number)).await?;
    }
    let left = Cell::new(calls);
    let counters =
        (1..=COUNTERS).map(|number| at_counter(desk, CounterNumber(number), policy, &left));
    let called = futures_util::future::try_join_all(counters).await?.concat();
    ensure!(called.len() == calls, "{} of {calls} were called", called.len());
    let different: HashSet<Uuid> = called.iter().map(|call| call.ticket).collect();
    ensure!(different.len() == calls, "{} double calls", calls - different.len());
    let wait = desk.waiting().await?;
    ensure!(wait == waiting, "{wait} wait, not {waiting}");
    Ok(called.into_iter().map(|call| call.took_ms).collect())
}

/// Whom a counter was given, and after how long.
#[derive(Debug, Clone, Copy)]
struct Call {
    ticket: Uuid,
    took_ms: f64,
}

/// One counter, until no call is left.
async fn at_counter(
    desk: &Desk,
    counter: CounterNumber,
    policy: CallPolicy,
    left: &Cell<usize>,
) -> anyhow::Result<Vec<Call>> {
    let mut all = Vec::new();
    while let Some(number) = left.get().checked_sub(1) {
        left.set(number);
        let begun = Instant::now();
        let ticket = desk.call_next(counter).await?;
        let took_ms = begun.elapsed().as_secs_f64() * 1000.0;
        let at = ticket.counter;
        ensure!(at == Some(counter), "{} was called to {at:?}, not {counter:?}", ticket.label);
        let by = ticket.call_reason.as_ref().map(|reason| reason.policy);
        ensure!(by == Some(policy), "{} was called by {by:?}", ticket.label);
        all.push(Call { ticket: ticket.id, took_ms });
        desk.serve(counter).await?;
        desk.issue_one(number, has_priority(number)).await?;
    }
    Ok(all)
}
