//! A box is replaced, the hub's side: the owner of a token sees what there is and gets the old master
//! key as it lies here, under the recovery sheet; the enrolment that follows grants a new epoch; then
//! the new box asks for the snapshot and for scans, proven by its wrapping key.

use domain::ids::NodeId;
use jiff::Timestamp;
use journal::seal::WrappingKey;
use serde::de::DeserializeOwned;

use crate::enrol_words::EnrolToken;
use crate::error::{HubError, Result};
use crate::restore_words::{PageAsk, Proven, RestoreLook, RestoreOffer, SealedAnswer};
use crate::store::Store;

/// Says what there is to restore. The token stays unspent.
pub async fn look(store: &Store, look: &RestoreLook, now: Timestamp) -> Result<RestoreOffer> {
    let token = EnrolToken::parse(&look.token)?;
    let node = NodeId::parse(&look.node)
        .map_err(|error| HubError::refused("enrol.bad_node", error.to_string()))?;
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    store.check_token(&tx, &token.hash(), node.as_str(), now).await?;
    let history = store.has_history(&tx, node.as_str()).await?;
    tx.rollback().await?;
    drop(client); // the offer takes a connection of its own
    match store.restore_offer(node.as_str()).await? {
        Some(offer) if history => Ok(offer),
        _ => Err(HubError::refused(
            "restore.nothing_here",
            format!("the hub has nothing of {node}; enrol it with: motcua center enrol"),
        )),
    }
}

/// Gives a page of the snapshot.
pub async fn page(store: &Store, asked: &Proven) -> Result<SealedAnswer> {
    let (node, wrapping, ask) = proven::<PageAsk>(store, asked).await?;
    let page = store.snapshot_page(node.as_str(), asked.epoch, &ask).await?;
    SealedAnswer::seal(&node, &wrapping, &page)
}

/// Gives a scan that an entry of the node names.
pub async fn blob(store: &Store, asked: &Proven) -> Result<Vec<u8>> {
    let (node, _, sha256) = proven::<String>(store, asked).await?;
    let sha256: [u8; 32] = journal::hex::decode_array(&sha256)
        .ok_or_else(|| HubError::refused("restore.bad_request", "not a SHA-256"))?;
    let missing = || HubError::refused("restore.no_blob", "the hub does not have this scan");
    if !store.names_blob(node.as_str(), sha256).await? {
        return Err(missing());
    }
    store.read_blob(sha256).await?.ok_or_else(missing)
}

/// Who asks, and what, when the proof holds.
async fn proven<T: DeserializeOwned>(
    store: &Store,
    asked: &Proven,
) -> Result<(NodeId, WrappingKey, T)> {
    let not_you =
        || HubError::refused("restore.not_proven", "this box does not hold the node's present key");
    let node = NodeId::parse(&asked.node).map_err(|_| not_you())?;
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    let (epoch, wrapping) = store.granted(&tx, node.as_str()).await?.ok_or_else(not_you)?;
    tx.rollback().await?;
    if epoch != asked.epoch || !asked.holds(&wrapping) {
        return Err(not_you());
    }
    let ask = serde_json::from_str(&asked.body)
        .map_err(|error| HubError::refused("restore.bad_request", error.to_string()))?;
    Ok((node, wrapping, ask))
}
