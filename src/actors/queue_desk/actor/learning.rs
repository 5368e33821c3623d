//! A while after a start: the service times of the days before are read from the store.

use super::QueueDesk;
use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use domain::queue::estimate::LEARNED_DAYS;
use domain::queue::{Service, ServiceTimes};
use std::sync::Arc;
use std::time::Duration;
use store::{Readers, StoreError};

/// First the hall is served: until then the prior and today's services speak.
pub(super) const LEARN_AFTER: Duration = Duration::from_secs(5);

impl QueueDesk {
    /// Reads what the days before teach, beside everything else. When it cannot be read, the desk goes on
    /// with what it learns from now on: an estimate is no reason to stop.
    pub(super) fn learn_history(&mut self, ctx: &mut Context<Self>) {
        let (today, services) = (self.desk.queue().day(), self.services());
        let read = history(self.ports.store.readers.clone(), today, services);
        let then = read.into_actor(self).map(|read, desk, _ctx| match read {
            Ok(times) => desk.desk.learned(times),
            Err(error) => {
                tracing::warn!(code = error.code(), %error, "service times are not read");
            }
        });
        ctx.spawn(then);
    }

    /// The service groups of today: by their bands of numbers a ticket says where its visit began.
    fn services(&self) -> Arc<[Service]> {
        self.desk.queue().settings().services.clone().into()
    }
}

/// One day a read, so that none holds an old view of the tables for long.
async fn history(
    readers: Readers,
    today: jiff::civil::Date,
    services: Arc<[Service]>,
) -> Result<ServiceTimes, StoreError> {
    let days = readers
        .read(move |conn| store::query::tickets::latest_days(conn, today, LEARNED_DAYS))
        .await?;
    let mut times = ServiceTimes::default();
    for day in days {
        let services = Arc::clone(&services);
        times = readers
            .read(move |conn| {
                times.learn_day(day, &store::query::tickets::of_day(conn, day)?, &services);
                Ok(times)
            })
            .await?;
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::queue_desk::Which;
    use crate::actors::testing::{Center, ONE, at_counter, issuing, officer, queue_settings};
    use domain::time::{Clock, business_day};

    #[actix_rt::test]
    async fn a_number_is_told_how_long_it_will_wait_and_nothing_while_no_counter_is_open() {
        let center = Center::start().await;
        let early = center.queue.issue(at_counter(), issuing()).await.unwrap();
        assert_eq!((early.waiting_ahead, early.wait), (Some(0), None));
        center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
        center.queue.call_next(at_counter(), ONE).await.unwrap();
        let next = center.queue.issue(at_counter(), issuing()).await.unwrap();
        let wait = next.wait.unwrap();
        assert!(wait.low_min <= wait.expected_min && wait.expected_min < wait.high_min, "{wait:?}");
        assert_eq!(wait.learned_from, 0, "nothing is known of this center yet");
        // Asked for later, in the same place and at the same time, it is told the same.
        let look = center.queue.look(Which::One(next.ticket.unwrap().id)).await.unwrap();
        assert_eq!(look.wait, Some(wait));
        let called = center.queue.look(Which::One(early.ticket.unwrap().id)).await.unwrap();
        assert_eq!(called.wait, None, "who is called waits no more");
    }

    #[actix_rt::test]
    async fn who_came_on_a_day_that_is_over_is_known_at_once_and_the_same_after_a_restart() {
        let center = Center::start().await;
        for _ in 0..3 {
            center.queue.issue(at_counter(), issuing()).await.unwrap();
        }
        let like = async || center.queue.look(Which::All).await.unwrap().days_like;
        assert!(like().await.is_empty(), "today is none of the days before");
        center.clock.move_by(24 * 3600);
        center.queue.issue(at_counter(), issuing()).await.unwrap();
        let known = like().await;
        assert_eq!(known.len(), 1);
        let (today, settings) = (business_day(center.clock.now()), queue_settings());
        let services = settings.services.into();
        let times = history(center.ports.readers.clone(), today, services).await.unwrap();
        assert_eq!(times.days_like(today, &settings.hours), known);
    }

    #[actix_rt::test]
    async fn the_days_before_teach_and_today_does_so_as_it_goes_on() {
        let center = Center::start().await;
        center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
        for _ in 0..3 {
            center.queue.issue(at_counter(), issuing()).await.unwrap();
            center.queue.call_next(at_counter(), ONE).await.unwrap();
            center.queue.begin(at_counter(), ONE).await.unwrap();
            center.clock.move_by(120);
            center.queue.complete(at_counter(), ONE).await.unwrap();
        }
        let told = center.queue.issue(at_counter(), issuing()).await.unwrap().wait.unwrap();
        assert_eq!(told.learned_from, 3);
        let now = center.clock.now();
        let learned = async |before| {
            let services = queue_settings().services.into();
            let times = history(center.ports.readers.clone(), before, services).await.unwrap();
            times.expected(&issuing().service, now)
        };
        let today = business_day(now);
        assert_eq!(learned(today).await.learned_from, 0);
        let tomorrow = learned(today.tomorrow().unwrap()).await;
        assert_eq!(tomorrow.learned_from, 3);
        assert!(tomorrow.mean_s < domain::queue::estimate::PRIOR_SERVICE_S);
    }
}
