//! Facts about all drivers, and helpers of the drivers' own tests.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::{
    Class, ConfigProblem, DRIVERS, DeviceConfig, DeviceEvent, DeviceState, EventKind, RawDevice,
    StateNow, TransportConfig, read,
};

/// Folders that are no drivers.
const OTHER_FOLDERS: &[&str] = &["class", "discovery", "transport"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_drivers_folder_is_in_the_list() {
    let folders: BTreeSet<String> = std::fs::read_dir(root())
        .expect("the package's folder")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !OTHER_FOLDERS.contains(&name.as_str()))
        .collect();
    let listed: BTreeSet<String> = DRIVERS.iter().map(|driver| driver.name.to_owned()).collect();
    assert_eq!(folders, listed, "lib.rs lists each driver's folder");
}

#[test]
fn every_driver_has_its_files_and_a_manifest_that_reads() {
    for driver in DRIVERS {
        for file in [
            "device.toml",
            "mod.rs",
            "settings.rs",
            "protocol.rs",
            "driver.rs",
            "sim.rs",
            "tests.rs",
            "README.md",
        ] {
            let path = root().join(driver.name).join(file);
            assert!(path.is_file(), "{} is missing", path.display());
        }
        let captures = std::fs::read_dir(root().join(driver.name).join("captures"));
        assert!(captures.expect("a folder captures").count() > 0, "{}: no capture", driver.name);
        let manifest = driver.manifest().unwrap_or_else(|e| panic!("{}: {e}", driver.name));
        assert_eq!(manifest.class, driver.class, "{}", driver.name);
        if manifest.transports.iter().any(|kind| kind == "serial") {
            assert!(manifest.serial.is_some(), "{}: form of the line", driver.name);
            let rules = root().join(driver.name).join("udev.rules");
            assert!(rules.is_file(), "{} is missing", rules.display());
        }
    }
}

#[test]
fn every_default_in_a_manifest_passes_its_own_limits() {
    for driver in DRIVERS {
        let manifest = driver.manifest().expect("a manifest");
        let settings: toml::Table =
            manifest.settings.iter().map(|s| (s.key.clone(), s.default.clone())).collect();
        let config = DeviceConfig {
            id: "x".to_owned(),
            driver: driver.name.to_owned(),
            transport: TransportConfig::Tcp { address: "10.0.0.1:1".to_owned() },
            counter: Some(1),
            settings,
        };
        let problems: Vec<_> = crate::config::check(driver, &config, "device")
            .into_iter()
            .filter(|problem| !problem.key.ends_with("transport.kind"))
            .collect();
        assert_eq!(problems, [], "{}", driver.name);
    }
}

fn devices(text: &str) -> Result<Vec<DeviceConfig>, Vec<ConfigProblem>> {
    #[derive(serde::Deserialize)]
    struct File {
        device: Vec<RawDevice>,
    }
    let file: File = toml::from_str(text).expect("TOML");
    read(&file.device)
}

#[test]
fn a_right_list_of_devices_reads() {
    let configs = devices(
        r#"
        [[device]]
        id = "led-1"
        driver = "led_alpha"
        transport = { kind = "serial", path = "/dev/serial/by-id/usb-1", baud = 19200 }
        counter = 1
        settings = { address = "01", flash_s = 8 }

        [[device]]
        id = "printer"
        driver = "printer_escpos"
        transport = { kind = "tcp", address = "printer.local:9100" }
        "#,
    )
    .expect("no mistakes");
    assert_eq!(configs.len(), 2);
    assert_eq!(configs[0].counter, Some(1));
    assert!(matches!(configs[1].transport, TransportConfig::Tcp { .. }));
}

