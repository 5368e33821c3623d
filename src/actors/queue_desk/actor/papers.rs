//! The papers of the tickets: what the printer says of them, and the answer to who asks for one that is
//! on its way.

use super::{After, QueueDesk, batch};
use crate::actors::device_host::{JobState, PrintNews, TOO_LATE};
use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use crate::actors::pipeline::{Admission, Admitted, Answer};
use crate::actors::print_jobs;
use crate::actors::queue_desk::desk::PrintWish;
use crate::actors::queue_desk::messages::QueueReply;
use actix::{Handler, ResponseFuture};
use domain::queue::Decision;
use jiff::Timestamp;
use store::LocalWrite;
use uuid::Uuid;

impl QueueDesk {
    /// A ticket whose paper has not come yet is asked for again: the answer names the job under way.
    /// The printer is offered it once more, which changes nothing when it has it.
    pub(super) fn paper_is_coming(
        &mut self,
        ticket: Uuid,
        job: Uuid,
        admitted: Admitted,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Answer<QueueReply>, Failure> {
        let ticket = self.desk.queue().ticket(ticket)?.clone();
        let print = Some(PrintWish { job, ticket: ticket.clone(), ahead: None, reprint: true });
        let reply =
            QueueReply { ticket: Some(ticket), print_job: Some(job), ..QueueReply::default() };
        let decision = Decision::default();
        let batch = batch(origin, now, &decision);
        let after = After { print, ..After::of(decision, now) };
        self.pipeline.submit(admitted, batch, reply, after)
    }

    /// The printer's word: the ticket and the job are written in one entry.
    fn print_news(&mut self, news: PrintNews) -> Result<Answer<QueueReply>, Failure> {
        let now = self.ports.clock.now();
        let origin = Origin::center();
        let admitted = match self.pipeline.admit(&origin, &news, now)? {
            Admission::Again(first) => return Ok(first),
            Admission::Fresh(admitted) => admitted,
        };
        self.follow_the_day(now)?;
        let decision = match news.state {
            JobState::Printed => self.desk.decide_printed(news.subject, true),
            JobState::Blocked { .. } => self.desk.decide_printed(news.subject, false),
            JobState::Pending | JobState::Printing => Decision::default(),
        };
        let mut batch = batch(&origin, now, &decision);
        batch.local.push(LocalWrite::PrintJob(print_jobs::ticket_after(&news, now)));
        let after = After::of(decision.clone(), now);
        let answer = self.pipeline.submit(admitted, batch, QueueReply::default(), after)?;
        self.desk.apply(&decision);
        if ended(&news.state) {
            self.papers.ended(news.subject, news.job);
        }
        Ok(answer)
    }
}

/// Whether a paper is there, or will never be: a printer goes on with what is only blocked.
fn ended(state: &JobState) -> bool {
    match state {
        JobState::Printed => true,
        JobState::Blocked { code, .. } => *code == TOO_LATE,
        JobState::Pending | JobState::Printing => false,
    }
}

impl Handler<PrintNews> for QueueDesk {
    type Result = ResponseFuture<Result<(), Failure>>;

    fn handle(&mut self, news: PrintNews, _ctx: &mut Self::Context) -> Self::Result {
        match self.print_news(news) {
            Ok(answer) => Box::pin(async move { answer.await.map(|_| ()) }),
            Err(failure) => Box::pin(std::future::ready(Err(failure))),
        }
    }
}
