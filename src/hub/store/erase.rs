//! Erasing at the province. The hub orders it from every node that wrote about the dossier; each node
//! destroys its own and says so in its journal; and by that entry the hub destroys what it has from
//! that node: data keys, open halves of states and conflicts, scans that nobody else names. The raw
//! entries stay: what is sealed in them nobody can read any more.
//!
//! PostgreSQL keeps old versions of rows and its write-ahead log for a while; [`Store::sweep`] rewrites
//! the tables and begins a new log. Backups of the hub age out by their own date.

use deadpool_postgres::Transaction;
use domain::time::instant;
use jiff::{Timestamp, civil};
use serde_json::json;
use uuid::Uuid;

use super::Store;
use super::down::DownChange;
use super::reading::{Readable, Seen};
use crate::error::{HubError, Result};

/// Kind of the entry by which a node says that it has erased.
pub const ERASURE: &str = "erasure";
/// Kind of the order in a down journal.
pub const ERASE: &str = "erase";
/// Kind of a dossier.
const DOSSIER: &str = "dossier";
/// Files removed in one go.
const FILES_MAX: i64 = 1_000;
/// Tables in which an open half may have stood.
const TABLES: [&str; 4] = ["subject", "conflict", "data_key", "blob_ref"];

/// What is to be erased, and why.
#[derive(Debug, Clone)]
pub struct EraseOrder {
    /// The dossier.
    pub dossier: Uuid,
    /// Code of the retention rule.
    pub rule: String,
    /// Why, in words that name nobody.
    pub reason: String,
    /// Who orders it.
    pub by: String,
}

/// Whether an entry tells of an erasure: then its other changes are states without their sealed half,
/// and move nothing.
pub(super) fn is_erasure(one: &Seen) -> bool {
    erasures(one).next().is_some()
}

fn erasures(one: &Seen) -> impl Iterator<Item = &Readable> {
    one.content.iter().flatten().filter(|readable| readable.change.kind == ERASURE)
}

/// The words of votes that were kept beside for a person to look at. A vote says the hour or the day of
/// Vietnam in which it was given, in UTC and always in the same form, so that texts compare as times do.
async fn erase_words_beside(tx: &Transaction<'_>, node: &str, day: civil::Date) -> Result<()> {
    let begins = |day: civil::Date| instant(day.at(0, 0, 0, 0)).to_string();
    let Ok(next) = day.tomorrow() else { return Ok(()) };
    tx.execute(
        "UPDATE conflict SET private = 'null' WHERE node = $1 AND kind = 'rating'
         AND (public ->> 'at') COLLATE \"C\" >= $2 AND (public ->> 'at') COLLATE \"C\" < $3",
        &[&node, &begins(day), &begins(next)],
    )
    .await?;
    Ok(())
}

impl Store {
    /// Orders the erasure of a dossier from every node that wrote about it; gives those nodes.
    pub async fn order_erasure(&self, order: &EraseOrder, now: Timestamp) -> Result<Vec<String>> {
        let subject = order.dossier.to_string();
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let rows = tx
            .query(
                "SELECT DISTINCT node FROM subject WHERE kind = $1 AND subject = $2 ORDER BY node",
                &[&DOSSIER, &subject],
            )
            .await?;
        let nodes: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        if nodes.is_empty() {
            return Err(HubError::refused("erase.unknown_dossier", "no node wrote about it"));
        }
        for node in &nodes {
            let change = DownChange {
                kind: ERASE,
                subject: format!("dossier:{subject}"),
                rev: 1,
                term: 0,
                schema: 1,
                public: json!({
                    "key_id": format!("dossier:{subject}"),
                    "rule": order.rule,
                    "reason": order.reason,
                    "by": order.by,
                }),
                sealed: None,
                blobs: Vec::new(),
            };
            self.append_down(&tx, node, &order.by, vec![change], now).await?;
        }
        tx.commit().await?;
        Ok(nodes)
    }

    /// When the newest entry of all nodes was written, by their own clocks.
    pub async fn newest_entry_at(&self) -> Result<Option<Timestamp>> {
        let client = self.client().await?;
        let row = client.query_one("SELECT max(last_entry_us) FROM stream", &[]).await?;
        Ok(row.get::<_, Option<i64>>(0).map(super::instant))
    }

    /// The dossiers with a code: id, and whether and when the result was returned.
    pub async fn dossiers_of_code(&self, code: &str) -> Result<Vec<(Uuid, Option<Timestamp>)>> {
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT subject, max(public #>> '{returned,at}') FROM subject
                 WHERE kind = $1 AND (public ->> 'code' = $2 OR subject = $2) GROUP BY subject",
                &[&DOSSIER, &code],
            )
            .await?;
        Ok(rows
            .iter()
            .filter_map(|row| {
                let id = Uuid::parse_str(row.get(0)).ok()?;
                let returned: Option<&str> = row.get(1);
                Some((id, returned.and_then(|at| at.parse().ok())))
            })
            .collect())
    }

