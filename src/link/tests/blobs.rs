//! The blob lane on lines of every kind, in virtual time: one queue in each direction that carries
//! so many bytes a second, loses and doubles.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

use dice::Dice;
use domain::ids::NodeId;
use journal::ctl::{BlobHave as BlobHaveMessage, HubMessage, HubSigner, HubVerifier};
use journal::derived::PIECE_OVERHEAD;
use journal::entry::sha256;
use journal::{PiecePlace, WrappingKey};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::blob_session::{
    BlobAction, BlobEvent, BlobRequest, BlobSender, PIECES_UNDER_WAY_MAX, SMALL_PIECE, blob_answer,
    blob_request, have_after,
};
use crate::hublink::{BlobHave, HubStore};
use crate::settings::LinkSettings;
use crate::testing::{MemoryHub, MemoryNode, SHARED_KEY};
use crate::types::{Alarm, Hash};
use crate::uplink::NodeStore;

#[derive(Debug, Clone, Copy)]
struct Line {
    bytes_per_s: u64,
    delay_ms: u64,
    lost: u64,
    doubled: u64,
    cut_every_ms: u64,
}

enum Happening {
    ToHub(u64, Vec<u8>),
    ToNode(u64, Vec<u8>),
    Tick,
    Cut,
    Connect,
}

struct Lanes {
    runtime: Runtime,
    now: Duration,
    number: u64,
    queue: BinaryHeap<Reverse<(Duration, u64)>>,
    happenings: HashMap<u64, Happening>,
    dice: Dice,
    line: Line,
    line_free_at: Duration,
    queueing_max: Duration,
    connection: u64,
    connected: bool,
    node_id: NodeId,
    node: MemoryNode,
    hub: MemoryHub,
    sender: BlobSender,
    signer: HubSigner,
    known: HashMap<Hash, Vec<bool>>,
    reports: Vec<Alarm>,
    pieces: usize,
    sent: Vec<Vec<u8>>,
    answers: usize,
    /// The most messages that the hub may have found waiting at once.
    unanswered_max: usize,
}

impl Lanes {
    fn new(seed: u64, line: Line) -> Self {
        let node_id = NodeId::parse("06658-1").unwrap();
        let hub = MemoryHub::default();
        hub.enrol(&node_id, 1, 1);
        let signer = HubSigner::from_pkcs8(&HubSigner::generate_pkcs8().unwrap()).unwrap();
        let verifier = HubVerifier::new(signer.public_key());
        let sender = BlobSender::new(node_id.clone(), vec![verifier], LinkSettings::default());
        let mut lanes = Self {
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
            now: Duration::ZERO,
            number: 0,
            queue: BinaryHeap::new(),
            happenings: HashMap::new(),
            dice: Dice::new(seed),
            line,
            line_free_at: Duration::ZERO,
            queueing_max: Duration::ZERO,
            connection: 0,
            connected: false,
            node: MemoryNode::new(node_id.clone(), 1, 1),
            hub,
            node_id,
            sender,
            signer,
            known: HashMap::new(),
            reports: Vec::new(),
            pieces: 0,
            sent: Vec::new(),
            answers: 0,
            unanswered_max: 0,
        };
        lanes.put(Duration::ZERO, Happening::Connect);
        lanes.plan_cut();
        lanes
    }

    /// A blob whose entry the hub has already.
    fn add(&mut self, bytes: usize) -> Hash {
        let fill = u8::try_from(self.dice.below(256)).unwrap();
        let mut blob = vec![fill; bytes];
        for (index, place) in blob.iter_mut().enumerate().step_by(997) {
            *place = u8::try_from(index % 256).unwrap();
        }
        let name = self.node.add_blob(blob);
        self.hub.of(&self.node_id, |node| node.up.blobs.insert(name));
        name
    }

    fn put(&mut self, after: Duration, happening: Happening) {
        self.number += 1;
        self.happenings.insert(self.number, happening);
        self.queue.push(Reverse((self.now + after, self.number)));
    }

    fn plan_cut(&mut self) {
        if self.line.cut_every_ms != u64::MAX {
            let after = self.dice.below(2 * self.line.cut_every_ms) + 1;
            self.put(Duration::from_millis(after), Happening::Cut);
        }
    }

