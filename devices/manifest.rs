//! The manifest of a driver, `device.toml`: what it is, what it can be set to, what it tells.

use serde::{Deserialize, Serialize};

use crate::class::Class;

/// A driver's manifest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What the center uses it for.
    pub class: Class,
    /// Its name for people, Vietnamese.
    pub title_vi: String,
    /// The same in English.
    pub title_en: String,
    /// Model families known to work.
    pub models: Vec<String>,
    /// `serial`, `tcp`.
    pub transports: Vec<String>,
    /// Who answers for this driver.
    pub owner: String,
    /// The serial line's form, where there is one.
    pub serial: Option<SerialForm>,
    /// The TCP port that such devices listen on, where there is one.
    pub tcp_port: Option<u16>,
    /// What can be set in `settings = { ... }`.
    #[serde(default, rename = "setting")]
    pub settings: Vec<Setting>,
    /// Codes of states and problems that it reports.
    pub events: Vec<String>,
    /// Commands that it takes.
    pub commands: Vec<String>,
}

/// How the serial line is set when the center's settings do not say.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SerialForm {
    /// Bits a second.
    pub baud: u32,
    /// Data bits, parity, stop bits: `8N1`.
    pub format: String,
}

/// One setting of a driver.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Its key, unit last.
    pub key: String,
    /// Its kind.
    pub kind: SettingKind,
    /// The value without a setting.
    pub default: toml::Value,
    /// Unit of a number.
    pub unit: Option<String>,
    /// Smallest number.
    pub min: Option<i64>,
    /// Largest number; for a text its length.
    pub max: Option<i64>,
    /// The only values, where they are few.
    #[serde(default)]
    pub choices: Vec<toml::Value>,
    /// What it does, Vietnamese.
    pub about_vi: String,
    /// The same in English.
    pub about_en: String,
}

/// Kinds of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// Words.
    Text,
    /// A whole number.
    Integer,
    /// true or false.
    Flag,
}
