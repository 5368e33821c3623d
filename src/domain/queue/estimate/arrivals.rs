//! How many came on the days before: each service that somebody waited for, by group, class and hour of the
//! day. What a hall may expect of today is read from the days that had the same opening hours: of a Saturday
//! morning a Monday says nothing.
//!
//! Counted is what keeps a counter busy: each service of a visit when its waiting began, and who still waited
//! when the day ended. Who did not come to the counter, or gave up before it called, brought no work.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil};

use super::LEARNED_DAYS;
use super::learn::{GROUPS_MAX, HOURS, hour_of};
use crate::ids::ServiceCode;
use crate::queue::hours::QueueHours;
use crate::queue::types::{Class, Service, Ticket, TicketState};
use crate::report::turns::{Turn, TurnEnd, came_at, issued_for};

/// Regular and priority.
const CLASSES: usize = 2;

/// Who came on one day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DayArrivals {
    groups: BTreeMap<ServiceCode, [[u32; HOURS]; CLASSES]>,
}

impl DayArrivals {
    /// So many services of a group were wanted by a class in an hour of the day.
    #[must_use]
    pub fn count(&self, service: &ServiceCode, class: Class, hour: usize) -> u32 {
        let hours = self.by_hour(service, class);
        hours.and_then(|hours| hours.get(hour)).copied().unwrap_or(0)
    }

    /// The same of each hour; nothing where nobody wanted anything of the group.
    #[must_use]
    pub fn by_hour(&self, service: &ServiceCode, class: Class) -> Option<&[u32; HOURS]> {
        self.groups.get(service)?.get(place_of(class))
    }

    /// Takes a ticket in that was given on this day, with its calls of this day.
    pub(super) fn take(&mut self, ticket: &Ticket, turns: &[Turn], services: &[Service]) {
        if turns.is_empty() {
            let ended = matches!(ticket.state, TicketState::Cancelled | TicketState::NoShow);
            if !ended || ticket.closed_at_day_end {
                self.add(issued_for(ticket, services), ticket.class, came_at(ticket));
            }
        }
        for turn in turns {
            // Who was passed on is counted where the service was done. Who was called and had not come when
            // the day ended will be closed as missed: known before that, it is no other day.
            let kept_busy = match turn.end {
                TurnEnd::Completed => true,
                TurnEnd::Open => turn.begun_at.is_some(),
                TurnEnd::NoShow | TurnEnd::Transferred => false,
            };
            if kept_busy && let Some(service) = &turn.service {
                self.add(service, turn.class, turn.since);
            }
        }
    }

    /// Counts one. Groups beyond the bound are left out.
    pub(crate) fn add(&mut self, service: &ServiceCode, class: Class, at: Timestamp) {
        if self.groups.len() >= GROUPS_MAX && !self.groups.contains_key(service) {
            return;
        }
        let group = self.groups.entry(service.clone()).or_default();
        let hour = group.get_mut(place_of(class)).and_then(|hours| hours.get_mut(hour_of(at)));
        if let Some(hour) = hour {
            *hour = hour.saturating_add(1);
        }
    }
}

/// The latest days: of those before today as many as service times are learned from, and today. Some 200
/// bytes for a group and a day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Arrivals {
    days: BTreeMap<civil::Date, DayArrivals>,
}

impl Arrivals {
    /// Puts a day in, also once more when more of it is known. On a day without anybody nothing is learned;
    /// beyond the bound the oldest one goes.
    pub(super) fn put(&mut self, day: civil::Date, arrived: DayArrivals) {
        if arrived.groups.is_empty() {
            return;
        }
        self.days.insert(day, arrived);
        while self.days.len() > LEARNED_DAYS + 1 {
            self.days.pop_first();
        }
    }