    fn run_until_done(&mut self, deadline: Duration) -> bool {
        let acked_seq = self.node.lock().up.head().seq;
        self.event(BlobEvent::Records { acked_seq: Some(acked_seq), waiting: 0 });
        while self.node.lock().blobs.iter().any(|(_, _, _, done)| !done) {
            let Some(Reverse((at, number))) = self.queue.pop() else { return false };
            if at > deadline {
                return false;
            }
            self.now = self.now.max(at);
            match self.happenings.remove(&number).unwrap() {
                Happening::ToHub(connection, payload) if connection == self.connection => {
                    self.at_hub(&payload);
                }
                Happening::ToNode(connection, payload) if connection == self.connection => {
                    self.event(BlobEvent::Message(payload));
                }
                Happening::ToHub(..) | Happening::ToNode(..) => {}
                Happening::Tick => {
                    if self.sender.deadline().is_some_and(|at| at <= self.now) {
                        self.event(BlobEvent::Tick);
                    }
                }
                Happening::Cut => {
                    if self.connected {
                        self.connected = false;
                        self.connection += 1;
                        self.event(BlobEvent::Disconnected);
                        let back = Duration::from_millis(self.dice.below(5_000));
                        self.put(back, Happening::Connect);
                    }
                    self.plan_cut();
                }
                Happening::Connect => {
                    self.connected = true;
                    self.connection += 1;
                    self.line_free_at = self.now;
                    // The hub's process may have been another one before.
                    self.known.clear();
                    self.event(BlobEvent::Connected);
                }
            }
        }
        true
    }

    fn event(&mut self, event: BlobEvent) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for action in self.sender.handle(event, self.now) {
                match action {
                    BlobAction::List { acked_seq, limit } => {
                        let listed =
                            self.runtime.block_on(self.node.blobs_to_send(acked_seq, limit));
                        events.push(BlobEvent::Listed(listed.unwrap()));
                    }
                    BlobAction::Read { place, length } => {
                        let read = self.runtime.block_on(self.node.read_piece(place, length));
                        events.push(BlobEvent::Read { place, sealed: read.ok() });
                    }
                    BlobAction::Publish(payload) => self.send_up(payload),
                    BlobAction::Done(sha256) => {
                        self.runtime.block_on(self.node.blob_done(sha256)).unwrap();
                    }
                    BlobAction::Report(alarm) => self.reports.push(alarm),
                }
            }
        }
        if let Some(at) = self.sender.deadline() {
            self.put(at.saturating_sub(self.now), Happening::Tick);
        }
    }

    fn send_up(&mut self, payload: Vec<u8>) {
        self.sent.push(payload.clone());
        if payload.starts_with(b"MCB1") {
            self.pieces += 1;
            self.unanswered_max = self.unanswered_max.max(self.pieces.saturating_sub(self.answers));
        }
        let queueing = self.line_free_at.saturating_sub(self.now);
        self.queueing_max = self.queueing_max.max(queueing);
        let takes = Duration::from_micros(payload.len() as u64 * 1_000_000 / self.line.bytes_per_s);
        self.line_free_at = self.line_free_at.max(self.now) + takes;
        let arrives = self.line_free_at - self.now + Duration::from_millis(self.line.delay_ms);
        for _ in 0..self.times() {
            self.put(arrives, Happening::ToHub(self.connection, payload.clone()));
        }
    }

    fn times(&mut self) -> u64 {
        if self.dice.percent(self.line.lost) {
            0
        } else {
            1 + u64::from(self.dice.percent(self.line.doubled))
        }
    }

    /// What the hub's worker does with a message.
    fn at_hub(&mut self, payload: &[u8]) {
        let node = self.node_id.clone();
        let mut answer = match blob_request(payload).unwrap() {
            BlobRequest::Offered { sha256, size, piece } => {
                let have = self.runtime.block_on(self.hub.blob_have(&node, sha256, size)).unwrap();
                if let BlobHave::Units(units) = &have {
                    self.known.insert(sha256, units.clone());
                }
                blob_answer(sha256, size, piece, &have)
            }
            BlobRequest::Piece { part, piece } => {
                self.answers += 1;
                let PiecePlace { sha256, size, .. } = part.place;
                let have = self.runtime.block_on(self.hub.blob_have(&node, sha256, size)).unwrap();
                let have = match have {
                    BlobHave::Units(units) => {
                        let known = self.known.entry(sha256).or_insert(units);
                        let outcome =
                            self.runtime.block_on(self.hub.put_chunk(&node, part.clone())).unwrap();
                        have_after(known, &part, &outcome).unwrap()
                    }
                    have => have,
                };
                blob_answer(sha256, size, piece, &have)
            }
        };
        if let HubMessage::BlobHave(have) = &mut answer {
            self.signer.sign_blob(&self.node_id, have);
        }
        for _ in 0..self.times() {
            let after = Duration::from_millis(self.line.delay_ms);
            self.put(after, Happening::ToNode(self.connection, answer.encode()));
        }
    }

    fn hub_has(&self, name: &Hash) -> bool {
        self.hub.of(&self.node_id, |node| {
            node.blobs.get(name).is_some_and(|bytes| sha256(bytes) == *name)
        }) == Some(true)
    }
}

