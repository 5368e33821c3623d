//! Certificates, judged by OpenSSL.

use std::path::Path;
use std::process::Command;

use super::fixture::{csr, now, settings};
use crate::authority::device::DeviceAuthority;
use crate::authority::init::init;
use crate::authority::lan::LanAuthority;
use crate::authority::{Paths, Request};
use domain::ids::NodeId;

fn openssl(arguments: &[&str]) -> (bool, String) {
    let output = Command::new("openssl")
        .args(arguments)
        .output()
        .expect("openssl is missing: run ./provision/setup");
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.success(), text)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn at() -> String {
    now().as_second().to_string()
}

#[test]
fn openssl_accepts_what_the_authorities_sign_and_for_what() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), "host=/nowhere");
    let report = init(&settings, now(), false).unwrap();
    assert!(report.made);
    let paths = Paths::new(&settings.data_folder);
    let device = DeviceAuthority::load(&paths).unwrap();
    let node = NodeId::parse("06658-1").unwrap();
    let request = Request::parse(&csr("06658-1", &[])).unwrap();
    let issued = device.issue_node(&node, request, now(), 90).unwrap();
    let leaf = folder.path().join("node.pem");
    std::fs::write(&leaf, &issued.pem).unwrap();

    let root = paths.device_root();
    let intermediate = paths.device_intermediate();
    let at = at();
    let verify = |purpose: &str, leaf: &Path| {
        openssl(&[
            "verify",
            "-x509_strict",
            "-attime",
            &at,
            "-CAfile",
            text(&root),
            "-untrusted",
            text(&intermediate),
            "-purpose",
            purpose,
            text(leaf),
        ])
    };
    let (fine, said) = verify("sslclient", &leaf);
    assert!(fine, "{said}");
    let (fine, _) = verify("sslserver", &leaf);
    assert!(!fine, "a box must not pass for a server");
    let (fine, said) = verify("sslserver", &paths.broker.join("broker.pem"));
    assert!(fine, "{said}");
    let (fine, said) = verify("sslclient", &paths.mqtt_certificate());
    assert!(fine, "{said}");
    let (_, shown) =
        openssl(&["x509", "-in", text(&leaf), "-noout", "-subject", "-dates", "-serial"]);
    assert!(shown.contains("CN = 06658-1"), "{shown}");
    assert!(shown.contains("notBefore=Nov 22 02:00:00 2026"), "{shown}");
    assert!(shown.contains("notAfter=Feb 21 02:00:00 2027"), "{shown}");
    assert!(shown.contains(&issued.serial.to_uppercase()), "{shown}");
}

#[test]
fn the_lan_authority_is_bound_to_the_lan() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), "host=/nowhere");
    init(&settings, now(), false).unwrap();
    let paths = Paths::new(&settings.data_folder);
    let lan = LanAuthority::load(&paths, &settings.authority.lan_domains).unwrap();
    let issue = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let request = Request::parse(&csr("06658-1", &names)).unwrap();
        lan.issue("motcua 06658-1", request, now(), 397)
    };
    let leaf = folder.path().join("lan.pem");
    let lan_file = paths.lan();
    let at = at();
    let verify = |name: &str| {
        let flag = if name.parse::<std::net::IpAddr>().is_ok() {
            "-verify_ip"
        } else {
            "-verify_hostname"
        };
        openssl(&[
            "verify",
            "-x509_strict",
            "-attime",
            &at,
            "-CAfile",
            text(&lan_file),
            "-purpose",
            "sslserver",
            flag,
            name,
            text(&leaf),
        ])
    };
    let names =
        ["motcua-06658-1.local", "cao-xanh.motcua.local", "192.168.10.5", "127.0.0.1", "localhost"];
    std::fs::write(&leaf, issue(&names).unwrap().pem).unwrap();
    for name in names {
        let (fine, said) = verify(name);
        assert!(fine, "{name}: {said}");
    }
    for names in [
        &["example.com"][..],
        &["8.8.8.8"],
        &["motcua-x.local", "local.example.com"],
        &["notlocal"],
    ] {
        assert_eq!(issue(names).unwrap_err().code(), "enrol.lan_name_not_allowed");
    }
    assert_eq!(issue(&[]).unwrap_err().code(), "enrol.lan_name_missing");
    // Were it signed all the same, its own constraints would still stop it.
    let careless = LanAuthority::load(&paths, &["com".into()]).unwrap();
    let request = Request::parse(&csr("x", &["example.com".into()])).unwrap();
    std::fs::write(&leaf, careless.issue("x", request, now(), 90).unwrap().pem).unwrap();
    let (fine, said) = verify("example.com");
    assert!(!fine && said.contains("permitted subtree violation"), "{said}");
}

#[test]
fn init_may_be_repeated_and_works_without_the_root_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path(), "host=/nowhere");
    let first = init(&settings, now(), false).unwrap();
    let paths = Paths::new(&settings.data_folder);
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let (tls, lan) = (read(&paths.tls_certificate()), read(&paths.lan()));
    std::fs::remove_dir_all(&settings.authority.offline_folder).unwrap();
    settings.http.names.push("10.0.0.7".into());
    let second = init(&settings, now(), false).unwrap();
    assert!(!second.made && second.root_key.is_none() && first.root_key.is_some());
    assert_eq!(first.lan_fingerprint, second.lan_fingerprint);
    assert_eq!(read(&paths.tls_certificate()), tls);
    init(&settings, now(), true).unwrap();
    assert_ne!(read(&paths.tls_certificate()), tls);
    assert_eq!(read(&paths.lan()), lan);
    let broker = read(&paths.broker.join("mosquitto.conf"));
    assert!(broker.contains("require_certificate true") && !broker.contains('{'));
    settings.http.names.push("example.com".into());
    assert_eq!(init(&settings, now(), true).unwrap_err().code(), "enrol.lan_name_not_allowed");
}
