//! What may stand in the fields that describe a person. Empty is always right: nobody is sent away
//! because a number is not known.

use jiff::civil::Date;

use crate::refusal::Refusal;
use crate::text_fold::normalise;

/// Nobody who comes to a center was born before this year.
pub const BIRTH_YEAR_MIN: i16 = 1900;
/// Fewest and most digits of a telephone number; the most is that of ITU-T E.164.
pub const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;
/// Longest telephone number as it is typed, with what people write between the digits. Characters.
const PHONE_TYPED_MAX: usize = 40;
/// Digits of a document number: the older identity card, and the citizen card.
const DOCUMENT_DIGITS: [usize; 2] = [9, 12];

/// A birth date from 1900 to today.
pub(super) fn birth_date(given: Option<Date>, today: Date) -> Result<Option<Date>, Refusal> {
    match given {
        Some(date) if date.year() < BIRTH_YEAR_MIN || date > today => Err(Refusal::BadBirthDate),
        other => Ok(other),
    }
}

/// A telephone number without what is written between its digits.
pub(super) fn phone(given: Option<&str>) -> Result<Option<String>, Refusal> {
    let typed = normalise(given.unwrap_or_default());
    if typed.chars().count() > PHONE_TYPED_MAX {
        return Err(Refusal::BadPhone);
    }
    let number: String =
        typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-')).collect();
    if number.is_empty() {
        return Ok(None);
    }
    let digits = number.strip_prefix('+').unwrap_or(&number);
    if digits_only(digits) && PHONE_DIGITS.contains(&digits.len()) {
        Ok(Some(number))
    } else {
        Err(Refusal::BadPhone)
    }
}

/// The number of the card that a collector shows.
pub(super) fn collector_number(given: Option<&str>) -> Result<Option<String>, Refusal> {
    let number = normalise(given.unwrap_or_default().trim());
    if number.is_empty() {
        return Ok(None);
    }
    if digits_only(&number) && DOCUMENT_DIGITS.contains(&number.len()) {
        Ok(Some(number))
    } else {
        Err(Refusal::BadCollectorNumber)
    }
}

fn digits_only(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_birth_date_lies_between_1900_and_today() {
        let today = date(2026, 11, 23);
        for fine in [None, Some(date(1900, 1, 1)), Some(today)] {
            assert_eq!(birth_date(fine, today), Ok(fine));
        }
        for wrong in [date(1899, 12, 31), date(2026, 11, 24), date(9999, 1, 1)] {
            assert_eq!(birth_date(Some(wrong), today), Err(Refusal::BadBirthDate));
        }
    }

    #[test]
    fn a_phone_number_is_kept_without_its_spaces_and_dots() {
        for (typed, kept) in [
            ("0912 345 678", Some("0912345678")),
            ("+84.912.345.678", Some("+84912345678")),
            ("0203-3825678", Some("02033825678")),
            ("  ", None),
        ] {
            assert_eq!(phone(Some(typed)), Ok(kept.map(str::to_owned)), "{typed}");
        }
        for wrong in ["1234567", "1234567890123456", "09123+45678", "không có", "+", "٠٩١٢٣٤٥٦٧٨"]
        {
            assert_eq!(phone(Some(wrong)), Err(Refusal::BadPhone), "{wrong}");
        }
        assert_eq!(phone(Some(&"0 ".repeat(100))), Err(Refusal::BadPhone));
    }

    #[test]
    fn a_collectors_number_has_nine_or_twelve_digits() {
        for (typed, kept) in
            [("022088001122", Some("022088001122")), (" 100123456 ", Some("100123456")), ("", None)]
        {
            assert_eq!(collector_number(Some(typed)), Ok(kept.map(str::to_owned)));
        }
        for wrong in ["12345678", "0220880011", "CMND 100123456", "02208800112a"] {
            assert_eq!(collector_number(Some(wrong)), Err(Refusal::BadCollectorNumber), "{wrong}");
        }
    }
}
