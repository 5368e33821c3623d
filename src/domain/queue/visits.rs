//! A visit of several steps on one ticket: service groups still to visit, and the way back to a counter
//! that sent the citizen elsewhere. It is one number and one place in the order throughout: whoever came
//! earlier goes before, at every step, as if a ticket of each group had been taken at the door.
//!
//! Served at a counter, a ticket goes back first to the counter that expects it, then on to its next
//! group; with neither it is over. A counter calls who came back to it before the others of the same
//! class. That is bounded: each of them it had called itself before, so that at most every second of its
//! calls is one, and it may expect [`RETURNS_OF_A_COUNTER_MAX`] at a time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::calls::CallEnd;
use super::command::{Decision, TransferTo};
use super::reason::{CallReason, CallRule};
use super::serving::serving;
use super::state::Queue;
use super::types::{Counter, CounterState, Ticket, TicketState};
use crate::ids::{CounterNumber, ServiceCode};
use crate::refusal::Refusal;

/// Service groups of one ticket: the present one and those still to visit. Who wants more takes another
/// number, and one more is refused.
pub const SERVICES_OF_A_TICKET_MAX: usize = 4;
/// Tickets that one counter may have sent elsewhere and expect back; one more is passed on without a
/// return, or not at all. Missed ones are not counted: nobody knows whether they come back.
pub const RETURNS_OF_A_COUNTER_MAX: usize = 5;

/// Where a ticket comes back to once it is served elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnTo {
    /// The counter that sent it.
    pub counter: CounterNumber,
    /// The service group in which it was there; if that counter is closed by then, the ticket waits for
    /// whoever serves this group.
    pub service: ServiceCode,
}

impl Ticket {
    /// Whether it came back to this counter and waits for it.
    pub fn came_back_to(&self, counter: CounterNumber) -> bool {
        self.returned_from.is_some() && self.for_counter == Some(counter)
    }
}

impl Queue {
    /// Sets the service groups that the ticket at a counter has still to visit, in their order.
    ///
    /// # Errors
    /// A group is unknown, served by no counter, or named twice; there are too many; nobody is there.
    pub fn set_next_services(
        &self,
        number: CounterNumber,
        services: Vec<ServiceCode>,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        self.of_this_day(now)?;
        let (_, mut ticket) = self.current(number)?;
        let expected_back = ticket.return_to.as_ref().map(|back| &back.service);
        self.check_next(std::iter::once(&ticket.service).chain(expected_back), &services)?;
        if ticket.next_services == services {
            return Ok(Decision::default());
        }
        ticket.next_services = services;
        ticket.rev += 1;
        Ok(Decision { tickets: vec![ticket], counters: Vec::new(), effects: Vec::new() })
    }

    /// The present service is done, and this counter goes on with the ticket's next one at once: nobody
    /// is called, and the hall shows what it showed.
    ///
    /// # Errors
    /// It is not being served, has no next group, comes back to another counter first, or this counter
    /// does not serve its next group.
    pub fn go_on(&self, number: CounterNumber, now: Timestamp) -> Result<Decision, Refusal> {
        let now = self.of_this_day(now)?;
        let (counter, mut ticket) = self.current(number)?;
        serving(&ticket)?;
        let served_here = |code: &ServiceCode| counter.services.contains(code);
        if ticket.return_to.is_some() || !ticket.next_services.first().is_some_and(served_here) {
            return Err(Refusal::NoNextHere { label: ticket.label, counter: number });
        }
        let next = ticket.next_services.remove(0);
        let announced = (ticket.last_called_at, ticket.recall_count);
        ticket.back_to_queue(CallEnd::WentOn(next.clone()), now);
        (ticket.last_called_at, ticket.recall_count) = announced;
        ticket.service = next;
        ticket.state = TicketState::Serving;
        ticket.counter = Some(number);
        ticket.officer = counter.officer.clone();
        ticket.called_at = Some(now);
        ticket.begun_at = Some(now);
        ticket.call_reason = Some(self.went_on(&counter));
        ticket.rev += 1;
        Ok(Decision { tickets: vec![ticket], counters: Vec::new(), effects: Vec::new() })
    }

