//! What the desk reads from the tables: at its start, and again after a failure of the store.

use super::{DESK, QueueDesk, start_of_day};
use crate::actors::pipeline::known_keys;
use crate::actors::queue_desk::desk::ClosedBefore;
use crate::actors::queue_desk::presses::OpenPapers;
use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use domain::queue::{Queue, QueueSettings};
use domain::time::business_day;
use jiff::{Timestamp, civil};
use std::time::Duration;
use store::StoreError;
use store::records::PrintJob;

/// How long after a failed read the tables are read again.
const READ_AGAIN: Duration = Duration::from_secs(1);

impl QueueDesk {
    /// Drops the memory and reads the tables.
    pub(super) fn read_again(&mut self, ctx: &mut Context<Self>) {
        tracing::warn!("the queue desk reads its tables again");
        let day = business_day(self.ports.clock.now());
        let settings = self.settings.queue.clone();
        let readers = self.ports.store.readers.clone();
        let read = async move { readers.read(move |conn| load(conn, settings, day)).await };
        let then = read.into_actor(self).map(|loaded, desk, ctx| match loaded {
            Ok(loaded) => {
                desk.desk.read_again(loaded.queue, loaded.closed_before);
                desk.earlier_days.due = true;
                desk.papers = OpenPapers::of(&loaded.print_jobs);
                desk.bookings.clear();
                desk.pipeline.remember_keys(loaded.keys);
                desk.pipeline.reloaded();
                desk.show_signs();
                desk.publish_soon(ctx);
            }
            Err(error) => {
                tracing::error!(code = error.code(), %error, "the queue's tables cannot be read");
                ctx.run_later(READ_AGAIN, |desk, ctx| desk.read_again(ctx));
            }
        });
        ctx.spawn(then);
    }
}

/// What the desk reads at its start and after a failure.
pub(super) struct Loaded {
    pub(super) queue: Queue,
    pub(super) closed_before: Option<ClosedBefore>,
    pub(super) keys: Vec<(String, Timestamp)>,
    pub(super) print_jobs: Vec<PrintJob>,
}

pub(super) fn load(
    conn: &rusqlite::Connection,
    settings: QueueSettings,
    day: civil::Date,
) -> Result<Loaded, StoreError> {
    let tickets = store::query::tickets::in_queue_of(conn, day)?;
    let counters = store::query::counters::all(conn)?;
    let settings = store::query::governed::in_force(conn, settings)?;
    let mut queue = Queue::for_day(settings, day, tickets, counters);
    let services: Vec<domain::ids::ServiceCode> =
        queue.settings().services.iter().map(|service| service.code.clone()).collect();
    for service in services {
        let series = store::numbers::ticket_series(&service);
        if let Some(next) = store::query::numbers::skipped_to(conn, day, &series)? {
            queue.skip_to(&service, next.saturating_sub(1));
        }
    }
    let closed_before = store::query::tickets::closed_before(conn, day)?;
    Ok(Loaded {
        queue,
        closed_before: closed_before.map(|(day, count)| ClosedBefore { day, count }),
        keys: known_keys(conn, DESK)?,
        print_jobs: store::query::print_jobs::open(conn, start_of_day(day))?,
    })
}
