//! The counters played forward, call by call.
//!
//! A play ends after [`CALLS_MAX`] calls; a ticket further back is reckoned from the pace until then. So
//! one estimate costs no more for ten thousand who wait than for some hundred.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Estimate, Expected};
use crate::ids::CounterNumber;
use crate::queue::pick::run_after;
use crate::queue::policy::{Candidate, History, Snapshot, choose};
use crate::queue::state::Queue;
use crate::queue::types::{Class, Place, Ticket};

/// Calls of the counters in question that are played; then the pace tells.
const CALLS_MAX: usize = 120;
/// Calls of all counters that are played at most: those of counters that are not in question cost time,
/// too.
const ALL_CALLS_MAX: usize = 4 * CALLS_MAX;

/// A set of counters, one bit each.
pub(super) type Posts = u128;

/// Whether a counter is in a set.
pub(super) fn has(posts: Posts, place: usize) -> bool {
    (posts >> place) & 1 == 1
}

/// Who stands at the head of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// A waiting ticket.
    Ticket(Uuid),
    /// Whoever takes a number now.
    Newcomer,
    /// A priority caller who is expected to come.
    Later,
}

/// The head of a line: from when on it can be called, since when it waits, who it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) from_s: f64,
    pub(super) place: Place,
    pub(super) who: Who,
}

/// Who comes after the head.
pub(super) enum Rest<'q> {
    /// Who waits.
    Waiting(Box<dyn Iterator<Item = &'q Ticket> + 'q>),
    /// Who will come.
    Later { every_s: f64, next_s: f64 },
}

/// Those of a class for whom the same counters may call.
pub(super) struct Line<'q> {
    pub(super) class: Class,
    pub(super) posts: Posts,
    pub(super) expected: Expected,
    pub(super) rest: Rest<'q>,
    /// Behind the last stands who takes a number now, in this place.
    pub(super) newcomer: Option<Place>,
    /// It is the line of the ticket in question.
    pub(super) own: bool,
    /// So many wait in it.
    pub(super) waiting: usize,
    /// So many of them were called in the play.
    pub(super) called: usize,
    pub(super) head: Option<Head>,
}

impl<'q> Line<'q> {
    pub(super) fn of(class: Class, posts: Posts, expected: Expected, rest: Rest<'q>) -> Self {
        let (newcomer, own, waiting, called, head) = (None, false, 0, 0, None);
        Self { class, posts, expected, rest, newcomer, own, waiting, called, head }
    }

    /// Goes on to the next one.
    pub(super) fn step(&mut self, now: Timestamp) {
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
pub(super) fn last_at(at: Timestamp) -> Place {
    (at, u32::MAX, char::MAX, u32::MAX)
}

fn later(now: Timestamp, seconds: f64) -> Timestamp {
    // A cast of too much gives the most there is, and that is no instant any more.
    now.checked_add(SignedDuration::from_millis((seconds * 1_000.0) as i64)).unwrap_or(now)
}

/// An open counter.
pub(super) struct Post {
    pub(super) number: CounterNumber,
    pub(super) busy: bool,
    /// What its present service still takes for sure, and in the mean beyond that.
    pub(super) sure_s: f64,
    pub(super) unsure_s: f64,
    /// When it calls the next one.
    pub(super) free_s: f64,
    /// Of the next one whom it takes so much of the unsure part passes: counters that are all free do not
    /// end together.
    pub(super) part: f64,
    /// It may call the ticket in question.
    pub(super) in_question: bool,
    /// Nobody is left for it.
    pub(super) gone: bool,
    pub(super) previous: Option<Class>,
    pub(super) regular_run: u32,
}

/// One play.
pub(super) struct Play<'q> {
    pub(super) queue: &'q Queue,
    pub(super) now: Timestamp,
    pub(super) walk_s: f64,
    pub(super) target: Posts,
    pub(super) awaited: Who,
    pub(super) posts: Vec<Post>,
    /// When the first of the counters in question is free.
    pub(super) first_s: f64,
    pub(super) lines: Vec<Line<'q>>,
    /// The priority callers called so far, where the rules bound them.
    pub(super) priority_calls: Vec<(usize, Place)>,
}

impl Play<'_> {
    pub(super) fn run(mut self, own: &Expected) -> Option<Estimate> {
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

impl Queue {
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
