//! The table; the supervisor with helpers that misbehave; two machines with real Avahi daemons.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::{Timestamp, ToSpan};

use super::table::{Change, ROWS_MAX, Table};
use super::{Announcement, HelperCommand, HelperLine, KINDS, Supervisor, run_helper};
use crate::tests::{event, reason, state_event, until, when};
use crate::{DeviceState, EventKind, Events};

const KIND: &str = "_pdl-datastream._tcp";

fn announcement(name: &str, address: &str) -> Announcement {
    Announcement {
        kind: KIND.to_owned(),
        name: name.to_owned(),
        host: "printer.local".to_owned(),
        address: address.to_owned(),
        port: 9100,
        txt: Default::default(),
        unreadable: Vec::new(),
    }
}

fn seen(name: &str, address: &str) -> HelperLine {
    HelperLine::Seen(announcement(name, address))
}

fn round() -> HelperLine {
    HelperLine::Round { kind: KIND.to_owned() }
}

#[test]
fn ipv4_is_kept_whatever_comes_in_which_order() {
    let mut table = Table::default();
    let now = Timestamp::UNIX_EPOCH;
    table.take(&seen("a", "2001:db8::1"), now);
    table.take(&seen("a", "10.0.0.2"), now);
    table.take(&seen("a", "2001:db8::1"), now);
    assert_eq!(table.rows()[0].announcement.address, "10.0.0.2");
}

#[test]
fn a_goodbye_makes_doubtful_and_only_missed_rounds_remove() {
    let mut table = Table::default();
    let now = Timestamp::UNIX_EPOCH;
    table.take(&seen("a", "10.0.0.2"), now);
    let gone = HelperLine::Gone { kind: KIND.to_owned(), name: "a".to_owned() };
    assert_eq!(table.take(&gone, now), Change::Rows);
    assert!(table.rows()[0].doubtful);
    table.take(&seen("a", "10.0.0.2"), now);
    assert!(!table.rows()[0].doubtful, "it was one address family's goodbye");
    table.take(&round(), now);
    assert!(!table.rows()[0].doubtful, "the round has only begun");
    table.take(&round(), now);
    assert!(table.rows()[0].doubtful);
    table.take(&round(), now);
    assert!(table.rows().is_empty());
}

#[test]
fn a_full_table_makes_room_only_of_what_is_doubtful() {
    let mut table = Table::default();
    let start = Timestamp::UNIX_EPOCH;
    for row in 0..ROWS_MAX {
        table.take(&seen(&format!("{row:03}"), "10.0.0.2"), start + (row as i64).seconds());
    }
    assert_eq!(table.take(&seen("more", "10.0.0.2"), start), Change::Full);
    assert_eq!(table.rows().len(), ROWS_MAX);
    let gone = HelperLine::Gone { kind: KIND.to_owned(), name: "007".to_owned() };
    table.take(&gone, start);
    assert_eq!(table.take(&seen("more", "10.0.0.2"), start), Change::Rows);
    assert_eq!(table.rows().len(), ROWS_MAX);
    assert!(table.rows().iter().all(|row| row.announcement.name != "007"));
}

fn shell(script: &str) -> HelperCommand {
    HelperCommand {
        program: PathBuf::from("/bin/sh"),
        arguments: vec!["-c".into(), script.into()],
        environment: Vec::new(),
        pause_first: Duration::from_millis(50),
    }
}

#[tokio::test]
async fn a_helper_that_aborts_is_started_again_and_the_list_stays() {
    let line = serde_json::to_string(&seen("a", "10.0.0.2")).expect("JSON");
    let (events, mut heard) = Events::channel(256);
    let supervisor = Supervisor::start(shell(&format!("echo '{line}'; kill -ABRT $$")), events);
    for _ in 0..3 {
        state_event(&mut heard, DeviceState::Online).await;
        assert_eq!(state_event(&mut heard, DeviceState::Offline).await, "discovery.helper_died");
    }
    assert_eq!(supervisor.seen().len(), 1);
}

#[tokio::test]
async fn what_is_no_line_of_ours_is_skipped_and_endless_lines_are_bounded() {
    let line = serde_json::to_string(&seen("a", "10.0.0.2")).expect("JSON");
    let script = format!(
        "echo running 1 test; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo '{line}'; exec sleep 60"
    );
    let (events, _heard) = Events::channel(256);
    let supervisor = Supervisor::start(shell(&script), events);
    until(&mut supervisor.watch(), |rows| rows.len() == 1).await;
}

