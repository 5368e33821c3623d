//! How much of the public pages one address may take. An address stands for a household or, at a phone
//! company, for many: the measure is what keeps the hub free for the centers, not what one person needs.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Instant;

use actix_web::HttpRequest;

/// Pages that an address may take at once.
const BURST: f64 = 120.0;
/// And then each second.
const PER_SECOND: f64 = 2.0;
/// Addresses that are remembered; the one that was here longest ago gives way.
const ADDRESSES_MAX: usize = 4096;

/// Where a proxy writes whom it asks for.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of who asks. A proxy on this machine, through which the internet comes, names it last in
/// `X-Forwarded-For`: that part it has seen itself, what stands before it anybody may have written.
#[must_use]
pub fn caller(request: &HttpRequest) -> IpAddr {
    // Without an address (a Unix socket) everybody counts as one.
    let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |address| address.ip());
    if !peer.to_canonical().is_loopback() {
        return peer;
    }
    let named = request.headers().get_all(FORWARDED_FOR).next_back();
    let last = named.and_then(|value| value.to_str().ok()).and_then(|text| text.rsplit(',').next());
    last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer)
}

/// Counts pages by address. Plain: the time is passed in.
#[derive(Debug, Default)]
pub struct Limiter(HashMap<IpAddr, Share>);

#[derive(Debug, Clone, Copy)]
struct Share {
    left: f64,
    at: Instant,
}

impl Limiter {
    /// Whether this address may have one more page. One on this machine is a proxy that does not say for
    /// whom it asks: it knows the callers and has to limit them itself.
    pub fn admits(&mut self, address: IpAddr, now: Instant) -> bool {
        if address.to_canonical().is_loopback() {
            return true;
        }
        let address = network(address);
        if !self.0.contains_key(&address) && self.0.len() >= ADDRESSES_MAX {
            let oldest = self.0.iter().min_by_key(|(_, share)| share.at).map(|(known, _)| *known);
            if let Some(oldest) = oldest {
                self.0.remove(&oldest);
            }
        }
        let share = self.0.entry(address).or_insert(Share { left: BURST, at: now });
        let passed = now.saturating_duration_since(share.at).as_secs_f64();
        share.left = (share.left + passed * PER_SECOND).min(BURST);
        share.at = now;
        if share.left < 1.0 {
            return false;
        }
        share.left -= 1.0;
        true
    }
}

/// One household has a whole /64 of IPv6 at hand.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_address_has_a_burst_and_then_its_pace_and_takes_nothing_from_others() {
        let (mut limiter, start) = (Limiter::default(), Instant::now());
        let loud = IpAddr::from([203, 0, 113, 5]);
        let admitted = (0..10_000).filter(|_| limiter.admits(loud, start)).count();
        assert_eq!(admitted as f64, BURST);
        assert!(limiter.admits(IpAddr::from([203, 0, 113, 6]), start));
        let later = start + Duration::from_secs(5);
        let admitted = (0..10_000).filter(|_| limiter.admits(loud, later)).count();
        assert_eq!(admitted as f64, 5.0 * PER_SECOND);
    }

    #[test]
    fn a_household_is_one_and_the_proxy_of_this_machine_is_nobody() {
        let (mut limiter, start) = (Limiter::default(), Instant::now());
        let of = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        let admitted = (0..1_000).filter(|last| limiter.admits(of(*last), start)).count();
        assert_eq!(admitted as f64, BURST);
        for local in [IpAddr::from([127, 0, 0, 1]), "::1".parse().unwrap()] {
            assert!((0..1_000).all(|_| limiter.admits(local, start)), "{local}");
        }
    }

    #[test]
    fn only_the_proxy_of_this_machine_says_who_asks_and_only_by_what_it_has_seen() {
        let asked = |peer: &str, named: &[&str]| {
            let peer = format!("{peer}:40000").parse().unwrap();
            let mut request = actix_web::test::TestRequest::get().peer_addr(peer);
            for one in named {
                request = request.append_header((FORWARDED_FOR, *one));
            }
            caller(&request.to_http_request()).to_string()
        };
        assert_eq!(asked("127.0.0.1", &["203.0.113.5"]), "203.0.113.5");
        assert_eq!(asked("127.0.0.1", &["10.9.9.9, 203.0.113.5"]), "203.0.113.5");
        assert_eq!(asked("127.0.0.1", &["10.9.9.9", "203.0.113.5"]), "203.0.113.5");
        assert_eq!(asked("127.0.0.1", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(asked("127.0.0.1", &["unknown"]), "127.0.0.1");
        assert_eq!(asked("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(asked("203.0.113.6", &["203.0.113.5"]), "203.0.113.6");
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_gives_way() {
        let (mut limiter, start) = (Limiter::default(), Instant::now());
        for number in 0..6_000_u32 {
            let address = IpAddr::from((0x0a00_0000 + number).to_be_bytes());
            limiter.admits(address, start + Duration::from_millis(u64::from(number)));
        }
        assert_eq!(limiter.0.len(), ADDRESSES_MAX);
        assert!(!limiter.0.contains_key(&IpAddr::from([10, 0, 0, 0])));
    }
}
