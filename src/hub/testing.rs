//! A private PostgreSQL cluster in a folder of the caller's choice: for tests and for the demo, which
//! must leave the machine's own PostgreSQL alone. It listens on a Unix socket only.
//!
//! `initdb` and `postgres` refuse to run as root; then they are run through `setpriv` as the user
//! `postgres`, who must be able to enter the folder: parents that only root may enter are answered
//! with a folder of our own under the system's temporary folder. As root the server also ends with
//! the thread that started it, so that a killed test leaves nothing behind: start it from a thread
//! that lives as long as it is needed.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long PostgreSQL may take to answer after its start.
const START_DEADLINE: Duration = Duration::from_secs(180);

/// Names the folder, in the environment, where one new cluster is kept for all that a test run starts:
/// a copy takes a tenth of what `initdb` takes. Whoever runs the tests empties it before.
const TEMPLATES: &str = "MOTCUA_POSTGRES_TEMPLATES";

/// A running private cluster; dropping it stops PostgreSQL at once.
pub struct Cluster {
    folder: PathBuf,
    own_folder: Option<PathBuf>,
    options: &'static [&'static str],
    child: Child,
}

static OWN_FOLDERS: AtomicU32 = AtomicU32::new(0);

impl Cluster {
    /// Makes the cluster in `dir` if there is none yet, starts it and waits until it answers.
    pub fn start(dir: &Path) -> io::Result<Cluster> {
        Cluster::start_with(dir, &[])
    }

    /// The same without waiting for the disk: what is committed survives a kill of PostgreSQL, but
    /// not a power cut. For tests that cut no power.
    pub fn start_without_fsync(dir: &Path) -> io::Result<Cluster> {
        Cluster::start_with(dir, &["-c", "fsync=off", "-c", "full_page_writes=off"])
    }

    fn start_with(dir: &Path, options: &'static [&'static str]) -> io::Result<Cluster> {
        fs::create_dir_all(dir)?;
        let (folder, own_folder) = if is_root() && !others_may_enter(dir) {
            let number = OWN_FOLDERS.fetch_add(1, Ordering::Relaxed);
            let own =
                std::env::temp_dir().join(format!("motcua-pg-{}-{number}", std::process::id()));
            fs::create_dir_all(&own)?;
            fs::set_permissions(&own, fs::Permissions::from_mode(0o755))?;
            (own.clone(), Some(own))
        } else {
            (dir.to_path_buf(), None)
        };
        let data = folder.join("postgres");
        if !data.join("PG_VERSION").exists() {
            make(&data)?;
        }
        let child = Cluster::spawn(&data, options)?;
        let mut cluster = Cluster { folder: data, own_folder, options, child };
        cluster.wait()?;
        Ok(cluster)
    }

    /// Kills PostgreSQL with SIGKILL and starts it again on the same files.
    pub fn kill_and_restart(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        self.start_again()
    }

    /// Kills PostgreSQL with all its processes and waits until none is left, as after a power cut.
    pub fn kill_hard(&mut self) -> io::Result<()> {
        let pid = self.child.id();
        let children: Vec<i32> = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?
            .split_whitespace()
            .filter_map(|child| child.parse().ok())
            .collect();
        self.child.kill()?;
        self.child.wait()?;
        // Orphans now; one that has ended by itself already is what is wanted.
        for child in &children {
            kill(Pid::from_raw(*child), Signal::SIGKILL).ok();
        }
        let began = Instant::now();
        while children.iter().any(|child| is_alive(*child)) {
            if began.elapsed() > START_DEADLINE {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "postgres does not end"));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Starts it again on the same files after [`Cluster::kill_hard`].
    pub fn start_again(&mut self) -> io::Result<()> {
        self.child = Cluster::spawn(&self.folder, self.options)?;
        self.wait()
    }

    /// Starts it again if it has ended by itself, as its unit would; says whether it had.
    pub fn start_if_ended(&mut self) -> io::Result<bool> {
        if self.child.try_wait()?.is_none() {
            return Ok(false);
        }
        self.child = Cluster::spawn(&self.folder, self.options)?;
        self.wait()?;
        Ok(true)
    }

    /// The process id of the server.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where PostgreSQL keeps its files.
    pub fn files(&self) -> &Path {
        &self.folder
    }

    /// Connection string for `database`, for settings.
    pub fn connection(&self, database: &str) -> String {
        format!("host={} user=motcua dbname={database}", self.folder.display())
    }

    /// Creates `database` if it does not exist and gives its connection string.
    pub async fn database(&self, database: &str) -> io::Result<String> {
        let (client, connection) =
            tokio_postgres::connect(&self.connection("postgres"), tokio_postgres::NoTls)
                .await
                .map_err(io::Error::other)?;
        tokio::spawn(connection);
        let known = client
            .query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&database])
            .await
            .map_err(io::Error::other)?;
        if known.is_none() {
            client
                .batch_execute(&format!("CREATE DATABASE \"{database}\""))
                .await
                .map_err(io::Error::other)?;
        }
        Ok(self.connection(database))
    }

    /// Creates `database` if needed and connects to it.
    pub async fn connect(&self, database: &str) -> io::Result<tokio_postgres::Client> {
        let connection = self.database(database).await?;
        let (client, connection) = tokio_postgres::connect(&connection, tokio_postgres::NoTls)
            .await
            .map_err(io::Error::other)?;
        tokio::spawn(connection);
        Ok(client)
    }

    fn spawn(data: &Path, options: &[&str]) -> io::Result<Child> {
        let log = fs::File::create(data.with_extension("log"))?;
        as_postgres("postgres")?
            .arg("-D")
            .arg(data)
            .arg("-k")
            .arg(data)
            .args(["-c", "listen_addresses=", "-c", "max_connections=50"])
            .args(["-c", "shared_buffers=32MB", "-c", "unix_socket_permissions=0777"])
            // Old files of the write-ahead log are removed, not used again with what stood in them.
            .args(["-c", "wal_recycle=off"])
            .args(options)
            .stdout(log.try_clone()?)
            .stderr(log)
            .stdin(Stdio::null())
            // A group of its own: Ctrl-C reaches the demo, which stops PostgreSQL after who uses it.
            .process_group(0)
            .spawn()
    }

    fn wait(&mut self) -> io::Result<()> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                let log = fs::read_to_string(self.folder.with_extension("log")).unwrap_or_default();
                return Err(io::Error::other(format!("postgres ended with {status}:\n{log}")));
            }
            let mut ready = as_postgres("pg_isready")?;
            ready.arg("-q").arg("-h").arg(&self.folder);
            if ready.stdin(Stdio::null()).status()?.success() {
                return Ok(());
            }
            if began.elapsed() > START_DEADLINE {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "postgres does not answer"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // An immediate stop: a restart recovers, and unlike after SIGKILL no shared memory is left.
        if let Ok(pid) = i32::try_from(self.child.id()) {
            kill(Pid::from_raw(pid), Signal::SIGQUIT).ok();
        }
        self.child.wait().ok();
        if let Some(folder) = &self.own_folder {
            fs::remove_dir_all(folder).ok();
        }
    }
}

