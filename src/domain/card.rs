//! The QR code on a citizen card: fields between `|`, without any proof of being genuine, so what it
//! gives is what the card's bearer declares, and is shown as such.
//!
//! Known layout: number, old number (often empty), name, birth date (ddmmyyyy), sex, address, issue
//! date (ddmmyyyy). Six fields are taken as the layout without the old number; more than seven are
//! kept unread, because the layout of the 2024 card is not confirmed.

use std::fmt;

use jiff::civil;
use serde::{Deserialize, Serialize};

use crate::text_fold::normalise;

/// Longest text taken, in bytes: real ones have about 150.
pub const LENGTH_MAX: usize = 1024;

/// What the card says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CitizenCard {
    /// Twelve digits.
    pub number: String,
    /// The number of the older document, nine or twelve digits.
    pub old_number: Option<String>,
    /// Full name.
    pub name: String,
    /// Birth date.
    pub birth_date: civil::Date,
    /// Sex as printed.
    pub sex: Sex,
    /// Address as printed: old cards have old units.
    pub address: String,
    /// Issue date.
    pub issued: Option<civil::Date>,
}

// Logs must not tell a citizen's name or number.
impl fmt::Debug for CitizenCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CitizenCard(sealed)")
    }
}

/// Sex as the card prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

/// Why a text is not a card. It never carries the text: logs may show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// Longer than [`LENGTH_MAX`].
    #[error("the text is too long for a card")]
    TooLong,
    /// Bytes that are not UTF-8: a reader set to another alphabet, or in keyboard mode.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// Control characters inside.
    #[error("the text has control characters")]
    ControlCharacter,
    /// Fewer than six fields.
    #[error("the text has too few fields for a card")]
    TooFewFields,
    /// The number is not twelve digits.
    #[error("the number is not twelve digits")]
    Number,
    /// The old number is not digits.
    #[error("the old number is not nine or twelve digits")]
    OldNumber,
    /// The name is missing, too long, or has digits.
    #[error("the name is not a name")]
    Name,
    /// The birth date is no date.
    #[error("the birth date is not a date")]
    BirthDate,
    /// The sex is neither Nam nor Nữ.
    #[error("the sex is neither Nam nor Nữ")]
    Sex,
    /// The issue date is no date.
    #[error("the issue date is not a date")]
    Issued,
    /// The number says another sex or birth year than the fields do.
    #[error("the number does not fit the birth date and sex")]
    Mismatch,
}

impl CardError {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLong => "card.too_long",
            Self::NotUtf8 => "card.not_utf8",
            Self::ControlCharacter => "card.control_character",
            Self::TooFewFields => "card.too_few_fields",
            Self::Number => "card.number",
            Self::OldNumber => "card.old_number",
            Self::Name => "card.name",
            Self::BirthDate => "card.birth_date",
            Self::Sex => "card.sex",
            Self::Issued => "card.issued",
            Self::Mismatch => "card.mismatch",
        }
    }
}

/// Reads one frame of a QR reader, without its line end.
pub fn parse(bytes: &[u8]) -> Result<CitizenCard, CardError> {
    if bytes.len() > LENGTH_MAX {
        return Err(CardError::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| CardError::NotUtf8)?;
    let text = text.trim_matches(['\r', '\n', '\u{feff}', ' ']);
    if text.chars().any(char::is_control) {
        return Err(CardError::ControlCharacter);
    }
    let text = normalise(text);
    let fields: Vec<&str> = text.split('|').map(str::trim).collect();
    let (number, old_number, rest) = match fields.as_slice() {
        [number, name, birth, sex, address, issued] => {
            (*number, "", [*name, *birth, *sex, *address, *issued])
        }
        [number, old, name, birth, sex, address, issued, ..] => {
            (*number, *old, [*name, *birth, *sex, *address, *issued])
        }
        _ => return Err(CardError::TooFewFields),
    };
    let [name, birth, sex, address, issued] = rest;
    if !is_citizen_number(number) {
        return Err(CardError::Number);
    }
    let old_digits = old_number.bytes().all(|b| b.is_ascii_digit());
    if !old_digits || !matches!(old_number.len(), 0 | 9 | 12) {
        return Err(CardError::OldNumber);
    }
    if !is_person_name(name) {
        return Err(CardError::Name);
    }
    let birth_date = date(birth).ok_or(CardError::BirthDate)?;
    let sex = match sex.to_lowercase().as_str() {
        "nam" => Sex::Male,
        "nữ" => Sex::Female,
        _ => return Err(CardError::Sex),
    };
    let issued = match issued {
        "" => None,
        text => Some(date(text).ok_or(CardError::Issued)?),
    };
    if !number_fits(number, birth_date, sex) {
        return Err(CardError::Mismatch);
    }
    Ok(CitizenCard {
        number: number.to_owned(),
        old_number: Some(old_number.to_owned()).filter(|old| !old.is_empty()),
        name: name.to_owned(),
        birth_date,
        sex,
        address: address.to_owned(),
        issued,
    })
}

/// Twelve digits; there is no check digit.
pub fn is_citizen_number(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the number's century, sex and year fit: digit 4 is 0/1 for male/female born in the 1900s,
/// 2/3 in the 2000s and so on; digits 5 and 6 are the year. The province (digits 1 to 3) is not
/// checked: it is where the birth was registered, and provinces have merged.
pub fn number_fits(number: &str, birth_date: civil::Date, sex: Sex) -> bool {
    let digit = |index: usize| i16::from(number.as_bytes()[index] - b'0');
    if !is_citizen_number(number) {
        return false;
    }
    let year = 1900 + digit(3) / 2 * 100 + digit(4) * 10 + digit(5);
    let number_sex = if digit(3) % 2 == 0 { Sex::Male } else { Sex::Female };
    birth_date.year() == year && number_sex == sex
}

fn is_person_name(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 2
        && text.chars().count() <= 100
        && text.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '\'' | '-' | '.'))
}

