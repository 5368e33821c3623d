//! What the desk knows about waits: the times of the center's own services, learned as they are
//! completed, and the list for the hall's screens. No actix, no clock.
//!
//! What was learned lives in memory only: it follows from the tickets in the store, and is read again
//! from there after a start (`actor::learning`).

use crate::actors::live::HallWait;
use domain::queue::{
    Awaited, Class, CounterState, DayArrivals, Queue, ServiceTimes, Ticket, TicketState, Wait,
};
use domain::report::hall::Means;
use jiff::{SignedDuration, Timestamp, civil};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The hall's list is at most so old when a picture is drawn: it costs as much as a picture.
const LIST_KEPT: SignedDuration = SignedDuration::from_secs(5);
/// So old it is drawn anew also when nothing happens: services under way last longer then.
const LIST_STALE: SignedDuration = SignedDuration::from_secs(60);

/// How many stand before a new ticket, and how long it will wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ahead {
    /// How many.
    pub(super) count: u64,
    /// How long; nothing when no open counter serves it.
    pub(super) wait: Option<Wait>,
}

/// Service times with what they are learned from.
#[derive(Default)]
pub(super) struct Waits {
    times: ServiceTimes,
    /// Tickets of today that were on hold and are not over: how long they kept a counter, nobody knows.
    held: BTreeSet<Uuid>,
    listed_at: Option<Timestamp>,
    /// Something has happened since.
    changed: bool,
    list: Vec<HallWait>,
}

impl Waits {
    /// From what earlier days taught, and from today's tickets.
    pub(super) fn of(mut times: ServiceTimes, today: &Queue) -> Self {
        times.learn_day(today.day(), today.tickets(), &today.settings().services);
        let held = today.tickets().filter(|ticket| ticket.state == TicketState::OnHold);
        Self { times, held: held.map(|ticket| ticket.id).collect(), ..Self::default() }
    }

    /// The same on another day, of which there is nothing yet: what was learned stays, and of the day that
    /// is over it is known now how many came.
    pub(super) fn on_another_day(mut self, over: &Queue) -> Self {
        self.times.day_is_over(over.day(), over.tickets(), &over.settings().services);
        Self { times: self.times, ..Self::default() }
    }

    /// Learns from a ticket that has changed.
    pub(super) fn take(&mut self, before: Option<&Ticket>, after: &Ticket) {
        let Some(before) = before else {
            // Who was carried over came on the day before.
            if after.carried_to.is_none() {
                self.times.came(after);
            }
            return;
        };
        // The call that has ended while the visit goes on, also where the same counter goes on with it.
        let ended = after.past_calls.last().filter(|call| before.past_calls.last() != Some(*call));
        match after.state {
            TicketState::OnHold => {
                self.held.insert(after.id);
            }
            TicketState::Serving if ended.is_none() => {}
            _ => {
                let held = self.held.remove(&after.id);
                if held || before.state != TicketState::Serving {
                    return;
                }
                match ended {
                    Some(call) => self.times.served_on_the_way(before, call),
                    None => self.times.served(after),
                }
            }
        }
    }

    /// How long a ticket that is being issued will wait.
    pub(super) fn of_newcomer(&self, queue: &Queue, new: &Ticket, now: Timestamp) -> Option<Wait> {
        let grace_s = queue.settings().rules.appointment_grace_s;
        let (class, _) = new.standing(now, grace_s);
        let newcomer = Awaited::Newcomer(&new.service, class);
        let estimate = queue.expected_wait(&self.times, newcomer, now);
        estimate.map(|estimate| queue.told(&estimate, now))
    }

    /// How long a waiting ticket will still wait.
    pub(super) fn of_ticket(&self, queue: &Queue, ticket: Uuid, now: Timestamp) -> Option<Wait> {
        let estimate = queue.expected_wait(&self.times, Awaited::Ticket(ticket), now);
        estimate.map(|estimate| queue.told(&estimate, now))
    }

    /// How long a call of each service keeps a counter now.
    pub(super) fn means(&self, queue: &Queue, now: Timestamp) -> Means {
        Means::learned(&self.times, &queue.settings().services, now)
    }

    /// Who came on the days before that had the opening hours of this one.
    pub(super) fn days_like(&self, queue: &Queue) -> Vec<DayArrivals> {
        self.times.days_like(queue.day(), &queue.settings().hours)
    }

    /// Something has changed in the hall.
    pub(super) fn changed(&mut self) {
        self.changed = true;
    }

    /// Whether the hall's list is older than may be shown.
    pub(super) fn list_is_stale(&self, now: Timestamp) -> bool {
        let kept = if self.changed { LIST_KEPT } else { LIST_STALE };
        self.listed_at.is_none_or(|at| now.duration_since(at).abs() >= kept)
    }

