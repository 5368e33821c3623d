//! Discovery: what announces itself on the LAN by mDNS.
//!
//! It lists, and no more: mDNS is unauthenticated, so a device that is seen here is used only
//! after a person has put it into the settings.
//!
//! The browsing runs in a helper process ([`run_helper`]), because zeroconf's callbacks are called
//! from C: a panic there, which one odd TXT value in the neighbourhood can cause, aborts the
//! process. The helper prints one JSON object a line; [`Supervisor`] starts it, reads it, keeps a
//! bounded table, and starts it again. Facts learnt about zeroconf over Avahi:
//! - After a restart of Avahi or D-Bus a browser reports an error once and then nothing, for ever:
//!   it is thrown away and made anew.
//! - A later change of TXT, port or address is not reported: each kind is browsed anew every few
//!   minutes.
//! - A device that loses power says no goodbye, and a goodbye of one address family looks like the
//!   whole device's: "gone" only makes an entry doubtful. Two rounds without it remove it.
//! - IPv6 link-local addresses come without their interface and are useless: left out.
//! - Any Debug print of an announcement reads its TXT record; zeroconf's own log at debug does it
//!   too. The helper keeps that log off.

mod helper;
mod supervisor;
mod table;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use helper::run_helper;
pub use supervisor::{HelperCommand, Supervisor};

/// Kinds of services that the center can do something with: raw printers, IPP printers, scanners.
pub const KINDS: &[&str] =
    &["_pdl-datastream._tcp", "_printer._tcp", "_ipp._tcp", "_uscan._tcp", "_uscans._tcp"];

/// One announcement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Kind of service: `_pdl-datastream._tcp`.
    pub kind: String,
    /// Name of the instance. Renamed on collision: TXT's uuid or serial identifies a device.
    pub name: String,
    /// Host name.
    pub host: String,
    /// IP address.
    pub address: String,
    /// Port.
    pub port: u16,
    /// Those TXT values that we know and that are text.
    #[serde(default)]
    pub txt: BTreeMap<String, String>,
    /// Known TXT keys whose value is not text.
    #[serde(default)]
    pub unreadable: Vec<String>,
}

/// A line of the helper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum HelperLine {
    /// Something announces itself.
    Seen(Announcement),
    /// Something said goodbye, perhaps only on one address family.
    Gone {
        /// Kind of service.
        kind: String,
        /// Name of the instance.
        name: String,
    },
    /// A new round of browsing this kind begins.
    Round {
        /// Kind of service.
        kind: String,
    },
    /// Browsing does not work now; it is tried again.
    Trouble {
        /// Stable code.
        code: String,
        /// For the log.
        detail: String,
    },
    /// Nothing else to say.
    Alive,
}

/// A row of the table of what is seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// What it announces.
    #[serde(flatten)]
    pub announcement: Announcement,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// It said goodbye or was missed in the last round.
    pub doubtful: bool,
}
