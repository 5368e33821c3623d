//! What an observation means, and what is new about it. No actix, no clock.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::time::Duration;
use store::room::{Level, used_percent};

/// The clock may differ from the counted time by this much between two looks.
pub(super) const CLOCK_JUMP_MAX: SignedDuration = SignedDuration::from_mins(5);
/// The clock may be behind the last entry by this much: the entry may be a moment younger than our
/// look at the clock.
const BEHIND_MAX: SignedDuration = SignedDuration::from_secs(2);
/// A mark is left behind only more than this much below it, so that the state does not waver at the
/// border. Percent.
const DISK_SLACK_PERCENT: u64 = 1;

/// What was seen in one look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// The wall clock.
    pub wall: Timestamp,
    /// Time since start, counted by the machine; stands still in no circumstance that we know.
    pub monotonic: Duration,
    /// The youngest entry of the journal.
    pub last_entry_at: Option<Timestamp>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// Believable.
    Ok,
    /// Earlier than the youngest entry.
    Behind,
    /// Jumped since the last look, and nobody has confirmed the date yet.
    Jumped,
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
    /// When.
    pub at: Timestamp,
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
    last: Option<(Observation, Report)>,
}

impl Desk {
    /// Takes a look's result; tells what is new.
    pub(super) fn observe(&mut self, seen: Observation) -> (Report, Vec<Change>) {
        let clock = self.clock(&seen);
        let disk = self.disk(seen.disk);
        let report = Report {
            at: seen.wall,
            store: seen.store,
            clock,
            disk,
            disk_free_bytes: seen.disk.map(|(free, _)| free),
        };
        let before = self.last.as_ref().map(|(_, report)| report);
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
                    ClockState::Behind => "health.clock_behind",
                    ClockState::Jumped => "health.clock_jumped",
                },
                format!("clock shows {}", seen.wall),
            ));
        }
        self.last = Some((seen, report.clone()));
        (report, changes)
    }

    /// A person has looked at the date and found it right.
    pub(super) fn confirm_clock(&mut self) {
        if let Some((_, report)) = &mut self.last {
            report.clock = ClockState::Ok;
        }
    }

    fn clock(&self, seen: &Observation) -> ClockState {
        if let Some(entry) = seen.last_entry_at
            && entry.duration_since(seen.wall) > BEHIND_MAX
        {
            return ClockState::Behind;
        }
        let Some((before, report)) = &self.last else { return ClockState::Ok };
        let counted = seen.monotonic.saturating_sub(before.monotonic);
        let counted = SignedDuration::try_from(counted).unwrap_or(SignedDuration::MAX);
        let shown = seen.wall.duration_since(before.wall);
        if (shown - counted).abs() > CLOCK_JUMP_MAX || report.clock == ClockState::Jumped {
            return ClockState::Jumped;
        }
        ClockState::Ok
    }

    fn disk(&self, room: Option<(u64, u64)>) -> DiskState {
        let Some(used) = room.and_then(|(free, total)| used_percent(free, total)) else {
            return DiskState::Unknown;
        };
        let state = disk_state(used);
        let before = self.last.as_ref().map_or(DiskState::Ok, |(_, report)| report.disk);
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
