//! `history_flat`: a ticket issued and called, each durable before the answer, at a center with ten years
//! behind it. Against the same at a new one. Both run in this process, wired as the daemon wires them,
//! and take turns ticket by ticket, so that a slow moment of the disk hits both.

use crate::Effort;
use crate::desk::{Desk, node};
use crate::figure::{Figure, Must, Side};
use anyhow::{Context, bail};
use motcua::cli::history;
use std::path::Path;
use std::time::Duration;
use store::StoreConfig;

/// The name.
pub const NAMES: &[&str] = &["history_flat"];

/// Years that lie behind a center, and which ones.
pub const YEARS: usize = 10;
const SEED: u64 = 1;
/// Tickets of each center in each turn.
const TICKETS: usize = 400;
/// Tickets before the first turn: what is done once after a start is not measured here.
const FIRST: usize = 20;

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    let plan = history::usual(u32::try_from(effort.of(YEARS))?, SEED)?;
    let made = history::cached(&node()?, 1, &plan)?;
    let folder = tempfile::tempdir()?;
    let (new, old) = (folder.path().join("new"), folder.path().join("old"));
    history::copy(&made, &old).context("a copy of the years")?;
    let (mut issued, mut called) = (Pair::default(), Pair::default());
    actix::System::new().block_on(turns(&new, &old, effort, (&mut issued, &mut called)))?;
    let beside = format!(
        "issue {:.2} against {:.2} ms, ratio {:.2}; call {:.2} against {:.2} ms, ratio {:.2}",
        issued.old.median(),
        issued.new.median(),
        issued.old.median() / issued.new.median(),
        called.old.median(),
        called.new.median(),
        called.old.median() / called.new.median(),
    );
    Ok(vec![Figure {
        name,
        value: sum(&issued.old, &called.old),
        unit: "ms",
        against: sum(&issued.new, &called.new),
        against_what: "a new center in turns, ticket by ticket",
        must: Must::RatioAtMost(1.10),
        beside,
    }])
}

/// The mean of each turn at both centers. Milliseconds.
#[derive(Default)]
struct Pair {
    new: Side,
    old: Side,
}

fn sum(one: &Side, other: &Side) -> Side {
    Side(one.0.iter().zip(&other.0).map(|(one, other)| one + other).collect())
}

async fn turns(
    new: &Path,
    old: &Path,
    effort: Effort,
    (issued, called): (&mut Pair, &mut Pair),
) -> anyhow::Result<()> {
    let new = Desk::start(new)?;
    let old = Desk::open(StoreConfig::new(old, node()?, 1, history::keys(SEED)))?;
    for desk in [&new, &old] {
        desk.staff().await?;
        for number in 0..FIRST {
            desk.serve_one(number).await?;
        }
    }
    let tickets = effort.of(TICKETS);
    for _ in 0..effort.turns {
        let mut took = [[Duration::ZERO; 2]; 2];
        for number in 0..tickets {
            // None is always the first.
            for side in [number % 2, (number + 1) % 2] {
                let desk = [&new, &old][side];
                let (issue, call) = desk.serve_one(number).await?;
                took[side][0] += issue;
                took[side][1] += call;
            }
        }
        let mean = |took: Duration| took.as_secs_f64() * 1000.0 / tickets as f64;
        let [[new_issue, new_call], [old_issue, old_call]] = took;
        issued.new.0.push(mean(new_issue));
        issued.old.0.push(mean(old_issue));
        called.new.0.push(mean(new_call));
        called.old.0.push(mean(old_call));
    }
    new.stop().await?;
    old.stop().await
}
