//! Why a number was called, and why another one went first, in words for its citizen. The same facts as the
//! officer is shown and the journal keeps; numbers stand there as they do on the hall's screens, and nothing
//! of a person. No number is told to be a priority one: why somebody has priority (age, a disability, a child
//! that is expected) is theirs, and no screen of the hall shows who has it.

use domain::queue::{CallReason, CallRule, Class, FirstBecause, WentFirst};
use jiff::Timestamp;

/// When somebody went first is told in such steps. Minutes.
const STEP_MIN: i64 = 5;

/// The sentence in Vietnamese and in English.
#[must_use]
pub fn why(class: Class, reason: &CallReason) -> (String, String) {
    let over = reason.over.as_ref().filter(|_| !reason.rule.passes_priority());
    let (before_vi, before_en) = match over {
        Some(over) => (format!("gọi trước {over}: "), format!("called before {over}: ")),
        None => (String::new(), String::new()),
    };
    let (vi, en) = line(reason);
    // By its appointment a regular number stands among the priority ones, and that is then the reason.
    let appointed = reason.appointment_at.is_some() && class == Class::Regular;
    let (by_vi, by_en) = if appointed {
        ("có hẹn giờ nên được xếp như số ưu tiên; ", "by appointment, which counts as priority; ")
    } else {
        ("", "")
    };
    (format!("Vì sao: {by_vi}{before_vi}{vi}."), format!("Why: {by_en}{before_en}{en}."))
}

/// Why another number went first, for the citizen of one that waits. When it was is told roughly: to the
/// minute it would say beside the list of calls which number has priority.
#[must_use]
pub fn why_first(first: &WentFirst, now: Timestamp) -> (String, String) {
    let (ago_vi, ago_en) = ago(first.called_at, now);
    match &first.because {
        FirstBecause::Priority => (
            format!("Một số thứ tự được ưu tiên theo luật đã được gọi trước, {ago_vi}."),
            format!("A number with priority by law went first, {ago_en}."),
        ),
        FirstBecause::Appointment => (
            format!("Một số thứ tự có lịch hẹn đã được gọi trước, {ago_vi}."),
            format!("A number with an appointment went first, {ago_en}."),
        ),
        FirstBecause::Turn { label, reason } => {
            let (vi, en) = line(reason);
            (
                format!("Số {label} đã được gọi trước, {ago_vi}: {vi}."),
                format!("{label} went first, {ago_en}: {en}."),
            )
        }
    }
}

/// The policy's line that decided.
fn line(reason: &CallReason) -> (String, String) {
    let waited = Minutes(reason.waited_s);
    let oldest = Minutes(reason.oldest_regular_wait_s.unwrap_or(0));
    let over_waited = Minutes(reason.over_waited_s.unwrap_or(0));
    let threshold = Minutes(reason.threshold_s);
    let limit = reason.limit.unwrap_or(1);
    match reason.rule {
        CallRule::OnlyRegular => (
            format!("đến lượt, đã chờ {}", waited.vi()),
            format!("next in turn after {}", waited.en()),
        ),
        CallRule::OnlyPriority => (
            format!("số ưu tiên, đã chờ {}", waited.vi()),
            format!("priority, after {}", waited.en()),
        ),
        CallRule::PriorityFirst => (
            format!("số ưu tiên; số thường chờ lâu nhất {}, dưới {}", oldest.vi(), threshold.vi()),
            format!(
                "priority; the longest regular wait is {}, under {}",
                oldest.en(),
                threshold.en()
            ),
        ),
        CallRule::RegularTurn => (
            format!("số thường đã chờ {}, nay đến lượt số thường", oldest.vi()),
            format!("a regular number waited {}; it is their turn", oldest.en()),
        ),
        CallRule::PriorityTurn => (
            format!("số thường đã chờ {} nên gọi xen kẽ, lượt này là số ưu tiên", oldest.vi()),
            format!("a regular number waited {}: called in turn, priority now", oldest.en()),
        ),
        CallRule::PriorityAlways => {
            ("số ưu tiên luôn được gọi trước".to_owned(), "priority always goes first".to_owned())
        }
        CallRule::PriorityShare => (
            format!("cứ {limit} số thường thì gọi một số ưu tiên, lượt này là số ưu tiên"),
            format!("one priority number for each {limit} regular ones; priority now"),
        ),
        CallRule::RegularShare => (
            format!("cứ {limit} số thường thì gọi một số ưu tiên, lượt này là số thường"),
            format!("one priority number for each {limit} regular ones; regular now"),
        ),
        CallRule::PriorityAged => (
            format!("số ưu tiên đã chờ {}, mỗi phút tính bằng {limit} phút", waited.vi()),
            format!("priority after {}, each minute counts {limit}", waited.en()),
        ),
        CallRule::RegularAged => (
            format!(
                "số thường đã chờ {}; số ưu tiên đã chờ {}, mỗi phút tính bằng {limit} phút",
                waited.vi(),
                over_waited.vi()
            ),
            format!(
                "regular after {}; priority after {}, each minute counts {limit}",
                waited.en(),
                over_waited.en()
            ),
        ),
        CallRule::OvertakenEnough => (
            format!("có số thường đã bị vượt đủ {limit} lượt, không để bị vượt thêm"),
            format!("a regular number was passed over {limit} times already; no more"),
        ),
        CallRule::WentOn => (
            "quầy này làm luôn việc tiếp theo của số".to_owned(),
            "this counter serves the number's next service too".to_owned(),
        ),
    }
}

