//! Which boxes are enrolled with the hub, as it said last: only these can take a hand-over.

use domain::ids::NodeId;
use rusqlite::Connection;

use super::meta;
use crate::{LocalWrite, StoreError};

/// Under which name the list stands.
const NAME: &str = "enrolled_nodes";

/// The boxes; empty until the hub has said so once.
pub fn enrolled(c: &Connection) -> Result<Vec<NodeId>, StoreError> {
    let Some(text) = meta::get(c, NAME)? else { return Ok(Vec::new()) };
    serde_json::from_str(&text).map_err(|_| StoreError::Conflict("enrolled_nodes.unreadable"))
}

/// Keeps a new list, which replaces the one before.
pub fn replaced(nodes: &[NodeId]) -> LocalWrite {
    let value = serde_json::json!(nodes).to_string();
    LocalWrite::Meta { name: NAME.to_owned(), value }
}
