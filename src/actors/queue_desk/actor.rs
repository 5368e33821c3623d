//! The thin shell: admit, decide, hand over, answer after the commit, then the effects.

mod bookings;
mod days;
mod effects;
mod governed;
mod learning;
mod papers;
mod reading;

use super::desk::{Desk, PrintWish, Step};
use super::handle::QueueHandle;
use super::messages::{Command, DossierPlace, Look, LookFromOutside, QueueReply, QueueView, Verb};
use super::paper::TicketPaper;
use super::presses::{Kiosks, OpenPapers};
use crate::actors::announcer::AnnouncerHandle;
use crate::actors::device_host::DeviceHostHandle;
use crate::actors::failure::Failure;
use crate::actors::guard::AbortGuard;
use crate::actors::live::Live;
use crate::actors::officer_names::OfficerNames;
use crate::actors::origin::Origin;
use crate::actors::pipeline::{Admission, Answer, Finished, Pipeline, StorePorts, answered};
use crate::actors::print_jobs::{self, NotTaken};
use crate::actors::rating_desk::RatingHandle;
use actix::{Actor, ArbiterHandle, AsyncContext, Context, Handler, ResponseFuture, StreamHandler};
use domain::queue::{Decision, Governed, QueueSettings};
use domain::refusal::Refusal;
use domain::report::outside::HallNow;
use domain::time::{Clock, business_day};
use futures_util::stream::BoxStream;
use jiff::{Timestamp, civil};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::records::PrintJob;
use store::{Batch, Fact, LocalWrite, StoreError};
use uuid::Uuid;

use bookings::NotedBookings;
use days::EarlierDays;
use effects::PUBLISH_PAUSE;
use learning::LEARN_AFTER;
use reading::load;

/// The desk's name in request keys.
const DESK: &str = "queue";
/// Messages that may wait; the senders of more are parked.
const MAILBOX_LENGTH_MAX: usize = 512;
/// Decisions under way to the disk; one more is answered "busy".
const UNDER_WAY_MAX: usize = 512;
/// How often the day is looked at when nobody does anything, and orders to print that were not
/// taken are offered again.
const TICK: Duration = Duration::from_secs(2);

/// Whom the desk tells after a commit.
pub struct QueuePorts {
    /// Tables.
    pub store: StorePorts,
    /// The voice and the large line.
    pub announcer: AnnouncerHandle,
    /// Signs and printers.
    pub devices: DeviceHostHandle,
    /// What the tablets ask.
    pub ratings: RatingHandle,
    /// Screens.
    pub live: Live,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What the desk is told at start.
pub struct QueueDeskSettings {
    /// Services, counters, grounds, rules.
    pub queue: QueueSettings,
    /// Name of the center on the screens.
    pub unit_name: String,
    /// What stands on each ticket.
    pub paper: TicketPaper,
    /// How officers are called.
    pub officers: OfficerNames,
}

/// The actor.
pub struct QueueDesk {
    desk: Desk,
    pipeline: Pipeline<QueueReply, After>,
    finished: Option<BoxStream<'static, Finished<QueueReply, After>>>,
    ports: QueuePorts,
    settings: QueueDeskSettings,
    published_at: Option<Instant>,
    publish_pause: Duration,
    publish_armed: bool,
    orders_not_taken: NotTaken,
    earlier_days: EarlierDays,
    kiosks: Kiosks,
    papers: OpenPapers,
    bookings: NotedBookings,
    resume: Vec<PrintJob>,
    _guard: AbortGuard,
}

/// What follows a commit.
struct After {
    at: Timestamp,
    day: civil::Date,
    decision: Decision,
    print: Option<PrintWish>,
    /// What the head decided with it.
    governed: Option<Governed>,
}

impl After {
    /// Nothing is printed and nothing was decided by the head.
    fn of(decision: Decision, now: Timestamp) -> Self {
        Self { at: now, day: business_day(now), decision, print: None, governed: None }
    }
}

impl QueueDesk {
    /// Reads the day from the tables. Nothing is announced or printed before it is started.
    ///
    /// # Errors
    /// The tables cannot be read.
    pub fn load(settings: QueueDeskSettings, ports: QueuePorts) -> Result<Self, StoreError> {
        let day = business_day(ports.clock.now());
        let queue_settings = settings.queue.clone();
        let readers = ports.store.readers.clone();
        let loaded = readers.read_now(move |conn| load(conn, queue_settings, day))?;
        let (mut pipeline, finished) = Pipeline::new(DESK, ports.store.clone(), UNDER_WAY_MAX);
        pipeline.remember_keys(loaded.keys);
        Ok(Self {
            desk: Desk::new(loaded.queue).after(loaded.closed_before),
            pipeline,
            finished: Some(Box::pin(finished)),
            ports,
            settings,
            published_at: None,
            publish_pause: PUBLISH_PAUSE,
            publish_armed: false,
            orders_not_taken: NotTaken::default(),
            earlier_days: EarlierDays::unknown(),
            kiosks: Kiosks::default(),
            papers: OpenPapers::of(&loaded.print_jobs),
            bookings: NotedBookings::default(),
            resume: loaded.print_jobs,
            _guard: AbortGuard::of("queue_desk"),
        })
    }

