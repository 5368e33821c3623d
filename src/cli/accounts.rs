//! `motcua officer` and `motcua device`: accounts and tokens, made and withdrawn while no daemon runs on
//! the folder, and the list of drivers.

use super::Config;
use super::check::onlooker;
use crate::api::device_name;
use crate::center::store_config;
use crate::identity::Identity;
use crate::province_data::ProvinceData;
use crate::text;
use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use domain::ids::{CounterNumber, OfficerId, ServiceCode};
use domain::queue::{Governed, OfficerSkills, QueueSettings};
use jiff::Timestamp;
use std::io::BufRead as _;
use store::records::{DeviceToken, Officer};
use store::{Batch, LocalWrite, Store, query};
use web::session::Token;

/// Events of a device under trial that wait to be printed; a further one is dropped, and the log says so.
const EVENTS_WAITING_MAX: usize = 16;
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
    /// Shows over one counter what it does.
    Counter,
    /// A load generator; only a demonstration knows it.
    Load,
}

/// Officers' accounts. All but the list need the daemon to rest.
#[derive(Debug, Subcommand)]
pub enum OfficerAction {
    /// Adds an account, or gives an existing one a new name, role and password; its sessions end.
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
    /// Lets an account log in no more, and ends its sessions. What it did stays in the journal.
    Disable {
        /// The login name.
        login: String,
    },
    /// Lets a disabled account log in again, with the password that it had.
    Enable {
        /// The login name.
        login: String,
    },
    /// Says which service groups an officer may serve: a counter calls for those of its own that its
    /// officer may serve. The head can do the same in the console, while the daemon runs.
    Skills {
        /// The login name.
        login: String,
        /// The groups' codes, with commas between: ho-tich,dat-dai.
        #[arg(
            long,
            value_delimiter = ',',
            conflicts_with = "all",
            required_unless_present = "all"
        )]
        services: Vec<String>,
        /// Every group, also those that come later.
        #[arg(long)]
        all: bool,
    },
    /// All accounts, one a line; also while the daemon runs.
    List,
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
        /// The counter; a tablet and a counter's screen must have one.
        #[arg(long)]
        counter: Option<u16>,
    },
    /// All tokens by their names, one a line; also while the daemon runs.
    Tokens,
    /// Withdraws tokens: those named, and all of a role (at a counter). The daemon must rest; while it
    /// runs, the head does it at the console.
    Revoke {
        /// Names, as `motcua device tokens` prints them.
        names: Vec<String>,
        /// All tokens of this role.
        #[arg(long, value_enum)]
        role: Option<DeviceRoleName>,
        /// Of these, only those of this counter.
        #[arg(long, requires = "role")]
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
    Store::open(config).context(
        "dừng chương trình motcua center trước, làm xong bật lại / stop the daemon first and start it \
         afterwards: accounts and tokens change only while it rests",
    )
}

/// The name by which colleagues know the officer: on screens, slips and in refusals.
fn shown_name(text: &str) -> anyhow::Result<String> {
    let name = domain::text_fold::normalise(text.trim());
    let length = name.chars().count();
    let odd = |c: char| c.is_control() || domain::text_fold::turns_direction(c);
    if length == 0 || length > NAME_LENGTH_MAX || name.chars().any(odd) {
        bail!(
            "the name on screens has 1 to {NAME_LENGTH_MAX} characters: --name \"Nguyễn Thị Lan\""
        );
    }
    Ok(name)
}

