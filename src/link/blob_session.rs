//! Blobs in pieces, as plain machines for both ends.
//!
//! A node offers a blob only after the hub has acknowledged the entry that names it; the hub answers
//! with what it has; the missing pieces go; each piece is answered with the same kind of message.
//! Nothing is remembered between connections: the hub's answer is the memory.
//!
//! How much may be under way follows the time a piece takes to be answered. When it takes longer
//! than the line alone explains, pieces are queueing somewhere, and a hand-over on the other
//! connection would queue behind them: then less is put under way.

use std::collections::VecDeque;
use std::time::Duration;

use domain::ids::NodeId;
use journal::ctl::{
    BlobHave as HaveMessage, BlobOffer, HubMessage, HubVerifier, NodeMessage, Refused,
};
use journal::derived::PIECE_OVERHEAD;
use journal::frame::BLOB_BYTES_MAX;
use journal::{BlobChunk, PiecePlace};

use crate::hublink::{BLOB_UNIT_BYTES, BlobHave, PutOutcome, SealedPart};
use crate::outbound::Now;
use crate::settings::LinkSettings;
use crate::types::{Alarm, Hash};
use crate::uplink::BlobToSend;

/// Size of a piece on a slow line; also the unit in which the hub counts.
pub const SMALL_PIECE: usize = BLOB_UNIT_BYTES;
/// Size of a piece on a quick line.
pub const LARGE_PIECE: usize = 256 * 1024;
/// Blobs that are offered at once, so that small ones do not wait for each other's answers.
pub(crate) const BLOBS_AT_ONCE: usize = 4;
/// Pieces under way at once, whatever their size: the hub drops what does not fit into a node's
/// queue, and a piece that was dropped is missed only after the wait for an answer.
pub(crate) const PIECES_UNDER_WAY_MAX: usize = 24;
/// The line's rate is measured over at least this long; a shorter span tells only its jitter.
const MEASURED_SPAN: Duration = Duration::from_millis(500);
/// The most bytes under way.
const UNDER_WAY_MAX: usize = 4 * 1024 * 1024;
/// A blob whose whole arrives wrong this often is spoilt here and not on the way.
const THROWN_AWAY_MAX: u32 = 3;
/// The wait before the store is asked again after it could not answer.
const LIST_RETRY: Duration = Duration::from_secs(5);
/// Records waiting beyond this many let blobs wait: one frame may be on its way, a backlog not.
const RECORDS_WAITING_MAX: u64 = 100;

/// What happens to a node's blob lane.
#[derive(Debug)]
pub enum BlobEvent {
    /// The blob connection is up.
    Connected,
    /// It has ended.
    Disconnected,
    /// The hub has acknowledged the journal up to here, and so many entries wait.
    Records {
        /// The last acknowledged entry; `None` while the record lane is not online.
        acked_seq: Option<u64>,
        /// Entries that wait.
        waiting: u64,
    },
    /// A blob may have been stored.
    Woken,
    /// Answer to [`BlobAction::List`].
    Listed(Vec<BlobToSend>),
    /// They could not be listed.
    ListFailed,
    /// A message of the hub on the blob lane.
    Message(Vec<u8>),
    /// Answer to [`BlobAction::Read`]; `None` when it cannot be read.
    Read {
        /// As asked.
        place: PiecePlace,
        /// The bytes, sealed.
        sealed: Option<Vec<u8>>,
    },
    /// Time has passed.
    Tick,
}

/// What a node's blob lane wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobAction {
    /// List blobs that the hub does not have, named by entries up to this one.
    List {
        /// The last acknowledged entry.
        acked_seq: u64,
        /// How many.
        limit: usize,
    },
    /// Read part of a blob and seal it.
    Read {
        /// Of which, and from where.
        place: PiecePlace,
        /// So many bytes.
        length: usize,
    },
    /// Publish on the node's own `up/blob`.
    Publish(Vec<u8>),
    /// The hub has this blob.
    Done(Hash),
    /// Note something that happened.
    Report(Alarm),
}

struct Active {
    blob: BlobToSend,
    piece: usize,
    total: u32,
    /// What the hub has; empty before its first answer.
    have: Option<HaveMessage>,
    /// Pieces sent since, and when.
    sent: Vec<(u32, Now)>,
    next: u32,
    /// How often the hub has thrown it away because the whole did not have the right hash.
    thrown_away: u32,
}

