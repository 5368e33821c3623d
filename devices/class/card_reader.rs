//! A reader of citizen cards.
//!
//! It takes no commands. Each reading comes as [`crate::EventKind::Scanned`] with the text exactly
//! as the device gave it; what the text means (whose card, whether it is one at all) is judged by
//! the domain. A reading that cannot be text comes as a problem with one of these codes.

/// A frame was longer than the driver's limit: cut off, its bytes thrown away.
pub const TOO_LONG: &str = "reader.too_long";
/// A frame was not UTF-8.
pub const NOT_TEXT: &str = "reader.not_text";
/// Bytes came without pause or line end for longer than any card takes.
pub const NONSENSE: &str = "reader.nonsense";
