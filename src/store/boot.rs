//! The machine's boot and the time since then: what no setting of a clock moves.

use nix::time::{ClockId, clock_gettime};
use uuid::Uuid;

/// The kernel's id of this boot; one of our own where there is none.
pub fn boot_id() -> [u8; 16] {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .ok()
        .and_then(|text| Uuid::parse_str(text.trim()).ok())
        .unwrap_or_else(Uuid::new_v4)
        .into_bytes()
}

/// Time since boot, sleep included. Nanoseconds.
pub fn monotonic_ns() -> u64 {
    clock_gettime(ClockId::CLOCK_BOOTTIME)
        .map(|time| time.tv_sec().unsigned_abs() * 1_000_000_000 + time.tv_nsec().unsigned_abs())
        .unwrap_or(0)
}
