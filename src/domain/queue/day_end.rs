//! What a day leaves open is closed by the next one, or carried over into it: at its first command, not
//! by a timer, so that a box that was switched off overnight does the same. Each record says that nobody
//! closed it, or to which day it went. Nothing is erased.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, civil};
use serde::{Deserialize, Serialize};

use super::calls::CallEnd;
use super::state::Queue;
use super::types::{Counter, CounterState, Ticket, TicketState};

/// So many days after its issue a ticket may still be carried over; then its day's end closes it.
pub const CARRIED_DAYS_MAX: i32 = 7;
/// Between the places of two tickets that are carried over.
const NEXT_PLACE: SignedDuration = SignedDuration::from_micros(1);

/// What becomes of who was not served when the day is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayEnd {
    /// The ticket is closed.
    #[default]
    Close,
    /// It stands in the next day's queue, first of its class.
    CarryOver,
}

impl DayEnd {
    /// The words of the settings.
    pub const WORDS: [(&'static str, Self); 2] =
        [("close", Self::Close), ("carry_over", Self::CarryOver)];
}

impl Ticket {
    /// The ticket as it waits in another day's queue, with the number that is on its paper. Who was
    /// called or on hold waits again, for any counter of the service; that call is kept.
    fn carried_over(&self, to: civil::Date, queued_at: Timestamp, now: Timestamp) -> Self {
        let mut ticket = self.clone();
        ticket.back_to_queue(CallEnd::CarriedOver, now);
        ticket.carried_to = Some(to);
        ticket.queued_at = queued_at;
        ticket.place = 0;
        ticket.for_counter = None;
        // It told of a hold, and that is over.
        ticket.reason = None;
        ticket.rev += 1;
        ticket
    }

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
            withheld: Vec::new(),
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
    /// What earlier days left open, after the end of their day: closed, or carried over to this day in
    /// the old order, before who comes today. Those of `left` that are in this day's queue already are
    /// left out, also where the tables from which they were read do not say so yet.
    pub fn after_day_end(&self, left: &[Ticket], now: Timestamp) -> Vec<Ticket> {
        let here = |ticket: &Ticket| {
            ticket.carried_to == Some(self.day()) || self.ticket(ticket.id).is_ok()
        };
        let mut left: Vec<&Ticket> = left.iter().filter(|ticket| !here(ticket)).collect();
        left.sort_by_key(|ticket| ticket.order());
        let mut queued_at = self.place_at_end(now);
        let mut after = Vec::with_capacity(left.len());
        // Of two days that nobody closed: the first one has the number.
        let mut numbers = BTreeSet::new();
        for ticket in left {
            if self.is_carried_over(ticket) && numbers.insert((ticket.series, ticket.number)) {
                after.push(ticket.carried_over(self.day(), queued_at, now));
                queued_at = queued_at.saturating_add(NEXT_PLACE).unwrap_or(queued_at);
            } else {
                after.extend(ticket.closed_at_day_end());
            }
        }
        after
    }

    /// Whether a ticket goes on today: it was not being served, is not too old, and nobody of today
    /// holds its number.
    fn is_carried_over(&self, ticket: &Ticket) -> bool {
        let open = matches!(
            ticket.state,
            TicketState::Waiting | TicketState::Called | TicketState::OnHold
        );
        let days = (self.day() - ticket.business_day).get_days();
        self.settings().rules.day_end == DayEnd::CarryOver
            && open
            && (1..=CARRIED_DAYS_MAX).contains(&days)
            && !self.is_given_otherwise(ticket)
    }

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
    use super::super::{Class, Decision, QueueRules};
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

    /// The hall of the next day, after its first command.
    fn next_day(hall: &Hall, day_end: DayEnd) -> (Hall, Vec<Ticket>) {
        let rules = QueueRules { day_end, ..QueueRules::default() };
        let mut next = Hall::ruled(vec![plan(1, &["ho-tich"]), plan(2, &["ho-tich"])], &rules);
        let settings = next.queue.settings().clone();
        next.queue = Queue::for_day(settings, date(2026, 11, 24), [], []);
        next.now = "2026-11-24T00:30:00Z".parse().unwrap();
        // Ids are never given twice, on no day.
        next.ids = hall.ids;
        let left: Vec<Ticket> =
            hall.queue.tickets().filter(|ticket| !ticket.is_finished()).cloned().collect();
        let after = next.queue.after_day_end(&left, next.now);
        let carried = after.iter().filter(|ticket| ticket.carried_to.is_some()).cloned().collect();
        next.queue.apply(&Decision { tickets: carried, ..Decision::default() });
        next.take(Command::OpenCounter(ONE, super::super::tests::officer("nguyen.lan"))).unwrap();
        (next, after)
    }

    /// A001 on hold, A002 being served, A003 called, A004 and A005 (with priority) waiting.
    fn evening() -> Hall {
        let mut hall = Hall::open();
        for _ in 0..4 {
            hall.issue("ho-tich", None).unwrap();
        }
        hall.call(1).unwrap();
        hall.take(Command::Begin(ONE)).unwrap();
        hall.take(Command::Hold(ONE, None)).unwrap();
        hall.call(1).unwrap();
        hall.take(Command::Begin(ONE)).unwrap();
        hall.call(2).unwrap();
        hall.issue("ho-tich", Some("elderly")).unwrap();
        hall
    }

    #[test]
    fn what_is_carried_over_keeps_its_number_and_its_order_before_who_comes_today() {
        let hall = evening();
        let (mut next, after) = next_day(&hall, DayEnd::CarryOver);
        assert_eq!(after.len(), 5);
        let served = hall.queue.tickets().find(|ticket| ticket.label == "A002").unwrap();
        let served = after.iter().find(|ticket| ticket.id == served.id).unwrap();
        assert_eq!((served.state, served.closed_at_day_end), (TicketState::Completed, true));
        for ticket in after.iter().filter(|ticket| ticket.id != served.id) {
            let before = hall.queue.ticket(ticket.id).unwrap();
            assert_eq!((ticket.state, ticket.counter), (TicketState::Waiting, None));
            assert_eq!(ticket.queue_day(), date(2026, 11, 24));
            assert_eq!(ticket.business_day, before.business_day);
            assert_eq!((ticket.rev, ticket.class), (before.rev + 1, before.class));
            let was_called = before.called_at.is_some();
            assert_eq!(
                ticket.past_calls.last().map(|past| past.end.clone()),
                was_called.then_some(CallEnd::CarriedOver)
            );
        }
        next.restart();
        let today = next.issue("ho-tich", None).unwrap();
        assert_eq!(today.label, "A002", "the only one of the first five that nobody holds");
        assert_eq!(next.issue("ho-tich", None).unwrap().label, "A006");
        assert_eq!(next.queue.waiting_count(&today.service, Class::Priority), 1);
        let called: Vec<String> = (0..6).map(|_| next.serve(1)).collect();
        assert_eq!(called, ["A005", "A001", "A003", "A004", "A002", "A006"]);
    }

    #[test]
    fn a_visit_of_several_services_and_a_way_back_go_on_on_the_next_day() {
        let services = ["ho-tich", "dat-dai"];
        let mut hall = Hall::with(vec![plan(1, &services), plan(2, &services)]);
        let two = CounterNumber(2);
        let both = hall.issue_all(&services, None).unwrap();
        hall.call(1).unwrap();
        hall.take(Command::Begin(ONE)).unwrap();
        let away = Command::TransferAndReturn(ONE, super::super::TransferTo::Counter(two));
        hall.take(away).unwrap();
        hall.call(2).unwrap();
        hall.take(Command::Begin(two)).unwrap();
        hall.take(Command::Hold(two, Some("đi sao giấy tờ".to_owned()))).unwrap();
        let (mut next, _) = next_day(&hall, DayEnd::CarryOver);
        let carried = next.queue.ticket(both.id).unwrap();
        assert_eq!(carried.next_services, both.next_services);
        assert_eq!(carried.return_to.as_ref().map(|back| back.counter), Some(ONE));
        assert_eq!((carried.reason.as_ref(), carried.past_calls.len()), (None, 2));
        // What the day before called is none of today's calls.
        let calls = |hall: &Hall, of| super::super::calls_of(hall.queue.tickets(), of).len();
        assert_eq!((calls(&next, ONE), calls(&next, two), calls(&hall, ONE)), (0, 0, 1));
        next.take(Command::OpenCounter(two, super::super::tests::officer("officer-2"))).unwrap();
        for (number, state, service) in
            [(two, TicketState::Waiting, "ho-tich"), (ONE, TicketState::Waiting, "dat-dai")]
        {
            assert_eq!(next.call(number.0).unwrap().id, both.id);
            next.take(Command::Begin(number)).unwrap();
            let after = next.take(Command::Complete(number)).unwrap().tickets[0].clone();
            assert_eq!((after.state, after.service.as_str()), (state, service));
            next.restart();
        }
        assert_eq!((calls(&next, ONE), calls(&next, two)), (1, 1));
    }

    #[test]
    fn as_delivered_everything_is_closed_and_the_next_day_begins_with_the_first_number() {
        let hall = evening();
        let (mut next, after) = next_day(&hall, DayEnd::default());
        assert_eq!(after.len(), 5);
        assert!(after.iter().all(|ticket| ticket.closed_at_day_end && ticket.is_finished()));
        assert_eq!(next.issue("ho-tich", None).unwrap().label, "A001");
    }

    #[test]
    fn what_was_carried_over_is_not_carried_twice_to_one_day_and_not_without_end() {
        let hall = evening();
        let (next, after) = next_day(&hall, DayEnd::CarryOver);
        let open: Vec<Ticket> = after.into_iter().filter(|ticket| !ticket.is_finished()).collect();
        assert!(next.queue.after_day_end(&open, next.now).is_empty());
        let as_before: Vec<Ticket> =
            open.iter().map(|ticket| hall.queue.ticket(ticket.id).unwrap().clone()).collect();
        assert!(next.queue.after_day_end(&as_before, next.now).is_empty(), "of older tables");
        let settings = next.queue.settings().clone();
        let on = |day: i8, utc: &str| {
            let queue = Queue::for_day(settings.clone(), date(2026, 11, day), [], []);
            queue.after_day_end(&open, utc.parse().unwrap())
        };
        let day_7 = on(30, "2026-11-30T01:00:00Z");
        assert!(day_7.iter().all(|ticket| ticket.carried_to == Some(date(2026, 11, 30))));
        let queue = Queue::for_day(settings.clone(), date(2026, 12, 1), [], []);
        let day_8 = queue.after_day_end(&open, "2026-12-01T01:00:00Z".parse().unwrap());
        assert_eq!(day_8.len(), 4);
        assert!(day_8.iter().all(|ticket| ticket.closed_at_day_end));
    }

    #[test]
    fn a_number_that_somebody_of_today_holds_is_not_carried_over() {
        let hall = evening();
        let (mut next, _) = next_day(&hall, DayEnd::Close);
        // The tables could not be read at the day's first command.
        next.issue("ho-tich", None).unwrap();
        let rules = QueueRules { day_end: DayEnd::CarryOver, ..QueueRules::default() };
        let mut late = Hall::ruled(vec![plan(1, &["ho-tich"])], &rules);
        let settings = late.queue.settings().clone();
        let tickets: Vec<Ticket> = next.queue.tickets().cloned().collect();
        late.queue = Queue::for_day(settings, date(2026, 11, 24), tickets, []);
        let left: Vec<Ticket> = hall.queue.tickets().cloned().collect();
        let after = late.queue.after_day_end(&left, next.now);
        let first = after.iter().find(|ticket| ticket.label == "A001").unwrap();
        assert!(first.closed_at_day_end && first.carried_to.is_none());
        assert_eq!(after.iter().filter(|ticket| ticket.carried_to.is_some()).count(), 3);
    }

    #[test]
    fn of_two_days_that_nobody_closed_each_number_is_carried_over_once() {
        let mut hall = Hall::open();
        let first = hall.issue("ho-tich", None).unwrap();
        let (later_id, later) = (uuid::Uuid::from_u128(99), date(2026, 11, 24));
        let same = Ticket { id: later_id, business_day: later, ..first.clone() };
        let rules = QueueRules { day_end: DayEnd::CarryOver, ..QueueRules::default() };
        let settings = Hall::ruled(vec![plan(1, &["ho-tich"])], &rules).queue.settings().clone();
        let queue = Queue::for_day(settings, date(2026, 11, 25), [], []);
        let left = [first.clone(), same];
        let after = queue.after_day_end(&left, "2026-11-25T01:00:00Z".parse().unwrap());
        assert_eq!(after.len(), 2);
        for ticket in after {
            assert_eq!(ticket.carried_to.is_some(), ticket.id == first.id);
            assert_eq!(ticket.closed_at_day_end, ticket.id == later_id);
        }
    }

    #[test]
    fn a_ticket_that_was_not_carried_over_is_written_as_by_an_older_release() {
        use crate::split::Journaled;
        let mut hall = Hall::open();
        let ticket = hall.issue("ho-tich", None).unwrap();
        let (public, sealed) = ticket.split();
        for key in ["carried_to", "outside_hours", "closed_at_day_end"] {
            assert!(public.get(key).is_none(), "{key}");
        }
        assert_eq!(Ticket::join(public, sealed).unwrap(), ticket);
    }
}
