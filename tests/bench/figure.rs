//! A figure: what was measured, what it is held against, and how both were spread over the turns.

use serde_json::json;

/// What a figure must reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Must {
    /// At least so many times what it is held against.
    RatioAtLeast(f64),
    /// At most so many times what it is held against.
    RatioAtMost(f64),
    /// The value itself is at most this.
    ValueAtMost(f64),
    /// The value itself is at least this.
    ValueAtLeast(f64),
    /// At least so many times what it is held against, and the value at least this.
    RatioAndValueAtLeast(f64, f64),
    /// At most so many times what it is held against, and the value at most this.
    RatioAndValueAtMost(f64, f64),
}

/// The samples of one side, one a turn.
#[derive(Debug, Clone, Default)]
pub struct Side(pub Vec<f64>);

impl Side {
    /// The middle one, or the mean of the two in the middle.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            odd if odd % 2 == 1 => sorted[middle],
            _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
        }
    }

    /// From the smallest to the largest.
    fn spread(&self) -> String {
        let least = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        format!("{}..{}", short(least), short(most))
    }
}

/// One line of the bench.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Its name.
    pub name: &'static str,
    /// What was measured of the product, one sample a turn.
    pub value: Side,
    /// In which unit both sides are.
    pub unit: &'static str,
    /// What it is held against, one sample a turn.
    pub against: Side,
    /// That in words.
    pub against_what: &'static str,
    /// What must be reached.
    pub must: Must,
    /// What stands beside it.
    pub beside: String,
}

impl Figure {
    /// One that must stay within a limit.
    pub fn within(
        name: &'static str,
        value: Side,
        unit: &'static str,
        limit: f64,
        beside: String,
    ) -> Self {
        Self {
            name,
            against: Side(vec![limit; value.0.len()]),
            value,
            unit,
            against_what: "the limit",
            must: Must::ValueAtMost(limit),
            beside,
        }
    }

    /// Value by what it is held against.
    pub fn ratio(&self) -> f64 {
        self.value.median() / self.against.median()
    }

    /// Whether it reaches what it must.
    pub fn reached(&self) -> bool {
        let (value, ratio) = (self.value.median(), self.ratio());
        match self.must {
            Must::RatioAtLeast(least) => ratio >= least,
            Must::RatioAtMost(most) => ratio <= most,
            Must::ValueAtMost(most) => value <= most,
            Must::ValueAtLeast(least) => value >= least,
            Must::RatioAndValueAtLeast(least, least_value) => {
                ratio >= least && value >= least_value
            }
            Must::RatioAndValueAtMost(most, most_value) => ratio <= most && value <= most_value,
        }
    }

    /// For people.
    pub fn line(&self) -> String {
        let must = match self.must {
            Must::RatioAtLeast(least) => format!("ratio >= {least}"),
            Must::RatioAtMost(most) => format!("ratio <= {most}"),
            Must::ValueAtMost(most) => format!("value <= {most}"),
            Must::ValueAtLeast(least) => format!("value >= {least}"),
            Must::RatioAndValueAtLeast(least, value) => {
                format!("ratio >= {least}, value >= {value}")
            }
            Must::RatioAndValueAtMost(most, value) => format!("ratio <= {most}, value <= {value}"),
        };
        let reached = if self.reached() { "reached" } else { "MISSED" };
        let mut line = format!(
            "{} {} {} ({}, {} turns) | against {} ({}): {} | ratio {:.2} | {must}: {reached}",
            self.name,
            short(self.value.median()),
            self.unit,
            self.value.spread(),
            self.value.0.len(),
            short(self.against.median()),
            self.against.spread(),
            self.against_what,
            self.ratio(),
        );
        if !self.beside.is_empty() {
            line.push_str(" | ");
            line.push_str(&self.beside);
        }
        line
    }

    /// For programs.
    pub fn json(&self) -> String {
        json!({
            "name": self.name,
            "value": rounded(self.value.median()),
            "unit": self.unit,
            "against": rounded(self.against.median()),
            "ratio": rounded(self.ratio()),
        })
        .to_string()
    }
}

/// The value below which `percent` of the samples lie; the largest when there are few.
pub fn percentile(samples: &[f64], percent: usize) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

fn short(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: &[f64], against: &[f64], must: Must) -> Figure {
        Figure {
            name: "tickets",
            value: Side(value.to_vec()),
            unit: "tickets/s",
            against: Side(against.to_vec()),
            against_what: "plain SQL",
            must,
            beside: String::new(),
        }
    }

    #[test]
    fn one_slow_turn_does_not_move_the_median() {
        let figure = figure(&[70.0, 71.0, 5.0], &[100.0, 90.0, 101.0], Must::RatioAtLeast(0.7));
        assert!((figure.ratio() - 0.7).abs() < 1e-9);
        assert!(figure.reached());
        assert!(figure.line().contains("5.00..71.0"), "{}", figure.line());
    }

    #[test]
    fn a_limit_that_is_missed_is_told() {
        assert!(!figure(&[69.0], &[100.0], Must::RatioAtLeast(0.7)).reached());
        assert!(!figure(&[401.0], &[100.0], Must::RatioAtMost(4.0)).reached());
        assert!(!figure(&[31.0], &[30.0], Must::ValueAtMost(30.0)).reached());
        assert!(!figure(&[35.9], &[36.0], Must::ValueAtLeast(36.0)).reached());
        assert!(figure(&[36.0], &[36.0], Must::ValueAtLeast(36.0)).reached());
        let both = Must::RatioAndValueAtLeast(0.6, 5000.0);
        assert!(!figure(&[4999.0], &[5000.0], both).reached());
        assert!(figure(&[5001.0], &[5000.0], both).reached());
        let both = Must::RatioAndValueAtMost(0.8, 1.15);
        assert!(figure(&[1.1], &[1.4], both).reached());
        assert!(!figure(&[1.1], &[1.3], both).reached());
        assert!(!figure(&[1.16], &[2.0], both).reached());
        assert!(figure(&[69.0], &[100.0], Must::RatioAtLeast(0.7)).line().contains("MISSED"));
    }

    #[test]
    fn a_line_for_programs_has_five_keys() {
        let json = figure(&[1.0, 2.0], &[3.0], Must::RatioAtLeast(0.1)).json();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["against", "name", "ratio", "unit", "value"]);
        assert_eq!(value["ratio"], 0.5);
    }

    #[test]
    fn a_percentile_is_one_of_the_samples() {
        let samples: Vec<f64> = (1..=1000).map(f64::from).collect();
        assert_eq!(percentile(&samples, 99), 990.0);
        assert_eq!(percentile(&[7.0], 99), 7.0);
    }
}
