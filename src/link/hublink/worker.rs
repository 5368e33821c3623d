//! One node's worker: takes its messages one by one, asks the session, and does what it says before
//! the next message is looked at. So a node's frames are stored in their order.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use domain::ids::NodeId;
use journal::PiecePlace;
use journal::ctl::{BLOBS_WANTED_MAX, HubMessage, Salvaged};
use journal::topics::{self, Lane as TopicLane};
use tokio::sync::{Notify, mpsc};

use super::dispatch::{CurrentSender, Input, Lane};
use super::{BlobHave, Hub, HubStore};
use crate::blob_session::{self, BlobRequest};
use crate::hub_session::{Came, HubAction, HubEvent, HubSession, HubSessionConfig};
use crate::pipe::PublishError;
use crate::types::{Hash, StoreFault};

/// A worker without anything to do for this long leaves; the next message starts a new one.
const IDLE_MAX: Duration = Duration::from_secs(600);
/// How long a full connection is waited for before a message counts as lost.
const ROOM_MAX: Duration = Duration::from_secs(5);
/// How often such a connection is looked at.
const ROOM_LOOK_EVERY: Duration = Duration::from_millis(2);
/// A node tells of its hall every half minute at most. What comes sooner is passed over, so that one that
/// does not keep to it costs no more than the others.
const HALLS_APART: Duration = Duration::from_secs(10);
/// Blobs of a node whose parts are remembered without asking the store.
const BLOBS_REMEMBERED_MAX: usize = 16;

/// What a worker works with.
pub(crate) struct Work<S> {
    pub hub: Arc<Hub>,
    pub store: Arc<S>,
    pub node: NodeId,
    pub sender: CurrentSender,
    pub inputs: mpsc::Receiver<Input>,
    pub woken: Arc<Notify>,
}

impl<S: HubStore> Work<S> {
    /// Publishes under the node's `down/`; waits a little for room, and then counts it as lost.
    async fn publish(&self, lane: TopicLane, payload: Vec<u8>) {
        let topic = topics::down(&self.node, lane);
        let until = tokio::time::Instant::now() + ROOM_MAX;
        loop {
            let Some(sender) = self.sender.borrow().clone() else { return };
            match sender.try_publish(&topic, payload.clone(), false) {
                Err(PublishError::Full) if tokio::time::Instant::now() < until => {
                    tokio::time::sleep(ROOM_LOOK_EVERY).await;
                }
                Ok(()) => return,
                Err(error) => {
                    tracing::debug!(%topic, %error, "not published");
                    return;
                }
            }
        }
    }

    fn fault(&self, what: &str, fault: &StoreFault) {
        let node = &self.node;
        tracing::warn!(%node, what, code = fault.code, detail = fault.detail, "the hub's store");
    }
}

/// The worker for a node's records.
pub(crate) async fn records<S: HubStore>(work: Work<S>) {
    let mut records = Records { work, session: None, hall_at: None };
    loop {
        let deadline = records.session.as_ref().and_then(HubSession::deadline);
        let start = records.work.hub.start;
        let event = tokio::select! {
            // First: what comes after a new connection belongs to that connection.
            biased;
            changed = records.work.sender.changed() => {
                if changed.is_err() {
                    // The dispatcher has ended; what came before is still worked off.
                    records.drain().await;
                    return;
                }
                HubEvent::Disconnected
            }
            input = records.work.inputs.recv() => match input {
                None => return,
                Some(Input::Message(lane, payload)) => HubEvent::Message { lane, payload },
                Some(Input::State(state)) if !state.online => {
                    HubEvent::Gone { session: state.connection }
                }
                Some(Input::State(state)) => {
                    if let Some(hall) = state.hall {
                        records.hear_hall(hall).await;
                    }
                    continue;
                }
            },
            () = records.work.woken.notified() => {
                records.read_record().await;
                HubEvent::Woken
            }
            () = until(start, deadline) => HubEvent::Tick,
            () = tokio::time::sleep(IDLE_MAX) => {
                let idle = records.session.as_ref().is_none_or(HubSession::idle);
                let Work { hub, node, inputs, .. } = &records.work;
                if idle && hub.workers.leave(node, Lane::Records, inputs) {
                    return;
                }
                continue;
            }
        };
        records.handle(event).await;
    }
}

async fn until(start: tokio::time::Instant, deadline: Option<Duration>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(start + deadline).await,
        None => std::future::pending().await,
    }
}

struct Records<S> {
    work: Work<S>,
    session: Option<HubSession>,
    /// When the hall was last told of.
    hall_at: Option<tokio::time::Instant>,
}

impl<S: HubStore> Records<S> {
    async fn drain(&mut self) {
        while let Ok(input) = self.work.inputs.try_recv() {
            if let Input::Message(lane @ TopicLane::Rec, payload) = input {
                self.handle(HubEvent::Message { lane, payload }).await;
            }
        }
    }

