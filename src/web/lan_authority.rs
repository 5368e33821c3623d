//! The center's own authority for its LAN, for the time before enrolment and for centers that keep
//! it: makes the certificate of `<host>.local`, localhost and the configured names and addresses.
//!
//! It is apart from the devices' authority, and name-constrained (critical): whoever steals its key
//! can imitate names under `.local`, private addresses and the configured names, nothing else.
//! Tablets and screens get its certificate at set-up; the printed sheet shows its fingerprint.

use std::fs;
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::tls::{Identity, TlsError, read_bounded};

const AUTHORITY_CERTIFICATE: &str = "lan-authority.pem";
const AUTHORITY_KEY: &str = "lan-authority.key";
const SERVER_CERTIFICATE: &str = "server.pem";
const SERVER_KEY: &str = "server.key";
const AUTHORITY_DAYS: i64 = 3650;
const SERVER_DAYS: i64 = 365;
/// Boxes without a clock battery start in the past.
const BACKDATE: SignedDuration = SignedDuration::from_hours(24);

/// The names that the server answers to.
#[derive(Debug, Clone)]
pub struct LanNames {
    /// The machine's name without `.local`.
    pub host: String,
    /// Further DNS names and addresses, as configured.
    pub more: Vec<String>,
}

impl LanNames {
    fn all(&self) -> Vec<String> {
        let mut all = vec![
            format!("{}.local", self.host.to_ascii_lowercase()),
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
        ];
        all.extend(self.more.iter().map(|name| name.to_ascii_lowercase()));
        all.sort();
        all.dedup();
        all
    }
}

/// What stands in the folder now.
#[derive(Debug)]
pub struct LanIdentity {
    /// For the server.
    pub identity: Identity,
    /// The authority's certificate, for tablets and screens.
    pub authority_file: PathBuf,
    /// SHA-256 of that certificate, as the printed sheet shows it.
    pub fingerprint: String,
    /// Whether a certificate was made in this call.
    pub renewed: bool,
}

/// Makes what is missing in `folder`: the authority once, the server's certificate when there is
/// none, when half of its life is over, or when the names changed. Call it at start and each day;
/// after a renewal call [`Identity::reload`] on the identity that serves.
pub fn ensure(folder: &Path, names: &LanNames, now: Timestamp) -> Result<LanIdentity, TlsError> {
    let file = |source| TlsError::File { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(file)?;
    let authority_file = folder.join(AUTHORITY_CERTIFICATE);
    let authority_key_file = folder.join(AUTHORITY_KEY);
    let server_file = folder.join(SERVER_CERTIFICATE);
    let server_key_file = folder.join(SERVER_KEY);

    let mut renewed = false;
    if !authority_file.exists() || !authority_key_file.exists() {
        make_authority(&authority_file, &authority_key_file, names, now)?;
        renewed = true;
    }
    if renewed || !still_good(&server_file, &server_key_file, names, now) {
        let authority = (authority_file.as_path(), authority_key_file.as_path());
        make_server(authority, &server_file, &server_key_file, names, now)?;
        renewed = true;
    }
    let identity = Identity::load(&server_file, &server_key_file)?;
    let fingerprint = fingerprint(&authority_file)?;
    Ok(LanIdentity { identity, authority_file, fingerprint, renewed })
}

fn make_authority(
    certificate_file: &Path,
    key_file: &Path,
    names: &LanNames,
    now: Timestamp,
) -> Result<(), TlsError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, format!("motcua LAN {}", names.host));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: permitted(names),
        excluded_subtrees: Vec::new(),
    });
    set_life(&mut params, now, AUTHORITY_DAYS);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    write(key_file, &key.serialize_pem(), 0o600)?;
    write(certificate_file, &certificate.pem(), 0o644)
}

