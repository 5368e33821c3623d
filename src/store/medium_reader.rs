//! A second medium, read: where it ends, for whoever goes on writing to it, and everything that is on it,
//! for a box that has nothing else. What lies there is described at [`crate::medium`].

use std::fs::{self, File};
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use journal::Frame;
use journal::entry::NO_HASH;
use journal::seal::open_with;

use crate::connection::derive;
use crate::{BLOBS, SEGMENTS, StoreError};

/// A base's file with the hash of its last entry, hexadecimal, its mark, and when an erasure last had a base
/// made (microseconds since 1970 UTC; 0 for never, and so where an older program has not written it).
pub(crate) const HEAD_FILE: &str = "head";
/// Bytes before a record.
pub(crate) const HEAD: usize = 20;
/// Longest record that is read.
const RECORD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How the folder of a base begins.
pub(crate) const BASE: &str = "base-";
/// How the file of a tail begins.
pub(crate) const TAIL: &str = "tail-";

/// Stands for the hash of a last entry that cannot be read any more: no journal goes on from it.
pub(crate) const UNREADABLE: [u8; 32] = [0xff; 32];

/// Where a medium ends, and what its base says of itself.
pub(crate) struct End {
    /// The entry that follows; 0 when there is no base.
    pub(crate) next_seq: u64,
    /// The hash of the last one.
    pub(crate) head: [u8; 32],
    /// What the base was made after.
    pub(crate) mark: u64,
    /// When an erasure last had a base made.
    pub(crate) erased_at: Timestamp,
}

impl End {
    const EMPTY: End =
        End { next_seq: 0, head: NO_HASH, mark: 0, erased_at: Timestamp::UNIX_EPOCH };
}

/// Where a medium ends: after the base and every whole record that follows it.
pub(crate) fn find_end(folder: &Path, key: &[u8; 32]) -> Result<End, StoreError> {
    let Some((base, path)) = numbered(folder, BASE)?.pop() else { return Ok(End::EMPTY) };
    let said = fs::read_to_string(path.join(HEAD_FILE)).unwrap_or_default();
    let Some((head, mark, erased_at)) = read_said(&said) else {
        // Not empty: a box can still be made of it, of which nobody else may have the end.
        return Ok(End { next_seq: base + 1, head: UNREADABLE, ..End::EMPTY });
    };
    let mut end = (base + 1, head);
    for (_, path) in numbered(folder, TAIL)? {
        end = end_of(&path, key, end)?;
    }
    // What was cut off is overwritten by beginning a new tail.
    Ok(End { next_seq: end.0, head: end.1, mark, erased_at })
}

/// What a base's file says.
fn read_said(said: &str) -> Option<([u8; 32], u64, Timestamp)> {
    let mut words = said.split(' ');
    let head = journal::hex::decode_array(words.next()?)?;
    let mark = words.next()?.parse().ok()?;
    let erased_us = words.next().map_or(Some(0), |word| word.parse().ok())?;
    Some((head, mark, Timestamp::from_microsecond(erased_us).ok()?))
}

/// Where a tail ends that goes on from `start`.
fn end_of(
    path: &Path,
    key: &[u8; 32],
    start: (u64, [u8; 32]),
) -> Result<(u64, [u8; 32]), StoreError> {
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
        let message = open_with(key, &purpose(first, last), &sealed).ok();
        let frame = message.and_then(|message| Frame::decode(&message).ok());
        let newest = frame.as_ref().and_then(|frame| frame.entries.last());
        if let Some(outline) = newest.and_then(|raw| journal::entry::outline(raw).ok()) {
            return Ok((last + 1, outline.hash));
        }
    }
    Ok(start)
}

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

    /// Where the sealed runs of the journal lie that a base names: beside it, or in it where an older
    /// program has made it.
    pub fn segments(&self, base: &Path) -> PathBuf {
        let in_it = base.join(SEGMENTS);
        if in_it.is_dir() { in_it } else { self.folder.join(SEGMENTS) }
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

/// What a record is sealed for.
pub(crate) fn purpose(first: u64, last: u64) -> Vec<u8> {
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
pub(crate) fn numbered(folder: &Path, kind: &str) -> Result<Vec<(u64, PathBuf)>, StoreError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: [u8; 32] = [5; 32];

    /// A medium with a base up to entry 7 whose file says this.
    fn medium(said: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join(format!("{BASE}{:020}", 7));
        fs::create_dir(&base).unwrap();
        fs::write(base.join(HEAD_FILE), said).unwrap();
        folder
    }

    #[test]
    fn a_base_of_an_older_program_is_read_and_its_runs_are_taken_from_it() {
        let folder = medium(&format!("{} 3", journal::hex::encode(&HASH)));
        let end = find_end(folder.path(), &[1; 32]).unwrap();
        assert_eq!((end.next_seq, end.head, end.mark), (8, HASH, 3));
        assert_eq!(end.erased_at, Timestamp::UNIX_EPOCH);

        let reader = MediumReader::open(folder.path(), &[2; 32]).unwrap();
        let (seq, base) = reader.base().unwrap();
        assert_eq!((seq, reader.segments(&base)), (7, folder.path().join(SEGMENTS)));
        fs::create_dir(base.join(SEGMENTS)).unwrap();
        assert_eq!(reader.segments(&base), base.join(SEGMENTS));
    }

    #[test]
    fn a_base_whose_head_cannot_be_read_is_not_taken_for_an_empty_medium() {
        for said in ["", "ab 3 0", &format!("{} 3 x", journal::hex::encode(&HASH))] {
            let folder = medium(said);
            let end = find_end(folder.path(), &[1; 32]).unwrap();
            assert_eq!((end.next_seq, end.head), (8, UNREADABLE), "{said}");
        }
    }
}
