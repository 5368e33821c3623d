//! One conversation with the printer, from the first question to the last: bytes and the time in,
//! bytes and an outcome out.

use std::time::{Duration, Instant};

use super::protocol::{CLEAR, ask_status, is_proof, is_status, status};
use super::settings::Settings;
use crate::class::ticket_printer::{PrintOutcome, PrinterProblem, PrinterStatus};

/// How often the four questions of a status are begun in one conversation. Something that still
/// speaks in between then is no printer that can be believed: `printer.rubbish`.
const STATUS_TRIES_MAX: u32 = 3;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Send these bytes, then go on listening.
    Send(Vec<u8>),
    /// Send the job, then say so by [`Exchange::sent`].
    SendJob,
    /// Listen.
    Wait,
    /// It is over.
    Done(End),
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// What came of the job; for a mere question, whether the printer could print.
    pub(super) outcome: PrintOutcome,
    /// The last whole status, when there was one.
    pub(super) status: Option<PrinterStatus>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Before,
    Sending,
    Proof,
    After,
    Over,
}

/// A conversation.
#[derive(Debug)]
pub(super) struct Exchange {
    status_timeout: Duration,
    print_timeout: Duration,
    has_job: bool,
    phase: Phase,
    answers: [u8; 4],
    answered: usize,
    /// Something came between the answers of a status. Which answer belongs to which question is
    /// not known any more: nothing is listened to until the line had time to fall quiet.
    disturbed: bool,
    tries: u32,
    proved: bool,
    rubbish: bool,
    status: Option<PrinterStatus>,
    deadline: Instant,
}

impl Exchange {
    /// Starts with the first question. `clear_first`: an earlier job was left unproved, and what
    /// is left of it must not come out before this one.
    pub(super) fn start(
        settings: &Settings,
        has_job: bool,
        clear_first: bool,
        now: Instant,
    ) -> (Self, Vec<u8>) {
        let status_timeout = Duration::from_millis(settings.status_timeout_ms);
        let exchange = Self {
            status_timeout,
            print_timeout: Duration::from_millis(settings.print_timeout_ms),
            has_job,
            phase: Phase::Before,
            answers: [0; 4],
            answered: 0,
            disturbed: false,
            tries: 1,
            proved: false,
            rubbish: false,
            status: None,
            deadline: now + status_timeout,
        };
        let mut bytes = if clear_first { CLEAR.to_vec() } else { Vec::new() };
        bytes.extend(ask_status(1));
        (exchange, bytes)
    }

    /// When [`Self::tick`] has something to say.
    pub(super) fn due(&self) -> Instant {
        self.deadline
    }

    /// Whether bytes of the job have left.
    pub(super) fn has_sent(&self) -> bool {
        matches!(self.phase, Phase::Sending | Phase::Proof | Phase::After)
    }

    /// The job's last byte has left.
    pub(super) fn sent(&mut self, now: Instant) {
        if self.phase == Phase::Sending {
            self.phase = Phase::Proof;
            self.deadline = now + self.print_timeout;
        }
    }

    /// The printer sent a byte. One at a time, because an answer may ask for the next question.
    /// `followed`: more had come when it was read. Each question is sent only after the answer to
    /// the one before, so an answer is always the last byte that has come.
    pub(super) fn heard(&mut self, byte: u8, followed: bool, now: Instant) -> Step {
        match self.phase {
            Phase::Before | Phase::After if self.disturbed => Step::Wait,
            Phase::Before | Phase::After if is_status(byte) && !followed => {
                self.answers[self.answered] = byte;
                self.answered += 1;
                self.deadline = now + self.status_timeout;
                match u8::try_from(self.answered) {
                    Ok(answered @ 0..=3) => Step::Send(ask_status(answered + 1).to_vec()),
                    _ => self.status_known(),
                }
            }
            Phase::Proof if is_proof(byte) && !followed => {
                self.proved = true;
                self.ask_after(now)
            }
            // An unasked status byte, from raster data that looks like a question to old firmware.
            Phase::Proof if is_status(byte) => Step::Wait,
            Phase::Before | Phase::Proof | Phase::After => {
                self.rubbish = true;
                if self.answered > 0 {
                    self.disturbed = true;
                    self.deadline = now + self.status_timeout;
                }
                Step::Wait
            }
            Phase::Sending | Phase::Over => Step::Wait,
        }
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Instant) -> Step {
        if now < self.deadline {
            return Step::Wait;
        }
        match self.phase {
            Phase::Sending | Phase::Over => Step::Wait,
            // No proof in time: the status says why, perhaps.
            Phase::Proof => self.ask_after(now),
            Phase::Before | Phase::After if self.disturbed && self.tries < STATUS_TRIES_MAX => {
                self.tries += 1;
                self.ask_from_first(now)
            }
            Phase::Before => self.unknown(false),
            Phase::After => self.unknown(true),
        }
    }

    fn ask_after(&mut self, now: Instant) -> Step {
        self.phase = Phase::After;
        self.tries = 1;
        self.ask_from_first(now)
    }

    fn ask_from_first(&mut self, now: Instant) -> Step {
        self.answered = 0;
        self.disturbed = false;
        self.deadline = now + self.status_timeout;
        Step::Send(ask_status(1).to_vec())
    }

    fn status_known(&mut self) -> Step {
        let status = status(self.answers);
        self.status = Some(status);
        match (self.phase, status.problem()) {
            (Phase::Before, None) if self.has_job => {
                self.phase = Phase::Sending;
                self.answered = 0;
                // Rubbish before a whole, valid status was an earlier conversation's rest.
                self.rubbish = false;
                Step::SendJob
            }
            (Phase::Before, None) => self.done(PrintOutcome::Printed),
            // Rubbish since the job left could hold the proof: then the proof is not one.
            (Phase::After, None) if self.proved && !self.rubbish => {
                self.done(PrintOutcome::Printed)
            }
            (Phase::After, None) => {
                let code = if self.rubbish { "printer.rubbish" } else { "printer.no_proof" };
                let problem = PrinterProblem::Unknown;
                self.done(PrintOutcome::Blocked { problem, code, sent: true })
            }
            (phase, Some((problem, code))) => {
                let sent = phase == Phase::After;
                self.done(PrintOutcome::Blocked { problem, code, sent })
            }
            (_, None) => Step::Wait,
        }
    }

    fn unknown(&mut self, sent: bool) -> Step {
        let code = if self.rubbish { "printer.rubbish" } else { "printer.no_answer" };
        self.done(PrintOutcome::Blocked { problem: PrinterProblem::Unknown, code, sent })
    }

    fn done(&mut self, outcome: PrintOutcome) -> Step {
        self.phase = Phase::Over;
        Step::Done(End { outcome, status: self.status })
    }
}
