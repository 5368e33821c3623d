//! The broker's folder: its certificate and key, the authorities whose clients it lets in, and its
//! configuration from the templates in `config/mosquitto`. The folder is all that the broker reads.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use link::broker::BrokerFiles;

use super::Paths;
use super::device::DeviceAuthority;
use crate::error::{HubError, Result};
use crate::keys::{make_folder, write_public, write_secret};
use crate::settings::Settings;

/// The name in the hub's own client certificate, to which the ACL gives every topic.
pub const HUB_USER: &str = "hub";

/// Writes the folder; the certificate only when it is missing or `renew` says so, the configuration
/// always. Gives the path of the configuration.
pub fn write(
    settings: &Settings,
    paths: &Paths,
    device: &DeviceAuthority,
    now: Timestamp,
    renew: bool,
) -> Result<PathBuf> {
    // mosquitto resolves relative paths from where it is started.
    make_folder(&paths.broker)?;
    let folder =
        paths.broker.canonicalize().map_err(|cause| HubError::file(&paths.broker, cause))?;
    let certificate = folder.join("broker.pem");
    let key = folder.join("broker.key");
    if renew || !certificate.exists() {
        let days = settings.authority.server_certificate_days;
        let (issued, pair) = device.issue_broker(&settings.broker.names, now, days)?;
        write_secret(&key, pair.serialize_pem().as_bytes())?;
        write_public(&certificate, issued.chain_pem.as_bytes())?;
    }
    let authority = folder.join("authorities.pem");
    write_public(&authority, device.authorities_pem().as_bytes())?;
    let files = BrokerFiles {
        user: settings.broker.user.clone(),
        address: settings.broker.listen.to_string(),
        port: settings.broker.port,
        authority,
        certificate,
        key: key.clone(),
        revoked: None,
        acl: folder.join("acl"),
        hub_user: HUB_USER.into(),
        log: settings.broker.log.clone(),
    };
    write_public(&files.acl, files.acl().as_bytes())?;
    let configuration = folder.join("mosquitto.conf");
    write_public(&configuration, files.conf().as_bytes())?;
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o711))
        .map_err(|cause| HubError::file(&folder, cause))?;
    give_key(&key, &settings.broker.user)?;
    Ok(configuration)
}

/// mosquitto started as root reads its key only after it has become its own user.
fn give_key(key: &Path, user: &str) -> Result<()> {
    let root = std::fs::metadata("/proc/self")
        .is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if !root || user == "root" {
        return Ok(());
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let uid = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(user)).then(|| fields.nth(1)?.parse::<u32>().ok()).flatten()
    });
    match uid {
        Some(uid) => std::os::unix::fs::chown(key, Some(uid), None)
            .map_err(|cause| HubError::file(key, cause)),
        None => {
            tracing::warn!(
                user,
                "the broker's user does not exist on this machine; its key stays with root"
            );
            Ok(())
        }
    }
}
