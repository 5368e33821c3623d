//! Which boxes there are, as every box is told: only to these can a dossier be handed over.
//!
//! The first boxes of a province are told at once, in the transaction that lets a new one in. Were it so
//! for all, each enrolment would write an entry for every box, and a province that comes in on one day
//! would cost the square of its boxes, at the hub and on every line. So from [`TOLD_AT_ONCE_MAX`] on only
//! the new box hears at once whom there is, and the running hub tells all others together, once nobody
//! new has come for a moment ([`Newcomers`]). Until then no box can hand a dossier over to the new one.

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use journal::Entry;

use super::Store;
use super::down::DownChange;
use super::nodes::{ENROLLED, GRANT_LOCK};
use crate::error::{HubError, Result};

/// In a province of so many boxes every box is told of a new one at once.
pub const TOLD_AT_ONCE_MAX: usize = 16;
/// Looks for newcomers after which the others are told at the latest, also when more are coming.
const LOOKS_MAX: u32 = 12;

/// When the others are told of newcomers. It looks now and then how many boxes there are: what it holds
/// is lost with the process, and the tables say who was told.
#[derive(Debug, Default)]
pub struct Newcomers {
    told: usize,
    seen: usize,
    looks: u32,
}

impl Newcomers {
    /// One look; true when it is time to tell.
    pub fn look(&mut self, boxes: usize) -> bool {
        if boxes == self.told {
            self.looks = 0;
            return false;
        }
        let quiet = boxes == self.seen;
        self.seen = boxes;
        self.looks += 1;
        quiet || self.looks >= LOOKS_MAX
    }

    /// Everybody knows of so many boxes.
    pub fn told(&mut self, boxes: usize) {
        self.told = boxes;
        self.looks = 0;
    }
}

impl Store {
    /// How many boxes are enrolled.
    pub async fn boxes(&self) -> Result<usize> {
        Ok(self.enrolled_nodes(&self.client().await?).await?.len())
    }

    /// Tells a new box which boxes there are, and the others of it where they are few. The caller holds
    /// the lock of whoever grants: nobody else is enrolled in between.
    pub(super) async fn tell_at_once(
        &self,
        tx: &Transaction<'_>,
        newcomer: &str,
        now: Timestamp,
    ) -> Result<()> {
        let nodes = self.enrolled_nodes(tx).await?;
        for node in &nodes {
            if nodes.len() <= TOLD_AT_ONCE_MAX || node == newcomer {
                self.tell_box(tx, node, &nodes, now).await?;
            }
        }
        Ok(())
    }

    /// Tells every box that has not heard of all; gives how many were told, and how many boxes there are.
    pub async fn tell_of_newcomers(&self, now: Timestamp) -> Result<(usize, usize)> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        tx.execute("SELECT pg_advisory_xact_lock($1)", &[&GRANT_LOCK]).await?;
        // In the order of their names, as an order to all: two that write to all wait for each other and
        // not in a ring.
        let nodes = self.enrolled_nodes(&tx).await?;
        let mut told = 0;
        for node in &nodes {
            if last_told(&tx, node).await? < nodes.len() as u64 {
                self.tell_box(&tx, node, &nodes, now).await?;
                told += 1;
            }
        }
        tx.commit().await?;
        Ok((told, nodes.len()))
    }

    async fn tell_box(
        &self,
        tx: &Transaction<'_>,
        node: &str,
        nodes: &[String],
        now: Timestamp,
    ) -> Result<()> {
        let change = DownChange {
            kind: ENROLLED,
            subject: ENROLLED.to_owned(),
            // Boxes are never taken off the list, so their number grows with each newcomer.
            rev: nodes.len() as u64,
            term: 0,
            schema: 1,
            public: serde_json::json!({ "nodes": nodes }),
            sealed: None,
            blobs: Vec::new(),
        };
        self.append_down(tx, node, "hub", vec![change], now).await.map(drop)
    }
}

/// How many boxes the newest list names that this box was sent; 0 for none.
async fn last_told(tx: &Transaction<'_>, node: &str) -> Result<u64> {
    let sql = "SELECT raw FROM down_entry WHERE node = $1 AND kind = $2
               ORDER BY epoch DESC, seq DESC LIMIT 1";
    let Some(row) = tx.query_opt(sql, &[&node, &ENROLLED]).await? else { return Ok(0) };
    let entry = Entry::decode(row.get(0))
        .map_err(|error| HubError::refused("hub.store_damaged", error.to_string()))?;
    Ok(entry.changes.first().map_or(0, |change| change.rev))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_others_are_told_when_nobody_new_has_come_since_the_last_look() {
        let mut newcomers = Newcomers::default();
        assert!(!newcomers.look(0), "there is nobody");
        assert!(!newcomers.look(20), "perhaps more are coming");
        assert!(!newcomers.look(25));
        assert!(newcomers.look(25));
        assert!(newcomers.look(25), "it could not be told, and is tried again");
        newcomers.told(25);
        assert!(!newcomers.look(25));
        assert!(!newcomers.look(26));
        assert!(newcomers.look(26));
    }

    #[test]
    fn a_province_that_keeps_coming_in_is_told_now_and_then_all_the_same() {
        let mut newcomers = Newcomers::default();
        let mut told = Vec::new();
        for boxes in 1..=30 {
            if newcomers.look(boxes) {
                newcomers.told(boxes);
                told.push(boxes);
            }
        }
        assert_eq!(told, [12, 24]);
    }
}
