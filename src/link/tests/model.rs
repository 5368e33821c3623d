//! Both sessions against a pipe that loses, doubles and reorders, in virtual time, with restarts of
//! either end. The stores in memory refuse everything that is not exactly the next entry, so what
//! arrives there arrived once and in order.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use dice::Dice;
use domain::ids::NodeId;
use journal::Stream;
use journal::ctl::{HubSigner, HubVerifier};
use journal::topics::Lane;

use crate::hub_session::{HubAction, HubEvent, HubSession, HubSessionConfig};
use crate::hublink::{IngestOutcome, NodeRecord};
use crate::node_session::{NodeAction, NodeEvent, NodeSession, NodeSessionConfig};
use crate::settings::LinkSettings;
use crate::testing::{ReceivedChain, WrittenChain};
use crate::types::{Alarm, LinkState, Position};
use crate::uplink::DownApplied;

/// How bad the world is, in percent a message and in mean milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct World {
    pub lost: u64,
    pub doubled: u64,
    pub delay_ms_max: u64,
    pub cut_every_ms: u64,
    pub node_restart_every_ms: u64,
    pub hub_restart_every_ms: u64,
    pub store_fault: u64,
    pub bytes_per_s: u64,
}

pub const CALM: World = World {
    lost: 0,
    doubled: 0,
    delay_ms_max: 20,
    cut_every_ms: u64::MAX,
    node_restart_every_ms: u64::MAX,
    hub_restart_every_ms: u64::MAX,
    store_fault: 0,
    bytes_per_s: u64::MAX,
};

/// What happens at a moment.
enum Happening {
    ToNode(u64, NodeEvent),
    /// An answer of the node's store to this incarnation of its session.
    NodeStore(u64, NodeAction),
    ToHub(HubEvent),
    HubStore(u64, HubAction),
    NodeTick,
    HubTick,
    NodeWrites,
    HubWrites,
    Cut,
    Connect,
    NodeRestart,
    HubRestart,
}

pub struct Model {
    pub now: Duration,
    dice: Dice,
    world: World,
    number: u64,
    queue: BinaryHeap<Reverse<(Duration, u64)>>,
    happenings: HashMap<u64, Happening>,
    pub settings: LinkSettings,
    pub node_id: NodeId,
    signer: Arc<HubSigner>,

    pub node: NodeSession,
    pub node_up: WrittenChain,
    pub node_down: ReceivedChain,
    pub node_acked: u64,
    node_incarnation: u64,
    connection: u64,
    connected: bool,
    node_store_free_at: Duration,

    pub hub: HubSession,
    pub hub_up: ReceivedChain,
    pub hub_down: WrittenChain,
    pub hub_down_acked: u64,
    hub_incarnation: u64,
    hub_store_free_at: Duration,

    pub node_alarm: Option<Alarm>,
    /// How often the hub has said what time it is.
    pub hub_times: u64,
    pub node_alarms: Vec<(Duration, Option<Alarm>)>,
    pub node_reports: Vec<Alarm>,
    pub hub_alarms: Vec<(Stream, Option<Alarm>)>,
    pub quarantined: Vec<Alarm>,
    pub published_up: Vec<(Lane, Vec<u8>)>,
    pub published_down: Vec<(Lane, Vec<u8>)>,
    /// While set, what the node publishes reaches nobody.
    pub deaf_hub: bool,
    /// While set, the node's store does not take the hub's entries.
    pub node_refuses_down: bool,
    /// While set, the hub's store answers, but commits nothing.
    pub hub_store_fails: bool,
    pub messages: u64,
    steps_at_once: u32,
    line_free_at: Duration,
    pub queueing_max: Duration,
}

