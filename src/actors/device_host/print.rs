//! The print jobs of one printer: one at a time, in order, until the printer itself says that the
//! paper is out of its mouth. No actix, no clock.

use super::messages::{JobState, PrintNews, PrintOrder};
use actix::Recipient;
use devices::class::ticket_printer::{Document, PrintOutcome, PrinterProblem};
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use uuid::Uuid;

/// Jobs that wait for one printer: more than a day's tickets. One more is refused, the first time with
/// an event; it stays pending in the table, and its desk offers it again every minute.
pub(super) const JOBS_MAX: usize = 2_000;
/// The code of a paper that nobody wants any more before it could be printed: its day is over, or its
/// number was given up.
pub const TOO_LATE: &str = "printer.too_late";
/// The pause before a blocked job is tried again without word from the printer; it doubles.
const RETRY_FIRST: SignedDuration = SignedDuration::from_secs(1);
const RETRY_MAX: SignedDuration = SignedDuration::from_secs(15);

/// The queue of one printer.
pub(super) struct Lane {
    printer: String,
    jobs: VecDeque<Job>,
    running: bool,
    retry: Option<Retry>,
    /// It was full, and that was told.
    full: bool,
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It waits, now or already before.
    Yes,
    /// Too many wait; `first`: since it was full.
    No { first: bool },
}

struct Job {
    order: PrintOrder,
    told: JobState,
    attempts: u32,
    /// Bytes have left: paper may have come out, so the next try carries the reprint mark.
    doubtful: bool,
}

#[derive(Clone, Copy)]
struct Retry {
    at: Timestamp,
    pause: SignedDuration,
}

/// A job that the printer gets now.
pub(super) struct Start {
    pub(super) job: Uuid,
    pub(super) document: Document,
}

/// What a step leads to: something for the printer, and news for the owners of jobs.
#[derive(Default)]
pub(super) struct Step {
    pub(super) start: Option<Start>,
    pub(super) news: Vec<(Recipient<PrintNews>, PrintNews)>,
}

impl Lane {
    pub(super) fn new(printer: &str) -> Self {
        Self {
            printer: printer.to_owned(),
            jobs: VecDeque::new(),
            running: false,
            retry: None,
            full: false,
        }
    }

    /// Takes an order, unless too many wait. An order that is here already changes nothing.
    pub(super) fn add(&mut self, order: PrintOrder) -> Taken {
        if self.jobs.iter().any(|job| job.order.job == order.job) {
            return Taken::Yes;
        }
        if self.jobs.len() >= JOBS_MAX {
            return Taken::No { first: !std::mem::replace(&mut self.full, true) };
        }
        self.full = false;
        let doubtful = order.doubtful;
        self.jobs.push_back(Job { order, told: JobState::Pending, attempts: 0, doubtful });
        Taken::Yes
    }

    /// Gives the printer the next job, when it is free and the time has come.
    pub(super) fn advance(&mut self, now: Timestamp) -> Step {
        let mut step = Step::default();
        if self.running {
            return step;
        }
        while let Some(job) = self.jobs.front() {
            if now <= job.order.valid_until {
                break;
            }
            // A number of yesterday on paper would only mislead.
            if let Some(mut job) = self.jobs.pop_front() {
                let state = JobState::Blocked { problem: PrinterProblem::Error, code: TOO_LATE };
                job.tell(&self.printer, state, &mut step);
            }
        }
        if self.retry.is_some_and(|retry| now < retry.at) {
            return step;
        }
        let Some(job) = self.jobs.front_mut() else { return step };
        self.running = true;
        job.attempts += 1;
        job.tell(&self.printer, JobState::Printing, &mut step);
        step.start = Some(Start { job: job.order.job, document: job.document() });
        step
    }

    /// The printer has answered for the job under way.
    pub(super) fn finished(&mut self, job: Uuid, outcome: PrintOutcome, now: Timestamp) -> Step {
        let mut step = Step::default();
        self.running = false;
        if self.jobs.front().is_none_or(|front| front.order.job != job) {
            return step;
        }
        match outcome {
            PrintOutcome::Printed => {
                self.retry = None;
                if let Some(mut done) = self.jobs.pop_front() {
                    done.tell(&self.printer, JobState::Printed, &mut step);
                }
            }
            PrintOutcome::Blocked { problem, code, sent } => {
                let pause =
                    self.retry.map_or(RETRY_FIRST, |retry| (retry.pause * 2).min(RETRY_MAX));
                self.retry = Some(Retry { at: now.saturating_add(pause).unwrap_or(now), pause });
                if let Some(front) = self.jobs.front_mut() {
                    front.doubtful |= sent;
                    front.tell(&self.printer, JobState::Blocked { problem, code }, &mut step);
                }
            }
        }
        step
    }

    /// What is about this subject is not printed any more; what the printer has may still come out.
    pub(super) fn withdraw(&mut self, subject: Uuid) {
        for job in self.jobs.iter_mut().filter(|job| job.order.subject == subject) {
            job.order.valid_until = Timestamp::MIN;
        }
    }

    /// The printer says that it is well: no need to wait any longer.
    pub(super) fn printer_is_well(&mut self) {
        self.retry = None;
    }

    /// Whether there is anything to do or to wait for.
    pub(super) fn idle(&self) -> bool {
        self.jobs.is_empty()
    }

    /// How many wait, with the one under way.
    pub(super) fn length(&self) -> usize {
        self.jobs.len()
    }

    /// A job's newest word. What holds up the one before it holds it up, too: nobody stands before a
    /// printer without paper waiting for a turn.
    pub(super) fn job(&self, id: Uuid) -> Option<PrintNews> {
        let job = self.jobs.iter().find(|job| job.order.job == id)?;
        let mut news = job.news(&self.printer);
        if let (JobState::Pending, Some(Job { told: held @ JobState::Blocked { .. }, .. })) =
            (job.told, self.jobs.front())
        {
            news.state = *held;
        }
        Some(news)
    }
}

impl Job {
    fn document(&self) -> Document {
        let mut document = self.order.document.clone();
        if self.doubtful {
            match &mut document {
                Document::Ticket(layout) => layout.reprint = true,
                Document::Slip(layout) => layout.reprint = true,
                Document::Raster(_) => {}
            }
        }
        document
    }

    fn tell(&mut self, printer: &str, state: JobState, step: &mut Step) {
        if self.told != state {
            // Between two tries of a blocked job there is nothing new to tell.
            let again = self.attempts > 1 && state == JobState::Printing;
            if !again {
                self.told = state;
                step.news.push((self.order.owner.clone(), self.news(printer)));
            }
        }
    }

    fn news(&self, printer: &str) -> PrintNews {
        PrintNews {
            job: self.order.job,
            subject: self.order.subject,
            ordered_at: self.order.ordered_at,
            printer: printer.to_owned(),
            state: self.told,
            attempts: self.attempts,
        }
    }
}
