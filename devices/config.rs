//! Settings of devices: read leniently, checked wholly, every mistake named by key with a value
//! that would work.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};
use toml::{Table, Value};

use crate::class::Class;
use crate::manifest::{Manifest, Setting, SettingKind};
use crate::task::Driver;
use crate::transport::simulated::SimulatedLine;

/// Longest id of a device, in characters; a longer one is a mistake in the settings.
const ID_LENGTH_MAX: usize = 40;

/// One `[[device]]` table, unread. The center's settings hold a list of these, so that a mistake
/// in one does not hide the mistakes in the others; [`read`] makes [`DeviceConfig`]s of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawDevice(pub Table);

/// A device as the center's settings describe it.
#[derive(Clone, Debug)]
pub struct DeviceConfig {
    /// Its name at this center: `led-1`.
    pub id: String,
    /// The driver's name.
    pub driver: String,
    /// How it is connected.
    pub transport: TransportConfig,
    /// The counter it stands at, when it stands at one.
    pub counter: Option<u16>,
    /// The driver's own settings; what is absent has the manifest's default.
    pub settings: Table,
}

/// How a device is connected.
#[derive(Clone, Debug)]
pub enum TransportConfig {
    /// Over the LAN.
    Tcp {
        /// Host and port.
        address: String,
    },
    /// Over a serial line or USB that looks like one.
    Serial {
        /// Best the path under /dev/serial/by-id, which survives replugging.
        path: PathBuf,
        /// Bits a second; the driver's own when absent.
        baud: Option<u32>,
        /// `8N1` or `7E1`; the driver's own when absent.
        format: Option<String>,
    },
    /// A line inside this process, for tests.
    Simulated(SimulatedLine),
}

impl DeviceConfig {
    /// Whether it is a sign for the whole hall, which stands at no counter.
    pub fn is_board(&self) -> bool {
        self.settings.get("board").and_then(Value::as_bool).unwrap_or(false)
    }
}

impl TransportConfig {
    /// In words, for lists.
    pub fn describe(&self) -> String {
        match self {
            Self::Tcp { address } => format!("tcp {address}"),
            Self::Serial { path, .. } => format!("serial {}", path.display()),
            Self::Simulated(_) => "simulated".to_owned(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Tcp { .. } => "tcp",
            Self::Serial { .. } => "serial",
            Self::Simulated(_) => "simulated",
        }
    }
}

/// A mistake in the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{key}: {wrong}; this would work: {works}")]
pub struct ConfigProblem {
    /// The key: `device[2].transport.address`, counted from 1.
    pub key: String,
    /// Stable code, by which the center's texts choose their sentence.
    pub code: &'static str,
    /// What is wrong, in English.
    pub wrong: String,
    /// A value that would work.
    pub works: String,
}

pub(crate) fn problem(
    key: String,
    code: &'static str,
    wrong: impl Into<String>,
    works: impl Into<String>,
) -> ConfigProblem {
    ConfigProblem { key, code, wrong: wrong.into(), works: works.into() }
}

pub(crate) fn unknown_driver(key: &str, name: &str) -> ConfigProblem {
    let names: Vec<_> = crate::DRIVERS.iter().map(|driver| driver.name).collect();
    problem(
        key.to_owned(),
        "settings.not_one_of",
        format!("there is no driver \"{name}\""),
        format!("one of {}", names.join(", ")),
    )
}

/// Reads all `[[device]]` tables; answers with every mistake in all of them.
pub fn read(devices: &[RawDevice]) -> Result<Vec<DeviceConfig>, Vec<ConfigProblem>> {
    let mut configs = Vec::new();
    let mut problems = Vec::new();
    let mut ids = BTreeSet::new();
    for (index, raw) in devices.iter().enumerate() {
        let key = format!("device[{}]", index + 1);
        match read_one(&raw.0, &key) {
            Ok(config) => {
                if !ids.insert(config.id.clone()) {
                    let works = format!("id = \"{}-2\"", config.id);
                    let wrong = format!("another device is called \"{}\" too", config.id);
                    problems.push(problem(format!("{key}.id"), "settings.duplicate", wrong, works));
                }
                configs.push(config);
            }
            Err(mut found) => problems.append(&mut found),
        }
    }
    if problems.is_empty() { Ok(configs) } else { Err(problems) }
}

impl<'de> Deserialize<'de> for DeviceConfig {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let table = Table::deserialize(source)?;
        read_one(&table, "device").map_err(|problems| {
            let all: Vec<_> = problems.iter().map(ToString::to_string).collect();
            serde::de::Error::custom(all.join("\n"))
        })
    }
}

