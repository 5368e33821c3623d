//! What both ends say about their own being there: a retained message, replaced by the last will
//! when the connection ends. It is a hint for the page that shows it; no entry depends on it.

use serde::{Deserialize, Serialize};

/// Longest presence message, in bytes; a longer one is not one of ours and is passed over.
const STATE_BYTES_MAX: usize = 1024;

/// A presence message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Whether the connection named below is up.
    pub online: bool,
    /// The name of the connection, another one each time: a last will that comes late must not
    /// speak about the connection that followed.
    pub connection: String,
}

impl State {
    /// The message's bytes.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a message; anything else is not one.
    pub fn decode(message: &[u8]) -> Option<State> {
        if message.len() > STATE_BYTES_MAX {
            return None;
        }
        serde_json::from_slice(message).ok()
    }
}
