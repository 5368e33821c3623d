//! Messages from the hub.

use rusqlite::Connection;
use uuid::Uuid;

use super::{state, states};
use crate::StoreError;
use crate::records::Message;

/// The newest ones, newest first.
pub fn recent(c: &Connection, limit: u32) -> Result<Vec<Message>, StoreError> {
    states(c, "SELECT public, private FROM message ORDER BY at_us DESC LIMIT ?1", [limit])
}

/// One message.
pub fn by_id(c: &Connection, id: Uuid) -> Result<Option<Message>, StoreError> {
    state(c, "SELECT public, private FROM message WHERE id = ?1", [id.into_bytes()])
}
