//! What both classes had of a policy.

use serde::Serialize;

use super::past::{Called, PastDay, Visit};
use crate::percentile::nearest_rank;
use crate::queue::types::{Class, Service};

/// What one class had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ClassFigures {
    /// So many were called.
    pub called: usize,
    /// The wait that half of them did not exceed. Seconds.
    pub median_s: i64,
    /// The wait that 95 of 100 did not exceed. Seconds.
    pub p95_s: i64,
    /// So many of them have a service whose promise is known.
    pub promised: usize,
    /// So many of those were called within it.
    pub kept: usize,
    /// How many who came later went before that one who suffered it most, counted at counters that might
    /// have called that one.
    pub passed_over_most: usize,
}

/// What both had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Figures {
    /// The regular class.
    pub regular: ClassFigures,
    /// The priority class.
    pub priority: ClassFigures,
    /// So many were not called on their day.
    pub not_called: usize,
}

/// The waits of some days, class by class. Holds 8 bytes a ticket.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    regular: Waits,
    priority: Waits,
    not_called: usize,
}

#[derive(Debug, Clone, Default)]
struct Waits {
    waits_s: Vec<i64>,
    promised: usize,
    kept: usize,
    passed_over_most: usize,
}

impl Tally {
    /// Adds a day: its calls as they were, or as they were played; in the order of its visits.
    pub fn add(&mut self, past: &PastDay, called: &[Option<Called>], services: &[Service]) {
        for (place, (visit, own)) in past.visits.iter().zip(called).enumerate() {
            let Some(own) = own else {
                self.not_called += 1;
                continue;
            };
            let waits = match visit.class {
                Class::Regular => &mut self.regular,
                Class::Priority => &mut self.priority,
            };
            let wait_s = (own.at.as_second() - visit.came_at.as_second()).max(0);
            waits.waits_s.push(wait_s);
            if let Some(service) = services.iter().find(|service| service.code == visit.service) {
                let promise_min = match visit.class {
                    Class::Regular => service.promise_regular_min,
                    Class::Priority => service.promise_priority_min,
                };
                waits.promised += 1;
                waits.kept += usize::from(wait_s <= i64::from(promise_min) * 60);
            }
            let later = past.visits.iter().zip(called).skip(place + 1);
            let passed_over = later
                .filter_map(|(other, call)| call.map(|call| (other, call)))
                .filter(|(other, call)| other.came_at > visit.came_at && call.at < own.at)
                .filter(|(_, call)| might_call(past, *call, visit))
                .count();
            waits.passed_over_most = waits.passed_over_most.max(passed_over);
        }
    }

    /// The figures of what was added.
    pub fn figures(&self) -> Figures {
        Figures {
            regular: self.regular.figures(),
            priority: self.priority.figures(),
            not_called: self.not_called,
        }
    }
}

impl Waits {
    fn figures(&self) -> ClassFigures {
        let mut sorted = self.waits_s.clone();
        sorted.sort_unstable();
        ClassFigures {
            called: sorted.len(),
            median_s: nearest_rank(&sorted, 50),
            p95_s: nearest_rank(&sorted, 95),
            promised: self.promised,
            kept: self.kept,
            passed_over_most: self.passed_over_most,
        }
    }
}

/// Whether the counter of a call serves the service of a visit.
fn might_call(past: &PastDay, call: Called, visit: &Visit) -> bool {
    let shift = past.shifts.iter().find(|shift| shift.counter == call.counter);
    shift.is_some_and(|shift| shift.services.contains(&visit.service))
}
