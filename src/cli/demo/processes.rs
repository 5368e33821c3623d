//! Child processes of a demo: started with a log file each, waited for by a condition, stopped by
//! their own id, in the reverse order of their start.

use super::Place;
use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::Instant;

/// How long a process may take to end after it was asked to. Then it is killed.
const STOP_MAX: Duration = Duration::from_secs(15);
/// A killed process is waited for so long when nobody can wait for it in another way.
const GONE_MAX: Duration = Duration::from_secs(5);
/// How often a condition is looked at again.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What it takes to start one process, again if need be.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The name in messages, and of its log file.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Further variables.
    pub environment: Vec<(String, String)>,
    /// Where its log goes.
    pub logs: PathBuf,
}

/// A running process.
#[derive(Debug)]
pub struct Process {
    recipe: Recipe,
    child: Child,
}

impl Recipe {
    /// A recipe for this very program with other arguments.
    ///
    /// # Errors
    /// The program's own path is not known.
    pub fn own(name: &str, arguments: &[&str], logs: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            program: own_program()?,
            arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
            environment: Vec::new(),
            logs: logs.to_owned(),
        })
    }

    /// The same command at the center's place.
    #[must_use]
    pub fn at(mut self, place: &Place) -> Self {
        if let Some((first, rest)) = place.center_prefix.split_first() {
            let inner = std::mem::replace(&mut self.program, PathBuf::from(first));
            let mut arguments = rest.to_vec();
            arguments.push(inner.display().to_string());
            arguments.append(&mut self.arguments);
            self.arguments = arguments;
        }
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// The program or its log file cannot be opened.
    pub fn start(&self) -> anyhow::Result<Process> {
        let log = self.log_file();
        let out = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .with_context(|| format!("{}", log.display()))?;
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            // A group of its own: Ctrl-C reaches the demo, which then stops its children in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", self.program.display()))?;
        Ok(Process { recipe: self.clone(), child })
    }

    /// Runs it to its end and gives what it printed.
    ///
    /// # Errors
    /// It cannot be started, or it ended with a failure: then its words are in the error.
    pub async fn run(&self) -> anyhow::Result<String> {
        let output = Command::new(&self.program)
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| format!("{} cannot be started", self.program.display()))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            bail!(
                "{} ended with {}:\n{printed}{}",
                self.name,
                output.status,
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(printed)
    }

    /// Its log file.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.logs.join(format!("{}.log", self.name))
    }
}

impl Process {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.recipe.name
    }

    /// How it was started.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Its id while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)) | Err(_))
    }

    /// The end of its log.
    #[must_use]
    pub fn last_words(&self) -> String {
        let file = self.recipe.log_file();
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(20)..].join("\n");
        format!(
            "{} đã dừng ngoài ý muốn / ended by itself; {}:\n{last}",
            self.recipe.name,
            file.display()
        )
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// It has ended already.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let id = self.child.id().with_context(|| format!("{} has ended", self.recipe.name))?;
        kill(Pid::from_raw(i32::try_from(id)?), signal)?;
        Ok(())
    }

    /// kill -9, and waits until it is gone.
    ///
    /// # Errors
    /// It has ended already.
    pub async fn kill_hard(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::SIGKILL)?;
        self.child.wait().await?;
        Ok(())
    }

    /// Starts it again after it ended.
    ///
    /// # Errors
    /// As for [`Recipe::start`].
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        // The child of before has ended, and the new one keeps its place here.
        *self = self.recipe.start()?;
        Ok(())
    }

    /// Starts it again after it ended, with further variables for this time only.
    ///
    /// # Errors
    /// As for [`Recipe::start`].
    pub fn start_again_with(&mut self, environment: &[(&str, &str)]) -> anyhow::Result<()> {
        let mut recipe = self.recipe.clone();
        let further = environment.iter().map(|(key, value)| ((*key).into(), (*value).into()));
        recipe.environment.extend(further);
        let mut again = recipe.start()?;
        again.recipe = self.recipe.clone();
        *self = again;
        Ok(())
    }

    /// Waits until it has ended by itself, and says by which signal, if by one.
    ///
    /// # Errors
    /// Its end cannot be learnt.
    pub async fn ended(&mut self) -> anyhow::Result<Option<i32>> {
        use std::os::unix::process::ExitStatusExt as _;
        Ok(self.child.wait().await?.signal())
    }

    /// Asks it to stop (`signal`), waits, and kills it if it does not.
    pub async fn stop(&mut self, signal: Signal) {
        if self.has_ended() || self.signal(signal).is_err() {
            return;
        }
        if tokio::time::timeout(STOP_MAX, self.child.wait()).await.is_err() {
            let _ = self.kill_hard().await;
        }
    }
}

impl Drop for Process {
    /// Nothing that was started outlives its owner, and its files are closed when this returns.
    fn drop(&mut self) {
        if self.has_ended() || self.child.start_kill().is_err() {
            return;
        }
        let end = Instant::now() + GONE_MAX;
        while !self.has_ended() && Instant::now() < end {
            std::thread::sleep(LOOK_EVERY / 10);
        }
    }
}

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Says which program is "this very program" where the running one is another: a test.
pub fn set_own_program(program: &Path) {
    let _ = PROGRAM.set(program.to_owned());
}

fn own_program() -> anyhow::Result<PathBuf> {
    match PROGRAM.get() {
        Some(program) => Ok(program.clone()),
        // Once: a program that is built anew meanwhile leaves this one without a name.
        None => {
            let program = std::env::current_exe().context("the program's own path")?;
            Ok(PROGRAM.get_or_init(|| program).clone())
        }
    }
}

/// Waits until a condition holds; says what it waited for when it does not in time.
///
/// # Errors
/// Time is over.
pub async fn wait_for<F, T>(what: &str, most: Duration, mut look: F) -> anyhow::Result<T>
where
    F: AsyncFnMut() -> Option<T>,
{
    let end = Instant::now() + most;
    loop {
        if let Some(found) = look().await {
            return Ok(found);
        }
        if Instant::now() >= end {
            bail!("waited {} s in vain for {what}", most.as_secs());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Ports for a demo. They lie below those that the system gives to outgoing connections: a daemon
/// that is started later, or again after it was killed, would find one of these taken by somebody's
/// connection.
const PORTS: std::ops::Range<u16> = 15_000..32_000;
/// So many demos may choose at once without trying the same ports.
const PORTS_APART: u32 = 97;

/// A port that is free now on the loopback address, and that no later call gives.
///
/// # Errors
/// None is free.
pub fn free_port() -> anyhow::Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = u32::from(PORTS.end - PORTS.start);
    let first = std::process::id().wrapping_mul(PORTS_APART);
    for _ in 0..count {
        let place = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % count;
        let port = PORTS.start + u16::try_from(place)?;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port from {} to {} is free on 127.0.0.1", PORTS.start, PORTS.end)
}

/// Runs something and, whatever it gives, what must come after it.
pub async fn then_always<T>(first: impl Future<Output = T>, after: impl AsyncFnOnce()) -> T {
    let given = first.await;
    after().await;
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demos_ports_are_apart_and_never_those_of_outgoing_connections() {
        let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
        let outgoing_from: u16 = text.split_whitespace().next().unwrap().parse().unwrap();
        let mut given: Vec<u16> = (0..40).map(|_| free_port().unwrap()).collect();
        assert!(given.iter().all(|port| *port < outgoing_from));
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 40);
    }
}
