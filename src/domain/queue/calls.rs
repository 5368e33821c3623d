//! The calls of a ticket that are over, and what a counter called today, also where the ticket has gone on
//! since.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reason::CallReason;
use super::types::{Ticket, TicketState};
use crate::ids::{CounterNumber, OfficerId, ServiceCode};
use crate::time::business_day;

/// So many past calls of one ticket are kept with it. Before one more the oldest goes; the entries of
/// the journal that hold it stay.
pub const PAST_CALLS_MAX: usize = 16;

/// How a call ended that brought the ticket back into the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// Passed on to one counter.
    ToCounter(CounterNumber),
    /// Passed on to whoever serves this service.
    ToService(ServiceCode),
    /// Missed, and put back into the queue.
    CameBack,
    /// Carried over to the next day's queue.
    CarriedOver,
    /// Served, and on to wait for this service.
    ToNext(ServiceCode),
    /// Served, and on with this service at the same counter at once.
    WentOn(ServiceCode),
    /// Served, and back to the counter that had passed it on.
    ReturnedTo(CounterNumber),
}

impl CallEnd {
    /// Whether the citizen was served at the counter before going on.
    #[must_use]
    pub fn was_served(&self) -> bool {
        match self {
            Self::ToNext(_) | Self::WentOn(_) | Self::ReturnedTo(_) => true,
            Self::ToCounter(_) | Self::ToService(_) | Self::CameBack | Self::CarriedOver => false,
        }
    }
}

/// A call that is over while the ticket is not: without it nobody could say afterwards who called the
/// ticket, because the ticket itself knows only the counter where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastCall {
    /// The counter that called.
    pub counter: CounterNumber,
    /// Who had that counter open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<OfficerId>,
    /// For which service; nothing in records from before that was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceCode>,
    /// When it called first.
    pub called_at: Timestamp,
    /// When serving began; nothing where the caller did not come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<Timestamp>,
    /// Why it called this ticket.
    #[serde(default)]
    pub reason: Option<CallReason>,
    /// When the ticket went on from there.
    pub ended_at: Timestamp,
    /// Where to.
    pub end: CallEnd,
}

impl Ticket {
    /// Whether a call was made on the day in whose queue it stands. Days are compared only where there
    /// are two.
    pub(crate) fn is_of_its_queue(&self, called_at: Timestamp) -> bool {
        self.carried_to.is_none_or(|day| business_day(called_at) == day)
    }

    /// Whether every call of it is still here: of one with so many past calls the first may have gone.
    pub(crate) fn has_every_call(&self) -> bool {
        self.past_calls.len() < PAST_CALLS_MAX
    }

    /// Makes it wait again, as if it had not been called; the call that ends so is kept, with the service
    /// that the ticket has until now.
    pub(super) fn back_to_queue(&mut self, end: CallEnd, now: Timestamp) {
        if let (Some(counter), Some(called_at)) = (self.counter.take(), self.called_at.take()) {
            if self.past_calls.len() >= PAST_CALLS_MAX {
                self.past_calls.remove(0);
            }
            self.past_calls.push(PastCall {
                counter,
                officer: self.officer.take(),
                service: Some(self.service.clone()),
                called_at,
                begun_at: self.begun_at,
                reason: self.call_reason.take(),
                ended_at: now,
                end,
            });
        }
        self.state = TicketState::Waiting;
        self.officer = None;
        self.call_reason = None;
        self.begun_at = None;
        self.finished_at = None;
        self.last_called_at = None;
        self.recall_count = 0;
    }
}

/// A call of one counter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CounterCall<'a> {
    /// The ticket as it is now, wherever that is.
    pub ticket: &'a Ticket,
    /// The call, when the ticket has gone on from the counter; nothing while its latest call is this one.
    pub past: Option<&'a PastCall>,
    /// When the counter called it first in that round.
    pub called_at: Timestamp,
}

