//! The dossier's code: a pattern as data, because the communes' organisation codes and the wording of
//! the Circular behind them are not confirmed yet.

use jiff::civil;

use crate::refusal::Refusal;

/// Why a pattern or an organisation code cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CodeError(pub String);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Organisation,
    Date,
    Sequence(usize),
}

/// How codes of this node are made, for example `{org}-{yymmdd}-{seq:4}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePattern {
    parts: Vec<Part>,
    organisation: String,
    sequence_from: u32,
    sequence_to: u32,
    /// First and last number of the block for a box that was restored on that day.
    restored: (u32, u32),
}

/// Most boxes of one unit: the organisation's part of a code is the unit's, so the boxes share the
/// numbers of a day among them, and nobody has to ask anybody.
pub const BOXES_MAX: u16 = 9;
/// A day's numbers in so many shares: 500 each with four digits. A center's own box has the first ten,
/// and the last two for outages; each further box has one.
const SHARES: u32 = 20;
/// Shares of the first box before those of the others.
const SHARES_OF_FIRST: u32 = 10;
/// A further box gives the first 3/5 of its share; the next fifth is for numbers written on paper in an
/// outage, the last one for a restored box.
const FIFTHS: u32 = 5;
const FIFTHS_GIVEN: u32 = 3;
/// A restored box gives the codes of its first day from the upper half of the block that is left for
/// outages: numbers that were given and lost with the old disk, and numbers that officers wrote on
/// paper meanwhile (from the block's start), are not given twice. 9500 to 9999 with four digits.
const RESTORED_SHARE: (u32, u32) = (95, 100);
/// The longest pattern of a site: a code stands on one line of a slip. Bytes.
const PATTERN_LENGTH_MAX: usize = 40;
/// Digits of `{yymmdd}`.
const DATE_DIGITS: usize = 6;
/// Restored again on the same day: the numbers lost in between lie in the same one of so many parts of
/// the block. A hundred each with four digits.
const RESTORED_PARTS: u32 = 5;
/// A box of an old copy begins behind so many of these parts, 9700 with four digits, which leaves codes
/// for a peak day of 300 dossiers: when it has to be made anew from the hub on that day, the hub knows
/// nothing of the codes that it gave.
const PARTS_BEFORE_OLD_COPY: u32 = 2;

impl CodePattern {
    /// The pattern that comes along; a site may write another one.
    pub const DEFAULT: &'static str = "{org}-{yymmdd}-{seq:4}";

    /// Reads a pattern. It must have `{yymmdd}` and `{seq:N}` once each. The band of sequences leaves
    /// the rest of the digits to a block for outages (9000 to 9999 with the default).
    pub fn parse(
        pattern: &str,
        organisation: &str,
        sequence_from: u32,
        sequence_to: u32,
    ) -> Result<Self, CodeError> {
        let organisation_ok = !organisation.is_empty()
            && organisation.len() <= 30
            && organisation.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
        if !organisation_ok {
            return Err(CodeError(format!(
                "the organisation code {organisation:?} is not letters, digits, dots; H49.06658 works"
            )));
        }
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let (name, after) = after.split_once('}').ok_or_else(|| unknown(after))?;
            parts.push(match name {
                "org" => Part::Organisation,
                "yymmdd" => Part::Date,
                _ => match name.strip_prefix("seq:").and_then(|digits| digits.parse().ok()) {
                    Some(digits @ 3..=7) => Part::Sequence(digits),
                    _ => return Err(unknown(name)),
                },
            });
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        let dates = parts.iter().filter(|part| **part == Part::Date).count();
        let widths: Vec<usize> = parts
            .iter()
            .filter_map(|part| if let Part::Sequence(digits) = part { Some(*digits) } else { None })
            .collect();
        let [digits] = widths.as_slice() else { return Err(unknown(pattern)) };
        if dates != 1 {
            return Err(unknown(pattern));
        }
        let highest = highest(*digits);
        if sequence_from == 0 || sequence_from > sequence_to || sequence_to > highest {
            return Err(CodeError(format!(
                "the sequence from {sequence_from} to {sequence_to} does not fit; 1 to {} works",
                highest / 10 * 9
            )));
        }
        let organisation = organisation.to_owned();
        let (part, whole) = RESTORED_SHARE;
        let restored = (((highest + 1) / whole * part).max(sequence_to + 1), highest);
        Ok(Self { parts, organisation, sequence_from, sequence_to, restored })
    }

