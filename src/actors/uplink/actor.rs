//! The thin shell: runs the link, shows its state and the hub's messages.

use super::handle::{UplinkHandle, UplinkView};
use super::node_tables::NodeTables;
use crate::actors::event_log::EventLog;
use crate::actors::failure::Failure;
use crate::actors::guard::AbortGuard;
use crate::actors::live::{Live, Topic};
use crate::actors::origin::Origin;
use crate::actors::pipeline::failure_of;
use crate::clock::GuardedClock;
use actix::{
    Actor, ActorFutureExt, ArbiterHandle, AsyncContext, Context, Handler, Message, ResponseFuture,
    StreamHandler, WrapFuture,
};
use domain::time::Clock;
use futures_util::stream;
use link::pipe::Pipe;
use link::types::LinkState;
use link::uplink::{Uplink, UplinkConfig, UplinkStatus};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::records::{LateReader, Message as HubMessage, Reading};
use store::{Batch, Fact, LocalWrite, StoreError};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use uuid::Uuid;

/// Messages that may wait.
const MAILBOX_LENGTH_MAX: usize = 128;
/// While the journal grows without a rest, the link is told of it so often. Entries that are committed
/// meanwhile go in one frame; nobody at the hub notices the wait.
const HEADS_APART: Duration = Duration::from_millis(50);
/// Messages of the hub that the console lists.
const MESSAGES_SHOWN: u32 = 50;
/// So many officers may press "read" at the same instant before one of them is asked to press again.
const READ_TRIES: usize = 8;
/// How often what waits is counted while there is no hub.
const COUNT_EVERY: Duration = Duration::from_secs(5);
/// How often it is looked whether the link's tasks still live.
const CARE: Duration = Duration::from_secs(5);

/// The way to the hub; nothing before enrolment.
pub struct Hub {
    /// Where and with which certificate.
    pub config: UplinkConfig,
    /// The connection.
    pub pipe: Arc<dyn Pipe>,
}

/// What the uplink works with.
pub struct UplinkPorts {
    /// This node's tables as the link asks for them.
    pub tables: NodeTables,
    /// Screens.
    pub live: Live,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Is told what time the hub says it is; nothing in a demo.
    pub guarded: Option<Arc<GuardedClock>>,
}

/// The actor.
pub struct UplinkDesk {
    hub: Option<Hub>,
    tables: Arc<NodeTables>,
    live: Live,
    clock: Arc<dyn Clock>,
    guarded: Option<Arc<GuardedClock>>,
    running: Option<Uplink>,
    log: EventLog,
    last: UplinkStatus,
    /// What was told last of the hall, for a link that is started again.
    hall: Option<Value>,
    _guard: AbortGuard,
}

/// Where the link stands.
#[derive(Message)]
#[rtype(result = "Result<UplinkView, Failure>")]
pub(super) struct StatusNow;

/// A message was read.
#[derive(Message)]
#[rtype(result = "Result<HubMessage, Failure>")]
pub(super) struct MarkRead {
    pub(super) origin: Origin,
    pub(super) message: Uuid,
}

/// What the province is told of the hall.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct TellHall(pub(super) Value);

/// The status changed.
struct Changed(UplinkStatus);

/// The journal has a new end.
pub(super) struct NewHead;

/// A message may have come.
struct MessagesChanged;

impl UplinkDesk {
    /// An uplink that greets the hub when it is spawned.
    #[must_use]
    pub fn new(hub: Option<Hub>, ports: UplinkPorts) -> Self {
        let UplinkPorts { tables, live, clock, guarded } = ports;
        Self {
            hub,
            log: EventLog::new(tables.writer.clone()),
            tables: Arc::new(tables),
            live,
            clock,
            guarded,
            running: None,
            last: UplinkStatus::default(),
            hall: None,
            _guard: AbortGuard::of("uplink"),
        }
    }

    /// Starts it on an arbiter; the link's tasks run there, too.
    #[must_use]
    pub fn spawn(self, arbiter: &ArbiterHandle) -> UplinkHandle {
        UplinkHandle { addr: Self::start_in_arbiter(arbiter, |_| self) }
    }

    fn start_link(&mut self, ctx: &mut Context<Self>) {
        let Some(hub) = &self.hub else { return };
        let uplink = Uplink::start(
            hub.config.clone(),
            Arc::clone(&hub.pipe),
            Arc::clone(&self.tables),
            Arc::clone(&self.clock),
        );
        ctx.add_stream(changes(uplink.status(), Changed));
        if let Some(hall) = &self.hall {
            uplink.tell_hall(hall.clone());
        }
        self.running = Some(uplink);
    }

