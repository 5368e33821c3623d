//! Sending a chained stream: which entries go into the next frame, what is under way, what the
//! other side has confirmed, and when to start again from there. The same rules in both directions.
//!
//! Nothing of a frame is kept after it was sent: what has to go again is read from the journal
//! again. Only hashes are remembered, to compare them with what an acknowledgement says.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::time::Duration;

use domain::ids::NodeId;
use journal::{Frame, FrameError, Stream};

use crate::settings::LinkSettings;
use crate::types::{EntriesRead, Hash, Position, ReadLimits};

/// Time since any fixed moment, from a clock that only goes forward. Passed in, never asked.
pub type Now = Duration;

/// Going back to the cursor because of a hint happens at most once in this time for one cursor:
/// hints may be doubled and late, and answering each would multiply them.
const HINT_PAUSE: Duration = Duration::from_secs(1);

/// The wait before a journal that could not be read is asked again.
const READ_PAUSE: Duration = Duration::from_secs(1);
/// Answers quicker than this let more be under way.
const QUICK_ANSWER: Duration = Duration::from_secs(2);
/// Answers slower than this let less be under way: on a line of 128 kbit/s a full window takes a
/// minute, in which no ping is answered, so the connection would be given up, and begun, for ever.
const SLOW_ANSWER: Duration = Duration::from_secs(4);
/// Under so few bytes the next frame may always go.
const BYTES_AHEAD_MIN: usize = 32 * 1024;

/// What an acknowledgement turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledged {
    /// More is confirmed than before.
    Progress,
    /// The same as before: a repetition, or the other side missed something.
    Same,
    /// Less than before: late, or of an earlier session.
    Older,
    /// The hash is not in memory: ask the journal for the hash of this number, then tell.
    AskHash(u64),
    /// The other side has another entry under this number: the histories have parted.
    Mismatch,
}

/// One frame that is under way.
#[derive(Debug, Clone, Copy)]
struct Sent {
    last_seq: u64,
    bytes: usize,
    at: Now,
    /// Sent for the first time: only such a frame's answer says how long the line takes.
    fresh: bool,
}

/// The sending end of one stream.
#[derive(Debug)]
pub struct Outbound {
    node: NodeId,
    stream: Stream,
    limits: ReadLimits,
    window_max: usize,
    probe_first: Duration,
    probe_max: Duration,

    acked: Position,
    credit: usize,
    next_seq: u64,
    /// Hashes of the entries from `acked.seq + 1` on that have been read.
    hashes: VecDeque<Hash>,
    under_way: VecDeque<Sent>,
    /// Bytes that may be under way before the next frame is read; follows how quick answers are.
    bytes_ahead: usize,
    answer_took: Duration,
    reading: Option<u64>,
    more: bool,
    woken_while_reading: bool,
    /// The journal could not be read: when it is asked again.
    read_again_at: Option<Now>,

    probe_wait: Duration,
    probing: bool,
    /// After a refusal nothing goes before the next probe, whatever is committed meanwhile.
    held: bool,
    /// Set while something is under way: when the next probe is due.
    probe_at: Option<Now>,
    /// Since when nothing that was sent has been confirmed.
    unanswered_since: Option<Now>,
    hinted: Option<(u64, Now)>,
    /// When what is not confirmed went for the first time; at most a window of frames.
    first_sent: VecDeque<(RangeInclusive<u64>, Now)>,
    /// Entries up to here may have gone in an earlier session: when, nobody knows.
    gone_before: u64,
    /// Halved at each refused frame, so that one bad entry does not take its neighbours along.
    entries_max: usize,
    highest_sent: u64,
    frames_repeated: u64,
}

impl Outbound {
    /// A stream of which the other side has everything up to `acked`.
    pub fn new(
        node: NodeId,
        stream: Stream,
        acked: Position,
        credit: usize,
        settings: &LinkSettings,
    ) -> Self {
        let entries_max = settings.frame_entries_max.clamp(1, journal::frame::FRAME_ENTRIES_MAX);
        Self {
            node,
            stream,
            limits: ReadLimits {
                entries_max,
                bytes_max: settings.frame_bytes_max.min(journal::frame::FRAME_BYTES_MAX),
            },
            window_max: settings.window_frames.max(1),
            probe_first: Duration::from_millis(settings.probe_first_ms),
            probe_max: Duration::from_millis(settings.probe_max_ms),
            acked,
            credit,
            next_seq: acked.seq + 1,
            hashes: VecDeque::new(),
            under_way: VecDeque::new(),
            bytes_ahead: settings.frame_bytes_max.max(BYTES_AHEAD_MIN),
            answer_took: Duration::ZERO,
            reading: None,
            more: true,
            woken_while_reading: false,
            read_again_at: None,
            probe_wait: Duration::from_millis(settings.probe_first_ms),
            probing: false,
            held: false,
            probe_at: None,
            unanswered_since: None,
            hinted: None,
            first_sent: VecDeque::new(),
            gone_before: acked.seq,
            entries_max,
            highest_sent: acked.seq,
            frames_repeated: 0,
        }
    }

