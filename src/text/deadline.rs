//! The steps of a deadline's count in words, so that an officer and a citizen can follow it.

use super::{Sentence, sentence};
use domain::deadline::{Channel, LimitUnit, Reason};
use jiff::civil::{Date, DateTime, Time, Weekday};
use serde_json::{Value, json};

/// One step in both languages.
#[must_use]
pub fn reason_sentence(reason: &Reason) -> Sentence {
    let (code, vi, en) = facts(reason);
    Sentence { vi: sentence(code, &vi).vi, en: sentence(code, &en).en }
}

/// `thứ Ba 24/11/2026`.
#[must_use]
pub fn date_vi(date: Date) -> String {
    format!("{} {}", weekday_vi(date), date.strftime("%d/%m/%Y"))
}

/// `thứ Ba`.
pub(super) fn weekday_vi(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "thứ Hai",
        Weekday::Tuesday => "thứ Ba",
        Weekday::Wednesday => "thứ Tư",
        Weekday::Thursday => "thứ Năm",
        Weekday::Friday => "thứ Sáu",
        Weekday::Saturday => "thứ Bảy",
        Weekday::Sunday => "Chủ nhật",
    }
}

/// `11:30 thứ Ba 24/11/2026`.
#[must_use]
pub fn moment_vi(at: DateTime) -> String {
    format!("{} {}", clock(at.time()), date_vi(at.date()))
}

fn date_en(date: Date) -> String {
    date.strftime("%A %d/%m/%Y").to_string()
}

fn clock(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

/// The code of the sentence, and its facts in each language.
fn facts(reason: &Reason) -> (&'static str, Value, Value) {
    let both = |code, value: Value| (code, value.clone(), value);
    let confirm = |needed: bool| {
        if needed { (" (cần xác nhận)", " (needs confirmation)") } else { ("", "") }
    };
    match reason {
        Reason::Received { at, channel } => {
            let (vi, en) = match channel {
                Channel::Direct => ("trực tiếp", "at the counter"),
                Channel::Online => ("trực tuyến", "online"),
                Channel::Post => ("qua bưu chính công ích", "by public post"),
            };
            (
                "deadline.received",
                json!({ "at": moment_vi(*at), "channel": vi }),
                json!({ "at": format!("{} {}", clock(at.time()), date_en(at.date())), "channel": en }),
            )
        }
        Reason::NextSession { from } => (
            "deadline.next_session",
            json!({ "from": moment_vi(*from) }),
            json!({ "from": format!("{} {}", clock(from.time()), date_en(from.date())) }),
        ),
        Reason::LimitGiven { value, unit } => both(
            match unit {
                LimitUnit::WorkingDays => "deadline.limit_working_days",
                LimitUnit::SameDay => "deadline.limit_same_day",
                LimitUnit::Hours => "deadline.limit_hours",
                LimitUnit::CalendarDays => "deadline.limit_calendar_days",
            },
            json!({ "value": value }),
        ),
        Reason::FirstDay { date } => (
            "deadline.first_day",
            json!({ "date": date_vi(*date) }),
            json!({ "date": date_en(*date) }),
        ),
        Reason::SameDayInTime { until } => {
            both("deadline.same_day_in_time", json!({ "until": clock(*until) }))
        }
        Reason::SameDayTooLate { until, date } => (
            "deadline.same_day_too_late",
            json!({ "until": clock(*until), "date": date_vi(*date) }),
            json!({ "until": clock(*until), "date": date_en(*date) }),
        ),
        Reason::WeekendSkipped { from, to } => span("deadline.weekend_skipped", *from, *to),
        Reason::HolidaySkipped { from, to, name_vi, name_en, needs_confirmation } => {
            let (vi, en) = confirm(*needs_confirmation);
            let facts = |from: String, to: String| {
                json!({ "from": from, "to": to, "name_vi": name_vi, "name_en": name_en,
                        "confirm_vi": vi, "confirm_en": en })
            };
            (
                "deadline.holiday_skipped",
                facts(date_vi(*from), date_vi(*to)),
                facts(date_en(*from), date_en(*to)),
            )
        }
        Reason::MakeUpDay { date, needs_confirmation } => {
            let (vi, en) = confirm(*needs_confirmation);
            (
                "deadline.make_up_day",
                json!({ "date": date_vi(*date), "confirm_vi": vi }),
                json!({ "date": date_en(*date), "confirm_en": en }),
            )
        }
        Reason::Paused { from, to } => (
            "deadline.paused",
            json!({ "from": date_vi(*from), "to": to.map(date_vi) }),
            json!({ "from": date_en(*from), "to": to.map(date_en) }),
        ),
        Reason::MovedToWorkingDay { from, to } => span("deadline.moved_to_working_day", *from, *to),
        Reason::LastDay { date, time } => (
            "deadline.last_day",
            json!({ "date": date_vi(*date), "time": clock(*time) }),
            json!({ "date": date_en(*date), "time": clock(*time) }),
        ),
        Reason::YearNotKnown { year } => both("deadline.year_not_known", json!({ "year": year })),
        Reason::RuleNeedsConfirmation { source } => {
            both("deadline.rule_needs_confirmation", json!({ "source": source }))
        }
    }
}

fn span(code: &'static str, from: Date, to: Date) -> (&'static str, Value, Value) {
    (
        code,
        json!({ "from": date_vi(from), "to": date_vi(to) }),
        json!({ "from": date_en(from), "to": date_en(to) }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_in_both_languages_with_the_date_as_people_write_it() {
        let date = jiff::civil::date(2026, 11, 24);
        let told =
            reason_sentence(&Reason::LastDay { date, time: jiff::civil::time(16, 30, 0, 0) });
        assert_eq!(told.vi, "Hạn trả: 16:30 thứ Ba 24/11/2026.");
        assert_eq!(told.en, "Due: 16:30, Tuesday 24/11/2026.");
    }
}
