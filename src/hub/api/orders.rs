//! `/orders`: messages to the counters of some or all centers.

use ::web::auth::{Officer, Role};
use ::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::HubState;
use super::words::problem;
use crate::store::orders::{NewOrder, OrderShown};

/// Longest `Idempotency-Key`.
const KEY_LENGTH_MAX: usize = 64;

/// Adds `/orders`.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/orders").route(web::get().to(list)).route(web::post().to(give)));
}

/// A message to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderWanted {
    /// What it says.
    pub text: String,
    /// To these nodes; without it to all.
    #[serde(default)]
    pub nodes: Option<Vec<String>>,
}

/// The newest orders and where they have arrived.
#[utoipa::path(get, path = "/api/v1/orders", tag = "orders",
    responses((status = 200, body = Vec<OrderShown>), (status = 401, body = Problem)))]
pub async fn list(
    _: Officer,
    state: web::Data<HubState>,
) -> Result<web::Json<Vec<OrderShown>>, Problem> {
    let orders = state.store.orders(None).await.map_err(|error| problem(&error))?;
    Ok(web::Json(orders))
}

/// Sends a message. For heads and administrators.
#[utoipa::path(post, path = "/api/v1/orders", tag = "orders", request_body = OrderWanted,
    params(("Idempotency-Key" = Option<String>, Header, description = "Against sending it twice")),
    responses((status = 201, body = OrderShown), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
pub async fn give(
    request: HttpRequest,
    officer: Officer,
    body: web::Json<OrderWanted>,
    state: web::Data<HubState>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let OrderWanted { text, nodes } = body.into_inner();
    let order =
        NewOrder { text, nodes, request_key: request_key(&request, &officer)?, by: officer.id };
    let given =
        state.store.order(&order, state.clock.now()).await.map_err(|error| problem(&error))?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(given))
}

/// The caller's key, kept apart for each officer.
fn request_key(request: &HttpRequest, officer: &Officer) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get("Idempotency-Key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= KEY_LENGTH_MAX => {
            Ok(Some(format!("{}:{key}", officer.id)))
        }
        _ => Err(Problem::invalid("Idempotency-Key has 1 to 64 printable characters")),
    }
}
