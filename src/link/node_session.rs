//! A node's side of the conversation, as a plain machine: events and the time in, actions out. It
//! knows neither sockets nor tables, so a whole week of cuts can be tried in a second.
//!
//! The order on each connection: hello -> resume (the hub's cursor, signed) -> the own hash at that
//! place is compared -> entries flow. Any doubt leads back to the hub's cursor, never forward.

use std::time::Duration;

use domain::ids::NodeId;
use journal::ctl::{
    Ack, DownAck, Hello, HubMessage, HubVerifier, NodeMessage, Parked, Refused, Resume,
};
use journal::topics::Lane;
use journal::{Frame, Stream};

use crate::inbound::{Inbound, Received};
use crate::outbound::{Acknowledged, Now, Outbound};
use crate::salvage::Salvage;
use crate::settings::LinkSettings;
use crate::signed;
use crate::types::{Alarm, EntriesRead, Hash, HubTime, LinkState, Position, ReadLimits};
use crate::uplink::{DownApplied, SignedAck};

/// The code of the alarm for a hub that does not answer.
pub const NO_ACKNOWLEDGEMENT: &str = "link.no_acknowledgement";

/// A hub that asks for a greeting gets none sooner than this after the one before: the two may have
/// crossed on the way.
const GREET_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// One report of a kind in this time; a flood of forgeries does not become a flood of events.
const REPORT_PAUSE: Duration = Duration::from_secs(60);

/// What happens to a session.
#[derive(Debug)]
pub enum NodeEvent {
    /// The connection is up and every subscription granted.
    Connected {
        /// A name for this connection that no other one has.
        session: String,
        /// The end of the own journal.
        head: Position,
        /// How far the hub's journal has been applied here.
        down: Position,
    },
    /// The connection has ended.
    Disconnected,
    /// A message of the hub to this node.
    Message {
        /// On which lane.
        lane: Lane,
        /// Its bytes.
        payload: Vec<u8>,
    },
    /// The hub's presence, with the name of its connection.
    HubState {
        /// The name of the hub's connection; another one means that it has connected anew.
        instance: String,
        /// Said before we subscribed; otherwise the hub has connected just now, and a hello that
        /// went before it did has reached nobody.
        retained: bool,
    },
    /// The own journal has grown.
    Woken,
    /// Answer to [`NodeAction::ReadEntries`].
    Entries {
        /// As asked.
        from: u64,
        /// What was there.
        read: EntriesRead,
    },
    /// The entries could not be read.
    ReadFailed,
    /// Answer to [`NodeAction::ReadHash`].
    Hash {
        /// As asked.
        seq: u64,
        /// The own journal's hash there; `None` beyond its end.
        hash: Option<Hash>,
    },
    /// Answer to [`NodeAction::Apply`].
    Applied(DownApplied),
    /// The frame could not be stored; the store is where it was.
    ApplyFailed,
    /// Time has passed.
    Tick,
}

/// What a session wants done. In order; answers may come later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeAction {
    /// Publish under the node's own `up/`.
    Publish {
        /// On which lane.
        lane: Lane,
        /// Its bytes.
        payload: Vec<u8>,
    },
    /// Read from the own journal.
    ReadEntries {
        /// First entry.
        from: u64,
        /// How much.
        limits: ReadLimits,
    },
    /// Read one hash of the own journal.
    ReadHash {
        /// Of this entry.
        seq: u64,
    },
    /// Keep the acknowledgement as evidence.
    SaveAck(SignedAck),
    /// Apply a frame of the hub's journal.
    Apply(Frame),
    /// Show an alarm until it is withdrawn with `None`.
    Alarm(Option<Alarm>),
    /// Note something that happened once.
    Report(Alarm),
    /// The hub has said what time it is, and signed it.
    HubTime(HubTime),
    /// The hub does not have these blobs, whatever it once said.
    BlobsWanted(Vec<Hash>),
    /// The hub once had more of this journal than it has now: its store was set back. What it said
    /// about blobs that entries after this one name counts no more.
    HubWentBack {
        /// The last entry that it has.
        seq: u64,
    },
}

