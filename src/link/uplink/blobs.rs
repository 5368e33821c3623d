//! The blob lane: a connection of its own, so that a scan never stands in front of a hand-over.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use journal::ctl::HubVerifier;
use journal::topics::{self, Lane as TopicLane};
use tokio::sync::watch;

use super::{NodeStore, RecordsSeen, Shared};
use crate::blob_session::{BlobAction, BlobEvent, BlobSender};
use crate::pipe::{PipeEvent, Sender};

/// How often the backlog is counted for the status while blobs are going.
const COUNT_PAUSE: Duration = Duration::from_secs(1);
/// A connection that has lasted this long was a good one.
const GOOD_CONNECTION: Duration = Duration::from_secs(10);

/// Runs until told to stop.
pub(crate) async fn run<S: NodeStore>(
    shared: Arc<Shared>,
    store: Arc<S>,
    mut seen: watch::Receiver<RecordsSeen>,
    mut stop: watch::Receiver<bool>,
) {
    let settings = shared.config.settings.clone();
    let mut backoff = settings.backoff();
    let config = &shared.config;
    let keys = config.hub_keys.iter().map(|key| HubVerifier::new(*key)).collect();
    let sender = BlobSender::new(config.node.clone(), keys, settings);
    let mut lane = Lane { sender, shared: shared.clone(), store, counted: None };
    lane.count().await;
    while !*stop.borrow() {
        let began = tokio::time::Instant::now();
        lane.one_connection(&mut seen, &mut stop).await;
        if began.elapsed() >= GOOD_CONNECTION {
            backoff.reset();
        }
        let wait = tokio::time::sleep(backoff.next_wait());
        tokio::pin!(wait);
        loop {
            tokio::select! {
                _ = stop.changed() => break,
                () = &mut wait => break,
                () = shared.blobs_woken.notified() => lane.count().await,
            }
        }
    }
}

struct Lane<S> {
    sender: BlobSender,
    shared: Arc<Shared>,
    store: Arc<S>,
    counted: Option<tokio::time::Instant>,
}

impl<S: NodeStore> Lane<S> {
    async fn one_connection(
        &mut self,
        seen: &mut watch::Receiver<RecordsSeen>,
        stop: &mut watch::Receiver<bool>,
    ) {
        let node = &self.shared.config.node;
        let config =
            self.shared.connect_config("-b", vec![topics::down(node, TopicLane::Blob)], None);
        // The record lane tells the same reason; here it would only be told twice.
        let Ok(mut connection) = self.shared.pipe.connect(&config) else { return };
        let mut up = false;
        loop {
            let event = tokio::select! {
                _ = stop.changed() => break,
                event = connection.events.recv() => match event {
                    Some(PipeEvent::Up) => {
                        up = true;
                        seen.mark_changed();
                        BlobEvent::Connected
                    }
                    Some(PipeEvent::Message { payload, .. }) => BlobEvent::Message(payload),
                    Some(PipeEvent::Spoilt { topic }) => {
                        self.shared.spoilt(&topic);
                        continue;
                    }
                    Some(PipeEvent::Down(_)) | None => break,
                },
                changed = seen.changed(), if up => {
                    if changed.is_err() {
                        break;
                    }
                    let RecordsSeen { acked_seq, waiting } = *seen.borrow_and_update();
                    BlobEvent::Records { acked_seq, waiting }
                }
                () = self.shared.blobs_woken.notified() => {
                    self.count().await;
                    BlobEvent::Woken
                }
                () = self.shared.until(self.sender.deadline()) => BlobEvent::Tick,
            };
            self.work(event, &connection.sender).await;
        }
        self.sender.handle(BlobEvent::Disconnected, self.shared.now());
    }

    /// Takes an event and does everything that follows from it, in order.
    async fn work(&mut self, event: BlobEvent, sender: &Arc<dyn Sender>) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for action in self.sender.handle(event, self.shared.now()) {
                if let Some(event) = self.act(action, sender).await {
                    events.push_back(event);
                }
            }
        }
    }

    async fn act(&mut self, action: BlobAction, sender: &Arc<dyn Sender>) -> Option<BlobEvent> {
        match action {
            BlobAction::List { acked_seq, limit } => {
                match self.store.blobs_to_send(acked_seq, limit).await {
                    Ok(blobs) => Some(BlobEvent::Listed(blobs)),
                    Err(fault) => {
                        tracing::warn!(code = fault.code, detail = fault.detail, "blobs to send");
                        Some(BlobEvent::ListFailed)
                    }
                }
            }
            BlobAction::Read { place, length } => {
                let sealed = match self.store.read_piece(place, length).await {
                    Ok(sealed) => {
                        crashpoint::at("uplink.blob_read");
                        Some(sealed)
                    }
                    Err(fault) => {
                        tracing::warn!(code = fault.code, detail = fault.detail, "reading a blob");
                        None
                    }
                };
                Some(BlobEvent::Read { place, sealed })
            }
            BlobAction::Publish(payload) => {
                let topic = topics::up(&self.shared.config.node, TopicLane::Blob);
                if let Err(error) = sender.try_publish(&topic, payload, false) {
                    tracing::debug!(%topic, %error, "not published");
                }
                crashpoint::at("uplink.blob_part_sent");
                None
            }
            BlobAction::Done(sha256) => {
                if let Err(fault) = self.store.blob_done(sha256).await {
                    tracing::warn!(code = fault.code, detail = fault.detail, "a blob at the hub");
                }
                crashpoint::at("uplink.blob_done");
                let pause_over = self.counted.is_none_or(|at| at.elapsed() >= COUNT_PAUSE);
                if pause_over || self.sender.idle() {
                    self.count().await;
                }
                None
            }
            BlobAction::Report(alarm) => {
                self.shared.report(alarm);
                None
            }
        }
    }

    async fn count(&mut self) {
        self.counted = Some(tokio::time::Instant::now());
        let rate = self.sender.bytes_per_s();
        if let Ok(backlog) = self.store.blob_backlog().await {
            self.shared.show(|status| {
                status.blobs_waiting = backlog.count;
                status.blob_bytes_waiting = backlog.bytes;
                status.blob_bytes_per_s = rate;
            });
        }
    }
}
