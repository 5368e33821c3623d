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
    /// The highest number that the digits hold; the block for a restored box ends there.
    highest: u32,
}

/// A restored box gives the codes of its first day from the upper half of the block that is left for
/// outages: numbers that were given and lost with the old disk, and numbers that officers wrote on
/// paper meanwhile (from the block's start), are not given twice. 9500 to 9999 with four digits.
const RESTORED_SHARE: (u32, u32) = (95, 100);
/// Restored again on the same day: the numbers lost in between lie in the same hundred.
const RESTORED_STEP: u32 = 100;

impl CodePattern {
    /// The pattern in use.
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
        let highest = 10_u32.pow(u32::try_from(*digits).unwrap_or(4)) - 1;
        if sequence_from == 0 || sequence_from > sequence_to || sequence_to > highest {
            return Err(CodeError(format!(
                "the sequence from {sequence_from} to {sequence_to} does not fit; 1 to {} works",
                highest / 10 * 9
            )));
        }
        let organisation = organisation.to_owned();
        Ok(Self { parts, organisation, sequence_from, sequence_to, highest })
    }

    /// The code for a day and a sequence number.
    pub fn code(&self, day: civil::Date, sequence: u32) -> Result<String, Refusal> {
        let in_band = (self.sequence_from..=self.sequence_to).contains(&sequence);
        let restored = sequence >= self.restored_from() && sequence <= self.highest;
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

    /// Where the block for a restored box begins; after the band in any case.
    fn restored_from(&self) -> u32 {
        let (part, whole) = RESTORED_SHARE;
        ((self.highest + 1) / whole * part).max(self.sequence_to + 1)
    }

    /// The first sequence number that a box gives after it was restored on that day: numbers above
    /// the known ones may be on slips already. Beyond the digits no code is given until tomorrow.
    pub fn after_restore<'a>(
        &self,
        day: civil::Date,
        codes: impl IntoIterator<Item = &'a str>,
    ) -> u32 {
        let from = self.restored_from();
        match self.next_sequence(day, codes) {
            next if next <= from => from,
            next => (next.div_ceil(RESTORED_STEP) * RESTORED_STEP).max(from),
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

fn unknown(found: &str) -> CodeError {
    CodeError(format!("{found:?} is not a pattern of codes; {} works", CodePattern::DEFAULT))
}
