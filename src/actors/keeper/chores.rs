//! What is done while nobody waits, in small pieces: grounds of priority of days that are over are
//! erased, scans that the province keeps leave, pages, the chain and a hundredth of the scans are
//! looked through. Each piece is one read beside the writer and at most one small write; what was found
//! is kept for health.

use domain::retention::RetentionRule;
use domain::time::business_day;
use jiff::{SignedDuration, Timestamp};
use journal::hex;
use std::time::Duration;
use store::erase::{self, Erasable};
use store::records::{CheckResult, ErasureRecord};
use store::{Batch, BlobStore, Depth, Fact, LocalWrite, Readers, StoreConfig, StoreError, query};

/// Scans that leave in one piece.
const DROPPED_AT_ONCE: u32 = 100;
/// A file younger than this may belong to a scan that is just being stored.
const FILE_AGE_MIN: Duration = Duration::from_secs(3600);
/// Each night one scan of so many is read and compared with its name: all of them in a season.
const SCRUB_SHARE: u64 = 100;
/// Scans read in one piece; a large one takes about a second.
const SCRUBBED_AT_ONCE: u32 = 4;

/// One kind of chore; each goes on until it says that it is done for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Chore {
    /// Grounds of priority and reasons on the tickets of days that are over.
    EraseTickets,
    /// Files of erased and dropped scans.
    Sweep,
    /// Scans that the province has had for months.
    DropScans,
    /// The chain since the last checkpoint.
    CheckJournal,
    /// The pages of the database, a table at a time.
    CheckDatabase,
    /// A hundredth of the scans.
    CheckScans,
}

impl Chore {
    /// All of them, in their order.
    pub(super) const ALL: [Chore; 6] = [
        Chore::EraseTickets,
        Chore::Sweep,
        Chore::DropScans,
        Chore::CheckJournal,
        Chore::CheckDatabase,
        Chore::CheckScans,
    ];

    /// Whether it only looks: for quiet hours.
    pub(super) fn is_check(self) -> bool {
        self.result().is_some()
    }

    /// The name of its result in the table.
    pub(super) fn result(self) -> Option<&'static str> {
        match self {
            Chore::EraseTickets | Chore::Sweep | Chore::DropScans => None,
            Chore::CheckJournal => Some("journal"),
            Chore::CheckDatabase => Some("database"),
            Chore::CheckScans => Some("blobs"),
        }
    }
}

/// What a chore works with.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) config: StoreConfig,
    pub(super) readers: Readers,
    pub(super) blobs: BlobStore,
    pub(super) scans_kept: SignedDuration,
    /// The rule by which tickets lose their grounds by themselves; none: they never do.
    pub(super) tickets_rule: Option<RetentionRule>,
}

/// How far a check has come between two pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    looked_at: u64,
    problems: u64,
    first: String,
    /// Tables that are still to be looked through; scans still to be read.
    left: Vec<String>,
    after: [u8; 32],
    scans_left: Option<u64>,
}

/// What a piece of work leads to.
pub(super) struct Piece {
    /// To be written.
    pub(super) write: Option<LocalWrite>,
    /// To be erased.
    pub(super) erase: Option<ErasureRecord>,
    /// Where the next piece goes on; nothing when the chore is done for now.
    pub(super) next: Option<Progress>,
}

impl Piece {
    fn done(write: Option<LocalWrite>) -> Piece {
        Piece { write, erase: None, next: None }
    }

    /// As a batch; nothing when there is nothing to be written.
    pub(super) fn batch(&self, now: Timestamp) -> Option<Batch> {
        let mut batch = Batch::new("center", now);
        batch.facts.extend(self.erase.clone().map(Fact::from));
        batch.local.extend(self.write.clone());
        (!batch.facts.is_empty() || !batch.local.is_empty()).then_some(batch)
    }
}

/// Does one piece. Blocks on the disk.
pub(super) fn work(
    chore: Chore,
    place: &Place,
    progress: Option<Progress>,
    now: Timestamp,
) -> Result<Piece, StoreError> {
    match chore {
        Chore::EraseTickets => erase_tickets(place, now),
        Chore::Sweep => {
            let removed = store::sweep(&place.readers, &place.blobs, FILE_AGE_MIN)?;
            Ok(Piece::done(removed))
        }
        Chore::DropScans => drop_scans(place, now),
        Chore::CheckJournal => check_journal(place, now),
        Chore::CheckDatabase => check_database(place, progress, now),
        Chore::CheckScans => check_scans(place, progress, now),
    }
}

/// One day at a time: as much as one entry may hold.
fn erase_tickets(place: &Place, now: Timestamp) -> Result<Piece, StoreError> {
    let until = place.tickets_rule.as_ref().and_then(|rule| rule.last_day(business_day(now)));
    let (Some(rule), Some(until)) = (&place.tickets_rule, until) else {
        return Ok(Piece::done(None));
    };
    let Some(day) = place.readers.read_now(|c| erase::oldest_ticket_day(c, until))? else {
        return Ok(Piece::done(None));
    };
    let record = ErasureRecord {
        key_id: Erasable::TicketDay(day).key_id(),
        rule: rule.code.clone(),
        reason: rule.name_vi.clone(),
        by: "center".to_owned(),
        at: now,
        rev: 1,
    };
    Ok(Piece { write: None, erase: Some(record), next: Some(Progress::default()) })
}

