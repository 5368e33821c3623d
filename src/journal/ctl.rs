//! What both ends say to each other about cursors: JSON messages on the `ctl` lanes. What the hub
//! promises (resume, acknowledgement, a complete blob) carries its Ed25519 signature, so that a node can prove
//! later what the hub had, and so that nobody between them can invent an acknowledgement.

use domain::ids::NodeId;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::code::FieldWriter;
use crate::hex;

/// Largest control message, in bytes.
pub const CTL_BYTES_MAX: usize = 64 * 1024;
/// Most parked entries named in one acknowledgement.
pub const PARKED_MAX: usize = 256;
/// Most blobs asked for in one message; more are asked for with the next hello.
pub const BLOBS_WANTED_MAX: usize = 500;

/// What a node says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NodeMessage {
    /// First word on a connection.
    Hello(Hello),
    /// The hub's journal for this node is committed here up to this place.
    DownAck(DownAck),
    /// A blob is to be sent; the hub answers with what it has of it.
    BlobOffer(BlobOffer),
    /// The own journal does not hold what the hub's answer to the hello says.
    Forked(Forked),
}

/// What the hub says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum HubMessage {
    /// Answer to a hello: go on from here.
    Resume(Resume),
    /// Everything up to here is committed at the hub.
    Ack(Ack),
    /// What was sent is not taken, and why.
    Refused(Refused),
    /// Which pieces of a blob the hub has.
    BlobHave(BlobHave),
    /// Blobs that entries of the node name and the hub does not have, whatever it once said: its
    /// store was set back to an older state.
    BlobsWanted(BlobsWanted),
    /// Entries of a journal that has parted are kept at the hub for reading, up to here.
    Salvaged(Salvaged),
}

/// A node's state when it connects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Id of this connection; the answer repeats it, so that an answer to an older one is noticed.
    pub session: String,
    /// Incarnation of the node's journal.
    pub epoch: u64,
    /// Last entry.
    pub max_seq: u64,
    /// Its hash.
    #[serde(with = "hex::array")]
    pub head_hash: [u8; 32],
    /// Incarnation of the hub's journal for this node as known here; 0 when none.
    pub down_epoch: u64,
    /// Last entry of it that is committed here.
    pub down_seq: u64,
    /// Its hash.
    #[serde(with = "hex::array")]
    pub down_hash: [u8; 32],
    /// Newest entry format that the node writes and reads.
    pub format: u16,
    /// Version of the node's program.
    pub version: String,
}

/// A node's acknowledgement of the hub's journal, cumulative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownAck {
    /// Incarnation of the hub's journal for this node.
    pub epoch: u64,
    /// Everything up to here is committed.
    pub seq: u64,
    /// Hash at that place.
    #[serde(with = "hex::array")]
    pub hash: [u8; 32],
    /// Entries that were kept but could not be applied.
    #[serde(default)]
    pub parked: Vec<Parked>,
}

/// Two journals under one name: what the other one is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forked {
    /// The session of the resume that does not agree with this journal.
    pub session: String,
    /// Incarnation of this journal.
    pub epoch: u64,
    /// The place after the last one that the hub is known here to have.
    pub first_seq: u64,
    /// The hash there; zeros when this journal ends before it.
    #[serde(with = "hex::array")]
    pub first_hash: [u8; 32],
    /// Last entry.
    pub max_seq: u64,
    /// Its hash.
    #[serde(with = "hex::array")]
    pub head_hash: [u8; 32],
}

/// Blobs that are to be offered again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobsWanted {
    /// Their SHA-256, at most [`BLOBS_WANTED_MAX`].
    #[serde(with = "hex::arrays")]
    pub sha256: Vec<[u8; 32]>,
}

/// What is kept of a parted journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Salvaged {
    /// Its incarnation.
    pub epoch: u64,
    /// Everything up to here.
    pub seq: u64,
}

/// A blob that a node has to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobOffer {
    /// SHA-256 of the blob.
    #[serde(with = "hex::array")]
    pub sha256: [u8; 32],
    /// Its size in bytes.
    pub size: u64,
    /// Number of pieces.
    pub chunks: u32,
    /// Size of each piece but the last.
    pub chunk_size: u32,
}

/// Where a node goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The hello's session.
    pub session: String,
    /// Epoch that the hub expects from this node.
    pub epoch: u64,
    /// The hub has everything up to here.
    pub acked_seq: u64,
    /// Its hash there; the node compares it with its own.
    #[serde(with = "hex::array")]
    pub head_hash: [u8; 32],
    /// How many frames may be under way; 0 pauses.
    pub credit: u32,
    /// The hub's wall clock, microseconds since 1970 UTC. The session's name is new in each hello, so
    /// this is never older than the hello.
    pub hub_time_us: i64,
    /// The hub's signature.
    #[serde(with = "hex::array")]
    pub sig: [u8; 64],
}

