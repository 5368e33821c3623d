//! `/health`, `/hall`, `/messages`, `/uplink`, `/events`, `/rating-summary`: how things stand.

use super::Center;
use super::asking::{id, origin};
use super::failure::{bad_value, failed, problem, unreadable};
use super::views::word;
use super::words;
use crate::actors::health::{ClockRefusal, Report};
use crate::actors::live::Topic;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web as actix_routes};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::query;
use utoipa::{IntoParams, ToSchema};
use web::{Caller, Problem, Role};

/// The most messages and events of one answer.
const LINES_MAX: u32 = 200;
/// The votes of so long are summed up.
const SUMMED_UP: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);

/// Whether the center works.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthView {
    /// The node.
    pub node: String,
    /// Name of the center.
    pub unit_name: String,
    /// Version of the program.
    pub version: String,
    /// The center's clock.
    pub now: String,
    /// `ok`, or the code of what is wrong with the store.
    pub store: String,
    /// `ok`; `wrong` when the machine's clock is and the time is counted on without it; `suspect` when
    /// nothing confirms the time.
    #[schema(value_type = words::ClockState)]
    pub clock: String,
    /// `ok`, `low`, `tight`, `scans_stopped`, `unknown`.
    pub disk: String,
    /// Free bytes on the disk, when known.
    pub disk_free_bytes: Option<u64>,
    /// What the last nightly checks found.
    pub checks: Vec<CheckView>,
    /// The line to the province; nothing in the first moments.
    pub uplink: Option<UplinkView>,
    /// A restore that is not over.
    pub restore: Option<RestoreView>,
    /// What would be lost if this disk died now; nothing while the tables cannot be read.
    pub at_risk: Option<AtRiskView>,
}

/// What only this disk has.
#[derive(Debug, Serialize, ToSchema)]
pub struct AtRiskView {
    /// Entries that neither the hub nor the second medium has.
    pub entries: u64,
    /// Scans that neither the hub nor the second medium has.
    pub scans: u64,
    /// Votes that lie in the box until they are journalled together.
    pub votes: u64,
    /// `off`, `ok`, `missing`, `full`, `slow`, `failing`.
    pub medium: String,
}

/// A restore that is under way, or that did not bring what the hub said.
#[derive(Debug, Serialize, ToSchema)]
pub struct RestoreView {
    /// Subjects of the second part that are here.
    pub subjects: u64,
    /// How many there will be; nothing while the hub has not said so.
    pub of: Option<u64>,
    /// What came is not what the hub's books say: a person must look.
    pub differs: bool,
}

/// What the last check of a kind found.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckView {
    /// `journal`, `database`, `blobs`.
    pub name: String,
    /// When it ended.
    pub at: String,
    /// How many entries, tables or scans were looked at.
    pub looked_at: u64,
    /// How much is wrong.
    pub problems: u64,
}

/// The machine's clock as the console tells it; also the live topic `clock`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ClockView {
    /// `ok`, `wrong`, `suspect`.
    #[schema(value_type = words::ClockState)]
    pub state: String,
    /// The time that the center goes by.
    pub now: String,
    /// What the machine's clock shows.
    pub machine: String,
}

/// What time it is, by the head's word.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockSet {
    /// On a clock in Viet Nam, `yyyy-mm-ddThh:mm`.
    pub at: String,
}

/// A live topic's newest state with its version.
#[derive(Debug, Serialize, ToSchema)]
pub struct Versioned<T> {
    /// Grows with every change.
    pub version: u64,
    /// When it became so.
    pub at: String,
    /// The state.
    #[serde(flatten)]
    pub data: T,
}

