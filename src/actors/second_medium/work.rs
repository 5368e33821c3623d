//! One round of mirroring: what is on the medium is found out, and what it lacks is brought there.

use super::pulse::Pulse;
use super::{MediumPorts, MediumSettings};
use crate::recovery;
use domain::time::Clock;
use jiff::Timestamp;
use journal::{Frame, Stream};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::medium::{BaseCopy, Medium, MediumOpener, is_elsewhere};
use store::records::BlobState;
use store::{Readers, SegmentFiles, StoreError, query};

/// While the database is copied here it is looked so often whether something goes to the medium.
const COPY_LOOK: Duration = Duration::from_millis(100);
/// A base that could not be made is tried again after so long.
const BASE_AGAIN: Duration = Duration::from_secs(20);
/// Entries and bytes of one frame on the medium.
const FRAME_ENTRIES: usize = 100;
const FRAME_BYTES: usize = 128 * 1024;
/// Scans that are copied between two looks at the journal.
const SCANS_AT_ONCE: u32 = 4;
/// Scans that wait for the hub and are looked at, oldest first; what comes behind them is mirrored when
/// the hub has taken some. Days of an outage.
const SCANS_LOOKED_AT: u32 = 100_000;
/// Scans that the hub has by now leave the medium after so long; those of an erased dossier at once.
const SCANS_LEAVE: Duration = Duration::from_secs(6 * 3600);

/// The medium as it is known, and what it is compared with.
pub(super) struct Work {
    root: PathBuf,
    target: PathBuf,
    settings: MediumSettings,
    readers: Readers,
    opener: MediumOpener,
    files: SegmentFiles,
    clock: Arc<dyn Clock>,
    pulse: Arc<Pulse>,
    medium: Option<Medium>,
    /// When a base could not be made, and why.
    base_failed: Option<(Instant, StoreError)>,
    /// When scans were last taken from it, and after which erasures.
    swept: Option<(Instant, u64)>,
    /// So many sealed runs of the journal have been looked at since it was opened: they are on it.
    segments: u64,
    /// Scans that are known to be on it, so that a stick need not be asked for each of them.
    there: HashSet<[u8; 32]>,
    /// Of the scans that the hub lacks so many are on the medium; and whether some are not.
    scans: u64,
    pub(super) more_scans: bool,
}

impl Work {
    /// Of which nothing is known yet.
    pub(super) fn new(folder: PathBuf, settings: MediumSettings, ports: MediumPorts) -> Self {
        Self {
            target: folder.join(format!("motcua-{}", settings.node)),
            root: folder,
            settings,
            readers: ports.readers,
            opener: ports.opener,
            files: ports.segments,
            clock: ports.clock,
            pulse: Arc::default(),
            medium: None,
            base_failed: None,
            swept: None,
            segments: 0,
            there: HashSet::new(),
            scans: 0,
            more_scans: false,
        }
    }

    /// Tells how a round goes on.
    pub(super) fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    /// The last entry on the medium, and how many scans that the hub lacks.
    pub(super) fn on_it(&self) -> (u64, u64) {
        let seq = self.medium.as_ref().map_or(0, |medium| medium.next_seq().saturating_sub(1));
        (seq, self.scans)
    }

    /// Brings the medium up to the journal's end. After an error of its own it is opened anew: it may be
    /// another stick by then. Where only a base could not be copied here it goes on without.
    pub(super) fn mirror(&mut self) -> Result<(), StoreError> {
        match self.try_mirror() {
            Ok(None) => Ok(()),
            Ok(Some(no_base)) => Err(no_base),
            Err(error) => {
                self.medium = None;
                self.pulse.lost();
                Err(error)
            }
        }
    }