/// What is safe at the hub, cumulative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Incarnation of the node's journal.
    pub epoch: u64,
    /// The hub has everything up to here.
    pub acked_seq: u64,
    /// Its hash there.
    #[serde(with = "hex::array")]
    pub head_hash: [u8; 32],
    /// Entries that were kept but could not be applied; at most [`PARKED_MAX`], the latest.
    #[serde(default)]
    pub parked: Vec<Parked>,
    /// How many frames may be under way; 0 pauses.
    pub credit: u32,
    /// The hub's wall clock, microseconds since 1970 UTC.
    pub hub_time_us: i64,
    /// The hub's signature.
    #[serde(with = "hex::array")]
    pub sig: [u8; 64],
}

/// An entry that was kept beside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// Its place.
    pub seq: u64,
    /// Why.
    pub code: String,
}

/// Something that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Why, as a stable code.
    pub code: String,
    /// For the log.
    pub detail: String,
}

/// What the hub has of a blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobHave {
    /// SHA-256 of the blob.
    #[serde(with = "hex::array")]
    pub sha256: [u8; 32],
    /// One bit a piece, piece 0 in the lowest bit of the first byte.
    #[serde(with = "hex::bytes")]
    pub bitmap: Vec<u8>,
    /// All pieces are there, their hash is right, and they are stored.
    pub complete: bool,
    /// The hub's signature that the blob is complete; empty while it is not. Upon it the node may
    /// let go of its own copy.
    #[serde(with = "hex::bytes", default, skip_serializing_if = "Vec::is_empty")]
    pub sig: Vec<u8>,
}

/// Why a control message is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the sentences say it
pub enum CtlError {
    #[error("the message is larger than allowed")]
    TooLarge,
    #[error("the message cannot be read")]
    Malformed,
    #[error("the signature is not the hub's")]
    BadSignature,
    #[error("the key is not an Ed25519 key")]
    BadKey,
}

impl CtlError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            CtlError::TooLarge => "ctl.too_large",
            CtlError::Malformed => "ctl.malformed",
            CtlError::BadSignature => "ctl.bad_signature",
            CtlError::BadKey => "ctl.bad_key",
        }
    }
}

impl NodeMessage {
    /// The message's bytes.
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads a message.
    pub fn decode(message: &[u8]) -> Result<NodeMessage, CtlError> {
        decode(message)
    }
}

impl HubMessage {
    /// The message's bytes.
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads a message; its signature, where it has one, is still to be verified.
    pub fn decode(message: &[u8]) -> Result<HubMessage, CtlError> {
        decode(message)
    }
}

impl BlobHave {
    /// Whether the hub has a piece.
    pub fn has(&self, index: u32) -> bool {
        let byte = self.bitmap.get((index / 8) as usize).copied().unwrap_or(0);
        byte & (1 << (index % 8)) != 0
    }

    /// A bitmap with one bit for each of the given pieces.
    pub fn bitmap_of(total: u32, have: impl IntoIterator<Item = u32>) -> Vec<u8> {
        let mut bitmap = vec![0_u8; total.div_ceil(8) as usize];
        for index in have.into_iter().filter(|index| *index < total) {
            bitmap[(index / 8) as usize] |= 1 << (index % 8);
        }
        bitmap
    }
}

/// What the hub signs with.
pub struct HubSigner {
    pair: Ed25519KeyPair,
}

impl HubSigner {
    /// A new key as PKCS#8, to be kept at the hub.
    pub fn generate_pkcs8() -> Result<Vec<u8>, CtlError> {
        let random = ring::rand::SystemRandom::new();
        let document = Ed25519KeyPair::generate_pkcs8(&random).map_err(|_| CtlError::BadKey)?;
        Ok(document.as_ref().to_vec())
    }