/// The line to the province.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct UplinkView {
    /// `not_enrolled`, `offline`, `greeting`, `online`, `frozen`.
    #[schema(value_type = words::UplinkState)]
    pub state: String,
    /// Entries that the hub has not acknowledged.
    pub entries_waiting: u64,
    /// Scans that the hub does not have.
    pub blobs_waiting: u64,
    /// Their bytes.
    pub bytes_waiting: u64,
    /// When the hub last acknowledged something.
    pub last_ack_at: Option<String>,
    /// Stable code of what a person should look at.
    pub reason_code: Option<String>,
    /// Connections to the province since the start.
    pub connections: u64,
    /// Frames sent and not acknowledged.
    pub frames_under_way: u64,
    /// Frames sent more than once since the start.
    pub frames_repeated: u64,
    /// Messages that came with other bytes than were sent, since the start.
    pub messages_spoilt: u64,
    /// Things that happened once and that the events tell: forged messages, parked entries.
    pub reports: u64,
}

/// What the hall's screens draw; also the live topic `hall`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HallView {
    /// Name of the center.
    pub unit_name: String,
    /// The last calls, newest first.
    pub calls: Vec<HallCallView>,
    /// What is called at this moment.
    pub now: Option<HallNowView>,
    /// Every counter.
    pub counters: Vec<HallCounterView>,
    /// The next numbers.
    pub next: Vec<String>,
}

/// A line of the called list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HallCallView {
    /// The number on the ticket.
    pub label: String,
    /// Where the citizen is expected.
    pub counter: u16,
    /// `call`, or `recall` when called again.
    #[schema(value_type = words::CallKind)]
    pub kind: String,
    /// When.
    pub at: String,
}

/// The large line.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HallNowView {
    /// The number on the ticket.
    pub label: String,
    /// Where the citizen is expected.
    pub counter: u16,
    /// When it began; a recall of the same number begins anew.
    pub since: String,
    /// The clips that a screen plays one after the other, each an address under `/api/v1/voice/`.
    pub voice: Vec<String>,
}

/// A counter as the hall sees it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HallCounterView {
    /// Its number.
    pub number: u16,
    /// Its name.
    pub name: String,
    /// `closed`, `open`, `paused`.
    #[schema(value_type = words::CounterState)]
    pub state: String,
    /// The number that is at this counter.
    pub label: Option<String>,
}

/// A message of the province.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    /// Its id.
    pub id: String,
    /// What it says.
    pub text: String,
    /// Who says it.
    pub from: String,
    /// When it was written.
    pub at: String,
    /// When somebody here read it.
    pub read_at: Option<String>,
    /// Who.
    pub read_by: Option<String>,
    /// Every officer who has read it; it stands over the pages of all others.
    pub readers: Vec<String>,
}

/// Something for the technician.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// When.
    pub at: String,
    /// Stable code.
    pub code: String,
    /// Device or part of the daemon.
    pub source: String,
    /// Further facts.
    #[schema(value_type = Object)]
    pub detail: Value,
}

/// How many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// At most so many, newest first.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// The votes that are counted.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingSummary {
    /// By stage, level and service group.
    pub counts: Vec<RatingCountView>,
    /// Votes that were given and are counted when their hour or their day is over: until then a figure
    /// would tell what the last citizen said.
    pub not_yet_counted: u64,
}

/// Votes of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingCountView {
    /// `receipt` or `return`.
    #[schema(value_type = words::Stage)]
    pub stage: String,
    /// What was said.
    #[schema(value_type = words::Level)]
    pub level: String,
    /// About which service group; none where too few were asked about it on the day of the vote.
    pub service: Option<String>,
    /// How many.
    pub count: u64,
}

/// Whether the center works. Open to all on the LAN: it names nobody.
#[utoipa::path(get, path = "/api/v1/health", tag = "center",
    responses((status = 200, body = HealthView)))]
