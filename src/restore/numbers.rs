//! Which numbers a restored box leaves out on its first day. The old box may have given numbers that
//! nobody knows any more: they are on papers in citizens' hands.
//!
//! How many may be unknown depends on what the box was made of. The hub, and a second medium that was
//! there to the end, lack moments. A backup may lack the whole day, and the hub all of an outage: no
//! distance to the last known number helps there, so such a box goes on in a part of the day's numbers
//! of its own. The parts differ, because a box of an old copy may have to be made anew from the hub on
//! the same day, and the hub knows nothing of what it gave.

use crate::center;
use crate::province_data::ProvinceData;
use crate::settings::Settings;
use domain::ids::NodeId;
use domain::queue::{Queue, Service};
use domain::time::business_day;
use jiff::{SignedDuration, Timestamp};
use store::numbers::{DOSSIER_CODES, NumberGap, ticket_series};
use store::{Batch, LocalWrite, Store, query};

/// Tickets of each service that are left out. More than a center gives between two acknowledgements, or
/// in [`MOMENTS`].
const TICKETS_LEFT_OUT: u32 = 100;
/// What ends longer before the restore than this may lack more than that.
const MOMENTS: SignedDuration = SignedDuration::from_hours(1);
/// The band of a service in so many parts: the first for days without a restore, the second for a box of
/// a hub that was out of reach, the last for a box of an old copy.
const PARTS: u32 = 3;
const PART_AFTER_OUTAGE: u32 = 1;
const PART_OF_OLD_COPY: u32 = 2;

/// What a box was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeOf {
    /// The hub.
    Hub {
        /// When the last entry was written that it had.
        last: Option<Timestamp>,
    },
    /// The second medium.
    Medium {
        /// When the last entry was written that was on it.
        last: Option<Timestamp>,
    },
    /// A backup, of whatever age.
    Backup,
}

impl MadeOf {
    /// The stable code that stands in the gap.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Hub { .. } => "restored_from_hub",
            Self::Medium { .. } => "restored_from_medium",
            Self::Backup => "restored_from_backup",
        }
    }

    /// In which part of a service's band it goes on at least.
    fn part(self, now: Timestamp) -> u32 {
        let lacks_moments =
            |last: Option<Timestamp>| last.is_some_and(|last| now.duration_since(last) <= MOMENTS);
        match self {
            Self::Hub { last } | Self::Medium { last } if lacks_moments(last) => 0,
            Self::Hub { .. } => PART_AFTER_OUTAGE,
            Self::Medium { .. } | Self::Backup => PART_OF_OLD_COPY,
        }
    }
}

/// Books the numbers that are left out today; one entry of the journal. Doing it twice leaves out more: a
/// box that was restored before on this day may have given numbers behind its gap that nobody knows.
///
/// # Errors
/// The tables cannot be read or written.
pub fn leave_out(
    store: &Store,
    settings: &Settings,
    data: &ProvinceData,
    node: &NodeId,
    made_of: MadeOf,
    now: Timestamp,
) -> anyhow::Result<Vec<NumberGap>> {
    let day = business_day(now);
    let part = made_of.part(now);
    let (codes, tickets, counters) = store.readers().read_now(|c| {
        Ok((
            query::dossiers::codes_of_day(c, node, day)?,
            query::tickets::of_day(c, day)?,
            query::counters::all(c)?,
        ))
    })?;
    let skipped =
        |series: &str| store.readers().read_now(|c| query::numbers::skipped_to(c, day, series));
    let pattern = center::code_pattern(settings)?;
    let codes = || codes.iter().map(String::as_str);
    let gap = |series: String, known_to, next| NumberGap {
        business_day: day,
        series,
        known_to,
        next,
        reason: made_of.reason().to_owned(),
        booked_at: now,
    };
    let known_to = pattern.next_sequence(day, codes()).saturating_sub(1);
    let before = skipped(DOSSIER_CODES)?;
    let behind_gap = before.and_then(|next| pattern.code(day, next).ok());
    let all = codes().chain(behind_gap.as_deref());
    let next = if part == PART_OF_OLD_COPY {
        pattern.after_old_copy(day, all)
    } else {
        pattern.after_restore(day, all)
    };
    let next = next.max(before.unwrap_or(0));
    let mut gaps = vec![gap(DOSSIER_CODES.to_owned(), known_to, next)];
    let queue = Queue::for_day(data.queue.clone(), day, tickets, counters);
    for service in &data.queue.services {
        let known = queue.last_numbers().find(|(code, _)| **code == service.code);
        let known_to = known.map_or(service.number_from.saturating_sub(1), |(_, last)| last);
        let series = ticket_series(&service.code);
        let last = known_to.max(skipped(&series)?.unwrap_or(0).saturating_sub(1));
        gaps.push(gap(series, known_to, next_ticket(service, last, part)));
    }
    let batch = gaps
        .iter()
        .cloned()
        .map(LocalWrite::NumbersSkipped)
        .fold(Batch::new("system", now), Batch::and);
    store.commit_now(batch)?;
    Ok(gaps)
}

