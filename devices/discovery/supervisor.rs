//! Starts the helper, reads it, starts it again.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::table::{Change, Table};
use super::{HelperLine, Seen};
use crate::event::{DeviceState, Events, Reporter, StateNow};

/// The name under which discovery reports its events.
const DEVICE: &str = "discovery";
/// Longest line; a longer one is thrown away.
const LINE_LENGTH_MAX: u64 = 16 * 1024;
/// The helper says something every 10 s; after this it is taken for stuck and ended.
const SILENCE_MAX: Duration = Duration::from_secs(40);
/// A helper that lived this long died of something new.
const LIVED_WELL: Duration = Duration::from_secs(300);

/// How the helper is started.
#[derive(Clone, Debug)]
pub struct HelperCommand {
    /// Program: our own executable.
    pub program: PathBuf,
    /// Arguments: `discover`.
    pub arguments: Vec<OsString>,
    /// More environment.
    pub environment: Vec<(OsString, OsString)>,
    /// First pause before it is started again; doubles up to a minute. Nobody is waiting.
    pub pause_first: Duration,
}

impl HelperCommand {
    /// Our own executable with these arguments.
    pub fn own(arguments: &[&str]) -> std::io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
            arguments: arguments.iter().map(OsString::from).collect(),
            environment: Vec::new(),
            pause_first: Duration::from_secs(1),
        })
    }
}

/// Keeps a helper running. Dropping it ends the helper.
pub struct Supervisor {
    seen: watch::Receiver<Arc<Vec<Seen>>>,
    state: watch::Receiver<StateNow>,
    helper: watch::Receiver<Option<u32>>,
    task: JoinHandle<()>,
}

impl Supervisor {
    /// Starts in the current tokio runtime.
    pub fn start(command: HelperCommand, events: Events) -> Self {
        let (rows, seen) = watch::channel(Arc::default());
        let (pid, helper) = watch::channel(None);
        let (reporter, state) = events.reporter(DEVICE);
        let run = Run { command, reporter, rows, pid, table: Table::default(), told_full: false };
        Self { seen, state, helper, task: tokio::spawn(run.run()) }
    }

    /// What is seen now.
    pub fn seen(&self) -> Arc<Vec<Seen>> {
        self.seen.borrow().clone()
    }

    /// What is seen, with changes.
    pub fn watch(&self) -> watch::Receiver<Arc<Vec<Seen>>> {
        self.seen.clone()
    }

    /// Whether discovery works, with changes.
    pub fn state(&self) -> watch::Receiver<StateNow> {
        self.state.clone()
    }

    /// The helper's process id, while it runs.
    pub fn helper(&self) -> watch::Receiver<Option<u32>> {
        self.helper.clone()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Run {
    command: HelperCommand,
    reporter: Reporter,
    rows: watch::Sender<Arc<Vec<Seen>>>,
    pid: watch::Sender<Option<u32>>,
    table: Table,
    told_full: bool,
}

impl Run {
    async fn run(mut self) {
        const PAUSE_LAST: Duration = Duration::from_secs(60);
        let mut pause = self.command.pause_first;
        loop {
            let started = Instant::now();
            let (code, detail) = match self.start() {
                Ok(child) => self.watch(child).await,
                Err(error) => ("discovery.helper_not_started", error.to_string()),
            };
            self.pid.send_replace(None);
            self.reporter.state(DeviceState::Offline, code, &detail);
            if started.elapsed() >= LIVED_WELL {
                pause = self.command.pause_first;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_LAST);
        }
    }

    fn start(&self) -> std::io::Result<Child> {
        Command::new(&self.command.program)
            .args(&self.command.arguments)
            .envs(self.command.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
    }

    /// Reads the helper until it ends; answers why.
    async fn watch(&mut self, mut child: Child) -> (&'static str, String) {
        self.pid.send_replace(child.id());
        let Some(out) = child.stdout.take() else {
            return ("discovery.helper_not_started", "no pipe".to_owned());
        };
        let mut lines = Lines(BufReader::new(out));
        loop {
            match tokio::time::timeout(SILENCE_MAX, lines.next()).await {
                Ok(Ok(Some(line))) => self.take(&line),
                Ok(Ok(None)) => break,
                Ok(Err(error)) => {
                    tracing::debug!(%error, "reading the helper");
                    break;
                }
                Err(_) => {
                    let detail = format!("nothing in {} s", SILENCE_MAX.as_secs());
                    return ("discovery.helper_stuck", detail); // dropping the child kills it
                }
            }
        }
        let detail = match child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        ("discovery.helper_died", detail)
    }

    fn take(&mut self, line: &[u8]) {
        // Whatever else a library prints is no line of ours.
        let Ok(line) = serde_json::from_slice::<HelperLine>(line) else { return };
        if let HelperLine::Trouble { code, detail } = &line {
            tracing::debug!(code, detail, "discovery");
            self.reporter.state(DeviceState::Degraded, "discovery.no_avahi", detail);
        } else if !matches!(line, HelperLine::Alive) {
            self.reporter.state(DeviceState::Online, "device.ready", "");
        }
        match self.table.take(&line, self.reporter.now()) {
            Change::Nothing => {}
            Change::Rows => {
                self.rows.send_replace(Arc::new(self.table.rows()));
            }
            Change::Full if self.told_full => {}
            Change::Full => {
                self.told_full = true;
                let detail = format!("more than {} announcements", super::table::ROWS_MAX);
                self.reporter.problem("discovery.table_full", detail);
            }
        }
    }
}

/// Lines of bounded length.
struct Lines<R>(BufReader<R>);

impl<R: AsyncRead + Unpin> Lines<R> {
    async fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut skipping = false;
        loop {
            let mut line = Vec::new();
            let mut part = (&mut self.0).take(LINE_LENGTH_MAX);
            if part.read_until(b'\n', &mut line).await? == 0 {
                return Ok(None);
            }
            let whole = line.ends_with(b"\n");
            if whole && !skipping {
                return Ok(Some(line));
            }
            skipping = !whole;
        }
    }
}
