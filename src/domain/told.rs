//! From how many votes on figures are shown, and which day they count on.
//!
//! A cell of one vote is that citizen's: whoever knows which organisation came on a day reads what it
//! said. To leave small cells out would not do: they could be found as the difference of two questions,
//! of days with and without that one, or of today's answer and tomorrow's. So the votes of one kind (of
//! one step, one service group and one sort of respondent) are told in groups: whole days that are over,
//! one after the other, until there are [`TALLY_SHOWN_FROM`]. A group counts on its last day, and never
//! changes, so every sum and every difference of figures is one of whole groups. An officer's figures
//! follow the same rule by months.
//!
//! Groups begin anew with each year, so that old years need not be read to know them. What is left of a
//! kind at the end of a year, at most four votes, is never told.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::rating::TALLY_SHOWN_FROM;

/// On which day the votes of a kind and a day are told.
#[derive(Debug)]
pub struct Groups<K> {
    told_on: BTreeMap<K, BTreeMap<Date, Date>>,
}

/// Where the first group may begin that counts on a day: votes are needed from here on.
pub fn first_day_of_groups(day: Date) -> Date {
    day.first_of_year()
}

impl<K: Ord> Groups<K> {
    /// The groups of so many votes of a kind on a day, in any order; a day may come in several parts.
    /// Only days that are over may be given, and all of them from [`first_day_of_groups`] on.
    pub fn of(votes: impl IntoIterator<Item = (K, Date, u64)>) -> Self {
        let mut counted: BTreeMap<K, BTreeMap<Date, u64>> = BTreeMap::new();
        for (kind, day, count) in votes {
            let sum = counted.entry(kind).or_default().entry(day).or_default();
            *sum = sum.saturating_add(count);
        }
        let told_on = counted.into_iter().map(|(kind, days)| (kind, group(&days))).collect();
        Self { told_on }
    }

    /// The day on which the votes of a kind and a day count; none while they are too few.
    pub fn told_on(&self, kind: &K, day: Date) -> Option<Date> {
        self.told_on.get(kind)?.get(&day).copied()
    }
}

fn group(days: &BTreeMap<Date, u64>) -> BTreeMap<Date, Date> {
    let mut told_on = BTreeMap::new();
    let mut open: Vec<Date> = Vec::new();
    let mut sum = 0_u64;
    for (&day, &count) in days {
        if open.first().is_some_and(|first| first.year() != day.year()) {
            open.clear();
            sum = 0;
        }
        open.push(day);
        sum = sum.saturating_add(count);
        if sum >= u64::from(TALLY_SHOWN_FROM) {
            told_on.extend(open.drain(..).map(|member| (member, day)));
            sum = 0;
        }
    }
    told_on
}

#[cfg(test)]
mod tests {
    use jiff::Span;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn on(day: i16) -> Date {
        date(2026, 11, 1) + Span::new().days(day - 1)
    }

    fn told(votes: &[(i16, u64)]) -> Vec<Option<Date>> {
        let groups = Groups::of(votes.iter().map(|(day, count)| ("kind", on(*day), *count)));
        votes.iter().map(|(day, _)| groups.told_on(&"kind", on(*day))).collect()
    }

    #[test]
    fn votes_of_a_kind_wait_until_there_are_five() {
        assert_eq!(told(&[(1, 4)]), [None]);
        assert_eq!(told(&[(1, 5), (2, 4)]), [Some(on(1)), None]);
        assert_eq!(told(&[(1, 1), (2, 3), (9, 1)]), [Some(on(9)); 3]);
        assert_eq!(told(&[(1, 3), (2, 40), (3, 1)]), [Some(on(2)), Some(on(2)), None]);
    }

    #[test]
    fn kinds_do_not_hide_each_other() {
        let votes = [("citizen", on(1), 20), ("organisation", on(1), 1)];
        let groups = Groups::of(votes);
        assert_eq!(groups.told_on(&"citizen", on(1)), Some(on(1)));
        assert_eq!(groups.told_on(&"organisation", on(1)), None);
        assert_eq!(groups.told_on(&"nobody", on(1)), None);
    }

    #[test]
    fn a_group_does_not_reach_over_the_end_of_a_year() {
        let (old, new) = (date(2026, 12, 31), date(2027, 1, 1));
        let groups = Groups::of([("kind", old, 4), ("kind", new, 4)]);
        assert_eq!((groups.told_on(&"kind", old), groups.told_on(&"kind", new)), (None, None));
        assert_eq!(first_day_of_groups(date(2027, 5, 3)), new);
    }

    proptest! {
        /// Whoever asks for two ranges of days, or for one on two days, learns of five more or of none.
        #[test]
        fn no_two_answers_differ_by_fewer_than_five(
            counts in prop::collection::vec(0_u64..7, 1..40),
            (one, other) in (1_i16..42, 1_i16..42),
            (known, later) in (1_usize..41, 1_usize..41),
        ) {
            let votes = |until: usize| {
                let days = (1_i16..).zip(counts.iter().copied()).take(until);
                days.filter(|(_, count)| *count > 0).collect::<Vec<_>>()
            };
            let answer = |until: usize, last: i16| -> u64 {
                let votes = votes(until);
                let told = told(&votes);
                let all = votes.iter().zip(told);
                all.filter(|(_, told)| told.is_some_and(|day| day <= on(last)))
                    .map(|((_, count), _)| count)
                    .sum()
            };
            for (first, second) in [
                (answer(known, one), answer(known, other)),
                (answer(known, one), answer(later, one)),
            ] {
                let difference = first.abs_diff(second);
                prop_assert!(difference == 0 || difference >= u64::from(TALLY_SHOWN_FROM));
            }
        }
    }
}
