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
use store::{CheckReport, Depth, Onlooker, check_folder};

/// What may be checked beside settings and data.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Walks the journal's chain from the last checkpoint and compares it with the tables.
    Journal {
        /// Everything: every segment, every page, every row, however many years there are.
        #[arg(long)]
        full: bool,
        /// Checks everything, and prints number and hash of every entry as JSON.
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
        Some(Action::Journal { full, json }) => journal_of(config, full, json),
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

fn journal_of(config: &Config, full: bool, json: bool) -> anyhow::Result<()> {
    let settings = config.settings()?;
    let identity = Identity::load(&settings.node.data_folder)?;
    let store = store_config(&settings, &identity);
    let depth = if full || json { Depth::Full } else { Depth::SinceCheckpoint };
    let report = check_folder(&store.folder, &store.keys, depth)?;
    if json {
        let onlooker = Onlooker::open(&store)?;
        let entries = onlooker
            .readers()
            .read_now(|c| store::segments::all_hashes(c, onlooker.segments()))?
            .into_iter()
            .map(|(seq, hash)| (seq, journal::hex::encode(&hash)))
            .collect();
        let state = JournalState { entries, chain_ok: report.is_ok() };
        println!("{}", serde_json::to_string(&state)?);
        return Ok(());
    }
    let CheckReport { entries, from_seq, segments, .. } = report;
    println!("{entries} entries from {from_seq} on, {segments} segments");
    for problem in &report.problems {
        println!("{}: {:?}: {}", problem.code, problem.seq, problem.detail);
    }
    if report.is_ok() {
        match depth {
            Depth::Full => {
                println!("the chain holds from end to end, and the tables say the same");
            }
            Depth::SinceCheckpoint => {
                println!("the chain holds from the last checkpoint, and the tables say the same");
                println!("everything is checked with --full");
            }
        }
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
