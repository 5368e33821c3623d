//! For tests of this and other packages: a real broker on a private loopback port, certificates
//! to go with it, ports for other daemons, and journals and stores in memory.

mod authority;
mod broker;
mod chain;
mod ports;
mod stores;

pub use authority::TestAuthority;
pub use broker::Broker;
pub use chain::{ReceivedChain, WrittenChain};
pub use ports::free_port;
pub use stores::{HubNode, HubState, MemoryHub, MemoryNode, NodeState, SHARED_KEY, SystemClock};