    /// From a kept key.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<HubSigner, CtlError> {
        Ed25519KeyPair::from_pkcs8(pkcs8)
            .map(|pair| HubSigner { pair })
            .map_err(|_| CtlError::BadKey)
    }

    /// The key that nodes get at enrolment.
    pub fn public_key(&self) -> [u8; 32] {
        let mut key = [0; 32];
        key.copy_from_slice(self.pair.public_key().as_ref());
        key
    }

    /// Signs an answer to a hello of `node`.
    pub fn sign_resume(&self, node: &NodeId, resume: &mut Resume) {
        resume.sig = self.sign(&resume.signed_bytes(node));
    }

    /// Signs an acknowledgement for `node`.
    pub fn sign_ack(&self, node: &NodeId, ack: &mut Ack) {
        ack.sig = self.sign(&ack.signed_bytes(node));
    }

    /// Signs that the hub has a blob of `node`, if that is what is said.
    pub fn sign_blob(&self, node: &NodeId, have: &mut BlobHave) {
        have.sig = match have.complete {
            true => self.sign(&blob_signed_bytes(node, &have.sha256)).to_vec(),
            false => Vec::new(),
        };
    }

    /// Signs a message of the hub's journal for `node`, so that nobody between them can invent one.
    pub fn sign_down(&self, node: &NodeId, message: &[u8]) -> [u8; 64] {
        self.sign(&down_signed_bytes(node, message))
    }

    fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.pair.sign(bytes).as_ref());
        signature
    }
}

/// What a node verifies with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HubVerifier([u8; 32]);

impl HubVerifier {
    /// From the hub's public key.
    pub fn new(public_key: [u8; 32]) -> HubVerifier {
        HubVerifier(public_key)
    }

    /// Whether the hub made this answer for `node`.
    pub fn verify_resume(&self, node: &NodeId, resume: &Resume) -> Result<(), CtlError> {
        self.verify(&resume.signed_bytes(node), &resume.sig)
    }

    /// Whether the hub made this acknowledgement for `node`.
    pub fn verify_ack(&self, node: &NodeId, ack: &Ack) -> Result<(), CtlError> {
        self.verify(&ack.signed_bytes(node), &ack.sig)
    }

    /// Whether the hub said to `node` that it has the whole of this blob.
    pub fn verify_blob(&self, node: &NodeId, have: &BlobHave) -> Result<(), CtlError> {
        let sig = have.sig.as_slice().try_into().map_err(|_| CtlError::BadSignature)?;
        self.verify(&blob_signed_bytes(node, &have.sha256), sig)
    }

    /// Whether the hub made this message of its journal for `node`.
    pub fn verify_down(
        &self,
        node: &NodeId,
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), CtlError> {
        self.verify(&down_signed_bytes(node, message), signature)
    }

    fn verify(&self, bytes: &[u8], signature: &[u8; 64]) -> Result<(), CtlError> {
        let key = UnparsedPublicKey::new(&ED25519, &self.0);
        key.verify(bytes, signature).map_err(|_| CtlError::BadSignature)
    }
}

impl Resume {
    /// What is signed: a name of its own, the node, and every field, length-prefixed.
    pub fn signed_bytes(&self, node: &NodeId) -> Vec<u8> {
        let mut to = FieldWriter::default();
        to.put(b"motcua/v1 resume");
        to.put(node.as_str().as_bytes());
        to.put(self.session.as_bytes());
        to.put_u64(self.epoch);
        to.put_u64(self.acked_seq);
        to.put(&self.head_hash);
        to.put(&self.credit.to_be_bytes());
        to.put(&self.hub_time_us.to_be_bytes());
        to.finish()
    }
}

impl Ack {
    /// What is signed: a name of its own, the node, and every field, length-prefixed.
    pub fn signed_bytes(&self, node: &NodeId) -> Vec<u8> {
        let mut to = FieldWriter::default();
        to.put(b"motcua/v1 ack");
        to.put(node.as_str().as_bytes());
        to.put_u64(self.epoch);
        to.put_u64(self.acked_seq);
        to.put(&self.head_hash);
        to.put_nested(|to| {
            for parked in &self.parked {
                to.put_u64(parked.seq);
                to.put(parked.code.as_bytes());
            }
        });
        to.put(&self.credit.to_be_bytes());
        to.put(&self.hub_time_us.to_be_bytes());
        to.finish()
    }
}

fn blob_signed_bytes(node: &NodeId, sha256: &[u8; 32]) -> Vec<u8> {
    let mut to = FieldWriter::default();
    to.put(b"motcua/v1 blob");
    to.put(node.as_str().as_bytes());
    to.put(sha256);
    to.finish()
}

fn down_signed_bytes(node: &NodeId, message: &[u8]) -> Vec<u8> {
    let mut to = FieldWriter::default();
    to.put(b"motcua/v1 down");
    to.put(node.as_str().as_bytes());
    to.put(message);
    to.finish()
}

fn encode(message: &impl Serialize) -> Vec<u8> {
    // Plain structs of texts and numbers always become JSON; an empty message would be refused.
    serde_json::to_vec(message).unwrap_or_default()
}

fn decode<T: DeserializeOwned>(message: &[u8]) -> Result<T, CtlError> {
    if message.len() > CTL_BYTES_MAX {
        return Err(CtlError::TooLarge);
    }
    serde_json::from_slice(message).map_err(|_| CtlError::Malformed)
}
