//! Enrolment tokens. A token is kept as its SHA-256, works once, and only for the node that it was
//! made for.

use deadpool_postgres::Transaction;
use jiff::Timestamp;

use super::{Store, micros};
use crate::error::{HubError, Result};

impl Store {
    /// Keeps a new token and takes back older ones of the same node that nobody used.
    pub(crate) async fn keep_token(
        &self,
        tx: &Transaction<'_>,
        token_hash: &[u8; 32],
        node: &str,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<()> {
        tx.execute("DELETE FROM enrol_token WHERE node = $1 AND used_us IS NULL", &[&node]).await?;
        tx.execute(
            "INSERT INTO enrol_token (token_hash, node, created_us, expires_us)
             VALUES ($1, $2, $3, $4)",
            &[&token_hash.as_slice(), &node, &micros(now), &micros(expires)],
        )
        .await?;
        Ok(())
    }

    /// Spends a token within the caller's transaction: of two requests at once, the second waits for
    /// the row and then finds it used.
    pub(crate) async fn spend_token(
        &self,
        tx: &Transaction<'_>,
        token_hash: &[u8; 32],
        node: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.check_token(tx, token_hash, node, now).await?;
        tx.execute(
            "UPDATE enrol_token SET used_us = $2 WHERE token_hash = $1",
            &[&token_hash.as_slice(), &micros(now)],
        )
        .await?;
        Ok(())
    }

    /// Whether a token opens the way for a node now.
    pub(crate) async fn check_token(
        &self,
        tx: &Transaction<'_>,
        token_hash: &[u8; 32],
        node: &str,
        now: Timestamp,
    ) -> Result<()> {
        let row = tx
            .query_opt(
                "SELECT node, expires_us, used_us FROM enrol_token
                 WHERE token_hash = $1 FOR UPDATE",
                &[&token_hash.as_slice()],
            )
            .await?
            .ok_or_else(|| {
                HubError::refused(
                    "enrol.unknown_token",
                    "no such token, or a newer one replaced it",
                )
            })?;
        let known: String = row.get(0);
        if row.get::<_, Option<i64>>(2).is_some() {
            return Err(HubError::refused(
                "enrol.token_used",
                "the token was used already; make a new one with: motcua hub enrol",
            ));
        }
        if known != node {
            return Err(HubError::refused(
                "enrol.wrong_node",
                format!("the token was made for another node than {node}"),
            ));
        }
        if row.get::<_, i64>(1) <= micros(now) {
            return Err(HubError::refused(
                "enrol.token_expired",
                "the token's time is over; make a new one with: motcua hub enrol",
            ));
        }
        Ok(())
    }
}
