//! `center_start_ms`: from the start of the daemon's process to its first answer: a ticket, issued over
//! HTTPS and durable. The center has ten years behind it, and no line to the province, as after a power
//! cut. Beside it the same of a center without a past.

use super::history_flat::YEARS;
use crate::Effort;
use crate::desk::SERVICES;
use crate::figure::{Figure, Must, Side};
use crate::province::Province;
use anyhow::{bail, ensure};
use nix::sys::signal::Signal;
use reqwest::{Certificate, Client};
use serde_json::json;
use std::time::{Duration, Instant};

/// The name.
pub const NAMES: &[&str] = &["center_start_ms"];

/// The limit. Milliseconds.
const LIMIT_MS: f64 = 500.0;
/// Between two tries to be heard.
const TRY_EVERY: Duration = Duration::from_millis(2);
/// Nothing may hang longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let young = of_a_center(0, effort).await?;
        let value = of_a_center(u32::try_from(effort.of(YEARS))?, effort).await?;
        Ok(vec![Figure {
            name,
            beside: format!(
                "a center without a past {:.1} ms, ratio {:.2}",
                young.median(),
                value.median() / young.median()
            ),
            against: Side(vec![LIMIT_MS; value.0.len()]),
            value,
            unit: "ms",
            against_what: "the limit",
            must: Must::ValueAtMost(LIMIT_MS),
        }])
    })
}

async fn of_a_center(years: u32, effort: Effort) -> anyhow::Result<Side> {
    let mut province = Province::start_after(years).await?;
    let measured = turns(&mut province, effort).await;
    province.stop().await;
    measured
}

async fn turns(province: &mut Province, effort: Effort) -> anyhow::Result<Side> {
    province.demo.broker_process().stop(Signal::SIGTERM).await;
    // The years were copied a moment ago: what the disk still owes would be paid by the first sync.
    tokio::task::spawn_blocking(nix::unistd::sync).await?;
    let mut took = Side::default();
    for number in 0..effort.turns {
        province.demo.center_process().stop(Signal::SIGTERM).await;
        took.0.push(start(province, number).await?);
    }
    Ok(took)
}

/// Milliseconds from the start to the first answer.
async fn start(province: &mut Province, number: usize) -> anyhow::Result<f64> {
    let pem = std::fs::read(&province.site.authority)?;
    let http = Client::builder()
        .add_root_certificate(Certificate::from_pem(&pem)?)
        .timeout(PATIENCE)
        .build()?;
    let url = format!("{}/api/v1/tickets", province.site.base);
    let body = json!({ "service": SERVICES[number % SERVICES.len()], "print": false });
    let key = uuid::Uuid::new_v4().to_string();
    let token = province.site.load_token.clone();
    let daemon = province.demo.center_process();
    let begun = Instant::now();
    daemon.start_again()?;
    loop {
        let request = http.post(&url).bearer_auth(&token).header("idempotency-key", &key);
        match request.json(&body).send().await {
            Ok(answer) => {
                let took = begun.elapsed().as_secs_f64() * 1000.0;
                ensure!(answer.status().is_success(), "the first answer is {}", answer.status());
                return Ok(took);
            }
            Err(error) if error.is_connect() && begun.elapsed() < PATIENCE => {}
            Err(error) => return Err(error.into()),
        }
        ensure!(!daemon.has_ended(), "the center ended: {}", daemon.last_words());
        tokio::time::sleep(TRY_EVERY).await;
    }
}
