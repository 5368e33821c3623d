//! Reading when numbers are given from `config/queue/hours.toml`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::hours::{LastTicket, QueueHours};
use super::types::Service;
use super::week::{DAYS_OF_WEEK, Week, Weekdays};
use crate::calendar::Session;
use crate::fields::{Checks, Fields};
use crate::ids::ServiceCode;
use crate::problem::Problems;

/// Minutes before a session in which numbers are given already.
const OPEN_BEFORE_MIN: RangeInclusive<i64> = 0..=120;
/// Minutes that a citizen takes at a counter.
const SERVICE_MIN: RangeInclusive<i64> = 1..=120;
/// What works as the weekdays of a session.
const WEEKDAYS: &str = "T2-T6";
/// What works as the source of the hours.
const SOURCE_THAT_WORKS: &str = "Quyết định của UBND tỉnh";

impl QueueHours {
    /// Reads the file. Without a session numbers are given around the clock.
    ///
    /// # Errors
    /// All problems at once.
    pub fn parse(file: &str, text: &str, services: &[Service]) -> Result<Self, Problems> {
        let checks = Checks::new(file);
        let Some(table) = checks.table(text) else { return checks.finish(None) };
        let root = checks.root(&table);
        let delivered = Self::default();
        let minutes = |key, bounds, delivered_s: i64| {
            root.number_or(key, bounds, delivered_s / 60, Some(delivered_s / 60))
        };
        let open_before_min = minutes("open_before_min", OPEN_BEFORE_MIN, delivered.open_before_s);
        let service_min = minutes("service_min", SERVICE_MIN, delivered.service_s);
        // What a file of an older release does not name is as delivered.
        let flag = |key: &'static str, delivered: bool| {
            if table.contains_key(key) { root.flag(key) } else { Some(delivered) }
        };
        let also_outside = flag("also_outside", delivered.also_outside);
        let needs_confirmation = flag("needs_confirmation", delivered.needs_confirmation);
        let source = root.text_or_none("source", SOURCE_THAT_WORKS);
        let week = parse_week(&root.tables("session"));
        let mut last_tickets: Vec<LastTicket> = Vec::new();
        for part in root.tables("last_ticket") {
            let Some(last) = parse_last(&part, services) else { continue };
            if last_tickets.iter().any(|other| other.service == last.service) {
                part.wrong::<()>("service", &format!("{} stands twice", last.service), "dat-dai");
            }
            last_tickets.push(last);
        }
        if week.is_around_the_clock() && !last_tickets.is_empty() {
            root.wrong::<()>("session", "is missing", "[[session]] from = \"07:30\"");
        }
        root.no_others();
        let hours = (|| {
            Some(Self {
                week,
                special_days: BTreeMap::new(),
                also_outside: also_outside?,
                source,
                needs_confirmation: needs_confirmation?,
                open_before_s: open_before_min? * 60,
                service_s: service_min? * 60,
                last_tickets,
            })
        })();
        checks.finish(hours)
    }
}

/// A block with its weekdays, where it names some, and its session.
type Read<'f, 't> = (&'f Fields<'t>, Option<Weekdays>, Session);

