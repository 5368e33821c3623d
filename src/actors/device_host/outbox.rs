//! News of print jobs on their way to the desks that own them: one after the other, the newest word
//! of a job only, told again until it is written down. No actix, no clock.

use super::messages::PrintNews;
use actix::Recipient;
use std::collections::VecDeque;
use uuid::Uuid;

/// Bounded by the jobs of all printers: each job has at most one word waiting and one under way.
#[derive(Default)]
pub(super) struct Outbox {
    waiting: VecDeque<(Recipient<PrintNews>, PrintNews)>,
    under_way: Option<(Recipient<PrintNews>, PrintNews)>,
}

impl Outbox {
    /// Adds news; an older word of the same job that still waits is not told any more.
    pub(super) fn add(&mut self, owner: Recipient<PrintNews>, news: PrintNews) {
        self.waiting.retain(|(_, older)| older.job != news.job);
        self.waiting.push_back((owner, news));
    }

    /// Whether there is a word about a job that its owner has not written down yet.
    pub(super) fn knows(&self, job: Uuid) -> bool {
        self.waiting.iter().chain(&self.under_way).any(|(_, news)| news.job == job)
    }

    /// What is to be told now; nothing while something is under way.
    pub(super) fn next(&mut self) -> Option<(Recipient<PrintNews>, PrintNews)> {
        if self.under_way.is_some() {
            return None;
        }
        self.under_way = self.waiting.pop_front();
        self.under_way.clone()
    }

    /// The owner has written it down, or will never.
    pub(super) fn told(&mut self) {
        self.under_way = None;
    }

    /// The owner could not write it down; it is told again, unless there is a newer word.
    pub(super) fn not_told(&mut self) {
        if let Some((owner, news)) = self.under_way.take()
            && !self.waiting.iter().any(|(_, newer)| newer.job == news.job)
        {
            self.waiting.push_front((owner, news));
        }
    }
}
