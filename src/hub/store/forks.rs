//! Two journals under one name: a cloned disk beside the original, a copy restored without the hub, an
//! old box switched on again. The stream is frozen and a person chooses; nothing of the other journal
//! is applied. It is kept here, entry by entry, for that person to read.

use std::collections::BTreeMap;

use domain::ids::NodeId;
use jiff::Timestamp;
use journal::ctl::Forked;
use journal::seal::DataKey;
use journal::{Entry, Frame};
use link::types::Hash;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::alarms::raise;
use super::reading::look_at;
use super::{Store, instant, micros, signed, unsigned};
use crate::error::{HubError, Result};

/// Entries kept for reading, of one node. What comes beyond it stays at the box, whose disk is to be
/// kept; an alarm says so.
const SALVAGED_MAX: i64 = 200_000;
/// Entries that are listed at once, newest first.
const LISTED_MAX: i64 = 200;

/// An entry kept for reading.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SalvagedRow {
    /// Its epoch.
    pub epoch: u64,
    /// Its place in its own journal.
    pub seq: u64,
    /// When it was written.
    #[schema(value_type = String, format = "date-time")]
    pub at: Timestamp,
    /// Who wrote it.
    pub actor: String,
    /// Why it cannot be read, if it cannot.
    pub code: Option<String>,
    /// What it says: kind, subject, revision and the subject's whole state, each.
    #[schema(value_type = Vec<Object>)]
    pub content: Value,
}

