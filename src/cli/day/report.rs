//! The day's report: what people were answered against the books of the node and of the hub.

use super::faults::Disturbed;
use super::people::Hall;
use crate::cli::demo::Demo;
use crate::cli::demo::books::Books;
use crate::cli::demo::processes::wait_for;
use anyhow::Context;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

/// How long the hub may take to catch up after the last citizen. Real time.
const CATCH_UP_MAX: Duration = Duration::from_secs(90);

/// The report, as it is written.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The seed of the day.
    pub seed: u64,
    /// Tickets that the kiosks were given.
    pub tickets_issued: usize,
    /// Of these, not in the node's or not in the hub's books.
    pub tickets_lost: usize,
    /// Numbers that two citizens hold.
    pub duplicate_numbers: usize,
    /// Tickets that two calls were answered with.
    pub double_calls: usize,
    /// Dossiers that the officers were given a code for.
    pub dossiers_received: usize,
    /// Of these, not in both books.
    pub dossiers_lost: usize,
    /// Dossiers returned.
    pub dossiers_returned: usize,
    /// Votes counted.
    pub ratings: usize,
    /// Votes in the books of both, less votes answered.
    pub ratings_lost: usize,
    /// Scans of the officers' log that the hub has whole.
    pub blobs_at_hub: usize,
    /// Scans that it has not.
    pub blobs_missing: usize,
    /// Entries of the node's journal.
    pub entries_written: usize,
    /// Entries of that node at the hub.
    pub entries_at_hub: usize,
    /// Entries of the node that the hub has not.
    pub entries_missing: usize,
    /// Entries that the hub has more than once.
    pub entries_doubled: usize,
    /// Rows that differ between the node's and the hub's books.
    pub rows_different: usize,
    /// Rows compared.
    pub rows_compared: usize,
    /// Whether both chains check.
    pub chain_ok: bool,
    /// Processes killed and back.
    pub restarts: u32,
    /// Line cuts.
    pub outages: u32,
    /// From the officer's key to the sign's last byte, median. Milliseconds.
    pub call_to_led_ms_p50: f64,
    /// The same, 99th percentile.
    pub call_to_led_ms_p99: f64,
    /// Calls whose number was seen on the sign.
    pub calls_on_sign: usize,
    /// Papers that came out of the printer: tickets and short slips.
    pub papers_printed: usize,
    /// Requests that were refused although they should not be, the first few.
    pub refused: Vec<String>,
}

impl Report {
    /// What is not as it must be.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let mut failed = Vec::new();
        let mut must = |right: bool, what: String| {
            if !right {
                failed.push(what);
            }
        };
        for (name, value) in [
            ("tickets_lost", self.tickets_lost),
            ("duplicate_numbers", self.duplicate_numbers),
            ("double_calls", self.double_calls),
            ("dossiers_lost", self.dossiers_lost),
            ("ratings_lost", self.ratings_lost),
            ("blobs_missing", self.blobs_missing),
            ("rows_different", self.rows_different),
            ("entries_missing", self.entries_missing),
            ("entries_doubled", self.entries_doubled),
            ("refused", self.refused.len()),
        ] {
            must(value == 0, format!("{name} is {value}"));
        }
        must(self.chain_ok, "a chain does not check".into());
        must(self.tickets_issued >= 240, format!("only {} tickets", self.tickets_issued));
        must(self.dossiers_received >= 80, format!("only {} dossiers", self.dossiers_received));
        must(self.ratings >= 60, format!("only {} ratings", self.ratings));
        must(self.rows_compared > 0, "no rows were compared".into());
        must(self.calls_on_sign > 0, "no call was seen on a sign".into());
        must(self.restarts == 3, format!("{} restarts", self.restarts));
        must(self.outages == 2, format!("{} outages", self.outages));
        failed
    }
}

