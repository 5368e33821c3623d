//! The hub's two connections, and who gets which message: each node has a worker of its own for
//! records and one for blobs, so that a slow one holds up nobody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::NodeId;
use journal::topics::{self, Lane as TopicLane, Topic};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use super::worker;
use super::{Hub, HubStore};
use crate::blob_session::{BLOBS_AT_ONCE, PIECES_UNDER_WAY_MAX};
use crate::pipe::{DownReason, LastWill, PipeEvent, Sender};
use crate::presence::State;

/// Messages that may wait for one worker; more than a node may have under way.
const INPUTS_WAITING_MAX: usize = 32;
const _: () = assert!(PIECES_UNDER_WAY_MAX + BLOBS_AT_ONCE <= INPUTS_WAITING_MAX);

/// Which connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// Journals and control messages.
    Records,
    /// Blobs.
    Blobs,
}

/// What a worker is given.
#[derive(Debug)]
pub(crate) enum Input {
    /// A message of the node.
    Message(TopicLane, Vec<u8>),
    /// The node's presence.
    State(State),
}

/// The connection that is up, for whoever publishes; a new one at each connection.
pub(crate) type CurrentSender = watch::Receiver<Option<Arc<dyn Sender>>>;

struct Worker {
    inputs: mpsc::Sender<Input>,
    woken: Arc<Notify>,
    task: JoinHandle<()>,
}

/// Every worker that runs.
#[derive(Default)]
pub(crate) struct Workers(Mutex<HashMap<(NodeId, Lane), Worker>>);

impl Workers {
    fn lock(&self) -> MutexGuard<'_, HashMap<(NodeId, Lane), Worker>> {
        // Nothing inside can panic half-way; a poisoned lock still holds a whole map.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the input of every worker whose node is in none of these shards; it ends when it has
    /// done what it has begun. Gives how many nodes still have a session.
    fn keep_only(&self, lane: Lane, shards: &[u8]) -> usize {
        let mut workers = self.lock();
        workers.retain(|(node, of), _| *of != lane || shards.contains(&topics::shard(node)));
        workers.keys().filter(|(_, of)| *of == Lane::Records).count()
    }

    pub fn wake(&self, node: &NodeId) {
        if let Some(worker) = self.lock().get(&(node.clone(), Lane::Records)) {
            worker.woken.notify_one();
        }
    }

    /// A worker with nothing to do leaves, unless something has come for it just now.
    pub fn leave(&self, node: &NodeId, lane: Lane, inputs: &mpsc::Receiver<Input>) -> bool {
        let mut workers = self.lock();
        let empty = inputs.is_empty();
        if empty {
            workers.remove(&(node.clone(), lane));
        }
        empty
    }

    /// Closes every worker's input and waits for the workers to end.
    pub async fn finished(&self) {
        let workers: Vec<Worker> = self.lock().drain().map(|(_, worker)| worker).collect();
        let mut tasks = Vec::new();
        for Worker { inputs, task, .. } in workers {
            drop(inputs);
            tasks.push(task);
        }
        for task in tasks {
            let _ = task.await;
        }
    }
}

/// Why a connection is no more.
enum End {
    /// The link was told to stop.
    Stopped,
    /// Other shards are to be served; the next connection asks for them.
    Shards,
    /// It broke, or never came up.
    Lost { was_up: bool },
}

/// Keeps one connection up until told to stop, for the shards that are to be served.
pub(crate) async fn run<S: HubStore>(
    hub: Arc<Hub>,
    store: Arc<S>,
    lane: Lane,
    mut stop: watch::Receiver<bool>,
) {
    let mut backoff = hub.config.settings.backoff();
    let (current, sender) = watch::channel(None);
    let mut shards = hub.config.shards.clone();
    let dispatch = Dispatch { hub, store, lane, sender };
    while !*stop.borrow() {
        let served = shards.borrow_and_update().clone();
        let sessions = dispatch.hub.workers.keep_only(lane, &served);
        dispatch.hub.show(|status| {
            status.shards = served.len();
            status.sessions = sessions;
        });
        if served.is_empty() {
            tokio::select! {
                _ = stop.changed() => {}
                () = changed(&mut shards) => {}
            }
            continue;
        }
        let end = dispatch.one_connection(&served, &current, &mut stop, &mut shards).await;
        current.send_replace(None);
        match end {
            End::Stopped => return,
            End::Shards => {
                backoff.reset();
                continue;
            }
            End::Lost { was_up: true } => backoff.reset(),
            End::Lost { was_up: false } => {}
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(backoff.next_wait()) => {}
        }
    }
}

