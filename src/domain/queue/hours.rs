//! When numbers are given: the opening hours, the break, and near the end of the day whether who comes
//! now can still be served. Times are those of a wall clock in Vietnam. Which sessions a day has stands in
//! `week`.
//!
//! What a kiosk says is worked out from how many are called before who comes now (`ahead`), and from how
//! long one citizen takes, at the counters that serve the service now. It is the truth of this moment:
//! others who give up, or a counter that opens, move it.

use std::collections::BTreeMap;

use jiff::civil;

use super::week::Week;
use crate::calendar::{Session, SpecialDay};
use crate::ids::ServiceCode;
use crate::refusal::Refusal;

/// From so long before on, a kiosk says until when numbers are given. Seconds.
const COME_BY_TOLD_S: i64 = 2 * 3600;

/// When a center gives numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueHours {
    /// The sessions of each weekday; none at all: numbers are given around the clock.
    pub week: Week,
    /// The days that differ from their weekday, where the week names weekdays.
    pub special_days: BTreeMap<civil::Date, SpecialDay>,
    /// Numbers are given also outside of the sessions and when it is too late to be served: then the
    /// sessions turn nobody away, and say only when people are at the counters.
    pub also_outside: bool,
    /// Who decided the hours; nothing where nobody has written it down.
    pub source: Option<String>,
    /// Whether the center or the province has yet to confirm them.
    pub needs_confirmation: bool,
    /// So long before each session numbers are given already: people stand at the door. Seconds.
    pub open_before_s: i64,
    /// How long a citizen takes at a counter, as the center expects it. Seconds.
    pub service_s: i64,
    /// Services that take their last citizen earlier.
    pub last_tickets: Vec<LastTicket>,
}

/// A service whose last number is given at a time of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastTicket {
    /// The service group.
    pub service: ServiceCode,
    /// After this no number is given.
    pub at: civil::Time,
}

impl Default for QueueHours {
    fn default() -> Self {
        Self {
            week: Week::default(),
            special_days: BTreeMap::new(),
            also_outside: false,
            source: None,
            needs_confirmation: true,
            open_before_s: 15 * 60,
            service_s: 6 * 60,
            last_tickets: Vec::new(),
        }
    }
}

/// When numbers are given again after today.
struct Opening {
    /// From when on numbers are given, `HH:MM`.
    from: String,
    /// When the center opens, `HH:MM`.
    opens: String,
    /// The day; nothing where the hours do not know which days are worked.
    day: Option<civil::Date>,
}

impl QueueHours {
    /// Whether a number of a service may be given at a time, when so many are called before it at so many
    /// counters. Gives the time until which that stays so, when it is near.
    ///
    /// # Errors
    /// On a day on which the center is closed, before the opening, in the break, after the last number, or
    /// too late to be served today.
    pub fn admit(
        &self,
        service: &ServiceCode,
        now: civil::DateTime,
        before: u64,
        counters: u64,
    ) -> Result<Option<civil::Time>, Refusal> {
        if self.week.is_around_the_clock() {
            return Ok(None);
        }
        let sessions = self.sessions_on(now.date());
        let Some(last) = sessions.last() else { return Err(self.closed_on(now.date())) };
        let now_s = second_of(now.time());
        let over = |until: i64| {
            let Opening { from, opens, day } = self.opening_after(now.date());
            Refusal::HoursOver { until: time_text(until), from, opens, day }
        };
        let Some(session) = sessions.iter().find(|session| now_s < second_of(session.to)) else {
            let end = second_of(last.to);
            return Err(over(self.last_of(service).map_or(end, |at| at.min(end))));
        };
        let last_given = self.last_of(service);
        if let Some(at) = last_given.filter(|at| now_s > *at) {
            return Err(over(at));
        }
        if now_s < self.given_from(session) {
            return Err(Refusal::OutsideHours { from: time_text(self.given_from(session)) });
        }
        let latest = latest_start(sessions, self.work_s(before, counters));
        if latest.is_none_or(|latest| now_s > latest) {
            let Opening { from, opens, day } = self.opening_after(now.date());
            let (waiting, until) = (before, time_text(second_of(last.to)));
            return Err(Refusal::NotServedToday { waiting, until, from, opens, day });
        }
        let come_by = latest.into_iter().chain(last_given).min();
        let near = come_by.filter(|at| at - now_s <= COME_BY_TOLD_S);
        Ok(near.map(time_of))
    }