/// The next number of a service after the last one that may be known, at least in a part of its band.
/// Near its end a series would be full at once; then less is left out, and at last nothing.
fn next_ticket(service: &Service, last: u32, part: u32) -> u32 {
    let least = last.saturating_add(TICKETS_LEFT_OUT + 1);
    let band = service.number_to.saturating_sub(service.number_from).saturating_add(1);
    let begin = service.number_from.saturating_add(band / PARTS * part);
    let fits = |next: &u32| *next > last && *next <= service.number_max();
    let in_part = (part > 0).then_some(begin);
    [Some(least.max(begin)), in_part]
        .into_iter()
        .flatten()
        .find(fits)
        .unwrap_or(last.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::queue::NumberBand;

    fn service(number_from: u32, number_to: u32) -> Service {
        Service {
            code: "ho-tich".parse().unwrap(),
            name_vi: "Hộ tịch".to_owned(),
            name_en: "Civil status".to_owned(),
            series: 'A',
            number_from,
            number_to,
            overflow: None,
            promise_regular_min: 30,
            promise_priority_min: 15,
        }
    }

    #[test]
    fn what_lacks_moments_leaves_out_a_hundred_and_what_may_lack_a_day_takes_a_part_of_its_own() {
        let now: Timestamp = "2026-11-23T03:00:00Z".parse().unwrap();
        let ago = |minutes| Some(now - SignedDuration::from_mins(minutes));
        for (made_of, part) in [
            (MadeOf::Hub { last: ago(60) }, 0),
            (MadeOf::Hub { last: ago(61) }, PART_AFTER_OUTAGE),
            (MadeOf::Hub { last: None }, PART_AFTER_OUTAGE),
            (MadeOf::Medium { last: ago(1) }, 0),
            // A clock that is a little behind the copy.
            (MadeOf::Medium { last: ago(-2) }, 0),
            (MadeOf::Medium { last: ago(7 * 24 * 60) }, PART_OF_OLD_COPY),
            (MadeOf::Backup, PART_OF_OLD_COPY),
        ] {
            assert_eq!(made_of.part(now), part, "{made_of:?}");
        }
        let service = service(1, 999);
        assert_eq!(next_ticket(&service, 41, 0), 142);
        assert_eq!(next_ticket(&service, 0, PART_AFTER_OUTAGE), 334);
        assert_eq!(next_ticket(&service, 0, PART_OF_OLD_COPY), 667);
        assert_eq!(next_ticket(&service, 640, PART_OF_OLD_COPY), 741);
    }

    #[test]
    fn near_its_end_a_series_leaves_out_what_it_can() {
        let narrow = service(1, 90);
        assert_eq!(next_ticket(&narrow, 4, 0), 5);
        assert_eq!(next_ticket(&narrow, 4, PART_OF_OLD_COPY), 61);
        assert_eq!(next_ticket(&narrow, 70, PART_OF_OLD_COPY), 71);
        let band = NumberBand { number_from: 1001, number_to: 1999 };
        let with_overflow = Service { overflow: Some(band), ..service(1, 999) };
        assert_eq!(next_ticket(&with_overflow, 950, 0), 1051);
    }
}
