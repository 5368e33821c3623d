//! What the kernel says of its own clock.

use std::mem::MaybeUninit;

/// The kernel's clock and ours are the same when they differ by no more than this between two calls.
/// Microseconds.
const SAME_US_MAX: i64 = 10 * 1_000_000;
/// A time source that has not been heard for so long that the error may be larger no longer keeps the
/// clock; the border that systemd uses. Microseconds.
const ERROR_US_MAX: i64 = 16_000_000;

/// Whether a time source (NTP) keeps the clock that showed `wall_us` just now. Setting the clock by hand
/// ends that until the source has spoken again. A clock that something stands in front of is not the
/// kernel's, and is not kept.
pub fn keeps(wall_us: i64) -> bool {
    let Some(state) = state() else { return false };
    let fraction = state.time.tv_usec;
    let fraction_us = if state.status & libc::STA_NANO != 0 { fraction / 1000 } else { fraction };
    let kernel_us = state.time.tv_sec.saturating_mul(1_000_000) + fraction_us;
    state.status & libc::STA_UNSYNC == 0
        && state.maxerror < ERROR_US_MAX
        && (kernel_us - wall_us).abs() <= SAME_US_MAX
}

#[allow(unsafe_code)] // no crate of ours wraps this one call
fn state() -> Option<libc::timex> {
    let mut state = MaybeUninit::<libc::timex>::zeroed();
    // SAFETY: a timex is plain numbers, valid as zeros; with `modes` 0 the kernel only fills it in.
    let (answer, state) = unsafe {
        let answer = libc::adjtimex(state.as_mut_ptr());
        (answer, state.assume_init())
    };
    (answer >= 0).then_some(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn the_kernel_answers_and_a_clock_that_is_not_its_own_is_not_kept() {
        let state = state().unwrap();
        let now = Timestamp::now();
        assert!((state.time.tv_sec - now.as_second()).abs() < 60);
        assert!(!keeps(now.as_microsecond() + 60_000_000));
    }
}