    /// The days before one that had its opening hours, oldest first; of those that a start reads.
    pub(super) fn on_days_like(&self, today: civil::Date, hours: &QueueHours) -> Vec<DayArrivals> {
        let sessions = hours.sessions_on(today);
        let latest = self.days.range(..today).rev().take(LEARNED_DAYS);
        let alike = latest.filter(|(day, _)| hours.sessions_on(**day) == sessions);
        let mut days: Vec<DayArrivals> = alike.map(|(_, arrived)| arrived.clone()).collect();
        days.reverse();
        days
    }
}

fn place_of(class: Class) -> usize {
    match class {
        Class::Regular => 0,
        Class::Priority => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Session;
    use crate::ids::CounterNumber;
    use crate::queue::tests::{Hall, code, plan};
    use crate::queue::{Command, ServiceTimes, TransferTo, Week};
    use crate::report::turns::turns_on;
    use uuid::Uuid;

    const MONDAY: civil::Date = civil::date(2026, 11, 23);

    fn ticket(number: u32, day: civil::Date, hour: i8) -> Ticket {
        let at = crate::time::instant(day.at(hour, 10, 0, 0));
        let id = Uuid::from_u128(u128::from(number));
        Ticket::waiting(id, day, ('A', number), code("ho-tich"), at, "kiosk".to_owned())
    }

    /// Counts of a day's hours: 8 and 9, regular and priority.
    fn counts(day: &DayArrivals, service: &str) -> [u32; 4] {
        let of = |class, hour| day.count(&code(service), class, hour);
        [
            of(Class::Regular, 8),
            of(Class::Regular, 9),
            of(Class::Priority, 8),
            of(Class::Priority, 9),
        ]
    }

    #[test]
    fn both_classes_are_counted_by_the_hour_and_who_gave_up_is_not() {
        let priority = Ticket { class: Class::Priority, ..ticket(2, MONDAY, 9) };
        let gone = Ticket { state: TicketState::Cancelled, ..ticket(3, MONDAY, 8) };
        let left = ticket(4, MONDAY, 8).closed_at_day_end().unwrap();
        let mut times = ServiceTimes::default();
        times.learn_day(MONDAY, &[ticket(1, MONDAY, 8), priority, gone, left], &[]);
        let tuesday = MONDAY.tomorrow().unwrap();
        let days = times.days_like(tuesday, &QueueHours::default());
        let [day] = days.as_slice() else { panic!("{days:?}") };
        assert_eq!(counts(day, "ho-tich"), [2, 0, 0, 1]);
        assert_eq!(counts(day, "dat-dai"), [0; 4]);
        assert!(day.by_hour(&code("dat-dai"), Class::Regular).is_none());
    }

    #[test]
    fn each_service_of_a_visit_is_wanted_once_and_one_passed_on_where_it_was_done() {
        let mut hall = Hall::with(vec![plan(1, &["ho-tich", "dat-dai"]), plan(2, &["xa-hoi"])]);
        let (one, two) = (CounterNumber(1), CounterNumber(2));
        hall.issue_all(&["ho-tich", "dat-dai"], None).unwrap();
        hall.call(1).unwrap();
        for command in [Command::Begin(one), Command::GoOn(one)] {
            hall.take(command).unwrap();
            hall.pass(120);
        }
        hall.take(Command::Complete(one)).unwrap();
        hall.issue("ho-tich", None).unwrap();
        hall.call(1).unwrap();
        hall.take(Command::Begin(one)).unwrap();
        let away = TransferTo::Service(code("xa-hoi"));
        hall.take(Command::Transfer(one, away)).unwrap();
        hall.call(2).unwrap();
        hall.take(Command::Begin(two)).unwrap();
        hall.take(Command::Complete(two)).unwrap();
        let (day, mut times) = (hall.queue.day(), ServiceTimes::default());
        times.learn_day(day, hall.queue.tickets(), &hall.queue.settings().services);
        let days = times.days_like(day.tomorrow().unwrap(), &QueueHours::default());
        let all = |service: &str| {
            let hours = (0..HOURS).map(|hour| days[0].count(&code(service), Class::Regular, hour));
            hours.sum::<u32>()
        };
        assert_eq!([all("ho-tich"), all("dat-dai"), all("xa-hoi")], [1, 1, 1]);
    }

    #[test]
    fn who_was_called_and_did_not_come_counts_neither_before_nor_after_the_day_is_closed() {
        let mut hall = Hall::with(vec![plan(1, &["ho-tich"])]);
        let id = hall.issue("ho-tich", None).unwrap().id;
        hall.call(1).unwrap();
        let called = hall.queue.ticket(id).unwrap().clone();
        let closed = called.closed_at_day_end().unwrap();
        for ticket in [called, closed] {
            let mut day = DayArrivals::default();
            day.take(&ticket, &turns_on(ticket.business_day, &ticket, &[]), &[]);
            assert_eq!(day, DayArrivals::default(), "{:?}", ticket.state);
        }
    }

    #[test]
    fn a_day_that_is_read_again_when_it_is_over_is_counted_once_and_teaches_no_time_twice() {
        let mut times = ServiceTimes::default();
        let morning = [ticket(1, MONDAY, 8)];
        times.learn_day(MONDAY, &morning, &[]);
        let whole = [ticket(1, MONDAY, 8), ticket(2, MONDAY, 9)];
        let before = times.expected(&code("ho-tich"), morning[0].issued_at);
        times.day_is_over(MONDAY, &whole, &[]);
        assert_eq!(times.expected(&code("ho-tich"), morning[0].issued_at), before);
        let tuesday = MONDAY.tomorrow().unwrap();
        let days = times.days_like(tuesday, &QueueHours::default());
        assert_eq!((days.len(), counts(&days[0], "ho-tich")), (1, [1, 1, 0, 0]));
        assert!(times.days_like(MONDAY, &QueueHours::default()).is_empty(), "today is no past day");
        // Nobody came: the box ran on a holiday.
        times.day_is_over(tuesday, &[], &[]);
        let wednesday = tuesday.tomorrow().unwrap();
        assert_eq!(times.days_like(wednesday, &QueueHours::default()).len(), 1);
    }

    #[test]
    fn only_days_with_the_same_hours_are_like_today() {
        let session =
            |from, to| Session { from: civil::time(from, 30, 0, 0), to: civil::time(to, 30, 0, 0) };
        let mut week: [Vec<Session>; 7] =
            std::array::from_fn(|_| vec![session(7, 11), session(13, 16)]);
        week[5] = vec![session(7, 11)];
        let hours = QueueHours { week: Week::by_weekday(week), ..QueueHours::default() };
        let mut times = ServiceTimes::default();
        let days: Vec<civil::Date> = MONDAY.series(jiff::Span::new().days(1)).take(12).collect();
        for day in &days {
            times.day_is_over(*day, &[ticket(1, *day, 8)], &[]);
        }
        // Two weeks from Monday to the second Friday, with one Saturday in between.
        let like = |day: civil::Date| times.days_like(day, &hours).len();
        assert_eq!((like(civil::date(2026, 12, 5)), like(civil::date(2026, 12, 7))), (1, 11));
    }

    #[test]
    fn more_days_than_the_bound_are_not_kept_and_the_oldest_go() {
        let mut arrivals = Arrivals::default();
        let days: Vec<civil::Date> = MONDAY.series(jiff::Span::new().days(1)).take(90).collect();
        for day in &days {
            let mut arrived = DayArrivals::default();
            arrived.add(&code("ho-tich"), Class::Regular, ticket(1, *day, 8).issued_at);
            arrivals.put(*day, arrived);
        }
        assert_eq!(arrivals.days.len(), LEARNED_DAYS + 1);
        assert_eq!(arrivals.days.keys().next_back(), days.last());
        // A box that was never started anew knows no more days than one that was.
        let next = days.last().unwrap().tomorrow().unwrap();
        let like = arrivals.on_days_like(next, &QueueHours::default());
        assert_eq!(like.len(), LEARNED_DAYS);
    }
}
