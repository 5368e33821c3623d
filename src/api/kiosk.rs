//! `/kiosk/ways` and `/kiosk/speech`: what leads a citizen who does not know the groups' names, and what a
//! kiosk reads aloud to whoever cannot read its screen. Both only read, and know nothing of who asks.

use super::Center;
use super::failure::bad_value;
use actix_web::{HttpResponse, web as actix_routes};
use domain::announce::{HelpStep, help};
use domain::time::business_day;
use domain::wayfinding;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Caller, Problem};

/// Longest text that is searched for: a screen's keyboard gives no more. Characters.
const QUERY_LENGTH_MAX: usize = 60;
/// Lines of one answer: as many as a kiosk's screen shows beside its keyboard.
const WAYS_MAX: usize = 8;

/// Everyday words.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WaysAsked {
    /// With or without tones; without a word nothing is found.
    #[serde(default)]
    pub q: String,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaysView {
    /// The best first.
    pub ways: Vec<WayView>,
    /// Whether there are more: the words were too few.
    pub more: bool,
}

/// A service group, and why it was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct WayView {
    /// Code of the service group.
    pub service: String,
    /// The procedure that leads to it; nothing where the group itself was found.
    pub procedure: Option<String>,
}

/// A step of the kiosk.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SpeechAsked {
    /// `start`, `services`, `search`, `code`, `card`, `priority`, `number`, `number_without_slip`,
    /// `refused`, `closed`, `away`.
    pub step: String,
    /// The ticket's number, for the steps that say it.
    #[serde(default)]
    pub label: Option<String>,
}

/// What is read aloud.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpeechView {
    /// The clips, one after the other, each an address under `/api/v1/voice/`. None where one of them is
    /// missing: half a sentence leads nobody.
    pub clips: Vec<String>,
}

/// The service groups that fit everyday words, by their names and by the procedures that lead to them.
#[utoipa::path(get, path = "/api/v1/kiosk/ways", tag = "queue", params(WaysAsked),
    responses((status = 200, body = WaysView), (status = 400, body = Problem)))]
pub async fn ways(
    center: actix_routes::Data<Center>,
    asked: actix_routes::Query<WaysAsked>,
    _caller: Caller,
) -> Result<HttpResponse, Problem> {
    if asked.q.chars().count() > QUERY_LENGTH_MAX {
        return Err(bad_value("q"));
    }
    let today = business_day(center.clock.now());
    let data = &center.data;
    let services = &data.queue.services;
    let found = wayfinding::ways(&asked.q, services, &data.words, &data.catalogue, today);
    let more = found.len() > WAYS_MAX;
    let ways = found
        .into_iter()
        .take(WAYS_MAX)
        .map(|way| WayView {
            service: way.service.code.to_string(),
            procedure: way.procedure.map(|procedure| procedure.name.clone()),
        })
        .collect();
    Ok(HttpResponse::Ok().json(WaysView { ways, more }))
}

/// The clips of a step.
#[utoipa::path(get, path = "/api/v1/kiosk/speech", tag = "queue", params(SpeechAsked),
    responses((status = 200, body = SpeechView), (status = 400, body = Problem)))]
pub async fn speech(
    center: actix_routes::Data<Center>,
    asked: actix_routes::Query<SpeechAsked>,
    _caller: Caller,
) -> Result<HttpResponse, Problem> {
    let SpeechAsked { step, label } = asked.into_inner();
    let step: HelpStep = serde_json::from_value(step.into()).map_err(|_| bad_value("step"))?;
    let names = help(step, label.as_deref()).ok_or_else(|| bad_value("label"))?;
    let clips: Option<Vec<String>> = names
        .iter()
        .map(|name| center.clips.clip(name).map(|clip| format!("{}/{}", clip.name, clip.tag)))
        .collect();
    Ok(HttpResponse::Ok().json(SpeechView { clips: clips.unwrap_or_default() }))
}
