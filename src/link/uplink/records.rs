//! The record lane: the node's journal up, the hub's journal down, over one connection.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use journal::ctl::HubVerifier;
use journal::topics::{self, Lane as TopicLane, Topic};
use tokio::sync::watch;

use super::{NodeStore, RecordsSeen, Shared, SignedAck};
use crate::node_session::{NodeAction, NodeEvent, NodeSession, NodeSessionConfig};
use crate::pipe::{DownReason, LastWill, PipeEvent, Sender};
use crate::presence::State;
use crate::types::{Alarm, LinkState, StoreFault};

type Job = Pin<Box<dyn Future<Output = Done> + Send>>;

/// What a store call came back with.
enum Done {
    Event(NodeEvent),
    Head(u64),
    Saved,
    BlobsWanted(usize),
    Failed(StoreFault, Option<NodeEvent>),
}

/// Runs until told to stop.
pub(crate) async fn run<S: NodeStore>(
    shared: Arc<Shared>,
    store: Arc<S>,
    seen: Arc<watch::Sender<RecordsSeen>>,
    mut stop: watch::Receiver<bool>,
) {
    let config = &shared.config;
    let session = NodeSession::new(NodeSessionConfig {
        node: config.node.clone(),
        version: config.version.clone(),
        hub_keys: config.hub_keys.iter().map(|key| HubVerifier::new(*key)).collect(),
        settings: config.settings.clone(),
    });
    let mut backoff = config.settings.backoff();
    let mut lane = Lane {
        shared: shared.clone(),
        store,
        seen,
        session,
        reads: Jobs::default(),
        writes: Jobs::default(),
        ack_to_save: None,
        head_seq: 0,
        acked_seq: 0,
        head_wanted: false,
    };
    lane.first_look().await;
    while !*stop.borrow() {
        let answered = lane.one_connection(&mut stop).await;
        if answered {
            backoff.reset();
        }
        let wait = tokio::time::sleep(backoff.next_wait());
        tokio::pin!(wait);
        loop {
            tokio::select! {
                _ = stop.changed() => break,
                () = &mut wait => break,
                // What is committed while there is no line still shows as waiting.
                () = lane.shared.records_woken.notified() => lane.look_at_head().await,
            }
        }
    }
}

/// Store calls of one kind, one at a time and in order.
#[derive(Default)]
struct Jobs {
    running: Option<Job>,
    waiting: VecDeque<Job>,
}

impl Jobs {
    fn push(&mut self, job: Job) {
        self.waiting.push_back(job);
    }

    /// The next result; waits for ever when there is nothing to do. Safe to drop while waiting.
    async fn next(&mut self) -> Done {
        if self.running.is_none() {
            self.running = self.waiting.pop_front();
        }
        match &mut self.running {
            Some(job) => {
                let done = job.await;
                self.running = None;
                done
            }
            None => std::future::pending().await,
        }
    }

    fn idle(&self) -> bool {
        self.running.is_none() && self.waiting.is_empty()
    }
}

struct Lane<S> {
    shared: Arc<Shared>,
    store: Arc<S>,
    seen: Arc<watch::Sender<RecordsSeen>>,
    session: NodeSession,
    reads: Jobs,
    writes: Jobs,
    /// Only the newest acknowledgement is worth a transaction.
    ack_to_save: Option<SignedAck>,
    head_seq: u64,
    acked_seq: u64,
    head_wanted: bool,
}

impl<S: NodeStore> Lane<S> {
    /// For the status, before there is a connection.
    async fn first_look(&mut self) {
        if let Ok(Some(acked)) = self.store.acked().await {
            self.acked_seq = acked.seq;
            // An acknowledgement of an epoch that is over says nothing about this journal.
            if self.store.head().await.is_ok_and(|head| head.epoch == acked.epoch) {
                self.session.acked_before(acked.seq);
            }
        }
        self.look_at_head().await;
    }

