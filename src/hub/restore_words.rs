//! What a restored box and the hub say to each other. The way in is an enrolment token; what follows
//! is proven by the wrapping key that the enrolment gave, so that a restore goes on after a kill
//! without a second token. Pages travel sealed under a key derived from the same one.

use domain::ids::NodeId;
use journal::seal::{WrappingKey, open_with, seal_with};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::error::{HubError, Result};

/// Most subjects in one page.
pub const PAGE_ROWS_MAX: u32 = 500;
/// A page is cut when its subjects reach so many bytes.
pub const PAGE_BYTES_MAX: usize = 1024 * 1024;

/// A token's owner asks what there is to restore; the token is not spent by it.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreLook {
    /// The token's text.
    pub token: String,
    /// The box that asks.
    pub node: String,
}

/// What there is to restore.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RestoreOffer {
    /// Its unit's name.
    pub unit_name: String,
    /// The old box's master key under its recovery sheet, hexadecimal.
    pub wrapped_master: String,
    /// The epoch of the old box's journal.
    pub epoch: u64,
    /// Its last entry that the hub has.
    pub last_seq: u64,
    /// When that entry was written, microseconds since 1970 UTC.
    pub last_entry_us: Option<i64>,
    /// Subjects that the hub has of it.
    pub subjects: u64,
    /// The old box is connected at this moment: it is not dead.
    pub online: bool,
}

/// Something asked by a box that holds the node's wrapping key.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proven {
    /// The box.
    pub node: String,
    /// Its epoch.
    pub epoch: u64,
    /// What is asked, JSON.
    pub body: String,
    /// HMAC-SHA256 under the wrapping key over the other fields, hexadecimal.
    pub proof: String,
}

/// What is answered: sealed under a key derived from the wrapping key, hexadecimal.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SealedAnswer {
    /// Nonce, ciphertext, tag.
    pub sealed: String,
}

/// A part of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What the center needs to open: open dossiers, today's tickets and dossiers, counters, accounts.
    Open,
    /// Everything else.
    Rest,
}

impl Part {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Open => "open",
            Part::Rest => "rest",
        }
    }
}

/// The place of a subject in a part: kind, subject, axis.
pub type Place = (String, String, String);

/// Asks for a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageAsk {
    /// Of which part.
    pub part: Part,
    /// Tickets and dossiers of this business day or later belong to the open part.
    pub since: jiff::civil::Date,
    /// The page after this subject; the first one when absent.
    pub after: Option<Place>,
    /// At most so many subjects.
    pub rows_max: u32,
}

/// A page of the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotPage {
    /// The subjects, ordered by kind, subject and axis.
    pub rows: Vec<SnapshotRow>,
    /// Scans named by them that are whole here, SHA-256 in hexadecimal.
    pub blobs: Vec<String>,
    /// The last subject, when there is another page after it.
    pub next: Option<Place>,
    /// With the first page: how many subjects the part has, and their digest.
    pub digest: Option<PartDigest>,
}

/// A subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRow {
    /// Kind.
    pub kind: String,
    /// Subject.
    pub subject: String,
    /// Axis.
    pub axis: String,
    /// Revision.
    pub rev: u64,
    /// What everybody may read.
    pub public: Value,
    /// What is sealed elsewhere.
    pub private: Value,
}

/// What a part is as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartDigest {
    /// Subjects.
    pub rows: u64,
    /// `journal::books::digest` over them.
    pub sha256: String,
}

impl Proven {
    /// A question with its proof.
    pub fn new(
        node: &NodeId,
        epoch: u64,
        wrapping: &WrappingKey,
        ask: &impl Serialize,
    ) -> Result<Proven> {
        let body = serde_json::to_string(ask)
            .map_err(|error| HubError::refused("restore.bad_request", error.to_string()))?;
        let node = node.to_string();
        let tag = ring::hmac::sign(&proof_key(wrapping), &said(&node, epoch, &body));
        Ok(Proven { node, epoch, body, proof: journal::hex::encode(tag.as_ref()) })
    }

