//! A stream of which nothing more is taken: frozen for a reason, until a person decides or a new token
//! lets the box in again.

use deadpool_postgres::Transaction;
use jiff::Timestamp;

use super::alarms::raise;
use super::{Store, micros};
use crate::error::Result;

/// Alarms that only a person ends, by "goes on" at the node's page.
const LASTING: &[&str] = &["link.stale_copy", "link.old_box", "stream.salvage_full"];

impl Store {
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
}