    /// Passes the current ticket on as [`Queue::transfer`] does, and lets it come back to this counter
    /// once it is served there.
    ///
    /// # Errors
    /// As there; it comes back to another counter already; this counter expects too many.
    pub fn transfer_and_return(
        &self,
        number: CounterNumber,
        to: TransferTo,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        let (_, ticket) = self.current(number)?;
        if let Some(back) = ticket.return_to {
            return Err(Refusal::ReturnPending { label: ticket.label, counter: back.counter });
        }
        if self.expected_back(number) >= RETURNS_OF_A_COUNTER_MAX {
            let most = RETURNS_OF_A_COUNTER_MAX;
            return Err(Refusal::TooManyReturns { counter: number, most });
        }
        let mut decision = self.transfer(number, to, now)?;
        for sent in &mut decision.tickets {
            let service = ticket.service.clone();
            sent.return_to = Some(ReturnTo { counter: number, service });
        }
        Ok(decision)
    }

    /// Whether a ticket may have these groups still to visit beside those that it has anyway.
    pub(super) fn check_next<'a>(
        &self,
        present: impl Iterator<Item = &'a ServiceCode>,
        next: &'a [ServiceCode],
    ) -> Result<(), Refusal> {
        if next.len() >= SERVICES_OF_A_TICKET_MAX {
            return Err(Refusal::TooManyServices { most: SERVICES_OF_A_TICKET_MAX });
        }
        let mut known: Vec<&ServiceCode> = present.collect();
        for code in next {
            self.service(code)?;
            if !self.is_planned(code) {
                return Err(Refusal::ServiceNotServed { service: code.to_string() });
            }
            if known.contains(&code) {
                return Err(Refusal::ServiceTwice { service: code.to_string() });
            }
            known.push(code);
        }
        Ok(())
    }

    /// A ticket after it was served at a counter: back to who expects it, on to its next group, or over.
    pub(super) fn after_service(&self, ticket: &mut Ticket, number: CounterNumber, now: Timestamp) {
        if let Some(back) = ticket.return_to.take() {
            let counter = self.counter(back.counter);
            if counter.is_ok_and(|counter| counter.state != CounterState::Closed) {
                ticket.back_to_queue(CallEnd::ReturnedTo(back.counter), now);
                ticket.for_counter = Some(back.counter);
            } else {
                ticket.back_to_queue(CallEnd::ToNext(back.service.clone()), now);
                ticket.for_counter = None;
            }
            ticket.service = back.service;
            ticket.returned_from = Some(number);
        } else if ticket.next_services.is_empty() {
            ticket.state = TicketState::Completed;
            ticket.finished_at = Some(now);
        } else {
            let next = ticket.next_services.remove(0);
            ticket.back_to_queue(CallEnd::ToNext(next.clone()), now);
            ticket.service = next;
            ticket.for_counter = None;
        }
    }

    /// How many tickets a counter has sent elsewhere and expects back, or has back and not yet called.
    fn expected_back(&self, number: CounterNumber) -> usize {
        let here = |ticket: &&Ticket| {
            let sent = ticket.return_to.as_ref().is_some_and(|back| back.counter == number);
            !ticket.is_finished() && (sent || ticket.came_back_to(number))
        };
        self.tickets().filter(here).count()
    }

    fn went_on(&self, counter: &Counter) -> CallReason {
        let rules = &self.settings().rules;
        CallReason {
            policy: rules.policy,
            rule: CallRule::WentOn,
            waited_s: 0,
            over: None,
            over_waited_s: None,
            oldest_regular_wait_s: None,
            threshold_s: rules.threshold_s,
            previous: counter.last_class,
            limit: None,
            appointment_at: None,
            returned_from: None,
        }
    }
}