    /// Makes the hall's list anew when it is old enough.
    pub(super) fn list(&mut self, queue: &Queue, now: Timestamp) {
        if self.listed_at.is_some_and(|at| now.duration_since(at).abs() < LIST_KEPT) {
            return;
        }
        self.listed_at = Some(now);
        self.changed = false;
        self.list = self.of_groups(queue, now).into_iter().map(|(wait, _)| wait).collect();
    }

    /// The groups that an open counter serves or for which somebody waits, with the wait of a regular
    /// newcomer: by the clock of the day, and the same as work alone.
    pub(super) fn of_groups(&self, queue: &Queue, now: Timestamp) -> Vec<(HallWait, Option<Wait>)> {
        let mut list = Vec::new();
        for service in &queue.settings().services {
            let code = &service.code;
            let served = queue.counters().any(|counter| {
                counter.state == CounterState::Open && counter.services.contains(code)
            });
            let waiting = [Class::Regular, Class::Priority]
                .into_iter()
                .any(|class| queue.waiting_count(code, class) > 0);
            if !served && !waiting {
                continue;
            }
            let newcomer = Awaited::Newcomer(code, Class::Regular);
            let estimate = queue.expected_wait(&self.times, newcomer, now);
            let wait = estimate.map(|estimate| queue.told(&estimate, now));
            let minute = |at: Option<civil::Time>| at.map(|at| at.strftime("%H:%M").to_string());
            let shown = HallWait {
                service: code.clone(),
                name_vi: service.name_vi.clone(),
                name_en: service.name_en.clone(),
                low_min: wait.map(|wait| wait.low_min),
                high_min: wait.map(|wait| wait.high_min),
                break_until: minute(wait.and_then(|wait| wait.break_until())),
                closes_at: minute(wait.and_then(|wait| wait.closes_at())),
            };
            let work = estimate.map(|estimate| estimate.told());
            list.push((shown, work.zip(wait).map(|(work, wait)| Wait { over: wait.over, ..work })));
        }
        list
    }

