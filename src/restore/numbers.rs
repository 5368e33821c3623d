//! Which numbers a restored box leaves out on its first day. The old box may have given numbers that
//! nobody knows any more: they are on papers in citizens' hands.

use crate::center;
use crate::province_data::ProvinceData;
use crate::settings::Settings;
use domain::ids::NodeId;
use domain::queue::Queue;
use domain::time::business_day;
use jiff::Timestamp;
use store::numbers::{DOSSIER_CODES, NumberGap, ticket_series};
use store::{Batch, LocalWrite, Store, query};

/// Tickets of each service that are left out. More than a center gives between two acknowledgements;
/// after a long outage of the line too few may be left out, and two citizens hold one number.
const TICKETS_LEFT_OUT: u32 = 100;

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
    reason: &str,
    now: Timestamp,
) -> anyhow::Result<Vec<NumberGap>> {
    let day = business_day(now);
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
        reason: reason.to_owned(),
        booked_at: now,
    };
    let known_to = pattern.next_sequence(day, codes()).saturating_sub(1);
    let before = skipped(DOSSIER_CODES)?;
    let behind_gap = before.and_then(|next| pattern.code(day, next).ok());
    let next = pattern.after_restore(day, codes().chain(behind_gap.as_deref()));
    let next = next.max(before.unwrap_or(0));
    let mut gaps = vec![gap(DOSSIER_CODES.to_owned(), known_to, next)];
    let queue = Queue::for_day(data.queue.clone(), day, tickets, counters);
    for service in &data.queue.services {
        let known = queue.last_numbers().find(|(code, _)| **code == service.code);
        let known_to = known.map_or(service.number_from.saturating_sub(1), |(_, last)| last);
        let series = ticket_series(&service.code);
        let last = known_to.max(skipped(&series)?.unwrap_or(0).saturating_sub(1));
        let next = last.saturating_add(TICKETS_LEFT_OUT + 1);
        // Near its end a series would be full at once; then the next number is given after all.
        let next = if next > service.number_max() { last + 1 } else { next };
        gaps.push(gap(series, known_to, next));
    }
    let batch = gaps
        .iter()
        .cloned()
        .map(LocalWrite::NumbersSkipped)
        .fold(Batch::new("system", now), Batch::and);
    store.commit_now(batch)?;
    Ok(gaps)
}