/// What a session is told once.
#[derive(Debug, Clone)]
pub struct NodeSessionConfig {
    /// Who we are.
    pub node: NodeId,
    /// The program's version.
    pub version: String,
    /// Keys that the hub may sign with.
    pub hub_keys: Vec<HubVerifier>,
    /// Limits and times.
    pub settings: LinkSettings,
}

enum Phase {
    Offline,
    /// A hello is out; it is repeated at `again_at`.
    Greeting {
        again_at: Now,
    },
    /// The hub's cursor is being compared with the own journal.
    Comparing {
        resume: Resume,
        again_at: Now,
    },
    Online,
    /// The hub does not take this journal; asked again at `again_at`, because a person may have
    /// decided meanwhile.
    Frozen {
        again_at: Now,
    },
}

/// A node's session.
pub struct NodeSession {
    config: NodeSessionConfig,
    phase: Phase,
    connection: String,
    hellos: u32,
    hello_wait: Duration,
    hello_at: Now,
    /// The hub has asked for a greeting too soon after the last one: it gets it then.
    greet_at: Option<Now>,
    unanswered_since: Option<Now>,
    head: Position,
    hub_instance: Option<String>,
    up: Outbound,
    asked_hash: Option<Ack>,
    /// During a pause: what the hub had confirmed when it began, and since when nothing more was. The
    /// answer to a hello is no acknowledgement.
    unconfirmed: Option<(u64, Now)>,
    down: Inbound,
    alarm: Option<Alarm>,
    reported: Vec<(String, Now)>,
    frames_repeated_before: u64,
    /// Up to here the hub has had this journal, by what is kept of its word.
    acked_kept: u64,
    /// While the hub does not take this journal.
    salvage: Option<Salvage>,
}

impl NodeSession {
    /// A session without a connection.
    pub fn new(config: NodeSessionConfig) -> Self {
        let start = Position::default();
        let up = Outbound::new(config.node.clone(), Stream::Up, start, 0, &config.settings);
        let down =
            Inbound::new(config.node.clone(), Stream::Down, start, config.settings.window_frames);
        let hello_wait = Duration::from_millis(config.settings.probe_first_ms);
        Self {
            config,
            phase: Phase::Offline,
            connection: String::new(),
            hellos: 0,
            hello_wait,
            hello_at: Now::ZERO,
            greet_at: None,
            unanswered_since: None,
            head: start,
            hub_instance: None,
            up,
            asked_hash: None,
            unconfirmed: None,
            down,
            alarm: None,
            reported: Vec::new(),
            frames_repeated_before: 0,
            acked_kept: 0,
            salvage: None,
        }
    }

    /// Up to here the hub has had this journal, as the store remembers it: what is kept for reading
    /// when the journals have parted begins after it.
    pub fn acked_before(&mut self, seq: u64) {
        self.acked_kept = self.acked_kept.max(seq);
    }

    /// Where the link stands.
    pub fn state(&self) -> LinkState {
        match self.phase {
            Phase::Offline => LinkState::Offline,
            Phase::Greeting { .. } | Phase::Comparing { .. } => LinkState::Greeting,
            Phase::Online => LinkState::Online,
            Phase::Frozen { .. } => LinkState::Frozen,
        }
    }

    /// What the hub has confirmed in this session; `None` before it has said so.
    pub fn acked(&self) -> Option<Position> {
        matches!(self.phase, Phase::Online).then(|| self.up.acked())
    }

    /// Frames that went more than once.
    pub fn frames_repeated(&self) -> u64 {
        self.frames_repeated_before + self.up.frames_repeated()
    }

    /// Frames that are sent and not confirmed.
    pub fn frames_under_way(&self) -> usize {
        if matches!(self.phase, Phase::Online) { self.up.frames_under_way() } else { 0 }
    }

