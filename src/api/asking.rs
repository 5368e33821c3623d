//! What every handler needs to know about a request: who asks, under which key, what the path names.

use super::Center;
use super::failure::{bad_value, failed, problem, refused};
use crate::actors::origin::Origin;
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use domain::ids::{CounterNumber, OfficerId};
use domain::queue::QueueSettings;
use domain::refusal::Refusal;
use serde_json::json;
use uuid::Uuid;
use web::{Caller, DeviceRole, Officer, Problem, Role};

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
        Caller::Officer(officer) => {
            Origin::officer(&officer.id, "").at_own_counter(bound_to_own_counter(officer))
        }
        Caller::Device(device) if device.role == DeviceRole::Kiosk => Origin::kiosk(&device.id),
        Caller::Device(device) => Origin::device(&device.id),
    };
    Ok(origin.with_request(Some(key)))
}

/// Whether an officer may act only at the counter that they have open; the head may at every one.
fn bound_to_own_counter(officer: &Officer) -> bool {
    officer.role == Role::Officer
}

/// What the queue desk says about an officer acting at a counter, for a ticket when there is one.
///
/// # Errors
/// The queue desk does not answer.
pub async fn place(
    center: &Center,
    officer: &Officer,
    counter: CounterNumber,
    ticket: Option<Uuid>,
) -> Result<Result<(), Refusal>, Problem> {
    let who = OfficerId::parse(&officer.id).map_err(|_| Problem::internal())?;
    let bound = bound_to_own_counter(officer).then_some(who);
    center.queue.dossier_place(counter, bound, ticket).await.map_err(failed)
}

/// A counter that the officer may act at now, from the path.
///
/// # Errors
/// There is none with this number, or it is not the officer's own.
pub async fn own_counter(
    center: &Center,
    officer: &Officer,
    text: &str,
) -> Result<CounterNumber, Problem> {
    let number = known_counter(&center.data.queue, counter(text)?.0)?;
    place(center, officer, number, None).await?.map_err(|refusal| refused(&refusal))?;
    Ok(number)
}

/// A counter's number from the path.
///
/// # Errors
/// It is not a number.
pub fn counter(text: &str) -> Result<CounterNumber, Problem> {
    text.parse::<u16>().map(CounterNumber).map_err(|_| Problem::not_found())
}

/// A counter that the settings name: a tablet's topic and a slip's place are made from it.
///
/// # Errors
/// There is none with this number.
pub fn known_counter(settings: &QueueSettings, number: u16) -> Result<CounterNumber, Problem> {
    let counter = CounterNumber(number);
    if settings.counters.iter().any(|plan| plan.number == counter) {
        Ok(counter)
    } else {
        Err(refused(&Refusal::UnknownCounter { counter }))
    }
}

/// An id from the path.
///
/// # Errors
/// It is not one.
pub fn id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| Problem::not_found())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::testing::queue_settings;

    #[test]
    fn a_counter_that_the_settings_do_not_name_is_refused() {
        let settings = queue_settings();
        assert_eq!(known_counter(&settings, 3).unwrap(), CounterNumber(3));
        assert_eq!(known_counter(&settings, 999).unwrap_err().code, "queue.unknown_counter");
    }

    #[test]
    fn only_a_kiosk_is_held_to_what_citizens_can_press() {
        let request = actix_web::test::TestRequest::post()
            .insert_header((KEY_HEADER, "key-1"))
            .to_http_request();
        let held = |role| {
            let device = web::Device { id: "kiosk-1".into(), role, counter: None };
            origin(&request, &Caller::Device(device)).unwrap().kiosk
        };
        assert!(held(DeviceRole::Kiosk));
        assert!(!held(DeviceRole::Load) && !held(DeviceRole::Tablet));
    }

    #[test]
    fn an_officer_is_bound_to_the_own_counter_and_the_head_is_not() {
        let request = actix_web::test::TestRequest::post()
            .insert_header((KEY_HEADER, "key-1"))
            .to_http_request();
        let bound = |role| {
            let officer = web::Officer { id: "nguyen.lan".into(), name: "Lan".into(), role };
            origin(&request, &Caller::Officer(officer)).unwrap().own_counter_only
        };
        assert!(bound(Role::Officer));
        assert!(!bound(Role::Head) && !bound(Role::Admin));
    }
}
