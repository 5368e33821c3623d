//! Which call is heard now, and which next. No actix, no clock.

use super::messages::Call;
use crate::actors::live::HallNow;
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use uuid::Uuid;

/// A call that waited longer than this is not announced any more: the citizen has seen the sign, or
/// the officer calls again.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// Calls that may wait. At three seconds a call, more than twenty would be stale before their turn;
/// when it is full, the oldest goes.
pub const QUEUE_LENGTH_MAX: usize = 24;
/// With nobody waiting behind it, the large line stays this many times longer.
const LINGER: i32 = 5;

/// The queue of calls.
pub(super) struct Desk {
    hold: SignedDuration,
    waiting: VecDeque<Call>,
    current: Option<Current>,
}

struct Current {
    call: Call,
    since: Timestamp,
}

impl Desk {
    pub(super) fn new(hold: SignedDuration) -> Self {
        Self { hold, waiting: VecDeque::new(), current: None }
    }

    /// Takes a call. A newer call of the same ticket replaces the waiting one.
    pub(super) fn add(&mut self, call: Call) {
        self.withdraw(call.ticket);
        if self.waiting.len() >= QUEUE_LENGTH_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(call);
    }

    /// Forgets a waiting call. The one that is being heard is not cut short.
    pub(super) fn withdraw(&mut self, ticket: Uuid) {
        self.waiting.retain(|call| call.ticket != ticket);
    }

    /// Moves on; returns the call that starts now.
    pub(super) fn advance(&mut self, now: Timestamp) -> Option<Call> {
        if let Some(current) = &self.current {
            let shown = now.duration_since(current.since);
            // A clock that was set back must not freeze the line.
            if shown >= SignedDuration::ZERO && shown < self.hold {
                return None;
            }
        }
        while let Some(call) = self.waiting.pop_front() {
            if now.duration_since(call.at) > STALE_AFTER {
                tracing::info!(ticket = %call.ticket, "call too old to announce");
                continue;
            }
            self.current = Some(Current { call: call.clone(), since: now });
            return Some(call);
        }
        let over = self.current.as_ref().is_some_and(|current| {
            let shown = now.duration_since(current.since);
            shown < SignedDuration::ZERO || shown >= self.hold * LINGER
        });
        if over {
            self.current = None;
        }
        None
    }

    /// The large line.
    pub(super) fn line(&self) -> Option<HallNow> {
        self.current.as_ref().map(|current| HallNow {
            label: current.call.label.clone(),
            counter: current.call.counter,
        })
    }

    /// Whether time will change anything.
    pub(super) fn idle(&self) -> bool {
        self.current.is_none() && self.waiting.is_empty()
    }
}
