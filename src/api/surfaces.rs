//! `/surfaces`: how the hall's pages are, as they say themselves.

use super::Center;
use super::accounts::{device_name, device_role_of};
use super::failure::{refused, unreadable};
use super::views::word;
use super::words;
use crate::actors::surfaces::Heard;
use actix_web::{HttpResponse, web as actix_routes};
use domain::surface::{Report, State, state_of};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::query;
use store::records::DeviceToken;
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Device, DeviceRole, Officer, Problem};

/// What a page says of itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurfaceReport {
    /// The page's own id, made by it: a token may stand on two screens.
    pub page: Uuid,
    /// The release that its files are of.
    pub version: String,
    /// Votes that wait on it although the center answers.
    #[serde(default)]
    pub kept: u32,
    /// Votes of the last days that were refused for good, or had no room.
    #[serde(default)]
    pub aside: u32,
    /// Whether what it keeps outlasts a restart.
    pub lasting: bool,
    /// Code of the last refusal or failure that it met.
    #[serde(default)]
    pub error: Option<String>,
    /// Whether the browser lets it make no sound.
    #[serde(default)]
    pub sound_blocked: bool,
    /// The center's clock less its own, in milliseconds.
    pub offset_ms: i64,
}

/// A page of a device, or a device that was not heard.
#[derive(Debug, Serialize, ToSchema)]
pub struct SurfaceView {
    /// The token's name, as `motcua device tokens` prints it.
    pub device: String,
    /// The page's own id; none when it was not heard.
    pub page: Option<Uuid>,
    /// `kiosk`, `hall`, `tablet`, `counter`.
    pub role: DeviceRole,
    /// Its counter.
    pub counter: Option<u16>,
    /// Name for people; may be empty.
    pub title: String,
    /// How it is.
    #[schema(value_type = words::SurfaceState)]
    pub state: String,
    /// What a person should look at, the worst first; from its last report.
    #[schema(value_type = Vec<words::SurfaceTrouble>)]
    pub troubles: Vec<String>,
    /// When it was heard last.
    pub heard_at: Option<String>,
    /// The release that its files are of.
    pub version: Option<String>,
    /// Votes that wait on it.
    pub kept: u32,
    /// Votes that were not taken.
    pub aside: u32,
    /// Code of the last refusal or failure that it met.
    pub error: Option<String>,
    /// The center's clock less its own, in milliseconds.
    pub offset_ms: Option<i64>,
}

/// Takes what a page says of itself.
#[utoipa::path(post, path = "/api/v1/surfaces/report", tag = "devices", request_body = SurfaceReport,
    responses((status = 204), (status = 400, body = Problem)))]
pub async fn report(
    center: actix_routes::Data<Center>,
    device: Device,
    body: actix_routes::Json<SurfaceReport>,
) -> Result<HttpResponse, Problem> {
    let SurfaceReport { page, version, kept, aside, lasting, error, sound_blocked, offset_ms } =
        body.into_inner();
    let report = Report { version, kept, aside, lasting, error, sound_blocked, offset_ms };
    let report = report.bounded().map_err(|refusal| refused(&refusal))?;
    center.surfaces.hear(&device.id, Heard { page, at: center.clock.now(), report });
    Ok(HttpResponse::NoContent().finish())
}

/// The hall's pages: each that was heard, and each valid token of which nothing was heard.
#[utoipa::path(get, path = "/api/v1/surfaces", tag = "devices",
    responses((status = 200, body = [SurfaceView])))]
pub async fn list(
    center: actix_routes::Data<Center>,
    _officer: Officer,
) -> Result<HttpResponse, Problem> {
    let tokens =
        center.readers.read(query::sessions::devices).await.map_err(|error| unreadable(&error))?;
    let now = center.clock.now();
    let mut all = Vec::new();
    for token in tokens.iter().filter(|token| token.revoked_at.is_none()) {
        let Some(role) = device_role_of(&token.role).filter(|role| *role != DeviceRole::Load)
        else {
            continue;
        };
        let heard = center.surfaces.of(&device_name(token));
        if heard.is_empty() {
            all.push(shown(token, role, None, now));
        }
        all.extend(heard.into_iter().map(|heard| shown(token, role, Some(heard), now)));
    }
    Ok(HttpResponse::Ok().json(all))
}

fn shown(
    token: &DeviceToken,
    role: DeviceRole,
    heard: Option<Heard>,
    now: Timestamp,
) -> SurfaceView {
    let unheard = SurfaceView {
        device: device_name(token),
        page: None,
        role,
        counter: token.counter.map(|counter| counter.0),
        title: token.title.clone(),
        state: word(&State::Unheard),
        troubles: Vec::new(),
        heard_at: None,
        version: None,
        kept: 0,
        aside: 0,
        error: None,
        offset_ms: None,
    };
    let Some(Heard { page, at, report }) = heard else { return unheard };
    let troubles = report.troubles(env!("CARGO_PKG_VERSION"));
    SurfaceView {
        page: Some(page),
        state: word(&state_of(at, &troubles, now)),
        troubles: troubles.iter().map(word).collect(),
        heard_at: Some(at.to_string()),
        version: Some(report.version),
        kept: report.kept,
        aside: report.aside,
        error: report.error,
        offset_ms: Some(report.offset_ms),
        ..unheard
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::CounterNumber;

    #[test]
    fn a_page_is_shown_as_it_was_heard_and_a_token_without_one_as_unheard() {
        let at: Timestamp = "2026-11-23T02:00:00Z".parse().unwrap();
        let token = DeviceToken {
            token_hash: [0xa1; 32],
            role: "tablet".to_owned(),
            counter: Some(CounterNumber(3)),
            title: String::new(),
            created_at: at,
            revoked_at: None,
        };
        let unheard = shown(&token, DeviceRole::Tablet, None, at);
        assert_eq!(
            (unheard.state.as_str(), unheard.device.as_str()),
            ("unheard", "tablet-3-a1a1a1")
        );
        let report = Report {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            kept: 2,
            aside: 0,
            lasting: true,
            error: None,
            sound_blocked: false,
            offset_ms: 0,
        };
        let heard = || Some(Heard { page: Uuid::from_u128(1), at, report: report.clone() });
        let view = shown(&token, DeviceRole::Tablet, heard(), at);
        assert_eq!((view.state.as_str(), view.kept), ("troubled", 2));
        assert_eq!(view.troubles, ["votes_kept"]);
        let later = "2026-11-23T02:10:00Z".parse().unwrap();
        assert_eq!(shown(&token, DeviceRole::Tablet, heard(), later).state, "silent");
    }
}
