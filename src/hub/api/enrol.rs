//! `/enrol`: a new box brings its token and its signing requests. The token is the only proof; it has
//! 160 random bits and works once, so guessing is no way in.

use ::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::HubState;
use super::words::problem;
use crate::enrol_words::{EnrolAnswer, EnrolRequest};

/// Adds `/enrol` and the LAN authority's certificate.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/enrol").route(web::post().to(enrol)))
        .service(web::resource("/lan-authority.pem").route(web::get().to(lan_authority)));
}

/// Lets a box in.
#[utoipa::path(post, path = "/api/v1/enrol", tag = "enrol", request_body = EnrolRequest,
    responses((status = 201, body = EnrolAnswer), (status = 400, body = Problem),
              (status = 403, body = Problem), (status = 409, body = Problem)))]
pub async fn enrol(
    body: web::Json<EnrolRequest>,
    state: web::Data<HubState>,
) -> Result<HttpResponse, Problem> {
    let answer = state
        .enroller
        .enrol(&body, state.machine_clock.now())
        .await
        .map_err(|error| problem(&error))?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(answer))
}

/// The certificate that browsers need to trust this hub and the centers.
async fn lan_authority(state: web::Data<HubState>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/x-pem-file")
        .body(state.enroller.lan_authority_pem().to_owned())
}
