//! What an officer may serve. A counter calls for the services of its plan that its officer may serve;
//! what it leaves out while that officer is there stands with it, so that everybody sees why.
//!
//! Whom a colleague sends to a counter by hand, that counter may call: somebody looked at it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::choice::Governed;
use super::command::Decision;
use super::settings::{CounterPlan, QueueSettings};
use super::state::Queue;
use super::types::{Class, Counter, CounterState};
use crate::ids::{CounterNumber, OfficerId, ServiceCode};
use crate::refusal::Refusal;

/// The service groups that an officer may serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficerSkills {
    /// Who.
    pub officer: OfficerId,
    /// Which groups, in the order of the settings; nothing: all, also those that come later.
    #[serde(default)]
    pub services: Option<Vec<ServiceCode>>,
    /// Who set it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl OfficerSkills {
    /// Whether the officer may serve this group.
    #[must_use]
    pub fn hold(&self, service: &ServiceCode) -> bool {
        self.services.as_ref().is_none_or(|services| services.contains(service))
    }
}

/// A service group that nobody at a counter may call now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unserved {
    /// The group.
    pub service: ServiceCode,
    /// How many wait for it, without those whom a colleague sent to one counter: they are called there.
    pub waiting: usize,
    /// Staffed counters of that group whose officers may not serve it.
    pub withheld_at: Vec<CounterNumber>,
}

impl QueueSettings {
    /// Whether an officer may serve a group; all may who were never told otherwise.
    #[must_use]
    pub fn may_serve(&self, officer: &OfficerId, service: &ServiceCode) -> bool {
        self.chosen.skills.get(officer).is_none_or(|skills| skills.hold(service))
    }

    /// What a counter calls for with somebody there, and what of its plan it leaves out.
    pub(super) fn staffed(
        &self,
        plan: &CounterPlan,
        officer: Option<&OfficerId>,
    ) -> (Vec<ServiceCode>, Vec<ServiceCode>) {
        let may = |service: &ServiceCode| officer.is_none_or(|one| self.may_serve(one, service));
        plan.services.iter().cloned().partition(may)
    }

    /// What an officer may serve from now on.
    ///
    /// # Errors
    /// There is no such group, or none is named: who serves nothing needs no counter.
    pub fn skills_of(
        &self,
        officer: OfficerId,
        services: Option<Vec<ServiceCode>>,
        by: &str,
        now: Timestamp,
    ) -> Result<OfficerSkills, Refusal> {
        if let Some(named) = &services {
            let known = |code: &ServiceCode| self.services.iter().any(|one| one.code == *code);
            if let Some(unknown) = named.iter().find(|code| !known(code)) {
                return Err(Refusal::UnknownService { service: unknown.to_string() });
            }
            if named.is_empty() {
                return Err(Refusal::NoSkills);
            }
        }
        let in_order = |named: Vec<ServiceCode>| -> Vec<ServiceCode> {
            let all = self.services.iter().map(|service| &service.code);
            all.filter(|code| named.contains(code)).cloned().collect()
        };
        Ok(OfficerSkills { officer, services: services.map(in_order), by: by.to_owned(), at: now })
    }
}

impl Queue {
    /// Sets what an officer may serve; a counter where that officer is calls by it at once.
    ///
    /// # Errors
    /// There is no such group, or none is named.
    pub fn set_skills(
        &self,
        officer: OfficerId,
        services: Option<Vec<ServiceCode>>,
        by: &str,
        now: Timestamp,
    ) -> Result<(OfficerSkills, Decision), Refusal> {
        let skills = self.settings().skills_of(officer, services, by, now)?;
        let mut settings = self.settings().clone();
        settings.take(&Governed::Skills(skills.clone()));
        let own =
            self.counters().filter(|counter| counter.officer.as_ref() == Some(&skills.officer));
        let counters = own.filter_map(|counter| {
            let mut after = counter.clone();
            staff(&settings, &mut after);
            after.rev += 1;
            (after.services != counter.services).then_some(after)
        });
        let counters = counters.collect();
        Ok((skills, Decision { counters, ..Decision::default() }))
    }

