//! How others reach the device host.

use super::actor::DeviceHost;
use super::messages::{
    CardRead, DeviceView, ForgetCard, JobNow, JobState, KeepCard, LastCard, ListDevices,
    ListDiscovered, PrintJobView, PrintNews, PrintOrder, TicketComes, TicketDone, TryDevice,
    WithdrawPaper,
};
use super::printers::Printers;
use super::signs::Signs;
use crate::actors::failure::Failure;
use crate::actors::pipeline::failure_of;
use crate::actors::print_jobs::{problem_name, state_name};
use actix::{Addr, dev::SendError};
use devices::TryOutcome;
use devices::discovery::Seen;
use domain::card::CitizenCard;
use domain::ids::CounterNumber;
use std::sync::Arc;
use store::Readers;
use uuid::Uuid;

/// What others know of the devices.
#[derive(Clone)]
pub struct DeviceHostHandle {
    pub(super) addr: Addr<DeviceHost>,
    pub(super) signs: Signs,
    pub(super) printers: Arc<Printers>,
    pub(super) readers: Readers,
}

impl DeviceHostHandle {
    /// Shows a number at a counter's sign, or nothing. Never waits and never fails.
    pub fn show_sign(&self, counter: CounterNumber, label: Option<&str>, flash: bool) {
        self.signs.show(counter, label, flash);
    }

    /// Shows the call of this moment on the hall's boards, or nothing. Never waits and never fails.
    pub fn show_board(&self, text: Option<&str>) {
        self.signs.show_board(text);
    }

    /// Whether a slip that a counter wants has a printer where an officer stands.
    #[must_use]
    pub fn prints_slips_at(&self, counter: CounterNumber) -> bool {
        self.printers.of_slip(counter).is_some()
    }

    /// Orders something on paper; the order comes back when the host does not take it now.
    ///
    /// # Errors
    /// The host's mailbox is full, or it has stopped.
    pub fn print(&self, order: PrintOrder) -> Result<(), Box<PrintOrder>> {
        self.addr.try_send(order).map_err(|error| match error {
            SendError::Full(order) | SendError::Closed(order) => Box::new(order),
        })
    }

    /// The papers of a ticket are not wanted any more. Never waits; where the host's mailbox is full,
    /// a paper of a number that was given up may come out.
    pub fn withdraw_paper(&self, ticket: Uuid) {
        if self.addr.try_send(WithdrawPaper(ticket)).is_err() {
            tracing::warn!(%ticket, "a paper that is not wanted any more could not be withdrawn");
        }
    }

    /// All devices with their states.
    ///
    /// # Errors
    /// The host has stopped.
    pub async fn devices(&self) -> Result<Vec<DeviceView>, Failure> {
        Ok(self.addr.send(ListDevices).await?)
    }

    /// What announces itself on the LAN. A list to look at; nothing of it is used unasked.
    ///
    /// # Errors
    /// The host has stopped.
    pub async fn discovered(&self) -> Result<Vec<Seen>, Failure> {
        Ok(self.addr.send(ListDiscovered).await?)
    }

    /// Lets a device show that it works.
    ///
    /// # Errors
    /// There is no such device.
    pub async fn try_device(&self, id: &str) -> Result<TryOutcome, Failure> {
        self.addr.send(TryDevice(id.to_owned())).await?
    }

    /// The last card read at a counter, while it is younger than two minutes.
    ///
    /// # Errors
    /// The host has stopped.
    pub async fn last_card(&self, counter: CounterNumber) -> Result<Option<CardRead>, Failure> {
        Ok(self.addr.send(LastCard(counter)).await?)
    }

    /// Forgets the last card of a counter.
    ///
    /// # Errors
    /// The host has stopped.
    pub async fn forget_card(&self, counter: CounterNumber) -> Result<(), Failure> {
        Ok(self.addr.send(ForgetCard(counter)).await?)
    }

    /// Keeps the card that was shown at a kiosk with a number, for the counter that will serve it. It only
    /// fills in: a card that is lost is shown again, so nothing waits for it and nothing fails by it.
    pub fn keep_card(&self, ticket: Uuid, card: CitizenCard) {
        if self.addr.try_send(KeepCard { ticket, card }).is_err() {
            tracing::warn!(%ticket, "the device host is busy: a card is not kept");
        }
    }

    /// The citizen of a number stands at a counter: the number's card, if there is one, is the counter's.
    pub fn ticket_comes(&self, counter: CounterNumber, ticket: Uuid) {
        if self.addr.try_send(TicketComes { counter, ticket }).is_err() {
            tracing::warn!(%ticket, "the device host is busy: a card does not come to its counter");
        }
    }

    /// Nobody will be called with this number again: its card is forgotten.
    pub fn ticket_done(&self, ticket: Uuid) {
        // Without it the card goes by its age.
        if self.addr.try_send(TicketDone(ticket)).is_err() {
            tracing::debug!(%ticket, "the device host is busy: a card goes by its age");
        }
    }

    /// A print job: the printer's newest word, or what the table says.
    ///
    /// # Errors
    /// There is no such job, or the table cannot be read.
    pub async fn print_job(&self, id: Uuid) -> Result<PrintJobView, Failure> {
        let newest = self.addr.send(JobNow(id)).await?;
        let row = self
            .readers
            .read(move |conn| store::query::print_jobs::by_id(conn, id))
            .await
            .map_err(|error| failure_of(&error))?
            .ok_or(Failure::Unknown("print job"))?;
        let mut view = PrintJobView {
            id,
            kind: row.kind,
            ticket: row.ticket,
            dossier: row.dossier,
            state: row.state.as_str().to_owned(),
            problem: row.problem,
            attempts: row.attempts,
        };
        if let Some(PrintNews { state, attempts, .. }) = newest {
            view.state = state_name(&state).as_str().to_owned();
            view.problem = match state {
                JobState::Blocked { problem, .. } => Some(problem_name(problem).to_owned()),
                _ => None,
            };
            view.attempts = attempts;
        }
        Ok(view)
    }
}
