//! The thin shell: looks every few seconds, and when it is asked.

use super::desk::{ClockState, Desk, Observation, Report, StoreState};
use super::handle::HealthHandle;
use crate::actors::event_log::EventLog;
use crate::actors::guard::AbortGuard;
use crate::actors::live::{Live, Topic};
use crate::actors::pipeline::StorePorts;
use crate::clock::GuardedClock;
use crate::clock::guard::Trust;
use actix::{Actor, ArbiterHandle, AsyncContext, Context, Handler, Message, MessageResult};
use domain::time::Clock;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{Batch, LocalWrite, Room};

/// How often it looks by itself.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Messages that may wait.
const MAILBOX_LENGTH_MAX: usize = 64;

/// The year in which this product began, and the last one that a head may set the date to.
const YEARS: std::ops::RangeInclusive<i16> = 2025..=2099;

/// What health works with.
pub struct HealthPorts {
    /// The store.
    pub store: StorePorts,
    /// Screens: the console says when the clock is wrong.
    pub live: Live,
    /// Business time.
    pub clock: Arc<dyn Clock>,
    /// How long it is kept who looked at which dossier.
    pub accesses_kept: SignedDuration,
    /// What judges the machine's clock; nothing in a demo, whose clock runs at a rate of its own.
    pub guarded: Option<Arc<GuardedClock>>,
}

/// The actor.
pub struct Health {
    desk: Desk,
    store: StorePorts,
    live: Live,
    clock: Arc<dyn Clock>,
    accesses_kept: SignedDuration,
    guarded: Option<Arc<GuardedClock>>,
    shown: Option<ClockState>,
    log: EventLog,
    room: Room,
    _guard: AbortGuard,
}

/// A fresh look.
#[derive(Message)]
#[rtype(result = "Report")]
pub(super) struct LookNow;

/// A person says what time it is.
#[derive(Message)]
#[rtype(result = "Result<Report, ClockRefusal>")]
pub(super) struct SetClock {
    pub(super) at: Timestamp,
    pub(super) actor: String,
}

/// Why a time is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockRefusal {
    /// The clock is believed: there is nothing to set.
    NotInDoubt,
    /// No center works in that year.
    BadDate,
}

impl Health {
    /// Looks for the first time when it is spawned.
    #[must_use]
    pub fn new(data_folder: PathBuf, ports: HealthPorts) -> Self {
        let HealthPorts { store, live, clock, accesses_kept, guarded } = ports;
        let log = EventLog::new(store.writer.clone());
        let room = Room::of(data_folder);
        Self {
            desk: Desk::default(),
            store,
            live,
            clock,
            accesses_kept,
            guarded,
            shown: None,
            log,
            room,
            _guard: AbortGuard::of("health"),
        }
    }

    /// Starts it on an arbiter.
    #[must_use]
    pub fn spawn(self, arbiter: &ArbiterHandle) -> HealthHandle {
        HealthHandle { addr: Self::start_in_arbiter(arbiter, |_| self) }
    }

    /// While the store is not well, nobody may be writing: a small write tells when it is again.
    fn try_to_write(&self, now: Timestamp) {
        let (name, value) = ("health.tried_at".to_owned(), now.to_string());
        let batch = Batch::new("center", now).and(LocalWrite::Meta { name, value });
        let watch = self.store.watch.clone();
        match self.store.writer.submit(batch) {
            Ok(pending) => {
                actix_rt::spawn(async move { watch.saw(pending.await.as_ref().map(|_| ())) });
            }
            Err(error) => watch.saw(Err(&error)),
        }
    }

    fn look(&mut self) -> Report {
        let (at, machine, clock) = match &self.guarded {
            Some(guarded) => {
                let report = guarded.report();
                (report.now, report.machine, report.trust.into())
            }
            None => {
                let now = self.clock.now();
                (now, now, ClockState::Ok)
            }
        };
        let store = match self.store.watch.state() {
            StoreState::Ok if self.store.writer.stats().disk_full => StoreState::DiskFull,
            state => state,
        };
        if store != StoreState::Ok {
            self.try_to_write(at);
        }
        let disk = self.room.bytes();
        let (report, changes) = self.desk.observe(Observation { at, machine, clock, disk, store });
        for change in changes {
            tracing::warn!(code = change.code, detail = change.detail, "health");
            self.log.add(at, "health", change.code, json!({ "detail": change.detail }));
        }
        if self.shown.replace(report.clock) != Some(report.clock) {
            let data = json!({ "state": report.clock, "now": at, "machine": machine });
            self.live.publish(Topic::Clock, data, at);
        }
        report
    }
}

impl Actor for Health {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LENGTH_MAX);
        self.look();
        ctx.run_interval(LOOK_EVERY, |health, _| {
            let report = health.look();
            // By a clock that may be years ahead, everything would be old.
            if report.clock == ClockState::Ok {
                health.log.trim(health.clock.now(), health.accesses_kept);
            }
            health.log.close_windows(health.clock.now());
        });
    }
}

impl Handler<LookNow> for Health {
    type Result = MessageResult<LookNow>;

    fn handle(&mut self, _: LookNow, _ctx: &mut Self::Context) -> Self::Result {
        MessageResult(self.look())
    }
}

impl Handler<SetClock> for Health {
    type Result = MessageResult<SetClock>;

    fn handle(&mut self, message: SetClock, _ctx: &mut Self::Context) -> Self::Result {
        let SetClock { at, actor } = message;
        let doubtful =
            self.guarded.as_ref().filter(|guarded| guarded.report().trust != Trust::Steady);
        let Some(guarded) = doubtful else {
            return MessageResult(Err(ClockRefusal::NotInDoubt));
        };
        if !YEARS.contains(&domain::time::local(at).year()) {
            return MessageResult(Err(ClockRefusal::BadDate));
        }
        let before = guarded.report().now;
        guarded.set(at);
        let detail = json!({ "by": actor, "from": before.to_string(), "to": at.to_string() });
        self.log.add(at, "health", "clock.set", detail);
        MessageResult(Ok(self.look()))
    }
}
