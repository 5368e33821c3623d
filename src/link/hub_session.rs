//! The hub's side of the conversation with one node, as a plain machine: events and the time in,
//! actions out.
//!
//! What a node sends is taken only where it continues the cursor, and acknowledged only after the
//! store has committed it. The hub's own journal for the node goes the other way by the same rules,
//! but not before the node has said hello: only the node knows how far it has applied it.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::NodeId;
use journal::ctl::{
    Ack, BlobsWanted, DownAck, Forked, Hello, HubMessage, HubSigner, NodeMessage, Parked, Refused,
    Resume,
};
use journal::topics::Lane;
use journal::{Frame, Stream};

use crate::hublink::{IngestOutcome, NodeRecord, Presence};
use crate::inbound::{Inbound, Received};
use crate::outbound::{Acknowledged, Now, Outbound};
use crate::settings::LinkSettings;
use crate::signed;
use crate::types::{Alarm, EntriesRead, Hash, Position, ReadLimits};
use crate::wanted::Wanted;

/// The code of the alarm for a node that has applied what this hub has not written.
pub const DOWN_FORK: &str = "link.down_fork";

/// A hint ("I miss something", "say hello") goes at most once in this time.
const HINT_PAUSE: Duration = Duration::from_secs(1);
/// The first wait before a frame that the store could not take is tried again.
const STORE_RETRY_FIRST: Duration = Duration::from_millis(500);
/// The longest.
const STORE_RETRY_MAX: Duration = Duration::from_secs(30);

/// What happens to a session.
#[derive(Debug)]
pub enum HubEvent {
    /// The hub has lost the broker: what was under way is gone.
    Disconnected,
    /// A message of the node.
    Message {
        /// On which lane.
        lane: Lane,
        /// Its bytes.
        payload: Vec<u8>,
    },
    /// The broker says that the node's connection is down.
    Gone {
        /// The connection's name, as in the hello; an older one's end says nothing.
        session: String,
    },
    /// Answer to [`HubAction::ReadRecord`], or the record was changed.
    Record(NodeRecord),
    /// Answer to [`HubAction::Ingest`].
    Ingested(IngestOutcome),
    /// The store could not take the frame now; it is tried again.
    IngestFailed,
    /// The hub's journal for this node has grown.
    Woken,
    /// Answer to [`HubAction::ReadDown`].
    DownEntries {
        /// As asked.
        from: u64,
        /// What was there.
        read: EntriesRead,
    },
    /// They could not be read.
    DownReadFailed,
    /// Answer to [`HubAction::ReadDownHash`].
    DownHash {
        /// As asked.
        seq: u64,
        /// The hash there; `None` beyond the end.
        hash: Option<Hash>,
    },
    /// It could not be read.
    DownHashFailed,
    /// Answer to [`HubAction::ReadMissingBlobs`].
    MissingBlobs(Vec<Hash>),
    /// Time has passed.
    Tick,
}

/// What a session wants done, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubAction {
    /// Publish under the node's `down/`.
    Publish {
        /// On which lane.
        lane: Lane,
        /// Its bytes.
        payload: Vec<u8>,
    },
    /// Read the node's record again: a hello has come.
    ReadRecord,
    /// Apply a frame and commit.
    Ingest(Frame),
    /// Read from the hub's journal for the node.
    ReadDown {
        /// First entry.
        from: u64,
        /// How much.
        limits: ReadLimits,
    },
    /// Read one hash of it.
    ReadDownHash {
        /// Of this entry.
        seq: u64,
    },
    /// The node has applied everything up to here.
    DownAcked {
        /// Up to here.
        position: Position,
        /// What it kept aside.
        parked: Vec<Parked>,
    },
    /// Note the node's being there.
    Presence(Presence),
    /// Keep a message that is not taken.
    Quarantine {
        /// Why.
        refusal: Alarm,
        /// Its bytes.
        message: Vec<u8>,
    },
    /// Look which blobs the node's entries name and the store does not have, in the order of their names.
    ReadMissingBlobs {
        /// Only those behind this one.
        after: Option<Hash>,
    },
    /// The node has another journal than the store.
    Forked(Forked),
    /// Show an alarm for this node until a person has looked at it.
    Lasting(Alarm),
    /// Keep a frame of such a journal for reading; the node is told when it is kept.
    Salvage {
        /// The frame.
        frame: Frame,
        /// Its last entry.
        last_seq: u64,
    },
    /// Show an alarm about one of the two journals until it is withdrawn with `None`, or another one
    /// about the same journal takes its place.
    Alarm {
        /// `Up`: the node's journal; `Down`: the hub's journal for the node.
        about: Stream,
        /// What is wrong with it now.
        alarm: Option<Alarm>,
    },
}

