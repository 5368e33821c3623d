//! What a node keeps: the tables and the journal in one SQLite file (SQLCipher), written by one
//! writer, read by several readers, and blobs as encrypted files beside it.
//!
//! A desk hands a [`Batch`] of facts to the [`WriterHandle`] without waiting; the writer stores each
//! batch as rows and one entry of the journal in the same transaction, many batches in one COMMIT, and
//! answers after it. What was answered survives a power cut; what was not, may or may not be there,
//! and its request key tells which.
//!
//! - [`batch`]: what is handed over. - [`writer`]: who stores it. - [`query`]: what can be asked.
//! - [`archive`], [`segments`]: older entries in sealed files.
//! - [`audit`]: the journal looked through by who inspects.
//! - [`facts`]: how a state becomes rows and a change. - [`blobs`], [`backup`], [`check`], [`books`].
//! - `open_days`: which days may have tickets that are not over.
//! - [`room`]: what stops when the disk fills, and the reserve.
//! - [`boot`]: the time since boot, which entries carry.
//! - [`erase`]: what identifies a person goes. - [`down`]: the hub's journal for this node, read. - [`history`]: years, made up.
//!
//! The format of entries is `journal`; the rules behind the facts are `domain`; carrying entries to
//! the hub is `link`, which reads here through the readers.

pub mod archive;
pub mod audit;
pub mod backup;
mod ballots;
pub mod batch;
mod beside;
pub mod blobs;
pub mod books;
pub mod boot;
pub mod check;
pub mod config;
mod connection;
mod core;
mod data_keys;
pub mod down;
pub mod erase;
mod error;
mod facts;
mod folders;
pub mod history;
mod local;
pub mod medium;
mod medium_base;
mod medium_reader;
mod migrations;
pub mod numbers;
mod open_days;
mod own;
pub mod query;
mod readers;
pub mod records;
mod replay;
pub mod restore;
pub mod room;
pub mod segments;
mod sql;
mod sweep;
mod table_check;
pub mod writer;

#[cfg(test)]
mod tests;

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Mutex;

use journal::segment::SEGMENT_ENTRIES_MAX;

pub use archive::{Archive, ArchiveStep};
pub use backup::BackupReport;
pub use batch::{Batch, Committed, Fact, LocalWrite, RequestKey};
pub use blobs::{BlobRef, BlobStore, BlobWriter, Unrecorded};
pub use books::{books, journal_books};
pub use check::{CheckReport, Depth, Problem, check_folder, check_journal};
pub use config::{ClockKind, ClockTrust, DEMO_MARK, Keys, StoreConfig, Syncing};
pub use core::REQUEST_KEPT;
pub use error::StoreError;
pub use migrations::schema_mark;
pub use readers::Readers;
pub use room::Room;
pub use segments::SegmentFiles;
pub use sweep::{Swept, sweep_blobs};
pub use writer::{Pending, WriterHandle, WriterStats};

use crate::connection::{Opener, Purpose};
use crate::core::WriterCore;
use crate::writer::RunningWriter;

/// Where blobs lie in a folder.
pub(crate) const BLOBS: &str = "blobs";
/// Where segments lie in a folder.
pub(crate) const SEGMENTS: &str = "segments";
const LOCK: &str = "lock";

/// An opened folder. While it lives, no other daemon can open the same one.
pub struct Store {
    config: StoreConfig,
    opener: Opener,
    readers: Readers,
    blobs: BlobStore,
    segments: SegmentFiles,
    writer: Mutex<WriterPlace>,
    _lock: Lock,
}

/// The writer before and after it is started.
enum WriterPlace {
    Waiting(Box<WriterCore>),
    Running(RunningWriter),
    Ended,
}

impl Store {
    /// Opens a folder, makes what is not there yet, and brings its tables to the newest version.
    pub fn open(config: StoreConfig) -> Result<Store, StoreError> {
        let folder = config.folder.clone();
        Store::open_folder(config).map_err(|error| connection::explain(&folder, error))
    }

