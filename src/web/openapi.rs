//! Serves the OpenAPI description, from which the browser side's client is generated.

use actix_web::{HttpResponse, http::header, web};
use utoipa::Modify;
use utoipa::openapi::{OpenApi, PathItem, path::Operation};

/// Names each operation after its method and path, `get_tickets_id`: handlers of two resources may
/// both be called `show`, and a generated client needs names that stand once.
pub struct NamedByPath;

impl Modify for NamedByPath {
    fn modify(&self, document: &mut OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let named = path.trim_start_matches("/api/v1");
            let words: Vec<&str> = named
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .collect();
            for (method, operation) in operations(item) {
                operation.operation_id = Some(format!("{method}_{}", words.join("_")));
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

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
