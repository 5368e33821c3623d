//! A day as it was, as far as a replay needs it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil};
use uuid::Uuid;

use crate::ids::{CounterNumber, OfficerId, ServiceCode};
use crate::queue::calls::CallEnd;
use crate::queue::settings::QueueSettings;
use crate::queue::types::{Class, Service, Ticket, TicketState};

/// Between the end of a call and the next one an officer has this long while somebody waits: it counts as
/// work on the call before. Who took longer was away from the counter. Seconds.
const BETWEEN_S_MAX: i64 = 600;
/// A missed caller who came back says when that was, not when the counter gave up: it counts as this long
/// at most. Seconds.
const MISSED_S_MAX: i64 = 300;

/// When and where somebody was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    /// When.
    pub at: Timestamp,
    /// By which counter.
    pub counter: CounterNumber,
}

/// One citizen of the day, who was called. One who was passed on or came back counts once, with the time
/// at all counters together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The ticket.
    pub ticket: Uuid,
    /// Its letter and number.
    pub number: (char, u32),
    /// The service for which it was issued.
    pub service: ServiceCode,
    /// Its class.
    pub class: Class,
    /// Its appointment.
    pub appointment_at: Option<Timestamp>,
    /// When it was issued.
    pub came_at: Timestamp,
    /// How long it kept counters busy. Seconds.
    pub busy_s: i64,
    /// The first call, as it was.
    pub called: Called,
}

/// A counter's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Which counter.
    pub counter: CounterNumber,
    /// What it serves by the settings with the officers who were there, and what it served on the day.
    pub services: Vec<ServiceCode>,
    /// When it worked: from, until; in order.
    pub open: Vec<(Timestamp, Timestamp)>,
}

/// A day as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastDay {
    /// The business day.
    pub day: civil::Date,
    /// Who was called, in the order of their coming.
    pub visits: Vec<Visit>,
    /// The counters that called.
    pub shifts: Vec<Shift>,
    /// Tickets that were never called on this day, and so say nothing of how long they would have taken.
    pub left_out: usize,
}

impl PastDay {
    /// Reads a day from its tickets.
    pub fn of(day: civil::Date, tickets: &[Ticket], settings: &QueueSettings) -> Self {
        let mut by_counter: BTreeMap<CounterNumber, Vec<Stay>> = BTreeMap::new();
        let mut officers: BTreeMap<CounterNumber, Officers<'_>> = BTreeMap::new();
        let mut visits = Vec::with_capacity(tickets.len());
        let mut busy_s: Vec<i64> = Vec::with_capacity(tickets.len());
        // What was carried over was served on another day, and would make this one look a night long.
        for ticket in tickets.iter().filter(|ticket| ticket.carried_to.is_none()) {
            let stays = stays(visits.len(), ticket);
            let Some(first) = stays.first() else { continue };
            visits.push(visit(ticket, first, &settings.services));
            busy_s.push(0);
            for (counter, officer) in callers(ticket) {
                officers.entry(counter).or_default().insert(officer);
            }
            for stay in stays {
                by_counter.entry(stay.counter).or_default().push(stay);
            }
        }
        let mut shifts = Vec::with_capacity(by_counter.len());
        for (counter, mut stays) in by_counter {
            stays.sort_by_key(|stay| stay.called_at);
            let open = worked(&stays, &mut busy_s);
            let there = officers.remove(&counter).unwrap_or_default();
            let services = served(counter, &there, &visits, settings);
            shifts.push(Shift { counter, services, open });
        }
        let left_out = tickets.len() - visits.len();
        for (visit, busy_s) in visits.iter_mut().zip(busy_s) {
            visit.busy_s = busy_s;
        }
        visits.sort_by_key(|visit| (visit.came_at, visit.number));
        Self { day, visits, shifts, left_out }
    }

    /// The calls as they were, in the order of the visits.
    pub fn as_it_was(&self) -> Vec<Option<Called>> {
        self.visits.iter().map(|visit| Some(visit.called)).collect()
    }
}

/// One call of one visit.
#[derive(Debug, Clone, Copy)]
struct Stay {
    visit: usize,
    counter: CounterNumber,
    /// Since when the ticket waited for this call.
    since: Timestamp,
    called_at: Timestamp,
    /// Nothing where nobody said so: the day's end closed it, or who was sent away for a moment did not
    /// come back and was given up some time.
    ended_at: Option<Timestamp>,
}

/// Who made calls of one counter; nothing for one of whom nobody wrote it down.
type Officers<'t> = BTreeSet<Option<&'t OfficerId>>;

/// The counters that called a ticket, and who was there.
fn callers(ticket: &Ticket) -> impl Iterator<Item = (CounterNumber, Option<&OfficerId>)> {
    let past = ticket.past_calls.iter().map(|past| (past.counter, past.officer.as_ref()));
    let present = ticket.counter.filter(|_| ticket.called_at.is_some());
    past.chain(present.map(|counter| (counter, ticket.officer.as_ref())))
}

