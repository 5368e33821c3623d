//! What a box and the hub say to each other when the box renews its certificates.
//!
//! The box proves who it is by the key of the certificate that it has, also when that certificate has
//! ended: TLS with a client certificate would refuse it then, so the proof is a signature over a fresh
//! challenge of the hub and over everything that is asked for. The connection itself is TLS under the
//! hub's LAN authority, which the box knows since its enrolment.

use domain::ids::NodeId;
use jiff::Timestamp;
use rcgen::{KeyPair, SigningKey};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::error::{HubError, Result};

/// A certificate as its own bytes tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Serial number, lower-case hexadecimal, as the hub books it.
    pub serial: String,
    /// Begin of its life: a day before it was issued.
    pub not_before: Timestamp,
    /// End of its life.
    pub not_after: Timestamp,
    /// Who issued it.
    pub issuer: String,
    /// Whom it names.
    pub subject: String,
    /// The public key's bytes, an uncompressed point.
    public_key: Vec<u8>,
}

impl CertificateFacts {
    /// Reads the first certificate of a PEM text.
    pub fn read(pem: &str) -> Result<CertificateFacts> {
        let unreadable = |detail: String| HubError::refused("renew.bad_certificate", detail);
        let first = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| unreadable(error.to_string()))?;
        CertificateFacts::of_der(&first)
    }

    /// Reads a certificate's bytes.
    pub fn of_der(der: &[u8]) -> Result<CertificateFacts> {
        let unreadable = |detail: String| HubError::refused("renew.bad_certificate", detail);
        let (_, certificate) =
            X509Certificate::from_der(der).map_err(|error| unreadable(error.to_string()))?;
        let at = |time: &x509_parser::time::ASN1Time| {
            Timestamp::from_second(time.timestamp()).map_err(|error| unreadable(error.to_string()))
        };
        Ok(CertificateFacts {
            serial: journal::hex::encode(certificate.raw_serial()),
            not_before: at(&certificate.validity().not_before)?,
            not_after: at(&certificate.validity().not_after)?,
            issuer: certificate.issuer().to_string(),
            subject: certificate.subject().to_string(),
            public_key: certificate.public_key().subject_public_key.data.to_vec(),
        })
    }

    /// The moment from which on it is to be renewed: the middle of its life.
    pub fn half_life(&self) -> Timestamp {
        let life = self.not_after.as_second().saturating_sub(self.not_before.as_second());
        Timestamp::from_second(self.not_before.as_second().saturating_add(life / 2))
            .unwrap_or(self.not_after)
    }

    /// Whether it was issued for this key.
    pub fn belongs_to(&self, key: &KeyPair) -> bool {
        self.public_key == key.public_key_raw()
    }

    /// Whether so little of its life is left that somebody should look why it was not renewed.
    pub fn is_late(&self, now: Timestamp) -> bool {
        is_late(self.not_before, self.not_after, now)
    }
}

/// Whether less than a third of a certificate's life is left: renewal at half life has failed for a
/// sixth of it by then.
pub fn is_late(from: Timestamp, to: Timestamp, now: Timestamp) -> bool {
    let life = to.as_second().saturating_sub(from.as_second());
    to.as_second().saturating_sub(now.as_second()) < life / 3
}

/// A box asks for a challenge.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeRequest {
    /// The box that asks.
    pub node: String,
}

/// What the hub answers.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Challenge {
    /// To be signed; good for some minutes, for this box. Hexadecimal.
    pub challenge: String,
    /// The hub's clock, microseconds since 1970: a box whose own is behind renews in time all the same.
    pub hub_time_us: i64,
}

/// A box asks for new certificates.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewRequest {
    /// The box that asks.
    pub node: String,
    /// Serial of the device certificate whose key signs this.
    pub serial: String,
    /// The hub's challenge.
    pub challenge: String,
    /// Signing request for the device certificate, with a new key.
    pub csr_pem: String,
    /// Signing request for the LAN certificate, when that is due, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lan_csr_pem: Option<String>,
    /// ECDSA over all of the above, hexadecimal.
    pub signature: String,
}