impl Model {
    pub fn new(seed: u64, world: World, settings: LinkSettings) -> Self {
        let node_id = NodeId::parse("06658-1").unwrap();
        let signer =
            Arc::new(HubSigner::from_pkcs8(&HubSigner::generate_pkcs8().unwrap()).unwrap());
        let (epoch, down_epoch) = (3, 7);
        let node = NodeSession::new(node_config(&node_id, &signer, &settings));
        let hub = HubSession::new(
            HubSessionConfig { signer: signer.clone(), settings: settings.clone() },
            node_id.clone(),
            NodeRecord { up: Position::start(epoch), down_epoch, frozen: None },
        );
        let mut model = Self {
            now: Duration::ZERO,
            dice: Dice::new(seed),
            world,
            number: 0,
            queue: BinaryHeap::new(),
            happenings: HashMap::new(),
            node,
            node_up: WrittenChain::new(node_id.clone(), epoch),
            node_down: ReceivedChain::new(node_id.clone(), Stream::Down, 0),
            node_acked: 0,
            node_incarnation: 0,
            connection: 0,
            connected: false,
            node_store_free_at: Duration::ZERO,
            hub,
            hub_up: ReceivedChain::new(node_id.clone(), Stream::Up, epoch),
            hub_down: WrittenChain::new(node_id.clone(), down_epoch),
            hub_down_acked: 0,
            hub_incarnation: 0,
            hub_store_free_at: Duration::ZERO,
            node_alarm: None,
            hub_times: 0,
            node_alarms: Vec::new(),
            node_reports: Vec::new(),
            hub_alarms: Vec::new(),
            quarantined: Vec::new(),
            published_up: Vec::new(),
            published_down: Vec::new(),
            deaf_hub: false,
            node_refuses_down: false,
            hub_store_fails: false,
            messages: 0,
            steps_at_once: 0,
            line_free_at: Duration::ZERO,
            queueing_max: Duration::ZERO,
            settings,
            node_id,
            signer,
        };
        model.put(Duration::ZERO, Happening::Connect);
        model.plan_faults();
        model
    }

    fn plan_faults(&mut self) {
        let World { cut_every_ms, node_restart_every_ms, hub_restart_every_ms, .. } = self.world;
        self.put_random(cut_every_ms, Happening::Cut);
        self.put_random(node_restart_every_ms, Happening::NodeRestart);
        self.put_random(hub_restart_every_ms, Happening::HubRestart);
    }

    fn put(&mut self, after: Duration, happening: Happening) {
        self.number += 1;
        self.happenings.insert(self.number, happening);
        self.queue.push(Reverse((self.now + after, self.number)));
    }

    fn put_random(&mut self, mean_ms: u64, happening: Happening) {
        if mean_ms != u64::MAX {
            let after = Duration::from_millis(self.dice.below(2 * mean_ms) + 1);
            self.put(after, happening);
        }
    }

    /// Lets both ends write for so long, at random moments.
    pub fn write_for(&mut self, span: Duration, up: u64, down: u64) {
        let span_ms = u64::try_from(span.as_millis()).unwrap();
        for _ in 0..up {
            let after = Duration::from_millis(self.dice.below(span_ms));
            self.put(after, Happening::NodeWrites);
        }
        for _ in 0..down {
            let after = Duration::from_millis(self.dice.below(span_ms));
            self.put(after, Happening::HubWrites);
        }
    }

    /// From now on nothing goes wrong any more.
    pub fn calm(&mut self) {
        let World { delay_ms_max, bytes_per_s, .. } = self.world;
        self.world = World { delay_ms_max, bytes_per_s, ..CALM };
    }

    pub fn run_until(&mut self, until: Duration) {
        while let Some(Reverse((at, _))) = self.queue.peek().copied() {
            if at > until {
                break;
            }
            self.step();
        }
        self.now = until;
    }

    /// Runs until the condition holds; gives up at the deadline.
    pub fn run_until_true(&mut self, deadline: Duration, holds: impl Fn(&Self) -> bool) -> bool {
        while !holds(self) {
            match self.queue.peek() {
                Some(Reverse((at, _))) if *at <= deadline => self.step(),
                _ => return false,
            }
        }
        true
    }

