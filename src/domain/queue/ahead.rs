//! Whether somebody who comes now may still have a number, and how many are called before, by the policy
//! in force: what "come by 16:10" hangs on. The service's own lines are played forward call by call, one
//! after the other at an even pace, as if one counter made the calls of all that serve it.
//!
//! Left out, as in the count of who waits: what else those counters have to do. How long a wait is told
//! with a number is another question, and `estimate`'s.

use jiff::{SignedDuration, Timestamp, civil};

use super::pick::run_after;
use super::policy::{Candidate, History, Snapshot, choose};
use super::state::Queue;
use super::types::{Class, Counter, CounterState, Place};
use crate::ids::ServiceCode;
use crate::refusal::Refusal;
use crate::time::local;

/// Calls that are played at most: 24 counters make no more in the last two hours of a day. Beyond, who
/// comes now is told as the last of all.
const CALLS_PLAYED_MAX: usize = 500;

impl Queue {
    /// Whether the opening hours allow a number of a service in a class now. Gives the time until which
    /// that stays so, when it is near.
    ///
    /// # Errors
    /// They do not: what [`QueueHours::admit`](super::QueueHours::admit) says.
    pub fn open_for(
        &self,
        service: &ServiceCode,
        class: Class,
        now: Timestamp,
    ) -> Result<Option<civil::Time>, Refusal> {
        let hours = &self.settings().hours;
        // Each view asks for each group: where no hours are written down nothing is counted.
        if hours.week.is_around_the_clock() {
            return Ok(None);
        }
        let (at, counters) = (local(now), self.working_for(service));
        let wide = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let admit = |before: usize| hours.admit(service, at, wide(before), counters);
        let all = self.waiting_count(service, Class::Regular)
            + self.waiting_count(service, Class::Priority);
        // Nobody stands behind more than all: what is far off then is so for everybody, and what has
        // nothing to do with who waits, too.
        let answer = match admit(all) {
            Ok(Some(_)) | Err(Refusal::NotServedToday { .. }) if all > 0 => {
                let service_ms = hours.service_s.saturating_mul(1_000);
                let every_ms = service_ms / i64::try_from(counters.max(1)).unwrap_or(i64::MAX);
                admit(self.called_before(service, class, every_ms, now))
            }
            answer => answer,
        };
        if hours.also_outside { Ok(answer.unwrap_or(None)) } else { answer }
    }

    /// The staffed counters that serve a service; before any is, those of its plan: also where an officer
    /// sits who may not serve it, because that changes during a day.
    fn working_for(&self, service: &ServiceCode) -> u64 {
        let count = match self.staffed_for(service).count() {
            0 => {
                let plans = self.settings().counters.iter();
                plans.filter(|plan| plan.services.contains(service)).count()
            }
            staffed => staffed,
        };
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// The staffed counters that serve a service, by number.
    fn staffed_for(&self, service: &ServiceCode) -> impl Iterator<Item = &Counter> {
        self.counters().filter(move |counter| {
            counter.state != CounterState::Closed && counter.services.contains(service)
        })
    }

    /// How many of a service are called before who takes a number of it now in a class, when a call is
    /// made each so many milliseconds and nobody else comes.
    pub(super) fn called_before(
        &self,
        service: &ServiceCode,
        class: Class,
        every_ms: i64,
        now: Timestamp,
    ) -> usize {
        let count = |of| self.waiting_count(service, of);
        let all = count(Class::Regular) + count(Class::Priority);
        if count(class) >= CALLS_PLAYED_MAX {
            return all;
        }
        let (mut regular, mut priority) = self.lines_now(service, now);
        let own = (self.place_at_end(now), 0, char::MAX, u32::MAX);
        match class {
            Class::Regular => regular.push(own),
            Class::Priority => priority.push(own),
        }
        let rules = &self.settings().rules;
        let first = self.staffed_for(service).next();
        let (mut previous, mut regular_run) =
            first.map_or((None, 0), |counter| (counter.last_class, counter.regular_run));
        let (mut regulars, mut priorities) = (0, 0);
        for called in 0..CALLS_PLAYED_MAX {
            let passed_ms = every_ms.saturating_mul(i64::try_from(called).unwrap_or(i64::MAX));
            let at = now.saturating_add(SignedDuration::from_millis(passed_ms)).unwrap_or(now);
            let (one, other) = (regular.get(regulars).copied(), priority.get(priorities).copied());
            let overtaken = match (one, other) {
                (Some(one), Some(other)) if rules.overtakes_max > 0 && one < other => {
                    self.passed_over_at(service, one, priority.get(..priorities).unwrap_or(&[]))
                }
                _ => 0,
            };
            let history = History { previous, regular_run, overtaken };
            let snapshot = Snapshot { regular: one.map(candidate), priority: other.map(candidate) };
            let Some((next, _)) = choose(rules, &snapshot, at, &history) else { return all };
            let (made, length) = match next {
                Class::Regular => (&mut regulars, regular.len()),
                Class::Priority => (&mut priorities, priority.len()),
            };
            *made += 1;
            if next == class && *made == length {
                return called;
            }
            previous = Some(next);
            regular_run = run_after(regular_run, next);
        }
        all
    }

    /// Who waits for a service, by the class and the place in which each stands now.
    fn lines_now(&self, service: &ServiceCode, now: Timestamp) -> (Vec<Place>, Vec<Place>) {
        let grace_s = self.settings().rules.appointment_grace_s;
        let (mut regular, mut priority) = (Vec::new(), Vec::new());
        for of in [Class::Regular, Class::Priority] {
            let waiting = self.known(self.lines().of_service(service, of));
            for ticket in waiting.take(CALLS_PLAYED_MAX) {
                match ticket.standing(now, grace_s) {
                    (Class::Regular, place) => regular.push(place),
                    (Class::Priority, place) => priority.push(place),
                }
            }
        }
        // Whose appointment has come stands among the priority callers by its time.
        priority.sort_unstable();
        (regular, priority)
    }

    /// How often who stands in this place was passed over, with the priority callers who are called in
    /// the play: as far as the rules ask.
    fn passed_over_at(&self, service: &ServiceCode, place: Place, played: &[Place]) -> u32 {
        let most = self.settings().rules.overtakes_max as usize;
        let mut made = played.iter().filter(|other| **other > place).count();
        // Whichever might have called it, also one that has closed since: as in the decision itself.
        let might = self.counters().filter(|counter| counter.services.contains(service));
        for counter in might {
            if made >= most {
                break;
            }
            made += self.lines().priority_called_behind(counter.number, place, most - made);
        }
        u32::try_from(made).unwrap_or(u32::MAX)
    }
}

fn candidate((since, ..): Place) -> Candidate<'static> {
    Candidate { label: "", since, appointment_at: None }
}

