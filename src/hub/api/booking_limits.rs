//! How often one address may ask the booking page. Plain: the time is passed in. Memory is bounded: of
//! more addresses than are kept, the one whose span began longest ago gives way. Forgotten at a restart.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use jiff::{SignedDuration, Timestamp};

/// So long a count lasts.
const SPAN: SignedDuration = SignedDuration::from_hours(1);
/// Bookings of one address in a span: a family behind one connection, a village's shared one.
const BOOKINGS_MAX: u32 = 10;
/// Codes that one address may try in a span: of 50 bits nobody guesses one by it.
const CODES_MAX: u32 = 60;
/// Looks at places and times.
const LOOKS_MAX: u32 = 600;
/// Addresses that are kept.
const ADDRESSES_MAX: usize = 4_096;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A booking is to be made.
    Book,
    /// A code is tried.
    Code,
    /// Places and times.
    Look,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    since: Timestamp,
    bookings: u32,
    codes: u32,
    looks: u32,
}

/// The counts of all addresses.
#[derive(Debug, Default)]
pub struct BookingLimits {
    addresses: HashMap<IpAddr, Counted>,
}

impl BookingLimits {
    /// Counts a request; where it is one too many, the seconds until it may be asked again.
    pub fn admit(&mut self, address: IpAddr, asked: Asked, now: Timestamp) -> Option<u32> {
        let address = network(address);
        if !self.addresses.contains_key(&address) && self.addresses.len() >= ADDRESSES_MAX {
            let oldest = self.addresses.iter().min_by_key(|(_, counted)| counted.since);
            if let Some(oldest) = oldest.map(|(address, _)| *address) {
                self.addresses.remove(&oldest);
            }
        }
        let fresh = Counted { since: now, bookings: 0, codes: 0, looks: 0 };
        let counted = self.addresses.entry(address).or_insert(fresh);
        // A clock that was set back begins anew, too.
        let passed = now.duration_since(counted.since);
        if passed >= SPAN || passed < SignedDuration::ZERO {
            *counted = fresh;
        }
        let (count, most) = match asked {
            Asked::Book => (&mut counted.bookings, BOOKINGS_MAX),
            Asked::Code => (&mut counted.codes, CODES_MAX),
            Asked::Look => (&mut counted.looks, LOOKS_MAX),
        };
        if *count < most {
            *count += 1;
            return None;
        }
        let left = SPAN.as_secs() - now.duration_since(counted.since).as_secs();
        Some(u32::try_from(left).unwrap_or(1).max(1))
    }
}

/// One household has a whole /64 of IPv6 at hand.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        let begin: Timestamp = "2026-11-23T02:00:00Z".parse().unwrap();
        begin + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn one_address_books_so_often_in_an_hour_and_others_go_on() {
        let mut limits = BookingLimits::default();
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..BOOKINGS_MAX {
            assert_eq!(limits.admit(one, Asked::Book, at(0)), None);
        }
        assert_eq!(limits.admit(one, Asked::Book, at(60)), Some(3_540));
        assert_eq!(limits.admit(one, Asked::Code, at(60)), None);
        assert_eq!(limits.admit(other, Asked::Book, at(60)), None);
        assert_eq!(limits.admit(one, Asked::Book, at(3_600)), None);
    }

    #[test]
    fn a_household_with_many_addresses_is_one_and_memory_is_bounded() {
        let mut limits = BookingLimits::default();
        for host in 0..BOOKINGS_MAX {
            let address: IpAddr = format!("2001:db8::{host}").parse().unwrap();
            assert_eq!(limits.admit(address, Asked::Book, at(0)), None);
        }
        let one_more: IpAddr = "2001:db8::ffff".parse().unwrap();
        assert!(limits.admit(one_more, Asked::Book, at(0)).is_some());
        for number in 0..5_000_u32 {
            limits.admit(IpAddr::from(number.to_be_bytes()), Asked::Look, at(i64::from(number)));
        }
        assert_eq!(limits.addresses.len(), ADDRESSES_MAX);
    }
}
