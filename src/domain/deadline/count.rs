//! The count itself: a walk over the days that notes why each was passed over.

use jiff::{SignedDuration, Timestamp, civil};

use super::{Channel, Deadline, DeadlineRules, Limit, LimitUnit, Pause, Reason};
use crate::calendar::Calendar;
use crate::time::{instant, local};

/// No procedure has more; a larger number in a wrong catalogue ends here instead of at year 9999.
const DAYS_MAX: u32 = 3_650;

/// Works the due date out. `pauses` may be in any order; one without an end makes the result
/// provisional, as if the supplement came on the day it was asked for.
pub fn deadline(
    received: Timestamp,
    limit: Limit,
    calendar: &Calendar,
    rules: &DeadlineRules,
    pauses: &[Pause],
    channel: Channel,
) -> Deadline {
    let at = local(received);
    let mut walk =
        Walk { calendar, rules, pauses, told: vec![false; pauses.len()], reasons: vec![] };
    walk.reasons.push(Reason::Received { at, channel });
    let mut start = at;
    if channel == Channel::Online && rules.online_next_session {
        start = calendar.in_session(at);
        if start != at {
            walk.reasons.push(Reason::NextSession { from: start });
        }
    }
    walk.reasons.push(Reason::LimitGiven { value: limit.value, unit: limit.unit });
    let due = match limit.unit {
        LimitUnit::WorkingDays => walk.working_days(start.date(), limit.value.min(DAYS_MAX)),
        LimitUnit::SameDay => walk.same_day(start),
        LimitUnit::CalendarDays => walk.calendar_days(start.date(), limit.value.min(DAYS_MAX)),
        LimitUnit::Hours => walk.hours(start, i64::from(limit.value.min(DAYS_MAX * 8))),
    };
    walk.reasons.push(Reason::LastDay { date: due.date(), time: due.time() });
    for year in at.year()..=due.year() {
        if !calendar.knows_year(year) {
            walk.reasons.push(Reason::YearNotKnown { year });
        }
    }
    if rules.needs_confirmation {
        walk.reasons.push(Reason::RuleNeedsConfirmation { source: rules.source.clone() });
    }
    let provisional = pauses.iter().any(|pause| {
        pause.brought_at.is_none() && local(pause.asked_at) <= due && pause.asked_at >= received
    });
    Deadline { due, due_at: instant(due), provisional, reasons: walk.reasons }
}

struct Walk<'a> {
    calendar: &'a Calendar,
    rules: &'a DeadlineRules,
    pauses: &'a [Pause],
    told: Vec<bool>,
    reasons: Vec<Reason>,
}

