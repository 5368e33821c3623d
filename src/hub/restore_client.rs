//! A box takes an old one's place, the box's side: what it asks the hub, and the sheet that opens the
//! old master key. Where the answers go is the center's business.

use domain::ids::NodeId;
use jiff::Timestamp;
use journal::seal::WrappingKey;

use crate::enrol_client::MasterKey;
use crate::enrol_words::{EnrolToken, RecoverySheet};
use crate::error::{HubError, Result};
use crate::hub_call::HubCaller;
use crate::renew_words::{Challenge, ChallengeRequest};
use crate::restore_words::{
    PAGE_BYTES_MAX, PageAsk, Proven, RestoreLook, RestoreOffer, SealedAnswer, SnapshotPage,
};

/// Largest answer about what there is, in bytes.
const OFFER_BYTES_MAX: usize = 64 * 1024;

/// Asks what there is to restore; the token stays unspent.
pub async fn look(hub_url: &str, token: &str) -> Result<RestoreOffer> {
    let parsed = EnrolToken::parse(token)?;
    let hub = HubCaller::new(hub_url, parsed.fingerprint)?;
    let look = RestoreLook { token: token.to_owned(), node: parsed.node.to_string() };
    hub.ask("restore/look", &look, OFFER_BYTES_MAX).await
}

/// What time it is by the hub's word, for a box that is not enrolled yet.
pub async fn hub_time(hub_url: &str, token: &str) -> Result<Timestamp> {
    let token = EnrolToken::parse(token)?;
    let hub = HubCaller::new(hub_url, token.fingerprint)?;
    let request = ChallengeRequest { node: token.node.to_string() };
    let challenge: Challenge = hub.ask("renew/challenge", &request, OFFER_BYTES_MAX).await?;
    Timestamp::from_microsecond(challenge.hub_time_us)
        .map_err(|_| HubError::refused("restore.bad_answer", "the hub's time is no time"))
}

/// Opens the old box's master key by the code on its sheet.
pub fn open_master(node: &NodeId, offer: &RestoreOffer, code: &str) -> Result<MasterKey> {
    let wrapped = journal::hex::decode(&offer.wrapped_master)
        .ok_or_else(|| HubError::refused("restore.bad_answer", "the wrapped key cannot be read"))?;
    let master = RecoverySheet::parse(node.clone(), code)?.open(&wrapped)?;
    Ok(MasterKey::OfTheSheet { master, wrapped })
}

/// Asks for the snapshot and for scans.
#[derive(Clone)]
pub struct RestoreClient {
    hub: HubCaller,
    node: NodeId,
    epoch: u64,
    wrapping: WrappingKey,
}

impl RestoreClient {
    /// For an enrolled box; `lan_authority_pem` is the certificate that it got at its enrolment.
    pub fn new(
        hub_url: &str,
        lan_authority_pem: &str,
        node: NodeId,
        epoch: u64,
        wrapping: WrappingKey,
    ) -> Result<RestoreClient> {
        let fingerprint = crate::authority::fingerprint(lan_authority_pem)?;
        Ok(RestoreClient { hub: HubCaller::new(hub_url, fingerprint)?, node, epoch, wrapping })
    }

    /// A page of the snapshot.
    pub async fn page(&self, ask: &PageAsk) -> Result<SnapshotPage> {
        let asked = Proven::new(&self.node, self.epoch, &self.wrapping, ask)?;
        // Sealed bytes travel as hexadecimal.
        let answer: SealedAnswer =
            self.hub.ask("restore/page", &asked, 10 * PAGE_BYTES_MAX).await?;
        answer.open(&self.node, &self.wrapping)
    }

    /// A scan's bytes, which have its name.
    pub async fn blob(&self, sha256: &[u8; 32]) -> Result<Vec<u8>> {
        let name = journal::hex::encode(sha256);
        let asked = Proven::new(&self.node, self.epoch, &self.wrapping, &name)?;
        let bytes_max = usize::try_from(journal::frame::BLOB_BYTES_MAX).unwrap_or(usize::MAX);
        let bytes = self.hub.ask_bytes("restore/blob", &asked, bytes_max).await?;
        if journal::entry::sha256(&bytes) != *sha256 {
            return Err(HubError::refused(
                "restore.bad_answer",
                "the scan is not what its name says",
            ));
        }
        Ok(bytes)
    }
}