fn make_server(
    (authority_file, authority_key_file): (&Path, &Path),
    certificate_file: &Path,
    key_file: &Path,
    names: &LanNames,
    now: Timestamp,
) -> Result<(), TlsError> {
    let bad = |path: &Path, reason: String| TlsError::Content { path: path.to_owned(), reason };
    let authority_pem = text(authority_file)?;
    let authority_key = KeyPair::from_pem(&text(authority_key_file)?)
        .map_err(|err| bad(authority_key_file, err.to_string()))?;
    let issuer = Issuer::from_ca_cert_pem(&authority_pem, authority_key)
        .map_err(|err| bad(authority_file, err.to_string()))?;

    let mut params = CertificateParams::new(names.all())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("{}.local", names.host));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_life(&mut params, now, SERVER_DAYS);
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?;
    write(key_file, &key.serialize_pem(), 0o600)?;
    write(certificate_file, &certificate.pem(), 0o644)
}

/// `.local`, localhost, private and loopback addresses, and whatever was configured beyond them.
fn permitted(names: &LanNames) -> Vec<GeneralSubtree> {
    let mut subtrees: Vec<_> =
        ["local", "localhost"].map(|name| GeneralSubtree::DnsName(name.to_owned())).into();
    let networks = [
        (IpAddr::from([10, 0, 0, 0]), 8),
        (IpAddr::from([172, 16, 0, 0]), 12),
        (IpAddr::from([192, 168, 0, 0]), 16),
        (IpAddr::from([169, 254, 0, 0]), 16),
        (IpAddr::from([127, 0, 0, 0]), 8),
        (IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), 128),
        (IpAddr::from([0xfc00, 0, 0, 0, 0, 0, 0, 0]), 7),
        (IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, 0]), 10),
    ];
    for (network, prefix) in networks {
        subtrees.push(GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(network, prefix)));
    }
    for name in &names.more {
        subtrees.push(match name.parse::<IpAddr>() {
            Ok(address) => {
                let prefix = if address.is_ipv4() { 32 } else { 128 };
                GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, prefix))
            }
            Err(_) => GeneralSubtree::DnsName(name.to_ascii_lowercase()),
        });
    }
    subtrees
}

/// An unreadable or foreign certificate is simply made anew; it holds nothing that is lost.
fn still_good(certificate_file: &Path, key_file: &Path, names: &LanNames, now: Timestamp) -> bool {
    if Identity::load(certificate_file, key_file).is_err() {
        return false;
    }
    let Ok(pem) = read_bounded(certificate_file) else { return false };
    let Ok(der) = CertificateDer::from_pem_slice(&pem) else { return false };
    let Ok((_, certificate)) = X509Certificate::from_der(&der) else { return false };
    let from = certificate.validity().not_before.timestamp();
    let to = certificate.validity().not_after.timestamp();
    let half_over = now.as_second() >= from + (to - from) / 2;
    let not_yet = now.as_second() < from;
    !half_over && !not_yet && names_of(&certificate) == names.all()
}

fn names_of(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let mut names: Vec<String> = names
        .value
        .general_names
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => <[u8; 4]>::try_from(*bytes)
                .map(IpAddr::from)
                .or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from))
                .ok()
                .map(|address| address.to_string()),
            _ => None,
        })
        .collect();
    names.sort();
    names
}

/// SHA-256 of a certificate in pairs of hexadecimal digits, as browsers show it.
pub fn fingerprint(certificate_file: &Path) -> Result<String, TlsError> {
    let der = CertificateDer::from_pem_slice(&read_bounded(certificate_file)?).map_err(|err| {
        TlsError::Content { path: certificate_file.to_owned(), reason: err.to_string() }
    })?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &der);
    let pairs: Vec<_> = digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    Ok(pairs.join(":"))
}

