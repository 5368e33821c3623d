//! The thin shell: looks every few seconds, and when it is asked.

use super::desk::{Desk, Observation, Report, StoreState};
use super::handle::HealthHandle;
use crate::actors::event_log::EventLog;
use crate::actors::guard::AbortGuard;
use crate::actors::pipeline::StorePorts;
use actix::{
    Actor, ActorFutureExt, ArbiterHandle, AsyncContext, Context, Handler, Message, MessageResult,
    WrapFuture,
};
use domain::time::Clock;
use jiff::Timestamp;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Batch, LocalWrite, Room};

/// How often it looks by itself.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Messages that may wait.
const MAILBOX_LENGTH_MAX: usize = 64;

/// What health is told at start.
pub struct HealthSettings {
    /// The folder whose disk is looked at.
    pub data_folder: PathBuf,
    /// Whether the clock is compared with the counted time. A demonstration's clock runs at a rate
    /// of its own and would always seem to jump.
    pub watch_for_jumps: bool,
}

/// The actor.
pub struct Health {
    desk: Desk,
    settings: HealthSettings,
    store: StorePorts,
    clock: Arc<dyn Clock>,
    started: Instant,
    last_entry_at: Option<Timestamp>,
    log: EventLog,
    room: Room,
    _guard: AbortGuard,
}

/// A fresh look.
#[derive(Message)]
#[rtype(result = "Report")]
pub(super) struct LookNow;

/// The date is right.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct ConfirmClock;

impl Health {
    /// Looks for the first time when it is spawned.
    #[must_use]
    pub fn new(settings: HealthSettings, store: StorePorts, clock: Arc<dyn Clock>) -> Self {
        let log = EventLog::new(store.writer.clone());
        let room = Room::of(&settings.data_folder);
        Self {
            desk: Desk::default(),
            settings,
            store,
            clock,
            started: Instant::now(),
            last_entry_at: None,
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

    /// The youngest entry is asked for aside; the look uses the answer before.
    fn ask_for_last_entry(&mut self, ctx: &mut Context<Self>) {
        let readers = self.store.readers.clone();
        let read = async move { readers.read(store::query::journal::last_at).await };
        ctx.spawn(read.into_actor(self).map(|read, health, _| match read {
            Ok(at) => health.last_entry_at = at,
            Err(error) => {
                tracing::warn!(code = error.code(), %error, "the journal's end is unread")
            }
        }));
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
        let wall = self.clock.now();
        let counted = if self.settings.watch_for_jumps {
            self.started.elapsed()
        } else {
            // As much as the clock shows: then nothing ever jumps.
            Duration::try_from(wall.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default()
        };
        let store = match self.store.watch.state() {
            StoreState::Ok if self.store.writer.stats().disk_full => StoreState::DiskFull,
            state => state,
        };
        if store != StoreState::Ok {
            self.try_to_write(wall);
        }
        let disk = self.room.bytes();
        let last_entry_at = self.last_entry_at;
        let (report, changes) =
            self.desk.observe(Observation { wall, monotonic: counted, last_entry_at, disk, store });
        for change in changes {
            tracing::warn!(code = change.code, detail = change.detail, "health");
            self.log.add(wall, "health", change.code, json!({ "detail": change.detail }));
        }
        report
    }
}

impl Actor for Health {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LENGTH_MAX);
        self.ask_for_last_entry(ctx);
        ctx.run_interval(LOOK_EVERY, |health, ctx| {
            health.look();
            health.ask_for_last_entry(ctx);
        });
    }
}

impl Handler<LookNow> for Health {
    type Result = MessageResult<LookNow>;

    fn handle(&mut self, _: LookNow, _ctx: &mut Self::Context) -> Self::Result {
        MessageResult(self.look())
    }
}

impl Handler<ConfirmClock> for Health {
    type Result = ();

    fn handle(&mut self, _: ConfirmClock, _ctx: &mut Self::Context) {
        self.desk.confirm_clock();
    }
}
