//! The numbers of a service: its band, and where the center has named one, the overflow band after it. A
//! number is given once a day; when both are used up, issuing is refused until the next day.

use serde::{Deserialize, Serialize};

use super::types::Service;

/// Numbers that a service goes on with when its band is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberBand {
    /// First number.
    pub number_from: u32,
    /// Last number.
    pub number_to: u32,
}

impl Service {
    /// The bands in the order in which they are used.
    pub fn bands(&self) -> impl Iterator<Item = NumberBand> {
        let own = NumberBand { number_from: self.number_from, number_to: self.number_to };
        std::iter::once(own).chain(self.overflow)
    }

    /// Whether a number of a letter is one of this service's. A ticket that was passed on keeps the
    /// number of the service for which it was issued.
    pub fn holds(&self, series: char, number: u32) -> bool {
        let within = |band: NumberBand| (band.number_from..=band.number_to).contains(&number);
        self.series == series && self.bands().any(within)
    }

    /// The number after the last one that was given; nothing when all are given.
    pub fn number_after(&self, last: Option<u32>) -> Option<u32> {
        let least = last.map_or(0, |last| last.saturating_add(1));
        let fits = |band: NumberBand| {
            let next = least.max(band.number_from);
            (next <= band.number_to).then_some(next)
        };
        self.bands().find_map(fits)
    }

    /// The last number of the last band.
    pub fn number_max(&self) -> u32 {
        self.overflow.map_or(self.number_to, |band| band.number_to)
    }

    /// How many numbers a day has for it.
    pub fn numbers_count(&self) -> u32 {
        let count =
            |band: NumberBand| band.number_to.saturating_sub(band.number_from).saturating_add(1);
        self.bands().map(count).fold(0, u32::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::super::kiosk::share_of;
    use super::super::tests::{Hall, plan, settings};
    use super::super::{QueueSettings, Ticket};
    use super::*;
    use crate::refusal::Refusal;

    /// The results' numbers are T001 to T003, then T901 and T902.
    fn hall() -> Hall {
        let plans = vec![plan(1, &["ho-tich", "tra-ket-qua"])];
        let mut settings: QueueSettings = settings(plans);
        settings.services[4].overflow = Some(NumberBand { number_from: 901, number_to: 902 });
        Hall::of(settings)
    }

    fn labels(hall: &mut Hall, count: usize) -> Vec<String> {
        let issue = |_| hall.issue("tra-ket-qua", None).unwrap().label;
        (0..count).map(issue).collect()
    }

    #[test]
    fn a_full_band_goes_on_in_its_overflow_and_never_begins_again() {
        let mut hall = hall();
        assert_eq!(labels(&mut hall, 4), ["T001", "T002", "T003", "T901"]);
        hall.restart();
        assert_eq!(labels(&mut hall, 1), ["T902"]);
        for _ in 0..2 {
            let refusal = hall.issue("tra-ket-qua", None).unwrap_err();
            assert_eq!(refusal, Refusal::SeriesFull { series: 'T', number_to: 902 });
            hall.restart();
        }
        assert_eq!(hall.issue("ho-tich", None).unwrap().label, "A001", "the others go on");
        let mut numbers: Vec<u32> =
            hall.queue.tickets().map(|ticket: &Ticket| ticket.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 1, 2, 3, 901, 902]);
    }

    #[test]
    fn numbers_that_a_restore_left_out_lead_into_the_overflow() {
        let mut hall = hall();
        let results = hall.queue.settings().services[4].code.clone();
        for (left_out, next) in [(2, "T003"), (500, "T901"), (901, "T902")] {
            hall.queue.skip_to(&results, left_out);
            assert_eq!(labels(&mut hall, 1), [next]);
        }
    }

    #[test]
    fn a_kiosks_share_is_half_of_both_bands() {
        let hall = hall();
        let results = &hall.queue.settings().services[4];
        assert_eq!((results.numbers_count(), results.number_max()), (5, 902));
        assert_eq!(share_of(results), 3);
        assert!(results.holds('T', 901) && results.holds('T', 3));
        assert!(!results.holds('T', 900) && !results.holds('A', 1));
    }
}
