//! Server plumbing shared by the center and the hub: TLS, the HTTP server with its limits, sign-in,
//! live snapshots over WebSocket, the embedded browser side, problems as JSON.
//!
//! What it owns: everything between the socket and a handler. What it leaves to others: the
//! handlers themselves (`src/api` at the center, the hub's own), the tables behind
//! [`session::SessionStore`], and every rule of the counter (`domain`).
//!
//! Reading order is the way of a request: [`tls`] -> [`server`] -> [`guard`] (limits, origin,
//! headers) -> [`auth`] (who is asking) -> a handler -> [`problem`] when it is refused. A page then
//! opens one WebSocket, which [`live`] serves. [`assets`] gives out the pages, [`help`] the user guide.
//! [`report`] is the form of the queue's figures, of one center and of all.
//!
//! Time is passed in as [`Now`], so that a test moves it.

pub mod assets;
pub mod auth;
pub mod body;
pub mod guard;
pub mod help;
pub mod lan_authority;
pub mod live;
mod live_socket;
pub mod memory;
pub mod openapi;
mod packed;
pub mod password;
pub mod problem;
pub mod report;
pub mod server;
pub mod session;
pub mod session_api;
mod stopping;
pub mod throttle;
pub mod tls;

#[cfg(test)]
mod tests;

/// Where the server takes the time from.
pub type Now = std::sync::Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

pub use auth::{Auth, AuthSettings, Caller, Device, DeviceRole, Officer, Role};
pub use live::{LiveHub, LiveSettings};
pub use packed::answer_made;
pub use problem::Problem;
pub use server::{Limits, ServeOptions, Serving, serve};
