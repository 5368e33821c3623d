//! Whether any order of calls can keep the promises of those who wait with the counters that are open.
//!
//! Take some services, and an instant. Those who wait for these services and whose
//! promise ends by then must all have been *called* by then; those called last need not be done. So by
//! then the counters must have finished the work of all but as many as there are counters, in the best
//! case the longest ones. The counters that serve any of these services can do no more than the time
//! from when each is free. Where the work is more than that, no order helps: only another counter does.
//! It is a bound from below, so it never cries wolf by its arithmetic; the durations are means of the
//! center's own calls, and a day may turn out shorter or longer. Who was sent to one counter is left out:
//! that counter may call them for a service that it does not serve, and no other one helps.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use serde::Serialize;

use crate::ids::{CounterNumber, ServiceCode};
use crate::queue::{Class, Counter, CounterState};

/// Whose promise is over already, or is over sooner than this, is to be called within this. Seconds.
pub const HORIZON_MIN_S: i64 = 300;
/// The most counters that an advice counts up to: more than any center has.
pub const COUNTERS_MAX: usize = 64;

/// That no order can keep the promise, with the numbers from which it follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// Of these services.
    pub services: Vec<ServiceCode>,
    /// So many must be called...
    pub people: usize,
    /// ...within this. Seconds.
    pub within_s: i64,
    /// The work of all of them. Seconds.
    pub work_s: i64,
    /// Of it that of the last ones, who need only be called by then. Seconds.
    pub last_s: i64,
    /// So many open counters serve any of these services.
    pub counters: usize,
    /// What these can do until then. Seconds.
    pub capacity_s: i64,
    /// What is missing: work, less the last ones, less what can be done. Seconds.
    pub short_s: i64,
    /// With so many more counters, free now, the bound holds.
    pub more: usize,
    /// Counters that could be opened for it, by number; at most `more`.
    pub open: Vec<CounterNumber>,
}

/// One who waits.
#[derive(Debug, Clone)]
pub(super) struct Wait {
    pub service: ServiceCode,
    pub class: Class,
    /// Waits for one counter alone.
    pub tied: bool,
    pub waited_s: i64,
    pub promise_s: i64,
    pub work_s: i64,
}

impl Wait {
    /// Within how long this one must be called.
    fn within_s(&self) -> i64 {
        (self.promise_s - self.waited_s).max(HORIZON_MIN_S)
    }
}

/// An open counter.
#[derive(Debug, Clone)]
pub(super) struct Staffed {
    pub services: Vec<ServiceCode>,
    pub free_in_s: i64,
}

/// Of the wanted services each single one, what each counter serves together, and all.
pub(super) fn groups(
    wanted: BTreeSet<ServiceCode>,
    counters: &[Counter],
) -> BTreeSet<BTreeSet<ServiceCode>> {
    let mut groups: BTreeSet<BTreeSet<ServiceCode>> =
        wanted.iter().map(|code| BTreeSet::from([code.clone()])).collect();
    for counter in counters {
        let served = counter.services.iter().filter(|code| wanted.contains(*code)).cloned();
        groups.insert(served.collect());
    }
    groups.insert(wanted);
    groups.retain(|group| !group.is_empty());
    groups
}

/// Whether a counter that serves these serves any of the group.
pub(super) fn serves(services: &[ServiceCode], group: &BTreeSet<ServiceCode>) -> bool {
    services.iter().any(|code| group.contains(code))
}

/// Counters that could be opened for a group, so many at most.
pub(super) fn to_open(
    counters: &[Counter],
    group: &BTreeSet<ServiceCode>,
    most: usize,
) -> Vec<CounterNumber> {
    let mut open: Vec<&Counter> = counters
        .iter()
        .filter(|one| one.state != CounterState::Open && serves(&one.services, group))
        .collect();
    // Where somebody sits already, a key is enough.
    open.sort_by_key(|one| (one.state == CounterState::Closed, one.number));
    open.iter().take(most).map(|one| one.number).collect()
}

/// What no order can keep, the largest lack first, each about other services.
pub(super) fn advise(waits: &[Wait], counters: &[Counter], staffed: &[Staffed]) -> Vec<Advice> {
    let free: Vec<&Wait> = waits.iter().filter(|one| !one.tied).collect();
    let waited_for: BTreeSet<ServiceCode> = free.iter().map(|one| one.service.clone()).collect();
    let mut found: Vec<Advice> = groups(waited_for, counters)
        .iter()
        .filter_map(|group| advise_group(group, &free, counters, staffed))
        .collect();
    // Of equal lacks the one about fewer services says more.
    found.sort_by_key(|one| (Reverse(one.short_s), one.services.len()));
    let mut told: Vec<Advice> = Vec::new();
    for one in found {
        let fresh = |other: &Advice| !other.services.iter().any(|s| one.services.contains(s));
        if told.iter().all(fresh) {
            told.push(one);
        }
    }
    told
}

