//! The record of a dossier: whole state, as stored, journaled and shown.

use std::fmt;

use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::card::Sex;
use crate::deadline::{Channel, Deadline};
use crate::ids::{CounterNumber, NodeId, OfficerId, ProcedureCode, ServiceCode};
use crate::rating::Stage;
use crate::split::Journaled;

/// The person or organisation the dossier is for. Sealed as a whole.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Applicant {
    /// Full name, as on the card.
    pub name: String,
    /// Twelve digits.
    #[serde(default)]
    pub citizen_number: Option<String>,
    /// Birth date.
    #[serde(default)]
    pub birth_date: Option<civil::Date>,
    /// Sex.
    #[serde(default)]
    pub sex: Option<Sex>,
    /// Address as written.
    #[serde(default)]
    pub address: Option<String>,
    /// Telephone.
    #[serde(default)]
    pub phone: Option<String>,
}

/// A scanned file of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanRef {
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// `image/jpeg` or `application/pdf`.
    pub media_type: String,
    /// The file's name. Sealed: people put names of people there.
    #[serde(default)]
    pub name: Option<String>,
}

/// One line of the checklist as it was received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentReceived {
    /// Number in the procedure's list.
    pub seq: u16,
    /// Name from the catalogue.
    pub name: String,
    /// Originals received.
    pub originals: u16,
    /// Copies received.
    pub copies: u16,
    /// Whether it was received.
    pub received: bool,
    /// When it is asked for at all, as the catalogue said at receipt; nothing when it has to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Its scans.
    #[serde(default)]
    pub scans: Vec<ScanRef>,
}

/// How the citizen gets the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultChannel {
    /// At the counter.
    Counter,
    /// Electronically.
    Online,
    /// By public post.
    Post,
}

/// The ten national states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
#[repr(u8)]
pub enum NationalState {
    /// Mới đăng ký.
    Registered = 1,
    /// Được tiếp nhận.
    Received = 2,
    /// Không được tiếp nhận.
    NotReceived = 3,
    /// Đang xử lý.
    InProcess = 4,
    /// Yêu cầu bổ sung giấy tờ.
    SupplementAsked = 5,
    /// Yêu cầu thực hiện nghĩa vụ tài chính.
    PaymentAsked = 6,
    /// Công dân yêu cầu rút hồ sơ.
    Withdrawn = 7,
    /// Dừng xử lý.
    Stopped = 8,
    /// Đã xử lý xong.
    Processed = 9,
    /// Đã trả kết quả.
    Returned = 10,
}

impl NationalState {
    /// All ten in order.
    pub const ALL: [Self; 10] = [
        Self::Registered,
        Self::Received,
        Self::NotReceived,
        Self::InProcess,
        Self::SupplementAsked,
        Self::PaymentAsked,
        Self::Withdrawn,
        Self::Stopped,
        Self::Processed,
        Self::Returned,
    ];

    /// The national code.
    pub fn number(self) -> u8 {
        self as u8
    }
}

impl From<NationalState> for u8 {
    fn from(state: NationalState) -> u8 {
        state.number()
    }
}

impl TryFrom<u8> for NationalState {
    type Error = String;
    fn try_from(number: u8) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.number() == number)
            .ok_or_else(|| format!("{number} is not a state from 1 to 10"))
    }
}

/// Where the right to edit is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Custody {
    /// With the holder.
    Held,
    /// Here, and offered to another node; may be taken back until the hub has given it away.
    HandingOver {
        /// To whom.
        to: NodeId,
        /// Since when.
        at: Timestamp,
    },
    /// The hub has it and has offered it to another node, which has not answered yet. It can no
    /// longer be taken back.
    PassedOn {
        /// To whom.
        to: NodeId,
        /// Since when this node knows.
        at: Timestamp,
        /// A take-back was asked for and came too late.
        #[serde(default)]
        too_late: bool,
    },
    /// The giver wants it back; the hub has not decided yet.
    TakingBack {
        /// From whom.
        to: NodeId,
        /// Since when.
        at: Timestamp,
    },
    /// Offered to this node.
    Offered {
        /// By whom.
        from: NodeId,
        /// Since when.
        at: Timestamp,
    },
    /// This node said no; kept here for reading.
    Declined {
        /// Who had offered it.
        from: NodeId,
        /// Since when.
        at: Timestamp,
    },
    /// Another node has accepted it; kept here for reading.
    AcceptedAway {
        /// Who has it.
        to: NodeId,
    },
}

/// How a hand-over ended that brought the dossier back to its giver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandOverEnding {
    /// Taken back in time.
    TakenBack,
    /// The other side said no; its reason is the dossier's `custody_note`.
    Declined,
    /// No box of that name is enrolled, so that nobody could be asked.
    NoBox,
}

