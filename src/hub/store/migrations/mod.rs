//! Frozen SQL files, run once each and in order. What a database has run stands in
//! `schema_migration` with the file's SHA-256: an edited file is found and refused, and so is a
//! database that a newer release has touched.

use ring::digest;

use crate::error::{HubError, Result};

/// Every migration: number, name, text. New ones are added at the end; none is edited after release.
pub const MIGRATIONS: &[(i32, &str, &str)] = &[
    (1, "0001_first", include_str!("0001_first.sql")),
    (2, "0002_halls", include_str!("0002_halls.sql")),
    (3, "0003_booking", include_str!("0003_booking.sql")),
    (4, "0004_went_first", include_str!("0004_went_first.sql")),
];

/// Brings the database to this release's form.
pub async fn run(client: &mut tokio_postgres::Client) -> Result<()> {
    run_list(client, MIGRATIONS).await
}

async fn run_list(
    client: &mut tokio_postgres::Client,
    migrations: &[(i32, &str, &str)],
) -> Result<()> {
    let tx = client.transaction().await?;
    // Two hubs that start together: the second waits here and then finds nothing to do.
    tx.execute("SELECT pg_advisory_xact_lock(7006658)", &[]).await?;
    tx.batch_execute(
        "CREATE TABLE IF NOT EXISTS schema_migration (
             version integer PRIMARY KEY, name text NOT NULL, sha256 bytea NOT NULL)",
    )
    .await?;
    let done =
        tx.query("SELECT version, sha256 FROM schema_migration ORDER BY version", &[]).await?;
    for row in &done {
        let version: i32 = row.get(0);
        let sum: Vec<u8> = row.get(1);
        match migrations.iter().find(|(known, _, _)| *known == version) {
            None => {
                return Err(HubError::refused(
                    "hub.schema_newer",
                    format!(
                        "the database has migration {version}, this release does not know it; run the newer release"
                    ),
                ));
            }
            Some((_, name, text)) if digest_of(text) != sum => {
                return Err(HubError::refused(
                    "hub.schema_edited",
                    format!("migration {name} differs from the one that made this database"),
                ));
            }
            Some(_) => {}
        }
    }
    for (version, name, text) in migrations.iter().skip(done.len()) {
        tx.batch_execute(text).await?;
        tx.execute(
            "INSERT INTO schema_migration (version, name, sha256) VALUES ($1, $2, $3)",
            &[version, name, &digest_of(text)],
        )
        .await?;
        tracing::info!(version, name, "migration done");
    }
    tx.commit().await?;
    Ok(())
}

fn digest_of(text: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, text.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Cluster;

    #[test]
    fn migrations_are_numbered_without_gaps() {
        for (index, (version, name, _)) in MIGRATIONS.iter().enumerate() {
            assert_eq!(*version, index as i32 + 1);
            assert!(name.starts_with(&format!("{version:04}_")), "{name}");
        }
    }

    #[test]
    fn no_migration_is_edited() {
        let kept: Vec<String> =
            MIGRATIONS.iter().map(|(_, _, text)| journal::hex::encode(&digest_of(text))).collect();
        assert_eq!(
            kept,
            [
                "35a2beaa5753f9ced81197a4b9d09583f2b3adea291b3c25a940d1600a8201b9",
                "3f9c08a636d926fcd814773cd3621dd7315913bec1a16f71fa7bcf43470aac96",
                "5108954e76b2aedebc3f8023cba3c47cc2ef3c690815e6ab8e3214adfb107daf",
                "978265f4ea513ace289af03928845a7b6e613dd920207a16c3e7a1818394528a",
            ]
        );
    }

    #[tokio::test]
    async fn an_edited_migration_and_a_newer_database_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let cluster = Cluster::start_without_fsync(folder.path()).unwrap();
        let mut client = cluster.connect("migrations").await.unwrap();
        let first = [(1, "0001_a", "CREATE TABLE a (x int)")];
        run_list(&mut client, &first).await.unwrap();
        run_list(&mut client, &first).await.unwrap();
        let edited = [(1, "0001_a", "CREATE TABLE a (x bigint)")];
        assert_eq!(run_list(&mut client, &edited).await.unwrap_err().code(), "hub.schema_edited");
        assert_eq!(run_list(&mut client, &[]).await.unwrap_err().code(), "hub.schema_newer");
    }
}