fn read_one(table: &Table, key: &str) -> Result<DeviceConfig, Vec<ConfigProblem>> {
    let mut problems = Vec::new();
    let known = ["id", "driver", "transport", "counter", "settings"];
    unknown_keys(table, &known, key, &mut problems);
    let id = text(table, "id", key, "id = \"led-1\"", &mut problems);
    if let Some(id) = &id
        && (id.is_empty()
            || id.len() > ID_LENGTH_MAX
            || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'))
    {
        let wrong = format!("an id has 1 to {ID_LENGTH_MAX} letters, digits, - or _");
        problems.push(problem(format!("{key}.id"), "settings.malformed", wrong, "id = \"led-1\""));
    }
    let driver_name = text(table, "driver", key, "driver = \"led_alpha\"", &mut problems);
    let driver = driver_name.as_deref().and_then(crate::driver);
    if let (Some(name), None) = (&driver_name, driver) {
        problems.push(unknown_driver(&format!("{key}.driver"), name));
    }
    let counter = match table.get("counter") {
        None => None,
        Some(Value::Integer(number)) if (1..=999).contains(number) => u16::try_from(*number).ok(),
        Some(_) => {
            let wrong = "a counter is a number from 1 to 999";
            let key = format!("{key}.counter");
            problems.push(problem(key, "settings.out_of_range", wrong, "counter = 1"));
            Some(0) // named already: not missing too
        }
    };
    let transport = read_transport(table, key, &mut problems);
    let settings = match table.get("settings") {
        None => Table::new(),
        Some(Value::Table(settings)) => settings.clone(),
        Some(_) => {
            let key = format!("{key}.settings");
            problems.push(problem(
                key,
                "settings.malformed",
                "settings are a table",
                "settings = {}",
            ));
            Table::new()
        }
    };
    match (id, driver_name, transport) {
        (Some(id), Some(name), Some(transport)) => {
            let config = DeviceConfig { id, driver: name, transport, counter, settings };
            if let Some(driver) = driver {
                problems.append(&mut check(driver, &config, key));
            }
            if problems.is_empty() { Ok(config) } else { Err(problems) }
        }
        (_, _, transport) => {
            // What can be judged without the missing key is judged all the same.
            if let (Some(driver), Some(transport)) = (driver, transport) {
                let (id, name) = (String::new(), driver.name.to_owned());
                let config = DeviceConfig { id, driver: name, transport, counter, settings };
                problems.append(&mut check(driver, &config, key));
            }
            Err(problems)
        }
    }
}

/// Checks what stands in a config against its driver's manifest and the driver's own rules.
pub(crate) fn check(driver: &Driver, config: &DeviceConfig, key: &str) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    let manifest = match manifest_of(driver) {
        Ok(manifest) => manifest,
        Err(problems) => return problems,
    };
    let kind = config.transport.kind();
    if kind != "simulated" && !manifest.transports.iter().any(|name| name == kind) {
        problems.push(problem(
            format!("{key}.transport.kind"),
            "settings.not_one_of",
            format!("{} is not connected over {kind}", driver.name),
            format!("one of {}", manifest.transports.join(", ")),
        ));
    }
    let board = driver.class == Class::CounterSign && config.is_board();
    let at_a_counter = matches!(driver.class, Class::CounterSign | Class::CardReader) && !board;
    if at_a_counter && config.counter.is_none() {
        let wrong = "this device stands at a counter, and none is named";
        problems.push(problem(format!("{key}.counter"), "settings.missing", wrong, "counter = 1"));
    }
    if board && config.counter.is_some() {
        let wrong = "the hall's board stands at no counter";
        let works = "no counter, or settings = { board = false }";
        problems.push(problem(format!("{key}.counter"), "settings.malformed", wrong, works));
    }
    for (name, value) in &config.settings {
        let key = format!("{key}.settings.{name}");
        match manifest.settings.iter().find(|setting| setting.key == *name) {
            Some(setting) => problems.extend(check_setting(setting, value, key)),
            None => {
                let known: Vec<_> = manifest.settings.iter().map(|s| s.key.as_str()).collect();
                problems.push(problem(
                    key,
                    "settings.unknown_key",
                    format!("{} has no such setting", driver.name),
                    format!("one of {}", known.join(", ")),
                ));
            }
        }
    }
    problems.append(&mut (driver.check)(config, key));
    problems
}

