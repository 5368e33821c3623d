//! A copy of the database beside it, on the box's own disk, for whatever is to be written to a stick. A
//! stick may be slow, or hang in the middle for hours, and nothing that waits for it can be called off; so
//! nothing of the database is held while it is written to. Were the copy made straight to the stick, its
//! one read transaction would keep the write-ahead log from being brought in, and that would grow as long
//! as the stick hangs. Used by backups ([`crate::backup`]) and by bases of the second medium
//! ([`crate::medium_base`]).

use std::fs::{self, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::connection::{Opener, Purpose, database_path};
use crate::room::{Level, RESERVE_BYTES_MAX, Room, used_percent};
use crate::{Readers, StoreError};

/// The copy and its own write-ahead log take so many times the database's size at most.
const SIZES: u64 = 2;

/// The copy; it goes when this is dropped.
pub(crate) struct Beside {
    folder: PathBuf,
    /// Locked as long as the copy is wanted: one that nobody holds was left by a process that was killed.
    /// An id of a process would not tell, they come again after a power cut.
    _held: fs::File,
}

impl Beside {
    /// Copies the database as it is now into a new folder of that name beside it. Blocks on the box's own
    /// disk, while the center goes on; only so long is anything of the database held.
    ///
    /// # Errors
    /// The disk has too little room, or the copy would stop the scans at the counters; the folder is there.
    pub(crate) fn take(
        readers: &Readers,
        opener: &Opener,
        store: &Path,
        name: &str,
    ) -> Result<Beside, StoreError> {
        if !has_room_beside(store)? {
            return Err(no_room());
        }
        let folder = store.join(name);
        fs::create_dir(&folder)?;
        let held = fs::File::open(&folder)?;
        match held.try_lock() {
            Ok(()) => {}
            // Somebody tidies up in this very moment.
            Err(TryLockError::WouldBlock) => return Err(StoreError::Busy),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let beside = Beside { folder, _held: held };
        // A full disk is this one, and not the stick.
        readers.read_now(|source| copy_database(source, opener, &beside.folder)).map_err(
            |error| match error {
                StoreError::DiskFull => no_room(),
                other => other,
            },
        )?;
        Ok(beside)
    }

    /// The copied database, one file.
    pub(crate) fn database(&self) -> PathBuf {
        database_path(&self.folder)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // What this cannot remove goes with the next copy, or when the store is opened.
        let _left = fs::remove_dir_all(&self.folder);
    }
}

/// Removes a copy that nobody holds.
pub(crate) fn remove_if_left(folder: &Path) -> Result<(), StoreError> {
    let removed = fs::File::open(folder).and_then(|held| match held.try_lock() {
        Ok(()) => fs::remove_dir_all(folder),
        Err(TryLockError::WouldBlock) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    });
    match removed {
        // Somebody else was quicker.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => Ok(removed?),
    }
}

/// Copies a database into a folder, as one file.
pub(crate) fn copy_database(
    source: &Connection,
    opener: &Opener,
    to: &Path,
) -> Result<(), StoreError> {
    let mut target = opener.elsewhere(database_path(to)).open(Purpose::Write)?;
    let backup = Backup::new(source, &mut target)?;
    // All pages in one step: one read transaction sees one state, however much is written meanwhile. In
    // several it would begin anew with each commit of the daemon, and never end on a busy day.
    match backup.step(-1)? {
        StepResult::Done => {}
        _ => return Err(StoreError::Busy),
    }
    drop(backup);
    target.pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()))?;
    Ok(())
}

/// Whether the disk of a store takes a copy of its database.
pub(crate) fn has_room_beside(store: &Path) -> Result<bool, StoreError> {
    let database = size(store)?;
    Ok(Room::of(store).bytes().is_none_or(|room| has_room(room, database)))
}

/// How large the database is at most. Bytes; what stands only in its log will be in a copy, too.
fn size(store: &Path) -> Result<u64, StoreError> {
    let database = database_path(store);
    // There is none while nobody has the database open.
    let log = fs::metadata(database.with_extension("db-wal")).map_or(0, |log| log.len());
    Ok(fs::metadata(database)?.len().saturating_add(log))
}

/// Whether a disk with so many bytes, free and in all, takes a copy of a database of so many beside it.
fn has_room((free, total): (u64, u64), database: u64) -> bool {
    let copy = database.saturating_mul(SIZES);
    let percent = used_percent(free.saturating_sub(copy), total);
    free >= copy.saturating_add(RESERVE_BYTES_MAX)
        && percent.map_or(Level::Enough, Level::of) < Level::ScansStop
}

fn no_room() -> StoreError {
    StoreError::File("this disk has no room for a copy of the database".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_only_in_the_log_counts_for_the_room() {
        let store = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes| {
            fs::File::create(store.path().join(name)).unwrap().set_len(bytes).unwrap();
        };
        file("center.db", 4096);
        assert_eq!(size(store.path()), Ok(4096));
        file("center.db-wal", 1 << 20);
        assert_eq!(size(store.path()), Ok(4096 + (1 << 20)));
    }

    #[test]
    fn a_copy_that_would_stop_the_scans_at_the_counters_is_not_made() {
        const GIB: u64 = 1024 * 1024 * 1024;
        let takes = |free, database| has_room((free, 50 * GIB), database);
        assert!(takes(10 * GIB, GIB));
        assert!(takes(5 * GIB, GIB), "scans still go on with 3 GiB of 50 left");
        assert!(!takes(4 * GIB, GIB), "with 2 they do not");
        assert!(!takes(2 * GIB, 1024), "they are stopped as it is");
        assert!(!has_room((GIB / 32, GIB), 1024), "a small disk lacks the reserve");
    }
}
