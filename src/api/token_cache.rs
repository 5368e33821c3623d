//! The devices' tokens that were asked for a moment ago, and when each was used last.
//!
//! Every request of a kiosk, a screen or a tablet brings its token, and looking one up reads the
//! encrypted store on the pool of blocking threads. What was found is kept here for [`KEPT_FOR`], and
//! all of it is dropped whenever this process writes tokens. No other one writes while this one has the
//! store; what is believed is short-lived all the same, so that a mistake in here lets nobody stay. A
//! token that was not found is not kept: whoever makes tokens up pushes nobody's out.

use jiff::Timestamp;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use web::Device;
use web::session::TokenHash;

/// So long a token that was found counts as still valid without another look.
pub const KEPT_FOR: Duration = Duration::from_secs(2);
/// Tokens that are kept; of one more, the one that was looked up first goes. A center has some dozens.
pub const TOKENS_MAX: usize = 256;
/// Devices whose last use is remembered; of one more, the one that was silent the longest goes.
pub const SEEN_MAX: usize = 1_024;

/// A device as it was found.
#[derive(Debug, Clone)]
struct Found {
    device: Device,
    asked_at: Instant,
}

/// Tokens that were found, and the last use of each. Plain: the times are passed in. After a restart of
/// the daemon nothing was seen yet.
#[derive(Debug, Default)]
pub struct TokenCache {
    found: HashMap<TokenHash, Found>,
    seen: HashMap<TokenHash, Timestamp>,
    writes: u64,
}

impl TokenCache {
    /// The device of a token that was looked up less than [`KEPT_FOR`] ago.
    #[must_use]
    pub fn get(&self, token: TokenHash, now: Instant) -> Option<Device> {
        let found = self.found.get(&token)?;
        let fresh = now.saturating_duration_since(found.asked_at) < KEPT_FOR;
        fresh.then(|| found.device.clone())
    }

    /// How often tokens were written so far; to be noted before the store is read.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.writes
    }

    /// Keeps what the store said. `asked_at` and `writes` are of before it was read: when tokens were
    /// written meanwhile, the answer may be older than that and is not kept.
    pub fn put(&mut self, token: TokenHash, device: Device, asked_at: Instant, writes: u64) {
        if writes != self.writes {
            return;
        }
        if !self.found.contains_key(&token) && self.found.len() >= TOKENS_MAX {
            let oldest = self.found.iter().min_by_key(|(_, found)| found.asked_at);
            if let Some(oldest) = oldest.map(|(token, _)| *token) {
                self.found.remove(&oldest);
            }
        }
        self.found.insert(token, Found { device, asked_at });
    }

    /// Tokens were written: nothing that was found before is believed.
    pub fn written(&mut self) {
        self.found.clear();
        self.writes = self.writes.wrapping_add(1);
    }

    /// A token was used.
    pub fn used(&mut self, token: TokenHash, at: Timestamp) {
        if !self.seen.contains_key(&token) && self.seen.len() >= SEEN_MAX {
            let oldest = self.seen.iter().min_by_key(|(_, at)| **at);
            if let Some(oldest) = oldest.map(|(token, _)| *token) {
                self.seen.remove(&oldest);
            }
        }
        self.seen.insert(token, at);
    }

    /// When a token was used last since the daemon started.
    #[must_use]
    pub fn seen(&self, token: TokenHash) -> Option<Timestamp> {
        self.seen.get(&token).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use web::DeviceRole;

    fn token(number: usize) -> TokenHash {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&number.to_be_bytes());
        TokenHash(hash)
    }

    fn hall() -> Device {
        Device { id: "hall-a1b2c3".to_owned(), role: DeviceRole::Hall, counter: None }
    }

    #[test]
    fn what_was_found_is_believed_for_two_seconds_and_no_longer() {
        let (mut cache, start) = (TokenCache::default(), Instant::now());
        assert_eq!(cache.get(token(1), start), None);
        cache.put(token(1), hall(), start, cache.writes());
        assert_eq!(cache.get(token(1), start + KEPT_FOR - Duration::from_millis(1)), Some(hall()));
        assert_eq!(cache.get(token(1), start + KEPT_FOR), None);
        assert_eq!(cache.get(token(2), start), None);
    }

    #[test]
    fn a_write_empties_it_and_an_answer_from_before_the_write_is_not_kept() {
        let (mut cache, start) = (TokenCache::default(), Instant::now());
        cache.put(token(1), hall(), start, cache.writes());
        let before = cache.writes();
        cache.written();
        assert_eq!(cache.get(token(1), start), None);
        cache.put(token(1), hall(), start, before);
        assert_eq!(cache.get(token(1), start), None, "the store was read before the write");
        cache.put(token(1), hall(), start, cache.writes());
        assert_eq!(cache.get(token(1), start), Some(hall()));
    }

    #[test]
    fn it_is_bounded_and_the_first_looked_up_gives_way() {
        let (mut cache, start) = (TokenCache::default(), Instant::now());
        for number in 0..=TOKENS_MAX {
            let asked_at = start + Duration::from_micros(number as u64);
            cache.put(token(number), hall(), asked_at, cache.writes());
        }
        let now = start + Duration::from_millis(1);
        assert_eq!(cache.get(token(0), now), None);
        assert!(cache.get(token(1), now).is_some() && cache.get(token(TOKENS_MAX), now).is_some());
        assert_eq!(cache.found.len(), TOKENS_MAX);
    }

    #[test]
    fn the_last_use_outlasts_a_write_and_is_bounded() {
        let at = |second: usize| Timestamp::from_second(second as i64).unwrap();
        let mut cache = TokenCache::default();
        for number in 0..=SEEN_MAX {
            cache.used(token(number), at(number));
        }
        cache.used(token(1), at(9_999));
        cache.written();
        assert_eq!((cache.seen(token(0)), cache.seen(token(1))), (None, Some(at(9_999))));
        assert_eq!(cache.seen.len(), SEEN_MAX);
    }
}