/// What all sessions of a hub share.
#[derive(Clone)]
pub struct HubSessionConfig {
    /// Signs what goes down.
    pub signer: Arc<HubSigner>,
    /// Limits and times.
    pub settings: LinkSettings,
}

/// An alarm as the store shows it.
#[derive(Default)]
struct Shown {
    alarm: Option<Alarm>,
    /// Whether it is known that this alarm, and no other, is what the store shows.
    told: bool,
}

/// The hub's session with one node.
pub struct HubSession {
    config: HubSessionConfig,
    node: NodeId,
    record: NodeRecord,
    up: Inbound,
    /// Kept until the store has answered, to try it again.
    ingesting: Option<Frame>,
    retry: Option<Now>,
    retry_wait: Duration,
    /// Since when the store has not taken what came.
    failing_since: Option<Now>,
    /// A frame came for which there was no room; the node does not know that.
    dropped: bool,
    pending_hello: Option<Hello>,
    /// The hub's wall clock at the event under way, for what is signed.
    hub_time_us: i64,
    /// The newest hello's connection.
    connection: Option<String>,
    down: Option<Outbound>,
    /// The place that the node named in its hello, until the own journal has confirmed it.
    comparing: Option<Position>,
    compare_again_at: Option<Now>,
    asked_down: Option<DownAck>,
    hinted_missing: Option<Now>,
    hinted_hello: Option<Now>,
    wanted: Wanted,
    /// About the node's journal.
    up_alarm: Shown,
    /// About the hub's journal for the node. What goes up well says nothing about it.
    down_alarm: Shown,
    came: Came,
}

/// What came of a node's records, counted since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Came {
    /// Frames that continued the cursor.
    pub taken: u64,
    /// Frames that were here already.
    pub repeated: u64,
    /// Frames before which something was missing, or for which there was no room.
    pub missing: u64,
    /// Messages that were not taken.
    pub refused: u64,
}

impl HubSession {
    /// What came since the last call.
    pub fn take_came(&mut self) -> Came {
        std::mem::take(&mut self.came)
    }

    /// A session with a node as the store knows it.
    pub fn new(config: HubSessionConfig, node: NodeId, record: NodeRecord) -> Self {
        let up = Inbound::new(node.clone(), Stream::Up, record.up, config.settings.window_frames);
        Self {
            config,
            node,
            record,
            up,
            ingesting: None,
            retry: None,
            retry_wait: STORE_RETRY_FIRST,
            failing_since: None,
            dropped: false,
            pending_hello: None,
            hub_time_us: 0,
            connection: None,
            down: None,
            comparing: None,
            compare_again_at: None,
            asked_down: None,
            hinted_missing: None,
            hinted_hello: None,
            wanted: Wanted::default(),
            up_alarm: Shown::default(),
            down_alarm: Shown::default(),
            came: Came::default(),
        }
    }

    /// Whether the node has said hello and has not gone since.
    pub fn online(&self) -> bool {
        self.connection.is_some()
    }

    /// Whether nothing would be lost by forgetting this session.
    pub fn idle(&self) -> bool {
        self.connection.is_none() && self.up.idle() && self.pending_hello.is_none()
    }

    /// When the session wants [`HubEvent::Tick`] at the latest.
    pub fn deadline(&self) -> Option<Now> {
        let probe = self.down.as_ref().and_then(Outbound::deadline);
        let alarm = self.alarm_due().filter(|_| self.down_alarm.alarm.is_none());
        let wanted = self.wanted.deadline();
        [self.retry, self.compare_again_at, probe, alarm, wanted].into_iter().flatten().min()
    }

