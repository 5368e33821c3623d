//! A hall on its way through the hours to come, as a flow: work comes in as on the days before, the open
//! counters do as much of it as they can while the center works, and what is left is what who comes then
//! must wait for.

use jiff::Timestamp;

use super::HORIZON_S;
use crate::queue::{QueueHours, second_of};
use crate::time::local;

/// Hours of a day.
pub(super) const HOURS: usize = 24;
/// The flow is looked at in such steps, on the marks of the clock: a closer time would promise what nobody
/// knows. Seconds; an hour is a whole number of them.
const STEP_S: i64 = 300;
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;

/// How many come in each hour of the day, and the work that they bring in seconds.
pub(super) type Hourly = [(f64, f64); HOURS];

/// What is there at the beginning.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Start {
    /// So many wait...
    pub people: f64,
    /// ...with so much work. Seconds.
    pub waiting_s: f64,
    /// What the counters have left of those whom they serve. Seconds.
    pub busy_s: f64,
}

/// The instant at which the wait has passed the promise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passed {
    /// Second of the day.
    pub at_s: i64,
    /// So many have come until then.
    pub coming: f64,
    /// Their work. Seconds.
    pub coming_s: f64,
    /// The work that is then left. Seconds.
    pub left_s: f64,
    /// Of it what the other counters are still at when the first one is free. Seconds.
    pub last_s: f64,
}

/// What is left of a day. Seconds of the day.
#[derive(Debug, Clone)]
pub(super) struct Ahead {
    now_s: i64,
    /// The end of what is foretold.
    pub until_s: i64,
    /// When the counters work.
    open: Vec<(i64, i64)>,
    /// When numbers are given.
    given: Vec<(i64, i64)>,
}

impl Ahead {
    /// Nothing where the counters work no more today.
    pub(super) fn of(hours: &QueueHours, now: Timestamp) -> Option<Self> {
        let at = local(now);
        let now_s = second_of(at.time());
        let always = vec![(0, DAY_S)];
        let open: Vec<(i64, i64)> = if hours.week.is_around_the_clock() {
            always.clone()
        } else {
            let sessions = hours.sessions_on(at.date()).iter();
            sessions.map(|session| (second_of(session.from), second_of(session.to))).collect()
        };
        let (_, end_s) = *open.last().filter(|(_, end_s)| now_s < *end_s)?;
        let given = if hours.also_outside {
            always
        } else {
            // People stand at the door before each session; the one before it may be hardly over.
            let ends = [0].into_iter().chain(open.iter().map(|(_, to)| *to));
            let given = open.iter().zip(ends);
            given.map(|((from, to), end)| ((from - hours.open_before_s).max(end), *to)).collect()
        };
        Some(Self { now_s, until_s: end_s.min(now_s + HORIZON_S), open, given })
    }

    /// The hours of the day of which something lies ahead.
    pub(super) fn hours(&self) -> std::ops::RangeInclusive<usize> {
        let hour = |second: i64| usize::try_from(second / HOUR_S).unwrap_or(0).min(HOURS - 1);
        hour(self.now_s)..=hour(self.until_s - 1)
    }

    /// How many come until the end.
    pub(super) fn coming(&self, hourly: &Hourly) -> f64 {
        self.steps().map(|(from_s, to_s)| self.flow(hourly, from_s, to_s).0).sum()
    }

    /// When the wait of who comes passes the promise, with so many counters all the time; nothing where it
    /// does not until the end. Who comes waits for all that is left, but for what the other counters are
    /// still at when the first one is free. No order of calls is better for the last one who is there.
    pub(super) fn passed(
        &self,
        start: &Start,
        hourly: &Hourly,
        counters: usize,
        promise_s: i64,
    ) -> Option<Passed> {
        let counters = counters as f64;
        let (mut coming, mut coming_s) = (0.0, 0.0);
        let mut left_s = start.waiting_s + start.busy_s;
        let mut steps = self.steps();
        let mut at_s = self.now_s;
        loop {
            let people = start.people + coming;
            let mean_s = if people > 0.0 { (start.waiting_s + coming_s) / people } else { 0.0 };
            let last_s = (counters - 1.0).max(0.0) * mean_s;
            if left_s - last_s > counters * promise_s as f64 {
                return Some(Passed { at_s, coming, coming_s, left_s, last_s });
            }
            let (from_s, to_s) = steps.next()?;
            let (people, work_s) = self.flow(hourly, from_s, to_s);
            coming += people;
            coming_s += work_s;
            let done_s = counters * within(&self.open, from_s, to_s) as f64;
            left_s = (left_s + work_s - done_s).max(0.0);
            at_s = to_s;
        }
    }

    /// From now to the end, by the marks of the clock.
    fn steps(&self) -> impl Iterator<Item = (i64, i64)> + use<> {
        let until_s = self.until_s;
        let next = move |from_s: i64| (from_s, ((from_s / STEP_S + 1) * STEP_S).min(until_s));
        std::iter::successors(Some(next(self.now_s)), move |(_, to_s)| Some(next(*to_s)))
            .take_while(move |(from_s, _)| *from_s < until_s)
    }

    /// Who comes in a step, and their work. Those of an hour come evenly while numbers are given in it.
    fn flow(&self, hourly: &Hourly, from_s: i64, to_s: i64) -> (f64, f64) {
        let hour = from_s / HOUR_S;
        let (people, work_s) = usize::try_from(hour)
            .ok()
            .and_then(|hour| hourly.get(hour))
            .copied()
            .unwrap_or_default();
        let (part_s, whole_s) = match within(&self.given, hour * HOUR_S, (hour + 1) * HOUR_S) {
            // By hand, outside of the hours.
            0 => (to_s - from_s, HOUR_S),
            whole_s => (within(&self.given, from_s, to_s), whole_s),
        };
        let share = part_s as f64 / whole_s as f64;
        (people * share, work_s * share)
    }
}

/// How much of a time lies within some times of the day. Seconds.
fn within(times: &[(i64, i64)], from_s: i64, to_s: i64) -> i64 {
    times.iter().map(|(from, to)| (to_s.min(*to) - from_s.max(*from)).max(0)).sum()
}
