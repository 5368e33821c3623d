//! Bookings at the desk. The tables have them, not the memory: only what is under way to the disk is
//! noted here. What the hub says of a booking comes in by the dossier desk; where both change one at
//! the same moment, the store refuses the second by its revision, and its caller is told to repeat.

use super::{After, QueueDesk, batch, issuer, start_of_day};
use crate::actors::failure::Failure;
use crate::actors::origin::Origin;
use crate::actors::pipeline::{Admission, Answer, answered, failure_of};
use crate::actors::print_jobs;
use crate::actors::queue_desk::booking_messages::{BookingCommand, BookingVerb, BookingWish};
use crate::actors::queue_desk::desk::Step;
use crate::actors::queue_desk::messages::QueueReply;
use actix::{Handler, ResponseFuture};
use domain::ids::ServiceCode;
use domain::queue::{
    Booking, BookingCode, BookingKind, BookingState, Decision, MADE_BY_HUB, TakenPlace,
};
use domain::refusal::Refusal;
use domain::time::business_day;
use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::HashMap;
use store::{Fact, LocalWrite};
use uuid::Uuid;

/// Bookings under way to the disk that are noted; one more is answered "busy".
const NOTED_MAX: usize = 1_024;
/// Missed bookings of earlier days that one entry tells of.
const MISSED_BY_ENTRY_MAX: usize = 50;
/// Missed bookings that one command closes; the next day goes on.
const MISSED_BY_COMMAND_MAX: u32 = 1_000;

/// The latest state of each booking that the tables may not have yet.
#[derive(Default)]
pub(super) struct NotedBookings {
    latest: HashMap<Uuid, Booking>,
}

impl NotedBookings {
    /// The tables have everything.
    pub(super) fn clear(&mut self) {
        self.latest.clear();
    }

    fn note(&mut self, booking: Booking) {
        self.latest.insert(booking.id, booking);
    }

    /// The newer of what is noted and what is stored.
    fn latest_of(&self, code: &BookingCode, stored: Option<Booking>) -> Option<Booking> {
        let noted = self.latest.values().find(|booking| booking.code == *code);
        let rev = stored.as_ref().map_or(0, |booking| booking.rev);
        match noted {
            Some(noted) if noted.rev > rev => Some(noted.clone()),
            _ => stored,
        }
    }

    fn taken<'a>(&'a self, service: &'a ServiceCode) -> impl Iterator<Item = TakenPlace> + 'a {
        self.latest
            .values()
            .filter(|booking| booking.service == *service && booking.made_by != MADE_BY_HUB)
            .filter(|booking| booking.state != BookingState::Cancelled)
            .map(|booking| (booking.from, booking.place))
    }
}

impl QueueDesk {
    fn ask_booking(&mut self, command: BookingCommand) -> Result<Answer<QueueReply>, Failure> {
        let BookingCommand { origin, verb } = command;
        let now = self.ports.clock.now();
        let admitted = match self.pipeline.admit(&origin, &verb.asked(), now)? {
            Admission::Again(first) => return Ok(first),
            Admission::Fresh(admitted) => admitted,
        };
        self.follow_the_day(now)?;
        self.close_earlier_days(now);
        self.kiosks.press(&origin, now)?;
        if self.pipeline.at_rest() {
            self.bookings.clear();
        }
        if self.bookings.latest.len() >= NOTED_MAX {
            return Err(Failure::Busy);
        }
        let (step, booking) = match verb {
            BookingVerb::Book(wish) => (Step::default(), self.book(wish, &origin, now)?),
            BookingVerb::GiveBack(code) => {
                (Step::default(), self.find_booking(&code)?.cancel(now)?)
            }
            BookingVerb::Arrive(code, print) => {
                let booking = self.find_booking(&code)?;
                let paper = (print, issuer(&origin).to_owned());
                let (decision, after) = self.desk.queue().arrive(&booking, paper, now)?;
                (self.desk.step_of_newcomer(decision, Uuid::now_v7, now), after)
            }
        };
        let Step { decision, mut reply, print } = step;
        reply.booking = Some(booking.clone());
        // One entry: a ticket without its booking's end, or the other way round, is nowhere.
        let mut batch = batch(&origin, now, &decision);
        batch.facts.push(Fact::Booking(booking.clone()));
        let paper = print.as_ref().map(|print| (print.ticket.id, print.job));
        if let Some((ticket, job)) = paper {
            batch.local.push(LocalWrite::PrintJob(print_jobs::new_ticket(job, ticket, now)));
        }
        let after = After { print, ..After::of(decision.clone(), now) };
        let answer = self.pipeline.submit(admitted, batch, reply, after)?;
        self.desk.apply(&decision);
        self.bookings.note(booking);
        if let Some((ticket, job)) = paper {
            self.papers.ordered(ticket, job);
        }
        Ok(answer)
    }

