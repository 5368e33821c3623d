//! Who may edit a dossier: the node's side of a hand-over. The deciding side is the hub's.
//!
//! The giver hands over (`handing_over`) and may take back (`taking_back`) until the hub has passed
//! the dossier on; then the giver knows so (`passed_on`), and only the other side can end it. The
//! other side sees an offer (`offered`) and accepts it (holder = itself, term + 1) or declines. The
//! hub takes what reaches it first, in its own transaction, and tells the giver by a
//! [`CustodyDecision`], whose word is final. Nobody is shown as the holder before having accepted.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::types::{Custody, Dossier, HandOverEnd, HandOverEnding, NationalState, Outcome};
use crate::ids::NodeId;
use crate::refusal::{Refusal, short_text};
use crate::split::Journaled;
use crate::time::whole_microseconds;

/// Longest note of a hand-over, in characters; a longer one is refused.
const NOTE_LENGTH_MAX: usize = 500;

/// What the hub decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustodyOutcome {
    /// The hub has offered it to the other side, which has not answered yet.
    PassedOn,
    /// The other side has accepted it.
    Accepted,
    /// It is with the giver again: taken back in time.
    TakenBack,
    /// It is with the giver again: the other side said no.
    Declined,
    /// It is with the giver again: no box of that name is enrolled.
    NoBox,
    /// The take-back came too late: the other side has been offered it and alone decides.
    TooLate,
}

/// The hub's word about one dossier.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustodyDecision {
    /// Which dossier.
    pub dossier_id: Uuid,
    /// What happened.
    pub outcome: CustodyOutcome,
    /// Who holds it from now on.
    pub holder: NodeId,
    /// With which term.
    pub term: u64,
    /// To whom it was offered.
    pub other: NodeId,
    /// The other side's reason when it declined. Sealed.
    #[serde(default)]
    pub note: Option<String>,
}

impl Journaled for CustodyDecision {
    const KIND: &'static str = "custody_decision";
    const SEALED: &'static [&'static str] = &["/note"];
}

// What is sealed does not show in logs either.
impl std::fmt::Debug for CustodyDecision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustodyDecision")
            .field("dossier_id", &self.dossier_id)
            .field("outcome", &self.outcome)
            .field("holder", &self.holder)
            .field("term", &self.term)
            .field("other", &self.other)
            .finish_non_exhaustive()
    }
}

/// Whether this node may edit the dossier now.
pub fn may_edit(dossier: &Dossier, this_node: &NodeId) -> Result<(), Refusal> {
    match &dossier.custody {
        Custody::HandingOver { to, .. }
        | Custody::PassedOn { to, .. }
        | Custody::TakingBack { to, .. } => Err(Refusal::InHandOver { other: to.clone() }),
        Custody::Offered { from, .. } => Err(Refusal::InHandOver { other: from.clone() }),
        Custody::Declined { .. } | Custody::AcceptedAway { .. } => {
            Err(Refusal::NotHolder { holder: dossier.holder.clone() })
        }
        Custody::Held if dossier.holder == *this_node => Ok(()),
        Custody::Held => Err(Refusal::NotHolder { holder: dossier.holder.clone() }),
    }
}

/// Offers the dossier to another node. From here on nobody edits it until the hub has decided.
pub fn hand_over(
    dossier: &Dossier,
    to: NodeId,
    note: Option<&str>,
    this_node: &NodeId,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    may_edit(dossier, this_node)?;
    if to == *this_node {
        return Err(Refusal::HandOverToSelf);
    }
    if dossier.state == NationalState::Returned {
        return Err(Refusal::WrongState { state: dossier.state.number() });
    }
    let custody = Custody::HandingOver { to, at: whole_microseconds(now) };
    let mut outcome = moved(dossier, custody, note_of(note)?);
    outcome.dossier.last_hand_over = None;
    Ok(outcome)
}

/// Asks for the dossier back. The hub answers; until then it stays out of everybody's hands.
pub fn take_back(
    dossier: &Dossier,
    this_node: &NodeId,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    match &dossier.custody {
        Custody::HandingOver { to, .. } if dossier.holder == *this_node => {
            let custody = Custody::TakingBack { to: to.clone(), at: whole_microseconds(now) };
            Ok(moved(dossier, custody, dossier.custody_note.clone()))
        }
        Custody::PassedOn { to, .. } => Err(Refusal::TakeBackTooLate { other: to.clone() }),
        _ => Err(Refusal::NotHandingOver),
    }
}

