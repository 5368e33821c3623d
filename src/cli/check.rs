//! `motcua check`, `motcua books`, `motcua backup`: looking at a center from outside, also while its
//! daemon runs.

use super::Config;
use super::demo::books::{BookLine, JournalState};
use crate::center::store_config;
use crate::identity::Identity;
use crate::province_data::ProvinceData;
use crate::recovery::{self, Recovery};
use anyhow::bail;
use clap::Subcommand;
use domain::problem::{Problem, Problems};
use journal::books::BookRow;
use std::path::Path;
use store::{Onlooker, check_journal};

/// What may be checked beside settings and data.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Walks the journal's chain from end to end and compares it with the tables.
    Journal {
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Checks.
///
/// # Errors
/// Every mistake, one a line.
pub fn run(config: &Config, action: Option<Action>) -> anyhow::Result<()> {
    match action {
        None => settings_and_data(config),
        Some(Action::Journal { json }) => journal_of(config, json),
    }
}

fn settings_and_data(config: &Config) -> anyhow::Result<()> {
    let settings = config.settings()?;
    let mut problems = Vec::new();
    if let Err(found) = ProvinceData::load(&settings) {
        problems.extend(found.0);
    }
    if let Err(found) = devices::read(&settings.raw_devices()) {
        let file = config.config.as_deref().unwrap_or(Path::new("config/center.toml"));
        problems.extend(found.into_iter().map(|one| Problem {
            file: file.display().to_string(),
            key: one.key,
            message: one.wrong,
            works: one.works,
        }));
    }
    if !problems.is_empty() {
        return Err(Problems(problems).into());
    }
    println!("settings and data are in order");
    Ok(())
}

fn journal_of(config: &Config, json: bool) -> anyhow::Result<()> {
    let settings = config.settings()?;
    let identity = Identity::load(&settings.node.data_folder)?;
    let store = store_config(&settings, &identity);
    let report = check_journal(&store.folder, &store.keys)?;
    if json {
        let entries = Onlooker::open(&store)?.readers().read_now(|c| {
            let mut rows = c.prepare("SELECT seq, lower(hex(hash)) FROM entry ORDER BY seq")?;
            let found =
                rows.query_map([], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)))?;
            Ok(found.collect::<Result<Vec<(u64, String)>, _>>()?)
        })?;
        let state = JournalState { entries, chain_ok: report.is_ok() };
        println!("{}", serde_json::to_string(&state)?);
        return Ok(());
    }
    println!("{} entries", report.entries);
    for problem in &report.problems {
        println!("{}: {:?}: {}", problem.code, problem.seq, problem.detail);
    }
    if report.is_ok() {
        println!("the chain holds from end to end, and the tables say the same");
        return Ok(());
    }
    bail!("the journal is not in order");
}

/// Prints the books.
///
/// # Errors
/// The store cannot be read.
pub fn books(config: &Config) -> anyhow::Result<()> {
    let onlooker = onlooker(config)?;
    for row in onlooker.readers().read_now(store::books)? {
        println!("{}", book_line(&row)?);
    }
    Ok(())
}

/// Copies the store, also while the daemon runs.
///
/// # Errors
/// The target exists, or the copy fails.
pub fn backup(config: &Config, to: &Path) -> anyhow::Result<()> {
    let settings = config.settings()?;
    let identity = Identity::load(&settings.node.data_folder)?;
    let recovery = Recovery::of(&settings.node.data_folder, &identity.keys.master)?;
    let report = onlooker(config)?.backup(to)?;
    hub::keys::write_public(&to.join(recovery::FILE), &recovery.bytes()?)?;
    println!("{}: up to entry {}, {} scans", to.display(), report.seq, report.blobs);
    Ok(())
}

fn onlooker(config: &Config) -> anyhow::Result<Onlooker> {
    let settings = config.settings()?;
    let identity = Identity::load(&settings.node.data_folder)?;
    Ok(Onlooker::open(&store_config(&settings, &identity))?)
}

/// A row of the books as a line.
///
/// # Errors
/// It cannot be written as JSON.
pub fn book_line(row: &BookRow) -> anyhow::Result<String> {
    let line = BookLine {
        kind: row.kind.clone(),
        subject: row.subject.clone(),
        rev: row.rev,
        sha256: row.sha256.clone(),
    };
    Ok(serde_json::to_string(&line)?)
}
