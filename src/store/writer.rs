//! The one writer: an actor on its own Arbiter. Batches gather while a transaction is under way and
//! go into the next one together (group commit); each is answered after COMMIT. A panic in here ends
//! the process, and systemd starts it again: going on with a writer in an unknown state could spoil
//! data.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message, SpawnHandle};
use actix_rt::Arbiter;
use tokio::sync::{oneshot, watch};

use crate::StoreError;
use crate::batch::{Batch, Committed};
use crate::core::WriterCore;

/// Most batches in one transaction: keeps a commit, and so everyone's wait, short.
const BATCHES_PER_COMMIT_MAX: usize = 1024;
/// So long after a commit nobody is expected any more, and a log that has grown is brought in.
const QUIET: Duration = Duration::from_millis(20);

type Answer = Result<Committed, StoreError>;

/// How the writer is doing, for health.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WriterStats {
    /// Entries written since the start.
    pub entries: u64,
    /// Transactions committed since the start.
    pub commits: u64,
    /// How long the last transaction took, in milliseconds.
    pub last_commit_ms: f64,
    /// Batches that wait.
    pub queue_length: usize,
    /// Last entry of the journal.
    pub head_seq: u64,
    /// The last transaction found the disk full.
    pub disk_full: bool,
    /// Pages by which the write-ahead log has grown since it was last brought into the database.
    pub log_pages: usize,
}

#[derive(Default)]
struct Gauges {
    entries: AtomicU64,
    commits: AtomicU64,
    last_commit_us: AtomicU64,
    queue_length: AtomicUsize,
    head_seq: AtomicU64,
    disk_full: AtomicBool,
    log_pages: AtomicUsize,
}

/// Hands batches to the writer, in order and without waiting.
#[derive(Clone)]
pub struct WriterHandle {
    writer: Addr<Writer>,
    gauges: Arc<Gauges>,
    queue_length_max: usize,
    head: watch::Receiver<u64>,
}

/// A batch on its way; answers after COMMIT. Dropping it does not take the batch back.
#[must_use = "a batch is stored only once this has answered Ok"]
pub struct Pending(oneshot::Receiver<Answer>);

impl Future for Pending {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Answer> {
        Pin::new(&mut self.0).poll(context).map(|answer| answer.unwrap_or(Err(StoreError::Stopped)))
    }
}

impl WriterHandle {
    /// Puts a batch in the queue. Batches of one caller are committed in the order of their calls.
    /// `Busy` when the queue is full: nothing was done.
    pub fn submit(&self, batch: Batch) -> Result<Pending, StoreError> {
        let (reply, answer) = oneshot::channel();
        let gauges = &self.gauges;
        if gauges.queue_length.fetch_add(1, Ordering::Relaxed) >= self.queue_length_max {
            gauges.queue_length.fetch_sub(1, Ordering::Relaxed);
            return Err(StoreError::Busy);
        }
        self.writer.try_send(Submit { batch, reply }).map_err(|refused| {
            gauges.queue_length.fetch_sub(1, Ordering::Relaxed);
            match refused {
                actix::dev::SendError::Full(_) => StoreError::Busy,
                actix::dev::SendError::Closed(_) => StoreError::Stopped,
            }
        })?;
        Ok(Pending(answer))
    }

    /// Puts a batch in the queue and waits for its answer.
    pub async fn commit(&self, batch: Batch) -> Answer {
        self.submit(batch)?.await
    }

    /// How the writer is doing.
    pub fn stats(&self) -> WriterStats {
        let gauges = &self.gauges;
        WriterStats {
            entries: gauges.entries.load(Ordering::Relaxed),
            commits: gauges.commits.load(Ordering::Relaxed),
            last_commit_ms: gauges.last_commit_us.load(Ordering::Relaxed) as f64 / 1000.0,
            queue_length: gauges.queue_length.load(Ordering::Relaxed),
            head_seq: gauges.head_seq.load(Ordering::Relaxed),
            disk_full: gauges.disk_full.load(Ordering::Relaxed),
            log_pages: gauges.log_pages.load(Ordering::Relaxed),
        }
    }

    /// Tells of every new end of the journal; the uplink wakes by it.
    pub fn head(&self) -> watch::Receiver<u64> {
        self.head.clone()
    }

    /// Commits what waits, brings the log into the database, and ends the writer.
    pub async fn close(&self) {
        // An error means that it has ended already.
        let _ended = self.writer.send(Close).await;
    }
}

/// A started writer; stops its thread when dropped. What was not committed then is answered with
/// `Stopped`.
pub(crate) struct RunningWriter {
    pub(crate) handle: WriterHandle,
    arbiter: Option<Arbiter>,
}

impl Drop for RunningWriter {
    fn drop(&mut self) {
        let Some(arbiter) = self.arbiter.take() else { return };
        arbiter.stop();
        // Until its thread has ended, the connection is open and the folder is not free.
        if arbiter.join().is_err() {
            tracing::error!("the writer's thread ended by a panic");
        }
    }
}

