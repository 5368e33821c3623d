//! The thin shell: admit, decide, hand over, answer after the commit, then slip and tablet.

use super::board::{Board, News};
use super::desk::{Desk, PrintWish, Rules, Source, Step};
use super::down::Known;
use super::handle::DossierHandle;
use super::messages::{Command, DossierReply, MayAddScan};
use super::paper::SlipPaper;
use crate::actors::device_host::{DeviceHostHandle, PrintNews, PrintOrder};
use crate::actors::failure::Failure;
use crate::actors::guard::AbortGuard;
use crate::actors::live::{Live, Topic};
use crate::actors::origin::Origin;
use crate::actors::pipeline::{
    Admission, Answer, Finished, Pipeline, StorePorts, answered, known_keys,
};
use crate::actors::print_jobs::{self, NotTaken};
use crate::actors::rating_desk::{Offer, RatingHandle, hash_of, new_secret};
use actix::{
    Actor, ActorFutureExt, ArbiterHandle, AsyncContext, Context, Handler, ResponseFuture,
    StreamHandler, WrapFuture,
};
use domain::dossier::Dossier;
use domain::ids::{CounterNumber, NodeId, OfficerId};
use domain::rating::RatingToken;
use domain::refusal::Refusal;
use domain::time::Clock;
use futures_util::stream::BoxStream;
use jiff::{SignedDuration, Timestamp, civil};
use std::sync::Arc;
use std::time::Duration;
use store::query::dossiers::DossierView;
use store::records::{AccessRecord, PrintJob};
use store::{Batch, LocalWrite, Readers, StoreError};
use uuid::Uuid;

/// The desk's name in request keys.
const DESK: &str = "dossier";
/// Messages that may wait.
const MAILBOX_LENGTH_MAX: usize = 256;
/// Decisions under way to the disk; one more is answered "busy".
const UNDER_WAY_MAX: usize = 128;
/// How often slips that no printer took are offered again.
const TICK: Duration = Duration::from_secs(2);
/// How long after a failed read the tables are read again.
const READ_AGAIN: Duration = Duration::from_secs(1);
/// A slip that could not be printed for so long is not printed unasked any more.
const SLIP_VALID: SignedDuration = SignedDuration::from_hours(12);

/// Whom the desk tells after a commit.
pub struct DossierPorts {
    /// Tables.
    pub store: StorePorts,
    /// Printers.
    pub devices: DeviceHostHandle,
    /// Tablets.
    pub ratings: RatingHandle,
    /// Consoles.
    pub live: Live,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What the desk is told at start.
pub struct DossierDeskSettings {
    /// What reception stands on.
    pub rules: Rules,
    /// What stands on each short slip.
    pub paper: SlipPaper,
}

/// The actor.
pub struct DossierDesk {
    desk: Desk,
    paper: SlipPaper,
    pipeline: Pipeline<DossierReply, After>,
    finished: Option<BoxStream<'static, Finished<DossierReply, After>>>,
    ports: DossierPorts,
    orders_not_taken: NotTaken,
    board: Board,
    resume: Vec<(PrintJob, Dossier)>,
    _guard: AbortGuard,
}

/// What follows a commit.
struct After {
    at: Timestamp,
    dossiers: Vec<Uuid>,
    print: Option<(Uuid, PrintWish)>,
    offer: Option<Offer>,
    custody_moved: bool,
    news: Vec<News>,
}

struct Tables<'a>(&'a Readers);

impl Known for Tables<'_> {
    fn dossier(&self, id: Uuid) -> Result<Option<Dossier>, StoreError> {
        self.0.read_now(|conn| store::query::dossiers::by_id(conn, id))
    }

    fn knows_message(&self, id: Uuid) -> Result<bool, StoreError> {
        Ok(self.0.read_now(|conn| store::query::messages::by_id(conn, id))?.is_some())
    }

    fn is_erased(&self, key_id: &str) -> Result<bool, StoreError> {
        self.0.read_now(|conn| store::erase::is_done(conn, key_id))
    }

    fn booking(&self, id: Uuid) -> Result<Option<domain::queue::Booking>, StoreError> {
        self.0.read_now(|conn| store::query::bookings::by_id(conn, id))
    }
}

