//! `/dossiers/{id}/scans`, `/blobs/{sha256}`, `/dossiers/{id}/slip.pdf`: files in and out.

use super::Center;
use super::asking::{id, origin};
use super::dossiers::{note_access, read};
use super::failure::{bad_value, failed, problem, unreadable};
use super::slip_form::{Issuer, slip_of};
use crate::forms_client::FormsError;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web as actix_routes};
use domain::dossier::ScanGiven;
use futures_util::StreamExt as _;
use journal::hex;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::records::BlobState;
use store::{StoreError, Unrecorded, query};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{Caller, Officer, Problem};

/// Longest file name that is kept. Characters.
const NAME_LENGTH_MAX: usize = 200;
/// The header with the file's name, percent-encoded.
const NAME_HEADER: &str = "X-File-Name";

/// To which line of the checklist a scan belongs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ScanOf {
    /// Number in the procedure's list.
    pub component: u16,
}

/// A scan that is stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScanStored {
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// `image/jpeg` or `application/pdf`.
    pub media_type: String,
}

/// What the first bytes say a file is; nothing else is taken.
fn media_type_of(start: &[u8]) -> Option<&'static str> {
    match start {
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        _ => None,
    }
}

/// Adds a scan. The answer comes after file and record are on disk.
#[utoipa::path(post, path = "/api/v1/dossiers/{id}/scans", tag = "dossiers",
    params(("id" = String, Path), ScanOf, ("Idempotency-Key" = String, Header),
           ("X-File-Name" = Option<String>, Header, description = "percent-encoded")),
    request_body(content = Vec<u8>, content_type = "application/pdf"),
    responses((status = 201, body = ScanStored), (status = 400, body = Problem),
              (status = 413, body = Problem), (status = 503, body = Problem)))]
pub async fn add_scan(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
    of: actix_routes::Query<ScanOf>,
    mut body: actix_routes::Payload,
) -> Result<HttpResponse, Problem> {
    let dossier = id(&path)?;
    let name = file_name(&request)?;
    let origin = origin(&request, &Caller::Officer(officer))?;
    let limit_mib = center.settings.dossier.scan_max_mib;
    let limit = u64::from(limit_mib) * 1024 * 1024;
    let too_large = || {
        let details = json!({ "limit_mib": limit_mib });
        problem(StatusCode::PAYLOAD_TOO_LARGE, "input.scan_too_large", details)
    };

    center.dossiers.may_add_scan(origin.clone(), dossier, of.component).await.map_err(failed)?;
    let mut writer = center.blobs.begin().map_err(|error| disk(&error))?;
    let mut size = 0u64;
    let mut start: Vec<u8> = Vec::with_capacity(8);
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| Problem::too_slow())?;
        size += piece.len() as u64;
        if size > limit {
            return Err(too_large());
        }
        start.extend(piece.iter().take(8usize.saturating_sub(start.len())));
        // Writing blocks on the disk; the web's workers must not.
        writer = tokio::task::spawn_blocking(move || writer.write(&piece).map(|()| writer))
            .await
            .map_err(|_| Problem::internal())?
            .map_err(|error| disk(&error))?;
    }
    let media_type = media_type_of(&start)
        .ok_or_else(|| problem(StatusCode::BAD_REQUEST, "input.bad_scan", json!({})))?;
    let unrecorded = tokio::task::spawn_blocking(move || writer.finish_unrecorded())
        .await
        .map_err(|_| Problem::internal())?
        .map_err(|error| disk(&error))?;
    let stored = unrecorded.blob();
    let sha256 = hex::encode(&stored.sha256);
    let scan = ScanGiven {
        component: of.component,
        sha256: sha256.clone(),
        size: stored.size,
        media_type: media_type.to_owned(),
        name,
    };
    if let Err(failure) = center.dossiers.add_scan(origin, dossier, scan).await {
        if failure.nothing_was_written() {
            discard(&center, unrecorded).await;
        }
        return Err(failed(failure));
    }
    Ok(HttpResponse::Created().json(ScanStored {
        sha256,
        size: stored.size,
        media_type: media_type.to_owned(),
    }))
}

/// Takes the file of a refused scan away; what stays behind is found at a later start.
async fn discard(center: &Center, unrecorded: Unrecorded) {
    let readers = center.readers.clone();
    let is_recorded =
        move |sha256: &[u8; 32]| readers.read_now(|conn| query::blobs::is_recorded(conn, sha256));
    let gone = tokio::task::spawn_blocking(move || unrecorded.discard(is_recorded)).await;
    match gone {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(code = error.code(), %error, "the file of a refused scan stays");
        }
        Err(error) => tracing::warn!(%error, "the file of a refused scan stays"),
    }
}

/// A scan that belongs to a dossier of this center. That it was read is written down.
#[utoipa::path(get, path = "/api/v1/blobs/{sha256}", tag = "dossiers",
    params(("sha256" = String, Path)),
    responses((status = 200, content_type = "application/pdf"), (status = 404, body = Problem)))]
pub async fn blob(
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    let sha256 = hex::decode_array(&path).ok_or_else(Problem::not_found)?;
    let found = center
        .readers
        .read(move |c| query::dossiers::scans_of_blob(c, &sha256))
        .await
        .map_err(|error| unreadable(&error))?;
    let (_, media_type) = found.first().cloned().ok_or_else(Problem::not_found)?;
    // The same page may lie in several dossiers: whoever sees it has seen a part of each.
    let dossiers: Vec<Uuid> = found.into_iter().map(|(dossier, _)| dossier).collect();
    note_access(&center, &officer, &dossiers, "scan").await?;
    let blobs = center.blobs.clone();
    let read = tokio::task::spawn_blocking(move || blobs.read(&sha256))
        .await
        .map_err(|_| Problem::internal())?;
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(error @ StoreError::NotFound(_)) => match from_hub(&center, sha256).await? {
            Some(bytes) => bytes,
            None => return Err(not_here(&center, sha256, &error).await?),
        },
        Err(error) => return Err(unreadable(&error)),
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media_type))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(bytes))
}

