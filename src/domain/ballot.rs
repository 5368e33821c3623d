//! When votes may leave the box in which they lie at first, and what they still say then.
//!
//! The journal tells when each dossier was received and returned, at which counter and by whom. A vote
//! that went into it at once would stand beside its receipt, and one of a quiet hour would be known by
//! its hour and service alone. So votes lie in a box at the node and go into the journal together and
//! shuffled: those of an hour when it is over and at least [`ASKED_MIN`] people were asked in it after
//! the same step about the same service; the others when their business day is over, with the day
//! only, and without the service where fewer were asked about that in the day's quiet hours.
//!
//! A vote that a tablet kept until its hour was over is known by the tablet that was away. It lies in
//! the box as one of the day on which it came ([`Within::Day`]), and leaves when at least [`ASKED_MIN`]
//! votes of its step that say the day only, and no service, leave together; else it waits for those of
//! another day.

use jiff::civil::Date;
use jiff::{Span, Timestamp};

use crate::ids::ServiceCode;
use crate::rating::{Rating, Stage, TALLY_SHOWN_FROM, Within};
use crate::time::{business_day, instant};

/// A vote keeps its hour, or its service, only where it is one of at least so many people's who were
/// asked. With fewer the hour gives way to the day, then the service to none.
pub const ASKED_MIN: u32 = 5;
/// Votes in one entry: an entry stays far below its bound even if every vote has the longest comment.
/// More votes go into several entries.
pub const VOTES_PER_ENTRY_MAX: usize = 64;
/// Votes in the box. A center serves some hundreds of people on a day; a box this full is treated as
/// at the end of the day.
pub const BOX_MAX: usize = 2000;

/// How many days after its own a used token still knows a vote that is sent again.
pub const USED_KNOWN_DAYS: i64 = 8;

/// Until when a used token is known: the end of a day, which does not say when it was used.
pub fn used_known_until(used_at: Timestamp) -> Timestamp {
    let day = business_day(used_at);
    let until = day.checked_add(Span::new().days(USED_KNOWN_DAYS)).unwrap_or(day);
    instant(until.at(0, 0, 0, 0))
}

/// Seconds of an hour.
const HOUR_S: i64 = 3600;

/// So many were asked in one hour after one step about one service: the number of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// When the hour began.
    pub hour: Timestamp,
    /// Step.
    pub stage: Stage,
    /// Service.
    pub service: ServiceCode,
    /// People.
    pub count: u32,
}

/// The votes that may leave the box now, as they go into the journal. Their order is that of the box:
/// the caller shuffles.
pub fn may_leave<'a>(
    held: impl ExactSizeIterator<Item = &'a Rating>,
    asked: &[Asked],
    now: Timestamp,
) -> Vec<Rating> {
    let full = held.len() >= BOX_MAX;
    let (late, in_time): (Vec<&Rating>, Vec<&Rating>) =
        held.partition(|vote| vote.within == Within::Day);
    let mut leaving: Vec<Rating> =
        in_time.into_iter().filter_map(|vote| leave(vote, asked, full, now)).collect();
    for stage in [Stage::Receipt, Stage::Return] {
        let come = late.iter().copied().filter(|vote| {
            vote.stage == stage && (full || business_day(vote.at) < business_day(now))
        });
        let joined = in_company(&come.collect::<Vec<_>>(), &leaving);
        leaving.extend(joined);
    }
    leaving
}

/// Late votes of one step, as they leave: with the newest day among them and the others that say the
/// day only, or, where fewer than [`ASKED_MIN`] say that day, not at all. Votes that name a service are no
/// company: beside them the one that names none is the late one.
fn in_company(late: &[&Rating], leaving: &[Rating]) -> Vec<Rating> {
    let Some(stage) = late.first().map(|vote| vote.stage) else { return Vec::new() };
    let others = || {
        leaving.iter().filter(move |vote| {
            vote.stage == stage && vote.within == Within::Day && vote.service.is_none()
        })
    };
    let days = late.iter().map(|vote| vote.at).chain(others().map(|vote| vote.at));
    let Some(at) = days.max() else { return Vec::new() };
    let together = late.len() + others().filter(|vote| vote.at == at).count();
    if together < ASKED_MIN as usize {
        return Vec::new();
    }
    late.iter().map(|vote| Rating { at, service: None, ..(*vote).clone() }).collect()
}

