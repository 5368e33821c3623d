//! Which sessions a day has: the same every day, or by weekday and by the calendar that deadlines are
//! counted with. Data alone: what a kiosk makes of it stands in `hours`.
//!
//! A file that names weekdays says when people are at the center, so a day off of the calendar is closed
//! and a make-up day is open. A file that names none is one of an older release: its sessions hold on each
//! day, also on a Sunday and on a holiday, as they always did.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{self, Weekday};

use super::hours::QueueHours;
use crate::calendar::{Calendar, Session, SpecialDay};

/// Days of a week.
pub const DAYS_OF_WEEK: usize = 7;
/// The next day with a session is looked for so many days ahead: longer than any row of days off.
const NEXT_DAYS_MAX: usize = 60;
/// The words for a weekday in a file, Monday first: as boards write it here, and in English.
const WORDS: [[&str; 2]; DAYS_OF_WEEK] = [
    ["T2", "MON"],
    ["T3", "TUE"],
    ["T4", "WED"],
    ["T5", "THU"],
    ["T6", "FRI"],
    ["T7", "SAT"],
    ["CN", "SUN"],
];

/// Some days of a week, as a file names them: `T2-T6`, `T7`, `mon-fri, sun`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weekdays([bool; DAYS_OF_WEEK]);

impl Weekdays {
    /// All seven.
    pub const EVERY: Self = Self([true; DAYS_OF_WEEK]);

    /// Whether a day, counted from Monday as 0, is one of them.
    #[must_use]
    pub fn has(&self, place: usize) -> bool {
        self.0.get(place).copied().unwrap_or(false)
    }
}

/// What is no list of weekdays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoWeekdays(String);

impl fmt::Display for NoWeekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is none of T2 T3 T4 T5 T6 T7 CN and no range of them", self.0)
    }
}

impl FromStr for Weekdays {
    type Err = NoWeekdays;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let none = |part: &str| NoWeekdays(part.chars().take(40).collect());
        let place = |word: &str| {
            let word = word.trim().to_uppercase();
            WORDS.iter().position(|words| words.contains(&word.as_str()))
        };
        let mut days = [false; DAYS_OF_WEEK];
        for part in text.split([',', ' ', ';']).filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let range = place(first).zip(place(last)).filter(|(first, last)| first <= last);
            let (first, last) = range.ok_or_else(|| none(part))?;
            days.iter_mut().take(last + 1).skip(first).for_each(|day| *day = true);
        }
        if days.contains(&true) { Ok(Self(days)) } else { Err(none(text)) }
    }
}

/// The sessions of each weekday, each day's in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Week {
    days: [Vec<Session>; DAYS_OF_WEEK],
    by_weekday: bool,
}

impl Week {
    /// The same on each day of the year. Without a session: around the clock.
    #[must_use]
    pub fn every_day(sessions: Vec<Session>) -> Self {
        Self { days: std::array::from_fn(|_| sessions.clone()), by_weekday: false }
    }

    /// By weekday, Monday first. A day without a session is closed, and so is a day off of the calendar.
    #[must_use]
    pub fn by_weekday(days: [Vec<Session>; DAYS_OF_WEEK]) -> Self {
        Self { days, by_weekday: true }
    }

    /// Whether weekdays are told apart.
    #[must_use]
    pub fn names_weekdays(&self) -> bool {
        self.by_weekday
    }

    /// Whether there is no session at all: then numbers are given around the clock.
    #[must_use]
    pub fn is_around_the_clock(&self) -> bool {
        self.days.iter().all(Vec::is_empty)
    }

    fn of(&self, weekday: Weekday) -> &[Session] {
        let place = usize::try_from(weekday.to_monday_zero_offset()).unwrap_or(0);
        self.days.get(place).map(Vec::as_slice).unwrap_or_default()
    }

    /// A make-up day has the sessions of a Monday: it is worked in place of a day between Monday and Friday,
    /// and no list of such days says which. Where Mondays are closed, those of the first day that is not.
    fn of_make_up_day(&self) -> &[Session] {
        self.days.iter().find(|day| !day.is_empty()).map(Vec::as_slice).unwrap_or_default()
    }
}

impl QueueHours {
    /// The same with the days that differ from their weekday, by the calendar that deadlines are counted
    /// with. Only a file that names weekdays looks at them.
    #[must_use]
    pub fn following(self, calendar: &Calendar) -> Self {
        let special = calendar.special_days().map(|day| (day.date, day.clone()));
        Self { special_days: special.collect(), ..self }
    }

    /// The sessions of a day, in order. None on a day on which the center is closed, and none where numbers
    /// are given around the clock.
    #[must_use]
    pub fn sessions_on(&self, day: civil::Date) -> &[Session] {
        match self.special_on(day) {
            Some(special) if special.working => self.week.of_make_up_day(),
            Some(_) => &[],
            None => self.week.of(day.weekday()),
        }
    }

    /// Whether numbers are given at some time of a day.
    #[must_use]
    pub fn is_open_on(&self, day: civil::Date) -> bool {
        self.week.is_around_the_clock() || !self.sessions_on(day).is_empty()
    }

