//! A whole province for one test: hub, broker, PostgreSQL, one or two centers with their devices, as
//! processes, in a folder of the test's own; and the few words by which tests talk to them. Shared by
//! `tests/center` and `tests/faults`.
//!
//! Everything starts at 07:30 of today: a test that runs over midnight must not see its queue begin
//! anew.
//!
//! - [`certificate`]: a certificate of a chosen date.
//! - [`clock`]: a center's clock that can be turned, also while the machine is off.
//! - [`hands`]: two centers and a dossier that changes hands.
//! - [`host`]: a host of its own for the center, on a line that can be cut, slowed and made to lose.
//! - [`ledger`]: people who work all day, and a ledger of what they were answered.
//! - [`pace`]: how much longer everything may take on a slow machine.
//! - [`restoring`]: boxes that die and are restored, disks that are copied.
//! - [`wire`]: a further client of the broker.

// Helpers of tests fail by panicking, as tests do; the lints know only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod certificate;
pub mod clock;
pub mod hands;
pub mod host;
pub mod ledger;
pub mod pace;
pub mod readers;
pub mod restoring;
pub mod wire;

pub use pace::scaled;

use anyhow::{Context, bail};
use motcua::cli::day::client::{Answer, As, CenterClient};
use motcua::cli::demo::books::{self, Books, JournalState};
use motcua::cli::demo::processes::{set_own_program, wait_for};
use motcua::cli::demo::{Demo, LinkTimes, NODES, PASSWORD, Place, Wish};
use reqwest::{Certificate, Client, Method};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// So close to the true rate that no test sees it, and yet not 1: then the day begins in the morning.
const MORNING_RATE: f64 = 1.000_001;
/// How long both ends may take to hold the same. A lost line is noticed after 12.5 s, and a first
/// packet that was lost is sent again after up to 15 s.
pub const CATCH_UP_MAX: Duration = Duration::from_secs(180);
/// How long a thing may take that should happen at once on a loaded machine.
pub const SOON: Duration = Duration::from_secs(60);
/// How long a center may take to answer after its start, or people to be answered a few times.
pub const ANSWERED_MAX: Duration = Duration::from_secs(180);

/// Names another build to be tried in place of this one, as the packaged program.
const OTHER_PROGRAM: &str = "MOTCUA_PROGRAM";

/// A province that is up.
pub struct House {
    /// The processes.
    pub demo: Demo,
    /// Everything that they write.
    pub folder: Folder,
}

/// A folder of a test: removed when it ended well, kept with its logs when it did not.
pub struct Folder {
    /// The folder.
    pub path: PathBuf,
    disks: Vec<PathBuf>,
    keep: bool,
}

impl Folder {
    /// An empty folder that PostgreSQL's user may enter.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("motcua-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { path, disks: Vec::new(), keep: false }
    }

    /// Keeps the folder, for a look at the logs.
    pub fn keep(&mut self) {
        self.keep = true;
    }

    /// Puts a disk of its own, which can be filled, at a place in the folder.
    pub fn mount_disk(&mut self, place: &str, mebibytes: u32) -> PathBuf {
        let at = self.path.join(place);
        std::fs::create_dir_all(&at).unwrap();
        let size = format!("size={mebibytes}m");
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "motcua-test"])
            .arg(&at)
            .status();
        assert!(mounted.unwrap().success(), "mounting a small disk needs root");
        self.disks.push(at.clone());
        at
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for disk in &self.disks {
            // Lazily: a process of a failed test may still have it open for a moment.
            let _ = std::process::Command::new("umount").arg("-l").arg(disk).status();
        }
        if self.keep || std::thread::panicking() {
            eprintln!("everything of the failed test is kept in {}", self.path.display());
        } else if let Err(error) = std::fs::remove_dir_all(&self.path) {
            eprintln!("{} could not be removed: {error}", self.path.display());
        }
    }
}

