//! How a box renews its certificates, the box's side. It keeps its name, its epoch, its journal and the
//! keys of its data; only the two key pairs for TLS and their certificates change.
//!
//! A new pair lies beside the old one (`device.next.*`) until the broker has let the box in with it once;
//! then it takes the old one's place, which stays as `device.old.*` until the hub knows. Each step can be
//! cut by the power: what is found is gone on with by [`settle`] and the next [`step`]. The link reads the
//! files for each connection, so it needs no restart.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ids::NodeId;
use jiff::{SignedDuration, Timestamp};
use link::pipe::{ConnectConfig, Pipe, PipeEvent, TlsFiles};
use link::settings::LinkSettings;
use link::types::HubTime;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};

use crate::authority::BACKDATED;
use crate::enrol_client::{ANSWER_BYTES_MAX, Identity, IdentityFiles, signing_request};
use crate::error::{HubError, Result};
use crate::hub_call::HubCaller;
use crate::keys::{read_secret, sync_folder, write_public, write_secret};
use crate::renew_words::{
    CertificateFacts, Challenge, ChallengeRequest, RenewAnswer, RenewDone, RenewRequest,
};

/// How long the broker may take to let a new certificate in.
const TRIAL_MAX: Duration = Duration::from_secs(60);
/// A new pair that the broker has not let in for so long is given up, and another one asked for.
const NEXT_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What is to be renewed.
#[derive(Clone)]
pub struct RenewOrder {
    /// The identity's folder.
    pub folder: PathBuf,
    /// Names and addresses under which tablets reach this box, for its LAN certificate.
    pub lan_names: Vec<String>,
    /// How a new certificate is shown to the broker.
    pub pipe: Arc<dyn Pipe>,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renewed {
    /// The device certificate is a new one, with this end.
    pub device_until: Option<Timestamp>,
    /// The LAN certificate is a new one: the web server should read it.
    pub lan: bool,
}

/// One of the two pairs of files, with those that lie beside it during a renewal.
struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

impl Pair {
    fn device(files: &IdentityFiles) -> Pair {
        Pair { certificate: files.device_certificate(), key: files.device_key() }
    }

    fn lan(files: &IdentityFiles) -> Pair {
        Pair { certificate: files.lan_certificate(), key: files.lan_key() }
    }

    fn beside(&self, what: &str) -> Pair {
        Pair {
            certificate: self.certificate.with_extension(format!("{what}.pem")),
            key: self.key.with_extension(format!("{what}.key")),
        }
    }

    fn next(&self) -> Pair {
        self.beside("next")
    }

    fn old(&self) -> Pair {
        self.beside("old")
    }

    /// The certificate is written last: where it is, the pair is whole.
    fn is_whole(&self) -> bool {
        self.certificate.exists() && self.key.exists()
    }

    fn write(&self, certificate_pem: &str, key_pem: &str) -> Result<()> {
        write_secret(&self.key, key_pem.as_bytes())?;
        write_public(&self.certificate, certificate_pem.as_bytes())
    }

    fn remove(&self) -> Result<()> {
        for file in [&self.certificate, &self.key] {
            match std::fs::remove_file(file) {
                Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                    return Err(HubError::file(file, cause));
                }
                _ => {}
            }
        }
        sync_folder(&self.certificate)
    }

    fn facts(&self) -> Result<CertificateFacts> {
        CertificateFacts::read(&text_of(&self.certificate)?)
    }

    fn key_pair(&self) -> Result<KeyPair> {
        Ok(KeyPair::from_pem(&secret_of(&self.key)?)?)
    }

    /// Puts the next pair in this one's place. The key goes first: a next certificate without its key
    /// tells that the power went between the two.
    fn take_next(&self) -> Result<()> {
        let next = self.next();
        rename(&next.key, &self.key)?;
        rename(&next.certificate, &self.certificate)
    }

    fn settle(&self) -> Result<()> {
        let next = self.next();
        match (next.certificate.exists(), next.key.exists()) {
            (true, false) if next.facts()?.belongs_to(&self.key_pair()?) => {
                rename(&next.certificate, &self.certificate)?;
            }
            (true, false) => next.remove()?,
            (false, true) => next.remove()?,
            _ => {}
        }
        let old = self.old();
        if !old.is_whole() && (old.certificate.exists() || old.key.exists()) {
            old.remove()?;
        }
        Ok(())
    }
}

/// Goes on with what a power cut left between two files. To be called before they are read, and only by
/// whoever renews: another process would take a renewal under way for one that was cut.
///
/// # Errors
/// A file cannot be renamed or removed.
pub fn settle(folder: &Path) -> Result<()> {
    let files = IdentityFiles(folder.to_owned());
    Pair::device(&files).settle()?;
    Pair::lan(&files).settle()
}

