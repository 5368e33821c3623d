//! Blobs: files of scans, named by the SHA-256 of their plain bytes, encrypted in segments so that any
//! part can be read without the rest. A file is there completely or not at all: it is written beside,
//! synced, renamed, and its folder is synced. `layout` says how a file is built.

mod layout;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use journal::frame::BLOB_BYTES_MAX;
use journal::{Sealing, hex};
use ring::aead::LessSafeKey;
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;

use crate::StoreError;
use crate::config::Keys;
use crate::connection::derive;
use crate::folders::{make_lasting, sync_folder};
use crate::room::{Level, Room};

use layout::{
    HEADER, ID, OPEN, SEALED, SEGMENT, damaged, file_key, read_open, read_sealed, segment,
};

/// The blobs of a folder.
#[derive(Clone, Debug)]
pub struct BlobStore {
    folder: Arc<PathBuf>,
    key: Option<[u8; 32]>,
    /// Files that are here and whose records are still being decided.
    unrecorded: Arc<Mutex<HashMap<[u8; 32], usize>>>,
    /// Of which first bytes of a name the folder is known to last.
    lasting: Arc<[AtomicBool; 256]>,
    /// Whose marks stop new blobs; none for who only looks.
    room: Option<Room>,
}

/// A blob that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobRef {
    /// SHA-256 of the plain bytes.
    pub sha256: [u8; 32],
    /// Their number.
    pub size: u64,
}

impl BlobStore {
    /// Opens the folder and removes what an interrupted write left behind.
    pub(crate) fn open(
        folder: PathBuf,
        keys: &Keys,
        sealing: Sealing,
    ) -> Result<BlobStore, StoreError> {
        make_lasting(&folder)?;
        // Nothing in here need survive a power cut, nor the folder itself.
        fs::create_dir_all(folder.join("new"))?;
        for left in fs::read_dir(folder.join("new"))? {
            fs::remove_file(left?.path())?;
        }
        BlobStore::look(folder, keys, sealing)
    }

    /// Looks at a folder that another process may be writing to.
    pub(crate) fn look(
        folder: PathBuf,
        keys: &Keys,
        sealing: Sealing,
    ) -> Result<BlobStore, StoreError> {
        let key = match sealing {
            Sealing::On => Some(derive(&keys.master, "blobs")?),
            Sealing::Off => None,
        };
        let lasting = Arc::new(std::array::from_fn(|_| AtomicBool::new(false)));
        let folder = Arc::new(folder);
        Ok(BlobStore { folder, key, unrecorded: Arc::default(), lasting, room: None })
    }

    /// The same blobs, with new ones only while a disk has room for them.
    #[must_use]
    pub fn within(self, room: Room) -> BlobStore {
        BlobStore { room: Some(room), ..self }
    }

    /// Stores bytes. Blocks on the disk: not for an actor's thread.
    pub fn put(&self, bytes: &[u8]) -> Result<BlobRef, StoreError> {
        let mut writer = self.begin()?;
        writer.write(bytes)?;
        writer.finish()
    }

    /// Begins a blob that comes in pieces. `NoRoomForScans` when the disk is so full that what is
    /// left belongs to tickets and dossiers.
    pub fn begin(&self) -> Result<BlobWriter, StoreError> {
        if self.room.as_ref().is_some_and(|room| room.level() == Level::ScansStop) {
            return Err(StoreError::NoRoomForScans);
        }
        let path = self.folder.join("new").join(Uuid::new_v4().to_string());
        let mut file = File::create_new(&path)?;
        let mut id = [0; ID];
        SystemRandom::new()
            .fill(&mut id)
            .map_err(|_| StoreError::File("no random bytes".to_owned()))?;
        let key = self.key.map(|key| file_key(&key, &id)).transpose()?;
        file.write_all(if key.is_some() { SEALED } else { OPEN })?;
        file.write_all(&id)?;
        Ok(BlobWriter {
            store: self.clone(),
            path,
            file: Some(file),
            key,
            buffer: Vec::with_capacity(SEGMENT),
            segments: 0,
            size: 0,
            hash: Context::new(&SHA256),
        })
    }

