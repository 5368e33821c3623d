//! Rows of print jobs, as the desks write them.

use super::device_host::{JobState, PrintNews};
use devices::class::ticket_printer::PrinterProblem;
use jiff::Timestamp;
use store::records::{PrintJob, PrintState};
use uuid::Uuid;

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
}