    fn book(&self, wish: BookingWish, origin: &Origin, now: Timestamp) -> Result<Booking, Failure> {
        let BookingWish { service, from } = wish;
        let queue = self.desk.queue();
        queue.service(&service)?;
        if !queue.is_planned(&service) {
            return Err(Refusal::ServiceNotServed { service: service.to_string() }.into());
        }
        let day = start_of_day(from.map_or_else(|| business_day(now), business_day));
        // The caller names the day, the last one that there is, too.
        let day_end = day.checked_add(SignedDuration::from_hours(24)).unwrap_or(day);
        let read = |conn: &rusqlite::Connection| {
            store::query::bookings::taken_places(conn, &service, day, day_end)
        };
        let stored = self.ports.store.readers.read_now(read).map_err(|error| failure_of(&error))?;
        let taken: Vec<TakenPlace> =
            stored.into_iter().chain(self.bookings.taken(&service)).collect();
        let settings = queue.settings();
        let on = business_day(from.unwrap_or(now));
        if !settings.hours.is_open_on(on) {
            return Err(Refusal::BookingDayOff.into());
        }
        let sessions = settings.hours.sessions_on(on);
        let slot = settings.rules.booking.free_slot(sessions, from, &taken, now)?;
        let mut random = [0; 8];
        SystemRandom::new().fill(&mut random).map_err(|_| Failure::Repeat)?;
        let made = (Uuid::now_v7(), BookingCode::from_random(random));
        let kind = if from.is_some() { BookingKind::Appointment } else { BookingKind::Remote };
        Ok(Booking::of_slot(slot, made, service, kind, origin.actor.clone(), now))
    }

    fn find_booking(&self, code: &BookingCode) -> Result<Booking, Failure> {
        let read = |conn: &rusqlite::Connection| store::query::bookings::by_code(conn, code);
        let stored = self.ports.store.readers.read_now(read).map_err(|error| failure_of(&error))?;
        let latest = self.bookings.latest_of(code, stored);
        latest.ok_or(Failure::Refused(Refusal::UnknownBooking))
    }

    /// Says of earlier days' bookings that nobody came.
    pub(super) fn miss_earlier_bookings(&mut self, now: Timestamp) -> Result<(), Failure> {
        let before = start_of_day(business_day(now));
        let read = |conn: &rusqlite::Connection| {
            store::query::bookings::open_before(conn, before, MISSED_BY_COMMAND_MAX)
        };
        let open = self.ports.store.readers.read_now(read).map_err(|error| failure_of(&error))?;
        let missed: Vec<Booking> = open.iter().filter_map(|booking| booking.missed(now)).collect();
        for chunk in missed.chunks(MISSED_BY_ENTRY_MAX) {
            let origin = Origin::center();
            let Admission::Fresh(admitted) = self.pipeline.admit(&origin, &"miss bookings", now)?
            else {
                return Ok(());
            };
            let decision = Decision::default();
            let mut batch = batch(&origin, now, &decision);
            batch.facts.extend(chunk.iter().cloned().map(Fact::Booking));
            let after = After::of(decision, now);
            drop(self.pipeline.submit(admitted, batch, QueueReply::default(), after)?);
        }
        Ok(())
    }
}

impl Handler<BookingCommand> for QueueDesk {
    type Result = ResponseFuture<Result<QueueReply, Failure>>;

    fn handle(&mut self, command: BookingCommand, _ctx: &mut Self::Context) -> Self::Result {
        answered(self.ask_booking(command))
    }
}
