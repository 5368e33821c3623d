//! Bookings: a place in time, for who comes later. A booking becomes a ticket at the kiosk or at a
//! counter, by its code; how that ticket then stands among the others is told at
//! [`Ticket::standing`](super::Ticket::standing).
//!
//! One booking gives at most one ticket: the ticket's id *is* the booking's, so that a second one cannot
//! be stored, whoever asks and however often. A booking names nobody: beside its code, which alone gives
//! the right to it, there is nothing about a person in it, and so nothing is sealed and nothing is to be
//! erased.
//!
//! The code is made by the caller from chance, because making one needs it.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::booking_slots::Slot;
use super::command::{Decision, Issue};
use super::state::Queue;
use crate::ids::ServiceCode;
use crate::refusal::Refusal;
use crate::split::Journaled;
use crate::time::{business_day, local};

/// Letters of a code: 50 bits. Guesses are slowed down where codes are taken.
pub const CODE_LENGTH: usize = 10;
/// Digits and capitals without those that are mistaken for one another: `I`, `L`, `O`, `U`.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Where the hyphen stands that people read and that need not be typed.
const HYPHEN_AFTER: usize = 5;
/// What an officer reads as the reason of a ticket that is given by appointment where numbers are
/// otherwise given no more.
const OUTSIDE_HOURS: &str = "lịch hẹn";

/// The code of a booking: `K7Q2M-4XDPA`. Kept without the hyphen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BookingCode(String);

impl BookingCode {
    /// A code made from chance: of the eight bytes the lowest 50 bits.
    #[must_use]
    pub fn from_random(random: [u8; 8]) -> Self {
        let mut value = u64::from_be_bytes(random);
        let mut code = String::with_capacity(CODE_LENGTH);
        for _ in 0..CODE_LENGTH {
            code.push(char::from(ALPHABET[(value & 31) as usize]));
            value >>= 5;
        }
        Self(code)
    }

    /// Reads a code as people type it and readers scan it: in either case, with or without hyphen and
    /// spaces, alone or as the last part of an address. `O` reads as `0`, `I` and `L` as `1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let last = text.trim().rsplit(['/', '=', '#']).next()?;
        let mut code = String::with_capacity(CODE_LENGTH);
        for letter in last.chars().filter(|letter| !matches!(letter, '-' | ' ')) {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let known = u8::try_from(letter).is_ok_and(|byte| ALPHABET.contains(&byte));
            if !known || code.len() >= CODE_LENGTH {
                return None;
            }
            code.push(letter);
        }
        (code.len() == CODE_LENGTH).then_some(Self(code))
    }

    /// The letters, without the hyphen.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As people read it, with the hyphen.
impl fmt::Display for BookingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = self.0.split_at(HYPHEN_AFTER.min(self.0.len()));
        write!(f, "{first}-{last}")
    }
}

// Who has the code has the right, so that it does not stand in logs.
impl fmt::Debug for BookingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BookingCode(…)")
    }
}

impl TryFrom<String> for BookingCode {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a code of a booking")
    }
}

impl From<BookingCode> for String {
    fn from(code: BookingCode) -> String {
        code.0
    }
}

/// What was booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingKind {
    /// A time that was chosen.
    Appointment,
    /// A number from afar for today: the first time that was free.
    Remote,
}

/// What became of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingState {
    /// Nobody has come yet.
    Booked,
    /// It came to the center when its time was over already: the line was cut. Its code still gives a
    /// number on its day, a regular one.
    TooLate,
    /// The citizen came and has the ticket of the same id, whose own entries tell the rest.
    Arrived,
    /// The day ended, and nobody had come.
    Missed,
    /// Given back before its time.
    Cancelled,
}

impl BookingState {
    /// The name in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::TooLate => "too_late",
            Self::Arrived => "arrived",
            Self::Missed => "missed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether somebody may still come by it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Booked | Self::TooLate)
    }
}

/// A place in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// Unique everywhere and for ever; its ticket has the same.
    pub id: Uuid,
    /// What gives the right to it.
    pub code: BookingCode,
    /// The service group.
    pub service: ServiceCode,
    /// Chosen, or the first free time of today.
    pub kind: BookingKind,
    /// From when on it counts.
    pub from: Timestamp,
    /// Until when; by the grace of the center's rules a little longer.
    pub to: Timestamp,
    /// Its number among the places of its time and service at whoever made it: two never share one.
    pub place: u32,
    /// What became of it.
    pub state: BookingState,
    /// The officer's account, or [`MADE_BY_HUB`].
    pub made_by: String,
    /// When.
    pub made_at: Timestamp,
    /// When the citizen came, gave it back or was missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Counts every change.
    pub rev: u64,
}

/// Who made a booking that came from the province's page. No account can have this name.
pub const MADE_BY_HUB: &str = "@hub";

impl Journaled for Booking {
    const KIND: &'static str = "booking";
    /// There is nothing about a person in it.
    const SEALED: &'static [&'static str] = &[];
}

/// What the hub says of a booking that a citizen made or gave back on its page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingWord {
    /// The booking's id, also of what the node then has.
    pub id: Uuid,
    /// Its code.
    pub code: BookingCode,
    /// The service group.
    pub service: ServiceCode,
    /// Chosen, or the first free time of today.
    pub kind: BookingKind,
    /// From when on it counts.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Its place at the hub.
    pub place: u32,
    /// When it was made.
    pub made_at: Timestamp,
    /// The citizen gave it back at this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
}