pub async fn health(center: actix_routes::Data<Center>) -> Result<HttpResponse, Problem> {
    let report = center.health.report().await.map_err(failed)?;
    let medium = *center.medium.borrow();
    let read = center
        .readers
        .read(move |c| {
            let entries = store::medium::at_risk(c, medium.mirrored_seq)?;
            Ok((entries, query::blobs::backlog(c)?.0, query::ratings::held_count(c)?))
        })
        .await;
    let at_risk = read.ok().map(|(entries, scans, votes)| {
        let scans = scans.saturating_sub(medium.mirrored_scans);
        let state = word(&medium.state);
        AtRiskView { entries, scans, votes, medium: state }
    });
    // Health is asked most when something is wrong: without the tables it answers all the same.
    let checks = center.readers.read(query::checks::all).await.unwrap_or_default();
    Ok(HttpResponse::Ok().json(HealthView {
        node: center.node.to_string(),
        unit_name: center.unit_name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: center.clock.now().to_string(),
        store: word(&report.store),
        clock: word(&report.clock),
        disk: word(&report.disk),
        checks: checks
            .into_iter()
            .map(|check| CheckView {
                name: check.name,
                at: check.at.to_string(),
                looked_at: check.looked_at,
                problems: check.problems,
            })
            .collect(),
        disk_free_bytes: report.disk_free_bytes,
        uplink: shown::<UplinkView>(&center, Topic::Uplink)?.map(|now| now.data),
        restore: restore_view(&center),
        at_risk,
    }))
}

/// How the machine's clock is; also the live topic `clock`.
#[utoipa::path(get, path = "/api/v1/clock", tag = "center",
    responses((status = 200, body = ClockView)))]
pub async fn clock(
    center: actix_routes::Data<Center>,
    _officer: web::Officer,
) -> Result<HttpResponse, Problem> {
    let report = center.health.report().await.map_err(failed)?;
    Ok(HttpResponse::Ok().json(clock_view(&report)))
}

fn clock_view(report: &Report) -> ClockView {
    ClockView {
        state: word(&report.clock),
        now: report.at.to_string(),
        machine: report.machine.to_string(),
    }
}

/// The head says what time it is: only while the machine's clock cannot be believed.
#[utoipa::path(post, path = "/api/v1/clock", tag = "center", request_body = ClockSet,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ClockView), (status = 400, body = Problem),
        (status = 409, body = Problem)))]
pub async fn set_clock(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: web::Officer,
    body: actix_routes::Json<ClockSet>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let origin = origin(&request, &Caller::Officer(officer))?;
    let at = body.at.parse::<jiff::civil::DateTime>().map_err(|_| bad_value("at"))?;
    let set = center.health.set_clock(origin.actor, domain::time::instant(at));
    match set.await.map_err(failed)? {
        Ok(report) => Ok(HttpResponse::Ok().json(clock_view(&report))),
        Err(ClockRefusal::NotInDoubt) => {
            Err(problem(StatusCode::CONFLICT, "clock.not_in_doubt", json!({})))
        }
        Err(ClockRefusal::BadDate) => {
            Err(problem(StatusCode::BAD_REQUEST, "clock.bad_date", json!({})))
        }
    }
}

fn restore_view(center: &Center) -> Option<RestoreView> {
    let progress = center.restoring.borrow();
    let progress = progress.as_ref().filter(|now| now.unfinished() || now.differs)?;
    Some(RestoreView {
        subjects: progress.rows,
        of: progress.digest.as_ref().map(|digest| digest.rows),
        differs: progress.differs,
    })
}

/// What a live topic shows now; nothing until a desk has published it.
fn shown<T: DeserializeOwned>(
    center: &Center,
    topic: Topic,
) -> Result<Option<Versioned<T>>, Problem> {
    let Some(now) = center.live.snapshot(topic) else { return Ok(None) };
    match serde_json::from_value((*now.data).clone()) {
        Ok(data) => Ok(Some(Versioned { version: now.version, at: now.at.to_string(), data })),
        Err(error) => {
            tracing::error!(%topic, %error, "a live topic is not as it is described");
            Err(Problem::internal())
        }
    }
}

fn versioned<T: Serialize + DeserializeOwned>(
    center: &Center,
    topic: Topic,
) -> Result<HttpResponse, Problem> {
    Ok(match shown::<T>(center, topic)? {
        Some(now) => HttpResponse::Ok().json(now),
        None => HttpResponse::NoContent().finish(),
    })
}