/// Waits until other shards are to be served: for ever where nobody can say so any more.
async fn changed(shards: &mut watch::Receiver<Vec<u8>>) {
    if shards.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

struct Dispatch<S> {
    hub: Arc<Hub>,
    store: Arc<S>,
    lane: Lane,
    sender: CurrentSender,
}

impl<S: HubStore> Dispatch<S> {
    /// Connects, and hands messages to workers until the connection ends.
    async fn one_connection(
        &self,
        served: &[u8],
        current: &watch::Sender<Option<Arc<dyn Sender>>>,
        stop: &mut watch::Receiver<bool>,
        shards: &mut watch::Receiver<Vec<u8>>,
    ) -> End {
        let connection_name = uuid::Uuid::new_v4().simple().to_string();
        let state = |online| State::of(&connection_name, online).encode();
        let config = &self.hub.config;
        let (suffix, last_will) = match self.lane {
            Lane::Records => {
                let topic = topics::HUB_STATE.to_owned();
                ("", Some(LastWill { topic, payload: state(false) }))
            }
            Lane::Blobs => ("-b", None),
        };
        let config = config.settings.connect_config(
            format!("{}{suffix}", config.client_id),
            (&config.host, config.port),
            config.tls.clone(),
            filters(self.lane, served),
            last_will,
        );
        let mut connection = match self.hub.pipe.connect(&config) {
            Ok(connection) => connection,
            Err(error) => {
                self.down(DownReason { code: "pipe.setting", detail: error.to_string() });
                return End::Lost { was_up: false };
            }
        };
        let mut up = false;
        loop {
            let event = tokio::select! {
                _ = stop.changed() => {
                    self.down(DownReason { code: "pipe.stopped", detail: String::new() });
                    return End::Stopped;
                }
                () = changed(shards) => {
                    self.down(DownReason { code: "pipe.other_shards", detail: String::new() });
                    return End::Shards;
                }
                event = connection.events.recv() => event,
            };
            match event {
                Some(PipeEvent::Up) => {
                    up = true;
                    current.send_replace(Some(connection.sender.clone()));
                    if self.lane == Lane::Records {
                        let _ = connection.sender.try_publish(topics::HUB_STATE, state(true), true);
                    }
                    self.show_up();
                }
                Some(PipeEvent::Message { topic, payload, .. }) => self.route(&topic, payload),
                Some(PipeEvent::Spoilt { topic }) => {
                    tracing::warn!(topic, "a message came with other bytes than were sent");
                    self.hub.show(|status| status.messages_spoilt += 1);
                }
                Some(PipeEvent::Down(reason)) => {
                    self.down(reason);
                    return End::Lost { was_up: up };
                }
                None => {
                    self.down(DownReason { code: "pipe.lost", detail: String::new() });
                    return End::Lost { was_up: up };
                }
            }
        }
    }

    fn show_up(&self) {
        tracing::info!(lane = ?self.lane, "connected to the broker");
        self.hub.show(|status| {
            status.connections += 1;
            match self.lane {
                Lane::Records => {
                    status.records_connected = true;
                    status.records_lost_at = None;
                }
                Lane::Blobs => status.blobs_connected = true,
            }
            if status.records_connected && status.blobs_connected {
                status.down = None;
            }
        });
    }

    fn down(&self, reason: DownReason) {
        let lost_at = self.hub.clock.now();
        self.hub.show(|status| {
            if status.down.as_ref() != Some(&reason) {
                tracing::warn!(
                    code = reason.code,
                    detail = reason.detail,
                    "no connection to the broker"
                );
            }
            match self.lane {
                Lane::Records if status.records_connected => {
                    status.records_connected = false;
                    status.records_lost_at = Some(lost_at);
                }
                Lane::Records => {}
                Lane::Blobs => status.blobs_connected = false,
            }
            status.down = Some(reason);
        });
    }

    fn route(&self, topic: &str, payload: Vec<u8>) {
        let (node, input) = match Topic::parse(topic) {
            Ok(Topic::Up(node, lane)) => (node, Input::Message(lane, payload)),
            Ok(Topic::State(node)) => match State::decode(&payload) {
                Some(state) => (node, Input::State(state)),
                None => return,
            },
            // A node under a shard that is not its own comes here as well.
            Ok(_) | Err(_) => {
                tracing::warn!(topic, "a message under a name that is not expected");
                return;
            }
        };
        let mut workers = self.hub.workers.lock();
        let key = (node.clone(), self.lane);
        // A worker that has died took nothing with it that the node would not send again.
        if workers.get(&key).is_none_or(|worker| worker.inputs.is_closed()) {
            let all = workers.keys().filter(|(_, lane)| *lane == self.lane).count();
            if all >= self.hub.config.settings.nodes_max {
                drop(workers);
                self.dropped(&node);
                return;
            }
            workers.insert(key.clone(), self.start_worker(&node));
            let sessions = workers.keys().filter(|(_, lane)| *lane == Lane::Records).count();
            self.hub.show(|status| status.sessions = sessions);
        }
        let taken = workers.get(&key).is_some_and(|worker| worker.inputs.try_send(input).is_ok());
        drop(workers);
        if !taken {
            self.dropped(&node);
        }
    }

    fn dropped(&self, node: &NodeId) {
        tracing::debug!(%node, "a message was dropped, the node sends it again");
        self.hub.show(|status| status.messages_dropped += 1);
    }

    fn start_worker(&self, node: &NodeId) -> Worker {
        let (inputs, receiver) = mpsc::channel(INPUTS_WAITING_MAX);
        let woken = Arc::new(Notify::new());
        let work = worker::Work {
            hub: self.hub.clone(),
            store: self.store.clone(),
            node: node.clone(),
            sender: self.sender.clone(),
            inputs: receiver,
            woken: woken.clone(),
        };
        let task = match self.lane {
            Lane::Records => tokio::spawn(worker::records(work)),
            Lane::Blobs => tokio::spawn(worker::blobs(work)),
        };
        Worker { inputs, woken, task }
    }
}

fn filters(lane: Lane, shards: &[u8]) -> Vec<String> {
    let all: Vec<String> = if shards.len() == usize::from(topics::SHARDS) {
        vec!["+".to_owned()]
    } else {
        shards.iter().map(u8::to_string).collect()
    };
    let lanes: &[&str] = match lane {
        Lane::Records => &["state", "up/rec", "up/ctl"],
        Lane::Blobs => &["up/blob"],
    };
    all.iter()
        .flat_map(|shard| lanes.iter().map(move |lane| format!("motcua/v1/{shard}/+/{lane}")))
        .collect()
}
