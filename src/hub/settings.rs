//! The hub's settings: defaults from `config/hub.toml` (built in), over them the technician's file,
//! over that the environment. A mistake never comes alone: every problem is collected and named by
//! file, key and a value that would work.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use domain::problem::{Problem, Problems};
use link::settings::LinkSettings;
use toml::{Table, Value};

/// The defaults, as a technician reads them.
pub const DEFAULTS: &str = include_str!("../../config/hub.toml");

/// Prefix of environment variables that set one key: `MOTCUA_HUB_HTTP_LISTEN` is `http.listen`.
pub const ENVIRONMENT_PREFIX: &str = "MOTCUA_HUB_";

/// Names the file itself, so it is no setting.
const FILE_VARIABLE: &str = "MOTCUA_HUB_CONFIG";

/// Everything that can be set at the hub.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of keys, certificates, broker files and blobs.
    pub data_folder: PathBuf,
    /// CSV file with the centers.
    pub centers_file: PathBuf,
    /// Pages, API and enrolment.
    pub http: Http,
    /// The store.
    pub postgres: Postgres,
    /// The MQTT broker.
    pub broker: Broker,
    /// Certificates.
    pub authority: Authority,
    /// Tokens for new boxes.
    pub enrolment: Enrolment,
    /// Limits of what nodes send.
    pub ingest: Ingest,
    /// The line to the nodes.
    pub link: LinkSettings,
    /// Technicians' sessions.
    pub session: Session,
}

/// `[http]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Address and port.
    pub listen: SocketAddr,
    /// Names and addresses in the certificate.
    pub names: Vec<String>,
    /// Threads.
    pub workers: usize,
}

/// `[postgres]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postgres {
    /// libpq-style connection string.
    pub connection: String,
    /// Size of the pool.
    pub connections_max: usize,
}

/// `[broker]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Name that nodes are told at enrolment.
    pub host: String,
    /// Port of the same.
    pub port: u16,
    /// Names and addresses in its certificate.
    pub names: Vec<String>,
    /// Address on which it listens.
    pub listen: IpAddr,
    /// Account under which it runs when started as root.
    pub user: String,
    /// Its `log_dest`.
    pub log: String,
}

/// `[authority]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Where the root key is written for taking away.
    pub offline_folder: PathBuf,
    /// Life of a node's certificate.
    pub device_certificate_days: u32,
    /// Life of a server's certificate.
    pub server_certificate_days: u32,
    /// Domains of the LAN authority.
    pub lan_domains: Vec<String>,
}

/// `[enrolment]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Life of a token.
    pub token_hours: u32,
}

/// `[ingest]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingest {
    /// Refused frames kept for each node.
    pub refused_frames_max: u32,
}

/// `[session]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Logged out after so long without a request.
    pub idle_minutes: u32,
    /// Logged out in any case.
    pub absolute_hours: u32,
}

