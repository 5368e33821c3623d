//! How a box renews its certificates, the hub's side, and how it loses them.
//!
//! A renewal adds a certificate and leaves the one that signed for it valid: its answer may be lost on
//! the way. Only when the box says, signed by the new key, that it has used the new one, the older ones
//! are revoked. Whoever still shows the older one after that comes from an old disk.

use domain::ids::NodeId;
use jiff::{SignedDuration, Timestamp};

use crate::authority::device::DeviceAuthority;
use crate::authority::own::{OwnCertificateRow, own_certificates};
use crate::authority::{Paths, Request, broker};
use crate::enrol::Enroller;
use crate::error::{HubError, Result};
use crate::renew_words::{Challenge, RenewAnswer, RenewDone, RenewRequest};
use crate::settings::Settings;
use crate::store::Store;
use crate::store::certificates::{Validity, Which};

/// How long a challenge may be answered.
const CHALLENGE_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// How long after the end of its certificate a box may still renew by the old key. One that was off
/// for longer is enrolled anew, with a token.
pub const RENEW_AFTER_END: SignedDuration = SignedDuration::from_hours(180 * 24);
/// A box that asks again sooner than this is told to wait: a box gone mad must not fill the book.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// Why a node whose certificates were revoked is frozen.
pub const REVOKED: &str = "node.revoked";

impl Enroller {
    /// A fresh challenge. Nothing is kept: it carries its end and the hub's own mark.
    pub fn challenge(&self, node: &str, now: Timestamp) -> Result<Challenge> {
        let node = parse(node)?;
        let until = now.checked_add(CHALLENGE_LIFE).map_err(|_| {
            HubError::refused("hub.clock", "the clock is beyond the range of dates")
        })?;
        let end = until.as_microsecond().to_be_bytes();
        let mark = ring::hmac::sign(&self.store.keys().challenge_key(), &marked(&end, &node));
        Ok(Challenge {
            challenge: journal::hex::encode(&[end.as_slice(), mark.as_ref()].concat()),
            hub_time_us: now.as_microsecond(),
        })
    }

    fn check_challenge(&self, node: &NodeId, challenge: &str, now: Timestamp) -> Result<()> {
        let known = journal::hex::decode(challenge).filter(|bytes| {
            bytes.split_first_chunk::<8>().is_some_and(|(end, mark)| {
                let key = self.store.keys().challenge_key();
                ring::hmac::verify(&key, &marked(end, node), mark).is_ok()
                    && i64::from_be_bytes(*end) > now.as_microsecond()
            })
        });
        known.map(drop).ok_or_else(|| {
            HubError::refused("renew.bad_challenge", "not a challenge of this hub, or too old")
        })
    }

    /// Answers a box that asks for new certificates.
    pub async fn renew(&self, request: &RenewRequest, now: Timestamp) -> Result<RenewAnswer> {
        let node = parse(&request.node)?;
        self.check_challenge(&node, &request.challenge, now)?;
        let device_request = Request::parse(&request.csr_pem)?;
        let lan_request = request.lan_csr_pem.as_deref().map(Request::parse).transpose()?;
        let mut client = self.store.client().await?;
        let tx = client.transaction().await?;
        let shown = self.store.certificate_of(&tx, node.as_str(), &request.serial).await?;
        request.verify(&shown.facts()?)?;
        shown.may_renew(now)?;
        let newest = self.store.newest_certificate_at(&tx, node.as_str()).await?;
        if newest > shown.validity.issued_at && now.duration_since(newest) < AGAIN_AFTER {
            return Err(HubError::refused("renew.too_soon", "a certificate was just issued"));
        }
        // What came after the one that signs was never used: its answer was lost on the way.
        let unused = Which::IssuedAfter(shown.validity.issued_at);
        self.store.revoke(&tx, node.as_str(), unused, now).await?;
        let days = self.settings.authority.device_certificate_days;
        let device = self.device.issue_node(&node, device_request, now, days)?;
        self.store.add_certificate(&tx, node.as_str(), "device", &device, now).await?;
        let lan = match lan_request {
            Some(request) => {
                let days = self.settings.authority.server_certificate_days;
                let lan = self.lan.issue(&format!("motcua {node}"), request, now, days)?;
                self.store.keep_certificate(&tx, node.as_str(), "lan", &lan, now).await?;
                Some(lan.chain_pem)
            }
            None => None,
        };
        tx.commit().await?;
        drop(client); // the word to the broker takes a connection of its own
        tracing::info!(%node, serial = device.serial, "the node's certificate is renewed");
        self.publish_revocations(now).await;
        Ok(RenewAnswer { certificate_pem: device.chain_pem, lan_certificate_pem: lan })
    }