/// A node's blob lane.
pub struct BlobSender {
    node: NodeId,
    hub_keys: Vec<HubVerifier>,
    settings: LinkSettings,
    connected: bool,
    acked_seq: Option<u64>,
    records_waiting: u64,
    listing: bool,
    list_again: bool,
    list_at: Option<Now>,
    active: VecDeque<Active>,
    /// Put aside for a while.
    refused: Vec<Hash>,
    reading: Option<(Hash, u32)>,
    window: usize,
    quickest: Option<Duration>,
    /// Bytes answered in the running measure, and since when.
    measured: (usize, Now),
    bytes_per_s: u64,
    heard_at: Now,
    wait: Duration,
    pieces_repeated: u64,
}

impl BlobSender {
    /// A lane without a connection, of this node, that believes who signs with one of these keys.
    pub fn new(node: NodeId, hub_keys: Vec<HubVerifier>, settings: LinkSettings) -> Self {
        let wait = Duration::from_millis(settings.probe_first_ms);
        Self {
            node,
            hub_keys,
            settings,
            connected: false,
            acked_seq: None,
            records_waiting: 0,
            listing: false,
            list_again: true,
            list_at: None,
            active: VecDeque::new(),
            refused: Vec::new(),
            reading: None,
            window: 2 * SMALL_PIECE,
            quickest: None,
            measured: (0, Now::ZERO),
            bytes_per_s: 0,
            heard_at: Now::ZERO,
            wait,
            pieces_repeated: 0,
        }
    }

    /// The measured line, in bytes a second.
    pub fn bytes_per_s(&self) -> u64 {
        self.bytes_per_s
    }

    /// Pieces that were sent more than once.
    pub fn pieces_repeated(&self) -> u64 {
        self.pieces_repeated
    }

    /// Whether no blob is being sent.
    pub fn idle(&self) -> bool {
        self.active.is_empty()
    }

    /// When the lane wants [`BlobEvent::Tick`] at the latest.
    pub fn deadline(&self) -> Option<Now> {
        if !self.connected || self.acked_seq.is_none() {
            return None;
        }
        let answer = (!self.active.is_empty()).then_some(self.heard_at + self.wait);
        [answer, self.list_at].into_iter().flatten().min()
    }

    /// Takes an event and says what to do.
    pub fn handle(&mut self, event: BlobEvent, now: Now) -> Vec<BlobAction> {
        let mut actions = Vec::new();
        match event {
            BlobEvent::Connected => {
                self.connected = true;
                self.list_again = true;
                self.window = 2 * SMALL_PIECE;
                self.quickest = None;
                self.measured = (0, now);
                self.wait = Duration::from_millis(self.settings.probe_first_ms);
            }
            BlobEvent::Disconnected => {
                self.connected = false;
                self.active.clear();
                self.refused.clear();
                self.reading = None;
            }
            BlobEvent::Records { acked_seq, waiting } => {
                self.list_again |= acked_seq != self.acked_seq;
                self.acked_seq = acked_seq;
                self.records_waiting = waiting;
            }
            BlobEvent::Woken => self.list_again = true,
            BlobEvent::Listed(blobs) => self.listed(blobs, now, &mut actions),
            BlobEvent::ListFailed => {
                self.listing = false;
                self.list_at = Some(now + LIST_RETRY);
            }
            BlobEvent::Message(payload) => self.message(&payload, now, &mut actions),
            BlobEvent::Read { place, sealed } => self.read(place, sealed, now, &mut actions),
            BlobEvent::Tick => self.tick(now, &mut actions),
        }
        self.pump(&mut actions);
        actions
    }

    fn may_send(&self) -> bool {
        self.connected && self.acked_seq.is_some() && self.records_waiting <= RECORDS_WAITING_MAX
    }

    fn pump(&mut self, actions: &mut Vec<BlobAction>) {
        if !self.may_send() {
            return;
        }
        if self.list_again
            && !self.listing
            && self.active.len() < BLOBS_AT_ONCE
            && let Some(acked_seq) = self.acked_seq
        {
            self.listing = true;
            self.list_again = false;
            let limit = BLOBS_AT_ONCE + self.active.len() + self.refused.len();
            actions.push(BlobAction::List { acked_seq, limit });
        }
        if self.reading.is_some() {
            return;
        }
        if self.active.iter().map(|active| active.sent.len()).sum::<usize>() >= PIECES_UNDER_WAY_MAX
        {
            return;
        }
        let under_way: usize =
            self.active.iter().map(|active| active.sent.len() * active.piece).sum();
        let window = self.window;
        for active in &mut self.active {
            let Some(index) = active.next_missing() else { continue };
            if under_way > 0 && under_way + active.piece > window {
                return;
            }
            let offset = u64::from(index) * active.piece as u64;
            let length = (active.blob.size - offset).min(active.piece as u64);
            self.reading = Some((active.blob.sha256, index));
            let BlobToSend { sha256, size } = active.blob;
            actions.push(BlobAction::Read {
                place: PiecePlace { sha256, size, offset },
                length: usize::try_from(length).unwrap_or(active.piece),
            });
            return;
        }
    }

