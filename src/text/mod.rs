//! Every sentence that the daemon says to people: one entry a code in `sentences.toml`, Vietnamese
//! and English, with `{name}` filled from facts, and `{name:weekday}` with a day by its weekday, `thứ Hai
//! 30/11`, or with the next working day where the fact does not say which. The pages have their own sentences; what comes from
//! a rule comes from here, so that a log, a page and a load script see the same words for a code.

pub mod deadline;

use domain::queue::{CallReason, CallRule, FirstBecause, WentFirst};
use domain::time::local;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Sentence {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

static SENTENCES: LazyLock<BTreeMap<String, Sentence>> = LazyLock::new(|| {
    // Built in and read by a test; a broken file would show there, and here as missing sentences.
    toml::from_str(include_str!("sentences.toml")).unwrap_or_default()
});

/// The sentence of a code, filled. A code without one gets a plain sentence that names it.
#[must_use]
pub fn sentence(code: &str, details: &Value) -> Sentence {
    match SENTENCES.get(code) {
        Some(found) => Sentence {
            vi: fill(&found.vi, details, next_day_vi),
            en: fill(&found.en, details, next_day_en),
        },
        None => Sentence {
            vi: format!("Chưa thực hiện được ({code}). Thử lại hoặc báo quản trị đơn vị."),
            en: format!("This could not be done ({code}). Try again or tell the administrator."),
        },
    }
}

/// Whether a code has a sentence of its own.
#[must_use]
pub fn has(code: &str) -> bool {
    SENTENCES.contains_key(code)
}

fn next_day_vi(day: Option<Date>) -> String {
    match day {
        None => "ngày làm việc tiếp theo".to_owned(),
        Some(day) => format!("{} {}", deadline::weekday_vi(day), day.strftime("%d/%m")),
    }
}

fn next_day_en(day: Option<Date>) -> String {
    match day {
        None => "the next working day".to_owned(),
        Some(day) => day.strftime("%A %d/%m").to_string(),
    }
}

fn fill(pattern: &str, details: &Value, next_day: fn(Option<Date>) -> String) -> String {
    let mut filled = String::with_capacity(pattern.len() + 32);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        if let Some(name) = name.strip_suffix(":weekday") {
            let day = details[name].as_str().and_then(|day| day.parse().ok());
            filled.push_str(&next_day(day));
            rest = tail;
            continue;
        }
        match &details[name] {
            Value::String(text) => filled.push_str(text),
            Value::Null => filled.push('…'),
            Value::Array(all) => {
                let words: Vec<String> = all
                    .iter()
                    .map(|one| one.as_str().map_or(one.to_string(), str::to_owned))
                    .collect();
                filled.push_str(&words.join(", "));
            }
            other => filled.push_str(&other.to_string()),
        }
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

/// Why a number was called, for the officer.
#[must_use]
pub fn call_sentence(label: &str, reason: &CallReason) -> Sentence {
    let code = match reason.rule {
        CallRule::OnlyRegular => "call.only_regular",
        CallRule::OnlyPriority => "call.only_priority",
        CallRule::PriorityFirst => "call.priority_first",
        CallRule::RegularTurn => "call.regular_turn",
        CallRule::PriorityTurn => "call.priority_turn",
        CallRule::PriorityAlways => "call.priority_always",
        CallRule::PriorityShare => "call.priority_share",
        CallRule::RegularShare => "call.regular_share",
        CallRule::PriorityAged => "call.priority_aged",
        CallRule::RegularAged => "call.regular_aged",
        CallRule::OvertakenEnough => "call.overtaken_enough",
        CallRule::WentOn => "call.went_on",
    };
    let facts = |minutes: fn(i64) -> String, appointment: &str, back: &str| {
        let appointed = reason.appointment_at.map(|at| local(at).strftime("%H:%M").to_string());
        let appointed = appointed.map(|at| format!("{appointment} {at}"));
        let returned = reason.returned_from.map(|counter| format!("{back} {counter}"));
        let beside: Vec<String> = appointed.into_iter().chain(returned).collect();
        let named = if beside.is_empty() {
            label.to_owned()
        } else {
            format!("{label} ({})", beside.join(", "))
        };
        serde_json::json!({
            "label": named,
            "over": reason.over.clone().unwrap_or_default(),
            "over_waited": minutes(reason.over_waited_s.unwrap_or(0)),
            "waited": minutes(reason.waited_s),
            "oldest": minutes(reason.oldest_regular_wait_s.unwrap_or(0)),
            "threshold": minutes(reason.threshold_s),
            "limit": reason.limit,
        })
    };
    Sentence {
        vi: sentence(code, &facts(minutes_vi, "hẹn", "quay lại từ quầy")).vi,
        en: sentence(code, &facts(minutes_en, "appointment", "back from counter")).en,
    }
}

/// How long ago a number went first is told in such steps. Minutes.
const AGO_STEP_MIN: i64 = 5;

/// Why another number went first, for the citizen of one that waits: of priority no number, and the time
/// roughly, which beside the hall's list of calls would name it.
#[must_use]
pub fn went_first_sentence(first: &WentFirst, now: Timestamp) -> Sentence {
    let (code, turn) = match &first.because {
        FirstBecause::Priority => ("went_first.priority", None),
        FirstBecause::Appointment => ("went_first.appointment", None),
        FirstBecause::Turn { label, reason } => {
            let code = match reason.rule {
                CallRule::RegularShare => "went_first.regular_share",
                CallRule::RegularAged => "went_first.regular_aged",
                CallRule::OvertakenEnough => "went_first.overtaken_enough",
                _ => "went_first.regular_turn",
            };
            (code, Some((label, reason)))
        }
    };
    let ago = ago(first.called_at, now);
    let facts = |minutes: fn(i64) -> String, ago: &str| match turn {
        None => serde_json::json!({ "ago": ago }),
        Some((label, reason)) => serde_json::json!({
            "ago": ago,
            "label": label,
            "waited": minutes(reason.waited_s),
            "over_waited": minutes(reason.over_waited_s.unwrap_or(0)),
            "oldest": minutes(reason.oldest_regular_wait_s.unwrap_or(0)),
            "limit": reason.limit,
        }),
    };
    Sentence {
        vi: sentence(code, &facts(minutes_vi, &ago.vi)).vi,
        en: sentence(code, &facts(minutes_en, &ago.en)).en,
    }
}

fn ago(at: Timestamp, now: Timestamp) -> Sentence {
    // Both stand on the clock's grid: else whoever loads the page again and again sees to the minute when a
    // step ends, and so which call it was.
    let step_s = AGO_STEP_MIN * 60;
    let cell = |instant: Timestamp| instant.as_second().div_euclid(step_s);
    let (vi, en) = match (cell(now) - cell(at)) * AGO_STEP_MIN {
        ..AGO_STEP_MIN => (
            format!("chưa đến {AGO_STEP_MIN} phút trước"),
            format!("less than {AGO_STEP_MIN} minutes ago"),
        ),
        minutes @ ..60 => {
            (format!("khoảng {minutes} phút trước"), format!("about {minutes} minutes ago"))
        }
        minutes => {
            let hours = minutes / 60;
            (format!("khoảng {hours} giờ trước"), format!("about {hours} h ago"))
        }
    };
    Sentence { vi, en }
}

fn minutes_vi(seconds: i64) -> String {
    if seconds < 60 { "chưa đến 1 phút".to_owned() } else { format!("{} phút", seconds / 60) }
}

fn minutes_en(seconds: i64) -> String {
    if seconds < 60 { "less than a minute".to_owned() } else { format!("{} min", seconds / 60) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_refusal_of_the_rules_has_a_sentence_in_both_languages() {
        for code in domain::refusal::Refusal::CODES {
            let found = SENTENCES.get(*code).unwrap_or_else(|| panic!("{code} has no sentence"));
            assert!(!found.vi.is_empty() && !found.en.is_empty(), "{code}");
        }
    }

    #[test]
    fn every_line_of_a_policy_has_a_sentence_without_a_gap() {
        let reason = |rule: &str| -> CallReason {
            serde_json::from_value(json!({
                "policy": "guard", "rule": rule, "waited_s": 120, "over": "A001",
                "over_waited_s": 240, "oldest_regular_wait_s": 240, "threshold_s": 1800,
                "limit": 2, "appointment_at": "2026-11-23T02:30:00Z",
            }))
            .unwrap()
        };
        for rule in [
            "only_regular",
            "only_priority",
            "priority_first",
            "regular_turn",
            "priority_turn",
            "priority_always",
            "priority_share",
            "regular_share",
            "priority_aged",
            "regular_aged",
            "overtaken_enough",
        ] {
            assert!(has(&format!("call.{rule}")), "{rule}");
            let Sentence { vi, en } = call_sentence("U012", &reason(rule));
            assert!(vi.starts_with("Gọi U012 (hẹn 09:30)"), "{vi}");
            assert!(en.starts_with("U012 (appointment 09:30)"), "{en}");
            assert!(!vi.contains('…') && !en.contains('…'), "{vi} {en}");
        }
        let back = CallReason {
            appointment_at: None,
            returned_from: Some(domain::ids::CounterNumber(3)),
            ..reason("only_regular")
        };
        let Sentence { vi, en } = call_sentence("A012", &back);
        assert!(vi.starts_with("Gọi A012 (quay lại từ quầy 3): đến lượt"), "{vi}");
        assert!(en.starts_with("A012 (back from counter 3): next in turn"), "{en}");
        assert!(!call_sentence("A012", &reason("went_on")).vi.contains('…'));
        assert!(has("call.went_on"));
        let aged = call_sentence("U012", &reason("priority_aged")).vi;
        let weighed = "ưu tiên, đã chờ 2 phút, mỗi phút tính bằng 2 phút; A001 đã chờ 4 phút.";
        assert!(aged.ends_with(weighed), "{aged}");
    }

    #[test]
    fn who_waits_is_told_of_no_priority_number_and_of_a_regular_one_with_the_policys_line() {
        let now: Timestamp = "2026-11-23T02:42:00Z".parse().unwrap();
        let told = |because: FirstBecause, minutes: i64| {
            let called_at = now - jiff::SignedDuration::from_mins(minutes);
            went_first_sentence(&WentFirst { called_at, because }, now)
        };
        let Sentence { vi, en } = told(FirstBecause::Priority, 13);
        assert_eq!(
            vi,
            "Một số thứ tự được ưu tiên theo luật đã được gọi trước, khoảng 15 phút trước."
        );
        assert_eq!(en, "A number with priority by law went first, about 15 minutes ago.");
        assert!(told(FirstBecause::Appointment, 0).vi.ends_with("chưa đến 5 phút trước."));
        assert!(told(FirstBecause::Priority, 130).vi.ends_with("khoảng 2 giờ trước."));
        for rule in ["regular_turn", "regular_share", "regular_aged", "overtaken_enough"] {
            assert!(has(&format!("went_first.{rule}")), "{rule}");
            let facts = json!({ "policy": "guard", "rule": rule, "waited_s": 120, "over": "U012",
                "over_waited_s": 240, "oldest_regular_wait_s": 120, "threshold_s": 60, "limit": 2 });
            let reason = serde_json::from_value(facts).unwrap();
            let Sentence { vi, en } = told(FirstBecause::Turn { label: "A031".into(), reason }, 7);
            assert!(vi.starts_with("Số A031 đã được gọi trước, khoảng 5 phút trước: "), "{vi}");
            assert!(en.starts_with("A031 went first, about 5 minutes ago: "), "{en}");
            assert!(!vi.contains('…') && !en.contains('…') && !vi.contains("U012"), "{vi} {en}");
        }
    }

    #[test]
    fn loading_the_page_again_does_not_tell_the_minute_in_which_a_priority_number_went_first() {
        let told = |called: &str, now: &str| {
            let at = |time: &str| -> Timestamp { format!("2026-11-23T{time}Z").parse().unwrap() };
            let because = FirstBecause::Priority;
            went_first_sentence(&WentFirst { called_at: at(called), because }, at(now)).vi
        };
        for now in
            ["02:34:59", "02:35:00", "02:39:59", "02:40:00", "02:44:59", "03:29:59", "03:30:00"]
        {
            let first = told("02:30:00", now);
            for called in ["02:31:30", "02:33:00", "02:34:59"] {
                assert_eq!(told(called, now), first, "{called} {now}");
            }
        }
        assert!(told("02:34:59", "02:30:00").ends_with("chưa đến 5 phút trước."), "a clock behind");
        assert!(told("02:34:59", "02:35:00").ends_with("khoảng 5 phút trước."));
        assert!(told("02:34:59", "03:29:59").ends_with("khoảng 55 phút trước."));
        assert!(told("02:34:59", "03:30:00").ends_with("khoảng 1 giờ trước."));
    }

    #[test]
    fn when_the_center_opens_again_is_told_by_the_weekday() {
        let told = |day: Value| {
            let facts = json!({ "from": "07:15", "opens": "07:30", "day": day });
            sentence("queue.closed_today", &facts)
        };
        let Sentence { vi, en } = told(json!("2026-11-30"));
        assert!(vi.contains("Trung tâm mở lại lúc 07:30 thứ Hai 30/11, cấp số từ 07:15."), "{vi}");
        assert!(en.contains("opens again at 07:30 on Monday 30/11;"), "{en}");
        let Sentence { vi, en } = told(Value::Null);
        assert!(vi.contains("lúc 07:30 ngày làm việc tiếp theo,"), "{vi}");
        assert!(en.contains("on the next working day;"), "{en}");
        let facts = json!({ "name_vi": "Quốc khánh", "name_en": "National Day", "from": "07:15",
            "opens": "07:30", "day": "2026-09-03" });
        let Sentence { vi, en } = sentence("queue.holiday", &facts);
        assert!(vi.starts_with("Hôm nay Trung tâm nghỉ: Quốc khánh."), "{vi}");
        assert!(en.contains("today: National Day.") && !en.contains('…'), "{en}");
    }

    #[test]
    fn facts_are_filled_and_a_missing_one_is_a_gap_not_a_panic() {
        let full = sentence("queue.recall_too_soon", &json!({"label": "A012", "wait_s": 7}));
        assert_eq!(full.vi, "Vừa gọi số A012. Chờ 7 giây rồi gọi lại.");
        assert!(sentence("queue.recall_too_soon", &json!({})).vi.contains('…'));
    }

    #[test]
    fn vietnamese_sentences_are_in_composed_form() {
        use unicode_normalization::UnicodeNormalization;
        for (code, found) in SENTENCES.iter() {
            assert!(found.vi.nfc().eq(found.vi.chars()), "{code} is not NFC");
        }
    }
}