    /// What the other side has confirmed.
    pub fn acked(&self) -> Position {
        self.acked
    }

    /// Frames that went more than once.
    pub fn frames_repeated(&self) -> u64 {
        self.frames_repeated
    }

    /// Frames that are sent and not confirmed.
    pub fn frames_under_way(&self) -> usize {
        self.under_way.len()
    }

    /// The last entry that was sent.
    pub fn highest_sent(&self) -> u64 {
        self.highest_sent
    }

    /// Since when something is under way and nothing has been confirmed.
    pub fn unanswered_since(&self) -> Option<Now> {
        self.unanswered_since
    }

    /// How long ago the entry went for the first time: a word of the other side that it has it is not
    /// older. `None` when it is not known.
    pub fn asked_since(&self, seq: u64, now: Now) -> Option<Duration> {
        let at = self.first_sent.iter().find(|(sent, _)| sent.contains(&seq))?.1;
        Some(now.saturating_sub(at))
    }

    /// Entries up to this one may have gone in an earlier session, and may still be under way from there.
    pub fn may_have_gone(&mut self, seq: u64) {
        self.gone_before = self.gone_before.max(seq);
    }

    /// What waits now has been without an answer since then, in an earlier session with the same place.
    pub fn unanswered_from(&mut self, since: Now) {
        self.unanswered_since = Some(since);
    }

    /// When [`Outbound::tick`] wants to be called.
    pub fn deadline(&self) -> Option<Now> {
        [self.probe_at, self.read_again_at].into_iter().flatten().min()
    }

    /// The journal has grown.
    pub fn wake(&mut self) {
        self.more = true;
        self.woken_while_reading = self.reading.is_some();
    }

    /// What to read next, if anything may be sent; counts as asked until [`Outbound::entries`] or
    /// [`Outbound::read_failed`].
    pub fn read(&mut self) -> Option<(u64, ReadLimits)> {
        let window = if self.probing { 1 } else { self.window_max.min(self.credit) };
        if self.held || self.reading.is_some() || !self.more || self.under_way.len() >= window {
            return None;
        }
        let bytes: usize = self.under_way.iter().map(|sent| sent.bytes).sum();
        if bytes >= self.bytes_ahead {
            return None;
        }
        self.reading = Some(self.next_seq);
        self.woken_while_reading = false;
        let limits = ReadLimits { entries_max: self.entries_max, ..self.limits };
        Some((self.next_seq, limits))
    }

    /// Entries were read: gives the frame to send. Entries that are no longer wanted, because the
    /// cursor was moved meanwhile, give nothing.
    pub fn entries(
        &mut self,
        from: u64,
        read: EntriesRead,
        now: Now,
    ) -> Result<Option<Vec<u8>>, FrameError> {
        if self.reading != Some(from) {
            return Ok(None);
        }
        self.reading = None;
        let fitting = journal::frame::fitting(read.entries.iter().map(|entry| entry.raw.len()));
        let mut entries = read.entries;
        entries.truncate(fitting.min(self.entries_max));
        let Some(last_seq) = entries.last().map(|entry| entry.seq) else {
            self.more = self.woken_while_reading;
            return Ok(None);
        };
        let hashes: Vec<Hash> = entries.iter().map(|entry| entry.hash).collect();
        let count = entries.len();
        let frame = Frame {
            node: self.node.clone(),
            stream: self.stream,
            epoch: self.acked.epoch,
            first_seq: from,
            keys: read.keys,
            entries: entries.into_iter().map(|entry| entry.raw).collect(),
        };
        let message = match frame.encode() {
            Ok(message) => message,
            // With fewer entries there are fewer keys beside them.
            Err(FrameError::TooLarge) if count > 1 => {
                self.entries_max = count / 2;
                return Ok(None);
            }
            Err(error) => {
                self.more = false;
                return Err(error);
            }
        };
        for (seq, hash) in (from..).zip(hashes) {
            self.remember(seq, hash);
        }
        let fresh = from > self.highest_sent;
        if !fresh {
            self.frames_repeated += 1;
        } else if from > self.gone_before {
            self.first_sent.push_back((from..=last_seq, now));
        }
        self.highest_sent = self.highest_sent.max(last_seq);
        self.next_seq = last_seq + 1;
        self.under_way.push_back(Sent { last_seq, bytes: message.len(), at: now, fresh });
        self.unanswered_since.get_or_insert(now);
        self.probe_at.get_or_insert(now + self.probe_wait);
        Ok(Some(message))
    }

    /// The journal could not be read; it is asked again a little later.
    pub fn read_failed(&mut self, now: Now) {
        self.reading = None;
        self.more = false;
        self.read_again_at = Some(now + READ_PAUSE);
    }