const FINE: Line =
    Line { bytes_per_s: 12_500_000, delay_ms: 5, lost: 0, doubled: 0, cut_every_ms: u64::MAX };

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_blob_arrives_whole_whatever_the_line_does(
        seed: u64,
        sizes in prop::collection::vec(1usize..1_500_000, 1..8),
        bytes_per_s in 16_000u64..20_000_000,
        delay_ms in 0u64..400,
        lost in 0u64..20,
        doubled in 0u64..20,
        cut_every_ms in prop_oneof![Just(u64::MAX), 20_000u64..200_000],
    ) {
        let line = Line { bytes_per_s, delay_ms, lost, doubled, cut_every_ms };
        let mut lanes = Lanes::new(seed, line);
        let names: Vec<Hash> = sizes.iter().map(|size| lanes.add(*size)).collect();
        prop_assert!(lanes.run_until_done(Duration::from_secs(6 * 3600)), "not done");
        for name in names {
            prop_assert!(lanes.hub_has(&name));
        }
    }
}

#[test]
fn a_blob_goes_on_where_it_was_after_a_cut() {
    let mut lanes = Lanes::new(1, Line { bytes_per_s: 250_000, cut_every_ms: 10_000, ..FINE });
    let name = lanes.add(16 * 1024 * 1024);
    assert!(lanes.run_until_done(Duration::from_secs(600)));
    assert!(lanes.hub_has(&name));
    let repeated = lanes.hub.of(&lanes.node_id, |node| node.parts_repeated).unwrap();
    assert_eq!(repeated, 0, "nothing that was there was sent again");
}

#[test]
fn a_line_of_20_mbit_is_filled() {
    let mut lanes = Lanes::new(2, Line { bytes_per_s: 2_500_000, delay_ms: 20, ..FINE });
    lanes.add(32 * 1024 * 1024);
    assert!(lanes.run_until_done(Duration::from_secs(600)));
    let rate = 32.0 * 1024.0 * 1024.0 / lanes.now.as_secs_f64();
    assert!(rate > 0.93 * 2_500_000.0, "{rate} bytes/s");
}

#[test]
fn on_a_slow_line_little_is_put_ahead_so_that_a_record_does_not_wait() {
    let mut lanes = Lanes::new(3, Line { bytes_per_s: 250_000, delay_ms: 20, ..FINE });
    for _ in 0..20 {
        lanes.add(1024 * 1024);
    }
    assert!(lanes.run_until_done(Duration::from_secs(600)));
    assert!(lanes.queueing_max < Duration::from_millis(900), "{:?}", lanes.queueing_max);
    let rate = 20.0 * 1024.0 * 1024.0 / lanes.now.as_secs_f64();
    assert!(rate > 0.9 * 250_000.0, "{rate} bytes/s");
}

#[test]
fn never_more_pieces_are_under_way_than_the_hub_takes_in() {
    let mut lanes = Lanes::new(9, Line { bytes_per_s: 125_000_000, delay_ms: 150, ..FINE });
    lanes.add(32 * 1024 * 1024);
    assert!(lanes.run_until_done(Duration::from_secs(600)));
    assert!(lanes.unanswered_max <= PIECES_UNDER_WAY_MAX, "{}", lanes.unanswered_max);
}

#[test]
fn small_blobs_do_not_wait_for_each_others_answers() {
    let mut lanes = Lanes::new(4, Line { delay_ms: 100, ..FINE });
    for _ in 0..100 {
        lanes.add(20_000);
    }
    assert!(lanes.run_until_done(Duration::from_secs(600)));
    // Two round trips each, one after the other, would be 40 s.
    assert!(lanes.now < Duration::from_secs(16), "{:?}", lanes.now);
}

#[test]
fn no_piece_goes_before_the_record_lane_is_online_or_while_a_backlog_waits() {
    let mut lanes = Lanes::new(5, FINE);
    lanes.add(100_000);
    let offered = |acked_seq, waiting| {
        let node = NodeId::parse("06658-1").unwrap();
        let mut sender = BlobSender::new(node, Vec::new(), LinkSettings::default());
        sender.handle(BlobEvent::Connected, Duration::ZERO);
        let actions = sender.handle(BlobEvent::Records { acked_seq, waiting }, Duration::ZERO);
        !actions.is_empty()
    };
    assert!(!offered(None, 0));
    assert!(!offered(Some(1), 5_000));
    assert!(offered(Some(1), 0));
}

