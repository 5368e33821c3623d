//! Scans at the hub: one encrypted file each, written in segments of 64 KiB as they come. A segment is
//! on the disk before the bitmap in PostgreSQL says so; the last one checks the whole against its
//! SHA-256 before the blob counts as complete.
//!
//! A segment's place in the file is fixed, so a blob may come in any order, again, and in chunks of
//! any multiple of the segment's size. Files are AES-256-GCM under a key derived for each blob; the
//! tag covers the segment's number, so segments cannot be exchanged.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;

use jiff::Timestamp;
use journal::PieceKey;
use journal::seal::{open_with, seal_with};
use link::hublink::{BLOB_UNIT_BYTES, BlobHave, BlobPart, PutOutcome, SealedPart};
use link::types::Hash;
use ring::digest;

use super::{Store, micros};
use crate::error::{HubError, Result};

/// Nonce and tag of a segment.
const SEGMENT_OVERHEAD: usize = 28;

impl Store {
    /// Which segments of a blob are there. Only what an entry of this node names is taken.
    pub async fn blob_state(&self, node: &str, sha256: Hash, size: u64) -> Result<BlobHave> {
        if size == 0 || size > journal::frame::BLOB_BYTES_MAX {
            return Ok(BlobHave::Refused { code: "blob.size".into() });
        }
        let client = self.client().await?;
        if !is_named(&client, node, sha256).await? {
            return Ok(BlobHave::Refused { code: "blob.not_named".into() });
        }
        let row = client
            .query_opt(
                "SELECT size, bitmap, state FROM blob WHERE sha256 = $1",
                &[&sha256.as_slice()],
            )
            .await?;
        let total = segments(size);
        match row {
            Some(row) if row.get::<_, &str>(2) == "complete" => Ok(BlobHave::Complete),
            Some(row) if row.get::<_, i64>(0) != size as i64 => {
                Ok(BlobHave::Refused { code: "blob.size_differs".into() })
            }
            Some(row) => {
                let bitmap: Vec<u8> = row.get(1);
                Ok(BlobHave::Units((0..total).map(|index| bit(&bitmap, index)).collect()))
            }
            None => Ok(BlobHave::Units(vec![false; total])),
        }
    }

    /// Opens a part with the key that the hub shares with this node, and stores it.
    pub async fn put_sealed_part(
        &self,
        node: &str,
        part: SealedPart,
        now: Timestamp,
    ) -> Result<PutOutcome> {
        let client = self.client().await?;
        let wrapping = self.wrapping_key(&client, node).await?;
        drop(client);
        let opened = PieceKey::of(&wrapping).and_then(|key| part.open(&key));
        match opened {
            Ok(part) => self.put_blob_part(node, part, now).await,
            Err(error) => {
                tracing::warn!(node, %error, "a piece of a scan is not taken");
                Ok(PutOutcome::Refused { code: error.code().into() })
            }
        }
    }

    /// Whether an entry of a node names a blob.
    pub async fn names_blob(&self, node: &str, sha256: Hash) -> Result<bool> {
        let client = self.client().await?;
        is_named(&client, node, sha256).await
    }