#[test]
fn every_mistake_is_named_at_once_with_a_value_that_works() {
    let problems = devices(
        r#"
        [[device]]
        id = "led 1"
        driver = "led_alpha"
        transport = { kind = "serial", path = "ttyUSB0", baud = 12, format = "9X1" }
        counter = 0
        colour = "red"

        [[device]]
        driver = "led_beta"
        transport = { kind = "radio" }

        [[device]]
        id = "p"
        driver = "printer_escpos"
        transport = { kind = "serial", path = "/dev/ttyS0" }
        settings = { paper_width_dots = 400, cut = "yes", block_rows = 9000, ink = 1, font_bold = "/no" }

        [[device]]
        id = "r"
        driver = "reader_qr"
        transport = { kind = "tcp", address = "10.0.0.9" }
        counter = 2

        [[device]]
        id = "s"
        driver = "led_alpha"
        transport = { kind = "tcp", address = "10.0.0.9:4001" }
        settings = { address = "zz" }
        "#,
    )
    .expect_err("mistakes");
    let keys: BTreeSet<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    let wanted = [
        "device[1].colour",
        "device[1].counter",
        "device[1].id",
        "device[1].transport.baud",
        "device[1].transport.format",
        "device[1].transport.path",
        "device[2].driver",
        "device[2].id",
        "device[2].transport.kind",
        "device[3].settings.block_rows",
        "device[3].settings.cut",
        "device[3].settings.font_bold",
        "device[3].settings.ink",
        "device[3].settings.paper_width_dots",
        "device[3].transport.kind",
        "device[4].transport.address",
        "device[5].counter",
        "device[5].settings.address",
    ];
    assert_eq!(keys, wanted.into_iter().collect());
    for problem in &problems {
        assert!(!problem.works.is_empty() && !problem.wrong.is_empty(), "{problem}");
    }
}

#[test]
fn a_sign_stands_at_a_counter_or_is_the_hall_s_board() {
    let sign = |more: &str| {
        devices(&format!(
            "[[device]]\nid = \"led-1\"\ndriver = \"led_alpha\"\n\
             transport = {{ kind = \"tcp\", address = \"10.0.0.9:4001\" }}\n{more}\n"
        ))
        .map_err(|problems| problems.into_iter().map(|one| one.key).collect::<Vec<_>>())
    };
    assert!(sign("settings = { board = true }").expect("a board")[0].is_board());
    assert!(!sign("counter = 1").expect("a counter's sign")[0].is_board());
    let wrong = ["device[1].counter".to_owned()];
    assert_eq!(sign("").expect_err("at no counter"), wrong);
    assert_eq!(sign("counter = 1\nsettings = { board = true }").expect_err("both"), wrong);
}

#[test]
fn two_devices_of_one_name_are_a_mistake() {
    let device = r#"
        [[device]]
        id = "led-1"
        driver = "led_alpha"
        transport = { kind = "tcp", address = "10.0.0.9:4001" }
        counter = 1
    "#;
    let problems = devices(&format!("{device}{device}")).expect_err("a mistake");
    assert_eq!(problems[0].key, "device[2].id");
    assert_eq!(problems[0].code, "settings.duplicate");
}

#[test]
fn a_scan_does_not_show_in_a_debug_print() {
    let event = EventKind::Scanned { text: "022300000000||NGUYEN VAN A".to_owned() };
    let printed = format!("{event:?}");
    assert!(!printed.contains("022300000000") && !printed.contains("NGUYEN"), "{printed}");
}

#[test]
fn classes_are_named_as_in_the_manifests() {
    assert_eq!(serde_json::to_string(&Class::CounterSign).expect("json"), "\"counter_sign\"");
}

/// How long a test waits for something that happens on its own.
const DEADLINE: Duration = Duration::from_secs(60);