/// The last hand-over from here, when the dossier came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOverEnd {
    /// To whom it had been offered.
    pub to: NodeId,
    /// How it ended.
    pub how: HandOverEnding,
    /// Since when this node knows.
    pub at: Timestamp,
}

/// The result is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultReady {
    /// What it is. Sealed: titles name people.
    #[serde(default)]
    pub title: String,
    /// Since when.
    pub ready_at: Timestamp,
    /// Who entered it.
    pub by: OfficerId,
}

/// The result was handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// When.
    pub at: Timestamp,
    /// Who handed it out.
    pub by: OfficerId,
    /// Who took it, when not the applicant. Sealed.
    #[serde(default)]
    pub collector: Option<Collector>,
}

/// Somebody who takes the result for the applicant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collector {
    /// Full name.
    pub name: String,
    /// Citizen number.
    #[serde(default)]
    pub number: Option<String>,
}

/// A dossier.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// Unique everywhere and for ever.
    pub id: Uuid,
    /// The code on the slip.
    pub code: String,
    /// Procedure.
    pub procedure: ProcedureCode,
    /// Version of the procedure valid at receipt.
    pub procedure_version: u32,
    /// Its name then.
    pub procedure_name: String,
    /// Service group.
    pub service: ServiceCode,
    /// Applicant. Sealed.
    #[serde(default)]
    pub applicant: Applicant,
    /// The officer's note. Sealed.
    #[serde(default)]
    pub note: Option<String>,
    /// Checklist.
    pub components: Vec<ComponentReceived>,
    /// How it came.
    pub channel: Channel,
    /// How the result goes.
    pub result_channel: ResultChannel,
    /// When it was received.
    pub received_at: Timestamp,
    /// Who received it.
    pub received_by: OfficerId,
    /// At which counter.
    pub counter: CounterNumber,
    /// With which ticket.
    #[serde(default)]
    pub ticket: Option<Uuid>,
    /// When it is due, and why.
    pub deadline: Deadline,
    /// What is to be paid, for one page or copy where the fee is counted so; nothing while the amount
    /// is not known.
    #[serde(default)]
    pub fee_vnd: Option<u64>,
    /// National state.
    pub state: NationalState,
    /// The node that received it.
    pub origin: NodeId,
    /// The node that may edit it.
    pub holder: NodeId,
    /// Grows with each holder.
    pub term: u64,
    /// Where the right to edit is.
    pub custody: Custody,
    /// What was said with a hand-over or a refusal of one. Sealed.
    #[serde(default)]
    pub custody_note: Option<String>,
    /// Why it is here again after a hand-over; nothing once it is handed over anew.
    #[serde(default)]
    pub last_hand_over: Option<HandOverEnd>,
    /// Result.
    #[serde(default)]
    pub result: Option<ResultReady>,
    /// Return.
    #[serde(default)]
    pub returned: Option<Returned>,
    /// Counts every change.
    pub rev: u64,
}

// What is sealed does not show in logs either.
impl fmt::Debug for Applicant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Applicant(sealed)")
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Collector(sealed)")
    }
}

impl fmt::Debug for Dossier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dossier")
            .field("id", &self.id)
            .field("code", &self.code)
            .field("procedure", &self.procedure)
            .field("state", &self.state)
            .field("holder", &self.holder)
            .field("term", &self.term)
            .field("custody", &self.custody)
            .field("rev", &self.rev)
            .finish_non_exhaustive()
    }
}

impl ComponentReceived {
    /// Whether it has to be there and is not.
    pub fn is_missing(&self) -> bool {
        !self.received && self.condition.is_none()
    }
}

impl Dossier {
    /// What every applicant has to bring and this one has not, in the order of the checklist.
    pub fn missing(&self) -> impl Iterator<Item = &ComponentReceived> {
        self.components.iter().filter(|component| component.is_missing())
    }
}

impl Journaled for Dossier {
    const KIND: &'static str = "dossier";
    const SEALED: &'static [&'static str] = &[
        "/applicant",
        "/note",
        "/components/*/scans/*/name",
        "/custody_note",
        "/result/title",
        "/returned/collector",
    ];
}

/// What must happen outside after the dossier is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Print the slip.
    PrintSlip {
        /// Which dossier.
        dossier: Uuid,
    },
    /// Offer a vote at the counter's tablet.
    OfferRating {
        /// After which step.
        stage: Stage,
        /// At which counter.
        counter: CounterNumber,
        /// For which service.
        service: ServiceCode,
    },
}

/// The dossier after a command, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whole state after.
    pub dossier: Dossier,
    /// What follows outside.
    pub effects: Vec<Effect>,
}