    async fn look_at_head(&mut self) {
        if let Ok(head) = self.store.head().await {
            self.head_seq = head.seq;
        }
        self.show();
    }

    /// Connects, works until the connection ends, and says whether the hub has answered.
    async fn one_connection(&mut self, stop: &mut watch::Receiver<bool>) -> bool {
        let node = self.shared.config.node.clone();
        let connection_name = uuid::Uuid::new_v4().simple().to_string();
        let state = |online, hall| State { hall, ..State::of(&connection_name, online) }.encode();
        let state_topic = topics::state(&node);
        let config = self.shared.connect_config(
            "",
            topics::node_filters(&node),
            Some(LastWill { topic: state_topic.clone(), payload: state(false, None) }),
        );
        let mut connection = match self.shared.pipe.connect(&config) {
            Ok(connection) => connection,
            Err(error) => {
                let reason = DownReason { code: "pipe.setting", detail: error.to_string() };
                self.down(reason);
                return false;
            }
        };
        let mut answered = false;
        let mut up = false;
        let mut hall = self.shared.hall.subscribe();
        loop {
            self.start_saving();
            tokio::select! {
                _ = stop.changed() => {
                    self.finish(DownReason { code: "pipe.stopped", detail: String::new() }).await;
                    return answered;
                }
                event = connection.events.recv() => match event {
                    Some(PipeEvent::Up) => {
                        up = true;
                        let told = hall.borrow_and_update().clone();
                        let _ = connection.sender.try_publish(&state_topic, state(true, told), true);
                        if !self.up(&connection.sender, connection_name.clone()).await {
                            self.finish(DownReason {
                                code: "pipe.store",
                                detail: "the store does not answer".to_owned(),
                            }).await;
                            return answered;
                        }
                    }
                    Some(PipeEvent::Message { topic, payload, retained }) => {
                        if let Some(event) = read_message(&topic, payload, retained) {
                            self.handle(event, &connection.sender);
                        }
                    }
                    Some(PipeEvent::Spoilt { topic }) => self.shared.spoilt(&topic),
                    Some(PipeEvent::Down(reason)) => {
                        self.finish(reason).await;
                        return answered;
                    }
                    None => {
                        self.finish(DownReason { code: "pipe.lost", detail: String::new() }).await;
                        return answered;
                    }
                },
                done = self.reads.next() => self.done(done, &connection.sender),
                done = self.writes.next() => self.done(done, &connection.sender),
                () = self.shared.records_woken.notified() => {
                    self.handle(NodeEvent::Woken, &connection.sender);
                    self.ask_head();
                }
                Ok(()) = hall.changed() => {
                    let told = hall.borrow_and_update().clone();
                    // What is not taken here is told again with the next figures.
                    if up {
                        let _ = connection.sender.try_publish(&state_topic, state(true, told), true);
                    }
                }
                () = self.shared.until(self.session.deadline()) => {
                    self.handle(NodeEvent::Tick, &connection.sender);
                }
            }
            answered |= self.session.state() == LinkState::Online;
        }
    }

    async fn up(&mut self, sender: &Arc<dyn Sender>, session: String) -> bool {
        // What was asked while connecting is asked anew below. A read that nobody drives while this
        // waits would keep its place among the store's readers, and the last place is one of them.
        self.reads = Jobs::default();
        self.head_wanted = false;
        let (head, down) = (self.store.head().await, self.store.down_position().await);
        match (head, down) {
            (Ok(head), Ok(down)) => {
                self.head_seq = head.seq;
                self.shared.show(|status| {
                    status.connections += 1;
                    status.down = None;
                });
                crashpoint::at("uplink.connected");
                self.handle(NodeEvent::Connected { session, head, down }, sender);
                crashpoint::at("uplink.hello_sent");
                true
            }
            (Err(fault), _) | (_, Err(fault)) => {
                self.shared
                    .report(Alarm { code: "link.store".to_owned(), detail: fault.to_string() });
                false
            }
        }
    }

