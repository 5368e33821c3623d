//! When waiting will pass the promise, if as many come as on the days before: a forecast, kept apart from
//! the advice, which reckons with those alone who are there.
//!
//! Arrivals are the mean of the center's own past days with today's opening hours, by hour, class and
//! service; each brings the mean time of a call; the counters that are open now stay open. It is worked
//! out for each service of which enough is known, for what each counter serves, and for all together: of
//! priority callers as if they were called first, of all as if nobody were passed over. Both are the best
//! case for those who are told about. How sure it is, the single days say: on how many of them the same
//! would happen, and how early and late.
//!
//! What it cannot know: that today is no day like the others, that a counter opens or pauses, and who will
//! leave. What no open counter serves is left out: nobody knows when it will be called. Nobody waits in
//! the break here: the promise is held against the time in which counters work.

mod course;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

use self::course::{Ahead, HOURS, Hourly, Passed, Start};
use super::advice::{COUNTERS_MAX, Staffed, Wait, groups, serves, to_open};
use super::hall::{Means, staffed, waiting};
use super::tally::promise_s;
use super::turns::after;
use crate::ids::{CounterNumber, ServiceCode};
use crate::percentile::nearest_rank;
use crate::queue::{Class, Counter, DayArrivals, QueueHours, Service, Ticket};
use crate::time::{business_day, instant};

/// Of fewer past days with today's opening hours nothing is said: one of them might be a fair.
pub const LEARNED_DAYS_MIN: usize = 5;
/// Of services of which fewer calls were wanted on all those days nothing is said.
pub const LEARNED_COUNT_MIN: u32 = 30;
/// So far ahead at most: until then a head has opened or closed counters. Seconds.
pub const HORIZON_S: i64 = 4 * 3_600;
/// Of the days on which the promise would be passed, one of ten is earlier and one later than told.
const EARLY_LATE: (usize, usize) = (10, 90);

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// Today's tickets.
    pub tickets: &'a [Ticket],
    /// The counters.
    pub counters: &'a [Counter],
    /// The service groups.
    pub services: &'a [Service],
    /// How long a call takes.
    pub means: &'a Means,
    /// The opening hours.
    pub hours: &'a QueueHours,
    /// Who came on the days before that had today's opening hours.
    pub days_like: &'a [DayArrivals],
}

/// Whether anything can be foretold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecastState {
    /// The counters work no more today.
    DayOver,
    /// Fewer than [`LEARNED_DAYS_MIN`] days with today's opening hours are known.
    TooFewDays,
    /// No counter is open.
    NoCounter,
    /// For what the open counters serve fewer than [`LEARNED_COUNT_MIN`] calls were wanted on those days.
    TooFewCalls,
    /// The hours to come are foretold.
    Known,
}

/// The hours to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// Whether anything can be foretold; where not, only `days` says something.
    pub state: ForecastState,
    /// So many days were learned from.
    pub days: usize,
    /// Until when it is foretold.
    pub until: Option<Timestamp>,
    /// So many are expected until then at the counters that are open.
    pub coming: i64,
    /// On so many of the days the promise would be passed somewhere.
    pub days_over: usize,
    /// What will pass its promise, the earliest first, each about other services.
    pub overloads: Vec<Overload>,
}

/// That waiting will pass the promise, with the numbers from which it follows:
/// `waiting_s + coming_s - done_s = left_s`, and `(left_s - last_s) / counters` is more than the promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overload {
    /// Of these services.
    pub services: Vec<ServiceCode>,
    /// Whose promise: that of priority callers alone, or the longest of all.
    pub class: Class,
    /// When.
    pub at: Timestamp,
    /// So many wait now.
    pub waiting: usize,
    /// Their work, and what the counters have left of those whom they serve. Seconds.
    pub waiting_s: i64,
    /// So many come until then.
    pub coming: i64,
    /// Their work. Seconds.
    pub coming_s: i64,
    /// So many open counters serve any of these services.
    pub counters: usize,
    /// What these do until then. Seconds.
    pub done_s: i64,
    /// What is then left. Seconds.
    pub left_s: i64,
    /// Of it what the other counters are still at when the first one is free. Seconds.
    pub last_s: i64,
    /// How long who comes then will wait. Seconds.
    pub wait_s: i64,
    /// What is promised. Seconds.
    pub promise_s: i64,
    /// With so many more counters from now on it does not come to that.
    pub more: usize,
    /// Counters that could be opened for it, by number; at most `more`.
    pub open: Vec<CounterNumber>,
    /// On so many of the days the same would happen...
    pub days_over: usize,
    /// ...one of ten of these times earlier than this...
    pub early: Option<Timestamp>,
    /// ...and one of ten later than this.
    pub late: Option<Timestamp>,
}

