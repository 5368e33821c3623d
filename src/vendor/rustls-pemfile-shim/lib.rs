//! `certs`, `read_one` and `Item` over rustls-pki-types' own PEM reader.
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use std::io;

/// What stands in one block of a PEM file.
#[non_exhaustive]
pub enum Item {
    /// A certificate.
    X509Certificate(CertificateDer<'static>),
    /// A private key in PKCS#1.
    Pkcs1Key(PrivatePkcs1KeyDer<'static>),
    /// A private key in PKCS#8.
    Pkcs8Key(PrivatePkcs8KeyDer<'static>),
    /// A private key in SEC1.
    Sec1Key(PrivateSec1KeyDer<'static>),
}

fn as_io(error: rustls_pki_types::pem::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

/// Every certificate of the file, in its order.
pub fn certs(
    reader: &mut dyn io::BufRead,
) -> impl Iterator<Item = Result<CertificateDer<'static>, io::Error>> + '_ {
    CertificateDer::pem_reader_iter(reader).map(|found| found.map_err(as_io))
}

/// The next private key of the file; `None` at its end.
pub fn read_one(reader: &mut dyn io::BufRead) -> Result<Option<Item>, io::Error> {
    match PrivateKeyDer::from_pem_reader(reader) {
        Ok(PrivateKeyDer::Pkcs1(key)) => Ok(Some(Item::Pkcs1Key(key))),
        Ok(PrivateKeyDer::Pkcs8(key)) => Ok(Some(Item::Pkcs8Key(key))),
        Ok(PrivateKeyDer::Sec1(key)) => Ok(Some(Item::Sec1Key(key))),
        Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "an unknown kind of private key")),
        Err(rustls_pki_types::pem::Error::NoItemsFound) => Ok(None),
        Err(error) => Err(as_io(error)),
    }
}