/// Waits for the hub, compares, and makes the report.
///
/// # Errors
/// The hub does not catch up, or the books cannot be read.
pub async fn make(
    demo: &mut Demo,
    hall: &Hall,
    disturbed: &Disturbed,
    seed: u64,
) -> anyhow::Result<Report> {
    // A hub that never catches up is not an error here: the figures below say what is missing.
    let scans: Vec<String> = hall.with(|all| all.scans.clone());
    let caught_up = wait_for("the hub to have everything", CATCH_UP_MAX, async || {
        let node = demo.node_journal().await.ok()?;
        let hub = demo.hub_journal().await.ok()?;
        let blobs = demo.hub_blobs().await.ok()?;
        let whole = scans.iter().all(|scan| blobs.contains(scan));
        (node.missing_in(&hub) == 0 && whole).then_some(())
    })
    .await;
    if let Err(error) = caught_up {
        println!("{error:#}");
    }
    let node_books = demo.node_books().await.context("the node's books")?;
    let hub_books = demo.hub_books().await.context("the hub's books")?;
    let node_journal = demo.node_journal().await?;
    let hub_journal = demo.hub_journal().await?;
    let hub_blobs = demo.hub_blobs().await?;
    let signs = demo.sign_log()?;
    let printed = demo.printed_count()?;
    Ok(hall.with(|all| {
        let mut latencies = Vec::new();
        for call in &all.called {
            let shown = signs.iter().filter(|seen| {
                seen.counter == call.counter
                    && seen.text.contains(&call.label)
                    && seen.at_us >= call.pressed_at_us
            });
            if let Some(first) = shown.map(|seen| seen.at_us).min() {
                latencies.push(first - call.pressed_at_us);
            }
        }
        latencies.sort_unstable();
        let has = |books: &Books, kind: &str, id: &str| books.has(kind, id);
        let both = |kind: &str, id: &str| has(&node_books, kind, id) && has(&hub_books, kind, id);
        let votes = |books: &Books| books.count("rating");
        let blobs_at_hub = all.scans.iter().filter(|scan| hub_blobs.contains(*scan)).count();
        Report {
            seed,
            tickets_issued: all.issued.len(),
            tickets_lost: all.issued.iter().filter(|one| !both("ticket", &one.id)).count(),
            duplicate_numbers: duplicates(all.issued.iter().map(|one| one.label.as_str())),
            double_calls: duplicates(
                all.called
                    .iter()
                    .map(|call| call.ticket.as_str())
                    .filter(|id| !all.put_back.contains(*id)),
            ),
            dossiers_received: all.dossiers.len(),
            dossiers_lost: all.dossiers.iter().filter(|(id, _)| !both("dossier", id)).count(),
            dossiers_returned: all.returned.len(),
            ratings: all.votes.len(),
            ratings_lost: all.votes.len().saturating_sub(votes(&node_books).min(votes(&hub_books))),
            blobs_at_hub,
            blobs_missing: all.scans.len() - blobs_at_hub,
            entries_written: node_journal.entries.len(),
            entries_at_hub: hub_journal.entries.len(),
            entries_missing: node_journal.missing_in(&hub_journal),
            entries_doubled: hub_journal.doubled(),
            rows_different: node_books.differences(&hub_books),
            rows_compared: node_books.rows.len(),
            chain_ok: node_journal.chain_ok && hub_journal.chain_ok,
            restarts: disturbed.restarts,
            outages: disturbed.outages,
            call_to_led_ms_p50: percentile(&latencies, 50),
            call_to_led_ms_p99: percentile(&latencies, 99),
            calls_on_sign: latencies.len(),
            papers_printed: printed,
            refused: all.refused.iter().take(20).cloned().collect(),
        }
    }))
}

/// How many are more than one of their kind.
fn duplicates<'a>(all: impl Iterator<Item = &'a str>) -> usize {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for one in all {
        *seen.entry(one).or_default() += 1;
    }
    seen.values().filter(|count| **count > 1).count()
}

/// A percentile of sorted microseconds, in milliseconds; 0 where there is none.
fn percentile(sorted: &[i64], percent: usize) -> f64 {
    if sorted.is_empty() {
        return 0.0;
    }
    let index = (sorted.len() * percent).div_ceil(100).clamp(1, sorted.len()) - 1;
    // Latencies are small against 2^53.
    #[allow(clippy::cast_precision_loss)]
    let milliseconds = sorted[index] as f64 / 1000.0;
    milliseconds
}

impl Books {
    /// Whether a subject is there.
    #[must_use]
    pub fn has(&self, kind: &str, subject: &str) -> bool {
        self.rows.contains_key(&(kind.to_owned(), subject.to_owned()))
    }

    /// How many subjects of a kind are there.
    #[must_use]
    pub fn count(&self, kind: &str) -> usize {
        self.rows.keys().filter(|(of, _)| of == kind).count()
    }

    /// How many rows are not the same in both.
    #[must_use]
    pub fn differences(&self, other: &Self) -> usize {
        let all: BTreeSet<_> = self.rows.keys().chain(other.rows.keys()).collect();
        let different: BTreeMap<_, _> = all
            .into_iter()
            .filter(|key| self.rows.get(*key) != other.rows.get(*key))
            .map(|key| (key, (self.rows.get(key), other.rows.get(key))))
            .collect();
        for (key, (here, there)) in different.iter().take(10) {
            println!("differs: {key:?}: node {here:?}, hub {there:?}");
        }
        different.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_held_twice_is_counted_once() {
        assert_eq!(duplicates(["A001", "A002", "A001", "A001"].into_iter()), 1);
        assert_eq!(duplicates(["A001", "A002"].into_iter()), 0);
    }

    #[test]
    fn percentiles_are_taken_from_the_sorted_list() {
        let sorted: Vec<i64> = (1..=100).map(|ms| ms * 1000).collect();
        assert!((percentile(&sorted, 50) - 50.0).abs() < f64::EPSILON);
        assert!((percentile(&sorted, 99) - 99.0).abs() < f64::EPSILON);
        assert!(percentile(&[], 99).abs() < f64::EPSILON);
    }

    #[test]
    fn a_row_that_differs_or_is_missing_is_a_difference() {
        let row = |sha: &str| (1, sha.to_owned());
        let books = |rows: &[(&str, &str)]| Books {
            rows: rows
                .iter()
                .map(|(id, sha)| (("ticket".to_owned(), (*id).to_owned()), row(sha)))
                .collect(),
        };
        let one = books(&[("a", "1"), ("b", "2")]);
        assert_eq!(one.differences(&books(&[("a", "1"), ("b", "2")])), 0);
        assert_eq!(one.differences(&books(&[("a", "1"), ("b", "3"), ("c", "4")])), 2);
    }
}
