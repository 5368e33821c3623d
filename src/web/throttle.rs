//! Slows down guessing of passwords.
//!
//! After five failures an account, and an address, waits: 30 s, then twice as long after each
//! further failure, at most 15 min. The wait of an account does not hold for an address from which
//! that account signed in before: an outsider who guesses at an officer's name cannot keep the
//! officer out of their own PC. Forgotten after an hour without a failure, and at a restart.
//!
//! Memory is bounded: the entry whose last failure is oldest gives way. An attacker cannot flood the
//! accounts without spending addresses, which have a table of their own.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

use jiff::{SignedDuration, Timestamp};

/// Failures that cost no wait.
const FAILURES_FREE: u32 = 5;
/// The first wait; each further failure doubles it.
const WAIT_FIRST: SignedDuration = SignedDuration::from_secs(30);
/// No wait is longer.
const WAIT_MAX: SignedDuration = SignedDuration::from_mins(15);
/// Without a failure for so long, the count starts anew.
const FORGET_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// An address stays known for an account so long after a sign-in.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Entries in each of the three tables.
const ENTRIES_MAX: usize = 4096;

/// Counts failures per account and per address. Plain: the time is passed in.
#[derive(Debug, Default)]
pub struct LoginThrottle {
    accounts: HashMap<String, Failures>,
    addresses: HashMap<IpAddr, Failures>,
    known: HashMap<(String, IpAddr), Timestamp>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last_at: Timestamp,
}

impl LoginThrottle {
    /// How long this caller has to wait, or `None` when a password may be checked now. A check that
    /// is let through is counted as a failure at once, so that guesses sent together do not slip
    /// through together; [`Self::succeeded`] takes it back.
    pub fn try_now(
        &mut self,
        account: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Option<SignedDuration> {
        let address = network(address);
        let known = self
            .known
            .get(&(account.to_owned(), address))
            .is_some_and(|since| now.duration_since(*since) < KNOWN_FOR);
        let of_account =
            if known { None } else { self.accounts.get(account).and_then(|f| f.wait(now)) };
        let of_address = self.addresses.get(&address).and_then(|f| f.wait(now));
        let wait = of_account.max(of_address);
        if wait.is_none() {
            fail(&mut self.accounts, account.to_owned(), now);
            fail(&mut self.addresses, address, now);
        }
        wait
    }

    /// The password was right: account and address start anew, and know each other.
    pub fn succeeded(&mut self, account: &str, address: IpAddr, now: Timestamp) {
        let address = network(address);
        self.accounts.remove(account);
        self.addresses.remove(&address);
        make_room(&mut self.known, |at| *at);
        self.known.insert((account.to_owned(), address), now);
    }

    /// The password was not checked (the pool was full): nothing is counted against the caller.
    pub fn not_checked(&mut self, account: &str, address: IpAddr) {
        take_back(&mut self.accounts, account);
        take_back(&mut self.addresses, &network(address));
    }
}

impl Failures {
    fn wait(self, now: Timestamp) -> Option<SignedDuration> {
        let over = self.count.checked_sub(FAILURES_FREE)?;
        let doubled = 1_i32.checked_shl(over.min(16)).unwrap_or(i32::MAX);
        let wait = WAIT_FIRST.checked_mul(doubled).map_or(WAIT_MAX, |wait| wait.min(WAIT_MAX));
        // A clock set back must not lock anybody out for longer than the wait itself.
        let passed = now.duration_since(self.last_at).max(SignedDuration::ZERO);
        let left = wait.checked_sub(passed)?;
        (left > SignedDuration::ZERO).then_some(left)
    }
}

fn fail<K: Hash + Eq + Clone>(table: &mut HashMap<K, Failures>, key: K, now: Timestamp) {
    if !table.contains_key(&key) {
        make_room(table, |failures| failures.last_at);
    }
    let entry = table.entry(key).or_insert(Failures { count: 0, last_at: now });
    if now.duration_since(entry.last_at) >= FORGET_AFTER {
        entry.count = 0;
    }
    entry.count = entry.count.saturating_add(1);
    entry.last_at = now;
}

fn take_back<K, Q>(table: &mut HashMap<K, Failures>, key: &Q)
where
    K: Hash + Eq + std::borrow::Borrow<Q>,
    Q: Hash + Eq + ?Sized,
{
    if let Some(entry) = table.get_mut(key) {
        entry.count = entry.count.saturating_sub(1);
    }
}

fn make_room<K: Hash + Eq + Clone, V>(table: &mut HashMap<K, V>, at: impl Fn(&V) -> Timestamp) {
    if table.len() >= ENTRIES_MAX {
        let oldest = table.iter().min_by_key(|(_, value)| at(value)).map(|(key, _)| key.clone());
        if let Some(key) = oldest {
            table.remove(&key);
        }
    }
}

/// What counts as one caller: one household or one PC has a whole /64 of IPv6 at hand.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_760_000_000 + seconds).unwrap()
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn five_failures_are_free_then_the_wait_doubles_up_to_its_limit() {
        let mut throttle = LoginThrottle::default();
        let mut now = 0;
        for _ in 0..5 {
            assert_eq!(throttle.try_now("lan", address(1), at(now)), None);
        }
        for expected in [30, 60, 120, 240, 480, 900, 900] {
            let wait = throttle.try_now("lan", address(1), at(now)).unwrap();
            assert_eq!(wait.as_secs(), expected);
            now += expected;
            assert_eq!(throttle.try_now("lan", address(1), at(now)), None);
        }
    }

