//! What every handler needs to know about a request: who asks, under which key, what the path names.

use super::failure::{bad_value, problem};
use crate::actors::origin::Origin;
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use domain::ids::CounterNumber;
use serde_json::json;
use uuid::Uuid;
use web::{Caller, Problem};

/// The header that makes a repeated request harmless.
pub const KEY_HEADER: &str = "Idempotency-Key";
/// Longest key. Characters.
pub const KEY_LENGTH_MAX: usize = 64;

/// Who asks, with the request key, which everything that writes must carry.
///
/// # Errors
/// The key is missing, too long, or has other than letters, digits, `-`, `_`, `.`, `:`.
pub fn origin(request: &HttpRequest, caller: &Caller) -> Result<Origin, Problem> {
    let missing = || problem(StatusCode::BAD_REQUEST, "input.missing_key", json!({}));
    let key = request.headers().get(KEY_HEADER).ok_or_else(missing)?;
    let key = key.to_str().map_err(|_| bad_value(KEY_HEADER))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    if key.is_empty() || key.len() > KEY_LENGTH_MAX || !key.chars().all(plain) {
        return Err(bad_value(KEY_HEADER));
    }
    let origin = match caller {
        Caller::Officer(officer) => Origin::officer(&officer.id, ""),
        Caller::Device(device) => Origin::device(&device.id),
    };
    Ok(origin.with_request(Some(key)))
}

/// A counter's number from the path.
///
/// # Errors
/// It is not a number.
pub fn counter(text: &str) -> Result<CounterNumber, Problem> {
    text.parse::<u16>().map(CounterNumber).map_err(|_| Problem::not_found())
}

/// An id from the path.
///
/// # Errors
/// It is not one.
pub fn id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| Problem::not_found())
}
