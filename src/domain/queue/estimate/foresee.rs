//! The counters played forward until one calls the ticket that is asked about.
//!
//! Each counter is first at what it is at now, then takes whom the policy in force gives it ([`choose`])
//! for as long as such a service takes in the mean. Three things make one such play a sound mean of all
//! that may happen:
//! - services vary, so of several busy counters the first is free sooner than the mean: what they are at
//!   ends one after the other, evenly spread; for equal counters and services that gives the exact mean;
//! - who has been served for a while is served no shorter for it, but for the part that every service
//!   takes;
//! - priority callers will come who are called before a regular one: as many as come at this hour.
//!
//! The play ends after [`CALLS_MAX`] calls; a ticket further back is reckoned from the pace until then.
//! So one estimate costs no more for ten thousand who wait than for some hundred. An appointment is not
//! foreseen: its ticket stands where it stands by its number.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Estimate, Expected, ServiceTimes};
use crate::ids::{CounterNumber, ServiceCode};
use crate::queue::pick::run_after;
use crate::queue::policy::{Candidate, History, Snapshot, choose};
use crate::queue::state::Queue;
use crate::queue::types::{Class, Counter, CounterState, Place, Ticket, TicketState};

/// Calls of the counters in question that are played; then the pace tells.
const CALLS_MAX: usize = 120;
/// Calls of all counters that are played at most: those of counters that are not in question cost time,
/// too.
const ALL_CALLS_MAX: usize = 4 * CALLS_MAX;
/// Open counters that are looked at. A center has 24 at most.
const POSTS_MAX: usize = 128;
/// Of a service at a counter that is not in question half is over.
const HALF: f64 = 0.5;
/// No service ends at once. Seconds.
const SHORTEST_S: f64 = 1.0;

/// A set of counters, one bit each.
type Posts = u128;

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

    /// How often a regular caller has been passed over by the counters that might have called it, as
    /// far as the rules ask: as in the decision itself.
    fn passed_over(&self, line: &Line<'_>, place: Place, open: &[Post]) -> usize {
        let most = self.settings().rules.overtakes_max as usize;
        let mut made = 0;
        for (_, post) in open.iter().enumerate().filter(|(post, _)| has(line.posts, *post)) {
            made += self.lines().priority_called_behind(post.number, place, most - made);
            if made >= most {
                break;
            }
        }
        made
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

/// Whether a counter is in a set.
fn has(posts: Posts, place: usize) -> bool {
    (posts >> place) & 1 == 1
}

/// The open counters of which something holds.
fn posts_of(open: &[&Counter], holds: impl Fn(&Counter) -> bool) -> Posts {
    let places = open.iter().enumerate().filter(|(_, counter)| holds(counter));
    places.fold(0, |posts, (place, _)| posts | (1 << place))
}

/// Who stands at the head of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// A waiting ticket.
    Ticket(Uuid),
    /// Whoever takes a number now.
    Newcomer,
    /// A priority caller who is expected to come.
    Later,
}

/// The head of a line: from when on it can be called, since when it waits, who it is.
#[derive(Debug, Clone, Copy)]
struct Head {
    from_s: f64,
    place: Place,
    who: Who,
}

/// Who comes after the head.
enum Rest<'q> {
    /// Who waits.
    Waiting(Box<dyn Iterator<Item = &'q Ticket> + 'q>),
    /// Who will come.
    Later { every_s: f64, next_s: f64 },
}

/// Those of a class for whom the same counters may call.
struct Line<'q> {
    class: Class,
    posts: Posts,
    expected: Expected,
    rest: Rest<'q>,
    /// Behind the last stands who takes a number now, in this place.
    newcomer: Option<Place>,
    /// It is the line of the ticket in question.
    own: bool,
    /// So many wait in it.
    waiting: usize,
    /// So many of them were called in the play.
    called: usize,
    head: Option<Head>,
}

impl<'q> Line<'q> {
    fn of(class: Class, posts: Posts, expected: Expected, rest: Rest<'q>) -> Self {
        let (newcomer, own, waiting, called, head) = (None, false, 0, 0, None);
        Self { class, posts, expected, rest, newcomer, own, waiting, called, head }
    }

    /// Goes on to the next one.
    fn step(&mut self, now: Timestamp) {
        self.head = match &mut self.rest {
            Rest::Waiting(rest) => match rest.next() {
                Some(ticket) => {
                    Some(Head { from_s: 0.0, place: ticket.order(), who: Who::Ticket(ticket.id) })
                }
                None => {
                    let place = self.newcomer.take();
                    place.map(|place| Head { from_s: 0.0, place, who: Who::Newcomer })
                }
            },
            Rest::Later { every_s, next_s } => {
                let from_s = *next_s;
                *next_s += *every_s;
                Some(Head { from_s, place: last_at(later(now, from_s)), who: Who::Later })
            }
        };
    }
}

/// The last place of an instant.
fn last_at(at: Timestamp) -> Place {
    (at, u32::MAX, char::MAX, u32::MAX)
}

fn later(now: Timestamp, seconds: f64) -> Timestamp {
    // A cast of too much gives the most there is, and that is no instant any more.
    now.checked_add(SignedDuration::from_millis((seconds * 1_000.0) as i64)).unwrap_or(now)
}

