//! The hub's own three certificates: its pages, its way to the broker, and the broker. `motcua hub init
//! --renew` makes them anew; here is how long they last.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::Paths;
use crate::error::{HubError, Result};
use crate::renew_words::CertificateFacts;

/// Whose certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnCertificate {
    /// The hub's pages and its API.
    Pages,
    /// The hub towards the broker.
    Link,
    /// The broker.
    Broker,
}

/// How one of them stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnCertificateRow {
    /// Which.
    pub which: OwnCertificate,
    /// When it ends.
    #[schema(value_type = String, format = "date-time")]
    pub ends_at: Timestamp,
    /// Less than a third of its life is left: run `motcua hub init --renew`.
    pub late: bool,
}

/// All three.
///
/// # Errors
/// A file is missing or damaged.
pub fn own_certificates(paths: &Paths, now: Timestamp) -> Result<Vec<OwnCertificateRow>> {
    [
        (OwnCertificate::Pages, paths.tls_certificate()),
        (OwnCertificate::Link, paths.mqtt_certificate()),
        (OwnCertificate::Broker, paths.broker.join("broker.pem")),
    ]
    .into_iter()
    .map(|(which, file)| {
        let pem = std::fs::read_to_string(&file).map_err(|cause| HubError::file(&file, cause))?;
        let facts = CertificateFacts::read(&pem)?;
        Ok(OwnCertificateRow { which, ends_at: facts.not_after, late: facts.is_late(now) })
    })
    .collect()
}
