//! The thin shell: tokens in, votes through the pipeline into the box, the box into the journal,
//! tablets told.

use super::desk::{Ballot, Decided, Desk, KNOWN_AFTER_END, Loaded};
use super::handle::RatingHandle;
use super::messages::{Offer, TabletToken, TokenOf, VoteTaken, Voting, Withdraw};
use crate::actors::failure::Failure;
use crate::actors::guard::AbortGuard;
use crate::actors::live::{Live, Topic};
use crate::actors::origin::Origin;
use crate::actors::pipeline::{
    Admission, Admitted, Answer, Finished, Pipeline, StorePorts, answered,
};
use actix::{
    Actor, ActorFutureExt, ArbiterHandle, AsyncContext, Context, Handler, MessageResult,
    ResponseFuture, SpawnHandle, StreamHandler, WrapFuture,
};
use domain::ballot::VOTES_PER_ENTRY_MAX;
use domain::ids::CounterNumber;
use domain::rating::{Rating, whole_hour};
use domain::time::Clock;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Batch, Fact, LocalWrite, StoreError};
use tokio::sync::oneshot;
use uuid::Uuid;

/// The desk's name in request keys.
const DESK: &str = "rating";
/// Messages that may wait.
const MAILBOX_LENGTH_MAX: usize = 256;
/// Votes under way to the disk.
const UNDER_WAY_MAX: usize = 64;
/// How often ended tokens are hidden and the box is looked at, while there is anything.
const TICK: Duration = Duration::from_millis(500);
/// Others that may wait for the first answer to the same vote.
const REPEATS_MAX: usize = 16;
/// Ticks without a look at the box after it could not be written: a full disk is not asked twice a
/// second.
const REST_TICKS: u32 = 20;
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

/// What a batch was for.
enum Stored {
    /// A vote lies in the box; its token, and the counter whose tablet is told.
    Vote(String, CounterNumber),
    /// Votes are in the journal.
    Journal(Vec<Uuid>),
}

/// The actor.
pub struct RatingDesk {
    desk: Desk,
    pipeline: Pipeline<VoteTaken, Stored>,
    finished: Option<BoxStream<'static, Finished<VoteTaken, Stored>>>,
    /// Who sent a vote again that is on its way to the disk, by token.
    under_way: HashMap<String, Vec<oneshot::Sender<()>>>,
    /// Entries with votes on their way to the disk.
    journalling: usize,
    /// The hour in which the box was last looked at, and how full it was.
    looked: Option<(Timestamp, usize)>,
    rest: u32,
    ports: RatingPorts,
    tick: Option<SpawnHandle>,
    _guard: AbortGuard,
}

impl RatingDesk {
    /// Reads the tokens for which a vote may still come, and the box.
    ///
    /// # Errors
    /// The tables cannot be read.
    pub fn load(ports: RatingPorts) -> Result<Self, StoreError> {
        let now = ports.clock.now();
        let loaded = ports.store.readers.read_now(|conn| load(conn, now))?;
        let (pipeline, finished) = Pipeline::new(DESK, ports.store.clone(), UNDER_WAY_MAX);
        Ok(Self {
            desk: Desk::new(loaded),
            pipeline,
            finished: Some(Box::pin(finished)),
            under_way: HashMap::new(),
            journalling: 0,
            looked: None,
            rest: 0,
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

    fn vote(&mut self, voting: Voting) -> Result<Answer<VoteTaken>, Failure> {
        let now = self.ports.clock.now();
        let Voting { client_id, token, vote, cast_at } = voting;
        let ballot = Ballot::new(&token, &client_id, vote, cast_at);
        // A random id: one with the time in it would lead from the vote to the minute.
        let (rating, tally, counter) = match self.desk.vote(&ballot, Uuid::new_v4(), now)? {
            Decided::Before => {
                let Some(waiting) = self.under_way.get_mut(&ballot.token_hash) else {
                    return Ok(Box::pin(std::future::ready(Ok(VoteTaken))));
                };
                if waiting.len() >= REPEATS_MAX {
                    return Err(Failure::Busy);
                }
                let (stored, wait) = oneshot::channel();
                waiting.push(stored);
                return Ok(Box::pin(async move {
                    wait.await.map(|()| VoteTaken).map_err(|_| Failure::Repeat)
                }));
            }
            Decided::Now { rating, tally, counter } => (rating, tally, counter),
        };
        // Without a request key: its row would hold the moment, and the entry would name the tablet.
        let admitted = self.admit(now)?;
        let mut batch = Batch::new("citizen", now);
        let token_hash = ballot.token_hash.clone();
        batch.local.push(LocalWrite::UseRatingToken {
            token_hash: token_hash.clone(),
            answered: ballot.answered,
        });
        batch.local.push(LocalWrite::HoldRating(rating.clone()));
        batch.local.extend(tally.map(LocalWrite::OfficerTally));
        let stored = Stored::Vote(token_hash.clone(), counter);
        let answer = self.pipeline.submit(admitted, batch, VoteTaken, stored)?;
        self.under_way.insert(token_hash, Vec::new());
        self.desk.apply(&ballot, rating, now);
        Ok(answer)
    }

    /// Journals what may leave the box. A failure costs nothing: the desk reads its tables again, and
    /// the next look finds the votes where they were.
    fn journal(&mut self, now: Timestamp) {
        let look = (whole_hour(now), self.desk.held_count());
        if self.journalling > 0 || self.rest > 0 || self.looked == Some(look) {
            return;
        }
        let mut votes = self.desk.may_leave(now);
        if let Err(error) = shuffle(&mut votes).and_then(|()| self.submit(&votes, now)) {
            tracing::warn!(
                code = error.code(),
                votes = votes.len(),
                "votes stay in the box for now"
            );
            self.rest = REST_TICKS;
            return;
        }
        self.looked = Some(look);
    }

    fn submit(&mut self, votes: &[Rating], now: Timestamp) -> Result<(), Failure> {
        let all: Vec<Uuid> = votes.iter().map(|vote| vote.id).collect();
        let pieces = votes.chunks(VOTES_PER_ENTRY_MAX);
        let last = pieces.len();
        for (piece, number) in pieces.zip(1..) {
            let admitted = self.admit(now)?;
            let ids: Vec<Uuid> = piece.iter().map(|vote| vote.id).collect();
            let asked_before =
                if number == last { self.desk.asked_before(&all, now) } else { None };
            let mut batch = Batch::new("citizen", now);
            batch.facts.extend(piece.iter().cloned().map(Fact::Rating));
            batch.local.push(LocalWrite::ReleaseRatings { ids: ids.clone(), asked_before });
            // Nobody waits for this answer.
            drop(self.pipeline.submit(admitted, batch, VoteTaken, Stored::Journal(ids))?);
            self.journalling += 1;
        }
        Ok(())
    }

    fn admit(&mut self, now: Timestamp) -> Result<Admitted, Failure> {
        match self.pipeline.admit(&Origin::device(""), &"", now)? {
            Admission::Fresh(admitted) => Ok(admitted),
            // Only a request with a key can have been asked before.
            Admission::Again(_) => Err(Failure::Repeat),
        }
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
                let now = desk.ports.clock.now();
                for counter in desk.desk.hide_ended(now) {
                    desk.publish(counter);
                }
                desk.rest = desk.rest.saturating_sub(1);
                desk.journal(now);
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
                desk.desk.reload(loaded);
                desk.under_way.clear();
                desk.rest = if desk.journalling > 0 { REST_TICKS } else { 0 };
                (desk.journalling, desk.looked) = (0, None);
                desk.pipeline.reloaded();
                desk.arm(ctx);
            }
            Err(error) => {
                tracing::error!(code = error.code(), %error, "the rating tables cannot be read");
                ctx.run_later(READ_AGAIN, Self::read_again);
            }
        }));
    }
}

