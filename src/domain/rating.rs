//! Votes of citizens. A vote knows its service, its stage and its hour, but neither the officer nor
//! the dossier; what an officer's own count needs is kept apart, by month, in numbers only. When a
//! vote may leave the box in which it lies at first, and what it still says then, is [`crate::ballot`].

use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{CounterNumber, OfficerId, ServiceCode};
use crate::refusal::{Refusal, short_text, told};
use crate::split::Journaled;
use crate::time::{business_day, instant, whole_microseconds};

/// How long a token waits for somebody to begin its ballot.
pub const TOKEN_LIFE_S: i64 = 10 * 60;
/// How long a ballot that was begun in time may be worked on: its reasons and its comment are not lost
/// because the ten minutes end, or because the counter's next question came. A vote that is given later
/// than this after the token's end is refused; the tablet has cleared its ballot by then.
pub const FINISH_MAX_S: i64 = 5 * 60;
/// How long after its token's end a vote that was given in time may still arrive, in seconds: it stood
/// on a tablet whose box was away. A later one is refused.
pub const LATE_MAX_S: i64 = 24 * 3600;
/// A tablet's clock may be off by so many seconds.
const SKEW_MAX_S: i64 = 60;
/// Longest comment.
pub const COMMENT_LENGTH_MAX: usize = 500;
/// Figures of votes are told from this many on, and so many more at a time, an officer's and those of
/// each kind of vote ([`crate::told`]): of fewer, somebody would know from whom they came. Five is also
/// where a vote keeps its hour (`ballot::ASKED_MIN`).
pub const TALLY_SHOWN_FROM: u32 = 5;

/// The reasons offered for dissatisfaction, as codes. Never free text, so they may stay public.
pub const REASONS: [&str; 6] = [
    "long_wait",
    "unclear_guidance",
    "service_attitude",
    "repeated_trips",
    "extra_papers",
    "late_result",
];

/// At which step a vote is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// After reception.
    Receipt,
    /// After the result was returned.
    Return,
}

/// The three official levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Rất hài lòng.
    VerySatisfied,
    /// Hài lòng.
    Satisfied,
    /// Không hài lòng.
    Dissatisfied,
}

/// Who votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Respondent {
    /// A citizen.
    Citizen,
    /// An organisation or a business.
    Organisation,
}

/// How exactly a vote says when it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// Within an hour.
    Hour,
    /// Within a business day, because in its hour too few were asked, or because it came when its hour
    /// was over.
    Day,
}

/// The right to vote once. Kept at the node only, as a hash; never journaled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatingToken {
    /// Hash of the token that the tablet shows back, made by the caller.
    pub token_hash: String,
    /// Step.
    pub stage: Stage,
    /// Counter whose tablet shows it.
    pub counter: CounterNumber,
    /// Service of the procedure.
    pub service: ServiceCode,
    /// For the officer's own count only.
    #[serde(default)]
    pub officer: Option<OfficerId>,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Until when its ballot may be begun; [`FINISH_MAX_S`] later nothing is taken for it any more.
    pub expires_at: Timestamp,
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// Id made by the caller.
    pub id: Uuid,
    /// Step.
    pub stage: Stage,
    /// Level.
    pub level: Level,
    /// Codes out of [`REASONS`].
    pub reasons: Vec<String>,
    /// In the citizen's own words. Sealed.
    #[serde(default)]
    pub comment: Option<String>,
    /// Who voted.
    pub respondent: Respondent,
    /// Service; none where too few were asked about it on that day, or where the vote came late.
    #[serde(default)]
    pub service: Option<ServiceCode>,
    /// When the hour or the day of the vote began: the minute would lead to the dossier.
    pub at: Timestamp,
    /// How long from `at` on the vote may have been given.
    pub within: Within,
    /// Counts changes; votes never change, so 1.
    pub rev: u64,
}

impl Journaled for Rating {
    const KIND: &'static str = "rating";
    const SEALED: &'static [&'static str] = &["/comment"];
}

/// What the tablet sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Level.
    pub level: Level,
    /// Codes out of [`REASONS`].
    #[serde(default)]
    pub reasons: Vec<String>,
    /// In the citizen's own words.
    #[serde(default)]
    pub comment: Option<String>,
    /// Who votes.
    pub respondent: Respondent,
}