    #[test]
    fn a_thousand_guesses_in_an_hour_check_at_most_twelve() {
        let mut throttle = LoginThrottle::default();
        let checked = (0..1000)
            .filter(|i| throttle.try_now("lan", address(9), at(i * 36 / 10)).is_none())
            .count();
        assert!((5..=12).contains(&checked), "{checked}");
    }

    #[test]
    fn an_outsider_does_not_keep_the_officer_out_of_her_own_pc() {
        let mut throttle = LoginThrottle::default();
        assert_eq!(throttle.try_now("lan", address(1), at(0)), None);
        throttle.succeeded("lan", address(1), at(0));
        for _ in 0..50 {
            throttle.try_now("lan", address(9), at(1));
        }
        assert!(throttle.try_now("lan", address(9), at(2)).is_some());
        assert_eq!(throttle.try_now("lan", address(1), at(2)), None);
        assert!(
            throttle.try_now("lan", address(2), at(2)).is_some(),
            "an address never seen waits"
        );
    }

    #[test]
    fn an_address_that_tries_many_accounts_waits_too() {
        let mut throttle = LoginThrottle::default();
        for i in 0..5 {
            assert_eq!(throttle.try_now(&format!("officer-{i}"), address(9), at(0)), None);
        }
        assert!(throttle.try_now("officer-99", address(9), at(0)).is_some());
        assert_eq!(throttle.try_now("officer-99", address(8), at(0)), None);
    }

    #[test]
    fn a_success_starts_anew_and_an_hour_forgets() {
        let mut throttle = LoginThrottle::default();
        for _ in 0..4 {
            throttle.try_now("lan", address(1), at(0));
        }
        throttle.succeeded("lan", address(1), at(0));
        for _ in 0..4 {
            assert_eq!(throttle.try_now("lan", address(1), at(1)), None);
        }
        for _ in 0..5 {
            assert_eq!(throttle.try_now("lan", address(1), at(1 + 3600)), None);
        }
        assert!(throttle.try_now("lan", address(1), at(1 + 3600)).is_some());
    }

    #[test]
    fn a_check_that_did_not_happen_is_not_counted() {
        let mut throttle = LoginThrottle::default();
        for _ in 0..20 {
            assert_eq!(throttle.try_now("lan", address(1), at(0)), None);
            throttle.not_checked("lan", address(1));
        }
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_gives_way() {
        let mut throttle = LoginThrottle::default();
        for i in 0..6000_u32 {
            let address = IpAddr::from((0x0a00_0000 + i).to_be_bytes());
            throttle.try_now(&format!("officer-{i}"), address, at(i64::from(i)));
        }
        assert_eq!(throttle.accounts.len(), ENTRIES_MAX);
        assert_eq!(throttle.addresses.len(), ENTRIES_MAX);
        assert!(throttle.accounts.contains_key("officer-5999"));
        assert!(!throttle.accounts.contains_key("officer-0"));
    }

    #[test]
    fn a_clock_set_back_does_not_lengthen_the_wait() {
        let mut throttle = LoginThrottle::default();
        for _ in 0..5 {
            throttle.try_now("lan", address(1), at(0));
        }
        assert_eq!(throttle.try_now("lan", address(1), at(-86_400)).unwrap().as_secs(), 30);
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let mut throttle = LoginThrottle::default();
        for i in 0..5 {
            let address: IpAddr = format!("fd00::{i}").parse().unwrap();
            throttle.try_now(&format!("officer-{i}"), address, at(0));
        }
        assert!(throttle.try_now("lan", "fd00::77".parse().unwrap(), at(0)).is_some());
    }
}
