//! A number and its paper: printed is what the printer says, and one wish is one sheet.

use super::tests::{kiosk, stored};
use super::{Issuing, Which};
use crate::actors::failure::Failure;
use crate::actors::testing::{Center, at_counter, issuing, until};
use devices::class::ticket_printer::Paper;
use domain::queue::Printed;
use domain::refusal::Refusal;
use uuid::Uuid;

#[actix_rt::test]
async fn a_ticket_is_printed_only_when_the_printer_says_so() {
    let center = Center::start().await;
    let printer = &center.simulated.printer;
    printer.change(|condition| condition.paper = Paper::Out);
    let reply = center.queue.issue(kiosk(), Issuing { print: true, ..issuing() }).await.unwrap();
    let (ticket, job) = (reply.ticket.unwrap(), reply.print_job.unwrap());
    assert_eq!(ticket.printed, Printed::Pending);
    let problem = until("the job to be blocked", async || {
        let job = center.devices.print_job(job).await.unwrap();
        (job.state == "blocked").then_some(job.problem)
    })
    .await;
    assert_eq!(problem.as_deref(), Some("paper_out"));
    until("the ticket to say that it is not on paper", async || {
        (stored(&center, ticket.id).await.printed == Printed::Failed).then_some(())
    })
    .await;
    assert!(printer.sheets().is_empty());
    printer.change(|condition| condition.paper = Paper::Present);
    until("the ticket to be printed", async || {
        center.clock.move_by(1);
        (stored(&center, ticket.id).await.printed == Printed::Printed).then_some(())
    })
    .await;
    assert_eq!(printer.sheets().len(), 1);
    assert_eq!(center.devices.print_job(job).await.unwrap().state, "printed");
}

#[actix_rt::test]
async fn a_reprint_puts_the_same_number_on_paper_again() {
    let center = Center::start().await;
    let reply = center.queue.issue(kiosk(), Issuing { print: true, ..issuing() }).await.unwrap();
    let ticket = reply.ticket.unwrap();
    until("the first paper", async || {
        (stored(&center, ticket.id).await.printed == Printed::Printed).then_some(())
    })
    .await;
    let again = center.queue.reprint(at_counter(), ticket.id).await.unwrap();
    assert_ne!(again.print_job, reply.print_job);
    assert_eq!(again.ticket.unwrap().label, ticket.label);
    until("both papers", async || (center.simulated.printer.sheets().len() == 2).then_some(()))
        .await;
    assert_eq!(center.queue.look(Which::All).await.unwrap().tickets.len(), 1);
}

#[actix_rt::test]
async fn a_ticket_waits_for_one_paper_however_often_it_is_asked_for() {
    let mut center = Center::start().await;
    center.simulated.printer.change(|condition| condition.paper = Paper::Out);
    let reply = center.queue.issue(kiosk(), Issuing { print: true, ..issuing() }).await.unwrap();
    let (ticket, job) = (reply.ticket.unwrap().id, reply.print_job);
    for _ in 0..5 {
        let again = center.queue.reprint(at_counter(), ticket).await.unwrap();
        assert_eq!((again.print_job, again.ticket.unwrap().id), (job, ticket));
    }
    center.restart_queue();
    let again = center.queue.reprint(at_counter(), ticket).await.unwrap();
    assert_eq!(again.print_job, job, "also after a restart");
    center.simulated.printer.change(|condition| condition.paper = Paper::Present);
    until("the paper", async || {
        center.clock.move_by(1);
        (stored(&center, ticket).await.printed == Printed::Printed).then_some(())
    })
    .await;
    assert_eq!(center.simulated.printer.sheets().len(), 1);
    let unknown = center.queue.reprint(at_counter(), Uuid::nil()).await;
    assert_eq!(unknown, Err(Failure::Refused(Refusal::UnknownTicket)));
}

#[actix_rt::test]
async fn a_print_job_goes_on_after_a_restart() {
    let mut center = Center::start().await;
    center.simulated.printer.unplug();
    let reply = center.queue.issue(kiosk(), Issuing { print: true, ..issuing() }).await.unwrap();
    let ticket = reply.ticket.unwrap().id;
    center.restart_queue();
    center.simulated.printer.plug();
    until("the paper", async || {
        center.clock.move_by(1);
        (stored(&center, ticket).await.printed == Printed::Printed).then_some(())
    })
    .await;
    assert_eq!(center.simulated.printer.sheets().len(), 1);
}