    /// When the session wants [`NodeEvent::Tick`] at the latest.
    pub fn deadline(&self) -> Option<Now> {
        let phase = match self.phase {
            Phase::Offline => return None,
            Phase::Greeting { again_at }
            | Phase::Comparing { again_at, .. }
            | Phase::Frozen { again_at } => Some(again_at),
            Phase::Online if self.up.paused() => Some(self.hello_at + self.hello_wait),
            Phase::Online => self.up.deadline(),
        };
        let alarm = self.alarm_due().filter(|_| self.alarm.is_none());
        [phase, alarm, self.greet_at].into_iter().flatten().min()
    }

    /// Takes an event and says what to do.
    pub fn handle(&mut self, event: NodeEvent, now: Now) -> Vec<NodeAction> {
        let mut actions = Vec::new();
        match event {
            NodeEvent::Connected { session, head, down } => {
                self.connection = session;
                self.hellos = 0;
                self.hello_wait = Duration::from_millis(self.config.settings.probe_first_ms);
                self.head = head;
                self.unanswered_since = None;
                self.hub_instance = None;
                self.asked_hash = None;
                self.unconfirmed = None;
                self.down = Inbound::new(
                    self.config.node.clone(),
                    Stream::Down,
                    down,
                    self.config.settings.window_frames,
                );
                self.greet(now, &mut actions);
            }
            NodeEvent::Disconnected => {
                self.phase = Phase::Offline;
                self.unanswered_since = None;
                // Not being connected is shown as such; it is normal life, not an alarm.
                if self.no_ack_alarm_shown() {
                    self.set_alarm(None, &mut actions);
                }
            }
            _ if matches!(self.phase, Phase::Offline) => {}
            NodeEvent::Message { lane: Lane::Ctl, payload } => {
                self.control(&payload, now, &mut actions)
            }
            NodeEvent::Message { lane: Lane::Rec, payload } => {
                self.record(&payload, now, &mut actions)
            }
            NodeEvent::Message { lane: Lane::Blob, .. } => {}
            NodeEvent::HubState { instance, retained } => {
                let known = self.hub_instance.replace(instance.clone());
                let anew = match known {
                    Some(known) => known != instance,
                    None => !retained,
                };
                if anew {
                    self.hello_wait = Duration::from_millis(self.config.settings.probe_first_ms);
                    self.greet(now, &mut actions);
                }
            }
            NodeEvent::Woken => {
                self.up.wake();
                if let Some(salvage) = &mut self.salvage {
                    salvage.woken();
                }
            }
            NodeEvent::Entries { from, read } => {
                if let Some(last) = read.entries.last()
                    && last.seq > self.head.seq
                {
                    self.head = Position { epoch: self.head.epoch, seq: last.seq, hash: last.hash };
                }
                if matches!(self.phase, Phase::Frozen { .. }) {
                    if let Some(salvage) = &mut self.salvage {
                        if let Some(payload) = salvage.entries(from, read, self.head) {
                            actions.push(NodeAction::Publish { lane: Lane::Rec, payload });
                        }
                        if let Some(seq) = salvage.wanted_hash() {
                            actions.push(NodeAction::ReadHash { seq });
                        }
                    }
                } else if matches!(self.phase, Phase::Online) {
                    match self.up.entries(from, read, now) {
                        Ok(Some(payload)) => {
                            actions.push(NodeAction::Publish { lane: Lane::Rec, payload });
                        }
                        Ok(None) => {}
                        Err(error) => self.set_alarm(
                            Some(Alarm::new(error.code(), format!("entry {from}: {error}"))),
                            &mut actions,
                        ),
                    }
                }
            }
            NodeEvent::ReadFailed => {
                self.up.read_failed(now);
                if let Some(salvage) = &mut self.salvage {
                    salvage.read_failed();
                }
            }
            NodeEvent::Hash { seq, hash } => self.compared(seq, hash, now, &mut actions),
            NodeEvent::Applied(outcome) => self.applied(outcome, now, &mut actions),
            NodeEvent::ApplyFailed => self.down.restart(self.down.position()),
            NodeEvent::Tick => self.tick(now, &mut actions),
        }
        self.pump(&mut actions);
        actions
    }