    /// What is told of the hall, from a node that is known.
    async fn hear_hall(&mut self, hall: serde_json::Value) {
        let now = tokio::time::Instant::now();
        if self.hall_at.is_some_and(|at| now.duration_since(at) < HALLS_APART) {
            return;
        }
        self.hall_at = Some(now);
        if self.session.is_none() && !self.read_record().await {
            return;
        }
        if let Err(fault) = self.work.store.hall(&self.work.node, hall).await {
            self.work.fault("the figures of a hall", &fault);
        }
    }

    /// Reads what the store knows of the node; the session's first time, or something has changed.
    async fn read_record(&mut self) -> bool {
        match self.work.store.node(&self.work.node).await {
            Ok(Some(record)) => {
                if self.session.is_some() {
                    self.run(HubEvent::Record(record)).await;
                } else {
                    let config = HubSessionConfig {
                        signer: self.work.hub.config.signer.clone(),
                        settings: self.work.hub.config.settings.clone(),
                    };
                    self.session = Some(HubSession::new(config, self.work.node.clone(), record));
                }
                true
            }
            Ok(None) => {
                tracing::warn!(node = %self.work.node, "a node that is not known or was revoked");
                self.session = None;
                false
            }
            Err(fault) => {
                self.work.fault("reading a node", &fault);
                false
            }
        }
    }

    async fn handle(&mut self, event: HubEvent) {
        if self.session.is_none() && !self.read_record().await {
            return;
        }
        self.run(event).await;
    }

    async fn run(&mut self, event: HubEvent) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let Some(session) = &mut self.session else { return };
            let hub_time_us = self.work.hub.clock.now().as_microsecond();
            let ingested = matches!(event, HubEvent::Ingested(_));
            let actions = session.handle(event, self.work.hub.now(), hub_time_us);
            let came = session.take_came();
            if came != Came::default() {
                self.work.hub.show(|status| {
                    status.frames_taken += came.taken;
                    status.frames_repeated += came.repeated;
                    status.frames_missing += came.missing;
                    status.messages_refused += came.refused;
                });
            }
            for action in actions {
                if let Some(event) = self.work.act(action).await {
                    events.push_back(event);
                }
            }
            if ingested {
                crashpoint::at("hub.ack_sent");
            }
        }
    }
}

impl<S: HubStore> Work<S> {
    async fn act(&self, action: HubAction) -> Option<HubEvent> {
        let node = &self.node;
        match action {
            HubAction::Publish { lane, payload } => {
                self.publish(lane, payload).await;
                if lane == TopicLane::Rec {
                    crashpoint::at("hub.down_sent");
                }
                None
            }
            HubAction::ReadRecord => {
                crashpoint::at("hub.hello_received");
                match self.store.node(node).await {
                    Ok(Some(record)) => Some(HubEvent::Record(record)),
                    Ok(None) => None,
                    Err(fault) => {
                        self.fault("reading a node", &fault);
                        None
                    }
                }
            }
            HubAction::Ingest(frame) => {
                crashpoint::at("hub.frame_received");
                match self.store.ingest(node, frame).await {
                    Ok(outcome) => Some(HubEvent::Ingested(outcome)),
                    Err(fault) => {
                        self.fault("storing a frame", &fault);
                        Some(HubEvent::IngestFailed)
                    }
                }
            }
            HubAction::ReadDown { from, limits } => {
                match self.store.down_entries_from(node, from, limits).await {
                    Ok(read) => {
                        crashpoint::at("hub.down_read");
                        Some(HubEvent::DownEntries { from, read })
                    }
                    Err(fault) => {
                        self.fault("reading the hub's journal", &fault);
                        Some(HubEvent::DownReadFailed)
                    }
                }
            }
            HubAction::ReadDownHash { seq } => match self.store.down_hash_at(node, seq).await {
                Ok(hash) => Some(HubEvent::DownHash { seq, hash }),
                Err(fault) => {
                    self.fault("reading the hub's journal", &fault);
                    Some(HubEvent::DownHashFailed)
                }
            },
            HubAction::DownAcked { position, parked } => {
                let noted = self.store.down_acked(node, position, parked).await;
                crashpoint::at("hub.down_acked");
                self.note("an acknowledgement", noted)
            }
            HubAction::Presence(presence) => {
                self.note("a node's presence", self.store.presence(node, presence).await)
            }
            HubAction::Quarantine { refusal, message } => {
                tracing::warn!(%node, code = refusal.code, detail = refusal.detail, "not taken");
                self.note("quarantine", self.store.quarantine(node, refusal, message).await)
            }
            HubAction::ReadMissingBlobs { after } => {
                match self.store.blobs_missing(node, after, BLOBS_WANTED_MAX).await {
                    Ok(missing) => Some(HubEvent::MissingBlobs(missing)),
                    Err(fault) => {
                        self.fault("looking for missing blobs", &fault);
                        None
                    }
                }
            }
            HubAction::Lasting(alarm) => self.note("an alarm", self.store.raise(node, alarm).await),
            HubAction::Forked(forked) => {
                if let Err(fault) = self.store.forked(node, forked).await {
                    // The node says it again with its next hello.
                    self.fault("a fork", &fault);
                }
                match self.store.node(node).await {
                    Ok(Some(record)) => Some(HubEvent::Record(record)),
                    _ => None,
                }
            }
            HubAction::Salvage { frame, last_seq } => {
                let epoch = frame.epoch;
                match self.store.salvage(node, frame).await {
                    Ok(()) => {
                        let kept = HubMessage::Salvaged(Salvaged { epoch, seq: last_seq });
                        self.publish(TopicLane::Ctl, kept.encode()).await;
                    }
                    Err(fault) => self.fault("keeping a parted journal", &fault),
                }
                None
            }
            HubAction::Alarm { about, alarm } => {
                if let Some(alarm) = &alarm {
                    tracing::warn!(%node, code = alarm.code, detail = alarm.detail, "alarm");
                }
                self.note("an alarm", self.store.alarm(node, about, alarm).await)
            }
        }
    }

