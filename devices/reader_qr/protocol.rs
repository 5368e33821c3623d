//! Readings out of a stream of bytes. Bounded whatever the line sends: one reading is held, its
//! length has a limit, and so has the number of readings and of reports.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::settings::Settings;
use crate::class::card_reader::{NONSENSE, NOT_TEXT, TOO_LONG};

/// What came out of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A whole reading.
    Text(String),
    /// Something that is none; `count` of them since the last report.
    Problem { code: &'static str, count: u64 },
}

#[derive(Debug, PartialEq, Eq)]
enum Mode {
    /// Bytes belong to a reading.
    Reading,
    /// Bytes are thrown away until the line falls silent.
    Discarding,
}

/// Cuts the stream into readings.
#[derive(Debug)]
pub(super) struct Framer {
    silence: Duration,
    frame_length_max: usize,
    frames_per_s_max: usize,
    problem_every: Duration,
    mode: Mode,
    frame: Vec<u8>,
    last_byte: Option<Instant>,
    /// When the readings of the last second ended.
    recent: VecDeque<Instant>,
    reported: BTreeMap<&'static str, (Instant, u64)>,
}

impl Framer {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            silence: Duration::from_millis(settings.silence_ms),
            frame_length_max: settings.frame_length_max,
            frames_per_s_max: settings.frames_per_s_max,
            problem_every: Duration::from_secs(settings.problem_every_s),
            mode: Mode::Reading,
            frame: Vec::new(),
            last_byte: None,
            recent: VecDeque::new(),
            reported: BTreeMap::new(),
        }
    }

    /// The line was lost: what had come of a reading is worth nothing.
    pub(super) fn reset(&mut self) {
        self.frame.clear();
        self.mode = Mode::Reading;
        self.last_byte = None;
    }

    /// Bytes came.
    pub(super) fn take(&mut self, bytes: &[u8], now: Instant) -> Vec<Reading> {
        let mut readings = self.tick(now);
        self.last_byte = Some(now);
        for byte in bytes {
            if self.mode == Mode::Discarding {
                break;
            }
            match byte {
                b'\r' | b'\n' => self.finish(now, &mut readings),
                _ if self.frame.len() >= self.frame_length_max => {
                    self.frame.clear();
                    self.mode = Mode::Discarding;
                    self.report(TOO_LONG, now, &mut readings);
                }
                _ => self.frame.push(*byte),
            }
        }
        readings
    }

    /// When silence ends something.
    pub(super) fn due(&self) -> Option<Instant> {
        let waiting = self.mode == Mode::Discarding || !self.frame.is_empty();
        self.last_byte.filter(|_| waiting).map(|last| last + self.silence)
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Instant) -> Vec<Reading> {
        let mut readings = Vec::new();
        if self.due().is_some_and(|due| now >= due) {
            match self.mode {
                Mode::Discarding => self.mode = Mode::Reading,
                Mode::Reading => self.finish(now, &mut readings),
            }
        }
        readings
    }

    fn finish(&mut self, now: Instant, readings: &mut Vec<Reading>) {
        if self.frame.is_empty() {
            return; // the LF of a CR LF
        }
        let frame = std::mem::take(&mut self.frame);
        let second = Duration::from_secs(1);
        while self.recent.front().is_some_and(|at| now.duration_since(*at) >= second) {
            self.recent.pop_front();
        }
        if self.recent.len() >= self.frames_per_s_max {
            self.mode = Mode::Discarding;
            self.report(NONSENSE, now, readings);
            return;
        }
        self.recent.push_back(now);
        match String::from_utf8(frame) {
            Ok(text) => readings.push(Reading::Text(text)),
            Err(_) => self.report(NOT_TEXT, now, readings),
        }
    }

    fn report(&mut self, code: &'static str, now: Instant, readings: &mut Vec<Reading>) {
        let quiet = self.problem_every;
        match self.reported.get_mut(code) {
            Some((at, held)) if now.duration_since(*at) < quiet => *held += 1,
            known => {
                let held = known.map_or(0, |(_, held)| *held);
                self.reported.insert(code, (now, 0));
                readings.push(Reading::Problem { code, count: held + 1 });
            }
        }
    }
}
