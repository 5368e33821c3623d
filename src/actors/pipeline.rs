//! How a desk runs ahead of the disk, in order.
//!
//! A desk decides, applies its decision in memory at once, and hands the batch over without waiting;
//! the pipeline keeps the order, answers each caller after the commit, and gives the effects back to
//! the desk then, never before. What is under way is bounded: one more is answered "busy".
//!
//! When a batch fails, the desk's memory says something that the tables do not. Then everything under
//! way is awaited, the desk reads its tables again, and who asks meanwhile is told to repeat. The
//! store refuses a batch that was decided on a lost one, because its revision does not follow.
//!
//! A request key that was answered within seven days gets the first answer: from the memory of what
//! is under way, or from the request table. Which keys the table has is kept in memory as hashes, so
//! that a fresh request costs no read.

mod store_watch;

use super::failure::Failure;
use super::origin::Origin;
use futures_util::future::LocalBoxFuture;
use futures_util::{Stream, stream};
use jiff::{SignedDuration, Timestamp};
use journal::hex;
use ring::digest::{SHA256, digest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet, VecDeque};
use store::{Batch, Committed, Pending, Readers, RequestKey, StoreError, WriterHandle};
use tokio::sync::{mpsc, oneshot};

pub use store_watch::StoreWatch;

/// How long a request key is remembered; an hour less than the store keeps it.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24 - 1);

/// Keys of one desk that are kept in memory, some hundred bytes each: a week of the busiest center and
/// more. Beyond it the oldest are forgotten here, not in the table: a repeated request with such a key
/// still gets its first answer, from the writer, at the cost of a reload of the desk.
const KNOWN_KEYS_MAX: usize = 100_000;

/// What a desk writes through.
#[derive(Clone)]
pub struct StorePorts {
    /// The one writer.
    pub writer: WriterHandle,
    /// Read-only connections.
    pub readers: Readers,
    /// Told how each write went.
    pub watch: StoreWatch,
}

/// An answer that comes after the commit.
pub(crate) type Answer<R> = LocalBoxFuture<'static, Result<R, Failure>>;

/// What was refused at once is answered at once.
pub(crate) fn answered<R: 'static>(asked: Result<Answer<R>, Failure>) -> Answer<R> {
    match asked {
        Ok(answer) => answer,
        Err(failure) => Box::pin(std::future::ready(Err(failure))),
    }
}

/// A request that may be decided now.
pub(crate) struct Admitted {
    key: Option<RequestKey>,
    asked: String,
}

/// What to do with a request.
pub(crate) enum Admission<R> {
    /// Decide it.
    Fresh(Admitted),
    /// It was asked before: this will be the first answer.
    Again(Answer<R>),
}

/// A batch that is answered; comes back through the stream of [`Pipeline::new`], in order.
pub(crate) struct Finished<R, E> {
    result: Result<Committed, StoreError>,
    ticket: Waybill<R, E>,
}

struct Waybill<R, E> {
    key: Option<RequestKey>,
    asked: String,
    reply: R,
    effects: E,
    answer: oneshot::Sender<Result<R, Failure>>,
}

struct UnderWay<R, E> {
    pending: Pending,
    ticket: Waybill<R, E>,
}

/// What a finished batch leads to.
pub(crate) struct Settled<E> {
    /// To be done now, because it is committed.
    pub(crate) effects: Option<E>,
    /// The desk must read its tables again, then call [`Pipeline::reloaded`].
    pub(crate) reload: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Ready,
    Draining,
    Reading,
}

/// What stands in the request table.
#[derive(Serialize, Deserialize)]
struct Outcome<R> {
    asked: String,
    reply: R,
}

/// The pipeline of one desk. `R` is the desk's reply, `E` its effects.
pub(crate) struct Pipeline<R, E> {
    desk: &'static str,
    ports: StorePorts,
    queue: mpsc::Sender<UnderWay<R, E>>,
    under_way: usize,
    under_way_max: usize,
    condition: Condition,
    known: KnownKeys,
    repeats: HashMap<RequestKey, Repeats<R>>,
}

struct Repeats<R> {
    asked: String,
    answers: Vec<oneshot::Sender<Result<R, Failure>>>,
}

/// Others that may wait for the first answer to the same request.
const REPEATS_MAX: usize = 16;

