//! How each figure is measured, one file each.

mod blob_rate;
mod call_next;
mod call_to_led;
mod catch_up;
mod center_idle;
mod center_start;
mod hall_update;
mod history_flat;
mod hub_entries;
mod policy;
mod replay;
mod restore_open;
mod surface;
mod ticket_issue;
mod ticket_issue_http;
mod urgent_behind_blobs;
mod wait_estimate;

use crate::Effort;
use crate::figure::Figure;
use anyhow::{Context, ensure};
use motcua::cli::day::client::CenterClient;
use reqwest::Method;
use serde_json::{Value, json};

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
    Row { names: call_next::NAMES, measure: call_next::measure },
    Row { names: policy::NAMES, measure: policy::measure },
    Row { names: replay::NAMES, measure: replay::measure },
    Row { names: wait_estimate::NAMES, measure: wait_estimate::measure },
    Row { names: history_flat::NAMES, measure: history_flat::measure },
    Row { names: center_start::NAMES, measure: center_start::measure },
    Row { names: call_to_led::NAMES, measure: call_to_led::measure },
    Row { names: hall_update::NAMES, measure: hall_update::measure },
    Row { names: catch_up::NAMES, measure: catch_up::measure },
    Row { names: blob_rate::NAMES, measure: blob_rate::measure },
    Row { names: urgent_behind_blobs::NAMES, measure: urgent_behind_blobs::measure },
    Row { names: hub_entries::NAMES, measure: hub_entries::measure },
    Row { names: restore_open::NAMES, measure: restore_open::measure },
    Row { names: center_idle::NAMES, measure: center_idle::measure },
    Row { names: surface::NAMES, measure: surface::measure },
];

/// Does something at a counter; nothing when nobody waits.
pub async fn post(client: &mut CenterClient, counter: u16, verb: &str) -> anyhow::Result<Value> {
    let path = format!("/api/v1/counters/{counter}/{verb}");
    let key = crate::desk::request_key();
    let answer = client.send(Method::POST, &path, Some(&key), Some(&json!({}))).await?;
    if answer.code() == "queue.nobody_waiting" {
        return Ok(Value::Null);
    }
    ensure!(answer.granted(), "{path}: {} {}", answer.status, answer.body);
    Ok(answer.body)
}

/// A text of an answer.
pub fn text(value: &Value, key: &str) -> anyhow::Result<String> {
    value[key].as_str().map(str::to_owned).with_context(|| format!("no {key} in {value}"))
}

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
