//! Commands of an officer about the ticket at a counter: call, recall, begin, hold, resume, transfer,
//! complete, no-show.

use jiff::Timestamp;
use uuid::Uuid;

use super::calls::CallEnd;
use super::command::{AnnounceKind, Decision, Effect, TransferTo};
use super::pick::{Picked, run_after};
use super::reason::CallPolicy;
use super::state::Queue;
use super::tickets::sealed_reason;
use super::types::{Counter, CounterState, Ticket, TicketState};
use crate::ids::CounterNumber;
use crate::refusal::Refusal;

impl Queue {
    /// Calls the next ticket to a counter, with the reason. Refused while the counter has one.
    pub fn call_next(&self, number: CounterNumber, now: Timestamp) -> Result<Decision, Refusal> {
        let now = self.of_this_day(now)?;
        let mut counter = self.counter(number)?.clone();
        if counter.state != CounterState::Open {
            return Err(Refusal::CounterNotOpen { counter: number });
        }
        if let Some(current) = counter.current {
            let label = self.ticket(current)?.label.clone();
            return Err(Refusal::CounterBusy { counter: number, label });
        }
        let picked = self.pick(&counter, &[], now);
        let Picked { ticket, class, reason, .. } =
            picked.ok_or(Refusal::NobodyWaiting { counter: number })?;
        let mut ticket = ticket.clone();
        ticket.state = TicketState::Called;
        ticket.called_at = Some(now);
        ticket.last_called_at = Some(now);
        ticket.recall_count = 0;
        ticket.counter = Some(number);
        ticket.officer = counter.officer.clone();
        ticket.for_counter = None;
        ticket.returned_from = None;
        // Whoever was to come back has come, by whatever way.
        ticket.return_to = ticket.return_to.filter(|back| back.counter != number);
        ticket.call_reason = Some(reason);
        ticket.rev += 1;
        counter.current = Some(ticket.id);
        counter.last_class = Some(class);
        // The other policies do not ask for it, so their entries do not carry it.
        counter.regular_run = match self.settings().rules.policy {
            CallPolicy::Ratio => run_after(counter.regular_run, class),
            CallPolicy::Guard | CallPolicy::Strict | CallPolicy::Ageing => 0,
        };
        counter.rev += 1;
        let effects = vec![
            sign(number, Some(&ticket)),
            Effect::Announce { ticket: ticket.id, counter: number, kind: AnnounceKind::Call },
        ];
        Ok(Decision { tickets: vec![ticket], counters: vec![counter], effects })
    }

    /// Calls the current ticket again: a bounded number of times, some seconds apart.
    pub fn recall(&self, number: CounterNumber, now: Timestamp) -> Result<Decision, Refusal> {
        let now = self.of_this_day(now)?;
        let (_, mut ticket) = self.current(number)?;
        called(&ticket)?;
        let rules = &self.settings().rules;
        if ticket.recall_count >= rules.recall_max {
            return Err(Refusal::RecallLimit { label: ticket.label, recall_max: rules.recall_max });
        }
        let since_s = ticket.last_called_at.map(|last| now.as_second() - last.as_second());
        // a negative time means that the clock stepped back: do not make the officer wait for it
        if let Some(since_s) = since_s.filter(|since| (0..rules.recall_gap_s).contains(since)) {
            let wait_s = rules.recall_gap_s - since_s;
            return Err(Refusal::RecallTooSoon { label: ticket.label, wait_s });
        }
        ticket.recall_count += 1;
        ticket.last_called_at = Some(now);
        ticket.rev += 1;
        let effects = vec![
            sign(number, Some(&ticket)),
            Effect::Announce { ticket: ticket.id, counter: number, kind: AnnounceKind::Recall },
        ];
        Ok(Decision { tickets: vec![ticket], counters: Vec::new(), effects })
    }

    /// The caller is at the counter.
    pub fn begin(&self, number: CounterNumber, now: Timestamp) -> Result<Decision, Refusal> {
        let now = self.of_this_day(now)?;
        let (_, mut ticket) = self.current(number)?;
        called(&ticket)?;
        ticket.state = TicketState::Serving;
        ticket.begun_at = Some(now);
        ticket.rev += 1;
        Ok(Decision { tickets: vec![ticket], counters: Vec::new(), effects: Vec::new() })
    }

    /// Sends the caller away for a moment; the counter is free for the next.
    pub fn hold(
        &self,
        number: CounterNumber,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        self.of_this_day(now)?;
        let (counter, mut ticket) = self.current(number)?;
        serving(&ticket)?;
        ticket.reason = sealed_reason(reason)?;
        ticket.state = TicketState::OnHold;
        ticket.rev += 1;
        Ok(leave(counter, ticket))
    }

