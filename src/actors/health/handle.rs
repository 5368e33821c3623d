//! How others ask after the center's health.

use super::actor::{ConfirmClock, Health, LookNow};
use super::desk::Report;
use crate::actors::failure::Failure;
use actix::Addr;

/// What others know of health.
#[derive(Clone)]
pub struct HealthHandle {
    pub(super) addr: Addr<Health>,
}

impl HealthHandle {
    /// A fresh look at store, disk and clock.
    ///
    /// # Errors
    /// The actor has stopped.
    pub async fn report(&self) -> Result<Report, Failure> {
        Ok(self.addr.send(LookNow).await?)
    }

    /// The head has looked at the date and found it right: a jump is not told any more.
    ///
    /// # Errors
    /// The actor has stopped.
    pub async fn confirm_clock(&self) -> Result<(), Failure> {
        Ok(self.addr.send(ConfirmClock).await?)
    }
}
