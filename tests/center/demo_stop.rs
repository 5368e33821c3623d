//! `motcua demo` asked to stop while it is still starting: nothing may be left behind.

use crate::house::program;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

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
const STOP_MAX: Duration = Duration::from_secs(60);

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

/// The command lines of all processes that name the folder.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.display().to_string();
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "))
        .filter(|line| line.contains(&folder))
        .collect()
}
