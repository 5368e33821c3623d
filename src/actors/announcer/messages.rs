//! What the announcer is told.

use crate::actors::live::HallCallKind;
use actix::Message;
use domain::announce::Said;
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
}

/// The ticket needs no call any more: its citizen came, or it was put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Withdraw {
    /// The ticket.
    pub ticket: Uuid,
}
