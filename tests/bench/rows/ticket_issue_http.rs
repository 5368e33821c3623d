//! `ticket_issue_http_p99_ms_8`: eight kiosks over HTTPS with connections kept, each asking for its
//! next ticket when it has one, until there are 20,000; the 99th percentile of what they wait. Against
//! what one commit costs the disk in the same run (its 99th percentile), or 2 ms when that is less.
//!
//! Then every ticket is called and served at four counters at once: no number may stand on two
//! tickets, and none be called twice.

use super::{post, text};
use crate::Effort;
use crate::baseline::disk_commit::commits;
use crate::desk::{SERVICES, request_key};
use crate::figure::{Figure, Must, Side, percentile};
use crate::province::Province;
use anyhow::{bail, ensure};
use motcua::cli::day::Site;
use motcua::cli::day::client::CenterClient;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tokio::task::JoinSet;

/// The name.
pub const NAMES: &[&str] = &["ticket_issue_http_p99_ms_8"];

const KIOSKS: usize = 8;
const TICKETS: usize = 20_000;
/// Commits of the disk in each turn.
const COMMITS: usize = 500;
/// What a disk is taken for at least: a faster one does not make people notice more. Milliseconds.
const COMMIT_MS_MIN: f64 = 2.0;
const COUNTERS: [u16; 4] = [1, 2, 3, 4];

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(vec![runtime.block_on(one(name, effort))?])
}

async fn one(name: &'static str, effort: Effort) -> anyhow::Result<Figure> {
    let province = Province::start().await?;
    let measured = tickets_and_calls(&province, effort).await;
    province.stop().await;
    let (value, disk, beside) = measured?;
    Ok(Figure {
        name,
        value,
        unit: "ms",
        against: Side(disk.0.iter().map(|p99| p99.max(COMMIT_MS_MIN)).collect()),
        against_what: "the disk's commit p99 in the same run, at least 2 ms",
        must: Must::RatioAtMost(4.0),
        beside,
    })
}

async fn tickets_and_calls(
    province: &Province,
    effort: Effort,
) -> anyhow::Result<(Side, Side, String)> {
    let total = effort.of(TICKETS).max(effort.turns * KIOSKS);
    let each_turn = total.div_ceil(effort.turns);
    let (mut value, mut disk) = (Side::default(), Side::default());
    let (mut ids, mut labels) = (HashSet::new(), HashSet::new());
    let mut rate = Side::default();
    for _ in 0..effort.turns {
        let begun = Instant::now();
        let given = issue(&province.site, each_turn).await?;
        rate.0.push(each_turn as f64 / begun.elapsed().as_secs_f64());
        let waits: Vec<f64> = given.iter().map(|(_, _, wait_ms)| *wait_ms).collect();
        value.0.push(percentile(&waits, 99));
        disk.0.push(percentile(&commits(province.folder(), effort.of(COMMITS))?, 99));
        for (id, label, _) in given {
            ensure!(labels.insert(label.clone()), "two tickets have the number {label}");
            ensure!(ids.insert(id), "one ticket was given twice: {label}");
        }
    }
    let called = call_all(&province.site).await?;
    let different: HashSet<&String> = called.iter().collect();
    ensure!(different.len() == called.len(), "{} double calls", called.len() - different.len());
    ensure!(
        different.len() == ids.len(),
        "{} of {} tickets were called",
        different.len(),
        ids.len()
    );
    let beside = format!(
        "{} tickets at {:.0}/s: 0 duplicates, 0 double calls; disk p99 {:.2} ms",
        ids.len(),
        rate.median(),
        disk.median()
    );
    Ok((value, disk, beside))
}

/// Id, label and wait in milliseconds of each ticket.
async fn issue(site: &Site, count: usize) -> anyhow::Result<Vec<(String, String, f64)>> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut kiosks = JoinSet::new();
    for _ in 0..KIOSKS {
        let mut client = kiosk(site)?;
        let next = next.clone();
        kiosks.spawn(async move {
            let mut given = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(given);
                }
                let body = json!({ "service": SERVICES[number % SERVICES.len()], "print": false });
                let key = request_key();
                let begun = Instant::now();
                let answer =
                    client.send(Method::POST, "/api/v1/tickets", Some(&key), Some(&body)).await?;
                let wait_ms = begun.elapsed().as_secs_f64() * 1000.0;
                ensure!(answer.granted(), "{} {}", answer.status, answer.body);
                let ticket = &answer.body["ticket"];
                given.push((text(ticket, "id")?, text(ticket, "label")?, wait_ms));
            }
        });
    }
    let mut all = Vec::with_capacity(count);
    while let Some(ended) = kiosks.join_next().await {
        all.extend(ended??);
    }
    Ok(all)
}

fn kiosk(site: &Site) -> anyhow::Result<CenterClient> {
    use motcua::cli::day::client::As;
    CenterClient::new(&site.base, &site.authority, As::Device(site.load_token.clone()))
}

/// Four counters call and serve until nobody waits; the ids that they called.
async fn call_all(site: &Site) -> anyhow::Result<Vec<String>> {
    let mut officers = JoinSet::new();
    for counter in COUNTERS {
        let mut client = site.officer(counter)?;
        officers.spawn(async move {
            let mut called = Vec::new();
            post(&mut client, counter, "open").await?;
            loop {
                let answer = post(&mut client, counter, "call-next").await?;
                if answer == Value::Null {
                    return anyhow::Ok(called);
                }
                called.push(text(&answer["ticket"], "id")?);
                post(&mut client, counter, "begin").await?;
                post(&mut client, counter, "complete").await?;
            }
        });
    }
    let mut all = Vec::new();
    while let Some(ended) = officers.join_next().await {
        all.extend(ended??);
    }
    Ok(all)
}
