//! The link between a center and the hub: journals carried over MQTT, both ways, without loss.
//!
//! MQTT is used as a pipe that loses, doubles and reorders. The truth is the journal at one end and
//! the other end's acknowledgement after its own commit; nothing here depends on what a broker
//! acknowledges or keeps.
//!
//! From the outside in:
//! - [`uplink`]: the node's end, over the trait [`uplink::NodeStore`].
//! - [`hublink`]: the hub's end for all nodes, over the trait [`hublink::HubStore`].
//! - [`node_session`], [`hub_session`], [`blob_session`]: what both ends say to each other, as plain
//!   machines; [`outbound`] and [`inbound`]: one stream's rules, the same in both directions;
//!   [`signed`]: frames under the hub's signature; [`presence`]: who is there.
//! - [`pipe`]: what is asked of a connection; [`mqtt`]: the one over rumqttc, with a check on every
//!   message ([`journal::checked`]); [`tls`], [`backoff`].
//! - [`settings`]: every limit and time. [`broker`]: the broker's own files.
//! - `testing`: a broker, an authority and stores in memory for tests, behind the feature of that
//!   name.
//!
//! What entries, frames and topics look like is `journal`'s; storing them is `store`'s and `hub`'s.

pub mod backoff;
pub mod blob_session;
pub mod broker;
pub mod hub_session;
pub mod hublink;
pub mod inbound;
pub mod mqtt;
pub mod node_session;
pub mod outbound;
pub mod pipe;
pub mod presence;
mod salvage;
pub mod settings;
pub mod signed;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tls;
pub mod types;
pub mod uplink;
mod wanted;

#[cfg(test)]
mod tests;
