//! Print jobs: from the order to the printer's lane, and what became of them back to their owners.

use super::DeviceHost;
use crate::actors::device_host::messages::{JobState, PrintNews, PrintOrder};
use crate::actors::device_host::print::{Step, Taken};
use crate::actors::failure::Failure;
use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use devices::class::ticket_printer::{PrintJob, PrintOutcome, PrinterProblem};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// How long after an owner could not write news down it is told again.
const TELL_AGAIN: Duration = Duration::from_secs(1);

impl DeviceHost {
    pub(super) fn take_order(&mut self, order: PrintOrder, ctx: &mut Context<Self>) {
        // Its desk offers again what the table calls pending, and the newest word is not there yet.
        if self.outbox.knows(order.job) {
            return;
        }
        let printer = self.printers.of(&order.document, order.counter).map(str::to_owned);
        // A printer whose settings are of a newer file was not started.
        let Some(printer) = printer.filter(|id| self.lanes.contains_key(id)) else {
            let state =
                JobState::Blocked { problem: PrinterProblem::Offline, code: "printer.none" };
            let news = PrintNews {
                job: order.job,
                subject: order.subject,
                ordered_at: order.ordered_at,
                printer: String::new(),
                state,
                attempts: 0,
            };
            self.outbox.add(order.owner, news);
            self.tell(ctx);
            return;
        };
        let job = order.job;
        let taken = self.lanes.get_mut(&printer).map(|lane| lane.add(order));
        if taken == Some(Taken::No { first: true }) {
            tracing::error!(%job, printer, "too many print jobs wait; this one stays pending");
            self.note(&printer, "printer.too_many_jobs", json!({ "job": job }));
        }
        self.advance(&printer, ctx);
    }

    /// The papers of a ticket that was given up: those that wait are dropped.
    pub(super) fn withdraw_paper(&mut self, ticket: Uuid, ctx: &mut Context<Self>) {
        for lane in self.lanes.values_mut() {
            lane.withdraw(ticket);
        }
        self.advance_all(ctx);
    }

    pub(super) fn printer_is_well(&mut self, device: &str, ctx: &mut Context<Self>) {
        if let Some(lane) = self.lanes.get_mut(device) {
            lane.printer_is_well();
            self.advance(device, ctx);
        }
    }

    pub(super) fn advance_all(&mut self, ctx: &mut Context<Self>) {
        let printers: Vec<String> = self.lanes.keys().cloned().collect();
        for printer in printers {
            self.advance(&printer, ctx);
        }
    }

    fn advance(&mut self, printer: &str, ctx: &mut Context<Self>) {
        let now = self.ports.clock.now();
        if let Some(lane) = self.lanes.get_mut(printer) {
            let step = lane.advance(now);
            self.follow(printer, step, ctx);
        }
        self.arm(ctx);
    }

    fn follow(&mut self, printer: &str, step: Step, ctx: &mut Context<Self>) {
        let Step { start, news } = step;
        for (owner, news) in news {
            self.outbox.add(owner, news);
        }
        self.tell(ctx);
        let Some(start) = start else { return };
        let handle = self.running.get(printer).and_then(|task| task.printer()).cloned();
        let printer = printer.to_owned();
        let job = start.job;
        let print = async move {
            match handle {
                Some(handle) => {
                    handle.print(PrintJob { id: job.to_string(), document: start.document }).await
                }
                None => PrintOutcome::Blocked {
                    problem: PrinterProblem::Offline,
                    code: "printer.stopped",
                    sent: false,
                },
            }
        };
        ctx.spawn(print.into_actor(self).map(move |outcome, host, ctx| {
            let now = host.ports.clock.now();
            if let PrintOutcome::Blocked { code, .. } = outcome {
                tracing::info!(%job, printer, code, "print job blocked");
            }
            if let Some(lane) = host.lanes.get_mut(&printer) {
                let step = lane.finished(job, outcome, now);
                host.follow(&printer, step, ctx);
            }
            host.advance(&printer, ctx);
        }));
    }

    /// Tells the owners of jobs, one after the other, until each has written it down.
    fn tell(&mut self, ctx: &mut Context<Self>) {
        let Some((owner, news)) = self.outbox.next() else { return };
        let told = async move { owner.send(news).await };
        ctx.spawn(told.into_actor(self).map(|answer, host, ctx| match answer {
            Ok(Err(Failure::Busy | Failure::Repeat | Failure::DiskFull)) => {
                host.outbox.not_told();
                ctx.run_later(TELL_AGAIN, Self::tell);
            }
            Ok(Ok(()) | Err(_)) | Err(_) => {
                host.outbox.told();
                host.tell(ctx);
            }
        }));
    }
}
