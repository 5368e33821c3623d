//! A frame of the hub's journal travels under the hub's signature: who breaks into the broker can
//! hold orders back but not invent one.

use domain::ids::NodeId;
use journal::ctl::{HubSigner, HubVerifier};

const MAGIC: &[u8; 4] = b"MCS1";

/// Puts the signature in front of a message for `node`.
pub fn sign(signer: &HubSigner, node: &NodeId, message: &[u8]) -> Vec<u8> {
    let signature = signer.sign_down(node, message);
    [MAGIC.as_slice(), &signature, message].concat()
}

/// The message, if one of the hub's keys has signed it for `node`.
pub fn verified<'a>(keys: &[HubVerifier], node: &NodeId, signed: &'a [u8]) -> Option<&'a [u8]> {
    let rest = signed.strip_prefix(MAGIC)?;
    let (signature, message) = rest.split_first_chunk::<64>()?;
    keys.iter().any(|key| key.verify_down(node, message, signature).is_ok()).then_some(message)
}
