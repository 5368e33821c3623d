//! What the head of a center reads of the votes: numbers, the reasons, the comments, as far as they may
//! be told ([`domain::told`]). Officers' figures are in [`super::rating_figures`].

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use domain::ballot::first_open_day;
use domain::rating::Rating;
use domain::time::{VIETNAM, instant};
use domain::told::{Groups, first_day_of_groups};
use jiff::civil::Date;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::ratings;
use crate::StoreError;
use crate::sql::{Columns, micros};

/// So many votes of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// When it was asked.
    pub stage: String,
    /// What was said.
    pub level: String,
    /// Who said it.
    pub respondent: String,
    /// About which service; empty where the votes do not say.
    pub service: String,
    /// How many.
    pub count: u64,
}

/// So many votes that name a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonFigure {
    /// When it was asked.
    pub stage: String,
    /// About which service; empty where the votes do not say.
    pub service: String,
    /// The reason's code.
    pub reason: String,
    /// How many. A vote that names two reasons counts in both.
    pub count: u64,
}

/// A vote with a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidOn {
    /// The day on which it counts: that of its group, not its own.
    pub day: Date,
    /// The vote.
    pub vote: Rating,
}

/// The votes that count on some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// By stage, level, respondent and service.
    pub counts: Vec<Figure>,
    /// By stage, service and reason.
    pub reasons: Vec<ReasonFigure>,
    /// The newest day first; within one, in the order of random ids, so that their order tells neither
    /// the hours, nor the days of a group, nor which of them came in a quiet one.
    pub comments: Vec<SaidOn>,
}

/// Stage, respondent, service: what votes are told by, beside what they say.
type Kind = (String, String, String);

/// The votes that count on the days from `first` to `last`, as known on `today`, with at most so many
/// comments, the newest. Only days that are over are told, and of them those of which no vote is in the
/// box yet. Reads the votes from the beginning of the first day's year on.
///
/// # Errors
/// The tables cannot be read.
pub fn told(
    c: &Connection,
    first: Date,
    last: Date,
    today: Date,
    comments_max: usize,
) -> Result<Told, StoreError> {
    let open = first_open_day(&ratings::held(c)?, today);
    let end = last.tomorrow().unwrap_or(last).min(open);
    let begin = |day: Date| micros(instant(day.at(0, 0, 0, 0)));
    let offset_us = i64::from(VIETNAM.seconds()) * 1_000_000;
    let span = Span { bounds: (begin(first_day_of_groups(first)), begin(end), offset_us) };
    let days = span.days(c)?;
    let groups = Groups::of(days.iter().map(|row| (row.kind.clone(), row.day, row.count)));
    let asked = Asked { groups, days: first..=last };

    let mut counts: BTreeMap<(String, String, String, String), u64> = BTreeMap::new();
    for DayRow { day, kind, said, count } in days {
        if asked.told_on(&kind, day).is_some() {
            let (stage, respondent, service) = kind;
            *counts.entry((stage, said, respondent, service)).or_default() += count;
        }
    }
    let mut reasons: BTreeMap<Kind, u64> = BTreeMap::new();
    for DayRow { day, kind, said, count } in span.reasons(c)? {
        if asked.told_on(&kind, day).is_some() {
            *reasons.entry((kind.0, kind.2, said)).or_default() += count;
        }
    }
    let mut comments: Vec<(Reverse<Date>, Uuid)> = span
        .comments(c)?
        .into_iter()
        .filter_map(|(id, kind, day)| Some((Reverse(asked.told_on(&kind, day)?), id)))
        .collect();
    comments.sort_unstable();
    comments.truncate(comments_max);
    Ok(Told {
        counts: counts
            .into_iter()
            .map(|((stage, level, respondent, service), count)| Figure {
                stage,
                level,
                respondent,
                service,
                count,
            })
            .collect(),
        reasons: reasons
            .into_iter()
            .map(|((stage, service, reason), count)| ReasonFigure { stage, service, reason, count })
            .collect(),
        comments: comments
            .into_iter()
            .filter_map(|(Reverse(day), id)| {
                let vote = ratings::by_id(c, id).transpose()?;
                Some(vote.map(|vote| SaidOn { day, vote }))
            })
            .collect::<Result<_, _>>()?,
    })
}

/// The groups, and the days that are asked for.
struct Asked {
    groups: Groups<Kind>,
    days: RangeInclusive<Date>,
}

impl Asked {
    fn told_on(&self, kind: &Kind, day: Date) -> Option<Date> {
        self.groups.told_on(kind, day).filter(|told| self.days.contains(told))
    }
}

/// So many votes of a kind and a day that say the same.
struct DayRow {
    day: Date,
    kind: Kind,
    said: String,
    count: u64,
}

/// From which instant to which other, and how far midnight is from that of UTC; microseconds.
struct Span {
    bounds: (i64, i64, i64),
}

impl Span {
    fn days(&self, c: &Connection) -> Result<Vec<DayRow>, StoreError> {
        self.rows(
            c,
            "SELECT date((at_us + ?3) / 1000000, 'unixepoch'), stage, respondent, service, level,
                    count(*)
             FROM rating WHERE at_us >= ?1 AND at_us < ?2 GROUP BY 1, 2, 3, 4, 5",
            day_row,
        )
    }

    fn reasons(&self, c: &Connection) -> Result<Vec<DayRow>, StoreError> {
        self.rows(
            c,
            "SELECT date((rating.at_us + ?3) / 1000000, 'unixepoch'), rating.stage,
                    rating.respondent, rating.service, reason.value, count(*)
             FROM rating, json_each(rating.public, '$.reasons') AS reason
             WHERE rating.at_us >= ?1 AND rating.at_us < ?2 GROUP BY 1, 2, 3, 4, 5",
            day_row,
        )
    }

    fn comments(&self, c: &Connection) -> Result<Vec<(Uuid, Kind, Date)>, StoreError> {
        self.rows(
            c,
            "SELECT date((at_us + ?3) / 1000000, 'unixepoch'), stage, respondent, service, id
             FROM rating WHERE at_us >= ?1 AND at_us < ?2 AND private IS NOT NULL",
            |row| Ok((row.uuid(4)?, kind_of(row)?, day_of(row)?)),
        )
    }

    fn rows<T>(
        &self,
        c: &Connection,
        sql: &str,
        read: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = c.prepare_cached(sql)?;
        let rows = statement.query_map(self.bounds, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn day_row(row: &Row<'_>) -> rusqlite::Result<DayRow> {
    Ok(DayRow { day: day_of(row)?, kind: kind_of(row)?, said: row.get(4)?, count: row.number(5)? })
}

fn day_of(row: &Row<'_>) -> rusqlite::Result<Date> {
    row.parsed(0, str::parse::<Date>)
}

fn kind_of(row: &Row<'_>) -> rusqlite::Result<Kind> {
    Ok((row.get(1)?, row.get(2)?, row.get(3)?))
}
