//! What is read of the committed day: by requests, by the console, by the hall's screens and signs, and by
//! those outside.

use super::Desk;
use crate::actors::live::{HALL_NEXT_MAX, HallBoard, HallCall, HallCounter};
use crate::actors::officer_names::OfficerNames;
use crate::actors::queue_desk::messages::{QueueView, ServiceLoad, Which};
use crate::text;
use domain::Journaled;
use domain::ids::{CounterNumber, ServiceCode};
use domain::queue::{Class, Counter, CounterState, Ticket, TicketState, WentFirst, went_first};
use domain::refusal::Refusal;
use domain::report::hall::Means;
use domain::report::outside::{HallNow, ServiceNow, stands_before};
use jiff::{Timestamp, civil};
use serde_json::{Value, json};
use uuid::Uuid;

/// Waiting tickets in the console's list; more are counted, not listed. Building the list costs a
/// few microseconds a row, and it is built after each group of commits.
const WAITING_LISTED_MAX: usize = 150;

impl Desk {
    /// What each counter's sign shows.
    pub(in crate::actors::queue_desk) fn signs(&self) -> Vec<(CounterNumber, Option<String>)> {
        self.committed.counters().map(|counter| (counter.number, self.label_at(counter))).collect()
    }

    /// The committed queue with these of its tickets.
    pub(in crate::actors::queue_desk) fn view(&self, which: Which, now: Timestamp) -> QueueView {
        let all = self.committed.tickets();
        let mut tickets: Vec<Ticket> = match which {
            Which::Nothing => Vec::new(),
            Which::One(id) => self.committed.ticket(id).ok().cloned().into_iter().collect(),
            Which::CalledAt(at) => all.filter(|one| was_called_at(one, at)).cloned().collect(),
            Which::All => all.cloned().collect(),
        };
        tickets.sort_by(|one, other| {
            (one.issued_at, one.series, one.number).cmp(&(
                other.issued_at,
                other.series,
                other.number,
            ))
        });
        QueueView {
            tickets,
            counters: self.committed.counters().cloned().collect(),
            services: self.services(),
            hours: self.hours(Class::Regular, now),
            hours_of_priority: self.hours(Class::Priority, now),
            resting: self.committed.resting(now),
            means: match which {
                Which::All => self.waits.means(&self.committed, now),
                Which::Nothing | Which::One(_) | Which::CalledAt(_) => Means::default(),
            },
            days_like: match which {
                Which::All => self.waits.days_like(&self.committed),
                Which::Nothing | Which::One(_) | Which::CalledAt(_) => Vec::new(),
            },
            wait: match which {
                Which::One(id) => self.waits.of_ticket(&self.committed, id, now),
                Which::Nothing | Which::CalledAt(_) | Which::All => None,
            },
            ahead: match which {
                Which::One(id) => self.before_it(id, now),
                Which::Nothing | Which::CalledAt(_) | Which::All => None,
            },
            went_first: match which {
                Which::One(id) => self.called_before_it(id),
                Which::Nothing | Which::CalledAt(_) | Which::All => Vec::new(),
            },
        }
    }

    fn before_it(&self, id: Uuid, now: Timestamp) -> Option<u64> {
        let grace_s = self.committed.settings().rules.appointment_grace_s;
        let ticket = self.committed.ticket(id).ok()?;
        let before = |other: &&Ticket| stands_before(other, ticket, now, grace_s);
        let waits = ticket.state == TicketState::Waiting;
        let count = waits.then(|| self.committed.tickets().filter(before).count())?;
        u64::try_from(count).ok()
    }

    fn called_before_it(&self, id: Uuid) -> Vec<WentFirst> {
        let ticket = self.committed.ticket(id).ok();
        ticket.map_or_else(Vec::new, |ticket| went_first(ticket, self.committed.tickets()))
    }

    /// For each service group: whether the opening hours allow a number of a class now. Where no ground of
    /// priority is known nobody can have one with it.
    fn hours(&self, of: Class, now: Timestamp) -> Vec<Result<Option<civil::Time>, Refusal>> {
        let settings = self.committed.settings();
        let of = if settings.grounds.is_empty() { Class::Regular } else { of };
        let services = settings.services.iter();
        services.map(|service| self.committed.open_for(&service.code, of, now)).collect()
    }

    /// Whether the screens' waits are older than may be shown.
    pub(in crate::actors::queue_desk) fn waits_are_stale(&self, now: Timestamp) -> bool {
        self.waits.list_is_stale(now)
    }

    /// Brings the screens' waits up to date, where they are old enough.
    pub(in crate::actors::queue_desk) fn list_waits(&mut self, now: Timestamp) {
        self.waits.list(&self.committed, now);
    }

