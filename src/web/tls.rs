//! The server's certificate and key from PEM files, replaceable while it runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Larger PEM files are refused.
const PEM_BYTES_MAX: u64 = 256 * 1024;

/// Why an identity could not be loaded or made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path}: {reason}")]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// rustls refused the configuration.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A certificate could not be made.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
}

impl From<TlsError> for std::io::Error {
    fn from(err: TlsError) -> Self {
        Self::other(err)
    }
}

/// The ring provider. Named explicitly: rustls guesses only while a single provider is linked.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// A certificate chain with its key; all servers started with it follow a reload.
#[derive(Debug, Clone)]
pub struct Identity {
    chain_file: PathBuf,
    key_file: PathBuf,
    current: Arc<Current>,
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Identity {
    /// Reads chain and key; refuses a key that does not belong to the certificate.
    pub fn load(chain_file: &Path, key_file: &Path) -> Result<Self, TlsError> {
        let current = Arc::new(Current(RwLock::new(Arc::new(read(chain_file, key_file)?))));
        Ok(Self { chain_file: chain_file.to_owned(), key_file: key_file.to_owned(), current })
    }

    /// Reads both files again. New connections get the new certificate; on an error the old one
    /// stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = Arc::new(read(&self.chain_file, &self.key_file)?);
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The configuration for a server without client certificates.
    pub fn server_config(&self) -> Result<ServerConfig, TlsError> {
        Ok(ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>))
    }
}

fn read(chain_file: &Path, key_file: &Path) -> Result<CertifiedKey, TlsError> {
    let bad = |path: &Path, reason: String| TlsError::Content { path: path.to_owned(), reason };
    let pem = read_bounded(chain_file)?;
    let chain = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|err| bad(chain_file, err.to_string()))?;
    if chain.is_empty() {
        return Err(bad(chain_file, "holds no certificate".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(&read_bounded(key_file)?)
        .map_err(|err| bad(key_file, err.to_string()))?;
    CertifiedKey::from_der(chain, key, &provider()).map_err(|err| bad(key_file, err.to_string()))
}

/// Reads a small file whole.
pub(crate) fn read_bounded(path: &Path) -> Result<Vec<u8>, TlsError> {
    let file = |source| TlsError::File { path: path.to_owned(), source };
    if fs::metadata(path).map_err(file)?.len() > PEM_BYTES_MAX {
        let reason = format!("is larger than {PEM_BYTES_MAX} bytes");
        return Err(TlsError::Content { path: path.to_owned(), reason });
    }
    fs::read(path).map_err(file)
}
