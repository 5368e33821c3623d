//! Takes away the files of blobs that nobody recorded: a power cut between a file's last byte and its
//! record, an upload whose caller went away. Looked for at each start of the daemon, a bounded part of
//! the folder at a time.

use std::time::{Duration, SystemTime};

use journal::hex;

use crate::{BlobStore, Readers, StoreError, query};

/// So many files are looked at in one sweep; the next one begins somewhere else.
const SWEEP_FILES_MAX: usize = 20_000;
/// A younger file may belong to an upload whose record is still on its way.
const LEFT_BEHIND_AFTER: Duration = Duration::from_secs(24 * 3600);

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files looked at.
    pub looked_at: usize,
    /// Files removed.
    pub removed: usize,
}

/// One sweep beside the running daemon, from a place of the folder that chance chooses. Blocks on the
/// disk: not for an actor's thread.
pub fn sweep_blobs(blobs: &BlobStore, readers: &Readers) -> Result<Swept, StoreError> {
    let first = uuid::Uuid::new_v4().into_bytes()[0];
    readers.read_now(|conn| {
        sweep(blobs, first, SystemTime::now(), |sha256| query::blobs::is_recorded(conn, sha256))
    })
}

/// Sweeps from the folder of hashes that begin with `first`, then the following, then round.
pub(crate) fn sweep(
    blobs: &BlobStore,
    first: u8,
    now: SystemTime,
    is_recorded: impl Fn(&[u8; 32]) -> Result<bool, StoreError>,
) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    for offset in 0..=u8::MAX {
        let folder = blobs.folder().join(format!("{:02x}", first.wrapping_add(offset)));
        let files = match std::fs::read_dir(folder) {
            Ok(files) => files,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        for file in files {
            if swept.looked_at >= SWEEP_FILES_MAX {
                return Ok(swept);
            }
            swept.looked_at += 1;
            let file = file?;
            let Some(sha256) = file.file_name().to_str().and_then(hex::decode_array) else {
                continue;
            };
            // Whoever brings the same bytes now takes this lock before the file is put in place.
            let unrecorded = blobs.unrecorded();
            let left_behind = file
                .metadata()
                .and_then(|about| about.modified())
                .is_ok_and(|at| now.duration_since(at).is_ok_and(|age| age > LEFT_BEHIND_AFTER));
            if left_behind && !unrecorded.contains_key(&sha256) && !is_recorded(&sha256)? {
                blobs.remove(&sha256)?;
                swept.removed += 1;
            }
        }
    }
    Ok(swept)
}