    /// The codes of one box of a unit: its own part of the day's numbers, so that a center and its
    /// reception points never give the same code, whoever of them is cut off. With four digits: box 1
    /// from 1 to 4999, and 9500 to 9999 after a restore; box 2 from 5000 to 5299, and 5400 to 5499; box 3
    /// from 5500, and so on.
    ///
    /// # Errors
    /// As [`CodePattern::parse`]; the box's number is not from 1 to [`BOXES_MAX`]; boxes cannot share
    /// the codes of this pattern, or read them again.
    pub fn for_box(pattern: &str, organisation: &str, number: u16) -> Result<Self, CodeError> {
        if !(1..=BOXES_MAX).contains(&number) {
            return Err(CodeError(format!(
                "box {number} of a unit has no numbers of its own; 1 to {BOXES_MAX} works"
            )));
        }
        let whole = Self::parse(pattern, organisation, 1, 1)?;
        if pattern.len() > PATTERN_LENGTH_MAX || !whole.is_for_boxes() {
            return Err(unknown(pattern));
        }
        let highest = whole.restored.1;
        let share = (highest + 1) / SHARES;
        if number == 1 {
            return Self::parse(pattern, organisation, 1, SHARES_OF_FIRST * share - 1);
        }
        let from = (SHARES_OF_FIRST + u32::from(number) - 2) * share;
        let fifth = share / FIFTHS;
        let last = from + share - 1;
        Ok(Self {
            sequence_from: from,
            sequence_to: from + FIFTHS_GIVEN * fifth - 1,
            restored: (last + 1 - fifth, last),
            ..whole
        })
    }

    /// That boxes can share the codes: with the unit's start once, or two units would give the same ones;
    /// of what is typed at any keyboard; and with the number apart from other digits, or the next one could
    /// not be worked out from the codes that were given.
    fn is_for_boxes(&self) -> bool {
        let typed = |part: &Part| match part {
            Part::Text(text) => {
                text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
            }
            Part::Organisation | Part::Date | Part::Sequence(_) => true,
        };
        let starts = self.parts.iter().filter(|part| **part == Part::Organisation).count();
        let day = civil::date(2026, 11, 23);
        let read = self
            .code(day, self.sequence_from)
            .is_ok_and(|code| self.sequence_of(day, &code) == Some(self.sequence_from));
        starts == 1 && self.parts.iter().all(typed) && read
    }

