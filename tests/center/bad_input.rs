//! What a center is given that it should not get: readers gone mad, printers that talk rubbish or have
//! no paper, frames that nobody should have sent. Each has a name, and the center goes on.

use crate::house::{Center, House, SOON, get, issue, must, seen};
use crate::wire::Wire;
use domain::ids::NodeId;
use hub::enrol_client::Identity;
use journal::entry::{FORMAT, NO_HASH};
use journal::topics::{self, Lane};
use journal::{ClockState, Entry, Frame, Stream};
use motcua::cli::day::client::CenterClient;
use motcua::cli::day::order;
use motcua::cli::demo::NODES;
use motcua::cli::demo::processes::wait_for;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

const CARD: &str =
    "022085001234|141234567|Đoàn Văn Thật|15061985|Nam|Tổ 5, phường Cao Xanh|15062022";
/// What a reader that has lost its mind sends: ten megabytes.
const NOISE: usize = 10_000_000;

/// Waits until an event of a source has one of some codes, and gives that code.
async fn event(officer: &mut CenterClient, source: &str, codes: &[&str]) -> String {
    seen(officer, "/api/v1/events?limit=200", &format!("{source} to tell {codes:?}"), |all| {
        let mut all = all.as_array().unwrap().iter();
        let found = all
            .find(|one| one["source"] == source && codes.iter().any(|code| one["code"] == *code))?;
        Some(found["code"].as_str().unwrap().to_owned())
    })
    .await
}

