//! A backup while the daemon runs: one consistent state of the database, and the blobs that it names,
//! both encrypted as they are. It is complete when its folder has its name, not before.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::blobs::{BlobStore, path_in};
use crate::config::DEMO_MARK;
use crate::connection::{Opener, Purpose, database_path};
use crate::folders::{make_lasting, sync_folder, sync_folders_below};
use crate::segments::{SegmentFiles, path_in as segment_in};
use crate::{BLOBS, SEGMENTS, StoreError, query};

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

pub(crate) fn backup(
    source: &Connection,
    opener: &Opener,
    (blobs, segments): (&BlobStore, &SegmentFiles),
    demo: bool,
    to: &Path,
) -> Result<BackupReport, StoreError> {
    if to.exists() {
        return Err(StoreError::File(format!("{} exists already", to.display())));
    }
    let partial = partial_name(to);
    if partial.exists() {
        fs::remove_dir_all(&partial)?;
    }
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or(Ok(()), make_lasting)?;
    fs::create_dir(&partial)?;
    if demo {
        fs::write(partial.join(DEMO_MARK), b"")?;
    }
    copy_database(source, opener, &partial)?;
    let copied = opener.elsewhere(database_path(&partial)).open(Purpose::Read)?;
    let report = BackupReport {
        seq: query::journal::head(&copied)?.seq,
        segments: copy_segments(&copied, segments, &partial)?,
        blobs: copy_blobs(&copied, blobs, &partial)?,
    };
    drop(copied);
    // The copies are synced one by one; what leads to them must last too before the whole has a name.
    sync_folders_below(&partial)?;
    fs::rename(&partial, to)?;
    sync_folder(parent.unwrap_or(Path::new(".")))?;
    Ok(report)
}

pub(crate) fn copy_database(
    source: &Connection,
    opener: &Opener,
    to: &Path,
) -> Result<(), StoreError> {
    let mut target = opener.elsewhere(database_path(to)).open(Purpose::Write)?;
    let backup = Backup::new(source, &mut target)?;
    // All pages in one step: one read transaction sees one state, however much is written meanwhile.
    match backup.step(-1)? {
        StepResult::Done => {}
        _ => return Err(StoreError::Busy),
    }
    drop(backup);
    target.pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()))?;
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