/// The sessions of all blocks: either each names its weekdays, or none does.
fn parse_week(parts: &[Fields<'_>]) -> Week {
    let mut read: Vec<Read<'_, '_>> = Vec::new();
    for part in parts {
        let weekdays = parse_weekdays(part);
        let session = Session::read(part);
        part.no_others();
        if let (Some(weekdays), Some(session)) = (weekdays, session) {
            read.push((part, weekdays, session));
        }
    }
    let by_weekday = read.iter().any(|(_, weekdays, _)| weekdays.is_some());
    let mut days: [Vec<Session>; DAYS_OF_WEEK] = std::array::from_fn(|_| Vec::new());
    for (part, weekdays, session) in read {
        if by_weekday && weekdays.is_none() {
            part.wrong::<()>("weekdays", "is missing: another session names its own", WEEKDAYS);
        }
        let weekdays = weekdays.unwrap_or(Weekdays::EVERY);
        let of = days.iter_mut().enumerate().filter(|(place, _)| weekdays.has(*place));
        let mut of: Vec<&mut Vec<Session>> = of.map(|(_, sessions)| sessions).collect();
        // Said once, also where two blocks meet on several days.
        let latest = of.iter().filter_map(|sessions| sessions.last()).max_by_key(|one| one.to);
        session.check_after(latest, part);
        of.iter_mut().for_each(|sessions| sessions.push(session));
    }
    if by_weekday {
        return Week::by_weekday(days);
    }
    let [every, ..] = days;
    Week::every_day(every)
}

/// Nothing where the key is wrong; nothing inside where there is none.
fn parse_weekdays(part: &Fields<'_>) -> Option<Option<Weekdays>> {
    if !part.has("weekdays") {
        return Some(None);
    }
    part.parsed::<Weekdays>("weekdays", WEEKDAYS).map(Some)
}

fn parse_last(part: &Fields<'_>, services: &[Service]) -> Option<LastTicket> {
    let service = part.parsed::<ServiceCode>("service", "dat-dai");
    let at = part.time("at", "16:00");
    part.no_others();
    let service = service?;
    if !services.iter().any(|known| known.code == service) {
        let codes: Vec<&str> = services.iter().map(|known| known.code.as_str()).collect();
        return part.wrong(
            "service",
            &format!("{service} is no service group"),
            &codes.join(" | "),
        );
    }
    Some(LastTicket { service, at: at? })
}

#[cfg(test)]
mod tests {
    use super::super::parse_services;
    use super::super::tests::SERVICES;
    use super::*;
    use jiff::civil::{date, time};

    const DELIVERED: &str = include_str!("../../../config/queue/hours.toml");

    fn parse(text: &str) -> Result<QueueHours, Problems> {
        let services = parse_services("services.toml", SERVICES).unwrap();
        QueueHours::parse("hours.toml", text, &services)
    }

    #[test]
    fn the_delivered_file_gives_numbers_around_the_clock() {
        assert_eq!(parse(DELIVERED).unwrap(), QueueHours::default());
        assert_eq!(parse("").unwrap(), QueueHours::default());
    }

    #[test]
    fn the_hours_in_the_delivered_file_work_once_their_marks_are_taken_off() {
        let uncommented: Vec<&str> =
            DELIVERED.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect();
        let hours = parse(&uncommented.join("\n")).unwrap();
        let morning = Session { from: time(7, 30, 0, 0), to: time(11, 30, 0, 0) };
        // A Friday, a Saturday, a Sunday.
        let on = |day| hours.sessions_on(date(2026, 11, day));
        assert_eq!((on(27).len(), on(27)[0]), (2, morning));
        assert_eq!((on(28), on(29).len()), (&[morning][..], 0));
        assert_eq!(hours.last_tickets.len(), 1);
        assert!(hours.source.is_some() && hours.needs_confirmation && !hours.also_outside);
    }

    #[test]
    fn a_file_of_an_older_release_has_the_same_sessions_on_each_day() {
        let old = "open_before_min = 15\nservice_min = 6\n\
             [[session]]\nfrom = \"07:30\"\nto = \"11:30\"\n\
             [[session]]\nfrom = \"13:30\"\nto = \"17:00\"\n";
        let hours = parse(old).unwrap();
        assert!(!hours.week.names_weekdays() && !hours.also_outside);
        for day in 23..30 {
            assert_eq!(hours.sessions_on(date(2026, 11, day)).len(), 2, "{day}");
        }
    }

    #[test]
    fn mistakes_of_weekdays_are_named_with_their_blocks() {
        let told = parse(
            "also_outside = \"yes\"\nneeds_confirmation = 1\nsource = 7\n\
             [[session]]\nweekdays = \"T2-T6\"\nfrom = \"07:30\"\nto = \"11:30\"\n\
             [[session]]\nfrom = \"13:30\"\nto = \"17:00\"\n\
             [[session]]\nweekdays = \"T9\"\nfrom = \"07:30\"\nto = \"11:30\"\n\
             [[session]]\nweekdays = \"T6 T7\"\nfrom = \"11:00\"\nto = \"12:00\"\n",
        );
        let told = told.unwrap_err().to_string();
        for expected in [
            "also_outside: is neither true nor false",
            "needs_confirmation: is neither true nor false",
            "source: is not a text in quotes",
            "session[1].weekdays: is missing: another session names its own; a value that works: T2-T6",
            "session[2].weekdays: \"T9\" does not read",
            "session[3].from: lies before the end of the session above",
        ] {
            assert!(told.contains(expected), "{expected} is missing in:\n{told}");
        }
        // On days of their own two sessions may have the same hours.
        let apart = "[[session]]\nweekdays = \"T2-T6\"\nfrom = \"07:30\"\nto = \"11:30\"\n\
             [[session]]\nweekdays = \"T7\"\nfrom = \"07:30\"\nto = \"11:30\"\n";
        assert!(parse(apart).unwrap().is_open_on(date(2026, 11, 28)));
    }

    #[test]
    fn every_mistake_of_the_hours_is_named_at_once() {
        let told = parse(
            "open_before_min = 121\nservice_min = 0\nlunch = true\n\
             [[session]]\nfrom = \"07:30\"\nto = \"11:30\"\n\
             [[session]]\nfrom = \"11:00\"\nto = \"17:00\"\n\
             [[session]]\nfrom = \"19:00\"\nto = \"18:00\"\n\
             [[last_ticket]]\nservice = \"vang\"\nat = \"16:00\"\n\
             [[last_ticket]]\nservice = \"dat-dai\"\nat = \"25:00\"\n",
        );
        let told = told.unwrap_err().to_string();
        for expected in [
            "open_before_min: 121 is not between 0 and 120; a value that works: 15",
            "service_min: 0 is not between 1 and 120; a value that works: 6",
            "lunch",
            "session[1].from: lies before the end of the session above",
            "session[2].to: is not after from",
            "last_ticket[0].service: vang is no service group",
            "last_ticket[1].at",
        ] {
            assert!(told.contains(expected), "{expected} is missing in:\n{told}");
        }
        let alone = "[[last_ticket]]\nservice = \"dat-dai\"\nat = \"16:00\"\n";
        assert!(parse(alone).unwrap_err().to_string().contains("session: is missing"));
    }
}
