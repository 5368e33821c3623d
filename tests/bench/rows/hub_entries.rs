//! `hub_entries_per_s`: entries a second that a hub takes in from every commune of the country: 3,321
//! nodes, frames of 20, through broker, checks, tables and signed acknowledgements. Against the same
//! statements and commits of a plain program on one connection; see [`crate::baseline::hub_entries`].
//! What of the nodes is real and what is not stands at [`crate::fleet`].
//!
//! `hub_ack_p99_ms`, measured in the same turns: the frames come one by one, evenly, at half of that
//! turn's rate; from when a frame is due to be sent to when its acknowledgement is here.
//!
//! Both sides write into the same tables, each for nodes of its own, so that these are equally full.
//! The figure's row asks for both: whoever measures the first is held to the second, too.

use super::catch_up::{connect, database, frame, hub_way};
use crate::Effort;
use crate::baseline::hub_entries::OneConnection;
use crate::figure::{Figure, Must, Side, percentile};
use crate::fleet::{Acked, EPOCH, Fleet, Sent, Wires};
use crate::province::Province;
use anyhow::{Context, ensure};
use hub::keys::HubKeys;
use std::time::Duration;

/// The names.
pub const NAMES: &[&str] = &[RATE, ACK];
const RATE: &str = "hub_entries_per_s";
const ACK: &str = "hub_ack_p99_ms";

/// Communes of the country.
const NODES: usize = 3_321;
/// Entries in a frame.
const FRAME_ENTRIES: usize = 20;
/// Of the full load, for the acknowledgements.
const PART_OF_LOAD: f64 = 0.5;
/// The limit of an acknowledgement. Milliseconds.
const LIMIT_MS: f64 = 1_000.0;

/// One sample a turn of each.
#[derive(Default)]
struct Measured {
    ours: Side,
    plain: Side,
    ack_ms: Side,
    entry_bytes: usize,
}

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut province = Province::start().await?;
        let measured = turns(&mut province, effort).await;
        province.stop().await;
        let Measured { ours, plain, ack_ms, entry_bytes } = measured?;
        let nodes = effort.of(NODES);
        let rate = Figure {
            name: RATE,
            value: ours,
            unit: "entries/s",
            against: plain,
            against_what: "the same SQL and commits, a plain program on one connection",
            must: Must::RatioAtLeast(0.5),
            beside: format!(
                "{nodes} nodes, frames of {FRAME_ENTRIES} entries of {entry_bytes} bytes"
            ),
        };
        let beside = format!("{nodes} nodes at {PART_OF_LOAD} of each turn's {RATE}");
        let ack = Figure::within(ACK, ack_ms, "ms", LIMIT_MS, beside);
        let wanted = |figure: &Figure| names.contains(&figure.name) || names.contains(&RATE);
        Ok([rate, ack].into_iter().filter(wanted).collect())
    })
}

async fn turns(province: &mut Province, effort: Effort) -> anyhow::Result<Measured> {
    // It would only write beside what is measured.
    province.demo.center_process().kill_hard().await?;
    let tables = database(province, "motcua");
    let hub = connect(&tables).await?;
    let keys = HubKeys::load(&province.folder().join("province/hub"))?;
    let count = effort.of(NODES);
    let (mut ours, mut plain) = (Fleet::new(count, 1)?, Fleet::new(count, 2)?);
    ours.enrol(&hub, &keys).await?;
    plain.enrol(&hub, &keys).await?;
    let mut wires = Wires::connect(&hub_way(province)?).await?;
    wires.greet(&ours).await?;
    let mut one = OneConnection::open(&tables).await?;
    let mut measured = Measured::default();
    for _ in 0..effort.turns {
        let frames = next_frames(&mut ours)?;
        let rate = per_second(&wires.send(&ours, frames, Duration::ZERO).await?)?;
        measured.ours.0.push(rate);

        for node in 0..plain.len() {
            let raws = plain.write(node, FRAME_ENTRIES)?;
            measured.entry_bytes = raws[0].len();
            let id = plain.id(node);
            one.take(id.as_str(), i64::try_from(EPOCH)?, &frame(id, EPOCH, &raws)?).await?;
        }
        measured.plain.0.push((count * FRAME_ENTRIES) as f64 / one.took().as_secs_f64());

        let gap = Duration::from_secs_f64(FRAME_ENTRIES as f64 / (rate * PART_OF_LOAD));
        let frames = next_frames(&mut ours)?;
        let took: Vec<f64> = wires.send(&ours, frames, gap).await?.iter().map(Acked::ms).collect();
        measured.ack_ms.0.push(percentile(&took, 99));
    }
    for (side, fleet) in [("the hub", &ours), ("the plain program", &plain)] {
        let (whole, parked) = fleet.at_hub(&hub).await?;
        ensure!(whole == count, "{side} has {whole} of {count} nodes up to their end");
        ensure!(parked == 0, "{side} has parked {parked} entries");
    }
    Ok(measured)
}

/// One frame of each node, built before anything is measured.
fn next_frames(fleet: &mut Fleet) -> anyhow::Result<Vec<Sent>> {
    let mut frames = Vec::with_capacity(fleet.len());
    for node in 0..fleet.len() {
        let raws = fleet.write(node, FRAME_ENTRIES)?;
        let message = frame(fleet.id(node), EPOCH, &raws)?.message;
        frames.push(fleet.sent(node, message));
    }
    Ok(frames)
}

/// Entries a second from the first acknowledgement to the last.
fn per_second(acked: &[Acked]) -> anyhow::Result<f64> {
    let first = acked.iter().map(|one| one.at).min().context("nothing was acknowledged")?;
    let last = acked.iter().map(|one| one.at).max().context("nothing was acknowledged")?;
    Ok(((acked.len() - 1) * FRAME_ENTRIES) as f64 / (last - first).as_secs_f64())
}