    fn listed(&mut self, blobs: Vec<BlobToSend>, now: Now, actions: &mut Vec<BlobAction>) {
        self.listing = false;
        if !self.connected {
            return;
        }
        for blob in blobs {
            let known = self.active.iter().any(|active| active.blob.sha256 == blob.sha256)
                || self.refused.contains(&blob.sha256);
            if known || self.active.len() >= BLOBS_AT_ONCE {
                continue;
            }
            if blob.size == 0 || blob.size > BLOB_BYTES_MAX {
                self.refuse(blob.sha256, now);
                actions.push(BlobAction::Report(Alarm::new(
                    "blob.bad_size",
                    format!("{}: {} bytes", journal::hex::encode(&blob.sha256), blob.size),
                )));
                continue;
            }
            let piece = if self.bytes_per_s >= self.settings.blob_large_chunk_from_bytes_per_s {
                LARGE_PIECE
            } else {
                SMALL_PIECE
            };
            if self.active.is_empty() {
                self.heard_at = now;
            }
            let active = Active {
                blob,
                piece,
                total: pieces(blob.size, piece),
                have: None,
                sent: Vec::new(),
                next: 0,
                thrown_away: 0,
            };
            actions.push(BlobAction::Publish(active.offer()));
            self.active.push_back(active);
        }
    }

    fn message(&mut self, payload: &[u8], now: Now, actions: &mut Vec<BlobAction>) {
        match HubMessage::decode(payload) {
            Ok(HubMessage::BlobHave(have)) => self.have(have, now, actions),
            // The detail of a refused blob begins with its name.
            Ok(HubMessage::Refused(refused)) => {
                let name = refused.detail.split(' ').next().and_then(journal::hex::decode_array);
                if let Some(sha256) = name {
                    self.refuse(sha256, now);
                    let alarm = Alarm { code: refused.code, detail: refused.detail };
                    actions.push(BlobAction::Report(alarm));
                }
            }
            Ok(_) => {}
            Err(error) => actions
                .push(BlobAction::Report(Alarm::new(error.code(), "a message on the blob lane"))),
        }
    }

    fn have(&mut self, have: HaveMessage, now: Now, actions: &mut Vec<BlobAction>) {
        let Some(active) = self.active.iter_mut().find(|active| active.blob.sha256 == have.sha256)
        else {
            return;
        };
        if have.complete
            && !self.hub_keys.iter().any(|key| key.verify_blob(&self.node, &have).is_ok())
        {
            let name = journal::hex::encode(&have.sha256);
            actions.push(BlobAction::Report(Alarm::new("link.bad_signature", name)));
            return;
        }
        self.heard_at = now;
        self.wait = Duration::from_millis(self.settings.probe_first_ms);
        if have.complete {
            let answered = active.sent.clone();
            let bytes = answered.len() * active.piece;
            self.measure(&answered, bytes, now);
            self.drop_blob(have.sha256);
            self.list_again = true;
            actions.push(BlobAction::Done(have.sha256));
            return;
        }
        let answered: Vec<(u32, Now)> =
            active.sent.iter().copied().filter(|(index, _)| have.has(*index)).collect();
        active.sent.retain(|(index, _)| !have.has(*index));
        let nothing = have.bitmap.iter().all(|byte| *byte == 0);
        if active.have.is_none() || nothing {
            active.next = 0;
            active.sent.clear();
        }
        // The hub had something and now has nothing: the whole had the wrong hash.
        if nothing
            && active.have.as_ref().is_some_and(|had| had.bitmap.iter().any(|byte| *byte != 0))
        {
            active.thrown_away += 1;
            if active.thrown_away >= THROWN_AWAY_MAX {
                let name = journal::hex::encode(&have.sha256);
                actions.push(BlobAction::Report(Alarm::new("blob.wrong_hash", name)));
                self.refuse(have.sha256, now);
                return;
            }
        }
        let bytes = answered.len() * active.piece;
        active.have = Some(have);
        self.measure(&answered, bytes, now);
    }

