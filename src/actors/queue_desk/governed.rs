//! What the head decides about the queue while it runs: the policy of calling, and what officers may serve.

use super::handle::QueueHandle;
use super::messages::QueueReply;
use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use actix::Message;
use domain::ids::{OfficerId, ServiceCode};
use domain::queue::{PolicyWish, QueueSettings};

/// What may be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Governing {
    /// Another policy, or the delivered one again.
    Policy(PolicyWish),
    /// What an officer may serve; nothing: every group.
    Skills(OfficerId, Option<Vec<ServiceCode>>),
}

/// A decision about the queue with its origin. Answered after the commit.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<QueueReply, Failure>")]
pub struct Govern {
    /// Who decides.
    pub origin: Origin,
    /// What.
    pub wish: Governing,
}

/// The settings in force, as committed.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "QueueSettings")]
pub struct InForce;

/// Each fails with [`Failure`]: a rule's refusal, busy, stopped, repeat, disk full.
impl QueueHandle {
    /// Chooses a policy of calling, from the next call on.
    pub async fn choose_policy(&self, origin: Origin, wish: PolicyWish) -> Result<(), Failure> {
        self.govern(origin, Governing::Policy(wish)).await
    }

    /// Sets what an officer may serve, also where that officer is at a counter now.
    pub async fn set_skills(
        &self,
        origin: Origin,
        officer: OfficerId,
        services: Option<Vec<ServiceCode>>,
    ) -> Result<(), Failure> {
        self.govern(origin, Governing::Skills(officer, services)).await
    }

    /// The settings of the queue in force: those of the files with what was decided since.
    pub async fn in_force(&self) -> Result<QueueSettings, Failure> {
        Ok(self.addr.send(InForce).await?)
    }

    async fn govern(&self, origin: Origin, wish: Governing) -> Result<(), Failure> {
        self.addr.send(Govern { origin, wish }).await?.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::queue_desk::{Issuing, Which};
    use crate::actors::testing::{Center, ONE, at_counter, issuing, officer, queue_settings};
    use domain::ids::CounterNumber;
    use domain::queue::{CallPolicy, CallRule, RulesChange};
    use domain::refusal::Refusal;
    use store::query;

    const THREE: CounterNumber = CounterNumber(3);

    fn wish(policy: CallPolicy, seen: u32) -> PolicyWish {
        let to = RulesChange { policy: Some(policy), ..RulesChange::default() };
        PolicyWish { to: Some(to), reason: "Đợt cao điểm".to_owned(), seen }
    }

    fn head() -> Origin {
        Origin::officer("giam-doc", "")
    }

    #[actix_rt::test]
    async fn a_policy_chosen_in_the_console_makes_the_next_call_and_outlives_a_restart() {
        let center = Center::start().await;
        center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
        center.queue.choose_policy(head(), wish(CallPolicy::Strict, 0)).await.unwrap();
        let kiosk = || Origin::device("kiosk-1");
        center.queue.issue(kiosk(), issuing()).await.unwrap();
        center.clock.move_by(3_600);
        let ground = Some("elderly".to_owned());
        let elderly = Issuing { priority_ground: ground, ..issuing() };
        center.queue.issue(kiosk(), elderly).await.unwrap();
        let called = center.queue.call_next(at_counter(), ONE).await.unwrap().ticket.unwrap();
        assert_eq!(called.call_reason.unwrap().rule, CallRule::PriorityAlways);
        let readers = &center.ports.readers;
        let choices = readers.read_now(|c| query::governed::choices(c, 10)).unwrap();
        assert_eq!((choices.len(), choices[0].by.as_str()), (1, "giam-doc"));
        // What a desk reads that starts on these tables.
        let delivered = queue_settings();
        let read = readers.read_now(|c| query::governed::in_force(c, delivered.clone())).unwrap();
        assert_eq!(read, center.queue.in_force().await.unwrap());
        assert_eq!(read.rules.policy, CallPolicy::Strict);
        assert_eq!(read.delivered_rules(), &delivered.rules);
    }

    #[actix_rt::test]
    async fn a_choice_that_is_sent_twice_is_made_once_and_a_second_heads_is_refused() {
        let center = Center::start().await;
        let once = || head().with_request(Some("key-1"));
        for _ in 0..2 {
            center.queue.choose_policy(once(), wish(CallPolicy::Ratio, 0)).await.unwrap();
        }
        assert_eq!(center.queue.in_force().await.unwrap().choice_number(), 1);
        let late = center.queue.choose_policy(head(), wish(CallPolicy::Ageing, 0)).await;
        assert_eq!(late, Err(Failure::Refused(Refusal::PolicyChosenMeanwhile)));
    }

    #[actix_rt::test]
    async fn skills_change_the_counter_where_the_officer_is_with_the_same_entry() {
        let center = Center::start().await;
        center.queue.open_counter(at_counter(), THREE, officer()).await.unwrap();
        let land: ServiceCode = "dat-dai".parse().unwrap();
        let only = Some(vec![land.clone()]);
        center.queue.set_skills(head(), officer(), only).await.unwrap();
        let counter = async |center: &Center| {
            let look = center.queue.look(Which::Nothing).await.unwrap();
            look.counters.into_iter().find(|one| one.number == THREE).unwrap()
        };
        let after = counter(&center).await;
        assert_eq!((after.services, after.withheld.len()), (vec![land], 3));
        let readers = &center.ports.readers;
        let stored = readers.read_now(query::counters::all).unwrap();
        let stored = stored.iter().find(|one| one.number == THREE).unwrap();
        assert_eq!((stored.withheld.len(), stored.rev), (3, after.rev));
        center.queue.set_skills(head(), officer(), None).await.unwrap();
        assert_eq!(counter(&center).await.services.len(), 4);
    }
}
