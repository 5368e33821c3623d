//! `blob_rate`: scans of 32 MiB from a center to the hub on a line of 20 Mbit/s, each piece sealed,
//! checked, written and synced. Against 32 MiB that a bare client pushes through the same broker on the
//! same line, in pieces of the same size; see [`crate::baseline::bare_blobs`].
//!
//! Both sides count from the first piece that is there to the last.

use super::catch_up::{connect, database, hub_way};
use crate::Effort;
use crate::baseline::bare_blobs::{PIECE_BYTES, Pieces, receive};
use crate::figure::{Figure, Must, Side};
use crate::line::Line;
use crate::province::{NODE, Province};
use crate::scans;
use anyhow::{Context, bail, ensure};
use journal::topics::{Lane, Topic};
use motcua::identity::Identity;
use std::time::{Duration, Instant};
use tokio_postgres::Client;

/// The name.
pub const NAMES: &[&str] = &["blob_rate"];

/// What the line carries. Mbit/s.
const LINE_MBIT: u32 = 20;
/// Scans in each turn, and the size of each. Bytes.
const SCANS: usize = 8;
const SCAN_BYTES: usize = 4 * 1024 * 1024;
/// The hub counts what it has in units of this. Bytes.
const UNIT_BYTES: f64 = 65_536.0;
/// How often the hub's tables are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Nothing may hang longer.
const PATIENCE: Duration = Duration::from_secs(180);
const COUNTER: u16 = 1;

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let line = Line::new()?;
        let mut province = Province::start_at(line.place(), 1).await?;
        let measured = turns(&mut province, &line, effort).await;
        province.stop().await;
        let (value, against) = measured?;
        Ok(vec![Figure {
            name,
            beside: format!("a line of {LINE_MBIT} Mbit/s carries {:.2} MB/s", mb_per_s()),
            value,
            unit: "MB/s",
            against,
            against_what: "a bare client through the same broker on the same line",
            must: Must::RatioAtLeast(0.9),
        }])
    })
}

fn mb_per_s() -> f64 {
    f64::from(LINE_MBIT) / 8.0
}

async fn turns(
    province: &mut Province,
    line: &Line,
    effort: Effort,
) -> anyhow::Result<(Side, Side)> {
    let scans = effort.of(SCANS);
    let (mut ours, mut bare) = (Side::default(), Side::default());
    line.carries(LINE_MBIT)?;
    let hub_database = connect(&database(province, "motcua")).await?;
    let mut officer = province.site.officer(COUNTER)?;
    super::post(&mut officer, COUNTER, "open").await?;
    for _ in 0..effort.turns {
        let before = at_hub(&hub_database).await?;
        let dossier = scans::receive(&mut officer, COUNTER).await?;
        line.plugged(false)?;
        scans::add(&mut officer, &dossier, scans, SCAN_BYTES).await?;
        ensure!(at_hub(&hub_database).await?.complete == before.complete, "the line was not cut");
        line.plugged(true)?;
        ours.0.push(until_there(&hub_database, before, scans as i64).await?);

        province.demo.center_process().kill_hard().await?;
        province.demo.hub_process().kill_hard().await?;
        bare.0.push(bare_client(province, line, scans * SCAN_BYTES / PIECE_BYTES).await?);
        province.demo.hub_process().start_again()?;
        province.demo.wait_hub().await?;
        province.demo.center_process().start_again()?;
        province.demo.wait_center().await?;
    }
    Ok((ours, bare))
}

/// What the hub has of scans.
#[derive(Debug, Clone, Copy, PartialEq)]
struct AtHub {
    /// Units that are there.
    units: i64,
    /// Scans that are there and checked.
    complete: i64,
}

async fn at_hub(hub: &Client) -> anyhow::Result<AtHub> {
    let row = hub
        .query_one(
            "SELECT coalesce(sum(bit_count(bitmap)), 0)::bigint,
                    count(*) FILTER (WHERE state = 'complete') FROM blob",
            &[],
        )
        .await?;
    Ok(AtHub { units: row.get(0), complete: row.get(1) })
}

/// MB a second from the first piece that is seen to the last scan that is checked.
async fn until_there(hub: &Client, before: AtHub, scans: i64) -> anyhow::Result<f64> {
    let end = Instant::now() + PATIENCE;
    let mut first = None;
    loop {
        let now = at_hub(hub).await?;
        let seen = Instant::now();
        if now.units > before.units {
            let (at, from) = *first.get_or_insert((seen, now.units));
            if now.complete == before.complete + scans {
                let bytes = (now.units - from) as f64 * UNIT_BYTES;
                return Ok(bytes / 1e6 / (seen - at).as_secs_f64());
            }
        }
        ensure!(seen < end, "the hub has {now:?} after {before:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// MB a second of the bare client, which runs on the center's host.
async fn bare_client(province: &Province, line: &Line, count: usize) -> anyhow::Result<f64> {
    let folder = province.folder().join("province");
    let identity = Identity::load(&folder.join(NODE).join("data"))?;
    let files = &identity.files;
    let topic = Topic::Up(identity.node.clone(), Lane::Blob).to_string();
    let hub_way = hub_way(province)?;
    let node_way = crate::baseline::Way {
        host: identity.broker_host.clone(),
        port: identity.broker_port,
        files: [files.device_root(), files.device_certificate(), files.device_key()],
    };
    let plan = Pieces { way: node_way, topic: topic.clone(), count };
    let mut command = line.prefix();
    command.push(std::env::current_exe()?.display().to_string());
    command.extend(["--send-pieces".to_owned(), plan.to_json()?]);
    let (program, arguments) = command.split_first().context("no command")?;
    let start = || tokio::process::Command::new(program).args(arguments).kill_on_drop(true).spawn();
    let took = receive(&hub_way, &topic, count, start).await?;
    Ok(((count - 1) * PIECE_BYTES) as f64 / 1e6 / took.as_secs_f64())
}
