//! The journal's format: what one transaction looks like as bytes, how entries are chained, sealed,
//! put into frames and acknowledged. Pure: bytes and values in, bytes and values out; no file, no
//! clock, no socket. Center and hub share it, so that both mean the same by every byte.
//!
//! - [`entry`] and [`change`]: an entry of the journal, its canonical bytes, its hash, its limits.
//! - [`seal`]: the part of a change that tells about a person, under a data key of the subject.
//! - [`derived`]: pieces of scans under the key that both ends share, and marks of request keys.
//! - [`frame`]: entries and pieces of blobs on their way between node and hub.
//! - [`segment`]: older entries in sealed files.
//! - [`topics`]: the names under which they travel; [`checked`]: eight bytes behind every message.
//! - [`ctl`]: what both ends say about cursors.
//! - [`ticket_code`]: what stands as a code on a ticket's paper, for both ends to read.
//! - [`books`]: one line a subject, the same at both ends, so that they can be compared.
//!
//! Storing entries is `store` (node) and `hub` (province); carrying them is `link`.

pub mod books;
pub mod change;
pub mod checked;
mod code;
pub mod ctl;
pub mod derived;
pub mod entry;
pub mod frame;
pub mod hex;
mod pack;
pub mod seal;
pub mod segment;
pub mod ticket_code;
pub mod topics;

#[cfg(test)]
mod tests;

pub use change::Change;
pub use derived::{PieceKey, PiecePlace, RequestMarks};
pub use entry::{ClockState, Entry, EntryError, Outline};
pub use frame::{BlobChunk, Frame, FrameError, Stream};
pub use seal::{DataKey, SealError, Sealing, WrappedKey, WrappingKey};
pub use segment::{Segment, SegmentError, SegmentHead};