    /// A link whose task panicked is started again; the hub says how far it has come.
    fn care(&mut self, ctx: &mut Context<Self>) {
        if self.running.as_ref().is_some_and(Uplink::ended) {
            self.log.add(self.clock.now(), "uplink", "uplink.task_ended", json!({}));
            self.running = None;
            self.start_link(ctx);
        }
    }

    /// Without a hub the tables say what waits.
    fn count(&mut self, ctx: &mut Context<Self>) {
        let tables = Arc::clone(&self.tables);
        let count = async move { waiting(&tables).await };
        ctx.spawn(count.into_actor(self).map(|counted, desk, _| match counted {
            Ok(view) => desk.publish(&view),
            Err(failure) => tracing::warn!(code = failure.code(), "what waits cannot be counted"),
        }));
    }

    fn changed(&mut self, status: UplinkStatus) {
        if let (Some(guarded), Some((said, heard))) = (&self.guarded, status.hub_time)
            && self.last.hub_time != status.hub_time
        {
            guarded.hear_hub(said, heard);
        }
        let now = self.clock.now();
        let before = std::mem::replace(&mut self.last, status);
        let status = self.last.clone();
        if before.state != status.state {
            let code = match status.state {
                LinkState::Offline => "uplink.offline",
                LinkState::Greeting => "uplink.greeting",
                LinkState::Online => "uplink.online",
                LinkState::Frozen => "uplink.frozen",
            };
            let reason = status.down.as_ref().map(|down| down.code);
            self.log.add(now, "uplink", code, json!({ "reason": reason }));
        }
        if before.alarm != status.alarm {
            match &status.alarm {
                Some(alarm) => {
                    self.log.add(now, "uplink", &alarm.code, json!({ "detail": alarm.detail }));
                }
                None => self.log.add(now, "uplink", "uplink.alarm_over", json!({})),
            }
        }
        if before.reports != status.reports
            && let Some(report) = &status.report
        {
            self.log.add(now, "uplink", &report.code, json!({ "detail": report.detail }));
        }
        self.publish(&view(&status));
    }

    fn publish(&self, view: &UplinkView) {
        match serde_json::to_value(view) {
            Ok(data) => self.live.publish(Topic::Uplink, data, self.clock.now()),
            Err(error) => tracing::error!(%error, "the link's state cannot be written as JSON"),
        }
    }

    fn show_messages(&mut self, ctx: &mut Context<Self>) {
        let readers = self.tables.readers.clone();
        let read = async move {
            readers.read(|conn| store::query::messages::recent(conn, MESSAGES_SHOWN)).await
        };
        ctx.spawn(read.into_actor(self).map(|messages, desk, _| match messages {
            Ok(messages) => {
                let data = json!({ "messages": messages });
                desk.live.publish(Topic::Messages, data, desk.clock.now());
            }
            Err(error) => tracing::warn!(code = error.code(), %error, "messages are unread"),
        }));
    }
}

async fn waiting(tables: &NodeTables) -> Result<UplinkView, Failure> {
    let read = |conn: &rusqlite::Connection| {
        let entries = store::query::journal::waiting(conn)?;
        let (blobs, bytes) = store::query::blobs::backlog(conn)?;
        Ok((entries, blobs, bytes))
    };
    let (entries_waiting, blobs_waiting, bytes_waiting) =
        tables.readers.read(read).await.map_err(|error| failure_of(&error))?;
    Ok(UplinkView {
        state: "not_enrolled",
        entries_waiting,
        blobs_waiting,
        bytes_waiting,
        last_ack_at: None,
        reason_code: None,
        connections: 0,
        frames_under_way: 0,
        frames_repeated: 0,
        messages_spoilt: 0,
        reports: 0,
    })
}

fn view(status: &UplinkStatus) -> UplinkView {
    let alarm = status.alarm.as_ref().map(|alarm| alarm.code.clone());
    let down = status.down.as_ref().map(|down| down.code.to_owned());
    UplinkView {
        state: match status.state {
            LinkState::Offline => "offline",
            LinkState::Greeting => "greeting",
            LinkState::Online => "online",
            LinkState::Frozen => "frozen",
        },
        entries_waiting: status.entries_waiting,
        blobs_waiting: status.blobs_waiting,
        bytes_waiting: status.blob_bytes_waiting,
        last_ack_at: status.last_ack_at,
        reason_code: alarm.or(down),
        connections: status.connections,
        frames_under_way: status.frames_under_way as u64,
        frames_repeated: status.frames_repeated,
        messages_spoilt: status.messages_spoilt,
        reports: status.reports,
    }
}

/// A stream with the value as it is and then every change of it.
fn changes<T: Clone + 'static, M>(
    mut watched: watch::Receiver<T>,
    message: impl Fn(T) -> M + Copy + 'static,
) -> impl stream::Stream<Item = M> {
    watched.mark_changed();
    stream::unfold(watched, move |mut watched| async move {
        watched.changed().await.ok()?;
        let value = watched.borrow_and_update().clone();
        Some((message(value), watched))
    })
}