#[cfg(test)]
mod tests {
    use super::super::properties::any_rules;
    use super::super::tests::{Hall, code, plan};
    use super::super::{CallPolicy, QueueRules};
    use super::*;
    use proptest::prelude::*;

    /// What a service takes in these tests.
    const EVERY_S: i64 = 360;

    fn before(hall: &Hall, class: Class) -> usize {
        hall.queue.called_before(&code("ho-tich"), class, EVERY_S * 1_000, hall.now)
    }

    /// A hall with one counter, and so many who wait in turn.
    fn waiting(rules: &QueueRules, regular: usize, priority: usize) -> Hall {
        let mut hall = Hall::ruled(vec![plan(1, &["ho-tich"])], rules);
        for _ in 0..regular {
            hall.issue("ho-tich", None).unwrap();
        }
        for _ in 0..priority {
            hall.issue("ho-tich", Some("elderly")).unwrap();
        }
        hall
    }

    #[test]
    fn each_policy_has_its_own_answer_for_a_priority_caller() {
        let of = |policy| {
            let rules = QueueRules { policy, ..QueueRules::default() };
            let hall = waiting(&rules, 12, 3);
            (before(&hall, Class::Regular), before(&hall, Class::Priority))
        };
        assert_eq!(of(CallPolicy::Strict), (15, 3));
        // Nobody has waited half an hour before the three are called.
        assert_eq!(of(CallPolicy::Guard), (15, 3));
        // A counter that has just opened begins with one of priority; then two regular ones for each.
        assert_eq!(of(CallPolicy::Ratio), (15, 9));
    }

    #[test]
    fn past_the_threshold_a_priority_caller_stands_behind_every_second_regular_one() {
        let mut hall = waiting(&QueueRules::default(), 12, 3);
        hall.pass(31 * 60);
        assert_eq!(before(&hall, Class::Priority), 7);
    }

    #[test]
    fn a_line_too_long_to_be_played_is_told_as_all_of_it() {
        let long = CALLS_PLAYED_MAX + 1;
        let hall = waiting(&QueueRules::default(), long, 2);
        assert_eq!(before(&hall, Class::Regular), long + 2);
        assert_eq!(before(&hall, Class::Priority), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn as_many_are_called_before_as_one_counter_then_calls(
            rules in any_rules(),
            came in prop::collection::vec((any::<bool>(), 0_i64..400), 0..25),
            served in 0_usize..4,
            priority in any::<bool>(),
        ) {
            let mut hall = Hall::ruled(vec![plan(1, &["ho-tich"])], &rules);
            for (priority, passed) in came {
                hall.issue("ho-tich", priority.then_some("elderly")).unwrap();
                hall.pass(passed);
            }
            for _ in 0..served {
                if before(&hall, Class::Regular) > 0 {
                    hall.serve(1);
                }
            }
            let class = if priority { Class::Priority } else { Class::Regular };
            let foretold = before(&hall, class);
            let own = hall.issue("ho-tich", priority.then_some("elderly")).unwrap().label;
            let mut called = 0;
            while hall.serve(1) != own {
                called += 1;
                hall.pass(EVERY_S);
            }
            prop_assert_eq!(foretold, called);
        }
    }
}