/// Forgets a renewal under way: the box is enrolled anew.
pub(crate) fn forget(files: &IdentityFiles) -> Result<()> {
    for pair in [Pair::device(files), Pair::lan(files)] {
        pair.next().remove()?;
        pair.old().remove()?;
    }
    Ok(())
}

/// Does what is due: tells the hub what was used, tries a pair that waits, asks for a new one at half
/// life. Called now and then; when nothing is due it costs one small request.
///
/// # Errors
/// The hub or the broker cannot be reached or refuses; the files are as they were, and the next call
/// goes on.
pub async fn step(order: &RenewOrder, now: Timestamp) -> Result<Renewed> {
    let files = IdentityFiles(order.folder.clone());
    let identity = Identity::load(&order.folder)?
        .ok_or_else(|| HubError::refused("renew.not_enrolled", "this box is not enrolled"))?;
    let hub = Hub::new(&identity, &files)?;
    settle(&order.folder)?;
    let device = Pair::device(&files);
    let lan = Pair::lan(&files);

    let challenge = hub.challenge().await?;
    // A clock that is behind must not let the certificate end unnoticed.
    let now = Timestamp::from_microsecond(challenge.hub_time_us).unwrap_or(now).max(now);
    if device.old().is_whole() {
        hub.done(&device, &challenge).await?;
    }
    let mut renewed = Renewed::default();
    if device.next().is_whole() {
        let begun_at = device.next().facts()?.not_before;
        if now.duration_since(begun_at) > BACKDATED + NEXT_KEPT {
            device.next().remove()?;
        }
    }
    let lan_due = is_ours(&files)? && lan.facts()?.half_life() <= now;
    if !device.next().is_whole() && (device.facts()?.half_life() <= now || lan_due) {
        let names = lan_due.then_some(order.lan_names.as_slice());
        hub.renew(&device, &lan, names, &challenge).await?;
    }
    if lan.next().is_whole() {
        lan.take_next()?;
        renewed.lan = true;
    }
    if device.next().is_whole() {
        let next = device.next();
        let tls = TlsFiles { certificate: next.certificate, key: next.key, ..files.broker_tls() };
        try_with_broker(order.pipe.as_ref(), &identity, tls).await?;
        let old = device.old();
        old.write(&text_of(&device.certificate)?, &secret_of(&device.key)?)?;
        device.take_next()?;
        renewed.device_until = Some(device.facts()?.not_after);
        hub.done(&device, &hub.challenge().await?).await?;
    }
    Ok(renewed)
}

/// What time it is by the hub's word, asked at this moment: for a box that does not know it, and so
/// cannot judge the date of a certificate.
///
/// # Errors
/// The box is not enrolled, or the hub cannot be reached.
pub async fn hub_time(folder: &Path) -> Result<HubTime> {
    let files = IdentityFiles(folder.to_owned());
    let identity = Identity::load(folder)?
        .ok_or_else(|| HubError::refused("renew.not_enrolled", "this box is not enrolled"))?;
    let hub = Hub::new(&identity, &files)?;
    let asked = Instant::now();
    let challenge = hub.challenge().await?;
    Ok(HubTime { us: challenge.hub_time_us, took: asked.elapsed() })
}

/// Whether the LAN certificate comes from the hub's authority; one that a technician put there instead
/// is the technician's to renew.
fn is_ours(files: &IdentityFiles) -> Result<bool> {
    let authority = CertificateFacts::read(&text_of(&files.lan_authority())?)?;
    Ok(Pair::lan(files).facts()?.issuer == authority.subject)
}

/// The hub, for this box.
struct Hub {
    caller: HubCaller,
    node: NodeId,
}

impl Hub {
    fn new(identity: &Identity, files: &IdentityFiles) -> Result<Hub> {
        let caller = HubCaller::at_any_time(&identity.hub_url, &files.lan_authority())?;
        Ok(Hub { caller, node: identity.node.clone() })
    }

    async fn challenge(&self) -> Result<Challenge> {
        let request = ChallengeRequest { node: self.node.to_string() };
        self.caller.ask("renew/challenge", &request, ANSWER_BYTES_MAX).await
    }

    /// Asks for a new pair and puts it beside the present one.
    async fn renew(
        &self,
        device: &Pair,
        lan: &Pair,
        lan_names: Option<&[String]>,
        challenge: &Challenge,
    ) -> Result<()> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let lan_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let name = self.node.as_str();
        let lan_request = lan_names.map(|names| signing_request(name, names, &lan_key));
        let request = RenewRequest::signed(
            &self.node,
            &device.facts()?.serial,
            &challenge.challenge,
            signing_request(name, &[], &key)?,
            lan_request.transpose()?,
            &device.key_pair()?,
        )?;
        let answer: RenewAnswer = self.caller.ask("renew", &request, ANSWER_BYTES_MAX).await?;
        if let Some(pem) = &answer.lan_certificate_pem {
            CertificateFacts::read(pem)?;
            lan.next().write(pem, &lan_key.serialize_pem())?;
        }
        CertificateFacts::read(&answer.certificate_pem)?;
        device.next().write(&answer.certificate_pem, &key.serialize_pem())
    }

    /// Tells that the present pair was used; then the one before it may go here, too.
    async fn done(&self, device: &Pair, challenge: &Challenge) -> Result<()> {
        let serial = device.facts()?.serial;
        let key = device.key_pair()?;
        let done = RenewDone::signed(&self.node, &serial, &challenge.challenge, &key)?;
        let _nothing: Option<serde_json::Value> =
            self.caller.ask("renew/done", &done, ANSWER_BYTES_MAX).await?;
        device.old().remove()
    }
}

