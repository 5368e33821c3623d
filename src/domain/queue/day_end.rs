//! What a day leaves open is closed by the next one: at its first command, not by a timer, so that a
//! box that was switched off overnight does the same. Each record says that nobody closed it.

use jiff::civil;

use super::state::Queue;
use super::types::{Counter, CounterState, Ticket, TicketState};

impl Ticket {
    /// The ticket after the end of its day; nothing when it was over by itself. Who waited or was on
    /// hold was not served any more; who was called did not come, as far as anybody knows; who was at
    /// a counter was served. When, nobody knows, so no time is written.
    pub fn closed_at_day_end(&self) -> Option<Self> {
        let state = match self.state {
            TicketState::Waiting | TicketState::OnHold => TicketState::Cancelled,
            TicketState::Called => TicketState::NoShow,
            TicketState::Serving => TicketState::Completed,
            TicketState::Completed | TicketState::NoShow | TicketState::Cancelled => return None,
        };
        Some(Self { state, closed_at_day_end: true, rev: self.rev + 1, ..self.clone() })
    }
}

impl Counter {
    /// The counter after the end of the day on which it was opened; nothing when it was closed, or
    /// opened on `today`.
    pub fn closed_at_day_end(&self, today: civil::Date) -> Option<Self> {
        if self.state == CounterState::Closed || self.opened_on == Some(today) {
            return None;
        }
        Some(Self {
            state: CounterState::Closed,
            pause_reason: None,
            officer: None,
            current: None,
            last_class: None,
            regular_run: 0,
            closed_at_day_end: true,
            rev: self.rev + 1,
            ..self.clone()
        })
    }
}

impl Queue {
    /// Stored counters that an earlier day left open, closed. For one of the settings it is today's
    /// picture of it, which already reads as closed, with its change counted.
    pub fn counters_closed_at_day_end(&self, stored: &[Counter]) -> Vec<Counter> {
        let closed = stored.iter().filter_map(|counter| counter.closed_at_day_end(self.day()));
        closed
            .map(|after| match self.counter(after.number) {
                Ok(today) => Counter { rev: after.rev, closed_at_day_end: true, ..today.clone() },
                Err(_) => after,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Hall, plan, settings};
    use super::*;
    use crate::ids::CounterNumber;
    use crate::queue::Command;
    use jiff::civil::date;

    const ONE: CounterNumber = CounterNumber(1);

    #[test]
    fn what_a_day_leaves_open_is_closed_and_says_that_nobody_did_it() {
        let mut hall = Hall::open();
        for _ in 0..4 {
            hall.issue("ho-tich", None).unwrap();
        }
        let held = hall.call(1).unwrap().id;
        hall.take(Command::Begin(ONE)).unwrap();
        hall.take(Command::Hold(ONE, None)).unwrap();
        let serving = hall.call(1).unwrap().id;
        hall.take(Command::Begin(ONE)).unwrap();
        let called = hall.call(2).unwrap().id;
        let after = |id| hall.queue.ticket(id).unwrap().closed_at_day_end().unwrap();
        assert_eq!(after(held).state, TicketState::Cancelled);
        assert_eq!(after(serving).state, TicketState::Completed);
        assert_eq!(after(called).state, TicketState::NoShow);
        for ticket in hall.queue.tickets() {
            let closed = ticket.closed_at_day_end().unwrap();
            assert!(closed.closed_at_day_end && closed.is_finished());
            assert_eq!((closed.rev, closed.finished_at), (ticket.rev + 1, None));
            assert_eq!(closed.closed_at_day_end(), None, "closed once");
        }
    }

    #[test]
    fn a_counter_that_was_left_open_is_closed_on_the_next_day_and_opens_again() {
        let mut hall = Hall::with(vec![plan(1, &["ho-tich"]), plan(2, &["ho-tich"])]);
        hall.take(Command::CloseCounter(CounterNumber(2))).unwrap();
        let stored: Vec<Counter> = hall.queue.counters().cloned().collect();
        assert!(hall.queue.counters_closed_at_day_end(&stored).is_empty(), "it is still that day");
        let tomorrow = date(2026, 11, 24);
        let plans = settings(vec![plan(1, &["dat-dai"])]);
        let mut next = Queue::for_day(plans, tomorrow, [], stored.clone());
        let closed = next.counters_closed_at_day_end(&stored);
        let [counter] = closed.as_slice() else { panic!("{closed:?}") };
        assert_eq!((counter.number, counter.state), (ONE, CounterState::Closed));
        assert!(counter.closed_at_day_end && counter.officer.is_none());
        assert_eq!(counter.rev, stored[0].rev + 1);
        assert_eq!(counter.services.len(), 1, "as the settings of today say");
        next.apply(&super::super::Decision { counters: closed.clone(), ..Default::default() });
        let opened = next
            .open_counter(
                ONE,
                super::super::tests::officer("nguyen.lan"),
                "2026-11-24T01:00:00Z".parse().unwrap(),
            )
            .unwrap();
        assert_eq!(opened.counters[0].rev, stored[0].rev + 2);
        assert!(!opened.counters[0].closed_at_day_end);
    }
}