    /// A box has used its new certificate: the older ones go.
    pub async fn renewed(&self, done: &RenewDone, now: Timestamp) -> Result<()> {
        let node = parse(&done.node)?;
        self.check_challenge(&node, &done.challenge, now)?;
        let mut client = self.store.client().await?;
        let tx = client.transaction().await?;
        let shown = self.store.certificate_of(&tx, node.as_str(), &done.serial).await?;
        done.verify(&shown.facts()?)?;
        shown.may_renew(now)?;
        let older = Which::IssuedBefore(shown.validity.issued_at);
        let gone = self.store.revoke(&tx, node.as_str(), older, now).await?;
        tx.commit().await?;
        drop(client);
        if gone > 0 {
            self.publish_revocations(now).await;
        }
        Ok(())
    }

    /// Tells the broker which certificates are worth nothing. What cannot be told now is told at the
    /// next change, and daily; until then the hub itself takes nothing from a revoked node.
    pub async fn publish_revocations(&self, now: Timestamp) {
        let told = publish(&self.store, &self.settings, &self.device, now).await;
        if let Err(error) = told {
            tracing::error!(code = error.code(), %error, "the broker was not told what is revoked");
        }
    }

    /// How long the hub's own certificates last.
    ///
    /// # Errors
    /// A file is missing or damaged.
    pub fn own_certificates(&self, now: Timestamp) -> Result<Vec<OwnCertificateRow>> {
        own_certificates(&Paths::new(&self.settings.data_folder), now)
    }

    /// Once a day: the lists of what is revoked, and a word to the log about certificates of the hub
    /// that nobody renews.
    pub async fn daily(&self, now: Timestamp) {
        self.publish_revocations(now).await;
        match self.own_certificates(now) {
            Ok(all) => {
                for own in all.iter().filter(|own| own.late) {
                    tracing::error!(
                        certificate = ?own.which,
                        ends_at = %own.ends_at,
                        "a certificate of the hub ends soon; run: motcua hub init --renew"
                    );
                }
            }
            Err(error) => tracing::error!(code = error.code(), %error, "the hub's certificates"),
        }
    }

    /// Takes a node's certificates away, for good.
    pub async fn revoke(&self, node: &str, by: &str, now: Timestamp) -> Result<u64> {
        revoke(&self.store, &self.settings, &self.device, node, by, now).await
    }
}

/// Takes a node's certificates away: nothing is taken from it any more, the broker lets it in no more,
/// a connection that is open goes deaf and dumb, and it cannot renew. A new token lets a box in again
/// under this name. Gives how many certificates it was.
pub async fn revoke(
    store: &Store,
    settings: &Settings,
    device: &DeviceAuthority,
    node: &str,
    by: &str,
    now: Timestamp,
) -> Result<u64> {
    let node = parse(node)?;
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    if !store.freeze_revoked(&tx, node.as_str(), REVOKED, by, now).await? {
        return Err(HubError::refused("hub.unknown_node", format!("{node} is not enrolled")));
    }
    let gone = store.revoke(&tx, node.as_str(), Which::All, now).await?;
    tx.commit().await?;
    drop(client);
    tracing::warn!(%node, by, gone, "the node's certificates are revoked");
    publish(store, settings, device, now).await?;
    Ok(gone)
}

/// Writes the list of revoked certificates and the access list, and has the broker read them.
pub async fn publish(
    store: &Store,
    settings: &Settings,
    device: &DeviceAuthority,
    now: Timestamp,
) -> Result<()> {
    let revoked = store.revoked_certificates(now).await?;
    let shut_out = store.shut_out(REVOKED).await?;
    let paths = Paths::new(&settings.data_folder);
    if broker::write_revocations(&paths, device, &revoked, &shut_out, now)? {
        broker::reload(&paths).await?;
    }
    Ok(())
}

/// A certificate as the hub has booked it.
pub(crate) struct Booked {
    pub(crate) pem: String,
    pub(crate) validity: Validity,
}

impl Booked {
    fn facts(&self) -> Result<crate::renew_words::CertificateFacts> {
        crate::renew_words::CertificateFacts::read(&self.pem)
    }

    fn may_renew(&self, now: Timestamp) -> Result<()> {
        if self.validity.revoked {
            return Err(HubError::refused(
                "renew.revoked",
                "this certificate was revoked, or a newer one was used already",
            ));
        }
        if now.duration_since(self.validity.ends_at) > RENEW_AFTER_END {
            return Err(HubError::refused(
                "renew.too_late",
                "this certificate ended too long ago; enrol with a new token",
            ));
        }
        Ok(())
    }
}

fn parse(node: &str) -> Result<NodeId> {
    NodeId::parse(node).map_err(|error| HubError::refused("enrol.bad_node", error.to_string()))
}

fn marked(end: &[u8], node: &NodeId) -> Vec<u8> {
    [b"motcua renewal challenge\0", end, node.as_str().as_bytes()].concat()
}
