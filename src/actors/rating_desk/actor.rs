//! The thin shell: tokens in, votes through the pipeline, tablets told.

use super::desk::{Desk, KNOWN_AFTER_END, Step};
use super::handle::RatingHandle;
use super::messages::{Offer, TabletToken, TokenOf, VoteReply, Voting};
use crate::actors::failure::Failure;
use crate::actors::guard::AbortGuard;
use crate::actors::live::{Live, Topic};
use crate::actors::origin::Origin;
use crate::actors::pipeline::{Admission, Answer, Finished, Pipeline, StorePorts, known_keys};
use actix::{
    Actor, ActorFutureExt, ArbiterHandle, AsyncContext, Context, Handler, MessageResult,
    ResponseFuture, SpawnHandle, StreamHandler, WrapFuture,
};
use domain::ids::CounterNumber;
use domain::rating::RatingToken;
use domain::time::Clock;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::{Batch, Fact, LocalWrite, StoreError};
use uuid::Uuid;

/// The desk's name in request keys.
const DESK: &str = "rating";
/// Messages that may wait.
const MAILBOX_LENGTH_MAX: usize = 256;
/// Votes under way to the disk.
const UNDER_WAY_MAX: usize = 64;
/// How often ended tokens are hidden, while any is shown.
const TICK: Duration = Duration::from_millis(500);
/// How long after a failed read the tables are read again.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// What the desk writes through and tells.
pub struct RatingPorts {
    /// Tables.
    pub store: StorePorts,
    /// Screens.
    pub live: Live,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The actor.
pub struct RatingDesk {
    desk: Desk,
    pipeline: Pipeline<VoteReply, CounterNumber>,
    finished: Option<BoxStream<'static, Finished<VoteReply, CounterNumber>>>,
    ports: RatingPorts,
    tick: Option<SpawnHandle>,
    _guard: AbortGuard,
}

impl RatingDesk {
    /// Reads the tokens for which a vote may still come.
    ///
    /// # Errors
    /// The tables cannot be read.
    pub fn load(ports: RatingPorts) -> Result<Self, StoreError> {
        let now = ports.clock.now();
        let loaded = ports.store.readers.read_now(|conn| load(conn, now))?;
        let (mut pipeline, finished) = Pipeline::new(DESK, ports.store.clone(), UNDER_WAY_MAX);
        pipeline.remember_keys(loaded.keys);
        Ok(Self {
            desk: Desk::new(loaded.tokens),
            pipeline,
            finished: Some(Box::pin(finished)),
            ports,
            tick: None,
            _guard: AbortGuard::of("rating_desk"),
        })
    }

    /// Starts it on an arbiter.
    #[must_use]
    pub fn spawn(self, arbiter: &ArbiterHandle) -> RatingHandle {
        RatingHandle { addr: Self::start_in_arbiter(arbiter, |_| self) }
    }

    fn vote(&mut self, voting: Voting) -> Result<Answer<VoteReply>, Failure> {
        let now = self.ports.clock.now();
        let Voting { origin, token, vote, cast_at } = voting;
        // The key goes into the journal's entry, where it must not lead to a tablet, so to a counter.
        let origin = Origin { actor: "citizen".to_owned(), device: String::new(), ..origin };
        let admitted = match self.pipeline.admit(&origin, &(&token, &vote), now)? {
            Admission::Again(first) => return Ok(first),
            Admission::Fresh(admitted) => admitted,
        };
        // A random id: one with the time in it would lead from the vote to the minute.
        let id = Uuid::new_v4();
        let Step { token, rating, tally } = self.desk.vote(&token, (vote, cast_at), id, now)?;
        let mut batch = Batch::new("citizen", now);
        batch.facts.push(Fact::Rating(rating));
        batch.local.push(LocalWrite::UseRatingToken { token_hash: token.token_hash.clone() });
        batch.local.extend(tally.map(LocalWrite::OfficerTally));
        let answer = self.pipeline.submit(admitted, batch, VoteReply { id }, token.counter)?;
        self.desk.apply(&token);
        Ok(answer)
    }

