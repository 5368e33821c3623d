//! The boxes: who is known, granted which epoch, frozen or not, there or not.

use deadpool_postgres::{GenericClient, Transaction};
use domain::ids::NodeId;
use jiff::Timestamp;
use journal::Stream;
use journal::seal::WrappingKey;

use super::{Store, hash, instant, micros, signed, unsigned};
use crate::error::{HubError, Result};
use link::types::{Alarm, Position};

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
/// Alarms that only a person ends, by "goes on" at the node's page.
const LASTING: &[&str] = &["link.stale_copy", "link.old_box", "stream.salvage_full"];

/// An open alarm.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct AlarmRow {
    /// Stable code.
    pub code: String,
    /// For the technician.
    pub detail: String,
    /// Since when.
    #[schema(value_type = String, format = "date-time")]
    pub raised_at: Timestamp,
}

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

    /// Takes nothing more from a node until a person decides.
    pub async fn freeze(&self, node: &str, code: &str, detail: &str, now: Timestamp) -> Result<()> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        self.freeze_in(&tx, node, code, detail, now).await?;
        tx.commit().await?;
        tracing::error!(node, code, detail, "the node's stream is frozen");
        Ok(())
    }

    /// The same in a transaction of the caller, who logs it after the commit.
    pub(super) async fn freeze_in(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        code: &str,
        detail: &str,
        now: Timestamp,
    ) -> Result<()> {
        tx.execute(
            "UPDATE node SET state = 'frozen', frozen_code = $2
             WHERE node = $1 AND state = 'enrolled'",
            &[&node, &code],
        )
        .await?;
        raise(tx, node, code, detail, now).await?;
        super::down::wake(tx, node).await
    }

    /// A node's certificates are revoked: whatever else it was frozen for, this stands above. False
    /// when it was never enrolled.
    pub(crate) async fn freeze_revoked(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        code: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let frozen = tx
            .execute(
                "UPDATE node SET state = 'frozen', frozen_code = $2
                 WHERE node = $1 AND state IN ('enrolled', 'frozen')",
                &[&node, &code],
            )
            .await?;
        if frozen == 0 {
            return Ok(false);
        }
        raise(tx, node, code, &format!("revoked by {by}"), now).await?;
        super::down::wake(tx, node).await?;
        Ok(true)
    }

    /// A node that comes with a new token is let in again after its certificates were revoked.
    pub(crate) async fn readmit(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<()> {
        tx.execute(
            "UPDATE node SET state = 'enrolled', frozen_code = NULL
             WHERE node = $1 AND frozen_code = $2",
            &[&node, &code],
        )
        .await?;
        tx.execute(
            "UPDATE alarm SET cleared_us = $3
             WHERE node = $1 AND code = $2 AND cleared_us IS NULL",
            &[&node, &code, &micros(now)],
        )
        .await?;
        super::down::wake(tx, node).await
    }

    /// Nodes that are frozen for a reason, ordered by name.
    pub(crate) async fn shut_out(&self, code: &str) -> Result<Vec<String>> {
        let client = self.client().await?;
        let sql = "SELECT node FROM node WHERE state = 'frozen' AND frozen_code = $1 ORDER BY node";
        let rows = client.query(sql, &[&code]).await?;
        Ok(rows.into_iter().map(|row| row.get(0)).collect())
    }

    /// A person has decided: the node's stream goes on from the hub's cursor, and what was raised about
    /// it is over. `false` when there was nothing to decide. Revoked certificates are not given back so:
    /// such a node needs a new token.
    pub async fn thaw(&self, node: &str, now: Timestamp) -> Result<bool> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let sql = "SELECT state = 'frozen', frozen_code FROM node WHERE node = $1 FOR UPDATE";
        let Some(row) = tx.query_opt(sql, &[&node]).await? else { return Ok(false) };
        let (frozen, code): (bool, Option<String>) = (row.get(0), row.get(1));
        let settled = self.settle_forgotten(&tx, node, now).await?;
        if frozen && code.as_deref() == Some(crate::renew::REVOKED) {
            if settled {
                tx.commit().await?;
            }
            return Ok(settled);
        }
        tx.execute(
            "UPDATE node SET state = 'enrolled', frozen_code = NULL
             WHERE node = $1 AND state = 'frozen'",
            &[&node],
        )
        .await?;
        // What is wrong with the hub's own journal for the node is another decision.
        let ended = tx
            .execute(
                "UPDATE alarm SET cleared_us = $2
                 WHERE node = $1 AND cleared_us IS NULL
                   AND (code = ANY($4) OR ($5 AND (about = 'up' OR code = $3)))",
                &[&node, &micros(now), &code, &LASTING, &frozen],
            )
            .await?;
        // The journal that is here goes on: the other ones are heard of no more.
        tx.execute(
            "UPDATE fork SET settled_us = $2 WHERE node = $1 AND settled_us IS NULL",
            &[&node, &micros(now)],
        )
        .await?;
        super::down::wake(&tx, node).await?;
        tx.commit().await?;
        Ok(frozen || settled || ended > 0)
    }

    /// Raises an alarm that stays until a person ends it, or keeps the one that stands.
    pub async fn raise_alarm(
        &self,
        node: &str,
        code: &str,
        detail: &str,
        now: Timestamp,
    ) -> Result<()> {
        let client = self.client().await?;
        raise(&client, node, code, detail, now).await
    }

    /// What the link shows about one of a node's two journals from now on. What it showed before about
    /// the same journal is over; what it shows about the other one, and what others have raised, stays.
    pub async fn show_link_alarm(
        &self,
        node: &str,
        about: Stream,
        alarm: Option<&Alarm>,
        now: Timestamp,
    ) -> Result<()> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let about = match about {
            Stream::Up | Stream::Salvage => "up",
            Stream::Down => "down",
        };
        tx.execute(
            "UPDATE alarm SET cleared_us = $3
             WHERE node = $1 AND about = $2 AND cleared_us IS NULL AND code IS DISTINCT FROM $4",
            &[&node, &about, &micros(now), &alarm.map(|alarm| alarm.code.as_str())],
        )
        .await?;
        if let Some(alarm) = alarm {
            raise_about(&tx, node, about, &alarm.code, &alarm.detail, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Alarms of a node that stand.
    pub async fn alarms(&self, node: &str) -> Result<Vec<AlarmRow>> {
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT code, detail, raised_us FROM alarm
                 WHERE node = $1 AND cleared_us IS NULL ORDER BY raised_us",
                &[&node],
            )
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| AlarmRow {
                code: row.get(0),
                detail: row.get(1),
                raised_at: instant(row.get(2)),
            })
            .collect())
    }
}

/// Raises an alarm that stands until it is ended by its code, or keeps the one that stands.
pub(crate) async fn raise(
    client: &impl GenericClient,
    node: &str,
    code: &str,
    detail: &str,
    now: Timestamp,
) -> Result<()> {
    raise_about(client, node, "node", code, detail, now).await
}

async fn raise_about(
    client: &impl GenericClient,
    node: &str,
    about: &str,
    code: &str,
    detail: &str,
    now: Timestamp,
) -> Result<()> {
    // One that somebody else has raised and not ended stays his, with what he said about it.
    client
        .execute(
            "INSERT INTO alarm (node, code, about, detail, raised_us) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (node, code) DO UPDATE
             SET about = excluded.about, detail = excluded.detail, cleared_us = NULL,
                 raised_us = CASE WHEN alarm.cleared_us IS NULL
                                  THEN alarm.raised_us ELSE excluded.raised_us END
             WHERE excluded.about = 'node' OR alarm.about <> 'node'
                OR alarm.cleared_us IS NOT NULL",
            &[&node, &code, &about, &detail, &micros(now)],
        )
        .await?;
    Ok(())
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