/// The first day that may still get a vote: today, or an older one with a vote of its own in the box. A
/// late vote is no vote of a day yet: it leaves with those of a day in the box, or later. Only where so
/// many of a step are late and over that they are company for each other do they leave with their newest
/// day, which stays open until they have.
pub fn first_open_day(held: &[Rating], today: Date) -> Date {
    let days = |of: Within, stage: Stage| {
        held.iter()
            .filter(move |vote| vote.within == of && vote.stage == stage)
            .map(|vote| business_day(vote.at))
    };
    let mut open = today;
    for stage in [Stage::Receipt, Stage::Return] {
        open = days(Within::Hour, stage).fold(open, Date::min);
        let late = || days(Within::Day, stage).filter(move |day| *day < today);
        if late().count() >= ASKED_MIN as usize {
            open = late().max().map_or(open, |newest| newest.min(open));
        }
    }
    open
}

/// How many votes in the box may be told: those whose hour is over, or, where they say the day only,
/// whose day is, and of them whole groups of [`TALLY_SHOWN_FROM`]. An exact number that grows while
/// somebody watches the hall would say who has voted, and with the next figures what.
pub fn waiting_told<'a>(held: impl Iterator<Item = &'a Rating>, now: Timestamp) -> u64 {
    let is_over = |vote: &&Rating| match vote.within {
        Within::Hour => now.as_second().saturating_sub(vote.at.as_second()) >= HOUR_S,
        Within::Day => business_day(vote.at) < business_day(now),
    };
    let group = u64::from(TALLY_SHOWN_FROM);
    held.filter(is_over).count() as u64 / group * group
}

