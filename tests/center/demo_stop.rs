//! `motcua demo` asked to stop while it is still starting: nothing may be left behind. And a process
//! of it that is killed: it is started again, until it ends too often.

use crate::house::program;
use motcua::cli::demo::processes::wait_for;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};

/// What the demo says when it begins a part, in the order of its start.
const PARTS: [&str; 6] = [
    "demo: PostgreSQL",
    "demo: the hub's keys and files",
    "demo: mosquitto",
    "demo: the hub",
    "demo: center 06658-1",
    "demo: center 06652-1",
];
/// A demo that is asked to stop and does not is a fault; far more than it needs.
const STOP_MAX: Duration = Duration::from_secs(120);
/// A demo comes up in some seconds, on a machine that is busy with other tests in more.
const UP_MAX: Duration = Duration::from_secs(300);
/// How the daemons are started, in their command lines.
const CENTER: &str = " center --config ";
const HUB: &str = " hub --config ";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_that_is_stopped_while_it_starts_leaves_nothing_behind() {
    for (index, part) in PARTS.into_iter().enumerate() {
        let asked = if index % 2 == 0 { Signal::SIGTERM } else { Signal::SIGINT };
        let temp = tempfile::tempdir().unwrap();
        // PostgreSQL's user must be able to enter.
        std::fs::set_permissions(temp.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut demo = Command::new(program())
            .args(["demo", "--nodes", "2"])
            .env("TMPDIR", temp.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("))
            {
                break;
            }
        }
        let id = Pid::from_raw(demo.id().expect("the demo runs").try_into().unwrap());
        kill(id, asked).unwrap();
        let ended = tokio::time::timeout(STOP_MAX, demo.wait()).await;
        let status = ended.expect("the demo stops when it is asked to").unwrap();
        assert!(!status.success(), "{part}: it did not come up, and says so");
        let left: Vec<_> =
            std::fs::read_dir(temp.path()).unwrap().map(|one| one.unwrap().path()).collect();
        assert!(left.is_empty(), "{part}: {left:?} is left");
        let alive = processes_of(temp.path());
        assert!(alive.is_empty(), "{part}: still there: {alive:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_center_that_is_killed_is_up_again_and_the_demo_goes_on() {
    let mut up = Up::start().await;
    let (center, hub) = (up.id_of(CENTER).unwrap(), up.id_of(HUB).unwrap());
    kill(center, Signal::SIGKILL).unwrap();
    let said = up.line_with("started again").await;
    assert!(said.contains("center-06658-1") && said.contains("khởi động lại"), "{said}");
    assert!(said.contains("logs/center-06658-1.log"), "{said}");
    wait_for("the center to answer again", UP_MAX, async || {
        up.id_of(CENTER).filter(|again| *again != center)?;
        TcpStream::connect(&up.center).await.ok().map(|_| ())
    })
    .await
    .unwrap();
    assert_eq!(up.id_of(HUB), Some(hub), "the hub was not touched");
    TcpStream::connect(&up.hub).await.unwrap();
    kill(up.own_id(), Signal::SIGTERM).unwrap();
    let ended = tokio::time::timeout(STOP_MAX, up.demo.wait()).await;
    assert!(ended.expect("the demo stops when it is asked to").unwrap().success());
    let alive = processes_of(up.temp.path());
    assert!(alive.is_empty(), "still there: {alive:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_whose_center_ends_again_and_again_says_why_before_where_its_files_are() {
    let mut up = Up::start().await;
    let ended = wait_for("the demo to give up", UP_MAX, async || {
        if let Some(center) = up.id_of(CENTER) {
            // It may be gone already.
            kill(center, Signal::SIGKILL).ok();
        }
        up.demo.try_wait().unwrap()
    })
    .await
    .unwrap();
    assert!(!ended.success());
    let mut said = Vec::new();
    while let Some(line) = up.lines.next_line().await.unwrap() {
        said.push(line);
    }
    let place = |part: &str| said.iter().position(|line| line.contains(part));
    assert_eq!(said.iter().filter(|line| line.contains("started again")).count(), 5, "{said:#?}");
    let reason = place("center-06658-1 dừng quá nhiều lần").expect("the reason is told");
    let kept = place("everything is kept in").expect("the folder stays");
    assert!(reason < kept, "{said:#?}");
}

/// A demo of one center that is up.
struct Up {
    demo: Child,
    /// What it prints, both streams in one.
    lines: Lines<BufReader<ChildStdout>>,
    /// `address:port` of the center's pages.
    center: String,
    /// The same of the hub.
    hub: String,
    temp: tempfile::TempDir,
}

impl Up {
    async fn start() -> Self {
        let temp = tempfile::tempdir().unwrap();
        // PostgreSQL's user must be able to enter.
        std::fs::set_permissions(temp.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let ready = temp.path().join("ready.json");
        let mut demo = Command::new("sh")
            .args(["-c", "exec \"$@\" 2>&1", "sh"])
            .arg(program())
            .args(["demo", "--ready"])
            .arg(&ready)
            .env("TMPDIR", temp.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(demo.stdout.take().unwrap()).lines();
        let told = wait_for("the demo to be up", UP_MAX, async || {
            assert!(demo.try_wait().unwrap().is_none(), "the demo ended");
            std::fs::read(&ready).ok()
        })
        .await
        .unwrap();
        let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
        let address = |url: &serde_json::Value| {
            url.as_str().unwrap().trim_start_matches("https://").trim_end_matches('/').to_owned()
        };
        let (center, hub) = (address(&told["centers"][0]["base"]), address(&told["hub"]));
        Self { demo, lines, center, hub, temp }
    }

    fn own_id(&self) -> Pid {
        Pid::from_raw(self.demo.id().expect("the demo runs").try_into().unwrap())
    }

    /// The process of the demo that was started in this way, if it runs.
    fn id_of(&self, started: &str) -> Option<Pid> {
        let folder = self.temp.path().display().to_string();
        command_lines()
            .find(|(_, line)| line.contains(&folder) && line.contains(started))
            .map(|(id, _)| id)
    }

    async fn line_with(&mut self, part: &str) -> String {
        let read = async {
            loop {
                let line = self.lines.next_line().await.unwrap().expect("the demo goes on");
                if line.contains(part) {
                    return line;
                }
            }
        };
        tokio::time::timeout(STOP_MAX, read).await.expect(part)
    }
}

/// The command lines of all processes that name the folder.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.display().to_string();
    command_lines().map(|(_, line)| line).filter(|line| line.contains(&folder)).collect()
}

/// Every process that runs, with its command line.
fn command_lines() -> impl Iterator<Item = (Pid, String)> {
    std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let entry = entry.ok()?;
        let id: i32 = entry.file_name().to_str()?.parse().ok()?;
        let bytes = std::fs::read(entry.path().join("cmdline")).ok()?;
        Some((Pid::from_raw(id), String::from_utf8_lossy(&bytes).replace('\0', " ")))
    })
}
