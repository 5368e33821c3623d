//! `center_idle_mb`: the memory of the daemon with all its helpers (proportional set size of the
//! process tree) after a hundred slips were rendered and printed and everything has come to rest: the
//! renderer of forms ends by itself after a minute without work.

use crate::Effort;
use crate::figure::{Figure, Side};
use crate::province::Province;
use anyhow::{Context, bail, ensure};
use motcua::cli::demo::processes::wait_for;
use reqwest::Method;
use std::time::Duration;

/// The name.
pub const NAMES: &[&str] = &["center_idle_mb"];

const SLIPS: usize = 100;
const COUNTER: u16 = 1;
/// The limit. MB.
const LIMIT_MB: f64 = 80.0;
/// The renderer is stopped after 60 s without work; it gets a little longer here.
const REST_MAX: Duration = Duration::from_secs(90);
/// Between two looks, one a turn.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut province = Province::start().await?;
        let measured = slips_and_rest(&mut province, effort).await;
        province.stop().await;
        let (value, busy_mb) = measured?;
        let beside = format!("{busy_mb:.1} MB right after the last slip, the renderer still there");
        Ok(vec![Figure::within(name, value, "MB", LIMIT_MB, beside)])
    })
}

async fn slips_and_rest(province: &mut Province, effort: Effort) -> anyhow::Result<(Side, f64)> {
    let mut officer = province.site.officer(COUNTER)?;
    super::post(&mut officer, COUNTER, "open").await?;
    for _ in 0..effort.of(SLIPS) {
        let dossier = crate::scans::receive(&mut officer, COUNTER).await?;
        let slip = format!("/api/v1/dossiers/{dossier}/slip.pdf");
        let answer = officer.send(Method::GET, &slip, None, None).await?;
        ensure!(answer.granted(), "{slip}: {} {}", answer.status, answer.body);
    }
    let daemon = province.demo.center_process().id().context("the center has ended")?;
    let busy_mb = tree_mb(daemon)?;
    wait_for("the renderer to end", REST_MAX, async || {
        (!names_of_tree(daemon).iter().any(|name| name.contains("forms"))).then_some(())
    })
    .await?;
    let mut value = Side::default();
    for _ in 0..effort.turns {
        tokio::time::sleep(LOOK_EVERY).await;
        value.0.push(tree_mb(daemon)?);
    }
    Ok((value, busy_mb))
}

/// A process and all below it.
fn tree(of: u32) -> Vec<u32> {
    let mut all = vec![of];
    let mut next = 0;
    while let Some(process) = all.get(next) {
        let tasks = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
        let children: Vec<u32> = tasks
            .flatten()
            .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
            .flat_map(|children| {
                children.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()
            })
            .collect();
        all.extend(children);
        next += 1;
    }
    all
}

fn names_of_tree(of: u32) -> Vec<String> {
    tree(of)
        .into_iter()
        .filter_map(|process| std::fs::read_to_string(format!("/proc/{process}/comm")).ok())
        .collect()
}

/// Proportional set size: what several processes share counts once.
fn tree_mb(of: u32) -> anyhow::Result<f64> {
    let mut kib = 0.0;
    for process in tree(of) {
        let path = format!("/proc/{process}/smaps_rollup");
        let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        let value = line.and_then(|line| line.split_whitespace().next()).with_context(|| path)?;
        kib += value.parse::<f64>()?;
    }
    Ok(kib * 1024.0 / 1_000_000.0)
}