/// A citizen lays a card on the reader, again and again as people do, until the console shows it.
async fn card_is_read(officer: &mut CenterClient, reader: SocketAddr) {
    let number = CARD.split('|').next().unwrap();
    wait_for("the card to be read", SOON, async || {
        order(reader, &format!("scan {CARD}")).await.unwrap();
        // A reader that is still heard talking throws the card away: there must be silence between.
        let shown = wait_for("this scan", Duration::from_secs(1), async || {
            let card = get(officer, "/api/v1/counters/1/card").await;
            (card["card"]["number"] == number).then_some(())
        });
        shown.await.ok()
    })
    .await
    .unwrap();
    let forget = officer.send(reqwest::Method::DELETE, "/api/v1/counters/1/card", None, None);
    assert!(forget.await.unwrap().granted());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_and_ten_megabytes_on_the_readers_line_have_a_code_and_the_next_card_is_read() {
    let house = House::open("reader", 1).await;
    let center = house.center(0);
    let reader = house.demo.site().unwrap().reader_control;
    let mut officer = center.officer(1);
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    card_is_read(&mut officer, reader).await;

    for (nonsense, code) in [
        ("https://example.invalid/?q=1", "card.too_few_fields"),
        ("1234||Đoàn Văn Thật|15061985|Nam|Tổ 5|15062022", "card.number"),
        ("022085001234||Đoàn Văn Thật|99999999|Nam|Tổ 5|15062022", "card.birth_date"),
    ] {
        order(reader, &format!("scan {nonsense}")).await.unwrap();
        event(&mut officer, "reader-1", &[code]).await;
    }
    card_is_read(&mut officer, reader).await;

    order(reader, &format!("scan {}", "|".repeat(5_000))).await.unwrap();
    event(&mut officer, "reader-1", &["reader.too_long"]).await;
    order(reader, &format!("noise {NOISE}")).await.unwrap();
    event(&mut officer, "reader-1", &["reader.not_text", "reader.nonsense"]).await;
    // Nobody else is held up meanwhile.
    issue(&mut house.kiosk(), "ho-tich").await;
    card_is_read(&mut officer, reader).await;
    order(reader, "unplug").await.unwrap();
    device_is(&mut officer, "reader-1", "offline").await;
    order(reader, "plug").await.unwrap();
    device_is(&mut officer, "reader-1", "online").await;
    card_is_read(&mut officer, reader).await;
    let events = get(&mut officer, "/api/v1/events?limit=200").await;
    assert!(!events.to_string().contains("Đoàn"), "an event names a citizen: {events}");
    house.close().await;
}

async fn device_is(officer: &mut CenterClient, id: &str, state: &str) {
    seen(officer, "/api/v1/devices", &format!("{id} to be {state}"), |all| {
        let device = all.as_array().unwrap().iter().find(|device| device["id"] == id)?;
        (device["state"] == state).then_some(())
    })
    .await;
}

/// Waits until a print job is in a state, for a reason.
async fn job_is(officer: &mut CenterClient, job: &str, state: &str, problem: Option<&str>) {
    let what = format!("the paper to be {state} {problem:?}");
    seen(officer, &format!("/api/v1/print-jobs/{job}"), &what, |shown| {
        (shown["state"] == state && shown["problem"] == json!(problem)).then(|| {
            if problem.is_some() {
                let told = [&shown["message"], &shown["message_en"]];
                assert!(told.iter().all(|text| text.as_str().is_some_and(|text| !text.is_empty())));
            }
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_waits_for_its_printer_stays_valid_and_is_printed_once() {
    let house = House::open("printer", 1).await;
    let center = house.center(0);
    let printer = house.demo.printer_control();
    let (mut kiosk, mut officer) = (house.kiosk(), center.officer(1));
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    let mut papers = 0;
    for (trouble, mend, problem, code) in [
        ("rubbish", "sane", "unknown", "printer.rubbish"),
        ("silent", "sane", "unknown", "printer.no_answer"),
        ("paper_out", "paper_in", "paper_out", "printer.paper_out"),
        ("cover_open", "cover_closed", "cover_open", "printer.cover_open"),
        ("cutter_stuck", "cutter_free", "error", "printer.cutter"),
        ("unplug", "plug", "offline", "device.unreachable"),
    ] {
        order(printer, trouble).await.unwrap();
        let issued = issue(&mut kiosk, "ho-tich").await;
        let (ticket, job) = (&issued["ticket"], issued["print_job"]["id"].as_str().unwrap());
        job_is(&mut officer, job, "blocked", Some(problem)).await;
        let told = event(&mut officer, "printer-1", &[code]).await;
        assert_eq!(told, code);
        // The number is good without its paper.
        let called = must(&mut officer, "/api/v1/counters/1/call-next", &json!({})).await;
        assert_eq!(called["ticket"]["id"], ticket["id"], "{trouble}");
        must(&mut officer, "/api/v1/counters/1/begin", &json!({})).await;
        must(&mut officer, "/api/v1/counters/1/complete", &json!({})).await;

        order(printer, mend).await.unwrap();
        job_is(&mut officer, job, "printed", None).await;
        let path = format!("/api/v1/tickets/{}", ticket["id"].as_str().unwrap());
        seen(&mut officer, &path, "the ticket to know of its paper", |shown| {
            (shown["ticket"]["printed"] == "printed").then_some(())
        })
        .await;
        papers += 1;
        assert_eq!(house.demo.printed_count().unwrap(), papers, "after {trouble}");
    }
    house.books_agree(0).await;
    house.close().await;
}

/// An entry that looks like the next one of a node's journal.
fn forged_entry(node: &NodeId, epoch: u64, seq: u64, prev: [u8; 32]) -> Vec<u8> {
    let mut entry = Entry {
        format: FORMAT,
        node: node.clone(),
        epoch,
        seq,
        at_utc_us: 0,
        boot_id: [0; 16],
        monotonic_ns: 0,
        clock_state: ClockState::Steady,
        actor: "nobody".to_owned(),
        device: String::new(),
        request_key: String::new(),
        changes: Vec::new(),
        prev,
        hash: NO_HASH,
    };
    entry.seal_hash().unwrap()
}

/// What the hub shows of one node.
async fn row(technician: &mut CenterClient, node: &str) -> Value {
    let nodes = get(technician, "/api/v1/nodes").await;
    nodes.as_array().unwrap().iter().find(|row| row["node"] == node).unwrap().clone()
}

/// Waits until a refused frame of a node is shown by its name.
async fn refused_by_name(technician: &mut CenterClient, node: &str, code: &str) {
    let path = format!("/api/v1/nodes/{node}/parked");
    seen(technician, &path, &format!("{code} to be shown"), |aside| {
        let refused = aside["refused"].as_array().unwrap();
        refused.iter().any(|row| row["code"] == code).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_frame_is_refused_by_name_and_both_centers_go_on() {
    let house = House::open("forged", 2).await;
    let (own, other) = (house.center(0), house.center(1));
    let node = |center: &Center| NodeId::parse(&center.node).unwrap();
    let epoch = Identity::load(&own.data.join("identity")).unwrap().unwrap().epoch;
    let mut technician = house.technician();
    issue(&mut house.kiosk(), "ho-tich").await;
    house.books_agree(0).await;
    let seq = row(&mut technician, &own.node).await["last_seq"].as_u64().unwrap() + 1;
    let forged = |from: &Center, epoch: u64, prev: [u8; 32]| {
        let entries = vec![forged_entry(&node(from), epoch, seq, prev)];
        let (node, stream, keys) = (node(from), Stream::Up, Vec::new());
        Frame { node, stream, epoch, first_seq: seq, keys, entries }.encode().unwrap()
    };

    // Under another center's name, or the hub's: the broker carries none of it.
    let mut hub = Wire::of_hub(&house, &["motcua/v1/#"]).await;
    let center = Wire::of_center(&house, &own).await;
    const FORGED: &[u8] = b"in another's name";
    for topic in [
        topics::up(&node(&other), Lane::Rec),
        topics::up(&node(&other), Lane::Ctl),
        topics::state(&node(&other)),
        topics::down(&node(&own), Lane::Rec),
        topics::down(&node(&other), Lane::Ctl),
        topics::HUB_STATE.to_owned(),
    ] {
        center.publish(&topic, FORGED.to_vec());
    }
    // What is said after it on the same connection, in its own name, arrives after it.
    let own_topic = topics::up(&node(&own), Lane::Rec);
    const UNKNOWN_VERSION: &[u8] = b"MCF9 of a later release";
    center.publish(&own_topic, UNKNOWN_VERSION.to_vec());
    loop {
        let (topic, payload) = hub.hear().await;
        assert_ne!(payload, FORGED, "the broker carried {topic}");
        if payload == UNKNOWN_VERSION {
            assert_eq!(topic, own_topic);
            break;
        }
    }
    refused_by_name(&mut technician, &own.node, "frame.not_a_frame").await;

    for (code, frame) in [
        ("frame.wrong_node", forged(&other, epoch, NO_HASH)),
        ("frame.wrong_epoch", forged(&own, epoch + 1, NO_HASH)),
        ("entry.chain_broken", forged(&own, epoch, [7; 32])),
    ] {
        center.publish(&own_topic, frame);
        refused_by_name(&mut technician, &own.node, code).await;
    }
    let shown = row(&mut technician, &own.node).await;
    assert!(shown["refused_frames"].as_u64().unwrap() >= 4 && shown["alarms"] != 0, "{shown}");
    let mut head = own.head();
    event(&mut head, "uplink", &["entry.chain_broken", "frame.wrong_epoch"]).await;

    issue(&mut house.kiosk(), "ho-tich").await;
    let mut officer = other.officer(1);
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    for index in 0..2 {
        house.books_agree(index).await;
    }
    let shown = row(&mut technician, &own.node).await;
    assert_eq!((&shown["state"], &shown["alarms"]), (&json!("online"), &json!(0)), "{shown}");
    let shown = row(&mut technician, NODES[1].0).await;
    assert_eq!((&shown["state"], &shown["refused_frames"]), (&json!("online"), &json!(0)));
    house.close().await;
}