fn advise_group(
    group: &BTreeSet<ServiceCode>,
    waits: &[&Wait],
    counters: &[Counter],
    staffed: &[Staffed],
) -> Option<Advice> {
    let mut due: Vec<(i64, i64)> = waits
        .iter()
        .filter(|one| group.contains(&one.service))
        .map(|one| (one.within_s(), one.work_s))
        .collect();
    due.sort_unstable();
    let serving = staffed.iter().filter(|one| serves(&one.services, group));
    let free_in: Vec<i64> = serving.map(|one| one.free_in_s).collect();
    let worst = worst(&due, &free_in)?;
    let more = (1..=COUNTERS_MAX)
        .find(|more| {
            let mut with_more = free_in.clone();
            with_more.resize(free_in.len() + more, 0);
            self::worst(&due, &with_more).is_none()
        })
        .unwrap_or(COUNTERS_MAX);
    Some(Advice {
        services: group.iter().cloned().collect(),
        people: worst.people,
        within_s: worst.within_s,
        work_s: worst.work_s,
        last_s: worst.last_s,
        counters: free_in.len(),
        capacity_s: worst.capacity_s,
        short_s: worst.short_s,
        more,
        open: to_open(counters, group, more),
    })
}

/// The instant at which most is missing.
#[derive(Debug, Clone, Copy)]
struct Lack {
    people: usize,
    within_s: i64,
    work_s: i64,
    last_s: i64,
    capacity_s: i64,
    short_s: i64,
}

