//! A device authority for tests: a root in memory, certificates as PEM files in a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::pipe::TlsFiles;

/// Signs certificates for a broker, a hub and nodes.
pub struct TestAuthority {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

fn failed(error: rcgen::Error) -> io::Error {
    io::Error::other(error.to_string())
}

impl TestAuthority {
    /// Makes a root and writes `authority.pem` into the folder.
    pub fn new(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let key = KeyPair::generate().map_err(failed)?;
        let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
        params.distinguished_name.push(DnType::CommonName, "test device authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(failed)?;
        fs::write(folder.join("authority.pem"), certificate.pem())?;
        Ok(Self { folder: folder.to_owned(), issuer: Issuer::new(params, key) })
    }

    /// The root's file.
    pub fn root(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// A certificate with this common name (a node's name, `hub`, `broker`), good as a client and,
    /// for `127.0.0.1` and `localhost`, as a server.
    pub fn issue(&self, name: &str) -> io::Result<TlsFiles> {
        let key = KeyPair::generate().map_err(failed)?;
        let mut params =
            CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])
                .map_err(failed)?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        let files = TlsFiles {
            authority: self.root(),
            certificate: self.folder.join(format!("{name}.pem")),
            key: self.folder.join(format!("{name}.key")),
        };
        fs::write(&files.certificate, certificate.pem())?;
        fs::write(&files.key, key.serialize_pem())?;
        Ok(files)
    }
}