    /// Takes a ticket that is on hold at this counter back, without the queue.
    pub fn resume(
        &self,
        number: CounterNumber,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        self.of_this_day(now)?;
        let mut counter = self.counter(number)?.clone();
        if counter.state == CounterState::Closed {
            return Err(Refusal::CounterNotOpen { counter: number });
        }
        let mut ticket = self.ticket(id)?.clone();
        if ticket.state != TicketState::OnHold || ticket.counter != Some(number) {
            let held_at = ticket.counter.filter(|_| ticket.state == TicketState::OnHold);
            return Err(Refusal::TicketNotHeldHere { label: ticket.label, counter: held_at });
        }
        if let Some(current) = counter.current {
            let label = self.ticket(current)?.label.clone();
            return Err(Refusal::CounterBusy { counter: number, label });
        }
        ticket.state = TicketState::Serving;
        ticket.reason = None;
        ticket.rev += 1;
        counter.current = Some(ticket.id);
        counter.rev += 1;
        let effects = vec![sign(number, Some(&ticket))];
        Ok(Decision { tickets: vec![ticket], counters: vec![counter], effects })
    }

    /// Passes the current ticket on. It keeps its place, so it is called as if it had waited there. Passed on
    /// to the counter that expects it back, it comes back.
    pub fn transfer(
        &self,
        number: CounterNumber,
        to: TransferTo,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        let now = self.of_this_day(now)?;
        let (counter, mut ticket) = self.current(number)?;
        match to {
            TransferTo::Counter(target) if target == number => {
                return Err(Refusal::SameCounter { counter: number });
            }
            TransferTo::Counter(target) => {
                if self.counter(target)?.state == CounterState::Closed {
                    return Err(Refusal::TargetClosed { counter: target });
                }
                ticket.back_to_queue(CallEnd::ToCounter(target), now);
                ticket.for_counter = Some(target);
                if let Some(back) = ticket.return_to.take_if(|back| back.counter == target) {
                    ticket.service = back.service;
                    ticket.returned_from = Some(number);
                }
            }
            TransferTo::Service(code) => {
                self.service(&code)?;
                if !self.is_planned(&code) {
                    return Err(Refusal::ServiceNotServed { service: code.to_string() });
                }
                ticket.back_to_queue(CallEnd::ToService(code.clone()), now);
                ticket.for_counter = None;
                // It is visited now.
                ticket.next_services.retain(|next| *next != code);
                ticket.service = code;
            }
        }
        ticket.rev += 1;
        Ok(leave(counter, ticket))
    }

    /// Served: the ticket is over, comes back to the counter that expects it, or waits for its next service.
    pub fn complete(&self, number: CounterNumber, now: Timestamp) -> Result<Decision, Refusal> {
        let now = self.of_this_day(now)?;
        let (counter, mut ticket) = self.current(number)?;
        serving(&ticket)?;
        self.after_service(&mut ticket, number, now);
        ticket.rev += 1;
        Ok(leave(counter, ticket))
    }

    /// Called and not there.
    pub fn no_show(&self, number: CounterNumber, now: Timestamp) -> Result<Decision, Refusal> {
        let now = self.of_this_day(now)?;
        let (counter, mut ticket) = self.current(number)?;
        called(&ticket)?;
        ticket.state = TicketState::NoShow;
        ticket.finished_at = Some(now);
        ticket.rev += 1;
        Ok(leave(counter, ticket))
    }

    pub(super) fn current(&self, number: CounterNumber) -> Result<(Counter, Ticket), Refusal> {
        let counter = self.counter(number)?;
        let id = counter.current.ok_or(Refusal::NoCurrentTicket { counter: number })?;
        Ok((counter.clone(), self.ticket(id)?.clone()))
    }
}

fn called(ticket: &Ticket) -> Result<(), Refusal> {
    match ticket.state {
        TicketState::Called => Ok(()),
        _ => Err(Refusal::TicketNotCalled { label: ticket.label.clone() }),
    }
}

pub(super) fn serving(ticket: &Ticket) -> Result<(), Refusal> {
    match ticket.state {
        TicketState::Serving => Ok(()),
        _ => Err(Refusal::TicketNotServing { label: ticket.label.clone() }),
    }
}

fn leave(mut counter: Counter, ticket: Ticket) -> Decision {
    counter.current = None;
    counter.rev += 1;
    let effects = vec![sign(counter.number, None)];
    Decision { tickets: vec![ticket], counters: vec![counter], effects }
}

fn sign(counter: CounterNumber, ticket: Option<&Ticket>) -> Effect {
    Effect::CounterSign { counter, label: ticket.map(|ticket| ticket.label.clone()) }
}
