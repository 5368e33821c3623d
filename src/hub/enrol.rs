//! How a box comes in, the hub's side: a token is made for one node, and spent by one request that
//! brings the box's keys to be signed and takes home everything that the box needs.

use domain::ids::NodeId;
use jiff::{SignedDuration, Timestamp};
use journal::seal::WrappingKey;

use crate::authority::device::DeviceAuthority;
use crate::authority::lan::LanAuthority;
use crate::authority::{Paths, Request, fingerprint};
use crate::enrol_words::{EnrolAnswer, EnrolRequest, EnrolToken, History};
use crate::error::{HubError, Result};
use crate::settings::Settings;
use crate::store::Store;
use crate::store::epochs;
use crate::store::nodes::Granted;

/// Largest wrapped master key that is taken, in bytes.
const WRAPPED_MASTER_BYTES_MAX: usize = 256;

/// Makes a token for a node; older ones of the same node that nobody used lose their worth.
pub async fn make_token(
    store: &Store,
    settings: &Settings,
    node: &NodeId,
    unit_name: &str,
    now: Timestamp,
) -> Result<EnrolToken> {
    let lan = std::fs::read_to_string(Paths::new(&settings.data_folder).lan())
        .map_err(|cause| HubError::file(&Paths::new(&settings.data_folder).lan(), cause))?;
    let token = EnrolToken {
        node: node.clone(),
        secret: crate::keys::random()?,
        fingerprint: fingerprint(&lan)?,
    };
    let expires = now
        .checked_add(SignedDuration::from_hours(i64::from(settings.enrolment.token_hours)))
        .map_err(|_| HubError::refused("hub.clock", "the clock is beyond the range of dates"))?;
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    store.invite(&tx, node.as_str(), unit_name).await?;
    store.keep_token(&tx, &token.hash(), node.as_str(), now, expires).await?;
    tx.commit().await?;
    Ok(token)
}

/// The authorities, loaded once for the running hub.
pub struct Enroller {
    pub(crate) device: DeviceAuthority,
    pub(crate) lan: LanAuthority,
    pub(crate) settings: Settings,
    pub(crate) store: Store,
}

impl Enroller {
    /// Reads the authorities.
    pub fn load(settings: &Settings, store: &Store) -> Result<Enroller> {
        let paths = Paths::new(&settings.data_folder);
        Ok(Enroller {
            device: DeviceAuthority::load(&paths)?,
            lan: LanAuthority::load(&paths, &settings.authority.lan_domains)?,
            settings: settings.clone(),
            store: store.clone(),
        })
    }

    /// The certificate that browsers and tablets need.
    pub fn lan_authority_pem(&self) -> &str {
        self.lan.pem()
    }

    /// Answers one request. The token is spent in the transaction that grants the epoch: either the
    /// node has both, or the token still works.
    pub async fn enrol(&self, request: &EnrolRequest, now: Timestamp) -> Result<EnrolAnswer> {
        let answer = self.let_in(request, now).await;
        // Its token is good: what it shows counts, and a person is told.
        if answer.as_ref().is_err_and(|error| error.code() == epochs::REFUSED) {
            match &request.continues {
                Some(continued) => {
                    self.store.shown_epoch(&request.node, continued.epoch, now).await?;
                }
                None => self.store.freeze_forgotten(&request.node, 0, now).await?,
            }
        }
        answer
    }

