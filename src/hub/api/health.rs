//! `/health`: open, because a watchdog asks it; it tells nothing about centers or persons.

use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::HubState;

/// How the hub is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Version of this program.
    pub version: &'static str,
    /// The hub's time.
    #[schema(value_type = String, format = "date-time")]
    pub now: Timestamp,
    /// `ok` or `unreachable`.
    pub store: &'static str,
    /// `connected` or `disconnected`.
    pub broker: &'static str,
    /// Nodes with a session on the link.
    pub sessions: usize,
}

/// Adds `/health`.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/health").route(web::get().to(show)));
}

/// How the hub is; 503 while its store cannot be reached.
#[utoipa::path(get, path = "/api/v1/health", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = Health)))]
pub async fn show(state: web::Data<HubState>) -> HttpResponse {
    let reached = state.store.reachable().await;
    let link = state.link.borrow().clone();
    let health = Health {
        version: env!("CARGO_PKG_VERSION"),
        now: state.clock.now(),
        store: if reached { "ok" } else { "unreachable" },
        broker: if link.records_connected && link.blobs_connected {
            "connected"
        } else {
            "disconnected"
        },
        sessions: link.sessions,
    };
    if reached {
        HttpResponse::Ok().json(health)
    } else {
        HttpResponse::ServiceUnavailable().json(health)
    }
}
