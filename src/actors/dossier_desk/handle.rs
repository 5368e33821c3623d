//! The dossier desk's named verbs. Every verb answers after the commit.

use super::actor::DossierDesk;
use super::messages::{Command, DossierReply, MayAddScan, Receiving, Verb};
use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use actix::Addr;
use domain::dossier::{Collector, ScanGiven};
use domain::ids::{CounterNumber, NodeId, OfficerId};
use domain::refusal::Refusal;
use store::down::DownEntry;
use uuid::Uuid;

/// What others know of the dossier desk.
#[derive(Clone)]
pub struct DossierHandle {
    pub(super) addr: Addr<DossierDesk>,
    pub(super) place: Result<(), Refusal>,
}

type Answer = Result<DossierReply, Failure>;

/// Every verb fails with [`Failure`]: a rule's refusal, busy, stopped, repeat, disk full.
impl DossierHandle {
    /// The same for one request at a counter, with what the queue desk says about counter and ticket:
    /// see [`crate::actors::queue_desk::QueueHandle::dossier_place`].
    #[must_use]
    pub fn at(&self, place: Result<(), Refusal>) -> Self {
        Self { addr: self.addr.clone(), place }
    }

    /// Receives a dossier: code, deadline with its reasons, slip on the ticket printer, token for
    /// the counter's tablet.
    pub async fn receive(&self, origin: Origin, receiving: Receiving) -> Answer {
        self.ask(origin, Verb::Receive(Box::new(receiving))).await
    }

    /// Whether a file may be taken in for a component; asked before its first byte.
    ///
    /// # Errors
    /// The refusal that the scan would get.
    pub async fn may_add_scan(
        &self,
        origin: Origin,
        dossier: Uuid,
        component: u16,
    ) -> Result<(), Failure> {
        self.addr.send(MayAddScan { origin, dossier, component }).await?
    }

    /// Adds a scan to a component. The file is stored as a blob before.
    pub async fn add_scan(&self, origin: Origin, dossier: Uuid, scan: ScanGiven) -> Answer {
        self.ask(origin, Verb::AddScan(dossier, scan)).await
    }

    /// Enters the result.
    pub async fn set_result(
        &self,
        origin: Origin,
        dossier: Uuid,
        title: String,
        officer: OfficerId,
    ) -> Answer {
        self.ask(origin, Verb::SetResult { dossier, title, officer }).await
    }

    /// Hands the result out at a counter, whose tablet is given a token.
    pub async fn return_result(
        &self,
        origin: Origin,
        dossier: Uuid,
        collector: Option<Collector>,
        officer: OfficerId,
        counter: CounterNumber,
    ) -> Answer {
        self.ask(origin, Verb::Return { dossier, collector, officer, counter }).await
    }

    /// Offers it to another node.
    pub async fn hand_over(
        &self,
        origin: Origin,
        dossier: Uuid,
        to: NodeId,
        note: Option<String>,
    ) -> Answer {
        self.ask(origin, Verb::HandOver { dossier, to, note }).await
    }

    /// Asks for it back; the hub decides.
    pub async fn take_back(&self, origin: Origin, dossier: Uuid) -> Answer {
        self.ask(origin, Verb::TakeBack(dossier)).await
    }

    /// Takes an offered dossier.
    pub async fn accept(&self, origin: Origin, dossier: Uuid) -> Answer {
        self.ask(origin, Verb::Accept(dossier)).await
    }

    /// Declines an offered dossier.
    pub async fn refuse(&self, origin: Origin, dossier: Uuid, reason: Option<String>) -> Answer {
        self.ask(origin, Verb::Refuse(dossier, reason)).await
    }

    /// Puts the short slip on paper again. Answers with the print job.
    pub async fn print_slip(
        &self,
        origin: Origin,
        dossier: Uuid,
        counter: CounterNumber,
    ) -> Answer {
        self.ask(origin, Verb::PrintSlip(dossier, counter)).await
    }

    /// Takes in one entry of the hub's journal, with its place in the chain, in one transaction:
    /// messages, offers, decisions. What cannot be applied is kept beside.
    pub(crate) async fn take_down(&self, entry: DownEntry) -> Answer {
        let origin = Origin { actor: "hub".to_owned(), ..Origin::default() };
        self.ask(origin, Verb::TakeDown(Box::new(entry))).await
    }

    async fn ask(&self, origin: Origin, verb: Verb) -> Answer {
        self.addr.send(Command { origin, verb, place: self.place.clone() }).await?
    }
}