impl Source for Tables<'_> {
    fn codes_of_day(&self, node: &NodeId, day: civil::Date) -> Result<Vec<String>, StoreError> {
        self.0.read_now(|conn| store::query::dossiers::codes_of_day(conn, node, day))
    }

    fn skipped_to(&self, day: civil::Date) -> Result<Option<u32>, StoreError> {
        self.0.read_now(|conn| {
            store::query::numbers::skipped_to(conn, day, store::numbers::DOSSIER_CODES)
        })
    }
}

impl DossierDesk {
    /// Reads what a stop cut off. Nothing is printed before it is started.
    ///
    /// # Errors
    /// The tables cannot be read.
    pub fn load(settings: DossierDeskSettings, ports: DossierPorts) -> Result<Self, StoreError> {
        let oldest = ports.clock.now().saturating_sub(SLIP_VALID).unwrap_or(Timestamp::MIN);
        let (keys, resume) = ports.store.readers.read_now(|conn| {
            let open = store::query::print_jobs::open(conn, oldest)?;
            Ok((known_keys(conn, DESK)?, with_dossiers(conn, open)?))
        })?;
        let (mut pipeline, finished) = Pipeline::new(DESK, ports.store.clone(), UNDER_WAY_MAX);
        pipeline.remember_keys(keys);
        Ok(Self {
            desk: Desk::new(settings.rules),
            paper: settings.paper,
            pipeline,
            finished: Some(Box::pin(finished)),
            ports,
            orders_not_taken: NotTaken::default(),
            board: Board::default(),
            resume,
            _guard: AbortGuard::of("dossier_desk"),
        })
    }

    /// Starts it on an arbiter.
    #[must_use]
    pub fn spawn(self, arbiter: &ArbiterHandle) -> DossierHandle {
        DossierHandle { addr: Self::start_in_arbiter(arbiter, |_| self), place: Ok(()) }
    }

    fn ask(&mut self, command: Command) -> Result<Answer<DossierReply>, Failure> {
        let Command { origin, verb, place } = command;
        let now = self.ports.clock.now();
        let admitted = match self.pipeline.admit(&origin, &(&verb, verb.persons()), now)? {
            Admission::Again(first) => return Ok(first),
            Admission::Fresh(admitted) => admitted,
        };
        place?;
        let source = Tables(&self.ports.store.readers);
        let mut step = self.desk.decide(verb, &source, Uuid::now_v7(), now)?;
        if let Some(print) = &step.print
            && !self.ports.devices.prints_slips_at(print.counter)
        {
            if print.reprint {
                return Err(Refusal::NoSlipPrinter { counter: print.counter }.into());
            }
            // The dossier is received all the same; its slip is there as PDF.
            step.print = None;
        }
        let offer = offer(&mut step, now);
        let print = step.print.take().map(|print| (Uuid::now_v7(), print));
        if let Some((job, print)) = &print {
            let row = print_jobs::new_slip(*job, print.dossier.id, now);
            step.local.push(LocalWrite::PrintJob(row));
            step.reply.print_job = Some(*job);
        }
        if let Some(seen) = seen_without_an_entry(&origin, &step, now) {
            step.local.push(LocalWrite::Access(seen));
        }
        let mut batch = Batch::new(&origin.actor, now);
        batch.device.clone_from(&origin.device);
        batch.facts = std::mem::take(&mut step.facts);
        batch.local = std::mem::take(&mut step.local);
        let dossiers = step.dossiers.iter().map(|dossier| dossier.id).collect();
        let after = After {
            at: now,
            dossiers,
            print,
            offer,
            custody_moved: step.custody_moved,
            news: std::mem::take(&mut step.news),
        };
        let answer = self.pipeline.submit(admitted, batch, step.reply.clone(), after)?;
        self.desk.apply(&step);
        Ok(answer)
    }

