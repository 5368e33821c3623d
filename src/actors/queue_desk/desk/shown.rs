//! What the screens need of the committed day without looking at every ticket: counts, the last calls, and
//! the tickets that neither wait nor are over.

use crate::actors::announcer::Call;
use crate::actors::live::{HALL_CALLS_MAX, HallCallKind};
use domain::announce::Occasion;
use domain::queue::{Queue, Ticket, TicketState};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What the screens need of the committed day without looking at every ticket.
#[derive(Default)]
pub(super) struct Shown {
    /// The last calls, newest first.
    pub(super) calls: Vec<Call>,
    /// Tickets that neither wait nor are over: called, serving, on hold, missed with a return left.
    pub(super) apart: BTreeSet<Uuid>,
    pub(super) issued: usize,
    pub(super) completed: usize,
    pub(super) no_show: usize,
    pub(super) cancelled: usize,
    /// Of earlier days, in today's queue.
    pub(super) carried: usize,
}

impl Shown {
    pub(super) fn of(queue: &Queue) -> Self {
        let mut shown = Self::default();
        let mut tickets: Vec<&Ticket> = queue.tickets().collect();
        tickets.sort_by_key(|ticket| ticket.last_called_at);
        for ticket in tickets {
            shown.take(None, ticket);
        }
        shown
    }

    pub(super) fn take(&mut self, before: Option<&Ticket>, after: &Ticket) {
        if before.is_none() {
            // Counted once, on the day of its issue.
            let count =
                if after.carried_to.is_none() { &mut self.issued } else { &mut self.carried };
            *count += 1;
        }
        if let Some(count) = before.and_then(|ticket| self.count_of(ticket.state)) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.count_of(after.state) {
            *count += 1;
        }
        let stands_apart = match after.state {
            TicketState::Called | TicketState::Serving | TicketState::OnHold => true,
            TicketState::NoShow => !after.return_used,
            TicketState::Waiting | TicketState::Completed | TicketState::Cancelled => false,
        };
        if stands_apart {
            self.apart.insert(after.id);
        } else {
            self.apart.remove(&after.id);
        }
        let call = call_of(after);
        let known = self.calls.iter().find(|known| known.ticket == after.id);
        let same = match (known, &call) {
            (Some(known), Some(call)) => known.is_press_of(call),
            (known, call) => known.is_none() && call.is_none(),
        };
        if !same {
            self.calls.retain(|known| known.ticket != after.id);
            if let Some(call) = call {
                self.calls.insert(0, call);
                self.calls.truncate(HALL_CALLS_MAX);
            }
        }
    }

    fn count_of(&mut self, state: TicketState) -> Option<&mut usize> {
        match state {
            TicketState::Completed => Some(&mut self.completed),
            TicketState::NoShow => Some(&mut self.no_show),
            TicketState::Cancelled => Some(&mut self.cancelled),
            _ => None,
        }
    }
}

/// A ticket's latest call.
pub(in crate::actors::queue_desk) fn call_of(ticket: &Ticket) -> Option<Call> {
    Some(Call {
        ticket: ticket.id,
        label: ticket.label.clone(),
        counter: ticket.counter?,
        kind: if ticket.recall_count > 0 { HallCallKind::Recall } else { HallCallKind::Call },
        at: ticket.last_called_at?,
        occasion: Occasion::of(ticket),
    })
}
