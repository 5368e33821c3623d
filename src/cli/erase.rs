//! `motcua erase`: what tells of a person goes, once its time has passed. Shows what would go and does
//! nothing until `--yes` is said. The daemon rests meanwhile; erasing while it runs is ordered at the
//! hub (`motcua hub erase`), which reaches every center that holds the dossier.

use super::Config;
use crate::center::store_config;
use crate::clock;
use crate::identity::Identity;
use crate::province_data::ProvinceData;
use crate::renewal::ask_for_the_time;
use crate::settings::Settings;
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use domain::dossier::Dossier;
use domain::retention::{RetentionOf, RetentionRule};
use domain::time::business_day;
use jiff::{Timestamp, civil};
use std::path::Path;
use std::time::Duration;
use store::erase::Erasable;
use store::records::ErasureRecord;
use store::{Batch, Store, query};
use uuid::Uuid;

/// Longest reason, in characters.
const REASON_LENGTH_MAX: usize = 500;

/// What is erased.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// The retention rules, one a line.
    Rules,
    /// A dossier, by its code or id: applicant, notes, scans.
    Dossier {
        /// Its code or id.
        code: String,
        /// By which rule, why, who.
        #[command(flatten)]
        how: How,
    },
    /// Grounds of priority and reasons on the tickets of a day.
    Tickets {
        /// The business day.
        day: civil::Date,
        /// By which rule, why, who.
        #[command(flatten)]
        how: How,
    },
    /// The words beside the votes of a day.
    Ratings {
        /// The day.
        day: civil::Date,
        /// By which rule, why, who.
        #[command(flatten)]
        how: How,
    },
}

/// By which rule, why, who.
#[derive(Debug, Args)]
pub struct How {
    /// Code of the retention rule, of `motcua erase rules`.
    #[arg(long)]
    pub(super) rule: String,
    /// Why, in words that name no person: they stay in the journal.
    #[arg(long)]
    pub(super) reason: String,
    /// Who orders it.
    #[arg(long)]
    pub(super) by: String,
    /// Does it; without this it is only shown.
    #[arg(long)]
    pub(super) yes: bool,
}

/// Erases, or shows what would be erased.
///
/// # Errors
/// The rule does not allow it, there is no such subject, the daemon runs.
pub fn run(config: &Config, action: Action) -> anyhow::Result<()> {
    let settings = config.settings()?;
    let rules = ProvinceData::load(&settings)?.retention;
    let (wanted, how) = match action {
        Action::Rules => {
            for RetentionRule { code, after_days, name_vi, needs_confirmation, .. } in rules {
                let mark = if needs_confirmation { " (cần xác nhận)" } else { "" };
                println!("{code}: {name_vi}, {after_days} ngày{mark}");
            }
            return Ok(());
        }
        Action::Dossier { code, how } => (Wanted::Dossier(code), how),
        Action::Tickets { day, how } => (Wanted::Tickets(day), how),
        Action::Ratings { day, how } => (Wanted::Ratings(day), how),
    };
    let reason = how.reason.trim();
    let rule = find_rule(&rules, &how.rule, reason)?;
    let identity = Identity::load(&settings.node.data_folder)?;
    let store = Store::open(store_config(&settings, &identity))?;
    let now = confirmed_now(&settings, &identity, &store)?;
    let (erasable, of, ended) = find(&store, &wanted)?;
    allow(rule, of, ended, now)?;
    if !how.yes {
        println!("{} would be erased; add --yes to do it", erasable.key_id());
        return Ok(());
    }
    let record = ErasureRecord {
        key_id: erasable.key_id(),
        rule: rule.code.clone(),
        reason: reason.to_owned(),
        by: how.by.clone(),
        at: now,
        rev: 1,
    };
    let mut done = store.commit_now(Batch::new(&how.by, now).with(record.clone()))?;
    // A day with very many tickets takes more than one entry.
    while store.readers().read_now(|c| store::erase::is_left(c, &erasable))? {
        done = store.commit_now(Batch::new(&how.by, now).with(record.clone()))?;
    }
    if let Some(removed) = store::sweep(&store.readers(), &store.blobs(), Duration::ZERO)? {
        store.commit_now(Batch::new("center", now).and(removed))?;
    }
    println!("{} is erased; entry {} says so", erasable.key_id(), done.seq);
    Ok(())
}

