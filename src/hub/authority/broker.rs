//! The broker's folder: its certificate and key, the authorities whose clients it lets in, and its
//! configuration from the templates in `config/mosquitto`. The folder is all that the broker reads.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use link::broker::BrokerFiles;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Paths;
use super::device::{DeviceAuthority, RevokedCertificate};
use crate::error::{HubError, Result};
use crate::keys::{make_folder, write_public, write_secret};
use crate::settings::Settings;

/// The list of revoked certificates.
const REVOKED_FILE: &str = "revoked.pem";
const CONFIGURATION_FILE: &str = "mosquitto.conf";
/// How often, and how many times, a mosquitto that is starting is looked at: five seconds in all.
const STARTING_LOOK_EVERY: Duration = Duration::from_millis(50);
const STARTING_LOOKS_MAX: u32 = 100;
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
        revoked: Some(folder.join(REVOKED_FILE)),
        acl: folder.join("acl"),
        hub_user: HUB_USER.into(),
        log: settings.broker.log.clone(),
    };
    // Both grow with what is revoked; the running hub keeps them.
    if !folder.join(REVOKED_FILE).exists() || !files.acl.exists() {
        write_revocations(paths, device, &[], &[], now)?;
    }
    let configuration = folder.join(CONFIGURATION_FILE);
    write_public(&configuration, files.conf().as_bytes())?;
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o711))
        .map_err(|cause| HubError::file(&folder, cause))?;
    give_key(&key, &settings.broker.user)?;
    Ok(configuration)
}

/// Writes the list of revoked certificates, and the access list with the nodes that are shut out at
/// once. False when both say so already: then nobody needs to be told.
///
/// The list is signed anew each time, so what it names stands in a line before it, which readers of
/// PEM pass over. The month stands there, too: the list never gets near its end.
pub fn write_revocations(
    paths: &Paths,
    device: &DeviceAuthority,
    revoked: &[RevokedCertificate],
    shut_out: &[String],
    now: Timestamp,
) -> Result<bool> {
    let serials: Vec<&str> = revoked.iter().map(|one| one.serial.as_str()).collect();
    let digest = journal::entry::sha256(serials.join(" ").as_bytes());
    let month = domain::time::business_day(now).first_of_month();
    let head = format!("motcua, revoked: {month} {}\n", journal::hex::encode(&digest));
    let file = paths.broker.join(REVOKED_FILE);
    let acl_file = paths.broker.join("acl");
    let acl = link::broker::acl(HUB_USER, shut_out);
    let same = |file: &Path, same: &dyn Fn(&str) -> bool| {
        std::fs::read_to_string(file).is_ok_and(|text| same(&text))
    };
    let known = same(&file, &|text| text.starts_with(&head));
    if !known {
        let list = device.revocation_list(revoked, now)?;
        write_public(&file, format!("{head}{list}").as_bytes())?;
    }
    let acl_known = same(&acl_file, &|text| text == acl);
    if !acl_known {
        write_public(&acl_file, acl.as_bytes())?;
    }
    Ok(!known || !acl_known)
}

/// Has the broker read its lists and certificates again (SIGHUP: mosquitto 2.0.11 reads access list,
/// certificates and the list of revoked ones anew, and keeps every connection). It is known by its
/// command line, which names our configuration; a broker that does not run reads them when it starts.
///
/// A mosquitto that is only starting would be ended by the signal: it is waited for until it takes it.
pub async fn reload(paths: &Paths) -> Result<()> {
    let configuration = paths.broker.join(CONFIGURATION_FILE);
    let configuration =
        configuration.canonicalize().map_err(|cause| HubError::file(&configuration, cause))?;
    let not_told = |process: Pid, why: &str| {
        HubError::refused("broker.not_reloaded", format!("mosquitto ({process}) {why}"))
    };
    for process in running(&configuration) {
        let mut looks = STARTING_LOOKS_MAX;
        while !takes_hangup(process) {
            looks = looks.checked_sub(1).ok_or_else(|| not_told(process, "takes no SIGHUP"))?;
            tokio::time::sleep(STARTING_LOOK_EVERY).await;
        }
        kill(process, Signal::SIGHUP)
            .map_err(|cause| not_told(process, &format!("cannot be told by the hub: {cause}")))?;
    }
    Ok(())
}

/// Whether a process has a handler for SIGHUP, the first bit of the mask; true also when it is gone.
fn takes_hangup(process: Pid) -> bool {
    let Ok(status) = std::fs::read_to_string(format!("/proc/{process}/status")) else {
        return true;
    };
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

/// The processes of mosquitto that were started with a configuration.
fn running(configuration: &Path) -> Vec<Pid> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    processes
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let id: i32 = entry.file_name().to_str()?.parse().ok()?;
            let name = std::fs::read_to_string(entry.path().join("comm")).ok()?;
            let line = std::fs::read(entry.path().join("cmdline")).ok()?;
            let ours = line.split(|byte| *byte == 0).any(|argument| {
                Path::new(std::ffi::OsStr::from_bytes(argument))
                    .canonicalize()
                    .is_ok_and(|path| path == configuration)
            });
            (name.trim() == "mosquitto" && ours).then(|| Pid::from_raw(id))
        })
        .collect()
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