    /// The code for a day and a sequence number.
    pub fn code(&self, day: civil::Date, sequence: u32) -> Result<String, Refusal> {
        let in_band = (self.sequence_from..=self.sequence_to).contains(&sequence);
        let (restored_from, restored_to) = self.restored;
        let restored = (restored_from..=restored_to).contains(&sequence);
        if !in_band && !restored {
            return Err(Refusal::SequenceFull { sequence_to: self.sequence_to });
        }
        let mut code = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => code.push_str(text),
                Part::Organisation => code.push_str(&self.organisation),
                Part::Date => code.push_str(&format!(
                    "{:02}{:02}{:02}",
                    day.year().rem_euclid(100),
                    day.month(),
                    day.day()
                )),
                Part::Sequence(digits) => code.push_str(&format!("{sequence:0digits$}")),
            }
        }
        Ok(code)
    }

    /// The sequence number in a code of that day, if the code is of this pattern.
    pub fn sequence_of(&self, day: civil::Date, code: &str) -> Option<u32> {
        let digits: Vec<&str> = code.split(|c: char| !c.is_ascii_digit()).collect();
        digits
            .iter()
            .filter_map(|run| run.parse().ok())
            .find(|sequence| self.code(day, *sequence).is_ok_and(|made| made == code))
    }

    /// The box of the unit in whose part of a day's numbers a code lies, of whatever day; numbers that are
    /// left for paper are of the box that writes them. Nothing for a code of another pattern or start: who
    /// gave it cannot be told from it. Capital letters or small ones.
    pub fn box_of(&self, code: &str) -> Option<u16> {
        let mut rest = code;
        let mut number = None;
        for part in &self.parts {
            rest = match part {
                Part::Text(text) => after_word(rest, text)?,
                Part::Organisation => after_word(rest, &self.organisation)?,
                Part::Date => after_digits(rest, DATE_DIGITS)?.1,
                Part::Sequence(width) => {
                    let (digits, after) = after_digits(rest, *width)?;
                    number = Some((digits.parse::<u32>().ok()?, highest(*width)));
                    after
                }
            };
        }
        let (number, highest) = number.filter(|(number, _)| *number > 0 && rest.is_empty())?;
        let share = number / ((highest + 1) / SHARES);
        let further =
            u16::try_from(share.checked_sub(SHARES_OF_FIRST).map_or(1, |at| at + 2)).ok()?;
        // The last shares are the first box's again: for outages, and after a restore.
        Some(if further > BOXES_MAX { 1 } else { further })
    }

    /// The first sequence number that a box gives after it was restored on that day: numbers above
    /// the known ones may be on slips already. Beyond the block no code is given until tomorrow.
    pub fn after_restore<'a>(
        &self,
        day: civil::Date,
        codes: impl IntoIterator<Item = &'a str>,
    ) -> u32 {
        self.in_restored(0, day, codes)
    }

    /// The same for a box that was made of a copy which may lack the whole day, as a backup does.
    pub fn after_old_copy<'a>(
        &self,
        day: civil::Date,
        codes: impl IntoIterator<Item = &'a str>,
    ) -> u32 {
        self.in_restored(PARTS_BEFORE_OLD_COPY, day, codes)
    }

    fn in_restored<'a>(
        &self,
        parts_before: u32,
        day: civil::Date,
        codes: impl IntoIterator<Item = &'a str>,
    ) -> u32 {
        let (from, to) = self.restored;
        let step = ((to + 1).saturating_sub(from) / RESTORED_PARTS).max(1);
        let begin = from + parts_before * step;
        match self.next_sequence(day, codes) {
            next if next <= begin => begin,
            next => from + (next - from).div_ceil(step) * step,
        }
    }

    /// The next sequence number of a day, worked out from the codes given that day: a counter beside
    /// them could disagree with them.
    pub fn next_sequence<'a>(
        &self,
        day: civil::Date,
        codes: impl IntoIterator<Item = &'a str>,
    ) -> u32 {
        codes
            .into_iter()
            .filter_map(|code| self.sequence_of(day, code))
            .max()
            .map_or(self.sequence_from, |last| last + 1)
    }
}

/// The highest number of so many digits.
fn highest(digits: usize) -> u32 {
    10_u32.pow(u32::try_from(digits).unwrap_or(4)) - 1
}

/// What follows a word, whatever the case of its letters.
fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (start, after) = text.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(after)
}

/// So many digits, and what follows them.
fn after_digits(text: &str, count: usize) -> Option<(&str, &str)> {
    let (digits, after) = text.split_at_checked(count)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some((digits, after))
}

