//! The calls of a day, read from its tickets: who was called where and by whom, since when that one had
//! waited, when serving began, how and when it ended; and when a counter was free in between. Each
//! service of a visit is a turn of its own, also where the counter went on without calling.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil};

use crate::calendar::Session;
use crate::ids::{CounterNumber, OfficerId, ServiceCode};
use crate::queue::{CallEnd, Class, PastCall, Service, Ticket, TicketState};
use crate::time::{business_day, instant};

/// A missed caller who came back says when that was, not when the counter gave up: the counter counts as
/// busy with it for this long at most. Seconds.
pub const MISSED_S_MAX: i64 = 300;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnEnd {
    /// Served.
    Completed,
    /// Nobody came; also one who came back later.
    NoShow,
    /// Passed on to another counter or service.
    Transferred,
    /// Not over, or given up while on hold.
    Open,
}

/// One call of one ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Which counter called.
    pub counter: CounterNumber,
    /// Whether nobody was called: the counter went on with the next service of whom it had there.
    pub went_on: bool,
    /// Who had it open; nothing in records from before that was kept.
    pub officer: Option<OfficerId>,
    /// The service for which it was called; nothing where nobody knows it any more.
    pub service: Option<ServiceCode>,
    /// The ticket's class.
    pub class: Class,
    /// Since when the citizen waited for this call.
    pub since: Timestamp,
    /// The call.
    pub called_at: Timestamp,
    /// When serving began.
    pub begun_at: Option<Timestamp>,
    /// When the counter was done with it. Nothing where nobody said so: the day's end closed it.
    pub ended_at: Option<Timestamp>,
    /// How.
    pub end: TurnEnd,
}

/// When a counter called nobody, between two of its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Which counter.
    pub counter: CounterNumber,
    /// Who had it open, when the same officer made the calls before and after it.
    pub officer: Option<OfficerId>,
    /// The service of the next call; nothing where nobody knows it any more.
    pub service: Option<ServiceCode>,
    /// The class of the next call.
    pub class: Class,
    /// From the end of all calls before it.
    pub from: Timestamp,
    /// To the next call.
    pub to: Timestamp,
    /// How long of it the one who was called next had waited already. Seconds.
    pub waiting_s: i64,
}

/// The service for which a ticket was issued. The first call says it; in records from before that was kept,
/// and where the first call has gone, one that went on to another keeps its number, and with it says where
/// it began. Of the others the record says it, whatever the bands of numbers are today.
#[must_use]
pub fn issued_for<'a>(ticket: &'a Ticket, services: &'a [Service]) -> &'a ServiceCode {
    let first = ticket.past_calls.first().filter(|_| ticket.has_every_call());
    if let Some(service) = first.and_then(|past| past.service.as_ref()) {
        return service;
    }
    let elsewhere = !ticket.has_every_call()
        || ticket.past_calls.iter().any(|past| leads_to(&past.end) != Leads::Nowhere);
    let band =
        services.iter().find(|service| elsewhere && service.holds(ticket.series, ticket.number));
    band.map_or(&ticket.service, |service| &service.code)
}

/// To which service a ticket went on.
#[derive(Debug, PartialEq, Eq)]
enum Leads<'a> {
    /// It stays with its service.
    Nowhere,
    /// This one.
    To(&'a ServiceCode),
    /// The one for which this counter had called it before.
    BackTo(CounterNumber),
}

fn leads_to(end: &CallEnd) -> Leads<'_> {
    match end {
        CallEnd::ToService(to) | CallEnd::ToNext(to) | CallEnd::WentOn(to) => Leads::To(to),
        CallEnd::ReturnedTo(counter) => Leads::BackTo(*counter),
        CallEnd::ToCounter(_) | CallEnd::CameBack | CallEnd::CarriedOver => Leads::Nowhere,
    }
}

