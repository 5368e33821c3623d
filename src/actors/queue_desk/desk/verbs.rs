//! From what people press to what the rules decide about.

use crate::actors::queue_desk::messages::Verb;
use domain::ids::CounterNumber;
use domain::queue::{Command, Issue};
use uuid::Uuid;

/// The counter at which a key was pressed.
pub(super) fn counter_of(verb: &Verb) -> Option<CounterNumber> {
    match verb {
        Verb::CallNext(counter)
        | Verb::Recall(counter)
        | Verb::Begin(counter)
        | Verb::Hold(counter, _)
        | Verb::Resume(counter, _)
        | Verb::Transfer(counter, _)
        | Verb::TransferAndReturn(counter, _)
        | Verb::SetNextServices(counter, _)
        | Verb::GoOn(counter)
        | Verb::Complete(counter)
        | Verb::NoShow(counter)
        | Verb::Open(counter, _)
        | Verb::Pause(counter, _)
        | Verb::Close(counter) => Some(*counter),
        Verb::Issue(_)
        | Verb::ReturnToQueue(_)
        | Verb::Cancel(..)
        | Verb::CancelLast(_)
        | Verb::Reprint(_) => None,
    }
}

/// The ticket that a command names by its id.
pub(super) fn subject_of(command: &Command) -> Option<Uuid> {
    match command {
        Command::Reprint(ticket)
        | Command::ReturnToQueue(ticket)
        | Command::Cancel(ticket, _)
        | Command::CancelLast(_, ticket) => Some(*ticket),
        _ => None,
    }
}

/// What the rules are asked. `fresh` is a new id for a new ticket.
pub(super) fn command(verb: Verb, issued_by: &str, fresh: &impl Fn() -> Uuid) -> Command {
    match verb {
        Verb::Issue(issuing) => Command::Issue(Issue {
            id: fresh(),
            service: issuing.service,
            next_services: issuing.next_services,
            priority_ground: issuing.priority_ground,
            print: issuing.print,
            issued_by: issued_by.to_owned(),
            outside_hours: issuing.outside_hours,
        }),
        Verb::CallNext(counter) => Command::CallNext(counter),
        Verb::Recall(counter) => Command::Recall(counter),
        Verb::Begin(counter) => Command::Begin(counter),
        Verb::Hold(counter, reason) => Command::Hold(counter, reason),
        Verb::Resume(counter, ticket) => Command::Resume(counter, ticket),
        Verb::Transfer(counter, to) => Command::Transfer(counter, to),
        Verb::TransferAndReturn(counter, to) => Command::TransferAndReturn(counter, to),
        Verb::SetNextServices(counter, next) => Command::SetNextServices(counter, next),
        Verb::GoOn(counter) => Command::GoOn(counter),
        Verb::Complete(counter) => Command::Complete(counter),
        Verb::NoShow(counter) => Command::NoShow(counter),
        Verb::ReturnToQueue(ticket) => Command::ReturnToQueue(ticket),
        Verb::Cancel(ticket, reason) => Command::Cancel(ticket, reason),
        Verb::CancelLast(ticket) => Command::CancelLast(issued_by.to_owned(), ticket),
        Verb::Open(counter, officer) => Command::OpenCounter(counter, officer),
        Verb::Pause(counter, reason) => Command::PauseCounter(counter, reason),
        Verb::Close(counter) => Command::CloseCounter(counter),
        Verb::Reprint(ticket) => Command::Reprint(ticket),
    }
}
