//! Which policy is in force: the one of the settings' files as delivered, until the head chooses another
//! one in the console. A choice is a fact with a number of its own, never changed afterwards: who, when,
//! from what to what, and why. The last one is in force, over a restart and in a restored box too.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reason::CallPolicy;
use super::settings::{QueueRules, QueueSettings, RulesChange};
use super::skills::OfficerSkills;
use super::state::Queue;
use crate::ids::OfficerId;
use crate::refusal::{Refusal, short_text};

/// Longest reason of a choice. Characters.
pub const CHOICE_REASON_LENGTH_MAX: usize = 200;
/// Seconds of a minute: the rules count in seconds, people in minutes.
const MINUTE_S: i64 = 60;

/// A policy with its numbers, as people say them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyNumbers {
    /// How the next ticket is chosen.
    pub policy: CallPolicy,
    /// *guard*: minutes after which a regular caller gets every second call.
    pub threshold_min: i64,
    /// *ratio*: so many regular calls of a counter for each priority one.
    pub regular_per_priority: u32,
    /// *ageing*: how often a priority caller's minute counts.
    pub priority_weight: u32,
    /// How often a regular caller may be passed over; 0 sets no bound.
    pub overtakes_max: u32,
}

impl PolicyNumbers {
    /// Those of some rules.
    #[must_use]
    pub fn of(rules: &QueueRules) -> Self {
        Self {
            policy: rules.policy,
            threshold_min: rules.threshold_s / MINUTE_S,
            regular_per_priority: rules.regular_per_priority,
            priority_weight: rules.priority_weight,
            overtakes_max: rules.overtakes_max,
        }
    }

    /// The change that brings rules to them.
    #[must_use]
    pub fn change(&self) -> RulesChange {
        RulesChange {
            policy: Some(self.policy),
            threshold_min: Some(self.threshold_min),
            regular_per_priority: Some(i64::from(self.regular_per_priority)),
            priority_weight: Some(i64::from(self.priority_weight)),
            overtakes_max: Some(i64::from(self.overtakes_max)),
        }
    }
}

/// Somebody chose a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChoice {
    /// The first one is 1.
    pub number: u32,
    /// Back to what the settings' files say, whatever they will say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delivered: bool,
    /// What was in force.
    pub before: PolicyNumbers,
    /// What is in force since.
    pub after: PolicyNumbers,
    /// Who chose: an officer's id.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, in that person's words. Open to the province; the page asks for no names in it.
    pub reason: String,
}

/// A policy is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWish {
    /// Which, and with which numbers; nothing: back to the delivered one.
    pub to: Option<RulesChange>,
    /// Why.
    pub reason: String,
    /// The number of the last choice that the person saw; 0 when there was none. Of two people who
    /// choose at once the second one is told.
    pub seen: u32,
}

/// What a head decides about the queue while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Governed {
    /// A policy was chosen.
    Policy(PolicyChoice),
    /// What an officer may serve was set.
    Skills(OfficerSkills),
}

/// What was decided in the console beside the settings' files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// The rules of the files, once another choice was made.
    pub delivered: Option<QueueRules>,
    /// The choice in force.
    pub policy: Option<PolicyChoice>,
    /// What officers may serve; who is not in it may serve everything.
    pub skills: BTreeMap<OfficerId, OfficerSkills>,
}

impl QueueSettings {
    /// The rules of the settings' files.
    #[must_use]
    pub fn delivered_rules(&self) -> &QueueRules {
        self.chosen.delivered.as_ref().unwrap_or(&self.rules)
    }

    /// The number of the last choice; 0 when nobody has chosen.
    #[must_use]
    pub fn choice_number(&self) -> u32 {
        self.chosen.policy.as_ref().map_or(0, |choice| choice.number)
    }

    /// Takes in what was decided. Numbers that this program no longer allows leave the delivered rules in
    /// force: a center opens all the same.
    pub fn take(&mut self, governed: &Governed) {
        match governed {
            Governed::Policy(choice) => {
                let delivered = self.delivered_rules().clone();
                self.rules = if choice.delivered {
                    delivered.clone()
                } else {
                    delivered.changed(&choice.after.change()).unwrap_or_else(|_| delivered.clone())
                };
                self.chosen.delivered = Some(delivered);
                self.chosen.policy = Some(choice.clone());
            }
            Governed::Skills(skills) => {
                self.chosen.skills.insert(skills.officer.clone(), skills.clone());
            }
        }
    }
}

impl Queue {
    /// Chooses a policy for the calls from now on.
    ///
    /// # Errors
    /// A number lies outside its bounds, there is no reason, it is in force already, or somebody else has
    /// chosen meanwhile.
    pub fn choose_policy(
        &self,
        wish: &PolicyWish,
        by: &str,
        now: Timestamp,
    ) -> Result<PolicyChoice, Refusal> {
        let settings = self.settings();
        let number = settings.choice_number();
        let rules = match &wish.to {
            Some(change) => settings.rules.changed(change)?,
            None => settings.delivered_rules().clone(),
        };
        let reason = short_text("reason", &wish.reason, CHOICE_REASON_LENGTH_MAX)?;
        if reason.is_empty() {
            return Err(Refusal::PolicyReason);
        }
        if wish.seen != number {
            return Err(Refusal::PolicyChosenMeanwhile);
        }
        let delivered = wish.to.is_none();
        let was_delivered = settings.chosen.policy.as_ref().is_none_or(|last| last.delivered);
        let (before, after) = (PolicyNumbers::of(&settings.rules), PolicyNumbers::of(&rules));
        // Going back to the files is a change also where they say the same today.
        if before == after && (!delivered || was_delivered) {
            return Err(Refusal::PolicyInForce);
        }
        Ok(PolicyChoice {
            number: number.saturating_add(1),
            delivered,
            before,
            after,
            by: by.to_owned(),
            at: now,
            reason,
        })
    }

