//! Commands about a ticket that is not at a counter: issue, return, cancel, print.

use jiff::Timestamp;
use uuid::Uuid;

use super::calls::CallEnd;
use super::command::{Decision, Effect, Issue};
use super::state::Queue;
use super::types::{Class, Printed, Ticket, TicketState};
use crate::refusal::{Refusal, short_text, told};

/// Longest reason of a hold or a cancellation.
pub(super) const REASON_LENGTH_MAX: usize = 200;

impl Queue {
    /// Gives the next number of the service's band.
    pub fn issue(&self, issue: Issue, now: Timestamp) -> Result<Decision, Refusal> {
        let now = self.of_this_day(now)?;
        let service = self.service(&issue.service)?;
        if !self.is_planned(&service.code) {
            return Err(Refusal::ServiceNotServed { service: service.code.to_string() });
        }
        self.check_next(std::iter::once(&issue.service), &issue.next_services)?;
        if let Some(ground) = &issue.priority_ground
            && !self.settings().grounds.iter().any(|known| known.code == *ground)
        {
            return Err(Refusal::UnknownPriorityGround { ground: told(ground) });
        }
        if self.ticket(issue.id).is_ok() {
            return Err(Refusal::TicketExists);
        }
        let class = if issue.priority_ground.is_some() { Class::Priority } else { Class::Regular };
        // Also of what is visited afterwards: a last number is the last one there, by whatever way.
        let mut wanted = std::iter::once(&service.code).chain(&issue.next_services);
        let outside_hours = match wanted.find_map(|code| self.open_for(code, class, now).err()) {
            None => None,
            Some(closed) => Some(sealed_reason(issue.outside_hours.as_deref())?.ok_or(closed)?),
        };
        let number = self.next_number(service).ok_or_else(|| Refusal::SeriesFull {
            series: service.series,
            number_to: service.number_max(),
        })?;
        let place = (service.series, number);
        let ticket = Ticket {
            class,
            priority_ground: issue.priority_ground,
            next_services: issue.next_services,
            queued_at: self.place_at_end(now),
            outside_hours,
            printed: if issue.print { Printed::Pending } else { Printed::NotAsked },
            ..Ticket::waiting(issue.id, self.day(), place, issue.service, now, issue.issued_by)
        };
        let effects =
            if issue.print { vec![Effect::PrintTicket { ticket: ticket.id }] } else { Vec::new() };
        Ok(Decision { tickets: vec![ticket], counters: Vec::new(), effects })
    }

    /// Lets a missed ticket back in, once: behind the third of its class and service who wait now,
    /// and behind those who came back to the same place before it.
    pub fn return_to_queue(&self, id: Uuid, now: Timestamp) -> Result<Decision, Refusal> {
        let now = self.of_this_day(now)?;
        let mut ticket = self.ticket(id)?.clone();
        if ticket.state != TicketState::NoShow {
            return Err(Refusal::TicketNotMissed { label: ticket.label });
        }
        if ticket.return_used {
            return Err(Refusal::ReturnUsed { label: ticket.label });
        }
        let places = self.settings().rules.return_places as usize;
        let same_queue = || {
            self.waiting(ticket.class)
                .filter(|other| other.service == ticket.service && other.for_counter.is_none())
        };
        let ahead = same_queue().take(places).last();
        let (queued_at, place) = match ahead {
            Some(ahead) => {
                let highest = self.highest_place(ticket.class, ahead.queued_at);
                (ahead.queued_at, highest.saturating_add(1))
            }
            None => (self.place_at_end(now), 0),
        };
        ticket.back_to_queue(CallEnd::CameBack, now);
        ticket.queued_at = queued_at;
        ticket.place = place;
        ticket.return_used = true;
        ticket.for_counter = None;
        ticket.rev += 1;
        Ok(Decision { tickets: vec![ticket], counters: Vec::new(), effects: Vec::new() })
    }

    /// Gives a ticket up that waits or is on hold; the reason is kept sealed.
    pub fn cancel(
        &self,
        id: Uuid,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        let now = self.of_this_day(now)?;
        let mut ticket = self.ticket(id)?.clone();
        if !matches!(ticket.state, TicketState::Waiting | TicketState::OnHold) {
            return Err(Refusal::TicketNotCancellable { label: ticket.label });
        }
        ticket.reason = sealed_reason(reason)?;
        ticket.state = TicketState::Cancelled;
        ticket.finished_at = Some(now);
        ticket.rev += 1;
        Ok(Decision { tickets: vec![ticket], counters: Vec::new(), effects: Vec::new() })
    }

    /// The printer's word. No word changes a ticket that already is on paper back.
    pub fn mark_printed(&self, id: Uuid, printed: bool) -> Result<Decision, Refusal> {
        let mut ticket = self.ticket(id)?.clone();
        let after = match (printed, ticket.printed) {
            (true, _) => Printed::Printed,
            (false, Printed::Printed) => Printed::Printed,
            (false, _) => Printed::Failed,
        };
        if ticket.printed == after {
            return Ok(Decision::default());
        }
        ticket.printed = after;
        ticket.rev += 1;
        Ok(Decision { tickets: vec![ticket], counters: Vec::new(), effects: Vec::new() })
    }

    /// Puts the same number on paper again. A ticket already on paper stays "printed": whether the
    /// second copy came out is the print job's matter.
    pub fn reprint(&self, id: Uuid) -> Result<Decision, Refusal> {
        let mut ticket = self.ticket(id)?.clone();
        let effects = vec![Effect::PrintTicket { ticket: id }];
        if matches!(ticket.printed, Printed::Printed | Printed::Pending) {
            return Ok(Decision { effects, ..Decision::default() });
        }
        ticket.printed = Printed::Pending;
        ticket.rev += 1;
        Ok(Decision { tickets: vec![ticket], counters: Vec::new(), effects })
    }
}

pub(super) fn sealed_reason(reason: Option<&str>) -> Result<Option<String>, Refusal> {
    let text = short_text("reason", reason.unwrap_or_default(), REASON_LENGTH_MAX)?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}
