//! How much longer everything may take here than on the machine on which the times were chosen. Tests
//! take them as they stand. The list of faults measures its machine first: what it waits for, and how long
//! it lets people work, is stretched then; what must be found afterwards stays the same.

use std::sync::OnceLock;
use std::time::Duration;

/// Times are stretched by no more than this; a machine that is slower still fails.
pub const FACTOR_MAX: f64 = 4.0;

static FACTOR: OnceLock<f64> = OnceLock::new();

/// Stretches all times of this process, from now on and for good.
pub fn stretch(factor: f64) {
    let _ = FACTOR.set(factor.clamp(1.0, FACTOR_MAX));
}

/// By how much times are stretched.
pub fn factor() -> f64 {
    FACTOR.get().copied().unwrap_or(1.0)
}

/// A time, as long as it is here.
pub fn scaled(time: Duration) -> Duration {
    time.mul_f64(factor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stand_as_they_are_until_they_are_stretched_once_and_within_bounds() {
        let second = Duration::from_secs(1);
        assert_eq!(scaled(second), second);
        stretch(1_000.0);
        assert_eq!(scaled(second), second.mul_f64(FACTOR_MAX));
        stretch(1.0);
        assert_eq!(scaled(second), second.mul_f64(FACTOR_MAX), "what has begun goes on as it was");
    }
}
