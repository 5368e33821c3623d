//! The state of one business day in memory, built from rows and changed by decisions only.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use jiff::{Timestamp, civil};
use uuid::Uuid;

use super::command::{Command, Decision};
use super::lines::Lines;
use super::settings::QueueSettings;
use super::types::{Class, Counter, CounterState, Service, Ticket, TicketState};
use crate::ids::{CounterNumber, ServiceCode};
use crate::refusal::Refusal;
use crate::time::{business_day, whole_microseconds};

/// A waiting ticket's place among all waiting: by class, then by the ticket's order.
type WaitingKey = (Class, Timestamp, u32, char, u32);

/// One business day of the queue.
#[derive(Debug, Clone)]
pub struct Queue {
    settings: QueueSettings,
    day: civil::Date,
    tickets: HashMap<Uuid, Ticket>,
    counters: BTreeMap<CounterNumber, Counter>,
    waiting: BTreeMap<WaitingKey, Uuid>,
    lines: Lines,
    /// The highest number given in each service's bands today.
    last_numbers: BTreeMap<ServiceCode, u32>,
    /// The numbers of earlier days' tickets in today's queue: not given to anybody else today.
    carried_numbers: BTreeSet<(char, u32)>,
    /// The latest `queued_at` given today: the next one is later, also when the clock is not.
    last_queued_at: Timestamp,
}

impl Queue {
    /// Builds the day from stored rows. Rows of other days are left aside, but for those that were carried
    /// over to this one; counters come from the
    /// settings, with the stored state when it is of this day; a stored counter that the settings no
    /// longer name disappears once it has no unfinished ticket.
    pub fn for_day(
        settings: QueueSettings,
        day: civil::Date,
        tickets: impl IntoIterator<Item = Ticket>,
        counters: impl IntoIterator<Item = Counter>,
    ) -> Self {
        let mut queue = Self {
            settings,
            day,
            tickets: HashMap::new(),
            counters: BTreeMap::new(),
            waiting: BTreeMap::new(),
            lines: Lines::default(),
            last_numbers: BTreeMap::new(),
            carried_numbers: BTreeSet::new(),
            last_queued_at: Timestamp::MIN,
        };
        for ticket in tickets {
            if ticket.business_day == day || ticket.carried_to == Some(day) {
                queue.put_ticket(ticket);
            }
        }
        let mut stored: BTreeMap<CounterNumber, Counter> =
            counters.into_iter().map(|counter| (counter.number, counter)).collect();
        let plans = queue.settings.counters.clone();
        for plan in plans {
            let rev = stored.get(&plan.number).map_or(0, |counter| counter.rev);
            let mut counter = match stored.remove(&plan.number) {
                Some(counter) if counter.opened_on == Some(day) => counter,
                _ => Counter {
                    number: plan.number,
                    name: String::new(),
                    services: Vec::new(),
                    withheld: Vec::new(),
                    state: CounterState::Closed,
                    pause_reason: None,
                    officer: None,
                    current: None,
                    last_class: None,
                    regular_run: 0,
                    opened_on: None,
                    closed_at_day_end: false,
                    rev,
                },
            };
            (counter.services, counter.withheld) =
                queue.settings.staffed(&plan, counter.officer.as_ref());
            counter.name = plan.name;
            counter.current = counter.current.filter(|id| queue.is_current_of(*id, plan.number));
            queue.counters.insert(counter.number, counter);
        }
        for (number, mut counter) in stored {
            let busy = counter.current.is_some_and(|id| queue.is_current_of(id, number));
            if counter.opened_on == Some(day) && busy {
                counter.services.clear();
                counter.withheld.clear();
                queue.counters.insert(number, counter);
            }
        }
        queue
    }

    /// Takes a decision in. The decision must come from this queue in this state.
    pub fn apply(&mut self, decision: &Decision) {
        for ticket in &decision.tickets {
            self.put_ticket(ticket.clone());
        }
        for counter in &decision.counters {
            self.counters.insert(counter.number, counter.clone());
        }
    }

