//! The policy of calling as the head's page reads it: what is in force, what was chosen when, and what
//! the last days would have been under the other ones.

use super::views::word;
use super::words;
use crate::actors::OfficerNames;
use domain::ids::OfficerId;
use domain::queue::replay::{ClassFigures, Figures};
use domain::queue::{
    CHOICE_REASON_LENGTH_MAX, CallPolicy, OVERTAKES_MAX, PRIORITY_WEIGHT, PolicyChoice,
    PolicyNumbers, QueueSettings, REGULAR_PER_PRIORITY, RulesChange, THRESHOLD_MIN,
};
use domain::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use utoipa::ToSchema;

/// Days of one replay from the page: some months. `motcua queue replay` plays a year.
pub const PAGE_REPLAY_DAYS: RangeInclusive<i64> = 1..=92;

/// A policy with its numbers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyNumbersView {
    /// `guard`, `strict`, `ratio`, `ageing`.
    #[schema(value_type = words::CallPolicy)]
    pub policy: String,
    /// guard: minutes after which a regular caller gets every second call.
    pub threshold_min: i64,
    /// ratio: regular calls for each priority one.
    pub regular_per_priority: u32,
    /// ageing: how often a priority caller's minute counts.
    pub priority_weight: u32,
    /// How often a regular caller may be passed over; 0 sets no bound.
    pub overtakes_max: u32,
}

/// From where to where a number may go.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BoundView {
    /// The least.
    pub least: i64,
    /// The most.
    pub most: i64,
}

/// The bounds of what the page asks for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyBoundsView {
    /// guard.
    pub threshold_min: BoundView,
    /// ratio.
    pub regular_per_priority: BoundView,
    /// ageing.
    pub priority_weight: BoundView,
    /// Every policy.
    pub overtakes_max: BoundView,
    /// Days of a replay.
    pub days: BoundView,
    /// Characters of a reason.
    pub reason_length_max: usize,
}

/// A choice that was made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyChoiceView {
    /// The first one is 1.
    pub number: u32,
    /// Back to what the settings' files say.
    pub delivered: bool,
    /// What was in force.
    pub before: PolicyNumbersView,
    /// What was in force since.
    pub after: PolicyNumbersView,
    /// Who chose.
    pub by: String,
    /// How that officer is called; nothing where the account has no name.
    pub by_name: Option<String>,
    /// When.
    pub at: String,
    /// Why.
    pub reason: String,
}

/// The policy of calling.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyView {
    /// What is in force.
    pub in_force: PolicyNumbersView,
    /// What the settings' files say.
    pub delivered: PolicyNumbersView,
    /// Whether the settings' files are in force.
    pub is_delivered: bool,
    /// The number of the last choice; 0 when nobody has chosen.
    pub number: u32,
    /// Bounds.
    pub bounds: PolicyBoundsView,
    /// The last choices, newest first.
    pub choices: Vec<PolicyChoiceView>,
}

/// A policy is wanted. A number that is not named stays as it is in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoosingPolicy {
    /// `guard`, `strict`, `ratio`, `ageing`.
    #[schema(value_type = words::CallPolicy)]
    pub policy: String,
    /// Minutes.
    #[serde(default)]
    pub threshold_min: Option<i64>,
    /// Regular calls for each priority one.
    #[serde(default)]
    pub regular_per_priority: Option<i64>,
    /// How often a priority caller's minute counts.
    #[serde(default)]
    pub priority_weight: Option<i64>,
    /// How often a regular caller may be passed over.
    #[serde(default)]
    pub overtakes_max: Option<i64>,
    /// Why.
    pub reason: String,
    /// The number of the last choice that the page shows.
    pub seen: u32,
}

/// The settings' files are to be in force again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackToDelivered {
    /// Why.
    pub reason: String,
    /// The number of the last choice that the page shows.
    pub seen: u32,
}

/// The last days are to be played under every policy, with these numbers.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayingPolicies {
    /// How many days that have numbers, before today.
    pub days: i64,
    /// Minutes.
    #[serde(default)]
    pub threshold_min: Option<i64>,
    /// Regular calls for each priority one.
    #[serde(default)]
    pub regular_per_priority: Option<i64>,
    /// How often a priority caller's minute counts.
    #[serde(default)]
    pub priority_weight: Option<i64>,
    /// How often a regular caller may be passed over.
    #[serde(default)]
    pub overtakes_max: Option<i64>,
}

/// What one class had, or would have had.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayClassView {
    /// So many were called.
    pub called: usize,
    /// The wait that half of them did not exceed. Seconds.
    pub median_s: i64,
    /// The wait that 95 of 100 did not exceed. Seconds.
    pub p95_s: i64,
    /// So many of them have a promise.
    pub promised: usize,
    /// So many of those were called within it.
    pub kept: usize,
    /// By how many the one was passed over who was so most.
    pub passed_over_most: usize,
}

/// What both classes had.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayFiguresView {
    /// Regular.
    pub regular: ReplayClassView,
    /// Priority.
    pub priority: ReplayClassView,
    /// Not called on their day.
    pub not_called: usize,
}

