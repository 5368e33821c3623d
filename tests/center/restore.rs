//! A box dies, and a new one takes its place: everything that the hub had is there again, numbers go on
//! without being given twice, and whoever has not the recovery sheet is told so before anything is done.

use crate::house::restoring::{gaps_at_hub, number_of};
use crate::house::{
    CATCH_UP_MAX, Center, House, SOON, fresh_key, get, issue, must, post, printed, restoring,
};
use motcua::cli::day::client::CenterClient;
use motcua::cli::demo::books::{self, Books};
use motcua::cli::demo::processes::wait_for;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use tokio::io::AsyncWriteExt;

/// A center with some work behind it.
struct Before {
    house: House,
    center: Center,
    sheet: PathBuf,
    dossiers: Vec<String>,
    scan: String,
    last_ticket: u64,
}

impl Before {
    async fn open(name: &str) -> Self {
        let house = House::open(name, 1).await;
        let center = house.center(0);
        let (mut kiosk, mut officer) = (house.kiosk(), center.officer(1));
        let mut last_ticket = 0;
        for _ in 0..3 {
            let ticket = issue(&mut kiosk, "ho-tich").await;
            last_ticket = number_of(&ticket);
        }
        must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
        must(&mut officer, "/api/v1/counters/1/call-next", &json!({})).await;
        let mut dossiers = Vec::new();
        for _ in 0..3 {
            dossiers.push(receive(&mut officer).await["id"].as_str().unwrap().to_owned());
        }
        // One is over, two are open.
        let title = json!({ "title": "Giấy khai sinh" });
        must(&mut officer, &verb(&dossiers[0], "result"), &title).await;
        must(&mut officer, &verb(&dossiers[0], "return"), &json!({ "counter": 1 })).await;
        let path = format!("/api/v1/dossiers/{}/scans?component=1", dossiers[1]);
        let stored = officer
            .upload(&path, &fresh_key(), "application/pdf", b"%PDF-1.4\n% mot trang\n")
            .await
            .unwrap();
        let scan = stored.body["sha256"].as_str().unwrap().to_owned();
        house.at_hub(&["hub", "order", "Chào các trung tâm"]).await;
        wait_for("the message to come", SOON, async || {
            let messages = get(&mut officer, "/api/v1/messages").await;
            messages.to_string().contains("Chào các trung tâm").then_some(())
        })
        .await
        .unwrap();
        house.books_agree(0).await;
        wait_for("the scan to be at the hub", CATCH_UP_MAX, async || {
            house.demo.hub_blobs().await.unwrap().contains(&scan).then_some(())
        })
        .await
        .unwrap();
        let sheet = restoring::sheet(&house, &center);
        Self { house, center, sheet, dossiers, scan, last_ticket }
    }

    async fn die(&mut self) {
        restoring::die(&mut self.house, &self.center, "old-disk").await;
    }

    async fn token(&self) -> String {
        self.house.at_hub(&["hub", "enrol", &self.center.node]).await.trim().to_owned()
    }

    /// `motcua center restore` with what is typed at it.
    async fn restore(&self, arguments: &[&str], typed: &str) -> Output {
        let mut child = self.spawn(arguments);
        child.stdin.take().unwrap().write_all(typed.as_bytes()).await.unwrap();
        tokio::time::timeout(CATCH_UP_MAX, child.wait_with_output()).await.unwrap().unwrap()
    }