    /// What is said on a day without a session.
    fn closed_on(&self, today: civil::Date) -> Refusal {
        let Opening { from, opens, day } = self.opening_after(today);
        match self.special_on(today).filter(|special| !special.working) {
            Some(special) => Refusal::Holiday {
                name_vi: special.name_vi.clone(),
                name_en: special.name_en.clone(),
                from,
                opens,
                day,
            },
            None => Refusal::ClosedToday { from, opens, day },
        }
    }

    fn opening_after(&self, today: civil::Date) -> Opening {
        let next = self.next_open_day(today);
        let first = next.as_ref().map(|(_, first)| first).or(self.sessions_on(today).first());
        Opening {
            from: first.map_or_else(String::new, |first| time_text(self.given_from(first))),
            opens: first.map_or_else(String::new, |first| time_text(second_of(first.from))),
            day: next.map(|(day, _)| day).filter(|_| self.week.names_weekdays()),
        }
    }

    /// From when on numbers of a session are given.
    fn given_from(&self, session: &Session) -> i64 {
        second_of(session.from) - self.open_before_s
    }

    /// How long the counters work until who comes now has been served. Seconds.
    fn work_s(&self, before: u64, counters: u64) -> i64 {
        let rounds = (before / counters.max(1)).saturating_add(1);
        i64::try_from(rounds).unwrap_or(i64::MAX).saturating_mul(self.service_s)
    }

    fn last_of(&self, service: &ServiceCode) -> Option<i64> {
        let found = self.last_tickets.iter().find(|last| last.service == *service);
        found.map(|last| second_of(last.at))
    }
}

/// The latest second of the day at which so much work can begin and be over before the end; breaks are no
/// work. Nothing when the whole day is too short.
fn latest_start(sessions: &[Session], work_s: i64) -> Option<i64> {
    let mut left = work_s;
    for session in sessions.iter().rev() {
        let (from, to) = (second_of(session.from), second_of(session.to));
        if left <= to - from {
            return Some(to - left);
        }
        left -= to - from;
    }
    None
}

pub(crate) fn second_of(time: civil::Time) -> i64 {
    i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}

/// The minute in which a second of the day lies; what is before midnight reads as midnight.
pub(super) fn time_of(second: i64) -> civil::Time {
    let minutes = second.clamp(0, 24 * 3600 - 1) / 60;
    let part = |value: i64| i8::try_from(value).unwrap_or(0);
    civil::Time::new(part(minutes / 60), part(minutes % 60), 0, 0).unwrap_or(civil::Time::MIN)
}