    /// Gives why a base that is due could not be copied here.
    fn try_mirror(&mut self) -> Result<Option<StoreError>, StoreError> {
        self.is_there()?;
        let mut medium = match self.medium.take() {
            Some(medium) => medium,
            None => self.open()?,
        };
        if !self.is_ours(&medium)? {
            let beside = medium.set_aside()?;
            tracing::warn!(
                folder = %beside.display(),
                "another journal was on the second medium; it is kept beside"
            );
            medium = self.open()?;
        }
        let recovery = self.settings.recovery.changed();
        if let Some(recovery) = recovery.map_err(|error| StoreError::File(format!("{error:#}")))? {
            medium.put_file(recovery::FILE, &recovery)?;
        }
        let head = self.readers.read_now(query::journal::head)?;
        let mark = self.readers.read_now(store::medium::mark)?;
        let now = self.clock.now();
        let goes_on = medium.next_seq() > 0 && self.follows(&medium)?;
        let mut epoch = goes_on.then_some(head.epoch);
        // Entries first: a base takes its time, and may fail for want of room.
        self.append_all(&mut medium, epoch)?;
        let mut no_base = None;
        if !goes_on || medium.base_due(mark, now)? {
            no_base = self.make_base(&mut medium, now, epoch)?;
            if no_base.is_none() {
                epoch = Some(head.epoch);
                self.append_all(&mut medium, epoch)?;
            }
        }
        self.copy_segments(&mut medium, epoch)?;
        self.sweep_scans(&medium, mark)?;
        (self.scans, self.more_scans) = self.copy_scans(&mut medium, epoch)?;
        self.medium = Some(medium);
        Ok(no_base)
    }

    /// Opens what is there, of which nothing is known.
    fn open(&mut self) -> Result<Medium, StoreError> {
        self.settings.recovery.forget();
        self.there.clear();
        (self.swept, self.segments) = (None, 0);
        Medium::open(self.target.clone(), &self.settings.keys)
    }

    /// Makes a new base, unless the last try failed a moment ago: each costs a copy of the database here,
    /// also when another stick lies there by now. Gives why the copy could not be made; an error is the
    /// medium's.
    fn make_base(
        &mut self,
        medium: &mut Medium,
        now: Timestamp,
        epoch: Option<u64>,
    ) -> Result<Option<StoreError>, StoreError> {
        if let Some((at, error)) = &self.base_failed
            && at.elapsed() < BASE_AGAIN
        {
            return Ok(Some(error.clone()));
        }
        let failed = |error: &StoreError| Some((Instant::now(), error.clone()));
        let copy = match self.take_copy(medium, epoch)? {
            Ok(copy) => copy,
            Err(error) => {
                self.base_failed = failed(&error);
                return Ok(Some(error));
            }
        };
        let this = &*self;
        let between = |medium: &mut Medium| this.append_all(medium, epoch);
        let made = medium.make_base(&copy, &this.settings.store, now, between);
        self.base_failed = made.as_ref().err().and_then(failed);
        made.map(|()| None)
    }