impl Walk<'_> {
    fn working_days(&mut self, received: civil::Date, days: u32) -> civil::DateTime {
        let mut date = if self.rules.starts_next_day {
            received.tomorrow().unwrap_or(received)
        } else {
            received
        };
        let mut counted = 0;
        loop {
            if self.counts(date) {
                counted += 1;
                if counted == 1 {
                    self.reasons.push(Reason::FirstDay { date });
                }
                if counted >= days {
                    return self.calendar.end_of(date);
                }
            }
            match date.tomorrow() {
                Ok(next) => date = next,
                Err(_) => return self.calendar.end_of(date),
            }
        }
    }

    fn same_day(&mut self, received: civil::DateTime) -> civil::DateTime {
        let until = self.rules.same_day_until;
        let date = received.date();
        let worked = self.calendar.is_working(date);
        let end = self.calendar.end_of(date);
        if worked && received.time() <= until && received < end && !self.is_paused(date) {
            self.reasons.push(Reason::SameDayInTime { until });
            return end;
        }
        let mut day = date;
        while let Ok(next) = day.tomorrow() {
            day = next;
            if self.counts(day) {
                break;
            }
        }
        self.reasons.push(if worked && !self.is_paused(date) {
            Reason::SameDayTooLate { until, date: day }
        } else {
            Reason::FirstDay { date: day }
        });
        self.calendar.end_of(day)
    }

    fn calendar_days(&mut self, received: civil::Date, days: u32) -> civil::DateTime {
        let mut date = received;
        let mut counted = u32::from(!self.rules.starts_next_day && !self.is_paused(date));
        while counted < days {
            match date.tomorrow() {
                Ok(next) => date = next,
                Err(_) => break,
            }
            if !self.is_paused(date) {
                counted += 1;
            }
        }
        let from = date;
        while !self.counts(date) {
            match date.tomorrow() {
                Ok(next) => date = next,
                Err(_) => break,
            }
        }
        if date != from {
            self.reasons.push(Reason::MovedToWorkingDay { from, to: date });
        }
        self.calendar.end_of(date)
    }

    /// Counts inside the sessions; pauses stop the clock to the minute.
    fn hours(&mut self, received: civil::DateTime, hours: i64) -> civil::DateTime {
        let mut left = SignedDuration::from_hours(hours);
        let mut at = self.calendar.in_session(received);
        self.tell_days_between(received.date(), at.date());
        loop {
            if let Some((index, end)) = self.pause_at(at) {
                self.tell_pause(index);
                let next = self.calendar.in_session(end);
                self.tell_days_between(end.date(), next.date());
                at = next;
                continue;
            }
            let session_end = self
                .calendar
                .sessions()
                .iter()
                .find(|session| (session.from..session.to).contains(&at.time()))
                .map_or_else(|| self.calendar.end_of(at.date()), |s| at.date().to_datetime(s.to));
            let stop =
                self.next_pause_after(at).map_or(session_end, |pause| pause.min(session_end));
            let part = stop.duration_since(at);
            if part >= left {
                return at.checked_add(left).unwrap_or(stop);
            }
            left -= part;
            if stop < session_end {
                at = stop;
                continue;
            }
            let next = self.calendar.in_session(stop);
            self.tell_days_between(at.date(), next.date());
            if next <= at {
                return stop;
            }
            at = next;
        }
    }

    /// Whether a day counts; when not, notes why.
    fn counts(&mut self, date: civil::Date) -> bool {
        if let Some(index) = self.pause_of(date) {
            self.tell_pause(index);
            return false;
        }
        let worked = self.calendar.is_working(date);
        self.tell_special(date, worked);
        worked
    }

    fn tell_special(&mut self, date: civil::Date, worked: bool) {
        match self.calendar.special(date) {
            Some(special) if worked => self
                .reasons
                .push(Reason::MakeUpDay { date, needs_confirmation: special.needs_confirmation }),
            Some(special) => {
                if let Some(Reason::HolidaySkipped { to, name_vi, .. }) = self.reasons.last_mut()
                    && *name_vi == special.name_vi
                    && to.tomorrow().is_ok_and(|next| next == date)
                {
                    *to = date;
                    return;
                }
                self.reasons.push(Reason::HolidaySkipped {
                    from: date,
                    to: date,
                    name_vi: special.name_vi.clone(),
                    name_en: special.name_en.clone(),
                    needs_confirmation: special.needs_confirmation,
                });
            }
            None if worked => {}
            None => {
                if let Some(Reason::WeekendSkipped { to, .. }) = self.reasons.last_mut()
                    && to.tomorrow().is_ok_and(|next| next == date)
                {
                    *to = date;
                    return;
                }
                self.reasons.push(Reason::WeekendSkipped { from: date, to: date });
            }
        }
    }

    /// Notes the days off between two days, both excluded.
    fn tell_days_between(&mut self, from: civil::Date, to: civil::Date) {
        let mut date = from;
        while let Ok(next) = date.tomorrow() {
            if next >= to {
                return;
            }
            date = next;
            if !self.calendar.is_working(date) {
                self.tell_special(date, false);
            }
        }
    }

    fn is_paused(&self, date: civil::Date) -> bool {
        self.pause_of(date).is_some()
    }

    fn pause_of(&self, date: civil::Date) -> Option<usize> {
        self.pauses.iter().position(|pause| {
            let asked = local(pause.asked_at).date();
            let brought = pause.brought_at.map_or(asked, |brought| local(brought).date());
            let first_ok = asked < date || (asked == date && !self.rules.asked_day_counts);
            let last_ok = date < brought || (date == brought && !self.rules.brought_day_counts);
            // asked and brought on one day: that day is lost only when neither end counts
            first_ok && last_ok
        })
    }

    fn tell_pause(&mut self, index: usize) {
        if let Some(told) = self.told.get_mut(index)
            && !std::mem::replace(told, true)
            && let Some(pause) = self.pauses.get(index)
        {
            self.reasons.push(Reason::Paused {
                from: local(pause.asked_at).date(),
                to: pause.brought_at.map(|brought| local(brought).date()),
            });
        }
    }

    fn pause_at(&self, at: civil::DateTime) -> Option<(usize, civil::DateTime)> {
        self.pauses.iter().enumerate().find_map(|(index, pause)| {
            let end = local(pause.brought_at?);
            (local(pause.asked_at) <= at && at < end).then_some((index, end))
        })
    }

    fn next_pause_after(&self, at: civil::DateTime) -> Option<civil::DateTime> {
        self.pauses
            .iter()
            .filter(|pause| pause.brought_at.is_some_and(|brought| brought > pause.asked_at))
            .map(|pause| local(pause.asked_at))
            .filter(|asked| *asked > at)
            .min()
    }
}
