//! Reading the hub's journal for this node: raw entries become what they say, typed, so that a desk
//! can decide on facts. Storing is one batch: those facts, and [`LocalWrite::DownTaken`] for each
//! entry, which moves the cursor only if the entry follows it.

use std::collections::HashMap;

use domain::dossier::{CustodyDecision, Dossier};
use domain::ids::NodeId;
use domain::queue::BookingWord;
use domain::split::Journaled;
use jiff::Timestamp;
use journal::seal::{self, Place};
use journal::{Change, DataKey, Entry, Outline, Sealing, WrappedKey, WrappingKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::batch::LocalWrite;
use crate::records::{ParkedEntry, ParkedStream};
use crate::sql::instant;

/// A message of the hub to all counters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownMessage {
    /// Its id.
    pub id: Uuid,
    /// What it says.
    pub text: String,
    /// Who wrote it.
    pub from: String,
    /// When.
    pub at: Timestamp,
}

impl Journaled for DownMessage {
    const KIND: &'static str = "message";
    const SEALED: &'static [&'static str] = &["/text"];
}

/// The boxes that can take a hand-over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolledNodes {
    /// By name.
    pub nodes: Vec<NodeId>,
}

/// The hub orders an erasure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownErase {
    /// The data key of the subject; see [`crate::erase::Erasable`].
    pub key_id: String,
    /// By which rule of retention.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Who ordered it.
    pub by: String,
}

/// One thing that the hub says.
#[derive(Clone, Debug)]
pub enum DownItem {
    /// Show this.
    Message(DownMessage),
    /// A dossier is offered; its holder is the giver.
    HandOverOffer(Box<Dossier>),
    /// The hub has decided who holds a dossier.
    CustodyDecision(CustodyDecision),
    /// All boxes that are enrolled with the hub, this one too.
    EnrolledNodes(EnrolledNodes),
    /// What tells of a person in a subject is to be erased.
    Erase(DownErase),
    /// A citizen booked at the province's page, or gave a booking back there.
    Booking(BookingWord),
    /// A kind that this program does not know: to be kept beside.
    Unknown {
        /// Its kind.
        kind: String,
    },
}

/// One entry of the hub's journal.
#[derive(Clone, Debug)]
pub struct DownEntry {
    /// Who, where, what comes before.
    pub outline: Outline,
    /// The entry's bytes.
    pub raw: Vec<u8>,
    /// When it was written at the hub; `None` if the entry cannot be read.
    pub at: Option<Timestamp>,
    /// What it says, or the stable code of why it cannot be read.
    pub items: Result<Vec<DownItem>, &'static str>,
    /// The data keys that came for its sealed parts.
    pub keys: Vec<WrappedKey>,
}

impl DownEntry {
    /// Moves the cursor over this entry.
    pub fn taken(&self) -> LocalWrite {
        LocalWrite::DownTaken {
            epoch: self.outline.epoch,
            seq: self.outline.seq,
            prev: self.outline.prev,
            hash: self.outline.hash,
        }
    }

    /// Keeps the data keys that came with it, so that what is written here about its subjects is
    /// sealed with the same ones.
    pub fn data_keys(&self) -> impl Iterator<Item = LocalWrite> {
        self.keys.iter().cloned().map(LocalWrite::DataKey)
    }

    /// Keeps this entry beside.
    pub fn parked(&self, code: &str, at: Timestamp) -> LocalWrite {
        LocalWrite::Parked(ParkedEntry {
            stream: ParkedStream::Down,
            seq: self.outline.seq,
            code: code.to_owned(),
            at,
            raw: Some(self.raw.clone()),
        })
    }
}

