//! The hall as it is: who waits for what against which promise, and whether any order of calls can keep
//! the promises of those who wait with the counters that are open ([`Advice`]).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::advice::{Advice, Staffed, Wait, advise};
use super::tally::promise_s;
use super::turns::{came_at, seconds};
use crate::ids::{CounterNumber, ServiceCode};
use crate::queue::{Class, Counter, CounterState, Service, ServiceTimes, Ticket, TicketState};

/// How long a call takes where nobody has been served yet. Seconds; a round figure, shown as assumed.
pub const WORK_ASSUMED_S: i64 = 360;
/// No call is taken to last longer. Seconds.
const WORK_S_MAX: f64 = 86_400.0;

/// How long a call keeps a counter, by service. Seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Means {
    by_service: BTreeMap<ServiceCode, i64>,
}

impl Means {
    /// From what the estimate of waits has learned, at about this instant: the way to the counter and
    /// the service. Nothing while it has learned nothing.
    #[must_use]
    pub fn learned(times: &ServiceTimes, services: &[Service], at: Timestamp) -> Self {
        let mut learned_from = 0_u32;
        let mut by_service = BTreeMap::new();
        for service in services {
            let expected = times.expected(&service.code, at);
            learned_from = learned_from.saturating_add(expected.learned_from);
            let call_s = (times.walk_s() + expected.mean_s).clamp(1.0, WORK_S_MAX);
            by_service.insert(service.code.clone(), call_s.round() as i64);
        }
        if learned_from == 0 { Self::default() } else { Self { by_service } }
    }

    /// How long a call of a service takes.
    #[must_use]
    pub fn of_service(&self, service: &ServiceCode) -> i64 {
        self.by_service.get(service).copied().unwrap_or(WORK_ASSUMED_S)
    }

    /// Whether there was no call at all to learn from.
    #[must_use]
    pub fn assumed(&self) -> bool {
        self.by_service.is_empty()
    }
}

/// Who waits for one service in one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Which service.
    pub service: ServiceCode,
    /// Which class.
    pub class: Class,
    /// So many.
    pub waiting: usize,
    /// So many of them longer than promised.
    pub late: usize,
    /// The longest wait. Seconds.
    pub longest_s: i64,
    /// What is promised. Seconds.
    pub promise_s: i64,
}

/// What the counters do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CounterCount {
    /// With a citizen.
    pub serving: usize,
    /// Open, and waiting for the citizen who was called.
    pub calling: usize,
    /// Open, without a number.
    pub free: usize,
    /// Paused.
    pub paused: usize,
    /// Closed.
    pub closed: usize,
}

/// Everything a head sees of the hall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hall {
    /// Services and classes in which somebody waits, in the order of the settings.
    pub lines: Vec<Line>,
    /// The counters.
    pub counters: CounterCount,
    /// What no order can keep; the largest lack first, each about other services.
    pub advice: Vec<Advice>,
}

/// Looks at the hall: today's tickets, its counters, its services, and how long calls take.
#[must_use]
pub fn look(
    tickets: &[Ticket],
    counters: &[Counter],
    services: &[Service],
    means: &Means,
    now: Timestamp,
) -> Hall {
    let waits: Vec<Wait> = waiting(tickets, counters, services, means, now);
    let staffed = staffed(tickets, counters, means, now);
    Hall {
        lines: lines(&waits, services),
        counters: count(tickets, counters),
        advice: advise(&waits, counters, &staffed),
    }
}

/// Who waits for a service that is known, by the present wait: of one who was passed on or came back
/// that began anew, and of one who was carried over with the day.
pub(super) fn waiting(
    tickets: &[Ticket],
    counters: &[Counter],
    services: &[Service],
    means: &Means,
    now: Timestamp,
) -> Vec<Wait> {
    let mut waits = Vec::new();
    // A counter that has closed keeps nobody for itself.
    let keeps = |number: CounterNumber| {
        counters.iter().any(|one| one.number == number && one.state != CounterState::Closed)
    };
    for ticket in tickets.iter().filter(|ticket| ticket.state == TicketState::Waiting) {
        let Some(service) = services.iter().find(|one| one.code == ticket.service) else {
            continue;
        };
        let since = ticket.past_calls.last().map_or_else(|| came_at(ticket), |past| past.ended_at);
        let today = if ticket.carried_to.is_some() { ticket.queued_at } else { since };
        waits.push(Wait {
            service: ticket.service.clone(),
            class: ticket.class,
            tied: ticket.for_counter.is_some_and(keeps),
            waited_s: seconds(since.max(today), now),
            promise_s: promise_s(service, ticket.class),
            work_s: means.of_service(&ticket.service),
        });
    }
    waits
}

fn lines(waits: &[Wait], services: &[Service]) -> Vec<Line> {
    let mut lines = Vec::new();
    for service in services {
        for class in [Class::Priority, Class::Regular] {
            let of = || {
                waits.iter().filter(move |one| one.service == service.code && one.class == class)
            };
            let waiting = of().count();
            if waiting > 0 {
                lines.push(Line {
                    service: service.code.clone(),
                    class,
                    waiting,
                    late: of().filter(|one| one.waited_s > one.promise_s).count(),
                    longest_s: of().map(|one| one.waited_s).max().unwrap_or(0),
                    promise_s: promise_s(service, class),
                });
            }
        }
    }
    lines
}

fn current<'t>(tickets: &'t [Ticket], counter: &Counter) -> Option<&'t Ticket> {
    let id = counter.current?;
    tickets.iter().find(|ticket| ticket.id == id)
}

fn count(tickets: &[Ticket], counters: &[Counter]) -> CounterCount {
    let mut count = CounterCount::default();
    for counter in counters {
        let place = match (current(tickets, counter).map(|ticket| ticket.state), counter.state) {
            (Some(TicketState::Serving), _) => &mut count.serving,
            (Some(_), _) => &mut count.calling,
            (None, CounterState::Open) => &mut count.free,
            (None, CounterState::Paused) => &mut count.paused,
            (None, CounterState::Closed) => &mut count.closed,
        };
        *place += 1;
    }
    count
}

/// The open counters, each with when it is free.
pub(super) fn staffed(
    tickets: &[Ticket],
    counters: &[Counter],
    means: &Means,
    now: Timestamp,
) -> Vec<Staffed> {
    let open = counters.iter().filter(|counter| counter.state == CounterState::Open);
    open.map(|counter| {
        let left_s = current(tickets, counter).map_or(0, |ticket| {
            let spent_s = seconds(ticket.called_at.unwrap_or(now), now);
            (means.of_service(&ticket.service) - spent_s).max(0)
        });
        Staffed { services: counter.services.clone(), free_in_s: left_s }
    })
    .collect()
}