impl Settings {
    /// Defaults, then `file` if given, then the process's environment.
    pub fn load(file: Option<&Path>) -> Result<Settings, Problems> {
        let text = match file {
            None => None,
            Some(path) => match std::fs::read_to_string(path) {
                Ok(text) => Some((path.display().to_string(), text)),
                Err(cause) => {
                    return Err(Problems(vec![Problem::new(
                        &path.display().to_string(),
                        "(file)",
                        format!("cannot be read ({cause})"),
                        "the path of a readable file after --config",
                    )]));
                }
            },
        };
        let environment: Vec<(String, String)> = std::env::vars()
            .filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX) && name != FILE_VARIABLE)
            .collect();
        Settings::from_layers(
            text.as_ref().map(|(name, text)| (name.as_str(), text.as_str())),
            &environment,
        )
    }

    /// The same from given texts: what `load` does after reading, and what tests use.
    pub fn from_layers(
        file: Option<(&str, &str)>,
        environment: &[(String, String)],
    ) -> Result<Settings, Problems> {
        let mut layers = Layers::new();
        if let Some((name, text)) = file {
            layers.add_file(name, text);
        }
        for (name, value) in environment {
            layers.add_variable(name, value);
        }
        let settings = Settings {
            data_folder: layers.path("data_folder"),
            centers_file: layers.path("centers_file"),
            http: Http {
                listen: layers.parsed("http.listen", "an address with a port"),
                names: layers.names("http.names"),
                workers: layers.number("http.workers", 1, 64) as usize,
            },
            postgres: Postgres {
                connection: layers.connection("postgres.connection"),
                connections_max: layers.number("postgres.connections_max", 2, 100) as usize,
            },
            broker: Broker {
                host: layers.text("broker.host"),
                port: layers.number("broker.port", 1, 65535) as u16,
                names: layers.names("broker.names"),
                listen: layers.parsed("broker.listen", "an address"),
                user: layers.text("broker.user"),
                log: layers.text("broker.log"),
            },
            authority: Authority {
                offline_folder: layers.path("authority.offline_folder"),
                device_certificate_days: layers.number("authority.device_certificate_days", 1, 825)
                    as u32,
                server_certificate_days: layers.number("authority.server_certificate_days", 1, 825)
                    as u32,
                lan_domains: layers.names("authority.lan_domains"),
            },
            enrolment: Enrolment {
                token_hours: layers.number("enrolment.token_hours", 1, 720) as u32,
            },
            ingest: Ingest {
                refused_frames_max: layers.number("ingest.refused_frames_max", 1, 10_000) as u32,
            },
            link: layers.link("link"),
            session: Session {
                idle_minutes: layers.number("session.idle_minutes", 1, 600) as u32,
                absolute_hours: layers.number("session.absolute_hours", 1, 24) as u32,
            },
        };
        if !settings.broker.names.contains(&settings.broker.host) {
            layers.problem(
                "broker.names",
                format!("does not hold broker.host \"{}\"", settings.broker.host),
                format!("names = [\"{}\", ...]", settings.broker.host),
            );
        }
        layers.finish(settings)
    }
}

impl Default for Settings {
    /// The built-in defaults; a test keeps them loadable.
    #[allow(clippy::expect_used)] // the text is compiled in, and a test reads it
    fn default() -> Settings {
        Settings::from_layers(None, &[]).expect("the built-in defaults are sound")
    }
}

/// The merged table, where each value came from, and what was wrong with it.
struct Layers {
    merged: Table,
    defaults: Table,
    origin: Vec<(String, String)>,
    problems: Vec<Problem>,
}

impl Layers {
    fn new() -> Layers {
        let defaults: Table = DEFAULTS.parse().unwrap_or_default();
        Layers { merged: defaults.clone(), defaults, origin: Vec::new(), problems: Vec::new() }
    }

    fn add_file(&mut self, name: &str, text: &str) {
        let table: Table = match text.parse() {
            Ok(table) => table,
            Err(cause) => {
                let line = cause
                    .span()
                    .map(|span| text[..span.start.min(text.len())].lines().count().max(1))
                    .unwrap_or(1);
                self.problems.push(Problem::new(
                    name,
                    format!("(line {line})"),
                    cause.message(),
                    "lines of the form: key = \"value\"",
                ));
                return;
            }
        };
        for (key, value) in table {
            match value {
                Value::Table(inner) => {
                    for (sub, value) in inner {
                        self.put(name, &format!("{key}.{sub}"), value);
                    }
                }
                value => self.put(name, &key, value),
            }
        }
    }

    fn add_variable(&mut self, name: &str, text: &str) {
        let wanted = name.trim_start_matches(ENVIRONMENT_PREFIX).to_lowercase();
        let Some(key) =
            known_keys(&self.defaults).into_iter().find(|key| key.replace('.', "_") == wanted)
        else {
            self.unknown(name, &wanted);
            return;
        };
        let value = match find(&self.defaults, &key) {
            Some(Value::Integer(_)) => match text.trim().parse::<i64>() {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::String(text.into()),
            },
            Some(Value::Array(_)) => Value::Array(
                text.split(',').map(|part| Value::String(part.trim().into())).collect(),
            ),
            _ => Value::String(text.into()),
        };
        self.put(name, &key, value);
    }

    fn put(&mut self, origin: &str, key: &str, value: Value) {
        if find(&self.defaults, key).is_none() {
            self.unknown(origin, key);
            return;
        }
        self.origin.push((key.to_string(), origin.to_string()));
        match key.split_once('.') {
            None => {
                self.merged.insert(key.into(), value);
            }
            Some((section, name)) => {
                if let Some(Value::Table(table)) = self.merged.get_mut(section) {
                    table.insert(name.into(), value);
                }
            }
        }
    }