    /// Sets what a counter calls for by who is there.
    pub(super) fn staff(&self, counter: &mut Counter) {
        staff(self.settings(), counter);
    }

    /// Whether any counter of the plan serves a group, whoever works there today.
    #[must_use]
    pub fn is_planned(&self, service: &ServiceCode) -> bool {
        self.settings().counters.iter().any(|plan| plan.services.contains(service))
    }

    /// The groups that no staffed counter may call, though somebody waits for them or a counter of theirs
    /// is staffed. Nothing before the first counter is opened: then nobody is served, which all see.
    #[must_use]
    pub fn unserved(&self) -> Vec<Unserved> {
        let staffed = || self.counters().filter(|counter| counter.state != CounterState::Closed);
        if staffed().next().is_none() {
            return Vec::new();
        }
        let services = self.settings().services.iter().map(|service| &service.code);
        let left = services.filter(|code| !staffed().any(|one| one.services.contains(code)));
        left.filter_map(|code| {
            let of_class = |class| {
                let own = self.waiting(class).filter(|ticket| ticket.service == *code);
                own.filter(|ticket| self.reserved_for(ticket).is_none()).count()
            };
            let waiting = of_class(Class::Regular) + of_class(Class::Priority);
            let withheld = staffed().filter(|one| one.withheld.contains(code));
            let withheld_at: Vec<CounterNumber> = withheld.map(|one| one.number).collect();
            let told = waiting > 0 || !withheld_at.is_empty();
            told.then(|| Unserved { service: code.clone(), waiting, withheld_at })
        })
        .collect()
    }
}

