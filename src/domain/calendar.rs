//! Working days and hours of a center: Monday to Friday less the holidays, plus the make-up
//! Saturdays, with sessions of a day. All of it is data; some of it is not confirmed yet, and says so.

use std::collections::BTreeMap;

use jiff::civil::{self, Weekday};
use serde::{Deserialize, Serialize};

use crate::csv;
use crate::fields::{Checks, Fields};
use crate::problem::{Problem, Problems, all_or};
use crate::text_fold::normalise;

/// A day that differs from its weekday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialDay {
    /// The date.
    pub date: civil::Date,
    /// Name for people.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// Worked (a make-up Saturday) or off.
    pub working: bool,
    /// Kind as in the data: public_holiday, compensatory, swapped_day_off, working_saturday, …
    pub kind: String,
    /// Whether the yearly decision or the province has yet to confirm it.
    pub needs_confirmation: bool,
}

/// A part of the working day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// First minute.
    pub from: civil::Time,
    /// End.
    pub to: civil::Time,
}

/// The calendar of one center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    days: BTreeMap<civil::Date, SpecialDay>,
    sessions: Vec<Session>,
    hours_need_confirmation: bool,
}

const COLUMNS: [&str; 6] = ["date", "name_vi", "name_en", "kind", "is_working", "certainty"];
const ROW_THAT_WORKS: &str = "2026-09-02,Quốc khánh,National Day,public_holiday,no,confirmed";

impl Calendar {
    /// Reads the holidays (`config/calendar/holidays.csv`) and the hours (`hours.toml`), each given
    /// as its name and its text; gives all problems of both at once.
    pub fn parse(holidays: (&str, &str), hours: (&str, &str)) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let days = match parse_days(holidays.0, holidays.1) {
            Ok(days) => days,
            Err(found) => {
                problems.extend(found.0);
                BTreeMap::new()
            }
        };
        let (sessions, hours_need_confirmation) = match parse_hours(hours.0, hours.1) {
            Ok(hours) => hours,
            Err(found) => {
                problems.extend(found.0);
                (Vec::new(), true)
            }
        };
        all_or(Self { days, sessions, hours_need_confirmation }, problems)
    }

    /// Whether a day is worked.
    pub fn is_working(&self, date: civil::Date) -> bool {
        match self.days.get(&date) {
            Some(special) => special.working,
            None => !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday),
        }
    }

    /// What is special about a day.
    pub fn special(&self, date: civil::Date) -> Option<&SpecialDay> {
        self.days.get(&date)
    }

    /// The first working day after a day. Nothing when the next ten years have none.
    pub fn next_working_day(&self, after: civil::Date) -> Option<civil::Date> {
        let mut date = after;
        for _ in 0..3_660 {
            date = date.tomorrow().ok()?;
            if self.is_working(date) {
                return Some(date);
            }
        }
        None
    }

    /// The sessions of a working day, in order.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// Whether the hours have yet to be confirmed by the province.
    pub fn hours_need_confirmation(&self) -> bool {
        self.hours_need_confirmation
    }

    /// The end of the working day.
    pub fn end_of(&self, date: civil::Date) -> civil::DateTime {
        let end = self.sessions.last().map_or(civil::time(17, 0, 0, 0), |session| session.to);
        date.to_datetime(end)
    }

    /// The moment itself when it lies in a session, otherwise the start of the next session.
    pub fn in_session(&self, at: civil::DateTime) -> civil::DateTime {
        let mut date = at.date();
        if self.is_working(date) {
            for session in &self.sessions {
                if at.time() < session.to {
                    return date.to_datetime(at.time().max(session.from));
                }
            }
        }
        date = self.next_working_day(date).unwrap_or(date);
        let start = self.sessions.first().map_or(civil::time(7, 30, 0, 0), |session| session.from);
        date.to_datetime(start)
    }

    /// Whether the data says anything about the year: without it, holidays are only guessed as none.
    pub fn knows_year(&self, year: i16) -> bool {
        let (from, to) = (civil::date(year, 1, 1), civil::date(year, 12, 31));
        self.days.range(from..=to).next().is_some()
    }

    /// All special days in order.
    pub fn special_days(&self) -> impl Iterator<Item = &SpecialDay> {
        self.days.values()
    }
}

fn parse_days(file: &str, text: &str) -> Result<BTreeMap<civil::Date, SpecialDay>, Problems> {
    let mut problems = Vec::new();
    let mut days = BTreeMap::new();
    for row in csv::rows(file, text, &COLUMNS, &mut problems) {
        let mut wrong = |message: String| {
            problems.push(Problem::new(
                file,
                format!("line {}", row.line),
                message,
                ROW_THAT_WORKS,
            ));
        };
        let date = row.fields[0].parse::<civil::Date>();
        let working = match row.fields[4].as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            other => {
                wrong(format!("is_working {other:?} is neither yes nor no"));
                None
            }
        };
        let needs_confirmation = match row.fields[5].as_str() {
            "confirmed" => Some(false),
            "needs confirmation" => Some(true),
            other => {
                wrong(format!(
                    "certainty {other:?} is neither \"confirmed\" nor \"needs confirmation\""
                ));
                None
            }
        };
        if row.fields[1].is_empty() {
            wrong("name_vi is empty".to_owned());
        }
        match (date, working, needs_confirmation) {
            (Err(_), ..) => wrong(format!("{:?} is not a date", row.fields[0])),
            (Ok(date), Some(working), Some(needs_confirmation)) => {
                let special = SpecialDay {
                    date,
                    name_vi: normalise(&row.fields[1]),
                    name_en: row.fields[2].clone(),
                    working,
                    kind: row.fields[3].clone(),
                    needs_confirmation,
                };
                if days.insert(date, special).is_some() {
                    wrong(format!("{date} stands twice"));
                }
            }
            _ => {}
        }
    }
    all_or(days, problems)
}

fn parse_hours(file: &str, text: &str) -> Result<(Vec<Session>, bool), Problems> {
    let checks = Checks::new(file);
    let Some(table) = checks.table(text) else { return checks.finish(None) };
    let root = checks.root(&table);
    let needs_confirmation = root.flag("needs_confirmation").unwrap_or(true);
    root.text("source", "Quyết định của UBND tỉnh");
    let mut sessions: Vec<Session> = Vec::new();
    let parts = root.tables("session");
    if parts.is_empty() {
        checks.note(
            "session",
            "there is no session",
            "[[session]] from = \"07:30\" to = \"11:30\"",
        );
    }
    for part in parts {
        let session = Session::read(&part);
        part.no_others();
        if let Some(session) = session {
            session.check_after(sessions.last(), &part);
            sessions.push(session);
        }
    }
    root.no_others();
    checks.finish(Some((sessions, needs_confirmation)))
}

impl Session {
    /// Reads `from` and `to` of a block of a file of hours; nothing where they are wrong, which is noted.
    pub(crate) fn read(part: &Fields<'_>) -> Option<Self> {
        let (from, to) = (part.time("from", "07:30"), part.time("to", "11:30"));
        let session = Self { from: from?, to: to? };
        if session.from >= session.to {
            return part.wrong("to", "is not after from", "11:30");
        }
        Some(session)
    }

    /// Notes with its block when it begins before the one above it has ended.
    pub(crate) fn check_after(&self, before: Option<&Self>, part: &Fields<'_>) {
        if before.is_some_and(|before| before.to > self.from) {
            part.wrong::<()>("from", "lies before the end of the session above", "13:30");
        }
    }
}
