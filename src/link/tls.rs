//! The TLS configuration of one connection, from PEM files.
//!
//! ring is named here and not taken from the process: a second provider that slips into the build
//! would otherwise end in a panic at the first handshake.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::time::Clock;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::{ClientConfig, RootCertStore};

use crate::pipe::{PipeError, TlsFiles};

fn unusable(path: &Path, detail: impl ToString) -> PipeError {
    PipeError::File { path: path.to_owned(), detail: detail.to_string() }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, PipeError> {
    let found: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(|found| found.collect())
        .map_err(|error| unusable(path, error))?;
    if found.is_empty() {
        return Err(unusable(path, "holds no certificate in PEM form"));
    }
    Ok(found)
}

/// Judges the dates of certificates by a clock of ours.
struct ByClock(Arc<dyn Clock>);

impl std::fmt::Debug for ByClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ByClock")
    }
}

impl TimeProvider for ByClock {
    fn current_time(&self) -> Option<UnixTime> {
        let since = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(since)))
    }
}

/// Reads the files and builds what a handshake needs: only the given authority is trusted, and our
/// certificate is shown. Dates are judged by the clock, by the machine's without one.
pub fn client_config(
    files: &TlsFiles,
    clock: Option<Arc<dyn Clock>>,
) -> Result<Arc<ClientConfig>, PipeError> {
    let time: Arc<dyn TimeProvider> = match clock {
        Some(clock) => Arc::new(ByClock(clock)),
        None => Arc::new(DefaultTimeProvider),
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&files.authority)? {
        roots.add(certificate).map_err(|error| unusable(&files.authority, error))?;
    }
    let own = certificates(&files.certificate)?;
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unusable(&files.key, error))?;
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_details(ring, time)
        .with_safe_default_protocol_versions()
        .map_err(|error| PipeError::Setting(error.to_string()))?
        .with_root_certificates(roots)
        .with_client_auth_cert(own, key)
        .map_err(|error| unusable(&files.certificate, error))?;
    Ok(Arc::new(config))
}
