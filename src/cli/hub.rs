//! `motcua hub …`: the provincial end. What each does stands in the hub package; here are only the
//! words of the command line. This is the only place of the root that starts a hub.

use super::Config;
use super::erase::How;
use crate::clock;
use anyhow::bail;
use clap::Subcommand;
use hub::{Settings, cli as commands};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;
use web::Role;

/// What may be done at the hub.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Makes keys, authorities, the broker's files and the tables. Once.
    Init {
        /// Makes new server certificates under the old authorities.
        #[arg(long)]
        renew: bool,
    },
    /// Prints a token for one new box, valid once.
    Enrol {
        /// The node, as 06658-1.
        node: String,
    },
    /// A message to all counters of all centers, or of some.
    Order {
        /// What it says.
        text: String,
        /// Only to these nodes.
        #[arg(long)]
        node: Vec<String>,
    },
    /// The books of a node, one subject a line.
    Books {
        /// The node.
        node: String,
    },
    /// Checks files, store and every chain; with a node, prints that journal's state as JSON.
    Check {
        /// The node.
        node: Option<String>,
    },
    /// The scans that are whole and verified here, one SHA-256 a line.
    Blobs,
    /// Orders the erasure of a dossier from every center that wrote about it.
    Erase {
        /// Its code or id.
        dossier: String,
        /// By which rule, why, who.
        #[command(flatten)]
        how: How,
        /// The retention rules.
        #[arg(long, default_value = "config/retention/rules.toml")]
        rules: PathBuf,
    },
    /// Takes what was erased out of PostgreSQL's files, too. Locks tables: for a quiet hour.
    Sweep,
    /// Lets a frozen node's stream go on from the hub's cursor.
    Thaw {
        /// The node.
        node: String,
    },
    /// Lets the journal of a box go on whose epoch the database has forgotten (`node.epoch_forgotten`: the
    /// hub came back from a dump that is older than the box's enrolment). The journal here ends; enrol that
    /// box with a new token afterwards, with its data as they are, for its certificates.
    Adopt {
        /// The node.
        node: String,
    },
    /// Takes a node's certificates away: a box that was stolen or given away. A new token lets a box in
    /// again under that name.
    Revoke {
        /// The node.
        node: String,
    },
    /// Begins the hub's journal for a node anew (`link.down_fork`: the hub came back from an older copy
    /// and the node has newer orders). What is not known to have arrived is said again.
    DownAnew {
        /// The node.
        node: String,
    },
    /// Tries entries again that could not be applied, of all nodes, and prints how many could be now.
    Replay,
    /// Adds a technician who may sign in at the hub's page.
    Technician {
        /// The login name.
        login: String,
        /// The name on screens; the login name when absent.
        #[arg(long)]
        name: Option<String>,
        /// The password; read from the first line of the standard input when absent.
        #[arg(long)]
        password: Option<String>,
        /// A leader of the province instead: sees the boxes and the figures, decides nothing about boxes.
        #[arg(long)]
        leader: bool,
    },
}

/// Runs the hub, or does what is asked.
///
/// # Errors
/// Wrong settings, all at once; what the action says.
pub fn run(config: &Config, action: Option<Action>) -> anyhow::Result<()> {
    let settings = load(config.file(super::HUB_FILE).as_deref())?;
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
    actix::System::new().block_on(act(&settings, action))
}

fn load(file: Option<&Path>) -> anyhow::Result<Settings> {
    Ok(Settings::load(file)?)
}

async fn act(settings: &Settings, action: Option<Action>) -> anyhow::Result<()> {
    let now = Timestamp::now();
    match action {
        None => {
            // The mark of a demo stands in the folder that holds all of it, the hub's among others.
            let marked = |folder: &Path| folder.join(clock::DEMO_MARK).exists();
            let folder = &settings.data_folder;
            let demo = marked(folder) || folder.parent().is_some_and(marked);
            crashpoint::arm(demo).map_err(anyhow::Error::msg)?;
            let clock = clock::for_folder(folder).map_err(anyhow::Error::msg)?;
            commands::run(settings, clock).await?;
        }
        Some(Action::Init { renew }) => {
            let report = commands::init(settings, now, renew).await?;
            println!("LAN authority: {}", report.lan_certificate.display());
            println!("broker: {}", report.broker_config.display());
            if let Some(root_key) = report.root_key {
                println!("take the root key away to a locked medium: {}", root_key.display());
            }
        }
        Some(Action::Enrol { node }) => {
            println!("{}", commands::enrol(settings, &node, now).await?)
        }
        Some(Action::Order { text, node }) => {
            let nodes = (!node.is_empty()).then_some(node);
            let order =
                commands::order(settings, &text, nodes, "Quản trị hệ thống tỉnh", now).await?;
            println!("{}", serde_json::to_string(&order)?);
        }
        Some(Action::Books { node }) => {
            for row in commands::books(settings, &node).await? {
                println!("{}", super::check::book_line(&row)?);
            }
        }
        Some(Action::Check { node: Some(node) }) => {
            let (entries, chain_ok) = commands::journal(settings, &node).await?;
            let state = super::demo::books::JournalState { entries, chain_ok };
            println!("{}", serde_json::to_string(&state)?);
        }
        Some(Action::Check { node: None }) => {
            let report = commands::check(settings).await?;
            println!("{}", serde_json::to_string_pretty(&report)?);
            if !report.is_fine() {
                bail!("the hub is not in order");
            }
        }
        Some(Action::Blobs) => {
            for sha256 in commands::blobs(settings).await? {
                println!("{sha256}");
            }
        }
        Some(Action::Erase { dossier, how: How { rule, reason, by, yes }, rules }) => {
            let found = commands::erasable(settings, &dossier).await?;
            let [(id, returned)] = found[..] else {
                bail!("{} dossiers have the code {dossier}; name one by its id", found.len());
            };
            let newest = commands::newest_entry_at(settings).await?;
            let confirmed = clock::confirmed_at_hub(&settings.data_folder, newest)
                .map_err(anyhow::Error::msg)?;
            super::erase::allowed(&rules, &rule, &reason, returned, confirmed)?;
            if !yes {
                println!("dossier {id} would be erased; add --yes to do it");
                return Ok(());
            }
            let order = commands::EraseOrder { dossier: id, rule, reason, by };
            for node in commands::erase(settings, &order, now).await? {
                println!("{node}");
            }
        }
        Some(Action::Sweep) => {
            println!("{} scans removed", commands::sweep(settings).await?);
        }
        Some(Action::Thaw { node }) => {
            let thawed = commands::thaw(settings, &node, now).await?;
            println!("{}", if thawed { "thawed" } else { "was not frozen" });
        }
        Some(Action::Adopt { node }) => {
            println!("epoch {} goes on", commands::adopt(settings, &node, now).await?);
        }
        Some(Action::Revoke { node }) => {
            println!("{}", commands::revoke(settings, &node, now).await?);
        }
        Some(Action::DownAnew { node }) => {
            let (epoch, entries) = commands::down_anew(settings, &node, now).await?;
            println!("epoch {epoch}, {entries} entries are said again");
        }
        Some(Action::Replay) => println!("{}", commands::replay(settings, now).await?),
        Some(Action::Technician { login, name, password, leader }) => {
            let password = super::accounts::password_given(password)?;
            let name = name.unwrap_or_else(|| login.clone());
            let role = if leader { Role::Head } else { Role::Admin };
            commands::officer_add(settings, &login, &name, role, &password, now).await?;
            println!("{login}");
        }
    }
    Ok(())
}