    /// The other side says that it has everything up to `seq` with this hash.
    pub fn acknowledged(&mut self, seq: u64, hash: &Hash, now: Now) -> Acknowledged {
        if seq < self.acked.seq {
            return Acknowledged::Older;
        }
        if seq == self.acked.seq {
            return if *hash == self.acked.hash {
                Acknowledged::Same
            } else {
                Acknowledged::Mismatch
            };
        }
        match self.hash_of(seq) {
            None => Acknowledged::AskHash(seq),
            Some(own) if own == *hash => {
                self.advance(Position { epoch: self.acked.epoch, seq, hash: own }, now);
                Acknowledged::Progress
            }
            Some(_) => Acknowledged::Mismatch,
        }
    }

    /// The journal's own hash agrees with an acknowledgement beyond what is remembered here.
    pub fn confirmed(&mut self, position: Position, now: Now) {
        if position.seq > self.acked.seq {
            self.advance(position, now);
        }
    }

    /// How many frames the other side lets us have under way; 0 pauses.
    pub fn set_credit(&mut self, credit: usize) {
        self.credit = credit;
    }

    /// Whether the other side has asked us to pause.
    pub fn paused(&self) -> bool {
        self.credit == 0
    }

    /// The other side says that it misses something: start again from what it has confirmed.
    pub fn missing(&mut self, now: Now) {
        if self.under_way.is_empty()
            || matches!(self.hinted, Some((seq, at)) if seq == self.acked.seq && now < at + HINT_PAUSE)
        {
            return;
        }
        self.hinted = Some((self.acked.seq, now));
        self.go_back();
        self.probe_at = Some(now + self.probe_wait);
    }

    /// The other side refused what was sent: try again later, and with fewer entries at once.
    pub fn refused(&mut self, now: Now) {
        self.entries_max = (self.entries_max / 2).max(1);
        self.go_back();
        self.probing = true;
        self.held = true;
        self.probe_at.get_or_insert(now + self.probe_wait);
    }

    /// Time has passed. True when nothing was confirmed for so long that a probe is due: the first
    /// unconfirmed frame goes again, alone.
    pub fn tick(&mut self, now: Now) -> bool {
        if self.read_again_at.is_some_and(|at| at <= now) {
            self.read_again_at = None;
            self.more = true;
        }
        if self.probe_at.is_none_or(|at| at > now) {
            return false;
        }
        self.probe_wait = (self.probe_wait * 2).min(self.probe_max);
        self.probe_at = Some(now + self.probe_wait);
        self.probing = true;
        self.held = false;
        self.go_back();
        true
    }

    fn go_back(&mut self) {
        self.under_way.clear();
        self.next_seq = self.acked.seq + 1;
        self.reading = None;
        self.more = true;
    }

    fn advance(&mut self, position: Position, now: Now) {
        let passed = usize::try_from(position.seq - self.acked.seq).unwrap_or(usize::MAX);
        self.hashes.drain(..passed.min(self.hashes.len()));
        self.acked = position;
        while self.first_sent.front().is_some_and(|(sent, _)| *sent.end() <= position.seq) {
            self.first_sent.pop_front();
        }
        while let Some(sent) = self.under_way.front().copied()
            && sent.last_seq <= position.seq
        {
            self.under_way.pop_front();
            if sent.fresh {
                self.measure(now.saturating_sub(sent.at), sent.bytes);
            }
        }
        if self.next_seq <= position.seq {
            self.next_seq = position.seq + 1;
            self.reading = None;
            self.more = true;
        }
        self.probing = false;
        self.held = false;
        self.hinted = None;
        self.entries_max = self.limits.entries_max;
        self.probe_wait = self.first_wait();
        let waiting = !self.under_way.is_empty();
        self.probe_at = waiting.then(|| now + self.probe_wait);
        self.unanswered_since = waiting.then_some(now);
    }

    fn measure(&mut self, took: Duration, bytes: usize) {
        self.answer_took = took;
        if took < QUICK_ANSWER {
            let most = self.window_max * self.limits.bytes_max;
            self.bytes_ahead = (self.bytes_ahead + bytes).min(most.max(BYTES_AHEAD_MIN));
        } else if took > SLOW_ANSWER {
            self.bytes_ahead = (self.bytes_ahead / 2).max(BYTES_AHEAD_MIN);
        }
    }

    /// The first wait for an answer; on a slow line longer than what the answers take anyway.
    fn first_wait(&self) -> Duration {
        self.probe_first.max(self.answer_took * 2).min(self.probe_max)
    }

    fn remember(&mut self, seq: u64, hash: Hash) {
        // Entries read again after going back have their place already.
        if seq == self.acked.seq + 1 + self.hashes.len() as u64 {
            self.hashes.push_back(hash);
        }
    }

    fn hash_of(&self, seq: u64) -> Option<Hash> {
        let index = usize::try_from(seq.checked_sub(self.acked.seq + 1)?).ok()?;
        self.hashes.get(index).copied()
    }
}
