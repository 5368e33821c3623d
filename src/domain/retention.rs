//! How long what tells of a person is kept, as data, and whether a time has passed. Who erases, and
//! how, is `store` and `hub`.

use jiff::civil;

use crate::fields::{Checks, Fields};
use crate::problem::Problems;

/// A hundred years: a longer period is a mistake.
const AFTER_DAYS_MAX: i64 = 36_500;

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetentionOf {
    /// A dossier; its time counts from its return.
    Dossier,
    /// The tickets of a day; counted from that day.
    TicketDay,
    /// The votes of a day; counted from that day.
    RatingDay,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRule {
    /// Stable code.
    pub code: String,
    /// What it is about.
    pub of: RetentionOf,
    /// So many days after the end it may be erased.
    pub after_days: u32,
    /// Name, Vietnamese.
    pub name_vi: String,
    /// Name, English.
    pub name_en: String,
    /// Where the period was taken from.
    pub legal_basis: String,
    /// Whether the center erases by it without being told, as soon as the time has passed. Only the
    /// tickets of days: nothing of a dossier goes without a person's word.
    pub by_itself: bool,
    /// Whether the province has yet to confirm it.
    pub needs_confirmation: bool,
}

/// Why a subject may not be erased by a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetentionRefusal {
    /// The rule is about something else.
    #[error("the rule is about something else")]
    OtherSubject,
    /// The matter has not come to its end: its time has not begun.
    #[error("the dossier has not been returned yet")]
    NotEnded,
    /// Its time has not passed.
    #[error("it is to be kept until {0}")]
    TooEarly(civil::Date),
}

impl RetentionRefusal {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OtherSubject => "retention.other_subject",
            Self::NotEnded => "retention.not_ended",
            Self::TooEarly(_) => "retention.too_early",
        }
    }
}

impl RetentionRule {
    /// Whether something that ended on a day may be erased today. `None`: it has not ended.
    ///
    /// # Errors
    /// Why not.
    pub fn allows(
        &self,
        of: RetentionOf,
        ended: Option<civil::Date>,
        today: civil::Date,
    ) -> Result<(), RetentionRefusal> {
        if of != self.of {
            return Err(RetentionRefusal::OtherSubject);
        }
        if self.after_days == 0 && of == RetentionOf::Dossier {
            return Ok(());
        }
        let ended = ended.ok_or(RetentionRefusal::NotEnded)?;
        let from = ended
            .checked_add(jiff::Span::new().days(i64::from(self.after_days)))
            .unwrap_or(civil::Date::MAX);
        if today < from { Err(RetentionRefusal::TooEarly(from)) } else { Ok(()) }
    }

    /// The newest day that may be erased today, of those that the rule counts from; none before the
    /// calendar begins.
    #[must_use]
    pub fn last_day(&self, today: civil::Date) -> Option<civil::Date> {
        today.checked_sub(jiff::Span::new().days(i64::from(self.after_days))).ok()
    }
}

/// The rule by which the tickets of a day are erased without anybody's word.
#[must_use]
pub fn by_itself(rules: &[RetentionRule]) -> Option<&RetentionRule> {
    rules.iter().find(|rule| rule.by_itself)
}

/// Reads `config/retention/rules.toml`.
///
/// # Errors
/// All problems at once.
pub fn parse(file: &str, text: &str) -> Result<Vec<RetentionRule>, Problems> {
    let checks = Checks::new(file);
    let Some(table) = checks.table(text) else { return checks.finish(None) };
    let root = checks.root(&table);
    let mut rules: Vec<RetentionRule> = Vec::new();
    for part in root.tables("rule") {
        let Some(rule) = parse_rule(&part) else { continue };
        if rules.iter().any(|other| other.code == rule.code) {
            let _twice: Option<()> = part.wrong("code", "stands twice", "a code of its own");
        }
        if rule.by_itself && rule.of != RetentionOf::TicketDay {
            let _of: Option<()> =
                part.wrong("by_itself", "is only for of = \"ticket_day\"", "false");
        } else if rule.by_itself && by_itself(&rules).is_some() {
            let _two: Option<()> = part.wrong("by_itself", "is said by two rules", "false");
        }
        rules.push(rule);
    }
    root.no_others();
    checks.finish(Some(rules))
}

