//! How long a service keeps a counter, learned from the center's own completed services. Each service of
//! a visit is one, also the first and the middle ones, after which the ticket goes on.
//!
//! Three levels, each shrunk towards the one above it, so that few observations do no harm: the hour of
//! the day within a group, the group, and a prior that stands here. Each day fades by its age.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil};

use super::arrivals::{Arrivals, DayArrivals};
use crate::ids::ServiceCode;
use crate::queue::calls::PastCall;
use crate::queue::hours::QueueHours;
use crate::queue::reason::{CallReason, CallRule};
use crate::queue::types::{Class, Service, Ticket, TicketState};
use crate::report::turns::{Turn, TurnEnd, by_counter, turns_on};
use crate::time::local;

/// What a service takes before anything was seen of it: the mean over all groups in the simulated
/// mornings by which the policies were chosen. Seconds.
pub const PRIOR_SERVICE_S: f64 = 360.0;
/// Business days that are read at a start: after two half-lives the older ones say little.
pub const LEARNED_DAYS: usize = 40;

/// The prior weighs as much as so many observations of a group.
const PRIOR_WEIGHT: f64 = 5.0;
/// A group's mean weighs as much as so many observations of one of its hours.
const HOUR_WEIGHT: f64 = 30.0;
/// A day counts half after so many.
const HALF_LIFE_DAYS: f64 = 28.0;
/// A longer pause than this fades no more: a clock that was wrong for a moment does not empty the memory.
const FADED_DAYS_MAX: f64 = 56.0;
/// Between two presses of one finger no service lies. Seconds.
const SERVICE_S_MIN: f64 = 1.0;
/// Nobody is served longer; a ticket whose end was forgotten is not believed. Seconds.
const SERVICE_S_MAX: f64 = 7_200.0;
/// Nor so many times as long as the group's mean: of exponential services one in 400 is.
const OUTLIER_TIMES: f64 = 6.0;
/// The way to the counter before anything was seen of it. Seconds.
const PRIOR_WALK_S: f64 = 20.0;
/// A longer way is a missed call that was not marked. Seconds.
const WALK_S_MAX: f64 = 300.0;
/// What a group's services vary by, relative to their mean, lies within these; exponential ones have 1.
const VARIES: (f64, f64) = (0.2, 1.0);
/// Days without any priority caller that are taken for granted, so that one busy day is not the rule.
const PRIOR_DAYS: f64 = 1.0;
/// Groups beyond these are not learned and have the prior. A center has about a dozen.
pub(super) const GROUPS_MAX: usize = 512;

pub(super) const HOURS: usize = 24;
const HOUR_S: f64 = 3_600.0;

/// Faded sums of observations.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Sums {
    weight: f64,
    sum_s: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, seconds: f64) {
        self.weight += 1.0;
        self.sum_s += seconds;
        self.squares += seconds * seconds;
    }

    fn fade(&mut self, factor: f64) {
        self.weight *= factor;
        self.sum_s *= factor;
        self.squares *= factor;
    }

    /// The mean, shrunk towards another that weighs as much as so many observations.
    fn mean(&self, towards: f64, weight: f64) -> f64 {
        (self.sum_s + towards * weight) / (self.weight + weight)
    }
}

/// A service group.
#[derive(Debug, Clone, PartialEq, Default)]
struct Group {
    all: Sums,
    hours: [Sums; HOURS],
    /// Priority callers who came, by the hour.
    priority_came: [f64; HOURS],
    /// Services that were seen, unfaded.
    seen: u32,
}

impl Group {
    fn mean_s(&self) -> f64 {
        self.all.mean(PRIOR_SERVICE_S, PRIOR_WEIGHT)
    }
}

/// What a service is expected to take. Seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// The mean.
    pub mean_s: f64,
    /// The standard deviation.
    pub deviation_s: f64,
    /// How uncertain the mean itself is, as a share of it.
    pub unknown_share: f64,
    /// So many services were learned from.
    pub learned_from: u32,
}

/// The times of a center's service groups, and how many came on its latest days. Holds about 800 bytes a
/// group and 200 for each group of a day, of at most [`LEARNED_DAYS`] days before today.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServiceTimes {
    /// The latest day that was learned from.
    as_of: Option<civil::Date>,
    groups: BTreeMap<ServiceCode, Group>,
    walk: Sums,
    /// Faded days.
    days: f64,
    arrivals: Arrivals,
}

/// A service that is over.
struct Done<'a> {
    service: &'a ServiceCode,
    day: civil::Date,
    /// The call to which the citizen walked; nothing where the counter went on without calling.
    called_at: Option<Timestamp>,
    begun_at: Timestamp,
    ended_at: Timestamp,
}

