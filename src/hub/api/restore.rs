//! `/restore`: a new box in an old one's place. The token, and after it the wrapping key, are the
//! proof; see [`crate::restore`].

use ::web::problem::Problem;
use actix_web::{HttpResponse, web};

use super::HubState;
use super::words::problem;
use crate::restore;
use crate::restore_words::{Proven, RestoreLook, RestoreOffer, SealedAnswer};

/// Adds `/restore`.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/restore/look").route(web::post().to(look)))
        .service(web::resource("/restore/page").route(web::post().to(page)))
        .service(web::resource("/restore/blob").route(web::post().to(blob)));
}

/// What there is to restore for the owner of a token.
#[utoipa::path(post, path = "/api/v1/restore/look", tag = "restore", request_body = RestoreLook,
    responses((status = 200, body = RestoreOffer), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn look(
    body: web::Json<RestoreLook>,
    state: web::Data<HubState>,
) -> Result<web::Json<RestoreOffer>, Problem> {
    restore::look(&state.store, &body, state.machine_clock.now())
        .await
        .map(web::Json)
        .map_err(|error| problem(&error))
}

/// A page of the node's snapshot.
#[utoipa::path(post, path = "/api/v1/restore/page", tag = "restore", request_body = Proven,
    responses((status = 200, body = SealedAnswer), (status = 403, body = Problem)))]
pub async fn page(
    body: web::Json<Proven>,
    state: web::Data<HubState>,
) -> Result<web::Json<SealedAnswer>, Problem> {
    restore::page(&state.store, &body).await.map(web::Json).map_err(|error| problem(&error))
}

/// A scan of the node.
#[utoipa::path(post, path = "/api/v1/restore/blob", tag = "restore", request_body = Proven,
    responses((status = 200, content_type = "application/octet-stream"),
              (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn blob(
    body: web::Json<Proven>,
    state: web::Data<HubState>,
) -> Result<HttpResponse, Problem> {
    let bytes = restore::blob(&state.store, &body).await.map_err(|error| problem(&error))?;
    Ok(HttpResponse::Ok().content_type("application/octet-stream").body(bytes))
}
