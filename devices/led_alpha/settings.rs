//! Settings of an Alpha sign.

use serde::Deserialize;

use crate::config::{ConfigProblem, DeviceConfig, problem};

/// The settings; meanings stand in device.toml.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Settings {
    pub(super) address: String,
    pub(super) sign_type: String,
    pub(super) checksum: bool,
    pub(super) flash_s: u64,
    pub(super) resend_s: u64,
    pub(super) pace_baud: u32,
    pub(super) text: TextForm,
    pub(super) rows: u8,
    pub(super) columns: u8,
    pub(super) colour: Colour,
}

/// What becomes of Vietnamese letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TextForm {
    /// Their marks are dropped: `QUAY`.
    Ascii,
    /// The text is drawn by us, dot by dot.
    Bitmap,
}

/// The colour of a drawn text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Colour {
    /// Red, which every sign has.
    Red,
    /// Green.
    Green,
    /// Both.
    Amber,
}

/// What the manifest's limits cannot say.
pub(super) fn check(config: &DeviceConfig, key: &str) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    if let Some(address) = config.settings.get("address").and_then(toml::Value::as_str)
        && !address.chars().all(|c| c.is_ascii_digit() || ('A'..='F').contains(&c))
    {
        problems.push(problem(
            format!("{key}.settings.address"),
            "settings.malformed",
            format!("\"{address}\" is not two hexadecimal digits in capitals"),
            "address = \"01\"",
        ));
    }
    problems
}
