//! A person's decision about a fork of the hub's own journal for a node: the hub was restored from an
//! older dump, has forgotten what it had said since, and the node has applied it. What the node has
//! stays; the hub begins its journal for the node anew, in the next epoch, and says again what it does
//! not know to have arrived. What arrives a second time changes nothing at the node.

use jiff::Timestamp;
use journal::Entry;

use super::{Store, micros, unsigned};
use crate::error::{HubError, Result};

/// Entries copied at once.
const PIECE: i64 = 500;

impl Store {
    /// Begins the hub's journal for a node in its next epoch with every entry that is not acknowledged.
    /// Gives that epoch and how many entries it begins with.
    pub async fn begin_down_anew(&self, node: &str, now: Timestamp) -> Result<(u64, u64)> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let row = tx
            .query_opt(
                "SELECT epoch, acked_seq FROM down_stream WHERE node = $1 FOR UPDATE",
                &[&node],
            )
            .await?
            .ok_or_else(|| {
                HubError::refused("hub.node_not_enrolled", format!("{node} is not enrolled"))
            })?;
        let (old, acked): (i64, i64) = (row.get(0), row.get(1));
        let epoch = old + 1;
        let (mut seq, mut prev) = (0_i64, journal::entry::NO_HASH);
        let mut after = acked;
        loop {
            let rows = tx
                .query(
                    "SELECT seq, kind, key_ids, at_us, raw FROM down_entry
                     WHERE node = $1 AND epoch = $2 AND seq > $3 ORDER BY seq LIMIT $4",
                    &[&node, &old, &after, &PIECE],
                )
                .await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                after = row.get(0);
                seq += 1;
                let mut entry = Entry::decode(row.get(4)).map_err(|error| {
                    HubError::refused("hub.store_damaged", format!("down entry {after}: {error}"))
                })?;
                // A sealed part is bound to its subject and revision, which stay; time and boot too are
                // those of when it was said.
                (entry.epoch, entry.seq, entry.prev) = (unsigned(epoch), unsigned(seq), prev);
                let raw = entry
                    .seal_hash()
                    .map_err(|error| HubError::refused(error.code(), error.to_string()))?;
                prev = entry.hash;
                let (kind, key_ids): (String, Vec<String>) = (row.get(1), row.get(2));
                tx.execute(
                    "INSERT INTO down_entry (node, epoch, seq, kind, key_ids, at_us, raw, hash)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    &[
                        &node,
                        &epoch,
                        &seq,
                        &kind,
                        &key_ids,
                        &row.get::<_, i64>(3),
                        &raw,
                        &prev.as_slice(),
                    ],
                )
                .await?;
                tx.execute(
                    "UPDATE hub_order_node SET epoch = $2, seq = $3
                     WHERE node = $1 AND epoch = $4 AND seq = $5",
                    &[&node, &epoch, &seq, &old, &after],
                )
                .await?;
            }
        }
        tx.execute(
            "UPDATE down_stream
             SET epoch = $2, last_seq = $3, head_hash = $4, acked_seq = 0, acked_us = NULL
             WHERE node = $1",
            &[&node, &epoch, &seq, &prev.as_slice()],
        )
        .await?;
        tx.execute(
            "UPDATE alarm SET cleared_us = $2
             WHERE node = $1 AND about = 'down' AND cleared_us IS NULL",
            &[&node, &micros(now)],
        )
        .await?;
        super::down::wake(&tx, node).await?;
        tx.commit().await?;
        tracing::warn!(node, epoch, entries = seq, "the hub's journal for the node begins anew");
        Ok((unsigned(epoch), unsigned(seq)))
    }
}
