//! `/renew`: a box renews its certificates. The signature by its present key is the only proof.

use ::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::HubState;
use super::words::problem;
use crate::renew_words::{Challenge, ChallengeRequest, RenewAnswer, RenewDone, RenewRequest};

/// Adds `/renew`.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/renew/challenge").route(web::post().to(challenge)))
        .service(web::resource("/renew/done").route(web::post().to(done)))
        .service(web::resource("/renew").route(web::post().to(renew)));
}

/// Something fresh to sign.
#[utoipa::path(post, path = "/api/v1/renew/challenge", tag = "enrol",
    request_body = ChallengeRequest,
    responses((status = 200, body = Challenge), (status = 400, body = Problem)))]
pub async fn challenge(
    body: web::Json<ChallengeRequest>,
    state: web::Data<HubState>,
) -> Result<web::Json<Challenge>, Problem> {
    let now = state.machine_clock.now();
    state.enroller.challenge(&body.node, now).map(web::Json).map_err(|error| problem(&error))
}

/// New certificates for the box whose key signed.
#[utoipa::path(post, path = "/api/v1/renew", tag = "enrol", request_body = RenewRequest,
    responses((status = 201, body = RenewAnswer), (status = 403, body = Problem),
              (status = 429, body = Problem)))]
pub async fn renew(
    body: web::Json<RenewRequest>,
    state: web::Data<HubState>,
) -> Result<HttpResponse, Problem> {
    let now = state.machine_clock.now();
    let answer = state.enroller.renew(&body, now).await.map_err(|error| problem(&error))?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(answer))
}

/// The new certificate was used; the older ones are revoked.
#[utoipa::path(post, path = "/api/v1/renew/done", tag = "enrol", request_body = RenewDone,
    responses((status = 204), (status = 403, body = Problem)))]
pub async fn done(
    body: web::Json<RenewDone>,
    state: web::Data<HubState>,
) -> Result<HttpResponse, Problem> {
    let now = state.machine_clock.now();
    state.enroller.renewed(&body, now).await.map_err(|error| problem(&error))?;
    Ok(HttpResponse::NoContent().finish())
}
