//! The provincial end: takes in what the centers' journals bring, decides custody, sends orders, lets
//! new boxes in, and shows the fleet.
//!
//! - [`settings`]: `config/hub.toml`. [`keys`]: the hub's own secrets. [`units`]: the lists of units and points.
//! - [`authority`]: certificates and the broker's files. [`enrol`]: how a box comes in;
//!   [`enrol_client`] is the box's side of it, [`enrol_words`] what both say to each other. [`renew`],
//!   [`renew_client`], [`renew_words`]: the same for its next certificates, and how it loses them.
//! - [`restore`]: how a box takes an old one's place, with [`restore_client`] and [`restore_words`].
//!   [`hub_call`] is how a box calls.
//! - [`store`]: PostgreSQL and the scans; [`link_store`] is the link's view of it, [`books`] what is
//!   compared with a node's own books.
//! - [`public`]: pages for everybody, how many wait where. [`api`]: HTTP and the fleet page. [`run`]: the running hub; `shards`: how a second one stands by. [`cli`]: what the command line calls.
//! - [`testing`]: a private PostgreSQL for tests and the demo.
//!
//! The way of a frame: the broker -> `link::hublink` (session, window) -> [`store`] (one transaction,
//! the cursor's row lock is the guard) -> commit -> signed acknowledgement.
//!
//! Left to others: the line and its sessions (`link`), TLS, sign-in and pages (`web`), the rules of a
//! dossier (`domain`), the entry's bytes (`journal`).

pub mod api;
pub mod authority;
pub mod books;
pub mod cli;
pub mod enrol;
pub mod enrol_client;
pub mod enrol_words;
pub mod error;
pub mod hub_call;
pub mod keys;
pub mod link_store;
pub mod public;
pub mod renew;
pub mod renew_client;
pub mod renew_words;
pub mod restore;
pub mod restore_client;
pub mod restore_words;
pub mod run;
pub mod settings;
mod shards;
pub mod store;
pub mod testing;
pub mod units;

#[cfg(test)]
mod tests;

pub use error::{HubError, Result};
pub use settings::Settings;