/// Reads entries of the hub's journal. `Err` when an entry is not one, is broken, or is for another
/// node: then the frame as a whole is refused. What is well-formed but cannot be understood is for
/// the caller to park.
pub fn read_entries(
    node: &NodeId,
    raws: &[Vec<u8>],
    keys: &[WrappedKey],
    wrapping: &WrappingKey,
    sealing: Sealing,
) -> Result<Vec<DownEntry>, journal::EntryError> {
    let mut opened = HashMap::new();
    for key in keys {
        if let Ok(data_key) = wrapping.unwrap(key) {
            opened.insert(key.key_id.as_str(), data_key);
        }
    }
    let mut entries: Vec<DownEntry> = Vec::with_capacity(raws.len());
    for raw in raws {
        let outline = journal::entry::outline(raw)?;
        if outline.node != *node {
            return Err(journal::EntryError::BadNode);
        }
        if let Some(before) = entries.last()
            && (before.outline.hash != outline.prev || before.outline.seq + 1 != outline.seq)
        {
            return Err(journal::EntryError::ChainBroken);
        }
        let mut read = DownEntry {
            outline,
            raw: raw.clone(),
            at: None,
            items: Ok(Vec::new()),
            keys: Vec::new(),
        };
        match Entry::decode(raw) {
            Ok(entry) => {
                read.at = instant(entry.at_utc_us).ok();
                read.items = entry
                    .changes
                    .iter()
                    .map(|change| read_item(change, &opened, sealing))
                    .collect();
                // One that does not open is of no use: kept with the entry it would be refused
                // again and again, and nothing after it would be taken in.
                read.keys = keys_of(&entry, keys);
                read.keys.retain(|key| opened.contains_key(key.key_id.as_str()));
            }
            Err(error) => read.items = Err(error.code()),
        }
        entries.push(read);
    }
    Ok(entries)
}

fn keys_of(entry: &Entry, keys: &[WrappedKey]) -> Vec<WrappedKey> {
    let ids: Vec<&str> =
        entry.changes.iter().filter_map(|change| seal::key_id(&change.sealed).ok()).collect();
    keys.iter().filter(|key| ids.contains(&key.key_id.as_str())).cloned().collect()
}

fn read_item(
    change: &Change,
    keys: &HashMap<&str, DataKey>,
    sealing: Sealing,
) -> Result<DownItem, &'static str> {
    let private = open(change, keys, sealing)?;
    let public: Value = serde_json::from_slice(&change.public).map_err(|_| "down.not_json")?;
    match change.kind.as_str() {
        "message" => DownMessage::join(public, private)
            .map(DownItem::Message)
            .map_err(|_| "down.bad_message"),
        "hand_over_offer" => Dossier::join(public, private)
            .map(|dossier| DownItem::HandOverOffer(Box::new(dossier)))
            .map_err(|error| error.code()),
        "custody_decision" => CustodyDecision::join(public, private)
            .map(DownItem::CustodyDecision)
            .map_err(|_| "down.bad_decision"),
        "enrolled_nodes" => serde_json::from_value(public)
            .map(DownItem::EnrolledNodes)
            .map_err(|_| "down.bad_nodes"),
        "erase" => {
            serde_json::from_value(public).map(DownItem::Erase).map_err(|_| "down.bad_erasure")
        }
        "booking" => {
            serde_json::from_value(public).map(DownItem::Booking).map_err(|_| "down.bad_booking")
        }
        kind => Ok(DownItem::Unknown { kind: kind.to_owned() }),
    }
}

fn open(
    change: &Change,
    keys: &HashMap<&str, DataKey>,
    sealing: Sealing,
) -> Result<Value, &'static str> {
    if change.sealed.is_empty() {
        return Ok(Value::Null);
    }
    let plain = if seal::is_open(&change.sealed) {
        seal::read_open(&change.sealed, sealing).map_err(|error| error.code())?
    } else {
        let key_id = seal::key_id(&change.sealed).map_err(|error| error.code())?;
        let key = keys.get(key_id).ok_or("down.no_key")?;
        let place = Place { key_id, kind: &change.kind, subject: &change.subject, rev: change.rev };
        key.open(place, &change.sealed).map_err(|error| error.code())?
    };
    serde_json::from_slice(&plain).map_err(|_| "down.not_json")
}