    /// For what is worth noting and not worth repeating.
    fn note(&self, what: &str, result: Result<(), StoreFault>) -> Option<HubEvent> {
        if let Err(fault) = result {
            self.fault(what, &fault);
        }
        None
    }
}

/// The worker for a node's blobs.
pub(crate) async fn blobs<S: HubStore>(mut work: Work<S>) {
    let mut known: HashMap<Hash, Vec<bool>> = HashMap::new();
    loop {
        let payload = tokio::select! {
            input = work.inputs.recv() => match input {
                None => return,
                Some(Input::Message(_, payload)) => payload,
                Some(Input::State(_)) => continue,
            },
            () = tokio::time::sleep(IDLE_MAX) => {
                if work.hub.workers.leave(&work.node, Lane::Blobs, &work.inputs) {
                    return;
                }
                continue;
            }
        };
        if let Some(mut answer) = work.blob(&payload, &mut known).await {
            if let HubMessage::BlobHave(have) = &mut answer {
                work.hub.config.signer.sign_blob(&work.node, have);
            }
            work.publish(TopicLane::Blob, answer.encode()).await;
        }
    }
}

impl<S: HubStore> Work<S> {
    /// Stores what came and says what is there; `None` when the store cannot answer, so that the
    /// node asks again.
    async fn blob(
        &self,
        payload: &[u8],
        known: &mut HashMap<Hash, Vec<bool>>,
    ) -> Option<HubMessage> {
        let node = &self.node;
        let request = match blob_session::blob_request(payload) {
            Ok(request) => request,
            Err(refusal) => {
                tracing::warn!(%node, code = refusal.code, detail = refusal.detail, "not taken");
                return None;
            }
        };
        match request {
            BlobRequest::Offered { sha256, size, piece } => {
                let have = self.look(sha256, size, known).await?;
                Some(blob_session::blob_answer(sha256, size, piece, &have))
            }
            BlobRequest::Piece { part, piece } => {
                let PiecePlace { sha256, size, .. } = part.place;
                let have = if known.contains_key(&sha256) {
                    None
                } else {
                    Some(self.look(sha256, size, known).await?)
                };
                if let Some(have @ (BlobHave::Complete | BlobHave::Refused { .. })) = have {
                    return Some(blob_session::blob_answer(sha256, size, piece, &have));
                }
                let outcome = match self.store.put_chunk(node, part.clone()).await {
                    Ok(outcome) => outcome,
                    Err(fault) => {
                        self.fault("storing part of a blob", &fault);
                        return None;
                    }
                };
                let units = known.entry(sha256).or_default();
                let have = blob_session::have_after(units, &part, &outcome)?;
                if !matches!(have, BlobHave::Units(_)) {
                    known.remove(&sha256);
                }
                Some(blob_session::blob_answer(sha256, size, piece, &have))
            }
        }
    }

    async fn look(
        &self,
        sha256: Hash,
        size: u64,
        known: &mut HashMap<Hash, Vec<bool>>,
    ) -> Option<BlobHave> {
        match self.store.blob_have(&self.node, sha256, size).await {
            Ok(have) => {
                if let BlobHave::Units(units) = &have {
                    if known.len() >= BLOBS_REMEMBERED_MAX {
                        known.clear();
                    }
                    known.insert(sha256, units.clone());
                } else {
                    known.remove(&sha256);
                }
                Some(have)
            }
            Err(fault) => {
                self.fault("looking for a blob", &fault);
                None
            }
        }
    }
}
