//! The user guide at `/help`: plain pages, embedded like the browser side, readable without it.
//!
//! What it owns: the pages in `guide/` and their addresses (`/help`, `/help/officer`, …). The center
//! and the hub serve the same guide, so its links stay inside `/help`.

use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::RustEmbed;

use crate::assets::{answer, media_type};
use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "guide"]
pub(crate) struct Guide;

/// The one file that is asked for under its own name.
pub(crate) const STYLE: &str = "guide.css";

/// Adds `/help` and what is under it. Add it before the pages: those take every path that is left.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::scope("/help")
            .route("", web::get().to(first))
            .route("/", web::get().to(first))
            .route("/{page}", web::get().to(other)),
    );
}

async fn first(request: HttpRequest) -> Result<HttpResponse, Problem> {
    file(&request, "index.html")
}

async fn other(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    // A page has one address, without the ending of its file.
    match name.as_str() {
        STYLE => file(&request, STYLE),
        name if name == "index" || name.contains('.') => Err(Problem::not_found()),
        name => file(&request, &format!("{name}.html")),
    }
}

fn file(request: &HttpRequest, name: &str) -> Result<HttpResponse, Problem> {
    let found = Guide::get(name).ok_or_else(Problem::not_found)?;
    // No hash stands in these names: a browser asks by the tag, and a new version is seen at once.
    Ok(answer(request, &found, &media_type(&found), "no-cache"))
}