fn staff(settings: &QueueSettings, counter: &mut Counter) {
    let plan = settings.counters.iter().find(|plan| plan.number == counter.number);
    if let Some(plan) = plan {
        (counter.services, counter.withheld) = settings.staffed(plan, counter.officer.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Hall, code, officer, plan};
    use super::super::{Command, TransferTo};
    use super::*;

    const ONE: CounterNumber = CounterNumber(1);
    const TWO: CounterNumber = CounterNumber(2);

    /// Counter 1 for land and civil status, counter 2 for civil status; officer-1 and officer-2 are there.
    fn hall() -> Hall {
        Hall::with(vec![plan(1, &["ho-tich", "dat-dai"]), plan(2, &["ho-tich"])])
    }

    fn set(hall: &mut Hall, who: &str, services: Option<&[&str]>) -> Result<Decision, Refusal> {
        let services = services.map(|all| all.iter().map(|one| code(one)).collect());
        let (skills, decision) =
            hall.queue.set_skills(officer(who), services, "giam-doc", hall.now)?;
        hall.queue.take(&Governed::Skills(skills));
        hall.queue.apply(&decision);
        Ok(decision)
    }

    #[test]
    fn a_counter_calls_only_for_what_its_officer_may_serve_at_once_and_after_a_restart() {
        let mut hall = hall();
        hall.issue("dat-dai", None).unwrap();
        hall.issue("ho-tich", None).unwrap();
        let decision = set(&mut hall, "officer-1", Some(&["ho-tich"])).unwrap();
        assert_eq!(decision.counters.len(), 1, "the counter where the officer is");
        hall.restart();
        let counter = hall.queue.counter(ONE).unwrap().clone();
        assert_eq!(
            (counter.services, counter.withheld),
            (vec![code("ho-tich")], vec![code("dat-dai")])
        );
        assert_eq!(hall.call(1).unwrap().service, code("ho-tich"));
        hall.take(Command::NoShow(ONE)).unwrap();
        assert_eq!(hall.call(1).unwrap_err(), Refusal::NobodyWaiting { counter: ONE });
        set(&mut hall, "officer-1", None).unwrap();
        assert_eq!(hall.call(1).unwrap().service, code("dat-dai"));
    }

    #[test]
    fn another_officer_at_the_same_counter_serves_all_of_its_plan() {
        let mut hall = hall();
        set(&mut hall, "officer-1", Some(&["ho-tich"])).unwrap();
        hall.take(Command::CloseCounter(ONE)).unwrap();
        assert_eq!(hall.queue.counter(ONE).unwrap().services.len(), 2);
        hall.take(Command::OpenCounter(ONE, officer("officer-9"))).unwrap();
        let counter = hall.queue.counter(ONE).unwrap();
        assert_eq!((counter.services.len(), counter.withheld.len()), (2, 0));
        hall.take(Command::CloseCounter(ONE)).unwrap();
        hall.take(Command::OpenCounter(ONE, officer("officer-1"))).unwrap();
        assert_eq!(hall.queue.counter(ONE).unwrap().withheld, [code("dat-dai")]);
    }

    #[test]
    fn a_group_that_nobody_at_a_counter_may_serve_is_named_and_its_numbers_are_still_given() {
        let mut hall = hall();
        assert!(hall.queue.unserved().is_empty());
        set(&mut hall, "officer-1", Some(&["ho-tich"])).unwrap();
        let told = |waiting| {
            let withheld_at = vec![ONE];
            [Unserved { service: code("dat-dai"), waiting, withheld_at }]
        };
        assert_eq!(hall.queue.unserved(), told(0));
        hall.issue("dat-dai", None).unwrap();
        assert_eq!(hall.queue.unserved(), told(1));
        hall.issue("ho-tich", None).unwrap();
        hall.call(2).unwrap();
        hall.take(Command::Transfer(TWO, TransferTo::Service(code("dat-dai")))).unwrap();
        assert_eq!(hall.queue.unserved(), told(2));
        for number in [ONE, TWO] {
            hall.take(Command::CloseCounter(number)).unwrap();
        }
        assert!(hall.queue.unserved().is_empty(), "nobody is there at all");
    }

    #[test]
    fn who_was_sent_to_a_counter_by_a_colleague_is_called_there() {
        let mut hall = hall();
        set(&mut hall, "officer-2", Some(&["dat-dai"])).unwrap();
        hall.issue("ho-tich", None).unwrap();
        assert_eq!(hall.call(2).unwrap_err(), Refusal::NobodyWaiting { counter: TWO });
        hall.call(1).unwrap();
        hall.take(Command::Transfer(ONE, TransferTo::Counter(TWO))).unwrap();
        // Nor does that one wait in vain when nobody else may serve the group.
        set(&mut hall, "officer-1", Some(&["dat-dai"])).unwrap();
        let withheld_at = vec![ONE, TWO];
        let told = Unserved { service: code("ho-tich"), waiting: 0, withheld_at };
        assert_eq!(hall.queue.unserved(), [told]);
        assert_eq!(hall.call(2).unwrap().service, code("ho-tich"));
    }

    #[test]
    fn skills_name_groups_of_this_center_once_and_at_least_one() {
        let mut hall = hall();
        assert_eq!(set(&mut hall, "officer-1", Some(&[])).unwrap_err(), Refusal::NoSkills);
        let unknown = set(&mut hall, "officer-1", Some(&["khong-co"])).unwrap_err();
        assert_eq!(unknown.code(), "queue.unknown_service");
        let twice = Some(vec![code("dat-dai"), code("ho-tich"), code("dat-dai")]);
        let at = hall.now;
        let (skills, _) =
            hall.queue.set_skills(officer("officer-1"), twice, "giam-doc", at).unwrap();
        let mut services = skills.services.clone().unwrap();
        services.sort_unstable();
        assert_eq!(services, [code("dat-dai"), code("ho-tich")]);
        let written = serde_json::to_value(&skills).unwrap();
        assert_eq!(
            (&written["officer"], &written["by"]),
            (&"officer-1".into(), &"giam-doc".into())
        );
        assert_eq!(serde_json::from_value::<OfficerSkills>(written).unwrap(), skills);
    }

    #[test]
    fn a_counter_of_an_earlier_release_reads_as_one_whose_officer_may_serve_all() {
        let hall = hall();
        let mut kept = serde_json::to_value(hall.queue.counter(ONE).unwrap()).unwrap();
        assert!(
            kept.as_object_mut().unwrap().remove("withheld").is_none(),
            "not written for nothing"
        );
        let read: Counter = serde_json::from_value(kept).unwrap();
        assert_eq!(&read, hall.queue.counter(ONE).unwrap());
    }
}