impl CounterCall<'_> {
    /// Why the counter called this ticket.
    #[must_use]
    pub fn reason(&self) -> Option<&CallReason> {
        match self.past {
            Some(past) => past.reason.as_ref(),
            None => self.ticket.call_reason.as_ref(),
        }
    }

    /// Whether this counter served the citizen to the end.
    #[must_use]
    pub fn was_served(&self) -> bool {
        match self.past {
            Some(past) => past.end.was_served(),
            None => self.ticket.state == TicketState::Completed,
        }
    }
}

/// The calls that a counter made on the day of the queue, newest first. A ticket that came there twice is
/// there twice; what was called before it was carried over is of another day.
pub fn calls_of<'a>(
    tickets: impl IntoIterator<Item = &'a Ticket>,
    counter: CounterNumber,
) -> Vec<CounterCall<'a>> {
    let mut calls = Vec::new();
    for ticket in tickets {
        let past = ticket
            .past_calls
            .iter()
            .filter(|past| past.counter == counter && ticket.is_of_its_queue(past.called_at));
        calls.extend(past.map(|past| CounterCall {
            ticket,
            past: Some(past),
            called_at: past.called_at,
        }));
        if ticket.counter == Some(counter)
            && let Some(called_at) = ticket.called_at
        {
            calls.push(CounterCall { ticket, past: None, called_at });
        }
    }
    calls.sort_by_key(|call| std::cmp::Reverse((call.called_at, call.ticket.number)));
    calls
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Hall, code, officer};
    use super::super::{Command, TransferTo};
    use super::*;

    const ONE: CounterNumber = CounterNumber(1);
    const TWO: CounterNumber = CounterNumber(2);
    const THREE: CounterNumber = CounterNumber(3);

    type Told = (String, Option<CallEnd>, TicketState);

    fn told(hall: &Hall, counter: CounterNumber) -> Vec<Told> {
        calls_of(hall.queue.tickets(), counter)
            .iter()
            .map(|call| {
                let end = call.past.map(|past| past.end.clone());
                (call.ticket.label.clone(), end, call.ticket.state)
            })
            .collect()
    }

    #[test]
    fn a_transferred_ticket_stays_among_the_calls_of_the_counter_that_called_it() {
        let mut hall = Hall::open();
        hall.issue("ho-tich", None).unwrap();
        hall.issue("ho-tich", None).unwrap();
        let reason = hall.call(1).unwrap().call_reason;
        let called_at = hall.now;
        hall.pass(120);
        hall.take(Command::Transfer(ONE, TransferTo::Service(code("dat-dai")))).unwrap();
        let moved_at = hall.now;
        hall.pass(60);
        assert_eq!(hall.serve(1), "A002");
        hall.restart();
        let to = Some(CallEnd::ToService(code("dat-dai")));
        let done = ("A002".to_owned(), None, TicketState::Completed);
        let waiting = ("A001".to_owned(), to.clone(), TicketState::Waiting);
        assert_eq!(told(&hall, ONE), [done.clone(), waiting]);
        let calls = calls_of(hall.queue.tickets(), ONE);
        let past = calls[1].past.unwrap();
        assert_eq!((past.called_at, past.ended_at), (called_at, moved_at));
        assert_eq!((calls[1].reason(), reason.is_some()), (reason.as_ref(), true));
        // where it is now can be looked up, also when another counter has finished it
        assert_eq!(hall.serve(3), "A001");
        assert_eq!(told(&hall, ONE), [done, ("A001".to_owned(), to, TicketState::Completed)]);
        assert_eq!(told(&hall, THREE), [("A001".to_owned(), None, TicketState::Completed)]);
    }

    #[test]
    fn each_call_keeps_who_made_it_for_what_and_when_serving_began() {
        let mut hall = Hall::open();
        let id = hall.issue("ho-tich", None).unwrap().id;
        hall.call(1).unwrap();
        hall.pass(40);
        hall.take(Command::Begin(ONE)).unwrap();
        let begun_at = Some(hall.now);
        hall.pass(60);
        hall.take(Command::Transfer(ONE, TransferTo::Counter(TWO))).unwrap();
        let waiting = hall.queue.ticket(id).unwrap();
        assert_eq!((&waiting.officer, waiting.begun_at), (&None, None));
        let past = &waiting.past_calls[0];
        assert_eq!((&past.officer, past.begun_at), (&Some(officer("officer-1")), begun_at));
        assert_eq!(past.service, Some(code("ho-tich")));
        hall.call(2).unwrap();
        assert_eq!(hall.queue.ticket(id).unwrap().officer, Some(officer("officer-2")));
    }

    #[test]
    fn a_record_from_before_officer_and_service_were_kept_is_read_and_written_as_it_was() {
        let mut hall = Hall::open();
        let id = hall.issue("ho-tich", None).unwrap().id;
        hall.call(1).unwrap();
        hall.take(Command::Transfer(ONE, TransferTo::Counter(TWO))).unwrap();
        let mut kept = serde_json::to_value(hall.queue.ticket(id).unwrap()).unwrap();
        let past = kept["past_calls"][0].as_object_mut().unwrap();
        assert!(past.remove("officer").is_some() && !past.contains_key("begun_at"));
        assert_eq!(past.remove("service"), Some("ho-tich".into()));
        let read: Ticket = serde_json::from_value(kept.clone()).unwrap();
        assert_eq!((&read.past_calls[0].officer, &read.past_calls[0].service), (&None, &None));
        assert_eq!(serde_json::to_value(&read).unwrap(), kept);
    }

    #[test]
    fn a_missed_ticket_that_was_put_back_stays_among_the_calls_too() {
        let mut hall = Hall::open();
        hall.issue("ho-tich", None).unwrap();
        let id = hall.miss(1);
        hall.take(Command::ReturnToQueue(id)).unwrap();
        hall.pass(60);
        assert_eq!(hall.call(2).unwrap().id, id);
        let back = ("A001".to_owned(), Some(CallEnd::CameBack), TicketState::Called);
        assert_eq!(told(&hall, ONE), [back]);
        assert_eq!(told(&hall, TWO), [("A001".to_owned(), None, TicketState::Called)]);
    }

    #[test]
    fn a_ticket_that_comes_to_a_counter_twice_is_there_twice() {
        let mut hall = Hall::open();
        hall.issue("ho-tich", None).unwrap();
        hall.call(1).unwrap();
        hall.take(Command::Transfer(ONE, TransferTo::Counter(TWO))).unwrap();
        hall.pass(60);
        hall.call(2).unwrap();
        hall.take(Command::Transfer(TWO, TransferTo::Counter(ONE))).unwrap();
        hall.pass(60);
        hall.call(1).unwrap();
        let ends: Vec<_> = told(&hall, ONE).into_iter().map(|(_, end, _)| end).collect();
        assert_eq!(ends, [None, Some(CallEnd::ToCounter(TWO))]);
    }

    #[test]
    fn a_ticket_that_is_sent_about_without_end_keeps_its_latest_calls() {
        let mut hall = Hall::open();
        let ticket = hall.issue("ho-tich", None).unwrap();
        for turn in 0..=PAST_CALLS_MAX {
            let (from, to) = if turn % 2 == 0 { (ONE, TWO) } else { (TWO, ONE) };
            hall.pass(10);
            hall.call(from.0).unwrap();
            hall.take(Command::Transfer(from, TransferTo::Counter(to))).unwrap();
        }
        let after = hall.queue.ticket(ticket.id).unwrap();
        assert_eq!(after.past_calls.len(), PAST_CALLS_MAX);
        assert_eq!(after.past_calls[0].counter, TWO, "the first call, of counter 1, has gone");
        assert_eq!(after.past_calls.last().unwrap().ended_at, hall.now);
    }
}
