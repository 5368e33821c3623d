//! What both ends say about their own being there: a retained message, replaced by the last will
//! when the connection ends. It is a hint for the page that shows it; no entry depends on it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest presence message, in bytes; a longer one is not one of ours and is passed over. A hub of an
/// earlier release takes 1,024: it passes over a message with figures, and loses no more than them,
/// because a last will is short.
const STATE_BYTES_MAX: usize = 32 * 1024;

/// A presence message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Whether the connection named below is up.
    pub online: bool,
    /// The name of the connection, another one each time: a last will that comes late must not
    /// speak about the connection that followed.
    pub connection: String,
    /// What a node tells of its hall beside: carried here, read by whoever shows it. Not in the last
    /// will, so what was told last stands until something else is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hall: Option<Value>,
}

impl State {
    /// Of a connection, with nothing told beside.
    pub fn of(connection: &str, online: bool) -> State {
        State { online, connection: connection.to_owned(), hall: None }
    }

    /// The message's bytes. What is told beside stays out when it would make the message too long.
    pub fn encode(&self) -> Vec<u8> {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        if bytes.len() > STATE_BYTES_MAX && self.hall.is_some() {
            return State::of(&self.connection, self.online).encode();
        }
        bytes
    }

    /// Reads a message; anything else is not one.
    pub fn decode(message: &[u8]) -> Option<State> {
        if message.len() > STATE_BYTES_MAX {
            return None;
        }
        serde_json::from_slice(message).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_message_of_an_earlier_release_reads_and_one_without_figures_is_as_it_was() {
        let old = br#"{"online":true,"connection":"a"}"#;
        assert_eq!(State::decode(old), Some(State::of("a", true)));
        assert_eq!(State::of("a", true).encode(), old);
    }

    #[test]
    fn figures_that_are_too_long_do_not_cost_the_presence() {
        let told = |length: usize| State {
            hall: Some(json!({ "name": "x".repeat(length) })),
            ..State::of("a", true)
        };
        assert_eq!(State::decode(&told(100).encode()), Some(told(100)));
        assert_eq!(State::decode(&told(STATE_BYTES_MAX).encode()), Some(State::of("a", true)));
    }
}
