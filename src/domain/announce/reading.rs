//! Numbers, labels and counters as they are said in Vietnamese, word by word: each word is a clip of
//! `config/voice`.
//!
//! The rules: after tens 1 is «mốt» (21 hai mươi mốt, but 11 mười một), 4 is «tư» (24 hai mươi tư, but
//! 14 mười bốn), 5 is «lăm» (15 and 25); a hundred without tens says «linh» (105 một trăm linh năm, the
//! north's word); behind thousands the hundreds are always said (1005 một nghìn không trăm linh năm).
//! A ticket is its letter and the whole number, without leading zeros: A012 is «A mười hai».

use super::occasion::{Occasion, Way};
use crate::ids::CounterNumber;

/// The highest number that is read: four digits, as on the ticket.
pub const NUMBER_MAX: u32 = 9_999;

/// A word or a phrase of the voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The clip's name: its file is this name with `.wav`.
    pub clip: &'static str,
    /// What is said in it. Empty for the chime, which says nothing.
    pub text: &'static str,
}

pub(super) const fn word(clip: &'static str, text: &'static str) -> Word {
    Word { clip, text }
}

/// Before every call.
pub const CHIME: Word = word("chime", "");
const INVITE: Word = word("invite", "mời khách hàng có số");
const TO_COUNTER: Word = word("to-counter", "đến quầy số");
const AGAIN: Word = word("again", "xin nhắc lại: số");
const AT_COUNTER: Word = word("at-counter", "quầy số");
const ON_TO_COUNTER: Word = word("on-to-counter", "chuyển sang quầy số");
const BACK_TO_COUNTER: Word = word("back-to-counter", "trở lại quầy số");
const FOR_RESULT: Word = word("for-result", "nhận kết quả");

const DIGITS: [Word; 10] = [
    word("digit-0", "không"),
    word("digit-1", "một"),
    word("digit-2", "hai"),
    word("digit-3", "ba"),
    word("digit-4", "bốn"),
    word("digit-5", "năm"),
    word("digit-6", "sáu"),
    word("digit-7", "bảy"),
    word("digit-8", "tám"),
    word("digit-9", "chín"),
];
const TEN: Word = word("ten", "mười");
const TENS: Word = word("tens", "mươi");
const HUNDRED: Word = word("hundred", "trăm");
const THOUSAND: Word = word("thousand", "nghìn");
const NO_TENS: Word = word("no-tens", "linh");
const ONE_AFTER_TENS: Word = word("one-after-tens", "mốt");
const FOUR_AFTER_TENS: Word = word("four-after-tens", "tư");
const FIVE_AFTER_TENS: Word = word("five-after-tens", "lăm");

/// The letters of the tickets' series, A to Z, by their names.
const LETTERS: [Word; 26] = [
    word("letter-a", "a"),
    word("letter-b", "bê"),
    word("letter-c", "xê"),
    word("letter-d", "dê"),
    word("letter-e", "e"),
    word("letter-f", "ép phờ"),
    word("letter-g", "giê"),
    word("letter-h", "hát"),
    word("letter-i", "i"),
    word("letter-j", "gi"),
    word("letter-k", "ca"),
    word("letter-l", "e lờ"),
    word("letter-m", "em mờ"),
    word("letter-n", "en nờ"),
    word("letter-o", "o"),
    word("letter-p", "pê"),
    word("letter-q", "quy"),
    word("letter-r", "e rờ"),
    word("letter-s", "ét sì"),
    word("letter-t", "tê"),
    word("letter-u", "u"),
    word("letter-v", "vê"),
    word("letter-w", "vê kép"),
    word("letter-x", "ích xì"),
    word("letter-y", "i dài"),
    word("letter-z", "dét"),
];

/// Every word that may be needed: the clips that a center must have.
pub fn words() -> impl Iterator<Item = Word> {
    let others = [
        CHIME,
        INVITE,
        TO_COUNTER,
        AGAIN,
        AT_COUNTER,
        ON_TO_COUNTER,
        BACK_TO_COUNTER,
        FOR_RESULT,
        TEN,
        TENS,
        HUNDRED,
        THOUSAND,
        NO_TENS,
        ONE_AFTER_TENS,
        FOUR_AFTER_TENS,
        FIVE_AFTER_TENS,
    ];
    others.into_iter().chain(DIGITS).chain(LETTERS).chain(super::help::WORDS)
}

