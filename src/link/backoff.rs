//! How long to wait before the next attempt to connect.
//!
//! Full jitter: a line that comes back after a cut is met by 54 centers at once, and each of them
//! picks its moment at random inside the whole span, so that the broker is not hit by all together.

use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

/// Doubles the span at each failure, up to a cap, and draws the wait from the whole span.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// A fresh backoff: the first wait lies between nothing and `first`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest: longest.max(first), failures: 0 }
    }

    /// The span from which the next wait is drawn.
    pub fn span(&self) -> Duration {
        // 2^20 times the first wait is beyond any cap; the shift must not overflow before that.
        self.first.saturating_mul(1 << self.failures.min(20)).min(self.longest)
    }

    /// The next wait, `share` of the span (0.0 to 1.0), and remembers the failure.
    pub fn next_with(&mut self, share: f64) -> Duration {
        let wait = self.span().mul_f64(share.clamp(0.0, 1.0));
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// The next wait, drawn at random.
    pub fn next_wait(&mut self) -> Duration {
        self.next_with(random_share())
    }

    /// The other side answered: the next failure starts from the first span again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// How many attempts in a row have failed.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

/// A random number between 0 and 1. Without randomness (which a running kernel always has) the
/// whole span is waited, which is slow and safe.
fn random_share() -> f64 {
    let mut bytes = [0u8; 4];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_doubles_up_to_its_cap_and_starts_again_after_success() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        let spans: Vec<u64> = (0..9).map(|_| backoff.next_with(1.0).as_secs()).collect();
        assert_eq!(spans, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        backoff.reset();
        assert_eq!(backoff.span(), Duration::from_secs(1));
    }

    #[test]
    fn the_wait_is_drawn_from_the_whole_span() {
        let mut backoff = Backoff::new(Duration::from_secs(8), Duration::from_secs(8));
        let waits: Vec<Duration> = (0..200).map(|_| backoff.next_wait()).collect();
        assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(8)));
        assert!(waits.iter().any(|wait| *wait < Duration::from_secs(2)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_secs(6)));
    }

    #[test]
    fn thousands_of_failures_do_not_overflow() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        for _ in 0..10_000 {
            assert!(backoff.next_wait() <= Duration::from_secs(60));
        }
    }
}
