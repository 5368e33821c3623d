//! The boxes: who is known, granted which epoch and keys, there or not. Frozen or not: [`super::frozen`].

use deadpool_postgres::{GenericClient, Transaction};
use domain::ids::NodeId;
use jiff::Timestamp;
use journal::seal::WrappingKey;

use super::{Store, hash, micros, signed, unsigned};
use crate::error::{HubError, Result};
use link::types::Position;

/// Kind of the list of boxes in a down journal.
pub(crate) const ENROLLED: &str = "enrolled_nodes";

/// What an enrolment leaves in the store.
pub struct Granted<'a> {
    /// The box.
    pub node: &'a str,
    /// The new key that node and hub share.
    pub wrapping: &'a WrappingKey,
    /// The node's master key under its recovery sheet.
    pub wrapped_master: &'a [u8],
}

/// A node as ingest and the link see it.
#[derive(Debug, Clone)]
pub struct KnownNode {
    /// Epoch, number and hash up to which its journal is applied.
    pub up: Position,
    /// Epoch of the hub's journal for it.
    pub down_epoch: u64,
    /// Why its stream is frozen, if it is.
    pub frozen: Option<String>,
}

/// The advisory lock of whoever grants an epoch.
pub(super) const GRANT_LOCK: i64 = 7_006_659;

impl Store {
    /// Makes the node known (its first token), or refreshes its unit's name.
    pub async fn invite(&self, tx: &Transaction<'_>, node: &str, unit_name: &str) -> Result<()> {
        tx.execute(
            "INSERT INTO node (node, unit_name, state) VALUES ($1, $2, 'invited')
             ON CONFLICT (node) DO UPDATE SET unit_name = excluded.unit_name",
            &[&node, &unit_name],
        )
        .await?;
        Ok(())
    }

    /// Grants the next epoch, in the transaction that spends the token: a fresh stream, a new wrapping
    /// key, and the node thawed if it was frozen. What the older epochs sent stays as it is.
    pub(crate) async fn grant(
        &self,
        tx: &Transaction<'_>,
        granted: &Granted<'_>,
        now: Timestamp,
    ) -> Result<u64> {
        let node = granted.node;
        // One after the other: of two at once each would tell a list of boxes without the other.
        tx.execute("SELECT pg_advisory_xact_lock($1)", &[&GRANT_LOCK]).await?;
        put_key_aside(tx, node).await?;
        let epoch = signed(self.next_epoch(tx, node).await?);
        tx.execute(
            "UPDATE node SET epoch = $3, state = 'enrolled', frozen_code = NULL,
                    enrolled_us = $2, reported_seq = 0
             WHERE node = $1",
            &[&node, &micros(now), &epoch],
        )
        .await?;
        let nothing = journal::entry::NO_HASH;
        tx.execute(
            "INSERT INTO stream (node, epoch, head_hash) VALUES ($1, $2, $3)
             ON CONFLICT (node) DO UPDATE SET epoch = $2, acked_seq = 0, head_hash = $3",
            &[&node, &epoch, &nothing.as_slice()],
        )
        .await?;
        // The down journal goes on: a box that was set up anew reads it from its start.
        let new = tx.query_opt("SELECT 1 FROM down_stream WHERE node = $1", &[&node]).await?;
        let new = new.is_none();
        tx.execute(
            "INSERT INTO down_stream (node, epoch, head_hash) VALUES ($1, 1, $2)
             ON CONFLICT (node) DO UPDATE SET acked_seq = 0, acked_us = NULL",
            &[&node, &nothing.as_slice()],
        )
        .await?;
        let sealed = self.keys().seal_wrapping_key(node, granted.wrapping)?;
        tx.execute(
            "INSERT INTO wrapping_key (node, sealed, wrapped_master, granted_us)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (node) DO UPDATE
             SET sealed = $2, wrapped_master = $3, granted_us = $4",
            &[&node, &sealed, &granted.wrapped_master, &micros(now)],
        )
        .await?;
        tx.execute(
            "UPDATE alarm SET cleared_us = $2 WHERE node = $1 AND cleared_us IS NULL",
            &[&node, &micros(now)],
        )
        .await?;
        super::down::wake(tx, node).await?;
        if new {
            self.tell_at_once(tx, node, now).await?;
        }
        Ok(unsigned(epoch))
    }

    /// Epoch and wrapping key of a node that is enrolled; locked, so that of two enrolments at once
    /// the second sees what the first has done.
    pub(crate) async fn granted(
        &self,
        tx: &Transaction<'_>,
        node: &str,
    ) -> Result<Option<(u64, WrappingKey)>> {
        let row = tx
            .query_opt(
                "SELECT s.epoch, w.sealed FROM stream s JOIN wrapping_key w USING (node)
                 WHERE s.node = $1 FOR UPDATE",
                &[&node],
            )
            .await?;
        row.map(|row| Ok((unsigned(row.get(0)), self.keys().open_wrapping_key(node, row.get(1))?)))
            .transpose()
    }

