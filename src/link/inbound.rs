//! Receiving a chained stream: takes the frame that continues the cursor, one at a time, and
//! recognises what came twice, too early, or does not belong here.

use std::collections::VecDeque;

use domain::ids::NodeId;
use journal::{Frame, Stream};

use crate::types::{Alarm, Position};

/// What to do with a frame that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// It continues the stream and was taken into the queue.
    Taken,
    /// Everything in it is here already.
    Repeated,
    /// Something before it is missing; it was dropped.
    Missing,
    /// It continues the stream, but more than the window is waiting already; it was dropped.
    Full,
    /// It does not belong into this stream.
    Refused(Alarm),
}

/// The receiving end of one stream.
#[derive(Debug)]
pub struct Inbound {
    node: NodeId,
    stream: Stream,
    position: Position,
    expected_seq: u64,
    queue: VecDeque<Frame>,
    queue_length_max: usize,
    applying: bool,
}

impl Inbound {
    /// A stream of which everything up to `position` is stored.
    pub fn new(node: NodeId, stream: Stream, position: Position, queue_length_max: usize) -> Self {
        Self {
            node,
            stream,
            position,
            expected_seq: position.seq + 1,
            queue: VecDeque::new(),
            queue_length_max: queue_length_max.max(1),
            applying: false,
        }
    }

    /// What is stored.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Whether a frame is being applied.
    pub fn applying(&self) -> bool {
        self.applying
    }

    /// Whether nothing waits and nothing is being applied.
    pub fn idle(&self) -> bool {
        !self.applying && self.queue.is_empty()
    }

    /// A frame came.
    pub fn receive(&mut self, mut frame: Frame) -> Received {
        let refuse =
            |code: &str, detail: String| Received::Refused(Alarm { code: code.to_owned(), detail });
        if frame.node != self.node {
            return refuse(
                "frame.wrong_node",
                format!("a frame of {} under the name of {}", frame.node, self.node),
            );
        }
        if frame.stream != self.stream {
            return refuse("frame.wrong_stream", "a frame of the other direction".to_owned());
        }
        if frame.epoch != self.position.epoch {
            return refuse(
                "frame.wrong_epoch",
                format!("epoch {}, expected {}", frame.epoch, self.position.epoch),
            );
        }
        let count = frame.entries.len() as u64;
        let Some(after) = frame.first_seq.checked_add(count).filter(|_| frame.first_seq > 0) else {
            return refuse("frame.bad_value", format!("first entry {}", frame.first_seq));
        };
        if after <= self.expected_seq {
            return Received::Repeated;
        }
        if frame.first_seq > self.expected_seq {
            return Received::Missing;
        }
        if self.queue.len() >= self.queue_length_max {
            return Received::Full;
        }
        // The front of it may be here already when the sender has cut its frames anew.
        let known = usize::try_from(self.expected_seq - frame.first_seq).unwrap_or(usize::MAX);
        frame.entries.drain(..known.min(frame.entries.len()));
        frame.first_seq = self.expected_seq;
        self.expected_seq = after;
        self.queue.push_back(frame);
        Received::Taken
    }

    /// The next frame to apply, if none is being applied.
    pub fn next_frame(&mut self) -> Option<Frame> {
        if self.applying {
            return None;
        }
        let frame = self.queue.pop_front()?;
        self.applying = true;
        Some(frame)
    }

    /// The frame was applied; the store is at `position` now.
    pub fn applied(&mut self, position: Position) {
        self.applying = false;
        self.position = position;
        // A store that is elsewhere than where this frame ends (another process has applied more)
        // is right; what waits here is compared with it anew.
        let waiting: Vec<Frame> = self.queue.drain(..).collect();
        self.expected_seq = position.seq + 1;
        for frame in waiting {
            self.receive(frame);
        }
    }

    /// The frame was not applied: start again behind `position`.
    pub fn restart(&mut self, position: Position) {
        self.applying = false;
        self.queue.clear();
        self.position = position;
        self.expected_seq = position.seq + 1;
    }
}
