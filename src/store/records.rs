//! Rows that are the store's own: what a node keeps beside the journaled subjects of `domain`.

use domain::ids::{CounterNumber, OfficerId};
use domain::split::Journaled;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// A message from the hub to all counters. Journaled, so that the hub sees who read it and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Given by the hub.
    pub id: Uuid,
    /// What it says.
    pub text: String,
    /// Who wrote it.
    pub from: String,
    /// When it was written at the hub.
    pub at: Timestamp,
    /// When it was taken in here.
    pub received_at: Timestamp,
    /// When an officer first marked it as read.
    #[serde(default)]
    pub read_at: Option<Timestamp>,
    /// Who did.
    #[serde(default)]
    pub read_by: Option<String>,
    /// Every officer who marked it as read, in that order, the first one too. In the journal at most
    /// [`Message::READERS_MAX`]; read from the tables also those after them.
    #[serde(default)]
    pub readers: Vec<String>,
    /// Counts every change.
    pub rev: u64,
}

impl Message {
    /// So many readers of one message go into the journal: each reading is an entry with all names
    /// before it, so that without a bound a message would grow with the square of its readers. Whoever
    /// reads it after them is kept at this node alone, and the hub counts so many.
    pub const READERS_MAX: usize = 200;

    /// What follows when an officer marks it as read.
    #[must_use]
    pub fn read(&self, officer: &str, now: Timestamp) -> Reading {
        if self.readers.iter().any(|one| one == officer) {
            return Reading::Known;
        }
        if self.readers.len() >= Self::READERS_MAX {
            return Reading::Beside;
        }
        let mut after = self.clone();
        after.read_at.get_or_insert(now);
        after.read_by.get_or_insert_with(|| officer.to_owned());
        after.readers.push(officer.to_owned());
        after.rev += 1;
        Reading::Noted(after)
    }
}

/// What follows when an officer marks a message as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Nothing: this officer has read it before.
    Known,
    /// The message changes, and the journal tells the hub.
    Noted(Message),
    /// It has its [`Message::READERS_MAX`] readers: a [`LateReader`] is kept beside it.
    Beside,
}

/// An officer who read a message after its [`Message::READERS_MAX`] readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateReader {
    /// Which message.
    pub message: Uuid,
    /// Who.
    pub officer: String,
    /// When.
    pub at: Timestamp,
}

impl Journaled for Message {
    const KIND: &'static str = "message";
    // Typed by a person, and perhaps about one.
    const SEALED: &'static [&'static str] = &["/text"];
}

/// A run of older entries in a sealed file. Journaled: the entry that tells of it is the chain's
/// checkpoint, and carries the file's hash to the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRecord {
    /// Place of its first entry.
    pub first_seq: u64,
    /// Place of its last entry.
    pub last_seq: u64,
    /// Hash of the entry before the first, as text.
    pub prev: String,
    /// Hash of the last entry, as text.
    pub hash: String,
    /// SHA-256 of the file, as text.
    pub sha256: String,
    /// Size of the file, in bytes.
    pub bytes: u64,
    /// When it was sealed.
    pub sealed_at: Timestamp,
    /// The earliest time that one of its entries says; nothing in what an earlier release sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest_at: Option<Timestamp>,
    /// The latest one: not that of its last entry where a clock was set back meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_at: Option<Timestamp>,
    /// 1; one more where the file was lost and the run is sealed again.
    pub rev: u64,
}

impl Journaled for SegmentRecord {
    const KIND: &'static str = "segment";
    const SEALED: &'static [&'static str] = &[];
}

/// A subject was erased. Journaled: the entry says so, and the hub destroys its copies by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRecord {
    /// The data key that was destroyed; see [`crate::erase::Erasable`].
    pub key_id: String,
    /// By which rule of retention.
    pub rule: String,
    /// Why, in words that name nobody.
    pub reason: String,
    /// Who ordered it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Always 1.
    pub rev: u64,
}

impl Journaled for ErasureRecord {
    const KIND: &'static str = "erasure";
    const SEALED: &'static [&'static str] = &[];
}

