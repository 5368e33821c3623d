//! `motcua officer` and `motcua device`: accounts and tokens, made while no daemon runs on the folder,
//! and the list of drivers.

use super::Config;
use crate::center::store_config;
use crate::identity::Identity;
use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use domain::ids::{CounterNumber, OfficerId};
use std::io::BufRead as _;
use store::records::{DeviceToken, Officer};
use store::{Batch, LocalWrite, Store};
use web::session::Token;

/// The longest name of an officer; a longer one is refused. Characters.
const NAME_LENGTH_MAX: usize = 64;

/// What an account may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RoleName {
    /// Works at a counter.
    Officer,
    /// Head of the center.
    Head,
    /// Administrator of the unit.
    Admin,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum DeviceRoleName {
    /// Issues tickets.
    Kiosk,
    /// Shows calls.
    Hall,
    /// Takes assessments at one counter.
    Tablet,
    /// Another system.
    Load,
}

/// Officers' accounts.
#[derive(Debug, Subcommand)]
pub enum OfficerAction {
    /// Adds an account, or gives an existing one a new name, role and password.
    Add {
        /// The login name.
        login: String,
        /// The name on screens and slips.
        #[arg(long)]
        name: String,
        /// What it may do.
        #[arg(long, value_enum, default_value = "officer")]
        role: RoleName,
        /// The password; read from the first line of the standard input when absent.
        #[arg(long)]
        password: Option<String>,
    },
}

/// Devices.
#[derive(Debug, Subcommand)]
pub enum DeviceAction {
    /// The drivers that this program has.
    List,
    /// Lets one device of the settings show that it works, without a daemon.
    Try {
        /// Its id in the settings.
        id: String,
    },
    /// Makes a token for a screen, a tablet or another system, and prints it once.
    Token {
        /// What it is for.
        #[arg(long, value_enum)]
        role: DeviceRoleName,
        /// The counter; a tablet must have one.
        #[arg(long)]
        counter: Option<u16>,
    },
}

/// A password from the argument or the standard input.
///
/// # Errors
/// There is none.
pub fn password_given(argument: Option<String>) -> anyhow::Result<String> {
    let password = match argument {
        Some(password) => password,
        None => {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        }
    };
    if password.is_empty() {
        bail!("there is no password: --password, or one line on the standard input");
    }
    Ok(password)
}

fn name_of(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|name| name.get_name().to_owned()).unwrap_or_default()
}

fn open(config: &Config) -> anyhow::Result<Store> {
    let settings = config.settings()?;
    let identity = Identity::load(&settings.node.data_folder)?;
    let config = store_config(&settings, &identity);
    if settings.node.data_folder.join(crate::clock::DEMO_MARK).exists() {
        std::fs::create_dir_all(&config.folder)?;
        std::fs::write(config.folder.join(store::DEMO_MARK), "")?;
    }
    Store::open(config).context("stop the daemon first: accounts are made while it rests")
}

/// The name by which colleagues know the officer: on screens, slips and in refusals.
fn shown_name(text: &str) -> anyhow::Result<String> {
    let name = domain::text_fold::normalise(text.trim());
    let length = name.chars().count();
    if length == 0 || length > NAME_LENGTH_MAX || name.chars().any(char::is_control) {
        bail!(
            "the name on screens has 1 to {NAME_LENGTH_MAX} characters: --name \"Nguyễn Thị Lan\""
        );
    }
    Ok(name)
}

/// Officers' accounts.
///
/// # Errors
/// The daemon runs, the name is empty or too long, the password is too short, or the store refuses.
pub fn officer(config: &Config, action: OfficerAction) -> anyhow::Result<()> {
    let OfficerAction::Add { login, name, role, password } = action;
    let name = shown_name(&name)?;
    let id = OfficerId::parse(&login)
        .map_err(|error| anyhow::anyhow!("«{login}» cannot be a login name: {error}"))?;
    let password = password_given(password)?;
    let password_hash = web::password::hash_new(&password)
        .map_err(|error| anyhow::anyhow!("the password cannot be hashed: {error}"))?;
    let now = jiff::Timestamp::now();
    let account = Officer {
        id,
        login: login.clone(),
        name,
        role: name_of(&role),
        password_hash,
        disabled: false,
        created_at: now,
    };
    open(config)?.commit_now(Batch::new("command line", now).and(LocalWrite::Officer(account)))?;
    println!("{login}");
    Ok(())
}

/// Devices.
///
/// # Errors
/// The daemon runs, there is no such device, or it does not work.
pub fn device(config: &Config, action: DeviceAction) -> anyhow::Result<()> {
    match action {
        DeviceAction::List => {
            for driver in devices::DRIVERS {
                let manifest = driver.manifest()?;
                println!("{:<16} {}", driver.name, manifest.title_vi);
            }
            Ok(())
        }
        DeviceAction::Try { id } => try_device(config, &id),
        DeviceAction::Token { role, counter } => {
            if matches!(role, DeviceRoleName::Tablet) && counter.is_none() {
                bail!("a tablet belongs to a counter: --counter N");
            }
            let token = Token::random().map_err(|problem| anyhow::anyhow!("{problem}"))?;
            let now = jiff::Timestamp::now();
            let record = DeviceToken {
                token_hash: token.hash().0,
                role: name_of(&role),
                counter: counter.map(CounterNumber),
                title: String::new(),
                created_at: now,
                revoked_at: None,
            };
            open(config)?
                .commit_now(Batch::new("command line", now).and(LocalWrite::DeviceToken(record)))?;
            println!("{}", token.reveal());
            Ok(())
        }
    }
}

fn try_device(config: &Config, id: &str) -> anyhow::Result<()> {
    let settings = config.settings()?;
    let all = devices::read(&settings.raw_devices()).map_err(|problems| {
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!(all.join("\n"))
    })?;
    let names: Vec<String> = all.iter().map(|device| device.id.clone()).collect();
    let wanted = all.into_iter().find(|device| device.id == id).with_context(|| {
        format!("there is no device «{id}» in the settings; there are: {}", names.join(", "))
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (events, mut told) = devices::Events::channel(16);
        let task = devices::spawn(wanted, events)
            .map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        let tried = tokio::select! {
            tried = task.try_it() => tried,
            () = async { while let Some(event) = told.recv().await { eprintln!("{event:?}"); } } => {
                bail!("the device's driver ended")
            }
        };
        println!("{}: {}", id, tried.code);
        if tried.done { Ok(()) } else { bail!("{id} does not work: {}", tried.code) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_officer_has_a_name_that_colleagues_can_read() {
        assert_eq!(shown_name("  Nguye\u{302}\u{303}n Thị Lan ").unwrap(), "Nguyễn Thị Lan");
        let long = "ă".repeat(NAME_LENGTH_MAX + 1);
        for bad in ["", " \t", "Lan\u{7}", long.as_str()] {
            let said = shown_name(bad).unwrap_err().to_string();
            assert!(said.contains("--name"), "{said}");
        }
        assert!(shown_name(&"ă".repeat(NAME_LENGTH_MAX)).is_ok());
    }
}
