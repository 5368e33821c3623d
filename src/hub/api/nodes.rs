//! `/nodes`: the fleet, and what stands aside about each node.

use ::web::auth::{Officer, Role};
use ::web::problem::Problem;
use actix_web::{HttpResponse, web};
use domain::ids::NodeId;

use super::HubState;
use super::words::problem;
use crate::error::HubError;
use crate::store::fleet::{Aside, NodeRow};
use crate::units::points_for_page;

/// Adds `/nodes`.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/nodes").route(web::get().to(list)))
        .service(web::resource("/nodes/{node}/parked").route(web::get().to(aside)))
        .service(web::resource("/nodes/{node}/thaw").route(web::post().to(thaw)))
        .service(web::resource("/nodes/{node}/revoke").route(web::post().to(revoke)));
}

/// Every node with its state, lag and what waits.
#[utoipa::path(get, path = "/api/v1/nodes", tag = "nodes",
    responses((status = 200, body = Vec<NodeRow>), (status = 401, body = Problem)))]
pub async fn list(
    _: Officer,
    state: web::Data<HubState>,
) -> Result<web::Json<Vec<NodeRow>>, Problem> {
    let mut rows = state.store.fleet(state.clock.now()).await.map_err(|error| problem(&error))?;
    let points = points_for_page(&state.enroller.settings).await;
    for row in &mut rows {
        if let Ok(node) = NodeId::parse(&row.node) {
            row.place_name = points.name_at(&row.unit_name, &node);
        }
    }
    let link = state.link.borrow().clone();
    // A process that stands by has no connection and knows what the store knows.
    if let Some(since) = link.records_lost_at.filter(|_| link.shards > 0) {
        rows.iter_mut().for_each(|row| row.out_of_sight(since));
    }
    let rows = state.store.with_certificates(rows, state.machine_clock.now()).await;
    Ok(web::Json(rows.map_err(|error| problem(&error))?))
}

/// Parked entries, refused frames, conflicts and alarms of one node.
#[utoipa::path(get, path = "/api/v1/nodes/{node}/parked", tag = "nodes",
    params(("node" = String, Path, description = "The node")),
    responses((status = 200, body = Aside), (status = 404, body = Problem)))]
pub async fn aside(
    _: Officer,
    node: web::Path<String>,
    state: web::Data<HubState>,
) -> Result<web::Json<Aside>, Problem> {
    let aside = state.store.aside(&node).await.map_err(|error| problem(&error))?;
    Ok(web::Json(aside))
}

/// Lets a frozen node's stream go on from the hub's cursor. For administrators.
#[utoipa::path(post, path = "/api/v1/nodes/{node}/thaw", tag = "nodes",
    params(("node" = String, Path, description = "The node")),
    responses((status = 204), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub async fn thaw(
    officer: Officer,
    node: web::Path<String>,
    state: web::Data<HubState>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Admin)?;
    let thawed =
        state.store.thaw(&node, state.clock.now()).await.map_err(|error| problem(&error))?;
    if !thawed {
        let why = format!("{node} has nothing that waits for a choice");
        return Err(problem(&HubError::refused("hub.nothing_to_decide", why)));
    }
    tracing::warn!(officer = officer.id, node = node.as_str(), "the node's stream goes on");
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a node's certificates away: a box that was stolen or given away. For administrators.
#[utoipa::path(post, path = "/api/v1/nodes/{node}/revoke", tag = "nodes",
    params(("node" = String, Path, description = "The node")),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn revoke(
    officer: Officer,
    node: web::Path<String>,
    state: web::Data<HubState>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Admin)?;
    let now = state.machine_clock.now();
    state.enroller.revoke(&node, &officer.id, now).await.map_err(|error| problem(&error))?;
    Ok(HttpResponse::NoContent().finish())
}
