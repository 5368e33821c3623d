//! Checks what the store holds against itself: every node's chain, read in pieces.

use journal::entry::outline;
use tokio_postgres::IsolationLevel;

use super::{Store, hash, signed, unsigned};
use crate::cli::ChainReport;
use crate::error::Result;

/// Entries read at once.
const PIECE: i64 = 1_000;

impl Store {
    /// Whether PostgreSQL answers.
    pub async fn reachable(&self) -> bool {
        match self.client().await {
            Ok(client) => client.batch_execute("SELECT 1").await.is_ok(),
            Err(_) => false,
        }
    }

    /// Reads every chain from its first entry to its end: in the granted epoch to the cursor, in an
    /// older one (the box was enrolled again) to its last entry. Everything is read as it was at one
    /// moment: a running hub takes in more meanwhile, and cursor and entries must be of the same moment.
    pub async fn check_chains(&self) -> Result<Vec<ChainReport>> {
        let mut client = self.client().await?;
        let moment = client
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await?;
        let streams = moment
            .query(
                "SELECT s.node, s.epoch, s.acked_seq, s.head_hash, true FROM stream s
                 UNION ALL
                 SELECT e.node, e.epoch, max(e.seq), NULL, false
                 FROM entry e LEFT JOIN stream s ON s.node = e.node AND s.epoch = e.epoch
                 WHERE s.node IS NULL GROUP BY e.node, e.epoch
                 ORDER BY 1, 2",
                &[],
            )
            .await?;
        let mut reports = Vec::new();
        for stream in streams {
            let node: String = stream.get(0);
            let (epoch, acked): (i64, u64) = (stream.get(1), unsigned(stream.get(2)));
            let head = stream.get::<_, Option<Vec<u8>>>(3).map(hash).transpose()?;
            let granted: bool = stream.get(4);
            let mut prev = journal::entry::NO_HASH;
            let (mut seen, mut holds) = (0_u64, true);
            loop {
                let rows = moment
                    .query(
                        "SELECT seq, raw, hash FROM entry
                         WHERE node = $1 AND epoch = $2 AND seq > $3 ORDER BY seq LIMIT $4",
                        &[&node, &epoch, &signed(seen), &PIECE],
                    )
                    .await?;
                if rows.is_empty() || !holds {
                    break;
                }
                for row in rows {
                    seen += 1;
                    let right = outline(row.get(1)).is_ok_and(|outline| {
                        outline.seq == seen
                            && unsigned(row.get(0)) == seen
                            && outline.node.as_str() == node
                            && outline.epoch == unsigned(epoch)
                            && outline.prev == prev
                            && outline.hash.as_slice() == row.get::<_, &[u8]>(2)
                    });
                    holds &= right;
                    prev = hash(row.get(2))?;
                }
            }
            let chain_ok = holds && seen == acked && head.is_none_or(|head| prev == head);
            reports.push(ChainReport {
                node,
                epoch: unsigned(epoch),
                granted,
                entries: seen,
                chain_ok,
            });
        }
        moment.commit().await?;
        Ok(reports)
    }

    /// Number and hash, in hexadecimal, of every entry of a node in its granted epoch, as the rows have
    /// them. Older epochs have numbers of their own.
    pub async fn entry_hashes(&self, node: &str) -> Result<Vec<(u64, String)>> {
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT e.seq, encode(e.hash, 'hex') FROM entry e JOIN stream s USING (node, epoch)
                 WHERE e.node = $1 ORDER BY e.seq",
                &[&node],
            )
            .await?;
        Ok(rows.iter().map(|row| (unsigned(row.get(0)), row.get(1))).collect())
    }
}
