//! The line to the province, between two hosts made of network namespaces: cut, half-open, deaf.
//!
//! The hub and its broker stand here, the center in a namespace of its own with two network cards: one
//! into its hall, by which this test speaks with it, and one to the province, which is disturbed.
//! Nothing stands between the center's link and the broker but the kernel.

use crate::house::{Center, Folder, House, SOON, get, issue, must, seen};
use motcua::cli::day::client::CenterClient;
use motcua::cli::day::crowd::{Dice, scan};
use motcua::cli::demo::Place;
use motcua::cli::demo::processes::wait_for;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// A lost line is noticed after two and a half pings of five seconds; a loaded machine takes longer.
const NOTICED_MAX: Duration = Duration::from_secs(60);
/// No citizen waits for the province: a number comes as fast as without it. Generous for a loaded
/// machine and far below the time after which a lost line is noticed.
const NUMBER_MAX: Duration = Duration::from_secs(5);
/// Tickets issued while the line is cut: more than one frame holds.
const TICKETS: usize = 120;

/// The center's host and its two cards. Dropping it takes everything away.
struct Host {
    name: String,
    line: String,
    hall: String,
    province_address: Ipv4Addr,
    hall_address: Ipv4Addr,
}

/// How our namespaces are called, before the id of their process.
const NAMESPACE: &str = "motcua-test-";

/// A test that was killed could not clean up.
fn remove_left_behind() {
    let listed = Command::new("ip").args(["netns", "list"]).output();
    let listed = String::from_utf8(listed.map(|output| output.stdout).unwrap_or_default()).unwrap();
    for name in listed.lines().filter_map(|line| line.split_whitespace().next()) {
        let Some((process, _)) = name.strip_prefix(NAMESPACE).and_then(|id| id.split_once('-'))
        else {
            continue;
        };
        if !Path::new("/proc").join(process).exists() {
            let _ = Command::new("ip").args(["netns", "del", name]).status();
        }
    }
}

fn ip(arguments: &str) {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    tool("ip", &words);
}

fn tool(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| {
        panic!("{program} cannot be started ({error}); ./provision/setup installs it")
    });
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}; network namespaces need root",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Hosts that this process has made; names and addresses must not meet.
static HOSTS: AtomicU32 = AtomicU32::new(0);

impl Host {
    fn new() -> Self {
        remove_left_behind();
        let id = format!("{}{}", std::process::id(), HOSTS.fetch_add(1, Ordering::Relaxed));
        let third = u8::try_from(id.parse::<u64>().unwrap() % 250).unwrap();
        let address = |second, last| Ipv4Addr::new(10, second, third, last);
        let host = Self {
            name: format!("{NAMESPACE}{}-{id}", std::process::id()),
            line: format!("mcl{id}"),
            hall: format!("mch{id}"),
            province_address: address(213, 1),
            hall_address: address(214, 2),
        };
        let name = &host.name;
        ip(&format!("netns add {name}"));
        ip(&format!("-n {name} link set lo up"));
        for (card, second) in [(&host.line, 213), (&host.hall, 214)] {
            ip(&format!("link add {card}x type veth peer name {card} netns {name}"));
            ip(&format!("addr add {}/30 dev {card}x", address(second, 1)));
            ip(&format!("link set {card}x up"));
            ip(&format!("-n {name} addr add {}/30 dev {card}", address(second, 2)));
            ip(&format!("-n {name} link set {card} up"));
        }
        host
    }

    fn place(&self) -> Place {
        Place {
            hub: IpAddr::V4(self.province_address),
            center: IpAddr::V4(self.hall_address),
            center_prefix: ["ip", "netns", "exec", &self.name].map(str::to_owned).to_vec(),
        }
    }

    fn pull_the_plug(&self) {
        ip(&format!("-n {} link set {} down", self.name, self.line));
    }

    fn put_the_plug_in(&self) {
        ip(&format!("-n {} link set {} up", self.name, self.line));
    }

    /// Drops packets of the line without a word to anybody.
    fn drop_packets(&self, coming: bool, going: bool) {
        let mut rules = String::from("add table inet cut\n");
        for (wanted, hook, way) in [(coming, "input", "iifname"), (going, "output", "oifname")] {
            if wanted {
                rules += &format!(
                    "add chain inet cut {hook} {{ type filter hook {hook} priority 0; }}\n\
                     add rule inet cut {hook} {way} \"{}\" drop\n",
                    self.line
                );
            }
        }
        tool("ip", &["netns", "exec", &self.name, "nft", &rules]);
    }

    fn let_packets_through(&self) {
        tool("ip", &["netns", "exec", &self.name, "nft", "delete table inet cut"]);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        for card in [&self.line, &self.hall] {
            let _ = Command::new("ip").args(["link", "del", &format!("{card}x")]).status();
        }
        let _ = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}

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