impl Forecast {
    /// Of which nothing can be foretold.
    fn nothing(state: ForecastState, days: usize) -> Self {
        Self { state, days, until: None, coming: 0, days_over: 0, overloads: Vec::new() }
    }
}

/// Foretells the hours to come.
#[must_use]
pub fn forecast(scene: &Scene<'_>, now: Timestamp) -> Forecast {
    let days = scene.days_like.len();
    let Some(ahead) = Ahead::of(scene.hours, now) else {
        return Forecast::nothing(ForecastState::DayOver, days);
    };
    if days < LEARNED_DAYS_MIN {
        return Forecast::nothing(ForecastState::TooFewDays, days);
    }
    let staffed = staffed(scene.tickets, scene.counters, scene.means, now);
    if staffed.is_empty() {
        return Forecast::nothing(ForecastState::NoCounter, days);
    }
    let day = Day { date: business_day(now), ahead };
    let streams = streams(scene, &staffed, now);
    let wanted = streams.iter().filter(|one| one.is_wanted()).map(|one| one.service.clone());
    let groups = groups(wanted.collect(), scene.counters);
    let loads: Vec<Load<'_>> = groups
        .iter()
        .flat_map(|group| [Class::Regular, Class::Priority].map(|class| (group, class)))
        .filter_map(|(group, class)| Load::of(group, class, &streams, &staffed))
        .map(|load| Load { over: load.each_day(&day, days), ..load })
        .collect();
    // That no promise is passed would be said of nothing, however many wait.
    if loads.is_empty() {
        return Forecast::nothing(ForecastState::TooFewCalls, days);
    }
    let is_over =
        |place: &usize| loads.iter().any(|load| load.over.get(*place).is_some_and(Option::is_some));
    let all: Vec<&Stream> = streams.iter().collect();
    Forecast {
        state: ForecastState::Known,
        days,
        until: Some(day.at(day.ahead.until_s)),
        coming: whole(day.ahead.coming(&hourly(&all, &day, None))),
        days_over: (0..days).filter(is_over).count(),
        overloads: overloads(&loads, &day, scene.counters),
    }
}

/// Those who wait and come for one service in one class.
#[derive(Debug)]
struct Stream {
    service: ServiceCode,
    class: Class,
    /// What one of them takes. Seconds.
    work_s: i64,
    promise_s: i64,
    waiting: usize,
    /// Of each day, by the hour.
    days: Vec<[u32; HOURS]>,
}

impl Stream {
    /// So many came on all the days.
    fn learned(&self) -> u32 {
        self.days.iter().flatten().fold(0_u32, |sum, count| sum.saturating_add(*count))
    }

    fn is_wanted(&self) -> bool {
        self.waiting > 0 || self.learned() > 0
    }
}

/// The streams that some open counter serves. Who was sent to one counter is left out, as in the advice.
fn streams(scene: &Scene<'_>, staffed: &[Staffed], now: Timestamp) -> Vec<Stream> {
    let Scene { tickets, counters, services, means, .. } = *scene;
    let waits: Vec<Wait> = waiting(tickets, counters, services, means, now);
    let mut streams = Vec::new();
    for service in services {
        if !staffed.iter().any(|one| one.services.contains(&service.code)) {
            continue;
        }
        for class in [Class::Regular, Class::Priority] {
            let own = |one: &&Wait| !one.tied && one.service == service.code && one.class == class;
            let of_day = |day: &DayArrivals| day.by_hour(&service.code, class).copied();
            streams.push(Stream {
                service: service.code.clone(),
                class,
                work_s: means.of_service(&service.code),
                promise_s: promise_s(service, class),
                waiting: waits.iter().filter(own).count(),
                days: scene.days_like.iter().map(|day| of_day(day).unwrap_or_default()).collect(),
            });
        }
    }
    streams
}

/// Who comes in each hour that lies ahead: as on one of the days, or in the mean of all.
fn hourly(streams: &[&Stream], day: &Day, as_on: Option<usize>) -> Hourly {
    let mut hourly: Hourly = [(0.0, 0.0); HOURS];
    for hour in day.ahead.hours() {
        for stream in streams {
            let count = |counts: &[u32; HOURS]| f64::from(counts.get(hour).copied().unwrap_or(0));
            let people = match as_on {
                Some(place) => stream.days.get(place).map_or(0.0, count),
                None => {
                    stream.days.iter().map(count).sum::<f64>() / stream.days.len().max(1) as f64
                }
            };
            if let Some((all, work_s)) = hourly.get_mut(hour) {
                *all += people;
                *work_s += people * stream.work_s as f64;
            }
        }
    }
    hourly
}

