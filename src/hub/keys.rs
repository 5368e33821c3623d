//! The hub's own secrets: the master key, under which everything secret in the store is sealed, and
//! the Ed25519 key that signs acknowledgements. Both are files that only the hub's user may read.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use journal::ctl::HubSigner;
use journal::seal::{DataKey, WrappedKey, WrappingKey, open_with, seal_with};
use ring::rand::{SecureRandom, SystemRandom};

use crate::error::{HubError, Result};

/// File of the master key, below the data folder.
pub const MASTER_FILE: &str = "keys/master.key";
/// File of the signing key, PKCS#8.
pub const SIGNING_FILE: &str = "keys/signing.pk8";

/// Both keys, loaded.
pub struct HubKeys {
    master: [u8; 32],
    signing_pkcs8: Vec<u8>,
}

impl HubKeys {
    /// Makes both keys, unless they are there.
    pub fn create(data_folder: &Path) -> Result<HubKeys> {
        let master_file = data_folder.join(MASTER_FILE);
        if !master_file.exists() {
            write_secret(&master_file, &random::<32>()?)?;
        }
        let signing_file = data_folder.join(SIGNING_FILE);
        if !signing_file.exists() {
            let key = HubSigner::generate_pkcs8()
                .map_err(|error| HubError::refused("hub.random", error.to_string()))?;
            write_secret(&signing_file, &key)?;
        }
        HubKeys::load(data_folder)
    }

    /// Reads both keys.
    pub fn load(data_folder: &Path) -> Result<HubKeys> {
        let master = read_secret(&data_folder.join(MASTER_FILE))?;
        let master = master.try_into().map_err(|_| {
            HubError::refused("hub.master_key", "the master key's file does not hold 32 bytes")
        })?;
        let signing_pkcs8 = read_secret(&data_folder.join(SIGNING_FILE))?;
        let keys = HubKeys { master, signing_pkcs8 };
        keys.signer()?;
        Ok(keys)
    }

    /// What acknowledgements are signed with.
    pub fn signer(&self) -> Result<HubSigner> {
        HubSigner::from_pkcs8(&self.signing_pkcs8)
            .map_err(|_| HubError::refused("hub.signing_key", "the signing key cannot be read"))
    }

    /// The public half, which nodes get at enrolment.
    pub fn signing_public(&self) -> Result<[u8; 32]> {
        Ok(self.signer()?.public_key())
    }

    /// Seals a node's wrapping key for the store.
    pub fn seal_wrapping_key(&self, node: &str, key: &WrappingKey) -> Result<Vec<u8>> {
        seal_with(&self.master, &purpose("wrapping key", node), &key.to_bytes()).map_err(sealing)
    }

    /// Opens what [`HubKeys::seal_wrapping_key`] sealed for the same node.
    pub fn open_wrapping_key(&self, node: &str, sealed: &[u8]) -> Result<WrappingKey> {
        let key =
            open_with(&self.master, &purpose("wrapping key", node), sealed).map_err(sealing)?;
        let key = key.try_into().map_err(|_| sealing(journal::SealError::Malformed))?;
        Ok(WrappingKey::from_bytes(key))
    }

    /// Wraps a subject's data key for the store.
    pub fn wrap_data_key(&self, key_id: &str, key: &DataKey) -> Result<Vec<u8>> {
        self.as_wrapping().wrap(key_id, key).map(|key| key.wrapped).map_err(sealing)
    }

    /// Opens what [`HubKeys::wrap_data_key`] wrapped under the same id.
    pub fn unwrap_data_key(&self, key_id: &str, wrapped: Vec<u8>) -> Result<DataKey> {
        let wrapped = WrappedKey { key_id: key_id.to_owned(), wrapped };
        self.as_wrapping().unwrap(&wrapped).map_err(sealing)
    }

    /// The key of one blob's file, derived so that no file shares its key with another.
    pub fn blob_key(&self, sha256: &[u8; 32]) -> [u8; 32] {
        let salt = ring::hkdf::Salt::new(ring::hkdf::HKDF_SHA256, b"motcua hub blob v1");
        let mut key = [0; 32];
        let info: [&[u8]; 1] = [sha256];
        // Deriving 32 bytes from SHA-256 is always within its bound.
        if let Ok(okm) = salt.extract(&self.master).expand(&info, ring::hkdf::HKDF_SHA256) {
            okm.fill(&mut key).ok();
        }
        key
    }