    async fn let_in(&self, request: &EnrolRequest, now: Timestamp) -> Result<EnrolAnswer> {
        let token = EnrolToken::parse(&request.token)?;
        let node = NodeId::parse(&request.node)
            .map_err(|error| HubError::refused("enrol.bad_node", error.to_string()))?;
        let wrapped_master = journal::hex::decode(&request.wrapped_master)
            .filter(|bytes| !bytes.is_empty() && bytes.len() <= WRAPPED_MASTER_BYTES_MAX)
            .ok_or_else(|| {
                HubError::refused("enrol.bad_master", "the wrapped master key cannot be read")
            })?;
        let device_request = Request::parse(&request.csr_pem)?;
        let lan_request = Request::parse(&request.lan_csr_pem)?;

        let mut client = self.store.client().await?;
        let tx = client.transaction().await?;
        self.store.spend_token(&tx, &token.hash(), node.as_str(), now).await?;
        let days = self.settings.authority.device_certificate_days;
        let device = self.device.issue_node(&node, device_request, now, days)?;
        let lan_days = self.settings.authority.server_certificate_days;
        let lan = self.lan.issue(&format!("motcua {node}"), lan_request, now, lan_days)?;
        self.store.keep_certificate(&tx, node.as_str(), "device", &device, now).await?;
        self.store.keep_certificate(&tx, node.as_str(), "lan", &lan, now).await?;
        let (epoch, wrapping) = match &request.continues {
            Some(continued) => {
                let name = node.as_str();
                let known = self.store.granted(&tx, name).await?;
                let counted = self.store.counted_epoch(&tx, name).await?.unwrap_or(0);
                // A stranger's epoch, granted by another hub, says nothing about the count here.
                let ours = continued.hub_key == self.signing_key()?;
                // One that could not be noted beside is counted already, before anybody has decided.
                let counted_only = known.as_ref().is_none_or(|(epoch, _)| continued.epoch > *epoch)
                    && continued.epoch <= counted
                    && self.store.is_undecided(&tx, name).await?;
                let forgotten = epochs::is_forgotten(counted, continued.epoch) || counted_only;
                if ours && forgotten {
                    return Err(epochs::refused(name, counted, continued.epoch));
                }
                let (epoch, wrapping) = known
                    .filter(|(epoch, wrapping)| {
                        *epoch == continued.epoch && continued.holds(&token, wrapping)
                    })
                    .ok_or_else(other_journal)?;
                self.store.keep_wrapped_master(&tx, name, &wrapped_master).await?;
                (epoch, wrapping)
            }
            None => {
                let name = node.as_str();
                if request.history == History::None && self.store.has_history(&tx, name).await? {
                    return Err(HubError::refused(
                        "enrol.has_history",
                        format!("the hub has data of {node}; restore it, or begin anew on purpose"),
                    ));
                }
                let wrapping = WrappingKey::generate().map_err(crate::store::down::sealing)?;
                let granted = Granted {
                    node: node.as_str(),
                    wrapping: &wrapping,
                    wrapped_master: &wrapped_master,
                };
                (self.store.grant(&tx, &granted, now).await?, wrapping)
            }
        };
        self.store.readmit(&tx, node.as_str(), crate::renew::REVOKED, now).await?;
        let unit_name: String = tx
            .query_one("SELECT unit_name FROM node WHERE node = $1", &[&node.as_str()])
            .await?
            .get(0);
        tx.commit().await?;
        // What follows takes a connection of its own: with as many enrolments at once as there are
        // connections each would wait for another's.
        drop(client);
        // First of all: whoever asked may hang up, and then nothing below is done any more.
        self.store.epoch_granted(node.as_str(), epoch).await;
        tracing::info!(%node, epoch, "the node is enrolled");
        self.publish_revocations(now).await;
        Ok(EnrolAnswer {
            node: node.to_string(),
            unit_name,
            epoch,
            certificate_pem: device.chain_pem,
            device_root_pem: self.device.root_pem().to_owned(),
            lan_certificate_pem: lan.chain_pem,
            lan_authority_pem: self.lan.pem().to_owned(),
            broker_host: self.settings.broker.host.clone(),
            broker_port: self.settings.broker.port,
            hub_signing_key: self.signing_key()?,
            wrapping_key: journal::hex::encode(&wrapping.to_bytes()),
        })
    }

    /// By which a box knows this hub, hexadecimal.
    fn signing_key(&self) -> Result<String> {
        Ok(journal::hex::encode(&self.store.keys().signing_public()?))
    }
}

fn other_journal() -> HubError {
    HubError::refused(
        "enrol.other_journal",
        "the hub goes on with another journal under this name (the box was replaced, or this is an \
         older disk); to begin anew, enrol with an empty data folder",
    )
}