impl Store {
    /// A node says that its journal is not the one here. A copy that is only behind raises an alarm;
    /// one that has entries of its own freezes the stream, unless a person has decided about it.
    pub async fn forked(&self, node: &str, forked: &Forked, now: Timestamp) -> Result<()> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let row = tx
            .query_opt(
                "SELECT s.epoch, s.acked_seq FROM stream s WHERE s.node = $1 FOR UPDATE",
                &[&node],
            )
            .await?;
        let Some((epoch, acked)) = row.map(|row| (unsigned(row.get(0)), unsigned(row.get(1))))
        else {
            return Ok(());
        };
        if epoch != forked.epoch {
            return Ok(());
        }
        let here: Option<Vec<u8>> = tx
            .query_opt(
                "SELECT hash FROM entry WHERE node = $1 AND epoch = $2 AND seq = $3",
                &[&node, &signed(epoch), &signed(forked.max_seq)],
            )
            .await?
            .map(|row| row.get(0));
        let only_behind = forked.max_seq == 0 || here.as_deref() == Some(&forked.head_hash);
        if only_behind {
            let detail = format!(
                "a copy of the box that ends at entry {} is switched on; here is entry {acked}",
                forked.max_seq
            );
            raise(&tx, node, "link.stale_copy", &detail, now).await?;
            tx.commit().await?;
            return Ok(());
        }
        let settled: Option<i64> = tx
            .query_one(
                "INSERT INTO fork (node, epoch, first_seq, first_hash, max_seq, head_hash, seen_us)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (node, epoch, first_seq, first_hash) DO UPDATE
                 SET max_seq = excluded.max_seq, head_hash = excluded.head_hash,
                     seen_us = excluded.seen_us
                 RETURNING settled_us",
                &[
                    &node,
                    &signed(epoch),
                    &signed(forked.first_seq),
                    &forked.first_hash.as_slice(),
                    &signed(forked.max_seq),
                    &forked.head_hash.as_slice(),
                    &micros(now),
                ],
            )
            .await?
            .get(0);
        tx.commit().await?;
        drop(client);
        if settled.is_some() {
            return Ok(());
        }
        let detail = format!(
            "two journals: the one here ends at entry {acked}, the other one at {}; from entry {} on \
             they may differ",
            forked.max_seq, forked.first_seq
        );
        self.freeze(node, "stream.fork", &detail, now).await
    }

    /// Keeps a frame of a parted journal, opened where it can be. What is here as well is left out.
    pub async fn salvage(&self, node: &NodeId, frame: &Frame, now: Timestamp) -> Result<()> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let name = node.as_str();
        let kept: i64 =
            tx.query_one("SELECT count(*) FROM salvage WHERE node = $1", &[&name]).await?.get(0);
        if kept >= SALVAGED_MAX {
            let detail = "no more of the other journal is kept here; keep its disk";
            raise(&tx, name, "stream.salvage_full", detail, now).await?;
            tx.commit().await?;
            return Ok(());
        }
        let wrapping = self.all_wrapping_keys(&tx, name).await?;
        let mut keys: BTreeMap<String, Vec<DataKey>> = BTreeMap::new();
        for wrapped in &frame.keys {
            for key in wrapping.iter().filter_map(|wrapping| wrapping.unwrap(wrapped).ok()) {
                keys.entry(wrapped.key_id.clone()).or_default().push(key);
            }
        }
        for raw in &frame.entries {
            let outline = journal::entry::outline(raw)
                .map_err(|error| HubError::refused(error.code(), error.to_string()))?;
            if outline.node != *node {
                return Err(HubError::refused("entry.wrong_node", "another node's entry"));
            }
            let actor = Entry::decode(raw).map(|entry| entry.actor).unwrap_or_default();
            let (epoch, seq, hash) = (signed(outline.epoch), signed(outline.seq), outline.hash);
            let seen = look_at(outline, raw.clone(), &keys, self.sealing);
            let (code, content) = match &seen.content {
                Ok(changes) => (None, changes.iter().map(|one| json!({
                    "kind": one.change.kind, "subject": one.change.subject, "rev": one.change.rev,
                    "public": one.public, "private": one.private,
                })).collect()),
                Err((code, _)) => (Some(code.clone()), Vec::new()),
            };
            tx.execute(
                "INSERT INTO salvage
                     (node, epoch, seq, hash, at_us, actor, code, content, raw, kept_us)
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
                 WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.node = $1 AND e.epoch = $2
                                   AND e.seq = $3 AND e.hash = $4)
                 ON CONFLICT DO NOTHING",
                &[
                    &name,
                    &epoch,
                    &seq,
                    &hash.as_slice(),
                    &seen.at_us,
                    &actor.replace('\0', ""),
                    &code,
                    &Value::Array(content),
                    raw,
                    &micros(now),
                ],
            )
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// What is kept for reading, newest first.
    pub async fn salvaged(&self, node: &str) -> Result<Vec<SalvagedRow>> {
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT epoch, seq, at_us, actor, code, content FROM salvage WHERE node = $1
                 ORDER BY epoch DESC, seq DESC LIMIT $2",
                &[&node, &LISTED_MAX],
            )
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| SalvagedRow {
                epoch: unsigned(row.get(0)),
                seq: unsigned(row.get(1)),
                at: instant(row.get(2)),
                actor: row.get(3),
                code: row.get(4),
                content: row.get(5),
            })
            .collect())
    }

    /// Scans that a node's entries name and that are not whole here, in the order of their names: the
    /// first ones behind `after`.
    pub async fn blobs_missing(
        &self,
        node: &str,
        after: Option<Hash>,
        limit: usize,
    ) -> Result<Vec<Hash>> {
        let client = self.client().await?;
        // Every name is behind the empty one.
        let after = after.map_or_else(Vec::new, |after| after.to_vec());
        let rows = client
            .query(
                "SELECT DISTINCT r.sha256 FROM blob_ref r WHERE r.node = $1 AND r.sha256 > $3
                 AND NOT EXISTS (SELECT 1 FROM blob b WHERE b.sha256 = r.sha256
                                 AND b.state = 'complete')
                 ORDER BY r.sha256 LIMIT $2",
                &[&node, &(limit as i64), &after],
            )
            .await?;
        rows.into_iter().map(|row| super::hash(row.get(0))).collect()
    }
}