    fn open_folder(config: StoreConfig) -> Result<Store, StoreError> {
        folders::make_lasting(&config.folder)?;
        let lock = lock(&config.folder)?;
        medium_base::remove_left(&config.folder)?;
        backup::remove_left(&config.folder)?;
        let opener = Opener::new(&config.folder, &config.keys, config.sealing)?
            .syncing(&config.folder, config.syncing)?;
        let mut connection = opener.open(Purpose::Write)?;
        migrations::migrate(&mut connection, migrations::MIGRATIONS)?;
        let core = WriterCore::new(connection, &config)?;
        let blobs = BlobStore::open(config.folder.join(BLOBS), &config.keys, config.sealing)?
            .within(Room::of(&config.folder));
        let segments = SegmentFiles::open(config.folder.join(SEGMENTS), &config.keys)?;
        let readers = Readers::new(opener.clone(), config.readers);
        let writer = Mutex::new(WriterPlace::Waiting(Box::new(core)));
        Ok(Store { config, opener, readers, blobs, segments, writer, _lock: lock })
    }

    /// The writer's handle; starts the writer on its own thread at the first call. Needs a running
    /// actix system.
    pub fn writer(&self) -> Result<WriterHandle, StoreError> {
        let mut place = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *place = match std::mem::replace(&mut *place, WriterPlace::Ended) {
            WriterPlace::Waiting(core) => {
                WriterPlace::Running(writer::start(*core, self.config.queue_length_max)?)
            }
            other => other,
        };
        match &*place {
            WriterPlace::Running(running) => Ok(running.handle.clone()),
            _ => Err(StoreError::Stopped),
        }
    }

    /// The readers.
    pub fn readers(&self) -> Readers {
        self.readers.clone()
    }

    /// The blobs.
    pub fn blobs(&self) -> BlobStore {
        self.blobs.clone()
    }

    /// The segment files.
    pub fn segments(&self) -> SegmentFiles {
        self.segments.clone()
    }

    /// Moves older entries into segments.
    pub fn archive(&self) -> Archive {
        Archive {
            node: self.config.node.clone(),
            readers: self.readers(),
            files: self.segments.clone(),
            run: SEGMENT_ENTRIES_MAX,
        }
    }

    /// How it was opened.
    pub fn config(&self) -> &StoreConfig {
        &self.config
    }

    /// Copies everything to a new folder, while the writer goes on. Blocks on the disk.
    pub fn backup(&self, to: &Path) -> Result<BackupReport, StoreError> {
        self.source().backup(to)
    }

    fn source(&self) -> backup::Source<'_> {
        let Store { config, opener, readers, blobs, segments, .. } = self;
        backup::Source { store: &config.folder, readers, opener, blobs, segments }
    }

    /// How a copy of the database on a second medium is opened.
    pub fn medium_opener(&self) -> medium::MediumOpener {
        medium::MediumOpener(self.opener.clone())
    }

    /// Takes a frame of this node's own journal in again, on the calling thread.
    pub fn replay_now(&self, frame: &journal::Frame) -> Result<(), StoreError> {
        let mut place = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let WriterPlace::Waiting(core) = &mut *place else { return Err(StoreError::Busy) };
        core.replay(frame)
    }

    /// Seals those runs again whose files were not on the copy that this store was made of. After the
    /// last frame that is taken in again, and before anything may leave the database.
    pub fn seal_again(&self, now: jiff::Timestamp) -> Result<(), StoreError> {
        let archive = self.archive();
        for told in self.readers.read_now(query::segments::all)? {
            if self.segments.size(&told).is_some() {
                continue;
            }
            if let Some(record) = self.readers.read_now(|c| archive.seal_again(c, &told, now))? {
                self.commit_now(archive::checkpoint(record, now))?;
            }
        }
        Ok(())
    }

    /// Stores one batch on the calling thread: for the command line, where no writer runs.
    pub fn commit_now(&self, batch: Batch) -> Result<Committed, StoreError> {
        let mut place = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let WriterPlace::Waiting(core) = &mut *place else { return Err(StoreError::Busy) };
        core.commit(&[batch]).pop().unwrap_or(Err(StoreError::Stopped))
    }
}

