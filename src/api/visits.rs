//! `/counters/{n}/next-services`, `/counters/{n}/go-on`: what a number has still to visit.

use super::Center;
use super::counters::{CounterAnswer, pressed};
use super::failure::refused;
use actix_web::{HttpRequest, HttpResponse, web as actix_routes};
use domain::ids::ServiceCode;
use domain::refusal::Refusal;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Caller, DeviceRole, Problem};

/// What the number at a counter has still to visit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NextServices {
    /// Codes of the service groups after the present one, in their order; all of them, also those that
    /// stay as they are.
    pub services: Vec<String>,
}

/// The codes that a page or another system named.
pub(super) fn codes(named: &[String]) -> Result<Vec<ServiceCode>, Problem> {
    let code = |name: &String| {
        ServiceCode::parse(name)
            .map_err(|_| refused(&Refusal::UnknownService { service: name.clone() }))
    };
    named.iter().map(code).collect()
}

/// Sets what the number at a counter has still to visit, so that it goes on there by itself. Without a
/// ticket in the answer it was so already.
#[utoipa::path(post, path = "/api/v1/counters/{n}/next-services", tag = "queue",
    request_body = NextServices,
    params(("n" = u16, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = CounterAnswer), (status = 409, body = Problem)))]
pub async fn next_services(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: web::Officer,
    path: actix_routes::Path<String>,
    body: actix_routes::Json<NextServices>,
) -> Result<HttpResponse, Problem> {
    let (origin, at) = pressed(&request, &center, Caller::Officer(officer), &path)?;
    let services = codes(&body.services)?;
    at.answer(center.queue.set_next_services(origin, at.number, services).await)
}

/// Served, and on with the number's next service group at this counter, which serves it too.
#[utoipa::path(post, path = "/api/v1/counters/{n}/go-on", tag = "queue",
    params(("n" = u16, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = CounterAnswer), (status = 409, body = Problem)))]
pub async fn go_on(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    caller: Caller,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    caller.officer_or(&[DeviceRole::Load])?;
    let (origin, at) = pressed(&request, &center, caller, &path)?;
    at.answer(center.queue.go_on(origin, at.number).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::counters::Transferring;
    use crate::api::tickets::NewTicket;
    use serde_json::json;

    #[test]
    fn what_other_systems_send_is_read_as_before() {
        let ticket: NewTicket = serde_json::from_value(json!({ "service": "ho-tich" })).unwrap();
        assert!(ticket.next_services.is_empty() && ticket.print);
        let sent: Transferring = serde_json::from_value(json!({ "counter": 2 })).unwrap();
        assert!(!sent.return_here);
    }

    #[test]
    fn a_code_that_cannot_be_one_is_refused_and_named() {
        assert_eq!(codes(&["dat-dai".to_owned()]).unwrap()[0].as_str(), "dat-dai");
        let refusal = codes(&["dat-dai".to_owned(), "Đất đai".to_owned()]).unwrap_err();
        assert_eq!(refusal.code, "queue.unknown_service");
    }
}
