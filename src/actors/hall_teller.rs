//! Tells the province how many wait in this hall, for the page on which a citizen picks a center. Not a
//! fact of the journal: the newest figures alone are of use, and after a start they are looked up again.

use crate::actors::queue_desk::QueueHandle;
use crate::actors::uplink::UplinkHandle;
use domain::report::outside::HallNow;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// The hall is looked at so often, and told of when it has changed.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// What has not changed is told again after this: otherwise nobody could tell a calm hall from a cut
/// line. Less than a multiple of [`LOOK_EVERY`], so that it is met by a look.
const AGAIN_AFTER: Duration = Duration::from_secs(55);

/// What was told last, and when.
#[derive(Default)]
struct Told(Option<(HallNow, Instant)>);

impl Told {
    /// Whether this is worth a message now.
    fn is_news(&self, hall: &HallNow, now: Instant) -> bool {
        self.0.as_ref().is_none_or(|(last, at)| {
            !last.says_the_same(hall) || now.duration_since(*at) >= AGAIN_AFTER
        })
    }
}

/// Looks and tells until one of the two has stopped.
pub async fn run(queue: QueueHandle, uplink: UplinkHandle) {
    let mut told = Told::default();
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let hall = match queue.look_from_outside().await {
            Ok(hall) => hall,
            Err(failure) => {
                tracing::debug!(code = failure.code(), "the hall cannot be looked at now");
                continue;
            }
        };
        let now = Instant::now();
        if !told.is_news(&hall, now) {
            continue;
        }
        if let Err(failure) = uplink.tell_hall(&hall).await {
            tracing::warn!(code = failure.code(), "nobody tells the province of the hall any more");
            return;
        }
        told.0 = Some((hall, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::testing::{Center, ONE, at_counter, issuing, officer};

    #[actix_rt::test]
    async fn those_outside_are_told_who_waits_for_what_and_no_number_of_anybody() {
        let center = Center::start().await;
        let before = center.queue.look_from_outside().await.unwrap();
        assert_eq!((before.waiting, before.open_counters), (0, 0));
        center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
        let reply = center.queue.issue(at_counter(), issuing()).await.unwrap();
        let ticket = reply.ticket.unwrap();
        let told = center.queue.look_from_outside().await.unwrap();
        assert_eq!((told.waiting, told.open_counters), (1, 1));
        let service = told.service(&ticket.service).unwrap();
        assert_eq!(service.waiting, 1);
        assert!(service.range().is_some(), "an open counter serves it");
        let sent = serde_json::to_string(&told).unwrap();
        assert!(!sent.contains(&ticket.label) && !sent.contains(&ticket.id.to_string()), "{sent}");
    }

    #[test]
    fn a_change_is_told_with_the_next_look_and_a_calm_hall_once_a_minute() {
        let calm = |minute: i64| HallNow {
            at: jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_mins(minute),
            open_counters: 1,
            waiting: 3,
            services: Vec::new(),
        };
        let start = Instant::now();
        assert!(Told::default().is_news(&calm(0), start));
        let told = Told(Some((calm(0), start)));
        assert!(!told.is_news(&calm(1), start + LOOK_EVERY));
        assert!(told.is_news(&calm(2), start + 2 * LOOK_EVERY));
        let busier = HallNow { waiting: 4, ..calm(1) };
        assert!(told.is_news(&busier, start + LOOK_EVERY));
    }
}
