//! `/health`, `/hall`, `/messages`, `/uplink`, `/events`, `/rating-summary`: how things stand.

use super::Center;
use super::asking::{id, origin};
use super::failure::{bad_value, failed, problem, unreadable};
use super::info_views::{
    AtRiskView, CheckView, ClockSet, ClockView, EventView, HallView, HealthView, Lines,
    MessageView, RatingCountView, RatingSummary, RestoreView, UplinkView, Versioned,
};
use super::views::word;
use crate::actors::health::{ClockRefusal, Report};
use crate::actors::live::Topic;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web as actix_routes};
use domain::ballot::waiting_told;
use domain::time::business_day;
use jiff::Span;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::BTreeMap;
use store::query;
use store::query::told_votes::{Figure, told};
use web::{Caller, Problem, Role};

/// The most messages and events of one answer.
const LINES_MAX: u32 = 200;
/// The votes of so many days are summed up, today included.
const SUMMED_UP_DAYS: i64 = 30;

/// Whether the center works. Open to all on the LAN: it names nobody.
#[utoipa::path(get, path = "/api/v1/health", tag = "center",
    responses((status = 200, body = HealthView)))]
pub async fn health(center: actix_routes::Data<Center>) -> Result<HttpResponse, Problem> {
    let report = center.health.report().await.map_err(failed)?;
    let medium = *center.medium.borrow();
    let now = center.clock.now();
    let read = center
        .readers
        .read(move |c| {
            let entries = store::medium::at_risk(c, medium.mirrored_seq)?;
            let votes = waiting_told(query::ratings::held(c)?.iter(), now);
            Ok((entries, query::blobs::backlog(c)?.0, votes))
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

/// Votes of the last 30 days by stage, level and service group, as far as `/ratings/summary` tells them;
/// for the head of the center.
#[utoipa::path(get, path = "/api/v1/rating-summary", tag = "rating",
    responses((status = 200, body = RatingSummary)))]
pub async fn rating_summary(
    center: actix_routes::Data<Center>,
    officer: web::Officer,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let now = center.clock.now();
    let today = business_day(now);
    let first = today.checked_sub(Span::new().days(SUMMED_UP_DAYS - 1)).unwrap_or(today);
    let (told, not_yet_counted) = center
        .readers
        .read(move |c| {
            let waiting = waiting_told(query::ratings::held(c)?.iter(), now);
            Ok((told(c, first, today, today, 0)?, waiting))
        })
        .await
        .map_err(|error| unreadable(&error))?;
    let mut counts: BTreeMap<(String, String, String), u64> = BTreeMap::new();
    for Figure { stage, level, service, count, .. } in told.counts {
        *counts.entry((stage, level, service)).or_default() += count;
    }
    let counts: Vec<RatingCountView> = counts
        .into_iter()
        .map(|((stage, level, service), count)| RatingCountView {
            stage,
            level,
            service: Some(service).filter(|service| !service.is_empty()),
            count,
        })
        .collect();
    Ok(HttpResponse::Ok().json(RatingSummary { counts, not_yet_counted }))
}
