//! Rows of print jobs, as the desks write them, and orders that nobody took.

use super::device_host::{JobState, PrintNews, PrintOrder};
use devices::class::ticket_printer::PrinterProblem;
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::time::Duration;
use store::records::{PrintJob, PrintState};
use uuid::Uuid;

/// Orders that a desk keeps because the device host's mailbox was full. One more is dropped: its row
/// stays pending, and [`OFFER_AGAIN`] later it is offered from there.
const NOT_TAKEN_MAX: usize = 256;
/// How often pending rows are offered again.
pub(crate) const OFFER_AGAIN: Duration = Duration::from_secs(60);
/// A row so young is on its way to its printer.
const OFFERED_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// Rows that are offered again at once.
const OFFERED_MAX: u32 = 500;

/// Orders that the device host could not take.
#[derive(Default)]
pub(crate) struct NotTaken(VecDeque<PrintOrder>);

impl NotTaken {
    /// Keeps one, if there is room.
    pub(crate) fn keep(&mut self, order: PrintOrder) {
        if self.0.len() < NOT_TAKEN_MAX {
            self.0.push_back(order);
        } else {
            tracing::warn!(job = %order.job, "a print job waits in the table");
        }
    }

    /// All of them, to be offered now.
    pub(crate) fn take(&mut self) -> VecDeque<PrintOrder> {
        std::mem::take(&mut self.0)
    }
}

/// Rows that no printer has begun although there was time: what was refused because a mailbox or a
/// printer's queue was full.
pub(crate) fn to_offer_again(
    conn: &rusqlite::Connection,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<PrintJob>, store::StoreError> {
    let until = now.saturating_sub(OFFERED_AFTER).unwrap_or(Timestamp::MIN);
    store::query::print_jobs::pending(conn, since, until, OFFERED_MAX)
}

/// A ticket that waits for paper.
pub(crate) fn new_ticket(job: Uuid, ticket: Uuid, now: Timestamp) -> PrintJob {
    PrintJob { ticket: Some(ticket), ..new(job, "ticket", now) }
}

/// A short slip of a dossier that waits for paper.
pub(crate) fn new_slip(job: Uuid, dossier: Uuid, now: Timestamp) -> PrintJob {
    PrintJob { dossier: Some(dossier), ..new(job, "slip", now) }
}

/// A ticket's job after the printer's word.
pub(crate) fn ticket_after(news: &PrintNews, now: Timestamp) -> PrintJob {
    after(new_ticket(news.job, news.subject, news.ordered_at), news, now)
}

/// A slip's job after the printer's word.
pub(crate) fn slip_after(news: &PrintNews, now: Timestamp) -> PrintJob {
    after(new_slip(news.job, news.subject, news.ordered_at), news, now)
}

/// Whether a job that a restart found open may have left the printer already: then it carries the
/// reprint mark. A line that broke while bytes were on it left "unknown" behind.
pub(crate) fn may_be_on_paper(job: &PrintJob) -> bool {
    match job.state {
        PrintState::Pending => false,
        PrintState::Printing | PrintState::Printed => true,
        PrintState::Blocked => {
            job.problem.as_deref() == Some(problem_name(PrinterProblem::Unknown))
        }
    }
}

/// The problem's name in tables and JSON.
pub(crate) fn problem_name(problem: PrinterProblem) -> &'static str {
    match problem {
        PrinterProblem::PaperOut => "paper_out",
        PrinterProblem::CoverOpen => "cover_open",
        PrinterProblem::Offline => "offline",
        PrinterProblem::Error => "error",
        PrinterProblem::Unknown => "unknown",
    }
}

/// The state as the table has it.
pub(crate) fn state_name(state: &JobState) -> PrintState {
    match state {
        JobState::Pending => PrintState::Pending,
        JobState::Printing => PrintState::Printing,
        JobState::Printed => PrintState::Printed,
        JobState::Blocked { .. } => PrintState::Blocked,
    }
}

fn new(job: Uuid, kind: &str, now: Timestamp) -> PrintJob {
    PrintJob {
        id: job,
        kind: kind.to_owned(),
        ticket: None,
        dossier: None,
        printer: None,
        state: PrintState::Pending,
        problem: None,
        attempts: 0,
        created_at: now,
        updated_at: now,
    }
}

fn after(job: PrintJob, news: &PrintNews, now: Timestamp) -> PrintJob {
    let problem = match news.state {
        JobState::Blocked { problem, .. } => Some(problem_name(problem).to_owned()),
        _ => None,
    };
    PrintJob {
        state: state_name(&news.state),
        problem,
        attempts: news.attempts,
        printer: Some(news.printer.clone()).filter(|printer| !printer.is_empty()),
        updated_at: now,
        ..job
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_whose_line_broke_in_the_middle_carries_the_reprint_mark_after_a_restart() {
        let job = |state, problem: Option<PrinterProblem>| PrintJob {
            state,
            problem: problem.map(|problem| problem_name(problem).to_owned()),
            ..new(Uuid::nil(), "ticket", Timestamp::UNIX_EPOCH)
        };
        assert!(may_be_on_paper(&job(PrintState::Printing, None)));
        assert!(may_be_on_paper(&job(PrintState::Blocked, Some(PrinterProblem::Unknown))));
        assert!(!may_be_on_paper(&job(PrintState::Blocked, Some(PrinterProblem::PaperOut))));
        assert!(!may_be_on_paper(&job(PrintState::Pending, None)));
    }

    #[actix_rt::test]
    async fn only_what_no_printer_began_in_a_minute_is_offered_again() {
        use crate::actors::testing::Center;
        use domain::time::Clock;
        use store::{Batch, LocalWrite};
        let center = Center::start().await;
        let now = center.clock.now();
        let before = |seconds| now - SignedDuration::from_secs(seconds);
        let mut rows = Vec::new();
        for (age, state) in [
            (90, PrintState::Pending),
            (30, PrintState::Pending),
            (90, PrintState::Printing),
            (90, PrintState::Printed),
            (90, PrintState::Blocked),
            (7200, PrintState::Pending),
        ] {
            rows.push(PrintJob { state, ..new(Uuid::now_v7(), "ticket", before(age)) });
        }
        let writes = rows.iter().cloned().map(LocalWrite::PrintJob);
        let batch = writes.fold(Batch::new("test", now), Batch::and);
        center.ports.writer.commit(batch).await.unwrap();
        let since = before(3600);
        let read = center.ports.readers.read(move |c| to_offer_again(c, since, now)).await;
        let offered: Vec<Uuid> = read.unwrap().into_iter().map(|job| job.id).collect();
        assert_eq!(offered, [rows[0].id]);
    }
}
