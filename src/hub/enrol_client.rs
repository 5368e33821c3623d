//! How a box comes in, the box's side: two keys and signing requests, one request over a connection
//! that is pinned to the fingerprint in the token, then everything into the identity folder. It uses
//! nothing of the hub's inside and stands here because both sides change together.
//!
//! The private keys and the master key never leave the box, except the master key wrapped under the
//! recovery sheet.

use std::path::{Path, PathBuf};

use domain::ids::NodeId;
use journal::seal::WrappingKey;
use link::pipe::TlsFiles;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use serde::{Deserialize, Serialize};

use crate::enrol_words::{
    Continued, EnrolAnswer, EnrolRequest, EnrolToken, History, RecoverySheet,
};
use crate::error::{HubError, Result};
use crate::hub_call::{HubCaller, bad_answer};
use crate::keys::{random, read_secret, write_public, write_secret};

/// Largest answer with certificates that is read, in bytes; a larger one is refused as unreadable.
pub(crate) const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// What to enrol.
#[derive(Debug, Clone)]
pub struct EnrolOrder {
    /// Address of the hub's pages, `https://hub.motcua.local:8443`.
    pub hub_url: String,
    /// The token's text.
    pub token: String,
    /// The node that this box is set up as; `None` takes the token's.
    pub node: Option<NodeId>,
    /// Names and addresses under which tablets reach this box, for its LAN certificate.
    pub lan_names: Vec<String>,
    /// Where the identity is written.
    pub folder: PathBuf,
    /// Version of this program.
    pub version: String,
    /// What it wants where the hub has a journal of its name.
    pub way: Way,
}

/// How a box comes in.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Way {
    /// As a new box of a new node, or again with the journal that it has.
    #[default]
    Join,
    /// As a new box of a known node, from nothing, on purpose.
    BeginAnew,
    /// In an old box's place.
    Restore(MasterKey),
}

/// Whose master key a restored box gets.
#[derive(Clone, PartialEq, Eq)]
pub enum MasterKey {
    /// The old box's, opened by its recovery sheet. The sheet stays as it is.
    OfTheSheet {
        /// The key.
        master: [u8; 32],
        /// As it lies at the hub.
        wrapped: Vec<u8>,
    },
    /// The one in its identity folder, or a new one. A new sheet is printed.
    Own,
}

impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Way::Join => "Join",
            Way::BeginAnew => "BeginAnew",
            Way::Restore(_) => "Restore(hidden)",
        })
    }
}

/// What a box is, as written at enrolment (`identity.json`); keys and certificates lie beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its name.
    pub node: NodeId,
    /// Its unit's name.
    pub unit_name: String,
    /// The granted epoch.
    pub epoch: u64,
    /// The broker.
    pub broker_host: String,
    /// Its port.
    pub broker_port: u16,
    /// The hub's Ed25519 key, hexadecimal.
    pub hub_signing_key: String,
    /// Where it was enrolled.
    pub hub_url: String,
}

/// Files of an identity folder.
#[derive(Debug, Clone)]
pub struct IdentityFiles(pub PathBuf);

impl IdentityFiles {
    /// `identity.json`
    pub fn identity(&self) -> PathBuf {
        self.0.join("identity.json")
    }

    /// Device certificate with its chain, shown to the broker.
    pub fn device_certificate(&self) -> PathBuf {
        self.0.join("device.pem")
    }

    /// Its key.
    pub fn device_key(&self) -> PathBuf {
        self.0.join("device.key")
    }

    /// By which the broker is trusted.
    pub fn device_root(&self) -> PathBuf {
        self.0.join("device-root.pem")
    }

    /// LAN server certificate with its chain.
    pub fn lan_certificate(&self) -> PathBuf {
        self.0.join("lan.pem")
    }

    /// Its key.
    pub fn lan_key(&self) -> PathBuf {
        self.0.join("lan.key")
    }

    /// The LAN authority, for tablets and browsers.
    pub fn lan_authority(&self) -> PathBuf {
        self.0.join("lan-authority.pem")
    }

    /// The node's master key, 32 bytes.
    pub fn master_key(&self) -> PathBuf {
        self.0.join("master.key")
    }

    /// The master key under the newest recovery sheet, as it lies at the hub; for the second medium.
    pub fn wrapped_master(&self) -> PathBuf {
        self.0.join("wrapped-master")
    }

    /// The key that node and hub share, 32 bytes.
    pub fn wrapping_key(&self) -> PathBuf {
        self.0.join("wrapping.key")
    }

    /// What this box shows to the broker, and by which it trusts it.
    pub fn broker_tls(&self) -> TlsFiles {
        TlsFiles {
            authority: self.device_root(),
            certificate: self.device_certificate(),
            key: self.device_key(),
        }
    }
}

impl Identity {
    /// Reads what an enrolment wrote; `None` when this box is not enrolled.
    pub fn load(folder: &Path) -> Result<Option<Identity>> {
        let path = IdentityFiles(folder.to_owned()).identity();
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                HubError::refused("enrol.identity_damaged", format!("{}: {error}", path.display()))
            }),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(HubError::file(&path, cause)),
        }
    }

    /// The hub's key as bytes.
    pub fn hub_key(&self) -> Result<[u8; 32]> {
        journal::hex::decode_array(&self.hub_signing_key).ok_or_else(|| {
            HubError::refused("enrol.identity_damaged", "the hub's key is not 32 bytes")
        })
    }
}

/// What an enrolment gives back: the sheet is to be printed now, it is nowhere else.
pub struct Enrolled {
    /// What the box is now.
    pub identity: Identity,
    /// The recovery sheet; none when the old box's one stays.
    pub sheet: Option<RecoverySheet>,
}