/// Waits for an event that fits; others on the way are dropped.
pub(crate) async fn event(
    events: &mut mpsc::Receiver<DeviceEvent>,
    fits: impl Fn(&EventKind) -> bool,
) -> EventKind {
    let wait = async {
        loop {
            let event = events.recv().await.expect("the devices still live");
            if fits(&event.kind) {
                return event.kind;
            }
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.expect("the event in time")
}

/// Waits for an event of a state; others on the way are dropped.
pub(crate) async fn state_event(
    events: &mut mpsc::Receiver<DeviceEvent>,
    wanted: DeviceState,
) -> &'static str {
    let fits =
        |kind: &EventKind| matches!(kind, EventKind::State { state, .. } if *state == wanted);
    match event(events, fits).await {
        EventKind::State { reason_code, .. } => reason_code,
        _ => unreachable!("only states fit"),
    }
}

/// Waits until a state has that reason.
pub(crate) async fn reason(state: &mut watch::Receiver<StateNow>, code: &str) {
    until(state, |now| now.reason_code == code).await;
}

/// Waits until a watched value fits.
pub(crate) async fn until<T: Clone>(
    watched: &mut watch::Receiver<T>,
    fits: impl FnMut(&T) -> bool,
) -> T {
    let waited = tokio::time::timeout(DEADLINE, watched.wait_for(fits)).await;
    waited.expect("in time").expect("the sender lives").clone()
}

/// Waits until something outside this process is so, looking again and again.
pub(crate) async fn when(holds: impl Fn() -> bool) {
    let mut look = tokio::time::interval(Duration::from_millis(5));
    let wait = async {
        while !holds() {
            look.tick().await;
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.expect("in time");
}

/// A device on a line.
pub(crate) fn config(driver: &str, transport: TransportConfig, settings: &str) -> DeviceConfig {
    DeviceConfig {
        id: format!("{driver}-1"),
        driver: driver.to_owned(),
        transport,
        counter: Some(1),
        settings: toml::from_str(settings).expect("settings"),
    }
}

pub(crate) fn serial(path: &Path) -> TransportConfig {
    TransportConfig::Serial { path: path.to_owned(), baud: None, format: None }
}

/// Bytes of a recording: hexadecimal digits, `#` begins a comment.
pub(crate) fn capture(driver: &str, name: &str) -> Vec<u8> {
    let path = root().join(driver).join("captures").join(name);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let digits: String = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .flat_map(str::chars)
        .filter(|letter| !letter.is_whitespace())
        .collect();
    assert!(digits.len().is_multiple_of(2), "{}: an odd digit", path.display());
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}

/// Runs a few lines of Python with the independent peers: bytes in by `sys.stdin`, out by `out`.
/// Some of them print their warnings to the standard output, which is kept apart.
pub(crate) fn peer(script: &str, input: &[u8]) -> Vec<u8> {
    let cache = std::env::var_os("MOTCUA_CACHE").map(PathBuf::from).unwrap_or_else(|| {
        let home = std::env::var_os("HOME").expect("HOME");
        std::env::var_os("XDG_CACHE_HOME")
            .map_or_else(|| Path::new(&home).join(".cache"), PathBuf::from)
            .join("motcua")
    });
    let python = cache.join("peers/bin/python");
    assert!(
        python.is_file(),
        "the device protocols' independent peers are missing ({}): run ./provision/setup",
        python.display()
    );
    let prelude = "import sys\nout = sys.stdout.buffer\nsys.stdout = sys.stderr\n";
    let mut child = Command::new(python)
        .args(["-c", &format!("{prelude}{script}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    child.stdin.take().expect("a pipe").write_all(input).expect("python reads");
    let output = child.wait_with_output().expect("python ends");
    assert!(output.status.success(), "python: {}", output.status);
    output.stdout
}

/// Two serial lines joined by socat, which someone else wrote. Pulling it ends both.
pub(crate) struct Socat {
    child: std::process::Child,
    near: PathBuf,
    far: PathBuf,
}

impl Socat {
    pub(crate) async fn start(near: &Path, far: &Path) -> Self {
        let end = |path: &Path| format!("pty,raw,echo=0,link={}", path.display());
        let child = Command::new("socat")
            .args([end(near), end(far)])
            .spawn()
            .unwrap_or_else(|error| panic!("socat ({error}): run ./provision/setup"));
        let socat = Self { child, near: near.to_owned(), far: far.to_owned() };
        when(|| socat.near.exists() && socat.far.exists()).await;
        socat
    }
}

impl Drop for Socat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Killed, it leaves its links: an adapter that is pulled takes its path with it.
        let _ = std::fs::remove_file(&self.near);
        let _ = std::fs::remove_file(&self.far);
    }
}
