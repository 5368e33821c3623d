//! What the queue desk is asked, and what it answers.

use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use actix::Message;
use domain::ids::{CounterNumber, OfficerId, ServiceCode};
use domain::queue::{
    Booking, Counter, DayArrivals, PauseReason, Resting, Service, Ticket, TransferTo, Wait,
    WentFirst,
};
use domain::refusal::Refusal;
use domain::report::hall::Means;
use domain::report::outside::HallNow;
use jiff::civil;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// A number is wanted.
#[derive(Clone, PartialEq, Eq)]
pub struct Issuing {
    /// The service group.
    pub service: ServiceCode,
    /// What else is to be done afterwards, in this order.
    pub next_services: Vec<ServiceCode>,
    /// Code of a ground of priority.
    pub priority_ground: Option<String>,
    /// Whether to put it on paper.
    pub print: bool,
    /// An officer's reason to give it outside the opening hours.
    pub outside_hours: Option<String>,
}

// By this form a repeated request is known (`Pipeline::admit`). A field that came later shows only where it
// is used: a kiosk that asks again over an update has asked the same.
impl fmt::Debug for Issuing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, next_services, priority_ground, print, outside_hours } = self;
        let mut shown = f.debug_struct("Issuing");
        shown.field("service", service);
        shown.field("priority_ground", priority_ground);
        shown.field("print", print);
        if !next_services.is_empty() {
            shown.field("next_services", next_services);
        }
        if outside_hours.is_some() {
            shown.field("outside_hours", outside_hours);
        }
        shown.finish()
    }
}

/// What may be asked; the words are those of the counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Give a number.
    Issue(Issuing),
    /// Call the next citizen to a counter.
    CallNext(CounterNumber),
    /// Call the current number again.
    Recall(CounterNumber),
    /// The citizen is there.
    Begin(CounterNumber),
    /// Send the citizen away for a moment, with a reason.
    Hold(CounterNumber, Option<String>),
    /// The citizen is back.
    Resume(CounterNumber, Uuid),
    /// Pass the current number on; it keeps its place.
    Transfer(CounterNumber, TransferTo),
    /// The same, and let it come back once it is served there.
    TransferAndReturn(CounterNumber, TransferTo),
    /// What the current number has still to visit, in this order.
    SetNextServices(CounterNumber, Vec<ServiceCode>),
    /// Served, and on with the number's next service at the same counter.
    GoOn(CounterNumber),
    /// Served.
    Complete(CounterNumber),
    /// Called and not there.
    NoShow(CounterNumber),
    /// A missed number comes back, once.
    ReturnToQueue(Uuid),
    /// Give up, with a reason.
    Cancel(Uuid, Option<String>),
    /// A kiosk gives back the number that it gave last.
    CancelLast(Uuid),
    /// Staff a counter, or end its pause.
    Open(CounterNumber, OfficerId),
    /// Stop calling for a while.
    Pause(CounterNumber, PauseReason),
    /// Nobody works there any more.
    Close(CounterNumber),
    /// Put the same number on paper again.
    Reprint(Uuid),
}

/// A verb with its origin.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<QueueReply, Failure>")]
pub struct Command {
    /// Who asks.
    pub origin: Origin,
    /// What for.
    pub verb: Verb,
}

/// The answer to every verb: what is true after the commit. A repeated request gets the first one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueReply {
    /// The ticket that the verb was about, or the one that was called.
    #[serde(default)]
    pub ticket: Option<Ticket>,
    /// The counter that the verb was about.
    #[serde(default)]
    pub counter: Option<Counter>,
    /// For a new ticket: how many are before it.
    #[serde(default)]
    pub waiting_ahead: Option<u64>,
    /// For a new ticket: how long it will wait; nothing when no open counter serves it.
    #[serde(default)]
    pub wait: Option<Wait>,
    /// The print job that was made.
    #[serde(default)]
    pub print_job: Option<Uuid>,
    /// The booking that was made, given back, or came true with the ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking: Option<Booking>,
}

/// May a dossier be taken in, or a result be handed out, at a counter?
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "Result<Result<(), Refusal>, Failure>")]
pub struct DossierPlace {
    /// The counter.
    pub counter: CounterNumber,
    /// The officer, when bound to the own counter.
    pub officer: Option<OfficerId>,
    /// The ticket, when there is one.
    pub ticket: Option<Uuid>,
}

/// The queue as it stands on disk, with these of its tickets.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<QueueView, Failure>")]
pub struct Look(pub Which);

/// The hall as those outside are told of it.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<HallNow, Failure>")]
pub struct LookFromOutside;

/// The tickets that are asked for: a day has thousands, and most questions are about none or one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// None.
    Nothing,
    /// This one.
    One(Uuid),
    /// Those that this counter has called, also when they have gone on since.
    CalledAt(CounterNumber),
    /// All of today.
    All,
}

/// The queue of today.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueView {
    /// The tickets that were asked for, by time of issue.
    pub tickets: Vec<Ticket>,
    /// Every counter, by number.
    pub counters: Vec<Counter>,
    /// Every service group with how many wait.
    pub services: Vec<ServiceLoad>,
    /// For each of them, in the same order: whether the opening hours allow a regular number now, and
    /// until when when that is near.
    pub hours: Vec<Result<Option<civil::Time>, Refusal>>,
    /// The same of a number with priority: it may still be served when a regular one is not.
    pub hours_of_priority: Vec<Result<Option<civil::Time>, Refusal>>,
    /// What becomes of a number that is given now although the center is closed; nothing while it works.
    pub resting: Option<Resting>,
    /// How long a call keeps a counter now, as learned; only where all tickets were asked for.
    pub means: Means,
    /// Who came on the days before that had the opening hours of today; only where all tickets were asked
    /// for.
    pub days_like: Vec<DayArrivals>,
    /// How long the one ticket that was asked for will still wait; nothing when it does not wait, or no
    /// open counter may call it.
    pub wait: Option<Wait>,
    /// How many are before the one ticket that was asked for; nothing when it does not wait.
    pub ahead: Option<u64>,
    /// Which numbers were called before that one while it waits, and why; the latest first.
    pub went_first: Vec<WentFirst>,
}

/// A service group with how many wait for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceLoad {
    /// The service group.
    #[serde(flatten)]
    pub service: Service,
    /// Waiting in the regular class.
    pub waiting_regular: usize,
    /// Waiting in the priority class.
    pub waiting_priority: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::testing::issuing;

    #[test]
    fn a_request_without_what_came_later_is_known_again_by_a_newer_release() {
        let form = |issuing: Issuing| format!("{:?}", Verb::Issue(issuing));
        let before = "Issue(Issuing { service: ServiceCode(\"ho-tich\"), priority_ground: None, \
                      print: false })";
        assert_eq!(form(issuing()), before);
        let next_services = vec![ServiceCode::parse("dat-dai").unwrap()];
        let next = form(Issuing { next_services, ..issuing() });
        let outside = form(Issuing { outside_hours: Some("island".to_owned()), ..issuing() });
        assert!(next.contains("dat-dai") && outside.contains("island"), "{next} {outside}");
    }
}
