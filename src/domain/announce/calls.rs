//! Which call is heard now, and which next.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A call that waited longer than this is not announced any more: the citizen has seen the sign, or
/// the officer calls again.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// Calls that may wait. While others wait a call is said in short, which takes little more than three
/// seconds: more than twenty would be stale before their turn. When it is full, the oldest goes.
pub const QUEUE_LENGTH_MAX: usize = 24;
/// With nobody waiting behind it, the large line stays this many times longer than the shortest time.
const LINGER: i32 = 5;

/// What the queue must know of a call.
pub trait Said {
    /// Whose call it is: a ticket waits at most once.
    fn ticket(&self) -> Uuid;
    /// When the officer pressed the key; its age counts from here.
    fn called_at(&self) -> Timestamp;
    /// Whether the number was called before: a call that reminds is said once.
    fn reminds(&self) -> bool;
}

/// The call that has the voice and the large line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current<C> {
    /// The call.
    pub call: C,
    /// When it began, or began to be said again.
    pub since: Timestamp,
    /// How long nothing else begins.
    pub lasts: SignedDuration,
    /// Others waited when it began: it is said in short, so that they are heard before they are stale.
    pub hurried: bool,
    /// From when on its time is counted: the beginning, or the moment when the clock was set back.
    counted_from: Timestamp,
    /// Nothing is to be said of it again.
    repeated: bool,
}

/// What a step of time brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due<C> {
    /// The call that begins now.
    pub begins: Option<C>,
    /// The call of the large line, which is said once more now.
    pub repeats: Option<C>,
    /// Calls that became too old while they waited, and are not announced.
    pub stale: Vec<C>,
}

/// The queue of calls: one at a time, in the order in which they were made, each for at least the
/// shortest time and as long as its voice takes. Behind it a call is said once more, as a reminder,
/// while nobody waits and its citizen has not come.
#[derive(Debug, Clone)]
pub struct Announcements<C> {
    shortest: SignedDuration,
    waiting: VecDeque<C>,
    current: Option<Current<C>>,
}

impl<C: Said + Clone> Announcements<C> {
    /// `shortest`: how long a call keeps the large line at least.
    pub fn new(shortest: SignedDuration) -> Self {
        Self { shortest, waiting: VecDeque::new(), current: None }
    }

    /// Takes a call, behind everybody. A newer call of the same ticket replaces the waiting one, and one
    /// that was heard already is heard again. Returns the oldest call when there was no room for it.
    pub fn add(&mut self, call: C) -> Option<C> {
        self.withdraw(call.ticket());
        let pushed_out =
            if self.waiting.len() >= QUEUE_LENGTH_MAX { self.waiting.pop_front() } else { None };
        self.waiting.push_back(call);
        pushed_out
    }

    /// Forgets a waiting call. The one that is being heard is not cut short, but not said again.
    pub fn withdraw(&mut self, ticket: Uuid) {
        self.waiting.retain(|call| call.ticket() != ticket);
        if let Some(current) = &mut self.current
            && current.call.ticket() == ticket
        {
            current.repeated = true;
        }
    }

    /// Moves on. `voice` says how long a call is heard, said in short or not, and is asked when its turn
    /// comes; `reminder` how long it is heard the second time, zero where it is not said again.
    pub fn advance(
        &mut self,
        now: Timestamp,
        voice: impl Fn(&C, bool) -> SignedDuration,
        reminder: impl Fn(&C) -> SignedDuration,
    ) -> Due<C> {
        let mut due = Due { begins: None, repeats: None, stale: Vec::new() };
        if let Some(current) = &mut self.current {
            let heard = now.duration_since(current.counted_from);
            if heard < SignedDuration::ZERO {
                // A clock that was set back neither freezes the line nor cuts the voice: it begins to
                // count again.
                current.counted_from = now;
                return due;
            }
            if heard < current.lasts {
                return due;
            }
        }
        while let Some(call) = self.waiting.pop_front() {
            if now.duration_since(call.called_at()) > STALE_AFTER {
                due.stale.push(call);
                continue;
            }
            let hurried = !self.waiting.is_empty();
            let lasts = voice(&call, hurried).max(self.shortest);
            self.current = Some(Current {
                call: call.clone(),
                since: now,
                lasts,
                hurried,
                counted_from: now,
                repeated: call.reminds(),
            });
            due.begins = Some(call);
            return due;
        }
        if let Some(current) = &mut self.current
            && !current.repeated
        {
            current.repeated = true;
            let lasts = reminder(&current.call);
            if lasts > SignedDuration::ZERO {
                current.since = now;
                current.counted_from = now;
                current.lasts = lasts;
                due.repeats = Some(current.call.clone());
                return due;
            }
        }
        let lingers = self.shortest * LINGER;
        let over = |current: &Current<C>| now.duration_since(current.counted_from) >= lingers;
        if self.current.as_ref().is_some_and(over) {
            self.current = None;
        }
        due
    }

    /// The large line.
    pub fn current(&self) -> Option<&Current<C>> {
        self.current.as_ref()
    }

    /// Whether time will change nothing.
    pub fn idle(&self) -> bool {
        self.current.is_none() && self.waiting.is_empty()
    }
}
