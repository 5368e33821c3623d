//! What is handed to the writer: one batch is one transaction and, if anything journaled changes in
//! it, one entry.

use domain::dossier::Dossier;
use domain::ids::OfficerId;
use domain::queue::{Booking, Counter, Ticket};
use domain::rating::{Rating, RatingToken, TallyMark};
use jiff::{Timestamp, civil};
use journal::WrappedKey;
use serde_json::Value;
use uuid::Uuid;

use crate::records::{
    AccessRecord, BlobRecord, BlobState, CheckResult, DeviceRecord, DeviceToken, ErasureRecord,
    EventRecord, LateReader, Message, Officer, ParkedEntry, PrintJob, SegmentRecord, Session,
};

/// A caller's key against doing the same thing twice; unique per caller, so a caller's name belongs
/// into it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestKey(String);

/// Longest request key, in bytes.
pub const REQUEST_KEY_BYTES_MAX: usize = 200;

impl RequestKey {
    /// A key of a caller; `None` if it is empty, too long, or holds control characters.
    pub fn new(caller: &str, key: &str) -> Option<RequestKey> {
        let text = format!("{caller}:{key}");
        let fine = !key.is_empty()
            && text.len() <= REQUEST_KEY_BYTES_MAX
            && !text.chars().any(char::is_control);
        fine.then_some(RequestKey(text))
    }

    /// The key as kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One transaction.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The caller's key, if it gave one.
    pub request: Option<RequestKey>,
    /// Who: an officer's id, "citizen", "hub", "system".
    pub actor: String,
    /// From which device; "" when none.
    pub device: String,
    /// When, by the clock the desk decided with.
    pub at: Timestamp,
    /// Whole states after the decision; each becomes rows and one change of the entry.
    pub facts: Vec<Fact>,
    /// What is stored in the same transaction but concerns only this node.
    pub local: Vec<LocalWrite>,
    /// What a repetition of the request is answered with. Not in the journal.
    pub outcome: Value,
}

impl Batch {
    /// An empty batch.
    pub fn new(actor: impl Into<String>, at: Timestamp) -> Batch {
        Batch {
            request: None,
            actor: actor.into(),
            device: String::new(),
            at,
            facts: Vec::new(),
            local: Vec::new(),
            outcome: Value::Null,
        }
    }

    /// With one more fact.
    #[must_use]
    pub fn with(mut self, fact: impl Into<Fact>) -> Batch {
        self.facts.push(fact.into());
        self
    }

    /// With one more local write.
    #[must_use]
    pub fn and(mut self, write: LocalWrite) -> Batch {
        self.local.push(write);
        self
    }
}

/// A subject's whole state after a decision. Its revision must follow the stored one.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // a batch has a handful of facts; a box a ticket would cost more than it saves
pub enum Fact {
    /// A ticket.
    Ticket(Ticket),
    /// A counter.
    Counter(Counter),
    /// A dossier.
    Dossier(Box<Dossier>),
    /// A vote.
    Rating(Rating),
    /// A message from the hub.
    Message(Message),
    /// A place in time.
    Booking(Booking),
    /// A run of older entries lies in a sealed file: the chain's checkpoint.
    Segment(SegmentRecord),
    /// A subject is erased: its key, its columns, its scans.
    Erase(ErasureRecord),
}

macro_rules! fact_from {
    ($($kind:ident),+) => { $(
        impl From<$kind> for Fact {
            fn from(state: $kind) -> Fact { Fact::$kind(state) }
        }
    )+ };
}
fact_from!(Ticket, Counter, Rating, Message, Booking);

impl From<ErasureRecord> for Fact {
    fn from(state: ErasureRecord) -> Fact {
        Fact::Erase(state)
    }
}

impl From<SegmentRecord> for Fact {
    fn from(state: SegmentRecord) -> Fact {
        Fact::Segment(state)
    }
}

impl From<Dossier> for Fact {
    fn from(state: Dossier) -> Fact {
        Fact::Dossier(Box::new(state))
    }
}

