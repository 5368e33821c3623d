//! For tests of this and other packages: a real broker on a private loopback port, certificates
//! to go with it, and stores in memory.

mod authority;
mod broker;

pub use authority::TestAuthority;
pub use broker::Broker;