/// Officers' accounts.
///
/// # Errors
/// The daemon runs, the name is empty or too long, the password is too short, there is no such account, or the store refuses.
pub fn officer(config: &Config, action: OfficerAction) -> anyhow::Result<()> {
    let now = Timestamp::now();
    match action {
        OfficerAction::Add { login, name, role, password } => {
            let name = shown_name(&name)?;
            let id = OfficerId::parse(&login)
                .map_err(|error| anyhow::anyhow!("«{login}» cannot be a login name: {error}"))?;
            let password = password_given(password)?;
            let password_hash = web::password::hash_new(&password)
                .map_err(|error| anyhow::anyhow!("the password cannot be hashed: {error}"))?;
            let account = Officer {
                id,
                login: login.clone(),
                name,
                role: name_of(&role),
                password_hash,
                disabled: false,
                created_at: now,
            };
            let kept = add_officer(&open(config)?, account, now)?;
            println!("{login}");
            if kept.disabled {
                eprintln!(
                    "tài khoản vẫn bị khóa / the account stays disabled: motcua officer enable {login}"
                );
            }
        }
        OfficerAction::Disable { login } => {
            let ended = set_disabled(&open(config)?, &login, true, now)?;
            println!("{login}: đã khóa / disabled; phiên đã đóng / sessions ended: {ended}");
        }
        OfficerAction::Enable { login } => {
            set_disabled(&open(config)?, &login, false, now)?;
            println!("{login}: đã mở lại / enabled");
        }
        OfficerAction::Skills { login, services, all } => {
            let files = ProvinceData::load(&config.settings()?)?.queue;
            let named = (!all).then_some(services);
            let set = set_skills(&open(config)?, &files, &login, named, now)?;
            println!("{login}: {}", groups(&set));
        }
        OfficerAction::List => {
            let onlooker = onlooker(config)?;
            let readers = onlooker.readers();
            let skills = readers.read_now(query::governed::skills)?;
            for account in readers.read_now(query::officers::all)? {
                let state = if account.disabled { "disabled" } else { "enabled" };
                let own = skills.iter().find(|skills| skills.officer == account.id);
                let may = own.map(groups).unwrap_or_default();
                let row = format!(
                    "{:<24} {:<8} {state:<8} {}",
                    account.login, account.role, account.name
                );
                println!("{}", if may.is_empty() { row } else { format!("{row} ({may})") });
            }
        }
    }
    Ok(())
}

/// Stores an account. Whoever gives it a new password wants nobody else to be in any more, so its
/// sessions end; one that was disabled stays so, because a new password alone does not say otherwise.
fn add_officer(store: &Store, account: Officer, now: Timestamp) -> anyhow::Result<Officer> {
    let id = account.id.clone();
    let before = store.readers().read_now(|c| query::officers::by_id(c, &id))?;
    let disabled = before.is_some_and(|before| before.disabled);
    let account = Officer { disabled, ..account };
    let batch = Batch::new("command line", now)
        .and(LocalWrite::Officer(account.clone()))
        .and(LocalWrite::EndSessionsOf { officer: id });
    store.commit_now(batch)?;
    Ok(account)
}

/// Disables an account or enables it again, and says how many sessions ended with it.
fn set_disabled(store: &Store, login: &str, disabled: bool, now: Timestamp) -> anyhow::Result<u64> {
    let (account, open) = store.readers().read_now(|c| {
        let Some(account) = query::officers::by_login(c, login)? else { return Ok((None, 0)) };
        let open = query::sessions::count_of(c, &account.id)?;
        Ok((Some(account), open))
    })?;
    let account = account.with_context(|| {
        format!("there is no account «{login}»; motcua officer list names them")
    })?;
    let id = account.id.clone();
    let batch = Batch::new("command line", now)
        .and(LocalWrite::Officer(Officer { disabled, ..account }))
        .and(LocalWrite::EndSessionsOf { officer: id });
    store.commit_now(batch)?;
    Ok(open)
}

/// Sets what an officer may serve; nothing: every group.
fn set_skills(
    store: &Store,
    files: &QueueSettings,
    login: &str,
    named: Option<Vec<String>>,
    now: Timestamp,
) -> anyhow::Result<OfficerSkills> {
    let account = store.readers().read_now(|c| query::officers::by_login(c, login))?;
    let account = account.with_context(|| {
        format!("there is no account «{login}»; motcua officer list names them")
    })?;
    let code = |text: &String| {
        ServiceCode::parse(text.trim())
            .map_err(|error| anyhow::anyhow!("«{text}» is no service group: {error}"))
    };
    let services = named
        .map(|named| named.iter().map(code).collect::<anyhow::Result<Vec<_>>>())
        .transpose()?;
    let skills = files.skills_of(account.id, services, "command line", now).map_err(|refusal| {
        let said = text::sentence(refusal.code(), &refusal.details());
        anyhow::anyhow!("{} / {} ({})", said.vi, said.en, refusal.code())
    })?;
    let fact = LocalWrite::Governed(Governed::Skills(skills.clone()));
    store.commit_now(Batch::new("command line", now).and(fact))?;
    Ok(skills)
}

