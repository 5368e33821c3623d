//! The day's report: what people were answered against the books of the node and of the hub.

use super::faults::{Disturbed, Unplugged};
use super::people::{Called, Hall};
use crate::cli::demo::Demo;
use crate::cli::demo::books::{Books, JournalState};
use crate::cli::demo::center_files::SignSeen;
use crate::cli::demo::processes::wait_for;
use anyhow::Context;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

/// How long the hub may take to catch up after the last citizen. Real time.
const CATCH_UP_MAX: Duration = Duration::from_secs(180);

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
    /// Codes that two dossiers have.
    pub duplicate_codes: usize,
    /// Dossiers returned.
    pub dossiers_returned: usize,
    /// Votes counted.
    pub ratings: usize,
    /// Votes answered that are not in both books.
    pub ratings_lost: usize,
    /// Kinds of which node or hub have another number than people were answered: too many are as
    /// wrong as too few.
    pub counts_different: Vec<String>,
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
    /// Entries that the hub has more than once, or that the node never wrote.
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
    /// Calls at counters whose sign had its plug.
    pub calls_for_sign: usize,
    /// Of these, calls whose number was seen on the sign.
    pub calls_on_sign: usize,
    /// Whether each sign that was unplugged showed something again.
    pub signs_back: bool,
    /// Papers that came out of the printer: tickets and short slips.
    pub papers_printed: usize,
    /// Times that the paper was out.
    pub paper_out: u32,
    /// Signs that were unplugged.
    pub unplugged: usize,
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
            ("duplicate_codes", self.duplicate_codes),
            ("ratings_lost", self.ratings_lost),
            ("blobs_missing", self.blobs_missing),
            ("rows_different", self.rows_different),
            ("entries_missing", self.entries_missing),
            ("entries_doubled", self.entries_doubled),
            ("refused", self.refused.len()),
        ] {
            must(value == 0, format!("{name} is {value}"));
        }
        for different in &self.counts_different {
            must(false, different.clone());
        }
        must(self.chain_ok, "a chain does not check".into());
        must(self.tickets_issued >= 240, format!("only {} tickets", self.tickets_issued));
        must(self.dossiers_received >= 80, format!("only {} dossiers", self.dossiers_received));
        must(
            self.blobs_at_hub >= self.dossiers_received,
            format!("{} scans of {} dossiers", self.blobs_at_hub, self.dossiers_received),
        );
        must(self.ratings >= 60, format!("only {} ratings", self.ratings));
        must(self.dossiers_returned > 0, "no dossier was returned".into());
        must(self.rows_compared > 0, "no rows were compared".into());
        must(self.calls_for_sign > 0, "no call was made".into());
        must(
            self.calls_on_sign == self.calls_for_sign,
            format!("{} of {} calls seen on their sign", self.calls_on_sign, self.calls_for_sign),
        );
        must(self.signs_back, "a sign stayed dark after its plug was back".into());
        // A paper that may have come out before is printed again, so more are right; fewer are not.
        let papers = self.tickets_issued + self.dossiers_received;
        must(
            self.papers_printed >= papers,
            format!("{} papers for {papers} tickets and slips", self.papers_printed),
        );
        must(self.paper_out == 1, format!("{} times without paper", self.paper_out));
        must(self.unplugged == 1, format!("{} signs unplugged", self.unplugged));
        must(self.restarts == 3, format!("{} restarts", self.restarts));
        must(self.outages == 2, format!("{} outages", self.outages));
        failed
    }
}