/// A write that is not journaled.
#[derive(Clone, Debug)]
pub enum LocalWrite {
    /// A number of a series was given (a dossier code's sequence). Tickets do this by themselves.
    NumberUsed {
        /// The day.
        business_day: civil::Date,
        /// The series.
        series: String,
        /// The number.
        number: u32,
    },
    /// A vote's token was made: one more was asked in its hour.
    RatingToken(RatingToken),
    /// A vote's token is used up; a conflict if it was used before or does not exist. Nothing stays of
    /// it but its hash and what a repetition of the vote is known by.
    UseRatingToken {
        /// Which.
        token_hash: String,
        /// Hash over the vote as the tablet sent it.
        answered: [u8; 32],
    },
    /// A vote lies in the box until it may be journalled.
    HoldRating(Rating),
    /// Votes leave the box, because the same batch journals them; a conflict if one is not there.
    ReleaseRatings {
        /// Which.
        ids: Vec<Uuid>,
        /// Who was asked before this is no longer counted: no older vote is in the box then.
        asked_before: Option<Timestamp>,
    },
    /// One vote more in an officer's figures.
    OfficerTally(TallyMark),
    /// An account was made or changed.
    Officer(Officer),
    /// An officer read a message that has its full number of readers; once is enough.
    LateReader(LateReader),
    /// A session began or was used.
    Session(Session),
    /// A session ended.
    EndSession {
        /// Which.
        token_hash: [u8; 32],
    },
    /// All sessions of an officer ended.
    EndSessionsOf {
        /// Whose.
        officer: OfficerId,
    },
    /// A device's token was made or withdrawn.
    DeviceToken(DeviceToken),
    /// A print job began or moved on.
    PrintJob(PrintJob),
    /// A device changed its state.
    Device(DeviceRecord),
    /// Someone looked at a dossier.
    Access(AccessRecord),
    /// Something for the technician.
    Event(EventRecord),
    /// A blob was stored; its file must be there already.
    Blob(BlobRecord),
    /// A blob moved on.
    BlobState {
        /// Which.
        sha256: [u8; 32],
        /// Where it is now.
        state: BlobState,
    },
    /// The hub does not have these blobs any more, whatever it once signed: they go again.
    BlobsAgain {
        /// Which.
        sha256: Vec<[u8; 32]>,
    },
    /// The hub has the journal up to here, by its signature. Never moves back within an epoch.
    UplinkAcked {
        /// Epoch acknowledged.
        epoch: u64,
        /// Last entry.
        seq: u64,
        /// Its hash there.
        hash: [u8; 32],
        /// Entries that the hub keeps aside: place and code.
        parked: Vec<(u64, String)>,
        /// The acknowledgement as it came, with its signature.
        message: Vec<u8>,
    },
    /// One entry of the hub's journal is taken in with this batch; a conflict unless it follows the
    /// cursor.
    DownTaken {
        /// Epoch of the hub's journal for this node.
        epoch: u64,
        /// Its place.
        seq: u64,
        /// The hash that it says comes before it.
        prev: [u8; 32],
        /// Its hash.
        hash: [u8; 32],
    },
    /// A data key that came with a subject from elsewhere: what is written here about that subject is
    /// sealed with the same key. Kept only if there is none, and only if it opens here.
    DataKey(WrappedKey),
    /// An entry is kept beside.
    Parked(ParkedEntry),
    /// The files of these scans are not kept here any more: the hub has them.
    DropBlobs {
        /// Which; one that the hub does not have stays.
        sha256: Vec<[u8; 32]>,
    },
    /// What a check found; takes the place of the one before.
    CheckResult(CheckResult),
    /// The files of these erased or dropped scans are removed.
    BlobsRemoved {
        /// Which.
        sha256: Vec<[u8; 32]>,
    },
    /// So many of the oldest entries that a segment holds leave the database.
    RemoveArchived {
        /// At most so many.
        rows: u32,
    },
    /// Old rows go: the access log's after a time of its own.
    Trim {
        /// Events, print jobs, ended sessions and ended tokens older than this go.
        before: Timestamp,
        /// Accesses older than this go.
        accesses_before: Timestamp,
    },
    /// Numbers of a day are left out, because some of them may be on papers that this box does not
    /// know. Journaled.
    NumbersSkipped(crate::numbers::NumberGap),
    /// A policy of calling was chosen, or an officer's skills were set. Journaled.
    Governed(domain::queue::Governed),
    /// A page of the hub's snapshot. What is here already stays as it is.
    Restored(Box<crate::restore::RestoredPage>),
    /// A value of the node's own, such as the hub's public key.
    Meta {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

/// What was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Last entry of the journal after this batch.
    pub seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Whether this batch wrote that entry; false when nothing journaled changed in it.
    pub entry: bool,
}
