//! The link between a center and the hub: journals carried over MQTT, both ways, without loss.
//!
//! MQTT is used as a pipe that loses, doubles and reorders. The truth is the journal at one end and
//! the other end's acknowledgement after its own commit; nothing here depends on what a broker
//! acknowledges or keeps.
//!
//! - [`pipe`]: what is asked of a connection. [`mqtt`]: the one over rumqttc; [`tls`], [`backoff`].
//! - [`uplink`]: the node's end, over the trait [`uplink::NodeStore`].
//! - [`hublink`]: the hub's end for all nodes, over the trait [`hublink::HubStore`].
//! - [`settings`]: every limit and time.
//! - `testing`: a broker and an authority for tests, behind the feature of that name.
//!
//! What entries, frames and topics look like is `journal`'s; storing them is `store`'s and `hub`'s.

pub mod backoff;
pub mod broker;
pub mod hublink;
pub mod inbound;
pub mod mqtt;
pub mod outbound;
pub mod pipe;
pub mod settings;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod signed;
pub mod tls;
pub mod types;
pub mod uplink;
