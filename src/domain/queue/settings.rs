//! What a center decides about its queue: services, counters, grounds of priority, the rule of calls.

use serde::{Deserialize, Serialize};

use super::types::{CallPolicy, Service};
use crate::ids::{CounterNumber, ServiceCode};

/// Everything the queue is told from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// The service groups.
    pub services: Vec<Service>,
    /// The counters.
    pub counters: Vec<CounterPlan>,
    /// The grounds of priority.
    pub grounds: Vec<PriorityGround>,
    /// How calls are made.
    pub rules: QueueRules,
}

/// A counter as the center plans it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterPlan {
    /// Number on the sign.
    pub number: CounterNumber,
    /// Name on the sign.
    pub name: String,
    /// The services it serves.
    pub services: Vec<ServiceCode>,
}

/// A ground on which somebody is called before others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriorityGround {
    /// Stable code.
    pub code: String,
    /// Name on the kiosk.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// The law or custom behind it.
    pub legal_basis: String,
    /// Whether the province has yet to confirm it.
    pub needs_confirmation: bool,
}

/// The numbers behind calls, recalls and returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRules {
    /// How the next ticket is chosen.
    pub policy: CallPolicy,
    /// A regular caller who waited longer gets every second call.
    pub threshold_s: i64,
    /// How often a ticket may be recalled.
    pub recall_max: u8,
    /// Seconds between two calls of the same ticket.
    pub recall_gap_s: i64,
    /// How many of its class go before a ticket that came back.
    pub return_places: u32,
}

impl Default for QueueRules {
    fn default() -> Self {
        Self {
            policy: CallPolicy::Guard,
            threshold_s: 30 * 60,
            recall_max: 3,
            recall_gap_s: 20,
            return_places: 3,
        }
    }
}
