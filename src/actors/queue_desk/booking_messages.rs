//! What the queue desk is asked about bookings: places in time that officers make for who comes back,
//! and that become tickets by their code, those of the province's page too.

use super::handle::QueueHandle;
use super::messages::QueueReply;
use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use actix::Message;
use domain::ids::ServiceCode;
use domain::queue::BookingCode;
use jiff::Timestamp;

/// A place in time is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingWish {
    /// The service group.
    pub service: ServiceCode,
    /// The begin of the time; without it, the first free one of today.
    pub from: Option<Timestamp>,
}

/// What may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookingVerb {
    /// Book.
    Book(BookingWish),
    /// Give a booking back before its time.
    GiveBack(BookingCode),
    /// The citizen has come: give the ticket, and put it on paper where that is wished.
    Arrive(BookingCode, bool),
}

impl BookingVerb {
    /// What a repeated request is known by; a code hides itself in logs, here it must not.
    pub(super) fn asked(&self) -> (&Self, &str) {
        match self {
            Self::Book(_) => (self, ""),
            Self::GiveBack(code) | Self::Arrive(code, _) => (self, code.as_str()),
        }
    }
}

/// A verb with its origin.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<QueueReply, Failure>")]
pub struct BookingCommand {
    /// Who asks.
    pub origin: Origin,
    /// What for.
    pub verb: BookingVerb,
}

/// Every verb fails with [`Failure`]: a rule's refusal, busy, stopped, repeat, disk full.
impl QueueHandle {
    /// Books a place in time. Answers with the booking and its code.
    pub async fn book(&self, origin: Origin, wish: BookingWish) -> Result<QueueReply, Failure> {
        self.ask_booking(origin, BookingVerb::Book(wish)).await
    }

    /// Gives a booking back before its time.
    pub async fn give_booking_back(
        &self,
        origin: Origin,
        code: BookingCode,
    ) -> Result<QueueReply, Failure> {
        self.ask_booking(origin, BookingVerb::GiveBack(code)).await
    }

    /// The citizen of a booking has come. Answers with the ticket, how many are ahead, the print job if
    /// asked for, and the booking.
    pub async fn arrive(
        &self,
        origin: Origin,
        code: BookingCode,
        print: bool,
    ) -> Result<QueueReply, Failure> {
        self.ask_booking(origin, BookingVerb::Arrive(code, print)).await
    }

    async fn ask_booking(&self, origin: Origin, verb: BookingVerb) -> Result<QueueReply, Failure> {
        self.addr.send(BookingCommand { origin, verb }).await?
    }
}
