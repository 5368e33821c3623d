//! A hall's screen in a real browser. `screen.mjs` opens it, and writes when each number came to stand on it.

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// How long the browser may take to show the page.
const OPEN_MAX: Duration = Duration::from_secs(60);
/// How long a number may take to stand on the screen: one that takes longer has failed.
const SHOWN_MAX: Duration = Duration::from_secs(20);
/// How long the browser may take to end.
const CLOSE_MAX: Duration = Duration::from_secs(20);

/// The screen. Dropping it ends the browser.
pub struct Screen {
    script: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Screen {
    /// Opens an address, which carries the screen's token, and waits until the counters are drawn.
    pub async fn open(repository: &Path, address: &str) -> anyhow::Result<Self> {
        let mut script = Command::new("node")
            .arg(repository.join("tests/bench/screen.mjs"))
            .arg(address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("node cannot be started; ./provision/setup installs it")?;
        let lines = BufReader::new(script.stdout.take().context("no output")?).lines();
        let mut screen = Self { script, lines };
        timeout(OPEN_MAX, screen.next()).await.context("the screen shows nothing")??;
        Ok(screen)
    }

    /// Waits until a number stands at a counter; since when, by the wall clock. Microseconds.
    pub async fn shows(&mut self, label: &str) -> anyhow::Result<i64> {
        let shown = timeout(SHOWN_MAX, async {
            loop {
                let (at_us, labels) = self.next().await?;
                if labels.split(' ').any(|one| one == label) {
                    return anyhow::Ok(at_us);
                }
            }
        });
        shown.await.with_context(|| format!("{label} does not come to stand on the screen"))?
    }

    /// Ends the browser. It must have had no error in its page.
    pub async fn close(mut self) -> anyhow::Result<()> {
        drop(self.script.stdin.take());
        let ended = timeout(CLOSE_MAX, self.script.wait()).await;
        let status = ended.context("the browser does not end")??;
        ensure!(status.success(), "the screen's browser had an error: {status}");
        Ok(())
    }

    /// The next change: when, and the numbers at the counters.
    async fn next(&mut self) -> anyhow::Result<(i64, String)> {
        let Some(line) = self.lines.next_line().await? else { bail!("the browser has ended") };
        let change: Value = serde_json::from_str(&line).with_context(|| line.clone())?;
        let shown = change["shown"].as_str().with_context(|| line.clone())?.to_owned();
        Ok((change["at_us"].as_i64().with_context(|| line.clone())?, shown))
    }
}