    fn publish(&self, counter: CounterNumber) {
        let now = self.ports.clock.now();
        let data = match self.desk.shown_at(counter, now) {
            Some(TabletToken { stage, expires_at, .. }) => {
                json!({ "stage": stage, "expires_at": expires_at })
            }
            None => Value::Null,
        };
        self.ports.live.publish(Topic::Tablet(counter), data, now);
    }

    fn arm(&mut self, ctx: &mut Context<Self>) {
        if self.desk.idle() {
            if let Some(tick) = self.tick.take() {
                ctx.cancel_future(tick);
            }
        } else if self.tick.is_none() {
            self.tick = Some(ctx.run_interval(TICK, |desk, ctx| {
                for counter in desk.desk.hide_ended(desk.ports.clock.now()) {
                    desk.publish(counter);
                }
                desk.arm(ctx);
            }));
        }
    }

    fn read_again(&mut self, ctx: &mut Context<Self>) {
        tracing::warn!("the rating desk reads its tables again");
        let now = self.ports.clock.now();
        let readers = self.ports.store.readers.clone();
        let read = async move { readers.read(move |conn| load(conn, now)).await };
        ctx.spawn(read.into_actor(self).map(|loaded, desk, ctx| match loaded {
            Ok(loaded) => {
                desk.desk.reload(loaded.tokens);
                desk.pipeline.remember_keys(loaded.keys);
                desk.pipeline.reloaded();
            }
            Err(error) => {
                tracing::error!(code = error.code(), %error, "the rating tables cannot be read");
                ctx.run_later(READ_AGAIN, Self::read_again);
            }
        }));
    }
}

struct Loaded {
    tokens: Vec<RatingToken>,
    keys: Vec<(String, Timestamp)>,
}

fn load(conn: &rusqlite::Connection, now: Timestamp) -> Result<Loaded, StoreError> {
    let ended_after = now.saturating_sub(KNOWN_AFTER_END).unwrap_or(now);
    let tokens = store::query::ratings::tokens(conn, ended_after)?;
    Ok(Loaded { tokens, keys: known_keys(conn, DESK)? })
}

impl Actor for RatingDesk {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LENGTH_MAX);
        if let Some(finished) = self.finished.take() {
            ctx.add_stream(finished);
        }
    }
}

impl Handler<Offer> for RatingDesk {
    type Result = ();

    fn handle(&mut self, offer: Offer, ctx: &mut Self::Context) {
        let counter = offer.token.counter;
        self.desk.offer(offer, self.ports.clock.now());
        self.publish(counter);
        self.arm(ctx);
    }
}

impl Handler<TokenOf> for RatingDesk {
    type Result = MessageResult<TokenOf>;

    fn handle(&mut self, TokenOf(counter): TokenOf, _ctx: &mut Self::Context) -> Self::Result {
        MessageResult(self.desk.shown_at(counter, self.ports.clock.now()))
    }
}

impl Handler<Voting> for RatingDesk {
    type Result = ResponseFuture<Result<VoteReply, Failure>>;

    fn handle(&mut self, voting: Voting, _ctx: &mut Self::Context) -> Self::Result {
        match self.vote(voting) {
            Ok(answer) => answer,
            Err(failure) => Box::pin(std::future::ready(Err(failure))),
        }
    }
}

impl StreamHandler<Finished<VoteReply, CounterNumber>> for RatingDesk {
    fn handle(&mut self, finished: Finished<VoteReply, CounterNumber>, ctx: &mut Self::Context) {
        let settled = self.pipeline.settle(finished, self.ports.clock.now());
        if let Some(counter) = settled.effects {
            self.publish(counter);
        }
        if settled.reload {
            self.read_again(ctx);
        }
    }
}
