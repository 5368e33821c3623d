//! The second medium: a stick or a disk of its own, from which the box can be restored when no hub is in
//! reach. It holds a copy of the database as it once was (the base), every entry committed since, sealed
//! frame by frame, and the scans that the hub does not have.
//!
//! Folder: `base-N/` (a copy of the database up to entry N, encrypted as it is), `tail-N.log` (frames from
//! entry N on), `segments/` and `blobs/` (as in the store), `recovery.json` (who, and the keys under the
//! recovery sheet; written by whoever knows them). A record of a tail: length (u32), first and last entry
//! (u64 each), big-endian, and the sealed frame. Each is synced before the next is written, so one that was
//! cut off or torn is the last of its file; it counts as not written.
//!
//! A base costs as much as the database is large, so few are made: sealing a run of the journal needs none,
//! since its file goes over by itself and the frames tell of it; erasures need one, because what they took
//! away stands in the base, but those of a day share it.
//!
//! Here is how it is written; how a base begins, [`crate::medium_base`]; how all is read,
//! [`crate::medium_reader`].

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use journal::entry::sha256;
use journal::seal::seal_with;
use rusqlite::Connection;

use crate::blobs::path_in;
use crate::config::Keys;
use crate::connection::{database_path, derive};
use crate::folders::{make_lasting, sync_folder, sync_folders_below};
pub use crate::medium_base::{BaseCopy, MediumOpener};
pub use crate::medium_reader::MediumReader;
use crate::medium_reader::{
    BASE, End, HEAD, HEAD_FILE, TAIL, UNREADABLE, find_end, numbered, purpose,
};
use crate::records::SegmentRecord;
use crate::segments::path_in as segment_in;
use crate::sql::Columns;
use crate::{BLOBS, SEGMENTS, StoreError, query};

/// A tail this large is closed and a new one begun.
const TAIL_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// With so many bytes of tails behind the base a new base is made, and older files go: what lies on the
/// medium is bounded by two bases, this, the journal's segments, and the scans that the hub does not have.
const TAILS_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// After an erasure had a new base made, later ones wait so long for theirs: what was erased leaves the
/// medium within a day, whatever is erased.
const ERASED_AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// So much of a base is copied and synced at once: what is committed meanwhile goes over in between, and
/// must not wait behind more. A second of a slow stick.
const PIECE_BYTES: u64 = 4 * 1024 * 1024;
/// A segment on its way to its name; beside the others, of which a box is made.
const SEGMENT_PARTIAL: &str = "segment.partial";

/// The medium, opened for appending.
pub struct Medium {
    folder: PathBuf,
    key: [u8; 32],
    next_seq: u64,
    /// The hash of the last entry on it: what goes on from another one is another journal.
    head: [u8; 32],
    /// What the base was made after, see [`mark`].
    mark: u64,
    /// When an erasure last had a base made.
    erased_at: Timestamp,
    tail: Option<(File, u64)>,
}

impl Medium {
    /// Opens the folder, makes what is not there, and finds out up to where it goes.
    pub fn open(folder: PathBuf, keys: &Keys) -> Result<Medium, StoreError> {
        make_lasting(&folder.join(BLOBS))?;
        make_lasting(&folder.join(SEGMENTS))?;
        // What a killed daemon named and did not come to sync is taken for safe from here on.
        sync_folders_below(&folder.join(BLOBS))?;
        sync_folder(&folder.join(SEGMENTS))?;
        sync_folder(&folder)?;
        for left in fs::read_dir(&folder)? {
            let path = left?.path();
            if path.extension().is_some_and(|extension| extension == "partial") {
                if path.is_dir() { fs::remove_dir_all(&path)? } else { fs::remove_file(&path)? }
            }
        }
        let key = derive(&keys.master, "medium")?;
        let End { next_seq, head, mark, erased_at } = find_end(&folder, &key)?;
        Ok(Medium { folder, key, next_seq, head, mark, erased_at, tail: None })
    }

    /// The entry that is to be appended next; 0 when there is no base yet.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// The hash of the last entry on it.
    pub fn head(&self) -> [u8; 32] {
        self.head
    }

    /// Puts the whole folder beside: another journal is on it, of which nobody else may have the end.
    /// Gives where it lies now; a box can be made of it as of any medium.
    pub fn set_aside(self) -> Result<PathBuf, StoreError> {
        let name = self.folder.file_name().and_then(|name| name.to_str()).unwrap_or("medium");
        let head = journal::hex::encode(&self.head);
        let beside = self.folder.with_file_name(format!("{name}-other-{}", &head[..8]));
        if beside.exists() {
            if self.head == UNREADABLE {
                // Nobody can say that it is the same one: a person looks first.
                return Err(StoreError::Conflict("medium.unreadable"));
            }
            // The same journal up to the same entry.
            fs::remove_dir_all(&beside)?;
        }
        fs::rename(&self.folder, &beside)?;
        beside.parent().map_or(Ok(()), sync_folder)?;
        Ok(beside)
    }