    fn pump(&mut self, actions: &mut Vec<NodeAction>) {
        if matches!(self.phase, Phase::Offline) {
            return;
        }
        if let Some(frame) = self.down.next_frame() {
            actions.push(NodeAction::Apply(frame));
        }
        let limits = ReadLimits {
            entries_max: self.config.settings.frame_entries_max,
            bytes_max: self.config.settings.frame_bytes_max,
        };
        if matches!(self.phase, Phase::Frozen { .. })
            && let Some((from, limits)) =
                self.salvage.as_mut().and_then(|salvage| salvage.read(limits))
        {
            actions.push(NodeAction::ReadEntries { from, limits });
        }
        if matches!(self.phase, Phase::Online)
            && let Some((from, limits)) = self.up.read()
        {
            actions.push(NodeAction::ReadEntries { from, limits });
        }
    }

    fn greet(&mut self, now: Now, actions: &mut Vec<NodeAction>) {
        self.hellos += 1;
        self.hello_at = now;
        self.greet_at = None;
        self.unanswered_since.get_or_insert(now);
        self.phase = Phase::Greeting { again_at: now + self.hello_wait };
        let down = self.down.position();
        let hello = NodeMessage::Hello(Hello {
            session: self.session(),
            epoch: self.head.epoch,
            max_seq: self.head.seq,
            head_hash: self.head.hash,
            down_epoch: down.epoch,
            down_seq: down.seq,
            down_hash: down.hash,
            format: journal::entry::FORMAT,
            version: self.config.version.clone(),
        });
        actions.push(NodeAction::Publish { lane: Lane::Ctl, payload: hello.encode() });
    }

    /// Each hello has a name of its own: an answer to an earlier one may be late.
    fn session(&self) -> String {
        format!("{}.{}", self.connection, self.hellos)
    }

    fn control(&mut self, payload: &[u8], now: Now, actions: &mut Vec<NodeAction>) {
        match HubMessage::decode(payload) {
            Ok(HubMessage::Resume(resume)) => self.resumed(resume, now, actions),
            Ok(HubMessage::Ack(ack)) => self.acknowledged(ack, payload, now, actions),
            Ok(HubMessage::Refused(refused)) => self.refused(refused, now, actions),
            Ok(HubMessage::BlobHave(_)) => {}
            Ok(HubMessage::BlobsWanted(wanted)) => {
                actions.push(NodeAction::BlobsWanted(wanted.sha256));
            }
            Ok(HubMessage::Salvaged(salvaged)) => {
                if let Some(salvage) = &mut self.salvage {
                    salvage.kept(salvaged.epoch, salvaged.seq);
                }
            }
            Err(error) => {
                self.report(Alarm::new(error.code(), "a control message of the hub"), now, actions);
            }
        }
    }

    fn resumed(&mut self, resume: Resume, now: Now, actions: &mut Vec<NodeAction>) {
        let node = &self.config.node;
        if !self.config.hub_keys.iter().any(|key| key.verify_resume(node, &resume).is_ok()) {
            self.report(Alarm::new("link.bad_signature", "a resume"), now, actions);
            return;
        }
        // A frozen session listens too: its hello may be answered after a person has decided.
        let waiting = matches!(self.phase, Phase::Greeting { .. } | Phase::Frozen { .. });
        if !waiting || resume.session != self.session() {
            return;
        }
        let took = now.saturating_sub(self.hello_at);
        actions.push(NodeAction::HubTime(HubTime { us: resume.hub_time_us, took }));
        if resume.epoch != self.head.epoch {
            let detail = format!("own epoch {}, the hub's {}", self.head.epoch, resume.epoch);
            self.freeze(Alarm::new("link.fenced", detail), now, actions);
            self.part_ways(actions);
            return;
        }
        if resume.acked_seq == 0 {
            self.start(&resume, actions);
        } else {
            actions.push(NodeAction::ReadHash { seq: resume.acked_seq });
            self.phase = Phase::Comparing { resume, again_at: now + self.hello_wait };
        }
    }

