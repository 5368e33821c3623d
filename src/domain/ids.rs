//! Names of things, checked once when they enter: after that a wrong one cannot exist.
//!
//! Tickets, dossiers, ratings and orders carry a UUID (version 7, made by the caller, because making
//! one needs a clock and chance).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::refusal::told;

/// Why a text is not the name it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {found:?} is not valid; one that works: {works}")]
pub struct IdError {
    /// Which kind of name was expected, for example `node`.
    pub kind: &'static str,
    /// What was given, cut where it is long.
    pub found: String,
    /// An example that works.
    pub works: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $works:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text and keeps it.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(IdError { kind: $kind, found: told(text), works: $works })
                }
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

text_id!(
    /// One box: unit code, `-`, number; `06658-1`. The provincial center is `22-1`.
    NodeId,
    "node",
    "06658-1",
    |text| match text.split_once('-') {
        Some((unit, number)) =>
            is_unit_code(unit)
                && !number.is_empty()
                && number.len() <= 3
                && number.bytes().all(|b| b.is_ascii_digit())
                && !number.starts_with('0'),
        None => false,
    }
);

text_id!(
    /// An administrative unit: five digits for a commune, two for the province. Always text, because
    /// it starts with zeros.
    UnitCode,
    "unit code",
    "06658",
    is_unit_code
);

text_id!(
    /// An officer's account: lower-case letters, digits, `.`, `_`, `-`; at most 40.
    OfficerId,
    "officer",
    "nguyen.lan",
    |text| is_word(text, 40)
);

text_id!(
    /// A service group of the queue: lower-case letters, digits, `-`, `_`; at most 32.
    ServiceCode,
    "service",
    "ho-tich",
    |text| is_word(text, 32)
);

text_id!(
    /// A procedure of the national catalogue: digits with one dot; `1.001193`. Always text: a source
    /// that read it as a number lost a trailing zero.
    ProcedureCode,
    "procedure code",
    "1.001193",
    |text| match text.split_once('.') {
        Some((group, number)) =>
            group.len() == 1
                && number.len() == 6
                && group.bytes().chain(number.bytes()).all(|b| b.is_ascii_digit()),
        None => false,
    }
);

impl NodeId {
    /// The unit this box stands in.
    pub fn unit(&self) -> &str {
        self.0.split_once('-').map_or(self.0.as_str(), |(unit, _)| unit)
    }

    /// Its number in that unit, from 1: the box of the center itself.
    pub fn number(&self) -> u16 {
        self.0.split_once('-').and_then(|(_, number)| number.parse().ok()).unwrap_or(1)
    }
}

/// The number on a counter's sign, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CounterNumber(pub u16);

impl fmt::Display for CounterNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

fn is_unit_code(text: &str) -> bool {
    (text.len() == 5 || text.len() == 2) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_word(text: &str, length_max: usize) -> bool {
    !text.is_empty()
        && text.len() <= length_max
        && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && text.bytes().all(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_its_unit_and_a_number() {
        assert_eq!(NodeId::parse("06658-1").unwrap().unit(), "06658");
        assert_eq!(NodeId::parse("06994-12").unwrap().number(), 12);
        assert!(NodeId::parse("22-1").is_ok());
        for wrong in ["", "06658", "06658-", "06658-0", "6658-1", "06658-1/..", "06658-1\n", "#"] {
            assert!(NodeId::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_procedure_code_with_a_lost_zero_is_refused() {
        assert!(ProcedureCode::parse("1.001193").is_ok());
        assert!(ProcedureCode::parse("1.01266").is_err());
        assert!(ProcedureCode::parse("1.013.978").is_err());
    }

    #[test]
    fn names_are_plain_text_in_json_and_checked_when_read() {
        let code: ServiceCode = serde_json::from_str("\"ho-tich\"").unwrap();
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"ho-tich\"");
        assert!(serde_json::from_str::<ServiceCode>("\"Hộ tịch\"").is_err());
        assert_eq!(serde_json::to_string(&CounterNumber(3)).unwrap(), "3");
    }
}
