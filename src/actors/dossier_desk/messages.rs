//! What the dossier desk is asked, and what it answers.

use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use actix::Message;
use domain::deadline::Channel;
use domain::dossier::{Applicant, Collector, ComponentGiven, Dossier, ResultChannel, ScanGiven};
use domain::ids::{CounterNumber, NodeId, OfficerId};
use domain::refusal::Refusal;
use serde::{Deserialize, Serialize};
use store::down::DownEntry;
use uuid::Uuid;

/// What the officer entered at reception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiving {
    /// Code of the procedure.
    pub procedure: String,
    /// Counter.
    pub counter: CounterNumber,
    /// Ticket, when there is one.
    pub ticket: Option<Uuid>,
    /// Applicant.
    pub applicant: Applicant,
    /// Checklist.
    pub components: Vec<ComponentGiven>,
    /// How it came.
    pub channel: Channel,
    /// How the result goes.
    pub result_channel: ResultChannel,
    /// Note.
    pub note: Option<String>,
    /// Who receives.
    pub officer: OfficerId,
}

/// What may be asked.
#[derive(Debug, Clone)]
pub enum Verb {
    /// Receive a dossier.
    Receive(Box<Receiving>),
    /// Add a scan whose file is stored.
    AddScan(Uuid, ScanGiven),
    /// Enter the result.
    SetResult {
        /// Which dossier.
        dossier: Uuid,
        /// What the result is.
        title: String,
        /// Who enters it.
        officer: OfficerId,
    },
    /// Hand the result out.
    Return {
        /// Which dossier.
        dossier: Uuid,
        /// Who takes it, when not the applicant.
        collector: Option<Collector>,
        /// Who hands it out.
        officer: OfficerId,
        /// At which counter.
        counter: CounterNumber,
    },
    /// Offer it to another node.
    HandOver {
        /// Which dossier.
        dossier: Uuid,
        /// To whom.
        to: NodeId,
        /// What is said with it.
        note: Option<String>,
    },
    /// Ask for it back.
    TakeBack(Uuid),
    /// Take an offered one.
    Accept(Uuid),
    /// Decline an offered one, with a reason.
    Refuse(Uuid, Option<String>),
    /// Put the short slip on paper again.
    PrintSlip(Uuid, CounterNumber),
    /// Take in one entry of the hub's journal.
    TakeDown(Box<DownEntry>),
}

impl Verb {
    /// What a debug print leaves out because it is sealed: the same request key with another person
    /// is another request.
    pub(super) fn persons(&self) -> Option<String> {
        let json = match self {
            Self::Receive(receiving) => serde_json::to_string(&receiving.applicant),
            Self::Return { collector, .. } => serde_json::to_string(collector),
            _ => return None,
        };
        json.ok()
    }
}

/// A verb with its origin.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<DossierReply, Failure>")]
pub struct Command {
    /// Who asks.
    pub origin: Origin,
    /// What for.
    pub verb: Verb,
    /// Whether the queue desk lets it be done at its counter. Counts only for a request that was not
    /// answered before: a repeated one gets the first answer, whoever stands there now.
    pub place: Result<(), Refusal>,
}

/// May a file be taken in for this component? A file that is refused only once it is here has cost
/// the line and the disk. A request that was answered before may.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), Failure>")]
pub struct MayAddScan {
    /// Who asks.
    pub origin: Origin,
    /// Which dossier.
    pub dossier: Uuid,
    /// Number in the procedure's list.
    pub component: u16,
}

/// The answer to every verb: what is true after the commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DossierReply {
    /// The dossier after it; nothing when an entry of the hub's journal changed none.
    #[serde(default)]
    pub dossier: Option<Dossier>,
    /// The print job of the short slip.
    #[serde(default)]
    pub print_job: Option<Uuid>,
    /// Whether the counter's tablet was given a token.
    #[serde(default)]
    pub rating_token_issued: bool,
    /// For an entry of the hub's journal that was kept beside: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<String>,
}