    /// All plain bytes of a blob.
    pub fn read(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, StoreError> {
        self.read_range(sha256, 0, usize::MAX)
    }

    /// One piece of a blob when it is cut into pieces of `size` bytes; the last one may be shorter.
    pub fn read_chunk(
        &self,
        sha256: &[u8; 32],
        index: u32,
        size: usize,
    ) -> Result<Vec<u8>, StoreError> {
        self.read_range(sha256, u64::from(index) * size as u64, size)
    }

    /// Plain bytes from `offset` on, at most `length`; fewer at the end, none beyond it.
    pub fn read_range(
        &self,
        sha256: &[u8; 32],
        offset: u64,
        length: usize,
    ) -> Result<Vec<u8>, StoreError> {
        let mut file = File::open(self.path_of(sha256)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => StoreError::NotFound("blob"),
            _ => error.into(),
        })?;
        let body = file.metadata()?.len().checked_sub(HEADER).ok_or_else(damaged)?;
        let mut header = [0; HEADER as usize];
        file.read_exact(&mut header)?;
        let (magic, id) = header.split_first_chunk::<4>().ok_or_else(damaged)?;
        match (magic, &self.key) {
            (OPEN, None) => read_open(&mut file, body, offset, length),
            (SEALED, Some(key)) => {
                read_sealed(&mut file, body, &file_key(key, id)?, offset, length)
            }
            _ => Err(StoreError::WrongKey),
        }
    }

