//! The books of a node and of the hub, as the commands print them: one JSON object a line.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Subjects by (kind, id), each with its revision and the digest of its whole state.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Books {
    /// The rows.
    pub rows: BTreeMap<(String, String), (u64, String)>,
}

/// One line of the books.
#[derive(Debug, Serialize, Deserialize)]
pub struct BookLine {
    /// What kind of subject.
    pub kind: String,
    /// Its id.
    pub subject: String,
    /// Its revision.
    pub rev: u64,
    /// SHA-256 of its canonical state, in hex.
    pub sha256: String,
}

/// The state of one journal, as `check` prints it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct JournalState {
    /// Number and hash of every entry, as the rows have them.
    pub entries: Vec<(u64, String)>,
    /// Whether the chain checks from end to end.
    pub chain_ok: bool,
}

/// How many votes a center has taken, as `check votes` prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteCount {
    /// In the box: not journalled yet.
    pub held: u64,
    /// In the journal.
    pub journalled: u64,
}

impl JournalState {
    /// Entries of this journal that the other has not, or has otherwise.
    #[must_use]
    pub fn missing_in(&self, other: &Self) -> usize {
        let there: BTreeSet<_> = other.entries.iter().collect();
        self.entries.iter().filter(|entry| !there.contains(entry)).count()
    }

    /// Entries whose number or hash stands more than once.
    #[must_use]
    pub fn doubled(&self) -> usize {
        let numbers: BTreeSet<_> = self.entries.iter().map(|(seq, _)| seq).collect();
        let hashes: BTreeSet<_> = self.entries.iter().map(|(_, hash)| hash).collect();
        self.entries.len() - numbers.len().min(hashes.len())
    }
}

/// Reads the lines that `books` printed.
///
/// # Errors
/// A line is not one of them.
pub fn read(printed: &str) -> anyhow::Result<Books> {
    let mut books = Books::default();
    for line in printed.lines().filter(|line| !line.trim().is_empty()) {
        let row: BookLine = serde_json::from_str(line)
            .with_context(|| format!("not a line of the books: {line}"))?;
        books.rows.insert((row.kind, row.subject), (row.rev, row.sha256));
    }
    Ok(books)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(entries: &[(u64, &str)]) -> JournalState {
        let entries = entries.iter().map(|(seq, hash)| (*seq, (*hash).to_owned())).collect();
        JournalState { entries, chain_ok: true }
    }

    #[test]
    fn an_entry_that_is_lost_changed_or_doubled_is_counted() {
        let node = journal(&[(1, "a"), (2, "b"), (3, "c")]);
        assert_eq!(node.missing_in(&node), 0);
        assert_eq!(node.missing_in(&journal(&[(1, "a"), (3, "x")])), 2);
        assert_eq!(node.doubled(), 0);
        assert_eq!(journal(&[(1, "a"), (1, "a"), (2, "b")]).doubled(), 1);
        assert_eq!(journal(&[(1, "a"), (2, "a")]).doubled(), 1);
    }
}