impl Enrolled {
    /// The sheet's text, to be printed once.
    pub fn sheet_text(&self) -> Option<String> {
        self.sheet.as_ref().map(|sheet| sheet.text(&self.identity.unit_name))
    }
}

/// Enrols this box. The identity is written last and as a whole; when this fails after the hub has
/// answered, the token is spent and a new one is needed.
pub async fn enrol(order: &EnrolOrder) -> Result<Enrolled> {
    let token = EnrolToken::parse(&order.token)?;
    let node = order.node.clone().unwrap_or_else(|| token.node.clone());
    let files = IdentityFiles(order.folder.clone());
    let (sheet, wrapped_master) = match &order.way {
        Way::Restore(MasterKey::OfTheSheet { master, wrapped }) => {
            write_secret(&files.master_key(), master)?;
            (None, wrapped.clone())
        }
        _ => {
            let sheet = RecoverySheet::new(node.clone())?;
            let wrapped = sheet.wrap(&own_master(&files)?)?;
            (Some(sheet), wrapped)
        }
    };
    let known = known_here(&files, &node)?;
    let history = match order.way {
        Way::Join => History::None,
        Way::BeginAnew => History::BeginAnew,
        Way::Restore(_) => History::Restore,
    };
    let device_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let lan_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let request = EnrolRequest {
        token: order.token.clone(),
        node: node.to_string(),
        csr_pem: signing_request(node.as_str(), &[], &device_key)?,
        lan_csr_pem: signing_request(node.as_str(), &order.lan_names, &lan_key)?,
        wrapped_master: journal::hex::encode(&wrapped_master),
        version: order.version.clone(),
        continues: known
            .as_ref()
            .map(|known| Continued::new(&token, &known.hub_key, known.epoch, &known.wrapping)),
        history,
    };
    let hub = HubCaller::new(&order.hub_url, token.fingerprint)?;
    let answer: EnrolAnswer = hub.ask("enrol", &request, ANSWER_BYTES_MAX).await?;
    if answer.node != node.as_str() {
        return Err(HubError::refused("enrol.wrong_node", "the hub answered for another node"));
    }
    let wrapping: [u8; 32] =
        journal::hex::decode_array(&answer.wrapping_key).ok_or_else(bad_answer)?;
    // Another key or epoch than before would leave the data folder shut: better the old certificate.
    if known.is_some_and(|known| !known.goes_on(answer.epoch, &wrapping)) {
        return Err(bad_answer());
    }
    let identity = Identity {
        node,
        unit_name: answer.unit_name,
        epoch: answer.epoch,
        broker_host: answer.broker_host,
        broker_port: answer.broker_port,
        hub_signing_key: answer.hub_signing_key,
        hub_url: order.hub_url.clone(),
    };
    identity.hub_key()?;
    crate::renew_client::forget(&files)?;
    write_secret(&files.wrapped_master(), &wrapped_master)?;
    write_secret(&files.wrapping_key(), &wrapping)?;
    write_secret(&files.device_key(), device_key.serialize_pem().as_bytes())?;
    write_public(&files.device_certificate(), answer.certificate_pem.as_bytes())?;
    write_public(&files.device_root(), answer.device_root_pem.as_bytes())?;
    write_secret(&files.lan_key(), lan_key.serialize_pem().as_bytes())?;
    write_public(&files.lan_certificate(), answer.lan_certificate_pem.as_bytes())?;
    write_public(&files.lan_authority(), answer.lan_authority_pem.as_bytes())?;
    let text = serde_json::to_vec_pretty(&identity).map_err(|_| bad_answer())?;
    write_public(&files.identity(), &text)?;
    Ok(Enrolled { identity, sheet })
}

/// This box's master key, made if there is none: a box that is enrolled again keeps it, and so its
/// database stays readable.
fn own_master(files: &IdentityFiles) -> Result<[u8; 32]> {
    match read_secret(&files.master_key()) {
        Ok(bytes) => bytes.try_into().map_err(|_| {
            HubError::refused("enrol.master_damaged", "the master key's file is not 32 bytes")
        }),
        Err(HubError::File { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
            let master = random()?;
            write_secret(&files.master_key(), &master)?;
            Ok(master)
        }
        Err(error) => Err(error),
    }
}

/// What a box was given that was enrolled before.
struct Known {
    epoch: u64,
    wrapping: WrappingKey,
    /// Of the hub that gave it, hexadecimal.
    hub_key: String,
}

impl Known {
    fn goes_on(&self, epoch: u64, wrapping: &[u8; 32]) -> bool {
        self.epoch == epoch && self.wrapping.to_bytes() == *wrapping
    }
}

/// What this box was given when it was enrolled before under this name: it has a journal, and its data
/// keys are wrapped under that key.
fn known_here(files: &IdentityFiles, node: &NodeId) -> Result<Option<Known>> {
    let Some(known) = Identity::load(&files.0)?.filter(|known| known.node == *node) else {
        return Ok(None);
    };
    let wrapping: [u8; 32] = read_secret(&files.wrapping_key())?.try_into().map_err(|_| {
        HubError::refused("enrol.identity_damaged", "the wrapping key's file is not 32 bytes")
    })?;
    let wrapping = WrappingKey::from_bytes(wrapping);
    Ok(Some(Known { epoch: known.epoch, wrapping, hub_key: known.hub_signing_key }))
}

/// A request for a certificate, as PEM.
pub(crate) fn signing_request(name: &str, names: &[String], key: &KeyPair) -> Result<String> {
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params.serialize_request(key)?.pem()?)
}
