//! The queue desk's named verbs. Cloning shares the desk; every verb answers after the commit.

use super::actor::QueueDesk;
use super::messages::{
    Command, DossierPlace, Issuing, Look, LookFromOutside, QueueReply, QueueView, Verb, Which,
};
use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use actix::Addr;
use domain::ids::{CounterNumber, OfficerId, ServiceCode};
use domain::queue::{PauseReason, TransferTo};
use domain::refusal::Refusal;
use domain::report::outside::HallNow;
use uuid::Uuid;

/// What others know of the queue desk.
#[derive(Clone)]
pub struct QueueHandle {
    pub(super) addr: Addr<QueueDesk>,
}

type Answer = Result<QueueReply, Failure>;

/// Every verb fails with [`Failure`]: a rule's refusal, busy, stopped, repeat, disk full.
impl QueueHandle {
    /// Gives a number. Answers with the ticket, how many are ahead, and the print job if asked for.
    pub async fn issue(&self, origin: Origin, issuing: Issuing) -> Answer {
        self.ask(origin, Verb::Issue(issuing)).await
    }

    /// Calls the next citizen to a counter. The ticket carries the reason of the call.
    pub async fn call_next(&self, origin: Origin, counter: CounterNumber) -> Answer {
        self.ask(origin, Verb::CallNext(counter)).await
    }

    /// Calls the current number again.
    pub async fn recall(&self, origin: Origin, counter: CounterNumber) -> Answer {
        self.ask(origin, Verb::Recall(counter)).await
    }

    /// The citizen is at the counter.
    pub async fn begin(&self, origin: Origin, counter: CounterNumber) -> Answer {
        self.ask(origin, Verb::Begin(counter)).await
    }

    /// Sends the citizen away for a moment; the counter is free for the next.
    pub async fn hold(
        &self,
        origin: Origin,
        counter: CounterNumber,
        reason: Option<String>,
    ) -> Answer {
        self.ask(origin, Verb::Hold(counter, reason)).await
    }

    /// Takes a number that is on hold at this counter back.
    pub async fn resume(&self, origin: Origin, counter: CounterNumber, ticket: Uuid) -> Answer {
        self.ask(origin, Verb::Resume(counter, ticket)).await
    }

    /// Passes the current number on; it keeps its place.
    pub async fn transfer(&self, origin: Origin, counter: CounterNumber, to: TransferTo) -> Answer {
        self.ask(origin, Verb::Transfer(counter, to)).await
    }

    /// Passes the current number on; once it is served there, it comes back to this counter.
    pub async fn transfer_and_return(
        &self,
        origin: Origin,
        counter: CounterNumber,
        to: TransferTo,
    ) -> Answer {
        self.ask(origin, Verb::TransferAndReturn(counter, to)).await
    }

    /// Sets what the current number has still to visit, in this order.
    pub async fn set_next_services(
        &self,
        origin: Origin,
        counter: CounterNumber,
        services: Vec<ServiceCode>,
    ) -> Answer {
        self.ask(origin, Verb::SetNextServices(counter, services)).await
    }

    /// Served, and on with the number's next service at the same counter.
    pub async fn go_on(&self, origin: Origin, counter: CounterNumber) -> Answer {
        self.ask(origin, Verb::GoOn(counter)).await
    }

    /// Served; what the number has still to visit, it waits for.
    pub async fn complete(&self, origin: Origin, counter: CounterNumber) -> Answer {
        self.ask(origin, Verb::Complete(counter)).await
    }

    /// Called and not there.
    pub async fn no_show(&self, origin: Origin, counter: CounterNumber) -> Answer {
        self.ask(origin, Verb::NoShow(counter)).await
    }

    /// Lets a missed number back in, once.
    pub async fn return_to_queue(&self, origin: Origin, ticket: Uuid) -> Answer {
        self.ask(origin, Verb::ReturnToQueue(ticket)).await
    }

    /// Gives a number up.
    pub async fn cancel(&self, origin: Origin, ticket: Uuid, reason: Option<String>) -> Answer {
        self.ask(origin, Verb::Cancel(ticket, reason)).await
    }

    /// Gives back the number that this kiosk gave last, for a short time.
    pub async fn cancel_last(&self, origin: Origin, ticket: Uuid) -> Answer {
        self.ask(origin, Verb::CancelLast(ticket)).await
    }

    /// Staffs a counter, or ends its pause.
    pub async fn open_counter(
        &self,
        origin: Origin,
        counter: CounterNumber,
        officer: OfficerId,
    ) -> Answer {
        self.ask(origin, Verb::Open(counter, officer)).await
    }

    /// Stops calling for a while.
    pub async fn pause_counter(
        &self,
        origin: Origin,
        counter: CounterNumber,
        reason: PauseReason,
    ) -> Answer {
        self.ask(origin, Verb::Pause(counter, reason)).await
    }

    /// Nobody works there any more.
    pub async fn close_counter(&self, origin: Origin, counter: CounterNumber) -> Answer {
        self.ask(origin, Verb::Close(counter)).await
    }

    /// Puts the same number on paper again. Answers with the print job.
    pub async fn reprint(&self, origin: Origin, ticket: Uuid) -> Answer {
        self.ask(origin, Verb::Reprint(ticket)).await
    }

    /// Whether a dossier may be taken in, or a result be handed out, at a counter: what the dossier
    /// desk is told with the request. As far as the queue was decided, ahead of the disk.
    ///
    /// # Errors
    /// The desk cannot say so now.
    pub async fn dossier_place(
        &self,
        counter: CounterNumber,
        officer: Option<OfficerId>,
        ticket: Option<Uuid>,
    ) -> Result<Result<(), Refusal>, Failure> {
        self.addr.send(DossierPlace { counter, officer, ticket }).await?
    }

    /// The committed queue of today: these of its tickets, counters, services with their load.
    pub async fn look(&self, which: Which) -> Result<QueueView, Failure> {
        self.addr.send(Look(which)).await?
    }

    /// The hall as those outside are told of it.
    pub async fn look_from_outside(&self) -> Result<HallNow, Failure> {
        self.addr.send(LookFromOutside).await?
    }

    async fn ask(&self, origin: Origin, verb: Verb) -> Answer {
        self.addr.send(Command { origin, verb }).await?
    }
}
