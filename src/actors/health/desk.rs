//! What an observation means, and what is new about it. No actix, no clock.

use crate::clock::guard::Trust;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Below this share of free room a small disk is low. Percent.
const DISK_LOW_PERCENT: u64 = 20;
/// So much room is enough on any disk, however small its share: about a week of the busiest center without
/// the line (300 dossiers a day, five scans of 1 MiB each), in which nothing may be dropped. Bytes.
const DISK_RESERVE: u64 = 10 * 1024 * 1024 * 1024;
/// A disk that was low is well again with so much above the border, so that it does not waver there.
/// Percent of the border.
const DISK_WELL_PERCENT: u64 = 110;

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
        let Some((free, total)) = room.filter(|(_, total)| *total > 0) else {
            return DiskState::Unknown;
        };
        let was_low = self.last.as_ref().is_some_and(|report| report.disk == DiskState::Low);
        let border = room_needed(total);
        let border = if was_low { border / 100 * DISK_WELL_PERCENT } else { border };
        if free < border { DiskState::Low } else { DiskState::Ok }
    }
}

/// The free room below which a disk of this size is low: a share of it, or the reserve where that is less.
/// Bytes.
pub(super) fn room_needed(total: u64) -> u64 {
    // Divided first: bytes times a hundred would not fit for the largest disks.
    (total / 100 * DISK_LOW_PERCENT).min(DISK_RESERVE)
}

impl Change {
    fn new(code: &'static str, detail: String) -> Self {
        Self { code, detail }
    }
}
