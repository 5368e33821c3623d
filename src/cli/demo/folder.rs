//! The folder of a demo: a temporary one leaves with it, however the demo ends; one that was asked
//! for by name stays.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// A process that was killed a moment ago may still be writing its last file: so often the removal is
/// tried again before it is given up.
const REMOVALS_MAX: u32 = 40;
/// Between two tries.
const REMOVE_AGAIN: Duration = Duration::from_millis(50);

/// A demo's folder; dropping it removes it unless it is kept.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    /// The folder given, which stays, or a new temporary one.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(named: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(path) = named {
            std::fs::create_dir_all(path)?;
            return Ok(Self { path: std::fs::canonicalize(path)?, keep: true });
        }
        let path = std::env::temp_dir().join(format!("motcua-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        let folder = Self { path, keep: false };
        // PostgreSQL refuses to run as root: its user must be able to reach its own folder in here.
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&folder.path, std::fs::Permissions::from_mode(0o755))?;
        Ok(folder)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// It stays, for a look at the logs.
    pub fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.keep {
            println!("Mọi tệp được giữ trong / everything is kept in {}", self.path.display());
            return;
        }
        for _ in 1..REMOVALS_MAX {
            if std::fs::remove_dir_all(&self.path).is_ok() {
                return;
            }
            std::thread::sleep(REMOVE_AGAIN);
        }
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            println!("Không xóa được {0} / {0} could not be removed: {error}", self.path.display());
        }
    }
}
