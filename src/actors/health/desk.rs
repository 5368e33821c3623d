//! What an observation means, and what is new about it. No actix, no clock.

use crate::clock::guard::Trust;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::room::{Level, used_percent};

/// A mark is left behind only more than this much below it, so that the state does not waver at the
/// border. Percent.
const DISK_SLACK_PERCENT: u64 = 1;

/// What was seen in one look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Business time.
    pub at: Timestamp,
    /// What the machine's clock shows.
    pub machine: Timestamp,
    /// What the guard thinks of it.
    pub clock: ClockState,
    /// Free and total bytes of the data folder's disk.
    pub disk: Option<(u64, u64)>,
    /// The writer's last word.
    pub store: StoreState,
}

/// How the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreState {
    /// Writes.
    Ok,
    /// The disk was full at the last write; the next one is tried all the same.
    DiskFull,
    /// The last write failed for another reason.
    Failing,
}

/// How the clock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// Believable.
    Ok,
    /// The machine's clock is wrong; the time is counted on without it and is right.
    Wrong,
    /// Nothing confirms the time: the head of the center should look at the date.
    Suspect,
}

impl From<Trust> for ClockState {
    fn from(trust: Trust) -> Self {
        match trust {
            Trust::Steady => Self::Ok,
            Trust::Counted => Self::Wrong,
            Trust::Suspect => Self::Suspect,
        }
    }
}

/// How full the disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskState {
    /// Enough room.
    Ok,
    /// Little room: look today.
    Low,
    /// Nothing is kept that could be fetched again.
    Tight,
    /// No new scans; tickets and dossiers go on.
    ScansStopped,
    /// It could not be asked.
    Unknown,
}

/// The last look, as `/health` and the console tell it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// When, in business time.
    pub at: Timestamp,
    /// What the machine's clock showed.
    pub machine: Timestamp,
    /// The store.
    pub store: StoreState,
    /// The clock.
    pub clock: ClockState,
    /// The disk.
    pub disk: DiskState,
    /// Free bytes, when known.
    pub disk_free_bytes: Option<u64>,
}

/// Something changed; the code is stable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) code: &'static str,
    pub(super) detail: String,
}

/// Remembers the last look.
#[derive(Default)]
pub(super) struct Desk {
    last: Option<Report>,
}

impl Desk {
    /// Takes a look's result; tells what is new.
    pub(super) fn observe(&mut self, seen: Observation) -> (Report, Vec<Change>) {
        let disk = self.disk(seen.disk);
        let report = Report {
            at: seen.at,
            machine: seen.machine,
            store: seen.store,
            clock: seen.clock,
            disk,
            disk_free_bytes: seen.disk.map(|(free, _)| free),
        };
        let before = self.last.as_ref();
        let mut changes = Vec::new();
        let was = before.map_or(StoreState::Ok, |report| report.store);
        if was != report.store {
            changes.push(Change::new(
                match report.store {
                    StoreState::Ok => "health.store_well",
                    StoreState::DiskFull => "health.disk_full",
                    StoreState::Failing => "health.store_failing",
                },
                String::new(),
            ));
        }
        let was = before.map_or(DiskState::Ok, |report| report.disk);
        if was != report.disk {
            changes.push(Change::new(
                match report.disk {
                    DiskState::Ok => "health.disk_well",
                    DiskState::Low => "health.disk_low",
                    DiskState::Tight => "health.disk_tight",
                    DiskState::ScansStopped => "health.scans_stopped",
                    DiskState::Unknown => "health.disk_unknown",
                },
                report
                    .disk_free_bytes
                    .map_or_else(String::new, |free| format!("{free} bytes free")),
            ));
        }
        let was = before.map_or(ClockState::Ok, |report| report.clock);
        if was != report.clock {
            changes.push(Change::new(
                match report.clock {
                    ClockState::Ok => "health.clock_well",
                    ClockState::Wrong => "health.clock_wrong",
                    ClockState::Suspect => "health.clock_suspect",
                },
                format!("the machine shows {}, the center goes by {}", seen.machine, seen.at),
            ));
        }
        self.last = Some(report.clone());
        (report, changes)
    }

    fn disk(&self, room: Option<(u64, u64)>) -> DiskState {
        let Some(used) = room.and_then(|(free, total)| used_percent(free, total)) else {
            return DiskState::Unknown;
        };
        let state = disk_state(used);
        let before = self.last.as_ref().map_or(DiskState::Ok, |report| report.disk);
        // For the worse at once, for the better only well below the mark.
        if before == disk_state(used + DISK_SLACK_PERCENT) { before } else { state }
    }
}

fn disk_state(used_percent: u64) -> DiskState {
    match Level::of(used_percent) {
        Level::Enough => DiskState::Ok,
        Level::Low => DiskState::Low,
        Level::Tight => DiskState::Tight,
        Level::ScansStop => DiskState::ScansStopped,
    }
}

impl Change {
    fn new(code: &'static str, detail: String) -> Self {
        Self { code, detail }
    }
}