    pub fn everything_is_there(&self) -> bool {
        self.hub_up.position == self.node_up.head()
            && (self.node_down.position == self.hub_down.head() || self.hub_down.entries.is_empty())
            && self.node_acked == self.node_up.head().seq
            && self.hub_down_acked == self.hub_down.head().seq
            && self.node.state() == LinkState::Online
    }

    fn step(&mut self) {
        let Some(Reverse((at, number))) = self.queue.pop() else { return };
        // A deadline that a tick does not move would keep a driver's processor busy for ever.
        self.steps_at_once = if at > self.now { 0 } else { self.steps_at_once + 1 };
        assert!(self.steps_at_once < 10_000, "time stands still at {:?}", self.now);
        self.now = self.now.max(at);
        let Some(happening) = self.happenings.remove(&number) else { return };
        match happening {
            Happening::ToNode(connection, event) => {
                if connection == self.connection && self.connected {
                    self.node_event(event);
                }
            }
            Happening::ToHub(event) => self.hub_event(event),
            Happening::NodeStore(incarnation, action) => {
                if incarnation == self.node_incarnation {
                    self.node_store(action);
                }
            }
            Happening::HubStore(incarnation, action) => {
                if incarnation == self.hub_incarnation {
                    self.hub_store(action);
                }
            }
            Happening::NodeTick => {
                if self.node.deadline().is_some_and(|at| at <= self.now) {
                    self.node_event(NodeEvent::Tick);
                }
            }
            Happening::HubTick => {
                if self.hub.deadline().is_some_and(|at| at <= self.now) {
                    self.hub_event(HubEvent::Tick);
                }
            }
            Happening::NodeWrites => {
                let bytes = vec![7; usize::try_from(self.dice.below(3000)).unwrap()];
                self.node_up.append(&bytes, Vec::new());
                self.node_event(NodeEvent::Woken);
            }
            Happening::HubWrites => {
                self.hub_down.append(b"an order", Vec::new());
                self.hub_event(HubEvent::Woken);
            }
            Happening::Cut => {
                self.cut();
                self.put_random(self.world.cut_every_ms, Happening::Cut);
            }
            Happening::Connect => {
                if !self.connected {
                    self.connected = true;
                    self.connection += 1;
                    let event = NodeEvent::Connected {
                        session: format!("c{}", self.connection),
                        head: self.node_up.head(),
                        down: self.node_down.position,
                    };
                    self.node_event(event);
                    self.tell_hub_state();
                }
            }
            Happening::NodeRestart => {
                // What the store was doing is done or not; nobody is told either way.
                self.node_incarnation += 1;
                self.cut();
                self.node =
                    NodeSession::new(node_config(&self.node_id, &self.signer, &self.settings));
                self.node_alarm = None;
                self.put_random(self.world.node_restart_every_ms, Happening::NodeRestart);
            }
            Happening::HubRestart => {
                self.hub_incarnation += 1;
                self.hub = HubSession::new(
                    HubSessionConfig {
                        signer: self.signer.clone(),
                        settings: self.settings.clone(),
                    },
                    self.node_id.clone(),
                    self.record(),
                );
                self.tell_hub_state();
                self.put_random(self.world.hub_restart_every_ms, Happening::HubRestart);
            }
        }
    }

    pub fn restart_hub(&mut self) {
        self.put(Duration::ZERO, Happening::HubRestart);
        self.run_until(self.now);
    }

    pub fn signer(&self) -> Arc<HubSigner> {
        self.signer.clone()
    }

    pub fn record(&self) -> NodeRecord {
        NodeRecord {
            up: self.hub_up.position,
            down_epoch: self.hub_down.head().epoch,
            frozen: None,
        }
    }