/// Takes all the room that is left on a disk, by a file that is to be removed afterwards.
pub fn take_all_room(file: &Path) -> io::Result<()> {
    let mut filler = File::create(file)?;
    for length in [1 << 20, 64 * 1024, 512, 1] {
        let piece = vec![b'x'; length];
        loop {
            match filler.write(&piece) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull => break,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Prepares this process: which program is started, and with which cryptography.
pub fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        set_own_program(&program());
    });
}

/// The program under test: the one that was built beside this one.
pub fn program() -> PathBuf {
    if let Some(other) = std::env::var_os(OTHER_PROGRAM) {
        return PathBuf::from(other);
    }
    let own = std::env::current_exe().unwrap();
    let mut folder = own.parent().unwrap();
    // Cargo puts tests one folder deeper than programs.
    if folder.ends_with("deps") {
        folder = folder.parent().unwrap();
    }
    let program = folder.join("motcua");
    assert!(program.exists(), "{} is not built: cargo build --bins", program.display());
    program
}

/// What a center of a house is to its test.
#[derive(Clone)]
pub struct Center {
    /// The node's name.
    pub node: String,
    /// Its settings.
    pub config: PathBuf,
    /// Its data folder.
    pub data: PathBuf,
    base: String,
    authority: PathBuf,
}

impl Center {
    /// Somebody who sends each request until it is answered.
    pub fn client(&self, who: As) -> CenterClient {
        CenterClient::new(&self.base, &self.authority, who).unwrap()
    }

    /// The officer of a counter.
    pub fn officer(&self, counter: u16) -> CenterClient {
        self.client(As::Officer {
            login: format!("officer-{counter}"),
            password: PASSWORD.to_owned(),
        })
    }

    /// The head of the center.
    pub fn head(&self) -> CenterClient {
        self.client(As::Officer { login: "giam-doc".to_owned(), password: PASSWORD.to_owned() })
    }

    /// Somebody who takes the first answer as it is, also "busy", and keeps cookies as a browser does.
    pub fn hasty(&self, token: &str) -> Hasty {
        let pem = std::fs::read(&self.authority).unwrap();
        let http = Client::builder()
            .add_root_certificate(Certificate::from_pem(&pem).unwrap())
            .timeout(Duration::from_secs(20))
            .cookie_store(true)
            .build()
            .unwrap();
        Hasty { http, base: self.base.clone(), token: token.to_owned() }
    }

    /// The center's health, which anybody may ask for; nothing while its disk is away.
    pub async fn health(&self) -> Option<Value> {
        if !self.authority.exists() {
            return None;
        }
        let answer = self.hasty("").ask(Method::GET, "/api/v1/health", None).await.ok()?;
        answer.granted().then_some(answer.body)
    }

    /// Waits until the center answers.
    pub async fn is_up(&self) {
        wait_for("the center to answer", scaled(ANSWERED_MAX), async || {
            self.health().await.map(|_| ())
        })
        .await
        .unwrap();
    }

    /// Waits until the link to the hub is in one of some states, at most so long, [`scaled`].
    pub async fn link_is(&self, wanted: &[&str], most: Duration) {
        wait_for(&format!("the link to be {wanted:?}"), scaled(most), async || {
            let health = self.health().await?;
            wanted.contains(&health["uplink"]["state"].as_str()?).then_some(())
        })
        .await
        .unwrap();
    }
}

/// A client that never repeats a request.
pub struct Hasty {
    http: Client,
    base: String,
    token: String,
}

impl Hasty {
    /// Sends once. A `POST` carries a fresh key.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = request.header("idempotency-key", fresh_key());
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }
}