    fn print_news(&mut self, news: PrintNews) -> Result<Answer<DossierReply>, Failure> {
        let now = self.ports.clock.now();
        let admitted = match self.pipeline.admit(&Origin::center(), &news, now)? {
            Admission::Again(first) => return Ok(first),
            Admission::Fresh(admitted) => admitted,
        };
        let batch =
            Batch::new("center", now).and(LocalWrite::PrintJob(print_jobs::slip_after(&news, now)));
        let after = After {
            at: now,
            dossiers: Vec::new(),
            print: None,
            offer: None,
            custody_moved: false,
            news: Vec::new(),
        };
        self.pipeline.submit(admitted, batch, DossierReply::default(), after)
    }

    fn after_commit(&mut self, after: After, ctx: &mut Context<Self>) {
        self.desk.commit(&after.dossiers);
        if let Some((job, print)) = after.print {
            self.order_print(job, &print, Ordered { at: after.at, doubtful: false }, ctx);
        }
        if let Some(offer) = after.offer {
            self.ports.ratings.offer(offer);
        }
        if after.custody_moved {
            self.board.add(after.news);
            self.show_hand_overs(after.at);
        }
    }

    /// Tells the consoles how hand-overs stand, by the tables.
    fn show_hand_overs(&self, at: Timestamp) {
        let incoming = DossierView::Incoming;
        let read =
            self.ports.store.readers.read_now(|c| store::query::dossiers::count(c, incoming));
        match read {
            Ok(count) => {
                self.ports.live.publish(Topic::HandOvers, self.board.snapshot(count, at), at);
            }
            // The lists ask by themselves from time to time.
            Err(error) => tracing::warn!(code = error.code(), %error, "hand-overs are not counted"),
        }
    }

    fn order_print(
        &mut self,
        job: Uuid,
        print: &PrintWish,
        ordered: Ordered,
        ctx: &mut Context<Self>,
    ) {
        self.hand_to_printer(PrintOrder {
            job,
            subject: print.dossier.id,
            document: self.paper.of(&print.dossier, print.reprint),
            ordered_at: ordered.at,
            counter: Some(print.counter),
            valid_until: ordered.at.saturating_add(SLIP_VALID).unwrap_or(Timestamp::MAX),
            doubtful: ordered.doubtful,
            owner: ctx.address().recipient(),
        });
    }

    fn hand_to_printer(&mut self, order: PrintOrder) {
        if let Err(order) = self.ports.devices.print(order) {
            self.orders_not_taken.keep(*order);
        }
    }

    /// Offers what the table calls pending, while nothing is on its way there: then the table is as
    /// new as this desk, and the host knows what is newer.
    fn offer_again(&mut self, ctx: &mut Context<Self>) {
        if !self.pipeline.at_rest() {
            return;
        }
        let now = self.ports.clock.now();
        let since = now.saturating_sub(SLIP_VALID).unwrap_or(Timestamp::MIN);
        let read = |conn: &rusqlite::Connection| {
            with_dossiers(conn, print_jobs::to_offer_again(conn, since, now)?)
        };
        match self.ports.store.readers.read_now(read) {
            Ok(jobs) => self.offer(jobs, ctx),
            Err(error) => tracing::warn!(code = error.code(), %error, "print jobs are not offered"),
        }
    }

    fn offer(&mut self, jobs: Vec<(PrintJob, Dossier)>, ctx: &mut Context<Self>) {
        for (job, dossier) in jobs {
            let counter: CounterNumber = dossier.counter;
            let ordered =
                Ordered { at: job.created_at, doubtful: print_jobs::may_be_on_paper(&job) };
            self.order_print(job.id, &PrintWish { dossier, counter, reprint: false }, ordered, ctx);
        }
    }

    /// Drops the memory. What is needed is read again one by one; only the keys are read here.
    fn read_again(&mut self, ctx: &mut Context<Self>) {
        tracing::warn!("the dossier desk reads its tables again");
        self.desk.forget();
        let readers = self.ports.store.readers.clone();
        let read = async move { readers.read(|conn| known_keys(conn, DESK)).await };
        ctx.spawn(read.into_actor(self).map(|keys, desk, ctx| match keys {
            Ok(keys) => {
                desk.pipeline.remember_keys(keys);
                desk.pipeline.reloaded();
            }
            Err(error) => {
                tracing::error!(code = error.code(), %error, "the request table cannot be read");
                ctx.run_later(READ_AGAIN, Self::read_again);
            }
        }));
    }
}

