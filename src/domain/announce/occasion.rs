//! What an invitation says besides number and counter: whoever was called elsewhere before is told to move
//! on or to come back, and whoever is called for a result hears so. Worked out from the ticket, so that a
//! call that is announced again after a restart says the same.

use crate::queue::Ticket;
use serde::{Deserialize, Serialize};

/// The service group at whose counters results are returned, as the delivered catalogue names it. A center
/// that names its group otherwise hears the plain sentence.
pub const RESULTS_SERVICE: &str = "tra-ket-qua";

/// How a citizen gets to the counter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// From the hall, or to the counter that called before.
    #[default]
    Comes,
    /// From another counter: the number was passed on, went on to its next service, or was missed there.
    MovesOn,
    /// To the counter that had sent them elsewhere.
    ComesBack,
}

/// What is special about a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Occasion {
    /// How the citizen gets there.
    pub way: Way,
    /// A result is returned there.
    pub result: bool,
}

impl Occasion {
    /// That of a ticket's present call. Calls of the day from which it was carried over do not count:
    /// nobody in today's hall has heard them.
    pub fn of(ticket: &Ticket) -> Self {
        let result = ticket.service.as_str() == RESULTS_SERVICE;
        let Some(counter) = ticket.counter else { return Self { way: Way::Comes, result } };
        let mut earlier =
            ticket.past_calls.iter().rev().filter(|past| ticket.is_of_its_queue(past.called_at));
        let way = match earlier.next() {
            Some(last) if last.counter != counter => {
                let returned =
                    ticket.call_reason.as_ref().is_some_and(|why| why.returned_from.is_some());
                if returned && earlier.any(|past| past.counter == counter) {
                    Way::ComesBack
                } else {
                    Way::MovesOn
                }
            }
            _ => Way::Comes,
        };
        Self { way, result }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CounterNumber, ServiceCode};
    use crate::queue::{CallEnd, PastCall};
    use crate::time::business_day;
    use jiff::Timestamp;
    use uuid::Uuid;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_764_000_000 + 60 * minute).unwrap()
    }

    fn called(service: &str, before: &[u16], counter: u16) -> Ticket {
        let (service, day) = (ServiceCode::parse(service).unwrap(), business_day(at(0)));
        let issued_by = "kiosk-1".to_owned();
        let mut ticket = Ticket::waiting(Uuid::nil(), day, ('A', 12), service, at(0), issued_by);
        ticket.counter = Some(CounterNumber(counter));
        for (minute, counter) in (0..).zip(before) {
            ticket.past_calls.push(PastCall {
                counter: CounterNumber(*counter),
                officer: None,
                service: None,
                called_at: at(minute),
                begun_at: None,
                reason: None,
                ended_at: at(minute + 1),
                end: CallEnd::CameBack,
            });
        }
        ticket
    }

    #[test]
    fn who_was_called_elsewhere_before_is_told_to_move_on_and_nobody_else() {
        let way = |before: &[u16], counter| Occasion::of(&called("ho-tich", before, counter)).way;
        assert_eq!(way(&[], 1), Way::Comes);
        assert_eq!(way(&[2], 1), Way::MovesOn);
        assert_eq!(way(&[1], 1), Way::Comes, "missed there, and called there again");
        assert_eq!(way(&[2, 1], 1), Way::Comes, "heard so already");
        assert_eq!(way(&[1, 2], 1), Way::MovesOn, "nobody had asked it to come back");
    }

    #[test]
    fn only_at_the_group_that_returns_results_a_result_is_promised() {
        assert!(Occasion::of(&called(RESULTS_SERVICE, &[], 4)).result);
        assert!(Occasion::of(&called(RESULTS_SERVICE, &[1], 4)).result);
        assert!(!Occasion::of(&called("ho-tich", &[], 4)).result);
    }

    #[test]
    fn what_was_called_on_the_day_before_is_no_news_to_todays_hall() {
        let mut ticket = called("ho-tich", &[2], 1);
        ticket.carried_to = Some(business_day(at(0)).tomorrow().unwrap());
        assert_eq!(Occasion::of(&ticket).way, Way::Comes);
    }
}