    fn handle(&mut self, event: NodeEvent, sender: &Arc<dyn Sender>) {
        // Of control messages only what follows a frame of the hub is a confirmation of it.
        let confirming = matches!(event, NodeEvent::Applied(_));
        let before = self.session.state();
        let actions = self.session.handle(event, self.shared.now());
        if before != LinkState::Online && self.session.state() == LinkState::Online {
            crashpoint::at("uplink.resumed");
        }
        for action in actions {
            self.act(action, Some(sender), confirming);
        }
        self.show();
    }

    fn act(&mut self, action: NodeAction, sender: Option<&Arc<dyn Sender>>, confirming: bool) {
        let store = self.store.clone();
        match action {
            NodeAction::Publish { lane, payload } => {
                let topic = topics::up(&self.shared.config.node, lane);
                // What is not taken here is what the line loses: the session sends it again.
                if let Some(sender) = sender
                    && let Err(error) = sender.try_publish(&topic, payload, false)
                {
                    tracing::debug!(%topic, %error, "not published");
                }
                match lane {
                    TopicLane::Rec => crashpoint::at("uplink.frame_sent"),
                    _ if confirming => crashpoint::at("uplink.down_ack_sent"),
                    _ => {}
                }
            }
            NodeAction::ReadEntries { from, limits } => self.reads.push(Box::pin(async move {
                match store.entries_from(from, limits).await {
                    Ok(read) => {
                        crashpoint::at("uplink.entries_read");
                        Done::Event(NodeEvent::Entries { from, read })
                    }
                    Err(fault) => Done::Failed(fault, Some(NodeEvent::ReadFailed)),
                }
            })),
            NodeAction::ReadHash { seq } => self.reads.push(Box::pin(async move {
                match store.hash_at(seq).await {
                    Ok(hash) => Done::Event(NodeEvent::Hash { seq, hash }),
                    // The session asks again with its next hello or acknowledgement.
                    Err(fault) => Done::Failed(fault, None),
                }
            })),
            NodeAction::SaveAck(ack) => {
                crashpoint::at("uplink.ack_received");
                self.acked_seq = ack.position.seq;
                self.ack_to_save = Some(ack);
                let now = self.shared.clock.now();
                self.shared.show(|status| status.last_ack_at = Some(now));
            }
            NodeAction::Apply(frame) => self.writes.push(Box::pin(async move {
                crashpoint::at("uplink.down_received");
                match store.apply_down(frame).await {
                    Ok(outcome) => {
                        crashpoint::at("uplink.down_applied");
                        Done::Event(NodeEvent::Applied(outcome))
                    }
                    Err(fault) => Done::Failed(fault, Some(NodeEvent::ApplyFailed)),
                }
            })),
            NodeAction::Alarm(alarm) => {
                match &alarm {
                    Some(alarm) => {
                        tracing::warn!(code = alarm.code, detail = alarm.detail, "uplink alarm");
                    }
                    None => tracing::info!("uplink alarm is over"),
                }
                self.shared.show(|status| status.alarm = alarm);
            }
            NodeAction::Report(alarm) => self.shared.report(alarm),
            NodeAction::HubWentBack { seq } => {
                let detail = format!("the hub has this journal only up to entry {seq} any more");
                self.shared.report(Alarm::new("link.hub_went_back", detail));
                self.writes.push(Box::pin(async move {
                    match store.hub_went_back(seq).await {
                        Ok(gone) => Done::BlobsWanted(gone),
                        Err(fault) => Done::Failed(fault, None),
                    }
                }));
            }
            NodeAction::BlobsWanted(wanted) => self.writes.push(Box::pin(async move {
                match store.blobs_wanted(wanted).await {
                    Ok(gone) => Done::BlobsWanted(gone),
                    // The hub asks again with the next hello.
                    Err(fault) => Done::Failed(fault, None),
                }
            })),
            NodeAction::HubTime(said) => {
                let heard = std::time::Instant::now();
                self.shared.show(|status| status.hub_time = Some((said, heard)));
            }
        }
    }

