//! Opening the database: key first, then the settings that durability rests on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use journal::{Sealing, hex};
use ring::hkdf;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::StoreError;
use crate::config::{DEMO_MARK, Keys, Syncing};

const DATABASE: &str = "center.db";
/// Prepared statements that a connection keeps; the one unused for longest is prepared again when wanted.
const STATEMENTS_KEPT: usize = 128;
/// The write-ahead log is cut back to this when it has grown beyond it. Bytes.
const WAL_BYTES_KEPT: i64 = 64 * 1024 * 1024;
/// How long a lock of the file is waited for; then the call fails as "busy".
pub(crate) const BUSY_MAX: Duration = Duration::from_secs(5);

/// With less room than this, a failed read or write is taken for a full disk.
const ROOM_BYTES_MIN: u64 = 1024 * 1024;

/// Where the database of a folder lies.
pub(crate) fn database_path(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

/// Whether a folder is marked as a demonstration's.
pub(crate) fn is_demo(folder: &Path) -> bool {
    folder.join(DEMO_MARK).exists()
}

/// The key of one purpose, derived from the master key: none of them tells another.
pub(crate) fn derive(master: &[u8; 32], purpose: &'static str) -> Result<[u8; 32], StoreError> {
    let broken = |_| StoreError::Damaged("key derivation".to_owned());
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"motcua");
    let info = [purpose.as_bytes()];
    let mut key = [0; 32];
    salt.extract(master)
        .expand(&info, hkdf::HKDF_SHA256)
        .map_err(broken)?
        .fill(&mut key)
        .map_err(broken)?;
    Ok(key)
}

/// A full disk shows itself in several ways (the write-ahead log's index cannot grow, a file cannot
/// be synced); the room that is left tells.
pub(crate) fn explain(folder: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Database(text) => match nix::sys::statvfs::statvfs(folder) {
            Ok(room) if room.blocks_available() * room.fragment_size() < ROOM_BYTES_MIN => {
                StoreError::DiskFull
            }
            _ => StoreError::Database(text),
        },
        other => other,
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The one writer; makes the file if there is none.
    Write,
    /// A reader beside it.
    Read,
}

/// How to open the database of one folder.
#[derive(Clone)]
pub(crate) struct Opener {
    path: PathBuf,
    /// The raw key as SQLCipher takes it (a passphrase would cost 109 ms an open); none when the
    /// folder is an unkeyed demonstration.
    key: Option<String>,
    syncing: Syncing,
}

impl Opener {
    /// Refuses an unkeyed store outside a demonstration.
    pub(crate) fn new(folder: &Path, keys: &Keys, sealing: Sealing) -> Result<Opener, StoreError> {
        let key = match sealing {
            Sealing::On => Some(format!("x'{}'", hex::encode(&derive(&keys.master, "database")?))),
            Sealing::Off if is_demo(folder) => None,
            Sealing::Off => return Err(StoreError::NotADemo),
        };
        Ok(Opener { path: database_path(folder), key, syncing: Syncing::On })
    }

    /// The same, whether a commit waits for the disk or not. Refuses not to wait outside a
    /// demonstration.
    pub(crate) fn syncing(self, folder: &Path, syncing: Syncing) -> Result<Opener, StoreError> {
        match syncing {
            Syncing::Off if !is_demo(folder) => Err(StoreError::NotADemo),
            syncing => Ok(Opener { syncing, ..self }),
        }
    }

    /// Without a key, whatever the sealing: so that a test can read what stands in every page.
    #[cfg(test)]
    pub(crate) fn unkeyed(folder: &Path) -> Opener {
        Opener { path: database_path(folder), key: None, syncing: Syncing::On }
    }

    /// The same key for another file, such as a backup.
    pub(crate) fn elsewhere(&self, path: PathBuf) -> Opener {
        Opener { path, key: self.key.clone(), syncing: Syncing::On }
    }

    /// Opens a connection.
    pub(crate) fn open(&self, purpose: Purpose) -> Result<Connection, StoreError> {
        // A reader opens for writing too: it may have to bring the write-ahead log in order after a
        // power cut. `query_only` keeps it from changing anything else.
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if purpose == Purpose::Write {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let connection = Connection::open_with_flags(&self.path, flags)?;
        if let Some(key) = &self.key {
            connection.pragma_update(None, "key", key)?;
            connection.pragma_update(None, "cipher_memory_security", "OFF")?;
        }
        // The first read shows whether the key is right.
        connection
            .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))?;
        connection.busy_timeout(BUSY_MAX)?;
        // A plan is made for the statement, not for the values: otherwise each new value of a search or
        // of a column with a partial index has the kept statement prepared again.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?; // sorting must not spill names to disk
        if purpose == Purpose::Write {
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
            let synchronous = match self.syncing {
                Syncing::On => "FULL",
                Syncing::Off => "OFF",
            };
            connection.pragma_update(None, "synchronous", synchronous)?;
            // Whoever writes brings the log in between commits, not inside one ([`crate::core`]).
            connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
            // What is erased is overwritten, not only let go.
            connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
            connection.pragma_update_and_check(
                None,
                "journal_size_limit",
                WAL_BYTES_KEPT,
                |_| Ok(()),
            )?;
        } else {
            connection.pragma_update(None, "query_only", true)?;
        }
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use journal::WrappingKey;
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_kept_statement_is_not_prepared_again_for_other_values() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys { master: [7; 32], wrapping: WrappingKey::from_bytes([9; 32]) };
        let opener = Opener::new(folder.path(), &keys, Sealing::On).unwrap();
        let writer = opener.open(Purpose::Write).unwrap();
        writer.execute_batch("CREATE TABLE person (name TEXT NOT NULL)").unwrap();
        for connection in [writer, opener.open(Purpose::Read).unwrap()] {
            let sql = "SELECT count(*) FROM person WHERE name LIKE ?1 ESCAPE '\\'";
            let mut statement = connection.prepare(sql).unwrap();
            for word in ["%an%", "%binh%", "%chi%"] {
                let found: i64 = statement.query_row([word], |row| row.get(0)).unwrap();
                assert_eq!(found, 0);
            }
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
    }
}
