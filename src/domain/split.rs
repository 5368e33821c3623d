//! Which part of a record everybody on the way may read, and which is sealed.
//!
//! A journaled record is cut in two before it enters the journal: `public`, and `sealed` with
//! whatever identifies or describes a person. The sealed half is a map from the place in the record
//! (a JSON pointer, `/applicant`) to the value that was there, so that joining puts each value back
//! exactly where it was, also inside lists. Encryption is the journal's work, not ours.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Why two halves do not make a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// A half is not of the shape that [`Journaled::split`] gives.
    #[error("the {half} part is not a JSON object")]
    Shape {
        /// `public` or `sealed`.
        half: &'static str,
    },
    /// The sealed half names a place that this kind of record does not seal, or that is not there.
    #[error("the sealed part names {place}, which {kind} does not seal there")]
    Place {
        /// The kind of record.
        kind: &'static str,
        /// The place named.
        place: String,
    },
    /// The joined record does not read as its type.
    #[error("{kind} does not read: {reason}")]
    Read {
        /// The kind of record.
        kind: &'static str,
        /// What serde said; it names fields, never values of a person's data.
        reason: String,
    },
}

impl JoinError {
    /// Stable code for support and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Shape { .. } => "record.shape",
            Self::Place { .. } => "record.sealed_place",
            Self::Read { .. } => "record.unreadable",
        }
    }
}

/// A record that goes into the journal.
pub trait Journaled: Serialize + DeserializeOwned + Sized {
    /// The kind as the journal names it.
    const KIND: &'static str;

    /// The places that are sealed, as pointers; `*` stands for every element of a list.
    const SEALED: &'static [&'static str];

    /// The public half and the sealed half. The sealed half is `Null` when there is nothing to seal.
    fn split(&self) -> (Value, Value) {
        let mut public = serde_json::to_value(self).unwrap_or(Value::Null);
        let sealed = Self::take_sealed(&mut public);
        let sealed = if sealed.is_empty() { Value::Null } else { Value::Object(sealed) };
        (public, sealed)
    }

    /// Takes what is sealed out of a record that lies as JSON. What is left reads as the record again,
    /// without those parts.
    fn take_sealed(record: &mut Value) -> Map<String, Value> {
        let mut sealed = Map::new();
        for pattern in Self::SEALED {
            let segments: Vec<&str> = pattern.split('/').skip(1).collect();
            take_out(record, &segments, String::new(), &mut sealed);
        }
        sealed
    }

    /// Puts the halves together again.
    fn join(public: Value, sealed: Value) -> Result<Self, JoinError> {
        let mut whole = public;
        if !whole.is_object() {
            return Err(JoinError::Shape { half: "public" });
        }
        match sealed {
            Value::Null => {}
            Value::Object(places) => {
                for (place, value) in places {
                    if !Self::SEALED.iter().any(|pattern| matches(pattern, &place))
                        || !put_back(&mut whole, &place, value)
                    {
                        return Err(JoinError::Place { kind: Self::KIND, place });
                    }
                }
            }
            _ => return Err(JoinError::Shape { half: "sealed" }),
        }
        serde_json::from_value(whole).map_err(|error| JoinError::Read {
            kind: Self::KIND,
            // serde quotes an unknown value; only its first words name the field
            reason: error.to_string().chars().take_while(|c| *c != '`' && *c != '"').collect(),
        })
    }
}

fn take_out(value: &mut Value, segments: &[&str], at: String, sealed: &mut Map<String, Value>) {
    let Some((first, rest)) = segments.split_first() else { return };
    match value {
        Value::Array(items) if *first == "*" => {
            for (index, item) in items.iter_mut().enumerate() {
                take_out(item, rest, format!("{at}/{index}"), sealed);
            }
        }
        Value::Object(map) if rest.is_empty() => {
            // a missing value and an empty one read the same, so neither needs a place
            if let Some(taken) = map.remove(*first).filter(|taken| !taken.is_null()) {
                sealed.insert(format!("{at}/{first}"), taken);
            }
        }
        Value::Object(map) => {
            if let Some(inner) = map.get_mut(*first) {
                take_out(inner, rest, format!("{at}/{first}"), sealed);
            }
        }
        _ => {}
    }
}

fn matches(pattern: &str, place: &str) -> bool {
    let (mut pattern, mut place) = (pattern.split('/'), place.split('/'));
    loop {
        match (pattern.next(), place.next()) {
            (None, None) => return true,
            (Some("*"), Some(index)) if index.parse::<usize>().is_ok() => {}
            (Some(expected), Some(found)) if expected == found => {}
            _ => return false,
        }
    }
}

fn put_back(whole: &mut Value, place: &str, value: Value) -> bool {
    let Some((parent, key)) = place.rsplit_once('/') else { return false };
    match whole.pointer_mut(parent) {
        Some(Value::Object(map)) if !map.contains_key(key) => {
            map.insert(key.to_owned(), value);
            true
        }
        _ => false,
    }
}
