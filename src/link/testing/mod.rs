//! For tests of this and other packages: a real broker on a private loopback port, certificates
//! to go with it, and journals and stores in memory.

mod authority;
mod broker;
mod chain;
mod stores;

pub use authority::TestAuthority;
pub use broker::Broker;
pub use chain::{ReceivedChain, WrittenChain};
pub use stores::{HubNode, HubState, MemoryHub, MemoryNode, NodeState, SystemClock};