/// The record at the receiving node when an offer arrives from the hub. An offer with an older term
/// than what is known here is refused, and kept beside by the caller.
pub fn offered(
    known: Option<&Dossier>,
    dossier: &Dossier,
    from: NodeId,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    if let Some(known) = known
        && known.term > dossier.term
    {
        return Err(Refusal::StaleTerm { known: known.term, came: dossier.term });
    }
    let custody = Custody::Offered { from, at: whole_microseconds(now) };
    let mut outcome = moved(dossier, custody, dossier.custody_note.clone());
    outcome.dossier.last_hand_over = None;
    outcome.dossier.rev = outcome.dossier.rev.max(known.map_or(0, |known| known.rev + 1));
    Ok(outcome)
}

/// Takes an offered dossier: this node is the holder, with the next term.
pub fn accept(dossier: &Dossier, this_node: &NodeId) -> Result<Outcome, Refusal> {
    let Custody::Offered { .. } = &dossier.custody else { return Err(Refusal::NotOffered) };
    let mut outcome = moved(dossier, Custody::Held, dossier.custody_note.clone());
    outcome.dossier.holder = this_node.clone();
    outcome.dossier.term += 1;
    if outcome.dossier.state == NationalState::Received {
        outcome.dossier.state = NationalState::InProcess;
    }
    Ok(outcome)
}

/// Declines an offered dossier, with a reason that is kept sealed.
pub fn refuse(dossier: &Dossier, reason: Option<&str>, now: Timestamp) -> Result<Outcome, Refusal> {
    let Custody::Offered { from, .. } = &dossier.custody else { return Err(Refusal::NotOffered) };
    let custody = Custody::Declined { from: from.clone(), at: whole_microseconds(now) };
    Ok(moved(dossier, custody, note_of(reason)?))
}

/// Takes the hub's word in, at whichever side. A word older than what is known here is refused, and
/// kept beside by the caller. The news that it was passed on changes nothing while a wish to have it
/// back is on its way: the answer to that wish follows.
pub fn apply_decision(
    dossier: &Dossier,
    decision: &CustodyDecision,
    this_node: &NodeId,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    if decision.dossier_id != dossier.id {
        return Err(Refusal::UnknownDossier);
    }
    if decision.term < dossier.term {
        return Err(Refusal::StaleTerm { known: dossier.term, came: decision.term });
    }
    let at = whole_microseconds(now);
    let to = decision.other.clone();
    let ending = match decision.outcome {
        CustodyOutcome::TakenBack => Some(HandOverEnding::TakenBack),
        CustodyOutcome::Declined => Some(HandOverEnding::Declined),
        CustodyOutcome::NoBox => Some(HandOverEnding::NoBox),
        CustodyOutcome::PassedOn | CustodyOutcome::TooLate | CustodyOutcome::Accepted => None,
    };
    let custody = match (decision.outcome, &dossier.custody) {
        (CustodyOutcome::PassedOn, Custody::HandingOver { .. }) => {
            Custody::PassedOn { to: to.clone(), at, too_late: false }
        }
        (CustodyOutcome::PassedOn, _) => {
            return Ok(Outcome { dossier: dossier.clone(), effects: Vec::new() });
        }
        (CustodyOutcome::TooLate, _) => Custody::PassedOn { to: to.clone(), at, too_late: true },
        _ if decision.holder == *this_node => Custody::Held,
        _ => Custody::AcceptedAway { to: decision.holder.clone() },
    };
    let note = match ending {
        Some(HandOverEnding::Declined) => note_of(decision.note.as_deref())?,
        _ => dossier.custody_note.clone(),
    };
    let mut outcome = moved(dossier, custody, note);
    outcome.dossier.holder = decision.holder.clone();
    outcome.dossier.term = decision.term;
    outcome.dossier.last_hand_over = ending.map(|how| HandOverEnd { to, how, at });
    Ok(outcome)
}

fn moved(dossier: &Dossier, custody: Custody, note: Option<String>) -> Outcome {
    let mut after = dossier.clone();
    after.custody = custody;
    after.custody_note = note;
    after.rev += 1;
    Outcome { dossier: after, effects: Vec::new() }
}

fn note_of(note: Option<&str>) -> Result<Option<String>, Refusal> {
    let note = short_text("note", note.unwrap_or_default(), NOTE_LENGTH_MAX)?;
    Ok(Some(note).filter(|note| !note.is_empty()))
}