    /// Stores a part; the last one checks the whole.
    pub async fn put_blob_part(
        &self,
        node: &str,
        part: BlobPart,
        now: Timestamp,
    ) -> Result<PutOutcome> {
        match self.blob_state(node, part.sha256, part.size).await? {
            BlobHave::Complete => return Ok(PutOutcome::Complete),
            BlobHave::Refused { code } => return Ok(PutOutcome::Refused { code }),
            BlobHave::Units(_) => {}
        }
        let unit = BLOB_UNIT_BYTES as u64;
        let end = part.offset.saturating_add(part.bytes.len() as u64);
        let whole_units = end == part.size || (part.bytes.len() as u64).is_multiple_of(unit);
        if part.bytes.is_empty()
            || !part.offset.is_multiple_of(unit)
            || end > part.size
            || !whole_units
        {
            return Ok(PutOutcome::Refused { code: "blob.bad_part".into() });
        }
        let first = (part.offset / unit) as usize;
        let count = part.bytes.len().div_ceil(BLOB_UNIT_BYTES);
        let total = segments(part.size);
        let (sha256, size) = (part.sha256, part.size);
        // The row's lock is held while the file is written: another node may send the same scan, and
        // what was checked as a whole must not be written to any more.
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        tx.execute(
            "INSERT INTO blob (sha256, size, segments, bitmap, state)
             VALUES ($1, $2, $3, $4, 'receiving') ON CONFLICT (sha256) DO NOTHING",
            &[&sha256.as_slice(), &(size as i64), &(total as i32), &vec![0_u8; total.div_ceil(8)]],
        )
        .await?;
        let row = tx
            .query_one(
                "SELECT bitmap, state, size FROM blob WHERE sha256 = $1 FOR UPDATE",
                &[&sha256.as_slice()],
            )
            .await?;
        if row.get::<_, &str>(1) == "complete" {
            return Ok(PutOutcome::Complete);
        }
        if row.get::<_, i64>(2) != size as i64 {
            return Ok(PutOutcome::Refused { code: "blob.size_differs".into() });
        }
        self.on_disk(move |store| store.write_segments(sha256, first, &part.bytes)).await?;
        crashpoint::at("hub.blob_part_written");
        let mut bitmap: Vec<u8> = row.get(0);
        for index in first..first + count {
            bitmap[index / 8] |= 1 << (index % 8);
        }
        let all = (0..total).all(|index| bit(&bitmap, index));
        tx.execute("UPDATE blob SET bitmap = $2 WHERE sha256 = $1", &[&sha256.as_slice(), &bitmap])
            .await?;
        if !all {
            tx.commit().await?;
            crashpoint::at("hub.blob_part_committed");
            return Ok(PutOutcome::Stored);
        }
        let right = self
            .on_disk(move |store| {
                let whole = store.digest_file(sha256, size)?;
                Ok(whole == sha256)
            })
            .await?;
        if right {
            tx.execute(
                "UPDATE blob SET state = 'complete', completed_us = $2 WHERE sha256 = $1",
                &[&sha256.as_slice(), &micros(now)],
            )
            .await?;
            tx.commit().await?;
            crashpoint::at("hub.blob_complete");
            Ok(PutOutcome::Complete)
        } else {
            tx.execute("DELETE FROM blob WHERE sha256 = $1", &[&sha256.as_slice()]).await?;
            tx.commit().await?;
            tracing::warn!(node, "a scan's bytes do not have its name; it is asked for again");
            Ok(PutOutcome::WrongHash)
        }
    }

    /// A complete blob's bytes.
    pub async fn read_blob(&self, sha256: Hash) -> Result<Option<Vec<u8>>> {
        let client = self.client().await?;
        let row = client
            .query_opt(
                "SELECT size FROM blob WHERE sha256 = $1 AND state = 'complete'",
                &[&sha256.as_slice()],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let size = row.get::<_, i64>(0) as u64;
        let bytes = self
            .on_disk(move |store| {
                let mut bytes = Vec::with_capacity(size as usize);
                store.each_segment(sha256, size, |segment| bytes.extend_from_slice(segment))?;
                Ok(bytes)
            })
            .await?;
        Ok(Some(bytes))
    }

    /// Every complete blob whose file still has its name, by name; one that has not is left out and
    /// named in the log.
    pub async fn verified_blobs(&self) -> Result<Vec<Hash>> {
        let client = self.client().await?;
        let rows = client
            .query("SELECT sha256, size FROM blob WHERE state = 'complete' ORDER BY sha256", &[])
            .await?;
        let mut verified = Vec::with_capacity(rows.len());
        for row in rows {
            let sha256 = super::hash(row.get(0))?;
            let size = row.get::<_, i64>(1) as u64;
            match self.on_disk(move |store| store.digest_file(sha256, size)).await {
                Ok(found) if found == sha256 => verified.push(sha256),
                found => {
                    let name = journal::hex::encode(&sha256);
                    tracing::error!(name, ?found, "a scan's file is damaged");
                }
            }
        }
        Ok(verified)
    }

    /// Removes a blob's file, if it is there.
    pub(super) async fn remove_blob_file(&self, sha256: Hash) -> Result<()> {
        self.on_disk(move |store| {
            let path = store.blob_path(&sha256);
            match std::fs::remove_file(&path) {
                Err(cause) if cause.kind() != ErrorKind::NotFound => {
                    Err(HubError::file(&path, cause))
                }
                _ => Ok(()),
            }
        })
        .await
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || work(&store))
            .await
            .map_err(|_| HubError::refused("hub.stopping", "the work was cut off"))?
    }