    /// One method for all commands.
    pub fn decide(&self, command: Command, now: Timestamp) -> Result<Decision, Refusal> {
        match command {
            Command::Issue(issue) => self.issue(issue, now),
            Command::CallNext(counter) => self.call_next(counter, now),
            Command::Recall(counter) => self.recall(counter, now),
            Command::Begin(counter) => self.begin(counter, now),
            Command::Hold(counter, reason) => self.hold(counter, reason.as_deref(), now),
            Command::Resume(counter, ticket) => self.resume(counter, ticket, now),
            Command::Transfer(counter, to) => self.transfer(counter, to, now),
            Command::TransferAndReturn(counter, to) => self.transfer_and_return(counter, to, now),
            Command::SetNextServices(counter, next) => self.set_next_services(counter, next, now),
            Command::GoOn(counter) => self.go_on(counter, now),
            Command::Complete(counter) => self.complete(counter, now),
            Command::NoShow(counter) => self.no_show(counter, now),
            Command::ReturnToQueue(ticket) => self.return_to_queue(ticket, now),
            Command::Cancel(ticket, reason) => self.cancel(ticket, reason.as_deref(), now),
            Command::CancelLast(kiosk, ticket) => self.cancel_last(&kiosk, ticket, now),
            Command::OpenCounter(counter, officer) => self.open_counter(counter, officer, now),
            Command::PauseCounter(counter, reason) => self.pause_counter(counter, reason, now),
            Command::CloseCounter(counter) => self.close_counter(counter, now),
            Command::MarkPrinted(ticket, printed) => self.mark_printed(ticket, printed),
            Command::Reprint(ticket) => self.reprint(ticket),
        }
    }

    /// The day this queue is of.
    pub fn day(&self) -> civil::Date {
        self.day
    }

    /// Whether an instant falls on this queue's day.
    pub fn is_for(&self, now: Timestamp) -> bool {
        business_day(now) == self.day
    }

    /// The settings in force.
    pub fn settings(&self) -> &QueueSettings {
        &self.settings
    }

    /// The same to change what may change while the queue runs: see `choice`.
    pub(super) fn settings_mut(&mut self) -> &mut QueueSettings {
        &mut self.settings
    }

    /// A ticket of the day.
    pub fn ticket(&self, id: Uuid) -> Result<&Ticket, Refusal> {
        self.tickets.get(&id).ok_or(Refusal::UnknownTicket)
    }

    /// All tickets of the day, in no order.
    pub fn tickets(&self) -> impl Iterator<Item = &Ticket> {
        self.tickets.values()
    }

    /// A counter.
    pub fn counter(&self, number: CounterNumber) -> Result<&Counter, Refusal> {
        self.counters.get(&number).ok_or(Refusal::UnknownCounter { counter: number })
    }

    /// All counters by number.
    pub fn counters(&self) -> impl Iterator<Item = &Counter> {
        self.counters.values()
    }

    /// A service group.
    pub fn service(&self, code: &ServiceCode) -> Result<&Service, Refusal> {
        self.settings
            .services
            .iter()
            .find(|service| service.code == *code)
            .ok_or_else(|| Refusal::UnknownService { service: code.to_string() })
    }

    /// The waiting tickets of a class, first to be called first.
    pub fn waiting(&self, class: Class) -> impl DoubleEndedIterator<Item = &Ticket> {
        self.waiting.range(class_range(class)).filter_map(|(_, id)| self.tickets.get(id))
    }

    /// How many wait for a service in a class.
    pub fn waiting_count(&self, service: &ServiceCode, class: Class) -> usize {
        self.lines.count(service, class)
    }

    /// How many of the same service are before this ticket: those before it in its class and, for a
    /// regular one, every priority caller. What a citizen is told; the real number may be smaller.
    pub fn waiting_ahead(&self, ticket: &Ticket) -> usize {
        if ticket.state != TicketState::Waiting {
            return 0;
        }
        let behind = self
            .waiting
            .range((Bound::Excluded(key(ticket)), class_range(ticket.class).1))
            .filter_map(|(_, id)| self.tickets.get(id))
            .filter(|other| other.service == ticket.service)
            .count();
        let own_class = self.waiting_count(&ticket.service, ticket.class);
        let priority = match ticket.class {
            Class::Regular => self.waiting_count(&ticket.service, Class::Priority),
            Class::Priority => 0,
        };
        own_class.saturating_sub(behind + 1) + priority
    }

    /// Whether this counter may call this waiting ticket: its service is one of the counter's, unless
    /// a transfer reserved it for a counter that is not closed; then only that one may.
    pub fn is_eligible(&self, counter: &Counter, ticket: &Ticket) -> bool {
        if ticket.state != TicketState::Waiting {
            return false;
        }
        match self.reserved_for(ticket) {
            Some(number) => number == counter.number,
            None => counter.services.contains(&ticket.service),
        }
    }