fn drop_scans(place: &Place, now: Timestamp) -> Result<Piece, StoreError> {
    let Ok(before) = now.checked_sub(place.scans_kept) else { return Ok(Piece::done(None)) };
    let sha256 = place.readers.read_now(|c| query::blobs::droppable(c, before, DROPPED_AT_ONCE))?;
    if sha256.is_empty() {
        return Ok(Piece::done(None));
    }
    let next = Some(Progress::default());
    Ok(Piece { write: Some(LocalWrite::DropBlobs { sha256 }), erase: None, next })
}

fn check_journal(place: &Place, now: Timestamp) -> Result<Piece, StoreError> {
    let config = &place.config;
    let report = store::check_folder(&config.folder, &config.keys, Depth::SinceCheckpoint)?;
    let first = report.problems.first();
    let detail = first.map(|problem| format!("{}: {:?}", problem.code, problem.seq));
    Ok(Piece::done(Some(LocalWrite::CheckResult(CheckResult {
        name: "journal".to_owned(),
        at: now,
        looked_at: report.entries,
        problems: report.problem_count,
        detail: detail.unwrap_or_default(),
    }))))
}

fn all_tables(place: &Place) -> Result<Progress, StoreError> {
    let left = place.readers.read_now(query::checks::tables)?;
    Ok(Progress { left, ..Progress::default() })
}

/// Where the check before ended.
fn behind_the_last_scan(place: &Place) -> Result<Progress, StoreError> {
    let results = place.readers.read_now(query::checks::all)?;
    let last = results.iter().find(|result| result.name == "blobs");
    let after = last.and_then(|last| hex::decode_array(&last.detail)).unwrap_or_default();
    Ok(Progress { after, ..Progress::default() })
}

fn check_database(
    place: &Place,
    progress: Option<Progress>,
    now: Timestamp,
) -> Result<Piece, StoreError> {
    let mut progress = progress.map_or_else(|| all_tables(place), Ok)?;
    if let Some(table) = progress.left.pop() {
        progress.looked_at += 1;
        if let Some(wrong) = place.readers.read_now(|c| query::checks::pages(c, &table))? {
            progress.problems += 1;
            if progress.first.is_empty() {
                progress.first = format!("{table}: {wrong}");
            }
        }
        return Ok(Piece { write: None, erase: None, next: Some(progress) });
    }
    Ok(Piece::done(Some(progress.result("database", now, None))))
}

fn check_scans(
    place: &Place,
    progress: Option<Progress>,
    now: Timestamp,
) -> Result<Piece, StoreError> {
    let mut progress = progress.map_or_else(|| behind_the_last_scan(place), Ok)?;
    let left = match progress.scans_left {
        Some(left) => left,
        None => place.readers.read_now(query::blobs::kept)?.div_ceil(SCRUB_SHARE),
    };
    let after = progress.after;
    let limit = SCRUBBED_AT_ONCE.min(u32::try_from(left).unwrap_or(u32::MAX));
    let some = place.readers.read_now(|c| query::blobs::kept_after(c, &after, limit))?;
    for sha256 in &some {
        progress.looked_at += 1;
        let right = match place.blobs.read(sha256) {
            Ok(bytes) => journal::entry::sha256(&bytes) == *sha256,
            Err(_) => false,
        };
        // Dropped or erased meanwhile is not damage.
        let dropped = |c: &rusqlite::Connection| -> Result<bool, StoreError> {
            Ok(query::blobs::by_sha256(c, sha256)?.is_none()
                || query::blobs::dropped_at(c, sha256)?.is_some())
        };
        if !right && !place.readers.read_now(dropped)? {
            progress.problems += 1;
            tracing::error!(scan = hex::encode(sha256), "a scan's file is damaged");
        }
    }
    let left = left.saturating_sub(some.len() as u64);
    match some.last() {
        Some(last) if left > 0 => {
            progress.after = *last;
            progress.scans_left = Some(left);
            Ok(Piece { write: None, erase: None, next: Some(progress) })
        }
        // The next night goes on behind the last one, or from the beginning after the end.
        last => {
            let goes_on = last.map(|last| hex::encode(last)).unwrap_or_default();
            Ok(Piece::done(Some(progress.result("blobs", now, Some(goes_on)))))
        }
    }
}

impl Progress {
    fn result(self, name: &str, now: Timestamp, detail: Option<String>) -> LocalWrite {
        LocalWrite::CheckResult(CheckResult {
            name: name.to_owned(),
            at: now,
            looked_at: self.looked_at,
            problems: self.problems,
            detail: detail.unwrap_or(self.first),
        })
    }
}