/// Today, as far as it lies ahead.
struct Day {
    date: civil::Date,
    ahead: Ahead,
}

impl Day {
    fn at(&self, second: i64) -> Timestamp {
        after(instant(self.date.at(0, 0, 0, 0)), second)
    }
}

/// What the counters that serve a group have to do: of all, or of priority callers alone.
struct Load<'a> {
    group: &'a BTreeSet<ServiceCode>,
    class: Class,
    streams: Vec<&'a Stream>,
    start: Start,
    counters: usize,
    promise_s: i64,
    /// Of each day the second at which the promise would be passed.
    over: Vec<Option<i64>>,
}

impl<'a> Load<'a> {
    /// Nothing where too little is known of the group, or no open counter serves it.
    fn of(
        group: &'a BTreeSet<ServiceCode>,
        class: Class,
        streams: &'a [Stream],
        staffed: &[Staffed],
    ) -> Option<Self> {
        let counted = |one: &&Stream| class == Class::Regular || one.class == Class::Priority;
        let own = streams.iter().filter(|one| group.contains(&one.service));
        let streams: Vec<&Stream> = own.filter(counted).collect();
        let learned = streams.iter().fold(0_u32, |sum, one| sum.saturating_add(one.learned()));
        if learned < LEARNED_COUNT_MIN {
            return None;
        }
        let serving = || staffed.iter().filter(move |one| serves(&one.services, group));
        let start = Start {
            people: streams.iter().map(|one| one.waiting as f64).sum(),
            waiting_s: streams.iter().map(|one| one.waiting as f64 * one.work_s as f64).sum(),
            busy_s: serving().map(|one| one.free_in_s as f64).sum(),
        };
        let promise_s = streams.iter().map(|one| one.promise_s).max()?;
        let (counters, over) = (serving().count(), Vec::new());
        Some(Self { group, class, streams, start, counters, promise_s, over })
    }

    fn passed(&self, day: &Day, as_on: Option<usize>, more: usize) -> Option<Passed> {
        let hourly = hourly(&self.streams, day, as_on);
        day.ahead.passed(&self.start, &hourly, self.counters + more, self.promise_s)
    }

    fn each_day(&self, day: &Day, days: usize) -> Vec<Option<i64>> {
        let at = |place| self.passed(day, Some(place), 0).map(|passed| passed.at_s);
        (0..days).map(at).collect()
    }

    fn overload(&self, passed: &Passed, day: &Day, counters: &[Counter]) -> Overload {
        let more = (1..=COUNTERS_MAX).find(|more| self.passed(day, None, *more).is_none());
        let more = more.unwrap_or(COUNTERS_MAX);
        let mut times: Vec<i64> = self.over.iter().flatten().copied().collect();
        times.sort_unstable();
        let rank = |percent| (!times.is_empty()).then(|| day.at(nearest_rank(&times, percent)));
        let waiting_s = whole(self.start.waiting_s + self.start.busy_s);
        let (coming_s, left_s) = (whole(passed.coming_s), whole(passed.left_s));
        Overload {
            services: self.group.iter().cloned().collect(),
            class: self.class,
            at: day.at(passed.at_s),
            waiting: self.streams.iter().map(|one| one.waiting).sum(),
            waiting_s,
            coming: whole(passed.coming),
            coming_s,
            counters: self.counters,
            done_s: waiting_s + coming_s - left_s,
            left_s,
            last_s: whole(passed.last_s),
            wait_s: whole((passed.left_s - passed.last_s) / self.counters.max(1) as f64),
            promise_s: self.promise_s,
            more,
            open: to_open(counters, self.group, more),
            days_over: times.len(),
            early: rank(EARLY_LATE.0),
            late: rank(EARLY_LATE.1),
        }
    }
}

/// The loads that pass their promise in the mean, the earliest first, each about other services.
fn overloads(loads: &[Load<'_>], day: &Day, counters: &[Counter]) -> Vec<Overload> {
    let mut found: Vec<(&Load<'_>, Passed)> =
        loads.iter().filter_map(|load| Some((load, load.passed(day, None, 0)?))).collect();
    // Of equal times the one about fewer services says more, and the one about both classes.
    found.sort_by_key(|(load, passed)| (passed.at_s, load.group.len(), load.class));
    let mut told: Vec<(&Load<'_>, Passed)> = Vec::new();
    for (load, passed) in found {
        if told.iter().all(|(other, _)| other.group.is_disjoint(load.group)) {
            told.push((load, passed));
        }
    }
    told.iter().map(|(load, passed)| load.overload(passed, day, counters)).collect()
}

/// The nearest whole number.
fn whole(value: f64) -> i64 {
    value.round() as i64
}
