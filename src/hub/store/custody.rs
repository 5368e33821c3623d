//! Who holds a dossier. The hub decides it inside the transaction of the frame that brings the news,
//! so there is one order of events for everybody.
//!
//! - The giver's hand-over is committed when it reaches the hub and still stands at the frame's end;
//!   from then on the dossier is on its way, and a take-back comes too late. The giver is told so
//!   (`passed_on`); it stays the holder, without the right to edit, until the other side answers.
//! - A take-back that reaches the hub before that, or in the same frame, wins: the dossier never left.
//! - The receiver's acceptance makes it the holder with the next term; its refusal sends the dossier
//!   back to the giver, also with the next term.
//!
//! Both sides learn the outcome from their down journals: `hand_over_offer` with the dossier's own two
//! halves, and `custody_decision`
//! with a [`CustodyDecision`], the other side's reason sealed in it. A state from someone who does not
//! hold the dossier is kept beside in `conflict`; nothing is merged.

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
    /// Tell this node what was decided about its hand-over to `other`.
    Decide { to: String, outcome: CustodyOutcome, holder: String, term: u64, other: String },
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
        let mut steps = Vec::new();
        for one in moved {
            let id = one.dossier.id.to_string();
            let known = standing(tx, &id).await?;
            let (next, follows) = decide(known.clone(), node, one.dossier);
            if let Some(next) = &next
                && known.as_ref() != Some(next)
            {
                keep_standing(tx, &id, next, now).await?;
            }
            steps.extend(follows.into_iter().map(|step| (one, step)));
        }
        lock_down_streams(tx, node, &steps).await?;
        for (one, step) in steps {
            self.follow(tx, node, one, step, now).await?;
        }
        Ok(())
    }

    async fn follow(
        &self,
        tx: &Transaction<'_>,
        node: &NodeId,
        one: &MovedDossier<'_>,
        step: Follows,
        now: Timestamp,
    ) -> Result<()> {
        match step {
            Follows::Offer { to } => {
                let mut told =
                    Standing { holder: node.to_string(), term: one.dossier.term, offered_to: None };
                let outcome = if self.offer(tx, node, one.dossier, &to, now).await? {
                    CustodyOutcome::PassedOn
                } else {
                    told = nobody_there(told);
                    keep_standing(tx, &one.dossier.id.to_string(), &told, now).await?;
                    CustodyOutcome::NoBox
                };
                self.tell(tx, one.dossier, node.as_str(), (outcome, &to), &told, now).await
            }
            Follows::Decide { to, outcome, holder, term, other } => {
                let told = Standing { holder, term, offered_to: None };
                self.tell(tx, one.dossier, &to, (outcome, &other), &told, now).await
            }
            Follows::Conflict(code) => {
                let (epoch, seq) = (one.epoch, one.seq);
                self.keep_beside(tx, node.as_str(), epoch, seq, one.readable, code, now).await
            }
        }
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
        let change = DownChange {
            kind: OFFER,
            subject: dossier.id.to_string(),
            rev: dossier.rev,
            term: dossier.term,
            schema: 1,
            public,
            sealed: sealed_of(dossier.id, private),
            blobs: Vec::new(),
        };
        self.append_down(tx, to, HUB, vec![change], now).await?;
        Ok(true)
    }

    async fn tell(
        &self,
        tx: &Transaction<'_>,
        dossier: &Dossier,
        to: &str,
        (outcome, other): (CustodyOutcome, &str),
        standing: &Standing,
        now: Timestamp,
    ) -> Result<()> {
        let node = |text: &str| {
            NodeId::parse(text)
                .map_err(|error| HubError::refused("hub.bad_node", error.to_string()))
        };
        // Only a refusal is explained to the giver; what was said with a hand-over it said itself.
        let declined = outcome == CustodyOutcome::Declined;
        let decision = CustodyDecision {
            dossier_id: dossier.id,
            outcome,
            holder: node(&standing.holder)?,
            term: standing.term,
            other: node(other)?,
            note: dossier.custody_note.clone().filter(|_| declined),
        };
        let (public, private) = decision.split();
        let change = DownChange {
            kind: CustodyDecision::KIND,
            subject: dossier.id.to_string(),
            rev: standing.term.max(1),
            term: standing.term,
            schema: 1,
            public,
            sealed: sealed_of(dossier.id, private),
            blobs: Vec::new(),
        };
        self.append_down(tx, to, HUB, vec![change], now).await?;
        tracing::info!(dossier = %dossier.id, to, ?outcome, term = standing.term, "custody decided");
        Ok(())
    }
}