/// `due`: within how long each must be called and how long each takes, by the former; `free_in`: when each
/// counter is free. Nothing where the bound holds at every instant.
fn worst(due: &[(i64, i64)], free_in: &[i64]) -> Option<Lack> {
    let mut worst: Option<Lack> = None;
    let (mut work_s, mut last_s) = (0, 0);
    // The longest of those due, as many as there are counters: the shortest of them on top.
    let mut last: BinaryHeap<Reverse<i64>> = BinaryHeap::with_capacity(free_in.len() + 1);
    for (place, &(within_s, own_s)) in due.iter().enumerate() {
        work_s += own_s;
        last_s += own_s;
        last.push(Reverse(own_s));
        if last.len() > free_in.len()
            && let Some(Reverse(shortest)) = last.pop()
        {
            last_s -= shortest;
        }
        let more_by_then = due.get(place + 1).is_some_and(|(next, _)| *next == within_s);
        if more_by_then {
            continue;
        }
        let capacity_s: i64 = free_in.iter().map(|free| (within_s - free).max(0)).sum();
        let short_s = work_s - last_s - capacity_s;
        if short_s > worst.map_or(0, |worst| worst.short_s) {
            let people = place + 1;
            worst = Some(Lack { people, within_s, work_s, last_s, capacity_s, short_s });
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::super::tests::{code, counter};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_counters_that_can_call_everybody_in_time_need_no_third() {
        // Four people of six minutes, all within ten: at 0, 0, 6, 6.
        assert!(worst(&[(600, 360); 4], &[0, 0]).is_none());
        // A fifth would be called after twelve.
        let lack = worst(&[(600, 360); 5], &[0, 0]);
        // Three must be done, two called: 18 minutes of work in two times ten are possible by the bound.
        assert!(lack.is_none(), "the bound is a lower one");
        let lack = worst(&[(600, 360); 6], &[0, 0]).unwrap();
        assert_eq!((lack.people, lack.work_s, lack.last_s), (6, 2_160, 720));
        assert_eq!((lack.capacity_s, lack.short_s), (1_200, 240));
        assert!(worst(&[(600, 360); 6], &[0, 0, 0]).is_none());
    }

    #[test]
    fn a_counter_that_is_busy_counts_from_when_it_is_free() {
        assert!(worst(&[(600, 360); 3], &[0]).is_some());
        assert!(worst(&[(600, 360); 2], &[0]).is_none());
        let lack = worst(&[(600, 360); 2], &[500]).unwrap();
        assert_eq!((lack.capacity_s, lack.short_s), (100, 260));
    }

    #[test]
    fn without_a_counter_everybody_who_waits_is_too_many() {
        let lack = worst(&[(900, 360)], &[]).unwrap();
        assert_eq!((lack.people, lack.last_s, lack.short_s), (1, 0, 360));
    }

    /// Whether some order calls everybody in time; tries all of them.
    fn some_order_keeps(due: &[(i64, i64)], free_in: &[i64]) -> bool {
        if due.is_empty() {
            return true;
        }
        (0..due.len()).any(|one| {
            let mut left = due.to_vec();
            let (within_s, own_s) = left.remove(one);
            (0..free_in.len()).any(|counter| {
                let mut free_in = free_in.to_vec();
                let in_time = free_in[counter] <= within_s;
                free_in[counter] += own_s;
                in_time && some_order_keeps(&left, &free_in)
            })
        })
    }

    /// Somebody who waits: for which service, within how long to be called, how long it takes.
    type Waiting = (usize, i64, i64);
    /// A counter: which of two services it serves, when it is free.
    type Serving = ([bool; 2], i64);

    /// Whether some order calls everybody in time, each at a counter that serves it; tries all.
    fn some_skilled_order_keeps(waiting: &[Waiting], serving: &[Serving]) -> bool {
        if waiting.is_empty() {
            return true;
        }
        (0..waiting.len()).any(|one| {
            let mut left = waiting.to_vec();
            let (service, within_s, own_s) = left.remove(one);
            (0..serving.len()).any(|counter| {
                let mut serving = serving.to_vec();
                let (skills, free_in_s) = serving[counter];
                serving[counter].1 += own_s;
                skills[service]
                    && free_in_s <= within_s
                    && some_skilled_order_keeps(&left, &serving)
            })
        })
    }

    fn advice_of(waiting: &[Waiting], serving: &[Serving]) -> Vec<Advice> {
        let codes = [code("ho-tich"), code("dat-dai")];
        let wait = |&(service, within_s, work_s): &Waiting| Wait {
            service: codes[service].clone(),
            class: Class::Regular,
            tied: false,
            waited_s: 0,
            promise_s: within_s,
            work_s,
        };
        let waits: Vec<Wait> = waiting.iter().map(wait).collect();
        let (mut counters, mut staffed) = (Vec::new(), Vec::new());
        for (number, (skills, free_in_s)) in (1..).zip(serving) {
            let served = codes.iter().zip(skills).filter(|(_, serves)| **serves);
            let services: Vec<ServiceCode> = served.map(|(code, _)| code.clone()).collect();
            staffed.push(Staffed { services: services.clone(), free_in_s: *free_in_s });
            counters.push(Counter { services, ..counter(number, CounterState::Open, None) });
        }
        advise(&waits, &counters, &staffed)
    }

    #[test]
    fn a_free_counter_that_does_not_serve_them_helps_nobody() {
        let many = [(0, 600, 360); 6];
        assert!(
            advice_of(&many, &[([true, false], 0), ([true, true], 0), ([true, false], 0)])
                .is_empty()
        );
        let advice = advice_of(&many, &[([true, false], 0), ([false, true], 0)]);
        assert_eq!((advice.len(), advice[0].counters, advice[0].people), (1, 1, 6));
        assert_eq!(advice[0].services, [code("ho-tich")]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// The advice never says "no order" where one exists.
        #[test]
        fn what_is_said_to_be_impossible_is(
            mut due in prop::collection::vec((1i64..20, 1i64..12), 0..6),
            free_in in prop::collection::vec(0i64..8, 0..3),
        ) {
            due.sort_unstable();
            if worst(&due, &free_in).is_some() {
                prop_assert!(!some_order_keeps(&due, &free_in));
            }
        }

        /// Nor where counters serve some of the services only.
        #[test]
        fn nor_is_what_is_impossible_for_the_skills_of_the_counters(
            waiting in prop::collection::vec((0usize..2, 300i64..900, 60i64..900), 0..5),
            serving in prop::collection::vec((any::<[bool; 2]>(), 0i64..600), 0..3),
        ) {
            if !advice_of(&waiting, &serving).is_empty() {
                prop_assert!(!some_skilled_order_keeps(&waiting, &serving));
            }
        }

        /// And with nobody to spare the counters it asks for are enough for its bound.
        #[test]
        fn enough_counters_always_end_the_lack(
            mut due in prop::collection::vec((1i64..20, 1i64..12), 1..30),
        ) {
            due.sort_unstable();
            prop_assert!(worst(&due, &vec![0; due.len()]).is_none());
        }
    }
}
