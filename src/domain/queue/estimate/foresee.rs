//! From the queue to a play: who waits in which line, what each open counter is at. The counters are then
//! played forward until one calls the ticket that is asked about (`play`).
//!
//! Each counter is first at what it is at now, then takes whom the policy in force gives it, for as long
//! as such a service takes in the mean. Three things make one such play a sound mean of all that may
//! happen:
//! - services vary, so of several busy counters the first is free sooner than the mean: what they are at
//!   ends one after the other, evenly spread; for equal counters and services that gives the exact mean;
//! - who has been served for a while is served no shorter for it, but for the part that every service
//!   takes;
//! - priority callers will come who are called before a regular one: as many as come at this hour.
//!
//! An appointment is not foreseen: a ticket that waits stands where it stands by its number. Who comes at the
//! time of one is asked for as a newcomer with priority.

use jiff::Timestamp;
use uuid::Uuid;

use super::play::{Line, Play, Post, Posts, Rest, Who, has, last_at};
use super::{Estimate, Expected, ServiceTimes};
use crate::ids::{CounterNumber, ServiceCode};
use crate::queue::state::Queue;
use crate::queue::types::{Class, Counter, CounterState, TicketState};

/// Open counters that are looked at. A center has 24 at most.
const POSTS_MAX: usize = 128;
/// Of a service at a counter that is not in question half is over.
const HALF: f64 = 0.5;
/// No service ends at once. Seconds.
const SHORTEST_S: f64 = 1.0;

/// Whose wait is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited<'a> {
    /// Somebody who takes a number at this instant.
    Newcomer(&'a ServiceCode, Class),
    /// A waiting ticket.
    Ticket(Uuid),
}

impl Queue {
    /// How long somebody will wait from `now` on; nothing when no open counter may call that ticket, or
    /// when it does not wait.
    #[must_use]
    pub fn expected_wait(
        &self,
        times: &ServiceTimes,
        who: Awaited<'_>,
        now: Timestamp,
    ) -> Option<Estimate> {
        let asked = match who {
            Awaited::Newcomer(code, class) => {
                Asked { code, class, reserved: None, who: Who::Newcomer }
            }
            Awaited::Ticket(id) => {
                let ticket =
                    self.ticket(id).ok().filter(|one| one.state == TicketState::Waiting)?;
                Asked {
                    code: &ticket.service,
                    class: ticket.class,
                    reserved: self.reserved_for(ticket),
                    who: Who::Ticket(id),
                }
            }
        };
        let open = self.counters().filter(|one| one.state == CounterState::Open).take(POSTS_MAX);
        let open: Vec<&Counter> = open.collect();
        let target = match asked.reserved {
            Some(number) => posts_of(&open, |one| one.number == number),
            None => posts_of(&open, |one| one.services.contains(asked.code)),
        };
        if target == 0 {
            return None;
        }
        let (posts, first_s) = self.posts(times, &open, target, now);
        let play = Play {
            queue: self,
            now,
            walk_s: times.walk_s(),
            target,
            awaited: asked.who,
            posts,
            first_s,
            lines: self.lines_ahead(times, &open, asked, now),
            priority_calls: Vec::new(),
        };
        play.run(&times.expected(asked.code, now))
    }

