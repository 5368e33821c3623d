//! Books: one line a subject, computed from whatever holds the subject's state, the same at node and
//! hub, so that both can be laid side by side. The hash is over the state's JSON in one canonical
//! form: keys sorted, no spaces, the public and the private part side by side.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::entry::sha256;
use crate::hex;

/// One subject in the books.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BookRow {
    /// Kind of the subject.
    pub kind: String,
    /// The subject.
    pub subject: String,
    /// Its axis.
    #[serde(default)]
    pub axis: String,
    /// Its revision.
    pub rev: u64,
    /// SHA-256 of its canonical state, as text.
    pub sha256: String,
}

/// The row's hash of a subject's public and private part. A private part that is missing, null or
/// empty counts the same.
pub fn row_hash(public: &Value, private: &Value) -> String {
    let mut text = String::with_capacity(512);
    text.push_str("{\"private\":");
    if is_nothing(private) {
        text.push_str("{}")
    } else {
        write_canonical(private, &mut text)
    }
    text.push_str(",\"public\":");
    write_canonical(public, &mut text);
    text.push('}');
    hex::encode(&sha256(text.as_bytes()))
}

/// One hash over some rows: two ends that hold the same subjects in the same state have the same one.
/// Sorts them.
pub fn digest(rows: &mut [BookRow]) -> String {
    rows.sort_unstable();
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    for row in rows.iter() {
        for field in [&row.kind, &row.subject, &row.axis, &row.rev.to_string(), &row.sha256] {
            hash.update(&(field.len() as u64).to_be_bytes());
            hash.update(field.as_bytes());
        }
    }
    hex::encode(hash.finish().as_ref())
}

/// Whether a private part says nothing.
pub fn is_nothing(private: &Value) -> bool {
    match private {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// JSON with sorted keys and no spaces. `serde_json` sorts only while nobody in the build asks it to
/// keep the order, so it is done here.
pub fn write_canonical(value: &Value, to: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            to.push('{');
            for (place, name) in names.into_iter().enumerate() {
                if place > 0 {
                    to.push(',');
                }
                to.push_str(&Value::String(name.clone()).to_string());
                to.push(':');
                write_canonical(&fields[name], to);
            }
            to.push('}');
        }
        Value::Array(values) => {
            to.push('[');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    to.push(',');
                }
                write_canonical(value, to);
            }
            to.push(']');
        }
        plain => to.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_has_the_hash_of_the_vector() {
        let vector: Value = serde_json::from_str(include_str!("vectors/books_1.json")).unwrap();
        assert_eq!(
            row_hash(&vector["public"], &vector["private"]),
            vector["sha256"].as_str().unwrap()
        );
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let one: Value = serde_json::from_str(r#"{"b":[1,{"y":2,"x":"đ"}],"a":null}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"a":null, "b":[1, {"x":"đ","y":2}]}"#).unwrap();
        assert_eq!(row_hash(&one, &json!({"n": 1})), row_hash(&other, &json!({"n": 1})));
        let mut text = String::new();
        write_canonical(&one, &mut text);
        assert_eq!(text, r#"{"a":null,"b":[1,{"x":"đ","y":2}]}"#);
    }

    #[test]
    fn a_missing_private_part_counts_as_an_empty_one() {
        let public = json!({"a": 1});
        assert_eq!(row_hash(&public, &Value::Null), row_hash(&public, &json!({})));
        assert_ne!(row_hash(&public, &Value::Null), row_hash(&public, &json!({"n": null})));
    }
}
