//! `motcua hub init`: everything that the hub needs before it starts, made once. What exists is kept,
//! so the command may be repeated; `renew` makes the server certificates anew (after a change of
//! names, or before they end).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use jiff::Timestamp;
use rcgen::{CertificateParams, Issuer, KeyPair};

use super::device::DeviceAuthority;
use super::lan::{LanAuthority, constraints};
use super::{INTERMEDIATE_DAYS, Issued, Paths, ROOT_DAYS, authority, broker, fingerprint, new_key};
use crate::error::{HubError, Result};
use crate::keys::{HubKeys, make_folder, write_public, write_secret};
use crate::settings::Settings;

/// File of the root's key in the offline folder.
pub const ROOT_KEY_FILE: &str = "device-root.key";

/// What init made or found.
#[derive(Debug, Clone)]
pub struct InitReport {
    /// The authorities were made now (not found).
    pub made: bool,
    /// The root's key lies here and must be taken away; `None` when it is gone already.
    pub root_key: Option<PathBuf>,
    /// SHA-256 of the LAN authority, which enrolment tokens pin.
    pub lan_fingerprint: [u8; 32],
    /// The broker's configuration.
    pub broker_config: PathBuf,
    /// For the tablets and browsers: the LAN authority's certificate.
    pub lan_certificate: PathBuf,
}

/// Makes what is missing.
pub fn init(settings: &Settings, now: Timestamp, renew: bool) -> Result<InitReport> {
    let folder = &settings.data_folder;
    make_folder(folder)?;
    // The broker runs as a user of its own and reads its part; the rest is closed file by file.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o711))
        .map_err(|cause| HubError::file(folder, cause))?;
    HubKeys::create(folder)?;
    let paths = Paths::new(folder);
    let root_key = settings.authority.offline_folder.join(ROOT_KEY_FILE);
    let made = !paths.device_intermediate().exists();
    if made {
        make_device_authority(settings, &paths, now)?;
    }
    if !paths.lan().exists() {
        make_lan_authority(settings, &paths, now)?;
    }
    let device = DeviceAuthority::load(&paths)?;
    let lan = LanAuthority::load(&paths, &settings.authority.lan_domains)?;
    let days = settings.authority.server_certificate_days;
    if renew || !paths.tls_certificate().exists() {
        let pair = lan.issue_hub(&settings.http.names, now, days)?;
        write_pair(&pair, &paths.tls_certificate(), &paths.tls_key())?;
    }
    if renew || !paths.mqtt_certificate().exists() {
        let pair = device.issue_hub(now, days)?;
        write_pair(&pair, &paths.mqtt_certificate(), &paths.mqtt_key())?;
    }
    let broker_config = broker::write(settings, &paths, &device, now, renew)?;
    Ok(InitReport {
        made,
        root_key: root_key.exists().then_some(root_key),
        lan_fingerprint: fingerprint(lan.pem())?,
        broker_config,
        lan_certificate: paths.lan(),
    })
}

fn make_device_authority(settings: &Settings, paths: &Paths, now: Timestamp) -> Result<()> {
    let root_key = new_key()?;
    let root_params = authority("motcua device root", 1, now, ROOT_DAYS)?;
    let root_pem = root_params.self_signed(&root_key)?.pem();
    let key = new_key()?;
    let params = authority("motcua device authority", 0, now, INTERMEDIATE_DAYS)?;
    let offline = &settings.authority.offline_folder;
    write_secret(&offline.join(ROOT_KEY_FILE), root_key.serialize_pem().as_bytes())?;
    write_public(&offline.join("device-root.pem"), root_pem.as_bytes())?;
    write_public(&offline.join("README.txt"), OFFLINE_NOTE.as_bytes())?;
    let pem = signed(&params, &key, root_params, root_key)?;
    write_public(&paths.device_root(), root_pem.as_bytes())?;
    write_secret(&paths.device_intermediate_key(), key.serialize_pem().as_bytes())?;
    // Last: its presence says that the authority is complete.
    write_public(&paths.device_intermediate(), pem.as_bytes())
}

fn signed(
    params: &CertificateParams,
    key: &KeyPair,
    root_params: CertificateParams,
    root_key: KeyPair,
) -> Result<String> {
    Ok(params.signed_by(key, &Issuer::new(root_params, root_key))?.pem())
}

fn make_lan_authority(settings: &Settings, paths: &Paths, now: Timestamp) -> Result<()> {
    let key = new_key()?;
    let mut params = authority("motcua LAN authority", 0, now, ROOT_DAYS)?;
    params.name_constraints = Some(constraints(&settings.authority.lan_domains));
    let pem = params.self_signed(&key)?.pem();
    write_secret(&paths.lan_key(), key.serialize_pem().as_bytes())?;
    write_public(&paths.lan(), pem.as_bytes())
}

fn write_pair(
    pair: &(Issued, KeyPair),
    certificate: &std::path::Path,
    key: &std::path::Path,
) -> Result<()> {
    write_secret(key, pair.1.serialize_pem().as_bytes())?;
    write_public(certificate, pair.0.chain_pem.as_bytes())
}

const OFFLINE_NOTE: &str = "\
Khóa gốc của hệ thống chứng thư thiết bị motcua
===============================================
Hãy chép tệp device-root.key sang hai thiết bị lưu trữ rời, niêm phong và cất ở hai nơi khác nhau,
rồi xóa cả thư mục này khỏi máy chủ. Máy chủ không cần khóa này để chạy hằng ngày; chỉ cần đến khi
cấp lại chứng thư trung gian.

The root key of the motcua device authority
===========================================
Copy device-root.key to two removable media, seal them and keep them in two places, then delete this
whole folder from the server. The hub runs without it; it is needed only to make a new intermediate.
";