    fn blob_path(&self, sha256: &Hash) -> PathBuf {
        let name = journal::hex::encode(sha256);
        self.blob_folder.join(&name[..2]).join(name)
    }

    fn write_segments(&self, sha256: Hash, first: usize, bytes: &[u8]) -> Result<()> {
        let path = self.blob_path(&sha256);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|cause| HubError::file(folder, cause))?;
        }
        let failed = |cause| HubError::file(&path, cause);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        let key = self.keys().blob_key(&sha256);
        for (index, segment) in bytes.chunks(BLOB_UNIT_BYTES).enumerate() {
            let index = first + index;
            let sealed =
                seal_with(&key, &segment_name(index), segment).map_err(super::down::sealing)?;
            file.write_all_at(&sealed, place(index)).map_err(failed)?;
        }
        file.sync_data().map_err(failed)?;
        // That file and folder were there before says nothing: a hub that was killed may have made
        // them and not come to sync their names. Where nothing changed this costs next to nothing.
        crate::keys::sync_folder(&path)?;
        path.parent().map_or(Ok(()), crate::keys::sync_folder)
    }

    fn digest_file(&self, sha256: Hash, size: u64) -> Result<Hash> {
        let mut context = digest::Context::new(&digest::SHA256);
        match self.each_segment(sha256, size, |segment| context.update(segment)) {
            Ok(()) => {
                let mut hash = [0; 32];
                hash.copy_from_slice(context.finish().as_ref());
                Ok(hash)
            }
            // A segment that does not open is damage on the disk: the same answer as a wrong hash.
            Err(HubError::Refused { code: "seal.does_not_open", .. }) => Ok([0; 32]),
            // So is a file that was lost, or is shorter than the bitmap says.
            Err(HubError::File { cause, .. })
                if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof) =>
            {
                Ok([0; 32])
            }
            Err(error) => Err(error),
        }
    }

    fn each_segment(&self, sha256: Hash, size: u64, mut take: impl FnMut(&[u8])) -> Result<()> {
        let path = self.blob_path(&sha256);
        let failed = |cause| HubError::file(&path, cause);
        let file = File::open(&path).map_err(failed)?;
        let key = self.keys().blob_key(&sha256);
        let total = segments(size);
        for index in 0..total {
            let rest = size - (index * BLOB_UNIT_BYTES) as u64;
            let plain = (rest as usize).min(BLOB_UNIT_BYTES);
            let mut sealed = vec![0; plain + SEGMENT_OVERHEAD];
            file.read_exact_at(&mut sealed, place(index)).map_err(failed)?;
            let segment =
                open_with(&key, &segment_name(index), &sealed).map_err(super::down::sealing)?;
            take(&segment);
        }
        Ok(())
    }
}

/// Whether an entry of a node names a blob, over a connection that the caller has.
async fn is_named(client: &deadpool_postgres::Object, node: &str, sha256: Hash) -> Result<bool> {
    let row = client
        .query_one(
            "SELECT EXISTS (SELECT 1 FROM blob_ref WHERE node = $1 AND sha256 = $2)",
            &[&node, &sha256.as_slice()],
        )
        .await?;
    Ok(row.get(0))
}

fn segments(size: u64) -> usize {
    (size as usize).div_ceil(BLOB_UNIT_BYTES)
}

fn place(index: usize) -> u64 {
    (index * (BLOB_UNIT_BYTES + SEGMENT_OVERHEAD)) as u64
}

fn segment_name(index: usize) -> [u8; 8] {
    (index as u64).to_be_bytes()
}

fn bit(bitmap: &[u8], index: usize) -> bool {
    bitmap.get(index / 8).is_some_and(|byte| byte & (1 << (index % 8)) != 0)
}