#[tokio::test]
async fn a_helper_that_cannot_be_started_is_a_state_and_no_end() {
    let mut command = shell("");
    command.program = PathBuf::from("/no/such/program");
    let (events, mut heard) = Events::channel(256);
    let _supervisor = Supervisor::start(command, events);
    let code = state_event(&mut heard, DeviceState::Offline).await;
    assert_eq!(code, "discovery.helper_not_started");
}

#[tokio::test]
async fn a_flood_of_announcements_is_bounded_and_told_once() {
    let line = serde_json::to_string(&seen("NAME", "10.0.0.2")).expect("JSON");
    let script = format!(
        "i=0; while [ $i -lt 600 ]; do echo '{line}' | sed s/NAME/$i/; i=$((i+1)); done; exec sleep 60"
    );
    let (events, mut heard) = Events::channel(256);
    let supervisor = Supervisor::start(shell(&script), events);
    let told = event(&mut heard, |kind| matches!(kind, EventKind::Problem { .. })).await;
    assert!(matches!(told, EventKind::Problem { code: "discovery.table_full", .. }));
    assert_eq!(supervisor.seen().len(), ROWS_MAX);
}

/// Not a fact: the helper's process in the test below, which starts this executable again.
#[test]
fn helper_process() {
    if std::env::var_os("MOTCUA_TEST_HELPER").is_some() {
        let kinds: Vec<String> = KINDS.iter().map(|kind| (*kind).to_owned()).collect();
        let _ = run_helper(&kinds, std::io::stdout());
    }
}

