//! When to work and when to rest. No actix, no store.

use super::chores::Chore;
use domain::time::local;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// With more commits than this since the last look, people are being served: nothing is done.
const COMMITS_MAX: u64 = 2;
/// When there was nothing to do, it is looked again after so long.
const REST: SignedDuration = SignedDuration::from_mins(1);
/// The cheap chores are done once in so long, at any hour.
const TIDY_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// A check is made once in so long, in quiet hours.
const CHECK_EVERY: SignedDuration = SignedDuration::from_hours(20);
/// A box that is switched off every night checks by day after so long.
const CHECK_AT_LAST: SignedDuration = SignedDuration::from_hours(72);
/// No center is open from this hour on, nor before that one.
const QUIET_FROM_HOUR: i8 = 19;
const QUIET_UNTIL_HOUR: i8 = 6;

/// What the writer has been doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Load {
    /// Commits since the start.
    pub(super) commits: u64,
    /// Batches that wait.
    pub(super) waiting: usize,
}

/// The keeper's pace.
#[derive(Debug, Default)]
pub(super) struct Desk {
    seen: Option<u64>,
    /// Commits of its own since the last look.
    own: u64,
    rest_until: Option<Timestamp>,
    done_at: HashMap<Chore, Timestamp>,
}

impl Desk {
    /// Whether a step may be done now.
    pub(super) fn may_work(&mut self, load: Load, now: Timestamp) -> bool {
        let before = self.seen.replace(load.commits);
        let own = std::mem::take(&mut self.own);
        let Some(before) = before else { return false };
        let others = load.commits.saturating_sub(before).saturating_sub(own);
        // A clock that was set back must not make it rest for years.
        let rests =
            self.rest_until.is_some_and(|until| now < until && until.duration_since(now) <= REST);
        load.waiting == 0 && others <= COMMITS_MAX && !rests
    }

    /// A step wrote something: there may be more.
    pub(super) fn worked(&mut self) {
        self.own += 1;
        self.rest_until = None;
    }

    /// There was nothing to do, or it failed.
    pub(super) fn found_nothing(&mut self, now: Timestamp) {
        self.rest_until = now.checked_add(REST).ok();
    }

    /// The chore that is due, if one is.
    pub(super) fn due(&self, now: Timestamp) -> Option<Chore> {
        let hour = local(now).hour();
        let quiet = !(QUIET_UNTIL_HOUR..QUIET_FROM_HOUR).contains(&hour);
        Chore::ALL.into_iter().find(|chore| {
            let Some(done) = self.done_at.get(chore) else {
                // Never, as far as is known: checks wait for the night all the same.
                return !chore.is_check() || quiet;
            };
            // A clock that was set back must not make a chore wait for years.
            let age = now.duration_since(*done).abs();
            if chore.is_check() {
                (age >= CHECK_EVERY && quiet) || age >= CHECK_AT_LAST
            } else {
                age >= TIDY_EVERY
            }
        })
    }

    /// A chore is done for now.
    pub(super) fn done(&mut self, chore: Chore, at: Timestamp) {
        self.done_at.insert(chore, at);
    }
}
