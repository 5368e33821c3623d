//! Ports for daemons of tests.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// They lie below those that the system gives to outgoing connections, and beside those of a demo: a
/// daemon that is started a moment later, or again after it was killed, would find one of the former
/// taken by somebody's connection.
const PORTS: std::ops::Range<u16> = 10_000..15_000;
/// So many ports apart do processes begin to try.
const PORTS_APART: u32 = 53;

/// A port that is free now on the loopback address, and that no later call in this process gives.
pub fn free_port() -> io::Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = u32::from(PORTS.end - PORTS.start);
    let first = std::process::id().wrapping_mul(PORTS_APART);
    for _ in 0..count {
        let place = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % count;
        let port = PORTS.start + u16::try_from(place).unwrap_or(0);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(io::Error::other(format!("no port from {} to {} is free", PORTS.start, PORTS.end)))
}