/// A scan that is not on this disk and that the hub has comes from there and stays here. Nothing in a
/// box that was never restored, and where the scan lies at another center.
async fn from_hub(center: &Center, sha256: [u8; 32]) -> Result<Option<Vec<u8>>, Problem> {
    let gone = |code: &'static str| {
        let name = json!({ "sha256": hex::encode(&sha256) });
        problem(StatusCode::SERVICE_UNAVAILABLE, code, name)
    };
    let row = center
        .readers
        .read(move |c| query::blobs::by_sha256(c, &sha256))
        .await
        .map_err(|error| unreadable(&error))?;
    let Some(hub) = &center.hub_scans else { return Ok(None) };
    if row.as_ref().is_some_and(|row| row.state != BlobState::AtHub) {
        return Ok(None);
    }
    // Without a row it came with a dossier of another center, or was on the old disk only.
    let bytes = hub.blob(&sha256).await.map_err(|error| {
        tracing::warn!(code = error.code(), %error, "a scan does not come from the hub");
        let lost = row.is_none() && error.code() == "restore.no_blob";
        gone(if lost { "scan.lost" } else { "scan.at_hub" })
    })?;
    let (blobs, kept) = (center.blobs.clone(), bytes.clone());
    // What cannot be kept here is asked for again next time.
    let put = tokio::task::spawn_blocking(move || blobs.put(&kept)).await;
    if let Ok(Err(error)) = put {
        tracing::warn!(code = error.code(), %error, "a scan from the hub is not kept here");
    }
    Ok(Some(bytes))
}

/// Why a scan that a dossier names is not here: the province keeps it, or another center.
async fn not_here(
    center: &Center,
    sha256: [u8; 32],
    error: &StoreError,
) -> Result<Problem, Problem> {
    let dropped = center
        .readers
        .read(move |c| query::blobs::dropped_at(c, &sha256))
        .await
        .map_err(|error| unreadable(&error))?;
    Ok(match dropped {
        Some(at) => {
            let details = json!({ "since": at.to_string() });
            problem(StatusCode::NOT_FOUND, "dossier.scan_at_province", details)
        }
        None => scan_unreadable(error),
    })
}

/// The slip of form 01 as PDF/A.
#[utoipa::path(get, path = "/api/v1/dossiers/{id}/slip.pdf", tag = "dossiers",
    params(("id" = String, Path)),
    responses((status = 200, content_type = "application/pdf"), (status = 404, body = Problem),
              (status = 503, body = Problem)))]
pub async fn slip(
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    let dossier = read(&center, id(&path)?).await?;
    note_access(&center, &officer, &[dossier.id], "slip").await?;
    let not_rendered = |error: FormsError| {
        tracing::error!(code = error.code(), %error, dossier = %dossier.id, "no slip");
        problem(StatusCode::SERVICE_UNAVAILABLE, "center.forms_unavailable", json!({}))
    };
    let issuer = Issuer {
        node: &center.node,
        unit_name: &center.unit_name,
        hotline: &center.settings.node.hotline,
        data: &center.data,
    };
    let form = slip_of(&issuer, &dossier, &officer.name);
    let form = form.into_request(center.clock.now()).map_err(not_rendered)?;
    let rendered = center.forms.render(form).await.map_err(not_rendered)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/pdf"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("inline; filename=\"{}.pdf\"", dossier.code),
        ))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(rendered.pdf))
}

/// A dossier that was handed over names scans that another center may have kept.
fn scan_unreadable(error: &StoreError) -> Problem {
    match error {
        StoreError::NotFound(_) => {
            problem(StatusCode::NOT_FOUND, "dossier.scan_not_here", json!({}))
        }
        other => unreadable(other),
    }
}

fn disk(error: &StoreError) -> Problem {
    match error {
        StoreError::DiskFull => {
            problem(StatusCode::SERVICE_UNAVAILABLE, "center.disk_full", json!({}))
        }
        StoreError::NoRoomForScans => {
            problem(StatusCode::SERVICE_UNAVAILABLE, "center.no_room_for_scans", json!({}))
        }
        other => unreadable(other),
    }
}

fn file_name(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get(NAME_HEADER) else { return Ok(None) };
    let text = value.to_str().map_err(|_| bad_value(NAME_HEADER))?;
    let decoded = percent_decoded(text).ok_or_else(|| bad_value(NAME_HEADER))?;
    if decoded.chars().count() > NAME_LENGTH_MAX || decoded.chars().any(char::is_control) {
        return Err(bad_value(NAME_HEADER));
    }
    Ok(Some(decoded).filter(|name| !name.trim().is_empty()))
}

/// A header holds ASCII only; the browser encodes the name as it does in an address.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        assert_eq!(media_type_of(b"%PDF-1.7\n"), Some("application/pdf"));
        assert_eq!(media_type_of(&[0xFF, 0xD8, 0xFF, 0xE0]), Some("image/jpeg"));
        assert_eq!(media_type_of(b"<html>"), None);
        assert_eq!(media_type_of(b""), None);
    }

    #[test]
    fn a_file_name_comes_back_as_it_was() {
        assert_eq!(percent_decoded("gi%E1%BA%A5y.pdf").as_deref(), Some("giấy.pdf"));
        assert_eq!(percent_decoded("%zz"), None);
        assert_eq!(percent_decoded("%C3"), None);
    }
}