    /// Takes an event and says what to do. `hub_time_us` is the hub's wall clock, for what it signs.
    pub fn handle(&mut self, event: HubEvent, now: Now, hub_time_us: i64) -> Vec<HubAction> {
        self.hub_time_us = hub_time_us;
        let mut actions = Vec::new();
        match event {
            HubEvent::Disconnected => {
                self.connection = None;
                self.down = None;
                self.comparing = None;
                self.pending_hello = None;
                self.wanted.pause();
            }
            HubEvent::Message { lane: Lane::Rec, payload } => {
                self.record_message(payload, now, &mut actions);
            }
            HubEvent::Message { lane: Lane::Ctl, payload } => {
                self.control(payload, now, &mut actions);
            }
            HubEvent::Message { lane: Lane::Blob, .. } => {}
            HubEvent::Gone { session } => {
                // Without a hello the store may still show the node as it was before a restart.
                if self.connection.as_ref().is_none_or(|connection| *connection == session) {
                    self.connection = None;
                    self.down = None;
                    self.comparing = None;
                    self.wanted.pause();
                    actions.push(HubAction::Presence(Presence::Offline));
                }
            }
            HubEvent::Record(record) => self.recorded(record, &mut actions),
            HubEvent::Ingested(outcome) => self.ingested(outcome, &mut actions),
            HubEvent::IngestFailed => self.ingest_failed(now, &mut actions),
            HubEvent::Woken => {
                if let Some(down) = &mut self.down {
                    down.wake();
                }
            }
            HubEvent::DownEntries { from, read } => {
                self.down_entries(from, read, now, &mut actions)
            }
            HubEvent::DownReadFailed => {
                if let Some(down) = &mut self.down {
                    down.read_failed(now);
                }
            }
            HubEvent::DownHash { seq, hash } => self.compared(seq, hash, now, &mut actions),
            // An acknowledgement that could not be compared comes again with the next probe.
            HubEvent::DownHashFailed => {
                self.compare_again_at = self.comparing.map(|_| now + STORE_RETRY_FIRST);
            }
            HubEvent::MissingBlobs(sha256) => {
                if self.connection.is_some() {
                    self.wanted.asked(&sha256, now);
                    if !sha256.is_empty() {
                        let wanted = BlobsWanted { sha256 };
                        self.publish(HubMessage::BlobsWanted(wanted), &mut actions);
                    }
                }
            }
            HubEvent::Tick => self.tick(now, &mut actions),
        }
        self.pump(&mut actions);
        actions
    }

    fn pump(&mut self, actions: &mut Vec<HubAction>) {
        if let Some(frame) = self.up.next_frame() {
            self.ingesting = Some(frame.clone());
            actions.push(HubAction::Ingest(frame));
        }
        if self.comparing.is_none()
            && let Some(down) = &mut self.down
            && let Some((from, limits)) = down.read()
        {
            actions.push(HubAction::ReadDown { from, limits });
        }
    }

    fn control(&mut self, payload: Vec<u8>, now: Now, actions: &mut Vec<HubAction>) {
        match NodeMessage::decode(&payload) {
            Ok(NodeMessage::Hello(hello)) => {
                self.pending_hello = Some(hello);
                actions.push(HubAction::ReadRecord);
            }
            Ok(NodeMessage::DownAck(ack)) => self.down_acknowledged(ack, now, actions),
            Ok(NodeMessage::BlobOffer(_)) => {}
            // Only the newest hello's connection may say so: an older word may be late.
            Ok(NodeMessage::Forked(forked)) => {
                let now = self.connection.as_deref() == Some(connection_of(&forked.session));
                if now && forked.epoch == self.record.up.epoch && self.record.frozen.is_none() {
                    actions.push(HubAction::Forked(forked));
                }
            }
            Err(error) => {
                self.came.refused += 1;
                let refusal = Alarm::new(error.code(), "a control message");
                self.refuse(&refusal, actions);
                actions.push(HubAction::Quarantine { refusal, message: payload });
            }
        }
    }