/// What the hall's screens show.
#[utoipa::path(get, path = "/api/v1/hall", tag = "queue",
    responses((status = 200, body = Versioned<HallView>), (status = 204)))]
pub async fn hall(
    center: actix_routes::Data<Center>,
    _caller: Caller,
) -> Result<HttpResponse, Problem> {
    versioned::<HallView>(&center, Topic::Hall)
}

/// The line to the province; also the live topic `uplink`.
#[utoipa::path(get, path = "/api/v1/uplink", tag = "center",
    responses((status = 200, body = Versioned<UplinkView>), (status = 204)))]
pub async fn uplink(
    center: actix_routes::Data<Center>,
    _officer: web::Officer,
) -> Result<HttpResponse, Problem> {
    versioned::<UplinkView>(&center, Topic::Uplink)
}

/// The province's messages, newest first.
#[utoipa::path(get, path = "/api/v1/messages", tag = "center",
    responses((status = 200, body = [MessageView])))]
pub async fn messages(
    center: actix_routes::Data<Center>,
    _officer: web::Officer,
) -> Result<HttpResponse, Problem> {
    let found = center
        .readers
        .read(|c| query::messages::recent(c, LINES_MAX))
        .await
        .map_err(|error| unreadable(&error))?;
    let all: Vec<MessageView> = found
        .into_iter()
        .map(|message| MessageView {
            id: message.id.to_string(),
            text: message.text,
            from: message.from,
            at: message.at.to_string(),
            read_at: message.read_at.map(|at| at.to_string()),
            read_by: message.read_by,
            readers: message.readers,
        })
        .collect();
    Ok(HttpResponse::Ok().json(all))
}

/// An officer has read a message.
#[utoipa::path(post, path = "/api/v1/messages/{id}/read", tag = "center",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn read_message(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: web::Officer,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    let origin = origin(&request, &Caller::Officer(officer))?;
    center.uplink.mark_read(origin, id(&path)?).await.map_err(failed)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Events of devices and the line, newest first.
#[utoipa::path(get, path = "/api/v1/events", tag = "center", params(Lines),
    responses((status = 200, body = [EventView])))]
pub async fn events(
    center: actix_routes::Data<Center>,
    query: actix_routes::Query<Lines>,
    _officer: web::Officer,
) -> Result<HttpResponse, Problem> {
    let limit = query.limit.unwrap_or(50).min(LINES_MAX);
    let found = center
        .readers
        .read(move |c| query::events::recent(c, limit))
        .await
        .map_err(|error| unreadable(&error))?;
    let all: Vec<EventView> = found
        .into_iter()
        .map(|event| EventView {
            at: event.at.to_string(),
            code: event.code,
            source: event.source,
            detail: event.detail,
        })
        .collect();
    Ok(HttpResponse::Ok().json(all))
}

/// Votes of the last 30 days by stage, level and service group; for the head of the center.
#[utoipa::path(get, path = "/api/v1/rating-summary", tag = "rating",
    responses((status = 200, body = RatingSummary)))]
pub async fn rating_summary(
    center: actix_routes::Data<Center>,
    officer: web::Officer,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let to = center.clock.now();
    let from = to.saturating_sub(SUMMED_UP).unwrap_or(Timestamp::MIN);
    let (counts, not_yet_counted) = center
        .readers
        .read(move |c| Ok((query::ratings::summary(c, from, to)?, query::ratings::held_count(c)?)))
        .await
        .map_err(|error| unreadable(&error))?;
    let counts: Vec<RatingCountView> = counts
        .into_iter()
        .map(|row| RatingCountView {
            stage: row.stage,
            level: row.level,
            service: Some(row.service).filter(|service| !service.is_empty()),
            count: row.count,
        })
        .collect();
    Ok(HttpResponse::Ok().json(RatingSummary { counts, not_yet_counted }))
}
