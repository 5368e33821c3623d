//! `call_to_led_p99_ms`: from the decision to call a number to the last byte of its frame at the far
//! end of the sign's line, less the time that the line itself needs for the frame. The line is drained
//! at 960 bytes a second, one sign a line; one call a second while eight kiosks issue tickets.
//!
//! The moment of the commit is not known outside the daemon; the moment of the decision is, stands in
//! the ticket, and comes before it. So the commit's own time is in the figure, too: it errs on the
//! hard side.

use super::{post, text};
use crate::Effort;
use crate::desk::SERVICES;
use crate::figure::{Figure, Side, percentile};
use crate::province::Province;
use anyhow::{Context, bail, ensure};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// The name.
pub const NAMES: &[&str] = &["call_to_led_p99_ms"];

const KIOSKS: usize = 8;
/// Each kiosk rests so long: the day's numbers must do for all turns.
const KIOSK_REST: Duration = Duration::from_millis(60);
/// Calls in each turn, one a second.
const CALLS: usize = 60;
/// The counter whose sign hangs on the network.
const COUNTER: u16 = 2;
/// What a second carries on the sign's line. Bytes.
const BYTES_PER_SECOND: f64 = 960.0;
/// The limit. Milliseconds.
const LIMIT_MS: f64 = 30.0;

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let province = Province::start().await?;
        let measured = turns(&province, effort).await;
        province.stop().await;
        let (value, frames) = measured?;
        let beside = format!("without the frames' own {:.0} ms", frames.median());
        Ok(vec![Figure::within(name, value, "ms", LIMIT_MS, beside)])
    })
}

async fn turns(province: &Province, effort: Effort) -> anyhow::Result<(Side, Side)> {
    let closing = Arc::new(AtomicBool::new(false));
    let mut kiosks = JoinSet::new();
    for number in 0..KIOSKS {
        let (mut client, closing) = (province.kiosk()?, closing.clone());
        kiosks.spawn(async move {
            while !closing.load(Ordering::Relaxed) {
                let body = json!({ "service": SERVICES[number % SERVICES.len()], "print": false });
                let key = uuid::Uuid::new_v4().to_string();
                let answer =
                    client.send(Method::POST, "/api/v1/tickets", Some(&key), Some(&body)).await?;
                ensure!(answer.granted(), "{} {}", answer.status, answer.body);
                tokio::time::sleep(KIOSK_REST).await;
            }
            anyhow::Ok(())
        });
    }
    let mut officer = province.site.officer(COUNTER)?;
    post(&mut officer, COUNTER, "open").await?;
    let (mut value, mut frames) = (Side::default(), Side::default());
    for _ in 0..effort.turns {
        let mut called = Vec::new();
        let calls = effort.of(CALLS);
        let mut next = Instant::now();
        while called.len() < calls {
            next += Duration::from_secs(1);
            sleep_until(next).await;
            let answer = post(&mut officer, COUNTER, "call-next").await?;
            if answer == Value::Null {
                continue;
            }
            let ticket = &answer["ticket"];
            let at: Timestamp = text(ticket, "called_at")?.parse()?;
            called.push((text(ticket, "label")?, at.as_microsecond()));
            post(&mut officer, COUNTER, "begin").await?;
            post(&mut officer, COUNTER, "complete").await?;
        }
        // The last frame is on its way still.
        sleep_until(next + Duration::from_secs(2)).await;
        let seen = packets(province)?;
        let mut late = Vec::new();
        for (label, at_us) in called {
            let first = seen.iter().find(|one| one.shown.contains(&label) && one.at_us >= at_us);
            let first = first.with_context(|| format!("{label} was never on the sign"))?;
            let frame_ms = first.bytes / BYTES_PER_SECOND * 1000.0;
            frames.0.push(frame_ms);
            late.push((first.at_us - at_us) as f64 / 1000.0 - frame_ms);
        }
        value.0.push(percentile(&late, 99));
    }
    closing.store(true, Ordering::Relaxed);
    while let Some(ended) = kiosks.join_next().await {
        ended??;
    }
    Ok((value, frames))
}

struct Packet {
    at_us: i64,
    bytes: f64,
    shown: String,
}

/// What the sign took, in order.
fn packets(province: &Province) -> anyhow::Result<Vec<Packet>> {
    let file = province.folder().join(format!("province/06658-1/sign-{COUNTER}.jsonl"));
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        Some(Packet {
            at_us: line["at_us"].as_i64()?,
            bytes: line["bytes"].as_f64()?,
            shown: line["shown"].as_str()?.to_owned(),
        })
    };
    Ok(text.lines().filter_map(read).collect())
}