/// Shows the broker the new certificate, on a connection of its own.
pub(crate) async fn try_with_broker(
    pipe: &dyn Pipe,
    identity: &Identity,
    tls: TlsFiles,
) -> Result<()> {
    let refused = |detail: String| HubError::refused("renew.not_let_in", detail);
    let config = ConnectConfig {
        silence_max: TRIAL_MAX,
        ..LinkSettings::default().connect_config(
            format!("{}-renewal-{}", identity.node, uuid::Uuid::new_v4().simple()),
            (&identity.broker_host, identity.broker_port),
            Some(tls),
            vec![journal::topics::HUB_STATE.to_owned()],
            None,
        )
    };
    let mut connection = pipe.connect(&config).map_err(|error| refused(error.to_string()))?;
    let up = tokio::time::timeout(TRIAL_MAX, async {
        while let Some(event) = connection.events.recv().await {
            match event {
                PipeEvent::Up => return Ok(()),
                PipeEvent::Down(reason) => {
                    return Err(refused(format!("{}: {}", reason.code, reason.detail)));
                }
                PipeEvent::Message { .. } | PipeEvent::Spoilt { .. } => {}
            }
        }
        Err(refused("the connection ended".to_owned()))
    });
    up.await.unwrap_or_else(|_| Err(refused("no answer".to_owned())))
}

fn text_of(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).map_err(|cause| HubError::file(file, cause))
}

fn secret_of(file: &Path) -> Result<String> {
    String::from_utf8(read_secret(file)?)
        .map_err(|_| HubError::refused("renew.bad_key", "the key is not PEM"))
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).map_err(|cause| HubError::file(to, cause))?;
    sync_folder(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str) -> (String, String) {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        (certificate.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    /// A box in the midst of a renewal.
    fn renewing() -> (tempfile::TempDir, Pair, (String, String), (String, String)) {
        let folder = tempfile::tempdir().unwrap();
        let device = Pair::device(&IdentityFiles(folder.path().to_owned()));
        let (old, new) = (pair("old"), pair("new"));
        device.write(&old.0, &old.1).unwrap();
        device.next().write(&new.0, &new.1).unwrap();
        (folder, device, old, new)
    }

    fn holds(device: &Pair, pair: &(String, String)) -> bool {
        let read = |file| std::fs::read_to_string(file).unwrap();
        read(&device.certificate) == pair.0 && read(&device.key) == pair.1
    }

    #[test]
    fn a_power_cut_between_the_two_files_is_gone_on_with() {
        let (folder, device, _, new) = renewing();
        rename(&device.next().key, &device.key).unwrap();
        settle(folder.path()).unwrap();
        assert!(holds(&device, &new));
        assert!(!device.next().certificate.exists());
        settle(folder.path()).unwrap();
        assert!(holds(&device, &new));
    }

    #[test]
    fn a_pair_that_waits_for_its_trial_stays() {
        let (folder, device, old, _) = renewing();
        settle(folder.path()).unwrap();
        assert!(holds(&device, &old) && device.next().is_whole());
    }

    #[test]
    fn half_a_pair_is_forgotten_and_the_present_one_stays() {
        let (folder, device, old, _) = renewing();
        // the answer never came
        std::fs::remove_file(device.next().certificate).unwrap();
        // and of the old pair only one half was copied
        write_secret(&device.old().key, b"x").unwrap();
        settle(folder.path()).unwrap();
        assert!(holds(&device, &old));
        assert!(!device.next().key.exists() && !device.old().key.exists());
    }

    #[test]
    fn a_certificate_is_never_put_beside_a_key_of_another() {
        let (folder, device, old, _) = renewing();
        std::fs::remove_file(device.next().key).unwrap();
        settle(folder.path()).unwrap();
        assert!(holds(&device, &old));
        assert!(!device.next().certificate.exists());
    }

    #[test]
    fn enrolling_anew_forgets_a_renewal_under_way() {
        let (folder, device, old, _) = renewing();
        forget(&IdentityFiles(folder.path().to_owned())).unwrap();
        assert!(holds(&device, &old) && !device.next().is_whole());
    }
}