/// One vote in an officer's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TallyMark {
    /// Officer.
    pub officer: OfficerId,
    /// Step.
    pub stage: Stage,
    /// Level.
    pub level: Level,
    /// Business day on which the vote came: it counts once that day is over and together with others, so
    /// that nobody can watch the figure grow with each citizen. A vote that a tablet kept does not go
    /// back into a day that was told already.
    pub day: civil::Date,
}

/// A month's count of an officer, kept apart from the votes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficerTally {
    /// Officer.
    pub officer: OfficerId,
    /// Step.
    pub stage: Stage,
    /// Level.
    pub level: Level,
    /// Votes.
    pub count: u32,
    /// First day of the month.
    pub month: civil::Date,
}

impl RatingToken {
    /// A fresh token.
    pub fn issue(
        token_hash: String,
        stage: Stage,
        counter: CounterNumber,
        service: ServiceCode,
        officer: Option<OfficerId>,
        now: Timestamp,
    ) -> Self {
        let now = whole_microseconds(now);
        let expires_at =
            Timestamp::from_second(now.as_second().saturating_add(TOKEN_LIFE_S)).unwrap_or(now);
        Self { token_hash, stage, counter, service, officer, issued_at: now, expires_at }
    }

    /// When a vote was given, as far as the tablet's word can be true.
    fn cast(&self, cast_at: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let off_s =
            |from: Timestamp, to: Timestamp| to.as_second().saturating_sub(from.as_second());
        match cast_at {
            Some(at) if off_s(at, self.issued_at) <= SKEW_MAX_S && off_s(now, at) <= SKEW_MAX_S => {
                at.max(self.issued_at).min(now)
            }
            _ => now,
        }
    }