/// A number from 0 to [`NUMBER_MAX`] in words; nothing beyond.
pub fn number(value: u32) -> Option<Vec<Word>> {
    if value > NUMBER_MAX {
        return None;
    }
    let mut said = Vec::new();
    let (thousands, hundreds) = (value / 1_000, value / 100 % 10);
    if thousands > 0 {
        said.extend([digit(thousands), THOUSAND]);
    }
    let (tens, ones) = (value / 10 % 10, value % 10);
    // Behind thousands the hundreds are said also when they are none, unless nothing follows at all.
    if hundreds > 0 || (thousands > 0 && tens + ones > 0) {
        said.extend([digit(hundreds), HUNDRED]);
    }
    match (tens, ones) {
        (0, 0) if value > 0 => {}
        (0, _) if value >= 100 => said.extend([NO_TENS, digit(ones)]),
        (0, _) => said.push(digit(ones)),
        (1, 0) => said.push(TEN),
        (1, 5) => said.extend([TEN, FIVE_AFTER_TENS]),
        (1, _) => said.extend([TEN, digit(ones)]),
        (_, 0) => said.extend([digit(tens), TENS]),
        (_, 1) => said.extend([digit(tens), TENS, ONE_AFTER_TENS]),
        (_, 4) => said.extend([digit(tens), TENS, FOUR_AFTER_TENS]),
        (_, 5) => said.extend([digit(tens), TENS, FIVE_AFTER_TENS]),
        (_, _) => said.extend([digit(tens), TENS, digit(ones)]),
    }
    Some(said)
}

/// The words of a number as text: «một trăm linh năm».
pub fn in_words(value: u32) -> Option<String> {
    number(value).map(|said| joined(&said))
}

/// What is said for one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// The clips, in the order in which they are played; the first one is the chime.
    pub clips: Vec<&'static str>,
    /// The same as a sentence.
    pub text: String,
}

/// How a call is worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// The first time: «Mời khách hàng có số …, đến quầy số …», or «chuyển sang …», «trở lại quầy số …»,
    /// «… nhận kết quả», by the call's [`Occasion`].
    Invitation,
    /// Again: «Xin nhắc lại: số …, quầy số …».
    Reminder,
    /// While others wait: only the number and the counter.
    Short,
}

/// A number is expected at a counter, with nothing special about it: [`speech_for`] of a plain occasion.
pub fn speech(label: &str, counter: CounterNumber, wording: Wording) -> Option<Speech> {
    speech_for(label, counter, wording, Occasion::default())
}

/// A number is expected at a counter. The invitation says whether its citizen moves on, comes back, or
/// gets a result; a reminder and a call in short say only number and counter. Nothing for a label that is
/// not a letter and a number up to [`NUMBER_MAX`], or a counter beyond it: silence is better than a wrong
/// number.
pub fn speech_for(
    label: &str,
    counter: CounterNumber,
    wording: Wording,
    occasion: Occasion,
) -> Option<Speech> {
    let (letter, letter_word, ticket) = spelled(label)?;
    let place = number(u32::from(counter.0))?;
    let invited_to = match occasion.way {
        Way::Comes => TO_COUNTER,
        Way::MovesOn => ON_TO_COUNTER,
        Way::ComesBack => BACK_TO_COUNTER,
    };
    let (opening, written, before_place, behind) = match wording {
        Wording::Invitation => {
            let behind = occasion.result.then_some(FOR_RESULT);
            (Some(INVITE), "Mời khách hàng có số ", invited_to, behind)
        }
        Wording::Reminder => (Some(AGAIN), "Xin nhắc lại: số ", AT_COUNTER, None),
        Wording::Short => (None, "", AT_COUNTER, None),
    };

    let mut said = vec![CHIME];
    said.extend(opening);
    said.push(letter_word);
    said.extend(&ticket);
    let mut ending = vec![before_place];
    ending.extend(&place);
    ending.extend(behind);
    said.extend(&ending);
    let text = format!("{written}{letter} {}, {}.", joined(&ticket), joined(&ending));
    Some(Speech { clips: said.iter().map(|word| word.clip).collect(), text })
}

/// A ticket's letter, the word for it, and the words of its number. Nothing for what is no label.
pub(super) fn spelled(label: &str) -> Option<(char, Word, Vec<Word>)> {
    let mut signs = label.chars();
    let letter = signs.next().filter(char::is_ascii_uppercase)?;
    let digits = signs.as_str();
    if digits.is_empty() || !digits.bytes().all(|sign| sign.is_ascii_digit()) {
        return None;
    }
    let index = usize::try_from(u32::from(letter) - u32::from('A')).ok()?;
    Some((letter, *LETTERS.get(index)?, number(digits.parse().ok()?)?))
}

// Every caller has cut it to one decimal digit.
fn digit(value: u32) -> Word {
    DIGITS[(value % 10) as usize]
}

fn joined(said: &[Word]) -> String {
    let texts: Vec<&str> = said.iter().map(|word| word.text).collect();
    texts.join(" ")
}
