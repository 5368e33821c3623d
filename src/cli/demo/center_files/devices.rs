//! The line and the simulated devices of a center of a demo: how they start, and what they show.

use super::{CenterFiles, READER_COUNTER};
use crate::cli::demo::processes::{Recipe, wait_for};
use anyhow::Context;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How fast a simulated sign takes bytes: 9600 baud with ten bits a byte.
const SIGN_BYTES_PER_SECOND: &str = "960";
/// How long the simulated devices may take to listen.
const SIMULATORS_MAX: Duration = Duration::from_secs(60);

/// One line of a sign's log.
#[derive(Debug, Clone)]
pub struct SignSeen {
    /// The counter it stands at.
    pub counter: u16,
    /// What it shows since then.
    pub text: String,
    /// When the last byte came, real microseconds since 1970.
    pub at_us: i64,
}

#[derive(Deserialize)]
struct SignLine {
    at_us: i64,
    #[serde(default)]
    shown: Option<String>,
}

impl CenterFiles {
    /// How the line and the simulated devices are started.
    ///
    /// # Errors
    /// The program's own path is not known.
    pub fn simulators(&self, logs: &Path, broker_port: u16) -> anyhow::Result<Vec<Recipe>> {
        let node = self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let named = |name: &str| format!("{name}-{node}");
        let address = |port: u16| self.address(port);
        let broker = SocketAddr::new(self.place.hub, broker_port).to_string();
        let mut recipes = vec![Recipe::own(
            &named("line"),
            &[
                "sim",
                "line",
                "--listen",
                &address(self.line_port),
                "--to",
                &broker,
                "--control",
                &self.line_control.to_string(),
            ],
            logs,
        )?];
        if !self.with_devices {
            return Ok(recipes.into_iter().map(|recipe| recipe.at(&self.place)).collect());
        }
        let papers = self.folder.join("papers");
        recipes.push(Recipe::own(
            &named("printer"),
            &[
                "sim",
                "printer",
                "--listen",
                &address(self.printer_port),
                "--control",
                &self.printer_control.to_string(),
                "--papers",
                &papers.display().to_string(),
                "--log",
                &self.printer_log().display().to_string(),
            ],
            logs,
        )?);
        for sign in &self.signs {
            let log = self.sign_log_file(sign.counter).display().to_string();
            let control = sign.control.to_string();
            let serial = self.folder.join("sign-1").display().to_string();
            let listen = address(sign.port);
            let mut arguments = vec![
                "sim",
                "led",
                "--control",
                &control,
                "--log",
                &log,
                "--bytes-per-second",
                SIGN_BYTES_PER_SECOND,
            ];
            if sign.counter == READER_COUNTER {
                arguments.extend(["--serial", &serial]);
            } else {
                arguments.extend(["--listen", &listen]);
            }
            recipes.push(Recipe::own(&named(&format!("sign-{}", sign.counter)), &arguments, logs)?);
        }
        recipes.push(Recipe::own(
            &named("reader"),
            &[
                "sim",
                "qr",
                "--serial",
                &self.folder.join("reader-1").display().to_string(),
                "--control",
                &self.reader_control.to_string(),
            ],
            logs,
        )?);
        Ok(recipes.into_iter().map(|recipe| recipe.at(&self.place)).collect())
    }

    /// Waits until the simulated devices take orders.
    ///
    /// # Errors
    /// They do not.
    pub async fn wait_simulators(&self) -> anyhow::Result<()> {
        let mut controls = vec![self.line_control];
        if self.with_devices {
            controls.extend([self.printer_control, self.reader_control]);
            controls.extend(self.signs.iter().map(|sign| sign.control));
        }
        for control in controls {
            wait_for("a simulated device", SIMULATORS_MAX, async || {
                tokio::net::TcpStream::connect(control).await.ok().map(|_| ())
            })
            .await?;
        }
        Ok(())
    }

    /// Where the sign of a counter takes orders; the first one's where the counter has none.
    #[must_use]
    pub fn sign_control(&self, counter: u16) -> SocketAddr {
        let found = self.signs.iter().find(|sign| sign.counter == counter);
        found.or(self.signs.first()).map_or(self.line_control, |sign| sign.control)
    }

    fn printer_log(&self) -> PathBuf {
        self.folder.join("printer.jsonl")
    }

    fn sign_log_file(&self, counter: u16) -> PathBuf {
        self.folder.join(format!("sign-{counter}.jsonl"))
    }

    /// What the signs showed.
    ///
    /// # Errors
    /// A log cannot be read.
    pub fn sign_log(&self) -> anyhow::Result<Vec<SignSeen>> {
        let mut seen = Vec::new();
        for sign in &self.signs {
            let file = self.sign_log_file(sign.counter);
            let text =
                std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            for line in text.lines() {
                let line: SignLine = serde_json::from_str(line).with_context(|| line.to_owned())?;
                if let Some(text) = line.shown {
                    seen.push(SignSeen { counter: sign.counter, text, at_us: line.at_us });
                }
            }
        }
        Ok(seen)
    }

    /// How many papers were cut off.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn printed_count(&self) -> anyhow::Result<usize> {
        let file = self.printer_log();
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        Ok(text.lines().filter(|line| line.contains("\"cut\"")).count())
    }
}
