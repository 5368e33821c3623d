//! The thin shell: admit, decide, hand over, answer after the commit, then the effects.

use super::desk::{Desk, PrintWish, Step};
use super::handle::QueueHandle;
use super::messages::{Command, DossierPlace, Look, QueueReply, QueueView, Verb};
use super::paper::TicketPaper;
use super::presses::{Kiosks, OpenPapers};
use crate::actors::announcer::{AnnouncerHandle, Call};
use crate::actors::device_host::{DeviceHostHandle, JobState, PrintNews, PrintOrder, TOO_LATE};
use crate::actors::failure::Failure;
use crate::actors::guard::AbortGuard;
use crate::actors::live::{Live, Topic};
use crate::actors::officer_names::OfficerNames;
use crate::actors::origin::Origin;
use crate::actors::pipeline::{
    Admission, Admitted, Answer, Finished, Pipeline, StorePorts, failure_of, known_keys,
};
use crate::actors::print_jobs::{self, NotTaken};
use crate::actors::rating_desk::RatingHandle;
use actix::{
    Actor, ActorFutureExt, ArbiterHandle, AsyncContext, Context, Handler, ResponseFuture,
    StreamHandler, WrapFuture,
};
use domain::queue::{Decision, Effect, Queue, QueueSettings, Ticket, TicketState};
use domain::refusal::Refusal;
use domain::time::{Clock, business_day};
use futures_util::stream::BoxStream;
use jiff::{SignedDuration, Timestamp, civil};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::records::PrintJob;
use store::{Batch, Fact, LocalWrite, StoreError};
use uuid::Uuid;

/// The desk's name in request keys.
const DESK: &str = "queue";
/// Messages that may wait; the senders of more are parked.
const MAILBOX_LENGTH_MAX: usize = 512;
/// Decisions under way to the disk; one more is answered "busy".
const UNDER_WAY_MAX: usize = 512;
/// Pictures for the screens are at least this far apart, and so many times as long as one takes:
/// under the heaviest load they never use more than a small share of the desk's time.
const PUBLISH_PAUSE: Duration = Duration::from_millis(25);
const PUBLISH_SHARE: u32 = 16;
/// How often the day is looked at when nobody does anything, and orders to print that were not
/// taken are offered again.
const TICK: Duration = Duration::from_secs(2);
/// How long after a failed read the tables are read again.
const READ_AGAIN: Duration = Duration::from_secs(1);
/// Tickets of earlier days that one entry closes: far below what an entry may hold.
const CLOSED_BY_ENTRY_MAX: usize = 50;
/// Tickets of earlier days that one command closes; the next command goes on.
const CLOSED_BY_COMMAND_MAX: usize = 1_000;
/// How often a day tries to close the days before it. Then they stay as they are until the next one,
/// so that a row that cannot be stored does not make every command reload the desk.
const CLOSING_TRIES_MAX: u8 = 5;

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
    resume: Vec<PrintJob>,
    _guard: AbortGuard,
}

/// Whether something of earlier days may still be open.
struct EarlierDays {
    due: bool,
    tries: u8,
}

impl EarlierDays {
    const fn unknown() -> Self {
        Self { due: true, tries: 0 }
    }
}

