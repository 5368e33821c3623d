//! How others reach the announcer.

use super::messages::{Call, Withdraw};
use actix::{Recipient, dev::SendError};
use uuid::Uuid;

/// Tells the announcer what to call. Telling never waits and never fails the caller: the counter's
/// sign and the called list already show the number.
#[derive(Clone)]
pub struct AnnouncerHandle {
    pub(super) calls: Recipient<Call>,
    pub(super) withdrawals: Recipient<Withdraw>,
}

impl AnnouncerHandle {
    /// A number is expected at a counter.
    pub fn call(&self, call: Call) {
        let ticket = call.ticket;
        report(self.calls.try_send(call), ticket);
    }

    /// The ticket needs no call any more.
    pub fn withdraw(&self, ticket: Uuid) {
        report(self.withdrawals.try_send(Withdraw { ticket }), ticket);
    }
}

fn report<M>(sent: Result<(), SendError<M>>, ticket: Uuid) {
    match sent {
        Ok(()) => {}
        Err(SendError::Full(_)) => tracing::warn!(%ticket, "announcer busy: call not announced"),
        Err(SendError::Closed(_)) => tracing::debug!(%ticket, "announcer stopped"),
    }
}