impl BookingWord {
    /// The node's booking after the hub's word; nothing where that changes nothing: said again, or
    /// overtaken by what happened at the center.
    #[must_use]
    pub fn taken(&self, before: Option<&Booking>, now: Timestamp) -> Option<Booking> {
        match (before, self.cancelled_at) {
            (Some(before), Some(cancelled_at)) if before.state.is_open() => Some(Booking {
                state: BookingState::Cancelled,
                ended_at: Some(cancelled_at),
                rev: before.rev + 1,
                ..before.clone()
            }),
            (Some(_), _) => None,
            (None, cancelled_at) => Some(Booking {
                id: self.id,
                code: self.code.clone(),
                service: self.service.clone(),
                kind: self.kind,
                from: self.from,
                to: self.to,
                place: self.place,
                state: match cancelled_at {
                    Some(_) => BookingState::Cancelled,
                    None if now > self.to => BookingState::TooLate,
                    None => BookingState::Booked,
                },
                made_by: MADE_BY_HUB.to_owned(),
                made_at: self.made_at,
                ended_at: cancelled_at,
                rev: 1,
            }),
        }
    }
}

impl Booking {
    /// A booking of a free slot.
    #[must_use]
    pub fn of_slot(
        slot: Slot,
        (id, code): (Uuid, BookingCode),
        service: ServiceCode,
        kind: BookingKind,
        made_by: String,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            code,
            service,
            kind,
            from: slot.from,
            to: slot.to,
            place: slot.place,
            state: BookingState::Booked,
            made_by,
            made_at: now,
            ended_at: None,
            rev: 1,
        }
    }

    /// The instant of its window from which a citizen who comes now stands among the priority callers:
    /// its begin for who comes early or within the grace after it, the coming itself later in the
    /// window, its end within the grace after that. For who comes later still it is the begin again, and
    /// by that the ticket stands in the regular class.
    #[must_use]
    pub fn counts_from(&self, now: Timestamp, grace_s: i64) -> Timestamp {
        let grace = SignedDuration::from_secs(grace_s);
        if now.duration_since(self.from) <= grace || now.duration_since(self.to) > grace {
            self.from
        } else {
            now.min(self.to)
        }
    }

    /// The citizen gives it back.
    ///
    /// # Errors
    /// The citizen came already, it is over, or was given back before.
    pub fn cancel(&self, now: Timestamp) -> Result<Self, Refusal> {
        self.check_open()?;
        if now >= self.from {
            return Err(Refusal::BookingOver { to: minute(self.from) });
        }
        Ok(self.ended(BookingState::Cancelled, now))
    }

    /// Its day is over; nothing where somebody came or it was given back.
    #[must_use]
    pub fn missed(&self, now: Timestamp) -> Option<Self> {
        let over = business_day(self.to) < business_day(now);
        (over && self.state.is_open()).then(|| self.ended(BookingState::Missed, now))
    }

    fn ended(&self, state: BookingState, now: Timestamp) -> Self {
        Self { state, ended_at: Some(now), rev: self.rev + 1, ..self.clone() }
    }

    fn check_open(&self) -> Result<(), Refusal> {
        match self.state {
            BookingState::Booked | BookingState::TooLate => Ok(()),
            BookingState::Arrived => {
                let at = self.ended_at.unwrap_or(self.from);
                Err(Refusal::BookingUsed { at: minute(at) })
            }
            BookingState::Missed => Err(Refusal::BookingOver { to: minute(self.to) }),
            BookingState::Cancelled => Err(Refusal::BookingCancelled),
        }
    }
}

impl Queue {
    /// The citizen of a booking has come: the ticket, and the booking after it.
    ///
    /// # Errors
    /// Somebody came by it before, it was given back, it is of another day, or what
    /// [`Queue::issue`] says.
    pub fn arrive(
        &self,
        booking: &Booking,
        (print, issued_by): (bool, String),
        now: Timestamp,
    ) -> Result<(Decision, Booking), Refusal> {
        booking.check_open()?;
        let day = business_day(booking.from);
        if day > self.day() {
            return Err(Refusal::BookingNotToday { from: minute(booking.from) });
        }
        if day < self.day() {
            return Err(Refusal::BookingOver { to: minute(booking.to) });
        }
        let grace_s = self.settings().rules.appointment_grace_s;
        let in_time = now.duration_since(booking.to) <= SignedDuration::from_secs(grace_s);
        let issue = Issue {
            id: booking.id,
            service: booking.service.clone(),
            next_services: Vec::new(),
            priority_ground: None,
            print,
            issued_by,
            // A time that was promised is kept, also where newcomers are taken no more.
            outside_hours: in_time.then(|| OUTSIDE_HOURS.to_owned()),
        };
        let mut decision = self.issue(issue, now)?;
        for ticket in &mut decision.tickets {
            ticket.appointment_at = Some(booking.counts_from(now, grace_s));
        }
        Ok((decision, booking.ended(BookingState::Arrived, now)))
    }
}

/// A time as people read it: `09:30, 24/11`.
pub(super) fn minute(at: Timestamp) -> String {
    local(at).strftime("%H:%M, %d/%m").to_string()
}