    /// Starts it on an arbiter. From here on it announces and prints.
    #[must_use]
    pub fn spawn(self, arbiter: &ArbiterHandle) -> QueueHandle {
        QueueHandle { addr: Self::start_in_arbiter(arbiter, |_| self) }
    }

    fn ask(&mut self, command: Command) -> Result<Answer<QueueReply>, Failure> {
        let Command { origin, verb } = command;
        let now = self.ports.clock.now();
        let admitted = match self.pipeline.admit(&origin, &verb, now)? {
            Admission::Again(first) => return Ok(first),
            Admission::Fresh(admitted) => admitted,
        };
        self.follow_the_day(now)?;
        self.close_earlier_days(now);
        self.kiosks.check(&origin, &verb, self.desk.queue(), now)?;
        if let Verb::Reprint(ticket) = &verb
            && let Some(job) = self.papers.of_ticket(*ticket)
        {
            return self.paper_is_coming(*ticket, job, admitted, &origin, now);
        }
        if origin.own_counter_only {
            self.desk.check_staffed(&verb, &origin.actor)?;
        }
        let Step { decision, reply, print } =
            self.desk.decide(verb, issuer(&origin), Uuid::now_v7, now)?;
        let mut batch = batch(&origin, now, &decision);
        if let Some(print) = &print {
            batch.local.push(LocalWrite::PrintJob(print_jobs::new_ticket(
                print.job,
                print.ticket.id,
                now,
            )));
        }
        let paper = print.as_ref().map(|print| (print.ticket.id, print.job));
        let after = After { print, ..After::of(decision.clone(), now) };
        let answer = self.pipeline.submit(admitted, batch, reply, after)?;
        self.desk.apply(&decision);
        if let Some((ticket, job)) = paper {
            self.papers.ordered(ticket, job);
        }
        Ok(answer)
    }

    fn tick(&mut self) {
        // Refused while something is on its way: the next look comes soon.
        let now = self.ports.clock.now();
        let _busy = self.follow_the_day(now);
        if self.desk.waits_are_stale(now) {
            self.publish();
        }
        for order in self.orders_not_taken.take() {
            self.hand_to_printer(order);
        }
    }
}

fn batch(origin: &Origin, now: Timestamp, decision: &Decision) -> Batch {
    let mut batch = Batch::new(&origin.actor, now);
    batch.device.clone_from(&origin.device);
    batch.facts = decision
        .tickets
        .iter()
        .cloned()
        .map(Fact::Ticket)
        .chain(decision.counters.iter().cloned().map(Fact::Counter))
        .collect();
    batch
}

fn issuer(origin: &Origin) -> &str {
    if origin.device.is_empty() { &origin.actor } else { &origin.device }
}

fn start_of_day(day: civil::Date) -> Timestamp {
    domain::time::instant(day.at(0, 0, 0, 0))
}

impl Actor for QueueDesk {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LENGTH_MAX);
        if let Some(finished) = self.finished.take() {
            ctx.add_stream(finished);
        }
        ctx.run_interval(TICK, |desk, _| desk.tick());
        ctx.run_later(LEARN_AFTER, Self::learn_history);
        ctx.run_interval(print_jobs::OFFER_AGAIN, Self::offer_again);
        self.resume(ctx);
    }
}

impl Handler<Command> for QueueDesk {
    type Result = ResponseFuture<Result<QueueReply, Failure>>;

    fn handle(&mut self, command: Command, _ctx: &mut Self::Context) -> Self::Result {
        answered(self.ask(command))
    }
}

impl Handler<DossierPlace> for QueueDesk {
    type Result = Result<Result<(), Refusal>, Failure>;

    fn handle(&mut self, asked: DossierPlace, _ctx: &mut Self::Context) -> Self::Result {
        self.follow_the_day(self.ports.clock.now())?;
        Ok(self.desk.dossier_place(&asked))
    }
}

impl Handler<Look> for QueueDesk {
    type Result = Result<QueueView, Failure>;

    fn handle(&mut self, Look(which): Look, _ctx: &mut Self::Context) -> Self::Result {
        let now = self.ports.clock.now();
        self.follow_the_day(now)?;
        Ok(self.desk.view(which, now))
    }
}

impl Handler<LookFromOutside> for QueueDesk {
    type Result = Result<HallNow, Failure>;

    fn handle(&mut self, _: LookFromOutside, _ctx: &mut Self::Context) -> Self::Result {
        let now = self.ports.clock.now();
        self.follow_the_day(now)?;
        Ok(self.desk.outside(now))
    }
}

impl StreamHandler<Finished<QueueReply, After>> for QueueDesk {
    fn handle(&mut self, finished: Finished<QueueReply, After>, ctx: &mut Self::Context) {
        let settled = self.pipeline.settle(finished, self.ports.clock.now());
        if let Some(after) = settled.effects {
            self.after_commit(after, ctx);
        }
        if settled.reload {
            self.read_again(ctx);
        }
    }
}