    fn spawn(&self, arguments: &[&str]) -> tokio::process::Child {
        tokio::process::Command::new(crate::house::program())
            .args(["center", "restore", "--config"])
            .arg(&self.center.config)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    async fn restored(&self, arguments: &[&str], typed: &str) -> String {
        let output = self.restore(arguments, typed).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    async fn books(&self) -> (Books, Books) {
        let node = printed(&["books"], &self.center.config).await.unwrap();
        let hub = self.house.at_hub(&["hub", "books", &self.center.node]).await;
        (books::read(&node).unwrap(), books::read(&hub).unwrap())
    }

    /// Box and hub hold the same, nothing waits, and the box's journal holds against its tables.
    async fn same_books(&self) {
        let waited = wait_for("box and hub to hold the same", CATCH_UP_MAX, async || {
            let health = self.center.health().await?;
            if health["uplink"]["entries_waiting"] != 0 || !health["restore"].is_null() {
                return None;
            }
            let (node, hub) = self.books().await;
            (!node.rows.is_empty() && node.differences(&hub) == 0 && hub.differences(&node) == 0)
                .then_some(())
        })
        .await;
        if let Err(error) = waited {
            let (node, hub) = self.books().await;
            let health = self.center.health().await;
            panic!("{error:#}: {} of {} rows; {health:?}", node.rows.len(), hub.rows.len());
        }
        printed(&["check", "journal"], &self.center.config).await.unwrap();
    }
}

fn verb(dossier: &str, verb: &str) -> String {
    format!("/api/v1/dossiers/{dossier}/{verb}")
}

/// Receives a dossier and gives it.
pub(crate) async fn receive(officer: &mut CenterClient) -> Value {
    let body = json!({
        "procedure": "1.001193", "counter": 1,
        "applicant": { "name": "Đoàn Văn Thật", "citizen_number": "022085001234" },
        "components": [], "note": "Giấy tờ mang bổ sung sau",
    });
    must(officer, "/api/v1/dossiers", &body).await["dossier"].clone()
}

fn holds_nothing(folder: &Path) -> bool {
    !folder.join("identity/identity.json").exists() && !folder.join("store").exists()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_box_with_the_sheet_goes_on_where_the_old_one_died() {
    let mut before = Before::open("restore").await;
    before.die().await;
    let hub = before.house.demo.hub_address();
    let token = before.token().await;
    let sheet = std::fs::read_to_string(&before.sheet).unwrap();

    // A box that does not know of the old one would give numbers twice: it is not let in.
    let config = before.center.config.display().to_string();
    let enrol = ["center", "enrol", "--config", &config, "--hub", &hub, "--token", &token];
    let refused = crate::house::run(&enrol, None).await;
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("center restore"), "{said}");

    let arguments = ["--hub", &hub, "--token", &token, "--old-box-is-off"];
    let said = before.restored(&arguments, &sheet).await;
    assert!(said.contains("The center can open now"), "{said}");
    assert!(!said.contains("RECOVERY SHEET"), "the old sheet stays: {said}");

    before.house.demo.center_process().start_again().unwrap();
    before.center.is_up().await;
    // The same password, the same kiosk's token.
    let mut officer = before.center.officer(1);
    let seen = get(&mut officer, &format!("/api/v1/dossiers/{}", before.dossiers[1])).await;
    assert_eq!(seen["dossier"]["applicant"]["name"], "Đoàn Văn Thật");
    let mut kiosk = before.house.kiosk();
    let ticket = issue(&mut kiosk, "ho-tich").await;
    assert_eq!(
        number_of(&ticket),
        before.last_ticket + 101,
        "numbers that may be on paper are left out"
    );
    // Work goes on with what is there.
    let title = json!({ "title": "Kết quả" });
    must(&mut officer, &verb(&before.dossiers[1], "result"), &title).await;
    let code = receive(&mut officer).await["code"].as_str().unwrap().to_owned();
    assert!(code.ends_with("-9500"), "{code} may have been given by the old box");
    let next = receive(&mut officer).await["code"].as_str().unwrap().to_owned();
    assert!(next.ends_with("-9501"), "{next}");
    before.same_books().await;
    let gaps = gaps_at_hub(&before.house, "tickets:ho-tich").await;
    let booked: Vec<_> =
        gaps.iter().map(|gap| (&gap["known_to"], &gap["next"], &gap["reason"])).collect();
    let known = before.last_ticket;
    assert_eq!(booked, [(&json!(known), &json!(known + 101), &json!("restored_from_hub"))]);

    // A scan comes from the hub when somebody wants it, and again from the disk.
    for _ in 0..2 {
        let path = format!("/api/v1/blobs/{}", before.scan);
        let answer = officer.send(reqwest::Method::GET, &path, None, None).await.unwrap();
        assert!(answer.granted(), "{}", answer.body);
    }
    // An order reaches the new box; what the old one had taken in does not come twice.
    before.house.at_hub(&["hub", "order", "Tin sau khi thay máy"]).await;
    wait_for("the new message", SOON, async || {
        let messages = get(&mut officer, "/api/v1/messages").await.to_string();
        messages.contains("Tin sau khi thay máy").then_some(messages)
    })
    .await
    .map(|messages| assert_eq!(messages.matches("Chào các trung tâm").count(), 1))
    .unwrap();
    before.same_books().await;
    let mut technician = before.house.technician();
    let aside = get(&mut technician, &format!("/api/v1/nodes/{}/parked", before.center.node)).await;
    for list in ["parked", "refused", "conflicts", "down_parked", "alarms"] {
        assert_eq!(aside[list], json!([]), "{list}");
    }
    before.house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_sheet_nothing_is_done_until_somebody_says_so() {
    let mut before = Before::open("no-sheet").await;
    before.die().await;
    let hub = before.house.demo.hub_address();
    let token = before.token().await;
    let arguments = ["--hub", &hub, "--token", &token, "--old-box-is-off"];
    for typed in ["", "\n", "AAAAA-BBBBB\nAAAAA\n\n"] {
        let output = before.restore(&arguments, typed).await;
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr);
        for word in ["restore.no_sheet", "--without-sheet", "phiếu", "can no longer be read"] {
            assert!(said.contains(word), "«{word}» is not in: {said}");
        }
        assert!(holds_nothing(&before.center.data));
    }
    // Another node's sheet, or a mistyped one, in a file.
    let wrong = before.house.folder.path.join("wrong.txt");
    std::fs::write(&wrong, "00000-00000-00000-00000-00000-00000-00000-00000").unwrap();
    let mut with_file = arguments.to_vec();
    let wrong = wrong.display().to_string();
    with_file.extend(["--sheet", &wrong]);
    let output = before.restore(&with_file, "").await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("recovery.wrong_sheet"), "{said}");

    let mut without = arguments.to_vec();
    without.extend(["--without-sheet", "--whole"]);
    let said = before.restored(&without, "").await;
    assert!(said.contains("RECOVERY SHEET"), "a new sheet is printed: {said}");
    assert!(said.contains("make them anew"), "{said}");
    assert!(said.contains("the same as the hub's books"), "{said}");
    before.house.demo.center_process().start_again().unwrap();
    before.center.is_up().await;
    let mut kiosk = before.house.kiosk();
    let refused = post(&mut kiosk, "/api/v1/tickets", &json!({ "service": "ho-tich" })).await;
    assert_eq!(refused.status.as_u16(), 401, "{}", refused.body);
    before.same_books().await;
    before.house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_that_is_killed_goes_on_without_a_second_token() {
    let mut before = Before::open("killed").await;
    before.die().await;
    let hub = before.house.demo.hub_address();
    let token = before.token().await;
    let sheet = before.sheet.display().to_string();
    let arguments =
        ["--hub", &hub, "--token", &token, "--old-box-is-off", "--sheet", &sheet, "--whole"];
    let mut child = before.spawn(&arguments);
    let identity = before.center.data.join("identity/identity.json");
    wait_for("the hub to let the box in", SOON, async || identity.exists().then_some(()))
        .await
        .unwrap();
    child.start_kill().unwrap();
    child.wait().await.unwrap();
    let mark = before.center.data.join("RESTORE-BEGUN");
    if mark.exists() {
        let refused = crate::house::run(&["center"], Some(&before.center.config)).await;
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains("center restore"), "{said}");
    }
    before.restored(&["--whole"], "").await;
    assert!(!mark.exists());
    before.house.demo.center_process().start_again().unwrap();
    before.center.is_up().await;
    let mut officer = before.center.officer(1);
    for dossier in &before.dossiers {
        get(&mut officer, &format!("/api/v1/dossiers/{dossier}")).await;
    }
    before.same_books().await;
    before.house.close().await;
}
