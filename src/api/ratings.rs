//! `/ratings/summary`: what citizens said, for the head of the center. How a vote comes in is in
//! `tablets`.

use super::Center;
use super::failure::{bad_value, unreadable};
use super::views::word;
use super::words;
use actix_web::{HttpResponse, web as actix_routes};
use domain::ballot::waiting_told;
use domain::rating::{OfficerTally, TALLY_SHOWN_FROM};
use domain::time::business_day;
use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use store::query;
use store::query::told_votes::{Figure, ReasonFigure, SaidOn, told};
use utoipa::{IntoParams, ToSchema};
use web::{Officer, Problem, Role};

/// Without a wish the last so many days, today included.
const DAYS: i64 = 30;
/// The longest range: a year, with its first day again.
const DAYS_MAX: i64 = 366;
/// The most comments of one answer, the newest.
const COMMENTS_MAX: usize = 200;

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RatingDays {
    /// First day, `yyyy-mm-dd`; without it 29 days before the last.
    #[serde(default)]
    pub from: Option<String>,
    /// Last day; without it today.
    #[serde(default)]
    pub to: Option<String>,
}

/// What was said on some days.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingFigures {
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Votes by stage, level, respondent and service group. Of one kind (stage, respondent, service group)
    /// they are told in groups of whole days that are over, together at least `officers_from` votes; a
    /// group counts on its last day.
    pub counts: Vec<RatingFigureView>,
    /// How often each reason was named; a vote may name several.
    pub reasons: Vec<ReasonFigureView>,
    /// In the citizens' words, the newest day first.
    pub comments: Vec<CommentView>,
    /// By officer and month, for the months that the days touch; from counters that are kept apart from
    /// the votes, so that they neither add up to these nor follow the days.
    pub officers: Vec<OfficerFigureView>,
    /// From how many votes on, and by how many at a time, figures are told: an officer's, and those of
    /// each kind of vote.
    pub officers_from: u32,
    /// Of the votes of past hours that are journalled when their day is over, at least so many: whole
    /// groups of `officers_from`. How many exactly, and how many of this hour, nobody is told.
    pub not_yet_counted: u64,
}

/// Votes of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingFigureView {
    /// `receipt` or `return`.
    #[schema(value_type = words::Stage)]
    pub stage: String,
    /// What was said.
    #[schema(value_type = words::Level)]
    pub level: String,
    /// Who said it.
    #[schema(value_type = words::Respondent)]
    pub respondent: String,
    /// About which service group; none where too few were asked about it on the day of the vote.
    pub service: Option<String>,
    /// How many.
    pub count: u64,
}

/// Votes that name a reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonFigureView {
    /// `receipt` or `return`.
    #[schema(value_type = words::Stage)]
    pub stage: String,
    /// About which service group.
    pub service: Option<String>,
    /// The reason's code.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// A comment.
#[derive(Serialize, ToSchema)]
pub struct CommentView {
    /// The day on which the vote counts, the last of its group.
    pub day: String,
    /// `receipt` or `return`.
    #[schema(value_type = words::Stage)]
    pub stage: String,
    /// What was said.
    #[schema(value_type = words::Level)]
    pub level: String,
    /// About which service group.
    pub service: Option<String>,
    /// As it was typed: a page must show it as text and apart from its own.
    pub comment: String,
}

// Logs must not tell what a citizen wrote.
impl std::fmt::Debug for CommentView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CommentView(sealed)")
    }
}

/// Votes about an officer's work in a month.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfficerFigureView {
    /// The month's first day.
    pub month: String,
    /// The account.
    pub officer: String,
    /// Their name; none for an account that is gone.
    pub name: Option<String>,
    /// `receipt` or `return`.
    #[schema(value_type = words::Stage)]
    pub stage: String,
    /// What was said.
    #[schema(value_type = words::Level)]
    pub level: String,
    /// How many.
    pub count: u32,
}

/// What citizens said on some days, by level, reason, respondent and service group, and by officer; from
/// five votes on, and of days that are over. For the head of the center.
#[utoipa::path(get, path = "/api/v1/ratings/summary", tag = "rating", params(RatingDays),
    responses((status = 200, body = RatingFigures), (status = 400, body = Problem)))]
pub async fn summary(
    center: actix_routes::Data<Center>,
    officer: Officer,
    wished: actix_routes::Query<RatingDays>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let now = center.clock.now();
    let today = business_day(now);
    let Days { first, last } = days_of(&wished, today).map_err(bad_value)?;
    let (told, tallies, not_yet_counted) = center
        .readers
        .read(move |c| {
            let months = (first.first_of_month(), last.first_of_month());
            Ok((
                told(c, first, last, today, COMMENTS_MAX)?,
                query::rating_figures::by_officer(c, months.0, months.1, today)?,
                waiting_told(query::ratings::held(c)?.iter(), now),
            ))
        })
        .await
        .map_err(|error| unreadable(&error))?;
    let officers = enough(tallies)
        .into_iter()
        .map(|tally| OfficerFigureView {
            month: tally.month.to_string(),
            name: center.officers.of_officer(&tally.officer).map(str::to_owned),
            officer: tally.officer.to_string(),
            stage: word(&tally.stage),
            level: word(&tally.level),
            count: tally.count,
        })
        .collect();
    Ok(HttpResponse::Ok().json(RatingFigures {
        from: first.to_string(),
        to: last.to_string(),
        counts: told.counts.into_iter().map(RatingFigureView::from).collect(),
        reasons: told.reasons.into_iter().map(ReasonFigureView::from).collect(),
        comments: told.comments.into_iter().filter_map(comment_of).collect(),
        officers,
        officers_from: TALLY_SHOWN_FROM,
        not_yet_counted,
    }))
}

