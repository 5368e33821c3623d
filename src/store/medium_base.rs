//! The first half of a base of the second medium: a copy of the database on the box's own disk. A stick may
//! be slow, or hang in the middle for hours, and nothing that waits for it can be called off; so nothing of
//! the database is held while the medium is written to. Were the copy made straight to the medium, its one
//! read transaction would keep the write-ahead log from being brought in, and that would grow as long as the
//! stick hangs. The second half is [`crate::medium::Medium::make_base`].

use std::fs;
use std::path::{Path, PathBuf};

use crate::backup::copy_database;
use crate::connection::{Opener, Purpose, database_path};
use crate::medium::mark;
use crate::query::journal::JournalHead;
use crate::records::SegmentRecord;
use crate::room::{Level, RESERVE_BYTES_MAX, Room, used_percent};
use crate::{Readers, StoreError, query};

/// Where the copy lies below the store's folder while it is needed.
const COPY: &str = "medium-copy";
/// The copy and its own write-ahead log take so many times the database's size at most.
const SIZES: u64 = 2;

/// How the base is encrypted: as the database is.
pub struct MediumOpener(pub(crate) Opener);

/// A copy of the database as it was at one moment. It goes when this is dropped.
pub struct BaseCopy {
    /// Where the journal ends in it.
    pub(crate) head: JournalHead,
    /// What [`mark`] says of it.
    pub(crate) mark: u64,
    /// The sealed runs that it names.
    pub(crate) segments: Vec<SegmentRecord>,
    place: Place,
}

impl BaseCopy {
    /// Copies the database as it is now, beside it. Blocks on the box's own disk, while the center goes on;
    /// only so long is anything of the database held. Refused where the disk has too little room, or where
    /// the copy would stop the scans at the counters.
    pub fn take(
        readers: &Readers,
        opener: &MediumOpener,
        store: &Path,
    ) -> Result<BaseCopy, StoreError> {
        remove_left(store)?;
        let database = fs::metadata(database_path(store))?.len();
        if Room::of(store).bytes().is_some_and(|room| !has_room(room, database)) {
            return Err(no_room());
        }
        let place = Place(store.join(COPY));
        fs::create_dir(&place.0)?;
        // A full disk is this one, and not the medium.
        let copied = readers.read_now(|source| copy_database(source, &opener.0, &place.0));
        copied.map_err(|error| match error {
            StoreError::DiskFull => no_room(),
            other => other,
        })?;
        let copied = opener.0.elsewhere(database_path(&place.0)).open(Purpose::Read)?;
        Ok(BaseCopy {
            head: query::journal::head(&copied)?,
            mark: mark(&copied)?,
            segments: query::segments::all(&copied)?,
            place,
        })
    }

    /// The copied database.
    pub(crate) fn database(&self) -> PathBuf {
        database_path(&self.place.0)
    }
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

/// Removes what a killed daemon left.
pub(crate) fn remove_left(store: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(store.join(COPY)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// The folder of a copy.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        // What this cannot remove goes with the next copy, or when the store is opened.
        let _left = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
