//! What people and devices ask of the queue, and what the queue answers.

use uuid::Uuid;

use super::types::{Counter, PauseReason, Ticket};
use crate::ids::{CounterNumber, OfficerId, ServiceCode};

/// Give a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The new ticket's id, made by the caller.
    pub id: Uuid,
    /// The service wanted.
    pub service: ServiceCode,
    /// What else is to be done afterwards, in this order.
    pub next_services: Vec<ServiceCode>,
    /// Code of a ground of priority; with it the ticket is of the priority class.
    pub priority_ground: Option<String>,
    /// Whether to put it on paper.
    pub print: bool,
    /// The device or the officer that issues.
    pub issued_by: String,
    /// An officer's reason to give it outside the opening hours. Kept sealed.
    pub outside_hours: Option<String>,
}

/// Where a transfer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferTo {
    /// To one counter.
    Counter(CounterNumber),
    /// To whoever serves this service.
    Service(ServiceCode),
}

/// One thing asked of the queue. Each has a method of its own on [`super::Queue`]; this list is for
/// those who pass commands on without looking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Give a number.
    Issue(Issue),
    /// Call the next ticket to a counter.
    CallNext(CounterNumber),
    /// Call the current ticket again.
    Recall(CounterNumber),
    /// The caller is there: begin.
    Begin(CounterNumber),
    /// Send the caller away for a moment.
    Hold(CounterNumber, Option<String>),
    /// The caller is back.
    Resume(CounterNumber, Uuid),
    /// Pass the current ticket on; it keeps its place.
    Transfer(CounterNumber, TransferTo),
    /// The same, and let it come back once it is served there.
    TransferAndReturn(CounterNumber, TransferTo),
    /// What the current ticket has still to visit, in this order.
    SetNextServices(CounterNumber, Vec<ServiceCode>),
    /// Served, and on with the ticket's next service at the same counter.
    GoOn(CounterNumber),
    /// Served.
    Complete(CounterNumber),
    /// Called and not there.
    NoShow(CounterNumber),
    /// A missed ticket comes back, once.
    ReturnToQueue(Uuid),
    /// Give up.
    Cancel(Uuid, Option<String>),
    /// A kiosk gives back the number that it gave last.
    CancelLast(String, Uuid),
    /// Staff a counter, or end its pause.
    OpenCounter(CounterNumber, OfficerId),
    /// Stop calling for a while.
    PauseCounter(CounterNumber, PauseReason),
    /// Nobody works there any more.
    CloseCounter(CounterNumber),
    /// The printer's word about a ticket.
    MarkPrinted(Uuid, bool),
    /// Put the same number on paper again.
    Reprint(Uuid),
}

/// First call or again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnounceKind {
    /// First.
    Call,
    /// Again.
    Recall,
}

/// What must happen outside after the decision is stored, never before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Put the ticket on paper.
    PrintTicket {
        /// Which one.
        ticket: Uuid,
    },
    /// Say it in the hall.
    Announce {
        /// Which ticket.
        ticket: Uuid,
        /// To which counter.
        counter: CounterNumber,
        /// First or again.
        kind: AnnounceKind,
    },
    /// Show it on the counter's own sign; nothing when there is no current ticket.
    CounterSign {
        /// Which counter.
        counter: CounterNumber,
        /// What it shows.
        label: Option<String>,
    },
}

/// The answer: the whole states after the command, and what to do once they are stored. Empty lists
/// mean that nothing had to change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// Tickets after the command.
    pub tickets: Vec<Ticket>,
    /// Counters after the command.
    pub counters: Vec<Counter>,
    /// What follows outside.
    pub effects: Vec<Effect>,
}
