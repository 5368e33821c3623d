//! The hub's certificate authorities.
//!
//! - [`device`]: who may speak to the broker. A root whose key is taken offline, an intermediate at
//!   the hub; it signs boxes, the broker and the hub's own client certificate.
//! - [`lan`]: what browsers in the centers and at the hub trust. It is a different authority and is
//!   bound by its certificate to private addresses, `.local` and the configured domains, so that
//!   trusting it cannot be turned against any other site.
//! - [`init`]: makes both once, with every file that the hub and the broker need.
//! - [`broker`]: the broker's configuration from the templates in `config/mosquitto`, and what it is
//!   told of revoked certificates.
//! - [`own`]: how long the hub's own certificates last.
//!
//! Every certificate begins a day before its issue ([`BACKDATED`]): a box whose clock is behind must not
//! find its own certificate "not yet valid".

pub mod broker;
pub mod device;
pub mod init;
pub mod lan;
pub mod own;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use link::pipe::TlsFiles;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SerialNumber,
};

use crate::error::{HubError, Result};
use crate::keys;

const DAY_S: i64 = 24 * 60 * 60;
/// So long before its issue a certificate begins.
pub const BACKDATED: SignedDuration = SignedDuration::from_secs(DAY_S);
/// Life of the roots and the LAN authority.
const ROOT_DAYS: u32 = 20 * 365;
/// Life of the intermediate.
const INTERMEDIATE_DAYS: u32 = 10 * 365;

/// Where the authorities' files lie below the data folder.
#[derive(Debug, Clone)]
pub struct Paths {
    /// `authority/`
    pub authority: PathBuf,
    /// `tls/`: the hub's own server certificate.
    pub tls: PathBuf,
    /// `mqtt/`: the hub's client certificate.
    pub mqtt: PathBuf,
    /// `broker/`: everything that the broker reads.
    pub broker: PathBuf,
}

impl Paths {
    /// Below `data_folder`.
    pub fn new(data_folder: &Path) -> Paths {
        Paths {
            authority: data_folder.join("authority"),
            tls: data_folder.join("tls"),
            mqtt: data_folder.join("mqtt"),
            broker: data_folder.join("broker"),
        }
    }

    /// The device authority's root certificate (its key is offline).
    pub fn device_root(&self) -> PathBuf {
        self.authority.join("device-root.pem")
    }

    /// The device authority's intermediate certificate.
    pub fn device_intermediate(&self) -> PathBuf {
        self.authority.join("device-intermediate.pem")
    }

    /// Its key.
    pub fn device_intermediate_key(&self) -> PathBuf {
        self.authority.join("device-intermediate.key")
    }

    /// The LAN authority's certificate.
    pub fn lan(&self) -> PathBuf {
        self.authority.join("lan.pem")
    }

    /// Its key.
    pub fn lan_key(&self) -> PathBuf {
        self.authority.join("lan.key")
    }

    /// The hub's server certificate with its chain.
    pub fn tls_certificate(&self) -> PathBuf {
        self.tls.join("hub.pem")
    }

    /// Its key.
    pub fn tls_key(&self) -> PathBuf {
        self.tls.join("hub.key")
    }

    /// The hub's certificate for the broker, with its chain.
    pub fn mqtt_certificate(&self) -> PathBuf {
        self.mqtt.join("hub.pem")
    }

    /// Its key.
    pub fn mqtt_key(&self) -> PathBuf {
        self.mqtt.join("hub.key")
    }

    /// What the hub shows to the broker, and by which it trusts it.
    pub fn broker_tls(&self) -> TlsFiles {
        TlsFiles {
            authority: self.device_root(),
            certificate: self.mqtt_certificate(),
            key: self.mqtt_key(),
        }
    }
}

/// A certificate as it is handed out.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate alone.
    pub pem: String,
    /// The certificate and its authority's, as servers and clients send them.
    pub chain_pem: String,
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// End of its life.
    pub not_after: Timestamp,
}

/// A signing request that was read and whose signature was checked.
pub struct Request {
    inner: rcgen::CertificateSigningRequestParams,
}

