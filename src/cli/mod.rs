//! The command line: one file per subcommand. Errors for people go to the standard error, one line
//! each; the exit status is 0 only when everything asked for was done.

pub mod access;
pub mod accounts;
pub mod audit;
pub mod center;
pub mod check;
mod check_notes;
pub mod day;
pub mod demo;
pub mod erase;
pub mod history;
pub mod hub;
pub mod line;
pub mod queue;
pub mod restore;
pub mod restore_from;
pub mod sim;

use crate::settings::Settings;
use clap::{Args, Parser, Subcommand};
use domain::problem::Problems;
use std::path::PathBuf;
use std::process::ExitCode;

/// The appliance of a public administration service center.
#[derive(Debug, Parser)]
#[command(name = "motcua", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where the settings are.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// The site's settings over the defaults.
    #[arg(long, global = true)]
    pub config: Option<PathBuf>,
}

impl Config {
    /// The file given, or the usual one where it exists.
    #[must_use]
    pub fn file(&self, usual: &str) -> Option<PathBuf> {
        let usual = PathBuf::from(usual);
        self.config.clone().or_else(|| usual.exists().then_some(usual))
    }

    /// The center's settings.
    ///
    /// # Errors
    /// All problems at once.
    pub fn settings(&self) -> Result<Settings, Problems> {
        Settings::load(self.file(CENTER_FILE).as_deref())
    }
}

/// Where an installed center has its settings.
pub const CENTER_FILE: &str = "/etc/motcua/center.toml";
/// Where an installed hub has its settings.
pub const HUB_FILE: &str = "/etc/motcua/hub.toml";

#[derive(Debug, Subcommand)]
enum Command {
    /// The daemon of a center, or `enrol` to register the box with the hub.
    Center {
        #[command(flatten)]
        config: Config,
        #[command(subcommand)]
        action: Option<center::Action>,
    },
    /// The provincial end, and what a technician does there.
    Hub {
        #[command(flatten)]
        config: Config,
        #[command(subcommand)]
        action: Option<hub::Action>,
    },
    /// Reads all settings and data and names every mistake; `check journal` proves the journal.
    Check {
        #[command(flatten)]
        config: Config,
        #[command(subcommand)]
        action: Option<check::Action>,
    },
    /// The books of this node, one subject a line, for comparing with the hub's.
    Books {
        #[command(flatten)]
        config: Config,
    },
    /// Who looked at a dossier, and when; also while the daemon runs.
    Access {
        #[command(flatten)]
        config: Config,
        /// The code on the slip.
        code: String,
    },
    /// Who did what in the queue on which days, and why, as CSV; also while the daemon runs.
    Audit {
        #[command(flatten)]
        config: Config,
        #[command(flatten)]
        days: audit::Days,
    },
    /// A backup of the center, also while it runs, into a new folder.
    Backup {
        #[command(flatten)]
        config: Config,
        /// The folder to make.
        to: PathBuf,
    },
    /// Erases what tells of a person, once its time of retention has passed.
    Erase {
        #[command(flatten)]
        config: Config,
        #[command(subcommand)]
        action: erase::Action,
    },
    /// Years of a center, made up, for a demonstration.
    History {
        #[command(flatten)]
        config: Config,
        #[command(subcommand)]
        action: history::Action,
    },
    /// The queue's past: `replay` plays it again under another policy of calling.
    Queue {
        #[command(flatten)]
        config: Config,
        #[command(subcommand)]
        action: queue::Action,
    },
    /// Devices: list the drivers, try one, make a token for a screen.
    Device {
        #[command(flatten)]
        config: Config,
        #[command(subcommand)]
        action: accounts::DeviceAction,
    },
    /// Officers' accounts.
    Officer {
        #[command(flatten)]
        config: Config,
        #[command(subcommand)]
        action: accounts::OfficerAction,
    },
    /// Simulated devices, for demos, tests and training.
    Sim {
        #[command(subcommand)]
        action: sim::Action,
    },
    /// Lists what Avahi sees, as JSON lines; started and watched by the daemon.
    Discover {
        /// Service types.
        types: Vec<String>,
    },
    /// A hub, centers and simulated devices on this machine.
    Demo(demo::guide::Arguments),
    /// Prints the description of the center's HTTP interface, or of the hub's.
    Openapi {
        /// The hub's.
        #[arg(long)]
        hub: bool,
    },
}

/// Parses and runs.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Center { config, action } => center::run(&config, action),
        Command::Hub { config, action } => hub::run(&config, action),
        Command::Check { config, action } => check::run(&config, action),
        Command::Books { config } => check::books(&config),
        Command::Access { config, code } => access::run(&config, &code),
        Command::Audit { config, days } => audit::run(&config, &days),
        Command::Backup { config, to } => check::backup(&config, &to),
        Command::Erase { config, action } => erase::run(&config, action),
        Command::History { config, action } => history::run(&config, action),
        Command::Queue { config, action } => queue::run(&config, &action),
        Command::Device { config, action } => accounts::device(&config, action),
        Command::Officer { config, action } => accounts::officer(&config, action),
        Command::Sim { action } => sim::run(action),
        Command::Discover { types } => sim::discover(&types),
        Command::Demo(arguments) => demo::guide::run(arguments),
        Command::Openapi { hub } => center::print_openapi(hub),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
