//! The line to the province, between two hosts made of network namespaces: cut, half-open, deaf.
//!
//! See [`crate::house::host`]: nothing stands between the center's link and the broker but the kernel.

use crate::house::host::Host;
use crate::house::{Center, Folder, House, SOON, get, issue, must, seen};
use dice::Dice;
use motcua::cli::day::client::CenterClient;
use motcua::cli::day::crowd::scan;
use motcua::cli::demo::processes::wait_for;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// A lost line is noticed after two and a half pings of five seconds; a loaded machine takes longer.
const NOTICED_MAX: Duration = Duration::from_secs(120);
/// No citizen waits for the province: a number comes as fast as without it. Generous for a loaded
/// machine and far below the time after which a lost line is noticed.
const NUMBER_MAX: Duration = Duration::from_secs(5);
/// Tickets issued while the line is cut: more than one frame holds.
const TICKETS: usize = 120;

/// A center's morning on a line of its own.
struct Morning {
    house: House,
    center: Center,
    kiosk: CenterClient,
    officer: CenterClient,
    host: Host,
}

impl Morning {
    async fn begin(name: &str) -> Self {
        let host = Host::new();
        let house = House::open_at(Folder::new(name), 1, host.place()).await;
        let center = house.center(0);
        let (kiosk, mut officer) = (house.kiosk(), center.officer(1));
        must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
        let mut morning = Self { house, center, kiosk, officer, host };
        morning.work(3).await;
        morning.house.books_agree(0).await;
        morning
    }

    /// Numbers, a call, a dossier with a scan: all at once, whatever the line does.
    async fn work(&mut self, tickets: usize) {
        for _ in 0..tickets {
            let begun = Instant::now();
            issue(&mut self.kiosk, "ho-tich").await;
            assert!(begun.elapsed() < NUMBER_MAX, "a number took {:?}", begun.elapsed());
        }
        let officer = &mut self.officer;
        let called = must(officer, "/api/v1/counters/1/call-next", &json!({})).await;
        must(officer, "/api/v1/counters/1/begin", &json!({})).await;
        let body = json!({
            "procedure": "1.001193", "counter": 1, "ticket": called["ticket"]["id"],
            "applicant": { "name": "Trần Thị Lành" }, "components": [], "note": "Giấy tờ mang bổ sung sau",
        });
        let received = must(officer, "/api/v1/dossiers", &body).await;
        let id = received["dossier"]["id"].as_str().unwrap();
        let path = format!("/api/v1/dossiers/{id}/scans?component=1");
        let page = scan(&mut Dice::new(tickets as u64), 300);
        let stored = officer.upload(&path, id, "application/pdf", &page).await.unwrap();
        assert!(stored.granted(), "{}", stored.body);
        must(officer, "/api/v1/counters/1/complete", &json!({})).await;
    }

    /// Works while the line is disturbed, until the center has noticed and beyond it.
    async fn work_without_the_line(&mut self) {
        self.work(TICKETS).await;
        self.center.link_is(&["offline", "greeting"], NOTICED_MAX).await;
        self.work(5).await;
    }

    async fn order(&self, text: &str) {
        self.house.at_hub(&["hub", "order", text]).await;
    }

    /// The line is whole again: everything is at the other end, once, in both directions.
    async fn end(mut self, order: &str) {
        let journal = self.house.books_agree(0).await;
        assert!(journal.entries.len() > TICKETS);
        seen(&mut self.officer, "/api/v1/messages", "the order to arrive", |all| {
            all.as_array().unwrap().iter().any(|one| one["text"] == order).then_some(())
        })
        .await;
        self.work(3).await;
        self.house.books_agree(0).await;
        let messages = get(&mut self.officer, "/api/v1/messages").await;
        let times = messages.as_array().unwrap().iter().filter(|one| one["text"] == order).count();
        assert_eq!(times, 1, "the order came {times} times");
        let mut technician = self.house.technician();
        seen(&mut technician, "/api/v1/nodes", "the scans to arrive", |nodes| {
            (nodes[0]["blobs_missing"] == 0).then_some(())
        })
        .await;
        let aside = get(&mut technician, "/api/v1/nodes/06658-1/parked").await;
        for list in ["parked", "refused", "conflicts", "down_parked"] {
            assert_eq!(aside[list], json!([]), "{list}");
        }
        self.house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pulled_plug_stops_no_queue_and_loses_nothing() {
    let mut morning = Morning::begin("plug").await;
    morning.host.pull_the_plug();
    morning.order("Khi mất đường truyền").await;
    morning.work_without_the_line().await;
    morning.host.put_the_plug_in();
    morning.end("Khi mất đường truyền").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_open_line_is_noticed_and_loses_nothing() {
    let mut morning = Morning::begin("half-open").await;
    morning.host.drop_packets(true, true);
    morning.order("Khi đường truyền treo").await;
    morning.work_without_the_line().await;
    morning.host.let_packets_through();
    morning.end("Khi đường truyền treo").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_whose_acknowledgement_is_lost_are_at_the_hub_once() {
    let mut morning = Morning::begin("deaf").await;
    let before = entries_at_hub(&morning.house).await;
    morning.host.drop_packets(true, false);
    issue(&mut morning.kiosk, "ho-tich").await;
    // It is at the hub, and the center does not know.
    wait_for("the hub to have an entry", SOON, async || {
        (entries_at_hub(&morning.house).await > before).then_some(())
    })
    .await
    .unwrap();
    let waiting = morning.center.health().await.unwrap()["uplink"]["entries_waiting"].clone();
    assert!(waiting.as_u64().unwrap() > 0, "{waiting}");
    morning.order("Khi chỉ nghe được một chiều").await;
    morning.work_without_the_line().await;
    morning.host.let_packets_through();
    morning.end("Khi chỉ nghe được một chiều").await;
}

async fn entries_at_hub(house: &House) -> u64 {
    let mut technician = house.technician();
    let nodes: Value = get(&mut technician, "/api/v1/nodes").await;
    nodes[0]["entries"].as_u64().unwrap()
}