impl Store {
    /// Brings officers and devices back from what a restore has brought. `false` when this box's
    /// master key does not open them: then they are made anew. Before the writer is started.
    pub fn bring_accounts_back(&self) -> Result<bool, StoreError> {
        let mut place = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let WriterPlace::Waiting(core) = &mut *place else { return Err(StoreError::Busy) };
        core.in_transaction(|connection| restore::accounts(connection, &self.config.keys))
    }

    /// After a copy was laid down and its entries were taken in: every scan that a dossier names is here
    /// and goes to the hub, or is known to be there. Before the writer is started.
    pub fn settle_scans(&self, at: jiff::Timestamp) -> Result<(), StoreError> {
        let mut place = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let WriterPlace::Waiting(core) = &mut *place else { return Err(StoreError::Busy) };
        core.in_transaction(|connection| restore::settle_scans(connection, &self.blobs, at))
    }
}

/// Removes the files of scans that were erased or dropped and written longer ago than `age`; gives the
/// write that says so, if there is one. Safe to be cut off: what was not said is looked at again. Blocks
/// on the disk. While the daemon takes scans, `age` must be longer than one takes to be stored.
pub fn sweep(
    readers: &Readers,
    blobs: &BlobStore,
    age: std::time::Duration,
) -> Result<Option<LocalWrite>, StoreError> {
    let mut gone = Vec::new();
    for sha256 in readers.read_now(erase::to_remove)? {
        if blobs.remove_older(&sha256, age)? {
            gone.push(sha256);
        }
    }
    Ok((!gone.is_empty()).then_some(LocalWrite::BlobsRemoved { sha256: gone }))
}

/// A folder looked at from outside, beside the daemon that has it open.
pub struct Onlooker {
    opener: Opener,
    readers: Readers,
    blobs: BlobStore,
    segments: SegmentFiles,
    folder: std::path::PathBuf,
}

impl Onlooker {
    /// Opens a folder for reading; the daemon may be running on it or not.
    pub fn open(config: &StoreConfig) -> Result<Onlooker, StoreError> {
        let opener = Opener::new(&config.folder, &config.keys, config.sealing)?;
        let blobs = BlobStore::look(config.folder.join(BLOBS), &config.keys, config.sealing)?;
        let segments = SegmentFiles::look(config.folder.join(SEGMENTS), &config.keys)?;
        let readers = Readers::new(opener.clone(), 1);
        Ok(Onlooker { opener, readers, blobs, segments, folder: config.folder.clone() })
    }

    /// The readers.
    pub fn readers(&self) -> &Readers {
        &self.readers
    }

    /// The blobs.
    pub fn blobs(&self) -> BlobStore {
        self.blobs.clone()
    }

    /// The segment files.
    pub fn segments(&self) -> &SegmentFiles {
        &self.segments
    }

    /// Copies everything to a new folder, also while the daemon writes. Blocks on the disk.
    pub fn backup(&self, to: &Path) -> Result<BackupReport, StoreError> {
        let Onlooker { opener, readers, blobs, segments, folder } = self;
        backup::Source { store: folder, readers, opener, blobs, segments }.backup(to)
    }
}

/// Takes the folder for this process. The lock goes with the process, however it ends.
fn lock(folder: &Path) -> Result<Lock, StoreError> {
    let file = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::AlreadyRunning),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// The folder's lock, given back by word and not by closing the file: a program that another thread is
/// just starting holds the file, too, until it has become that program.
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // What cannot be given back ends with the file.
        let _kept = self.0.unlock();
    }
}