fn check_setting(setting: &Setting, value: &Value, key: String) -> Option<ConfigProblem> {
    let works = format!("{} = {}", setting.key, setting.default);
    let fits_kind = matches!(
        (setting.kind, value),
        (SettingKind::Text, Value::String(_))
            | (SettingKind::Integer, Value::Integer(_))
            | (SettingKind::Flag, Value::Boolean(_))
    );
    if !fits_kind {
        let kind = match setting.kind {
            SettingKind::Text => "a text in quotes",
            SettingKind::Integer => "a whole number",
            SettingKind::Flag => "true or false",
        };
        return Some(problem(key, "settings.malformed", format!("this is {kind}"), works));
    }
    if !setting.choices.is_empty() && !setting.choices.contains(value) {
        let choices: Vec<_> = setting.choices.iter().map(ToString::to_string).collect();
        let wrong = format!("{value} is not one of {}", choices.join(", "));
        return Some(problem(key, "settings.not_one_of", wrong, works));
    }
    let size = match value {
        Value::Integer(number) => *number,
        Value::String(text) => i64::try_from(text.chars().count()).unwrap_or(i64::MAX),
        _ => return None,
    };
    let unit = setting.unit.as_deref().unwrap_or_default();
    let too_small = setting.min.is_some_and(|min| size < min);
    let too_large = setting.max.is_some_and(|max| size > max);
    (too_small || too_large).then(|| {
        let bound = |bound: Option<i64>| bound.map_or("...".to_owned(), |n| n.to_string());
        let wrong =
            format!("{value} is outside {} to {} {unit}", bound(setting.min), bound(setting.max));
        problem(key, "settings.out_of_range", wrong.trim_end(), works)
    })
}

