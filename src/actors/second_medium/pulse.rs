//! How a round of mirroring goes on while it lasts. A round that copies the whole database may take many
//! minutes and be in time all the same: what is committed meanwhile goes over between two pieces. It is
//! late when an entry waits too long, or when nothing moves at all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use store::medium::Medium;

/// What is on the medium later than this after its commit: the medium is slow.
pub(super) const LATE: Duration = Duration::from_secs(5);

/// What a round tells while it goes on; from its thread to the loop.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    mirrored: AtomicU64,
    beats: AtomicU64,
}

impl Pulse {
    /// Something has moved; the medium stands as it stands.
    pub(super) fn beat(&self, medium: &Medium) {
        self.mirrored.store(medium.next_seq().saturating_sub(1), Ordering::Relaxed);
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// What is on the medium is not known any more.
    pub(super) fn lost(&self) {
        self.mirrored.store(0, Ordering::Relaxed);
    }

    /// The last entry on the medium, and how often something has moved.
    pub(super) fn now(&self) -> (u64, u64) {
        (self.mirrored.load(Ordering::Relaxed), self.beats.load(Ordering::Relaxed))
    }
}

/// One round, watched.
pub(super) struct Round {
    /// The entry that is waited for, and since when.
    awaited: u64,
    since: Instant,
    beats: u64,
    moved_at: Instant,
}

impl Round {
    /// It begins; `head` is the last entry that is committed.
    pub(super) fn begin(head: u64, beats: u64, now: Instant) -> Self {
        Self { awaited: head, since: now, beats, moved_at: now }
    }

    /// Whether an entry waits for longer than [`LATE`], or nothing has moved for so long.
    pub(super) fn is_late(
        &mut self,
        head: u64,
        (mirrored, beats): (u64, u64),
        now: Instant,
    ) -> bool {
        if mirrored >= self.awaited {
            (self.awaited, self.since) = (head, now);
        }
        if beats != self.beats {
            (self.beats, self.moved_at) = (beats, now);
        }
        let waits = mirrored < self.awaited && now.duration_since(self.since) > LATE;
        waits || now.duration_since(self.moved_at) > LATE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_late_when_an_entry_waits_too_long_or_nothing_moves_and_not_for_being_long() {
        let begun = Instant::now();
        let after = |seconds| begun + Duration::from_secs(seconds);
        // A base that takes a minute, and a ticket each second.
        let mut round = Round::begin(4, 0, begun);
        for second in 1..60 {
            let told = (second + 3, second);
            assert!(!round.is_late(second + 4, told, after(second)), "after {second} s");
        }
        // The copy goes on, and the ticket waits for it.
        let mut round = Round::begin(4, 0, begun);
        assert!(!round.is_late(9, (3, 1), after(5)));
        assert!(round.is_late(9, (3, 2), after(6)));
        assert!(!round.is_late(9, (4, 3), after(7)), "it is there");
        assert!(round.is_late(9, (4, 4), after(13)), "and the next one waits");
        // Nothing waits, and the stick hangs.
        let mut round = Round::begin(4, 7, begun);
        assert!(!round.is_late(4, (4, 7), after(5)));
        assert!(round.is_late(4, (4, 7), after(6)));
    }
}