    /// The lines out of which the open counters call, each from its head on.
    fn lines_ahead(
        &self,
        times: &ServiceTimes,
        open: &[&Counter],
        asked: Asked<'_>,
        now: Timestamp,
    ) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        for service in &self.settings().services {
            let posts = posts_of(open, |one| one.services.contains(&service.code));
            if posts == 0 {
                continue;
            }
            let expected = times.expected(&service.code, now);
            for of in [Class::Regular, Class::Priority] {
                let own = of == asked.class && service.code == *asked.code;
                let newcomer =
                    (own && asked.who == Who::Newcomer).then(|| last_at(self.place_at_end(now)));
                let waiting = self.waiting_count(&service.code, of);
                if waiting == 0 && newcomer.is_none() {
                    continue;
                }
                let rest = self.known(self.lines().of_service(&service.code, of));
                let rest = rest.filter(move |ticket| self.reserved_for(ticket).is_none());
                lines.push(Line {
                    class: of,
                    posts,
                    expected,
                    rest: Rest::Waiting(Box::new(rest)),
                    newcomer,
                    own: own && asked.reserved.is_none(),
                    waiting,
                    called: 0,
                    head: None,
                });
            }
            let rate = times.priority_rate(&service.code, now);
            if asked.class == Class::Regular && rate > 0.0 {
                let rest = Rest::Later { every_s: rate.recip(), next_s: HALF / rate };
                lines.push(Line::of(Class::Priority, posts, expected, rest));
            }
        }
        for (place, counter) in open.iter().enumerate() {
            for of in [Class::Regular, Class::Priority] {
                let mut sent = self.known(self.lines().sent_to(counter.number, of)).peekable();
                let Some(first) = sent.peek() else { continue };
                // Services of those who were sent differ; the first speaks for them.
                let expected = times.expected(&first.service, now);
                let rest = Rest::Waiting(Box::new(sent));
                let own = of == asked.class && asked.reserved == Some(counter.number);
                lines.push(Line { own, ..Line::of(of, 1 << place, expected, rest) });
            }
        }
        lines.iter_mut().for_each(|line| line.step(now));
        lines
    }

    /// The open counters, each with the time at which it is free for the next; and when the first of those
    /// in question is free, in the mean of all that may happen.
    fn posts(
        &self,
        times: &ServiceTimes,
        open: &[&Counter],
        target: Posts,
        now: Timestamp,
    ) -> (Vec<Post>, f64) {
        let mut posts: Vec<Post> =
            open.iter().map(|counter| self.post(times, counter, now)).collect();
        let in_question = posts.iter_mut().enumerate().filter(|(place, _)| has(target, *place));
        let (mut busy, free): (Vec<&mut Post>, Vec<&mut Post>) =
            in_question.map(|(_, post)| post).partition(|post| post.busy);
        let count = (busy.len() + free.len()) as f64;
        let mut first_s = spread(&mut busy);
        for (place, post) in free.into_iter().enumerate() {
            post.in_question = true;
            post.part = (place + 1) as f64 / count;
            first_s = 0.0;
        }
        (posts, first_s)
    }

    fn post(&self, times: &ServiceTimes, counter: &Counter, now: Timestamp) -> Post {
        let mut post = Post {
            number: counter.number,
            busy: false,
            sure_s: 0.0,
            unsure_s: 0.0,
            free_s: 0.0,
            part: HALF,
            in_question: false,
            gone: false,
            previous: counter.last_class,
            regular_run: counter.regular_run,
        };
        let Some(ticket) = counter.current.and_then(|id| self.ticket(id).ok()) else {
            return post;
        };
        let Expected { mean_s, deviation_s, .. } = times.expected(&ticket.service, now);
        // The part that every service takes, and the part of which nobody knows when it ends.
        let sure_s = (mean_s - deviation_s).max(0.0);
        post.busy = true;
        post.unsure_s = deviation_s;
        post.sure_s = match ticket.begun_at {
            Some(begun) => (sure_s - now.duration_since(begun).as_secs_f64().max(0.0)).max(0.0),
            None => sure_s + times.walk_s(),
        };
        post.free_s = post.sure_s + post.unsure_s * post.part;
        post.part = 1.0;
        post
    }
}

/// Whose wait is asked for, with what it hangs on.
#[derive(Clone, Copy)]
struct Asked<'a> {
    code: &'a ServiceCode,
    class: Class,
    /// Only this counter may call it.
    reserved: Option<CounterNumber>,
    who: Who,
}

/// Lets busy counters end what they are at one after the other: the first when the first of such counters
/// is free in the mean, all together after the sum of what they have left. Gives that first time.
fn spread(busy: &mut [&mut Post]) -> f64 {
    busy.sort_by(|one, other| {
        let left = |post: &Post| post.sure_s + post.unsure_s;
        left(one).total_cmp(&left(other)).then(one.number.cmp(&other.number))
    });
    if busy.is_empty() {
        return 0.0;
    }
    let count = busy.len() as f64;
    let unsure = |post: &&mut Post| post.unsure_s.max(SHORTEST_S);
    let together: f64 = busy.iter().map(unsure).sum();
    let rates: f64 = busy.iter().map(|post| unsure(post).recip()).sum();
    let first_s = rates.recip();
    // The times first, first + step, ... have (count + 1) / (2 * count) of the sum: what equal counters
    // that began at equal distances have.
    let half = (count + 1.0) / (2.0 * count) * together;
    let step_s =
        if busy.len() > 1 { (half - count * first_s) * 2.0 / (count * (count - 1.0)) } else { 0.0 };
    for (place, post) in busy.iter_mut().enumerate() {
        post.in_question = true;
        post.free_s = post.sure_s + first_s + step_s * place as f64;
    }
    first_s
}

/// The open counters of which something holds.
fn posts_of(open: &[&Counter], holds: impl Fn(&Counter) -> bool) -> Posts {
    let places = open.iter().enumerate().filter(|(_, counter)| holds(counter));
    places.fold(0, |posts, (place, _)| posts | (1 << place))
}