/// The groups as one reads them in a line.
fn groups(skills: &OfficerSkills) -> String {
    match &skills.services {
        None => "mọi lĩnh vực / every group".to_owned(),
        Some(services) => services.iter().map(ServiceCode::as_str).collect::<Vec<_>>().join(", "),
    }
}

/// Which tokens are withdrawn.
struct Unwanted {
    names: Vec<String>,
    role: Option<String>,
    counter: Option<CounterNumber>,
}

impl Unwanted {
    fn holds(&self, token: &DeviceToken) -> bool {
        let named = self.names.contains(&device_name(token));
        let of_role = self.role.as_deref() == Some(token.role.as_str())
            && (self.counter.is_none() || self.counter == token.counter);
        named || of_role
    }
}

/// Withdraws tokens for good, and gives their names. Nothing is withdrawn when one of the names is not
/// there: it may be mistyped, and the token that was meant would go on.
fn revoke(store: &Store, unwanted: &Unwanted, now: Timestamp) -> anyhow::Result<Vec<String>> {
    let all = store.readers().read_now(query::sessions::devices)?;
    let known: Vec<String> = all.iter().map(device_name).collect();
    if let Some(unknown) = unwanted.names.iter().find(|name| !known.contains(name)) {
        bail!("there is no token «{unknown}»; motcua device tokens names them");
    }
    let going: Vec<DeviceToken> = all
        .into_iter()
        .filter(|token| token.revoked_at.is_none() && unwanted.holds(token))
        .map(|token| DeviceToken { revoked_at: Some(now), ..token })
        .collect();
    if going.is_empty() {
        bail!("no token in use is meant by this; motcua device tokens names them");
    }
    let names = going.iter().map(device_name).collect();
    let writes = going.into_iter().map(LocalWrite::DeviceToken);
    store.commit_now(writes.fold(Batch::new("command line", now), Batch::and))?;
    Ok(names)
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
            let of_a_counter = matches!(role, DeviceRoleName::Tablet | DeviceRoleName::Counter);
            if of_a_counter && counter.is_none() {
                bail!("the token of a {} needs its counter: --counter N", name_of(&role));
            }
            let data = config.settings()?.node.data_folder;
            if matches!(role, DeviceRoleName::Load) && !data.join(crate::clock::DEMO_MARK).exists()
            {
                bail!("a load generator is let in only in the folder of a demonstration");
            }
            let token = Token::random().map_err(|problem| anyhow::anyhow!("{problem}"))?;
            let now = Timestamp::now();
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
        DeviceAction::Tokens => {
            for token in onlooker(config)?.readers().read_now(query::sessions::devices)? {
                let state = match token.revoked_at {
                    Some(at) => format!("revoked {at:.0}"),
                    None => "in use".to_owned(),
                };
                println!("{:<20} made {:.0} {state}", device_name(&token), token.created_at);
            }
            Ok(())
        }
        DeviceAction::Revoke { names, role, counter } => {
            if names.is_empty() && role.is_none() {
                bail!("say which: names of motcua device tokens, or --role tablet --counter 3");
            }
            let role = role.map(|role| name_of(&role));
            let unwanted = Unwanted { names, role, counter: counter.map(CounterNumber) };
            for name in revoke(&open(config)?, &unwanted, Timestamp::now())? {
                println!("{name}: đã thu hồi / revoked");
            }
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
        let (events, mut told) = devices::Events::channel(EVENTS_WAITING_MAX);
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
mod tests;
