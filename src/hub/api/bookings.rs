//! `/public`: bookings at the province's page, open to everybody and bounded for each address; and
//! `/booking-plan`: what can be booked, for heads. Codes travel in bodies, not in paths: paths stand in
//! logs.
//!
//! Everything that comes is bounded before the store is asked: bodies by the server's limit, boxes and
//! groups by their form, days and moments by what can be booked, codes by their length. What an address
//! asks too often answers 429 `booking.too_often`; 503 is `server.busy` where no place became free in
//! time, and `hub.store_unreachable`; both say in `Retry-After` when to come again.

use std::sync::{Mutex, PoisonError};

use ::web::auth::{Officer, Role};
use ::web::problem::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::{NodeId, ServiceCode};
use domain::queue::BookingCode;
use domain::refusal::Refusal;
use domain::time::business_day;
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use tokio::sync::SemaphorePermit;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::HubState;
use super::booking_limits::{Asked, BookingLimits};
use super::booking_words::refused;
use super::words::problem;
use crate::public::limit::caller;
use crate::public::name_at;
use crate::store::booking_plans::{BookingPlace, BookingPlan};
use crate::store::bookings::{Booked, BookingShown, NewBooking};
use crate::units::points_for_page;

/// How much of a wrong service group stands in the answer, in characters.
const TOLD_LENGTH_MAX: usize = 40;

/// Adds `/public` and `/booking-plan`.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::resource("/booking-plan").route(web::get().to(plan)).route(web::post().to(set_plan)),
    )
    .service(web::resource("/public/booking-places").route(web::get().to(places)))
    .service(web::resource("/public/booking-slots").route(web::get().to(slots)))
    .service(web::resource("/public/bookings").route(web::post().to(book)))
    .service(web::resource("/public/bookings/show").route(web::post().to(show)))
    .service(web::resource("/public/bookings/cancel").route(web::post().to(cancel)));
}

/// What a citizen wishes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingWanted {
    /// The box.
    pub node: String,
    /// Code of the service group there.
    pub service: String,
    /// The begin of the time; without it, the first free one of today: a number from afar.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    pub from: Option<Timestamp>,
}

/// The code of a booking.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeGiven {
    /// As typed or scanned.
    pub code: String,
}

/// Which times.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SlotsOf {
    /// The box.
    pub node: String,
    /// Code of the service group there.
    pub service: String,
    /// `yyyy-mm-dd`; today without it.
    #[serde(default)]
    pub day: Option<String>,
}

/// A time that can be booked.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotShown {
    /// Begin.
    #[schema(value_type = String, format = "date-time")]
    pub from: Timestamp,
    /// End.
    #[schema(value_type = String, format = "date-time")]
    pub to: Timestamp,
    /// Free places; 0 where it is full.
    pub left: u32,
}

/// What can be booked, by box and service group.
#[utoipa::path(get, path = "/api/v1/booking-plan", tag = "bookings",
    responses((status = 200, body = Vec<BookingPlan>), (status = 401, body = Problem)))]
pub async fn plan(
    _: Officer,
    state: web::Data<HubState>,
) -> Result<web::Json<Vec<BookingPlan>>, Problem> {
    let plans = state.store.booking_plans().await.map_err(|error| problem(&error))?;
    Ok(web::Json(plans))
}

/// Writes what can be booked of one service group of one box. For heads and administrators.
#[utoipa::path(post, path = "/api/v1/booking-plan", tag = "bookings", request_body = BookingPlan,
    responses((status = 204), (status = 400, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
pub async fn set_plan(
    officer: Officer,
    body: web::Json<BookingPlan>,
    state: web::Data<HubState>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let now = state.clock.now();
    state.store.set_booking_plan(&body, &officer.id, now).await.map_err(|error| problem(&error))?;
    Ok(HttpResponse::NoContent().finish())
}

/// Where and what can be booked.
#[utoipa::path(get, path = "/api/v1/public/booking-places", tag = "bookings",
    responses((status = 200, body = Vec<BookingPlace>), (status = 429, body = Problem),
              (status = 503, body = Problem)))]
pub async fn places(
    request: HttpRequest,
    state: web::Data<HubState>,
) -> Result<web::Json<Vec<BookingPlace>>, Problem> {
    admit(&request, &state, Asked::Look)?;
    let _place = place(&state).await?;
    let mut places = state.store.booking_places().await.map_err(|error| problem(&error))?;
    let points = points_for_page(&state.enroller.settings).await;
    for place in &mut places {
        if let Ok(node) = NodeId::parse(&place.node) {
            place.unit_name = points.name_at(&place.unit_name, &node);
        }
    }
    Ok(web::Json(places))
}

/// The times of a day that can be booked, the full ones too; none on a day off or too far ahead.
#[utoipa::path(get, path = "/api/v1/public/booking-slots", tag = "bookings", params(SlotsOf),
    responses((status = 200, body = Vec<SlotShown>), (status = 400, body = Problem),
              (status = 404, body = Problem), (status = 429, body = Problem),
              (status = 503, body = Problem)))]
pub async fn slots(
    request: HttpRequest,
    query: web::Query<SlotsOf>,
    state: web::Data<HubState>,
) -> Result<web::Json<Vec<SlotShown>>, Problem> {
    admit(&request, &state, Asked::Look)?;
    let now = state.clock.now();
    let day: civil::Date = match &query.day {
        None => business_day(now),
        Some(text) => text.parse().map_err(|_| Problem::invalid("day: yyyy-mm-dd"))?,
    };
    let SlotsOf { node, service, .. } = query.into_inner();
    can_be_booked(&node, &service)?;
    let _place = place(&state).await?;
    let found = answer(state.store.booking_slots(&node, &service, day, now).await)?;
    let slots =
        found.iter().map(|slot| SlotShown { from: slot.from, to: slot.to, left: slot.left });
    Ok(web::Json(slots.collect()))
}