    /// Why a day has other sessions than its weekday.
    pub(super) fn special_on(&self, day: civil::Date) -> Option<&SpecialDay> {
        self.special_days.get(&day).filter(|_| self.week.names_weekdays())
    }

    /// The first day after a day that has a session, with the first one. Nothing where none comes within
    /// two months.
    pub(super) fn next_open_day(&self, after: civil::Date) -> Option<(civil::Date, Session)> {
        let mut day = after;
        for _ in 0..NEXT_DAYS_MAX {
            day = day.tomorrow().ok()?;
            if let Some(first) = self.sessions_on(day).first() {
                return Some((day, *first));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    const HOLIDAYS: &str = include_str!("../../../config/calendar/holidays.csv");
    const HOURS: &str = include_str!("../../../config/calendar/hours.toml");

    fn session(from: i8, to: i8) -> Session {
        Session { from: time(from, 30, 0, 0), to: time(to, 30, 0, 0) }
    }

    /// Monday to Friday morning and afternoon, and Saturday morning.
    fn hours() -> QueueHours {
        let day = vec![session(7, 11), session(13, 16)];
        let mut days: [Vec<Session>; DAYS_OF_WEEK] = std::array::from_fn(|_| day.clone());
        days[5] = vec![session(7, 11)];
        days[6].clear();
        let calendar = Calendar::parse(("holidays.csv", HOLIDAYS), ("hours.toml", HOURS)).unwrap();
        QueueHours { week: Week::by_weekday(days), ..QueueHours::default() }.following(&calendar)
    }

    fn days(text: &str) -> Vec<usize> {
        let read: Weekdays = text.parse().unwrap();
        (0..DAYS_OF_WEEK).filter(|place| read.has(*place)).collect()
    }

    #[test]
    fn weekdays_are_read_as_boards_write_them() {
        assert_eq!(days("T2-T6"), [0, 1, 2, 3, 4]);
        assert_eq!(days("t2 t4, CN"), [0, 2, 6]);
        assert_eq!(days("mon-wed;Sat"), [0, 1, 2, 5]);
        for wrong in ["", " , ", "T1", "T8", "T6-T2", "T2-", "thứ hai", "T2–T6"] {
            assert!(wrong.parse::<Weekdays>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_saturday_has_its_own_hours_and_a_sunday_none() {
        let hours = hours();
        assert_eq!(hours.sessions_on(date(2026, 11, 27)), [session(7, 11), session(13, 16)]);
        assert_eq!(hours.sessions_on(date(2026, 11, 28)), [session(7, 11)]);
        assert!(hours.sessions_on(date(2026, 11, 29)).is_empty());
        assert!(!hours.is_open_on(date(2026, 11, 29)));
    }

    #[test]
    fn a_holiday_is_closed_and_a_make_up_saturday_is_worked_as_a_monday() {
        let hours = hours();
        // The Tuesday of the Vietnam Cultural Day, and the make-up Saturday of 22 August.
        assert!(!hours.is_open_on(date(2026, 11, 24)));
        assert_eq!(hours.special_on(date(2026, 11, 24)).unwrap().name_vi, "Ngày Văn hóa Việt Nam");
        assert_eq!(hours.sessions_on(date(2026, 8, 22)), [session(7, 11), session(13, 16)]);
        assert!(!hours.is_open_on(date(2026, 8, 31)), "the day it stands in for");
    }

    #[test]
    fn a_make_up_day_is_worked_also_where_mondays_are_closed() {
        let mut days: [Vec<Session>; DAYS_OF_WEEK] =
            std::array::from_fn(|_| vec![session(7, 11), session(13, 16)]);
        days[0].clear();
        days[6].clear();
        let hours = QueueHours { week: Week::by_weekday(days), ..hours() };
        assert!(!hours.is_open_on(date(2026, 11, 23)));
        assert_eq!(hours.sessions_on(date(2026, 8, 22)), [session(7, 11), session(13, 16)]);
    }

    #[test]
    fn the_next_opening_passes_over_a_whole_row_of_days_off() {
        let hours = hours();
        let next = |day| hours.next_open_day(day).unwrap();
        assert_eq!(next(date(2026, 11, 28)), (date(2026, 11, 30), session(7, 11)));
        // From the Saturday before Tết 2026 to the Saturday after it.
        assert_eq!(next(date(2026, 2, 14)), (date(2026, 2, 21), session(7, 11)));
        assert_eq!(next(date(2026, 11, 23)), (date(2026, 11, 25), session(7, 11)));
        let never = QueueHours {
            week: Week::by_weekday(std::array::from_fn(|_| Vec::new())),
            ..QueueHours::default()
        };
        assert_eq!(never.next_open_day(date(2026, 11, 23)), None);
    }

    #[test]
    fn without_weekdays_each_day_is_like_every_other_also_a_holiday() {
        let week = Week::every_day(vec![session(7, 11)]);
        let hours = QueueHours { week, ..hours() };
        for day in [date(2026, 11, 24), date(2026, 11, 28), date(2026, 11, 29)] {
            assert_eq!(hours.sessions_on(day), [session(7, 11)], "{day}");
        }
        let always = QueueHours::default();
        assert!(always.is_open_on(date(2026, 11, 29)) && always.week.is_around_the_clock());
    }
}
