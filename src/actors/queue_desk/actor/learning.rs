//! A while after a start: the service times of the days before are read from the store.

use super::QueueDesk;
use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use domain::queue::ServiceTimes;
use domain::queue::estimate::LEARNED_DAYS;
use std::time::Duration;
use store::{Readers, StoreError};

/// First the hall is served: until then the prior and today's services speak.
pub(super) const LEARN_AFTER: Duration = Duration::from_secs(5);

impl QueueDesk {
    /// Reads what the days before teach, beside everything else. When it cannot be read, the desk goes on
    /// with what it learns from now on: an estimate is no reason to stop.
    pub(super) fn learn_history(&mut self, ctx: &mut Context<Self>) {
        let today = self.desk.queue().day();
        let read = history(self.ports.store.readers.clone(), today);
        let then = read.into_actor(self).map(|read, desk, _ctx| match read {
            Ok(times) => desk.desk.learned(times),
            Err(error) => {
                tracing::warn!(code = error.code(), %error, "service times are not read");
            }
        });
        ctx.spawn(then);
    }
}

/// One day a read, so that none holds an old view of the tables for long.
async fn history(readers: Readers, today: jiff::civil::Date) -> Result<ServiceTimes, StoreError> {
    let days = readers
        .read(move |conn| store::query::tickets::latest_days(conn, today, LEARNED_DAYS))
        .await?;
    let mut times = ServiceTimes::default();
    for day in days {
        times = readers
            .read(move |conn| {
                times.learn_day(day, &store::query::tickets::of_day(conn, day)?);
                Ok(times)
            })
            .await?;
    }
    Ok(times)
}