fn time_text(second: i64) -> String {
    time_of(second).strftime("%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Hall, code, officer, plan, settings};
    use super::super::{Class, Command, Governed, Issue, QueueSettings};
    use super::*;
    use crate::ids::CounterNumber;
    use jiff::civil::time;
    use uuid::Uuid;

    fn sessions() -> Vec<Session> {
        vec![
            Session { from: time(7, 30, 0, 0), to: time(11, 30, 0, 0) },
            Session { from: time(13, 30, 0, 0), to: time(17, 0, 0, 0) },
        ]
    }

    /// A Monday at a time.
    fn monday(hour: i8, minute: i8) -> civil::DateTime {
        civil::date(2026, 11, 23).at(hour, minute, 0, 0)
    }

    fn over(until: &str) -> Refusal {
        let (from, opens) = ("07:30".to_owned(), "07:30".to_owned());
        Refusal::HoursOver { until: until.to_owned(), from, opens, day: None }
    }

    fn hours() -> QueueHours {
        QueueHours {
            week: Week::every_day(sessions()),
            open_before_s: 0,
            last_tickets: vec![LastTicket { service: code("dat-dai"), at: time(16, 0, 0, 0) }],
            ..QueueHours::default()
        }
    }

    fn at(hour: i8, minute: i8, waiting: u64) -> Result<Option<String>, Refusal> {
        let answer = hours().admit(&code("ho-tich"), monday(hour, minute), waiting, 2);
        answer.map(|until| until.map(|until| until.strftime("%H:%M").to_string()))
    }

    #[test]
    fn without_sessions_numbers_are_given_around_the_clock() {
        let always = QueueHours::default();
        for hour in 0..24 {
            let answer = always.admit(&code("ho-tich"), monday(hour, 59), 5_000, 1);
            assert_eq!(answer, Ok(None));
        }
    }

    #[test]
    fn before_the_opening_and_in_the_break_the_next_opening_is_told() {
        let from = |text: &str| Err(Refusal::OutsideHours { from: text.into() });
        assert_eq!(at(7, 29, 0), from("07:30"));
        assert_eq!(at(7, 30, 0), Ok(None));
        assert_eq!(at(11, 29, 0), Ok(None));
        assert_eq!(at(11, 30, 0), from("13:30"));
        assert_eq!(at(13, 29, 0), from("13:30"));
        assert_eq!(at(13, 30, 0), Ok(None));
        let early = QueueHours { open_before_s: 15 * 60, ..hours() };
        let answer = |hour, minute| early.admit(&code("ho-tich"), monday(hour, minute), 0, 1);
        assert_eq!(answer(7, 14), Err(Refusal::OutsideHours { from: "07:15".into() }));
        assert_eq!(answer(7, 15), Ok(None));
        assert_eq!(answer(13, 14), Err(Refusal::OutsideHours { from: "13:15".into() }));
    }

    #[test]
    fn near_the_end_the_time_to_come_by_is_what_the_queue_leaves() {
        // Nobody waits: six minutes before the end.
        assert_eq!(at(16, 0, 0), Ok(Some("16:54".into())));
        // Sixteen at two counters: eight rounds and the own one.
        assert_eq!(at(16, 0, 16), Ok(Some("16:06".into())));
        assert_eq!(at(16, 6, 16), Ok(Some("16:06".into())));
        let full = Refusal::NotServedToday {
            waiting: 16,
            until: "17:00".into(),
            from: "07:30".into(),
            opens: "07:30".into(),
            day: None,
        };
        assert_eq!(at(16, 7, 16), Err(full));
        assert_eq!(at(16, 55, 0).unwrap_err().code(), "queue.not_served_today");
        assert_eq!(at(17, 0, 0), Err(over("17:00")));
    }

    #[test]
    fn the_break_is_no_time_in_which_anybody_is_served() {
        // Seventy at two counters are three hours and 36 minutes of work: more than the afternoon.
        assert_eq!(at(11, 24, 70), Ok(Some("11:24".into())));
        assert_eq!(at(11, 25, 70).unwrap_err().code(), "queue.not_served_today");
        // A line longer than the day.
        assert_eq!(at(7, 30, 5_000).unwrap_err().code(), "queue.not_served_today");
    }

    #[test]
    fn a_service_may_take_its_last_citizen_earlier() {
        let land = |hour, minute, waiting| {
            hours().admit(&code("dat-dai"), monday(hour, minute), waiting, 1)
        };
        assert_eq!(land(16, 0, 0), Ok(Some(time(16, 0, 0, 0))));
        assert_eq!(land(16, 1, 0), Err(over("16:00")));
        assert_eq!(land(18, 0, 0), Err(over("16:00")));
        // The line may be longer than that.
        assert_eq!(land(15, 0, 19), Ok(Some(time(15, 0, 0, 0))));
        assert_eq!(at(16, 1, 0), Ok(Some("16:54".into())), "the others go on");
    }

    #[test]
    fn the_longer_the_line_the_earlier_one_has_to_come() {
        let mut before = i64::MAX;
        for waiting in 0..160 {
            let latest = latest_start(&sessions(), hours().work_s(waiting, 2));
            let latest = latest.unwrap_or(i64::MIN);
            assert!(latest <= before, "{waiting}");
            before = latest;
        }
        assert_eq!(before, i64::MIN, "the last ones do not find room in a day");
    }

    #[test]
    fn the_queue_counts_the_counters_that_are_staffed() {
        let plans = vec![plan(1, &["ho-tich"]), plan(2, &["ho-tich"])];
        let mut hall = Hall::of(QueueSettings { hours: hours(), ..settings(plans) });
        for _ in 0..10 {
            hall.issue("ho-tich", None).unwrap();
        }
        // 16:06 in Vietnam.
        hall.now = "2026-11-23T09:06:00Z".parse().unwrap();
        let until = |hall: &Hall| hall.queue.open_for(&code("ho-tich"), Class::Regular, hall.now);
        assert_eq!(until(&hall), Ok(Some(time(16, 24, 0, 0))));
        hall.take(Command::CloseCounter(CounterNumber(2))).unwrap();
        assert_eq!(until(&hall).unwrap_err().code(), "queue.not_served_today");
        hall.take(Command::CloseCounter(CounterNumber(1))).unwrap();
        assert_eq!(until(&hall), Ok(Some(time(16, 24, 0, 0))), "nobody says that one stays alone");
    }

    #[test]
    fn a_group_that_nobody_there_may_serve_is_counted_by_its_plan() {
        let plans = vec![plan(1, &["ho-tich", "dat-dai"]), plan(2, &["ho-tich", "dat-dai"])];
        let mut hall = Hall::of(QueueSettings { hours: hours(), ..settings(plans) });
        for _ in 0..10 {
            hall.issue("ho-tich", None).unwrap();
        }
        // 16:06 in Vietnam, as above: with one counter alone the next number would come too late.
        hall.now = "2026-11-23T09:06:00Z".parse().unwrap();
        for who in ["officer-1", "officer-2"] {
            let land = Some(vec![code("dat-dai")]);
            let (skills, decision) =
                hall.queue.set_skills(officer(who), land, "giam-doc", hall.now).unwrap();
            hall.queue.take(&Governed::Skills(skills));
            hall.queue.apply(&decision);
        }
        assert_eq!(hall.queue.unserved().len(), 1);
        let until = hall.queue.open_for(&code("ho-tich"), Class::Regular, hall.now);
        assert_eq!(until, Ok(Some(time(16, 24, 0, 0))));
    }

    #[test]
    fn a_service_that_takes_nobody_any_more_is_not_visited_afterwards_either() {
        let plans = vec![plan(1, &["ho-tich", "dat-dai"])];
        let mut hall = Hall::of(QueueSettings { hours: hours(), ..settings(plans) });
        // 16:10 in Vietnam.
        hall.now = "2026-11-23T09:10:00Z".parse().unwrap();
        let refusal = hall.issue_all(&["ho-tich", "dat-dai"], None).unwrap_err();
        assert_eq!(refusal, over("16:00"));
        assert_eq!(hall.issue("ho-tich", None).unwrap().label, "A001");
        // Who is there already goes on: the officer sees whether that is still done today.
        hall.call(1).unwrap();
        let next = Command::SetNextServices(CounterNumber(1), vec![code("dat-dai")]);
        assert_eq!(hall.take(next).unwrap().tickets[0].next_services, [code("dat-dai")]);
    }

    #[test]
    fn an_officer_may_give_a_number_outside_the_hours_with_a_reason_that_is_kept() {
        let plans = vec![plan(1, &["ho-tich"])];
        let mut hall = Hall::of(QueueSettings { hours: hours(), ..settings(plans) });
        // 12:00 in Vietnam.
        hall.now = "2026-11-23T05:00:00Z".parse().unwrap();
        let mut ids = 0;
        let mut issue = |hall: &mut Hall, reason: Option<&str>| {
            ids += 1;
            let issue = Issue {
                id: Uuid::from_u128(1_000 + ids),
                service: code("ho-tich"),
                next_services: Vec::new(),
                priority_ground: None,
                print: false,
                issued_by: "nguyen.lan".to_owned(),
                outside_hours: reason.map(str::to_owned),
            };
            hall.take(Command::Issue(issue)).map(|decision| decision.tickets[0].clone())
        };
        for nothing in [None, Some(""), Some("   ")] {
            let refusal = issue(&mut hall, nothing).unwrap_err();
            assert_eq!(refusal, Refusal::OutsideHours { from: "13:30".into() });
        }
        let reason = "đi từ đảo vào, tàu về lúc 13:00";
        let ticket = issue(&mut hall, Some(reason)).unwrap();
        assert_eq!(ticket.outside_hours.as_deref(), Some(reason));
        hall.restart();
        let kept = hall.queue.ticket(ticket.id).unwrap();
        assert_eq!(kept.outside_hours.as_deref(), Some(reason));
        let (public, _) = crate::split::Journaled::split(kept);
        assert!(!public.to_string().contains("tàu"), "{public}");
        // Within the hours there is nothing to say.
        hall.now = "2026-11-23T07:00:00Z".parse().unwrap();
        assert_eq!(issue(&mut hall, Some(reason)).unwrap().outside_hours, None);
    }
}
