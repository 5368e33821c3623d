//! `motcua history make`: years of a center, made up, for a demonstration and for measuring that a
//! center with ten years behind it is as quick as a new one.
//!
//! The years are built once for each seed and kept in the cache (`MOTCUA_CACHE`, else
//! `~/.cache/motcua`); a demonstration's folder gets a copy. The copy comes with the master key under
//! which it was built, which takes the place of the folder's own: a recovery sheet printed before does
//! not open it any more. That is why only a folder marked as a demonstration's is taken.

use super::Config;
use crate::clock::DEMO_MARK;
use crate::identity::Identity;
use anyhow::{Context, bail};
use clap::Subcommand;
use domain::ids::NodeId;
use jiff::civil;
use journal::WrappingKey;
use journal::entry::sha256;
use std::path::{Path, PathBuf};
use std::time::Instant;
use store::history::{HistoryPlan, make, rewrap};
use store::{ClockKind, Keys, StoreConfig};

/// More years than this are not made.
const YEARS_MAX: u32 = 30;
/// The day before which the years lie, unless another is given: fixed, so that the cache serves
/// every day.
const UNTIL: civil::Date = civil::date(2026, 11, 1);

/// What may be done with made-up years.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Fills the store of a demonstration that was never started.
    Make {
        /// How many years.
        #[arg(long, default_value_t = 10)]
        years: u32,
        /// Which ones: the same number gives the same.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Ten times as much a day: 15 million entries in ten years.
        #[arg(long)]
        full: bool,
        /// The day before which they lie.
        #[arg(long)]
        until: Option<civil::Date>,
    },
    /// Builds the years in the cache only, and prints the folder.
    Cache {
        /// The node whose years they are.
        #[arg(long, default_value = "06658-1")]
        node: String,
        /// How many years.
        #[arg(long, default_value_t = 10)]
        years: u32,
        /// Which ones.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Ten times as much a day.
        #[arg(long)]
        full: bool,
    },
}

/// Makes them.
///
/// # Errors
/// The folder is not a demonstration's, is not enrolled, or was started before.
pub fn run(config: &Config, action: Action) -> anyhow::Result<()> {
    match action {
        Action::Cache { node, years, seed, full } => {
            let node = NodeId::parse(&node).context("--node")?;
            let folder = cached(&node, 1, &plan(years, seed, full, None)?)?;
            println!("{}", folder.display());
            Ok(())
        }
        Action::Make { years, seed, full, until } => {
            let settings = config.settings()?;
            let data_folder = &settings.node.data_folder;
            fill(data_folder, &plan(years, seed, full, until)?)?;
            println!("{}: {years} years, seed {seed}", data_folder.display());
            Ok(())
        }
    }
}

/// Fills the store of a box that is enrolled and was never started.
///
/// # Errors
/// The folder is not a demonstration's, is not enrolled, or was started before.
pub fn fill(data_folder: &Path, plan: &HistoryPlan) -> anyhow::Result<()> {
    if !data_folder.join(DEMO_MARK).exists() {
        bail!("{} is not a demonstration's folder", data_folder.display());
    }
    let identity = Identity::load(data_folder)?;
    let target = data_folder.join("store");
    if target.join("center.db").exists() {
        bail!("{} holds a store already; take a folder that was never started", target.display());
    }
    let source = cached(&identity.node, identity.epoch, plan)?;
    copy(&source, &target)?;
    let keys = keys(plan.seed);
    let master = keys.master;
    let copied = StoreConfig::new(&target, identity.node.clone(), identity.epoch, keys);
    rewrap(&copied, &identity.keys.wrapping)?;
    std::fs::write(identity.files.master_key(), master)?;
    Ok(())
}

/// A center's usual years up to the day that serves every cache.
///
/// # Errors
/// There are too many.
pub fn usual(years: u32, seed: u64) -> anyhow::Result<HistoryPlan> {
    plan(years, seed, false, None)
}

fn plan(
    years: u32,
    seed: u64,
    full: bool,
    until: Option<civil::Date>,
) -> anyhow::Result<HistoryPlan> {
    if !(1..=YEARS_MAX).contains(&years) {
        bail!("--years {years}: from 1 to {YEARS_MAX}");
    }
    let until = until.unwrap_or(UNTIL);
    Ok(if full {
        HistoryPlan::full(until, years, seed)
    } else {
        HistoryPlan::usual(until, years, seed)
    })
}

/// The keys under which made-up years lie. They protect nothing: nothing in there is true.
#[must_use]
pub fn keys(seed: u64) -> Keys {
    let key = |purpose: &str| sha256(format!("motcua made-up history {purpose} {seed}").as_bytes());
    Keys { master: key("master"), wrapping: WrappingKey::from_bytes(key("wrapping")) }
}

/// The folder in the cache; built if it is not there yet. It has its name only when it is complete.
///
/// # Errors
/// There is no place for a cache, or the disk is full.
pub fn cached(node: &NodeId, epoch: u64, plan: &HistoryPlan) -> anyhow::Result<PathBuf> {
    let HistoryPlan { until, years, seed, tickets_a_day, .. } = plan;
    let mark = store::schema_mark();
    let name = format!("{node}-e{epoch}-{years}y-{tickets_a_day}-{until}-{seed}-{mark}");
    let folder = cache_folder()?.join("history").join(&name);
    if folder.exists() {
        return Ok(folder);
    }
    let partial = folder.with_file_name(format!("{name}.partial"));
    if partial.exists() {
        std::fs::remove_dir_all(&partial)?;
    }
    std::fs::create_dir_all(&partial).with_context(|| partial.display().to_string())?;
    std::fs::write(partial.join(store::DEMO_MARK), "")?;
    let mut config = StoreConfig::new(&partial, node.clone(), epoch, keys(*seed));
    config.clock = ClockKind::Demo;
    let begun = Instant::now();
    let mut year = 0;
    let report = make(config, plan, |day| {
        if day.year() != year {
            year = day.year();
            eprintln!("{year} ({} s)", begun.elapsed().as_secs());
        }
    })?;
    std::fs::rename(&partial, &folder)?;
    eprintln!(
        "{} entries, {} tickets, {} dossiers, {} segments in {} s",
        report.entries,
        report.tickets,
        report.dossiers,
        report.segments,
        begun.elapsed().as_secs()
    );
    Ok(folder)
}

fn cache_folder() -> anyhow::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from);
    set("MOTCUA_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|folder| folder.join("motcua")))
        .or_else(|| set("HOME").map(|folder| folder.join(".cache/motcua")))
        .context("where the cache is: set MOTCUA_CACHE")
}

/// Copies a folder of files and folders.
///
/// # Errors
/// A file cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for found in std::fs::read_dir(from)? {
        let found = found?;
        let target = to.join(found.file_name());
        if found.file_type()?.is_dir() {
            copy(&found.path(), &target)?;
        } else {
            std::fs::copy(found.path(), &target).with_context(|| target.display().to_string())?;
        }
    }
    Ok(())
}
