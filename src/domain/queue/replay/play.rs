//! A day played through again: the queue's own state and rules, with citizens who come when they came and
//! counters that work when they worked.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::past::{Called, PastDay, Shift, Visit, after};
use crate::ids::{CounterNumber, ServiceCode};
use crate::queue::choice::Chosen;
use crate::queue::command::Decision;
use crate::queue::hours::QueueHours;
use crate::queue::settings::{CounterPlan, QueueRules, QueueSettings};
use crate::queue::state::Queue;
use crate::queue::types::{Counter, CounterState, Service, Ticket, TicketState};

/// Plays a day under other rules: when and where each visit is called, in the order of the visits. A
/// counter that is free calls at once; of several, the one that is free for longest. A counter that has
/// ended its work goes on with those services that no other one works for any more, until nobody waits:
/// how long it was needed on the day says nothing of how long another order needs it. Nothing for who is
/// not called before midnight.
pub fn play(past: &PastDay, services: &[Service], rules: &QueueRules) -> Vec<Option<Called>> {
    play_watched(past, services, rules, &mut |_, _| {})
}

/// The same; `watch` sees each visit as it comes, and the queue without it.
pub fn play_watched(
    past: &PastDay,
    services: &[Service],
    rules: &QueueRules,
    watch: &mut dyn FnMut(&Queue, &Visit),
) -> Vec<Option<Called>> {
    Play::of(past, services, rules, watch).run()
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
    /// Its last time of work is over.
    ended: bool,
    serving: Option<Uuid>,
    free_since: Timestamp,
}

struct Play<'p, 'w> {
    past: &'p PastDay,
    watch: &'w mut dyn FnMut(&Queue, &Visit),
    queue: Queue,
    posts: Vec<Post<'p>>,
    events: BinaryHeap<Reverse<(Timestamp, Event)>>,
    /// The visit of each ticket.
    visits: HashMap<Uuid, usize>,
    called: Vec<Option<Called>>,
}

impl<'p, 'w> Play<'p, 'w> {
    fn of(
        past: &'p PastDay,
        services: &[Service],
        rules: &QueueRules,
        watch: &'w mut dyn FnMut(&Queue, &Visit),
    ) -> Self {
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
            hours: QueueHours::default(),
            chosen: Chosen::default(),
        };
        let post = |shift| Post {
            shift,
            open: false,
            ended: false,
            serving: None,
            free_since: Timestamp::MIN,
        };
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
            watch,
            queue: Queue::for_day(settings, past.day, [], []),
            posts: past.shifts.iter().map(post).collect(),
            events,
            visits: visits.map(|(place, visit)| (visit.ticket, place)).collect(),
            called: vec![None; past.visits.len()],
        }
    }

    fn run(mut self) -> Vec<Option<Called>> {
        while let Some(Reverse((now, _))) = self.events.peek().copied() {
            while let Some(Reverse((at, event))) = self.events.peek().copied()
                && at == now
            {
                self.events.pop();
                self.happens(event, now);
            }
            self.call(now);
        }
        self.called
    }

    fn happens(&mut self, event: Event, now: Timestamp) {
        match event {
            Event::Comes(visit) => self.comes(visit),
            Event::Leaves(post) => self.leaves(post, now),
            Event::Opens(post) => self.set_open(post, true),
            Event::Closes(post) => self.closes(post, now),
        }
    }

    fn comes(&mut self, visit: usize) {
        let Some(visit) = self.past.visits.get(visit) else { return };
        (self.watch)(&self.queue, visit);
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

    fn closes(&mut self, post: usize, now: Timestamp) {
        self.set_open(post, false);
        let Some(post) = self.posts.get_mut(post) else { return };
        if post.shift.open.last().is_some_and(|(_, until)| *until <= now) {
            post.ended = true;
            self.go_on();
        }
    }

    /// Each counter that has ended goes on for what is left to it.
    fn go_on(&mut self) {
        let working = self.posts.iter().filter(|post| !post.ended);
        let kept: BTreeSet<&ServiceCode> =
            working.flat_map(|post| post.shift.services.iter()).collect();
        let ended = self.posts.iter().enumerate().filter(|(_, post)| post.ended);
        let left: Vec<(usize, CounterNumber, Vec<ServiceCode>)> = ended
            .map(|(place, post)| {
                let services = post.shift.services.iter();
                let left = services.filter(|service| !kept.contains(service)).cloned().collect();
                (place, post.shift.counter, left)
            })
            .collect();
        for (place, number, services) in left {
            self.set_open(place, !services.is_empty());
            self.change(number, |counter| counter.services = services);
        }
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
            let Ok(mut decision) = self.queue.call_next(counter, now) else { continue };
            // Whoever is called is there: how long each kept the counter has the way in it.
            decision.tickets.iter_mut().for_each(|ticket| ticket.begun_at = Some(now));
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