/// An officer's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Officer {
    /// Stable id.
    pub id: OfficerId,
    /// What is typed to log in.
    pub login: String,
    /// Name on screens.
    pub name: String,
    /// "officer" or "head".
    pub role: String,
    /// argon2 text.
    pub password_hash: String,
    /// May not log in.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A logged-in officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie's token.
    pub token_hash: [u8; 32],
    /// Who.
    pub officer: OfficerId,
    /// Token that changes must carry.
    pub csrf: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// The right of a kiosk, a screen, a tablet or another system to talk to the center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceToken {
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// "kiosk", "hall", "tablet", "counter", "load".
    pub role: String,
    /// The counter it stands at.
    pub counter: Option<CounterNumber>,
    /// Name for people.
    pub title: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was withdrawn.
    pub revoked_at: Option<Timestamp>,
}

/// Where a print job is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintState {
    /// Not begun.
    Pending,
    /// The printer has it.
    Printing,
    /// The printer said that it is on paper.
    Printed,
    /// Waits for a person: paper, cover, cable.
    Blocked,
}

/// Something to be put on paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintJob {
    /// Its id.
    pub id: Uuid,
    /// "ticket" or "slip".
    pub kind: String,
    /// The ticket, if it is one.
    pub ticket: Option<Uuid>,
    /// The dossier, if it is a slip.
    pub dossier: Option<Uuid>,
    /// On which printer.
    pub printer: Option<String>,
    /// Where it is.
    pub state: PrintState,
    /// Why it is blocked: "paper_out", "cover_open", "offline", "error", "unknown".
    pub problem: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A device as last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRecord {
    /// Name in the settings.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// What the center wants of it: "led_sign", "ticket_printer", "card_reader".
    pub class: String,
    /// Which driver.
    pub driver: String,
    /// How it is reached.
    pub transport: String,
    /// "online", "degraded", "offline".
    pub state: String,
    /// Why it is not online.
    pub reason_code: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// For the technician.
    pub detail: String,
}

/// A person looked at a dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRecord {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub officer: OfficerId,
    /// Which dossier.
    pub dossier: Uuid,
    /// "read" (opened), "scan" (a scan of it), "slip" (form 01 as PDF), "print" (the short slip).
    pub action: String,
    /// On which occasion.
    pub why: String,
}

/// Something a technician may want to know: a device, the line, a refused frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// When.
    pub at: Timestamp,
    /// Stable code.
    pub code: String,
    /// Where it comes from: a device's id, "uplink", "store".
    pub source: String,
    /// More, without a person's data.
    pub detail: Value,
}

/// Where a blob is on its way to the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlobState {
    /// Only here.
    Local,
    /// Being sent.
    Sending,
    /// The hub has all of it.
    AtHub,
}

/// A blob's row; its bytes are a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRecord {
    /// SHA-256 of the plain bytes.
    pub sha256: [u8; 32],
    /// Size of the plain bytes.
    pub size: u64,
    /// What it is.
    pub media_type: String,
    /// Where it is.
    pub state: BlobState,
    /// When it was stored.
    pub created_at: Timestamp,
}

/// What the last check of a kind found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// "journal", "database", "blobs".
    pub name: String,
    /// When it ended.
    pub at: Timestamp,
    /// How many entries, tables or blobs were looked at.
    pub looked_at: u64,
    /// How much is wrong.
    pub problems: u64,
    /// The first problem, or where the next look goes on.
    pub detail: String,
}

/// How far a journal is known at the other end, or one from there is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Incarnation of that journal.
    pub epoch: u64,
    /// Last entry.
    pub seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// When the cursor last moved.
    pub at: Timestamp,
}

/// Which way a parked entry was going.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParkedStream {
    /// From here to the hub; parked there.
    Up,
    /// From the hub to here; parked here.
    Down,
}

/// An entry that was kept but not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedEntry {
    /// Which way.
    pub stream: ParkedStream,
    /// Its place.
    pub seq: u64,
    /// Why.
    pub code: String,
    /// When it was parked or heard of.
    pub at: Timestamp,
    /// Its bytes, when it is parked here.
    pub raw: Option<Vec<u8>>,
}

macro_rules! named {
    ($kind:ty { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $kind {
            /// The name in tables and JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            pub(crate) fn parse(name: &str) -> Result<Self, crate::StoreError> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    other => Err(crate::StoreError::Damaged(format!("unknown name {other:?}"))),
                }
            }
        }
    };
}

named!(PrintState { Pending = "pending", Printing = "printing", Printed = "printed", Blocked = "blocked" });
named!(BlobState { Local = "local", Sending = "sending", AtHub = "at_hub" });
named!(ParkedStream { Up = "up", Down = "down" });
