//! What the writer thinks of the wall clock, by the entry before and the time since boot.

use journal::ClockState;

use super::{REQUEST_KEPT, WriterCore};
use crate::config::ClockKind;

/// A wall clock that moves by more than this against the monotonic one has jumped.
const JUMP_US_MAX: i64 = 5 * 60 * 1_000_000;
/// After a wall clock that cannot be right (it jumped, or no entry was written for longer than answers
/// are kept) nothing is forgotten for so long: a dead clock battery must not make a repeated request a
/// second one. Counted while the machine runs; a restart ends it.
const PURGE_PAUSE_NS: u64 = REQUEST_KEPT.as_secs().unsigned_abs() * 1_000_000_000;

impl WriterCore {
    /// What the time says against the entry before, whatever the clock says of itself.
    pub(super) fn clock_state(&self, at_us: i64, monotonic_ns: u64) -> ClockState {
        if self.clock == ClockKind::Demo {
            return ClockState::Demo;
        }
        if self.head.seq == 0 {
            return ClockState::Steady;
        }
        if self.head.boot_id == self.boot_id {
            let passed_us =
                i64::try_from(monotonic_ns.saturating_sub(self.head.monotonic_ns) / 1000);
            let moved_us = at_us.saturating_sub(self.head.at_us);
            let apart_us = moved_us.saturating_sub(passed_us.unwrap_or(i64::MAX));
            if apart_us.saturating_abs() > JUMP_US_MAX {
                return ClockState::Jumped;
            }
        }
        if at_us < self.head.at_us { ClockState::Behind } else { ClockState::Steady }
    }

    /// Puts off forgetting while the wall clock cannot be believed.
    pub(super) fn doubt_clock(&mut self, at_us: i64, monotonic_ns: u64) {
        let steady = match self.clock_state(at_us, monotonic_ns) {
            ClockState::Demo => true,
            ClockState::Steady => {
                let silent_us = at_us.saturating_sub(self.head.at_us);
                self.head.seq == 0 || silent_us <= REQUEST_KEPT.as_secs() * 1_000_000
            }
            _ => false,
        };
        if !steady {
            self.purge_from_ns = monotonic_ns.saturating_add(PURGE_PAUSE_NS);
        }
    }
}
