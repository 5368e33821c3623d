//! A box's call to the hub's HTTP interface. Before the box is enrolled the connection is pinned to
//! the fingerprint of the hub's LAN authority, from the token; how it is checked later says the caller.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{HubError, Result};

/// How long the hub may take to answer. A digest over ten years of a center takes it some seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// Largest refusal that is read, in bytes.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// Calls one hub.
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
    pub fn new(url: &str, fingerprint: [u8; 32]) -> Result<HubCaller> {
        HubCaller::with_tls(url, pinned_tls(fingerprint)?)
    }

    /// For the hub at an address, checked as `tls` says. Follows no redirect and no proxy.
    pub fn with_tls(url: &str, tls: rustls::ClientConfig) -> Result<HubCaller> {
        let url = url.trim_end_matches('/').to_owned();
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
    pub async fn ask_bytes(
        &self,
        path: &str,
        request: &impl Serialize,
        bytes_max: usize,
    ) -> Result<Vec<u8>> {
        let failed = |error: reqwest::Error| unreachable(&self.url, &error);
        let url = format!("{}/api/v1/{path}", self.url);
        let mut response = self.client.post(url).json(request).send().await.map_err(failed)?;
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

fn bad_answer() -> HubError {
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

fn pinned_tls(fingerprint: [u8; 32]) -> Result<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Pinned { fingerprint, provider: provider.clone() };
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| HubError::refused("enrol.tls", error.to_string()))?
        .dangerous() // the one authority that is trusted is the one whose fingerprint the token carries
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// Trusts exactly the authority with the token's fingerprint, which the hub sends in its chain;
/// names, dates and signatures are checked as always.
#[derive(Debug)]
struct Pinned {
    fingerprint: [u8; 32],
    provider: Arc<rustls::crypto::CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let pinned = intermediates
            .iter()
            .find(|certificate| journal::entry::sha256(certificate) == self.fingerprint)
            .ok_or(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(pinned.clone().into_owned())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
                .build()
                .map_err(|error| rustls::Error::General(error.to_string()))?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