/// Starts the writer on a thread of its own.
pub(crate) fn start(
    core: WriterCore,
    queue_length_max: usize,
) -> Result<RunningWriter, StoreError> {
    let gauges = Arc::new(Gauges::default());
    gauges.head_seq.store(core.head().seq, Ordering::Relaxed);
    let (tell_head, head) = watch::channel(core.head().seq);
    let arbiter = Arbiter::new();
    let (started, wait) = std::sync::mpsc::sync_channel(1);
    let shared = Arc::clone(&gauges);
    let writer = Writer::start_in_arbiter(&arbiter.handle(), move |_| Writer {
        core,
        waiting: Vec::new(),
        armed: false,
        quiet: None,
        gauges: shared,
        tell_head,
        queue_length_max,
        started: Some(started),
    });
    // Until the actor has set its mailbox's size, the queue would be 16 long.
    wait.recv().map_err(|_| StoreError::Stopped)?;
    Ok(RunningWriter {
        handle: WriterHandle { writer, gauges, queue_length_max, head },
        arbiter: Some(arbiter),
    })
}

struct Writer {
    core: WriterCore,
    waiting: Vec<Submit>,
    armed: bool,
    /// Runs when nobody has come for a moment.
    quiet: Option<SpawnHandle>,
    gauges: Arc<Gauges>,
    tell_head: watch::Sender<u64>,
    queue_length_max: usize,
    started: Option<std::sync::mpsc::SyncSender<()>>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Submit {
    batch: Batch,
    reply: oneshot::Sender<Answer>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Flush;

#[derive(Message)]
#[rtype(result = "()")]
struct Quiet;

#[derive(Message)]
#[rtype(result = "()")]
struct Close;

impl Actor for Writer {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(self.queue_length_max);
        if let Some(started) = self.started.take() {
            // Whoever started us may have gone; then nobody waits.
            let _gone = started.send(());
        }
    }
}

impl Handler<Submit> for Writer {
    type Result = ();

    fn handle(&mut self, submit: Submit, context: &mut Self::Context) {
        self.waiting.push(submit);
        if !self.armed {
            // Runs after the mailbox is drained: everything that came meanwhile goes along.
            self.armed = true;
            context.notify(Flush);
        }
    }
}

impl Handler<Flush> for Writer {
    type Result = ();

    fn handle(&mut self, _: Flush, context: &mut Self::Context) {
        self.flush();
        self.armed = !self.waiting.is_empty();
        if self.armed {
            context.notify(Flush);
        }
        if let Some(earlier) = self.quiet.take() {
            context.cancel_future(earlier);
        }
        if self.core.log_is_due() {
            self.quiet = Some(context.notify_later(Quiet, QUIET));
        }
    }
}

impl Handler<Quiet> for Writer {
    type Result = ();

    fn handle(&mut self, _: Quiet, _: &mut Self::Context) {
        self.quiet = None;
        // Whoever has come in this moment is first; the log's turn comes after the next commit.
        if self.waiting.is_empty() {
            self.core.bring_log_in();
            self.note_log();
        }
    }
}

impl Handler<Close> for Writer {
    type Result = ();

    fn handle(&mut self, _: Close, context: &mut Self::Context) {
        while !self.waiting.is_empty() {
            self.flush();
        }
        self.core.checkpoint();
        context.stop();
    }
}

impl Writer {
    fn flush(&mut self) {
        let count = self.waiting.len().min(BATCHES_PER_COMMIT_MAX);
        let (batches, replies): (Vec<Batch>, Vec<_>) =
            self.waiting.drain(..count).map(|submit| (submit.batch, submit.reply)).unzip();
        let begun = Instant::now();
        let core = &mut self.core;
        let Ok(answers) = catch_unwind(AssertUnwindSafe(|| core.commit(&batches))) else {
            tracing::error!(
                "the writer panicked; ending so that the journal is read again from the disk"
            );
            std::process::abort();
        };
        self.note(&answers, begun);
        for (reply, answer) in replies.into_iter().zip(answers) {
            // A caller that no longer waits has dropped its end.
            let _gone = reply.send(answer);
            crashpoint::at("store.answered_one");
        }
        // Under a load without a pause, too, and still before anybody waits for the next commit.
        self.core.bound_log();
        self.note_log();
    }

    fn note_log(&self) {
        self.gauges.log_pages.store(self.core.log_grown(), Ordering::Relaxed);
    }

    fn note(&self, answers: &[Answer], begun: Instant) {
        let gauges = &self.gauges;
        let entries = answers.iter().flatten().filter(|committed| committed.entry).count();
        gauges.queue_length.fetch_sub(answers.len(), Ordering::Relaxed);
        gauges.entries.fetch_add(entries as u64, Ordering::Relaxed);
        gauges.disk_full.store(answers.contains(&Err(StoreError::DiskFull)), Ordering::Relaxed);
        if answers.iter().any(Result::is_ok) {
            gauges.commits.fetch_add(1, Ordering::Relaxed);
            gauges.last_commit_us.store(begun.elapsed().as_micros() as u64, Ordering::Relaxed);
        }
        self.note_log();
        let seq = self.core.head().seq;
        gauges.head_seq.store(seq, Ordering::Relaxed);
        self.tell_head.send_if_modified(|head| std::mem::replace(head, seq) != seq);
    }
}