/// How long ago, in steps of five minutes and then of an hour. Both instants stand on the clock's grid: else
/// whoever loads the page again and again sees to the minute when a step ends, and so which call it was.
fn ago(at: Timestamp, now: Timestamp) -> (String, String) {
    let cell = |instant: Timestamp| instant.as_second().div_euclid(STEP_MIN * 60);
    match (cell(now) - cell(at)) * STEP_MIN {
        ..STEP_MIN => {
            (format!("chưa đến {STEP_MIN} phút trước"), format!("less than {STEP_MIN} minutes ago"))
        }
        minutes @ ..60 => {
            (format!("khoảng {minutes} phút trước"), format!("about {minutes} minutes ago"))
        }
        minutes => {
            let hours = minutes / 60;
            (format!("khoảng {hours} giờ trước"), format!("about {hours} h ago"))
        }
    }
}

/// A wait as people say it. Seconds.
struct Minutes(i64);

impl Minutes {
    fn vi(&self) -> String {
        if self.0 < 60 {
            "chưa đến 1 phút".to_owned()
        } else {
            format!("{} phút", self.0 / 60)
        }
    }

    fn en(&self) -> String {
        if self.0 < 60 { "less than a minute".to_owned() } else { format!("{} min", self.0 / 60) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn reason(rule: &str, beside: &Value) -> CallReason {
        let mut facts = json!({
            "policy": "guard", "rule": rule, "waited_s": 120, "oldest_regular_wait_s": 1080,
            "threshold_s": 1800,
        });
        facts.as_object_mut().unwrap().extend(beside.as_object().unwrap().clone());
        serde_json::from_value(facts).unwrap()
    }

    #[test]
    fn who_is_called_is_told_before_whom_and_why() {
        let (vi, en) = why(Class::Priority, &reason("priority_first", &json!({ "over": "A031" })));
        let said = "gọi trước A031: số ưu tiên; số thường chờ lâu nhất 18 phút, dưới 30 phút";
        assert_eq!(vi, format!("Vì sao: {said}."));
        let said = "called before A031: priority; the longest regular wait is 18 min, under 30 min";
        assert_eq!(en, format!("Why: {said}."));
    }

    #[test]
    fn nobody_is_told_which_number_beside_theirs_has_priority() {
        let beside = json!({ "over": "A031", "over_waited_s": 300, "limit": 3 });
        for rule in ["regular_turn", "regular_share", "regular_aged", "overtaken_enough"] {
            let (vi, en) = why(Class::Regular, &reason(rule, &beside));
            assert!(!vi.contains("A031") && !en.contains("A031"), "{rule}: {vi} {en}");
        }
        for rule in ["priority_turn", "priority_always", "priority_share", "priority_aged"] {
            let (vi, en) = why(Class::Priority, &reason(rule, &beside));
            assert!(vi.contains("A031") && en.contains("A031"), "{rule}: {vi} {en}");
        }
    }

    fn first(because: FirstBecause, minutes: i64) -> (String, String) {
        let now: Timestamp = "2026-11-23T02:42:00Z".parse().unwrap();
        let called_at = now - jiff::SignedDuration::from_mins(minutes);
        why_first(&WentFirst { called_at, because }, now)
    }

    #[test]
    fn how_long_ago_a_priority_number_went_first_is_told_roughly() {
        let told = |minutes| first(FirstBecause::Priority, minutes).0;
        for (minutes, ago) in [
            (-1, "chưa đến 5 phút trước."),
            (2, "chưa đến 5 phút trước."),
            (3, "khoảng 5 phút trước."),
            (7, "khoảng 5 phút trước."),
            (57, "khoảng 55 phút trước."),
            (58, "khoảng 1 giờ trước."),
            (117, "khoảng 1 giờ trước."),
        ] {
            assert!(told(minutes).ends_with(ago), "{minutes}: {}", told(minutes));
        }
    }

    #[test]
    fn a_regular_number_that_went_first_is_named_with_the_policys_line() {
        let reason = reason("regular_turn", &json!({ "over": "U012", "over_waited_s": 300 }));
        let turn = FirstBecause::Turn { label: "A031".to_owned(), reason };
        let (vi, en) = first(turn, 7);
        let said = "Số A031 đã được gọi trước, khoảng 5 phút trước: số thường đã chờ 18 phút, nay đến lượt số thường.";
        assert_eq!(vi, said);
        let said = "A031 went first, about 5 minutes ago: a regular number waited 18 min; it is their turn.";
        assert_eq!(en, said);
        assert!(first(FirstBecause::Appointment, 7).0.contains("có lịch hẹn"));
    }

    #[test]
    fn every_line_of_every_policy_has_words_of_its_own() {
        let beside = json!({ "over": "A001", "limit": 3 });
        let all: std::collections::BTreeSet<(String, String)> = [
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
            "went_on",
        ]
        .iter()
        .map(|rule| why(Class::Priority, &reason(rule, &beside)))
        .collect();
        assert_eq!(all.len(), 12);
        assert!(all.iter().all(|(vi, en)| vi.starts_with("Vì sao: ") && en.starts_with("Why: ")));
    }

    #[test]
    fn a_regular_number_that_was_called_by_its_appointment_is_told_so() {
        let beside = json!({ "appointment_at": "2026-11-23T02:30:00Z" });
        let appointed = reason("only_priority", &beside);
        assert!(why(Class::Regular, &appointed).0.starts_with("Vì sao: có hẹn giờ nên"));
        assert!(!why(Class::Priority, &appointed).0.contains("hẹn"));
    }
}
