//! What the announcer is told.

use crate::actors::live::HallCallKind;
use actix::Message;
use domain::announce::{Occasion, Said};
use domain::ids::CounterNumber;
use jiff::Timestamp;
use uuid::Uuid;

/// A number is expected at a counter.
#[derive(Debug, Clone, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Call {
    /// The ticket.
    pub ticket: Uuid,
    /// The number on it.
    pub label: String,
    /// Where the citizen is expected.
    pub counter: CounterNumber,
    /// First call or again.
    pub kind: HallCallKind,
    /// When the officer pressed the key; its age counts from here.
    pub at: Timestamp,
    /// What the invitation says besides number and counter.
    pub occasion: Occasion,
}

impl Said for Call {
    fn ticket(&self) -> Uuid {
        self.ticket
    }

    fn called_at(&self) -> Timestamp {
        self.at
    }

    fn reminds(&self) -> bool {
        self.kind == HallCallKind::Recall
    }
}

impl Call {
    /// The same number called again.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { kind: HallCallKind::Recall, ..self.clone() }
    }

    /// Whether both are one press of the key: a ticket that goes on with its next service where it is was
    /// not called again, though an invitation would be worded otherwise now.
    #[must_use]
    pub fn is_press_of(&self, other: &Self) -> bool {
        Self { occasion: other.occasion, ..self.clone() } == *other
    }
}

/// The ticket needs no call any more: its citizen came, or it was put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Withdraw {
    /// The ticket.
    pub ticket: Uuid,
}
