//! What a center decides about its queue: services, counters, grounds of priority, the rule of calls.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::booking_slots::BookingRules;
use super::choice::Chosen;
use super::day_end::DayEnd;
use super::hours::QueueHours;
use super::reason::CallPolicy;
use super::types::Service;
use crate::ids::{CounterNumber, ServiceCode};
use crate::refusal::Refusal;

/// Minutes of *guard*'s threshold.
pub const THRESHOLD_MIN: RangeInclusive<i64> = 1..=480;
/// Regular calls for each priority one in *ratio*: with none it would be *strict*.
pub const REGULAR_PER_PRIORITY: RangeInclusive<i64> = 1..=10;
/// How often a priority caller's minute counts in *ageing*: once would be no priority.
pub const PRIORITY_WEIGHT: RangeInclusive<i64> = 2..=10;
/// How often a regular caller may be passed over by who came later; 0 sets no bound.
pub const OVERTAKES_MAX: RangeInclusive<i64> = 0..=100;
/// Minutes by which one may come late to an appointment.
pub const APPOINTMENT_GRACE_MIN: RangeInclusive<i64> = 0..=120;

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
    /// When numbers are given.
    pub hours: QueueHours,
    /// What the head decided beside the files; `rules` are those in force with it.
    pub chosen: Chosen,
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
    /// *guard*: a regular caller who waited longer gets every second call.
    pub threshold_s: i64,
    /// *ratio*: so many regular calls of a counter for each priority one.
    pub regular_per_priority: u32,
    /// *ageing*: how often a priority caller's minute counts.
    pub priority_weight: u32,
    /// Every policy: how often a regular caller may be passed over by priority callers who came later;
    /// 0 sets no bound.
    pub overtakes_max: u32,
    /// Who comes later than this to an appointment stands in as a regular caller.
    pub appointment_grace_s: i64,
    /// How often a ticket may be recalled.
    pub recall_max: u8,
    /// Seconds between two calls of the same ticket.
    pub recall_gap_s: i64,
    /// How many of its class go before a ticket that came back.
    pub return_places: u32,
    /// What becomes of who was not served when the day is over.
    #[serde(default)]
    pub day_end: DayEnd,
    /// Which times officers can book.
    #[serde(default)]
    pub booking: BookingRules,
}

impl Default for QueueRules {
    fn default() -> Self {
        Self {
            policy: CallPolicy::Guard,
            threshold_s: 30 * 60,
            regular_per_priority: 2,
            priority_weight: 2,
            overtakes_max: 0,
            appointment_grace_s: 15 * 60,
            recall_max: 3,
            recall_gap_s: 20,
            return_places: 3,
            day_end: DayEnd::Close,
            booking: BookingRules::default(),
        }
    }
}

/// What somebody would like to try of the rules: what is not named stays as it is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RulesChange {
    /// Another policy.
    pub policy: Option<CallPolicy>,
    /// Minutes, of [`THRESHOLD_MIN`].
    pub threshold_min: Option<i64>,
    /// Of [`REGULAR_PER_PRIORITY`].
    pub regular_per_priority: Option<i64>,
    /// Of [`PRIORITY_WEIGHT`].
    pub priority_weight: Option<i64>,
    /// Of [`OVERTAKES_MAX`].
    pub overtakes_max: Option<i64>,
}

impl QueueRules {
    /// These rules with some of them changed.
    ///
    /// # Errors
    /// A number lies outside its bounds.
    pub fn changed(&self, change: &RulesChange) -> Result<Self, Refusal> {
        let mut rules = self.clone();
        if let Some(policy) = change.policy {
            rules.policy = policy;
        }
        if let Some(minutes) = change.threshold_min {
            rules.threshold_s = within("threshold_min", minutes, THRESHOLD_MIN)? * 60;
        }
        for (place, parameter, value, bounds) in [
            (
                &mut rules.regular_per_priority,
                "regular_per_priority",
                change.regular_per_priority,
                REGULAR_PER_PRIORITY,
            ),
            (
                &mut rules.priority_weight,
                "priority_weight",
                change.priority_weight,
                PRIORITY_WEIGHT,
            ),
            (&mut rules.overtakes_max, "overtakes_max", change.overtakes_max, OVERTAKES_MAX),
        ] {
            if let Some(value) = value {
                // The bounds lie far within 32 bits.
                *place = u32::try_from(within(parameter, value, bounds)?).unwrap_or(u32::MAX);
            }
        }
        Ok(rules)
    }
}

/// The value, when it lies within its bounds.
///
/// # Errors
/// It does not.
pub fn within(
    parameter: &'static str,
    value: i64,
    bounds: RangeInclusive<i64>,
) -> Result<i64, Refusal> {
    if bounds.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (*bounds.start(), *bounds.end());
    Err(Refusal::PolicyParameter { parameter, value, least, most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_a_policy_out_of_its_bounds_is_refused_and_names_them() {
        let rules = QueueRules::default();
        let tried = |change: RulesChange| rules.changed(&change);
        let share = |value| RulesChange { regular_per_priority: Some(value), ..Default::default() };
        assert_eq!(tried(share(10)).unwrap().regular_per_priority, 10);
        for value in [0, 11, -1, i64::MAX] {
            let refusal = tried(share(value)).unwrap_err();
            assert_eq!(refusal.code(), "queue.policy_parameter");
            let details = serde_json::json!({
                "parameter": "regular_per_priority", "value": value, "least": 1, "most": 10,
            });
            assert_eq!(refusal.details(), details);
        }
        for change in [
            RulesChange { threshold_min: Some(0), ..Default::default() },
            RulesChange { priority_weight: Some(1), ..Default::default() },
            RulesChange { overtakes_max: Some(101), ..Default::default() },
        ] {
            assert_eq!(tried(change).unwrap_err().code(), "queue.policy_parameter");
        }
        assert_eq!(tried(RulesChange::default()).unwrap(), rules);
        assert_eq!(CallPolicy::parse("loudest").unwrap_err().code(), "queue.unknown_policy");
        for (word, policy) in CallPolicy::WORDS {
            assert_eq!((CallPolicy::parse(word).unwrap(), policy.as_str()), (policy, word));
        }
    }
}
