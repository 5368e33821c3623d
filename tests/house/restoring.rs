//! Boxes that die and are restored, and disks that are copied.

use crate::{CATCH_UP_MAX, Center, House, get, program, run, scaled};
use motcua::cli::day::client::{As, CenterClient};
use motcua::cli::demo::processes::{free_port, wait_for};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

/// The code of the center's recovery sheet, in a file.
pub fn sheet(house: &House, center: &Center) -> PathBuf {
    let text = house.folder.path.join(&center.node).join("recovery-sheet.txt");
    let text = std::fs::read_to_string(text).unwrap();
    let is_code = |line: &&str| line.split('-').count() == 8 && line.len() == 47;
    let file = house.folder.path.join("sheet-code.txt");
    std::fs::write(&file, text.lines().map(str::trim).find(is_code).unwrap()).unwrap();
    file
}

/// The first center gets a second medium, and is started again with it.
pub async fn plug_in(house: &mut House, center: &Center) -> PathBuf {
    let folder = house.folder.path.join("stick");
    std::fs::create_dir_all(&folder).unwrap();
    let mut file = std::fs::File::options().append(true).open(&center.config).unwrap();
    write!(file, "\n[medium]\nfolder = {folder:?}\n").unwrap();
    house.demo.center_process().kill_hard().await.unwrap();
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    folder
}

/// Waits until what would be lost with the disk is as wished.
pub async fn risk_is(center: &Center, what: &str, look: impl Fn(&Value) -> bool) {
    let mut last = Value::Null;
    let waited = wait_for(what, scaled(CATCH_UP_MAX), async || {
        last = center.health().await?["at_risk"].clone();
        look(&last).then_some(())
    })
    .await;
    waited.unwrap_or_else(|error| panic!("{error:#}: {last}"));
}

/// The first center's box loses its power.
pub async fn kill(house: &mut House) {
    house.demo.center_process().kill_hard().await.unwrap();
}

/// The first center's box dies, and its disk with it; a new one stands there with the settings alone.
/// Gives where the old disk is.
pub async fn die(house: &mut House, center: &Center, old: &str) -> PathBuf {
    kill(house).await;
    new_disk(center, old)
}

/// A box that is off gets an empty disk. Gives where the old one is.
pub fn new_disk(center: &Center, old: &str) -> PathBuf {
    let old = center.data.with_extension(old);
    std::fs::rename(&center.data, &old).unwrap();
    std::fs::create_dir_all(&center.data).unwrap();
    for file in ["THIS-IS-A-DEMO", "demo-clock.json"] {
        std::fs::copy(old.join(file), center.data.join(file)).unwrap();
    }
    old
}

/// `motcua center restore --from`.
pub async fn restore_from(center: &Center, from: &Path, sheet: Option<&Path>) -> Output {
    let from = from.display().to_string();
    let mut arguments = vec!["center", "restore", "--from", &from];
    let sheet = sheet.map(|sheet| sheet.display().to_string());
    if let Some(sheet) = &sheet {
        arguments.extend(["--sheet", sheet]);
    }
    run(&arguments, Some(&center.config)).await
}

/// `motcua center restore --hub` with a fresh token and the sheet, all of it.
pub async fn restore_from_hub(house: &House, center: &Center, sheet: &Path) -> Output {
    let token = house.at_hub(&["hub", "enrol", &center.node]).await;
    let (hub, sheet) = (house.demo.hub_address(), sheet.display().to_string());
    let mut arguments = vec!["center", "restore", "--hub", &hub, "--token", token.trim()];
    arguments.extend(["--sheet", &sheet, "--old-box-is-off", "--whole"]);
    run(&arguments, Some(&center.config)).await
}

/// The number on a ticket's paper, without its series' letter.
pub fn number_of(issued: &Value) -> u64 {
    let label = issued["ticket"]["label"].as_str().unwrap();
    label.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}

