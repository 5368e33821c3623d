//! What a kiosk reads aloud at each of its steps, for whoever cannot read the screen. Clips as those of
//! the calls, so a site records them in the same way.

use serde::{Deserialize, Serialize};

use super::reading::{Word, spelled, word};

const START: Word = word("kiosk-start", "mời chạm vào màn hình để lấy số");
const SERVICES: Word = word("kiosk-services", "mời chọn việc cần làm");
const FIND: Word = word("kiosk-find", "nếu không thấy, mời bấm tìm việc");
const TYPE: Word = word("kiosk-type", "mời gõ việc cần làm, không cần dấu");
const CODE: Word = word("kiosk-code", "mời nhập mã lịch hẹn trên màn hình");
const CARD: Word = word("kiosk-card", "mời đặt mã trên thẻ căn cước vào đầu đọc");
const PRIORITY: Word = word("kiosk-priority", "nếu thuộc diện ưu tiên, mời chọn một mục");
const REGULAR: Word = word("kiosk-regular", "nếu không, mời bấm lấy số thường");
const NUMBER: Word = word("kiosk-number", "số của ông bà là");
const SLIP: Word = word("kiosk-slip", "mời lấy phiếu và chờ gọi số");
const NO_SLIP: Word = word("kiosk-no-slip", "máy không in được phiếu, xin nhớ số này");
const REFUSED: Word = word("kiosk-refused", "chưa lấy được số");
const CLOSED: Word = word("kiosk-closed", "lúc này máy chưa cấp số");
const AWAY: Word = word("kiosk-away", "máy lấy số tạm gián đoạn");
const ASK: Word = word("kiosk-ask", "xin hỏi bàn hướng dẫn");

/// Every clip of the help.
pub(super) const WORDS: [Word; 15] = [
    START, SERVICES, FIND, TYPE, CODE, CARD, PRIORITY, REGULAR, NUMBER, SLIP, NO_SLIP, REFUSED,
    CLOSED, AWAY, ASK,
];

/// A step of the kiosk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HelpStep {
    /// Nobody has touched it yet.
    Start,
    /// The service groups.
    Services,
    /// The search by everyday words.
    Search,
    /// The code of a booking.
    Code,
    /// The citizen's card.
    Card,
    /// Whether there is a ground of priority.
    Priority,
    /// The number; its slip is out or on the way.
    Number,
    /// The number; there is no slip.
    NumberWithoutSlip,
    /// No number was given.
    Refused,
    /// None is given at this time.
    Closed,
    /// The center is not reached.
    Away,
}

impl HelpStep {
    /// All of them.
    pub const ALL: [HelpStep; 11] = [
        Self::Start,
        Self::Services,
        Self::Search,
        Self::Code,
        Self::Card,
        Self::Priority,
        Self::Number,
        Self::NumberWithoutSlip,
        Self::Refused,
        Self::Closed,
        Self::Away,
    ];
}

/// The clips of a step, in the order in which they are played. `label` is the ticket's number, which two
/// of the steps say; nothing where it is missing or no label: silence is better than a wrong number.
pub fn help(step: HelpStep, label: Option<&str>) -> Option<Vec<&'static str>> {
    let with_number = |last: Word| -> Option<Vec<Word>> {
        let (_, letter, number) = spelled(label?)?;
        Some([NUMBER, letter].into_iter().chain(number).chain([last]).collect())
    };
    let said: Vec<Word> = match step {
        HelpStep::Start => vec![START],
        HelpStep::Services => vec![SERVICES, FIND],
        HelpStep::Search => vec![TYPE, ASK],
        HelpStep::Code => vec![CODE, ASK],
        HelpStep::Card => vec![CARD, ASK],
        HelpStep::Priority => vec![PRIORITY, REGULAR],
        HelpStep::Number => with_number(SLIP)?,
        HelpStep::NumberWithoutSlip => with_number(NO_SLIP)?,
        HelpStep::Refused => vec![REFUSED, ASK],
        HelpStep::Closed => vec![CLOSED, ASK],
        HelpStep::Away => vec![AWAY, ASK],
    };
    Some(said.iter().map(|word| word.clip).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Syllables a second of the slowest voice that is still pleasant, and the seconds of a clip.
    const SYLLABLES_MAX: usize = 5 * 2;

    #[test]
    fn every_step_is_said_and_every_clip_is_used() {
        let mut used = BTreeSet::new();
        for step in HelpStep::ALL {
            let said = help(step, Some("A012")).unwrap();
            assert!(!said.is_empty(), "{step:?}");
            used.extend(said);
        }
        for word in WORDS {
            assert!(used.contains(word.clip), "{}", word.clip);
            let syllables = word.text.split_whitespace().count();
            assert!(syllables <= SYLLABLES_MAX, "{}: {syllables}", word.clip);
        }
    }

    #[test]
    fn a_number_is_said_as_a_call_says_it_and_no_other_number() {
        assert_eq!(
            help(HelpStep::Number, Some("A021")).unwrap(),
            ["kiosk-number", "letter-a", "digit-2", "tens", "one-after-tens", "kiosk-slip"]
        );
        let failed = help(HelpStep::NumberWithoutSlip, Some("A021")).unwrap();
        assert_eq!(failed.last(), Some(&"kiosk-no-slip"));
        for label in [None, Some(""), Some("A"), Some("a021"), Some("A12000")] {
            assert_eq!(help(HelpStep::Number, label), None, "{label:?}");
        }
        assert_eq!(help(HelpStep::Start, None).unwrap(), ["kiosk-start"]);
    }
}
