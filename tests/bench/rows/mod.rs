//! How each figure is measured, one file each.

mod call_to_led;
mod catch_up;
mod center_idle;
mod ticket_issue;
mod ticket_issue_http;

use crate::Effort;
use crate::figure::Figure;

/// Figures that are measured together.
pub struct Row {
    /// Their names.
    pub names: &'static [&'static str],
    /// Measures those of them that are asked for.
    pub measure: fn(&[&'static str], Effort) -> anyhow::Result<Vec<Figure>>,
}

/// All of them, in the order in which they are measured.
pub const ROWS: &[Row] = &[
    Row { names: ticket_issue::NAMES, measure: ticket_issue::measure },
    Row { names: ticket_issue_http::NAMES, measure: ticket_issue_http::measure },
    Row { names: call_to_led::NAMES, measure: call_to_led::measure },
    Row { names: catch_up::NAMES, measure: catch_up::measure },
    Row { names: center_idle::NAMES, measure: center_idle::measure },
];

#[cfg(test)]
mod tests {
    use super::ROWS;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_figures_have_one_name() {
        let names: Vec<&str> = ROWS.iter().flat_map(|row| row.names).copied().collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
