//! The books of a node as the hub has them: one line a subject, in the same form as the node's own,
//! so that both can be laid side by side.

use journal::books::{BookRow, row_hash};
use serde_json::Value;

use crate::error::Result;
use crate::store::Store;

/// Rows by kind, subject and axis.
pub async fn books(store: &Store, node: &str) -> Result<Vec<BookRow>> {
    let client = store.client().await?;
    let rows = client
        .query(
            "SELECT kind, subject, axis, rev, public, private FROM subject WHERE node = $1",
            &[&node],
        )
        .await?;
    let mut books: Vec<BookRow> = rows
        .iter()
        .map(|row| BookRow {
            kind: row.get(0),
            subject: row.get(1),
            axis: row.get(2),
            rev: u64::try_from(row.get::<_, i64>(3)).unwrap_or(0),
            sha256: row_hash(&row.get::<_, Value>(4), &row.get::<_, Value>(5)),
        })
        .collect();
    // Sorted here and not by the database, whose order depends on its locale.
    books.sort();
    Ok(books)
}
