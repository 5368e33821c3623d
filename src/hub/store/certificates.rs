//! Certificates of the nodes: which are worth something, and which the broker must refuse.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use jiff::{SignedDuration, Timestamp};

use super::{Store, instant, micros};
use crate::authority::Issued;
use crate::authority::device::RevokedCertificate;
use crate::error::{HubError, Result};
use crate::renew::Booked;

/// A certificate that ended so long ago need not be listed as revoked: it is refused in any case, also
/// by a broker whose clock is a little behind.
const LISTED_AFTER_END: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How a node's newest certificate stands.
pub(crate) struct Newest {
    pub(crate) issued_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    pub(crate) revoked: bool,
}

impl Store {
    /// Books a certificate; older ones of the node for the same purpose count as revoked.
    pub(crate) async fn keep_certificate(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        purpose: &str,
        issued: &Issued,
        now: Timestamp,
    ) -> Result<()> {
        tx.execute(
            "UPDATE certificate SET revoked_us = $3
             WHERE node = $1 AND purpose = $2 AND revoked_us IS NULL",
            &[&node, &purpose, &micros(now)],
        )
        .await?;
        self.add_certificate(tx, node, purpose, issued, now).await
    }

    /// Books a certificate beside the older ones.
    pub(crate) async fn add_certificate(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        purpose: &str,
        issued: &Issued,
        now: Timestamp,
    ) -> Result<()> {
        tx.execute(
            "INSERT INTO certificate (serial, node, purpose, pem, issued_us, not_after_us)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                &issued.serial,
                &node,
                &purpose,
                &issued.pem,
                &micros(now),
                &micros(issued.not_after),
            ],
        )
        .await?;
        Ok(())
    }

    /// A device certificate of a node by its serial. All of the node's are locked, so that of two
    /// renewals at once the second sees what the first has done.
    pub(crate) async fn certificate_of(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        serial: &str,
    ) -> Result<Booked> {
        let rows = tx
            .query(
                "SELECT serial, pem, issued_us, not_after_us, revoked_us FROM certificate
                 WHERE node = $1 AND purpose = 'device' ORDER BY serial FOR UPDATE",
                &[&node],
            )
            .await?;
        rows.into_iter()
            .find(|row| row.get::<_, &str>(0) == serial)
            .map(|row| Booked {
                pem: row.get(1),
                issued_us: row.get(2),
                not_after: instant(row.get(3)),
                revoked: row.get::<_, Option<i64>>(4).is_some(),
            })
            .ok_or_else(|| {
                HubError::refused(
                    "renew.unknown_certificate",
                    format!("{node} was never issued a certificate {serial}"),
                )
            })
    }

    /// When a node's newest device certificate was issued.
    pub(crate) async fn newest_certificate_us(
        &self,
        tx: &Transaction<'_>,
        node: &str,
    ) -> Result<i64> {
        let row = tx
            .query_one(
                "SELECT coalesce(max(issued_us), 0) FROM certificate
                 WHERE node = $1 AND purpose = 'device'",
                &[&node],
            )
            .await?;
        Ok(row.get(0))
    }

    /// Revokes a node's device certificates that were issued after a moment.
    pub(crate) async fn revoke_after(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        issued_us: i64,
        now: Timestamp,
    ) -> Result<u64> {
        let sql = "UPDATE certificate SET revoked_us = $3
                   WHERE node = $1 AND purpose = 'device' AND issued_us > $2
                     AND revoked_us IS NULL";
        Ok(tx.execute(sql, &[&node, &issued_us, &micros(now)]).await?)
    }

    /// Revokes a node's device certificates that were issued before a moment.
    pub(crate) async fn revoke_before(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        issued_us: i64,
        now: Timestamp,
    ) -> Result<u64> {
        let sql = "UPDATE certificate SET revoked_us = $3
                   WHERE node = $1 AND purpose = 'device' AND issued_us < $2
                     AND revoked_us IS NULL";
        Ok(tx.execute(sql, &[&node, &issued_us, &micros(now)]).await?)
    }

    /// The newest device certificate of each node that is worth something, or else the newest.
    pub(crate) async fn newest_certificates(&self) -> Result<HashMap<String, Newest>> {
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT DISTINCT ON (node) node, issued_us, not_after_us, revoked_us
                 FROM certificate WHERE purpose = 'device'
                 ORDER BY node, (revoked_us IS NULL) DESC, issued_us DESC",
                &[],
            )
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let newest = Newest {
                    issued_at: instant(row.get(1)),
                    ends_at: instant(row.get(2)),
                    revoked: row.get::<_, Option<i64>>(3).is_some(),
                };
                (row.get(0), newest)
            })
            .collect())
    }

    /// Revoked device certificates that would still be let in, ordered by serial.
    pub(crate) async fn revoked_certificates(
        &self,
        now: Timestamp,
    ) -> Result<Vec<RevokedCertificate>> {
        let ended = now.saturating_sub(LISTED_AFTER_END).unwrap_or(now);
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT serial, revoked_us FROM certificate
                 WHERE purpose = 'device' AND revoked_us IS NOT NULL AND not_after_us > $1
                 ORDER BY serial",
                &[&micros(ended)],
            )
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| RevokedCertificate { serial: row.get(0), revoked_at: instant(row.get(1)) })
            .collect())
    }
}
