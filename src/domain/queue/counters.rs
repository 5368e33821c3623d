//! Commands about a counter itself: open, pause, close.

use jiff::Timestamp;
use uuid::Uuid;

use super::command::{Decision, Effect};
use super::state::Queue;
use super::types::{Counter, CounterState, PauseReason, Ticket, TicketState};
use crate::ids::{CounterNumber, OfficerId};
use crate::refusal::Refusal;

impl Queue {
    /// Staffs a counter or ends its pause. Opening twice by the same officer changes nothing.
    pub fn open_counter(
        &self,
        number: CounterNumber,
        officer: OfficerId,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        self.of_this_day(now)?;
        let mut counter = self.counter(number)?.clone();
        if counter.state != CounterState::Closed
            && let Some(other) = counter.officer.as_ref().filter(|other| **other != officer)
        {
            return Err(counter.taken_by(other));
        }
        if counter.state == CounterState::Open {
            return Ok(Decision::default());
        }
        if counter.state == CounterState::Closed {
            counter.last_class = None;
            counter.regular_run = 0;
        }
        counter.state = CounterState::Open;
        counter.pause_reason = None;
        counter.officer = Some(officer);
        self.staff(&mut counter);
        counter.opened_on = Some(self.day());
        counter.closed_at_day_end = false;
        Ok(self.changed(counter))
    }

    /// Stops calling; the ticket at the counter may still be finished.
    pub fn pause_counter(
        &self,
        number: CounterNumber,
        reason: PauseReason,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        self.of_this_day(now)?;
        let mut counter = self.counter(number)?.clone();
        match counter.state {
            CounterState::Closed => return Err(Refusal::CounterNotOpen { counter: number }),
            CounterState::Paused if counter.pause_reason == Some(reason) => {
                return Ok(Decision::default());
            }
            _ => {}
        }
        counter.state = CounterState::Paused;
        counter.pause_reason = Some(reason);
        Ok(self.changed(counter))
    }

    /// Ends work at a counter. Refused while a ticket is unfinished or on hold there: nobody else
    /// would know of it.
    pub fn close_counter(
        &self,
        number: CounterNumber,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        self.of_this_day(now)?;
        let mut counter = self.counter(number)?.clone();
        if counter.state == CounterState::Closed {
            return Ok(Decision::default());
        }
        if let Some(current) = counter.current {
            let label = self.ticket(current)?.label.clone();
            return Err(Refusal::CounterBusy { counter: number, label });
        }
        let mut labels: Vec<String> = self
            .tickets()
            .filter(|ticket| ticket.state == TicketState::OnHold && ticket.counter == Some(number))
            .map(|ticket| ticket.label.clone())
            .collect();
        if !labels.is_empty() {
            labels.sort();
            return Err(Refusal::CounterHasHeld { counter: number, labels });
        }
        counter.state = CounterState::Closed;
        counter.pause_reason = None;
        counter.officer = None;
        self.staff(&mut counter);
        counter.last_class = None;
        counter.regular_run = 0;
        Ok(self.changed(counter))
    }

    /// Whether a dossier may be taken in, or a result handed out, at a counter: it is the officer's
    /// own (`officer` is nothing for those who may act at every counter), and the ticket, when there is
    /// one, is at that counter now or on hold there. Otherwise the books would say that a citizen was
    /// served where nobody saw them.
    pub fn dossier_place(
        &self,
        number: CounterNumber,
        officer: Option<&OfficerId>,
        ticket: Option<Uuid>,
    ) -> Result<(), Refusal> {
        let counter = self.counter(number)?;
        let staffed = counter.state != CounterState::Closed;
        if officer.is_some() && !(staffed && counter.officer.as_ref() == officer) {
            return Err(Refusal::CounterNotYours { counter: number });
        }
        let Some(id) = ticket else { return Ok(()) };
        let held_here =
            |ticket: &Ticket| ticket.state == TicketState::OnHold && ticket.counter == Some(number);
        if counter.current == Some(id) || self.ticket(id).is_ok_and(held_here) {
            return Ok(());
        }
        Err(Refusal::TicketNotHere { counter: number })
    }

    fn changed(&self, mut counter: Counter) -> Decision {
        counter.rev += 1;
        let label =
            counter.current.and_then(|id| self.ticket(id).ok()).map(|ticket| ticket.label.clone());
        let effects = vec![Effect::CounterSign { counter: counter.number, label }];
        Decision { tickets: Vec::new(), counters: vec![counter], effects }
    }
}