#[test]
fn a_blob_that_is_spoilt_here_is_put_aside_and_the_others_go() {
    let mut lanes = Lanes::new(6, FINE);
    let spoilt = lanes.add(300_000);
    let whole = lanes.add(300_000);
    lanes.node.lock().blobs[0].1[5] ^= 1;
    assert!(!lanes.run_until_done(Duration::from_secs(60)));
    assert!(lanes.hub_has(&whole));
    assert!(!lanes.hub_has(&spoilt));
    assert_eq!(lanes.reports.len(), 1);
    assert_eq!(lanes.reports[0].code, "blob.wrong_hash");
    assert!(lanes.pieces < 40, "{} pieces", lanes.pieces);
}

#[test]
fn a_forged_word_that_a_blob_is_there_is_ignored_and_reported() {
    let mut lanes = Lanes::new(10, FINE);
    let name = lanes.add(100_000);
    lanes.connected = true;
    lanes.event(BlobEvent::Connected);
    let acked_seq = lanes.node.lock().up.head().seq;
    lanes.event(BlobEvent::Records { acked_seq: Some(acked_seq), waiting: 0 });
    let mut forged =
        BlobHaveMessage { sha256: name, bitmap: vec![3], complete: true, sig: Vec::new() };
    let stranger = HubSigner::from_pkcs8(&HubSigner::generate_pkcs8().unwrap()).unwrap();
    for signed in [false, true] {
        if signed {
            stranger.sign_blob(&lanes.node_id, &mut forged);
        }
        lanes.event(BlobEvent::Message(HubMessage::BlobHave(forged.clone()).encode()));
        assert!(!lanes.node.lock().blobs[0].3, "the node keeps it");
    }
    assert_eq!(lanes.reports[0].code, "link.bad_signature");
    assert!(lanes.run_until_done(Duration::from_secs(600)));
    assert!(lanes.hub_has(&name));
}

#[test]
fn a_blob_that_no_entry_names_is_refused_and_put_aside() {
    let mut lanes = Lanes::new(7, FINE);
    let name = lanes.add(300_000);
    lanes.hub.of(&lanes.node_id, |node| node.up.blobs.clear());
    assert!(!lanes.run_until_done(Duration::from_secs(60)));
    assert_eq!(lanes.reports[0].code, "blob.not_named");
    assert_eq!(lanes.reports[0].detail, journal::hex::encode(&name));
    assert_eq!(lanes.pieces, 0);
}

#[test]
fn a_piece_that_another_key_has_sealed_is_refused_by_name_and_the_blob_put_aside() {
    let mut lanes = Lanes::new(9, FINE);
    let name = lanes.add(300_000);
    lanes.node.lock().wrapping = WrappingKey::from_bytes([6; 32]);
    assert!(!lanes.run_until_done(Duration::from_secs(60)));
    assert_eq!(lanes.reports[0].code, "seal.does_not_open");
    assert!(!lanes.hub_has(&name));
    lanes.node.lock().wrapping = WrappingKey::from_bytes(SHARED_KEY);
    assert!(lanes.run_until_done(Duration::from_secs(1_000)));
    assert!(lanes.hub_has(&name));
}

#[test]
fn no_piece_of_a_blob_is_on_the_line_in_the_clear() {
    let mut lanes = Lanes::new(10, FINE);
    let words = "%PDF-1.4 Nguyễn Thị Thử Nghiệm 022199000123";
    let name = lanes.node.add_blob(words.repeat(20_000).into_bytes());
    lanes.hub.of(&lanes.node_id, |node| node.up.blobs.insert(name));
    assert!(lanes.run_until_done(Duration::from_secs(600)));
    assert!(lanes.pieces > 0 && lanes.hub_has(&name));
    let clear = |payload: &Vec<u8>| payload.windows(10).any(|seen| seen == b"0221990001");
    assert!(!lanes.sent.iter().any(clear));
}

#[test]
fn nonsense_on_the_blob_lane_is_refused_by_name() {
    let chunk = |total, size, bytes: usize| {
        let bytes = vec![0; bytes + PIECE_OVERHEAD];
        journal::BlobChunk { sha256: [1; 32], index: 0, total, size, bytes }.encode()
    };
    for (payload, code) in [
        (b"rubbish".to_vec(), "frame.not_a_frame"),
        (b"{".to_vec(), "ctl.malformed"),
        (chunk(1, 10, 9), "blob.bad_value"),
        (chunk(7, 10, 10), "blob.bad_value"),
        (chunk(2, 100_000, SMALL_PIECE - 1), "blob.bad_value"),
    ] {
        assert_eq!(blob_request(&payload).unwrap_err().code, code);
    }
    assert!(blob_request(&chunk(2, 100_000, SMALL_PIECE)).is_ok());
}
