//! What is broken: a province with one center on a host of its own, people who work there, counters at
//! both ends; and the oracles that are asked when a fault is over.
//!
//! The oracles, by the letters of the list:
//! (a) everything that people were answered is at the center and at the hub, with the same content;
//! (b) the hub's entries are numbered from 1 without a gap, and both chains hold;
//! (c) the books of both ends are the same, subject by subject;
//! (d) every scan is at the hub, whole, with the bytes of its name;
//! (e) as many entries were applied as there are different ones;
//! (f) memory and disk stay bounded.
//! And nothing stands aside at the hub that the fault has not put there.

use crate::chaos::Chaos;
use crate::history;
use crate::watch::{Seen, Watch};
use anyhow::{Context, ensure};
use dice::Dice;
use house::host::Host;
use house::ledger::{
    Crowd, Ledger, People, audit, nobody_was_called_twice, old_answers_stand, scans_are_at_the_hub,
    the_books_hold_what_was_answered, votes_in_the_box,
};
use house::{CATCH_UP_MAX, Folder, House, get, pace, scaled};
use motcua::cli::day::client::CenterClient;
use motcua::cli::demo::LinkTimes;
use motcua::cli::demo::processes::{Process, wait_for};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The link's times in a province of faults: flaps of 0.2 to 1 s, halts of 2 to 10 s, and what waits
/// for an answer waits as much shorter than in the field.
const TIMES: LinkTimes = LinkTimes {
    keep_alive_s: 2,
    backoff_first_s: 0.1,
    backoff_max_s: 1.0,
    answer_s: 1.0,
    alarm_s: 8.0,
};
/// The same, as long as they are on this machine.
pub fn times() -> LinkTimes {
    let factor = pace::factor();
    LinkTimes {
        // Whole seconds, and none more: a lost line is noticed no later than what it lasts is stretched.
        keep_alive_s: (f64::from(TIMES.keep_alive_s) * factor) as u16,
        backoff_first_s: TIMES.backoff_first_s * factor,
        backoff_max_s: TIMES.backoff_max_s * factor,
        answer_s: TIMES.answer_s * factor,
        alarm_s: TIMES.alarm_s * factor,
    }
}

/// Two and a half pings: a line that is silent for so long counts as lost.
pub const NOTICED: Duration = Duration::from_secs(5);
/// What a daemon of a debug build may hold after hours of faults. MiB. The blocks of password checks go
/// back to the kernel (`motcua::allocator`); before they did, each thread's heap kept one of 19 MiB, and a
/// daemon in order held more than this.
const MEMORY_MAX_MIB: u64 = 200;
/// What center and hub may have written, for each entry of the journal. KiB; with indexes, the log
/// beside the database, PostgreSQL's own log, and the tables' rows.
const DISK_PER_ENTRY_KIB: u64 = 64;
/// And besides, however little was done. MiB; PostgreSQL alone keeps up to a gigabyte of its log.
const DISK_BASE_MIB: u64 = 1_500;
/// So many old requests are sent again at the end of each fault.
const REPEATED_AT_END: usize = 10;

/// The node that is looked at.
pub const NODE: &str = "06658-1";

/// A crash in the middle of a fault of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// kill -9 of the center.
    Center,
    /// Of the hub.
    Hub,
    /// Of the broker.
    Broker,
}

impl Crash {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Center, Self::Hub, Self::Broker];

    /// Its name in a line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Center => "center",
            Self::Hub => "hub",
            Self::Broker => "broker",
        }
    }
}

/// A province at work.
pub struct Province {
    /// The center's host and its line.
    pub host: Host,
    /// The processes.
    pub house: House,
    /// What people were answered.
    pub ledger: Arc<Ledger>,
    /// The head of the center, who audits.
    pub head: CenterClient,
    /// A crash in the middle of the fault, at [`Province::crash_now`].
    pub crash: Option<Crash>,
    people: Option<People>,
    watch: Option<Watch>,
    through: Option<SocketAddr>,
}

impl Province {
    /// A fresh one.
    pub async fn open(name: &str, dice: &mut Dice) -> Self {
        Self::open_in(folder(name, dice), 1).await
    }

    /// The same with more centers; the others have no devices, and nobody works there unasked.
    pub async fn open_with_nodes(name: &str, dice: &mut Dice, nodes: usize) -> Self {
        Self::open_in(folder(name, dice), nodes).await
    }

    /// The same with a disk of its own, of so many MiB, at a place in its folder.
    pub async fn open_with_disk(name: &str, dice: &mut Dice, place: &str, mib: u32) -> Self {
        let mut folder = folder(name, dice);
        folder.mount_disk(place, mib);
        Self::open_in(folder, 1).await
    }

