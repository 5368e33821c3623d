//! Settings of an ESC/POS printer.

use std::path::Path;

use serde::Deserialize;

use super::logo;
use super::render::{self, Weight};
use crate::config::{ConfigProblem, DeviceConfig, problem};

/// The width that device.toml takes where none is named.
const PAPER_WIDTH_DOTS: usize = 576;

/// The settings; meanings stand in device.toml.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Settings {
    pub(super) paper_width_dots: usize,
    pub(super) font_regular: String,
    pub(super) font_bold: String,
    pub(super) logo: String,
    pub(super) cut: bool,
    pub(super) block_rows: usize,
    pub(super) status_timeout_ms: u64,
    pub(super) print_timeout_ms: u64,
    pub(super) poll_ms: u64,
    pub(super) queue_length_max: usize,
}

/// What the manifest's limits cannot say: a named font is there.
pub(super) fn check(config: &DeviceConfig, key: &str) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    for (name, weight) in [("font_regular", Weight::Regular), ("font_bold", Weight::Bold)] {
        let path = config.settings.get(name).and_then(toml::Value::as_str).unwrap_or_default();
        if !path.is_empty() && !Path::new(path).is_file() {
            let works = render::system_font(weight)
                .map_or("\"\", with the package fonts-noto-core installed".to_owned(), |path| {
                    format!("\"{}\"", path.display())
                });
            problems.push(problem(
                format!("{key}.settings.{name}"),
                "settings.no_such_file",
                format!("there is no file {path}"),
                format!("{name} = {works}"),
            ));
        }
    }
    let logo = config.settings.get("logo").and_then(toml::Value::as_str).unwrap_or_default();
    let width = config.settings.get("paper_width_dots").and_then(toml::Value::as_integer);
    let width = width.and_then(|dots| usize::try_from(dots).ok()).unwrap_or(PAPER_WIDTH_DOTS);
    if !logo.is_empty()
        && let Err(error) = logo::read(Path::new(logo), width)
    {
        problems.push(problem(
            format!("{key}.settings.logo"),
            "settings.no_logo",
            format!("{logo} is not used: {error}"),
            "logo = \"\", or a black and white PNG of at most 400 x 150 dots",
        ));
    }
    problems
}
