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
    /// `connected`, `disconnected`, or `standby` while another process serves every node.
    pub broker: &'static str,
    /// Shards of nodes that this process serves; 0 while another one does, and it stands by.
    pub shards: usize,
    /// Nodes with a session on the link.
    pub sessions: usize,
    /// Connections to the broker since the start.
    pub connections: u64,
    /// Frames of nodes that were taken since the start.
    pub frames_taken: u64,
    /// Frames that came although they were here already.
    pub frames_repeated: u64,
    /// Frames before which something was missing.
    pub frames_missing: u64,
    /// Messages that came with other bytes than were sent.
    pub messages_spoilt: u64,
    /// Messages that were not taken.
    pub messages_refused: u64,
    /// Messages that were dropped because a node's queue was full.
    pub messages_dropped: u64,
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
        broker: if link.shards == 0 {
            "standby"
        } else if link.records_connected && link.blobs_connected {
            "connected"
        } else {
            "disconnected"
        },
        shards: link.shards,
        sessions: link.sessions,
        connections: link.connections,
        frames_taken: link.frames_taken,
        frames_repeated: link.frames_repeated,
        frames_missing: link.frames_missing,
        messages_spoilt: link.messages_spoilt,
        messages_refused: link.messages_refused,
        messages_dropped: link.messages_dropped,
    };
    if reached {
        HttpResponse::Ok().json(health)
    } else {
        HttpResponse::ServiceUnavailable().json(health)
    }
}