    /// The key that marks the hub's challenges to boxes.
    pub fn challenge_key(&self) -> ring::hmac::Key {
        let salt = ring::hkdf::Salt::new(ring::hkdf::HKDF_SHA256, b"motcua renewal challenge v1");
        let mut key = [0; 32];
        // Deriving 32 bytes from SHA-256 is always within its bound.
        if let Ok(okm) = salt.extract(&self.master).expand(&[b"hmac"], ring::hkdf::HKDF_SHA256) {
            okm.fill(&mut key).ok();
        }
        ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key)
    }

    fn as_wrapping(&self) -> WrappingKey {
        WrappingKey::from_bytes(self.master)
    }
}

impl std::fmt::Debug for HubKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HubKeys(hidden)")
    }
}

fn purpose(what: &str, node: &str) -> Vec<u8> {
    format!("motcua hub {what}\0{node}").into_bytes()
}

fn sealing(error: journal::SealError) -> HubError {
    HubError::refused(error.code(), error.to_string())
}

/// Random bytes from the system.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| HubError::refused("hub.random", "the system gives no random bytes"))?;
    Ok(bytes)
}

/// Writes a file that only its owner may read; its folder is made with 0700. The bytes are on the
/// disk before this returns, because what they open may be written right after.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
            .map_err(|cause| HubError::file(folder, cause))?;
    }
    let temporary = path.with_extension("new");
    fs::remove_file(&temporary).ok();
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(|cause| HubError::file(&temporary, cause))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|cause| HubError::file(&temporary, cause))?;
    fs::rename(&temporary, path).map_err(|cause| HubError::file(path, cause))?;
    sync_folder(path)
}

/// Writes a file that others may read, in the same careful way.
pub fn write_public(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let temporary = path.with_extension("new");
    let mut file =
        fs::File::create(&temporary).map_err(|cause| HubError::file(&temporary, cause))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|cause| HubError::file(&temporary, cause))?;
    fs::rename(&temporary, path).map_err(|cause| HubError::file(path, cause))?;
    sync_folder(path)
}

/// Reads a secret file, and refuses one that others may read.
pub fn read_secret(path: &Path) -> Result<Vec<u8>> {
    let meta = fs::metadata(path).map_err(|cause| HubError::file(path, cause))?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(HubError::refused(
            "hub.key_file_open",
            format!("{} may be read by others; run: chmod 600 {}", path.display(), path.display()),
        ));
    }
    fs::read(path).map_err(|cause| HubError::file(path, cause))
}

/// Makes a folder with everything above it that is missing, so that a power cut takes none of them.
/// One that is there already may be what a killed program made and did not come to sync: its name is
/// synced all the same.
pub fn make_folder(folder: &Path) -> Result<()> {
    let is_there = |one: &&Path| one.as_os_str().is_empty() || one.exists();
    let missing: Vec<&Path> = folder.ancestors().take_while(|one| !is_there(one)).collect();
    fs::create_dir_all(folder).map_err(|cause| HubError::file(folder, cause))?;
    sync_folder(folder)?;
    // Those above the lowest, from the bottom up: none has a name before all in it are safe.
    missing.into_iter().skip(1).try_for_each(sync_folder)
}

/// Makes the name of a file or folder last: syncs the folder that holds it.
pub fn sync_folder(path: &Path) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return Ok(()),
    };
    fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|cause| HubError::file(folder, cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once_and_only_their_owner_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let first = HubKeys::create(folder.path()).unwrap();
        let second = HubKeys::create(folder.path()).unwrap();
        assert_eq!(first.master, second.master);
        assert_eq!(first.signing_public().unwrap(), second.signing_public().unwrap());
        let file = folder.path().join(MASTER_FILE);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(HubKeys::load(folder.path()).unwrap_err().code(), "hub.key_file_open");
    }

    #[test]
    fn a_wrapping_key_opens_only_for_its_node() {
        let folder = tempfile::tempdir().unwrap();
        let keys = HubKeys::create(folder.path()).unwrap();
        let key = WrappingKey::generate().unwrap();
        let sealed = keys.seal_wrapping_key("06658-1", &key).unwrap();
        assert!(keys.open_wrapping_key("06658-1", &sealed).unwrap() == key);
        assert!(keys.open_wrapping_key("06994-2", &sealed).is_err());
        assert_ne!(keys.blob_key(&[1; 32]), keys.blob_key(&[2; 32]));
    }
}