    /// What those outside are told of the hall: nothing of a person.
    pub(in crate::actors::queue_desk) fn outside(&self, now: Timestamp) -> HallNow {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let waiting = |code: &ServiceCode| {
            let of = |class| self.committed.waiting_count(code, class);
            of(Class::Regular) + of(Class::Priority)
        };
        let groups = self.waits.of_groups(&self.committed, now);
        // As work alone: the province tells from it the wait of each number, which is a part of it.
        let services = groups.into_iter().map(|(shown, work)| ServiceNow {
            waiting: count(waiting(&shown.service)),
            code: shown.service,
            name_vi: shown.name_vi,
            name_en: shown.name_en,
            low_min: work.map(|wait| wait.low_min),
            high_min: work.map(|wait| wait.high_min),
            break_until: work.and_then(|wait| wait.break_until()),
            closes_at: work.and_then(|wait| wait.closes_at()),
        });
        let all = self.committed.settings().services.iter().map(|service| waiting(&service.code));
        let open = self.committed.counters().filter(|one| one.state == CounterState::Open);
        HallNow {
            at: now,
            open_counters: count(open.count()),
            waiting: count(all.sum()),
            services: services.collect(),
        }
        .bounded()
    }

    /// What the hall's screens draw.
    pub(in crate::actors::queue_desk) fn hall(&self, unit_name: &str, now: Timestamp) -> HallBoard {
        let calls = self
            .shown
            .calls
            .iter()
            .map(|call| HallCall {
                label: call.label.clone(),
                counter: call.counter,
                kind: call.kind,
                at: call.at,
            })
            .collect();
        let counters = self
            .committed
            .counters()
            .map(|counter| HallCounter {
                number: counter.number,
                name: counter.name.clone(),
                state: match counter.state {
                    CounterState::Closed => "closed",
                    CounterState::Open => "open",
                    CounterState::Paused => "paused",
                }
                .to_owned(),
                label: self.label_at(counter),
                serving: self.serves(counter),
                pause_reason: counter.pause_reason,
                services: counter.services.clone(),
            })
            .collect();
        HallBoard {
            unit_name: unit_name.to_owned(),
            calls,
            now: None,
            counters,
            next: self.committed.next_labels(HALL_NEXT_MAX, now),
            waits: self.waits.listed(),
        }
    }

    /// What the console's queue draws. Only the public part of a ticket: its ground is read alone.
    pub(in crate::actors::queue_desk) fn picture(&self, officers: &OfficerNames) -> Value {
        let apart = self.shown.apart.iter().filter_map(|id| self.committed.ticket(*id).ok());
        let waiting =
            self.committed.waiting(Class::Priority).chain(self.committed.waiting(Class::Regular));
        let rows: Vec<Value> = apart.chain(waiting.take(WAITING_LISTED_MAX)).map(row).collect();
        let services = self.services();
        let wait: usize =
            services.iter().map(|load| load.waiting_regular + load.waiting_priority).sum();
        json!({
            "day": self.committed.day(),
            "counters": self.committed.counters().map(|one| counter_row(one, officers)).collect::<Vec<_>>(),
            "services": services,
            "unserved": self.committed.unserved(),
            "tickets": rows,
            "more": wait.saturating_sub(WAITING_LISTED_MAX),
            "issued": self.shown.issued,
            "completed": self.shown.completed,
            "no_show": self.shown.no_show,
            "cancelled": self.shown.cancelled,
            "carried": self.shown.carried,
            "closed_before": self.closed_before.filter(|before| before.count > 0).map(|before| {
                json!({ "day": before.day, "count": before.count })
            }),
        })
    }

    fn services(&self) -> Vec<ServiceLoad> {
        self.committed
            .settings()
            .services
            .iter()
            .map(|service| ServiceLoad {
                service: service.clone(),
                waiting_regular: self.committed.waiting_count(&service.code, Class::Regular),
                waiting_priority: self.committed.waiting_count(&service.code, Class::Priority),
            })
            .collect()
    }

    fn label_at(&self, counter: &Counter) -> Option<String> {
        let id = counter.current?;
        self.committed.ticket(id).ok().map(|ticket| ticket.label.clone())
    }

    /// Whether the citizen at a counter has come to it.
    fn serves(&self, counter: &Counter) -> bool {
        let ticket = counter.current.and_then(|id| self.committed.ticket(id).ok());
        ticket.is_some_and(|ticket| ticket.state == TicketState::Serving)
    }
}

/// A counter, with the name of who has it open.
fn counter_row(counter: &Counter, officers: &OfficerNames) -> Value {
    let mut row = counter.split().0;
    let name = counter.officer.as_ref().and_then(|officer| officers.of_officer(officer));
    row["officer_name"] = name.into();
    row
}

/// The public part of a ticket, with the reason of its call in words.
fn row(ticket: &Ticket) -> Value {
    let mut row = ticket.split().0;
    // A page asks for the calls of its own counter; nobody draws those of a whole queue.
    if let Some(row) = row.as_object_mut() {
        row.remove("past_calls");
        row.remove("officer");
    }
    if let Some(back) = &ticket.return_to {
        // As in the answers: the counter alone.
        row["return_to"] = back.counter.0.into();
    }
    if let Some(reason) = &ticket.call_reason {
        let said = text::call_sentence(&ticket.label, reason);
        row["call_reason"]["sentence"] = said.vi.into();
        row["call_reason"]["sentence_en"] = said.en.into();
    }
    row
}

/// Whether the counter's calls of today have this ticket among them.
fn was_called_at(ticket: &Ticket, counter: CounterNumber) -> bool {
    ticket.counter == Some(counter) || ticket.past_calls.iter().any(|past| past.counter == counter)
}
