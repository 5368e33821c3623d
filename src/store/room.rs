//! Room on the disk. Scans are what fills it; tickets and dossiers are small and must go on. So scans
//! stop while there is still room, and a reserve lies on the disk that the writer gives up when even
//! that room is gone: numbers are still given while a technician makes room.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::fcntl::posix_fallocate;

use crate::StoreError;

/// A larger disk counts as one of this size. A fifth of it, where the warning begins, is about a week of
/// the busiest center without the line (300 dossiers a day, five scans of 1 MiB each), in which nothing
/// may be dropped: so much is enough on any disk, however small its share. Bytes.
pub const DISK_COUNTED_MAX: u64 = 50 * 1024 * 1024 * 1024;
/// From this share of used room on the console warns. Percent.
pub const LOW_PERCENT: u64 = 80;
/// From here on nothing is kept that could be fetched again: scans of other centers. Percent.
pub const TIGHT_PERCENT: u64 = 90;
/// From here on no new scan is taken; tickets and dossiers go on. Percent.
pub const SCANS_STOP_PERCENT: u64 = 95;
/// The reserve, in bytes: some 20,000 entries. On a small disk it is a fiftieth of it.
pub const RESERVE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A reserve is only laid where so many times as much is free.
const RESERVE_FREE_TIMES: u64 = 8;
/// How often it is tried to lay a spent reserve again.
const REFILL_EVERY: Duration = Duration::from_secs(60);

const RESERVE: &str = "reserve";

/// How full the disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Enough room.
    Enough,
    /// Little room: look today.
    Low,
    /// Nothing is kept that could be fetched again.
    Tight,
    /// No new scans.
    ScansStop,
}

impl Level {
    /// The level of a share of used room.
    pub fn of(used_percent: u64) -> Level {
        match used_percent {
            SCANS_STOP_PERCENT.. => Level::ScansStop,
            TIGHT_PERCENT.. => Level::Tight,
            LOW_PERCENT.. => Level::Low,
            _ => Level::Enough,
        }
    }
}

type Probe = dyn Fn(&Path) -> Option<(u64, u64)> + Send + Sync;

/// The disk of a folder.
#[derive(Clone)]
pub struct Room {
    folder: Arc<PathBuf>,
    probe: Arc<Probe>,
}

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Room({})", self.folder.display())
    }
}

impl Room {
    /// The disk that a folder lies on.
    pub fn of(folder: impl Into<PathBuf>) -> Room {
        Room { folder: Arc::new(folder.into()), probe: Arc::new(asked) }
    }

    /// A disk of which somebody else tells free and total bytes.
    pub fn told(
        folder: impl Into<PathBuf>,
        probe: impl Fn() -> Option<(u64, u64)> + Send + Sync + 'static,
    ) -> Room {
        Room { folder: Arc::new(folder.into()), probe: Arc::new(move |_| probe()) }
    }

    /// Free and total bytes for programs without privileges; `None` when it cannot be asked.
    pub fn bytes(&self) -> Option<(u64, u64)> {
        (self.probe)(&self.folder)
    }

    /// The share of used room, in percent.
    pub fn used_percent(&self) -> Option<u64> {
        self.bytes().and_then(|(free, total)| used_percent(free, total))
    }

    /// How full it is. A disk that cannot be asked stops nothing: the write itself will tell.
    pub fn level(&self) -> Level {
        self.used_percent().map_or(Level::Enough, Level::of)
    }
}

/// The share of used room, in percent; `None` when there is no disk. What a large disk has beyond
/// [`DISK_COUNTED_MAX`] counts as used.
pub fn used_percent(free: u64, total: u64) -> Option<u64> {
    let total = total.min(DISK_COUNTED_MAX);
    if total == 0 {
        return None;
    }
    // Divided first: bytes times a hundred would not fit for the largest disks.
    Some(100u64.saturating_sub(free / (total / 100).max(1)))
}

fn asked(folder: &Path) -> Option<(u64, u64)> {
    match nix::sys::statvfs::statvfs(folder) {
        Ok(room) => {
            let block = room.fragment_size();
            Some((
                room.blocks_available().saturating_mul(block),
                room.blocks().saturating_mul(block),
            ))
        }
        Err(error) => {
            tracing::warn!(%error, "the disk's room cannot be asked");
            None
        }
    }
}