    /// Destroys what the hub has of a subject from this node, in the transaction of the entry that
    /// says that the node has erased it.
    pub(super) async fn erase_named(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        seen: &[Seen],
    ) -> Result<()> {
        for erasure in seen.iter().flat_map(erasures) {
            let key_id = &erasure.change.subject;
            tx.execute("DELETE FROM data_key WHERE node = $1 AND key_id = $2", &[&node, key_id])
                .await?;
            if let Some(dossier) = key_id.strip_prefix("dossier:") {
                self.erase_dossier(tx, node, dossier).await?;
            }
            if let Some(day) = key_id.strip_prefix("ticket-day:") {
                // States of tickets that were kept beside for a person to look at.
                tx.execute(
                    "UPDATE conflict SET private = 'null' WHERE node = $1 AND kind = 'ticket'
                     AND COALESCE(public ->> 'carried_to', public ->> 'business_day') = $2",
                    &[&node, &day],
                )
                .await?;
            }
            if let Some(day) = key_id.strip_prefix("rating-day:").and_then(|day| day.parse().ok()) {
                erase_words_beside(tx, node, day).await?;
            }
            tracing::info!(node, key_id, "a subject is erased");
        }
        Ok(())
    }

    async fn erase_dossier(&self, tx: &Transaction<'_>, node: &str, dossier: &str) -> Result<()> {
        tx.execute(
            "UPDATE conflict SET private = 'null' WHERE node = $1 AND kind = $2 AND subject = $3",
            &[&node, &DOSSIER, &dossier],
        )
        .await?;
        tx.execute(
            "WITH gone AS (
                 DELETE FROM blob_ref WHERE node = $1 AND kind = $2 AND subject = $3
                 RETURNING sha256),
             alone AS (
                 SELECT DISTINCT sha256 FROM gone WHERE NOT EXISTS (
                     SELECT 1 FROM blob_ref r WHERE r.sha256 = gone.sha256
                     AND (r.node, r.kind, r.subject) <> ($1, $2, $3))),
             put_up AS (
                 INSERT INTO blob_to_remove (sha256) SELECT sha256 FROM alone
                 ON CONFLICT DO NOTHING)
             DELETE FROM blob WHERE sha256 IN (SELECT sha256 FROM alone)",
            &[&node, &DOSSIER, &dossier],
        )
        .await?;
        Ok(())
    }

    /// Removes the files of erased scans; gives how many. A scan that another node has sent again
    /// meanwhile stays.
    pub async fn remove_erased_files(&self) -> Result<u64> {
        let mut client = self.client().await?;
        let rows =
            client.query("SELECT sha256 FROM blob_to_remove LIMIT $1", &[&FILES_MAX]).await?;
        let mut removed = 0;
        for row in rows {
            let sha256 = super::hash(row.get(0))?;
            let tx = client.transaction().await?;
            // Whoever sends the same scan now waits for this row, and begins a new file after it.
            let free = tx
                .execute(
                    "INSERT INTO blob (sha256, size, segments, bitmap, state)
                     VALUES ($1, 0, 0, '', 'receiving') ON CONFLICT DO NOTHING",
                    &[&sha256.as_slice()],
                )
                .await?;
            if free == 1 {
                self.remove_blob_file(sha256).await?;
                tx.execute("DELETE FROM blob WHERE sha256 = $1", &[&sha256.as_slice()]).await?;
                removed += 1;
            }
            tx.execute("DELETE FROM blob_to_remove WHERE sha256 = $1", &[&sha256.as_slice()])
                .await?;
            tx.commit().await?;
        }
        Ok(removed)
    }

    /// Takes the old versions of rows out of PostgreSQL's files and begins a new write-ahead log. Each
    /// table is locked while it is rewritten: for a quiet hour. Refuses where PostgreSQL would use old
    /// files of its log again with what stood in them. Gives how many files of scans went.
    pub async fn sweep(&self) -> Result<u64> {
        let recycles: String =
            self.client().await?.query_one("SHOW wal_recycle", &[]).await?.get(0);
        if recycles != "off" {
            return Err(HubError::refused(
                "erase.wal_recycle",
                "PostgreSQL reuses old log files; write wal_recycle = off into its settings",
            ));
        }
        let removed = self.remove_erased_files().await?;
        let client = self.client().await?;
        for table in TABLES {
            client.batch_execute(&format!("VACUUM (FULL) {table}")).await?;
        }
        // The old files of a rewritten table go with a checkpoint; segments of the log that are not
        // needed any more with the one after the switch.
        for step in ["CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT"] {
            client.batch_execute(step).await?;
        }
        Ok(removed)
    }
}