    /// Takes in what was decided about the queue.
    pub fn take(&mut self, governed: &Governed) {
        self.settings_mut().take(governed);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Hall;
    use super::super::{CallRule, Command};
    use super::*;
    use crate::ids::CounterNumber;

    fn wish(policy: CallPolicy, seen: u32) -> PolicyWish {
        let to = RulesChange { policy: Some(policy), ..RulesChange::default() };
        PolicyWish { to: Some(to), reason: "Buổi sáng đông".to_owned(), seen }
    }

    fn choose(hall: &mut Hall, wish: &PolicyWish) -> Result<PolicyChoice, Refusal> {
        let choice = hall.queue.choose_policy(wish, "giam-doc", hall.now)?;
        hall.queue.take(&Governed::Policy(choice.clone()));
        Ok(choice)
    }

    #[test]
    fn a_choice_is_in_force_with_the_next_call_and_after_a_restart() {
        let mut hall = Hall::open();
        hall.issue("ho-tich", None).unwrap();
        hall.issue("ho-tich", Some("elderly")).unwrap();
        hall.pass(3_600);
        let choice = choose(&mut hall, &wish(CallPolicy::Strict, 0)).unwrap();
        assert_eq!((choice.number, choice.delivered), (1, false));
        assert_eq!(choice.before.policy, CallPolicy::Guard);
        assert_eq!(choice.after, PolicyNumbers { policy: CallPolicy::Strict, ..choice.before });
        hall.restart();
        let decision = hall.take(Command::CallNext(CounterNumber(1))).unwrap();
        let reason = decision.tickets[0].call_reason.clone().unwrap();
        assert_eq!((reason.policy, reason.rule), (CallPolicy::Strict, CallRule::PriorityAlways));
    }

    #[test]
    fn the_delivered_rules_come_back_as_the_files_say_them() {
        let mut hall = Hall::open();
        let delivered = hall.queue.settings().rules.clone();
        let back = |seen| PolicyWish { to: None, reason: "Xong đợt".to_owned(), seen };
        assert_eq!(choose(&mut hall, &back(0)), Err(Refusal::PolicyInForce));
        choose(&mut hall, &wish(CallPolicy::Ageing, 0)).unwrap();
        assert_eq!(hall.queue.settings().delivered_rules(), &delivered);
        let choice = choose(&mut hall, &back(1)).unwrap();
        assert!(choice.delivered && choice.number == 2);
        assert_eq!(hall.queue.settings().rules, delivered);
        // Another file later: a box that went back follows it.
        let mut settings = hall.queue.settings().clone();
        settings.rules = QueueRules { threshold_s: 600, ..delivered };
        settings.chosen = Chosen::default();
        settings.take(&Governed::Policy(choice));
        assert_eq!(settings.rules.threshold_s, 600);
    }

    #[test]
    fn a_choice_without_reason_of_the_same_or_over_another_ones_head_is_refused() {
        let mut hall = Hall::open();
        let unreasoned = PolicyWish { reason: " ".to_owned(), ..wish(CallPolicy::Strict, 0) };
        assert_eq!(choose(&mut hall, &unreasoned), Err(Refusal::PolicyReason));
        let long = "x".repeat(CHOICE_REASON_LENGTH_MAX + 1);
        let long = PolicyWish { reason: long, ..wish(CallPolicy::Strict, 0) };
        assert_eq!(choose(&mut hall, &long).unwrap_err().code(), "input.bad_text");
        assert_eq!(choose(&mut hall, &wish(CallPolicy::Guard, 0)), Err(Refusal::PolicyInForce));
        choose(&mut hall, &wish(CallPolicy::Strict, 0)).unwrap();
        let late = choose(&mut hall, &wish(CallPolicy::Ratio, 0));
        assert_eq!(late, Err(Refusal::PolicyChosenMeanwhile));
        let out = RulesChange { overtakes_max: Some(101), ..RulesChange::default() };
        let out = PolicyWish { to: Some(out), ..wish(CallPolicy::Ratio, 1) };
        assert_eq!(choose(&mut hall, &out).unwrap_err().code(), "queue.policy_parameter");
        assert_eq!(hall.queue.settings().rules.policy, CallPolicy::Strict, "nothing was changed");
    }

    #[test]
    fn a_choice_is_written_in_these_words() {
        let mut hall = Hall::open();
        let choice = choose(&mut hall, &wish(CallPolicy::Strict, 0)).unwrap();
        let numbers = |policy: &str| {
            serde_json::json!({
                "policy": policy, "threshold_min": 30, "regular_per_priority": 2,
                "priority_weight": 2, "overtakes_max": 0,
            })
        };
        let written = serde_json::json!({
            "number": 1, "before": numbers("guard"), "after": numbers("strict"),
            "by": "giam-doc", "at": "2026-11-23T00:30:00Z", "reason": "Buổi sáng đông",
        });
        assert_eq!(serde_json::to_value(&choice).unwrap(), written);
        assert_eq!(serde_json::from_value::<PolicyChoice>(written).unwrap(), choice);
    }

    #[test]
    fn numbers_that_are_no_longer_allowed_leave_the_delivered_rules_in_force() {
        let mut hall = Hall::open();
        let delivered = hall.queue.settings().rules.clone();
        let mut choice = choose(&mut hall, &wish(CallPolicy::Strict, 0)).unwrap();
        choice.after.threshold_min = 100_000;
        hall.queue.take(&Governed::Policy(choice));
        assert_eq!(hall.queue.settings().rules, delivered);
    }
}
