//! The calls of a day, read from its tickets: who was called where and by whom, since when that one had
//! waited, when serving began, how and when it ended; and when a counter was free in between.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ids::{CounterNumber, OfficerId, ServiceCode};
use crate::queue::{CallEnd, Class, Service, Ticket, TicketState};

/// A missed caller who came back says when that was, not when the counter gave up: the counter counts as
/// busy with it for this long at most. Seconds.
pub const MISSED_S_MAX: i64 = 300;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnEnd {
    /// Served, also where the citizen then went on to a next service.
    Completed,
    /// Nobody came; also one who came back later.
    NoShow,
    /// Passed on to another counter or service.
    Transferred,
    /// Not over, given up while on hold, or carried over to the next day.
    Open,
}

/// One call of one ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Which counter called.
    pub counter: CounterNumber,
    /// Who had it open; nothing in records from before that was kept.
    pub officer: Option<OfficerId>,
    /// The service for which it was called.
    pub service: ServiceCode,
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
    /// From the end of all calls before it.
    pub from: Timestamp,
    /// To the next call.
    pub to: Timestamp,
    /// How long of it the one who was called next had waited already. Seconds.
    pub waiting_s: i64,
}

/// The service for which a ticket was issued: one that was passed on keeps its number, and with it says
/// where it began.
#[must_use]
pub fn issued_for<'a>(ticket: &'a Ticket, services: &'a [Service]) -> &'a ServiceCode {
    let band = services.iter().find(|service| service.holds(ticket.series, ticket.number));
    band.map_or(&ticket.service, |service| &service.code)
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
    let mut turns = Vec::with_capacity(ticket.past_calls.len() + 1);
    let mut since = came_at(ticket);
    let mut service = issued_for(ticket, services).clone();
    for past in &ticket.past_calls {
        let (end, ended_at) = match past.end {
            CallEnd::CameBack => {
                (TurnEnd::NoShow, Some(past.ended_at.min(after(past.called_at, MISSED_S_MAX))))
            }
            CallEnd::ToCounter(_) | CallEnd::ToService(_) => {
                (TurnEnd::Transferred, Some(past.ended_at))
            }
            CallEnd::ToNext(_) | CallEnd::WentOn(_) | CallEnd::ReturnedTo(_) => {
                (TurnEnd::Completed, Some(past.ended_at))
            }
            // Written on the next day: when the counter was done with it, nobody said.
            CallEnd::CarriedOver => (TurnEnd::Open, None),
        };
        turns.push(Turn {
            counter: past.counter,
            officer: past.officer.clone(),
            service: service.clone(),
            class: ticket.class,
            since,
            called_at: past.called_at,
            begun_at: past.begun_at,
            ended_at,
            end,
        });
        since = past.ended_at;
        match &past.end {
            CallEnd::ToService(to) | CallEnd::ToNext(to) | CallEnd::WentOn(to) => {
                service = to.clone();
            }
            CallEnd::ReturnedTo(number) => {
                // There it is again what it was when that counter passed it on.
                let sent = turns
                    .iter()
                    .rfind(|turn| turn.counter == *number && turn.end == TurnEnd::Transferred);
                service = sent.map_or(service, |turn| turn.service.clone());
            }
            CallEnd::ToCounter(_) | CallEnd::CameBack | CallEnd::CarriedOver => {}
        }
    }
    if let (Some(counter), Some(called_at)) = (ticket.counter, ticket.called_at) {
        let end = match ticket.state {
            TicketState::Completed => TurnEnd::Completed,
            TicketState::NoShow => TurnEnd::NoShow,
            _ => TurnEnd::Open,
        };
        turns.push(Turn {
            counter,
            officer: ticket.officer.clone(),
            service: ticket.service.clone(),
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
            from,
            to: next.called_at,
            waiting_s: seconds(from.max(next.since), next.called_at),
        });
    }
    gaps
}

/// Whole seconds between two instants; none where a clock stepped back.
#[must_use]
pub fn seconds(from: Timestamp, until: Timestamp) -> i64 {
    (until.as_second() - from.as_second()).max(0)
}

fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(at)
}