    /// The only counter that may call this ticket: the one to which it was sent, while that is not
    /// closed.
    pub(super) fn reserved_for(&self, ticket: &Ticket) -> Option<CounterNumber> {
        ticket.for_counter.filter(|number| {
            self.counters.get(number).is_some_and(|other| other.state != CounterState::Closed)
        })
    }

    pub(super) fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The tickets of some ids; of none that is not of this day.
    pub(super) fn known(&self, ids: impl Iterator<Item = Uuid>) -> impl Iterator<Item = &Ticket> {
        ids.filter_map(|id| self.tickets.get(&id))
    }

    /// The highest second part of the places at one instant: who comes back there goes behind it.
    pub(super) fn highest_place(&self, class: Class, queued_at: Timestamp) -> u32 {
        let from = (class, queued_at, 0, '\0', 0);
        let to = (class, queued_at, u32::MAX, char::MAX, u32::MAX);
        self.waiting.range(from..=to).next_back().map_or(0, |((_, _, place, ..), _)| *place)
    }

    /// The number that the next ticket of a service gets; nothing when all of today's are given.
    pub(super) fn next_number(&self, service: &Service) -> Option<u32> {
        let mut next = service.number_after(self.last_numbers.get(&service.code).copied())?;
        while self.carried_numbers.contains(&(service.series, next)) {
            next = service.number_after(Some(next))?;
        }
        Some(next)
    }

    /// Whether another ticket in today's queue has this one's number.
    pub(super) fn is_given_otherwise(&self, one: &Ticket) -> bool {
        let number = |ticket: &Ticket| (ticket.series, ticket.number);
        self.tickets.values().any(|other| other.id != one.id && number(other) == number(one))
    }

    /// Leaves numbers out: the next ticket of a service gets a higher one than `last`. For a restored
    /// box, whose citizens may hold tickets that it knows nothing of.
    pub fn skip_to(&mut self, service: &ServiceCode, last: u32) {
        let known = self.last_numbers.entry(service.clone()).or_default();
        *known = (*known).max(last);
    }

    /// The highest number given in each service's band today.
    pub fn last_numbers(&self) -> impl Iterator<Item = (&ServiceCode, u32)> {
        self.last_numbers.iter().map(|(service, last)| (service, *last))
    }

    /// A place later than every other of the day.
    pub(super) fn place_at_end(&self, now: Timestamp) -> Timestamp {
        let after_last = Timestamp::from_microsecond(self.last_queued_at.as_microsecond() + 1)
            .unwrap_or(self.last_queued_at);
        whole_microseconds(now).max(after_last)
    }

    pub(super) fn of_this_day(&self, now: Timestamp) -> Result<Timestamp, Refusal> {
        if self.is_for(now) {
            Ok(whole_microseconds(now))
        } else {
            Err(Refusal::WrongDay { day: self.day })
        }
    }

    fn is_current_of(&self, id: Uuid, number: CounterNumber) -> bool {
        self.tickets.get(&id).is_some_and(|ticket| {
            matches!(ticket.state, TicketState::Called | TicketState::Serving)
                && ticket.counter == Some(number)
        })
    }

    fn put_ticket(&mut self, ticket: Ticket) {
        if let Some(before) = self.tickets.remove(&ticket.id) {
            if before.state == TicketState::Waiting {
                self.waiting.remove(&key(&before));
            }
            self.lines.forget(&before);
        }
        if ticket.state == TicketState::Waiting {
            self.waiting.insert(key(&ticket), ticket.id);
        }
        self.lines.take(&ticket);
        // the band, not the service: a transferred ticket keeps its number
        let mut services = self.settings.services.iter();
        let band = services.find(|service| service.holds(ticket.series, ticket.number));
        let carried = ticket.business_day != self.day;
        if carried {
            self.carried_numbers.insert((ticket.series, ticket.number));
        }
        if let Some(service) = band.filter(|_| !carried) {
            let last = self.last_numbers.entry(service.code.clone()).or_default();
            *last = (*last).max(ticket.number);
        }
        self.last_queued_at = self.last_queued_at.max(ticket.queued_at);
        self.tickets.insert(ticket.id, ticket);
    }
}

fn key(ticket: &Ticket) -> WaitingKey {
    let (queued_at, place, series, number) = ticket.order();
    (ticket.class, queued_at, place, series, number)
}

fn class_range(class: Class) -> (Bound<WaitingKey>, Bound<WaitingKey>) {
    (
        Bound::Included((class, Timestamp::MIN, 0, '\0', 0)),
        Bound::Included((class, Timestamp::MAX, u32::MAX, char::MAX, u32::MAX)),
    )
}