/// How a call ended that is over while the ticket is not, and when as far as anybody said so.
fn end_of(past: &PastCall) -> (TurnEnd, Option<Timestamp>) {
    match past.end {
        CallEnd::CameBack => {
            let given_up = past.ended_at.min(after(past.called_at, MISSED_S_MAX));
            (TurnEnd::NoShow, Some(given_up))
        }
        CallEnd::ToCounter(_) | CallEnd::ToService(_) => {
            (TurnEnd::Transferred, Some(past.ended_at))
        }
        CallEnd::ToNext(_) | CallEnd::WentOn(_) | CallEnd::ReturnedTo(_) => {
            (TurnEnd::Completed, Some(past.ended_at))
        }
        // The day ended, and the next one wrote it down: the night was nobody's. Who was called had not
        // come; who was on hold had not come back.
        CallEnd::CarriedOver if past.begun_at.is_none() => (TurnEnd::NoShow, None),
        CallEnd::CarriedOver => (TurnEnd::Open, None),
    }
}

/// Since when a citizen waits for the first call: from the coming, or from the appointment of who came
/// before it.
#[must_use]
pub fn came_at(ticket: &Ticket) -> Timestamp {
    ticket.appointment_at.map_or(ticket.issued_at, |at| at.max(ticket.issued_at))
}

/// The calls of one ticket, in order.
#[must_use]
pub fn turns_of(ticket: &Ticket, services: &[Service]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::with_capacity(ticket.past_calls.len() + 1);
    let mut since = came_at(ticket);
    // In records from before each call said it, the service follows from the calls before it: of one whose
    // first calls have gone it is unknown until one of them says where it led.
    let mut service = ticket.has_every_call().then(|| issued_for(ticket, services).clone());
    let mut went_on = false;
    for past in &ticket.past_calls {
        let (end, ended_at) = end_of(past);
        service = past.service.clone().or(service);
        let next_service = match leads_to(&past.end) {
            Leads::Nowhere => service.clone(),
            Leads::To(to) => Some(to.clone()),
            Leads::BackTo(counter) => {
                let there = turns.iter().rev().find(|turn| turn.counter == counter);
                there.and_then(|turn| turn.service.clone())
            }
        };
        turns.push(Turn {
            counter: past.counter,
            went_on,
            officer: past.officer.clone(),
            service,
            class: ticket.class,
            since,
            called_at: past.called_at,
            begun_at: past.begun_at,
            ended_at,
            end,
        });
        since = past.ended_at;
        went_on = matches!(past.end, CallEnd::WentOn(_));
        service = next_service;
    }
    if let (Some(counter), Some(called_at)) = (ticket.counter, ticket.called_at) {
        let end = match ticket.state {
            TicketState::Completed => TurnEnd::Completed,
            TicketState::NoShow => TurnEnd::NoShow,
            _ => TurnEnd::Open,
        };
        turns.push(Turn {
            counter,
            went_on,
            officer: ticket.officer.clone(),
            service: Some(ticket.service.clone()),
            class: ticket.class,
            since,
            called_at,
            begun_at: ticket.begun_at,
            ended_at: ticket.finished_at.filter(|_| end != TurnEnd::Open),
            end,
        });
    }
    turns
}

/// The calls of a ticket that were made on a day: all of one that stood in the queue of its own day only.
#[must_use]
pub fn turns_on(day: civil::Date, ticket: &Ticket, services: &[Service]) -> Vec<Turn> {
    let mut turns = turns_of(ticket, services);
    if ticket.carried_to.is_some() {
        turns.retain(|turn| business_day(turn.called_at) == day);
    }
    turns
}

/// The calls of all tickets by counter, in the order of the calls. What a counter did for a citizen
/// whom it had sent away for a moment ends with its next call: otherwise an hour at the copy shop
/// would count as serving.
#[must_use]
pub fn by_counter(turns: Vec<Turn>) -> BTreeMap<CounterNumber, Vec<Turn>> {
    let mut counters: BTreeMap<CounterNumber, Vec<Turn>> = BTreeMap::new();
    for turn in turns {
        counters.entry(turn.counter).or_default().push(turn);
    }
    for turns in counters.values_mut() {
        turns.sort_by_key(|turn| turn.called_at);
    }
    counters
}

/// How long a call of a counter was served, as far as its next call lets tell. Seconds; nothing where
/// serving did not begin, or nobody said when it ended.
#[must_use]
pub fn served_s(turn: &Turn, next: Option<&Turn>) -> Option<i64> {
    let (begun, ended) = (turn.begun_at?, turn.ended_at?);
    let ended = next.map_or(ended, |next| ended.min(next.called_at.max(begun)));
    Some(seconds(begun, ended))
}

