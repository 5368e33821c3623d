//! Two journals under one name, and a hub whose store went back: nothing is merged in silence, a person
//! chooses, and what the other one wrote can be read.

use crate::house::restoring::{
    Copy, at_hub, clone_disk, die, go_on, has_alarm, restore_from_hub, said, sheet,
};
use crate::house::{CATCH_UP_MAX, House, SOON, get, issue, must, run};
use motcua::cli::day::client::CenterClient;
use motcua::cli::day::order;
use motcua::cli::demo::processes::wait_for;
use serde_json::{Value, json};

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
    copy.switch_on(&[]);
    copy.link_is("frozen").await;
    at_hub(&house, "the copy to be noticed", |_, aside| has_alarm(aside, "link.stale_copy")).await;
    issue(&mut kiosk, "ho-tich").await;
    house.books_agree(0).await;

    // It works: now there are two journals.
    let theirs = issue(&mut copy.kiosk(), "khac").await;
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
    copy.switch_on(&[]);
    copy.link_is("frozen").await;
    issue(&mut kiosk, "ho-tich").await;
    house.books_agree(0).await;
    let (row, _) =
        at_hub(&house, "the original to be there", |row, _| row["state"] == "online").await;
    assert_eq!(row["frozen_code"], Value::Null);
    copy.switch_off().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_disk_is_not_let_in_beside_its_successor_and_disturbs_nobody() {
    let mut house = House::open("old-disk", 1).await;
    let center = house.center(0);
    let mut kiosk = house.kiosk();
    issue(&mut kiosk, "ho-tich").await;
    house.books_agree(0).await;
    // The line is cut, one more ticket is given, the box dies: that one is on the old disk only.
    order(house.demo.line_control(0), "cut").await.unwrap();
    let lost = issue(&mut kiosk, "ho-tich").await;
    let lost = lost["ticket"]["label"].as_str().unwrap().to_owned();
    let sheet = sheet(&house, &center);
    let old = die(&mut house, &center, "old-disk").await;
    order(house.demo.line_control(0), "mend").await.unwrap();
    let restored = restore_from_hub(&house, &center, &sheet).await;
    assert!(restored.status.success(), "{}", said(&restored));
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    center.link_is(&["online"], SOON).await;

    // Its certificate went with its place: the broker does not let it in, and it gives tickets alone.
    let mut copy = Copy::of(&center, &old, &house);
    copy.switch_on(&[]);
    copy.link_is("offline").await;
    issue(&mut copy.kiosk(), "khac").await;
    let fresh = issue(&mut kiosk, "ho-tich").await;
    assert_ne!(fresh["ticket"]["label"], lost.as_str(), "no number is given twice");
    wait_for("the new box to be heard", CATCH_UP_MAX, async || {
        let health = center.health().await?;
        (health["uplink"]["entries_waiting"] == 0).then_some(())
    })
    .await
    .unwrap();
    copy.link_is("offline").await;
    copy.switch_off().await;
    let (_, aside) =
        at_hub(&house, "the new box to be there", |row, _| row["state"] == "online").await;
    assert_eq!(aside["alarms"], json!([]));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_whose_store_went_back_gets_everything_again() {
    let mut house = House::open("set-back", 1).await;
    let center = house.center(0);
    let (mut kiosk, mut officer) = (house.kiosk(), center.officer(1));
    issue(&mut kiosk, "ho-tich").await;
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    let body = json!({
        "procedure": "1.001193", "counter": 1,
        "applicant": { "name": "Đoàn Văn Thật", "citizen_number": "022085001234" },
        "components": [], "note": "Giấy tờ mang bổ sung sau",
    });
    let received = must(&mut officer, "/api/v1/dossiers", &body).await;
    let id = received["dossier"]["id"].as_str().unwrap().to_owned();
    house.at_hub(&["hub", "order", "Tin thứ nhất"]).await;
    message(&mut officer, "Tin thứ nhất").await;
    house.books_agree(0).await;

    dump(&mut house, "CREATE DATABASE older TEMPLATE motcua").await;
    let path = format!("/api/v1/dossiers/{id}/scans?component=1");
    let scan =
        officer.upload(&path, "scan", "application/pdf", b"%PDF-1.4\n% mot\n").await.unwrap();
    let scan = scan.body["sha256"].as_str().unwrap().to_owned();
    issue(&mut kiosk, "ho-tich").await;
    house.at_hub(&["hub", "order", "Tin thứ hai"]).await;
    message(&mut officer, "Tin thứ hai").await;
    house.books_agree(0).await;
    has_scan(&house, &scan).await;

    dump(&mut house, "DROP DATABASE motcua; ALTER DATABASE older RENAME TO motcua").await;
    house.books_agree(0).await;
    has_scan(&house, &scan).await;
    // What it had said since is at the box and not here any more: that a person decides.
    at_hub(&house, "the hub to say so", |_, aside| has_alarm(aside, "link.down_fork")).await;
    house.at_hub(&["hub", "down-anew", &center.node]).await;
    // What the hub says from now on arrives, and nothing comes twice.
    house.at_hub(&["hub", "order", "Tin thứ ba"]).await;
    let messages = message(&mut officer, "Tin thứ ba").await;
    for text in ["Tin thứ nhất", "Tin thứ hai", "Tin thứ ba"] {
        assert_eq!(messages.matches(text).count(), 1, "{text}: {messages}");
    }
    house.books_agree(0).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_that_the_hub_has_forgotten_goes_on_with_its_journal_when_a_person_says_so() {
    let mut house = House::open("forgotten", 1).await;
    let center = house.center(0);
    let mut kiosk = house.kiosk();
    issue(&mut kiosk, "ho-tich").await;
    house.books_agree(0).await;
    let hub_config = house.folder.path.join("hub.toml");
    let adopt = ["hub", "adopt", center.node.as_str()];
    let refused = run(&adopt, Some(&hub_config)).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("no forgotten epoch"), "{}", said(&refused));

    // The box is replaced after the dump; what the new one writes is at the hub, and then forgotten.
    dump(&mut house, "CREATE DATABASE older TEMPLATE motcua").await;
    let sheet = sheet(&house, &center);
    die(&mut house, &center, "old-disk").await;
    let restored = restore_from_hub(&house, &center, &sheet).await;
    assert!(restored.status.success(), "{}", said(&restored));
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    let since = issue(&mut kiosk, "ho-tich").await;
    house.books_agree(0).await;
    dump(&mut house, "DROP DATABASE motcua; ALTER DATABASE older RENAME TO motcua").await;
    at_hub(&house, "the hub to say so", |row, aside| {
        row["state"] == "frozen" && has_alarm(aside, "node.epoch_forgotten")
    })
    .await;

    let adopted = house.at_hub(&adopt).await;
    assert_eq!(adopted.trim(), "epoch 2 goes on");
    house.books_agree(0).await;
    let books = house.at_hub(&["hub", "books", &center.node]).await;
    assert!(books.contains(since["ticket"]["id"].as_str().unwrap()), "what it wrote is there");
    issue(&mut kiosk, "ho-tich").await;
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
    assert_eq!(config.get_dbname(), Some("motcua"));
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
