//! Commands about a counter itself: open, pause, close.

use jiff::Timestamp;

use super::command::{Decision, Effect};
use super::state::Queue;
use super::types::{Counter, CounterState, PauseReason, TicketState};
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
            return Err(Refusal::CounterTaken { counter: number, officer: other.to_string() });
        }
        if counter.state == CounterState::Open {
            return Ok(Decision::default());
        }
        if counter.state == CounterState::Closed {
            counter.last_class = None;
        }
        counter.state = CounterState::Open;
        counter.pause_reason = None;
        counter.officer = Some(officer);
        counter.opened_on = Some(self.day());
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
        counter.last_class = None;
        Ok(self.changed(counter))
    }

    fn changed(&self, mut counter: Counter) -> Decision {
        counter.rev += 1;
        let label =
            counter.current.and_then(|id| self.ticket(id).ok()).map(|ticket| ticket.label.clone());
        let effects = vec![Effect::CounterSign { counter: counter.number, label }];
        Decision { tickets: Vec::new(), counters: vec![counter], effects }
    }
}
