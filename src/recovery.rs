//! What lies beside a copy of the store so that a box can be made of it: who it was, its master key under
//! the recovery sheet, and its identity sealed under that master key. Nothing of it opens without the
//! sheet.

use crate::identity;
use anyhow::{Context, bail};
use domain::ids::NodeId;
use hub::enrol_client::{Identity as Enrolment, IdentityFiles};
use hub::enrol_words::RecoverySheet;
use journal::seal::{open_with, seal_with};
use ring::hkdf;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The file's name.
pub const FILE: &str = "recovery.json";
/// A recovery file larger than this is none. Bytes.
const BYTES_MAX: u64 = 1024 * 1024;
/// Files of the identity folder that go along, and whether only their owner may read them.
const KEPT: [(&str, bool); 8] = [
    ("identity.json", false),
    ("device.pem", false),
    ("device.key", true),
    ("device-root.pem", false),
    ("lan.pem", false),
    ("lan.key", true),
    ("lan-authority.pem", false),
    ("wrapping.key", true),
];

/// The file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recovery {
    /// The box.
    pub node: NodeId,
    /// Its unit's name.
    pub unit_name: String,
    /// Its master key under its recovery sheet, hexadecimal; empty in a box that was enrolled before
    /// this was kept: then a new sheet is needed.
    pub wrapped_master: String,
    /// Its identity under the master key, hexadecimal.
    pub identity: String,
}

impl Recovery {
    /// Of this box.
    ///
    /// # Errors
    /// The identity folder cannot be read.
    pub fn of(data_folder: &Path, master: &[u8; 32]) -> anyhow::Result<Self> {
        let folder = identity::folder(data_folder);
        let files = IdentityFiles(folder.clone());
        let enrolment = Enrolment::load(&folder)?.context("not enrolled")?;
        let mut kept = BTreeMap::new();
        for (name, _) in KEPT {
            let path = folder.join(name);
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            kept.insert(name.to_owned(), journal::hex::encode(&bytes));
        }
        let plain = serde_json::to_vec(&kept)?;
        let sealed = seal_with(&key(master), &purpose(&enrolment.node), &plain)?;
        let wrapped = std::fs::read(files.wrapped_master()).unwrap_or_default();
        Ok(Self {
            node: enrolment.node,
            unit_name: enrolment.unit_name,
            wrapped_master: journal::hex::encode(&wrapped),
            identity: journal::hex::encode(&sealed),
        })
    }

    /// Reads it beside a copy.
    ///
    /// # Errors
    /// It is not there, or not one.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        use std::io::Read as _;
        let path = folder.join(FILE);
        let mut text = String::new();
        std::fs::File::open(&path)
            .and_then(|file| file.take(BYTES_MAX).read_to_string(&mut text))
            .with_context(|| path.display().to_string())?;
        serde_json::from_str(&text).with_context(|| path.display().to_string())
    }

    /// The master key, by the code on the sheet.
    ///
    /// # Errors
    /// `recovery.bad_code`, `recovery.wrong_sheet`.
    pub fn open_master(&self, code: &str) -> anyhow::Result<[u8; 32]> {
        let wrapped = journal::hex::decode(&self.wrapped_master).unwrap_or_default();
        Ok(RecoverySheet::parse(self.node.clone(), code)?.open(&wrapped)?)
    }

    /// Writes the identity into an empty folder; the file by which a box counts as enrolled comes last.
    ///
    /// # Errors
    /// It does not open with this key, or cannot be written.
    pub fn write_identity(&self, data_folder: &Path, master: &[u8; 32]) -> anyhow::Result<()> {
        let sealed = journal::hex::decode(&self.identity).unwrap_or_default();
        let plain = open_with(&key(master), &purpose(&self.node), &sealed)?;
        let kept: BTreeMap<String, String> = serde_json::from_slice(&plain)?;
        let folder = identity::folder(data_folder);
        let files = IdentityFiles(folder.clone());
        hub::keys::write_secret(&files.master_key(), master)?;
        let wrapped = journal::hex::decode(&self.wrapped_master).unwrap_or_default();
        hub::keys::write_secret(&files.wrapped_master(), &wrapped)?;
        for (name, secret) in KEPT.into_iter().rev() {
            let Some(bytes) = kept.get(name).and_then(|text| journal::hex::decode(text)) else {
                bail!("{name} is not in {FILE}");
            };
            match secret {
                true => hub::keys::write_secret(&folder.join(name), &bytes)?,
                false => hub::keys::write_public(&folder.join(name), &bytes)?,
            }
        }
        Ok(())
    }

    /// As it is written.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        Ok(serde_json::to_vec_pretty(self)?)
    }
}

/// The file as it is to lie on a second medium: made anew when the box has renewed its certificates.
pub struct RecoveryFile {
    data_folder: PathBuf,
    master: [u8; 32],
    seen: Option<[SystemTime; KEPT.len()]>,
}

impl RecoveryFile {
    /// Of this box.
    #[must_use]
    pub fn new(data_folder: &Path, master: [u8; 32]) -> Self {
        Self { data_folder: data_folder.to_owned(), master, seen: None }
    }

    /// Its contents, when they have changed since the last call.
    ///
    /// # Errors
    /// The identity folder cannot be read.
    pub fn changed(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        let folder = identity::folder(&self.data_folder);
        let mut now = [SystemTime::UNIX_EPOCH; KEPT.len()];
        for (written, (name, _)) in now.iter_mut().zip(KEPT) {
            *written = std::fs::metadata(folder.join(name))?.modified()?;
        }
        if self.seen == Some(now) {
            return Ok(None);
        }
        let bytes = Recovery::of(&self.data_folder, &self.master)?.bytes()?;
        self.seen = Some(now);
        Ok(Some(bytes))
    }

    /// Another medium may lie there now.
    pub fn forget(&mut self) {
        self.seen = None;
    }
}

fn purpose(node: &NodeId) -> Vec<u8> {
    format!("motcua identity\0{node}").into_bytes()
}

fn key(master: &[u8; 32]) -> [u8; 32] {
    let mut key = [0; 32];
    let info: [&[u8]; 1] = [b"identity"];
    // 32 bytes from SHA-256 are always within the bound of the derivation.
    if let Ok(okm) = hkdf::Salt::new(hkdf::HKDF_SHA256, b"motcua")
        .extract(master)
        .expand(&info, hkdf::HKDF_SHA256)
    {
        okm.fill(&mut key).ok();
    }
    key
}
