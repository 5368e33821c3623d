//! `hall_update_ms_p99`: from the call of a number to the number at its counter in the page of the hall's
//! screen, in Chromium, while twenty-nine further screens listen and read; 99th percentile. They are
//! WebSocket clients of this process, so that their work is done on the same machine, too.
//!
//! The moment of the commit is not known outside the daemon; the moment of the decision is, stands in the
//! ticket, and comes before it. So the commit's own time is in the figure, too: it errs on the hard side.
//! The page's clock and the center's are one machine's wall clock.

use super::{post, text};
use crate::Effort;
use crate::figure::{Figure, Side, percentile};
use crate::listener::Listener;
use crate::province::{Province, repository};
use crate::screen::Screen;
use anyhow::{Context, bail, ensure};
use jiff::Timestamp;
use motcua::cli::day::client::CenterClient;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The name.
pub const NAMES: &[&str] = &["hall_update_ms_p99"];

/// Screens beside the one that is looked at.
const LISTENERS: usize = 29;
/// Calls in each turn.
const CALLS: usize = 60;
/// Between two calls: a citizen has come, been served and gone.
const CALL_EVERY: Duration = Duration::from_millis(500);
const COUNTER: u16 = 2;
/// What its counter serves: whoever came for something else would never be called there.
const SERVICE: &str = "dat-dai";
/// The limit. Milliseconds.
const LIMIT_MS: f64 = 100.0;

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    // Before the province, which is started from a folder of its own.
    let repository = repository()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let province = Province::start().await?;
        let measured = screens(&province, &repository, effort).await;
        province.stop().await;
        let value = measured?;
        let beside = format!("{LISTENERS} further screens heard the calls");
        Ok(vec![Figure::within(name, value, "ms", LIMIT_MS, beside)])
    })
}

async fn screens(province: &Province, repository: &Path, effort: Effort) -> anyhow::Result<Side> {
    let pages = province.demo.pages();
    let (_, address) = pages.iter().find(|(name, _)| *name == "hall").context("no hall page")?;
    let (_, token) = address.split_once("token=").context("the hall's page has no token")?;
    let mut listeners = Vec::new();
    for _ in 0..LISTENERS {
        listeners.push(Listener::open(&province.site, token).await?);
    }
    let mut screen = Screen::open(repository, address).await?;
    let value = turns(province, &mut screen, &mut listeners, effort).await?;
    screen.close().await?;
    Ok(value)
}

async fn turns(
    province: &Province,
    screen: &mut Screen,
    listeners: &mut [Listener],
    effort: Effort,
) -> anyhow::Result<Side> {
    let (mut kiosk, mut officer) = (province.kiosk()?, province.site.officer(COUNTER)?);
    post(&mut officer, COUNTER, "open").await?;
    let mut value = Side::default();
    for _ in 0..effort.turns {
        let calls = effort.of(CALLS);
        issue(&mut kiosk, calls).await?;
        let (mut late, mut last) = (Vec::new(), String::new());
        let mut next = Instant::now();
        for _ in 0..calls {
            next += CALL_EVERY;
            sleep_until(next).await;
            let answer = post(&mut officer, COUNTER, "call-next").await?;
            ensure!(answer != Value::Null, "nobody waits");
            let ticket = &answer["ticket"];
            let at: Timestamp = text(ticket, "called_at")?.parse()?;
            last = text(ticket, "label")?;
            let late_us = screen.shows(&last).await? - at.as_microsecond();
            ensure!(late_us >= 0, "{last} stood on the screen {} us before its call", -late_us);
            late.push(late_us as f64 / 1000.0);
            post(&mut officer, COUNTER, "begin").await?;
            post(&mut officer, COUNTER, "complete").await?;
        }
        value.0.push(percentile(&late, 99));
        for listener in &mut *listeners {
            listener.heard(&last).await?;
        }
    }
    Ok(value)
}

/// Those who will be called.
async fn issue(kiosk: &mut CenterClient, count: usize) -> anyhow::Result<()> {
    for _ in 0..count {
        let body = json!({ "service": SERVICE, "print": false });
        let key = uuid::Uuid::new_v4().to_string();
        let answer = kiosk.send(Method::POST, "/api/v1/tickets", Some(&key), Some(&body)).await?;
        ensure!(answer.granted(), "{} {}", answer.status, answer.body);
    }
    Ok(())
}