fn stays(visit: usize, ticket: &Ticket) -> Vec<Stay> {
    let mut stays = Vec::with_capacity(ticket.past_calls.len() + 1);
    let mut since = ticket.issued_at;
    for past in &ticket.past_calls {
        let (counter, called_at) = (past.counter, past.called_at);
        let ended_at = match past.end {
            CallEnd::CameBack => past.ended_at.min(after(called_at, MISSED_S_MAX)),
            CallEnd::ToCounter(_)
            | CallEnd::ToService(_)
            | CallEnd::CarriedOver
            | CallEnd::ToNext(_)
            | CallEnd::WentOn(_)
            | CallEnd::ReturnedTo(_) => past.ended_at,
        };
        stays.push(Stay { visit, counter, since, called_at, ended_at: Some(ended_at) });
        since = past.ended_at;
    }
    if let (Some(counter), Some(called_at)) = (ticket.counter, ticket.called_at) {
        let ended_at = ticket.finished_at.filter(|_| ticket.state != TicketState::Cancelled);
        stays.push(Stay { visit, counter, since, called_at, ended_at });
    }
    stays
}

fn visit(ticket: &Ticket, first: &Stay, services: &[Service]) -> Visit {
    // A ticket that was passed on to another service keeps its number, and with it says where it began.
    let band = services.iter().find(|service| service.holds(ticket.series, ticket.number));
    Visit {
        ticket: ticket.id,
        number: (ticket.series, ticket.number),
        service: band.map_or(&ticket.service, |service| &service.code).clone(),
        class: ticket.class,
        appointment_at: ticket.appointment_at,
        came_at: ticket.issued_at,
        busy_s: 0,
        called: Called { at: first.called_at, counter: first.counter },
    }
}

/// Adds to each visit how long it kept this counter busy, and gives the times at which the counter worked:
/// from its first call to its last citizen's leaving, without the times in which it called nobody although
/// somebody waited whom it then called. `stays` are the counter's, in the order of their calls.
fn worked(stays: &[Stay], busy_s: &mut [i64]) -> Vec<(Timestamp, Timestamp)> {
    let Some(first) = stays.first() else { return Vec::new() };
    let mut open = Vec::new();
    let (mut from, mut until) = (first.called_at, first.called_at);
    for (place, stay) in stays.iter().enumerate() {
        let next = stays.get(place + 1);
        // An end that nobody knows lay before the next call; what passed until then was not all work.
        let latest = after(stay.called_at, BETWEEN_S_MAX);
        let guessed = || next.map_or(stay.called_at, |next| next.called_at.min(latest));
        let said = stay.ended_at.unwrap_or_else(guessed);
        // A citizen on hold does not keep the counter from the next one.
        let ended = next.map_or(said, |next| said.min(next.called_at)).max(stay.called_at);
        until = ended;
        let mut busy_until = ended;
        if let Some(next) = next {
            // Until somebody waited, a counter that called nobody may well have been there.
            let idle_from = ended.max(next.since);
            if seconds(idle_from, next.called_at) > BETWEEN_S_MAX {
                open.push((from, idle_from));
                from = next.called_at;
            } else if next.since <= ended {
                busy_until = next.called_at;
            }
        }
        if let Some(busy_s) = busy_s.get_mut(stay.visit) {
            *busy_s += seconds(stay.called_at, busy_until);
        }
    }
    open.push((from, until));
    open
}

/// What a counter serves: by the settings, which may have changed since, what one of its officers of the
/// day may serve, and what it called first of all counters, which nobody sent there.
fn served(
    counter: CounterNumber,
    officers: &Officers<'_>,
    visits: &[Visit],
    settings: &QueueSettings,
) -> Vec<ServiceCode> {
    let plan = settings.counters.iter().find(|plan| plan.number == counter);
    let may = |service: &ServiceCode| {
        let mut officers = officers.iter();
        officers.any(|one| one.is_none_or(|officer| settings.may_serve(officer, service)))
    };
    let planned = plan.map(|plan| plan.services.as_slice()).unwrap_or_default();
    let mut services: Vec<ServiceCode> =
        planned.iter().filter(|service| may(service)).cloned().collect();
    for visit in visits.iter().filter(|visit| visit.called.counter == counter) {
        if !services.contains(&visit.service) {
            services.push(visit.service.clone());
        }
    }
    services
}

/// Whole seconds between two instants; none where a clock stepped back.
fn seconds(from: Timestamp, until: Timestamp) -> i64 {
    (until.as_second() - from.as_second()).max(0)
}

/// So many seconds after an instant.
pub(super) fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(at)
}
