//! Days added up: each ticket, each call and each free time of a counter goes into its row and into the
//! total.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil};

use super::figures::{Figures, Sums};
use super::turns::{
    Gap, Turn, TurnEnd, by_counter, came_at, gaps, gaps_of_officers, in_hours, issued_for, seconds,
    served_s, turns_on,
};
use crate::ids::{CounterNumber, OfficerId, ServiceCode};
use crate::queue::{Class, QueueHours, Service, Ticket, TicketState};
use crate::time::{VIETNAM, local};

/// What the rows of a report are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The hours of the clock, all days together.
    Hour,
    /// Business days.
    Day,
    /// Service groups.
    Service,
    /// The two classes.
    Class,
    /// Who called.
    Officer,
    /// Where.
    Counter,
}

impl By {
    /// The words of requests.
    pub const WORDS: [(&'static str, By); 6] = [
        ("hour", By::Hour),
        ("day", By::Day),
        ("service", By::Service),
        ("class", By::Class),
        ("officer", By::Officer),
        ("counter", By::Counter),
    ];

    /// Reads a word; nothing of an unknown one.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, by)| *by)
    }

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, by)| *by == self).map_or("", |(word, _)| word)
    }
}

/// What one row is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// From this hour of the clock in Vietnam to the next.
    Hour(u8),
    /// A business day.
    Day(civil::Date),
    /// A service group: the one for which the number was given or called. A call of which nobody knows that
    /// any more is in the total alone.
    Service(ServiceCode),
    /// A class.
    Class(Class),
    /// An officer.
    Officer(OfficerId),
    /// Calls of which nobody wrote down who made them.
    UnknownOfficer,
    /// A counter.
    Counter(CounterNumber),
}

/// The rows in the order of their keys, and all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What the rows are.
    pub by: By,
    /// Only those in which something happened.
    pub rows: Vec<(Key, Figures)>,
    /// All days together.
    pub total: Figures,
}

/// Collects days.
#[derive(Debug, Clone)]
pub struct Tally {
    by: By,
    hours: QueueHours,
    rows: BTreeMap<Key, Sums>,
    total: Sums,
}

impl Tally {
    /// With nothing in it.
    #[must_use]
    pub fn new(by: By) -> Self {
        Self { by, hours: QueueHours::default(), rows: BTreeMap::new(), total: Sums::default() }
    }

    /// With opening hours: outside of them a counter is not counted as free. On a day on which the center
    /// is closed all of it counts: whoever worked then kept no hours.
    #[must_use]
    pub fn within(self, hours: &QueueHours) -> Self {
        Self { hours: hours.clone(), ..self }
    }

    /// Adds a business day by its tickets, and by those of earlier days that were carried over
    /// ([`Carried`](super::Carried)): a number counts on its own day, a call on the day of the call.
    pub fn add(&mut self, day: civil::Date, tickets: &[Ticket], services: &[Service]) {
        let mut all = Vec::with_capacity(tickets.len());
        for ticket in tickets {
            let turns = turns_on(day, ticket, services);
            if ticket.business_day == day {
                self.take_ticket(day, ticket, turns.first(), services);
            }
            all.extend(turns);
        }
        let counters = by_counter(all);
        for turns in counters.values() {
            for (place, turn) in turns.iter().enumerate() {
                self.take_turn(day, turn, turns.get(place + 1));
            }
            for part in self.in_hours(day, gaps(turns)) {
                self.take_gap(day, &part);
            }
        }
        if self.by == By::Officer {
            for part in self.in_hours(day, gaps_of_officers(&counters)) {
                self.take_officers_gap(part);
            }
        }
    }

    fn in_hours(&self, day: civil::Date, gaps: Vec<Gap>) -> Vec<Gap> {
        let sessions = self.hours.sessions_on(day);
        gaps.into_iter().flat_map(|gap| in_hours(gap, day, sessions)).collect()
    }

    /// The figures of what was added.
    #[must_use]
    pub fn report(self) -> Report {
        let rows = self.rows.into_iter().map(|(key, sums)| (key, sums.figures())).collect();
        Report { by: self.by, rows, total: self.total.figures() }
    }