fn set_life(params: &mut CertificateParams, now: Timestamp, days: i64) {
    let day = |at: Timestamp| -> civil::Date { at.to_zoned(TimeZone::UTC).date() };
    let from = day(now.saturating_sub(BACKDATE).unwrap_or(now));
    let life = SignedDuration::from_hours(24 * days);
    let to = day(now.saturating_add(life).unwrap_or(Timestamp::MAX));
    let ymd = |date: civil::Date| {
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        rcgen::date_time_ymd(date.year().into(), month, day)
    };
    params.not_before = ymd(from);
    params.not_after = ymd(to);
}

fn text(path: &Path) -> Result<String, TlsError> {
    String::from_utf8(read_bounded(path)?)
        .map_err(|err| TlsError::Content { path: path.to_owned(), reason: err.to_string() })
}

/// Written beside and renamed, so that a power cut leaves the old file or the new one.
fn write(path: &Path, content: &str, mode: u32) -> Result<(), TlsError> {
    let fresh = path.with_extension("new");
    let result = (|| {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(&fresh)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    })();
    result.map_err(|source| TlsError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(more: &[&str]) -> LanNames {
        LanNames {
            host: "trungtam-06658".to_owned(),
            more: more.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_second_start_keeps_both_certificates() {
        let folder = tempfile::tempdir().unwrap();
        let now = at("2026-11-23T01:00:00Z");
        let first = ensure(folder.path(), &names(&["10.1.2.3"]), now).unwrap();
        let second = ensure(folder.path(), &names(&["10.1.2.3"]), now).unwrap();
        assert!(first.renewed && !second.renewed);
        assert_eq!(first.fingerprint, second.fingerprint);
    }

    #[test]
    fn half_of_its_life_over_or_a_new_name_renews_the_server_only() {
        let folder = tempfile::tempdir().unwrap();
        let first = ensure(folder.path(), &names(&[]), at("2026-01-01T01:00:00Z")).unwrap();
        let later = ensure(folder.path(), &names(&[]), at("2026-07-15T01:00:00Z")).unwrap();
        assert!(later.renewed);
        let more = names(&["192.168.1.5"]);
        let named = ensure(folder.path(), &more, at("2026-07-15T01:00:00Z")).unwrap();
        assert!(named.renewed);
        assert_eq!(first.fingerprint, named.fingerprint);
    }

    #[test]
    fn a_key_of_another_certificate_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let now = at("2026-11-23T01:00:00Z");
        ensure(folder.path(), &names(&[]), now).unwrap();
        let foreign = KeyPair::generate().unwrap().serialize_pem();
        fs::write(folder.path().join(SERVER_KEY), foreign).unwrap();
        assert!(ensure(folder.path(), &names(&[]), now).unwrap().renewed);
    }

    #[test]
    fn openssl_accepts_our_names_and_refuses_a_foreign_one_under_the_same_authority() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let made = ensure(folder.path(), &names(&["10.1.2.3"]), now).unwrap();
        let openssl = |certificate: &Path| {
            let output = std::process::Command::new("openssl")
                .args(["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile"])
                .args([&made.authority_file, certificate])
                .output()
                .expect("openssl is missing: run ./provision/setup");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            (output.status.success(), said)
        };
        assert_eq!(openssl(&folder.path().join(SERVER_CERTIFICATE)), (true, String::new()));

        // The thief of the authority's key makes a certificate for a public site.
        let foreign = folder.path().join("foreign.pem");
        let mut thief = names(&[]);
        thief.more = vec!["dichvucong.gov.vn".to_owned()];
        make_server(
            (&made.authority_file, &folder.path().join(AUTHORITY_KEY)),
            &foreign,
            &folder.path().join("foreign.key"),
            &thief,
            now,
        )
        .unwrap();
        let (accepted, said) = openssl(&foreign);
        assert!(!accepted);
        assert!(said.contains("permitted subtree violation"), "{said}");
    }

    #[test]
    fn the_keys_are_readable_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        ensure(folder.path(), &names(&[]), at("2026-11-23T01:00:00Z")).unwrap();
        for key in [AUTHORITY_KEY, SERVER_KEY] {
            let mode = fs::metadata(folder.path().join(key)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