    fn tell_hub_state(&mut self) {
        let instance = format!("h{}", self.hub_incarnation);
        self.put(
            Duration::from_millis(1),
            Happening::ToNode(self.connection, NodeEvent::HubState { instance, retained: true }),
        );
    }

    fn cut(&mut self) {
        if self.connected {
            self.connected = false;
            self.node_event(NodeEvent::Disconnected);
            // The broker tells the hub, sooner or later.
            let session = format!("c{}", self.connection);
            let late = Duration::from_millis(self.dice.below(50_000));
            self.put(late, Happening::ToHub(HubEvent::Gone { session }));
        }
        let back = Duration::from_millis(self.dice.below(20_000));
        self.put(back, Happening::Connect);
    }

    pub fn node_event(&mut self, event: NodeEvent) {
        let actions = self.node.handle(event, self.now);
        for action in actions {
            match action {
                NodeAction::Publish { lane, payload } => {
                    self.messages += 1;
                    if self.published_up.len() < 1000 {
                        self.published_up.push((lane, payload.clone()));
                    }
                    if !self.deaf_hub {
                        let sent = self.through_the_line(payload.len());
                        for after in self.travel() {
                            let (after, payload) = (sent + after, payload.clone());
                            self.put(after, Happening::ToHub(HubEvent::Message { lane, payload }));
                        }
                    }
                }
                NodeAction::Alarm(alarm) => {
                    self.node_alarm.clone_from(&alarm);
                    self.node_alarms.push((self.now, alarm));
                }
                NodeAction::Report(alarm) => self.node_reports.push(alarm),
                // Both ends of the model share one clock: the hub's word is never older than told.
                NodeAction::HubTime(said) => {
                    let said_at = Duration::from_micros(said.us.unsigned_abs());
                    assert!(said_at <= self.now && said_at + said.took >= self.now, "{said:?}");
                    self.hub_times += 1;
                }
                action => {
                    // One store call after the other.
                    self.node_store_free_at = self.node_store_free_at.max(self.now)
                        + Duration::from_millis(self.dice.below(20));
                    let after = self.node_store_free_at - self.now;
                    self.put(after, Happening::NodeStore(self.node_incarnation, action));
                }
            }
        }
        if let Some(at) = self.node.deadline() {
            self.put(at.saturating_sub(self.now), Happening::NodeTick);
        }
    }

    fn node_store(&mut self, action: NodeAction) {
        let faulty = self.dice.percent(self.world.store_fault);
        let event = match action {
            NodeAction::ReadEntries { from, limits } if !faulty => {
                NodeEvent::Entries { from, read: self.node_up.read(from, limits) }
            }
            NodeAction::ReadEntries { .. } => NodeEvent::ReadFailed,
            NodeAction::ReadHash { seq } if !faulty => {
                NodeEvent::Hash { seq, hash: self.node_up.hash_at(seq) }
            }
            NodeAction::SaveAck(ack) => {
                assert!(ack.position.seq <= self.hub_up.position.seq, "acknowledged before stored");
                self.node_acked = self.node_acked.max(ack.position.seq);
                return;
            }
            NodeAction::Apply(frame) if !faulty && !self.node_refuses_down => {
                NodeEvent::Applied(match self.node_down.apply(&frame) {
                    Ok(position) => DownApplied::Applied { position, parked: Vec::new() },
                    Err((code, detail)) => DownApplied::Refused { code, detail },
                })
            }
            NodeAction::Apply(_) => NodeEvent::ApplyFailed,
            _ => return,
        };
        // Answers to a connection that has ended are not looked at, as in the driver.
        if self.connected {
            self.node_event(event);
        }
    }