/// Books a place in time, or a number from afar for today. No name is asked for and none is kept.
#[utoipa::path(post, path = "/api/v1/public/bookings", tag = "bookings",
    request_body = BookingWanted,
    params(("Idempotency-Key" = Uuid, Header, description = "A random UUID, against booking twice")),
    responses((status = 201, body = BookingShown), (status = 400, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem),
              (status = 413, body = Problem), (status = 429, body = Problem),
              (status = 503, body = Problem)))]
pub async fn book(
    request: HttpRequest,
    body: web::Json<BookingWanted>,
    state: web::Data<HubState>,
) -> Result<HttpResponse, Problem> {
    let request_key = request_key(&request)?;
    admit(&request, &state, Asked::Book)?;
    let now = state.clock.now();
    let BookingWanted { node, service, from } = body.into_inner();
    can_be_booked(&node, &service)?;
    let _place = place(&state).await?;
    let wish = NewBooking { node, service, from, request_key };
    let made = placed(&state, state.store.book(&wish, now).await).await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(made))
}

/// The booking of a code, with what the center says of it.
#[utoipa::path(post, path = "/api/v1/public/bookings/show", tag = "bookings",
    request_body = CodeGiven,
    responses((status = 200, body = BookingShown), (status = 400, body = Problem),
              (status = 404, body = Problem), (status = 413, body = Problem),
              (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn show(
    request: HttpRequest,
    body: web::Json<CodeGiven>,
    state: web::Data<HubState>,
) -> Result<web::Json<BookingShown>, Problem> {
    let (code, _place) = with_code(&request, &state, &body).await?;
    placed(&state, state.store.booking(&code).await).await.map(web::Json)
}

/// Gives a booking back, until its time begins. Doing it again changes nothing.
#[utoipa::path(post, path = "/api/v1/public/bookings/cancel", tag = "bookings",
    request_body = CodeGiven,
    responses((status = 200, body = BookingShown), (status = 400, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem),
              (status = 413, body = Problem), (status = 429, body = Problem),
              (status = 503, body = Problem)))]
pub async fn cancel(
    request: HttpRequest,
    body: web::Json<CodeGiven>,
    state: web::Data<HubState>,
) -> Result<web::Json<BookingShown>, Problem> {
    let (code, _place) = with_code(&request, &state, &body).await?;
    placed(&state, state.store.give_booking_back(&code, state.clock.now()).await)
        .await
        .map(web::Json)
}

/// Who comes with a code: admitted, the code read, a place at the store taken.
async fn with_code<'a>(
    request: &HttpRequest,
    state: &'a HubState,
    given: &CodeGiven,
) -> Result<(BookingCode, SemaphorePermit<'a>), Problem> {
    admit(request, state, Asked::Code)?;
    let code = code_of(&given.code)?;
    Ok((code, place(state).await?))
}

/// The store's answer, with the name of the place to come to: a unit may have reception points.
async fn placed(state: &HubState, booked: Booked<BookingShown>) -> Result<BookingShown, Problem> {
    let booking = answer(booked)?;
    let unit_name = name_at(state, &booking.unit_name, &booking.node).await;
    Ok(BookingShown { unit_name, ..booking })
}

/// Who asks too often is told when to come again. Where no address is known, all share one.
fn admit(request: &HttpRequest, state: &HubState, asked: Asked) -> Result<(), Problem> {
    let mut limits: std::sync::MutexGuard<'_, BookingLimits> =
        state.bookings.lock().unwrap_or_else(PoisonError::into_inner);
    // The machine's own clock: a demo's day that runs faster gives nobody more.
    match limits.admit(caller(request), asked, state.machine_clock.now()) {
        None => Ok(()),
        Some(wait_s) => Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "booking.too_often",
            format!(
                "Có quá nhiều lượt hỏi từ địa chỉ này. Mời thử lại sau {} phút.",
                minutes(wait_s)
            ),
            format!(
                "This address has asked too often. Please try again in {} min.",
                minutes(wait_s)
            ),
        )
        .retry_after(wait_s)),
    }
}

/// A box and a service group in the form that such names have: anything else is in no plan, whatever it
/// is and however long, and does not come to the store.
fn can_be_booked(node: &str, service: &str) -> Result<(), Problem> {
    if NodeId::parse(node).is_ok() && ServiceCode::parse(service).is_ok() {
        return Ok(());
    }
    let service = service.chars().take(TOLD_LENGTH_MAX).collect();
    Err(refused(&Refusal::UnknownService { service }))
}

/// The centers' own entries share the store's connections with whoever asks here.
async fn place(state: &HubState) -> Result<SemaphorePermit<'_>, Problem> {
    state.public.place().await.ok_or_else(Problem::busy)
}

fn minutes(seconds: u32) -> u32 {
    seconds.div_ceil(60).max(1)
}

fn answer<T>(booked: Booked<T>) -> Result<T, Problem> {
    match booked {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(refusal)) => Err(refused(&refusal)),
        Err(error) => Err(problem(&error)),
    }
}

fn code_of(text: &str) -> Result<BookingCode, Problem> {
    BookingCode::parse(text).ok_or_else(|| refused(&Refusal::UnknownBooking))
}

fn request_key(request: &HttpRequest) -> Result<Uuid, Problem> {
    let value = request.headers().get("Idempotency-Key").and_then(|value| value.to_str().ok());
    value
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Problem::invalid("Idempotency-Key is a random UUID"))
}

/// What the state holds of the page's limits.
pub type SharedLimits = Mutex<BookingLimits>;
