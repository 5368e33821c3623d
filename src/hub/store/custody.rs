//! Who holds a dossier. The hub decides it inside the transaction of the frame that brings the news,
//! so there is one order of events for everybody.
//!
//! - The giver's hand-over is committed when it reaches the hub and still stands at the frame's end;
//!   from then on the dossier is on its way, and a take-back comes too late.
//! - A take-back that reaches the hub before that, or in the same frame, wins: the dossier never left.
//! - The receiver's acceptance makes it the holder with the next term; its refusal sends the dossier
//!   back to the giver, also with the next term.
//!
//! Both sides learn the outcome from their down journals: `hand_over_offer` with the dossier's own two
//! halves, and `custody_decision`
//! with a [`CustodyDecision`]. A state from someone
//! who does not hold the dossier is kept beside in `conflict`; nothing is merged.

use deadpool_postgres::Transaction;
use domain::dossier::{Custody, CustodyDecision, CustodyOutcome, Dossier};
use domain::ids::NodeId;
use domain::split::Journaled;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::down::DownChange;
use super::ingest::MovedDossier;
use super::{Store, micros, signed, unsigned};
use crate::error::{HubError, Result};

/// Kind of an offer in a down journal.
pub const OFFER: &str = "hand_over_offer";
/// Kind of a decision in a down journal.
pub const DECISION: &str = "custody_decision";
/// Who acts when the hub itself does.
const HUB: &str = "hub";

/// What the hub knows of a dossier's custody.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    holder: String,
    term: u64,
    /// On the way to this node.
    offered_to: Option<String>,
}