    /// Fits what may be under way to how long answers take.
    fn measure(&mut self, answered: &[(u32, Now)], bytes: usize, now: Now) {
        let Some(took) = answered.iter().map(|(_, at)| now.saturating_sub(*at)).max() else {
            return;
        };
        let quickest = self.quickest.map_or(took, |quickest| quickest.min(took));
        self.quickest = Some(quickest);
        let ahead = Duration::from_millis(self.settings.blob_ahead_ms);
        let queueing = took.saturating_sub(quickest);
        if queueing < ahead / 2 && took < ahead * 4 {
            self.window = (self.window + bytes).min(UNDER_WAY_MAX);
        } else if queueing > ahead {
            self.window = self.window * 7 / 8;
        }
        self.window = self.window.max(2 * SMALL_PIECE);

        self.measured.0 += bytes;
        let span = now.saturating_sub(self.measured.1);
        if span >= MEASURED_SPAN {
            let rate = self.measured.0 as u128 * 1_000 / span.as_millis().max(1);
            self.bytes_per_s = u64::try_from(rate).unwrap_or(u64::MAX);
            self.measured = (0, now);
        }
    }

    fn read(
        &mut self,
        place: PiecePlace,
        sealed: Option<Vec<u8>>,
        now: Now,
        actions: &mut Vec<BlobAction>,
    ) {
        let PiecePlace { sha256, offset, .. } = place;
        let Some((asked, index)) = self.reading.take() else { return };
        let Some(active) = self.active.iter_mut().find(|active| active.blob.sha256 == sha256)
        else {
            return;
        };
        let expected_offset = u64::from(index) * active.piece as u64;
        if asked != sha256 || offset != expected_offset {
            return;
        }
        let expected = (active.blob.size - offset).min(active.piece as u64);
        let expected = expected + PIECE_OVERHEAD as u64;
        let Some(bytes) = sealed.filter(|sealed| sealed.len() as u64 == expected) else {
            let name = journal::hex::encode(&sha256);
            actions.push(BlobAction::Report(Alarm::new("blob.unreadable", name)));
            self.refuse(sha256, now);
            return;
        };
        if active.sent.is_empty() {
            // A measure that ran while nothing was to be sent says nothing about the line.
            self.measured = (0, now);
            self.heard_at = now;
        }
        active.sent.push((index, now));
        active.next = index + 1;
        let chunk = BlobChunk { sha256, index, total: active.total, size: active.blob.size, bytes };
        actions.push(BlobAction::Publish(chunk.encode()));
    }

    fn tick(&mut self, now: Now, actions: &mut Vec<BlobAction>) {
        if !self.connected {
            return;
        }
        if self.list_at.is_some_and(|at| at <= now) {
            self.list_at = None;
            self.list_again = true;
            self.refused.clear();
        }
        if self.active.is_empty() || now < self.heard_at + self.wait {
            return;
        }
        // Nothing heard: ask what the hub has; pieces that were lost show in the answer.
        self.heard_at = now;
        self.wait = (self.wait * 2).min(Duration::from_millis(self.settings.probe_max_ms));
        for active in &mut self.active {
            self.pieces_repeated += active.sent.len() as u64;
            active.have = None;
            active.sent.clear();
            actions.push(BlobAction::Publish(active.offer()));
        }
    }

    /// Puts a blob aside; it is offered again much later, or on the next connection.
    fn refuse(&mut self, sha256: Hash, now: Now) {
        self.drop_blob(sha256);
        self.refused.push(sha256);
        self.list_again = true;
        let later = now + Duration::from_millis(self.settings.probe_max_ms);
        self.list_at.get_or_insert(later);
    }

    fn drop_blob(&mut self, sha256: Hash) {
        self.active.retain(|active| active.blob.sha256 != sha256);
    }
}

impl Active {
    fn offer(&self) -> Vec<u8> {
        NodeMessage::BlobOffer(BlobOffer {
            sha256: self.blob.sha256,
            size: self.blob.size,
            chunks: self.total,
            chunk_size: u32::try_from(self.piece).unwrap_or(u32::MAX),
        })
        .encode()
    }

    /// The next piece that the hub does not have and that is not under way.
    fn next_missing(&self) -> Option<u32> {
        let have = self.have.as_ref()?;
        (self.next..self.total).find(|index| !have.has(*index))
    }
}

fn pieces(size: u64, piece: usize) -> u32 {
    u32::try_from(size.div_ceil(piece as u64)).unwrap_or(u32::MAX)
}

