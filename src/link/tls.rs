//! The TLS configuration of one connection, from PEM files.
//!
//! ring is named here and not taken from the process: a second provider that slips into the build
//! would otherwise end in a panic at the first handshake.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
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

/// Reads the files and builds what a handshake needs: only the given authority is trusted, and our
/// certificate is shown.
pub fn client_config(files: &TlsFiles) -> Result<Arc<ClientConfig>, PipeError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&files.authority)? {
        roots.add(certificate).map_err(|error| unusable(&files.authority, error))?;
    }
    let own = certificates(&files.certificate)?;
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unusable(&files.key, error))?;
    let config =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| PipeError::Setting(error.to_string()))?
            .with_root_certificates(roots)
            .with_client_auth_cert(own, key)
            .map_err(|error| unusable(&files.certificate, error))?;
    Ok(Arc::new(config))
}