    /// Copies the database on this box's disk, which takes its time after some years, and goes on
    /// mirroring meanwhile. The outer error is the medium's.
    fn take_copy(
        &self,
        medium: &mut Medium,
        epoch: Option<u64>,
    ) -> Result<Result<BaseCopy, StoreError>, StoreError> {
        let (readers, opener, store) = (&self.readers, &self.opener, &self.settings.store);
        std::thread::scope(|scope| {
            let taking = scope.spawn(move || BaseCopy::take(readers, opener, store));
            while !taking.is_finished() {
                self.append_all(medium, epoch)?;
                std::thread::sleep(COPY_LOOK);
            }
            Ok(taking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    }

    /// An empty folder where a stick should be mounted lies on this disk: that is no second medium.
    fn is_there(&self) -> Result<(), StoreError> {
        if !self.root.is_dir() {
            return Err(StoreError::NotFound("medium"));
        }
        if !self.settings.same_disk_allowed && !is_elsewhere(&self.root, &self.settings.store)? {
            return Err(StoreError::NotFound("medium"));
        }
        Ok(())
    }

    /// Whether what is on the medium is a part of this journal, and nothing is lost by a new base. It may
    /// be the dead box's in whose place this one is, or this box may have been set back.
    fn is_ours(&self, medium: &Medium) -> Result<bool, StoreError> {
        let last = medium.next_seq().saturating_sub(1);
        let here = self.readers.read_now(|c| store::segments::hash_at(c, &self.files, last));
        match here {
            // What cannot be compared any more is kept.
            Err(StoreError::NotFound(_) | StoreError::Damaged(_)) => Ok(false),
            here => Ok(here? == Some(medium.head())),
        }
    }

    /// Whether this journal goes on from what is on the medium. Old entries may have been moved away
    /// from the table.
    fn follows(&self, medium: &Medium) -> Result<bool, StoreError> {
        let last = medium.next_seq().saturating_sub(1);
        let here = self.readers.read_now(|c| query::journal::hash_at(c, last))?;
        Ok(here == Some(medium.head()))
    }

    /// Brings over what is committed and not on the medium; `epoch` is that of its entries, and none where
    /// they cannot go on from what is on the medium.
    fn append_all(&self, medium: &mut Medium, epoch: Option<u64>) -> Result<(), StoreError> {
        self.pulse.beat(medium);
        if let Some(epoch) = epoch {
            while self.append(medium, epoch)? {
                self.pulse.beat(medium);
            }
        }
        Ok(())
    }

    fn append(&self, medium: &mut Medium, epoch: u64) -> Result<bool, StoreError> {
        let from = medium.next_seq();
        let (entries, keys) = self.readers.read_now(|c| {
            let entries = query::journal::entries_from(c, from, FRAME_ENTRIES, FRAME_BYTES)?;
            let keys =
                query::journal::keys_for(c, entries.iter().map(|entry| entry.raw.as_slice()))?;
            Ok((entries, keys))
        })?;
        let fitting = journal::frame::fitting(entries.iter().map(|entry| entry.raw.len()));
        let entries = entries.get(..fitting.min(entries.len())).unwrap_or_default();
        let Some((last, head)) = entries.last().map(|entry| (entry.seq, entry.hash)) else {
            return Ok(false);
        };
        let frame = Frame {
            node: self.settings.node.clone(),
            stream: Stream::Up,
            epoch,
            first_seq: from,
            keys,
            entries: entries.iter().map(|entry| entry.raw.clone()).collect(),
        };
        let message = frame.encode().map_err(|error| StoreError::Damaged(error.to_string()))?;
        medium.append(from, last, head, &message)?;
        Ok(true)
    }

    /// Sealed runs of the journal never change: each goes over once, as a file.
    fn copy_segments(&mut self, medium: &mut Medium, epoch: Option<u64>) -> Result<(), StoreError> {
        let count = self.readers.read_now(query::segments::count)?;
        if count != self.segments {
            for record in self.readers.read_now(query::segments::all)? {
                if medium.put_segment(&self.settings.store, &record)? {
                    self.append_all(medium, epoch)?;
                }
            }
            self.segments = count;
        }
        Ok(())
    }

    /// Removes scans that the hub has by now, or that were erased. Now and then is enough for the former.
    fn sweep_scans(&mut self, medium: &Medium, mark: u64) -> Result<(), StoreError> {
        if self.swept.is_some_and(|(at, after)| after == mark && at.elapsed() < SCANS_LEAVE) {
            return Ok(());
        }
        medium.keep_blobs(|sha256| {
            let blob = self.readers.read_now(|c| query::blobs::by_sha256(c, sha256))?;
            Ok(blob.is_some_and(|blob| blob.state != BlobState::AtHub))
        })?;
        self.there.clear();
        self.swept = Some((Instant::now(), mark));
        Ok(())
    }

    /// Copies some scans that the hub does not have. Gives how many are on the medium then, and whether
    /// more are to be copied.
    fn copy_scans(
        &mut self,
        medium: &mut Medium,
        epoch: Option<u64>,
    ) -> Result<(u64, bool), StoreError> {
        let waiting =
            self.readers.read_now(|c| query::blobs::to_send(c, u64::MAX >> 1, SCANS_LOOKED_AT))?;
        let (mut copied, mut there) = (0, 0);
        for blob in waiting {
            if !self.there.contains(&blob.sha256) {
                if copied >= SCANS_AT_ONCE {
                    return Ok((there, true));
                }
                if medium.put_blob(&self.settings.store, &blob.sha256)? {
                    copied += 1;
                    self.append_all(medium, epoch)?;
                }
                self.there.insert(blob.sha256);
            }
            there += 1;
        }
        Ok((there, false))
    }
}
