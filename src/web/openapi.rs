//! Serves the OpenAPI description, from which the browser side's client is generated.

use actix_web::{HttpResponse, http::header, web};

/// Adds `GET /openapi.json` to a scope (`/api` gives `/api/openapi.json`). The document is rendered
/// once per worker; one that does not render is logged and answered with 404.
pub fn configure(document: &utoipa::openapi::OpenApi, cfg: &mut web::ServiceConfig) {
    let text: web::Bytes = match document.to_json() {
        Ok(text) => text.into(),
        Err(err) => {
            tracing::error!(%err, "the OpenAPI description does not render");
            return;
        }
    };
    cfg.route(
        "/openapi.json",
        web::get().to(move || {
            let text = text.clone();
            async move {
                HttpResponse::Ok()
                    .insert_header((header::CONTENT_TYPE, "application/json"))
                    .body(text)
            }
        }),
    );
}