fn read_transport(
    table: &Table,
    key: &str,
    problems: &mut Vec<ConfigProblem>,
) -> Option<TransportConfig> {
    let works = "transport = { kind = \"tcp\", address = \"10.0.0.20:9100\" }";
    let key = format!("{key}.transport");
    let transport = match table.get("transport") {
        Some(Value::Table(transport)) => transport,
        Some(_) => {
            problems.push(problem(key, "settings.malformed", "a transport is a table", works));
            return None;
        }
        None => {
            problems.push(problem(key, "settings.missing", "it is missing", works));
            return None;
        }
    };
    let before = problems.len();
    let read = match transport.get("kind") {
        Some(Value::String(kind)) if kind == "tcp" => {
            unknown_keys(transport, &["kind", "address"], &key, problems);
            let works = "address = \"10.0.0.20:9100\"";
            let address = text(transport, "address", &key, works, problems)?;
            let port = address.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>()));
            if !matches!(port, Some((host, Ok(1..))) if !host.is_empty()) {
                let wrong = format!("\"{address}\" is not a host and a port");
                problems.push(problem(
                    format!("{key}.address"),
                    "settings.malformed",
                    wrong,
                    works,
                ));
            }
            TransportConfig::Tcp { address }
        }
        Some(Value::String(kind)) if kind == "serial" => {
            unknown_keys(transport, &["kind", "path", "baud", "format"], &key, problems);
            let works = "path = \"/dev/serial/by-id/usb-...\"";
            let path = text(transport, "path", &key, works, problems);
            if let Some(path) = &path
                && !path.starts_with('/')
            {
                let wrong = format!("\"{path}\" is not a full path");
                problems.push(problem(format!("{key}.path"), "settings.malformed", wrong, works));
            }
            let baud = match transport.get("baud") {
                None => None,
                Some(Value::Integer(baud)) if (300..=4_000_000).contains(baud) => {
                    u32::try_from(*baud).ok()
                }
                Some(_) => {
                    let wrong = "a speed is a number from 300 to 4000000";
                    let key = format!("{key}.baud");
                    problems.push(problem(key, "settings.out_of_range", wrong, "baud = 9600"));
                    None
                }
            };
            let format = match transport.get("format") {
                None => None,
                Some(Value::String(format)) if crate::transport::serial::knows(format) => {
                    Some(format.clone())
                }
                Some(_) => {
                    let wrong = "a format is data bits, parity and stop bits";
                    let key = format!("{key}.format");
                    problems.push(problem(key, "settings.not_one_of", wrong, "format = \"8N1\""));
                    None
                }
            };
            TransportConfig::Serial { path: PathBuf::from(path?), baud, format }
        }
        Some(_) => {
            let key = format!("{key}.kind");
            let wrong = "there is no such transport";
            problems.push(problem(key, "settings.not_one_of", wrong, "one of tcp, serial"));
            return None;
        }
        None => {
            let key = format!("{key}.kind");
            problems.push(problem(key, "settings.missing", "it is missing", "one of tcp, serial"));
            return None;
        }
    };
    (problems.len() == before).then_some(read)
}

fn text(
    table: &Table,
    name: &str,
    key: &str,
    works: &str,
    problems: &mut Vec<ConfigProblem>,
) -> Option<String> {
    let key = format!("{key}.{name}");
    match table.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => {
            problems.push(problem(key, "settings.malformed", "this is a text in quotes", works));
            None
        }
        None => {
            problems.push(problem(key, "settings.missing", "it is missing", works));
            None
        }
    }
}

fn unknown_keys(table: &Table, known: &[&str], key: &str, problems: &mut Vec<ConfigProblem>) {
    for name in table.keys().filter(|name| !known.contains(&name.as_str())) {
        let works = format!("one of {}", known.join(", "));
        let key = format!("{key}.{name}");
        problems.push(problem(key, "settings.unknown_key", "there is no such key", works));
    }
}

/// The driver's settings with the manifest's defaults filled in, typed.
pub(crate) fn typed<T: for<'de> Deserialize<'de>>(
    manifest: &Manifest,
    config: &DeviceConfig,
) -> Result<T, Vec<ConfigProblem>> {
    let mut table = config.settings.clone();
    for setting in &manifest.settings {
        table.entry(setting.key.clone()).or_insert_with(|| setting.default.clone());
    }
    table.try_into().map_err(|error: toml::de::Error| {
        let wrong = error.message().to_owned();
        let works = "the defaults in the driver's device.toml";
        vec![problem("device.settings".to_owned(), "settings.malformed", wrong, works)]
    })
}

/// A driver's manifest, with a failure in the form that settings' mistakes have.
pub(crate) fn manifest_of(driver: &Driver) -> Result<Manifest, Vec<ConfigProblem>> {
    driver.manifest().map_err(|error| {
        let wrong = format!("the manifest of {} does not read: {error}", driver.name);
        let works = "a release of the program that is whole";
        vec![problem("device.driver".to_owned(), "settings.malformed", wrong, works)]
    })
}