    async fn open_in(folder: Folder, nodes: usize) -> Self {
        let host = Host::new();
        let house = House::open_with(folder, nodes, host.place(), Some(times())).await;
        let ledger = Ledger::of(&house);
        let head = ledger.center.head();
        Self { host, ledger, head, house, crash: None, people: None, watch: None, through: None }
    }

    /// Tickets given out so far.
    pub fn tickets(&self) -> usize {
        self.ledger.locked().tickets.len()
    }

    /// People begin to work and both ends are watched. They are at work when this returns.
    pub async fn begin(&mut self, dice: &mut Dice, crowd: Crowd) -> anyhow::Result<()> {
        let center = &self.ledger.center;
        center.is_up().await;
        center.link_is(&["online"], CATCH_UP_MAX).await;
        self.watch = Some(Watch::start(&self.house, &self.ledger).await);
        self.people = Some(People::start(&self.ledger, dice, crowd));
        self.answered(20).await
    }

    /// People go home, and nothing is asked.
    pub async fn pause(&mut self) {
        if let Some(people) = self.people.take() {
            people.close().await;
        }
    }

    /// What was counted so far.
    pub fn seen(&self) -> Seen {
        self.watch.as_ref().map(Watch::seen).unwrap_or_default()
    }

    /// Waits until people have got so many more answers.
    pub async fn answered(&mut self, more: u64) -> anyhow::Result<()> {
        let wanted = self.ledger.count() + more;
        let most = scaled(Duration::from_secs(180 + more / 5));
        wait_for("people to be answered", most, async || {
            self.check();
            (self.ledger.count() >= wanted).then_some(())
        })
        .await
    }

