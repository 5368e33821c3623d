//! The same days under several rules, beside what they were.

use jiff::civil;

use super::figures::{Figures, Tally};
use super::past::PastDay;
use super::play::play;
use crate::queue::settings::{QueueRules, QueueSettings};
use crate::queue::types::Ticket;

/// Days played under some rules, day by day, so that a year needs no more memory than its waits.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Days that were added.
    pub days: usize,
    /// Citizens who were called on them.
    pub visits: usize,
    /// Tickets that were never called.
    pub left_out: usize,
    as_it_was: Tally,
    played: Vec<(QueueRules, Tally)>,
}

impl Comparison {
    /// Of these rules, in this order.
    #[must_use]
    pub fn of(rules: impl IntoIterator<Item = QueueRules>) -> Self {
        let played = rules.into_iter().map(|rules| (rules, Tally::default())).collect();
        Self { days: 0, visits: 0, left_out: 0, as_it_was: Tally::default(), played }
    }

    /// Plays one more day under each of the rules.
    pub fn add(&mut self, day: civil::Date, tickets: &[Ticket], settings: &QueueSettings) {
        let past = PastDay::of(day, tickets, settings);
        let services = &settings.services;
        self.days += 1;
        self.visits += past.visits.len();
        self.left_out += past.left_out;
        self.as_it_was.add(&past, &past.as_it_was(), services);
        for (rules, tally) in &mut self.played {
            tally.add(&past, &play(&past, services, rules), services);
        }
    }

    /// What the days were.
    #[must_use]
    pub fn as_it_was(&self) -> Figures {
        self.as_it_was.figures()
    }

    /// What they would have been under each of the rules.
    pub fn played(&self) -> impl Iterator<Item = (&QueueRules, Figures)> {
        self.played.iter().map(|(rules, tally)| (rules, tally.figures()))
    }
}
