//! The pages: the built browser side, embedded in the binary (a debug build reads it from the
//! folder, so that a new page needs no new binary).
//!
//! A surface is one page of the build: `/kiosk` gives `kiosk.html`, and so does everything under
//! `/kiosk/`, where the page routes by itself. Files under `/assets/` carry their hash in their name
//! and are kept for ever; pages are asked for again by their tag. Texts go out packed, see `packed`.

use std::borrow::Cow;

use actix_web::http::header::{self, EntityTag, IfNoneMatch, TryIntoHeaderValue};
use actix_web::web::{self, Bytes};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::packed::{Packed, is_text, takes_gzip};
use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "ui/dist"]
struct Dist;

static PACKED: Packed = Packed::new();

const NOT_BUILT: &str = "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>motcua</title>\
<p>Giao diện trình duyệt chưa được tạo. Hãy chạy lệnh <code>./provision/setup</code> rồi tải lại trang.\
<p lang=\"en\">The browser side is not built: run <code>./provision/setup</code>, then reload.</html>";

/// Adds the pages of these surfaces, and `/` as the way to the first one. Add it after the API: it
/// takes the paths that nobody else took.
pub fn configure(surfaces: &'static [&'static str], cfg: &mut web::ServiceConfig) {
    let mut scope = web::scope("");
    for surface in surfaces {
        let page = move |request: HttpRequest| async move { page(surface, &request) };
        scope = scope
            .route(&format!("/{surface}"), web::get().to(page))
            .route(&format!("/{surface}/{{tail:.*}}"), web::get().to(page));
    }
    if let Some(home) = surfaces.first() {
        let to_home = move || async move {
            HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/{home}"))).finish()
        };
        scope = scope.route("/", web::get().to(to_home));
    }
    cfg.service(scope.route("/{file:.*}", web::get().to(file)));
}

/// Whether the browser side was built into this binary.
pub fn built() -> bool {
    Dist::iter().any(|name| name.ends_with(".html"))
}

fn page(surface: &str, request: &HttpRequest) -> HttpResponse {
    let found = [format!("{surface}.html"), format!("{surface}/index.html")];
    match found.iter().find_map(|name| Dist::get(name)) {
        Some(page) => answer(request, &page, "text/html; charset=utf-8", "no-cache"),
        None => HttpResponse::ServiceUnavailable()
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .body(NOT_BUILT),
    }
}

async fn file(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    // Pages have their own address, and a name that climbs is nobody's file.
    let hidden = name.ends_with(".html") || name.split('/').any(|part| part.starts_with('.'));
    let found = if hidden { None } else { Dist::get(&name) };
    let found = found.ok_or_else(Problem::not_found)?;
    let hashed = name.starts_with("assets/");
    let caching = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(answer(&request, &found, &media_type(&found), caching))
}

pub(crate) fn media_type(file: &EmbeddedFile) -> String {
    let kind = file.metadata.mimetype();
    let is_text = kind.starts_with("text/") || kind == "application/json";
    if is_text { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}

pub(crate) fn answer(
    request: &HttpRequest,
    file: &EmbeddedFile,
    kind: &str,
    caching: &str,
) -> HttpResponse {
    let digest = file.metadata.sha256_hash();
    let tag: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    // Weak: compressed and plain forms of a file share it.
    let tag = EntityTag::new_weak(tag);
    let fresh = match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Items(items)) => items.iter().any(|item| item.weak_eq(&tag)),
        _ => false,
    };
    let mut response = if fresh { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::CACHE_CONTROL, caching));
    if let Ok(value) = header::ETag(tag).try_into_value() {
        response.insert_header((header::ETAG, value));
    }
    let text = is_text(kind);
    if text {
        response.insert_header((header::VARY, "accept-encoding"));
    }
    if fresh {
        return response.finish();
    }
    response.insert_header((header::CONTENT_TYPE, kind));
    let packed = (text && takes_gzip(request)).then(|| PACKED.of(digest, &file.data)).flatten();
    if let Some(packed) = packed {
        return response.insert_header((header::CONTENT_ENCODING, "gzip")).body(packed);
    }
    response.body(match file.data.clone() {
        Cow::Borrowed(embedded) => Bytes::from_static(embedded),
        Cow::Owned(read) => Bytes::from(read),
    })
}
