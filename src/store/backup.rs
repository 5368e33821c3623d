//! A backup while the daemon runs: one consistent state of the database, and the blobs that it names,
//! both encrypted as they are. It is complete when its folder has its name, not before. The database is
//! copied beside itself first ([`crate::beside`]): a stick that hangs holds nothing of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use crate::beside::{Beside, copy_database, has_room_beside, remove_if_left};
use crate::blobs::{BlobStore, path_in};
use crate::config::DEMO_MARK;
use crate::connection::{Opener, Purpose, database_path, is_demo};
use crate::folders::{make_lasting, sync_folder, sync_folders_below};
use crate::segments::{SegmentFiles, path_in as segment_in};
use crate::{BLOBS, Readers, SEGMENTS, StoreError, query};

/// Where the copy of the database lies below the store's folder while a backup is made, before the
/// process's id and a number: two backups may be made at once, by commands of their own.
const COPY: &str = "backup-copy-";
static NEXT: AtomicU64 = AtomicU64::new(0);

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// Last entry in it.
    pub seq: u64,
    /// Segments in it.
    pub segments: u64,
    /// Blobs in it.
    pub blobs: u64,
}

/// What is copied.
pub(crate) struct Source<'a> {
    /// The store's folder.
    pub(crate) store: &'a Path,
    pub(crate) readers: &'a Readers,
    pub(crate) opener: &'a Opener,
    pub(crate) blobs: &'a BlobStore,
    pub(crate) segments: &'a SegmentFiles,
}

/// The database as it was at one moment, on the box's own disk: while a stick is written to, nothing of
/// the database itself is held.
pub(crate) struct Snapshot(Beside);

impl Source<'_> {
    /// Makes a backup.
    pub(crate) fn backup(&self, to: &Path) -> Result<BackupReport, StoreError> {
        if to.exists() {
            return Err(StoreError::File(format!("{} exists already", to.display())));
        }
        remove_left(self.store)?;
        if has_room_beside(self.store)? {
            let snapshot = self.snapshot()?;
            return self.fill(to, |partial| snapshot.lay_down(partial));
        }
        // Better a backup that holds the log while it is made than none where the disk is nearly full.
        tracing::warn!(
            "no room for a copy beside the database: it is read while the backup is written"
        );
        self.fill(to, |partial| {
            self.readers.read_now(|source| copy_database(source, self.opener, partial))
        })
    }

    /// Takes the database as it is now.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{COPY}{}-{number}", std::process::id());
        Beside::take(self.readers, self.opener, self.store, &name).map(Snapshot)
    }

    /// Makes the folder of a backup: first the database, then what it names.
    pub(crate) fn fill(
        &self,
        to: &Path,
        database: impl FnOnce(&Path) -> Result<(), StoreError>,
    ) -> Result<BackupReport, StoreError> {
        let partial = partial_name(to);
        if partial.exists() {
            fs::remove_dir_all(&partial)?;
        }
        let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
        parent.map_or(Ok(()), make_lasting)?;
        fs::create_dir(&partial)?;
        if is_demo(self.store) {
            fs::write(partial.join(DEMO_MARK), b"")?;
        }
        database(&partial)?;
        let copied = self.opener.elsewhere(database_path(&partial)).open(Purpose::Read)?;
        let report = BackupReport {
            seq: query::journal::head(&copied)?.seq,
            segments: copy_segments(&copied, self.segments, &partial)?,
            blobs: copy_blobs(&copied, self.blobs, &partial)?,
        };
        drop(copied);
        // The copies are synced one by one; what leads to them must last too before the whole has a name.
        sync_folders_below(&partial)?;
        fs::rename(&partial, to)?;
        sync_folder(parent.unwrap_or(Path::new(".")))?;
        Ok(report)
    }
}

impl Snapshot {
    /// Copies it into a folder. What it took of the box's own disk is free afterwards.
    pub(crate) fn lay_down(self, to: &Path) -> Result<(), StoreError> {
        let target = database_path(to);
        fs::copy(self.0.database(), &target)?;
        fs::File::open(&target)?.sync_all()?;
        Ok(())
    }
}

/// Removes what backups left that were killed.
pub(crate) fn remove_left(store: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(store)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(COPY)) {
            remove_if_left(&entry.path())?;
        }
    }
    Ok(())
}

/// A segment never changes, so a file that the copied database names is the right one.
fn copy_segments(
    copied: &Connection,
    segments: &SegmentFiles,
    to: &Path,
) -> Result<u64, StoreError> {
    let folder = to.join(SEGMENTS);
    fs::create_dir_all(&folder)?;
    let mut count = 0;
    for record in query::segments::all(copied)? {
        let target = segment_in(&folder, record.first_seq);
        fs::copy(segments.path_of(record.first_seq), &target)?;
        fs::File::open(&target)?.sync_all()?;
        count += 1;
    }
    sync_folder(&folder)?;
    Ok(count)
}

fn copy_blobs(copied: &Connection, blobs: &BlobStore, to: &Path) -> Result<u64, StoreError> {
    let mut count = 0;
    for blob in query::blobs::all(copied)? {
        let target = path_in(&to.join(BLOBS), &blob.sha256);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        // One that was dropped here because the hub has it is not in the backup either.
        match fs::copy(blobs.path_of(&blob.sha256), &target) {
            Ok(_) => fs::File::open(&target)?.sync_all()?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        }
        count += 1;
    }
    Ok(count)
}

fn partial_name(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    to.with_file_name(name)
}
