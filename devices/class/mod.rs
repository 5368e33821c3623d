//! What the center wants from its devices, free of any protocol. Drivers fulfil these.

pub mod card_reader;
pub mod sign;
pub mod ticket_printer;

use serde::{Deserialize, Serialize};

/// What a device is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Shows the number that a counter calls.
    CounterSign,
    /// Prints tickets and slips.
    TicketPrinter,
    /// Reads the QR code of a citizen's card.
    CardReader,
}
