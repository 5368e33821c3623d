//! The thin shell: a step at a time, each on the readers' threads and in the writer's queue.

use super::chores::{self, Chore, Piece, Place, Progress};
use super::desk::{Desk, Load};
use crate::actors::event_log::EventLog;
use crate::actors::guard::AbortGuard;
use crate::actors::pipeline::StorePorts;
use actix::{Actor, ActorFutureExt, Addr, ArbiterHandle, AsyncContext, Context, WrapFuture};
use domain::retention::RetentionRule;
use domain::time::Clock;
use jiff::{SignedDuration, Timestamp};
use journal::ClockState;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use store::{Archive, ArchiveStep, LocalWrite, Store, StoreError, query};

/// How often it looks whether it may do a step.
const TICK: Duration = Duration::from_millis(200);
/// Messages that may wait.
const MAILBOX_LENGTH_MAX: usize = 16;

/// What the keeper is told at start.
#[derive(Debug, Clone)]
pub struct KeeperSettings {
    /// Entries stay in the database so long after they were written.
    pub journal_kept: SignedDuration,
    /// Scans stay here so long after the province has them.
    pub scans_kept: SignedDuration,
    /// The rule by which tickets lose their grounds by themselves; none: they never do.
    pub tickets_rule: Option<RetentionRule>,
}

/// The actor.
pub struct Keeper {
    journal_kept: SignedDuration,
    desk: Desk,
    archive: Archive,
    place: Place,
    /// The chore that is under way, between two pieces.
    going: Option<(Chore, Progress)>,
    store: StorePorts,
    clock: Arc<dyn Clock>,
    log: EventLog,
    working: bool,
    _guard: AbortGuard,
}

/// What a step led to.
enum Done {
    Archived(ArchiveStep),
    Piece(Chore, Box<Piece>),
}

impl Keeper {
    /// Looks for the first time when it is spawned.
    ///
    /// # Errors
    /// What the last checks found cannot be read.
    pub fn load(
        settings: KeeperSettings,
        opened: &Store,
        store: StorePorts,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let mut desk = Desk::default();
        // After a power cut people wait for the center; what is to be tidied can wait for them.
        desk.found_nothing(clock.now());
        let results = store.readers.read_now(query::checks::all)?;
        for chore in Chore::ALL {
            let last = results.iter().find(|result| Some(result.name.as_str()) == chore.result());
            if let Some(last) = last {
                desk.done(chore, last.at);
            }
        }
        Ok(Self {
            journal_kept: settings.journal_kept,
            desk,
            archive: opened.archive(),
            place: Place {
                config: opened.config().clone(),
                readers: store.readers.clone(),
                blobs: opened.blobs(),
                scans_kept: settings.scans_kept,
                tickets_rule: settings.tickets_rule,
            },
            going: None,
            log: EventLog::new(store.writer.clone()),
            store,
            clock,
            working: false,
            _guard: AbortGuard::of("keeper"),
        })
    }

    /// Starts it on an arbiter.
    #[must_use]
    pub fn spawn(self, arbiter: &ArbiterHandle) -> Addr<Self> {
        Self::start_in_arbiter(arbiter, |_| self)
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        let stats = self.store.writer.stats();
        let load = Load { commits: stats.commits, waiting: stats.queue_length };
        // By a clock that may be years ahead every day would be over, and what is erased stays erased.
        let in_doubt = self.place.config.clock_trust.get() == ClockState::Suspect;
        if self.working || !self.desk.may_work(load, now) || in_doubt {
            return;
        }
        self.working = true;
        let chore = match self.going.take() {
            Some((chore, progress)) => Some((chore, Some(progress))),
            None => self.desk.due(now).map(|chore| (chore, None)),
        };
        let floor = now.checked_sub(self.journal_kept).ok();
        let asked = Asked { floor, chore, now };
        let step = step(self.archive.clone(), self.place.clone(), self.store.clone(), asked);
        ctx.spawn(step.into_actor(self).map(move |done, keeper, _| {
            keeper.working = false;
            keeper.after(done, now);
        }));
    }

    fn after(&mut self, done: Result<Done, (Option<Chore>, StoreError)>, now: Timestamp) {
        match done {
            Ok(Done::Archived(ArchiveStep::Nothing)) => self.desk.found_nothing(now),
            Ok(Done::Archived(ArchiveStep::Removed)) => self.desk.worked(),
            Ok(Done::Archived(ArchiveStep::Sealed { first_seq, last_seq })) => {
                tracing::info!(first_seq, last_seq, "older entries lie in a sealed segment");
                self.desk.worked();
            }
            Ok(Done::Piece(chore, piece)) => {
                if let Some(LocalWrite::CheckResult(result)) = &piece.write
                    && result.problems > 0
                {
                    let code = match chore {
                        Chore::CheckScans => "health.scans_damaged",
                        Chore::CheckDatabase => "health.pages_damaged",
                        _ => "health.journal_damaged",
                    };
                    let detail = json!({ "problems": result.problems, "detail": result.detail });
                    self.log.add(now, "keeper", code, detail);
                }
                match piece.next {
                    Some(progress) => self.going = Some((chore, progress)),
                    None => self.desk.done(chore, now),
                }
                self.desk.worked();
            }
            Err((chore, error)) => {
                tracing::warn!(code = error.code(), %error, ?chore, "the keeper tries again later");
                // One that cannot be done must not keep the others waiting.
                if let Some(chore) = chore {
                    self.desk.done(chore, now);
                }
                self.desk.found_nothing(now);
            }
        }
    }
}

struct Asked {
    floor: Option<Timestamp>,
    chore: Option<(Chore, Option<Progress>)>,
    now: Timestamp,
}

/// A piece of a chore, or else a step of the archive.
async fn step(
    archive: Archive,
    place: Place,
    store: StorePorts,
    asked: Asked,
) -> Result<Done, (Option<Chore>, StoreError)> {
    let Asked { floor, chore, now } = asked;
    let Some((chore, progress)) = chore else {
        let Some(floor) = floor else { return Ok(Done::Archived(ArchiveStep::Nothing)) };
        let done = archive.step(&store.writer, floor, now).await;
        return done.map(Done::Archived).map_err(|error| (None, error));
    };
    let failed = |error| (Some(chore), error);
    let piece = tokio::task::spawn_blocking(move || chores::work(chore, &place, progress, now))
        .await
        .map_err(|error| failed(StoreError::Database(format!("a chore ended early: {error}"))))?
        .map_err(failed)?;
    if let Some(batch) = piece.batch(now) {
        store.writer.commit(batch).await.map_err(failed)?;
    }
    Ok(Done::Piece(chore, Box::new(piece)))
}

impl Actor for Keeper {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LENGTH_MAX);
        ctx.run_interval(TICK, Self::tick);
    }
}