    /// Whether a (new) base is due; `mark` is what [`mark`] says now.
    pub fn base_due(&self, mark: u64, now: Timestamp) -> Result<bool, StoreError> {
        let mut bytes = 0;
        for (_, path) in numbered(&self.folder, TAIL)? {
            bytes += fs::metadata(path)?.len();
        }
        let since = now.duration_since(self.erased_at);
        // A clock that was set back must not keep for years what was erased.
        let waited = since.is_negative() || since >= ERASED_AGAIN;
        Ok(self.next_seq == 0 || (self.mark != mark && waited) || bytes > TAILS_BYTES_MAX)
    }

    /// Makes a base of a copy of the database; afterwards older bases and all tails go, and what came after
    /// the copy is to be appended again. Blocks on the medium, for as long as it takes; nothing of the
    /// database is held. `between` two pieces something may be appended behind the older base, so that it
    /// need not wait.
    pub fn make_base(
        &mut self,
        copy: &BaseCopy,
        store: &Path,
        now: Timestamp,
        mut between: impl FnMut(&mut Medium) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let partial = self.folder.join("base.partial");
        if partial.exists() {
            fs::remove_dir_all(&partial)?;
        }
        fs::create_dir_all(&partial)?;
        copy_in_pieces(&copy.database(), &database_path(&partial), || between(self))?;
        // A base names no segment that is not there.
        for record in &copy.segments {
            if self.put_segment(store, record)? {
                between(self)?;
            }
        }
        let (head, mark, seq) = (copy.head, copy.mark, copy.head.seq);
        if self.next_seq > 0 && self.mark != mark {
            self.erased_at = now;
        }
        let erased_us = self.erased_at.as_microsecond();
        let said = format!("{} {mark} {erased_us}", journal::hex::encode(&head.hash));
        let mut file = File::create(partial.join(HEAD_FILE))?;
        file.write_all(said.as_bytes())?;
        file.sync_all()?;
        sync_folder(&partial)?;
        let base = self.folder.join(format!("{BASE}{seq:020}"));
        if base.exists() {
            fs::remove_dir_all(&base)?;
        }
        fs::rename(&partial, &base)?;
        sync_folder(&self.folder)?;
        self.tail = None;
        (self.next_seq, self.head, self.mark) = (seq + 1, head.hash, mark);
        // Tails first: none may be left that goes on from a base which is gone. The newest of them first:
        // they may go on behind this base, and whoever is cut off here must leave no gap among them.
        for (_, path) in numbered(&self.folder, TAIL)?.into_iter().rev() {
            fs::remove_file(path)?;
        }
        sync_folder(&self.folder)?;
        for (old, path) in numbered(&self.folder, BASE)? {
            if old != seq {
                fs::remove_dir_all(path)?;
            }
        }
        sync_folder(&self.folder)
    }

    /// Appends entries; they are on the medium when this returns. `message` is a frame as it is sent,
    /// `head` the hash of its last entry.
    pub fn append(
        &mut self,
        first: u64,
        last: u64,
        head: [u8; 32],
        message: &[u8],
    ) -> Result<(), StoreError> {
        if first != self.next_seq || last < first {
            return Err(StoreError::Conflict("medium.not_next"));
        }
        let sealed = seal_with(&self.key, &purpose(first, last), message)?;
        let (mut file, end) = match self.tail.take() {
            Some(tail) if tail.1 < TAIL_BYTES_MAX => tail,
            _ => {
                for (number, left) in numbered(&self.folder, TAIL)? {
                    // What a killed daemon did not come to remove: a reader would find a gap before it.
                    if number > first {
                        fs::remove_file(left)?;
                    }
                }
                let path = self.folder.join(format!("{TAIL}{first:020}.log"));
                let file = File::options().create(true).truncate(true).write(true).open(path)?;
                sync_folder(&self.folder)?;
                (file, 0)
            }
        };
        let mut record = Vec::with_capacity(HEAD + sealed.len());
        let length = u32::try_from(sealed.len()).map_err(|_| StoreError::TooLarge("entry"))?;
        record.extend_from_slice(&length.to_be_bytes());
        record.extend_from_slice(&first.to_be_bytes());
        record.extend_from_slice(&last.to_be_bytes());
        record.extend_from_slice(&sealed);
        if let Err(error) = file.write_all(&record).and_then(|()| file.sync_data()) {
            // A half record would hide what comes after it.
            file.set_len(end)?;
            file.seek(SeekFrom::Start(end))?;
            self.tail = Some((file, end));
            return Err(error.into());
        }
        self.tail = Some((file, end + record.len() as u64));
        (self.next_seq, self.head) = (last + 1, head);
        Ok(())
    }