    fn recorded(&mut self, record: NodeRecord, actions: &mut Vec<HubAction>) {
        let moved = record.up != self.record.up;
        // A person has had the hub's journal begun anew: only a hello says where the node stands.
        if record.down_epoch != self.record.down_epoch && self.connection.is_some() {
            self.down = None;
            self.comparing = None;
            self.refuse(&Alarm::new("link.hello_wanted", ""), actions);
        }
        if self.record.frozen.is_some() && record.frozen.is_none() {
            self.refuse(&Alarm::new("link.thawed", "a person has decided"), actions);
        }
        self.record = record;
        // The store answers again, and the node has a fresh start: it sends what it must once more.
        if self.retry.take().is_some() {
            self.ingesting = None;
            self.retry_wait = STORE_RETRY_FIRST;
            self.up.restart(self.record.up);
        }
        // While a frame is being applied the store's cursor may be read before or after it.
        if moved && self.up.idle() {
            self.up.restart(self.record.up);
        }
        if !self.up.applying() {
            self.answer_hello(actions);
        }
    }

    /// Answers when nothing is being applied, so that the named cursor is the one that counts.
    fn answer_hello(&mut self, actions: &mut Vec<HubAction>) {
        let Some(hello) = self.pending_hello.take() else { return };
        if hello.epoch < self.record.up.epoch && self.connection.is_some() {
            return self.answer_older(hello, actions);
        }
        // What waits was sent before the hello and comes again after the resume.
        let position = if self.up.position().epoch == self.record.up.epoch {
            self.up.position()
        } else {
            self.record.up
        };
        self.up.restart(position);

        self.connection = Some(connection_of(&hello.session).to_owned());
        actions.push(HubAction::Presence(Presence::Online {
            version: hello.version.clone(),
            epoch: hello.epoch,
            head_seq: hello.max_seq,
        }));
        self.greet_down(&hello, actions);

        if let Some(code) = self.record.frozen.clone() {
            let refusal = Alarm::new(code, "the stream is frozen until a person has decided");
            self.refuse(&refusal, actions);
            self.set_up_alarm(Some(refusal), actions);
            return;
        }
        let alarm = if hello.epoch != position.epoch {
            let detail =
                format!("the node is in epoch {}, granted is {}", hello.epoch, position.epoch);
            Some(Alarm::new("link.fenced", detail))
        } else if hello.max_seq < position.seq
            || (hello.max_seq == position.seq
                && position.seq > 0
                && hello.head_hash != position.hash)
        {
            let detail =
                format!("the node ends at entry {}, here is {}", hello.max_seq, position.seq);
            Some(Alarm::new("link.fork", detail))
        } else {
            None
        };
        // That a node says hello is no sign that the store takes its entries again.
        if alarm.is_some() || self.failing_since.is_none() {
            self.set_up_alarm(alarm, actions);
        }
        // The node compares the cursor with its own journal and stops by itself when they differ.
        let mut resume = Resume {
            session: hello.session,
            epoch: position.epoch,
            acked_seq: position.seq,
            head_hash: position.hash,
            credit: self.credit(),
            hub_time_us: self.hub_time_us,
            sig: [0; 64],
        };
        self.config.signer.sign_resume(&self.node, &mut resume);
        self.publish(HubMessage::Resume(resume), actions);
        actions.push(HubAction::ReadMissingBlobs { after: self.wanted.begin() });
    }

    /// A box whose place was taken has said hello while the new one is there: it is told, and nothing
    /// of the new one's session changes.
    fn answer_older(&self, hello: Hello, actions: &mut Vec<HubAction>) {
        let position = self.up.position();
        let mut resume = Resume {
            session: hello.session,
            epoch: position.epoch,
            acked_seq: position.seq,
            head_hash: position.hash,
            credit: 0,
            hub_time_us: self.hub_time_us,
            sig: [0; 64],
        };
        self.config.signer.sign_resume(&self.node, &mut resume);
        self.publish(HubMessage::Resume(resume), actions);
        let detail = format!(
            "a box of epoch {}, whose place was taken, is switched on; its journal is kept for reading",
            hello.epoch
        );
        actions.push(HubAction::Lasting(Alarm::new("link.old_box", detail)));
    }

