//! Frozen migrations. A file in `migrations/` is never edited once a release ran it: its SHA-256 is
//! kept in the database at the moment it runs and compared at every start.

use journal::entry::sha256;
use journal::hex;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::StoreError;

/// One step from a version to the next.
pub(crate) struct Migration {
    /// The version after it; 1, 2, 3, ...
    pub(crate) version: u32,
    /// What it runs.
    pub(crate) sql: &'static str,
}

/// Every migration, in order. A test holds each file's hash.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("migrations/0001_begin.sql") },
    Migration { version: 2, sql: include_str!("migrations/0002_booking.sql") },
    Migration { version: 3, sql: include_str!("migrations/0003_fewer_pages.sql") },
];

/// Eight letters that change with every migration: for the names of what is made with this schema.
pub fn schema_mark() -> String {
    let all: String = MIGRATIONS.iter().map(checksum).collect();
    hex::encode(&sha256(all.as_bytes()))[..8].to_owned()
}

/// Brings the database to the newest version. Each step is one transaction.
pub(crate) fn migrate(
    connection: &mut Connection,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = migrations.last().map_or(0, |migration| migration.version);
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    for migration in migrations {
        if migration.version <= found {
            check(connection, migration)?
        } else {
            run(connection, migration)?
        }
    }
    if found > 0 && found < known {
        bring_log_in(connection);
    }
    Ok(())
}

/// What was copied from older tables stands in the write-ahead log, which may be twice the database: it is
/// brought in now, not while the first citizen of the day waits. Nothing is lost where that fails.
fn bring_log_in(connection: &Connection) {
    let moved = connection.pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()));
    if let Err(error) = moved {
        tracing::warn!(%error, "the log of a new version of the tables is brought in later");
    }
}

fn run(connection: &mut Connection, migration: &Migration) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, sha256 TEXT NOT NULL) STRICT;",
    )?;
    transaction.execute_batch(migration.sql)?;
    transaction.execute(
        "INSERT INTO migration (version, sha256) VALUES (?1, ?2)",
        (migration.version, checksum(migration)),
    )?;
    transaction.pragma_update(None, "user_version", migration.version)?;
    transaction.commit()?;
    tracing::info!(version = migration.version, "database brought to a newer version");
    Ok(())
}

fn check(connection: &Connection, migration: &Migration) -> Result<(), StoreError> {
    let kept: Option<String> = connection
        .query_row("SELECT sha256 FROM migration WHERE version = ?1", [migration.version], |row| {
            row.get(0)
        })
        .optional()?;
    if kept == Some(checksum(migration)) {
        Ok(())
    } else {
        Err(StoreError::MigrationChanged(migration.version))
    }
}

fn checksum(migration: &Migration) -> String {
    hex::encode(&sha256(migration.sql.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Migration = Migration { version: 1, sql: "CREATE TABLE a (x INTEGER) STRICT;" };
    const TWO: Migration = Migration { version: 2, sql: "CREATE TABLE b (x INTEGER) STRICT;" };

    #[test]
    fn released_migrations_are_what_they_were() {
        let kept: Vec<(u32, String)> =
            MIGRATIONS.iter().map(|m| (m.version, checksum(m))).collect();
        assert_eq!(
            kept,
            [
                (1, "f6659fbba61460d9455eea3f5c8594d7ee1dec9d48652bdf656ddffc5e28c344".to_owned()),
                (2, "6de1734c2e4a6abf3a96f4316dbde4163afafafccec2adc7b8fc0cec42c4a180".to_owned()),
                (3, "047f5b44e0e31636960b22925b91d5aea79dd9748c13ab5f93a37a1e8db79e3a".to_owned()),
            ]
        );
        assert!(
            MIGRATIONS.iter().zip(1..).all(|(migration, version)| migration.version == version)
        );
    }

    #[test]
    fn each_step_runs_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &[ONE]).unwrap();
        migrate(&mut connection, &[ONE, TWO]).unwrap();
        migrate(&mut connection, &[ONE, TWO]).unwrap();
        connection.execute("INSERT INTO b VALUES (1)", []).unwrap();
    }

    #[test]
    fn a_changed_old_migration_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &[ONE]).unwrap();
        let changed = Migration { version: 1, sql: "CREATE TABLE a (y INTEGER) STRICT;" };
        assert_eq!(migrate(&mut connection, &[changed, TWO]), Err(StoreError::MigrationChanged(1)));
    }

    #[test]
    fn a_newer_database_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &[ONE, TWO]).unwrap();
        assert_eq!(
            migrate(&mut connection, &[ONE]),
            Err(StoreError::NewerSchema { found: 2, known: 1 })
        );
    }

    #[test]
    fn a_failed_step_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        let broken = Migration { version: 2, sql: "CREATE TABLE b (x INTEGER) STRICT; NONSENSE;" };
        assert!(migrate(&mut connection, &[ONE, broken]).is_err());
        migrate(&mut connection, &[ONE, TWO]).unwrap();
    }
}