impl<R, E> Pipeline<R, E>
where
    R: Clone + Serialize + DeserializeOwned + 'static,
    E: 'static,
{
    /// A pipeline and the stream of its finished batches, which the desk's actor adds to its context.
    pub(crate) fn new(
        desk: &'static str,
        ports: StorePorts,
        under_way_max: usize,
    ) -> (Self, impl Stream<Item = Finished<R, E>> + use<R, E>) {
        let (queue, under_way) = mpsc::channel::<UnderWay<R, E>>(under_way_max.max(1));
        let finished = stream::unfold(under_way, |mut under_way| async move {
            let UnderWay { pending, ticket } = under_way.recv().await?;
            let result = pending.await;
            Some((Finished { result, ticket }, under_way))
        });
        let pipeline = Self {
            desk,
            ports,
            queue,
            under_way: 0,
            under_way_max,
            condition: Condition::Ready,
            known: KnownKeys::default(),
            repeats: HashMap::new(),
        };
        (pipeline, finished)
    }

    /// Takes over the keys that the request table holds, as [`known_keys`] reads them.
    pub(crate) fn remember_keys(&mut self, keys: Vec<(String, Timestamp)>) {
        self.known = keys.into_iter().map(|(key, at)| (hash(&key), at)).collect();
    }

    /// Looks whether a request may be decided, was asked before, or has to wait. The debug form of
    /// `verb` must hold everything asked for; what hides itself there is put beside it.
    pub(crate) fn admit<V: std::fmt::Debug>(
        &mut self,
        origin: &Origin,
        verb: &V,
        now: Timestamp,
    ) -> Result<Admission<R>, Failure> {
        let (key, asked) = match &origin.request {
            None => (None, String::new()),
            Some(key) => {
                let key = self.key_of(origin, key)?;
                // Only the hash is kept.
                (Some(key), hex::encode(&hash(&format!("{verb:?}"))[..16]))
            }
        };
        if let Some(key) = &key {
            if let Some(first) = self.repeats.get_mut(key) {
                if first.asked != asked {
                    return Err(Failure::KeyReused);
                }
                if first.answers.len() >= REPEATS_MAX {
                    return Err(Failure::Busy);
                }
                let (answer, wait) = oneshot::channel();
                first.answers.push(answer);
                return Ok(Admission::Again(Box::pin(async move {
                    wait.await.unwrap_or(Err(Failure::Repeat))
                })));
            }
            self.known.forget_before(now);
            if self.known.contains(key) {
                return Ok(Admission::Again(self.first_answer(key.clone(), asked)));
            }
        }
        if self.condition != Condition::Ready {
            return Err(Failure::Repeat);
        }
        if self.under_way >= self.under_way_max {
            return Err(Failure::Busy);
        }
        Ok(Admission::Fresh(Admitted { key, asked }))
    }

    /// Whether this request was decided already, so that [`Self::admit`] will give the first answer.
    pub(crate) fn was_asked_before(&self, origin: &Origin) -> Result<bool, Failure> {
        let Some(key) = &origin.request else { return Ok(false) };
        let key = self.key_of(origin, key)?;
        Ok(self.repeats.contains_key(&key) || self.known.contains(&key))
    }

    fn key_of(&self, origin: &Origin, key: &str) -> Result<RequestKey, Failure> {
        // Both: officers share a device, and a key of one must not give another's answer.
        let caller = format!("{}:{}@{}", self.desk, origin.actor, origin.device);
        RequestKey::new(&caller, key).ok_or(Failure::BadRequestKey)
    }

    /// Hands a decision over. Only after `Ok` the desk applies it in memory.
    pub(crate) fn submit(
        &mut self,
        admitted: Admitted,
        mut batch: Batch,
        reply: R,
        effects: E,
    ) -> Result<Answer<R>, Failure> {
        let Admitted { key, asked } = admitted;
        if key.is_some() {
            let outcome = Outcome { asked: asked.clone(), reply: reply.clone() };
            batch.outcome = serde_json::to_value(outcome).map_err(|error| {
                tracing::error!(desk = self.desk, %error, "an answer cannot be kept");
                Failure::Repeat
            })?;
        }
        batch.request.clone_from(&key);
        // A place is reserved first: what the writer has taken must not fall out of the order.
        let place = self.queue.try_reserve().map_err(|_| Failure::Busy)?;
        let pending = self.ports.writer.submit(batch).map_err(|error| {
            self.ports.watch.saw(Err(&error));
            failure_of(&error)
        })?;
        let (answer, wait) = oneshot::channel();
        if let Some(key) = &key {
            let first = Repeats { asked: asked.clone(), answers: Vec::new() };
            self.repeats.insert(key.clone(), first);
        }
        place.send(UnderWay { pending, ticket: Waybill { key, asked, reply, effects, answer } });
        self.under_way += 1;
        Ok(Box::pin(async move { wait.await.unwrap_or(Err(Failure::Repeat)) }))
    }

    /// Answers the callers of a finished batch.
    pub(crate) fn settle(&mut self, finished: Finished<R, E>, now: Timestamp) -> Settled<E> {
        let Finished { result, ticket } = finished;
        self.under_way = self.under_way.saturating_sub(1);
        self.ports.watch.saw(result.as_ref().map(|_| ()));
        let failed = result.is_err();
        let (answer, effects) = match result {
            Ok(_) => {
                if let Some(key) = &ticket.key {
                    self.known.add(key, now);
                }
                (Ok(ticket.reply), Some(ticket.effects))
            }
            Err(StoreError::Repeated(outcome)) => {
                if let Some(key) = &ticket.key {
                    self.known.add(key, now);
                }
                (first_answer(outcome, &ticket.asked), None)
            }
            Err(error) => {
                tracing::warn!(desk = self.desk, code = error.code(), %error, "batch not stored");
                (Err(failure_of(&error)), None)
            }
        };
        let repeats = ticket.key.and_then(|key| self.repeats.remove(&key));
        for repeat in repeats.into_iter().flat_map(|repeats| repeats.answers) {
            let _gone = repeat.send(answer.clone());
        }
        let _gone = ticket.answer.send(answer);
        if failed && self.condition == Condition::Ready {
            self.condition = Condition::Draining;
        }
        let reload = self.condition == Condition::Draining && self.under_way == 0;
        if reload {
            self.condition = Condition::Reading;
        }
        Settled { effects, reload }
    }

    /// The desk's memory is what the tables say again.
    pub(crate) fn reloaded(&mut self) {
        self.condition = Condition::Ready;
    }

    /// Whether nothing is under way: memory and tables say the same.
    pub(crate) fn at_rest(&self) -> bool {
        self.under_way == 0 && self.condition == Condition::Ready
    }

    fn first_answer(&self, key: RequestKey, asked: String) -> Answer<R> {
        let readers = self.ports.readers.clone();
        Box::pin(async move {
            let read = readers.read(move |conn| store::query::requests::outcome(conn, &key)).await;
            match read {
                Ok(Some(outcome)) => first_answer(outcome, &asked),
                // Forgotten in this very moment: the caller's next try is a fresh one.
                Ok(None) => Err(Failure::Repeat),
                Err(error) => {
                    tracing::warn!(%error, "a first answer cannot be read");
                    Err(Failure::Repeat)
                }
            }
        })
    }
}

