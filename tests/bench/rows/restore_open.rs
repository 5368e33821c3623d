//! `restore_open_s`: from an empty box to a box that serves, with five thousand open dossiers at the
//! hub: `motcua center restore` with the recovery sheet, the daemon's start, and the first ticket that a
//! citizen gets.

use crate::Effort;
use crate::figure::{Figure, Must, Side};
use crate::province::{NODE, Province};
use crate::scans;
use anyhow::{Context, bail, ensure};
use motcua::cli::demo::processes::wait_for;
use motcua::clock::DEMO_MARK;
use reqwest::Method;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use store::{Onlooker, query};
use tokio::process::Command;
use tokio::task::JoinSet;

/// The name.
pub const NAMES: &[&str] = &["restore_open_s"];

/// Open dossiers at the hub.
const DOSSIERS: usize = 5_000;
/// Who receives them.
const OFFICERS: usize = 3;
/// Everything must be at the hub, or here again, in this time.
const PATIENCE: Duration = Duration::from_secs(300);
/// The limit. Seconds.
const LIMIT_S: f64 = 60.0;

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut province = Province::start().await?;
        let measured = turns(&mut province, effort).await;
        province.stop().await;
        let (value, command) = measured?;
        Ok(vec![Figure {
            name,
            against: Side(vec![LIMIT_S; value.0.len()]),
            value,
            unit: "s",
            against_what: "the limit",
            must: Must::ValueAtMost(LIMIT_S),
            beside: format!(
                "{} open dossiers; the command alone {:.1} s",
                effort.of(DOSSIERS),
                command.median()
            ),
        }])
    })
}

async fn turns(province: &mut Province, effort: Effort) -> anyhow::Result<(Side, Side)> {
    let dossiers = effort.of(DOSSIERS);
    receive(province, dossiers).await?;
    let sheet = sheet(province)?;
    let (mut value, mut command) = (Side::default(), Side::default());
    for turn in 0..effort.turns {
        everything_is_at_the_hub(province).await?;
        new_disk(province, turn).await?;
        let token = run(province, "hub.toml", &["hub", "enrol", NODE]).await?;
        let (hub, sheet) = (province.demo.hub_address(), sheet.display().to_string());
        let arguments = [
            "center",
            "restore",
            "--hub",
            &hub,
            "--token",
            token.trim(),
            "--sheet",
            &sheet,
            "--old-box-is-off",
        ];
        let begun = Instant::now();
        run(province, &format!("{NODE}/center.toml"), &arguments).await?;
        command.0.push(begun.elapsed().as_secs_f64());
        province.demo.center_process().start_again()?;
        let body = json!({ "service": "ho-tich" });
        let key = uuid::Uuid::new_v4().to_string();
        let answer = province
            .kiosk()?
            .send(Method::POST, "/api/v1/tickets", Some(&key), Some(&body))
            .await?;
        ensure!(answer.granted(), "{} {}", answer.status, answer.body);
        value.0.push(begun.elapsed().as_secs_f64());
        let here = open_dossiers(province)?;
        ensure!(here >= dossiers, "{here} dossiers are here, {dossiers} were received");
    }
    Ok((value, command))
}

/// People receive dossiers, several at a time.
async fn receive(province: &Province, count: usize) -> anyhow::Result<()> {
    let mut officers = JoinSet::new();
    for place in 0..OFFICERS {
        let counter = u16::try_from(place + 1)?;
        let mut officer = province.site.officer(counter)?;
        let share = count / OFFICERS + usize::from(place < count % OFFICERS);
        officers.spawn(async move {
            super::post(&mut officer, counter, "open").await?;
            for _ in 0..share {
                scans::receive(&mut officer, counter).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = officers.join_next().await {
        ended??;
    }
    Ok(())
}

fn of_province(province: &Province, file: &str) -> PathBuf {
    province.folder().join("province").join(file)
}

/// The code on the recovery sheet, in a file of its own.
fn sheet(province: &Province) -> anyhow::Result<PathBuf> {
    let printed = of_province(province, &format!("{NODE}/recovery-sheet.txt"));
    let text = std::fs::read_to_string(&printed).with_context(|| printed.display().to_string())?;
    let is_code = |line: &&str| line.split('-').count() == 8 && line.len() == 47;
    let code = text.lines().map(str::trim).find(is_code).context("no code on the sheet")?;
    let file = of_province(province, "sheet-code.txt");
    std::fs::write(&file, code)?;
    Ok(file)
}

async fn everything_is_at_the_hub(province: &Province) -> anyhow::Result<()> {
    let books = Onlooker::open(&province.store_config()?)?;
    wait_for("everything to be at the hub", PATIENCE, async || {
        let head = books.readers().read_now(query::journal::head).ok()?.seq;
        let acked = books.readers().read_now(query::cursors::uplink).ok()??.seq;
        (acked >= head).then_some(())
    })
    .await
}

/// The box has a new disk, with nothing on it but what marks a demonstration.
async fn new_disk(province: &mut Province, turn: usize) -> anyhow::Result<()> {
    province.demo.center_process().kill_hard().await?;
    let data = of_province(province, &format!("{NODE}/data"));
    let old = data.with_extension(format!("old-{turn}"));
    std::fs::rename(&data, &old)?;
    std::fs::create_dir_all(&data)?;
    std::fs::copy(old.join(DEMO_MARK), data.join(DEMO_MARK)).context(DEMO_MARK)?;
    Ok(())
}

fn open_dossiers(province: &Province) -> anyhow::Result<usize> {
    let books = Onlooker::open(&province.store_config()?)?;
    let rows = books.readers().read_now(store::books)?;
    // A dossier stands in the books once for each of its axes.
    let all: std::collections::BTreeSet<&str> =
        rows.iter().filter(|row| row.kind == "dossier").map(|row| row.subject.as_str()).collect();
    Ok(all.len())
}

/// Runs the program under test to its end; what it printed.
async fn run(province: &Province, config: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let own = std::env::current_exe()?;
    let program: &Path = own.parent().context("no folder")?;
    let output = Command::new(program.join("motcua"))
        .args(arguments)
        .arg("--config")
        .arg(of_province(province, config))
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