    /// Copies a sealed run of the journal, as its file is; `false` when it was there already. Another
    /// journal's may be there under its name, which has another size; one that was sealed a second time is
    /// compared as a whole: the file of the first time may be there.
    pub fn put_segment(&self, store: &Path, record: &SegmentRecord) -> Result<bool, StoreError> {
        let folder = self.folder.join(SEGMENTS);
        let target = segment_in(&folder, record.first_seq);
        let is_there = fs::metadata(&target).is_ok_and(|found| found.len() == record.bytes)
            && (record.rev == 1
                || journal::hex::encode(&sha256(&fs::read(&target)?)) == record.sha256);
        let source = segment_in(&store.join(SEGMENTS), record.first_seq);
        if is_there {
            return Ok(false);
        }
        if !source.exists() {
            // The check finds it, too, and tells people.
            let first_seq = record.first_seq;
            tracing::warn!(first_seq, "a sealed run is not here, and so not on the medium");
            return Ok(false);
        }
        let partial = self.folder.join(SEGMENT_PARTIAL);
        fs::copy(source, &partial)?;
        File::open(&partial)?.sync_all()?;
        fs::rename(&partial, &target)?;
        sync_folder(&folder)?;
        Ok(true)
    }

    /// Copies a scan's file, as it is; `false` when it was there already.
    pub fn put_blob(&self, store: &Path, sha256: &[u8; 32]) -> Result<bool, StoreError> {
        let target = path_in(&self.folder.join(BLOBS), sha256);
        if target.exists() {
            return Ok(false);
        }
        let folder = target.parent().unwrap_or(&self.folder).to_owned();
        make_lasting(&folder)?;
        let partial = target.with_extension("partial");
        match fs::copy(path_in(&store.join(BLOBS), sha256), &partial) {
            // What is not even here is the check's to tell.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            copied => copied?,
        };
        File::open(&partial)?.sync_all()?;
        fs::rename(&partial, &target)?;
        sync_folder(&folder)?;
        Ok(true)
    }

    /// Writes a file that is there in its old or in its new form, never half.
    pub fn put_file(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.folder.join(name);
        let new = path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        sync_folder(&self.folder)
    }

    /// Removes scans that are no longer `wanted` here.
    pub fn keep_blobs(
        &self,
        mut wanted: impl FnMut(&[u8; 32]) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        for folder in fs::read_dir(self.folder.join(BLOBS))? {
            let folder = folder?.path();
            if !folder.is_dir() {
                continue;
            }
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                // A copy that was cut off has another name, and goes.
                let keep = match journal::hex::decode_array(name) {
                    Some(sha256) => wanted(&sha256)?,
                    None => false,
                };
                if !keep {
                    fs::remove_file(path)?;
                }
            }
        }
        Ok(())
    }
}

/// Copies a file piece by piece, each synced before something else is done.
fn copy_in_pieces(
    from: &Path,
    to: &Path,
    mut between: impl FnMut() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (from, mut to) = (File::open(from)?, File::create(to)?);
    while std::io::copy(&mut (&from).take(PIECE_BYTES), &mut to)? > 0 {
        to.sync_data()?;
        between()?;
    }
    Ok(to.sync_all()?)
}

/// Changes when a subject was erased: what was erased must go from the medium.
pub fn mark(c: &Connection) -> Result<u64, StoreError> {
    Ok(c.query_row("SELECT count(*) FROM erasure", [], |row| row.number(0))?)
}

/// Whether a folder lies on another disk than the one it shall save from.
pub fn is_elsewhere(folder: &Path, store: &Path) -> Result<bool, StoreError> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::metadata(folder)?.dev() != fs::metadata(store)?.dev())
}

/// Entries that exist only on this disk: neither the hub nor the medium has them.
pub fn at_risk(c: &Connection, mirrored: u64) -> Result<u64, StoreError> {
    let acked = query::cursors::uplink(c)?.map_or(0, |cursor| cursor.seq);
    Ok(query::journal::head(c)?.seq.saturating_sub(acked.max(mirrored)))
}
