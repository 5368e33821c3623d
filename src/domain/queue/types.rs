//! The records of the queue. Each is a whole state: what is stored, journaled and shown.

use std::fmt;

use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bands::NumberBand;
use super::calls::PastCall;
use super::reason::CallReason;
use super::visits::ReturnTo;
use crate::ids::{CounterNumber, OfficerId, ServiceCode};
use crate::refusal::Refusal;
use crate::split::Journaled;

/// A place in the order of a class: since when, then who came back behind whom, then letter and number.
pub type Place = (Timestamp, u32, char, u32);

/// A group of procedures with numbers of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Stable code.
    pub code: ServiceCode,
    /// Name on the kiosk.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// Letter before the number.
    pub series: char,
    /// First number of the band.
    pub number_from: u32,
    /// Last number of the band. After it come the numbers of the overflow band; without one, issuing is
    /// refused until the next day.
    pub number_to: u32,
    /// Numbers of the same letter above the band, for a day on which it does not suffice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflow: Option<NumberBand>,
    /// Minutes within which a regular caller should be called.
    pub promise_regular_min: u32,
    /// Minutes within which a priority caller should be called.
    pub promise_priority_min: u32,
}

/// Why an officer paused a counter. A fixed list: the hall shows it, so it is never free text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// A short break.
    ShortBreak,
    /// A meeting.
    Meeting,
    /// A device at the counter does not work.
    Equipment,
    /// Work on dossiers without a citizen at the counter.
    PaperWork,
    /// Anything else.
    Other,
}

/// Whether a counter calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterState {
    /// Nobody works there.
    Closed,
    /// Calling.
    Open,
    /// Staffed, but not calling now.
    Paused,
}

/// A counter of the hall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// Number on the sign.
    pub number: CounterNumber,
    /// Name on the sign.
    pub name: String,
    /// The services whose tickets it may call: those of its plan that its officer may serve.
    pub services: Vec<ServiceCode>,
    /// Those of its plan that it leaves out, because its officer may not serve them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<ServiceCode>,
    /// Whether it calls.
    pub state: CounterState,
    /// Why it is paused.
    #[serde(default)]
    pub pause_reason: Option<PauseReason>,
    /// Who works there.
    #[serde(default)]
    pub officer: Option<OfficerId>,
    /// The ticket called or being served.
    #[serde(default)]
    pub current: Option<Uuid>,
    /// The class of its last call today: calls alternate per counter, because counters with other
    /// services would otherwise use up each other's turns.
    #[serde(default)]
    pub last_class: Option<Class>,
    /// How many regular callers in a row it has called last since it opened; counted only while the
    /// policy asks for it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub regular_run: u32,
    /// The day on which it was opened; on any other day it reads as closed.
    #[serde(default)]
    pub opened_on: Option<civil::Date>,
    /// Left open by its officers, and closed by the day's end instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed_at_day_end: bool,
    /// Counts every change.
    pub rev: u64,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Counter {
    /// What somebody else is told while this officer has it open.
    pub fn taken_by(&self, officer: &OfficerId) -> Refusal {
        Refusal::CounterTaken {
            counter: self.number,
            counter_name: self.name.clone(),
            officer: officer.clone(),
        }
    }
}

/// The two classes of callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Everybody else.
    Regular,
    /// With a ground of priority.
    Priority,
}

/// Where a ticket is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketState {
    /// In the queue.
    Waiting,
    /// Called to a counter, not there yet.
    Called,
    /// At the counter.
    Serving,
    /// Sent away for a moment; comes back to the same counter.
    OnHold,
    /// Served.
    Completed,
    /// Called and not there.
    NoShow,
    /// Given up.
    Cancelled,
}