    /// Uses the token for a vote: the vote, and which count of the officer grows.
    ///
    /// A tablet that had lost the box brings a vote later and says when it was given (`cast_at`). In the
    /// same hour it is a vote like any other. When that hour is over the others of it have left the box
    /// and its figures may have been told: one that is added then is known by the tablet that was away.
    /// So it counts on the day on which it comes, names no service, and waits for company
    /// ([`crate::ballot`]). A moment that cannot be, before the token or after now, is not believed.
    pub fn vote(
        &self,
        id: Uuid,
        vote: Vote,
        cast_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(Rating, Option<TallyMark>), Refusal> {
        let cast = self.cast(cast_at, now);
        let after_end_s =
            |at: Timestamp| at.as_second().saturating_sub(self.expires_at.as_second());
        if after_end_s(cast) > FINISH_MAX_S || after_end_s(now) > LATE_MAX_S {
            return Err(Refusal::TokenExpired);
        }
        if let Some(unknown) = vote.reasons.iter().find(|code| !REASONS.contains(&code.as_str())) {
            return Err(Refusal::UnknownReason { reason: told(unknown) });
        }
        let mut reasons = vote.reasons;
        reasons.sort_unstable();
        reasons.dedup();
        let comment =
            short_text("comment", vote.comment.as_deref().unwrap_or_default(), COMMENT_LENGTH_MAX)?;
        let tally = self.officer.clone().map(|officer| TallyMark {
            officer,
            stage: self.stage,
            level: vote.level,
            day: business_day(now),
        });
        let late = whole_hour(cast) != whole_hour(now);
        let (at, within) = if late {
            (instant(business_day(now).at(0, 0, 0, 0)), Within::Day)
        } else {
            (whole_hour(cast), Within::Hour)
        };
        let rating = Rating {
            id,
            stage: self.stage,
            level: vote.level,
            reasons,
            comment: Some(comment).filter(|comment| !comment.is_empty()),
            respondent: vote.respondent,
            service: (!late).then(|| self.service.clone()),
            at,
            within,
            rev: 1,
        };
        Ok((rating, tally))
    }
}

/// When the hour of an instant began. Vietnam's offset is whole hours, so hours turn as in UTC.
pub fn whole_hour(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(3600) * 3600).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T02:34:56Z".parse().unwrap()
    }

    fn token() -> RatingToken {
        RatingToken::issue(
            "hash".into(),
            Stage::Receipt,
            CounterNumber(1),
            ServiceCode::parse("ho-tich").unwrap(),
            Some(OfficerId::parse("lan").unwrap()),
            now(),
        )
    }

    fn vote(level: Level, reasons: &[&str], comment: Option<&str>) -> Vote {
        Vote {
            level,
            reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
            comment: comment.map(str::to_owned),
            respondent: Respondent::Citizen,
        }
    }

    #[test]
    fn a_token_votes_in_time() {
        let good = vote(Level::Satisfied, &[], None);
        let (rating, tally) = token().vote(Uuid::nil(), good.clone(), None, now()).unwrap();
        assert_eq!(rating.level, Level::Satisfied);
        assert_eq!(tally.unwrap().day, civil::date(2026, 11, 23));
        let end_s = now().as_second() + TOKEN_LIFE_S + FINISH_MAX_S;
        let vote = |at_s| {
            let at = Timestamp::from_second(at_s).unwrap();
            token().vote(Uuid::nil(), good.clone(), None, at)
        };
        assert!(vote(end_s).is_ok(), "a ballot that was begun in time may be finished");
        assert_eq!(vote(end_s + 1).unwrap_err(), Refusal::TokenExpired);
    }

    #[test]
    fn a_vote_that_was_given_in_time_may_arrive_late_and_counts_on_the_day_on_which_it_comes() {
        let good = vote(Level::Satisfied, &[], None);
        let after = |s: i64| Timestamp::from_second(now().as_second() + s).unwrap();
        let late = after(TOKEN_LIFE_S + 6 * 3600);
        let vote = |cast, at| token().vote(Uuid::nil(), good.clone(), Some(cast), at);
        let said = |rating: Rating| (rating.at.to_string(), rating.within, rating.service);
        let (rating, _) = vote(after(60), after(600)).unwrap();
        let named = Some(ServiceCode::parse("ho-tich").unwrap());
        assert_eq!(said(rating), ("2026-11-23T02:00:00Z".to_owned(), Within::Hour, named));
        let (rating, _) = vote(after(60), late).unwrap();
        assert_eq!(said(rating), ("2026-11-22T17:00:00Z".to_owned(), Within::Day, None));
        let (rating, tally) = vote(after(60), after(20 * 3600)).unwrap();
        assert_eq!(said(rating), ("2026-11-23T17:00:00Z".to_owned(), Within::Day, None));
        assert_eq!(
            tally.unwrap().day,
            civil::date(2026, 11, 24),
            "its officer's day was told by then"
        );
        let too_slow = after(TOKEN_LIFE_S + FINISH_MAX_S + 1);
        assert_eq!(vote(too_slow, late).unwrap_err(), Refusal::TokenExpired);
        // not believed: before the token was made, and after now
        assert_eq!(vote(after(-SKEW_MAX_S - 1), late).unwrap_err(), Refusal::TokenExpired);
        assert!(vote(after(-1), late).is_ok(), "a clock may be off a little");
        assert_eq!(vote(after(TOKEN_LIFE_S + 7 * 3600), late).unwrap_err(), Refusal::TokenExpired);
        let too_late = after(TOKEN_LIFE_S + LATE_MAX_S + 2);
        assert_eq!(vote(after(60), too_late).unwrap_err(), Refusal::TokenExpired);
    }

    #[test]
    fn a_vote_knows_neither_the_officer_nor_the_minute() {
        let vote = vote(Level::Dissatisfied, &["long_wait", "long_wait"], Some("Chờ lâu"));
        let (rating, _) = token().vote(Uuid::nil(), vote, None, now()).unwrap();
        assert_eq!(rating.reasons, ["long_wait"]);
        assert_eq!(rating.at, "2026-11-23T02:00:00Z".parse().unwrap());
        let (public, sealed) = rating.split();
        let keys: Vec<String> = public.as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            keys,
            ["at", "id", "level", "reasons", "respondent", "rev", "service", "stage", "within",]
        );
        assert_eq!(sealed["/comment"], "Chờ lâu");
    }

    #[test]
    fn only_the_offered_reasons_and_a_short_comment_are_taken() {
        let refused = |vote| token().vote(Uuid::nil(), vote, None, now()).unwrap_err().code();
        assert_eq!(refused(vote(Level::Satisfied, &["rude"], None)), "rating.unknown_reason");
        let long = "x".repeat(COMMENT_LENGTH_MAX + 1);
        assert_eq!(refused(vote(Level::Satisfied, &[], Some(&long))), "input.bad_text");
    }

    proptest! {
        #[test]
        fn the_halves_of_a_vote_join_again(comment in prop::option::of("\\PC{0,60}")) {
            let vote = vote(Level::VerySatisfied, &["late_result"], comment.as_deref());
            let (rating, _) = token().vote(Uuid::nil(), vote, None, now()).unwrap();
            let (public, sealed) = rating.split();
            prop_assert!(public.get("comment").is_none());
            prop_assert_eq!(Rating::join(public, sealed).unwrap(), rating);
        }
    }
}