    fn greet_down(&mut self, hello: &Hello, actions: &mut Vec<HubAction>) {
        let epoch = self.record.down_epoch;
        let at_node =
            Position { epoch: hello.down_epoch, seq: hello.down_seq, hash: hello.down_hash };
        let start = if at_node.epoch == epoch { at_node } else { Position::start(epoch) };
        self.asked_down = None;
        self.comparing = None;
        self.down = Some(Outbound::new(
            self.node.clone(),
            Stream::Down,
            start,
            self.config.settings.window_frames,
            &self.config.settings,
        ));
        if start.seq > 0 {
            self.comparing = Some(start);
            actions.push(HubAction::ReadDownHash { seq: start.seq });
        } else {
            self.set_down_alarm(None, actions);
        }
    }

    fn record_message(&mut self, payload: Vec<u8>, now: Now, actions: &mut Vec<HubAction>) {
        if self.connection.is_none() && due(&mut self.hinted_hello, now) {
            self.refuse(&Alarm::new("link.hello_wanted", ""), actions);
        }
        let decoded = Frame::decode(&payload);
        if let Ok(frame) = decoded.as_ref()
            && frame.stream == Stream::Salvage
        {
            self.salvage(frame.clone(), actions);
            return;
        }
        if let Some(code) = self.record.frozen.clone() {
            let refusal = Alarm::new(code, "the stream is frozen until a person has decided");
            self.refuse(&refusal, actions);
            return;
        }
        let frame = match decoded {
            Ok(frame) => frame,
            Err(error) => {
                self.came.refused += 1;
                let refusal = Alarm::new(error.code(), error.to_string());
                self.refuse(&refusal, actions);
                self.set_up_alarm(Some(refusal.clone()), actions);
                actions.push(HubAction::Quarantine { refusal, message: payload });
                return;
            }
        };
        let received = self.up.receive(frame);
        match &received {
            Received::Taken => self.came.taken += 1,
            Received::Repeated => self.came.repeated += 1,
            Received::Missing | Received::Full => self.came.missing += 1,
            Received::Refused(_) => self.came.refused += 1,
        }
        match received {
            Received::Taken => self.hinted_missing = None,
            // The acknowledgement was lost: it is said again. While a frame is being applied its
            // own acknowledgement comes soon.
            Received::Repeated if !self.up.applying() => {
                self.acknowledge(Vec::new(), actions);
            }
            Received::Repeated => {}
            Received::Full => self.dropped = true,
            Received::Missing => {
                // While the store is being asked again, its place is not known for certain.
                if self.retry.is_none() && due(&mut self.hinted_missing, now) {
                    self.acknowledge(Vec::new(), actions);
                    self.refuse(&Alarm::new("link.missing", ""), actions);
                }
            }
            Received::Refused(refusal) => {
                self.refuse(&refusal, actions);
                // The node may not know yet that it was given a new epoch; the answer tells it.
                if refusal.code == "frame.wrong_epoch" && due(&mut self.hinted_hello, now) {
                    self.refuse(&Alarm::new("link.hello_wanted", ""), actions);
                }
                self.set_up_alarm(Some(refusal.clone()), actions);
                actions.push(HubAction::Quarantine { refusal, message: payload });
            }
        }
    }

    fn ingest_failed(&mut self, now: Now, actions: &mut Vec<HubAction>) {
        self.retry = Some(now + self.retry_wait);
        self.retry_wait = (self.retry_wait * 2).min(STORE_RETRY_MAX);
        // Without this word the node would go on sending what nobody can take in. Said each time: it may
        // be lost.
        self.acknowledge(Vec::new(), actions);
        let since = *self.failing_since.get_or_insert(now);
        let patience = Duration::from_millis(self.config.settings.alarm_after_ms);
        if now >= since + patience {
            let alarm = Alarm::new("link.store", "the store does not take the entries");
            self.set_up_alarm(Some(alarm), actions);
        }
    }

    /// A journal that has parted from this one, or one of an epoch that is over.
    fn salvage(&self, frame: Frame, actions: &mut Vec<HubAction>) {
        let last_seq = frame.first_seq.saturating_add(frame.entries.len() as u64).saturating_sub(1);
        if frame.node == self.node && frame.epoch <= self.record.up.epoch && last_seq > 0 {
            actions.push(HubAction::Salvage { frame, last_seq });
        }
    }

