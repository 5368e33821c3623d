//! The resource `/session`: sign in, ask who I am, sign out. The same at the center and at the hub.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Auth, Caller, Officer};
use crate::problem::Problem;

/// Adds `/session` to a scope.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::resource("/session")
            .route(web::get().to(show))
            .route(web::post().to(sign_in))
            .route(web::delete().to(sign_out)),
    );
}

/// Login name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The account's login name.
    pub login: String,
    /// Sent over TLS only, never logged.
    pub password: String,
}

/// The officer of a session and the session's confirmation code.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionShown {
    /// Who is signed in.
    pub officer: Officer,
    /// To be sent as `X-CSRF-Token` with everything that changes something.
    pub csrf: String,
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = SessionShown), (status = 401, body = Problem)))]
pub async fn show(
    request: HttpRequest,
    auth: web::Data<Auth>,
) -> Result<web::Json<SessionShown>, Problem> {
    let identified = auth.identify(&request).await?;
    let csrf = identified.csrf();
    match identified.caller {
        Caller::Officer(officer) => Ok(web::Json(SessionShown { officer, csrf })),
        Caller::Device(_) => Err(Problem::not_allowed()),
    }
}

/// Signs an officer in.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = Login,
    responses((status = 201, body = SessionShown), (status = 401, body = Problem),
              (status = 429, body = Problem)))]
pub async fn sign_in(
    request: HttpRequest,
    auth: web::Data<Auth>,
    body: web::Json<Login>,
) -> Result<HttpResponse, Problem> {
    let Login { login, password } = body.into_inner();
    let signed_in = auth.log_in(&request, &login, password).await?;
    let shown = SessionShown { officer: signed_in.officer, csrf: signed_in.csrf };
    Ok(HttpResponse::build(StatusCode::CREATED).cookie(signed_in.cookie).json(shown))
}

/// Signs out. A session that ended meanwhile is no error.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session",
    responses((status = 204), (status = 403, body = Problem)))]
pub async fn sign_out(
    request: HttpRequest,
    auth: web::Data<Auth>,
) -> Result<HttpResponse, Problem> {
    // The confirmation code is asked for, so that a foreign page cannot sign anybody out.
    match auth.identify(&request).await {
        Err(problem) if problem.status() != StatusCode::UNAUTHORIZED => return Err(problem),
        _ => {}
    }
    let removal = auth.log_out(&request).await?;
    Ok(HttpResponse::NoContent().cookie(removal).finish())
}