    /// The hall's list as it was made last.
    pub(super) fn listed(&self) -> Vec<HallWait> {
        self.list.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::testing::{ONE, TWO, officer, queue_settings};
    use domain::calendar::Session;
    use domain::ids::ServiceCode;
    use domain::queue::{Command, Decision, Issue, QueueSettings, Week};

    fn at(seconds: i64) -> Timestamp {
        let half_past_seven: Timestamp = "2026-11-23T00:30:00Z".parse().unwrap();
        half_past_seven + SignedDuration::from_secs(seconds)
    }

    fn code() -> ServiceCode {
        ServiceCode::parse("ho-tich").unwrap()
    }

    struct Hall {
        queue: Queue,
        waits: Waits,
        ids: u128,
    }

    impl Hall {
        fn open() -> Self {
            Self::with(queue_settings())
        }

        fn with(settings: QueueSettings) -> Self {
            let day = domain::time::business_day(at(0));
            let queue = Queue::for_day(settings, day, [], []);
            let mut hall = Self { queue, waits: Waits::default(), ids: 0 };
            hall.take(Command::OpenCounter(ONE, officer()), 0);
            hall
        }

        fn take(&mut self, command: Command, seconds: i64) -> Decision {
            let decision = self.queue.decide(command, at(seconds)).unwrap();
            for ticket in &decision.tickets {
                self.waits.take(self.queue.ticket(ticket.id).ok(), ticket);
            }
            self.queue.apply(&decision);
            self.waits.changed();
            decision
        }

        fn issue(&mut self, seconds: i64) -> Ticket {
            self.ids += 1;
            let issue = Issue {
                id: Uuid::from_u128(self.ids),
                service: code(),
                next_services: Vec::new(),
                priority_ground: None,
                print: false,
                issued_by: "kiosk-1".to_owned(),
                outside_hours: None,
            };
            self.take(Command::Issue(issue), seconds).tickets[0].clone()
        }

        fn learned(&self) -> u32 {
            self.waits.times.expected(&code(), at(0)).learned_from
        }
    }

    #[test]
    fn a_completed_service_is_learned_once_and_one_that_was_on_hold_is_not() {
        let mut hall = Hall::open();
        let held = hall.issue(0);
        let plain = hall.issue(1);
        hall.take(Command::CallNext(ONE), 10);
        hall.take(Command::Begin(ONE), 20);
        hall.take(Command::Hold(ONE, None), 80);
        hall.take(Command::CallNext(ONE), 90);
        hall.take(Command::Begin(ONE), 100);
        hall.take(Command::Complete(ONE), 400);
        assert_eq!(hall.learned(), 1);
        hall.take(Command::Reprint(plain.id), 410);
        hall.take(Command::MarkPrinted(plain.id, true), 420);
        assert_eq!(hall.learned(), 1);
        hall.take(Command::Resume(ONE, held.id), 500);
        hall.take(Command::Complete(ONE), 600);
        assert_eq!(hall.learned(), 1);
        let means = hall.waits.means(&hall.queue, at(600));
        let call_s = means.of_service(&code());
        assert!(!means.assumed());
        assert!((310..380).contains(&call_s), "310 s seen, 380 before: {call_s}");
        // After a restart the same is learned from the tickets.
        let again = Waits::of(ServiceTimes::default(), &hall.queue);
        assert_eq!(again.times.expected(&code(), at(0)), hall.waits.times.expected(&code(), at(0)));
    }

    #[test]
    fn a_day_that_is_over_is_one_of_the_days_before_and_a_restart_learns_the_same_of_it() {
        let mut hall = Hall::open();
        hall.issue(0);
        hall.issue(10);
        hall.take(Command::CallNext(ONE), 20);
        hall.take(Command::Begin(ONE), 30);
        hall.take(Command::Complete(ONE), 300);
        assert!(hall.waits.days_like(&hall.queue).is_empty());
        let day = hall.queue.day();
        let next = Queue::for_day(queue_settings(), day.tomorrow().unwrap(), [], []);
        let waits = std::mem::take(&mut hall.waits).on_another_day(&hall.queue);
        let learned = waits.days_like(&next);
        assert_eq!((learned.len(), learned[0].count(&code(), Class::Regular, 7)), (1, 2));
        let mut read = ServiceTimes::default();
        read.learn_day(day, hall.queue.tickets(), &hall.queue.settings().services);
        assert_eq!(Waits::of(read, &next).days_like(&next), learned);
    }

    #[test]
    fn the_first_service_of_a_visit_is_learned_while_the_visit_goes_on() {
        let mut hall = Hall::open();
        let other = ServiceCode::parse("dat-dai").unwrap();
        hall.issue(0);
        hall.take(Command::CallNext(ONE), 10);
        hall.take(Command::Begin(ONE), 20);
        hall.take(Command::SetNextServices(ONE, vec![other]), 30);
        assert_eq!(hall.learned(), 0);
        let gone = hall.take(Command::Complete(ONE), 200).tickets[0].clone();
        assert_eq!((gone.state, hall.learned()), (TicketState::Waiting, 1));
        // What happens to it later is no further service there.
        hall.take(Command::Cancel(gone.id, None), 300);
        assert_eq!(hall.learned(), 1);
        let again = Waits::of(ServiceTimes::default(), &hall.queue);
        assert_eq!(again.times.expected(&code(), at(0)), hall.waits.times.expected(&code(), at(0)));
    }

    #[test]
    fn the_hall_is_shown_the_break_in_a_wait_and_the_province_the_work_alone() {
        let session = |from, to| Session { from: civil::time(from, 30, 0, 0), to };
        let morning = session(7, civil::time(11, 30, 0, 0));
        let afternoon = session(13, civil::time(17, 0, 0, 0));
        let mut settings = queue_settings();
        settings.hours.week = Week::every_day(vec![morning, afternoon]);
        let mut hall = Hall::with(settings);
        for seconds in 0..4 {
            hall.issue(seconds);
        }
        // 11:25, after half past seven.
        let late = 235 * 60;
        hall.take(Command::CallNext(ONE), late);
        let groups = hall.waits.of_groups(&hall.queue, at(late + 1));
        let (shown, work) = groups.iter().find(|(wait, _)| wait.service == code()).unwrap();
        let work = work.unwrap();
        assert_eq!((shown.break_until.as_deref(), &shown.closes_at), (Some("13:30"), &None));
        assert_eq!(work.break_until(), Some(afternoon.from));
        assert!(shown.high_min.unwrap() > work.high_min + 100, "{shown:?} {work:?}");
    }

    #[test]
    fn the_halls_list_names_what_is_served_or_waited_for_and_promises_nothing_without_a_counter() {
        let mut hall = Hall::open();
        hall.waits.list(&hall.queue, at(0));
        let of = |hall: &Hall| {
            let listed = hall.waits.listed();
            let own = listed.iter().find(|wait| wait.service == code()).cloned();
            own.map(|wait| (wait.low_min, wait.high_min))
        };
        assert_eq!(of(&hall), Some((Some(0), Some(5))));
        assert_eq!(hall.waits.listed().len(), 1, "counter 1 serves one group");
        hall.issue(1);
        hall.take(Command::CloseCounter(ONE), 2);
        hall.waits.list(&hall.queue, at(3));
        assert_eq!(of(&hall), Some((Some(0), Some(5))), "it is young enough");
        assert!(!hall.waits.list_is_stale(at(3)));
        assert!(hall.waits.list_is_stale(at(5)), "something has happened");
        hall.waits.list(&hall.queue, at(5));
        assert_eq!(of(&hall), Some((None, None)));
        assert!(!hall.waits.list_is_stale(at(30)), "nothing has happened since");
        assert!(hall.waits.list_is_stale(at(65)));
        hall.take(Command::OpenCounter(TWO, officer()), 61);
        hall.waits.list(&hall.queue, at(70));
        let told = of(&hall);
        assert!(
            matches!(told, Some((Some(0), Some(high))) if high > 5),
            "one stands before: {told:?}"
        );
    }
}