#[derive(Debug, PartialEq, Eq)]
struct Days {
    first: Date,
    last: Date,
}

/// The days that are meant; the name of the field that cannot be.
fn days_of(wished: &RatingDays, today: Date) -> Result<Days, &'static str> {
    let day = |text: &Option<String>, field| match text.as_deref().filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => text.parse::<Date>().map(Some).map_err(|_| field),
    };
    let last = day(&wished.to, "to")?.unwrap_or(today);
    let first = match day(&wished.from, "from")? {
        Some(first) => first,
        None => last.checked_sub(Span::new().days(DAYS - 1)).map_err(|_| "to")?,
    };
    let length = first.until(last).map_err(|_| "from")?.get_days();
    if first > last || i64::from(length) >= DAYS_MAX {
        return Err("from");
    }
    Ok(Days { first, last })
}

/// The figures of officers who have enough votes in a month. The store tells no smaller group; figures
/// that an earlier release moved into their month are held to it here.
fn enough(tallies: Vec<OfficerTally>) -> Vec<OfficerTally> {
    let mut all: HashMap<(Date, String), u32> = HashMap::new();
    for tally in &tallies {
        let sum = all.entry((tally.month, tally.officer.to_string())).or_default();
        *sum = sum.saturating_add(tally.count);
    }
    let told = |tally: &OfficerTally| {
        all.get(&(tally.month, tally.officer.to_string())).copied() >= Some(TALLY_SHOWN_FROM)
    };
    tallies.into_iter().filter(told).collect()
}

fn named(service: String) -> Option<String> {
    Some(service).filter(|service| !service.is_empty())
}

impl From<Figure> for RatingFigureView {
    fn from(figure: Figure) -> Self {
        Self {
            stage: figure.stage,
            level: figure.level,
            respondent: figure.respondent,
            service: named(figure.service),
            count: figure.count,
        }
    }
}

impl From<ReasonFigure> for ReasonFigureView {
    fn from(figure: ReasonFigure) -> Self {
        Self {
            stage: figure.stage,
            service: named(figure.service),
            reason: figure.reason,
            count: figure.count,
        }
    }
}

fn comment_of(said: SaidOn) -> Option<CommentView> {
    let SaidOn { day, vote } = said;
    Some(CommentView {
        day: day.to_string(),
        stage: word(&vote.stage),
        level: word(&vote.level),
        service: vote.service.map(|service| service.to_string()),
        comment: vote.comment?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::OfficerId;
    use domain::rating::{Level, Stage};
    use jiff::civil::date;

    fn wished(from: Option<&str>, to: Option<&str>) -> Result<(Date, Date), &'static str> {
        let days = RatingDays { from: from.map(str::to_owned), to: to.map(str::to_owned) };
        days_of(&days, date(2026, 11, 23)).map(|days| (days.first, days.last))
    }

    #[test]
    fn without_a_wish_the_last_thirty_days_are_meant() {
        assert_eq!(wished(None, None), Ok((date(2026, 10, 25), date(2026, 11, 23))));
        assert_eq!(wished(Some(""), Some("")), wished(None, None));
        let all = (date(2026, 1, 1), date(2026, 11, 23));
        assert_eq!(wished(Some("2026-01-01"), None), Ok(all));
        let one = (date(2026, 11, 23), date(2026, 11, 23));
        assert_eq!(wished(Some("2026-11-23"), Some("2026-11-23")), Ok(one));
    }

    #[test]
    fn days_that_cannot_be_are_refused_by_their_field() {
        assert_eq!(wished(Some("hôm qua"), None), Err("from"));
        assert_eq!(wished(None, Some("2026-02-30")), Err("to"));
        assert_eq!(wished(Some("2026-11-24"), Some("2026-11-23")), Err("from"));
        assert!(wished(Some("2025-11-23"), Some("2026-11-23")).is_ok());
        assert_eq!(wished(Some("2025-11-22"), Some("2026-11-23")), Err("from"));
        assert_eq!(wished(Some("-009999-01-01"), Some("9999-12-31")), Err("from"));
    }

    #[test]
    fn an_officer_with_fewer_than_five_votes_in_a_month_is_not_told() {
        let tally = |officer: &str, level, count, month| OfficerTally {
            officer: OfficerId::parse(officer).unwrap(),
            stage: Stage::Receipt,
            level,
            count,
            month: date(2026, month, 1),
        };
        let told = enough(vec![
            tally("lan", Level::Satisfied, 4, 11),
            tally("lan", Level::Dissatisfied, 1, 11),
            tally("nam", Level::Satisfied, 4, 11),
            tally("nam", Level::Satisfied, 4, 12),
        ]);
        let of: Vec<&str> = told.iter().map(|tally| tally.officer.as_str()).collect();
        assert_eq!(of, ["lan", "lan"]);
    }
}