    /// Whether a holder of this key has asked it.
    pub fn holds(&self, wrapping: &WrappingKey) -> bool {
        let said = said(&self.node, self.epoch, &self.body);
        journal::hex::decode(&self.proof)
            .is_some_and(|tag| ring::hmac::verify(&proof_key(wrapping), &said, &tag).is_ok())
    }
}

impl SealedAnswer {
    /// Seals an answer for one box.
    pub fn seal(
        node: &NodeId,
        wrapping: &WrappingKey,
        answer: &impl Serialize,
    ) -> Result<SealedAnswer> {
        let plain = serde_json::to_vec(answer)
            .map_err(|error| HubError::refused("restore.bad_request", error.to_string()))?;
        let packed = zstd::bulk::compress(&plain, 3)
            .map_err(|error| HubError::refused("restore.bad_request", error.to_string()))?;
        let sealed =
            seal_with(&derived(wrapping, b"motcua restore seal v1"), &purpose(node), &packed)
                .map_err(crate::store::down::sealing)?;
        Ok(SealedAnswer { sealed: journal::hex::encode(&sealed) })
    }

    /// Opens it.
    pub fn open<T: DeserializeOwned>(&self, node: &NodeId, wrapping: &WrappingKey) -> Result<T> {
        let bad = || HubError::refused("restore.bad_answer", "the hub's answer cannot be read");
        let sealed = journal::hex::decode(&self.sealed).ok_or_else(bad)?;
        let key = derived(wrapping, b"motcua restore seal v1");
        let packed = open_with(&key, &purpose(node), &sealed).map_err(|_| bad())?;
        // A page is cut at PAGE_BYTES_MAX, but one subject alone may be larger; a scan is never in it.
        let plain = zstd::bulk::decompress(&packed, 4 * PAGE_BYTES_MAX).map_err(|_| bad())?;
        serde_json::from_slice(&plain).map_err(|_| bad())
    }
}

fn purpose(node: &NodeId) -> Vec<u8> {
    format!("motcua restore\0{node}").into_bytes()
}

fn said(node: &str, epoch: u64, body: &str) -> Vec<u8> {
    [b"motcua restore asks\0", node.as_bytes(), b"\0", &epoch.to_be_bytes(), body.as_bytes()]
        .concat()
}

fn proof_key(wrapping: &WrappingKey) -> ring::hmac::Key {
    ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &derived(wrapping, b"motcua restore proof v1"))
}

fn derived(wrapping: &WrappingKey, purpose: &'static [u8]) -> [u8; 32] {
    let salt = ring::hkdf::Salt::new(ring::hkdf::HKDF_SHA256, b"motcua");
    let mut key = [0; 32];
    let info = [purpose];
    // 32 bytes from SHA-256 are always within the bound of the derivation.
    if let Ok(okm) = salt.extract(&wrapping.to_bytes()).expand(&info, ring::hkdf::HKDF_SHA256) {
        okm.fill(&mut key).ok();
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_holder_of_the_wrapping_key_asks_and_reads() {
        let node = NodeId::parse("06658-1").unwrap();
        let (key, other) = (WrappingKey::from_bytes([1; 32]), WrappingKey::from_bytes([2; 32]));
        let ask = PageAsk {
            part: Part::Open,
            since: jiff::civil::date(2026, 11, 23),
            after: None,
            rows_max: 10,
        };
        let proven = Proven::new(&node, 3, &key, &ask).unwrap();
        assert!(proven.holds(&key));
        assert!(!proven.holds(&other));
        for changed in [
            Proven { epoch: 4, ..proven.clone() },
            Proven { node: "06994-2".into(), ..proven.clone() },
            Proven { body: proven.body.replace("10", "11"), ..proven.clone() },
        ] {
            assert!(!changed.holds(&key));
        }
        let answer = SealedAnswer::seal(&node, &key, &ask).unwrap();
        assert_eq!(answer.open::<PageAsk>(&node, &key).unwrap(), ask);
        assert!(answer.open::<PageAsk>(&node, &other).is_err());
        assert!(answer.open::<PageAsk>(&NodeId::parse("06994-2").unwrap(), &key).is_err());
    }
}
