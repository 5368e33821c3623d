//! `/voice/{clip}/{tag}`: the clips that the hall's screens play.

use super::Center;
use actix_web::http::header;
use actix_web::{HttpResponse, web as actix_routes};
use web::{Caller, Problem};

/// A content has one address for ever: whoever has it never asks again, and a clip that was replaced
/// has another one. Only for whoever showed a token.
const CACHING: &str = "private, max-age=31536000, immutable";

/// A clip of the voice; its address stands in the hall's large line.
#[utoipa::path(get, path = "/api/v1/voice/{clip}/{tag}", tag = "queue",
    params(("clip" = String, Path), ("tag" = String, Path)),
    responses((status = 200, content_type = "audio/wav"), (status = 404, body = Problem)))]
pub async fn clip(
    center: actix_routes::Data<Center>,
    _caller: Caller,
    path: actix_routes::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (name, tag) = path.into_inner();
    let found = center.clips.clip(&name).filter(|clip| *clip.tag == *tag);
    let clip = found.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "audio/wav"))
        .insert_header((header::CACHE_CONTROL, CACHING))
        .body(clip.wav))
}