    /// Takes a box's master key under its newest recovery sheet; the older sheet opens nothing more.
    pub(crate) async fn keep_wrapped_master(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        wrapped_master: &[u8],
    ) -> Result<()> {
        tx.execute(
            "UPDATE wrapping_key SET wrapped_master = $2 WHERE node = $1",
            &[&node, &wrapped_master],
        )
        .await?;
        Ok(())
    }

    /// What the hub knows of an enrolled node.
    pub async fn known_node(&self, node: &str) -> Result<Option<KnownNode>> {
        let client = self.client().await?;
        let row = client
            .query_opt(
                "SELECT s.epoch, s.acked_seq, s.head_hash, d.epoch, n.frozen_code, n.state
                 FROM node n JOIN stream s USING (node) JOIN down_stream d USING (node)
                 WHERE n.node = $1",
                &[&node],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let frozen = match row.get::<_, &str>(5) {
            "frozen" => {
                Some(row.get::<_, Option<String>>(4).unwrap_or_else(|| "node.frozen".into()))
            }
            _ => None,
        };
        Ok(Some(KnownNode {
            up: Position {
                epoch: unsigned(row.get(0)),
                seq: unsigned(row.get(1)),
                hash: hash(row.get(2))?,
            },
            down_epoch: unsigned(row.get(3)),
            frozen,
        }))
    }

    /// Every enrolled node, for an order to all.
    pub async fn enrolled_nodes(&self, client: &impl GenericClient) -> Result<Vec<String>> {
        let rows = client.query("SELECT node FROM down_stream ORDER BY node", &[]).await?;
        Ok(rows.into_iter().map(|row| row.get(0)).collect())
    }

    /// The key that hub and node share.
    pub(crate) async fn wrapping_key(
        &self,
        client: &impl GenericClient,
        node: &str,
    ) -> Result<WrappingKey> {
        let row = client
            .query_opt("SELECT sealed FROM wrapping_key WHERE node = $1", &[&node])
            .await?
            .ok_or_else(|| {
                HubError::refused("hub.node_not_enrolled", format!("{node} is not enrolled"))
            })?;
        self.keys().open_wrapping_key(node, row.get(0))
    }

    /// Every key that hub and node have shared: the present one, and those of the epochs before.
    pub(super) async fn all_wrapping_keys(
        &self,
        client: &impl GenericClient,
        node: &str,
    ) -> Result<Vec<WrappingKey>> {
        let rows = client
            .query(
                "SELECT sealed FROM wrapping_key WHERE node = $1
                 UNION ALL SELECT sealed FROM old_wrapping_key WHERE node = $1",
                &[&node],
            )
            .await?;
        rows.iter().map(|row| self.keys().open_wrapping_key(node, row.get(0))).collect()
    }

    /// It said hello.
    pub async fn node_online(
        &self,
        node: &str,
        version: &str,
        head_seq: u64,
        now: Timestamp,
    ) -> Result<()> {
        let client = self.client().await?;
        client
            .execute(
                "UPDATE node SET online = true, version = $2, reported_seq = $3, last_seen_us = $4,
                        offline_us = NULL
                 WHERE node = $1",
                &[&node, &version, &signed(head_seq), &micros(now)],
            )
            .await?;
        Ok(())
    }

    /// Its connection ended. Told again, the first time stays.
    pub async fn node_offline(&self, node: &str, now: Timestamp) -> Result<()> {
        let client = self.client().await?;
        client
            .execute(
                "UPDATE node SET online = false, offline_us = $2 WHERE node = $1 AND online",
                &[&node, &micros(now)],
            )
            .await?;
        Ok(())
    }

    /// When a process begins to serve these shards, nobody in them has said hello to it yet.
    pub async fn offline_in(&self, shards: &[u8], now: Timestamp) -> Result<()> {
        let client = self.client().await?;
        let online = client.query("SELECT node FROM node WHERE online", &[]).await?;
        let gone: Vec<String> = online
            .iter()
            .map(|row| row.get::<_, String>(0))
            .filter(|name| {
                NodeId::parse(name)
                    .is_ok_and(|node| shards.contains(&journal::topics::shard(&node)))
            })
            .collect();
        client
            .execute(
                "UPDATE node SET online = false, offline_us = $1 WHERE online AND node = ANY($2)",
                &[&micros(now), &gone],
            )
            .await?;
        Ok(())
    }
}

/// The key of the epoch that ends stays beside the new one: what was sealed or signed under it is still
/// read, a code on a paper too.
pub(super) async fn put_key_aside(tx: &Transaction<'_>, node: &str) -> Result<()> {
    tx.execute(
        "INSERT INTO old_wrapping_key (node, epoch, sealed)
         SELECT w.node, s.epoch, w.sealed FROM wrapping_key w JOIN stream s USING (node)
         WHERE w.node = $1 ON CONFLICT DO NOTHING",
        &[&node],
    )
    .await?;
    Ok(())
}