/// A process that is ended when the test lets go of it.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} ({error}): run ./provision/setup"));
        Self(child)
    }

    /// Ends it as its own goodbye allows.
    fn end(mut self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.0.id()).expect("a pid"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it runs");
        self.0.wait().expect("it ends");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A network namespace with a D-Bus and an Avahi daemon of its own.
struct Machine {
    space: String,
    folder: PathBuf,
    avahi: Option<Running>,
    _bus: Running,
}

fn ip(arguments: &str) {
    let output = Command::new("ip")
        .args(arguments.split(' '))
        .output()
        .unwrap_or_else(|error| panic!("ip ({error}): run ./provision/setup"));
    assert!(
        output.status.success(),
        "ip {arguments}: {} (network namespaces need root)",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Network namespaces joined by a cable; gone when dropped.
struct Cable(String, String);

impl Cable {
    fn lay(first: &str, second: &str) -> Self {
        ip(&format!("netns add {first}"));
        let cable = Self(first.to_owned(), second.to_owned());
        ip(&format!("netns add {second}"));
        ip(&format!("link add {first} netns {first} type veth peer name {second} netns {second}"));
        for (space, address) in [(first, "10.77.0.1/24"), (second, "10.77.0.2/24")] {
            ip(&format!("-n {space} addr add {address} dev {space}"));
            ip(&format!("-n {space} link set {space} up"));
            ip(&format!("-n {space} link set lo up"));
        }
        cable
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        for space in [&self.0, &self.1] {
            let _ = Command::new("ip").args(["netns", "del", space]).output();
        }
    }
}

impl Machine {
    async fn start(space: &str, folder: &Path) -> Self {
        let folder = folder.join(space);
        std::fs::create_dir(&folder).expect("a folder");
        let bus = folder.join("bus");
        std::fs::write(
            folder.join("bus.conf"),
            format!(
                "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
                 \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\
                 <busconfig><type>custom</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
                 <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
                 <allow eavesdrop=\"true\"/><allow own=\"*\"/><allow user=\"*\"/></policy></busconfig>",
                bus.display()
            ),
        )
        .expect("written");
        std::fs::write(
            folder.join("avahi.conf"),
            format!(
                "[server]\nhost-name={space}\nuse-ipv4=yes\nuse-ipv6=no\nallow-interfaces={space}\n\
                 enable-dbus=yes\n[publish]\npublish-workstation=no\npublish-hinfo=no\n"
            ),
        )
        .expect("written");
        let dbus = Running::start(
            Command::new("ip")
                .args(["netns", "exec", space, "dbus-daemon", "--nofork", "--nopidfile"])
                .arg(format!("--config-file={}", folder.join("bus.conf").display())),
        );
        let mut machine = Self { space: space.to_owned(), folder, avahi: None, _bus: dbus };
        // Whoever connects before the bus is there gives up at once.
        when(|| bus.exists()).await;
        machine.start_avahi();
        machine
    }

    fn start_avahi(&mut self) {
        // Its files under /run are fixed: each daemon gets a mount of its own there.
        let script = format!(
            "mkdir -p /run/avahi-daemon && mount -t tmpfs tmpfs /run/avahi-daemon && \
             exec avahi-daemon -f {conf} --no-drop-root --no-chroot --no-rlimits",
            conf = self.folder.join("avahi.conf").display(),
        );
        self.avahi =
            Some(Running::start(self.command("unshare").args(["-m", "bash", "-c", &script])));
    }

    fn bus(&self) -> String {
        format!("unix:path={}", self.folder.join("bus").display())
    }

    /// A command inside this machine.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.space, program])
            .env("DBUS_SYSTEM_BUS_ADDRESS", self.bus());
        command
    }

    /// Announces something, as soon as the daemon is there.
    fn announce(&self, name: &str, txt: &[&[u8]]) -> Running {
        let mut command = self.command("avahi-publish");
        command.args(["-f", "-s", name, KIND, "9100"]);
        command.args(txt.iter().map(|text| OsStr::from_bytes(text)));
        Running::start(&mut command)
    }
}

#[tokio::test]
async fn two_machines_see_each_other_and_bad_neighbours_harm_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let number = std::process::id() % 100_000;
    let (first, second) = (format!("mca{number}"), format!("mcb{number}"));
    let _cable = Cable::lay(&first, &second);
    let mut here = Machine::start(&first, folder.path()).await;
    let there = Machine::start(&second, folder.path()).await;

    let mut arguments: Vec<OsString> =
        ["netns", "exec", &first].into_iter().map(OsString::from).collect();
    arguments.push(std::env::current_exe().expect("this executable").into());
    arguments
        .extend(["discovery::tests::helper_process", "--exact", "--nocapture"].map(OsString::from));
    let command = HelperCommand {
        program: PathBuf::from("ip"),
        arguments,
        environment: vec![
            ("MOTCUA_TEST_HELPER".into(), "1".into()),
            ("DBUS_SYSTEM_BUS_ADDRESS".into(), here.bus().into()),
        ],
        pause_first: Duration::from_millis(100),
    };
    let (events, mut heard) = Events::channel(1024);
    let supervisor = Supervisor::start(command, events);
    let mut rows = supervisor.watch();
    let mut helper = supervisor.helper();
    let has = |name: &'static str| {
        move |rows: &std::sync::Arc<Vec<super::Seen>>| {
            rows.iter().any(|row| row.announcement.name == name && !row.doubtful)
        }
    };

    let good = there.announce("Máy in tầng 1", &["ty=Máy in phiếu".as_bytes(), b"uuid=1-2-3"]);
    let found = until(&mut rows, has("Máy in tầng 1")).await;
    let row = &found[0].announcement;
    assert_eq!((row.address.as_str(), row.port), ("10.77.0.2", 9100));
    assert_eq!(row.txt["ty"], "Máy in phiếu");
    assert_eq!(row.txt["uuid"], "1-2-3");

    // A value that is no text, which any device on the LAN can announce.
    let bad = there.announce("Bad neighbour", &[b"ty=fine", b"note=\xFF\xFE\x80", b"\xC3\x28=x"]);
    let found = until(&mut rows, has("Bad neighbour")).await;
    let row = found
        .iter()
        .find(|row| row.announcement.name == "Bad neighbour")
        .expect("the row")
        .announcement
        .clone();
    assert_eq!(row.unreadable, ["note"]);
    assert_eq!(row.txt["ty"], "fine");

    // The helper dies; everything is found again.
    let before = until(&mut helper, Option::is_some).await.expect("a pid");
    let pid = nix::unistd::Pid::from_raw(i32::try_from(before).expect("a pid"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).expect("it runs");
    assert_eq!(state_event(&mut heard, DeviceState::Offline).await, "discovery.helper_died");
    until(&mut helper, |now| now.is_some_and(|now| now != before)).await;
    assert_eq!(state_event(&mut heard, DeviceState::Online).await, "device.ready");

    // A goodbye makes doubtful.
    bad.end();
    until(&mut rows, |rows| {
        rows.iter().any(|row| row.announcement.name == "Bad neighbour" && row.doubtful)
    })
    .await;

    // The daemon here is restarted: a browser never recovers from that, a new one does.
    here.avahi = None;
    reason(&mut supervisor.state(), "discovery.no_avahi").await;
    here.start_avahi();
    reason(&mut supervisor.state(), "device.ready").await;
    drop(good);
    let _again = there.announce("Máy quét", &[b"ty=x"]);
    until(&mut rows, has("Máy quét")).await;
}