/// An open counter.
struct Post {
    number: CounterNumber,
    busy: bool,
    /// What its present service still takes for sure, and in the mean beyond that.
    sure_s: f64,
    unsure_s: f64,
    /// When it calls the next one.
    free_s: f64,
    /// Of the next one whom it takes so much of the unsure part passes: counters that are all free do not
    /// end together.
    part: f64,
    /// It may call the ticket in question.
    in_question: bool,
    /// Nobody is left for it.
    gone: bool,
    previous: Option<Class>,
    regular_run: u32,
}

/// One play.
struct Play<'q> {
    queue: &'q Queue,
    now: Timestamp,
    walk_s: f64,
    target: Posts,
    awaited: Who,
    posts: Vec<Post>,
    /// When the first of the counters in question is free.
    first_s: f64,
    lines: Vec<Line<'q>>,
    /// The priority callers called so far, where the rules bound them.
    priority_calls: Vec<(usize, Place)>,
}

impl Play<'_> {
    fn run(mut self, own: &Expected) -> Option<Estimate> {
        let count = f64::from(self.target.count_ones());
        // What the counters in question are at varies as well: as when the first of them is free.
        let mut variance = (self.first_s * count).powi(2);
        let mut least = Estimate::of(0.0, 0.0, own);
        let (mut called, mut all) = (0, 0);
        loop {
            let (place, at_s) = self.next_free()?;
            let in_question = self.posts.get(place).is_some_and(|post| post.in_question);
            if (in_question && called >= CALLS_MAX) || all >= ALL_CALLS_MAX {
                let times = self.further();
                let variance = variance * times / (count * count);
                return Some(Estimate::of(at_s * times, variance, own).at_least(&least));
            }
            let Some(line) = self.choose(place, at_s) else {
                self.posts.get_mut(place)?.gone = true;
                continue;
            };
            let Line { class, expected, head, .. } = self.lines.get(line)?;
            let (class, expected, head) = (*class, *expected, (*head)?);
            if head.who == self.awaited {
                let estimate = Estimate::of(at_s, variance / (count * count), own);
                return Some(estimate.at_least(&least));
            }
            all += 1;
            if in_question {
                least = Estimate::of(at_s, variance / (count * count), own).at_least(&least);
                called += 1;
                variance += expected.deviation_s.powi(2);
            }
            if class == Class::Priority && self.queue.settings().rules.overtakes_max > 0 {
                self.priority_calls.push((place, head.place));
            }
            self.call(place, at_s, (class, &expected));
            let line = self.lines.get_mut(line)?;
            line.called += 1;
            line.step(self.now);
        }
    }

    /// The counter that calls next, and when.
    fn next_free(&self) -> Option<(usize, f64)> {
        let posts = self.posts.iter().enumerate().filter(|(_, post)| !post.gone);
        posts
            .map(|(place, post)| (place, post.free_s))
            .min_by(|(_, one), (_, other)| one.total_cmp(other))
    }

    fn call(&mut self, place: usize, at_s: f64, (class, expected): (Class, &Expected)) {
        let Some(post) = self.posts.get_mut(place) else { return };
        let sure_s = (expected.mean_s - expected.deviation_s).max(0.0);
        post.free_s = at_s + self.walk_s + sure_s + expected.deviation_s * post.part;
        post.part = 1.0;
        post.previous = Some(class);
        post.regular_run = run_after(post.regular_run, class);
    }

    /// The line whose head a counter calls.
    fn choose(&self, place: usize, at_s: f64) -> Option<usize> {
        let first = |class: Class| {
            let lines = self.lines.iter().enumerate();
            lines
                .filter(|(_, line)| line.class == class && has(line.posts, place))
                .filter_map(|(index, line)| Some((index, line.head?)))
                .filter(|(_, head)| head.from_s <= at_s)
                .min_by_key(|(_, head)| head.place)
        };
        let ((regular, one), (priority, other)) =
            match (first(Class::Regular), first(Class::Priority)) {
                (Some(regular), Some(priority)) => (regular, priority),
                (regular, priority) => return regular.or(priority).map(|(line, _)| line),
            };
        let post = self.posts.get(place)?;
        let candidate = |head: Head| {
            let (since, ..) = head.place;
            Some(Candidate { label: "", since, appointment_at: None })
        };
        let rules = &self.queue.settings().rules;
        let mut overtaken = 0;
        if rules.overtakes_max > 0 && one.place < other.place {
            let line = self.lines.get(regular)?;
            let made = self.queue.passed_over(line, one.place, &self.posts);
            let foreseen = self.priority_calls.iter();
            let foreseen = foreseen.filter(|(post, at)| *at > one.place && has(line.posts, *post));
            overtaken = u32::try_from(made + foreseen.count()).unwrap_or(u32::MAX);
        }
        let history = History { previous: post.previous, regular_run: post.regular_run, overtaken };
        let snapshot = Snapshot { regular: candidate(one), priority: candidate(other) };
        let (class, _) = choose(rules, &snapshot, later(self.now, at_s), &history)?;
        Some(if class == Class::Regular { regular } else { priority })
    }

    /// How many times as long as until now it takes until the ticket in question is called, by the pace of
    /// its own line.
    fn further(&mut self) -> f64 {
        let awaited = self.awaited;
        let Some(own) = self.lines.iter_mut().find(|line| line.own) else { return 1.0 };
        let left = match (awaited, &mut own.rest) {
            (Who::Ticket(id), Rest::Waiting(rest)) => {
                // The head comes before whom the rest holds.
                rest.position(|ticket| ticket.id == id).map_or(0, |place| place + 1)
            }
            _ => own.waiting.saturating_sub(own.called),
        };
        let called = (own.called + 1) as f64;
        (called + left as f64) / called
    }
}
