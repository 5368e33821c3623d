//! The second medium: a stick or a disk of its own, from which the box can be restored when no hub is in
//! reach. It holds a copy of the database as it once was (the base), every entry committed since, sealed
//! frame by frame, and the scans that the hub does not have.
//!
//! Folder: `base-N/` (a copy of the database up to entry N, encrypted as it is, and of its segments),
//! `tail-N.log` (frames from entry N on), `blobs/` (as in the store), `recovery.json` (who, and the keys
//! under the recovery sheet; written by whoever knows them). A record of a tail: length (u32), first and
//! last entry (u64 each), big-endian, and the sealed frame. Each is synced before the next is written, so
//! one that was cut off or torn is the last of its file; it counts as not written.

use std::fs::{self, File};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use journal::Frame;
use journal::entry::NO_HASH;
use journal::seal::{open_with, seal_with};
use rusqlite::Connection;

use crate::backup::copy_database;
use crate::blobs::path_in;
use crate::config::Keys;
use crate::connection::{Opener, derive};
use crate::folders::{make_lasting, sync_folder, sync_folders_below};
use crate::segments::path_in as segment_in;
use crate::sql::Columns;
use crate::{BLOBS, Readers, SEGMENTS, StoreError, query};

/// A tail this large is closed and a new one begun.
const TAIL_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// With so many bytes of tails behind the base a new base is made, and older files go: what lies on the
/// medium is bounded by two bases, this, and the scans that the hub does not have.
const TAILS_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes before a record.
const HEAD: usize = 20;
/// A base's file with the hash of its last entry, hexadecimal, and its mark.
const HEAD_FILE: &str = "head";
/// Longest record that is read.
const RECORD_BYTES_MAX: usize = 4 * 1024 * 1024;
const BASE: &str = "base-";
const TAIL: &str = "tail-";

/// The medium, opened for appending.
pub struct Medium {
    folder: PathBuf,
    key: [u8; 32],
    next_seq: u64,
    /// The hash of the last entry on it: what goes on from another one is another journal.
    head: [u8; 32],
    /// What the base was made after, see [`mark`].
    mark: u64,
    tail: Option<(File, u64)>,
}

impl Medium {
    /// Opens the folder, makes what is not there, and finds out up to where it goes.
    pub fn open(folder: PathBuf, keys: &Keys) -> Result<Medium, StoreError> {
        make_lasting(&folder.join(BLOBS))?;
        // What a killed daemon named and did not come to sync is taken for safe from here on.
        sync_folders_below(&folder.join(BLOBS))?;
        sync_folder(&folder)?;
        for left in fs::read_dir(&folder)? {
            let path = left?.path();
            if path.extension().is_some_and(|extension| extension == "partial") {
                fs::remove_dir_all(&path)?;
            }
        }
        let key = derive(&keys.master, "medium")?;
        let mut medium = Medium { folder, key, next_seq: 0, head: NO_HASH, mark: 0, tail: None };
        if let Some((next_seq, head, mark)) = medium.find_end()? {
            (medium.next_seq, medium.head, medium.mark) = (next_seq, head, mark);
        }
        Ok(medium)
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
            // The same journal up to the same entry.
            fs::remove_dir_all(&beside)?;
        }
        fs::rename(&self.folder, &beside)?;
        beside.parent().map_or(Ok(()), sync_folder)?;
        Ok(beside)
    }

    /// Whether a (new) base is due; `mark` is what [`mark`] says now.
    pub fn base_due(&self, mark: u64) -> Result<bool, StoreError> {
        let mut bytes = 0;
        for (_, path) in numbered(&self.folder, TAIL)? {
            bytes += fs::metadata(path)?.len();
        }
        Ok(self.next_seq == 0 || self.mark != mark || bytes > TAILS_BYTES_MAX)
    }

    /// Copies the database as it is now; afterwards older bases, and tails that it covers, go. Blocks on
    /// the disk, while the center goes on.
    pub fn make_base(
        &mut self,
        readers: &Readers,
        opener: &MediumOpener,
        store: &Path,
    ) -> Result<(), StoreError> {
        let partial = self.folder.join("base.partial");
        if partial.exists() {
            fs::remove_dir_all(&partial)?;
        }
        fs::create_dir_all(&partial)?;
        readers.read_now(|source| copy_database(source, &opener.0, &partial))?;
        let copied = opener.0.elsewhere(partial.join("center.db"));
        let copied = copied.open(crate::connection::Purpose::Read)?;
        let (head, mark) = (query::journal::head(&copied)?, mark(&copied)?);
        let folder = partial.join(SEGMENTS);
        fs::create_dir(&folder)?;
        for record in query::segments::all(&copied)? {
            let target = segment_in(&folder, record.first_seq);
            fs::copy(segment_in(&store.join(SEGMENTS), record.first_seq), &target)?;
            File::open(&target)?.sync_all()?;
        }
        sync_folder(&folder)?;
        drop(copied);
        let seq = head.seq;
        let mut file = File::create(partial.join(HEAD_FILE))?;
        file.write_all(format!("{} {mark}", journal::hex::encode(&head.hash)).as_bytes())?;
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
        // Tails first: none may be left that goes on from a base which is gone.
        for (_, path) in numbered(&self.folder, TAIL)? {
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

    /// Where the medium ends: after the base and every whole record that follows it. None where there
    /// is no base.
    fn find_end(&self) -> Result<Option<(u64, [u8; 32], u64)>, StoreError> {
        let Some((base, folder)) = numbered(&self.folder, BASE)?.pop() else { return Ok(None) };
        let head = fs::read_to_string(folder.join(HEAD_FILE)).unwrap_or_default();
        let Some((head, mark)) = head.split_once(' ') else { return Ok(None) };
        let (Some(head), Ok(mark)) = (journal::hex::decode_array(head), mark.parse()) else {
            return Ok(None);
        };
        let mut end = (base + 1, head);
        for (_, path) in numbered(&self.folder, TAIL)? {
            end = self.end_of(&path, end)?;
        }
        // What was cut off is overwritten by beginning a new tail.
        Ok(Some((end.0, end.1, mark)))
    }

    /// Where a tail ends that goes on from `start`.
    fn end_of(&self, path: &Path, start: (u64, [u8; 32])) -> Result<(u64, [u8; 32]), StoreError> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        let (mut at, mut next, mut records) = (0, start.0, Vec::new());
        while let Some((first, last, length)) = read_head(&mut file)? {
            let after = at + (HEAD + length) as u64;
            if after > size {
                break;
            }
            if first <= next && last >= next {
                records.push((first, last, at + HEAD as u64, length));
                next = last + 1;
            }
            at = file.seek(SeekFrom::Start(after))?;
        }
        // Only the last one can be torn.
        for (first, last, at, length) in records.into_iter().rev().take(2) {
            file.seek(SeekFrom::Start(at))?;
            let mut sealed = vec![0; length];
            file.read_exact(&mut sealed)?;
            let message = open_with(&self.key, &purpose(first, last), &sealed).ok();
            let frame = message.and_then(|message| Frame::decode(&message).ok());
            let newest = frame.as_ref().and_then(|frame| frame.entries.last());
            if let Some(outline) = newest.and_then(|raw| journal::entry::outline(raw).ok()) {
                return Ok((last + 1, outline.hash));
            }
        }
        Ok(start)
    }
}

