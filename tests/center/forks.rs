//! Two journals under one name, and a hub whose store went back: nothing is merged in silence, a person
//! chooses, and what the other one wrote can be read.

use crate::house::{CATCH_UP_MAX, Center, House, SOON, get, issue, must, program};
use motcua::cli::day::client::{As, CenterClient};
use motcua::cli::day::order;
use motcua::cli::demo::processes::{free_port, wait_for};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;

/// A second box with a copy of the first one's disk, at a port of its own.
struct Copy {
    base: String,
    authority: std::path::PathBuf,
    config: std::path::PathBuf,
    process: Option<tokio::process::Child>,
}

impl Copy {
    fn of(center: &Center, disk: &Path, house: &House) -> Self {
        let port = free_port().unwrap();
        let settings = std::fs::read_to_string(&center.config).unwrap();
        let mut settings: toml::Table = settings.parse().unwrap();
        settings["web"]["listen"] = format!("127.0.0.1:{port}").into();
        settings["node"]["data_folder"] = disk.display().to_string().into();
        settings.remove("device");
        let config = house.folder.path.join(format!("copy-{port}.toml"));
        std::fs::write(&config, settings.to_string()).unwrap();
        Self {
            base: format!("https://127.0.0.1:{port}"),
            authority: disk.join("identity/lan-authority.pem"),
            config,
            process: None,
        }
    }

    fn switch_on(&mut self) {
        let log = self.config.with_extension("log");
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        let process = tokio::process::Command::new(program())
            .args(["center", "--config"])
            .arg(&self.config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn();
        self.process = Some(process.unwrap());
    }

    async fn switch_off(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().await.unwrap();
        }
    }

    fn kiosk(&self, house: &House) -> CenterClient {
        CenterClient::new(&self.base, &self.authority, As::Device(house.kiosk_token())).unwrap()
    }

    /// Waits until its link stands as wished.
    async fn link_is(&self, house: &House, wanted: &str) {
        let mut client = self.kiosk(house);
        let mut last = Value::Null;
        let waited = wait_for("the copy's link", CATCH_UP_MAX, async || {
            let answer =
                client.send(reqwest::Method::GET, "/api/v1/health", None, None).await.ok()?;
            last = answer.body;
            (last["uplink"]["state"] == wanted).then_some(())
        })
        .await;
        waited.unwrap_or_else(|error| panic!("{error:#}: {last:#}"));
    }
}

