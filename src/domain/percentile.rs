//! Percentiles by the nearest-rank method: the smallest value that at least so many of 100 do not exceed.
//! It is always a value that somebody had, also of few.

use serde::Serialize;

/// How a number of durations lie. Seconds; all 0 of none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Spread {
    /// So many.
    pub count: usize,
    /// Half of them did not exceed this.
    pub p50_s: i64,
    /// 90 of 100 did not.
    pub p90_s: i64,
    /// 95 of 100 did not.
    pub p95_s: i64,
    /// The longest.
    pub longest_s: i64,
}

impl Spread {
    /// Of some durations, in any order.
    #[must_use]
    pub fn of(mut seconds: Vec<i64>) -> Self {
        seconds.sort_unstable();
        Self {
            count: seconds.len(),
            p50_s: nearest_rank(&seconds, 50),
            p90_s: nearest_rank(&seconds, 90),
            p95_s: nearest_rank(&seconds, 95),
            longest_s: seconds.last().copied().unwrap_or(0),
        }
    }
}

/// The smallest value that `percent` of 100 do not exceed; 0 of none.
#[must_use]
pub fn nearest_rank(sorted: &[i64], percent: usize) -> i64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_somebody_had() {
        // The textbook's example of the method.
        let sorted = [15, 20, 35, 40, 50];
        let told: Vec<i64> = [5, 30, 40, 50, 100].map(|p| nearest_rank(&sorted, p)).to_vec();
        assert_eq!(told, [15, 20, 20, 35, 50]);
        assert_eq!(nearest_rank(&[], 50), 0);
        let spread = Spread::of(vec![90, 30]);
        assert_eq!((spread.p50_s, spread.p90_s, spread.longest_s), (30, 90, 90));
    }
}