/// How the base is encrypted: as the database is.
pub struct MediumOpener(pub(crate) Opener);

/// What a medium holds, for a box that has nothing else.
pub struct MediumReader {
    folder: PathBuf,
    key: [u8; 32],
}

impl MediumReader {
    /// Of a folder, with the master key that the sheet has opened.
    pub fn open(folder: &Path, master: &[u8; 32]) -> Result<MediumReader, StoreError> {
        Ok(MediumReader { folder: folder.to_owned(), key: derive(master, "medium")? })
    }

    /// The newest base: its last entry and its folder.
    pub fn base(&self) -> Result<(u64, PathBuf), StoreError> {
        let (seq, path) =
            numbered(&self.folder, BASE)?.pop().ok_or(StoreError::NotFound("base"))?;
        Ok((seq, path))
    }

    /// Where its scans lie.
    pub fn blobs(&self) -> PathBuf {
        self.folder.join(BLOBS)
    }

    /// Every frame from an entry on, in order. A record that was cut off or torn ends its file.
    pub fn frames(
        &self,
        mut next: u64,
        mut take: impl FnMut(Frame) -> Result<(), StoreError>,
    ) -> Result<u64, StoreError> {
        for (_, path) in numbered(&self.folder, TAIL)? {
            let mut file = BufReader::new(File::open(&path)?);
            while let Some((first, last, length)) = read_head(&mut file)? {
                let mut sealed = vec![0; length];
                if file.read_exact(&mut sealed).is_err() {
                    break;
                }
                if last < next {
                    continue;
                }
                if first > next {
                    return Err(StoreError::Damaged(format!("no entry {next} on the medium")));
                }
                let message = match open_with(&self.key, &purpose(first, last), &sealed) {
                    Ok(message) => message,
                    // Torn by a power cut, as only the last one can be.
                    Err(_) if read_head(&mut file)?.is_none() => break,
                    Err(error) => return Err(error.into()),
                };
                let mut frame = Frame::decode(&message)
                    .map_err(|error| StoreError::Damaged(error.to_string()))?;
                let known = usize::try_from(next - first).unwrap_or(usize::MAX);
                frame.entries.drain(..known.min(frame.entries.len()));
                frame.first_seq = next;
                take(frame)?;
                next = last + 1;
            }
        }
        Ok(next)
    }
}

fn purpose(first: u64, last: u64) -> Vec<u8> {
    [b"motcua medium\0".as_slice(), &first.to_be_bytes(), &last.to_be_bytes()].concat()
}

/// First and last entry and the length of the next record; none at the end, or where it was cut off.
fn read_head(file: &mut impl Read) -> Result<Option<(u64, u64, usize)>, StoreError> {
    let mut head = [0; HEAD];
    match file.read_exact(&mut head) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let [a, b, c, d, numbers @ ..] = head;
    let number = |at: usize| {
        numbers[at..at + 8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    if length > RECORD_BYTES_MAX {
        return Ok(None);
    }
    Ok(Some((number(0), number(8), length)))
}

/// Files of a kind by their number, lowest first.
fn numbered(folder: &Path, kind: &str) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let number = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_prefix(kind))
            .and_then(|name| name.trim_end_matches(".log").parse().ok());
        if let Some(number) = number {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found)
}

/// Changes when a segment was sealed or a subject erased: neither can be told by frames behind an older
/// base, and what was erased must go from the medium.
pub fn mark(c: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT (SELECT count(*) FROM segment) + (SELECT count(*) FROM erasure)";
    Ok(c.query_row(sql, [], |row| row.number(0))?)
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
