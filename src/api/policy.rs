//! `/queue-policy`: how the next number is chosen, for the head of the center: what is in force, another
//! choice with its reason, and what the last days would have been under the others.

use super::Center;
use super::asking::origin;
use super::failure::{failed, refused, unreadable};
use super::policy_replay::Wanted;
use super::policy_views::{
    BackToDelivered, ChoosingPolicy, PolicyReplayView, PolicyView, ReplayingPolicies,
};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web as actix_routes};
use domain::queue::PolicyWish;
use domain::time::business_day;
use store::query;
use web::{Caller, Officer, Problem, Role};

/// Choices on the page; earlier ones stay in the journal.
const CHOICES_LISTED_MAX: u32 = 50;

/// The policy of calling in force, and what was chosen before.
#[utoipa::path(get, path = "/api/v1/queue-policy", tag = "queue",
    responses((status = 200, body = PolicyView), (status = 403, body = Problem)))]
pub async fn show(
    center: actix_routes::Data<Center>,
    officer: Officer,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    shown(&center).await
}

/// Chooses a policy, from the next call on.
#[utoipa::path(post, path = "/api/v1/queue-policy", tag = "queue",
    params(("Idempotency-Key" = String, Header)), request_body = ChoosingPolicy,
    responses((status = 200, body = PolicyView), (status = 400, body = Problem),
              (status = 403, body = Problem), (status = 409, body = Problem)))]
pub async fn choose(
    center: actix_routes::Data<Center>,
    officer: Officer,
    request: HttpRequest,
    body: actix_routes::Json<ChoosingPolicy>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let origin = origin(&request, &Caller::Officer(officer))?;
    let to = Some(body.change().map_err(|refusal| refused(&refusal))?);
    let body = body.into_inner();
    let wish = PolicyWish { to, reason: body.reason, seen: body.seen };
    center.queue.choose_policy(origin, wish).await.map_err(failed)?;
    shown(&center).await
}

/// Back to the policy of the settings' files.
#[utoipa::path(post, path = "/api/v1/queue-policy/delivered", tag = "queue",
    params(("Idempotency-Key" = String, Header)), request_body = BackToDelivered,
    responses((status = 200, body = PolicyView), (status = 400, body = Problem),
              (status = 403, body = Problem), (status = 409, body = Problem)))]
pub async fn back(
    center: actix_routes::Data<Center>,
    officer: Officer,
    request: HttpRequest,
    body: actix_routes::Json<BackToDelivered>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let origin = origin(&request, &Caller::Officer(officer))?;
    let body = body.into_inner();
    let wish = PolicyWish { to: None, reason: body.reason, seen: body.seen };
    center.queue.choose_policy(origin, wish).await.map_err(failed)?;
    shown(&center).await
}

/// Where the replay of the last days under every policy stands.
#[utoipa::path(get, path = "/api/v1/queue-policy/replay", tag = "queue",
    responses((status = 200, body = PolicyReplayView), (status = 403, body = Problem)))]
pub async fn replay(
    center: actix_routes::Data<Center>,
    officer: Officer,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    Ok(HttpResponse::Ok().json(center.replays.view()))
}

/// Begins a replay; one at a time. It changes nothing.
#[utoipa::path(post, path = "/api/v1/queue-policy/replay", tag = "queue",
    request_body = ReplayingPolicies,
    responses((status = 200, body = PolicyReplayView), (status = 400, body = Problem),
              (status = 403, body = Problem), (status = 409, body = Problem)))]
pub async fn begin_replay(
    center: actix_routes::Data<Center>,
    officer: Officer,
    body: actix_routes::Json<ReplayingPolicies>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let settings = center.queue.in_force().await.map_err(failed)?;
    let wanted = Wanted::new(&body, &settings.rules).map_err(|refusal| refused(&refusal))?;
    let today = business_day(center.clock.now());
    let work = center.replays.begin(wanted, settings, center.readers.clone(), today)?;
    actix_web::rt::spawn(work);
    Ok(HttpResponse::Ok().json(center.replays.view()))
}

/// Gives up the replay that runs.
#[utoipa::path(delete, path = "/api/v1/queue-policy/replay", tag = "queue",
    responses((status = 204), (status = 403, body = Problem)))]
pub async fn stop_replay(
    center: actix_routes::Data<Center>,
    officer: Officer,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    center.replays.stop();
    Ok(HttpResponse::NoContent().finish())
}

async fn shown(center: &Center) -> Result<HttpResponse, Problem> {
    let settings = center.queue.in_force().await.map_err(failed)?;
    let choices = center.readers.read(|c| query::governed::choices(c, CHOICES_LISTED_MAX)).await;
    let choices = choices.map_err(|error| unreadable(&error))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .json(PolicyView::new(&settings, &choices, &center.officers)))
}