/// Copies a data folder as it lies there.
fn clone_disk(from: &Path, to: &Path) {
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

/// The node as the hub's page shows it, once it is as wished.
async fn at_hub(
    house: &House,
    what: &str,
    look: impl Fn(&Value, &Value) -> bool,
) -> (Value, Value) {
    let mut technician = house.technician();
    let node = house.center(0).node;
    let mut last = (Value::Null, Value::Null);
    let waited = wait_for(what, CATCH_UP_MAX, async || {
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

fn has_alarm(aside: &Value, code: &str) -> bool {
    aside["alarms"].as_array().unwrap().iter().any(|alarm| alarm["code"] == code)
}

async fn go_on(house: &House) {
    let mut technician = house.technician();
    let path = format!("/api/v1/nodes/{}/thaw", house.center(0).node);
    let answer = technician.send(reqwest::Method::POST, &path, Some("go-on"), None).await.unwrap();
    assert!(answer.granted(), "{} {}", answer.status, answer.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cloned_disk_beside_the_original_freezes_the_stream_until_a_person_chooses() {
    let mut house = House::open("clone", 1).await;
    let center = house.center(0);
    let mut kiosk = house.kiosk();
    issue(&mut kiosk, "ho-tich").await;
    house.books_agree(0).await;
    house.demo.center_process().kill_hard().await.unwrap();
    let disk = house.folder.path.join("cloned-disk");
    clone_disk(&center.data, &disk);
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    issue(&mut kiosk, "ho-tich").await;
    house.books_agree(0).await;

    // A copy that has written nothing is only shown, and holds nobody up.
    let mut copy = Copy::of(&center, &disk, &house);
    copy.switch_on();
    copy.link_is(&house, "frozen").await;
    at_hub(&house, "the copy to be noticed", |_, aside| has_alarm(aside, "link.stale_copy")).await;
    issue(&mut kiosk, "ho-tich").await;
    house.books_agree(0).await;

    // It works: now there are two journals.
    let theirs = issue(&mut copy.kiosk(&house), "khac").await;
    let label = theirs["ticket"]["label"].as_str().unwrap().to_owned();
    let (row, _) = at_hub(&house, "the stream to be frozen", |row, aside| {
        row["state"] == "frozen" && has_alarm(aside, "stream.fork")
    })
    .await;
    assert_eq!(row["frozen_code"], "stream.fork");
    at_hub(&house, "the other journal to be readable", |_, aside| {
        aside["salvaged"].to_string().contains(&label)
    })
    .await;

    // Both centers go on serving, and both say that the province does not take what they write.
    let ours = issue(&mut kiosk, "ho-tich").await;
    wait_for("the original to say so", CATCH_UP_MAX, async || {
        let health = center.health().await?;
        (health["uplink"]["reason_code"] == "stream.fork").then_some(())
    })
    .await
    .unwrap();

    // A person switches the copy off and lets the journal at the hub go on.
    copy.switch_off().await;
    go_on(&house).await;
    house.books_agree(0).await;
    let books = house.at_hub(&["hub", "books", &center.node]).await;
    let id = |ticket: &Value| ticket["ticket"]["id"].as_str().unwrap().to_owned();
    assert!(books.contains(&id(&ours)), "what the original wrote meanwhile is there");
    assert!(!books.contains(&id(&theirs)), "nothing of the copy is applied");

    // Switched on again by mistake, the copy holds nobody up any more.
    copy.switch_on();
    copy.link_is(&house, "frozen").await;
    issue(&mut kiosk, "ho-tich").await;
    house.books_agree(0).await;
    let (row, _) =
        at_hub(&house, "the original to be there", |row, _| row["state"] == "online").await;
    assert_eq!(row["frozen_code"], Value::Null);
    copy.switch_off().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_old_disk_still_holds_is_kept_for_reading_and_disturbs_nobody() {
    let mut house = House::open("old-disk", 1).await;
    let center = house.center(0);
    let mut kiosk = house.kiosk();
    issue(&mut kiosk, "ho-tich").await;
    house.books_agree(0).await;
    // The line is cut, one more ticket is given, the box dies: that one is on the old disk only.
    order(house.demo.line_control(), "cut").await.unwrap();
    let lost = issue(&mut kiosk, "ho-tich").await;
    let lost = lost["ticket"]["label"].as_str().unwrap().to_owned();
    house.demo.center_process().kill_hard().await.unwrap();
    let old = center.data.with_extension("old-disk");
    std::fs::rename(&center.data, &old).unwrap();
    std::fs::create_dir_all(&center.data).unwrap();
    for file in ["THIS-IS-A-DEMO", "demo-clock.json"] {
        std::fs::copy(old.join(file), center.data.join(file)).unwrap();
    }
    order(house.demo.line_control(), "mend").await.unwrap();
    let token = house.at_hub(&["hub", "enrol", &center.node]).await;
    let sheet_text = house.folder.path.join(&center.node).join("recovery-sheet.txt");
    let sheet = house.folder.path.join("sheet-code.txt");
    let text = std::fs::read_to_string(sheet_text).unwrap();
    let code =
        text.lines().map(str::trim).find(|line| line.split('-').count() == 8 && line.len() == 47);
    std::fs::write(&sheet, code.unwrap()).unwrap();
    let config = center.config.display().to_string();
    let arguments = [
        "center",
        "restore",
        "--hub",
        &house.demo.hub_address(),
        "--token",
        token.trim(),
        "--sheet",
        &sheet.display().to_string(),
        "--old-box-is-off",
        "--config",
        &config,
    ];
    let output = crate::house::run(&arguments, None).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    center.link_is(&["online"], SOON).await;

    let mut copy = Copy::of(&center, &old, &house);
    copy.switch_on();
    copy.link_is(&house, "frozen").await;
    at_hub(&house, "the old disk's ticket to be readable", |row, aside| {
        row["state"] == "online"
            && has_alarm(aside, "link.old_box")
            && aside["salvaged"].to_string().contains(&lost)
    })
    .await;
    let fresh = issue(&mut kiosk, "ho-tich").await;
    assert_ne!(fresh["ticket"]["label"], lost.as_str(), "no number is given twice");
    wait_for("the new box to be heard", CATCH_UP_MAX, async || {
        let health = center.health().await?;
        (health["uplink"]["entries_waiting"] == 0).then_some(())
    })
    .await
    .unwrap();
    copy.switch_off().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_whose_store_went_back_gets_everything_again() {
    let mut house = House::open("set-back", 1).await;
    let center = house.center(0);
    let (mut kiosk, mut officer) = (house.kiosk(), center.officer(1));
    issue(&mut kiosk, "ho-tich").await;
    let body = json!({
        "procedure": "1.001193", "counter": 1,
        "applicant": { "name": "Đoàn Văn Thật", "citizen_number": "022085001234" },
        "components": [],
    });
    let received = must(&mut officer, "/api/v1/dossiers", &body).await;
    let id = received["dossier"]["id"].as_str().unwrap().to_owned();
    house.at_hub(&["hub", "order", "Tin thứ nhất"]).await;
    message(&mut officer, "Tin thứ nhất").await;
    house.books_agree(0).await;

    dump(&mut house, "CREATE DATABASE older TEMPLATE hub").await;
    let path = format!("/api/v1/dossiers/{id}/scans?component=1");
    let scan =
        officer.upload(&path, "scan", "application/pdf", b"%PDF-1.4\n% mot\n").await.unwrap();
    let scan = scan.body["sha256"].as_str().unwrap().to_owned();
    issue(&mut kiosk, "ho-tich").await;
    house.at_hub(&["hub", "order", "Tin thứ hai"]).await;
    message(&mut officer, "Tin thứ hai").await;
    house.books_agree(0).await;
    has_scan(&house, &scan).await;

    dump(&mut house, "DROP DATABASE hub; ALTER DATABASE older RENAME TO hub").await;
    house.books_agree(0).await;
    has_scan(&house, &scan).await;
    at_hub(&house, "the hub to say so", |_, aside| has_alarm(aside, "hub.store_set_back")).await;
    // What the hub says from now on arrives, and nothing comes twice.
    house.at_hub(&["hub", "order", "Tin thứ ba"]).await;
    let messages = message(&mut officer, "Tin thứ ba").await;
    for text in ["Tin thứ nhất", "Tin thứ hai", "Tin thứ ba"] {
        assert_eq!(messages.matches(text).count(), 1, "{text}: {messages}");
    }
    house.books_agree(0).await;
    house.close().await;
}

async fn message(officer: &mut CenterClient, text: &str) -> String {
    let mut last = String::new();
    let waited = wait_for(text, CATCH_UP_MAX, async || {
        last = get(officer, "/api/v1/messages").await.to_string();
        last.contains(text).then_some(())
    })
    .await;
    waited.unwrap_or_else(|error| panic!("{error:#}: {last}"));
    last
}

async fn has_scan(house: &House, scan: &str) {
    wait_for("the scan to be at the hub", CATCH_UP_MAX, async || {
        house.demo.hub_blobs().await.unwrap().contains(scan).then_some(())
    })
    .await
    .unwrap();
}

/// Does something to the hub's databases while the hub is off.
async fn dump(house: &mut House, statements: &str) {
    house.demo.hub_process().kill_hard().await.unwrap();
    let connection = house.hub_settings().postgres.connection;
    let mut config: tokio_postgres::Config = connection.parse().unwrap();
    assert_eq!(config.get_dbname(), Some("hub"));
    config.dbname("postgres");
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
    let running = tokio::spawn(connection);
    for statement in statements.split(';') {
        // The killed hub's connections take a moment to end.
        wait_for(statement, SOON, async || client.batch_execute(statement).await.ok())
            .await
            .unwrap();
    }
    drop(client);
    running.await.unwrap().unwrap();
    house.demo.hub_process().start_again().unwrap();
    house.demo.wait_hub().await.unwrap();
}