/// Folder of PostgreSQL's programs: the newest that Debian has installed.
fn programs() -> io::Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| {
            entries
                .flatten()
                .filter_map(|entry| {
                    let version = entry.file_name().to_str()?.parse().ok()?;
                    let bin = entry.path().join("bin");
                    bin.join("initdb").exists().then_some((version, bin))
                })
                .collect()
        })
        .unwrap_or_default();
    found.sort();
    found.pop().map(|(_, bin)| bin).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            "PostgreSQL is not installed (/usr/lib/postgresql/*/bin/initdb): run ./provision/setup",
        )
    })
}

fn as_postgres(program: &str) -> io::Result<Command> {
    let program = programs()?.join(program);
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        // pdeathsig: the server must not outlive a test that was killed.
        command
            .args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=QUIT"])
            .arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    Ok(command)
}

/// Makes the files of a new cluster, as a copy where [`TEMPLATES`] says so.
fn make(data: &Path) -> io::Result<()> {
    let Some(templates) = std::env::var_os(TEMPLATES).map(PathBuf::from) else {
        return initialise(data);
    };
    fs::create_dir_all(&templates)?;
    let template = templates.join("cluster");
    // Tests are processes of their own: the first makes the template, the others wait for it.
    let lock = fs::File::create(templates.join("lock"))?;
    lock.lock()?;
    if template.exists() {
        drop(lock);
        return copy(&template, data);
    }
    initialise(data)?;
    // A copy that was broken off half-way never bears the template's name.
    let half = templates.join("half");
    if half.exists() {
        fs::remove_dir_all(&half)?;
    }
    copy(data, &half)?;
    fs::rename(&half, &template)
}

fn initialise(data: &Path) -> io::Result<()> {
    fs::create_dir_all(data)?;
    fs::set_permissions(data, fs::Permissions::from_mode(0o700))?;
    if is_root() {
        run(Command::new("chown").arg("postgres:").arg(data))?;
    }
    run(as_postgres("initdb")?
        .arg("--pgdata")
        .arg(data)
        .args(["--username=motcua", "--auth=trust", "--encoding=UTF8", "--locale=C"])
        .arg("--no-sync"))
}

/// A folder with its owners and modes; `to` is not there yet, or empty.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    run(Command::new("cp")
        .args(["--archive", "--reflink=auto", "--no-target-directory"])
        .arg(from)
        .arg(to))
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{command:?} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    )))
}

/// Whether a process runs; one that waits for its parent to ask does not.
fn is_alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z')))
}

fn is_root() -> bool {
    fs::metadata("/proc/self")
        .map(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
        .unwrap_or(false)
}

/// Whether another user can pass through `dir` and every folder above it.
fn others_may_enter(dir: &Path) -> bool {
    let Ok(dir) = fs::canonicalize(dir) else { return false };
    dir.ancestors()
        .all(|folder| fs::metadata(folder).is_ok_and(|meta| meta.permissions().mode() & 0o001 != 0))
}
