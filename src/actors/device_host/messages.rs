//! What the device host is asked, and what it tells.

use crate::actors::failure::Failure;
use actix::{Message, Recipient};
use devices::TryOutcome;
use devices::class::ticket_printer::{Document, PrinterProblem};
use devices::discovery::Seen;
use domain::card::CitizenCard;
use domain::ids::CounterNumber;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// Something for paper. Its row is in the table before the order is given.
#[derive(Clone, Message)]
#[rtype(result = "()")]
pub struct PrintOrder {
    /// The job's id.
    pub job: Uuid,
    /// What it is about: a ticket, a dossier.
    pub subject: Uuid,
    /// What to print.
    pub document: Document,
    /// When it was asked for.
    pub ordered_at: Timestamp,
    /// The counter that wants it; a slip comes out nowhere else but there or at a printer for slips.
    pub counter: Option<CounterNumber>,
    /// After this it is not printed any more.
    pub valid_until: Timestamp,
    /// It may have been printed before a restart: then it carries the reprint mark.
    pub doubtful: bool,
    /// Who is told what came of it, and writes it down.
    pub owner: Recipient<PrintNews>,
}

/// The papers of this ticket are not wanted any more: it was given up.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct WithdrawPaper(pub Uuid);

/// Where a print job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Waits for its turn.
    Pending,
    /// The printer has it.
    Printing,
    /// The printer itself said so.
    Printed,
    /// The printer cannot; tried again by itself.
    Blocked {
        /// What a person should do about it.
        problem: PrinterProblem,
        /// The reason more finely.
        code: &'static str,
    },
}

/// What came of a print job so far. The owner answers when it is written down; until then it is told
/// again.
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "Result<(), Failure>")]
pub struct PrintNews {
    /// The job.
    pub job: Uuid,
    /// What it is about.
    pub subject: Uuid,
    /// When it was asked for.
    pub ordered_at: Timestamp,
    /// On which printer; empty when there is none.
    pub printer: String,
    /// Where it stands.
    pub state: JobState,
    /// How often the printer was asked.
    pub attempts: u32,
}

/// A print job as the console and the kiosk see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrintJobView {
    /// Its id.
    pub id: Uuid,
    /// `ticket` or `slip`.
    pub kind: String,
    /// The ticket, when it is one.
    pub ticket: Option<Uuid>,
    /// The dossier, when it is a slip.
    pub dossier: Option<Uuid>,
    /// `pending`, `printing`, `printed`, `blocked`.
    pub state: String,
    /// `paper_out`, `cover_open`, `offline`, `error`, `unknown`; nothing while all is well.
    pub problem: Option<String>,
    /// How often the printer was asked.
    pub attempts: u32,
}

/// The last card that was read at a counter. Held in memory for two minutes, never stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CardRead {
    /// When.
    pub read_at: Timestamp,
    /// What the card's code says. It is not authenticated: the citizen declares it.
    pub card: CitizenCard,
}

/// A device as the console lists it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeviceView {
    /// Id from the settings.
    pub id: String,
    /// What kind of device it is, for people.
    pub title: String,
    /// `counter_sign`, `ticket_printer`, `card_reader`.
    pub class: String,
    /// Name of the driver.
    pub driver: String,
    /// Transport in words.
    pub transport: String,
    /// The counter it stands at.
    pub counter: Option<CounterNumber>,
    /// online, degraded, offline.
    pub state: devices::DeviceState,
    /// Stable code of the reason.
    pub reason_code: String,
    /// Since when.
    pub since: Timestamp,
    /// For the technician.
    pub detail: String,
}

/// All devices.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Vec<DeviceView>")]
pub struct ListDevices;

/// Let a device show that it works.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<TryOutcome, Failure>")]
pub struct TryDevice(pub String);

/// The last card of a counter.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Option<CardRead>")]
pub struct LastCard(pub CounterNumber);

/// Forget the last card of a counter.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct ForgetCard(pub CounterNumber);

/// A card was shown at a kiosk with a number. Held in memory until the number is done, four hours at most;
/// never stored.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct KeepCard {
    /// The number's ticket.
    pub ticket: Uuid,
    /// What the card says.
    pub card: CitizenCard,
}

/// The citizen of a number stands at a counter.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct TicketComes {
    /// Where.
    pub counter: CounterNumber,
    /// Whose.
    pub ticket: Uuid,
}

/// Nobody will be called with this number again.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct TicketDone(pub Uuid);

/// What announces itself on the LAN.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Vec<Seen>")]
pub struct ListDiscovered;

/// The newest word of a print job that is still in memory.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Option<PrintNews>")]
pub struct JobNow(pub Uuid);
