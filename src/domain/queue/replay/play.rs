//! A day played through again: the queue's own state and rules, with citizens who come when they came and
//! counters that work when they worked.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::past::{Called, PastDay, Shift, after};
use crate::ids::CounterNumber;
use crate::queue::command::Decision;
use crate::queue::settings::{CounterPlan, QueueRules, QueueSettings};
use crate::queue::state::Queue;
use crate::queue::types::{Counter, CounterState, Service, Ticket, TicketState};

/// Plays a day under other rules: when and where each visit is called, in the order of the visits. A
/// counter that is free calls at once; of several, the one that is free for longest. When all have ended
/// their work and somebody still waits, every counter goes on until nobody does. Nothing for who is not
/// called before midnight.
pub fn play(past: &PastDay, services: &[Service], rules: &QueueRules) -> Vec<Option<Called>> {
    Play::of(past, services, rules).run()
}

/// What happens at one instant happens in this order, and then the counters call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A visit comes.
    Comes(usize),
    /// Whoever is at a counter leaves it.
    Leaves(usize),
    /// A counter begins to work, or goes on.
    Opens(usize),
    /// A counter calls no more for now.
    Closes(usize),
}

/// A counter.
struct Post<'p> {
    shift: &'p Shift,
    open: bool,
    serving: Option<Uuid>,
    free_since: Timestamp,
}

struct Play<'p> {
    past: &'p PastDay,
    queue: Queue,
    posts: Vec<Post<'p>>,
    events: BinaryHeap<Reverse<(Timestamp, Event)>>,
    /// The visit of each ticket.
    visits: HashMap<Uuid, usize>,
    called: Vec<Option<Called>>,
}

impl<'p> Play<'p> {
    fn of(past: &'p PastDay, services: &[Service], rules: &QueueRules) -> Self {
        let plan = |shift: &Shift| CounterPlan {
            number: shift.counter,
            name: String::new(),
            services: shift.services.clone(),
        };
        let settings = QueueSettings {
            services: services.to_vec(),
            counters: past.shifts.iter().map(plan).collect(),
            grounds: Vec::new(),
            rules: rules.clone(),
        };
        let post = |shift| Post { shift, open: false, serving: None, free_since: Timestamp::MIN };
        let mut events = BinaryHeap::new();
        for (visit, came) in past.visits.iter().enumerate() {
            events.push(Reverse((came.came_at, Event::Comes(visit))));
        }
        for (post, shift) in past.shifts.iter().enumerate() {
            for (from, until) in &shift.open {
                events.push(Reverse((*from, Event::Opens(post))));
                events.push(Reverse((*until, Event::Closes(post))));
            }
        }
        let visits = past.visits.iter().enumerate();
        Self {
            past,
            queue: Queue::for_day(settings, past.day, [], []),
            posts: past.shifts.iter().map(post).collect(),
            events,
            visits: visits.map(|(place, visit)| (visit.ticket, place)).collect(),
            called: vec![None; past.visits.len()],
        }
    }

    fn run(mut self) -> Vec<Option<Called>> {
        let Some(Reverse((mut now, _))) = self.events.peek().copied() else { return self.called };
        let mut overtime = false;
        loop {
            if self.events.is_empty() {
                if overtime {
                    return self.called;
                }
                overtime = true;
                for post in 0..self.posts.len() {
                    self.set_open(post, true);
                }
            }
            while let Some(Reverse((at, event))) = self.events.peek().copied()
                && at == now
            {
                self.events.pop();
                self.happens(event, now);
            }
            self.call(now);
            if let Some(Reverse((at, _))) = self.events.peek() {
                now = *at;
            }
        }
    }

    fn happens(&mut self, event: Event, now: Timestamp) {
        match event {
            Event::Comes(visit) => self.comes(visit),
            Event::Leaves(post) => self.leaves(post, now),
            Event::Opens(post) => self.set_open(post, true),
            Event::Closes(post) => self.set_open(post, false),
        }
    }

    fn comes(&mut self, visit: usize) {
        let Some(visit) = self.past.visits.get(visit) else { return };
        let (day, by) = (self.past.day, String::new());
        let ticket = Ticket {
            class: visit.class,
            appointment_at: visit.appointment_at,
            ..Ticket::waiting(
                visit.ticket,
                day,
                visit.number,
                visit.service.clone(),
                visit.came_at,
                by,
            )
        };
        self.take(ticket);
    }

    fn leaves(&mut self, post: usize, now: Timestamp) {
        let Some(post) = self.posts.get_mut(post) else { return };
        post.free_since = now;
        let (counter, served) = (post.shift.counter, post.serving.take());
        if let Some(ticket) = served.and_then(|id| self.queue.ticket(id).ok().cloned()) {
            self.take(Ticket { state: TicketState::Completed, ..ticket });
        }
        self.change(counter, |counter| counter.current = None);
    }

    fn set_open(&mut self, post: usize, open: bool) {
        let Some(post) = self.posts.get_mut(post) else { return };
        post.open = open;
        let number = post.shift.counter;
        self.change(number, |counter| {
            counter.state = if open { CounterState::Open } else { CounterState::Paused };
        });
    }

    /// Every free counter calls, if there is somebody for it.
    fn call(&mut self, now: Timestamp) {
        let posts = self.posts.iter().enumerate();
        let mut free: Vec<(Timestamp, usize)> = posts
            .filter(|(_, post)| post.open && post.serving.is_none())
            .map(|(place, post)| (post.free_since, place))
            .collect();
        free.sort_unstable();
        for (_, place) in free {
            let Some(post) = self.posts.get_mut(place) else { continue };
            let counter = post.shift.counter;
            // Refused when nobody waits, and after midnight.
            let Ok(decision) = self.queue.call_next(counter, now) else { continue };
            let Some(ticket) = decision.tickets.first().map(|ticket| ticket.id) else { continue };
            post.serving = Some(ticket);
            self.queue.apply(&decision);
            let Some(visit) = self.visits.get(&ticket).copied() else { continue };
            let (visits, called) = (&self.past.visits, &mut self.called);
            if let (Some(visit), Some(called)) = (visits.get(visit), called.get_mut(visit)) {
                *called = Some(Called { at: now, counter });
                let leaves_at = after(now, visit.busy_s);
                self.events.push(Reverse((leaves_at, Event::Leaves(place))));
            }
        }
    }

    fn take(&mut self, ticket: Ticket) {
        self.queue.apply(&Decision { tickets: vec![ticket], ..Decision::default() });
    }

    fn change(&mut self, number: CounterNumber, change: impl FnOnce(&mut Counter)) {
        let Ok(counter) = self.queue.counter(number) else { return };
        let mut counter = counter.clone();
        change(&mut counter);
        self.queue.apply(&Decision { counters: vec![counter], ..Decision::default() });
    }
}