/// A file that holds room for the writer.
#[derive(Debug)]
pub(crate) struct Reserve {
    path: PathBuf,
    room: Room,
    bytes: u64,
    tried_at: Option<Instant>,
    laid: bool,
}

impl Reserve {
    /// The reserve of a folder; laid if there is room for it.
    pub(crate) fn of(folder: &Path, bytes: u64) -> Reserve {
        let path = folder.join(RESERVE);
        let laid = std::fs::metadata(&path).is_ok_and(|found| found.len() > 0);
        let mut reserve = Reserve { path, room: Room::of(folder), bytes, tried_at: None, laid };
        reserve.lay();
        reserve
    }

    /// Gives the room up, for the writer. False when there was none.
    pub(crate) fn spend(&mut self) -> bool {
        if !self.laid {
            return false;
        }
        self.laid = false;
        self.tried_at = Some(Instant::now());
        let spent = OpenOptions::new().write(true).open(&self.path).and_then(|file| {
            file.set_len(0)?;
            file.sync_all()
        });
        match spent {
            Ok(()) => {
                tracing::warn!("the disk is full: the reserve is given up, so that work goes on");
                true
            }
            Err(error) => {
                tracing::error!(%error, "the reserve cannot be given up");
                false
            }
        }
    }

    /// Lays the reserve again, now and then, when there is room.
    pub(crate) fn lay_again(&mut self) {
        let due = self.tried_at.is_none_or(|at| at.elapsed() > REFILL_EVERY);
        if !self.laid && due {
            self.lay();
        }
    }

    fn lay(&mut self) {
        self.tried_at = Some(Instant::now());
        let Some((free, total)) = self.room.bytes() else { return };
        let size = self.bytes.min(RESERVE_BYTES_MAX).min(total / 50);
        if self.laid || size == 0 || free < size.saturating_mul(RESERVE_FREE_TIMES) {
            return;
        }
        match lay(&self.path, size) {
            Ok(()) => self.laid = true,
            Err(error) => {
                // Half a reserve is room that nobody would give back.
                let _left = std::fs::remove_file(&self.path);
                tracing::warn!(%error, "no reserve can be laid on this disk");
            }
        }
    }
}

fn lay(path: &Path, size: u64) -> Result<(), StoreError> {
    let file = File::create(path)?;
    let length = i64::try_from(size).map_err(|_| StoreError::TooLarge("reserve"))?;
    posix_fallocate(&file, 0, length)
        .map_err(|errno| StoreError::from(std::io::Error::from(errno)))?;
    Ok(file.sync_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_begins_at_its_mark() {
        let level = |free| Level::of(used_percent(free, 1000).unwrap());
        assert_eq!(level(210), Level::Enough);
        assert_eq!(level(200), Level::Low);
        assert_eq!(level(100), Level::Tight);
        assert_eq!(level(50), Level::ScansStop);
        assert_eq!(level(0), Level::ScansStop);
        assert_eq!(used_percent(0, 0), None);
    }

    #[test]
    fn a_large_disk_is_judged_by_what_a_week_needs() {
        let gib = 1024 * 1024 * 1024;
        let level = |free| Level::of(used_percent(free * gib, 1000 * gib).unwrap());
        assert_eq!(level(53), Level::Enough);
        assert_eq!(level(9), Level::Low);
        assert_eq!(level(4), Level::Tight);
        assert_eq!(level(2), Level::ScansStop);
        assert_eq!(used_percent(u64::MAX, u64::MAX), Some(0));
    }

    #[test]
    fn a_reserve_is_spent_once_and_laid_again_after_a_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(RESERVE);
        let size = || std::fs::metadata(&path).unwrap().len();
        let mut reserve = Reserve::of(folder.path(), 1 << 20);
        assert!(size() > 0);
        assert!(reserve.spend());
        assert_eq!(size(), 0);
        assert!(!reserve.spend(), "there is only one");
        Reserve::of(folder.path(), 1 << 20);
        assert!(size() > 0);
    }
}
