//! What one commit costs the disk: the bytes of a small transaction are appended to a file, and the
//! disk is asked to have them. Nothing can be durable sooner.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

/// A ticket's transaction changes about so many pages, each with its header in the log. Bytes.
const COMMIT_BYTES: usize = 4 * (4096 + 24);

/// The duration of each of `count` commits, in milliseconds.
pub fn commits(folder: &Path, count: usize) -> io::Result<Vec<f64>> {
    let path = folder.join("commits");
    let mut file = File::create(&path)?;
    let bytes = vec![0x5A; COMMIT_BYTES];
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        all.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    std::fs::remove_file(path)?;
    Ok(all)
}
