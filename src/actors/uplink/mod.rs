//! The uplink: ships this node's journal to the hub and takes the hub's journal in.
//!
//! The session, the frames and the line are `link`'s; here is what it needs of this node: reading
//! entries and blobs, keeping the hub's acknowledgements, and handing what comes down to the dossier
//! desk, which stores it with its place in the chain in one transaction. It also owns the messages
//! of the hub: it shows them to the counters and notes who has read them.
//!
//! It is woken by every new entry. Without a hub it waits: the center works the same, and the state
//! is `not_enrolled`.
//!
//! **After a crash** it greets the hub, which says how far it has come; nothing is kept in memory
//! that matters.

mod actor;
pub(crate) mod down;
mod handle;
mod node_tables;
#[cfg(test)]
mod tests;
pub(crate) mod up;

pub use actor::{Hub, UplinkDesk, UplinkPorts};
pub use handle::{UplinkHandle, UplinkView};
pub use node_tables::{NodeKeys, NodeTables, Stuck};
