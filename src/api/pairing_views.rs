//! What the letting in of devices is asked and answered with; see [`super::pairing`].

use super::accounts::{device_name, device_role_of};
use crate::actors::pairing::Asked;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Instant;
use store::records::DeviceToken;
use utoipa::ToSchema;
use web::DeviceRole;

/// A page that wants to be let in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPairing {
    /// `kiosk`, `hall`, `tablet`, `counter`.
    pub role: DeviceRole,
}

/// What the page shows, and what it asks with.
#[derive(Serialize, ToSchema)]
pub struct PairingOpened {
    /// To be shown large.
    pub code: String,
    /// The page's own secret.
    pub claim: String,
    /// How long the code is good for, in seconds.
    pub expires_in_s: u64,
}

/// A page asks how its request stands.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PairingClaim {
    /// The page's own secret.
    pub claim: String,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PairingState {
    /// Nobody has answered yet.
    Waiting,
    /// Let in.
    Approved,
    /// Not let in.
    Refused,
}

/// How a request stands, for the page that asked.
#[derive(Serialize, ToSchema)]
pub struct PairingAnswer {
    /// Whether it was answered.
    pub state: PairingState,
    /// How long the code is good for, in seconds.
    pub expires_in_s: u64,
    /// The page's token, when it is let in; nobody else is ever told it.
    pub token: Option<String>,
    /// The counter that it belongs to, when it is let in.
    pub counter: Option<u16>,
}

/// A device that waits for an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct PairingView {
    /// What stands on its screen.
    pub code: String,
    /// `kiosk`, `hall`, `tablet`, `counter`.
    pub role: DeviceRole,
    /// Its address in the network.
    pub address: String,
    /// What its browser calls itself; anybody's text, in printable ASCII.
    pub user_agent: String,
    /// For how long it has been asking, in seconds.
    pub age_s: u64,
    /// How long its code is good for, in seconds.
    pub expires_in_s: u64,
}

/// A device is let in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PairingApproval {
    /// Its name for people.
    pub title: String,
    /// The counter that it belongs to; a tablet and a counter's screen have one, the others have none.
    #[serde(default)]
    pub counter: Option<u16>,
}

/// A device with a token that is in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct PairedView {
    /// The token's name, as `motcua device tokens` prints it.
    pub device: String,
    /// `kiosk`, `hall`, `tablet`, `counter`.
    pub role: DeviceRole,
    /// Its counter.
    pub counter: Option<u16>,
    /// Name for people; may be empty.
    pub title: String,
    /// Since when.
    pub paired_at: String,
    /// When it was heard last since the center started.
    pub last_seen: Option<String>,
}

/// A request as the console shows it.
#[must_use]
pub fn shown(asked: Asked, now: Instant) -> PairingView {
    PairingView {
        age_s: asked.age(now).as_secs(),
        expires_in_s: asked.left(now).as_secs(),
        role: asked.wish.role,
        address: asked.wish.address.to_canonical().to_string(),
        user_agent: asked.wish.user_agent,
        code: asked.code,
    }
}

/// A device that is let in, with when it was seen last.
#[must_use]
pub fn view_of(token: &DeviceToken, seen: Option<Timestamp>) -> PairedView {
    PairedView {
        device: device_name(token),
        // An unknown role is of a later release; such a token is let in nowhere.
        role: device_role_of(&token.role).unwrap_or(DeviceRole::Hall),
        counter: token.counter.map(|counter| counter.0),
        title: token.title.clone(),
        paired_at: token.created_at.to_string(),
        last_seen: seen.map(|at| at.to_string()),
    }
}
