//! What enrolment wrote on this box: who it is, its keys and certificates, where the hub is.

use crate::settings::Settings;
use anyhow::{Context, bail};
use domain::ids::NodeId;
use hub::enrol_client::{Identity as Enrolment, IdentityFiles};
use journal::WrappingKey;
use std::path::{Path, PathBuf};
use store::Keys;

/// The folder beside the store; systemd may give the master key by a credential instead.
const FOLDER: &str = "identity";
/// The name of the systemd credential with the master key.
const CREDENTIAL: &str = "master.key";

/// This box.
pub struct Identity {
    /// Its name.
    pub node: NodeId,
    /// The epoch that the hub granted.
    pub epoch: u64,
    /// Master and wrapping key.
    pub keys: Keys,
    /// The broker.
    pub broker_host: String,
    /// Its port.
    pub broker_port: u16,
    /// The hub's Ed25519 key.
    pub hub_key: [u8; 32],
    /// Certificates and keys.
    pub files: IdentityFiles,
}

/// The names and addresses in a box's LAN certificate: those of the settings, and by which it is always
/// reached.
#[must_use]
pub fn lan_names(settings: &Settings, node: &NodeId) -> Vec<String> {
    let mut names = settings.web.names.clone();
    names.push("localhost".to_owned());
    names.push("127.0.0.1".to_owned());
    names.push(format!("{node}.local"));
    names.dedup();
    names
}

/// The identity's folder in a data folder.
#[must_use]
pub fn folder(data_folder: &Path) -> PathBuf {
    data_folder.join(FOLDER)
}

impl Identity {
    /// Reads it.
    ///
    /// # Errors
    /// The box is not enrolled, or a file is damaged.
    pub fn load(data_folder: &Path) -> anyhow::Result<Self> {
        let folder = folder(data_folder);
        let Some(enrolment) = Enrolment::load(&folder)? else {
            bail!(
                "this box is not enrolled (no identity in {}); run: \
                 motcua center enrol --hub https://… --token …",
                folder.display()
            );
        };
        let files = IdentityFiles(folder);
        let master_file = match std::env::var_os("CREDENTIALS_DIRECTORY") {
            Some(credentials) if Path::new(&credentials).join(CREDENTIAL).exists() => {
                Path::new(&credentials).join(CREDENTIAL)
            }
            _ => files.master_key(),
        };
        Ok(Self {
            node: enrolment.node.clone(),
            epoch: enrolment.epoch,
            keys: Keys {
                master: key(&master_file)?,
                wrapping: WrappingKey::from_bytes(key(&files.wrapping_key())?),
            },
            broker_host: enrolment.broker_host.clone(),
            broker_port: enrolment.broker_port,
            hub_key: enrolment.hub_key()?,
            files,
        })
    }
}

fn key(file: &Path) -> anyhow::Result<[u8; 32]> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    match bytes.try_into() {
        Ok(key) => Ok(key),
        Err(bytes) => bail!("{} holds {} bytes, not 32", file.display(), bytes.len()),
    }
}