    fn unknown(&mut self, origin: &str, key: &str) {
        let near = known_keys(&self.defaults)
            .into_iter()
            .min_by_key(|known| distance(known, key))
            .unwrap_or_default();
        self.problems.push(Problem::new(
            origin,
            key,
            "there is no such setting",
            format!("the key {near}, if that is meant, or no line at all"),
        ));
    }

    fn value(&self, key: &str) -> Option<&Value> {
        find(&self.merged, key)
    }

    fn default_of(&self, key: &str) -> String {
        find(&self.defaults, key).map(Value::to_string).unwrap_or_default()
    }

    fn problem(&mut self, key: &str, what: String, instead: String) {
        let file = self
            .origin
            .iter()
            .rev()
            .find(|(known, _)| known == key)
            .map(|(_, file)| file.clone())
            .unwrap_or_else(|| "config/hub.toml".into());
        self.problems.push(Problem::new(&file, key, what, instead));
    }

    fn text(&mut self, key: &str) -> String {
        match self.value(key) {
            Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
            other => {
                let what = match other {
                    Some(Value::String(_)) => "is empty".to_string(),
                    Some(value) => format!("{value} is not a text in quotes"),
                    None => "is missing".to_string(),
                };
                let example = self.default_of(key);
                self.problem(key, what, example);
                String::new()
            }
        }
    }

    fn path(&mut self, key: &str) -> PathBuf {
        PathBuf::from(self.text(key))
    }

    fn parsed<T>(&mut self, key: &str, kind: &str) -> T
    where
        T: std::str::FromStr + Fallback,
    {
        let text = self.text(key);
        if text.is_empty() {
            return T::fallback();
        }
        match text.parse() {
            Ok(value) => value,
            Err(_) => {
                let example = self.default_of(key);
                self.problem(key, format!("\"{text}\" is not {kind}"), example);
                T::fallback()
            }
        }
    }

    fn number(&mut self, key: &str, least: i64, most: i64) -> i64 {
        let found = match self.value(key) {
            Some(Value::Integer(number)) if (least..=most).contains(number) => return *number,
            Some(value) => value.to_string(),
            None => "nothing".into(),
        };
        let example = self.default_of(key);
        self.problem(key, format!("{found} is not a whole number from {least} to {most}"), example);
        least
    }

    fn names(&mut self, key: &str) -> Vec<String> {
        let names: Option<Vec<String>> = match self.value(key) {
            Some(Value::Array(items)) if !items.is_empty() => {
                items.iter().map(|item| item.as_str().map(str::to_string)).collect()
            }
            _ => None,
        };
        match names {
            Some(names) if names.iter().all(|name| is_host(name)) => names,
            found => {
                let what = match found {
                    Some(names) => {
                        let wrong: Vec<_> = names.iter().filter(|name| !is_host(name)).collect();
                        format!("{wrong:?} is neither a host name nor an address")
                    }
                    None => "is not a list of names in quotes".into(),
                };
                let example = self.default_of(key);
                self.problem(key, what, example);
                Vec::new()
            }
        }
    }

    fn link(&mut self, section: &str) -> LinkSettings {
        let table = match self.merged.get(section) {
            Some(Value::Table(table)) => table.clone(),
            _ => Table::new(),
        };
        let mut sound = Table::new();
        for (name, value) in table {
            let key = format!("{section}.{name}");
            match value {
                Value::Integer(number) if number >= 0 => {
                    sound.insert(name, Value::Integer(number));
                }
                other => {
                    let example = self.default_of(&key);
                    self.problem(&key, format!("{other} is not a whole number"), example);
                }
            }
        }
        let settings: LinkSettings = match Value::Table(sound).try_into() {
            Ok(settings) => settings,
            Err(cause) => {
                // A number that is too large for its field: toml names it.
                self.problem(section, cause.message().to_string(), "smaller numbers".into());
                LinkSettings::default()
            }
        };
        for (name, advice) in settings.problems() {
            self.problem(&format!("{section}.{name}"), "cannot work".into(), advice);
        }
        settings
    }

