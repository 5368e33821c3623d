//! `/certificates`: how long the hub's own certificates last. Those of the nodes stand at `/nodes`.

use ::web::auth::Officer;
use ::web::problem::Problem;
use actix_web::web;

use super::HubState;
use super::words::problem;
use crate::authority::own::OwnCertificateRow;

/// Adds `/certificates`.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/certificates").route(web::get().to(list)));
}

/// The hub's own certificates: pages, link, broker.
#[utoipa::path(get, path = "/api/v1/certificates", tag = "nodes",
    responses((status = 200, body = Vec<OwnCertificateRow>), (status = 401, body = Problem)))]
pub async fn list(
    _: Officer,
    state: web::Data<HubState>,
) -> Result<web::Json<Vec<OwnCertificateRow>>, Problem> {
    let now = state.machine_clock.now();
    state.enroller.own_certificates(now).map(web::Json).map_err(|error| problem(&error))
}
