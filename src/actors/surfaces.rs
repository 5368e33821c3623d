//! The last report of each page that has a device's token: kiosks, screens of the hall and of counters,
//! tablets.
//!
//! No desk decides by it and nothing of it is stored: after a restart a page is unheard until its next
//! report, a minute later at most. A token may stand on several pages (two screens of one hall), so a
//! page has an id of its own beside its device's.

use domain::surface::{FORGOTTEN_AFTER_S, Report};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// Pages that are remembered for one token; of one more, the one that was silent the longest goes.
/// A device that makes up pages loses its own, never another's.
pub const PAGES_PER_DEVICE_MAX: usize = 8;
/// Devices that are remembered; of one more, the one that was silent the longest goes. A center has
/// some dozens.
pub const DEVICES_MAX: usize = 256;

/// A page as it was heard last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The page's own id.
    pub page: Uuid,
    /// When.
    pub at: Timestamp,
    /// What it said.
    pub report: Report,
}

/// The last reports; cheap to clone, usable from any thread.
#[derive(Debug, Clone, Default)]
pub struct Surfaces(Arc<Mutex<BTreeMap<String, Vec<Heard>>>>);

impl Surfaces {
    /// Takes a report over.
    pub fn hear(&self, device: &str, heard: Heard) {
        let mut all = self.locked();
        if !all.contains_key(device) && all.len() >= DEVICES_MAX {
            let newest = |pages: &[Heard]| pages.iter().map(|heard| heard.at).max();
            let oldest = all.iter().min_by_key(|(_, pages)| newest(pages));
            if let Some(oldest) = oldest.map(|(device, _)| device.clone()) {
                all.remove(&oldest);
            }
        }
        let pages = all.entry(device.to_owned()).or_default();
        let silent_s = |known: &Heard| heard.at.as_second().saturating_sub(known.at.as_second());
        pages.retain(|known| known.page != heard.page && silent_s(known) <= FORGOTTEN_AFTER_S);
        pages.push(heard);
        if pages.len() > PAGES_PER_DEVICE_MAX {
            let oldest = pages.iter().enumerate().min_by_key(|(_, heard)| heard.at);
            if let Some((place, _)) = oldest {
                pages.remove(place);
            }
        }
    }

    /// What was heard of a device, the newest first.
    #[must_use]
    pub fn of(&self, device: &str) -> Vec<Heard> {
        let mut pages = self.locked().get(device).cloned().unwrap_or_default();
        pages.sort_by_key(|heard| std::cmp::Reverse(heard.at));
        pages
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Heard>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(page: u128, second: i64) -> Heard {
        let report = Report {
            version: "0.1.0".to_owned(),
            kept: 0,
            aside: 0,
            lasting: true,
            error: None,
            sound_blocked: false,
            offset_ms: 0,
        };
        Heard { page: Uuid::from_u128(page), at: Timestamp::from_second(second).unwrap(), report }
    }

    fn pages(surfaces: &Surfaces, device: &str) -> Vec<u128> {
        surfaces.of(device).iter().map(|heard| heard.page.as_u128()).collect()
    }

    #[test]
    fn the_last_report_of_each_page_counts() {
        let surfaces = Surfaces::default();
        for (page, second) in [(1, 10), (2, 20), (1, 30)] {
            surfaces.hear("hall-a1b2c3", heard(page, second));
        }
        assert_eq!(pages(&surfaces, "hall-a1b2c3"), [1, 2]);
        assert_eq!(pages(&surfaces, "hall-ffffff"), [0_u128; 0]);
    }

    #[test]
    fn a_device_that_makes_up_pages_pushes_out_its_own_only() {
        let surfaces = Surfaces::default();
        surfaces.hear("tablet-1-a1b2c3", heard(1, 0));
        for page in 0..100 {
            surfaces.hear("tablet-2-a1b2c3", heard(page, 100 + i64::try_from(page).unwrap()));
        }
        assert_eq!(pages(&surfaces, "tablet-1-a1b2c3"), [1]);
        assert_eq!(pages(&surfaces, "tablet-2-a1b2c3"), [99, 98, 97, 96, 95, 94, 93, 92]);
    }

    #[test]
    fn a_page_that_went_dark_is_shown_for_a_day_beside_another_of_its_device_and_for_ever_alone() {
        let surfaces = Surfaces::default();
        surfaces.hear("hall-a1b2c3", heard(1, 0));
        surfaces.hear("hall-ffffff", heard(1, 0));
        surfaces.hear("hall-a1b2c3", heard(2, FORGOTTEN_AFTER_S));
        assert_eq!(pages(&surfaces, "hall-a1b2c3"), [2, 1]);
        surfaces.hear("hall-a1b2c3", heard(2, FORGOTTEN_AFTER_S + 1));
        assert_eq!(pages(&surfaces, "hall-a1b2c3"), [2]);
        assert_eq!(pages(&surfaces, "hall-ffffff"), [1]);
    }

    #[test]
    fn the_device_that_was_silent_the_longest_makes_room() {
        let surfaces = Surfaces::default();
        let name = |number: usize| format!("kiosk-{number:06x}");
        for number in 0..=DEVICES_MAX {
            let second = if number == 7 { -1 } else { i64::try_from(number).unwrap() };
            surfaces.hear(&name(number), heard(1, second));
        }
        assert!(pages(&surfaces, &name(7)).is_empty());
        assert_eq!(pages(&surfaces, &name(0)), [1]);
        assert_eq!(pages(&surfaces, &name(DEVICES_MAX)), [1]);
    }
}