/// The journal's growth. What is committed within `apart` of the last telling is told together: each
/// telling costs a frame, and at the hub a transaction and a signature. After a rest nothing waits.
pub(super) fn heads(
    mut watched: watch::Receiver<u64>,
    apart: Duration,
) -> impl stream::Stream<Item = NewHead> {
    watched.mark_changed();
    stream::unfold((watched, None), move |(mut watched, told)| async move {
        watched.changed().await.ok()?;
        if let Some(told) = told {
            tokio::time::sleep_until(told + apart).await;
        }
        watched.borrow_and_update();
        Some((NewHead, (watched, Some(Instant::now()))))
    })
}

fn rings(bell: Arc<Notify>) -> impl stream::Stream<Item = MessagesChanged> {
    stream::unfold(bell, |bell| async move {
        bell.notified().await;
        Some((MessagesChanged, bell))
    })
}

impl Actor for UplinkDesk {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LENGTH_MAX);
        ctx.add_stream(rings(Arc::clone(&self.tables.messages_changed)));
        ctx.add_stream(heads(self.tables.writer.head(), HEADS_APART));
        self.show_messages(ctx);
        if self.hub.is_some() {
            self.start_link(ctx);
            ctx.run_interval(CARE, Self::care);
        } else {
            self.count(ctx);
            ctx.run_interval(COUNT_EVERY, Self::count);
        }
    }
}

impl StreamHandler<Changed> for UplinkDesk {
    fn handle(&mut self, Changed(status): Changed, _ctx: &mut Self::Context) {
        self.changed(status);
    }

    fn finished(&mut self, _ctx: &mut Self::Context) {}
}

impl StreamHandler<NewHead> for UplinkDesk {
    fn handle(&mut self, _: NewHead, _ctx: &mut Self::Context) {
        if let Some(uplink) = &self.running {
            uplink.wake();
        }
    }

    fn finished(&mut self, _ctx: &mut Self::Context) {}
}

impl StreamHandler<MessagesChanged> for UplinkDesk {
    fn handle(&mut self, _: MessagesChanged, ctx: &mut Self::Context) {
        self.show_messages(ctx);
    }
}

impl Handler<StatusNow> for UplinkDesk {
    type Result = ResponseFuture<Result<UplinkView, Failure>>;

    fn handle(&mut self, _: StatusNow, _ctx: &mut Self::Context) -> Self::Result {
        if self.running.is_some() {
            let view = view(&self.last);
            return Box::pin(std::future::ready(Ok(view)));
        }
        let tables = Arc::clone(&self.tables);
        Box::pin(async move { waiting(&tables).await })
    }
}

impl Handler<TellHall> for UplinkDesk {
    type Result = ();

    fn handle(&mut self, TellHall(hall): TellHall, _ctx: &mut Self::Context) -> Self::Result {
        if let Some(uplink) = &self.running {
            uplink.tell_hall(hall.clone());
        }
        self.hall = Some(hall);
    }
}

impl Handler<MarkRead> for UplinkDesk {
    type Result = ResponseFuture<Result<HubMessage, Failure>>;

    fn handle(&mut self, message: MarkRead, _ctx: &mut Self::Context) -> Self::Result {
        let tables = Arc::clone(&self.tables);
        let now = self.clock.now();
        let MarkRead { origin, message: id } = message;
        Box::pin(async move {
            let read = || async {
                tables
                    .readers
                    .read(move |conn| store::query::messages::by_id(conn, id))
                    .await
                    .map_err(|error| failure_of(&error))?
                    .ok_or(Failure::Unknown("message"))
            };
            for _ in 0..READ_TRIES {
                let message = read().await?;
                let batch = Batch::new(&origin.actor, now);
                let (after, mut batch) = match message.read(&origin.actor, now) {
                    Reading::Known => return Ok(message),
                    Reading::Noted(after) => {
                        let fact = Fact::Message(after.clone());
                        (after, batch.with(fact))
                    }
                    Reading::Beside => {
                        let officer = origin.actor.clone();
                        let mut after = message;
                        after.readers.push(officer.clone());
                        let late = LateReader { message: id, officer, at: now };
                        (after, batch.and(LocalWrite::LateReader(late)))
                    }
                };
                batch.device = origin.device.clone();
                match tables.writer.commit(batch).await {
                    Ok(_) => {
                        tables.messages_changed.notify_one();
                        return Ok(after);
                    }
                    // Another officer was quicker: this one is written behind that one.
                    Err(StoreError::StaleRevision { .. }) => {}
                    Err(error) => return Err(failure_of(&error)),
                }
            }
            Err(Failure::Busy)
        })
    }
}