/// Waits until the printer has worked off what it was given. A day that ends sooner would lose its
/// last papers: a number of yesterday is not printed any more.
pub async fn wait_for_papers(demo: &Demo, hall: &Hall) {
    let papers = hall.with(|all| all.issued.len() + all.dossiers.len());
    let printed = wait_for("every ticket and slip to be on paper", CATCH_UP_MAX, async || {
        demo.printed_count().is_ok_and(|printed| printed >= papers).then_some(())
    })
    .await;
    // The report says how many are missing.
    if let Err(error) = printed {
        println!("{error:#}");
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
    let scans: Vec<String> = hall.with(|all| all.scans.clone());
    let (node_books, hub_books, node_journal, hub_journal) = both_at_rest(demo, &scans).await?;
    // Read once more behind the hub's: what the node wrote in between is nothing foreign there.
    let foreign = hub_journal.missing_in(&demo.node_journal().await?);
    let hub_blobs = demo.hub_blobs().await?;
    let signs = demo.sign_log()?;
    let printed = demo.printed_count()?;
    Ok(hall.with(|all| {
        let on_signs = on_signs(&all.called, &signs, &disturbed.unplugged);
        let has = |books: &Books, kind: &str, id: &str| books.has(kind, id);
        let both = |kind: &str, id: &str| has(&node_books, kind, id) && has(&hub_books, kind, id);
        let votes = |books: &Books| books.count("rating");
        let counts_different = [
            ("ticket", all.issued.len()),
            ("dossier", all.dossiers.len()),
            ("rating", all.votes.len()),
        ]
        .into_iter()
        .filter_map(|(kind, answered)| different(kind, answered, &node_books, &hub_books))
        .collect();
        let blobs_at_hub = all.scans.iter().filter(|scan| hub_blobs.contains(*scan)).count();
        Report {
            seed,
            tickets_issued: all.issued.len(),
            tickets_lost: all.issued.iter().filter(|one| !both("ticket", &one.id)).count(),
            duplicate_numbers: duplicates(all.issued.iter().map(|one| one.label.as_str())),
            // Nobody in the day puts a ticket back or sends it on: a second call is never right.
            double_calls: duplicates(all.called.iter().map(|call| call.ticket.as_str())),
            dossiers_received: all.dossiers.len(),
            dossiers_lost: all.dossiers.iter().filter(|(id, _)| !both("dossier", id)).count(),
            duplicate_codes: duplicates(all.dossiers.iter().map(|(_, code)| code.as_str())),
            dossiers_returned: all.returned.len(),
            ratings: all.votes.len(),
            ratings_lost: all.votes.len().saturating_sub(votes(&node_books).min(votes(&hub_books))),
            counts_different,
            blobs_at_hub,
            blobs_missing: all.scans.len() - blobs_at_hub,
            entries_written: node_journal.entries.len(),
            entries_at_hub: hub_journal.entries.len(),
            entries_missing: node_journal.missing_in(&hub_journal),
            entries_doubled: hub_journal.doubled() + foreign,
            rows_different: node_books.differences(&hub_books),
            rows_compared: node_books.rows.len(),
            chain_ok: node_journal.chain_ok && hub_journal.chain_ok,
            restarts: disturbed.restarts,
            outages: disturbed.outages,
            call_to_led_ms_p50: percentile(&on_signs.latencies_us, 50),
            call_to_led_ms_p99: percentile(&on_signs.latencies_us, 99),
            calls_for_sign: on_signs.calls,
            calls_on_sign: on_signs.latencies_us.len(),
            signs_back: on_signs.all_back,
            papers_printed: printed,
            paper_out: disturbed.paper_out,
            unplugged: disturbed.unplugged.len(),
            refused: all.refused.iter().take(20).cloned().collect(),
        }
    }))
}

/// The books and journals of node and hub. They count only while the node's journal rests: what is written
/// between two looks, as the next morning's work is, would be a difference. A hub that never catches up is
/// not an error here: the figures say what is missing.
async fn both_at_rest(
    demo: &Demo,
    scans: &[String],
) -> anyhow::Result<(Books, Books, JournalState, JournalState)> {
    let end = Instant::now() + CATCH_UP_MAX;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let caught_up = wait_for("the hub to have everything", left, async || {
            let node = demo.node_journal().await.ok()?;
            let hub = demo.hub_journal().await.ok()?;
            let blobs = demo.hub_blobs().await.ok()?;
            let whole = scans.iter().all(|scan| blobs.contains(scan));
            (node.missing_in(&hub) == 0 && whole).then_some(node.entries.len())
        })
        .await;
        let node_books = demo.node_books().await.context("the node's books")?;
        let hub_books = demo.hub_books().await.context("the hub's books")?;
        let node_journal = demo.node_journal().await?;
        let hub_journal = demo.hub_journal().await?;
        let rested = match &caught_up {
            Ok(entries) => node_journal.entries.len() == *entries,
            Err(error) => {
                println!("{error:#}");
                true
            }
        };
        if rested || Instant::now() >= end {
            return Ok((node_books, hub_books, node_journal, hub_journal));
        }
    }
}

/// What the signs showed of the calls.
#[derive(Debug, PartialEq, Eq)]
struct OnSigns {
    /// Calls at counters whose sign had its plug.
    calls: usize,
    /// For each of these that was seen, from the key to the sign's last byte, sorted.
    latencies_us: Vec<i64>,
    /// Each sign that was unplugged showed something after its plug was back.
    all_back: bool,
}

/// A call younger than this, microseconds, may still have been on its way when the plug was pulled.
const ON_ITS_WAY_US: i64 = 1_000_000;

/// A call that fell into the time without a plug is left out: from pulling it to the first thing that
/// the sign showed after it was back; and one that was on its way just then, unless it was seen. Every
/// other one must be seen.
fn on_signs(called: &[Called], signs: &[SignSeen], unplugged: &[Unplugged]) -> OnSigns {
    let back_us = |dark: &Unplugged| {
        let after =
            signs.iter().filter(|seen| seen.counter == dark.counter && seen.at_us >= dark.to_us);
        after.map(|seen| seen.at_us).min()
    };
    let all_back = unplugged.iter().all(|dark| back_us(dark).is_some());
    let in_the_dark = |call: &Called| {
        unplugged.iter().any(|dark| {
            dark.counter == call.counter
                && call.answered_at_us >= dark.from_us
                && call.pressed_at_us <= back_us(dark).unwrap_or(dark.to_us)
        })
    };
    let on_its_way = |call: &Called| {
        let just_before = |dark: &Unplugged| dark.from_us - ON_ITS_WAY_US..dark.from_us;
        unplugged.iter().any(|dark| {
            dark.counter == call.counter && just_before(dark).contains(&call.answered_at_us)
        })
    };
    let mut seen = OnSigns { calls: 0, latencies_us: Vec::new(), all_back };
    for call in called.iter().filter(|call| !in_the_dark(call)) {
        let shown = signs.iter().filter(|seen| {
            seen.counter == call.counter
                && seen.text.contains(&call.label)
                && seen.at_us >= call.pressed_at_us
        });
        let first = shown.map(|seen| seen.at_us).min();
        seen.latencies_us.extend(first.map(|first| first - call.pressed_at_us));
        seen.calls += usize::from(first.is_some() || !on_its_way(call));
    }
    seen.latencies_us.sort_unstable();
    seen
}

/// How the books of a kind differ in number from what people were answered.
fn different(kind: &str, answered: usize, node: &Books, hub: &Books) -> Option<String> {
    let (here, there) = (node.count(kind), hub.count(kind));
    (here != answered || there != answered)
        .then(|| format!("{kind}: {answered} answered, {here} at the node, {there} at the hub"))
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
mod tests;