    fn start(&mut self, resume: &Resume, actions: &mut Vec<NodeAction>) {
        let position =
            Position { epoch: resume.epoch, seq: resume.acked_seq, hash: resume.head_hash };
        self.frames_repeated_before += self.up.frames_repeated();
        self.up = Outbound::new(
            self.config.node.clone(),
            Stream::Up,
            position,
            frames(resume.credit),
            &self.config.settings,
        );
        self.up.may_have_gone(self.head.seq);
        self.asked_hash = None;
        self.salvage = None;
        if position.seq < self.acked_kept {
            actions.push(NodeAction::HubWentBack { seq: position.seq });
        }
        self.acked_kept = position.seq;
        self.phase = Phase::Online;
        self.unanswered_since = None;
        let unconfirmed = self.unconfirmed.take().filter(|(seq, _)| *seq == position.seq);
        if let Some((_, since)) = unconfirmed {
            self.up.unanswered_from(since);
        }
        if !self.up.paused() {
            self.hello_wait = Duration::from_millis(self.config.settings.probe_first_ms);
        }
        if position.seq > 0 {
            // As good as an acknowledgement, and perhaps the only word about the last entries.
            actions.push(NodeAction::SaveAck(SignedAck {
                position,
                parked: Vec::new(),
                message: HubMessage::Resume(resume.clone()).encode(),
            }));
        }
        if unconfirmed.is_none() || !self.no_ack_alarm_shown() {
            self.set_alarm(None, actions);
        }
    }

    fn acknowledged(&mut self, ack: Ack, payload: &[u8], now: Now, actions: &mut Vec<NodeAction>) {
        let node = &self.config.node;
        if !self.config.hub_keys.iter().any(|key| key.verify_ack(node, &ack).is_ok()) {
            self.report(Alarm::new("link.bad_signature", "an acknowledgement"), now, actions);
            return;
        }
        if !matches!(self.phase, Phase::Online) || ack.epoch != self.up.acked().epoch {
            return;
        }
        let took = self.up.asked_since(ack.acked_seq, now);
        match self.up.acknowledged(ack.acked_seq, &ack.head_hash, now) {
            Acknowledged::Progress => {
                if let Some(took) = took {
                    actions.push(NodeAction::HubTime(HubTime { us: ack.hub_time_us, took }));
                }
                self.progressed(&ack, payload.to_vec(), now, actions);
            }
            Acknowledged::Same => self.take_credit(ack.credit, now),
            Acknowledged::Older => {}
            Acknowledged::AskHash(seq) => {
                self.asked_hash = Some(ack);
                actions.push(NodeAction::ReadHash { seq });
            }
            Acknowledged::Mismatch => self.fork(ack.acked_seq, now, actions),
        }
    }

    /// The hub says how much may be under way; nothing while its store takes nothing.
    fn take_credit(&mut self, credit: u32, now: Now) {
        let paused = self.up.paused();
        self.up.set_credit(frames(credit));
        if self.up.paused() && !paused {
            // Asking at once would give the hub's store no time.
            self.hello_at = now;
            self.hello_wait = Duration::from_millis(self.config.settings.probe_first_ms);
        }
    }

    fn progressed(&mut self, ack: &Ack, message: Vec<u8>, now: Now, actions: &mut Vec<NodeAction>) {
        self.take_credit(ack.credit, now);
        for Parked { seq, code } in &ack.parked {
            actions.push(NodeAction::Report(Alarm::new(
                "link.parked",
                format!("entry {seq} is kept aside at the hub: {code}"),
            )));
        }
        actions.push(NodeAction::SaveAck(SignedAck {
            position: self.up.acked(),
            parked: ack.parked.clone(),
            message,
        }));
        self.acked_kept = self.up.acked().seq;
        self.set_alarm(None, actions);
    }