impl TicketState {
    /// The name in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Called => "called",
            Self::Serving => "serving",
            Self::OnHold => "on_hold",
            Self::Completed => "completed",
            Self::NoShow => "no_show",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Whether the paper with the number exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Printed {
    /// The printer was asked and has not said yes.
    Pending,
    /// The printer said yes.
    Printed,
    /// The printer said no; the number stays valid.
    Failed,
    /// Nobody asked for paper.
    NotAsked,
}

/// A place in the queue on paper.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Unique everywhere and for ever.
    pub id: Uuid,
    /// The day in Vietnam on which it was issued; stored, never worked out again.
    pub business_day: civil::Date,
    /// Letter.
    pub series: char,
    /// Number, unique by day and letter.
    pub number: u32,
    /// Letter and number as printed: `A012`.
    pub label: String,
    /// The service that is waited for.
    pub service: ServiceCode,
    /// The services still to visit after it, in their order; none of them twice, and with it at most
    /// [`SERVICES_OF_A_TICKET_MAX`](super::visits::SERVICES_OF_A_TICKET_MAX).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_services: Vec<ServiceCode>,
    /// Class.
    pub class: Class,
    /// Code of the ground of priority. Sealed, under the key of the ticket's day.
    #[serde(default)]
    pub priority_ground: Option<String>,
    /// State.
    pub state: TicketState,
    /// When the number was given.
    pub issued_at: Timestamp,
    /// The place in the order of its class.
    pub queued_at: Timestamp,
    /// Second part of the place: 0, or higher for those who came back behind somebody.
    #[serde(default)]
    pub place: u32,
    /// The appointment, for who has one: how it counts is told at [`Ticket::standing`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment_at: Option<Timestamp>,
    /// When it was called (the first call of the latest round).
    #[serde(default)]
    pub called_at: Option<Timestamp>,
    /// When serving began.
    #[serde(default)]
    pub begun_at: Option<Timestamp>,
    /// When it was completed, missed or cancelled.
    #[serde(default)]
    pub finished_at: Option<Timestamp>,
    /// The counter that called it or served it.
    #[serde(default)]
    pub counter: Option<CounterNumber>,
    /// Who had that counter open when it called; nothing in entries from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<OfficerId>,
    /// Sent to this counter by a transfer: while that counter is not closed, only it may call.
    #[serde(default)]
    pub for_counter: Option<CounterNumber>,
    /// Passed on by a counter to which it comes back once it is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_to: Option<ReturnTo>,
    /// Waits again for the counter that had passed it on: the counter that served it meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned_from: Option<CounterNumber>,
    /// How often it was called again.
    #[serde(default)]
    pub recall_count: u8,
    /// The latest call or recall.
    #[serde(default)]
    pub last_called_at: Option<Timestamp>,
    /// Whether the right to come back was used.
    #[serde(default)]
    pub return_used: bool,
    /// Why it was called.
    #[serde(default)]
    pub call_reason: Option<CallReason>,
    /// Its calls before the present one, oldest first; at most
    /// [`PAST_CALLS_MAX`](super::calls::PAST_CALLS_MAX).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past_calls: Vec<PastCall>,
    /// Why it was put on hold or cancelled, in the officer's words. Sealed.
    #[serde(default)]
    pub reason: Option<String>,
    /// Left unfinished, and closed by the day's end: its state is what that means, not what somebody
    /// did.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed_at_day_end: bool,
    /// The day into whose queue it was carried over, when it was not served on its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_to: Option<civil::Date>,
    /// Why an officer gave it outside the opening hours, in the officer's words. Sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside_hours: Option<String>,
    /// Whether it is on paper.
    pub printed: Printed,
    /// The device or the officer that issued it.
    pub issued_by: String,
    /// Counts every change.
    pub rev: u64,
}

impl Ticket {
    /// A regular ticket as it is when its number is given: it waits at the end of its class, is not to be
    /// printed, and nothing has happened to it.
    pub fn waiting(
        id: Uuid,
        business_day: civil::Date,
        (series, number): (char, u32),
        service: ServiceCode,
        now: Timestamp,
        issued_by: String,
    ) -> Self {
        Self {
            id,
            business_day,
            series,
            number,
            label: label(series, number),
            service,
            next_services: Vec::new(),
            class: Class::Regular,
            priority_ground: None,
            state: TicketState::Waiting,
            issued_at: now,
            queued_at: now,
            place: 0,
            appointment_at: None,
            called_at: None,
            begun_at: None,
            finished_at: None,
            counter: None,
            officer: None,
            for_counter: None,
            return_to: None,
            returned_from: None,
            recall_count: 0,
            last_called_at: None,
            return_used: false,
            call_reason: None,
            past_calls: Vec::new(),
            reason: None,
            closed_at_day_end: false,
            carried_to: None,
            outside_hours: None,
            printed: Printed::NotAsked,
            issued_by,
            rev: 1,
        }
    }

    /// The day in whose queue it stands: that of its issue, or the one to which it was carried over.
    pub fn queue_day(&self) -> civil::Date {
        self.carried_to.unwrap_or(self.business_day)
    }

    /// The place in the order of its class: earlier sorts first.
    pub fn order(&self) -> Place {
        (self.queued_at, self.place, self.series, self.number)
    }

    /// In which class a ticket stands at an instant, and in which place there. Only an appointment makes
    /// a difference: from its time on it stands among the priority callers, in the place of who came at
    /// that time or, if later, in that of its own coming. Who came before the time waits for it as a
    /// regular caller; who came more than `grace_s` seconds after it, or missed the call, stays one.
    pub fn standing(&self, at: Timestamp, grace_s: i64) -> (Class, Place) {
        let own = (self.class, self.order());
        let Some(appointment) = self.appointment_at else { return own };
        let late_s = self.queued_at.as_second() - appointment.as_second();
        if self.class == Class::Priority || self.return_used || at < appointment || late_s > grace_s
        {
            return own;
        }
        let (queued_at, place, series, number) = self.order();
        (Class::Priority, (queued_at.max(appointment), place, series, number))
    }

    /// Whether it is over for today (a missed one may still come back once).
    pub fn is_finished(&self) -> bool {
        matches!(self.state, TicketState::Completed | TicketState::NoShow | TicketState::Cancelled)
    }
}

// What is sealed does not show in logs either.
impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("id", &self.id)
            .field("business_day", &self.business_day)
            .field("label", &self.label)
            .field("service", &self.service)
            .field("class", &self.class)
            .field("state", &self.state)
            .field("order", &self.order())
            .field("counter", &self.counter)
            .field("for_counter", &self.for_counter)
            .field("rev", &self.rev)
            .finish_non_exhaustive()
    }
}

impl Journaled for Ticket {
    const KIND: &'static str = "ticket";
    const SEALED: &'static [&'static str] = &["/priority_ground", "/reason", "/outside_hours"];
}

impl Journaled for Counter {
    const KIND: &'static str = "counter";
    const SEALED: &'static [&'static str] = &[];
}

/// Letter and at least three digits: `A012`, `A1000`.
pub fn label(series: char, number: u32) -> String {
    format!("{series}{number:03}")
}