/// Locks the down journals that are written to, in one order for everybody: two frames that hand
/// dossiers to each other's nodes would else wait for each other.
async fn lock_down_streams(
    tx: &Transaction<'_>,
    node: &NodeId,
    steps: &[(&MovedDossier<'_>, Follows)],
) -> Result<()> {
    let mut nodes = vec![node.as_str()];
    nodes.extend(steps.iter().filter_map(|(_, step)| match step {
        Follows::Offer { to } | Follows::Decide { to, .. } => Some(to.as_str()),
        Follows::Conflict(_) => None,
    }));
    if nodes.len() > 1 {
        let statement = "SELECT 1 FROM down_stream WHERE node = ANY($1) ORDER BY node FOR UPDATE";
        tx.execute(statement, &[&nodes]).await?;
    }
    Ok(())
}

/// What is sealed about a dossier goes under the dossier's own key.
fn sealed_of(dossier: Uuid, private: Value) -> Option<(String, Value)> {
    match private {
        Value::Null => None,
        private => Some((format!("dossier:{dossier}"), private)),
    }
}

/// Nobody was there to take it: it is back with the giver at once, with the next term, so that a wish
/// to have it back which is under way already cannot end a later hand-over.
fn nobody_there(standing: Standing) -> Standing {
    Standing { term: standing.term + 1, offered_to: None, ..standing }
}

/// The rule: from what is known, who speaks, and the dossier as it left that node.
fn decide(
    known: Option<Standing>,
    node: &NodeId,
    dossier: &Dossier,
) -> (Option<Standing>, Vec<Follows>) {
    let claims = dossier.holder == *node;
    let node = node.as_str();
    let mut standing = match known {
        Some(known) => known,
        None if claims => {
            Standing { holder: node.to_owned(), term: dossier.term, offered_to: None }
        }
        // The holder's own word has not come yet; a copy alone says nothing.
        None => return (None, Vec::new()),
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
            other: node.to_owned(),
        });
    } else if offered_here && matches!(dossier.custody, Custody::Declined { .. }) {
        standing.term += 1;
        standing.offered_to = None;
        follows.push(Follows::Decide {
            to: standing.holder.clone(),
            outcome: CustodyOutcome::Declined,
            holder: standing.holder.clone(),
            term: standing.term,
            other: node.to_owned(),
        });
        return (Some(standing), follows);
    }
    if !claims {
        // A copy that knows that it is one: after an acceptance, a refusal, or while it is offered.
        return (Some(standing), follows);
    }
    let stale = standing.holder != node || standing.term != dossier.term;
    if stale && matches!(dossier.custody, Custody::TakingBack { .. } | Custody::PassedOn { .. }) {
        // The wish, or what was known before, crossed the other side's word on the line; the answer
        // is on its way already, and a second one could overtake a later offer.
        return (Some(standing), follows);
    }
    if stale {
        follows.push(Follows::Conflict("dossier.stale_term"));
        return (Some(standing), follows);
    }
    match (&dossier.custody, &standing.offered_to) {
        (Custody::HandingOver { to, .. }, None) => {
            standing.offered_to = Some(to.to_string());
            follows.push(Follows::Offer { to: to.to_string() });
        }
        (Custody::HandingOver { to, .. }, Some(offered)) if to.as_str() == offered => {}
        (Custody::PassedOn { to, .. }, Some(offered)) if to.as_str() == offered => {}
        (Custody::TakingBack { to, .. }, None) => follows.push(Follows::Decide {
            to: node.to_owned(),
            outcome: CustodyOutcome::TakenBack,
            holder: node.to_owned(),
            term: standing.term,
            other: to.to_string(),
        }),
        (Custody::TakingBack { .. }, Some(offered)) => follows.push(Follows::Decide {
            to: node.to_owned(),
            outcome: CustodyOutcome::TooLate,
            holder: node.to_owned(),
            term: standing.term,
            other: offered.clone(),
        }),
        (_, Some(_)) => follows.push(Follows::Conflict("dossier.edited_in_hand_over")),
        (_, None) => {}
    }
    (Some(standing), follows)
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use domain::dossier::custody::{
        accept, apply_decision, hand_over, may_edit, offered, refuse, take_back,
    };
    use proptest::prelude::*;

    use super::*;
    use crate::tests::fixture::{new_dossier, now};

    /// A node that is not enrolled.
    const NOBODY: &str = "06652-1";

    /// One end of the line.
    struct End {
        node: NodeId,
        dossier: Option<Dossier>,
        /// States that the hub has not got yet.
        up: VecDeque<Dossier>,
        /// What the hub has said and this end has not got yet.
        down: VecDeque<Said>,
    }

    enum Said {
        Offer(NodeId, Box<Dossier>),
        Decision(CustodyDecision),
    }

    impl End {
        fn new(name: &str) -> End {
            let node = NodeId::parse(name).unwrap();
            End { node, dossier: None, up: VecDeque::new(), down: VecDeque::new() }
        }

        fn keep(&mut self, dossier: Dossier) {
            self.up.push_back(dossier.clone());
            self.dossier = Some(dossier);
        }

        fn edits(&self) -> bool {
            self.dossier.as_ref().is_some_and(|dossier| may_edit(dossier, &self.node).is_ok())
        }

        /// Does one thing that an officer may try; a refusal changes nothing.
        fn act(&mut self, what: u8, other: &NodeId) {
            let Some(known) = &self.dossier else { return };
            let nobody = NodeId::parse(NOBODY).unwrap();
            let outcome = match what % 6 {
                5 => hand_over(known, nobody, None, &self.node, now()),
                0 => hand_over(known, other.clone(), None, &self.node, now()),
                1 => take_back(known, &self.node, now()),
                2 => accept(known, &self.node),
                3 => refuse(known, None, now()),
                _ => may_edit(known, &self.node).map(|()| {
                    let mut dossier = known.clone();
                    dossier.rev += 1;
                    domain::dossier::Outcome { dossier, effects: Vec::new() }
                }),
            };
            if let Ok(outcome) = outcome {
                self.keep(outcome.dossier);
            }
        }

        fn listen(&mut self) {
            let after = match (self.down.pop_front(), &self.dossier) {
                (Some(Said::Offer(from, dossier)), known) => {
                    offered(known.as_ref(), &dossier, from, now()).unwrap().dossier
                }
                (Some(Said::Decision(decision)), Some(known)) => {
                    apply_decision(known, &decision, &self.node, now()).unwrap().dossier
                }
                _ => return,
            };
            if self.dossier.as_ref().is_none_or(|known| known.rev != after.rev) {
                self.keep(after);
            }
        }
    }

    /// The hub takes up to `count` states of one end as one frame.
    fn frame(ends: &mut [End; 2], from: usize, count: usize, known: &mut Option<Standing>) {
        let node = ends[from].node.clone();
        let mut last = None;
        for _ in 0..count {
            last = ends[from].up.pop_front().or(last);
        }
        let Some(dossier) = last else { return };
        let (next, follows) = decide(known.take(), &node, &dossier);
        *known = next;
        let decided = |outcome, holder: &str, term, other: &str| CustodyDecision {
            dossier_id: dossier.id,
            outcome,
            holder: NodeId::parse(holder).unwrap(),
            term,
            other: NodeId::parse(other).unwrap(),
            note: None,
        };
        for step in follows {
            let told = match step {
                Follows::Offer { to } if to == NOBODY => {
                    let back = nobody_there(known.take().unwrap());
                    let word = decided(CustodyOutcome::NoBox, &back.holder, back.term, &to);
                    *known = Some(back);
                    vec![(node.to_string(), Said::Decision(word))]
                }
                Follows::Offer { to } => {
                    let word = decided(CustodyOutcome::PassedOn, node.as_str(), dossier.term, &to);
                    let offer = Said::Offer(node.clone(), Box::new(dossier.clone()));
                    vec![(to, offer), (node.to_string(), Said::Decision(word))]
                }
                Follows::Decide { to, outcome, holder, term, other } => {
                    vec![(to, Said::Decision(decided(outcome, &holder, term, &other)))]
                }
                Follows::Conflict(code) => panic!("{code} among honest nodes"),
            };
            for (to, said) in told {
                ends.iter_mut().find(|end| end.node.as_str() == to).unwrap().down.push_back(said);
            }
        }
    }

    proptest! {
        /// Whatever two honest nodes do, and in whatever pieces and order the line carries it, never
        /// both may edit; and when everything has arrived, it is with one or on its way to one.
        #[test]
        fn never_do_two_nodes_edit_a_dossier(
            steps in proptest::collection::vec((0..4_u8, 0..2_usize, any::<u8>()), 1..120)
        ) {
            let mut ends = [End::new("06658-1"), End::new("06676-1")];
            let names = [ends[0].node.clone(), ends[1].node.clone()];
            let first = new_dossier(&names[0]);
            ends[0].keep(first);
            let mut known = None;
            for (kind, end, what) in steps {
                match kind {
                    0 | 1 => ends[end].act(what, &names[1 - end]),
                    2 => frame(&mut ends, end, usize::from(what % 4) + 1, &mut known),
                    _ => ends[end].listen(),
                }
                prop_assert!(!(ends[0].edits() && ends[1].edits()));
            }
            while ends.iter().any(|end| !end.up.is_empty() || !end.down.is_empty()) {
                for end in 0..2 {
                    frame(&mut ends, end, 1, &mut known);
                    ends[end].listen();
                    prop_assert!(!(ends[0].edits() && ends[1].edits()));
                }
            }
            let standing = known.unwrap();
            let editors = ends.iter().filter(|end| end.edits()).count();
            prop_assert_eq!(editors, usize::from(standing.offered_to.is_none()));
        }
    }
}
