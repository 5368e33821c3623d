//! The center's settings: the defaults built in from `config/center.toml`, the site's own file over
//! them, the environment over both. Every mistake is found in one go and told as file, key, and a
//! value that would work.
//!
//! The shape of one setting is its default: a key that the defaults do not have, or a value of another
//! kind, is a mistake. What a default cannot say (ranges, names that refer to each other) stands in
//! [`checks`].

mod checks;
mod layers;
pub mod places;

use domain::ids::NodeId;
use domain::problem::{Problem, Problems};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The defaults, as a technician reads them.
pub const DEFAULTS: &str = include_str!("../../config/center.toml");
/// Settings may also come from variables: `MOTCUA__WEB__LISTEN` is `web.listen`.
pub const ENVIRONMENT_START: &str = "MOTCUA__";
/// What a dossier's code begins with before the unit's code, where the site has written nothing else: the
/// province's mark in codes of organisations.
const CODE_START_OF_PROVINCE: &str = "H49.";
/// A settings file larger than this is not read. Bytes.
pub const FILE_SIZE_MAX: u64 = 1024 * 1024;

/// All settings of a center.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings {
    /// The box.
    pub node: Node,
    /// Address and sessions.
    pub web: Web,
    /// Calls in the hall.
    pub queue: Queue,
    /// The voice that calls.
    pub voice: Voice,
    /// Where the province's data lies.
    pub folders: Folders,
    /// The renderer of forms.
    pub forms: Forms,
    /// Limits of a dossier.
    pub dossier: Dossier,
    /// Who looked at which dossier.
    pub access_log: AccessLog,
    /// How long what the hub has is kept at hand.
    pub keep: Keep,
    /// The line to the hub.
    pub link: Link,
    /// The second medium.
    pub medium: Medium,
    /// What is logged.
    pub log: Log,
    /// Discovery on the LAN.
    pub discovery: Discovery,
    /// The counters.
    #[serde(default)]
    pub counter: Vec<Counter>,
    /// The devices, as the drivers read them.
    #[serde(default)]
    pub device: Vec<toml::Table>,
    /// The folder against which relative paths are taken.
    #[serde(skip)]
    pub base: PathBuf,
}

/// Section `node`.
#[derive(Debug, Clone, Deserialize)]
pub struct Node {
    /// Unit code, dash, number of the box.
    pub id: String,
    /// Name on tickets and screens.
    pub unit_name: String,
    /// Start of every dossier code; where nothing is written, the one of the box's own unit.
    pub dossier_code_start: String,
    /// How dossier codes are made: `{org}` is their start, `{yymmdd}` the day, `{seq:4}` the number.
    pub dossier_code_pattern: String,
    /// Where everything that must survive lies.
    pub data_folder: PathBuf,
    /// Contact on slips; may be empty.
    pub hotline: String,
    /// Start of the address in a ticket's QR code; empty: the code alone.
    pub ticket_address: String,
    /// Lines under the name on each ticket; may be none.
    pub ticket_header: Vec<String>,
}

impl Node {
    /// No start that comes along could be right at more than one unit, and two units with one start would
    /// give the same codes. Where the box's name cannot be read, that is the mistake to tell.
    fn start_codes_with_the_unit(&mut self) {
        if self.dossier_code_start.trim().is_empty()
            && let Ok(node) = NodeId::parse(&self.id)
        {
            self.dossier_code_start = format!("{CODE_START_OF_PROVINCE}{}", node.unit());
        }
    }
}

/// Section `web`.
#[derive(Debug, Clone, Deserialize)]
pub struct Web {
    /// `address:port`.
    pub listen: String,
    /// Further names and addresses in the certificate.
    pub names: Vec<String>,
    /// Minutes without a touch before a new log-in.
    pub session_idle_minutes: u32,
}

/// Section `queue`.
#[derive(Debug, Clone, Deserialize)]
pub struct Queue {
    /// Seconds that one call holds the large line at least.
    pub call_seconds: u32,
}

/// Section `voice`.
#[derive(Debug, Clone, Deserialize)]
pub struct Voice {
    /// Whether the hall's screens speak.
    pub screens: bool,
    /// The box's own sound output as ALSA names it; empty: it is silent.
    pub device: String,
}

/// Section `folders`.
#[derive(Debug, Clone, Deserialize)]
pub struct Folders {
    /// Procedures.
    pub catalogue: PathBuf,
    /// Holidays and sessions.
    pub calendar: PathBuf,
    /// The 54 centers.
    pub units: PathBuf,
    /// Service groups and grounds of priority.
    pub queue: PathBuf,
    /// How long what tells of a person is kept.
    pub retention: PathBuf,
    /// Templates of forms.
    pub forms: PathBuf,
    /// Placeholders for the clips of the voice.
    pub voice: PathBuf,
}

/// Section `forms`.
#[derive(Debug, Clone, Deserialize)]
pub struct Forms {
    /// The renderer; empty: beside the daemon.
    pub executable: PathBuf,
    /// Folders with fonts.
    pub fonts: Vec<PathBuf>,
}

/// Section `dossier`.
#[derive(Debug, Clone, Deserialize)]
pub struct Dossier {
    /// Largest scan. MiB.
    pub scan_max_mib: u32,
    /// Ids of printers that may print slips of every counter.
    pub slip_printers: Vec<String>,
}

/// Section `access_log`.
#[derive(Debug, Clone, Deserialize)]
pub struct AccessLog {
    /// How long it is kept. Days.
    pub kept_days: u32,
}

