//! `urgent_behind_blobs_ms_p99`: from an officer's hand-over of a dossier to the moment at which the
//! center has the hub's acknowledgement of it, while a gigabyte of scans is on its way on one line of
//! 2 Mbit/s: the 99th percentile of 200 in two minutes.

use crate::Effort;
use crate::figure::{Figure, Side, percentile};
use crate::line::Line;
use crate::province::{Province, SECOND_NODE};
use crate::scans;
use anyhow::{bail, ensure};
use motcua::cli::day::client::CenterClient;
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};
use store::{Onlooker, query};
use tokio::time::sleep_until;

/// The name.
pub const NAMES: &[&str] = &["urgent_behind_blobs_ms_p99"];

/// What the line carries. Mbit/s.
const LINE_MBIT: u32 = 2;
/// Scans that wait, and the size of each: a gigabyte together. Bytes.
const SCANS: usize = 64;
const SCAN_BYTES: usize = 16 * 1024 * 1024;
/// Hand-overs in each turn, and the time from one to the next.
const HAND_OVERS: usize = 200;
const EVERY: Duration = Duration::from_millis(600);
const COUNTER: u16 = 1;
/// How often the center's tables are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Nothing may hang longer.
const PATIENCE: Duration = Duration::from_secs(120);
/// The limit. Milliseconds.
const LIMIT_MS: f64 = 2_000.0;

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let line = Line::new()?;
        let province = Province::start_at(line.place(), 2).await?;
        let measured = turns(&province, &line, effort).await;
        province.stop().await;
        let (value, median_ms) = measured?;
        let beside = format!("median {median_ms:.0} ms, scans under way all the time");
        Ok(vec![Figure::within(name, value, "ms", LIMIT_MS, beside)])
    })
}

async fn turns(province: &Province, line: &Line, effort: Effort) -> anyhow::Result<(Side, f64)> {
    let mut officer = province.site.officer(COUNTER)?;
    super::post(&mut officer, COUNTER, "open").await?;
    let books = Onlooker::open(&province.store_config()?)?;
    let each_turn = effort.of(HAND_OVERS);
    let mut dossiers = Vec::new();
    for _ in 0..each_turn * effort.turns {
        dossiers.push(scans::receive(&mut officer, COUNTER).await?);
    }
    acknowledged(&books).await?;
    line.carries(LINE_MBIT)?;
    let with_scans = scans::receive(&mut officer, COUNTER).await?;
    scans::add(&mut officer, &with_scans, effort.of(SCANS), SCAN_BYTES).await?;
    let (mut value, mut all) = (Side::default(), Vec::new());
    for dossiers in dossiers.chunks(each_turn) {
        let mut waits = Vec::new();
        let mut next = tokio::time::Instant::now();
        for dossier in dossiers {
            next += EVERY;
            sleep_until(next).await;
            let begun = Instant::now();
            hand_over(&mut officer, dossier).await?;
            acknowledged(&books).await?;
            waits.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        value.0.push(percentile(&waits, 99));
        all.extend(waits);
        let (waiting, _) = books.readers().read_now(query::blobs::backlog)?;
        ensure!(waiting > 0, "the scans were through before the hand-overs");
    }
    Ok((value, percentile(&all, 50)))
}

async fn hand_over(officer: &mut CenterClient, dossier: &str) -> anyhow::Result<()> {
    let path = format!("/api/v1/dossiers/{dossier}/hand-over");
    let key = uuid::Uuid::new_v4().to_string();
    let body = json!({ "to_node": SECOND_NODE, "note": "Đúng thẩm quyền của phường bạn" });
    let answer = officer.send(Method::POST, &path, Some(&key), Some(&body)).await?;
    ensure!(answer.granted(), "{path}: {} {}", answer.status, answer.body);
    Ok(())
}

/// Waits until the center has the hub's word for everything that is in its journal now.
async fn acknowledged(books: &Onlooker) -> anyhow::Result<()> {
    let wanted = books.readers().read_now(query::journal::head)?.seq;
    let end = Instant::now() + PATIENCE;
    loop {
        let acked = books.readers().read_now(query::cursors::uplink)?.map_or(0, |one| one.seq);
        if acked >= wanted {
            return Ok(());
        }
        ensure!(Instant::now() < end, "acknowledged is {acked} of {wanted}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