fn unknown(found: &str) -> CodeError {
    CodeError(format!("{found:?} is not a pattern of codes; {} works", CodePattern::DEFAULT))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;

    use super::*;

    fn of_box(number: u16) -> CodePattern {
        CodePattern::for_box(CodePattern::DEFAULT, "H49.06994", number).unwrap()
    }

    #[test]
    fn no_two_boxes_of_a_unit_can_give_the_same_code() {
        let day = date(2026, 11, 23);
        let mut givers: BTreeMap<String, u16> = BTreeMap::new();
        let asked = of_box(1);
        for number in 1..=BOXES_MAX {
            let codes = of_box(number);
            let mut given = 0;
            for sequence in 0..=10_000 {
                let Ok(code) = codes.code(day, sequence) else { continue };
                given += 1;
                assert_eq!(codes.sequence_of(day, &code), Some(sequence));
                assert_eq!(asked.box_of(&code), Some(number), "{code}");
                assert_eq!(givers.insert(code.clone(), number), None, "{code}");
            }
            let expected = if number == 1 { 4_999 + 500 } else { 300 + 100 };
            assert_eq!(given, expected, "box {number}");
        }
        assert_eq!(givers.get("H49.06994-261123-9500"), Some(&1));
        assert_eq!(givers.get("H49.06994-261123-5000"), Some(&2));
        assert_eq!(givers.get("H49.06994-261123-9000"), None, "left for paper");
    }

    #[test]
    fn any_box_of_a_unit_tells_from_a_code_which_of_them_gave_it() {
        for codes in [of_box(1), of_box(2)] {
            let giver = |code: &str| codes.box_of(code);
            assert_eq!(giver("H49.06994-261123-0001"), Some(1));
            assert_eq!(giver("h49.06994-991231-5299"), Some(2), "of any day, as somebody types it");
            assert_eq!(giver("H49.06994-261123-8800"), Some(9));
            assert_eq!(giver("H49.06994-261123-5310"), Some(2), "on paper in an outage");
            assert_eq!(giver("H49.06994-261123-9010"), Some(1), "the center's paper");
            for other in [
                "",
                "5001",
                "H49.06994-261123-0000",
                "H49.06994-261123-500",
                "H49.06994-261123-50011",
                "H49.06994-26112-5001",
                "H49.06994-261123-50é",
                "H49.06658-261123-5001",
                "Hộ",
            ] {
                assert_eq!(giver(other), None, "{other}");
            }
        }
    }

    #[test]
    fn a_box_counts_from_its_own_codes_alone() {
        let day = date(2026, 11, 23);
        let codes = of_box(2);
        assert_eq!(codes.next_sequence(day, []), 5_000);
        let center = of_box(1).code(day, 4_000).unwrap();
        let own = codes.code(day, 5_006).unwrap();
        assert_eq!(codes.next_sequence(day, [center.as_str(), own.as_str()]), 5_007);
        assert_eq!(of_box(1).next_sequence(day, [center.as_str(), own.as_str()]), 4_001);
    }

    #[test]
    fn a_restored_box_stays_within_its_own_block_each_time() {
        let day = date(2026, 11, 23);
        for (number, blocks) in [(1, [9_500, 9_600, 9_700]), (2, [5_400, 5_420, 5_440])] {
            let codes = of_box(number);
            let mut given: Vec<String> = vec![codes.code(day, codes.sequence_from).unwrap()];
            for expected in blocks {
                let next = codes.after_restore(day, given.iter().map(String::as_str));
                assert_eq!(next, expected, "box {number}");
                given.push(codes.code(day, next).unwrap());
            }
        }
        for (number, begin, next) in [(1, 9_700, 9_800), (2, 5_440, 5_460)] {
            let codes = of_box(number);
            assert_eq!(codes.after_old_copy(day, []), begin, "box {number}");
            let given = codes.code(day, begin).unwrap();
            assert_eq!(codes.after_old_copy(day, [given.as_str()]), next, "box {number}");
            assert_eq!(codes.after_restore(day, [given.as_str()]), next, "where it is known");
        }
        let full = of_box(2).code(day, 5_499).unwrap();
        let next = of_box(2).after_restore(day, [full.as_str()]);
        assert!(of_box(2).code(day, next).is_err(), "the share of box 3 is not touched");
    }

    #[test]
    fn a_box_beyond_the_shares_is_refused_with_what_works() {
        for number in [0, BOXES_MAX + 1, 999] {
            let refused = CodePattern::for_box(CodePattern::DEFAULT, "H49.06994", number);
            assert!(refused.unwrap_err().to_string().contains("1 to 9 works"));
        }
    }
}
