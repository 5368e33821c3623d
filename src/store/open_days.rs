//! The business days that may have tickets which are not over. An index of such tickets would be a page
//! more for each ticket; this is a row a day. No day is missing: whatever writes an unfinished ticket
//! notes its day, and a day is taken out only in a transaction that sees none left in it.

use jiff::civil;
use rusqlite::Connection;

use crate::StoreError;

/// What a ticket is that is not over: the same states as in [`domain::queue::Ticket::is_finished`], which
/// tells the others.
pub(crate) const UNFINISHED: &str = "ticket.state IN ('waiting', 'called', 'serving', 'on_hold')";

/// Notes that a day has a ticket that is not over. Changes no page when that is known.
pub(crate) fn note(c: &Connection, day: civil::Date) -> Result<(), StoreError> {
    c.prepare_cached("INSERT INTO open_day (business_day) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([day.to_string()])?;
    Ok(())
}

/// Takes out the days before one that have no such ticket. Looks through the tickets of each day that is
/// noted: the day before, and those that the desk could not close.
pub(crate) fn take_out_before(c: &Connection, day: civil::Date) -> Result<(), StoreError> {
    let sql = format!(
        "DELETE FROM open_day WHERE business_day < ?1 AND NOT EXISTS
         (SELECT 1 FROM ticket WHERE ticket.business_day = open_day.business_day AND {UNFINISHED})"
    );
    c.prepare_cached(&sql)?.execute([day.to_string()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::queue::{Ticket, TicketState};
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_tables_and_the_rules_say_the_same_of_who_is_not_over() {
        let c = Connection::open_in_memory().unwrap();
        let sql = format!("SELECT {UNFINISHED} FROM (SELECT ?1 AS state) AS ticket");
        let day = civil::date(2026, 11, 23);
        let service = "ho-tich".parse().unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let ticket = Ticket::waiting(Uuid::nil(), day, ('A', 1), service, at, "kiosk-1".to_owned());
        for state in [
            TicketState::Waiting,
            TicketState::Called,
            TicketState::Serving,
            TicketState::OnHold,
            TicketState::Completed,
            TicketState::NoShow,
            TicketState::Cancelled,
        ] {
            let open: bool = c.query_row(&sql, [state.as_str()], |row| row.get(0)).unwrap();
            assert_eq!(open, !Ticket { state, ..ticket.clone() }.is_finished(), "{state:?}");
        }
    }
}