    /// Removes a blob's file unless it was written within `age`, or somebody has just brought the same
    /// bytes and not recorded them yet. Gives whether it is gone.
    pub(crate) fn remove_older(
        &self,
        sha256: &[u8; 32],
        age: Duration,
    ) -> Result<bool, StoreError> {
        // No new file takes the name between the look and the removal.
        let unrecorded = self.unrecorded();
        if unrecorded.contains_key(sha256) {
            return Ok(false);
        }
        let written = match fs::metadata(self.path_of(sha256)) {
            Ok(found) => found.modified()?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error.into()),
        };
        // A clock that was set back makes a file look new: it goes another night.
        if written.elapsed().unwrap_or_default() < age {
            return Ok(false);
        }
        self.remove(sha256)?;
        Ok(true)
    }

    /// Removes a blob's file.
    pub fn remove(&self, sha256: &[u8; 32]) -> Result<(), StoreError> {
        match fs::remove_file(self.path_of(sha256)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Blobs whose file is here and whose record is still being decided, by how many.
    pub(crate) fn unrecorded(&self) -> MutexGuard<'_, HashMap<[u8; 32], usize>> {
        // Whoever panicked counted at most one too many: a file stays until the next start.
        self.unrecorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether a blob's file is here.
    pub fn has(&self, sha256: &[u8; 32]) -> bool {
        self.path_of(sha256).exists()
    }

    pub(crate) fn path_of(&self, sha256: &[u8; 32]) -> PathBuf {
        path_in(&self.folder, sha256)
    }

    /// Makes the folder of a blob. That it is there says nothing: another writer may have made it
    /// just now, or a daemon that was killed, and neither may have come to sync its name. So it is
    /// synced once in the life of this process.
    fn make_folder_of(&self, sha256: &[u8; 32]) -> Result<(), StoreError> {
        let [first, ..] = sha256;
        let lasts = &self.lasting[usize::from(*first)];
        if !lasts.load(Ordering::Acquire) {
            if let Some(folder) = self.path_of(sha256).parent() {
                fs::create_dir_all(folder)?;
            }
            sync_folder(&self.folder)?;
            lasts.store(true, Ordering::Release);
        }
        Ok(())
    }
}

/// Where a blob lies in a folder of blobs. Two levels, so that no folder grows too long.
pub(crate) fn path_in(folder: &Path, sha256: &[u8; 32]) -> PathBuf {
    let name = hex::encode(sha256);
    folder.join(&name[..2]).join(name)
}

/// A blob on its way to the disk; what is dropped unfinished leaves nothing.
pub struct BlobWriter {
    store: BlobStore,
    path: PathBuf,
    file: Option<File>,
    key: Option<LessSafeKey>,
    buffer: Vec<u8>,
    segments: u32,
    size: u64,
    hash: Context,
}

impl BlobWriter {
    /// The next bytes. Blocks on the disk.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), StoreError> {
        self.size += bytes.len() as u64;
        if self.size > BLOB_BYTES_MAX {
            return Err(StoreError::TooLarge("blob"));
        }
        self.hash.update(bytes);
        while !bytes.is_empty() {
            // A full segment is held back until more comes: only then is it not the last one.
            if self.buffer.len() == SEGMENT {
                self.put_segment(false)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(SEGMENT - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Makes the blob safe on the disk under its name.
    pub fn finish(self) -> Result<BlobRef, StoreError> {
        Ok(self.finish_unrecorded()?.blob())
    }

    /// The same, for a blob whose record may yet be refused.
    pub fn finish_unrecorded(mut self) -> Result<Unrecorded, StoreError> {
        self.put_segment(true)?;
        let Some(file) = self.file.take() else { return Err(StoreError::Stopped) };
        file.sync_all()?;
        crashpoint::at("blob.written");
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.hash.clone().finish().as_ref());
        let target = self.store.path_of(&sha256);
        self.store.make_folder_of(&sha256)?;
        // Under the same lock as every removal: none can take away what comes now.
        let mut unrecorded = self.store.unrecorded();
        // The same bytes again: the file that is there holds them already, whichever stays.
        fs::rename(&self.path, &target)?;
        crashpoint::at("blob.named");
        if let Some(folder) = target.parent() {
            sync_folder(folder)?;
            crashpoint::at("blob.folder_synced");
        }
        *unrecorded.entry(sha256).or_insert(0) += 1;
        drop(unrecorded);
        let blob = BlobRef { sha256, size: self.size };
        Ok(Unrecorded { store: self.store.clone(), blob })
    }

    fn put_segment(&mut self, last: bool) -> Result<(), StoreError> {
        if let Some(key) = &self.key {
            let (nonce, aad) = segment(self.segments, last);
            key.seal_in_place_append_tag(nonce, aad, &mut self.buffer)
                .map_err(|_| StoreError::File("a segment could not be sealed".to_owned()))?;
        }
        let Some(file) = &mut self.file else { return Err(StoreError::Stopped) };
        file.write_all(&self.buffer)?;
        self.buffer.clear();
        self.segments += 1;
        Ok(())
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        // After a rename there is nothing here any more; otherwise the next start tries again.
        let _left = fs::remove_file(&self.path);
    }
}

/// A blob whose file is safe and whose record is not written yet. Dropping it leaves the file there,
/// recorded or not; the sweep of a later start takes what nobody recorded.
pub struct Unrecorded {
    store: BlobStore,
    blob: BlobRef,
}

impl Unrecorded {
    /// Which one.
    pub fn blob(&self) -> BlobRef {
        self.blob
    }

    /// Its record was refused: removes the file, unless somebody else brought the same bytes, now or
    /// earlier. `is_recorded` looks into the tables. Blocks on the disk.
    pub fn discard(
        self,
        is_recorded: impl FnOnce(&[u8; 32]) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let sha256 = self.blob.sha256;
        let unrecorded = self.store.unrecorded();
        let alone = unrecorded.get(&sha256).is_none_or(|count| *count <= 1);
        if alone && !is_recorded(&sha256)? {
            self.store.remove(&sha256)?;
        }
        Ok(())
    }
}

impl Drop for Unrecorded {
    fn drop(&mut self) {
        let mut unrecorded = self.store.unrecorded();
        match unrecorded.get_mut(&self.blob.sha256) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(unrecorded.remove(&self.blob.sha256)),
        }
    }
}