/// A request key that nobody has used.
pub fn fresh_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl House {
    /// A province with some centers on the loopback address.
    pub async fn open(name: &str, nodes: usize) -> Self {
        Self::open_at(Folder::new(name), nodes, Place::default()).await
    }

    /// The same in a folder that was prepared, and at a place.
    pub async fn open_at(folder: Folder, nodes: usize, place: Place) -> Self {
        Self::open_with(folder, nodes, place, None).await
    }

    /// The same with a link whose times are scaled.
    pub async fn open_with(
        folder: Folder,
        nodes: usize,
        place: Place,
        times: Option<LinkTimes>,
    ) -> Self {
        prepare();
        let folder_path = Some(folder.path.clone());
        let wish = Wish { nodes, rate: MORNING_RATE, folder: folder_path, place, times, years: 0 };
        let demo = Demo::start(&wish).await.unwrap();
        let house = Self { demo, folder };
        for index in 0..nodes {
            house.center(index).is_up().await;
        }
        house
    }

    /// Stops everything in its order.
    pub async fn close(self) {
        let Self { demo, folder } = self;
        demo.stop().await;
        drop(folder);
    }

    /// One of the centers.
    pub fn center(&self, index: usize) -> Center {
        let node = NODES[index].0;
        let folder = self.folder.path.join(node);
        let config = folder.join("center.toml");
        let settings: toml::Table = std::fs::read_to_string(&config).unwrap().parse().unwrap();
        let listen = settings["web"]["listen"].as_str().unwrap();
        let data = folder.join("data");
        Center {
            node: node.to_owned(),
            base: format!("https://{listen}"),
            authority: data.join("identity/lan-authority.pem"),
            config,
            data,
        }
    }

    /// A token for tickets at the first center: not a kiosk's, which is held to what citizens can press.
    pub fn load_token(&self) -> String {
        self.demo.site().unwrap().load_token
    }

    /// Who takes tickets at the first center as quickly as a test likes.
    pub fn kiosk(&self) -> CenterClient {
        self.center(0).client(As::Device(self.load_token()))
    }

    /// A technician at the hub.
    pub fn technician(&self) -> CenterClient {
        let authority = hub::authority::Paths::new(&self.folder.path.join("hub")).lan();
        let who = As::Officer { login: "tinh".to_owned(), password: PASSWORD.to_owned() };
        CenterClient::new(&self.demo.hub_address(), &authority, who).unwrap()
    }

    /// The hub's settings.
    pub fn hub_settings(&self) -> hub::Settings {
        hub::Settings::load(Some(&self.folder.path.join("hub.toml"))).unwrap()
    }

    /// The hub's tables.
    pub async fn hub_tables(&self) -> anyhow::Result<tokio_postgres::Client> {
        let connection = self.hub_settings().postgres.connection;
        let (client, connection) =
            tokio_postgres::connect(&connection, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Runs a command of the hub to its end.
    pub async fn at_hub(&self, arguments: &[&str]) -> String {
        let config = self.folder.path.join("hub.toml");
        printed(arguments, &config).await.unwrap()
    }

    /// Waits until the hub has every entry of a center, and the same books; both chains must hold.
    /// People have gone home, but a printer may still have something to say: when the node has
    /// written on while the books were read, they are read again.
    pub async fn books_agree(&self, index: usize) -> JournalState {
        let end = Instant::now() + scaled(CATCH_UP_MAX);
        loop {
            let here = self.caught_up(index).await;
            let (at_node, at_hub) = self.both_books(index).await;
            assert!(!at_node.rows.is_empty());
            let (after, _) = self.both_journals(index).await.unwrap();
            let quiet = after.entries.len() == here.entries.len();
            if quiet || Instant::now() >= end {
                assert_eq!(at_node.differences(&at_hub), 0, "the books differ");
                return here;
            }
        }
    }

    /// The journal at the node and at the hub.
    async fn both_journals(&self, index: usize) -> anyhow::Result<(JournalState, JournalState)> {
        let center = self.center(index);
        let hub_config = self.folder.path.join("hub.toml");
        let here = printed(&["check", "journal", "--json"], &center.config).await?;
        let there = printed(&["hub", "check", &center.node], &hub_config).await?;
        Ok((serde_json::from_str(&here)?, serde_json::from_str(&there)?))
    }

    async fn both_books(&self, index: usize) -> (Books, Books) {
        let center = self.center(index);
        let hub_config = self.folder.path.join("hub.toml");
        let at_node = read_books(&["books"], &center.config).await;
        (at_node, read_books(&["hub", "books", &center.node], &hub_config).await)
    }

    async fn caught_up(&self, index: usize) -> JournalState {
        let center = self.center(index);
        let waited = wait_for("the hub to have every entry", scaled(CATCH_UP_MAX), async || {
            let health = center.health().await?;
            if health["uplink"]["entries_waiting"] != 0 {
                return None;
            }
            let (here, there) = self.both_journals(index).await.ok()?;
            (here.entries.len() <= there.entries.len()).then_some((here, there))
        })
        .await;
        let (here, there) = match waited {
            Ok(states) => states,
            Err(error) => {
                let (here, there) = self.both_journals(index).await.unwrap();
                panic!("{error:#}: {} of {}", there.entries.len(), here.entries.len());
            }
        };
        assert!(here.chain_ok, "the node's journal is not in order");
        assert!(there.chain_ok, "the hub's journal of the node is not in order");
        assert_eq!((here.doubled(), there.doubled()), (0, 0));
        assert_eq!(here.missing_in(&there), 0, "the hub lacks entries of the node");
        here
    }
}

async fn read_books(arguments: &[&str], config: &Path) -> Books {
    books::read(&printed(arguments, config).await.unwrap()).unwrap()
}

/// Runs the program with arguments and a settings file, whatever it ends with.
pub async fn run(arguments: &[&str], config: Option<&Path>) -> Output {
    prepare();
    let mut command = tokio::process::Command::new(program());
    command.args(arguments).kill_on_drop(true).stdin(std::process::Stdio::null());
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    tokio::time::timeout(scaled(SOON), command.output()).await.expect("the command hangs").unwrap()
}

/// What a command printed; an error when it ended with a failure.
pub async fn printed(arguments: &[&str], config: &Path) -> anyhow::Result<String> {
    let output = run(arguments, Some(config)).await;
    if !output.status.success() {
        bail!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).context("not text")
}

/// Issues a ticket and gives it.
pub async fn issue(kiosk: &mut CenterClient, service: &str) -> Value {
    let body = json!({ "service": service });
    let answer = post(kiosk, "/api/v1/tickets", &body).await;
    assert!(answer.granted(), "{} {}", answer.status, answer.body);
    answer.body
}

/// Sends a `POST` with a fresh key until it is answered.
pub async fn post(client: &mut CenterClient, path: &str, body: &Value) -> Answer {
    client.send(Method::POST, path, Some(&fresh_key()), Some(body)).await.unwrap()
}

/// Sends a `POST` that must be granted.
pub async fn must(client: &mut CenterClient, path: &str, body: &Value) -> Value {
    let answer = post(client, path, body).await;
    assert!(answer.granted(), "{path}: {} {}", answer.status, answer.body);
    answer.body
}

/// Reads something that must be there.
pub async fn get(client: &mut CenterClient, path: &str) -> Value {
    let answer = client.send(Method::GET, path, None, None).await.unwrap();
    assert!(answer.granted(), "{path}: {} {}", answer.status, answer.body);
    answer.body
}

/// Looks at something again and again until it is as wished; what was found last stands in the panic.
pub async fn seen<T>(
    client: &mut CenterClient,
    path: &str,
    what: &str,
    mut look: impl FnMut(&Value) -> Option<T>,
) -> T {
    let mut last = Value::Null;
    let waited = wait_for(what, scaled(SOON), async || {
        last = get(client, path).await;
        look(&last)
    })
    .await;
    waited.unwrap_or_else(|error| panic!("{error:#}; {path} says {last:#}"))
}