    fn ingested(&mut self, outcome: IngestOutcome, actions: &mut Vec<HubAction>) {
        self.ingesting = None;
        self.retry = None;
        self.retry_wait = STORE_RETRY_FIRST;
        self.failing_since = None;
        match outcome {
            IngestOutcome::Committed { position, parked } => {
                self.up.applied(position);
                self.set_up_alarm(None, actions);
                self.acknowledge(parked, actions);
                // Now that there is room, what was dropped for want of it is asked for.
                if self.dropped && self.up.idle() {
                    self.dropped = false;
                    self.refuse(&Alarm::new("link.missing", ""), actions);
                }
            }
            IngestOutcome::Refused { code, detail, position } => {
                self.up.restart(position);
                let refusal = Alarm { code, detail };
                self.set_up_alarm(Some(refusal.clone()), actions);
                self.acknowledge(Vec::new(), actions);
                self.refuse(&refusal, actions);
            }
        }
        if self.record.up.epoch == self.up.position().epoch {
            self.record.up = self.up.position();
        }
        self.answer_hello(actions);
    }

    fn acknowledge(&mut self, parked: Vec<Parked>, actions: &mut Vec<HubAction>) {
        let Position { epoch, seq, hash } = self.up.position();
        let mut ack = Ack {
            epoch,
            acked_seq: seq,
            head_hash: hash,
            parked,
            credit: self.credit(),
            hub_time_us: self.hub_time_us,
            sig: [0; 64],
        };
        self.config.signer.sign_ack(&self.node, &mut ack);
        self.publish(HubMessage::Ack(ack), actions);
    }

    /// Frames that may be under way beyond what is acknowledged; what waits here is among them, so a
    /// full window always has room. None while the store is to be tried again: the node pauses, and
    /// asks from time to time. Then one, to see whether the store takes it.
    fn credit(&self) -> u32 {
        if self.retry.is_some() {
            return 0;
        }
        if self.failing_since.is_some() {
            return 1;
        }
        u32::try_from(self.config.settings.window_frames).unwrap_or(u32::MAX)
    }

    fn refuse(&self, refusal: &Alarm, actions: &mut Vec<HubAction>) {
        let refused = Refused { code: refusal.code.clone(), detail: refusal.detail.clone() };
        self.publish(HubMessage::Refused(refused), actions);
    }

    fn publish(&self, message: HubMessage, actions: &mut Vec<HubAction>) {
        actions.push(HubAction::Publish { lane: Lane::Ctl, payload: message.encode() });
    }

    fn down_entries(
        &mut self,
        from: u64,
        read: EntriesRead,
        now: Now,
        actions: &mut Vec<HubAction>,
    ) {
        let Some(down) = &mut self.down else { return };
        match down.entries(from, read, now) {
            Ok(Some(message)) => {
                let payload = signed::sign(&self.config.signer, &self.node, &message);
                actions.push(HubAction::Publish { lane: Lane::Rec, payload });
            }
            Ok(None) => {}
            Err(error) => self.set_down_alarm(
                Some(Alarm::new(error.code(), format!("hub's entry {from}: {error}"))),
                actions,
            ),
        }
    }

    fn down_acknowledged(&mut self, ack: DownAck, now: Now, actions: &mut Vec<HubAction>) {
        let Some(down) = &mut self.down else {
            if due(&mut self.hinted_hello, now) {
                self.refuse(&Alarm::new("link.hello_wanted", ""), actions);
            }
            return;
        };
        if self.comparing.is_some() || ack.epoch != down.acked().epoch {
            return;
        }
        match down.acknowledged(ack.seq, &ack.hash, now) {
            Acknowledged::Progress => {
                let position = down.acked();
                actions.push(HubAction::DownAcked { position, parked: ack.parked });
                self.set_down_alarm(None, actions);
            }
            // The node repeats its place when it got something twice or misses something.
            Acknowledged::Same => down.missing(now),
            Acknowledged::Older => {}
            Acknowledged::AskHash(seq) => {
                self.asked_down = Some(ack);
                actions.push(HubAction::ReadDownHash { seq });
            }
            Acknowledged::Mismatch => self.down_fork(ack.seq, actions),
        }
    }