    fn take_ticket(
        &mut self,
        day: civil::Date,
        ticket: &Ticket,
        first: Option<&Turn>,
        services: &[Service],
    ) {
        let service = issued_for(ticket, services);
        let key = match self.by {
            By::Hour => Some(Key::Hour(hour_of(ticket.issued_at))),
            By::Day => Some(Key::Day(day)),
            By::Service => Some(Key::Service(service.clone())),
            By::Class => Some(Key::Class(ticket.class)),
            By::Officer => first.map(officer_of),
            By::Counter => first.map(|turn| Key::Counter(turn.counter)),
        };
        // Of one that was sent about so often the first call may be gone, and the next ones are none.
        let first_known = first.filter(|_| ticket.has_every_call());
        let wait_s = first_known.map(|turn| seconds(came_at(ticket), turn.called_at));
        let promise = services.iter().find(|known| known.code == *service);
        let promise_s = promise.map(|service| promise_s(service, ticket.class));
        let given_up = ticket.state == TicketState::Cancelled;
        // Who was carried over waited in vain on this day, whatever came of it later.
        let left = ticket.carried_to.is_some() || (given_up && ticket.closed_at_day_end);
        self.each(key, |sums| {
            sums.figures.issued += 1;
            if let Some(wait_s) = wait_s {
                sums.waits_s.push(wait_s);
                if let Some(promise_s) = promise_s {
                    sums.figures.promised += 1;
                    sums.figures.kept += usize::from(wait_s <= promise_s);
                }
            }
            sums.figures.cancelled += usize::from(given_up && !left);
            sums.figures.left += usize::from(left);
        });
    }

    fn take_turn(&mut self, day: civil::Date, turn: &Turn, next: Option<&Turn>) {
        let key = match self.by {
            By::Hour => Some(Key::Hour(hour_of(turn.called_at))),
            By::Day => Some(Key::Day(day)),
            By::Service => turn.service.clone().map(Key::Service),
            By::Class => Some(Key::Class(turn.class)),
            By::Officer => Some(officer_of(turn)),
            By::Counter => Some(Key::Counter(turn.counter)),
        };
        let begun = turn.begun_at.filter(|_| !turn.went_on);
        let walk_s = begun.map(|begun| seconds(turn.called_at, begun));
        let served_s = served_s(turn, next);
        self.each(key, |sums| {
            sums.figures.calls += usize::from(!turn.went_on);
            sums.walks_s.extend(walk_s);
            sums.servings_s.extend(served_s);
            match turn.end {
                TurnEnd::Completed => sums.figures.completed += 1,
                TurnEnd::NoShow => sums.figures.no_shows += 1,
                TurnEnd::Transferred => sums.figures.transfers += 1,
                TurnEnd::Open => {}
            }
        });
    }

    fn take_gap(&mut self, day: civil::Date, gap: &Gap) {
        let key = match self.by {
            // Both are cut otherwise than the times of the counters, which are the total: see below.
            By::Hour | By::Officer => None,
            By::Day => Some(Key::Day(day)),
            By::Service => gap.service.clone().map(Key::Service),
            By::Class => Some(Key::Class(gap.class)),
            By::Counter => Some(Key::Counter(gap.counter)),
        };
        let free_s = seconds(gap.from, gap.to);
        self.each(key, |sums| sums.add_free(free_s, gap.waiting_s));
        if self.by == By::Hour {
            self.take_gap_by_hour(gap);
        }
    }

    /// An officer's free time goes into the officer's row; the total is that of the counters.
    fn take_officers_gap(&mut self, gap: Gap) {
        let free_s = seconds(gap.from, gap.to);
        if let Some(officer) = gap.officer {
            self.row(Key::Officer(officer)).add_free(free_s, gap.waiting_s);
        }
    }

    /// A free time goes into each hour that it touches; what of it somebody waited is its end.
    fn take_gap_by_hour(&mut self, gap: &Gap) {
        let (end, waited_from) = (gap.to.as_second(), gap.to.as_second() - gap.waiting_s);
        let mut from = gap.from.as_second();
        loop {
            let to = end_of_hour(from).min(end);
            let waiting_s = (to - from.max(waited_from)).max(0);
            self.row(Key::Hour(hour_of_second(from))).add_free(to - from, waiting_s);
            if to >= end {
                return;
            }
            from = to;
        }
    }

    fn each(&mut self, key: Option<Key>, add: impl Fn(&mut Sums)) {
        add(&mut self.total);
        if let Some(key) = key {
            add(self.row(key));
        }
    }

    fn row(&mut self, key: Key) -> &mut Sums {
        self.rows.entry(key).or_default()
    }
}

/// Within how many seconds a service promises to call a class.
#[must_use]
pub(super) fn promise_s(service: &Service, class: Class) -> i64 {
    let minutes = match class {
        Class::Regular => service.promise_regular_min,
        Class::Priority => service.promise_priority_min,
    };
    i64::from(minutes) * 60
}

fn officer_of(turn: &Turn) -> Key {
    turn.officer.clone().map_or(Key::UnknownOfficer, Key::Officer)
}

fn hour_of(at: Timestamp) -> u8 {
    local(at).hour().unsigned_abs()
}

const HOUR_S: i64 = 3_600;

fn hour_of_second(second: i64) -> u8 {
    let hour = (second + i64::from(VIETNAM.seconds())).div_euclid(HOUR_S).rem_euclid(24);
    u8::try_from(hour).unwrap_or(0)
}

/// Vietnam is whole hours away from UTC, so the hours end together.
fn end_of_hour(second: i64) -> i64 {
    (second.div_euclid(HOUR_S) + 1) * HOUR_S
}