    /// The own journal's hash at a place that the hub has named.
    fn compared(&mut self, seq: u64, hash: Option<Hash>, now: Now, actions: &mut Vec<NodeAction>) {
        if matches!(self.phase, Phase::Frozen { .. }) {
            if let Some(forked) = self.salvage.as_mut().and_then(|salvage| salvage.tell(seq, hash))
            {
                let payload = NodeMessage::Forked(forked).encode();
                actions.push(NodeAction::Publish { lane: Lane::Ctl, payload });
            }
            return;
        }
        if let Phase::Comparing { resume, .. } = &self.phase {
            if resume.acked_seq == seq {
                let resume = resume.clone();
                if hash == Some(resume.head_hash) {
                    self.start(&resume, actions);
                } else {
                    self.fork(seq, now, actions);
                }
            }
            return;
        }
        let asked = matches!(self.phase, Phase::Online)
            .then(|| self.asked_hash.take_if(|ack| ack.acked_seq == seq))
            .flatten();
        if let Some(ack) = asked {
            if hash == Some(ack.head_hash) {
                let before = self.up.acked().seq;
                self.up.confirmed(Position { epoch: ack.epoch, seq, hash: ack.head_hash }, now);
                if self.up.acked().seq > before {
                    let message = HubMessage::Ack(ack.clone()).encode();
                    self.progressed(&ack, message, now, actions);
                }
            } else {
                self.fork(seq, now, actions);
            }
        }
    }

    fn refused(&mut self, refused: Refused, now: Now, actions: &mut Vec<NodeAction>) {
        match refused.code.as_str() {
            // The hub misses something before what it got.
            "link.missing" => self.up.missing(now),
            // A person has decided; whoever has the right journal is answered.
            "link.thawed" => self.greet(now, actions),
            "link.hello_wanted" => {
                let at = self.hello_at + GREET_AGAIN_AFTER;
                match self.phase {
                    Phase::Frozen { .. } => {}
                    _ if now >= at => self.greet(now, actions),
                    // It has answered the last one: it does not ask for that, and asks only once.
                    Phase::Online => self.greet_at = Some(at),
                    _ => {}
                }
            }
            _ => {
                let alarm = Alarm { code: refused.code, detail: refused.detail };
                match self.phase {
                    Phase::Online => {
                        self.up.refused(now);
                        self.set_alarm(Some(alarm), actions);
                    }
                    Phase::Greeting { .. } => self.freeze(alarm, now, actions),
                    _ => {}
                }
            }
        }
    }

    fn record(&mut self, payload: &[u8], now: Now, actions: &mut Vec<NodeAction>) {
        let Some(message) = signed::verified(&self.config.hub_keys, &self.config.node, payload)
        else {
            self.report(Alarm::new("link.bad_signature", "a frame of the hub"), now, actions);
            return;
        };
        let frame = match Frame::decode(message) {
            Ok(frame) => frame,
            Err(error) => {
                self.report(Alarm::new(error.code(), "a frame of the hub"), now, actions);
                return;
            }
        };
        // The hub began its journal for us anew (it was set up again): signed, so it is believed.
        if frame.epoch > self.down.position().epoch && frame.first_seq == 1 && self.down.idle() {
            self.down.restart(Position::start(frame.epoch));
        }
        match self.down.receive(frame) {
            Received::Taken | Received::Full => {}
            Received::Repeated | Received::Missing => {
                if !self.down.applying() {
                    self.confirm_down(Vec::new(), actions);
                }
            }
            Received::Refused(alarm) => self.report(alarm, now, actions),
        }
    }

    fn applied(&mut self, outcome: DownApplied, now: Now, actions: &mut Vec<NodeAction>) {
        match outcome {
            DownApplied::Applied { position, parked } => {
                self.down.applied(position);
                self.confirm_down(parked, actions);
            }
            DownApplied::Refused { code, detail } => {
                self.down.restart(self.down.position());
                self.report(Alarm { code, detail }, now, actions);
            }
        }
    }

    fn confirm_down(&mut self, parked: Vec<Parked>, actions: &mut Vec<NodeAction>) {
        let Position { epoch, seq, hash } = self.down.position();
        let ack = NodeMessage::DownAck(DownAck { epoch, seq, hash, parked });
        actions.push(NodeAction::Publish { lane: Lane::Ctl, payload: ack.encode() });
    }

