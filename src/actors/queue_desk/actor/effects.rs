//! What follows a commit: the counters' signs, the voice, the paper, the pictures of the screens.

use super::{After, QueueDesk, start_of_day};
use crate::actors::announcer::Call;
use crate::actors::device_host::PrintOrder;
use crate::actors::live::Topic;
use crate::actors::print_jobs;
use crate::actors::queue_desk::desk::{PrintWish, call_of};
use crate::actors::queue_desk::paper::with_counters;
use actix::{AsyncContext, Context};
use domain::queue::{Effect, Printed, Ticket, TicketState};
use domain::time::business_day;
use jiff::{SignedDuration, Timestamp, civil};
use std::time::{Duration, Instant};
use store::records::PrintJob;

/// Pictures for the screens are at least this far apart, and so many times as long as one takes:
/// under the heaviest load they never use more than a small share of the desk's time.
pub(super) const PUBLISH_PAUSE: Duration = Duration::from_millis(25);
const PUBLISH_SHARE: u32 = 16;

impl QueueDesk {
    pub(super) fn after_commit(&mut self, after: After, ctx: &mut Context<Self>) {
        let After { at, day, decision, print, governed } = after;
        if let Some(governed) = &governed {
            self.desk.commit_governed(governed);
        }
        // At the call, not at the beginning of the service: who walks up sees the tablet first.
        if let Some(counter) = self.desk.next_person_at(&decision) {
            self.ports.ratings.withdraw(counter);
        }
        self.desk.commit(&decision, day);
        let called = decision.effects.iter().find_map(|effect| match effect {
            Effect::Announce { counter, .. } => Some(*counter),
            _ => None,
        });
        for effect in &decision.effects {
            match effect {
                Effect::CounterSign { counter, label } => {
                    let flash = called == Some(*counter);
                    self.ports.devices.show_sign(*counter, label.as_deref(), flash);
                }
                Effect::Announce { ticket, .. } => {
                    let call = decision.tickets.iter().find(|other| other.id == *ticket);
                    if let Some(call) = call.and_then(call_of) {
                        self.ports.announcer.call(call);
                    }
                }
                Effect::PrintTicket { .. } => {}
            }
        }
        // Whoever came, went away or was put aside is not called any more. Whoever is called still
        // is: the printer's word about a ticket changes it, too.
        let moved = |ticket: &&Ticket| match ticket.state {
            TicketState::Called => false,
            TicketState::Waiting => !decision.counters.is_empty(),
            _ => true,
        };
        if called.is_none() {
            for ticket in decision.tickets.iter().filter(moved) {
                self.ports.announcer.withdraw(ticket.id);
            }
        }
        let given_up = |ticket: &&Ticket| {
            ticket.state == TicketState::Cancelled && ticket.printed != Printed::Printed
        };
        for ticket in decision.tickets.iter().filter(given_up) {
            self.ports.devices.withdraw_paper(ticket.id);
        }
        if let Some(print) = print {
            self.order_print(print, Ordered { at, doubtful: false }, ctx);
        }
        self.publish_soon(ctx);
    }

    fn order_print(&mut self, print: PrintWish, ordered: Ordered, ctx: &mut Context<Self>) {
        let service = self.desk.service_of(&print.ticket);
        let next = self.desk.next_services_of(&print.ticket);
        let document = self.settings.paper.of(
            &print.ticket,
            service,
            &next,
            print.ahead,
            print.reprint,
            self.settings.queue.rules.day_end,
        );
        let document = with_counters(document, &print.ticket, &self.settings.queue.counters);
        let order = PrintOrder {
            job: print.job,
            subject: print.ticket.id,
            document,
            ordered_at: ordered.at,
            counter: None,
            valid_until: end_of_day(print.ticket.queue_day()),
            doubtful: ordered.doubtful,
            owner: ctx.address().recipient(),
        };
        self.hand_to_printer(order);
    }

    /// A printer's queue that is full does not lose the job: it stands in the table, and is offered
    /// again.
    pub(super) fn hand_to_printer(&mut self, order: PrintOrder) {
        if let Err(order) = self.ports.devices.print(order) {
            self.orders_not_taken.keep(*order);
        }
    }

    pub(super) fn publish_soon(&mut self, ctx: &mut Context<Self>) {
        if self.publish_armed {
            return;
        }
        let since = self.published_at.map_or(self.publish_pause, |at| at.elapsed());
        if since >= self.publish_pause {
            self.publish();
        } else {
            self.publish_armed = true;
            ctx.run_later(self.publish_pause - since, |desk, _| {
                desk.publish_armed = false;
                desk.publish();
            });
        }
    }

    pub(super) fn publish(&mut self) {
        let now = self.ports.clock.now();
        let begun = Instant::now();
        self.desk.list_waits(now);
        self.ports.live.publish_hall(self.desk.hall(&self.settings.unit_name, now), now);
        self.ports.live.publish(Topic::Queue, self.desk.picture(&self.settings.officers), now);
        self.publish_pause = PUBLISH_PAUSE.max(begun.elapsed() * PUBLISH_SHARE);
        self.published_at = Some(Instant::now());
    }

    /// Offers what the table calls pending, while nothing is on its way there: then the table is as
    /// new as this desk, and the host knows what is newer.
    pub(super) fn offer_again(&mut self, ctx: &mut Context<Self>) {
        if !self.pipeline.at_rest() {
            return;
        }
        let now = self.ports.clock.now();
        let since = start_of_day(business_day(now));
        let read = |conn: &rusqlite::Connection| print_jobs::to_offer_again(conn, since, now);
        match self.ports.store.readers.read_now(read) {
            Ok(jobs) => self.offer(jobs, ctx),
            Err(error) => tracing::warn!(code = error.code(), %error, "print jobs are not offered"),
        }
    }

    fn offer(&mut self, jobs: Vec<PrintJob>, ctx: &mut Context<Self>) {
        for job in jobs {
            let Some(ticket) = job.ticket else { continue };
            if let Some(print) = self.desk.print_again(job.id, ticket) {
                let doubtful = print_jobs::may_be_on_paper(&job);
                self.order_print(print, Ordered { at: job.created_at, doubtful }, ctx);
            }
        }
    }

    pub(super) fn show_signs(&self) {
        for (counter, label) in self.desk.signs() {
            self.ports.devices.show_sign(counter, label.as_deref(), false);
        }
    }

    /// What a stop of the daemon cut off between commit and effect.
    pub(super) fn resume(&mut self, ctx: &mut Context<Self>) {
        let now = self.ports.clock.now();
        self.show_signs();
        for call in self.desk.calls_to_repeat(now) {
            tracing::info!(ticket = %call.ticket, "announced again after a restart");
            let Call { counter, ref label, .. } = call;
            self.ports.devices.show_sign(counter, Some(label), true);
            self.ports.announcer.call(call);
        }
        let jobs = std::mem::take(&mut self.resume);
        self.offer(jobs, ctx);
        self.publish();
    }
}

/// When a paper was asked for, and whether the printer may have had it already.
struct Ordered {
    at: Timestamp,
    doubtful: bool,
}

fn end_of_day(day: civil::Date) -> Timestamp {
    start_of_day(day.tomorrow().unwrap_or(day)) - SignedDuration::from_micros(1)
}
