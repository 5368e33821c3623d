//! What follows from an entry of the hub's journal, by the rules of `domain::dossier`. The desk takes
//! the hub's word in by it, and so do the simulated nodes; the entry's place in the chain is theirs.

use super::board::{HandOverNews, News};
use domain::dossier::{Custody, Dossier, custody};
use domain::ids::NodeId;
use domain::queue::Booking;
use domain::refusal::Refusal;
use jiff::Timestamp;
use store::down::DownItem;
use store::query::directory;
use store::records::{ErasureRecord, Message};
use store::{Fact, LocalWrite, StoreError};
use uuid::Uuid;

/// What is known before.
pub(crate) trait Known {
    /// A dossier.
    fn dossier(&self, id: Uuid) -> Result<Option<Dossier>, StoreError>;
    /// Whether a message of the hub is here.
    fn knows_message(&self, id: Uuid) -> Result<bool, StoreError>;
    /// Whether what a key seals was erased.
    fn is_erased(&self, key_id: &str) -> Result<bool, StoreError>;
    /// A booking. The citizen comes to the queue desk; of two that change it at once the store refuses
    /// the second, which is then asked again.
    fn booking(&self, id: Uuid) -> Result<Option<Booking>, StoreError>;
}

/// What follows from an entry.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// To be stored, in the entry's order.
    pub(crate) facts: Vec<Fact>,
    /// To be noted at this node.
    pub(crate) local: Vec<LocalWrite>,
    /// The dossiers whose custody moved, as the facts have them.
    pub(super) dossiers: Vec<Dossier>,
    /// What the hub said about hand-overs.
    pub(super) news: Vec<News>,
}

/// What follows from the things that an entry says; the code when one of them cannot be taken in.
///
/// # Errors
/// What is known cannot be read.
pub(crate) fn take_items(
    items: &[DownItem],
    node: &NodeId,
    known: &impl Known,
    now: Timestamp,
) -> Result<Result<Taken, String>, StoreError> {
    let mut taken = Taken::default();
    for item in items {
        let outcome = match item {
            // The hub may say again what it does not know to have arrived.
            DownItem::Message(message) if known.knows_message(message.id)? => continue,
            DownItem::Message(message) => {
                taken.facts.push(Fact::Message(Message {
                    id: message.id,
                    text: message.text.clone(),
                    from: message.from.clone(),
                    at: message.at,
                    received_at: now,
                    read_at: None,
                    read_by: None,
                    readers: Vec::new(),
                    rev: 1,
                }));
                continue;
            }
            // Said again, or done at this center before.
            DownItem::Erase(order) if known.is_erased(&order.key_id)? => continue,
            DownItem::Erase(order) => {
                taken.facts.push(Fact::Erase(ErasureRecord {
                    key_id: order.key_id.clone(),
                    rule: order.rule.clone(),
                    reason: order.reason.clone(),
                    by: order.by.clone(),
                    at: now,
                    rev: 1,
                }));
                continue;
            }
            DownItem::HandOverOffer(offered) => {
                let before = known.dossier(offered.id)?;
                let from = match &offered.custody {
                    Custody::Offered { from, .. } => from.clone(),
                    _ => offered.holder.clone(),
                };
                taken.news.push(News::of(offered, HandOverNews::Offered, from.clone(), now));
                custody::offered(before.as_ref(), offered, from, now)
            }
            DownItem::CustodyDecision(decision) => match known.dossier(decision.dossier_id)? {
                Some(before) => {
                    let after = custody::apply_decision(&before, decision, node, now);
                    if after.as_ref().is_ok_and(|after| after.dossier.rev == before.rev) {
                        // Overtaken by a wish of our own; what follows tells more.
                        continue;
                    }
                    let what = HandOverNews::Decided(decision.outcome);
                    taken.news.push(News::of(&before, what, decision.other.clone(), now));
                    after
                }
                None => Err(Refusal::UnknownDossier),
            },
            DownItem::EnrolledNodes(enrolled) => {
                taken.local.push(directory::replaced(&enrolled.nodes));
                continue;
            }
            DownItem::Booking(word) => {
                let before = known.booking(word.id)?;
                taken.facts.extend(word.taken(before.as_ref(), now).map(Fact::Booking));
                continue;
            }
            DownItem::Unknown { kind } => return Ok(Err(format!("down.unknown_kind.{kind}"))),
        };
        match outcome {
            Ok(outcome) => {
                taken.facts.push(Fact::from(outcome.dossier.clone()));
                taken.dossiers.push(outcome.dossier);
            }
            Err(refusal) => return Ok(Err(refusal.code().to_owned())),
        }
    }
    Ok(Ok(taken))
}