fn load(conn: &rusqlite::Connection, now: Timestamp) -> Result<Loaded, StoreError> {
    use store::query::ratings;
    let ended_after = now.saturating_sub(KNOWN_AFTER_END).unwrap_or(now);
    Ok(Loaded {
        tokens: ratings::tokens(conn, ended_after)?,
        held: ratings::held(conn)?,
        asked: ratings::asked(conn)?,
    })
}

/// Puts votes in an order that says nothing about when they came (Fisher and Yates).
fn shuffle(votes: &mut [Rating]) -> Result<(), Failure> {
    let random = SystemRandom::new();
    for end in (1..votes.len()).rev() {
        let mut bytes = [0; 8];
        random.fill(&mut bytes).map_err(|_| Failure::Repeat)?;
        let chosen = u64::from_le_bytes(bytes) % (end as u64 + 1);
        votes.swap(end, usize::try_from(chosen).unwrap_or(end));
    }
    Ok(())
}

impl Actor for RatingDesk {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LENGTH_MAX);
        if let Some(finished) = self.finished.take() {
            ctx.add_stream(finished);
        }
        self.journal(self.ports.clock.now());
        self.arm(ctx);
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

impl Handler<Withdraw> for RatingDesk {
    type Result = ();

    fn handle(&mut self, Withdraw(counter): Withdraw, _ctx: &mut Self::Context) {
        if self.desk.withdraw(counter) {
            self.publish(counter);
        }
    }
}

impl Handler<TokenOf> for RatingDesk {
    type Result = MessageResult<TokenOf>;

    fn handle(&mut self, TokenOf(counter): TokenOf, _ctx: &mut Self::Context) -> Self::Result {
        MessageResult(self.desk.shown_at(counter, self.ports.clock.now()))
    }
}

impl Handler<Voting> for RatingDesk {
    type Result = ResponseFuture<Result<VoteTaken, Failure>>;

    fn handle(&mut self, voting: Voting, ctx: &mut Self::Context) -> Self::Result {
        // The votes of an hour that is over go before the first of the next.
        self.journal(self.ports.clock.now());
        let answer = self.vote(voting);
        self.arm(ctx);
        answered(answer)
    }
}

impl StreamHandler<Finished<VoteTaken, Stored>> for RatingDesk {
    fn handle(&mut self, finished: Finished<VoteTaken, Stored>, ctx: &mut Self::Context) {
        let now = self.ports.clock.now();
        let settled = self.pipeline.settle(finished, now);
        match settled.effects {
            Some(Stored::Vote(token_hash, counter)) => {
                for again in self.under_way.remove(&token_hash).unwrap_or_default() {
                    let _gone = again.send(());
                }
                self.publish(counter);
            }
            Some(Stored::Journal(ids)) => {
                self.journalling = self.journalling.saturating_sub(1);
                self.desk.left(&ids, now);
            }
            None => {}
        }
        if settled.reload {
            self.read_again(ctx);
        }
    }
}
