//! The hub's journal as it comes in: what a frame must be, and whether its next entry follows the
//! cursor. The same at a center and at a simulated node.

use domain::ids::NodeId;
use journal::{Frame, Outline, Sealing, Stream, WrappingKey};
use link::types::{Position, StoreFault};
use link::uplink::DownApplied;
use store::StoreError;
use store::down::{DownEntry, read_entries};
use store::records::Cursor;

/// Code of an entry that is kept beside because the store would not take it, whatever was tried.
pub(crate) const NOT_STORABLE: &str = "down.not_storable";

/// The store's error as the link knows it.
pub(crate) fn fault(error: &StoreError) -> StoreFault {
    StoreFault::new(error.code(), error)
}

/// A cursor of the tables as the link knows it.
pub(crate) fn position(cursor: &Cursor) -> Position {
    Position { epoch: cursor.epoch, seq: cursor.seq, hash: cursor.hash }
}

/// Reads a frame of the hub's journal for this node.
///
/// # Errors
/// The frame as a whole is refused: another stream, or an entry that is none, is broken, or is for
/// another node.
pub(crate) fn read_frame(
    frame: &Frame,
    node: &NodeId,
    wrapping: &WrappingKey,
    sealing: Sealing,
) -> Result<Vec<DownEntry>, DownApplied> {
    if frame.stream != Stream::Down {
        return Err(refused("down.wrong_stream", String::new()));
    }
    read_entries(node, &frame.entries, &frame.keys, wrapping, sealing)
        .map_err(|error| refused(error.code(), error.to_string()))
}

/// Where the cursor stands after an entry; nothing when the entry was taken in before.
///
/// # Errors
/// The frame is refused: the entry does not follow the cursor.
pub(crate) fn after(at: Position, entry: &Outline) -> Result<Option<Position>, DownApplied> {
    if entry.seq <= at.seq && entry.epoch == at.epoch {
        return Ok(None);
    }
    // The hub has begun its journal for this node anew; the session has seen its signature.
    let begins = entry.epoch > at.epoch && entry.seq == 1;
    let at = if begins { Position::start(entry.epoch) } else { at };
    let same_stream = entry.epoch == at.epoch;
    let follows = entry.seq == at.seq + 1 && entry.prev == at.hash;
    if !same_stream || !follows {
        let detail = format!("entry {} does not follow {}", entry.seq, at.seq);
        return Err(refused("down.chain_broken", detail));
    }
    Ok(Some(Position { epoch: entry.epoch, seq: entry.seq, hash: entry.hash }))
}

fn refused(code: &str, detail: String) -> DownApplied {
    DownApplied::Refused { code: code.to_owned(), detail }
}