/// What the hub's blob lane wants to know or to do for one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobRequest {
    /// A blob is offered: say what is there, in pieces of this size.
    Offered {
        /// Which.
        sha256: Hash,
        /// Its size.
        size: u64,
        /// Size of a piece.
        piece: usize,
    },
    /// A piece came: store it and say what is there.
    Piece {
        /// The part.
        part: SealedPart,
        /// Size of a piece.
        piece: usize,
    },
}

/// Reads a message on a node's blob lane.
pub fn blob_request(payload: &[u8]) -> Result<BlobRequest, Alarm> {
    let bad = |detail: String| Alarm::new("blob.bad_value", detail);
    if payload.first() == Some(&b'{') {
        let message =
            NodeMessage::decode(payload).map_err(|e| Alarm::new(e.code(), e.to_string()))?;
        let NodeMessage::BlobOffer(offer) = message else {
            return Err(bad("not an offer".to_owned()));
        };
        let piece = usize::try_from(offer.chunk_size).unwrap_or(0);
        if ![SMALL_PIECE, LARGE_PIECE].contains(&piece)
            || offer.size == 0
            || offer.size > BLOB_BYTES_MAX
            || offer.chunks != pieces(offer.size, piece)
        {
            return Err(bad(format!("{} bytes in {} pieces", offer.size, offer.chunks)));
        }
        return Ok(BlobRequest::Offered { sha256: offer.sha256, size: offer.size, piece });
    }
    let chunk = BlobChunk::decode(payload).map_err(|e| Alarm::new(e.code(), e.to_string()))?;
    // The size of a piece follows from their number; a single piece begins at 0 whatever its size.
    let piece = [SMALL_PIECE, LARGE_PIECE]
        .into_iter()
        .find(|piece| pieces(chunk.size, *piece) == chunk.total)
        .ok_or_else(|| bad(format!("{} bytes in {} pieces", chunk.size, chunk.total)))?;
    let offset = u64::from(chunk.index) * piece as u64;
    let place = PiecePlace { sha256: chunk.sha256, size: chunk.size, offset };
    let part = SealedPart { place, sealed: chunk.bytes };
    if part.length() as u64 != chunk.size.saturating_sub(offset).min(piece as u64) {
        return Err(bad(format!("piece {} has {} bytes", chunk.index, part.length())));
    }
    Ok(BlobRequest::Piece { part, piece })
}

/// The hub's answer to an offer or a piece, from what its store has; still to be signed.
pub fn blob_answer(sha256: Hash, size: u64, piece: usize, have: &BlobHave) -> HubMessage {
    let total = pieces(size, piece);
    match have {
        BlobHave::Complete => HubMessage::BlobHave(HaveMessage {
            sha256,
            bitmap: HaveMessage::bitmap_of(total, 0..total),
            complete: true,
            sig: Vec::new(),
        }),
        BlobHave::Units(units) => {
            let each = piece / BLOB_UNIT_BYTES;
            let whole = |index: u32| {
                let first = index as usize * each;
                let last = (first + each).min(pieces(size, BLOB_UNIT_BYTES) as usize);
                (first..last).all(|unit| units.get(unit).copied().unwrap_or(false))
            };
            HubMessage::BlobHave(HaveMessage {
                sha256,
                bitmap: HaveMessage::bitmap_of(total, (0..total).filter(|index| whole(*index))),
                complete: false,
                sig: Vec::new(),
            })
        }
        BlobHave::Refused { code } => refused_blob(sha256, code),
    }
}

/// The hub's word that it does not take a blob.
pub fn refused_blob(sha256: Hash, code: &str) -> HubMessage {
    HubMessage::Refused(Refused { code: code.to_owned(), detail: journal::hex::encode(&sha256) })
}

/// What is there after a piece was stored, as far as it is known without asking the store again.
pub fn have_after(
    units: &mut Vec<bool>,
    part: &SealedPart,
    outcome: &PutOutcome,
) -> Option<BlobHave> {
    match outcome {
        PutOutcome::Complete => Some(BlobHave::Complete),
        PutOutcome::Refused { code } => Some(BlobHave::Refused { code: code.clone() }),
        PutOutcome::WrongHash => {
            units.clear();
            Some(BlobHave::Units(Vec::new()))
        }
        PutOutcome::Stored => {
            let unit = BLOB_UNIT_BYTES as u64;
            let offset = part.place.offset;
            let first = usize::try_from(offset / unit).ok()?;
            let last = usize::try_from((offset + part.length() as u64).div_ceil(unit)).ok()?;
            if units.len() < last {
                units.resize(last, false);
            }
            units[first..last].fill(true);
            Some(BlobHave::Units(units.clone()))
        }
    }
}