/// Section `keep`.
#[derive(Debug, Clone, Deserialize)]
pub struct Keep {
    /// Days that an entry stays in the database.
    pub journal_days: u32,
    /// Months that a scan stays here after the province has it.
    pub scan_months: u32,
}

/// Section `link`.
#[derive(Debug, Clone, Deserialize)]
pub struct Link {
    /// First pause between tries. Seconds.
    pub backoff_first_seconds: f64,
    /// Longest pause between tries. Seconds.
    pub backoff_max_seconds: f64,
    /// Probe of a silent connection. Seconds.
    pub keepalive_seconds: u32,
    /// Frames under way.
    pub window_frames: u32,
    /// Wait before the first frame is sent again. Seconds.
    pub answer_seconds: f64,
    /// Without an acknowledgement for so long an alarm is raised. Seconds.
    pub alarm_seconds: f64,
}

/// Section `medium`.
#[derive(Debug, Clone, Deserialize)]
pub struct Medium {
    /// Where a second disk or stick is mounted; empty: there is none.
    pub folder: PathBuf,
}

/// Section `log`.
#[derive(Debug, Clone, Deserialize)]
pub struct Log {
    /// Filter.
    pub level: String,
    /// `text` or `json`.
    pub format: String,
}

/// Section `discovery`.
#[derive(Debug, Clone, Deserialize)]
pub struct Discovery {
    /// Whether the LAN is browsed.
    pub enabled: bool,
    /// Service types.
    pub types: Vec<String>,
}

/// One block `counter`.
#[derive(Debug, Clone, Deserialize)]
pub struct Counter {
    /// Number on the sign.
    pub number: u16,
    /// Name on the screens.
    pub name: String,
    /// Codes of the service groups it serves.
    pub services: Vec<String>,
}

/// Settings with every mistake in them; a key with a mistake of kind or size has its default here.
#[derive(Debug)]
pub struct Reading {
    /// What can be judged further, and is not to be run on while there are problems.
    pub settings: Settings,
    /// Every mistake.
    pub problems: Vec<Problem>,
    /// The file could not be read, or is not TOML: these are the defaults.
    pub file_unread: bool,
}

impl Settings {
    /// Reads the defaults, then the file, then the environment.
    ///
    /// # Errors
    /// All problems at once.
    pub fn load(file: Option<&Path>) -> Result<Self, Problems> {
        Self::load_from(file, &environment())
    }

    /// As [`Settings::load`], with the environment given.
    ///
    /// # Errors
    /// All problems at once.
    pub fn load_from(
        file: Option<&Path>,
        environment: &[(String, String)],
    ) -> Result<Self, Problems> {
        let Reading { settings, problems, .. } = Self::read_from(file, environment)?;
        if problems.is_empty() { Ok(settings) } else { Err(Problems(problems)) }
    }

    /// As [`Settings::load`], for a check that goes on to what the settings name.
    ///
    /// # Errors
    /// Nothing can be made of what is written.
    pub fn read(file: Option<&Path>) -> Result<Reading, Problems> {
        Self::read_from(file, &environment())
    }

    /// As [`Settings::read`], with the environment given.
    ///
    /// # Errors
    /// Nothing can be made of what is written.
    pub fn read_from(
        file: Option<&Path>,
        environment: &[(String, String)],
    ) -> Result<Reading, Problems> {
        let (merged, mut problems) =
            layers::merge(DEFAULTS, "config/center.toml", file, environment)?;
        let file_unread = merged.file_unread;
        let mut settings: Self = match merged.into_settings() {
            Ok(settings) => settings,
            Err(found) => {
                problems.extend(found.0);
                return Err(Problems(problems));
            }
        };
        settings.base = data_base(file);
        settings.node.start_codes_with_the_unit();
        // While a counter's own block is wrong, a sign's counter cannot be judged.
        let counter_is_wrong = problems.iter().any(|one| one.key.starts_with("counter"));
        let counters_known = !file_unread && !counter_is_wrong;
        problems.extend(checks::check(&settings, file, counters_known));
        Ok(Reading { settings, problems, file_unread })
    }

    /// A folder of the province's data, made absolute.
    #[must_use]
    pub fn folder(&self, configured: &Path) -> PathBuf {
        if configured.is_absolute() { configured.to_owned() } else { self.base.join(configured) }
    }
}

/// What the variables set, by the key they name.
fn environment() -> Vec<(String, String)> {
    std::env::vars()
        .filter_map(|(key, value)| {
            key.strip_prefix(ENVIRONMENT_START)
                .map(|path| (path.to_ascii_lowercase().replace("__", "."), value))
        })
        .collect()
}

/// Relative data folders are looked for beside the settings file's parents, then beside the program
/// (an installed box keeps them in `/usr/share/motcua`), then in the working folder.
fn data_base(file: Option<&Path>) -> PathBuf {
    let beside_program = std::env::current_exe().ok();
    let candidates = file
        .and_then(Path::parent)
        .map(Path::to_owned)
        .into_iter()
        .chain(std::env::current_dir().ok())
        .chain([PathBuf::from("/usr/share/motcua")])
        .chain(
            beside_program
                .iter()
                .flat_map(|program| program.ancestors().skip(1).take(4))
                .map(Path::to_owned),
        );
    for candidate in candidates {
        if candidate.join("config/catalogue").is_dir() {
            return candidate;
        }
    }
    PathBuf::from(".")
}

#[cfg(test)]
mod tests;