impl Request {
    /// Reads PEM; only P-256 keys are taken.
    pub fn parse(pem: &str) -> Result<Request> {
        let inner = rcgen::CertificateSigningRequestParams::from_pem(pem).map_err(|error| {
            HubError::refused("enrol.bad_request", format!("the signing request: {error}"))
        })?;
        if inner.public_key.algorithm() != &PKCS_ECDSA_P256_SHA256 {
            return Err(HubError::refused(
                "enrol.bad_key",
                "the signing request's key is not a P-256 key",
            ));
        }
        Ok(Request { inner })
    }

    /// The common name that it asks for.
    pub fn common_name(&self) -> Option<String> {
        match self.inner.params.distinguished_name.get(&DnType::CommonName)? {
            rcgen::DnValue::Utf8String(name) => Some(name.clone()),
            rcgen::DnValue::PrintableString(name) => Some(name.as_str().to_owned()),
            _ => None,
        }
    }

    /// The names and addresses that it asks for.
    pub fn names(&self) -> Vec<String> {
        self.inner
            .params
            .subject_alt_names
            .iter()
            .filter_map(|name| match name {
                rcgen::SanType::DnsName(name) => Some(name.as_str().to_owned()),
                rcgen::SanType::IpAddress(address) => Some(address.to_string()),
                _ => None,
            })
            .collect()
    }

    /// Signs the request's key under parameters of our own: nothing else of it is taken over.
    fn signed(
        mut self,
        params: CertificateParams,
        issuer: &Issuer<'static, KeyPair>,
    ) -> Result<String> {
        self.inner.params = params;
        Ok(self.inner.signed_by(issuer)?.pem())
    }
}

/// Parameters of a certificate that is no authority.
fn leaf(
    common_name: &str,
    names: &[String],
    purpose: ExtendedKeyUsagePurpose,
    now: Timestamp,
    days: u32,
) -> Result<(CertificateParams, String, Timestamp)> {
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name = named(common_name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    params.use_authority_key_identifier_extension = true;
    let not_after = validity(&mut params, now, days)?;
    let serial = serial(&mut params)?;
    Ok((params, serial, not_after))
}

/// Parameters of an authority; `below`: how many authorities may stand under it.
fn authority(common_name: &str, below: u8, now: Timestamp, days: u32) -> Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    validity(&mut params, now, days)?;
    serial(&mut params)?;
    Ok(params)
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "motcua");
    name.push(DnType::CommonName, common_name);
    name
}

fn validity(params: &mut CertificateParams, now: Timestamp, days: u32) -> Result<Timestamp> {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let second = now.as_second();
    let end = second.saturating_add(i64::from(days).saturating_mul(DAY_S));
    let end = Timestamp::from_second(end)
        .map_err(|_| HubError::refused("hub.clock", "the clock is beyond the range of dates"))?;
    let begin = now.saturating_sub(BACKDATED).unwrap_or(now);
    params.not_before = epoch + since_epoch(begin);
    params.not_after = epoch + since_epoch(end);
    Ok(end)
}

/// The whole seconds since 1970.
fn since_epoch(at: Timestamp) -> std::time::Duration {
    std::time::Duration::from_secs(at.as_second().max(0).unsigned_abs())
}

fn serial(params: &mut CertificateParams) -> Result<String> {
    let mut bytes = keys::random::<16>()?;
    // A positive number without leading zeros: the same text here and in every other tool.
    bytes[0] = bytes[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&bytes));
    Ok(journal::hex::encode(&bytes))
}

fn new_key() -> Result<KeyPair> {
    Ok(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)
}

fn load_issuer(certificate: &Path, key: &Path) -> Result<(Issuer<'static, KeyPair>, String)> {
    let pem =
        std::fs::read_to_string(certificate).map_err(|cause| HubError::file(certificate, cause))?;
    let key_pem = String::from_utf8(keys::read_secret(key)?)
        .map_err(|_| HubError::refused("hub.certificate", "the authority's key is not PEM"))?;
    let issuer = Issuer::from_ca_cert_pem(&pem, KeyPair::from_pem(&key_pem)?)?;
    Ok((issuer, pem))
}

/// SHA-256 of the first certificate in a PEM text: what an enrolment token pins.
pub fn fingerprint(pem: &str) -> Result<[u8; 32]> {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;
    let der = CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|error| HubError::refused("hub.certificate", error.to_string()))?;
    Ok(journal::entry::sha256(&der))
}

/// Whether an address is one that only a private network uses.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}