    /// Lets people work for a time.
    pub async fn work(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.check();
            tokio::time::sleep(Duration::from_millis(50).min(end - Instant::now())).await;
        }
    }

    /// Lets people work while the network is disturbed; in the middle of it a crash, where one was asked
    /// for.
    pub async fn hold(&mut self, dice: &mut Dice, time: Duration) -> anyhow::Result<()> {
        let first = time.mul_f64(0.2 + 0.6 * dice.share());
        self.work(first).await;
        self.crash_now().await?;
        self.work(time.saturating_sub(first)).await;
        Ok(())
    }

    /// The crash that was asked for, if one was.
    pub async fn crash_now(&mut self) -> anyhow::Result<()> {
        match self.crash {
            Some(crash) => self.kill(crash).await,
            None => Ok(()),
        }
    }

    fn check(&mut self) {
        if let Some(people) = &mut self.people {
            people.check();
        }
    }

    /// kill -9 and a start at once, as systemd does it.
    pub async fn kill(&mut self, crash: Crash) -> anyhow::Result<()> {
        let process = self.process(crash);
        ensure!(!process.has_ended(), "{}", process.last_words());
        process.kill_hard().await?;
        process.start_again()?;
        self.began_anew(crash);
        Ok(())
    }

    /// A process was started again: it counts from zero.
    pub fn began_anew(&self, crash: Crash) {
        match (&self.watch, crash) {
            (Some(watch), Crash::Center) => watch.center_began_anew(),
            (Some(watch), Crash::Hub) => watch.hub_began_anew(),
            _ => {}
        }
    }

    /// The process that a crash hits.
    pub fn process(&mut self, crash: Crash) -> &mut Process {
        match crash {
            Crash::Center => self.house.demo.center_process(),
            Crash::Hub => self.house.demo.hub_process(),
            Crash::Broker => self.house.demo.broker_process(),
        }
    }

    /// Waits until center and hub answer and the link is up.
    pub async fn is_whole(&mut self) -> anyhow::Result<()> {
        self.house.demo.wait_hub().await?;
        self.ledger.center.is_up().await;
        self.ledger.center.link_is(&["online"], CATCH_UP_MAX).await;
        Ok(())
    }

    /// The center reaches the broker over a proxy, or over nothing but the line.
    pub async fn route(&mut self, through: Option<&Chaos>) -> anyhow::Result<()> {
        let address = through.map(Chaos::address);
        if address == self.through {
            return Ok(());
        }
        let to = address.unwrap_or_else(|| self.house.demo.broker_address());
        let file = self.ledger.center.data.join("identity/identity.json");
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let mut identity: Value = serde_json::from_str(&text)?;
        identity["broker_host"] = to.ip().to_string().into();
        identity["broker_port"] = to.port().into();
        std::fs::write(&file, serde_json::to_string_pretty(&identity)?)?;
        self.through = address;
        let daemon = self.house.demo.center_process();
        daemon.stop(Signal::SIGTERM).await;
        daemon.start_again()?;
        self.is_whole().await
    }

    /// Work ends, the hub catches up, and every oracle is asked. Gives what was disturbed.
    pub async fn end(&mut self, dice: &mut Dice) -> anyhow::Result<Seen> {
        self.pause().await;
        self.is_whole().await?;
        self.oracles(dice).await?;
        let seen = self.seen();
        self.watch = None;
        Ok(seen)
    }

    /// Asks every oracle; an error or a panic names what was lost.
    pub async fn oracles(&mut self, dice: &mut Dice) -> anyhow::Result<()> {
        audit(&self.ledger, &mut self.head).await;
        nobody_was_called_twice(&self.ledger);
        old_answers_stand(&self.ledger, dice, REPEATED_AT_END).await;
        scans_are_at_the_hub(&self.house, &self.ledger).await;
        let in_the_box = self.agreed().await;
        let books = self.house.demo.hub_books().await?;
        the_books_hold_what_was_answered(&self.ledger, &books, in_the_box);
        let hub = self.house.hub_tables().await?;
        let compared = history::compare(&hub, NODE, &self.ledger, in_the_box).await?;
        ensure!(compared.answers > 0, "nothing was compared");
        self.nothing_stands_aside().await?;
        self.bounded(compared.entries)
    }

    /// Waits until the books agree; gives how many votes lay in the box meanwhile. It is emptied at
    /// every full hour: then they are compared once more.
    pub async fn agreed(&mut self) -> usize {
        loop {
            let before = votes_in_the_box(&self.ledger.center).await;
            self.house.books_agree(0).await;
            if votes_in_the_box(&self.ledger.center).await == before {
                return before;
            }
        }
    }

    /// The day is over: every vote that was given in it is at the hub.
    pub async fn morning(&mut self, dice: &mut Dice) -> anyhow::Result<()> {
        self.house.demo.next_morning().await?;
        self.is_whole().await?;
        let in_the_box = votes_in_the_box(&self.ledger.center).await;
        ensure!(in_the_box == 0, "{in_the_box} votes are in the box on the next day");
        self.house.books_agree(0).await;
        let hub = self.house.hub_tables().await?;
        history::compare(&hub, NODE, &self.ledger, 0).await?;
        old_answers_stand(&self.ledger, dice, REPEATED_AT_END).await;
        Ok(())
    }

    /// How the hub says that it is.
    pub async fn hub_health(&self) -> Option<Value> {
        let address = format!("{}/api/v1/health", self.house.demo.hub_address());
        crate::watch::hub_client(&self.house).get(address).send().await.ok()?.json().await.ok()
    }

    /// Nothing waits at the hub for a technician.
    pub async fn nothing_stands_aside(&self) -> anyhow::Result<()> {
        let mut technician = self.house.technician();
        let aside = get(&mut technician, &format!("/api/v1/nodes/{NODE}/parked")).await;
        for list in ["parked", "conflicts", "down_parked", "refused"] {
            ensure!(aside[list] == json!([]), "{list} at the hub: {}", aside[list]);
        }
        Ok(())
    }

    fn bounded(&mut self, entries: u64) -> anyhow::Result<()> {
        for crash in Crash::ALL {
            let process = self.process(crash);
            let memory = process.id().and_then(memory_mib).context("a process has no memory")?;
            ensure!(
                memory <= MEMORY_MAX_MIB,
                "{} holds {memory} MiB, more than {MEMORY_MAX_MIB}",
                crash.name()
            );
        }
        let disk = bytes_below(&self.house.folder.path) / 1024;
        let most = DISK_BASE_MIB * 1024 + entries * DISK_PER_ENTRY_KIB;
        ensure!(disk <= most, "{disk} KiB on the disk for {entries} entries, more than {most}");
        Ok(())
    }

    /// Keeps the folder, for a look at the logs.
    pub fn keep(&mut self) {
        self.house.folder.keep();
    }

    /// Stops everything in its order.
    pub async fn close(self) {
        let Self { house, host, people, watch, .. } = self;
        drop((people, watch));
        house.close().await;
        drop(host);
    }

    /// The same for a province that is in an unknown state.
    pub async fn close_by_force(mut self) {
        for crash in Crash::ALL {
            // A halted process does not stop when asked.
            let _ = self.process(crash).signal(Signal::SIGCONT);
        }
        self.close().await;
    }
}

fn folder(name: &str, dice: &mut Dice) -> Folder {
    Folder::new(&format!("faults-{name}-{}", dice.index(1_000_000)))
}

/// The memory of a process. MiB.
fn memory_mib(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib / 1024)
}

/// Everything below a folder. Bytes.
fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => bytes_below(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}
