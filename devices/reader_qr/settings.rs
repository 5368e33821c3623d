//! Settings of a QR reader.

use serde::Deserialize;

use crate::config::{ConfigProblem, DeviceConfig};

/// The settings; meanings stand in device.toml.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Settings {
    pub(super) silence_ms: u64,
    pub(super) frame_length_max: usize,
    pub(super) frames_per_s_max: usize,
    pub(super) problem_every_s: u64,
}

/// The manifest's limits say it all.
pub(super) fn check(_config: &DeviceConfig, _key: &str) -> Vec<ConfigProblem> {
    Vec::new()
}
