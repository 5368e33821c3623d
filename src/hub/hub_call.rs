//! A box's call to the hub's HTTP interface, over a connection that trusts one LAN authority: the one
//! whose fingerprint the box was told, or the one that it was given at enrolment.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{HubError, Result};
use crate::renew_words::CertificateFacts;

/// How long the hub may take to answer. A digest over ten years of a center takes it some seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// Largest refusal that is read, in bytes; a larger one counts as an answer that cannot be read.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// Calls one hub. It follows no redirect and no proxy.
#[derive(Debug, Clone)]
pub struct HubCaller {
    url: String,
    client: reqwest::Client,
}

/// What the hub says when it refuses.
#[derive(Deserialize)]
struct Refusal {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: serde_json::Value,
}

impl HubCaller {
    /// For the hub at an address, known by its authority's fingerprint.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(url: &str, fingerprint: [u8; 32]) -> Result<HubCaller> {
        HubCaller::trusting(url, Known::ByFingerprint(fingerprint))
    }

    /// For the hub at an address, known by its authority's certificate, whatever the box's own clock
    /// says: one whose battery is empty wakes up in 1970 and must be able to renew. Only for what is no
    /// secret, and whose answers are signed by an authority of their own.
    ///
    /// # Errors
    /// The file is missing or is no certificate, or TLS cannot be set up.
    pub fn at_any_time(url: &str, authority: &Path) -> Result<HubCaller> {
        let root = CertificateDer::from_pem_file(authority)
            .map_err(|error| HubError::refused("renew.bad_certificate", error.to_string()))?;
        let roots =
            only(root).map_err(|error| HubError::refused("enrol.tls", error.to_string()))?;
        HubCaller::trusting(url, Known::AtAnyTime(roots))
    }

    fn trusting(url: &str, known: Known) -> Result<HubCaller> {
        let url = url.trim_end_matches('/').to_owned();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = OneAuthority { known, provider: provider.clone() };
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| HubError::refused("enrol.tls", error.to_string()))?
            .dangerous() // what is checked otherwise than always is told at `OneAuthority`
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .use_preconfigured_tls(tls)
            .timeout(ANSWER_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| unreachable(&url, &error))?;
        Ok(HubCaller { url, client })
    }

    /// Asks, and reads the answer as JSON of at most so many bytes; an empty one reads as `null`.
    ///
    /// # Errors
    /// The hub cannot be reached, refuses, or answers what cannot be read.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        request: &impl Serialize,
        bytes_max: usize,
    ) -> Result<T> {
        let body = self.ask_bytes(path, request, bytes_max).await?;
        let body = if body.is_empty() { b"null".as_slice() } else { &body };
        serde_json::from_slice(body).map_err(|_| bad_answer())
    }

    /// Asks, and gives the answer's bytes.
    ///
    /// # Errors
    /// The hub cannot be reached, refuses, or answers with more bytes.
    pub async fn ask_bytes(
        &self,
        path: &str,
        request: &impl Serialize,
        bytes_max: usize,
    ) -> Result<Vec<u8>> {
        let url = format!("{}/api/v1/{path}", self.url);
        let failed = |error: reqwest::Error| unreachable(&url, &error);
        let mut response = self.client.post(&url).json(request).send().await.map_err(failed)?;
        let status = response.status();
        let bytes_max = if status.is_success() { bytes_max } else { REFUSAL_BYTES_MAX };
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if body.len() + piece.len() > bytes_max {
                return Err(bad_answer());
            }
            body.extend_from_slice(&piece);
        }
        if status.is_success() {
            return Ok(body);
        }
        Err(match serde_json::from_slice::<Refusal>(&body) {
            Ok(Refusal { code, message, details }) => {
                let details = if details.is_null() { String::new() } else { format!(" {details}") };
                HubError::refused(known_code(&code), format!("{message} ({code}){details}"))
            }
            Err(_) => HubError::refused("enrol.hub_failed", format!("the hub answered {status}")),
        })
    }
}

/// Codes of the hub that this side passes on as its own.
fn known_code(code: &str) -> &'static str {
    [
        "enrol.token_used",
        "enrol.token_expired",
        "enrol.unknown_token",
        "enrol.wrong_node",
        "enrol.other_journal",
        "enrol.epoch_forgotten",
        "enrol.has_history",
        "enrol.bad_token",
        "enrol.lan_name_not_allowed",
        "enrol.lan_name_missing",
        "enrol.bad_key",
        "enrol.bad_request",
        "renew.bad_challenge",
        "renew.bad_signature",
        "renew.unknown_certificate",
        "renew.revoked",
        "renew.too_late",
        "renew.too_soon",
        "restore.nothing_here",
        "restore.not_proven",
        "restore.no_blob",
    ]
    .into_iter()
    .find(|known| *known == code)
    .unwrap_or("enrol.refused")
}

/// The hub's answer is not one.
pub(crate) fn bad_answer() -> HubError {
    HubError::refused("enrol.bad_answer", "the hub's answer cannot be read")
}

fn unreachable(url: &str, error: &reqwest::Error) -> HubError {
    HubError::refused("enrol.hub_unreachable", format!("{url}: {}", chain(error)))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

/// How the one authority that is trusted is known.
#[derive(Debug)]
enum Known {
    /// By its fingerprint; the hub sends the certificate in its chain.
    ByFingerprint([u8; 32]),
    /// By its certificate. The hub's own certificate is judged as of the middle of its life.
    AtAnyTime(Arc<RootCertStore>),
}

/// Trusts exactly one authority; names and signatures are checked as always, and dates too, unless
/// the box's clock is not to be relied on.
#[derive(Debug)]
struct OneAuthority {
    known: Known,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for OneAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let (roots, at) = match &self.known {
            Known::ByFingerprint(fingerprint) => {
                let sent = intermediates
                    .iter()
                    .find(|certificate| journal::entry::sha256(certificate) == *fingerprint)
                    .ok_or(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
                (only(sent.clone().into_owned())?, now)
            }
            Known::AtAnyTime(roots) => (roots.clone(), middle_of_life(end_entity)?),
        };
        WebPkiServerVerifier::builder_with_provider(roots, self.provider.clone())
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, at)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn only(root: CertificateDer<'static>) -> Result<Arc<RootCertStore>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(root)?;
    Ok(Arc::new(roots))
}

fn middle_of_life(certificate: &CertificateDer<'_>) -> Result<UnixTime, rustls::Error> {
    let facts = CertificateFacts::of_der(certificate)
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    let middle = facts.half_life().as_second().max(0).unsigned_abs();
    Ok(UnixTime::since_unix_epoch(Duration::from_secs(middle)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_of_a_forgotten_epoch_is_told_so_by_the_hub_s_own_code() {
        let code = crate::store::epochs::REFUSED;
        assert_eq!(known_code(code), code);
        assert_eq!(known_code("enrol.of_a_newer_hub"), "enrol.refused");
    }
}
