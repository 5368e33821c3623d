//! How others ask after the center's health.

use super::actor::{ClockRefusal, Health, LookNow, SetClock};
use super::desk::Report;
use crate::actors::failure::Failure;
use actix::Addr;
use jiff::Timestamp;

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

    /// The head says what time it is, because the machine's clock cannot be believed.
    ///
    /// # Errors
    /// Outside: the actor has stopped. Inside: why the time is not taken.
    pub async fn set_clock(
        &self,
        actor: String,
        at: Timestamp,
    ) -> Result<Result<Report, ClockRefusal>, Failure> {
        Ok(self.addr.send(SetClock { at, actor }).await?)
    }
}