/// When a counter was free between its calls; `turns` are its own, in order. Before the first call and
/// after the last one nothing is known. A counter is not free while any of its calls lasts, also one on
/// hold, nor after one whose end nobody knows, until the next call.
#[must_use]
pub fn gaps(turns: &[Turn]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut busy_until: Option<Timestamp> = None;
    for pair in turns.windows(2) {
        let [turn, next] = pair else { continue };
        let ended = turn.ended_at.unwrap_or(next.called_at).max(turn.called_at);
        let from = busy_until.map_or(ended, |until| until.max(ended));
        busy_until = Some(from);
        if from >= next.called_at {
            continue;
        }
        gaps.push(Gap {
            counter: turn.counter,
            officer: next.officer.clone().filter(|_| next.officer == turn.officer),
            service: next.service.clone(),
            class: next.class,
            from,
            to: next.called_at,
            waiting_s: seconds(from.max(next.since), next.called_at),
        });
    }
    gaps
}

/// When officers called nobody, between two of their calls at one counter: each moment once, however many
/// counters an officer has open, and none while a call of theirs lasts at another one. `counters` are the
/// calls of a day by counter, each in order.
#[must_use]
pub fn gaps_of_officers(counters: &BTreeMap<CounterNumber, Vec<Turn>>) -> Vec<Gap> {
    let mut officers: BTreeMap<OfficerId, (Vec<Turn>, Vec<Gap>)> = BTreeMap::new();
    for turns in counters.values() {
        for turn in turns {
            if let Some(officer) = &turn.officer {
                officers.entry(officer.clone()).or_default().0.push(turn.clone());
            }
        }
        for gap in gaps(turns) {
            if let Some(officer) = &gap.officer {
                officers.entry(officer.clone()).or_default().1.push(gap);
            }
        }
    }
    let mut free = Vec::new();
    for (mut turns, at_counters) in officers.into_values() {
        turns.sort_by_key(|turn| turn.called_at);
        let spans = united(&at_counters);
        for gap in gaps(&turns) {
            free.extend(spans.iter().filter_map(|(from, to)| part(&gap, *from, *to)));
        }
    }
    free
}

/// The times of some gaps as spans that do not touch, in order.
fn united(gaps: &[Gap]) -> Vec<(Timestamp, Timestamp)> {
    let mut spans: Vec<(Timestamp, Timestamp)> =
        gaps.iter().map(|gap| (gap.from, gap.to)).collect();
    spans.sort_unstable();
    let mut united: Vec<(Timestamp, Timestamp)> = Vec::with_capacity(spans.len());
    for (from, to) in spans {
        match united.last_mut() {
            Some((_, until)) if from <= *until => *until = to.max(*until),
            _ => united.push((from, to)),
        }
    }
    united
}

/// What of a free time lies between two instants.
fn part(gap: &Gap, from: Timestamp, to: Timestamp) -> Option<Gap> {
    let (from, to) = (gap.from.max(from), gap.to.min(to));
    // The wait was at the end of the whole.
    let waiting_s = (gap.waiting_s - seconds(to, gap.to)).clamp(0, seconds(from, to));
    (from < to).then(|| Gap { from, to, waiting_s, ..gap.clone() })
}

/// What of a free time of a day lies in the opening hours: in the break nobody is expected at a counter.
/// All of it where a center has written none down.
#[must_use]
pub fn in_hours(gap: Gap, day: civil::Date, sessions: &[Session]) -> Vec<Gap> {
    if sessions.is_empty() {
        return vec![gap];
    }
    let at = |time| instant(day.to_datetime(time));
    let within = |session: &Session| part(&gap, at(session.from), at(session.to));
    sessions.iter().filter_map(within).collect()
}

/// Whole seconds between two instants; none where a clock stepped back.
#[must_use]
pub fn seconds(from: Timestamp, until: Timestamp) -> i64 {
    (until.as_second() - from.as_second()).max(0)
}

/// So many seconds later.
pub(super) fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(at)
}