    pub fn hub_event(&mut self, event: HubEvent) {
        let time_us = i64::try_from(self.now.as_micros()).unwrap();
        let actions = self.hub.handle(event, self.now, time_us);
        for action in actions {
            match action {
                HubAction::Publish { lane, payload } => {
                    self.messages += 1;
                    if self.published_down.len() < 1000 {
                        self.published_down.push((lane, payload.clone()));
                    }
                    let connection = self.connection;
                    for after in self.travel() {
                        let event = NodeEvent::Message { lane, payload: payload.clone() };
                        self.put(after, Happening::ToNode(connection, event));
                    }
                }
                HubAction::Alarm { about, alarm } => self.hub_alarms.push((about, alarm)),
                HubAction::Quarantine { refusal, .. } => self.quarantined.push(refusal),
                HubAction::Presence(_) => {}
                HubAction::DownAcked { position, .. } => {
                    assert!(position.seq <= self.node_down.position.seq);
                    self.hub_down_acked = self.hub_down_acked.max(position.seq);
                }
                action => {
                    self.hub_store_free_at = self.hub_store_free_at.max(self.now)
                        + Duration::from_millis(self.dice.below(30));
                    let after = self.hub_store_free_at - self.now;
                    self.put(after, Happening::HubStore(self.hub_incarnation, action));
                }
            }
        }
        if let Some(at) = self.hub.deadline() {
            self.put(at.saturating_sub(self.now), Happening::HubTick);
        }
    }

    fn hub_store(&mut self, action: HubAction) {
        let faulty = self.dice.percent(self.world.store_fault);
        let event = match action {
            HubAction::ReadRecord if !faulty => HubEvent::Record(self.record()),
            HubAction::Ingest(_) if self.hub_store_fails => HubEvent::IngestFailed,
            HubAction::Ingest(frame) => {
                // A fault may come before the commit or after it, when only the answer is lost.
                if faulty && self.dice.percent(50) {
                    HubEvent::IngestFailed
                } else {
                    let outcome = match self.hub_up.apply(&frame) {
                        Ok(position) => IngestOutcome::Committed { position, parked: Vec::new() },
                        Err((code, detail)) => {
                            let position = self.hub_up.position;
                            IngestOutcome::Refused { code, detail, position }
                        }
                    };
                    if faulty { HubEvent::IngestFailed } else { HubEvent::Ingested(outcome) }
                }
            }
            HubAction::ReadDown { from, limits } if !faulty => {
                HubEvent::DownEntries { from, read: self.hub_down.read(from, limits) }
            }
            HubAction::ReadDown { .. } => HubEvent::DownReadFailed,
            HubAction::ReadDownHash { seq } if !faulty => {
                HubEvent::DownHash { seq, hash: self.hub_down.hash_at(seq) }
            }
            HubAction::ReadDownHash { .. } => HubEvent::DownHashFailed,
            _ => return,
        };
        self.hub_event(event);
    }

    /// How long until the line has taken a message behind those before it.
    fn through_the_line(&mut self, bytes: usize) -> Duration {
        if self.world.bytes_per_s == u64::MAX {
            return Duration::ZERO;
        }
        let takes = Duration::from_micros(bytes as u64 * 1_000_000 / self.world.bytes_per_s);
        self.line_free_at = self.line_free_at.max(self.now) + takes;
        let queueing = self.line_free_at - self.now;
        self.queueing_max = self.queueing_max.max(queueing);
        queueing
    }

    /// When a message arrives: never, once or twice, each after a time of its own.
    fn travel(&mut self) -> Vec<Duration> {
        if self.dice.percent(self.world.lost) {
            return Vec::new();
        }
        let times = if self.dice.percent(self.world.doubled) { 2 } else { 1 };
        (0..times)
            .map(|_| Duration::from_millis(1 + self.dice.below(self.world.delay_ms_max)))
            .collect()
    }
}

fn node_config(node: &NodeId, signer: &HubSigner, settings: &LinkSettings) -> NodeSessionConfig {
    NodeSessionConfig {
        node: node.clone(),
        version: "test".to_owned(),
        hub_keys: vec![HubVerifier::new(signer.public_key())],
        settings: settings.clone(),
    }
}
