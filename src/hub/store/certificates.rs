//! Certificates of the nodes: which are worth something, and which the broker must refuse.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;

use super::{Store, instant, micros};
use crate::authority::Issued;
use crate::authority::device::RevokedCertificate;
use crate::error::{HubError, Result};
use crate::renew::Booked;

/// A certificate that ended so long ago need not be listed as revoked: it is refused in any case, also
/// by a broker whose clock is a little behind.
const LISTED_AFTER_END: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long a certificate is worth something.
pub(crate) struct Validity {
    pub(crate) issued_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    pub(crate) revoked: bool,
}

impl Validity {
    fn read(row: &Row) -> Validity {
        Validity {
            issued_at: instant(row.get("issued_us")),
            ends_at: instant(row.get("not_after_us")),
            revoked: row.get::<_, Option<i64>>("revoked_us").is_some(),
        }
    }
}

/// Which of a node's device certificates are revoked.
pub(crate) enum Which {
    All,
    IssuedBefore(Timestamp),
    IssuedAfter(Timestamp),
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
            .find(|row| row.get::<_, &str>("serial") == serial)
            .map(|row| Booked { pem: row.get("pem"), validity: Validity::read(&row) })
            .ok_or_else(|| {
                HubError::refused(
                    "renew.unknown_certificate",
                    format!("{node} was never issued a certificate {serial}"),
                )
            })
    }

    /// When a node's newest device certificate was issued; the beginning of time when there is none.
    pub(crate) async fn newest_certificate_at(
        &self,
        tx: &Transaction<'_>,
        node: &str,
    ) -> Result<Timestamp> {
        let row = tx
            .query_one(
                "SELECT coalesce(max(issued_us), 0) FROM certificate
                 WHERE node = $1 AND purpose = 'device'",
                &[&node],
            )
            .await?;
        Ok(instant(row.get(0)))
    }

    /// Revokes some of a node's device certificates; gives how many were not before.
    pub(crate) async fn revoke(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        which: Which,
        now: Timestamp,
    ) -> Result<u64> {
        let (after, before) = match which {
            Which::All => (i64::MIN, i64::MAX),
            Which::IssuedBefore(at) => (i64::MIN, micros(at)),
            Which::IssuedAfter(at) => (micros(at), i64::MAX),
        };
        let sql = "UPDATE certificate SET revoked_us = $4
                   WHERE node = $1 AND purpose = 'device' AND issued_us > $2 AND issued_us < $3
                     AND revoked_us IS NULL";
        Ok(tx.execute(sql, &[&node, &after, &before, &micros(now)]).await?)
    }

    /// The newest device certificate of each node that is worth something, or else the newest.
    pub(crate) async fn newest_certificates(&self) -> Result<HashMap<String, Validity>> {
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT DISTINCT ON (node) node, issued_us, not_after_us, revoked_us
                 FROM certificate WHERE purpose = 'device'
                 ORDER BY node, (revoked_us IS NULL) DESC, issued_us DESC",
                &[],
            )
            .await?;
        Ok(rows.iter().map(|row| (row.get("node"), Validity::read(row))).collect())
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