impl ServiceTimes {
    /// Learns from a day's tickets as they lie in the store. Who was on hold while the counter called
    /// somebody else is left out. Who was carried over came on the day before and was served on this one:
    /// each is learned once, on whichever day's tickets it is met. A call of which nobody knows any more for
    /// which service it was teaches nothing.
    pub fn learn_day<'t>(
        &mut self,
        day: civil::Date,
        tickets: impl IntoIterator<Item = &'t Ticket>,
        services: &[Service],
    ) {
        self.go_to(day);
        let mut turns = Vec::new();
        let mut arrived = DayArrivals::default();
        for ticket in tickets {
            let own = turns_on(day, ticket, services);
            if ticket.business_day == day {
                self.came(ticket);
                arrived.take(ticket, &own, services);
            }
            turns.extend(own);
        }
        self.arrivals.put(day, arrived);
        for turns in by_counter(turns).into_values() {
            let next = turns.iter().skip(1).map(|next| Some(next.called_at)).chain([None]);
            for (turn, next) in turns.iter().zip(next) {
                let interrupted = next.zip(turn.ended_at).is_some_and(|(next, end)| next < end);
                if !interrupted && let Some(done) = done_of(day, turn) {
                    self.take(&done);
                }
            }
        }
    }

    /// A day is over of which everything else was learned as it went on: how many came on it is known
    /// only now.
    pub fn day_is_over<'t>(
        &mut self,
        day: civil::Date,
        tickets: impl IntoIterator<Item = &'t Ticket>,
        services: &[Service],
    ) {
        let mut arrived = DayArrivals::default();
        for ticket in tickets.into_iter().filter(|ticket| ticket.business_day == day) {
            arrived.take(ticket, &turns_on(day, ticket, services), services);
        }
        self.arrivals.put(day, arrived);
    }

    /// Who came on the days before one that had its opening hours, oldest first.
    #[must_use]
    pub fn days_like(&self, today: civil::Date, hours: &QueueHours) -> Vec<DayArrivals> {
        self.arrivals.on_days_like(today, hours)
    }

    /// A number was given.
    pub fn came(&mut self, ticket: &Ticket) {
        if ticket.class != Class::Priority {
            return;
        }
        self.go_to(ticket.business_day);
        let hour = hour_of(ticket.issued_at);
        if let Some(group) = self.group(&ticket.service)
            && let Some(came) = group.priority_came.get_mut(hour)
        {
            *came += 1.0;
        }
    }

    /// A service was completed, without a hold. Any other ticket teaches nothing.
    pub fn served(&mut self, ticket: &Ticket) {
        let (Some(begun_at), Some(ended_at)) = (ticket.begun_at, ticket.finished_at) else {
            return;
        };
        // When a day's end closed it, nobody knows how long it took.
        if ticket.state != TicketState::Completed || ticket.closed_at_day_end {
            return;
        }
        self.take(&Done {
            service: &ticket.service,
            day: ticket.business_day,
            called_at: ticket.called_at.filter(|_| !went_on(ticket.call_reason.as_ref())),
            begun_at,
            ended_at,
        });
    }

    /// A service of a visit is over, without a hold, and the visit goes on: the ticket as it was while it
    /// was served, and the call that has ended so.
    pub fn served_on_the_way(&mut self, before: &Ticket, call: &PastCall) {
        let Some(begun_at) = call.begun_at.filter(|_| call.end.was_served()) else { return };
        self.take(&Done {
            service: &before.service,
            day: before.business_day,
            called_at: Some(call.called_at).filter(|_| !went_on(call.reason.as_ref())),
            begun_at,
            ended_at: call.ended_at,
        });
    }

    fn take(&mut self, done: &Done<'_>) {
        self.go_to(done.day);
        if let Some(called_at) = done.called_at {
            // Who was called again and again came late: the first call's way is not the usual one.
            let walk_s = seconds(called_at, done.begun_at);
            if (0.0..=WALK_S_MAX).contains(&walk_s) {
                self.walk.add(walk_s);
            }
        }
        let took_s = seconds(done.begun_at, done.ended_at);
        if took_s < SERVICE_S_MIN {
            return;
        }
        let hour = hour_of(done.begun_at);
        let Some(group) = self.group(done.service) else { return };
        let took_s = took_s.min(group.mean_s() * OUTLIER_TIMES).min(SERVICE_S_MAX);
        group.all.add(took_s);
        group.seen = group.seen.saturating_add(1);
        if let Some(hour) = group.hours.get_mut(hour) {
            hour.add(took_s);
        }
    }

    /// What a service of a group takes when it begins at about this instant.
    #[must_use]
    pub fn expected(&self, service: &ServiceCode, at: Timestamp) -> Expected {
        let Some(group) = self.groups.get(service) else {
            return Expected {
                mean_s: PRIOR_SERVICE_S,
                deviation_s: PRIOR_SERVICE_S,
                unknown_share: PRIOR_WEIGHT.sqrt().recip(),
                learned_from: 0,
            };
        };
        let of_group = group.mean_s();
        let hour = group.hours.get(hour_of(at)).copied().unwrap_or_default();
        let mean_s = hour.mean(of_group, HOUR_WEIGHT);
        // Relative to the mean, shrunk towards that of an exponential law.
        let Sums { weight, sum_s, squares } = group.all;
        let centre = if weight > 0.0 { sum_s / weight } else { of_group };
        let variance =
            if weight > 0.0 { (squares / weight - centre * centre).max(0.0) } else { 0.0 };
        let relative = if centre > 0.0 { variance / (centre * centre) } else { 1.0 };
        let relative = (relative * weight + PRIOR_WEIGHT) / (weight + PRIOR_WEIGHT);
        let (least, most) = VARIES;
        let varies = relative.sqrt().clamp(least, most);
        Expected {
            mean_s,
            deviation_s: mean_s * varies,
            unknown_share: (weight + PRIOR_WEIGHT).sqrt().recip(),
            learned_from: group.seen,
        }
    }

    /// The way from a call to the beginning of the service. Seconds.
    #[must_use]
    pub fn walk_s(&self) -> f64 {
        self.walk.mean(PRIOR_WALK_S, PRIOR_WEIGHT)
    }

    /// How many priority callers of a group come in a second at about this instant.
    #[must_use]
    pub fn priority_rate(&self, service: &ServiceCode, at: Timestamp) -> f64 {
        let group = self.groups.get(service);
        let came = group.and_then(|group| group.priority_came.get(hour_of(at)));
        came.map_or(0.0, |came| came / (self.days + PRIOR_DAYS) / HOUR_S)
    }

    /// The same with these means known for certain, of exponential services: what an oracle would say.
    #[must_use]
    pub fn with_means(&self, means_s: impl IntoIterator<Item = (ServiceCode, f64)>) -> Self {
        let mut told = self.clone();
        for (service, mean_s) in means_s {
            let Some(group) = told.group(&service) else { continue };
            let weight = f64::from(u32::MAX);
            let sum_s = mean_s * weight;
            let certain = Sums { weight, sum_s, squares: 2.0 * mean_s * sum_s };
            group.all = certain;
            group.hours = [certain; HOURS];
        }
        told
    }

    /// Goes on to a day: what was learned on earlier ones fades.
    fn go_to(&mut self, day: civil::Date) {
        let before = self.as_of.replace(day);
        let Some(before) = before else {
            self.days = 1.0;
            return;
        };
        // A clock that went back makes nothing younger.
        if day <= before {
            self.as_of = Some(before);
            return;
        }
        let passed = day.duration_since(before).as_hours() as f64 / 24.0;
        let factor = 0.5_f64.powf(passed.min(FADED_DAYS_MAX) / HALF_LIFE_DAYS);
        for group in self.groups.values_mut() {
            group.all.fade(factor);
            group.hours.iter_mut().for_each(|hour| hour.fade(factor));
            group.priority_came.iter_mut().for_each(|came| *came *= factor);
        }
        self.walk.fade(factor);
        self.days = self.days * factor + 1.0;
    }

    fn group(&mut self, service: &ServiceCode) -> Option<&mut Group> {
        if self.groups.len() >= GROUPS_MAX && !self.groups.contains_key(service) {
            return None;
        }
        Some(self.groups.entry(service.clone()).or_default())
    }
}

/// A turn of which the service was completed, and somebody said when.
fn done_of(day: civil::Date, turn: &Turn) -> Option<Done<'_>> {
    if turn.end != TurnEnd::Completed {
        return None;
    }
    Some(Done {
        service: turn.service.as_ref()?,
        day,
        called_at: Some(turn.called_at).filter(|_| !turn.went_on),
        begun_at: turn.begun_at?,
        ended_at: turn.ended_at?,
    })
}

/// Whether a counter went on with a ticket without calling it.
fn went_on(reason: Option<&CallReason>) -> bool {
    reason.is_some_and(|reason| reason.rule == CallRule::WentOn)
}

fn seconds(from: Timestamp, until: Timestamp) -> f64 {
    until.duration_since(from).as_secs_f64()
}

pub(super) fn hour_of(at: Timestamp) -> usize {
    usize::try_from(local(at).hour()).unwrap_or(0)
}
