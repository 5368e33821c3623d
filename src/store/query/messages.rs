//! Messages from the hub, with all their readers.

use rusqlite::Connection;
use uuid::Uuid;

use super::{state, states};
use crate::StoreError;
use crate::records::Message;

/// The newest ones, newest first.
pub fn recent(c: &Connection, limit: u32) -> Result<Vec<Message>, StoreError> {
    let sql = "SELECT public, private FROM message ORDER BY at_us DESC LIMIT ?1";
    states(c, sql, [limit])?.into_iter().map(|message| with_late_readers(c, message)).collect()
}

/// One message.
pub fn by_id(c: &Connection, id: Uuid) -> Result<Option<Message>, StoreError> {
    let sql = "SELECT public, private FROM message WHERE id = ?1";
    state(c, sql, [id.into_bytes()])?.map(|message| with_late_readers(c, message)).transpose()
}

/// Nobody reads a message late before its state is full of readers, so others need no second look.
fn with_late_readers(c: &Connection, mut message: Message) -> Result<Message, StoreError> {
    if message.readers.len() >= Message::READERS_MAX {
        let sql =
            "SELECT officer FROM message_late_reader WHERE message = ?1 ORDER BY at_us, officer";
        let mut statement = c.prepare_cached(sql)?;
        let late = statement.query_map([message.id.into_bytes()], |row| row.get(0))?;
        for officer in late {
            message.readers.push(officer?);
        }
    }
    Ok(message)
}
