//! A person's other decision about a forgotten epoch ([`super::epochs`]): the journal of the box that holds
//! it goes on, and the one here ends. That box has worked since, and this way nothing that it wrote is
//! lost. It sends its journal from the first entry on, as after any grant.
//!
//! What the dump lacks of the epoch before is lost either way, unless the older box is still there: the
//! adopted box has it in its tables if it was restored from here, but not in its journal.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::certificates::Which;
use super::nodes::{GRANT_LOCK, put_key_aside};
use super::{Store, micros, signed, unsigned};
use crate::error::{HubError, Result};
use crate::renew::REVOKED;

/// What lies beside the database of an epoch's keys, so that a database that was set back does not forget
/// them: what the table holds, sealed as it is there. Hexadecimal.
#[derive(Serialize, Deserialize)]
pub(super) struct KeyBeside {
    /// The key that node and hub share, under the hub's own.
    sealed: String,
    /// The node's master key under its recovery sheet.
    wrapped_master: String,
}

impl KeyBeside {
    /// The keys of a node as the database has them, if it is in this epoch.
    pub(super) async fn read(
        client: &impl GenericClient,
        node: &str,
        epoch: u64,
    ) -> Result<Option<KeyBeside>> {
        let sql = "SELECT w.sealed, w.wrapped_master FROM wrapping_key w JOIN stream s USING (node)
                   WHERE w.node = $1 AND s.epoch = $2";
        let row = client.query_opt(sql, &[&node, &signed(epoch)]).await?;
        Ok(row.map(|row| KeyBeside {
            sealed: journal::hex::encode(row.get(0)),
            wrapped_master: journal::hex::encode(row.get(1)),
        }))
    }
}

impl Store {
    /// Lets the journal of a forgotten epoch go on here; gives that epoch. Certificates of the box before
    /// it are worth nothing any more; the caller tells the broker.
    pub async fn adopt(&self, node: &str, now: Timestamp) -> Result<u64> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        tx.execute("SELECT pg_advisory_xact_lock($1)", &[&GRANT_LOCK]).await?;
        let row = tx
            .query_opt(
                "SELECT n.epoch, s.epoch, n.frozen_code FROM node n JOIN stream s USING (node)
                 WHERE n.node = $1 FOR UPDATE",
                &[&node],
            )
            .await?
            .ok_or_else(|| nothing_forgotten(node))?;
        let (counted, here) = (unsigned(row.get(0)), unsigned(row.get(1)));
        if row.get::<_, Option<&str>>(2) == Some(REVOKED) {
            return Err(HubError::refused(
                REVOKED,
                format!("{node} is revoked: a box comes in again only with a new token"),
            ));
        }
        let epoch = self.epochs.held(node)?.max(counted);
        if epoch <= here || !self.is_undecided(&tx, node).await? {
            return Err(nothing_forgotten(node));
        }
        let key = self.epochs.key(node, epoch)?.ok_or_else(|| key_forgotten(node, epoch))?;
        let sealed = journal::hex::decode(&key.sealed);
        let wrapped_master = journal::hex::decode(&key.wrapped_master);
        let (Some(sealed), Some(wrapped_master)) = (sealed, wrapped_master) else {
            return Err(key_forgotten(node, epoch));
        };
        // A copy of another hub's folder would lock the box out.
        self.keys().open_wrapping_key(node, &sealed)?;

        put_key_aside(&tx, node).await?;
        tx.execute(
            "UPDATE wrapping_key SET sealed = $2, wrapped_master = $3, granted_us = $4
             WHERE node = $1",
            &[&node, &sealed, &wrapped_master, &micros(now)],
        )
        .await?;
        tx.execute(
            "UPDATE node SET epoch = $2, state = 'enrolled', frozen_code = NULL, reported_seq = 0
             WHERE node = $1",
            &[&node, &signed(epoch)],
        )
        .await?;
        tx.execute(
            "UPDATE stream SET epoch = $2, acked_seq = 0, head_hash = $3 WHERE node = $1",
            &[&node, &signed(epoch), &journal::entry::NO_HASH.as_slice()],
        )
        .await?;
        tx.execute(
            "UPDATE alarm SET cleared_us = $2 WHERE node = $1 AND cleared_us IS NULL",
            &[&node, &micros(now)],
        )
        .await?;
        tx.execute(
            "UPDATE fork SET settled_us = $2 WHERE node = $1 AND settled_us IS NULL",
            &[&node, &micros(now)],
        )
        .await?;
        self.revoke(&tx, node, Which::All, now).await?;
        super::down::wake(&tx, node).await?;
        tx.commit().await?;
        tracing::warn!(node, epoch, "the journal of a forgotten epoch goes on here");
        Ok(epoch)
    }
}

fn nothing_forgotten(node: &str) -> HubError {
    HubError::refused(
        "node.nothing_forgotten",
        format!("no forgotten epoch of {node} waits for a decision"),
    )
}

fn key_forgotten(node: &str, epoch: u64) -> HubError {
    HubError::refused(
        "node.key_forgotten",
        format!(
            "the key that the box of {node} in epoch {epoch} shares with this hub is not kept here: keep \
             that box's disk, let the journal here go on, and enrol or restore a box"
        ),
    )
}