/// The days under a policy.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayedView {
    /// Under which.
    pub numbers: PolicyNumbersView,
    /// Whether it is the one in force when the replay began.
    pub in_force: bool,
    /// What they would have been.
    pub figures: ReplayFiguresView,
}

/// What was played.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayResultView {
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// Days.
    pub days: usize,
    /// Citizens who were called.
    pub visits: usize,
    /// Numbers that were never called.
    pub left_out: usize,
    /// What the days were.
    pub as_it_was: ReplayFiguresView,
    /// The policy in force first, then every other one.
    pub played: Vec<ReplayedView>,
}

/// Where the replay stands.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct PolicyReplayView {
    /// `none`, `running`, `done`, `stopped`, `no_days`, `failed`.
    #[schema(value_type = words::ReplayState)]
    pub state: String,
    /// Days that were played.
    pub done: usize,
    /// Days to play; 0 while they are being looked for.
    pub days: usize,
    /// What was played, once it is done.
    pub result: Option<ReplayResultView>,
}

impl From<PolicyNumbers> for PolicyNumbersView {
    fn from(numbers: PolicyNumbers) -> Self {
        Self {
            policy: word(&numbers.policy),
            threshold_min: numbers.threshold_min,
            regular_per_priority: numbers.regular_per_priority,
            priority_weight: numbers.priority_weight,
            overtakes_max: numbers.overtakes_max,
        }
    }
}

impl From<RangeInclusive<i64>> for BoundView {
    fn from(bounds: RangeInclusive<i64>) -> Self {
        Self { least: *bounds.start(), most: *bounds.end() }
    }
}

impl PolicyBoundsView {
    fn of_this_release() -> Self {
        Self {
            threshold_min: THRESHOLD_MIN.into(),
            regular_per_priority: REGULAR_PER_PRIORITY.into(),
            priority_weight: PRIORITY_WEIGHT.into(),
            overtakes_max: OVERTAKES_MAX.into(),
            days: PAGE_REPLAY_DAYS.into(),
            reason_length_max: CHOICE_REASON_LENGTH_MAX,
        }
    }
}

impl PolicyChoiceView {
    fn new(choice: &PolicyChoice, officers: &OfficerNames) -> Self {
        Self {
            number: choice.number,
            delivered: choice.delivered,
            before: choice.before.into(),
            after: choice.after.into(),
            by: choice.by.clone(),
            by_name: name_of(officers, &choice.by),
            at: choice.at.to_string(),
            reason: choice.reason.clone(),
        }
    }
}

/// How colleagues call an account.
pub(super) fn name_of(officers: &OfficerNames, account: &str) -> Option<String> {
    let id = OfficerId::parse(account).ok()?;
    officers.of_officer(&id).map(str::to_owned)
}

impl PolicyView {
    /// Of the settings in force, with the last choices.
    #[must_use]
    pub fn new(
        settings: &QueueSettings,
        choices: &[PolicyChoice],
        officers: &OfficerNames,
    ) -> Self {
        let last = settings.chosen.policy.as_ref();
        Self {
            in_force: PolicyNumbers::of(&settings.rules).into(),
            delivered: PolicyNumbers::of(settings.delivered_rules()).into(),
            is_delivered: last.is_none_or(|last| last.delivered),
            number: settings.choice_number(),
            bounds: PolicyBoundsView::of_this_release(),
            choices: choices.iter().map(|one| PolicyChoiceView::new(one, officers)).collect(),
        }
    }
}

impl ChoosingPolicy {
    /// What it asks to change.
    ///
    /// # Errors
    /// There is no such policy.
    pub fn change(&self) -> Result<RulesChange, Refusal> {
        Ok(RulesChange {
            policy: Some(CallPolicy::parse(&self.policy)?),
            threshold_min: self.threshold_min,
            regular_per_priority: self.regular_per_priority,
            priority_weight: self.priority_weight,
            overtakes_max: self.overtakes_max,
        })
    }
}

impl ReplayingPolicies {
    /// The numbers under a policy.
    #[must_use]
    pub fn change(&self, policy: CallPolicy) -> RulesChange {
        RulesChange {
            policy: Some(policy),
            threshold_min: self.threshold_min,
            regular_per_priority: self.regular_per_priority,
            priority_weight: self.priority_weight,
            overtakes_max: self.overtakes_max,
        }
    }
}

impl From<ClassFigures> for ReplayClassView {
    fn from(figures: ClassFigures) -> Self {
        Self {
            called: figures.called,
            median_s: figures.median_s,
            p95_s: figures.p95_s,
            promised: figures.promised,
            kept: figures.kept,
            passed_over_most: figures.passed_over_most,
        }
    }
}

impl From<Figures> for ReplayFiguresView {
    fn from(figures: Figures) -> Self {
        Self {
            regular: figures.regular.into(),
            priority: figures.priority.into(),
            not_called: figures.not_called,
        }
    }
}
