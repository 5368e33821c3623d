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

use domain::problem::{Problem, Problems};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The defaults, as a technician reads them.
pub const DEFAULTS: &str = include_str!("../../config/center.toml");
/// Settings may also come from variables: `MOTCUA__WEB__LISTEN` is `web.listen`.
pub const ENVIRONMENT_START: &str = "MOTCUA__";
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
    /// Start of every dossier code.
    pub dossier_code_start: String,
    /// Where everything that must survive lies.
    pub data_folder: PathBuf,
    /// Contact on slips; may be empty.
    pub hotline: String,
    /// Start of the address in a ticket's QR code; empty: the code alone.
    pub ticket_address: String,
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
mod tests {
    use super::*;

    fn problems_of(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("center.toml");
        std::fs::write(&file, text).unwrap();
        Settings::load_from(Some(&file), &[]).err().map(|all| all.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_defaults_are_complete_and_right() {
        let settings = Settings::load_from(None, &[]).unwrap();
        assert_eq!(settings.node.id, "06658-1");
        assert_eq!(settings.counter.len(), 4);
    }

    #[test]
    fn every_mistake_is_told_at_once_with_file_key_and_a_value() {
        let told = problems_of(
            "[node]\nid = \"665\"\n[web]\nlisten = \"everywhere\"\nsession_idle_minutes = \"long\"\n\
             [queue]\ncall_seconds = 0\n[log]\ncolour = 1\n",
        );
        for expected in [
            "node.id",
            "06658-1",
            "web.listen",
            "0.0.0.0:8443",
            "session_idle_minutes",
            "30",
            "queue.call_seconds",
            "log.colour",
            "center.toml",
        ] {
            assert!(told.contains(expected), "{expected} is not in:\n{told}");
        }
    }

    #[test]
    fn a_file_that_is_not_toml_names_its_line() {
        let told = problems_of("[node]\nid = \n");
        assert!(told.contains("line 2"), "{told}");
    }

    #[test]
    fn the_environment_is_over_the_file() {
        let set = [("web.listen".to_owned(), "127.0.0.1:9443".to_owned())];
        assert_eq!(Settings::load_from(None, &set).unwrap().web.listen, "127.0.0.1:9443");
    }

    #[test]
    fn a_printer_for_slips_that_is_none_is_a_mistake() {
        let told = problems_of(
            "[dossier]\nslip_printers = [\"sign-1\", \"printer-1\"]\n\
             [[device]]\nid = \"sign-1\"\ndriver = \"led_alpha\"\n\
             [[device]]\nid = \"printer-1\"\ndriver = \"printer_escpos\"\n",
        );
        assert!(told.contains("dossier.slip_printers") && told.contains("sign-1"), "{told}");
        assert!(!told.contains("«printer-1»"), "{told}");
    }

    #[test]
    fn a_sound_output_that_a_player_would_take_for_an_option_is_a_mistake() {
        let told = problems_of("[voice]\ndevice = \"--help\"\n");
        assert!(told.contains("voice.device") && told.contains("\"default\""), "{told}");
        assert_eq!(problems_of("[voice]\ndevice = \"plughw:0,0\"\n"), "");
    }

    #[test]
    fn a_counter_named_twice_is_a_mistake() {
        let told = problems_of(
            "[[counter]]\nnumber = 1\nname = \"a\"\nservices = [\"ho-tich\"]\n\
             [[counter]]\nnumber = 1\nname = \"b\"\nservices = [\"khac\"]\n",
        );
        assert!(told.contains("counter[2].number"), "{told}");
    }

    #[test]
    fn a_number_that_does_not_fit_is_named_by_its_key_beside_every_other_mistake() {
        let told = problems_of(
            "[web]\nlisten = \"nowhere\"\nsession_idle_minutes = 4294967296\n\
             [link]\nkeepalive_seconds = -5\n[discovery]\nfoo = 1\n\
             [[counter]]\nnumber = 70000\nname = \"a\"\nservices = [\"ho-tich\"]\n\
             [[counter]]\nnumber = 2\nname = \"b\"\nservices = []\n",
        );
        for expected in [
            "link.keepalive_seconds: -5 is below 0; a value that works: 20",
            "web.session_idle_minutes: 4294967296 is above 4294967295; a value that works: 30",
            "web.listen",
            "discovery.foo: no such setting; a value that works: remove the line",
            "counter[1].number: 70000 is not a number from 1 to 99; a value that works: 1",
            "counter[2].services",
        ] {
            assert!(told.contains(expected), "{expected} is not in:\n{told}");
        }
        assert!(!told.contains("(whole file)"), "{told}");
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest_one_or_to_remove_it() {
        let told = problems_of("[web]\nlisten_at = 1\n[devices]\na = 1\n[zzz]\na = 1\n");
        for expected in [
            "web.listen_at: no such setting; a value that works: listen = \"0.0.0.0:8443\", or remove",
            "devices: no such setting; a value that works: [[device]], or remove the section",
            "zzz: no such setting; a value that works: remove the section",
        ] {
            assert!(told.contains(expected), "{expected} is not in:\n{told}");
        }
    }

    #[test]
    fn a_list_that_holds_a_number_is_named_by_its_key() {
        let told = problems_of("[web]\nnames = [\"a\", 1]\n[queue]\ncall_seconds = 0\n");
        assert!(told.contains("web.names: holds a whole number"), "{told}");
        assert!(told.contains("queue.call_seconds"), "{told}");
    }

    #[test]
    fn a_variable_with_a_mistake_is_named_with_a_value_that_works() {
        let set = [
            ("link.keepalive_seconds".to_owned(), "-5".to_owned()),
            ("web.lis".to_owned(), "x".to_owned()),
            ("foo".to_owned(), "x".to_owned()),
        ];
        let told = Settings::load_from(None, &set).unwrap_err().to_string();
        for expected in [
            "MOTCUA__LINK__KEEPALIVE_SECONDS: link.keepalive_seconds: -5 is below 0; \
             a value that works: 20",
            "works: MOTCUA__WEB__LISTEN, or unset this variable",
            "MOTCUA__FOO: foo: no such setting; a value that works: unset this variable",
        ] {
            assert!(told.contains(expected), "{expected} is not in:\n{told}");
        }
    }

    #[test]
    fn a_device_at_a_counter_that_is_none_is_a_mistake() {
        let told = problems_of(
            "[[device]]\nid = \"sign-1\"\ndriver = \"led_alpha\"\ncounter = 1\n\
             [[device]]\nid = \"sign-2\"\ndriver = \"led_alpha\"\ncounter = 99\n",
        );
        assert!(told.contains("device[2].counter: there is no counter 99"), "{told}");
        assert!(!told.contains("device[1]"), "{told}");
    }
}
