//! Which numbers were called before one that still waits, and why: for its citizen, who sees others go.
//!
//! What is told of a number that went first for its priority, or by its appointment, is that alone: which
//! number that was is not in the answer, so no page can show it. A regular number that took its turn is
//! named, and the policy's line with it.

use jiff::Timestamp;

use super::reason::CallReason;
use super::types::{Ticket, TicketState};
use crate::time::business_day;

/// So many of them are told, the latest.
pub const WENT_FIRST_MAX: usize = 3;

/// A call by which another number went first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WentFirst {
    /// When it was called.
    pub called_at: Timestamp,
    /// Why before this one.
    pub because: FirstBecause,
}

/// Why it went first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstBecause {
    /// It has priority by law.
    Priority,
    /// The time of its appointment had come.
    Appointment,
    /// The policy gave a regular number its turn.
    Turn {
        /// That number.
        label: String,
        /// The policy's line, with its facts.
        reason: CallReason,
    },
}

/// The calls that passed over a ticket while it waits as it waits now, on the day in whose queue it stands;
/// the latest first, at most [`WENT_FIRST_MAX`]. Nothing for one that does not wait. `others` may be any
/// tickets of the center: those that tell of another one are left out.
pub fn went_first<'a>(
    ticket: &Ticket,
    others: impl IntoIterator<Item = &'a Ticket>,
) -> Vec<WentFirst> {
    if ticket.state != TicketState::Waiting {
        return Vec::new();
    }
    // Who was called and waits again does not ask about the time before.
    let since = ticket.past_calls.last().map_or(ticket.issued_at, |past| past.ended_at);
    let day = ticket.queue_day();
    let mut found = Vec::new();
    for other in others {
        let past = other.past_calls.iter().map(|past| (past.called_at, past.reason.as_ref()));
        let present = other.called_at.map(|called_at| (called_at, other.call_reason.as_ref()));
        for (called_at, reason) in past.chain(present) {
            let over_it = |reason: &&CallReason| reason.over.as_ref() == Some(&ticket.label);
            let Some(reason) = reason.filter(over_it) else { continue };
            // Numbers begin anew each day: a label means this ticket on its own day alone.
            if called_at >= since && business_day(called_at) == day {
                found.push(WentFirst { called_at, because: because(other, reason) });
            }
        }
    }
    found.sort_by_key(|first| std::cmp::Reverse(first.called_at));
    found.truncate(WENT_FIRST_MAX);
    found
}

fn because(called: &Ticket, reason: &CallReason) -> FirstBecause {
    if reason.rule.passes_priority() {
        FirstBecause::Turn { label: called.label.clone(), reason: reason.clone() }
    } else if reason.appointment_at.is_some() {
        FirstBecause::Appointment
    } else {
        FirstBecause::Priority
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Hall, code, plan};
    use super::super::{Command, QueueRules, TransferTo};
    use super::*;
    use crate::ids::CounterNumber;
    use uuid::Uuid;

    const ONE: CounterNumber = CounterNumber(1);

    fn told(hall: &Hall, id: Uuid) -> Vec<FirstBecause> {
        let ticket = hall.queue.ticket(id).unwrap();
        let first = went_first(ticket, hall.queue.tickets());
        first.into_iter().map(|one| one.because).collect()
    }

    #[test]
    fn who_waits_learns_that_priority_went_first_and_not_which_number_that_was() {
        let mut hall = Hall::open();
        let waiting = hall.issue("ho-tich", None).unwrap().id;
        let later = hall.issue("ho-tich", None).unwrap().id;
        hall.issue("ho-tich", Some("elderly")).unwrap();
        assert!(told(&hall, waiting).is_empty());
        hall.serve(1);
        assert_eq!(told(&hall, waiting), [FirstBecause::Priority]);
        assert!(told(&hall, later).is_empty(), "the head of the line was passed over");
        hall.restart();
        assert_eq!(told(&hall, waiting), [FirstBecause::Priority], "also after a restart");
        hall.call(1).unwrap();
        assert!(told(&hall, waiting).is_empty(), "it does not wait any more");
    }

    #[test]
    fn a_regular_number_that_took_its_turn_is_named_with_the_policys_line() {
        let rules = QueueRules { threshold_s: 60, ..QueueRules::default() };
        let mut hall = Hall::ruled(vec![plan(1, &["ho-tich"])], &rules);
        let regular = hall.issue("ho-tich", None).unwrap();
        hall.pass(61);
        let priority = hall.issue("ho-tich", Some("elderly")).unwrap().id;
        let called = hall.call(1).unwrap();
        assert_eq!(called.id, regular.id);
        let reason = called.call_reason.unwrap();
        assert_eq!(told(&hall, priority), [FirstBecause::Turn { label: regular.label, reason }]);
    }

    #[test]
    fn a_number_with_an_appointment_is_told_as_that() {
        let mut hall = Hall::open();
        let waiting = hall.issue("ho-tich", None).unwrap().id;
        hall.appointed("ho-tich", 60);
        hall.pass(60);
        hall.call(1).unwrap();
        assert_eq!(told(&hall, waiting), [FirstBecause::Appointment]);
    }

    #[test]
    fn a_call_counts_though_the_number_was_passed_on_and_the_latest_three_are_told() {
        let mut hall = Hall::open();
        let waiting = hall.issue("ho-tich", None).unwrap().id;
        hall.issue("ho-tich", Some("elderly")).unwrap();
        hall.call(1).unwrap();
        hall.take(Command::Transfer(ONE, TransferTo::Service(code("dat-dai")))).unwrap();
        assert_eq!(told(&hall, waiting), [FirstBecause::Priority]);
        for _ in 0..WENT_FIRST_MAX {
            hall.pass(60);
            hall.issue("ho-tich", Some("pregnant")).unwrap();
            hall.serve(1);
        }
        let ticket = hall.queue.ticket(waiting).unwrap();
        let first = went_first(ticket, hall.queue.tickets());
        assert_eq!(first.len(), WENT_FIRST_MAX);
        assert_eq!(first[0].called_at, hall.now, "the latest first");
    }

    #[test]
    fn who_waits_again_is_not_told_of_the_time_before() {
        let mut hall = Hall::open();
        let missed = hall.issue("ho-tich", None).unwrap().id;
        hall.issue("ho-tich", Some("elderly")).unwrap();
        hall.serve(1);
        assert_eq!(told(&hall, missed).len(), 1);
        hall.pass(60);
        assert_eq!(hall.miss(1), missed);
        hall.pass(60);
        hall.take(Command::ReturnToQueue(missed)).unwrap();
        assert!(told(&hall, missed).is_empty());
    }

    #[test]
    fn the_same_number_of_another_day_is_another_one() {
        let mut hall = Hall::open();
        let waiting = hall.issue("ho-tich", None).unwrap();
        hall.issue("ho-tich", Some("elderly")).unwrap();
        hall.call(1).unwrap();
        let others: Vec<Ticket> = hall.queue.tickets().cloned().collect();
        assert_eq!(went_first(&waiting, &others).len(), 1);
        let carried = Ticket { carried_to: waiting.business_day.tomorrow().ok(), ..waiting };
        assert!(went_first(&carried, &others).is_empty());
    }
}