    fn connection(&mut self, key: &str) -> String {
        let text = self.text(key);
        if !text.is_empty()
            && let Err(cause) = text.parse::<tokio_postgres::Config>()
        {
            let example = self.default_of(key);
            self.problem(key, format!("is not a PostgreSQL connection ({cause})"), example);
        }
        text
    }

    fn finish(self, settings: Settings) -> Result<Settings, Problems> {
        domain::problem::all_or(settings, self.problems)
    }
}

/// A value to go on with after a mistake, so that the other mistakes are found too.
trait Fallback {
    fn fallback() -> Self;
}

impl Fallback for SocketAddr {
    fn fallback() -> Self {
        SocketAddr::from(([127, 0, 0, 1], 0))
    }
}

impl Fallback for IpAddr {
    fn fallback() -> Self {
        IpAddr::from([127, 0, 0, 1])
    }
}

fn find<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        None => table.get(key).filter(|value| !value.is_table()),
        Some((section, name)) => table.get(section)?.as_table()?.get(name),
    }
}

fn known_keys(defaults: &Table) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, value) in defaults {
        match value {
            Value::Table(inner) => keys.extend(inner.keys().map(|sub| format!("{key}.{sub}"))),
            _ => keys.push(key.clone()),
        }
    }
    keys
}

fn is_host(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
        || (!name.is_empty()
            && name.len() <= 253
            && name.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            }))
}

/// Edit distance, to propose the key that was probably meant.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (above + 1).min(row[j] + 1).min(diagonal + usize::from(ca != *cb));
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_sound() {
        let settings = Settings::default();
        assert_eq!(settings.broker.port, 8883);
        assert_eq!(settings.enrolment.token_hours, 72);
        let theirs = Table::try_from(LinkSettings::default()).unwrap();
        assert_eq!(Table::try_from(&settings.link).unwrap(), theirs);
        let written: Table = DEFAULTS.parse().unwrap();
        assert_eq!(
            written["link"].as_table().unwrap(),
            &theirs,
            "every key of the line stands in the file"
        );
    }

    #[test]
    fn a_file_changes_only_what_it_names_and_the_environment_wins() {
        let settings = Settings::from_layers(
            Some(("hub.toml", "data_folder = \"/srv/hub\"\n[broker]\nport = 8884\n")),
            &[("MOTCUA_HUB_BROKER_PORT".into(), "8885".into())],
        )
        .unwrap();
        assert_eq!(settings.data_folder, PathBuf::from("/srv/hub"));
        assert_eq!(settings.broker.port, 8885);
        assert_eq!(settings.http.workers, 2);
    }

    #[test]
    fn every_problem_is_named_at_once_with_a_value_that_would_work() {
        let text = "[http]\nlisten = \"everywhere\"\nwrokers = 3\n\
                    [broker]\nport = 99999\nhost = \"other.local\"\n\
                    [authority]\nlan_domains = [\"bad name\"]\n[link]\nwindow_frames = 0\n";
        let problems = Settings::from_layers(
            Some(("hub.toml", text)),
            &[("MOTCUA_HUB_NO_SUCH".into(), "1".into())],
        )
        .unwrap_err();
        let said = problems.to_string();
        for part in [
            "hub.toml: http.listen: \"everywhere\" is not an address with a port; a value that works: \"0.0.0.0:8443\"",
            "hub.toml: http.wrokers: there is no such setting; a value that works: the key http.workers",
            "hub.toml: broker.port: 99999 is not a whole number from 1 to 65535; a value that works: 8883",
            "hub.toml: link.window_frames: cannot work; a value that works: 1 to 64",
            "broker.names: does not hold broker.host \"other.local\"",
            "authority.lan_domains: [\"bad name\"] is neither",
            "MOTCUA_HUB_NO_SUCH: no_such: there is no such setting",
        ] {
            assert!(said.contains(part), "{part}\nnot in\n{said}");
        }
        assert_eq!(problems.0.len(), 7);
    }

    #[test]
    fn a_file_that_is_not_toml_is_named_by_its_line() {
        let problems =
            Settings::from_layers(Some(("hub.toml", "data_folder = \"/x\"\nhello\n")), &[])
                .unwrap_err();
        assert!(problems.to_string().contains("(line 2)"), "{problems}");
    }
}