    fn tick(&mut self, now: Now, actions: &mut Vec<NodeAction>) {
        let greet = self.greet_at.take_if(|at| *at <= now).is_some();
        match self.phase {
            Phase::Offline => return,
            Phase::Online if greet => self.greet(now, actions),
            Phase::Greeting { again_at }
            | Phase::Comparing { again_at, .. }
            | Phase::Frozen { again_at } => {
                if again_at <= now {
                    self.hello_again(now, actions);
                }
            }
            Phase::Online => {
                if self.up.paused() {
                    // The word that the pause is over may be lost: ask.
                    if self.hello_at + self.hello_wait <= now {
                        self.unconfirmed =
                            self.up.unanswered_since().map(|since| (self.up.acked().seq, since));
                        self.hello_again(now, actions);
                    }
                } else {
                    self.up.tick(now);
                }
            }
        }
        if self.alarm_due().is_some_and(|due| due <= now) && self.alarm.is_none() {
            let detail = match self.phase {
                Phase::Online => format!(
                    "sent up to entry {}, acknowledged up to {}",
                    self.up.highest_sent(),
                    self.up.acked().seq
                ),
                _ => "the hub does not answer the hello".to_owned(),
            };
            self.set_alarm(Some(Alarm::new(NO_ACKNOWLEDGEMENT, detail)), actions);
        }
    }

    fn hello_again(&mut self, now: Now, actions: &mut Vec<NodeAction>) {
        let longest = Duration::from_millis(self.config.settings.probe_max_ms);
        let frozen = matches!(self.phase, Phase::Frozen { .. });
        self.hello_wait = if frozen { longest } else { (self.hello_wait * 2).min(longest) };
        self.greet(now, actions);
        if frozen {
            self.phase = Phase::Frozen { again_at: now + longest };
        }
    }

    fn alarm_due(&self) -> Option<Now> {
        let since = match self.phase {
            Phase::Greeting { .. } | Phase::Comparing { .. } => self.unanswered_since,
            Phase::Online => self.up.unanswered_since(),
            Phase::Offline | Phase::Frozen { .. } => None,
        }?;
        Some(since + Duration::from_millis(self.config.settings.alarm_after_ms))
    }

    fn no_ack_alarm_shown(&self) -> bool {
        self.alarm.as_ref().is_some_and(|alarm| alarm.code == NO_ACKNOWLEDGEMENT)
    }

    fn fork(&mut self, seq: u64, now: Now, actions: &mut Vec<NodeAction>) {
        let detail = format!("the hub has another entry {seq} than this journal");
        self.freeze(Alarm::new("link.fork", detail), now, actions);
        self.part_ways(actions);
    }

    /// The hub is told what this journal is, and gets it for reading.
    fn part_ways(&mut self, actions: &mut Vec<NodeAction>) {
        let (session, head) = (self.session(), self.head);
        let salvage = match self.salvage.take() {
            Some(mut salvage) => {
                salvage.again(session, head);
                salvage
            }
            None => Salvage::new(self.config.node.clone(), session, head, self.acked_kept),
        };
        if let Some(seq) = salvage.wanted_hash() {
            actions.push(NodeAction::ReadHash { seq });
        }
        self.salvage = Some(salvage);
    }

    fn freeze(&mut self, alarm: Alarm, now: Now, actions: &mut Vec<NodeAction>) {
        let longest = Duration::from_millis(self.config.settings.probe_max_ms);
        self.phase = Phase::Frozen { again_at: now + longest };
        self.set_alarm(Some(alarm), actions);
    }

    fn set_alarm(&mut self, alarm: Option<Alarm>, actions: &mut Vec<NodeAction>) {
        if self.alarm != alarm {
            self.alarm.clone_from(&alarm);
            actions.push(NodeAction::Alarm(alarm));
        }
    }

    fn report(&mut self, alarm: Alarm, now: Now, actions: &mut Vec<NodeAction>) {
        self.reported.retain(|(_, at)| now < *at + REPORT_PAUSE);
        if self.reported.iter().all(|(code, _)| *code != alarm.code) {
            self.reported.push((alarm.code.clone(), now));
            actions.push(NodeAction::Report(alarm));
        }
    }
}

fn frames(credit: u32) -> usize {
    usize::try_from(credit).unwrap_or(usize::MAX)
}