struct Ordered {
    at: Timestamp,
    doubtful: bool,
}

/// An officer is given a dossier by a step that changes nothing in it: no entry of the journal will tell
/// of it, so the access log does.
fn seen_without_an_entry(origin: &Origin, step: &Step, now: Timestamp) -> Option<AccessRecord> {
    let dossier = step.reply.dossier.as_ref().filter(|_| step.facts.is_empty())?;
    let officer = OfficerId::parse(&origin.actor).ok()?;
    let action = if step.reply.print_job.is_some() { "print" } else { "read" };
    Some(AccessRecord {
        at: now,
        officer,
        dossier: dossier.id,
        action: action.to_owned(),
        why: "console".to_owned(),
    })
}

/// The slips among print jobs, each with its dossier.
fn with_dossiers(
    conn: &rusqlite::Connection,
    jobs: Vec<PrintJob>,
) -> Result<Vec<(PrintJob, Dossier)>, StoreError> {
    let mut slips = Vec::new();
    for job in jobs {
        let Some(id) = job.dossier else { continue };
        if let Some(dossier) = store::query::dossiers::by_id(conn, id)? {
            slips.push((job, dossier));
        }
    }
    Ok(slips)
}

/// The token of a tablet is stored with the step that it asks about. Without chance for a secret
/// nobody is asked.
fn offer(step: &mut Step, now: Timestamp) -> Option<Offer> {
    let wish = step.rating.take()?;
    let secret = new_secret()?;
    let token = RatingToken::issue(
        hash_of(&secret),
        wish.stage,
        wish.counter,
        wish.service,
        Some(wish.officer),
        now,
    );
    step.local.push(LocalWrite::RatingToken(token.clone()));
    step.reply.rating_token_issued = true;
    Some(Offer { secret, token })
}

impl Actor for DossierDesk {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LENGTH_MAX);
        if let Some(finished) = self.finished.take() {
            ctx.add_stream(finished);
        }
        ctx.run_interval(TICK, |desk, _| {
            for order in desk.orders_not_taken.take() {
                desk.hand_to_printer(order);
            }
        });
        self.show_hand_overs(self.ports.clock.now());
        ctx.run_interval(print_jobs::OFFER_AGAIN, Self::offer_again);
        let jobs = std::mem::take(&mut self.resume);
        self.offer(jobs, ctx);
    }
}

impl Handler<Command> for DossierDesk {
    type Result = ResponseFuture<Result<DossierReply, Failure>>;

    fn handle(&mut self, command: Command, _ctx: &mut Self::Context) -> Self::Result {
        answered(self.ask(command))
    }
}

impl Handler<MayAddScan> for DossierDesk {
    type Result = Result<(), Failure>;

    fn handle(&mut self, asked: MayAddScan, _ctx: &mut Self::Context) -> Self::Result {
        let MayAddScan { origin, dossier, component } = asked;
        if self.pipeline.was_asked_before(&origin)? {
            return Ok(());
        }
        self.desk.may_add_scan(dossier, component, &Tables(&self.ports.store.readers))
    }
}

impl Handler<PrintNews> for DossierDesk {
    type Result = ResponseFuture<Result<(), Failure>>;

    fn handle(&mut self, news: PrintNews, _ctx: &mut Self::Context) -> Self::Result {
        match self.print_news(news) {
            Ok(answer) => Box::pin(async move { answer.await.map(|_| ()) }),
            Err(failure) => Box::pin(std::future::ready(Err(failure))),
        }
    }
}

impl StreamHandler<Finished<DossierReply, After>> for DossierDesk {
    fn handle(&mut self, finished: Finished<DossierReply, After>, ctx: &mut Self::Context) {
        let settled = self.pipeline.settle(finished, self.ports.clock.now());
        if let Some(after) = settled.effects {
            self.after_commit(after, ctx);
        }
        if settled.reload {
            self.read_again(ctx);
        }
    }
}