/// What the first center has booked as left out in a series of numbers, as the hub has it; newest day
/// last.
pub async fn gaps_at_hub(house: &House, series: &str) -> Vec<Value> {
    let hub = house.hub_tables().await.unwrap();
    let node = house.center(0).node;
    let sql = "SELECT public FROM subject
               WHERE node = $1 AND kind = 'number_gap' AND public ->> 'series' = $2
               ORDER BY subject";
    let rows = hub.query(sql, &[&node, &series]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// What a command said to the person.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Copies a data folder as it lies there.
pub fn clone_disk(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            clone_disk(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// A second box with a copy of the first one's disk, at a port of its own. It has no devices.
pub struct Copy {
    base: String,
    authority: PathBuf,
    config: PathBuf,
    token: String,
    process: Option<tokio::process::Child>,
}

impl Copy {
    /// A box around a disk.
    pub fn of(center: &Center, disk: &Path, house: &House) -> Self {
        let port = free_port().unwrap();
        let settings = std::fs::read_to_string(&center.config).unwrap();
        let mut settings: toml::Table = settings.parse().unwrap();
        let host =
            settings["web"]["listen"].as_str().unwrap().rsplit_once(':').unwrap().0.to_owned();
        let listen = format!("{host}:{port}");
        settings["web"]["listen"] = listen.clone().into();
        settings["node"]["data_folder"] = disk.display().to_string().into();
        for absent in ["device", "medium"] {
            settings.remove(absent);
        }
        // Its slips have no printer, either.
        if let Some(dossier) = settings.get_mut("dossier").and_then(toml::Value::as_table_mut) {
            dossier.remove("slip_printers");
        }
        let config = house.folder.path.join(format!("copy-{port}.toml"));
        std::fs::write(&config, settings.to_string()).unwrap();
        Self {
            base: format!("https://{listen}"),
            authority: disk.join("identity/lan-authority.pem"),
            config,
            token: house.load_token(),
            process: None,
        }
    }

    /// Starts it; `around` is what a command begins with to run where the center runs.
    pub fn switch_on(&mut self, around: &[&str]) {
        let log = self.config.with_extension("log");
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        let program = program().display().to_string();
        let line = [around, &[&program, "center", "--config"]].concat();
        let process = tokio::process::Command::new(line[0])
            .args(&line[1..])
            .arg(&self.config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn();
        self.process = Some(process.unwrap());
    }

    /// Takes its plug.
    pub async fn switch_off(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().await.unwrap();
        }
    }

    /// Who takes tickets there.
    pub fn kiosk(&self) -> CenterClient {
        CenterClient::new(&self.base, &self.authority, As::Device(self.token.clone())).unwrap()
    }

    /// Waits until its link stands as wished.
    pub async fn link_is(&self, wanted: &str) {
        let mut client = self.kiosk();
        let mut last = Value::Null;
        let waited = wait_for("the copy's link", scaled(CATCH_UP_MAX), async || {
            let answer =
                client.send(reqwest::Method::GET, "/api/v1/health", None, None).await.ok()?;
            last = answer.body;
            (last["uplink"]["state"] == wanted).then_some(())
        })
        .await;
        waited.unwrap_or_else(|error| panic!("{error:#}: {last:#}"));
    }
}

/// The first center as the hub's page shows it, and what stands aside of it, once it is as wished.
pub async fn at_hub(
    house: &House,
    what: &str,
    look: impl Fn(&Value, &Value) -> bool,
) -> (Value, Value) {
    let mut technician = house.technician();
    let node = house.center(0).node;
    let mut last = (Value::Null, Value::Null);
    let waited = wait_for(what, scaled(CATCH_UP_MAX), async || {
        let rows = get(&mut technician, "/api/v1/nodes").await;
        let row = rows.as_array()?.iter().find(|row| row["node"] == node.as_str())?.clone();
        let aside = get(&mut technician, &format!("/api/v1/nodes/{node}/parked")).await;
        last = (row, aside);
        look(&last.0, &last.1).then_some(())
    })
    .await;
    if let Err(error) = waited {
        panic!("{error:#}: {:#} {:#}", last.0, last.1);
    }
    last
}

/// Whether an alarm stands.
pub fn has_alarm(aside: &Value, code: &str) -> bool {
    aside["alarms"].as_array().unwrap().iter().any(|alarm| alarm["code"] == code)
}

/// A person at the hub's page lets the journal there go on.
pub async fn go_on(house: &House) {
    let mut technician = house.technician();
    let path = format!("/api/v1/nodes/{}/thaw", house.center(0).node);
    let key = crate::fresh_key();
    let answer = technician.send(reqwest::Method::POST, &path, Some(&key), None).await.unwrap();
    assert!(answer.granted(), "{} {}", answer.status, answer.body);
}
