//! `motcua`: the appliance of a public administration service center.
//!
//! One daemon on a mini-PC runs the queue, the signs, the card readers, the printers and the
//! assessment tablets, receives and tracks dossiers, and replicates everything to the province.
//!
//! # The way of one ticket
//!
//! A citizen touches a tile at the kiosk. The page sends `POST /api/v1/tickets`, which
//! [`api::tickets`] checks and hands to the queue desk ([`actors::queue_desk`]). The desk asks the
//! rules (`domain::queue`) and gets facts and effects back. The facts go to the one writer
//! (`store::Writer`), which stores the table rows and one journal entry in the same transaction, many
//! requests in one commit. Only then the kiosk gets its answer, and the effects happen: a print job
//! for the device host ([`actors::device_host`]), a new picture for every screen. When an officer
//! presses "call next", the same way is walked again, and its effects are the counter's own LED sign
//! and the announcer ([`actors::announcer`]), which speaks by the clips of [`voice`]. The uplink
//! ([`actors::uplink`]) is woken and ships the entries to the hub in order; the hub acknowledges after
//! its own commit, signed.
//!
//! # Who may know whom
//!
//! `domain`, `devices` and `dice` (chance from a seed) know nothing of ours. `journal` knows domain's
//! ids; `store` and `link` know `journal`; `web` knows `domain`; `hub` knows all of these. This package
//! knows all but the hub's inside; only [`cli`] starts a hub. Inside: actors own the writer; [`api`]
//! reads through the store's readers and acts through actors' handles; drivers never name each other.
//!
//! # Absent on purpose
//!
//! No public filing site (the law gives that to the national portal), no hot standby inside a center,
//! no broker, database, PDF layout or form renderer of our own, no last-writer-wins, no trust in a
//! broker's word, in mDNS, in the wall clock, or in a device that nobody approved.

pub mod actors;
pub mod allocator;
pub mod api;
pub mod center;
pub mod cli;
pub mod clock;
pub mod code_giver;
pub mod forms_client;
pub mod identity;
pub mod province_data;
pub mod recovery;
pub mod renewal;
pub mod restore;
pub mod settings;
pub mod text;
pub mod voice;