/// What follows a commit.
struct After {
    at: Timestamp,
    day: civil::Date,
    decision: Decision,
    print: Option<PrintWish>,
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
            desk: Desk::new(loaded.queue),
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
        let after = After { at: now, day: business_day(now), decision: decision.clone(), print };
        let answer = self.pipeline.submit(admitted, batch, reply, after)?;
        self.desk.apply(&decision);
        if let Some((ticket, job)) = paper {
            self.papers.ordered(ticket, job);
        }
        Ok(answer)
    }

    /// A ticket whose paper has not come yet is asked for again: the answer names the job under way.
    /// The printer is offered it once more, which changes nothing when it has it.
    fn paper_is_coming(
        &mut self,
        ticket: Uuid,
        job: Uuid,
        admitted: Admitted,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Answer<QueueReply>, Failure> {
        let ticket = self.desk.queue().ticket(ticket)?.clone();
        let print = Some(PrintWish { job, ticket: ticket.clone(), ahead: None, reprint: true });
        let reply =
            QueueReply { ticket: Some(ticket), print_job: Some(job), ..QueueReply::default() };
        let decision = Decision::default();
        let batch = batch(origin, now, &decision);
        let after = After { at: now, day: business_day(now), decision, print };
        self.pipeline.submit(admitted, batch, reply, after)
    }

    /// The printer's word: the ticket and the job are written in one entry.
    fn print_news(&mut self, news: PrintNews) -> Result<Answer<QueueReply>, Failure> {
        let now = self.ports.clock.now();
        let origin = Origin::center();
        let admitted = match self.pipeline.admit(&origin, &news, now)? {
            Admission::Again(first) => return Ok(first),
            Admission::Fresh(admitted) => admitted,
        };
        self.follow_the_day(now)?;
        let decision = match news.state {
            JobState::Printed => self.desk.decide_printed(news.subject, true),
            JobState::Blocked { .. } => self.desk.decide_printed(news.subject, false),
            JobState::Pending | JobState::Printing => Decision::default(),
        };
        let mut batch = batch(&origin, now, &decision);
        batch.local.push(LocalWrite::PrintJob(print_jobs::ticket_after(&news, now)));
        let after =
            After { at: now, day: business_day(now), decision: decision.clone(), print: None };
        let answer = self.pipeline.submit(admitted, batch, QueueReply::default(), after)?;
        self.desk.apply(&decision);
        if ended(&news.state) {
            self.papers.ended(news.subject, news.job);
        }
        Ok(answer)
    }

    /// A command of another day than the queue's: go over to that day first.
    fn follow_the_day(&mut self, now: Timestamp) -> Result<(), Failure> {
        if !self.desk.is_of_another_day(now) {
            return Ok(());
        }
        // What is still on its way would not be in the tables yet.
        if !self.pipeline.at_rest() {
            return Err(Failure::Busy);
        }
        let day = business_day(now);
        let tickets = self
            .ports
            .store
            .readers
            .read_now(|conn| store::query::tickets::of_day(conn, day))
            .map_err(|error| {
                tracing::error!(code = error.code(), %error, "the new day cannot be read");
                failure_of(&error)
            })?;
        tracing::info!(%day, tickets = tickets.len(), "the queue goes over to another day");
        self.desk.roll_over(day, tickets);
        self.earlier_days = EarlierDays::unknown();
        self.papers = OpenPapers::default();
        // Here, so that whoever came first on the new day did not leave yesterday's numbers standing.
        self.show_signs();
        self.publish();
        Ok(())
    }

    /// Closes what earlier days left open, with the first command of a day. Whoever gives that command
    /// does not wait for it; if it fails, a later one tries again.
    fn close_earlier_days(&mut self, now: Timestamp) {
        if !self.earlier_days.due || self.earlier_days.tries >= CLOSING_TRIES_MAX {
            return;
        }
        self.earlier_days = EarlierDays { due: false, tries: self.earlier_days.tries + 1 };
        if let Err(error) = self.try_to_close_earlier_days(now) {
            tracing::warn!(code = error.code(), %error, "earlier days are not closed yet");
            self.earlier_days.due = true;
        }
    }

    fn try_to_close_earlier_days(&mut self, now: Timestamp) -> Result<(), Failure> {
        let day = business_day(now);
        let read = |conn: &rusqlite::Connection| {
            let open = store::query::tickets::unfinished_before(conn, day, CLOSED_BY_COMMAND_MAX)?;
            Ok((open, store::query::counters::all(conn)?))
        };
        let (tickets, counters) =
            self.ports.store.readers.read_now(read).map_err(|error| failure_of(&error))?;
        let mut counters = self.desk.counters_closed_at_day_end(&counters);
        let tickets: Vec<Ticket> = tickets.iter().filter_map(Ticket::closed_at_day_end).collect();
        if tickets.is_empty() && counters.is_empty() {
            return Ok(());
        }
        tracing::info!(
            tickets = tickets.len(),
            counters = counters.len(),
            "what earlier days left open is closed"
        );
        // Counters go with the first entry, also when there is no ticket.
        let chunks =
            tickets.chunks(CLOSED_BY_ENTRY_MAX).chain(tickets.is_empty().then_some(&[][..]));
        for chunk in chunks {
            let origin = Origin::center();
            let Admission::Fresh(admitted) = self.pipeline.admit(&origin, &"close days", now)?
            else {
                return Ok(());
            };
            let counters = std::mem::take(&mut counters);
            let closed = Decision { tickets: chunk.to_vec(), counters, effects: Vec::new() };
            let batch = batch(&origin, now, &closed);
            // The tickets are none of today's: memory and screens do not know them.
            let decision = Decision { tickets: Vec::new(), ..closed };
            let after = After { at: now, day, decision: decision.clone(), print: None };
            drop(self.pipeline.submit(admitted, batch, QueueReply::default(), after)?);
            self.desk.apply(&decision);
        }
        if tickets.len() >= CLOSED_BY_COMMAND_MAX {
            self.earlier_days = EarlierDays::unknown();
        }
        Ok(())
    }

    fn after_commit(&mut self, after: After, ctx: &mut Context<Self>) {
        let After { at, day, decision, print } = after;
        // At the call, not at the beginning of the service: who walks up sees the tablet first.
        if let Some(counter) = self.desk.next_person_at(&decision) {
            self.ports.ratings.withdraw(counter);
        }
        self.desk.commit(&decision, day);
        let called = decision.effects.iter().find_map(|effect| match effect {
            Effect::Announce { counter, .. } => Some(*counter),
            _ => None,
        });
        for effect in &decision.effects {
            match effect {
                Effect::CounterSign { counter, label } => {
                    let flash = called == Some(*counter);
                    self.ports.devices.show_sign(*counter, label.as_deref(), flash);
                }
                Effect::Announce { ticket, .. } => {
                    let call = decision.tickets.iter().find(|other| other.id == *ticket);
                    if let Some(call) = call.and_then(super::desk::call_of) {
                        self.ports.announcer.call(call);
                    }
                }
                Effect::PrintTicket { .. } => {}
            }
        }
        // Whoever came, went away or was put aside is not called any more. Whoever is called still
        // is: the printer's word about a ticket changes it, too.
        let moved = |ticket: &&Ticket| match ticket.state {
            TicketState::Called => false,
            TicketState::Waiting => !decision.counters.is_empty(),
            _ => true,
        };
        if called.is_none() {
            for ticket in decision.tickets.iter().filter(moved) {
                self.ports.announcer.withdraw(ticket.id);
            }
        }
        if let Some(print) = print {
            self.order_print(print, Ordered { at, doubtful: false }, ctx);
        }
        self.publish_soon(ctx);
    }

    fn order_print(&mut self, print: PrintWish, ordered: Ordered, ctx: &mut Context<Self>) {
        let service = self.desk.service_of(&print.ticket);
        let document = self.settings.paper.of(&print.ticket, service, print.ahead, print.reprint);
        let order = PrintOrder {
            job: print.job,
            subject: print.ticket.id,
            document,
            ordered_at: ordered.at,
            counter: None,
            valid_until: end_of_day(print.ticket.business_day),
            doubtful: ordered.doubtful,
            owner: ctx.address().recipient(),
        };
        self.hand_to_printer(order);
    }

    /// A printer's queue that is full does not lose the job: it stands in the table, and is offered
    /// again.
    fn hand_to_printer(&mut self, order: PrintOrder) {
        if let Err(order) = self.ports.devices.print(order) {
            self.orders_not_taken.keep(*order);
        }
    }

    fn publish_soon(&mut self, ctx: &mut Context<Self>) {
        if self.publish_armed {
            return;
        }
        let since = self.published_at.map_or(self.publish_pause, |at| at.elapsed());
        if since >= self.publish_pause {
            self.publish();
        } else {
            self.publish_armed = true;
            ctx.run_later(self.publish_pause - since, |desk, _| {
                desk.publish_armed = false;
                desk.publish();
            });
        }
    }

    fn publish(&mut self) {
        let now = self.ports.clock.now();
        let begun = Instant::now();
        self.ports.live.publish_hall(self.desk.hall(&self.settings.unit_name, now), now);
        self.ports.live.publish(Topic::Queue, self.desk.picture(&self.settings.officers), now);
        self.publish_pause = PUBLISH_PAUSE.max(begun.elapsed() * PUBLISH_SHARE);
        self.published_at = Some(Instant::now());
    }

    fn tick(&mut self) {
        // Refused while something is on its way: the next look comes soon.
        let _busy = self.follow_the_day(self.ports.clock.now());
        for order in self.orders_not_taken.take() {
            self.hand_to_printer(order);
        }
    }

    /// Offers what the table calls pending, while nothing is on its way there: then the table is as
    /// new as this desk, and the host knows what is newer.
    fn offer_again(&mut self, ctx: &mut Context<Self>) {
        if !self.pipeline.at_rest() {
            return;
        }
        let now = self.ports.clock.now();
        let since = start_of_day(business_day(now));
        let read = |conn: &rusqlite::Connection| print_jobs::to_offer_again(conn, since, now);
        match self.ports.store.readers.read_now(read) {
            Ok(jobs) => self.offer(jobs, ctx),
            Err(error) => tracing::warn!(code = error.code(), %error, "print jobs are not offered"),
        }
    }

    fn offer(&mut self, jobs: Vec<PrintJob>, ctx: &mut Context<Self>) {
        for job in jobs {
            let Some(ticket) = job.ticket else { continue };
            if let Some(print) = self.desk.print_again(job.id, ticket) {
                let doubtful = print_jobs::may_be_on_paper(&job);
                self.order_print(print, Ordered { at: job.created_at, doubtful }, ctx);
            }
        }
    }

    fn show_signs(&self) {
        for (counter, label) in self.desk.signs() {
            self.ports.devices.show_sign(counter, label.as_deref(), false);
        }
    }

    /// Drops the memory and reads the tables.
    fn read_again(&mut self, ctx: &mut Context<Self>) {
        tracing::warn!("the queue desk reads its tables again");
        let day = business_day(self.ports.clock.now());
        let settings = self.settings.queue.clone();
        let readers = self.ports.store.readers.clone();
        let read = async move { readers.read(move |conn| load(conn, settings, day)).await };
        let then = read.into_actor(self).map(|loaded, desk, ctx| match loaded {
            Ok(loaded) => {
                desk.desk = Desk::new(loaded.queue);
                desk.earlier_days.due = true;
                desk.papers = OpenPapers::of(&loaded.print_jobs);
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

    /// What a stop of the daemon cut off between commit and effect.
    fn resume(&mut self, ctx: &mut Context<Self>) {
        let now = self.ports.clock.now();
        self.show_signs();
        for call in self.desk.calls_to_repeat(now) {
            tracing::info!(ticket = %call.ticket, "announced again after a restart");
            let Call { counter, ref label, .. } = call;
            self.ports.devices.show_sign(counter, Some(label), true);
            self.ports.announcer.call(call);
        }
        let jobs = std::mem::take(&mut self.resume);
        self.offer(jobs, ctx);
        self.publish();
    }
}

/// When a paper was asked for, and whether the printer may have had it already.
struct Ordered {
    at: Timestamp,
    doubtful: bool,
}

struct Loaded {
    queue: Queue,
    keys: Vec<(String, Timestamp)>,
    print_jobs: Vec<PrintJob>,
}

fn load(
    conn: &rusqlite::Connection,
    settings: QueueSettings,
    day: civil::Date,
) -> Result<Loaded, StoreError> {
    let tickets = store::query::tickets::of_day(conn, day)?;
    let counters = store::query::counters::all(conn)?;
    let mut queue = Queue::for_day(settings, day, tickets, counters);
    let services: Vec<domain::ids::ServiceCode> =
        queue.settings().services.iter().map(|service| service.code.clone()).collect();
    for service in services {
        let series = store::numbers::ticket_series(&service);
        if let Some(next) = store::query::numbers::skipped_to(conn, day, &series)? {
            queue.skip_to(&service, next.saturating_sub(1));
        }
    }
    Ok(Loaded {
        queue,
        keys: known_keys(conn, DESK)?,
        print_jobs: store::query::print_jobs::open(conn, start_of_day(day))?,
    })
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

/// Whether a paper is there, or will never be: a printer goes on with what is only blocked.
fn ended(state: &JobState) -> bool {
    match state {
        JobState::Printed => true,
        JobState::Blocked { code, .. } => *code == TOO_LATE,
        JobState::Pending | JobState::Printing => false,
    }
}

fn issuer(origin: &Origin) -> &str {
    if origin.device.is_empty() { &origin.actor } else { &origin.device }
}

fn end_of_day(day: civil::Date) -> Timestamp {
    start_of_day(day.tomorrow().unwrap_or(day)) - SignedDuration::from_micros(1)
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
        ctx.run_interval(print_jobs::OFFER_AGAIN, Self::offer_again);
        self.resume(ctx);
    }
}

impl Handler<Command> for QueueDesk {
    type Result = ResponseFuture<Result<QueueReply, Failure>>;

    fn handle(&mut self, command: Command, _ctx: &mut Self::Context) -> Self::Result {
        match self.ask(command) {
            Ok(answer) => answer,
            Err(failure) => Box::pin(std::future::ready(Err(failure))),
        }
    }
}

impl Handler<PrintNews> for QueueDesk {
    type Result = ResponseFuture<Result<(), Failure>>;

    fn handle(&mut self, news: PrintNews, _ctx: &mut Self::Context) -> Self::Result {
        match self.print_news(news) {
            Ok(answer) => Box::pin(async move { answer.await.map(|_| ()) }),
            Err(failure) => Box::pin(std::future::ready(Err(failure))),
        }
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
        self.follow_the_day(self.ports.clock.now())?;
        Ok(self.desk.view(which))
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