    fn start_saving(&mut self) {
        if self.writes.idle()
            && let Some(ack) = self.ack_to_save.take()
        {
            let store = self.store.clone();
            self.writes.push(Box::pin(async move {
                match store.save_ack(ack).await {
                    Ok(()) => {
                        crashpoint::at("uplink.ack_saved");
                        Done::Saved
                    }
                    Err(fault) => Done::Failed(fault, None),
                }
            }));
        }
    }

    fn ask_head(&mut self) {
        if !self.head_wanted {
            self.head_wanted = true;
            let store = self.store.clone();
            self.reads.push(Box::pin(async move {
                match store.head().await {
                    Ok(head) => Done::Head(head.seq),
                    Err(fault) => Done::Failed(fault, None),
                }
            }));
        }
    }

    fn done(&mut self, done: Done, sender: &Arc<dyn Sender>) {
        match done {
            Done::Event(event) => self.handle(event, sender),
            Done::Head(seq) => {
                self.head_wanted = false;
                self.head_seq = seq;
                self.show();
            }
            Done::Saved => {}
            Done::BlobsWanted(gone) => {
                if gone > 0 {
                    let detail = format!("{gone} scans that the hub asks for are not here either");
                    self.shared.report(Alarm::new("link.blobs_gone", detail));
                }
                self.shared.blobs_woken.notify_one();
            }
            Done::Failed(fault, event) => {
                self.head_wanted = false;
                tracing::warn!(code = fault.code, detail = fault.detail, "the uplink's store");
                if let Some(event) = event {
                    self.handle(event, sender);
                }
            }
        }
    }

    /// The connection has ended: what is being stored is stored to its end, so that the next
    /// connection starts from where the store really is.
    async fn finish(&mut self, reason: DownReason) {
        self.reads = Jobs::default();
        self.head_wanted = false;
        self.start_saving();
        while !self.writes.idle() {
            if let Done::Failed(fault, _) = self.writes.next().await {
                tracing::warn!(code = fault.code, detail = fault.detail, "the uplink's store");
            }
            self.start_saving();
        }
        for action in self.session.handle(NodeEvent::Disconnected, self.shared.now()) {
            self.act(action, None, false);
        }
        self.down(reason);
        self.look_at_head().await;
    }

    fn down(&self, reason: DownReason) {
        self.shared.show(|status| {
            if status.down.as_ref() != Some(&reason) {
                tracing::info!(code = reason.code, detail = reason.detail, "no line to the hub");
            }
            status.down = Some(reason);
        });
    }

    fn show(&mut self) {
        if let Some(acked) = self.session.acked() {
            self.acked_seq = acked.seq;
        }
        let (acked_seq, waiting) = (self.acked_seq, self.head_seq.saturating_sub(self.acked_seq));
        let (state, repeated) = (self.session.state(), self.session.frames_repeated());
        let under_way = self.session.frames_under_way();
        self.shared.show(|status| {
            status.state = state;
            status.acked_seq = acked_seq;
            status.entries_waiting = waiting;
            status.frames_repeated = repeated;
            status.frames_under_way = under_way;
        });
        let seen =
            RecordsSeen { acked_seq: (state == LinkState::Online).then_some(acked_seq), waiting };
        self.seen.send_if_modified(|known| std::mem::replace(known, seen) != seen);
    }
}

fn read_message(topic: &str, payload: Vec<u8>, retained: bool) -> Option<NodeEvent> {
    match Topic::parse(topic) {
        Ok(Topic::Down(_, lane)) => Some(NodeEvent::Message { lane, payload }),
        Ok(Topic::HubState) => State::decode(&payload)
            .filter(|state| state.online)
            .map(|state| NodeEvent::HubState { instance: state.connection, retained }),
        _ => None,
    }
}
