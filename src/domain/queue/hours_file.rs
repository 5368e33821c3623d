//! Reading when numbers are given from `config/queue/hours.toml`.

use std::ops::RangeInclusive;

use super::hours::{LastTicket, QueueHours};
use super::types::Service;
use crate::calendar::Session;
use crate::fields::{Checks, Fields};
use crate::ids::ServiceCode;
use crate::problem::Problems;

/// Minutes before a session in which numbers are given already.
const OPEN_BEFORE_MIN: RangeInclusive<i64> = 0..=120;
/// Minutes that a citizen takes at a counter.
const SERVICE_MIN: RangeInclusive<i64> = 1..=120;

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
        let mut sessions: Vec<Session> = Vec::new();
        for part in root.tables("session") {
            let Some(session) = parse_session(&part) else { continue };
            if sessions.last().is_some_and(|before| before.to > session.from) {
                part.wrong::<()>("from", "lies before the end of the session above", "13:30");
            }
            sessions.push(session);
        }
        let mut last_tickets: Vec<LastTicket> = Vec::new();
        for part in root.tables("last_ticket") {
            let Some(last) = parse_last(&part, services) else { continue };
            if last_tickets.iter().any(|other| other.service == last.service) {
                part.wrong::<()>("service", &format!("{} stands twice", last.service), "dat-dai");
            }
            last_tickets.push(last);
        }
        if sessions.is_empty() && !last_tickets.is_empty() {
            root.wrong::<()>("session", "is missing", "[[session]] from = \"07:30\"");
        }
        root.no_others();
        let hours = (|| {
            Some(Self {
                sessions,
                open_before_s: open_before_min? * 60,
                service_s: service_min? * 60,
                last_tickets,
            })
        })();
        checks.finish(hours)
    }
}

fn parse_session(part: &Fields<'_>) -> Option<Session> {
    let (from, to) = (part.time("from", "07:30"), part.time("to", "11:30"));
    part.no_others();
    let session = Session { from: from?, to: to? };
    if session.from >= session.to {
        return part.wrong("to", "is not after from", "11:30");
    }
    Some(session)
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
    use jiff::civil::time;

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
        assert_eq!(hours.sessions.len(), 2);
        assert_eq!(hours.sessions[0], morning);
        assert_eq!(hours.last_tickets.len(), 1);
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