fn leave(vote: &Rating, asked: &[Asked], full: bool, now: Timestamp) -> Option<Rating> {
    let about: Vec<&Asked> = asked
        .iter()
        .filter(|one| one.stage == vote.stage && Some(&one.service) == vote.service.as_ref())
        .collect();
    let hour_is_over = now.as_second().saturating_sub(vote.at.as_second()) >= HOUR_S;
    let many_in_hour = about.iter().any(|one| one.hour == vote.at && one.count >= ASKED_MIN);
    if many_in_hour {
        return (hour_is_over || full).then(|| vote.clone());
    }
    let day = business_day(vote.at);
    if business_day(now) <= day && !full {
        return None;
    }
    // The people of hours that are named do not hide anybody here: a vote of theirs names its hour.
    let in_quiet_hours = about
        .iter()
        .filter(|one| business_day(one.hour) == day && one.count < ASKED_MIN)
        .fold(0_u32, |sum, one| sum.saturating_add(one.count));
    let service = vote.service.clone().filter(|_| in_quiet_hours >= ASKED_MIN);
    let at = instant(day.at(0, 0, 0, 0));
    Some(Rating { service, at, within: Within::Day, ..vote.clone() })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::rating::{Level, Respondent};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn service(code: &str) -> ServiceCode {
        ServiceCode::parse(code).unwrap()
    }

    fn vote(hour: &str, code: &str) -> Rating {
        Rating {
            id: Uuid::new_v4(),
            stage: Stage::Receipt,
            level: Level::Satisfied,
            reasons: Vec::new(),
            comment: None,
            respondent: Respondent::Citizen,
            service: Some(service(code)),
            at: at(hour),
            within: Within::Hour,
            rev: 1,
        }
    }

    fn asked(hour: &str, code: &str, count: u32) -> Asked {
        Asked { hour: at(hour), stage: Stage::Receipt, service: service(code), count }
    }

    const NINE: &str = "2026-11-23T02:00:00Z";
    const TEN: &str = "2026-11-23T03:00:00Z";
    const MIDNIGHT: &str = "2026-11-23T17:00:00Z";

    fn leaving(held: &[Rating], asked: &[Asked], now: &str) -> Vec<Rating> {
        may_leave(held.iter(), asked, at(now))
    }

    #[test]
    fn votes_leave_when_their_hour_is_over_and_not_before() {
        let held = [vote(NINE, "ho-tich"), vote(NINE, "ho-tich"), vote(TEN, "ho-tich")];
        let asked = [asked(NINE, "ho-tich", 5), asked(TEN, "ho-tich", 5)];
        assert!(leaving(&held, &asked, "2026-11-23T02:59:59.999999Z").is_empty());
        assert_eq!(leaving(&held, &asked, TEN), held[..2]);
        assert_eq!(leaving(&held, &asked, "2026-11-23T04:00:00Z"), held);
    }

    #[test]
    fn a_vote_of_an_hour_in_which_few_were_asked_waits_for_the_day_and_says_only_the_day() {
        let held = [vote(NINE, "ho-tich"), vote(TEN, "ho-tich")];
        // Others were asked, but about something else, after another step, or in another hour.
        let mut about = vec![asked(NINE, "ho-tich", 4), asked(TEN, "ho-tich", 4)];
        about.push(asked(NINE, "dat-dai", 9));
        about.push(Asked { stage: Stage::Return, ..asked(NINE, "ho-tich", 9) });
        assert!(leaving(&held, &about, "2026-11-23T16:59:59Z").is_empty());
        let left = leaving(&held, &about, MIDNIGHT);
        assert_eq!(left.len(), 2);
        for vote in left {
            assert_eq!((vote.at, vote.within), (at("2026-11-22T17:00:00Z"), Within::Day));
            assert_eq!(vote.service, Some(service("ho-tich")), "eight were asked on that day");
        }
    }

    #[test]
    fn a_service_about_which_few_were_asked_on_the_day_is_not_named() {
        let held = [vote(NINE, "dat-dai")];
        // The day before does not count for this one.
        let about = [asked(NINE, "dat-dai", 4), asked("2026-11-22T09:00:00Z", "dat-dai", 9)];
        let left = leaving(&held, &about, "2026-11-25T01:00:00Z");
        assert_eq!((left[0].service.clone(), left[0].within), (None, Within::Day));
        assert_eq!(left[0].id, held[0].id);
    }

    #[test]
    fn people_of_a_busy_hour_do_not_hide_a_vote_of_a_quiet_one() {
        let held = [vote(NINE, "ho-tich"), vote(TEN, "ho-tich")];
        let about = [asked(NINE, "ho-tich", 50), asked(TEN, "ho-tich", 4)];
        let left = leaving(&held, &about, MIDNIGHT);
        assert_eq!(left[0], held[0], "also when the center was off as its hour ended");
        assert_eq!((left[1].service.clone(), left[1].within), (None, Within::Day));
    }

    /// A vote that came on the day of [`NINE`] when its own hour was over.
    fn late() -> Rating {
        let at = at("2026-11-22T17:00:00Z");
        Rating { service: None, at, within: Within::Day, ..vote(NINE, "ho-tich") }
    }

    #[test]
    fn a_late_vote_leaves_only_among_five_that_say_the_day() {
        let quiet = || vote(NINE, "ho-tich");
        let about = [asked(NINE, "ho-tich", 4), asked(TEN, "ho-tich", 9)];
        // Votes of a busy hour are no company: they say their hour.
        let mut held = vec![late(), quiet(), quiet(), quiet(), vote(TEN, "ho-tich")];
        let left = leaving(&held, &about, MIDNIGHT);
        assert_eq!(
            left.len(),
            4,
            "three of the quiet hour, one of the busy one, and not the late one"
        );
        assert!(left.iter().all(|vote| vote.id != held[0].id));
        held.push(Rating { stage: Stage::Return, ..quiet() });
        assert_eq!(leaving(&held, &about, MIDNIGHT).len(), 5, "another step is no company either");
        held.push(quiet());
        assert!(
            leaving(&held, &about, "2026-11-23T16:59:59Z").iter().all(|vote| vote.at == at(TEN))
        );
        let eight = asked("2026-11-23T01:00:00Z", "ho-tich", 4);
        let named = [about[0].clone(), about[1].clone(), eight];
        let left = leaving(&held, &named, MIDNIGHT);
        assert_eq!(left.len(), held.len() - 1, "beside named services it is known");
        assert!(left.iter().all(|vote| vote.id != held[0].id));
        let left = leaving(&held, &about, MIDNIGHT);
        assert_eq!(left.len(), held.len());
        let it = left.iter().find(|vote| vote.id == held[0].id).unwrap();
        assert_eq!((it.service.clone(), it.at, it.within), (None, late().at, Within::Day));
    }

    #[test]
    fn late_votes_that_waited_leave_as_votes_of_the_day_of_their_company() {
        let held: Vec<Rating> = (0..4).map(|_| late()).collect();
        assert!(leaving(&held, &[], "2026-12-23T17:00:00Z").is_empty(), "four name their tablet");
        let next = Rating { at: at(MIDNIGHT), ..late() };
        let all = [held, vec![next]].concat();
        assert!(leaving(&all, &[], "2026-11-24T16:59:59Z").is_empty(), "the day is not over");
        let left = leaving(&all, &[], "2026-11-24T17:00:00Z");
        assert_eq!(left.len(), 5);
        assert!(left.iter().all(|vote| vote.at == at(MIDNIGHT)), "its own day may have been told");
    }

    #[test]
    fn a_day_is_open_while_a_vote_that_will_say_it_is_in_the_box() {
        let (day, next) = (date(2026, 11, 23), date(2026, 11, 24));
        let mut held: Vec<Rating> = (0..4).map(|_| late()).collect();
        held.push(Rating { stage: Stage::Return, ..late() });
        assert_eq!(first_open_day(&held, next), next, "they wait for votes of another day");
        held.push(late());
        assert_eq!(first_open_day(&held, day), day);
        assert_eq!(first_open_day(&held, next), day, "five are company for each other");
        held.pop();
        held.push(Rating { at: at(MIDNIGHT), ..late() });
        let after = next.tomorrow().unwrap();
        assert_eq!(first_open_day(&held, after), next, "they take the newest of their days");
        assert_eq!(first_open_day(&[vote(NINE, "ho-tich")], next), day);
    }

    #[test]
    fn of_the_box_whole_fives_of_hours_that_are_over_are_told() {
        let told = |held: &[Rating], now: &str| waiting_told(held.iter(), at(now));
        let mut held: Vec<Rating> = (0..9).map(|_| vote(NINE, "ho-tich")).collect();
        assert_eq!(told(&held, "2026-11-23T02:59:59Z"), 0, "nobody sees a vote come");
        assert_eq!(told(&held, TEN), 5);
        assert_eq!(told(&held[..4], TEN), 0);
        held.push(late());
        assert_eq!(told(&held, "2026-11-23T16:59:59Z"), 5);
        assert_eq!(told(&held, MIDNIGHT), 10);
    }

    #[test]
    fn a_full_box_is_emptied_as_at_the_end_of_the_day() {
        let half_past = "2026-11-23T02:30:00Z";
        let held: Vec<Rating> = (0..BOX_MAX).map(|_| vote(NINE, "ho-tich")).collect();
        assert_eq!(leaving(&held, &[asked(NINE, "ho-tich", 2000)], half_past), held);
        let left = leaving(&held, &[asked(NINE, "ho-tich", 4)], half_past);
        assert_eq!(left.len(), BOX_MAX);
        assert!(left.iter().all(|vote| vote.within == Within::Day));
        assert!(leaving(&held[1..], &[], half_past).is_empty());
    }
}
