//! A disk that forgets: a file system in memory, mounted like any other, that keeps at a power cut
//! what was synced, and of everything else as much as chance leaves. It is for tests of what happens
//! when a socket is pulled; nothing of the product uses it.
//!
//! The programs under test run on it unchanged, PostgreSQL and everything that writes through
//! shared mappings too, because the kernel itself brings every write here (FUSE; `/dev/fuse` and root
//! are needed). A test lets them work, appoints the cut at some later change ([`Disk::cut_after`]),
//! kills what has lost its disk, and gives power again ([`Disk::restore_power`]): then the files are
//! what that cut left.
//!
//! What survives which cut is told by [`Loss`]; what a sync promises by `tree`; and [`Lie`] makes a
//! disk that does not keep its promise, by which a test shows that it would notice.

mod content;
mod fuse;
mod loss;
mod names;
mod power;
mod tree;
mod wire;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

pub use dice::Dice;
pub use loss::{LOSSES, Loss, Lost};
pub use power::Lie;

use crate::power::Power;

/// A mounted disk. Dropping it takes it away, with everything on it.
#[derive(Debug)]
pub struct Disk {
    power: Arc<Power>,
    /// Where it can be seen, the first place first.
    places: Vec<PathBuf>,
}

impl Disk {
    /// Mounts an empty disk at a folder, which is made if need be.
    ///
    /// # Errors
    /// The machine has no FUSE, or this process may not mount.
    pub fn mount(at: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(at)?;
        let at = at.canonicalize()?;
        let power = Arc::new(Power::new());
        fuse::mount(&at, Arc::clone(&power)).map_err(|error| {
            let hint = format!("mounting a disk needs root and /dev/fuse: {error}");
            io::Error::new(error.kind(), hint)
        })?;
        Ok(Self { power, places: vec![at] })
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.places.first().map_or(Path::new(""), PathBuf::as_path)
    }

    /// Makes a folder on the disk, and shows it at a second place too: several folders of a machine
    /// then lose their power together.
    ///
    /// # Errors
    /// The folder cannot be made or shown.
    pub fn show(&mut self, folder: &str, at: &Path) -> io::Result<()> {
        let inside = self.path().join(folder);
        std::fs::create_dir_all(&inside)?;
        std::fs::create_dir_all(at)?;
        let at = at.canonicalize()?;
        let done = quiet("mount").arg("--bind").arg(&inside).arg(&at).status()?;
        if !done.success() {
            return Err(io::Error::other(format!("mount --bind {}: {done}", at.display())));
        }
        self.places.push(at);
        self.settle();
        Ok(())
    }

    /// Everything as it is now counts as synced: for what a test prepares.
    pub fn settle(&self) {
        self.power.sync_all();
    }

    /// From now on the disk does not do what it promises.
    pub fn lie(&self, lie: Lie) {
        self.power.set_lie(lie);
    }

    /// Changes and syncs so far.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.power.moment()
    }

    /// The power will go when so many more changes and syncs have been done: between two calls of a
    /// program. From then on every call fails.
    pub fn cut_after(&self, changes: u64) {
        self.power.cut_after(changes);
    }

    /// From now on calls after a cut do not fail at once but wait until they are let go: a program whose
    /// machine stands still can tell nobody of it. It must be killed before [`Disk::let_go`].
    pub fn hold_at_cut(&self) {
        self.power.set_hold();
    }

    /// Lets the calls fail that have waited since the cut, so that who made them can die.
    pub fn let_go(&self) {
        self.power.let_go();
    }

    /// The power goes.
    pub fn cut(&self) {
        self.power.cut_now();
    }

    /// Whether the power is gone.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        !self.power.is_on()
    }

    /// Waits for the cut; `false` when it did not come in time.
    #[must_use]
    pub fn wait_for_cut(&self, most: Duration) -> bool {
        self.power.wait_for_cut(most)
    }

    /// Nothing was lost after all: what the calls met that failed was the end of their program, not of
    /// the machine. So a kill between two calls of a program is tried, and a cut some time after it.
    pub fn revive(&self) {
        self.power.revive();
    }

    /// Cuts the power if it is still there, and gives it again: on the disk is what the cut left.
    /// Whoever had something open must have ended; it would only meet errors.
    pub fn restore_power(&self, loss: Loss, dice: &mut Dice) -> Lost {
        self.power.restore(loss, dice)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        for place in self.places.iter().rev() {
            // Lazily: a process of a failed test may still have something open for a moment. The thread
            // that serves the disk ends with the last of them.
            let _ = quiet("umount").arg("-l").arg(place).status();
        }
    }
}

fn quiet(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
