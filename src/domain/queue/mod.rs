//! The queue of one business day: who waits, who is called where, and why.
//!
//! [`Queue`] is the whole state of a day in memory. Each command is a method that looks at the state
//! and the time and gives a [`Decision`] or a refusal; [`Queue::apply`] takes the decision in. The
//! desk applies first and stores in order; after a store error it throws the queue away and builds
//! it again with [`Queue::for_day`] from the rows of tickets and counters, which hold everything.
//!
//! Rollover needs no timer: a queue knows its day, refuses commands of another one, and the next
//! day's queue is built from the next day's tickets, of which there are none. Numbers are worked out
//! from the tickets of the day, so a clock that steps back never gives a number twice.
//!
//! When numbers are given is a matter of `hours`, of the sessions of each day in `week`, and of how many are
//! called before who comes now: `ahead`. From when on a number is called that is given outside of them: `resting`.
//!
//! Whom a counter calls is decided by a policy ([`choose`], in `policy`) from the first caller of each
//! class and from what was called before; `pick` takes both out of the state, `lines` finds them among
//! thousands. [`replay`] tries another policy on days that are over; [`estimate`] foretells waits. A ticket may
//! have several services to visit, and come back to a counter that passed it on: `visits`. Who booked a
//! time gets a ticket by its code: `booking`, `booking_slots`.
//!
//! Who waits learns by `went_first` why others were called before.
//!
//! The head may choose another policy while the queue runs (`choice`), and say what each officer may serve
//! (`skills`): both are facts of their own, beside the settings.

mod ahead;
mod bands;
mod booking;
mod booking_slots;
mod calls;
mod cancel_last;
mod choice;
mod command;
mod counters;
mod day_end;
pub mod estimate;
mod file;
mod hours;
mod hours_file;
pub mod kiosk;
mod lines;
mod outlook;
mod pick;
mod policy;
mod reason;
pub mod replay;
mod resting;
mod serving;
mod settings;
mod skills;
mod state;
mod tickets;
mod types;
mod visits;
mod week;
mod went_first;

#[cfg(test)]
mod booking_tests;
#[cfg(test)]
mod call_tests;
#[cfg(test)]
mod closed_tests;
#[cfg(test)]
mod evening_tests;
#[cfg(test)]
mod policy_properties;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod visit_tests;

pub use bands::NumberBand;
pub use booking::{
    Booking, BookingCode, BookingKind, BookingState, BookingWord, CODE_LENGTH, MADE_BY_HUB,
};
pub use booking_slots::{BookingRules, DAYS_AHEAD, PER_SLOT, SLOT_MIN, Slot, TakenPlace};
pub use calls::{CallEnd, CounterCall, PAST_CALLS_MAX, PastCall, calls_of};
pub use cancel_last::CANCEL_LAST_WITHIN;
pub use choice::{
    CHOICE_REASON_LENGTH_MAX, Chosen, Governed, PolicyChoice, PolicyNumbers, PolicyWish,
};
pub use command::{AnnounceKind, Command, Decision, Effect, Issue, TransferTo};
pub use day_end::{CARRIED_DAYS_MAX, DayEnd};
pub use estimate::{Awaited, DayArrivals, Estimate, ServiceTimes, Wait, WaitOver};
pub use file::{parse_grounds, parse_services};
pub(crate) use hours::second_of;
pub use hours::{LastTicket, QueueHours};
pub use policy::{Candidate, History, Snapshot, choose};
pub use reason::{CallPolicy, CallReason, CallRule};
pub use resting::Resting;
pub use settings::{
    APPOINTMENT_GRACE_MIN, CounterPlan, OVERTAKES_MAX, PRIORITY_WEIGHT, PriorityGround, QueueRules,
    QueueSettings, REGULAR_PER_PRIORITY, RulesChange, THRESHOLD_MIN, within,
};
pub use skills::{OfficerSkills, Unserved};
pub use state::Queue;
pub use types::{
    Class, Counter, CounterState, PauseReason, Place, Printed, Service, Ticket, TicketState, label,
};
pub use visits::{RETURNS_OF_A_COUNTER_MAX, ReturnTo, SERVICES_OF_A_TICKET_MAX};
pub use week::{DAYS_OF_WEEK, NoWeekdays, Week, Weekdays};
pub use went_first::{FirstBecause, WENT_FIRST_MAX, WentFirst, went_first};
