//! The figures of one row, and the sums they are made from.

use serde::Serialize;

use crate::percentile::Spread;

/// What one row of a report tells. Of an hour: who came in it, and what was called in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Figures {
    /// Numbers that were given; of an officer or a counter: those it called first.
    pub issued: usize,
    /// From the coming to the first call, of those who were called on the day of their number: a night
    /// at home is no wait.
    pub wait: Spread,
    /// Of those who were called, so many have a service whose promise is known.
    pub promised: usize,
    /// So many of those were called within it.
    pub kept: usize,
    /// Calls, also second ones of one number; not recalls, nor a service with which a counter went on
    /// without calling.
    pub calls: usize,
    /// From the call to the citizen's being there.
    pub walk: Spread,
    /// From then to the end.
    pub serving: Spread,
    /// Services done; of a visit of several services each counts.
    pub completed: usize,
    /// Called and not there.
    pub no_shows: usize,
    /// Passed on.
    pub transfers: usize,
    /// Numbers given up by a person.
    pub cancelled: usize,
    /// Numbers that still waited or were on hold when the day ended, also those that were carried over.
    pub left: usize,
    /// The times in which a counter called nobody between two of its calls, in the opening hours. Of a
    /// service or a class: those before a call for it; of an hour: the part in it; of an officer: those in
    /// which the officer was with nobody, at whatever counter.
    pub free: Spread,
    /// All of them together. Seconds.
    pub free_s: i64,
    /// How long of that somebody waited whom the counter then called. Seconds.
    pub free_waiting_s: i64,
}

/// What a row collects. Holds 8 bytes for each wait, walk, serving and free time.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub figures: Figures,
    pub waits_s: Vec<i64>,
    pub walks_s: Vec<i64>,
    pub servings_s: Vec<i64>,
    pub frees_s: Vec<i64>,
}

impl Sums {
    /// A free time, and how long of it somebody waited.
    pub fn add_free(&mut self, free_s: i64, waiting_s: i64) {
        self.frees_s.push(free_s);
        self.figures.free_s += free_s;
        self.figures.free_waiting_s += waiting_s;
    }

    /// The row.
    pub fn figures(self) -> Figures {
        Figures {
            wait: Spread::of(self.waits_s),
            walk: Spread::of(self.walks_s),
            serving: Spread::of(self.servings_s),
            free: Spread::of(self.frees_s),
            ..self.figures
        }
    }
}