/// The keys of a desk's requests that the table holds an answer to.
pub(crate) fn known_keys(
    conn: &rusqlite::Connection,
    desk: &str,
) -> Result<Vec<(String, Timestamp)>, StoreError> {
    store::query::requests::keys(conn, &format!("{desk}:"), KNOWN_KEYS_MAX)
}

fn first_answer<R: DeserializeOwned>(
    outcome: serde_json::Value,
    asked: &str,
) -> Result<R, Failure> {
    match serde_json::from_value::<Outcome<R>>(outcome) {
        Ok(outcome) if outcome.asked == asked => Ok(outcome.reply),
        Ok(_) => Err(Failure::KeyReused),
        Err(error) => {
            tracing::error!(%error, "a kept answer cannot be read");
            Err(Failure::Repeat)
        }
    }
}

/// What a store error means to the caller. "Repeat" only where the same request may well be stored
/// the next time: whoever is told so does it again and again.
pub(crate) fn failure_of(error: &StoreError) -> Failure {
    match error {
        StoreError::Busy => Failure::Busy,
        StoreError::DiskFull => Failure::DiskFull,
        StoreError::Stopped => Failure::Stopped,
        StoreError::TooLarge(_)
        | StoreError::Taken(_)
        | StoreError::Damaged(_)
        | StoreError::Conflict(_) => Failure::NotStorable(error.code()),
        _ => Failure::Repeat,
    }
}

/// Hashes of the keys that the request table holds, oldest first.
#[derive(Default)]
struct KnownKeys {
    hashes: HashSet<[u8; 32]>,
    ages: VecDeque<(Timestamp, [u8; 32])>,
}

impl KnownKeys {
    fn add(&mut self, key: &RequestKey, at: Timestamp) {
        let hash = hash(key.as_str());
        if self.hashes.insert(hash) {
            self.ages.push_back((at, hash));
        }
        self.keep_newest(KNOWN_KEYS_MAX);
    }

    fn keep_newest(&mut self, count: usize) {
        while self.ages.len() > count
            && let Some((_, oldest)) = self.ages.pop_front()
        {
            self.hashes.remove(&oldest);
        }
    }

    fn contains(&self, key: &RequestKey) -> bool {
        self.hashes.contains(&hash(key.as_str()))
    }

    fn forget_before(&mut self, now: Timestamp) {
        while let Some((at, hash)) = self.ages.front() {
            if now.duration_since(*at) < REMEMBERED {
                break;
            }
            self.hashes.remove(hash);
            self.ages.pop_front();
        }
    }
}

impl FromIterator<([u8; 32], Timestamp)> for KnownKeys {
    fn from_iter<I: IntoIterator<Item = ([u8; 32], Timestamp)>>(keys: I) -> Self {
        let mut ages: Vec<_> = keys.into_iter().map(|(hash, at)| (at, hash)).collect();
        ages.sort_unstable();
        Self { hashes: ages.iter().map(|(_, hash)| *hash).collect(), ages: ages.into() }
    }
}

fn hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}

#[cfg(test)]
mod tests;
