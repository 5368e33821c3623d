//! "Hủy số vừa lấy": who took a number by mistake gives it back at the same kiosk, before the next
//! citizen stands there. The number is not given again that day.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::command::Decision;
use super::state::Queue;
use super::types::{Ticket, TicketState};
use crate::refusal::Refusal;

/// So long after its issue a kiosk may give its last number back. The kiosk's page goes back to its
/// first step before that; who comes later asks an officer.
pub const CANCEL_LAST_WITHIN: SignedDuration = SignedDuration::from_secs(60);

impl Queue {
    /// Gives back the number that this kiosk gave last, while it waits and nobody has called it yet.
    /// Whether it is on paper stays as it is: a slip that came out exists.
    ///
    /// # Errors
    /// The ticket is another kiosk's or not its last one, too old, or does not wait any more.
    pub fn cancel_last(&self, kiosk: &str, id: Uuid, now: Timestamp) -> Result<Decision, Refusal> {
        let now = self.of_this_day(now)?;
        let mut ticket = self.ticket(id)?.clone();
        if ticket.issued_by != kiosk || !self.is_last_of(kiosk, &ticket) {
            return Err(Refusal::NotLastOfKiosk { label: ticket.label });
        }
        if ticket.state != TicketState::Waiting || !ticket.past_calls.is_empty() {
            return Err(Refusal::TicketNotCancellable { label: ticket.label });
        }
        // A clock that was set back leaves the ticket young; its day still ends.
        if now.duration_since(ticket.issued_at) > CANCEL_LAST_WITHIN {
            let within_s = CANCEL_LAST_WITHIN.as_secs();
            return Err(Refusal::CancelLastOver { label: ticket.label, within_s });
        }
        ticket.state = TicketState::Cancelled;
        ticket.finished_at = Some(now);
        ticket.rev += 1;
        Ok(Decision { tickets: vec![ticket], ..Decision::default() })
    }

    fn is_last_of(&self, kiosk: &str, ticket: &Ticket) -> bool {
        let later = |other: &Ticket| {
            other.issued_by == kiosk
                && other.id != ticket.id
                && (other.issued_at, other.id) > (ticket.issued_at, ticket.id)
        };
        !self.tickets().any(later)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Hall, code};
    use super::super::{Command, Issue, Printed, TransferTo};
    use super::*;
    use crate::ids::CounterNumber;

    /// Which kiosk the hall's own issues come from.
    const KIOSK: &str = "kiosk";

    fn taken_at(hall: &mut Hall, kiosk: &str, id: u128) -> Ticket {
        let issue = Issue {
            id: Uuid::from_u128(id),
            service: code("ho-tich"),
            next_services: Vec::new(),
            priority_ground: None,
            print: true,
            issued_by: kiosk.to_owned(),
            outside_hours: None,
        };
        hall.take(Command::Issue(issue)).unwrap().tickets[0].clone()
    }

    fn cancel(hall: &mut Hall, kiosk: &str, id: Uuid) -> Result<Ticket, Refusal> {
        let decision = hall.queue.cancel_last(kiosk, id, hall.now)?;
        hall.queue.apply(&decision);
        Ok(decision.tickets[0].clone())
    }

    #[test]
    fn a_number_given_back_is_cancelled_and_never_given_again() {
        let mut hall = Hall::open();
        let ticket = hall.issue("ho-tich", None).unwrap();
        hall.take(Command::MarkPrinted(ticket.id, true)).unwrap();
        hall.pass(5);
        let after = cancel(&mut hall, KIOSK, ticket.id).unwrap();
        assert_eq!((after.state, after.finished_at), (TicketState::Cancelled, Some(hall.now)));
        assert_eq!(after.printed, Printed::Printed, "the slip exists");
        hall.restart();
        assert_eq!(hall.issue("ho-tich", None).unwrap().label, "A002");
        assert_eq!(hall.call(1).unwrap().label, "A002");
    }

    #[test]
    fn a_kiosk_gives_back_only_what_it_gave_last_itself() {
        let mut hall = Hall::open();
        let first = taken_at(&mut hall, "kiosk-1", 1);
        let elsewhere = taken_at(&mut hall, "kiosk-2", 2);
        hall.pass(3);
        let last = taken_at(&mut hall, "kiosk-1", 3);
        for (kiosk, ticket) in [("kiosk-1", &elsewhere), ("kiosk-1", &first), ("officer", &last)] {
            let refusal = cancel(&mut hall, kiosk, ticket.id).unwrap_err();
            assert_eq!(refusal, Refusal::NotLastOfKiosk { label: ticket.label.clone() });
        }
        cancel(&mut hall, "kiosk-1", last.id).unwrap();
        // The one before it does not become the last one by that.
        let refusal = cancel(&mut hall, "kiosk-1", first.id).unwrap_err();
        assert_eq!(refusal.code(), "queue.not_last_of_kiosk");
        cancel(&mut hall, "kiosk-2", elsewhere.id).unwrap();
    }

    #[test]
    fn after_a_minute_a_number_is_given_back_by_an_officer_only() {
        let mut hall = Hall::open();
        let ticket = hall.issue("ho-tich", None).unwrap();
        hall.pass(CANCEL_LAST_WITHIN.as_secs() + 1);
        let refusal = cancel(&mut hall, KIOSK, ticket.id).unwrap_err();
        assert_eq!(refusal, Refusal::CancelLastOver { label: "A001".into(), within_s: 60 });
        hall.pass(-1);
        cancel(&mut hall, KIOSK, ticket.id).unwrap();
        let refusal = cancel(&mut hall, KIOSK, ticket.id).unwrap_err();
        assert_eq!(refusal.code(), "queue.ticket_not_cancellable");
    }

    #[test]
    fn a_number_that_was_called_is_not_given_back_at_the_kiosk() {
        let mut hall = Hall::open();
        let ticket = hall.issue("ho-tich", None).unwrap();
        hall.call(1).unwrap();
        let refusal = cancel(&mut hall, KIOSK, ticket.id).unwrap_err();
        assert_eq!(refusal.code(), "queue.ticket_not_cancellable");
        // It waits again after a transfer, and somebody expects it.
        let to = TransferTo::Counter(CounterNumber(2));
        hall.take(Command::Transfer(CounterNumber(1), to)).unwrap();
        let refusal = cancel(&mut hall, KIOSK, ticket.id).unwrap_err();
        assert_eq!(refusal.code(), "queue.ticket_not_cancellable");
    }
}