/// Business time as the daemon counts it. An erasure cannot be undone, so a clock that only may be right
/// does not do, and neither does it that the daemon believed that clock.
fn confirmed_now(
    settings: &Settings,
    identity: &Identity,
    store: &Store,
) -> anyhow::Result<Timestamp> {
    let last = store.readers().read_now(query::journal::last_time)?;
    let last = last.map(clock::only_not_before);
    let trust = store.config().clock_trust.clone();
    let clocks =
        clock::of_center(&settings.node.data_folder, last, trust).map_err(anyhow::Error::msg)?;
    let Some(guarded) = &clocks.guarded else { return Ok(clocks.business.now()) };
    ask_for_the_time(&identity.files.0, guarded);
    guarded.confirmed().context(
        "Chưa có gì xác nhận ngày giờ của máy; chưa xóa gì. Bật đồng bộ giờ (timedatectl set-ntp true) hoặc \
         nối lại đường truyền về tỉnh, rồi chạy lại.\n\
         clock.unconfirmed: nothing confirms this machine's clock, and nothing was erased; switch time \
         synchronisation on, or bring the line to the hub back, and run again",
    )
}

/// Whether a rule of a file lets a dossier be erased.
///
/// # Errors
/// It does not, or there is no such rule.
pub fn allowed(
    rules: &Path,
    rule: &str,
    reason: &str,
    returned: Option<Timestamp>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(rules).with_context(|| rules.display().to_string())?;
    let rules = domain::retention::parse(&rules.display().to_string(), &text)?;
    let rule = find_rule(&rules, rule, reason)?;
    allow(rule, RetentionOf::Dossier, returned.map(business_day), now)
}

fn find_rule<'a>(
    rules: &'a [RetentionRule],
    code: &str,
    reason: &str,
) -> anyhow::Result<&'a RetentionRule> {
    if reason.trim().is_empty() || reason.chars().count() > REASON_LENGTH_MAX {
        bail!("--reason: 1 to {REASON_LENGTH_MAX} characters");
    }
    rules
        .iter()
        .find(|rule| rule.code == code)
        .with_context(|| format!("--rule {code}: see `motcua erase rules`"))
}

fn allow(
    rule: &RetentionRule,
    of: RetentionOf,
    ended: Option<civil::Date>,
    now: Timestamp,
) -> anyhow::Result<()> {
    rule.allows(of, ended, business_day(now))
        .map_err(|refusal| anyhow::anyhow!("{}: {refusal}", refusal.code()))?;
    if rule.needs_confirmation {
        eprintln!("the period of rule {} still needs the province's confirmation", rule.code);
    }
    Ok(())
}

enum Wanted {
    Dossier(String),
    Tickets(civil::Date),
    Ratings(civil::Date),
}

fn find(
    store: &Store,
    wanted: &Wanted,
) -> anyhow::Result<(Erasable, RetentionOf, Option<civil::Date>)> {
    Ok(match wanted {
        Wanted::Tickets(day) => (Erasable::TicketDay(*day), RetentionOf::TicketDay, Some(*day)),
        Wanted::Ratings(day) => (Erasable::RatingDay(*day), RetentionOf::RatingDay, Some(*day)),
        Wanted::Dossier(code) => {
            let dossier = dossier(store, code)?;
            let ended = dossier.returned.as_ref().map(|returned| business_day(returned.at));
            (Erasable::Dossier(dossier.id), RetentionOf::Dossier, ended)
        }
    })
}

fn dossier(store: &Store, code: &str) -> anyhow::Result<Dossier> {
    let mut found = match Uuid::parse_str(code) {
        Ok(id) => {
            store.readers().read_now(|c| query::dossiers::by_id(c, id))?.into_iter().collect()
        }
        Err(_) => store.readers().read_now(|c| query::dossiers::by_code(c, code))?,
    };
    match found.len() {
        1 => found.pop().context("a dossier"),
        0 => bail!("there is no dossier {code} here"),
        _ => bail!("two centers gave the code {code}: name the dossier by its id"),
    }
}