    fn compared(&mut self, seq: u64, hash: Option<Hash>, now: Now, actions: &mut Vec<HubAction>) {
        if let Some(position) = self.comparing {
            if position.seq == seq {
                self.comparing = None;
                if hash == Some(position.hash) {
                    actions.push(HubAction::DownAcked { position, parked: Vec::new() });
                    self.set_down_alarm(None, actions);
                } else {
                    self.down_fork(seq, actions);
                }
            }
            return;
        }
        let (Some(ack), Some(down)) =
            (self.asked_down.take_if(|ack| ack.seq == seq), &mut self.down)
        else {
            return;
        };
        if hash == Some(ack.hash) {
            let position = Position { epoch: ack.epoch, seq, hash: ack.hash };
            down.confirmed(position, now);
            actions.push(HubAction::DownAcked { position, parked: ack.parked });
            self.set_down_alarm(None, actions);
        } else {
            self.down_fork(seq, actions);
        }
    }

    /// The node has applied something that this hub has not written: a hub restored from an older
    /// dump. Nothing more goes down until a person has the hub's journal for the node begun anew.
    fn down_fork(&mut self, seq: u64, actions: &mut Vec<HubAction>) {
        self.down = None;
        let detail = format!("the node has another entry {seq} of the hub's journal");
        self.set_down_alarm(Some(Alarm::new(DOWN_FORK, detail)), actions);
    }

    fn tick(&mut self, now: Now, actions: &mut Vec<HubAction>) {
        if self.retry.is_some_and(|at| at <= now) {
            self.retry = None;
            if let Some(frame) = &self.ingesting {
                actions.push(HubAction::Ingest(frame.clone()));
            }
        }
        if self.compare_again_at.is_some_and(|at| at <= now) {
            self.compare_again_at = None;
            if let Some(position) = self.comparing {
                actions.push(HubAction::ReadDownHash { seq: position.seq });
            }
        }
        if let Some(after) = self.wanted.due(now) {
            actions.push(HubAction::ReadMissingBlobs { after });
        }
        if let Some(down) = &mut self.down {
            down.tick(now);
        }
        if self.down_alarm.alarm.is_none() && self.alarm_due().is_some_and(|due| due <= now) {
            let alarm = Alarm::new(
                crate::node_session::NO_ACKNOWLEDGEMENT,
                "the node does not acknowledge the hub's journal",
            );
            self.set_down_alarm(Some(alarm), actions);
        }
    }

    fn alarm_due(&self) -> Option<Now> {
        let since = self.down.as_ref()?.unanswered_since()?;
        Some(since + Duration::from_millis(self.config.settings.alarm_after_ms))
    }

    fn set_up_alarm(&mut self, alarm: Option<Alarm>, actions: &mut Vec<HubAction>) {
        self.up_alarm.set(Stream::Up, alarm, actions);
    }

    fn set_down_alarm(&mut self, alarm: Option<Alarm>, actions: &mut Vec<HubAction>) {
        self.down_alarm.set(Stream::Down, alarm, actions);
    }
}

impl Shown {
    fn set(&mut self, about: Stream, alarm: Option<Alarm>, actions: &mut Vec<HubAction>) {
        // What was raised before the hub's last restart is withdrawn as well.
        if self.alarm != alarm || !self.told {
            self.told = true;
            self.alarm.clone_from(&alarm);
            actions.push(HubAction::Alarm { about, alarm });
        }
    }
}

/// A hello's session is the connection's name and a counter behind a dot.
pub(crate) fn connection_of(session: &str) -> &str {
    session.rsplit_once('.').map_or(session, |(connection, _)| connection)
}

/// Whether a hint may go now; remembers that it went.
fn due(last: &mut Option<Now>, now: Now) -> bool {
    let due = last.is_none_or(|at| now >= at + HINT_PAUSE);
    if due {
        *last = Some(now);
    }
    due
}