/// New certificates.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RenewAnswer {
    /// Device certificate with its chain.
    pub certificate_pem: String,
    /// LAN certificate with its chain, when it was asked for.
    pub lan_certificate_pem: Option<String>,
}

/// A box has used its new certificate: the older ones are worth nothing any more.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewDone {
    /// The box.
    pub node: String,
    /// Serial of the new certificate, whose key signs this.
    pub serial: String,
    /// The hub's challenge.
    pub challenge: String,
    /// ECDSA over all of the above, hexadecimal.
    pub signature: String,
}

impl RenewRequest {
    /// Signs with the key of the certificate that the box has.
    pub fn signed(
        node: &NodeId,
        serial: &str,
        challenge: &str,
        csr_pem: String,
        lan_csr_pem: Option<String>,
        key: &KeyPair,
    ) -> Result<RenewRequest> {
        let mut request = RenewRequest {
            node: node.to_string(),
            serial: serial.to_owned(),
            challenge: challenge.to_owned(),
            csr_pem,
            lan_csr_pem,
            signature: String::new(),
        };
        request.signature = journal::hex::encode(&key.sign(&request.said())?);
        Ok(request)
    }

    /// Refuses what was not signed by the certificate's key.
    pub fn verify(&self, by: &CertificateFacts) -> Result<()> {
        verify(&self.said(), &self.signature, by)
    }

    fn said(&self) -> Vec<u8> {
        let lan = self.lan_csr_pem.as_deref().unwrap_or_default();
        said("motcua renewal", &[&self.node, &self.serial, &self.challenge, &self.csr_pem, lan])
    }
}

impl RenewDone {
    /// Signs with the key of the new certificate.
    pub fn signed(
        node: &NodeId,
        serial: &str,
        challenge: &str,
        key: &KeyPair,
    ) -> Result<RenewDone> {
        let mut done = RenewDone {
            node: node.to_string(),
            serial: serial.to_owned(),
            challenge: challenge.to_owned(),
            signature: String::new(),
        };
        done.signature = journal::hex::encode(&key.sign(&done.said())?);
        Ok(done)
    }

    /// Refuses what was not signed by the certificate's key.
    pub fn verify(&self, by: &CertificateFacts) -> Result<()> {
        verify(&self.said(), &self.signature, by)
    }

    fn said(&self) -> Vec<u8> {
        said("motcua renewal done", &[&self.node, &self.serial, &self.challenge])
    }
}

/// Each part with its length before it, so that no two lists of parts read the same.
fn said(what: &str, parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in std::iter::once(&what).chain(parts) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

fn verify(said: &[u8], signature: &str, by: &CertificateFacts) -> Result<()> {
    journal::hex::decode(signature)
        .filter(|signature| {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &by.public_key);
            key.verify(said, signature).is_ok()
        })
        .map(drop)
        .ok_or_else(|| {
            HubError::refused(
                "renew.bad_signature",
                "not signed by the key of the certificate that it names",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lists_of_parts_read_the_same() {
        assert_ne!(said("a", &["bc", "d"]), said("a", &["b", "cd"]));
        assert_ne!(said("a", &["b", ""]), said("a", &["b"]));
    }

    #[test]
    fn a_certificate_is_due_at_half_its_life_and_late_in_its_last_third() {
        let at = |day: i64| Timestamp::from_second(1_764_000_000 + day * 86_400).unwrap();
        let facts = CertificateFacts {
            serial: String::new(),
            not_before: at(0),
            not_after: at(90),
            issuer: String::new(),
            subject: String::new(),
            public_key: Vec::new(),
        };
        assert_eq!(facts.half_life(), at(45));
        assert!(!facts.is_late(at(60)) && facts.is_late(at(61)) && facts.is_late(at(400)));
    }
}