/// What follows from a dossier's new state.
#[derive(Debug, PartialEq, Eq)]
enum Follows {
    /// Send the dossier to this node.
    Offer { to: String },
    /// Tell this node what was decided.
    Decide { to: String, outcome: CustodyOutcome, holder: String, term: u64 },
    /// Keep the state beside.
    Conflict(&'static str),
}

impl Store {
    /// Moves custody for every dossier that a frame has changed, by its state at the frame's end.
    pub(super) async fn move_custody(
        &self,
        tx: &Transaction<'_>,
        node: &NodeId,
        moved: &[MovedDossier<'_>],
        now: Timestamp,
    ) -> Result<()> {
        for one in moved {
            let id = one.dossier.id.to_string();
            let known = standing(tx, &id).await?;
            let (next, follows) = decide(known.clone(), node, one.dossier);
            if let Some(next) = &next
                && known.as_ref() != Some(next)
            {
                keep_standing(tx, &id, next, now).await?;
            }
            for step in follows {
                match step {
                    Follows::Offer { to } => {
                        if !self.offer(tx, node, one.dossier, &to, now).await? {
                            // Nobody there to take it: it is back with the giver at once.
                            let back = Standing {
                                holder: node.to_string(),
                                term: one.dossier.term,
                                offered_to: None,
                            };
                            keep_standing(tx, &id, &back, now).await?;
                            self.tell(
                                tx,
                                one.dossier.id,
                                node.as_str(),
                                CustodyOutcome::Returned,
                                &back,
                                now,
                            )
                            .await?;
                        }
                    }
                    Follows::Decide { to, outcome, holder, term } => {
                        let standing = Standing { holder, term, offered_to: None };
                        self.tell(tx, one.dossier.id, &to, outcome, &standing, now).await?;
                    }
                    Follows::Conflict(code) => {
                        self.keep_beside(
                            tx,
                            node.as_str(),
                            one.epoch,
                            one.seq,
                            one.readable,
                            code,
                            now,
                        )
                        .await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Sends the dossier to the receiver's down journal; `false` when that node is not enrolled.
    async fn offer(
        &self,
        tx: &Transaction<'_>,
        from: &NodeId,
        dossier: &Dossier,
        to: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let enrolled =
            tx.query_opt("SELECT 1 FROM down_stream WHERE node = $1", &[&to]).await?.is_some();
        if !enrolled {
            tracing::warn!(%from, to, dossier = %dossier.id, "handed over to a node that is not enrolled");
            return Ok(false);
        }
        let (public, private) = dossier.split();
        let sealed = match private {
            Value::Null => None,
            private => Some((format!("dossier:{}", dossier.id), private)),
        };
        let change = DownChange {
            kind: OFFER,
            subject: dossier.id.to_string(),
            rev: dossier.rev,
            term: dossier.term,
            schema: 1,
            public,
            sealed,
            blobs: Vec::new(),
        };
        self.append_down(tx, to, HUB, vec![change], now).await?;
        Ok(true)
    }

    async fn tell(
        &self,
        tx: &Transaction<'_>,
        dossier: Uuid,
        to: &str,
        outcome: CustodyOutcome,
        standing: &Standing,
        now: Timestamp,
    ) -> Result<()> {
        let holder = NodeId::parse(&standing.holder)
            .map_err(|error| HubError::refused("hub.bad_node", error.to_string()))?;
        let decision =
            CustodyDecision { dossier_id: dossier, outcome, holder, term: standing.term };
        let public = serde_json::to_value(&decision)
            .map_err(|error| HubError::refused("hub.json", error.to_string()))?;
        let change = DownChange {
            kind: DECISION,
            subject: dossier.to_string(),
            rev: standing.term.max(1),
            term: standing.term,
            schema: 1,
            public,
            sealed: None,
            blobs: Vec::new(),
        };
        self.append_down(tx, to, HUB, vec![change], now).await?;
        tracing::info!(%dossier, to, ?outcome, term = standing.term, "custody decided");
        Ok(())
    }
}

/// The rule: from what is known, who speaks, and the dossier as it left that node.
fn decide(
    known: Option<Standing>,
    node: &NodeId,
    dossier: &Dossier,
) -> (Option<Standing>, Vec<Follows>) {
    let node = node.as_str();
    let claims = dossier.holder.as_str() == node;
    let Some(mut standing) = known else {
        if !claims {
            return (None, Vec::new());
        }
        let standing = Standing { holder: node.to_owned(), term: dossier.term, offered_to: None };
        return decide(Some(standing), node_id(dossier), dossier);
    };
    let mut follows = Vec::new();
    let offered_here = standing.offered_to.as_deref() == Some(node);
    if offered_here && claims && dossier.term == standing.term + 1 {
        let giver = std::mem::replace(&mut standing.holder, node.to_owned());
        standing.term += 1;
        standing.offered_to = None;
        follows.push(Follows::Decide {
            to: giver,
            outcome: CustodyOutcome::Accepted,
            holder: node.to_owned(),
            term: standing.term,
        });
    } else if offered_here && matches!(dossier.custody, Custody::Declined { .. }) {
        standing.term += 1;
        standing.offered_to = None;
        follows.push(Follows::Decide {
            to: standing.holder.clone(),
            outcome: CustodyOutcome::Returned,
            holder: standing.holder.clone(),
            term: standing.term,
        });
        return (Some(standing), follows);
    }
    if !claims {
        // A copy that knows that it is one: after an acceptance, a refusal, or while it is offered.
        return (Some(standing), follows);
    }
    if standing.holder != node || standing.term != dossier.term {
        follows.push(Follows::Conflict("dossier.stale_term"));
        return (Some(standing), follows);
    }
    match (&dossier.custody, &standing.offered_to) {
        (Custody::HandingOver { to, .. }, None) => {
            standing.offered_to = Some(to.to_string());
            follows.push(Follows::Offer { to: to.to_string() });
        }
        (Custody::HandingOver { to, .. }, Some(offered)) if to.as_str() == offered => {}
        (Custody::TakingBack { .. }, None) => follows.push(Follows::Decide {
            to: node.to_owned(),
            outcome: CustodyOutcome::Returned,
            holder: node.to_owned(),
            term: standing.term,
        }),
        (Custody::TakingBack { .. }, Some(offered)) => follows.push(Follows::Decide {
            to: node.to_owned(),
            outcome: CustodyOutcome::Refused,
            holder: offered.clone(),
            term: standing.term + 1,
        }),
        (_, Some(_)) => follows.push(Follows::Conflict("dossier.edited_in_hand_over")),
        (_, None) => {}
    }
    (Some(standing), follows)
}

fn node_id(dossier: &Dossier) -> &NodeId {
    &dossier.holder
}

async fn standing(tx: &Transaction<'_>, dossier: &str) -> Result<Option<Standing>> {
    let statement = tx
        .prepare_cached(
            "SELECT holder, term, offered_to FROM custody WHERE dossier = $1 FOR UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[&dossier]).await?;
    Ok(row.map(|row| Standing {
        holder: row.get(0),
        term: unsigned(row.get(1)),
        offered_to: row.get(2),
    }))
}

async fn keep_standing(
    tx: &Transaction<'_>,
    dossier: &str,
    standing: &Standing,
    now: Timestamp,
) -> Result<()> {
    let statement = tx
        .prepare_cached(
            "INSERT INTO custody (dossier, holder, term, state, offered_to, changed_us)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (dossier) DO UPDATE
             SET holder = $2, term = $3, state = $4, offered_to = $5, changed_us = $6",
        )
        .await?;
    let state = if standing.offered_to.is_some() { "offered" } else { "held" };
    tx.execute(
        &statement,
        &[
            &dossier,
            &standing.holder,
            &signed(standing.term),
            &state,
            &standing.offered_to,
            &micros(now),
        ],
    )
    .await?;
    Ok(())
}
