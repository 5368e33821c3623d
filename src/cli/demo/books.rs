//! The books of a node and of the hub, as the commands print them: one JSON object a line.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JournalState {
    /// Entries.
    pub entries: u64,
    /// Entries that are there more than once.
    pub doubled: u64,
    /// Whether the chain checks from end to end.
    pub chain_ok: bool,
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