fn parse_rule(part: &Fields<'_>) -> Option<RetentionRule> {
    let code = part.text("code", "dossier");
    let of = part.one_of(
        "of",
        &[
            ("dossier", RetentionOf::Dossier),
            ("ticket_day", RetentionOf::TicketDay),
            ("rating_day", RetentionOf::RatingDay),
        ],
    );
    let after_days = part.number("after_days", 0..=AFTER_DAYS_MAX, 3650);
    let name_vi = part.text("name_vi", "Hồ sơ đã trả kết quả");
    let name_en = part.text("name_en", "A dossier whose result was returned");
    let legal_basis = part.text("legal_basis", "Luật Lưu trữ số 33/2024/QH15");
    let by_itself = part.flag("by_itself");
    let needs_confirmation = part.flag("needs_confirmation");
    part.no_others();
    Some(RetentionRule {
        code: code?,
        of: of?,
        after_days: u32::try_from(after_days?).ok()?,
        name_vi: name_vi?,
        name_en: name_en?,
        legal_basis: legal_basis?,
        by_itself: by_itself?,
        needs_confirmation: needs_confirmation?,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn rules() -> Vec<RetentionRule> {
        parse("rules.toml", TEXT).unwrap()
    }

    const TEXT: &str = include_str!("../../config/retention/rules.toml");

    fn rule(code: &str) -> RetentionRule {
        rules().into_iter().find(|rule| rule.code == code).unwrap()
    }

    #[test]
    fn every_period_of_the_province_still_needs_confirmation() {
        assert!(rules().iter().all(|rule| rule.needs_confirmation));
    }

    #[test]
    fn a_dossier_is_kept_until_its_time_after_the_return_has_passed() {
        let rule = rule("dossier");
        let today = date(2026, 11, 30);
        let of = RetentionOf::Dossier;
        assert_eq!(rule.allows(of, None, today), Err(RetentionRefusal::NotEnded));
        let returned = date(2020, 1, 1);
        let until = date(2029, 12, 29);
        assert_eq!(rule.allows(of, Some(returned), today), Err(RetentionRefusal::TooEarly(until)));
        assert_eq!(rule.allows(of, Some(returned), until), Ok(()));
    }

    #[test]
    fn a_ground_of_priority_may_go_after_its_day() {
        let rule = rule("priority-ground");
        let (day, of) = (date(2026, 11, 23), RetentionOf::TicketDay);
        assert!(rule.allows(of, Some(day), day).is_err());
        assert_eq!(rule.allows(of, Some(day), date(2026, 11, 24)), Ok(()));
        assert_eq!(rule.last_day(date(2026, 11, 24)), Some(day));
        assert_eq!(by_itself(&rules()), Some(&rule), "nobody needs to order it");
        let other = rule.allows(RetentionOf::Dossier, Some(day), date(2030, 1, 1));
        assert_eq!(other, Err(RetentionRefusal::OtherSubject));
    }

    #[test]
    fn a_granted_request_does_not_wait_for_the_return() {
        let rule = rule("subject-request");
        assert_eq!(rule.allows(RetentionOf::Dossier, None, date(2026, 11, 23)), Ok(()));
    }

    #[test]
    fn no_dossier_is_erased_by_itself() {
        let told = parse("rules.toml", &TEXT.replace("by_itself = false", "by_itself = true"));
        let told = told.unwrap_err().to_string();
        assert!(told.contains("by_itself"), "{told}");
    }

    #[test]
    fn mistakes_are_told_with_file_and_key() {
        let text = "[[rule]]\ncode = \"a\"\nof = \"wall\"\nafter_days = -1\n";
        let told = parse("rules.toml", text).unwrap_err().to_string();
        for expected in ["rules.toml", "of", "after_days", "legal_basis"] {
            assert!(told.contains(expected), "{expected} is not in:\n{told}");
        }
    }
}
