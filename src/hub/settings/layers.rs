//! Laying one table over another, remembering where each value came from, and reading values so that
//! every mistake is collected with what to write instead.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use domain::problem::{Problem, Problems};
use link::settings::LinkSettings;
use tokio_postgres::config::Host;
use toml::{Table, Value};

use super::{DEFAULTS, ENVIRONMENT_PREFIX, Settings};

/// The merged table, where each value came from, and what was wrong with it.
pub(super) struct Layers {
    merged: Table,
    defaults: Table,
    origin: Vec<(String, String)>,
    problems: Vec<Problem>,
}

impl Layers {
    pub(super) fn new() -> Layers {
        let defaults: Table = DEFAULTS.parse().unwrap_or_default();
        Layers { merged: defaults.clone(), defaults, origin: Vec::new(), problems: Vec::new() }
    }

    pub(super) fn add_file(&mut self, name: &str, text: &str) {
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

    pub(super) fn add_variable(&mut self, name: &str, text: &str) {
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

    pub(super) fn problem(&mut self, key: &str, what: String, instead: String) {
        let file = self
            .origin
            .iter()
            .rev()
            .find(|(known, _)| known == key)
            .map(|(_, file)| file.clone())
            .unwrap_or_else(|| "config/hub.toml".into());
        self.problems.push(Problem::new(&file, key, what, instead));
    }

    pub(super) fn text(&mut self, key: &str) -> String {
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

    pub(super) fn path(&mut self, key: &str) -> PathBuf {
        PathBuf::from(self.text(key))
    }

    pub(super) fn parsed<T>(&mut self, key: &str, kind: &str) -> T
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

    pub(super) fn number(&mut self, key: &str, least: i64, most: i64) -> i64 {
        let found = match self.value(key) {
            Some(Value::Integer(number)) if (least..=most).contains(number) => return *number,
            Some(value) => value.to_string(),
            None => "nothing".into(),
        };
        let example = self.default_of(key);
        self.problem(key, format!("{found} is not a whole number from {least} to {most}"), example);
        least
    }

    pub(super) fn names(&mut self, key: &str) -> Vec<String> {
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

    pub(super) fn link(&mut self, section: &str) -> LinkSettings {
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

    pub(super) fn connection(&mut self, key: &str) -> String {
        let text = self.text(key);
        if text.is_empty() {
            return text;
        }
        let problem = match text.parse::<tokio_postgres::Config>() {
            Err(cause) => format!("is not a PostgreSQL connection ({cause})"),
            Ok(config) if !config.get_hosts().iter().all(is_here) => {
                "names another machine, and the way there would be in clear text".to_owned()
            }
            Ok(_) => return text,
        };
        let example = self.default_of(key);
        self.problem(key, problem, example);
        text
    }

    pub(super) fn finish(self, settings: Settings) -> Result<Settings, Problems> {
        domain::problem::all_or(settings, self.problems)
    }
}

/// Whether PostgreSQL is on this machine: what is stored is personal, and the connection has no TLS. To
/// another machine leads a tunnel that ends here.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

/// A value to go on with after a mistake, so that the other mistakes are found too.
pub(super) trait Fallback {
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