fn date(text: &str) -> Option<civil::Date> {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let day = text.get(0..2)?.parse().ok()?;
    let month = text.get(2..4)?.parse().ok()?;
    let year = text.get(4..8)?.parse().ok()?;
    civil::Date::new(year, month, day).ok().filter(|date| date.year() >= 1900)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    const CARD: &str = "022190001234|101234567|Nguyễn Thị Đào|05021990|Nữ|Tổ 5, Cao Xanh, Hạ Long, Quảng Ninh|20082021";

    #[test]
    fn a_card_reads_with_and_without_the_old_number() {
        let card = parse(CARD.as_bytes()).unwrap();
        assert_eq!(card.number, "022190001234");
        assert_eq!(card.old_number.as_deref(), Some("101234567"));
        assert_eq!(card.name, "Nguyễn Thị Đào");
        assert_eq!(card.birth_date, civil::date(1990, 2, 5));
        assert_eq!((card.sex, card.issued), (Sex::Female, Some(civil::date(2021, 8, 20))));
        let without = CARD.replace("|101234567|", "||");
        let six = CARD.replace("|101234567|", "|");
        assert_eq!(parse(without.as_bytes()), parse(six.as_bytes()));
        assert_eq!(parse(six.as_bytes()).unwrap().old_number, None);
    }

    #[test]
    fn more_than_seven_fields_are_kept_unread() {
        let more = format!("{CARD}|Nguyễn Văn A|Trần Thị B||");
        assert_eq!(parse(more.as_bytes()), parse(CARD.as_bytes()));
    }

    #[test]
    fn decomposed_text_reads_the_same() {
        let decomposed: String = CARD.nfd().collect();
        assert_ne!(decomposed, CARD);
        assert_eq!(parse(decomposed.as_bytes()), parse(CARD.as_bytes()));
    }

    #[test]
    fn each_mistake_has_its_code() {
        let rows: [(&[u8], &str); 12] = [
            (&[b'1'; LENGTH_MAX + 1], "card.too_long"),
            (b"\xff\xfe|1", "card.not_utf8"),
            ("0221900012\u{1b}34||Tên Gọi|05021990|Nữ|x|".as_bytes(), "card.control_character"),
            (b"hello", "card.too_few_fields"),
            ("2219000123||Tên Gọi|05021990|Nữ|x|".as_bytes(), "card.number"),
            ("022190001234|12|Tên Gọi|05021990|Nữ|x|".as_bytes(), "card.old_number"),
            ("022190001234||12345|05021990|Nữ|x|".as_bytes(), "card.name"),
            ("022190001234||Tên Gọi|31021990|Nữ|x|".as_bytes(), "card.birth_date"),
            ("022190001234||Tên Gọi|05021990|Khác|x|".as_bytes(), "card.sex"),
            ("022190001234||Tên Gọi|05021990|Nữ|x|99999999".as_bytes(), "card.issued"),
            ("022190001234||Tên Gọi|05021990|Nam|x|".as_bytes(), "card.mismatch"),
            ("022190001234||Tên Gọi|05021991|Nữ|x|".as_bytes(), "card.mismatch"),
        ];
        for (bytes, code) in rows {
            let error = parse(bytes).unwrap_err();
            assert_eq!(error.code(), code);
            assert!(!error.to_string().contains("022190"), "an error must not tell the card");
        }
    }

    proptest! {
        #[test]
        fn nonsense_never_panics_and_never_passes_unchecked(
            bytes in prop::collection::vec(any::<u8>(), 0..2_000),
        ) {
            if let Ok(card) = parse(&bytes) {
                prop_assert!(is_citizen_number(&card.number));
            }
        }

        #[test]
        fn fields_of_anything_never_panic(fields in prop::collection::vec("\\PC{0,30}", 0..12)) {
            let _ = parse(fields.join("|").as_bytes());
        }

        #[test]
        fn a_damaged_card_is_refused_or_a_whole_card(at in 0_usize..100, byte in any::<u8>()) {
            let mut bytes = CARD.as_bytes().to_vec();
            bytes[at] = byte;
            if let Ok(card) = parse(&bytes) {
                prop_assert!(number_fits(&card.number, card.birth_date, card.sex));
                prop_assert!(!card.name.contains('|') && !card.name.chars().any(char::is_control));
            }
        }
    }
}
