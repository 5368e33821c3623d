//! `/bookings`: places in time. An officer makes them for a citizen who comes back; a kiosk or an officer
//! turns one into a ticket by its code. Codes travel in bodies, not in paths: paths stand in logs.

use super::Center;
use super::asking::origin;
use super::failure::{bad_value, failed, refused, unreadable};
use super::tickets::{PrintJobStarted, WaitView};
use super::views::TicketView;
use super::words;
use crate::actors::queue_desk::BookingWish;
use actix_web::{HttpRequest, HttpResponse, web as actix_routes};
use domain::ids::ServiceCode;
use domain::queue::{Booking, BookingCode, MADE_BY_HUB, TakenPlace};
use domain::refusal::Refusal;
use domain::time::{business_day, instant};
use jiff::{SignedDuration, Timestamp, civil};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{Caller, DeviceRole, Problem};

/// Bookings of one day in an answer; further ones are left out.
const LISTED_MAX: u32 = 2_000;

/// What an officer books.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBooking {
    /// Code of the service group.
    pub service: String,
    /// The begin of the time; without it, the first free one of today.
    #[serde(default)]
    pub from: Option<String>,
}

/// The code that a citizen brings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingCodeGiven {
    /// As typed or scanned.
    pub code: String,
}

/// A citizen of a booking has come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Arriving {
    /// The booking's code, as typed or scanned.
    pub code: String,
    /// Whether to put the ticket on paper; yes unless said otherwise.
    #[serde(default = "yes")]
    pub print: bool,
}

fn yes() -> bool {
    true
}

/// A place in time.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BookingView {
    /// Id; its ticket has the same.
    pub id: Uuid,
    /// Its code as people read it.
    pub code: String,
    /// Code of the service group.
    pub service: String,
    /// `appointment` or `remote`.
    #[schema(value_type = words::BookingKind)]
    pub kind: String,
    /// From when on it counts.
    pub from: String,
    /// Until when.
    pub to: String,
    /// `booked`, `too_late`, `arrived`, `missed`, `cancelled`.
    #[schema(value_type = words::BookingState)]
    pub state: String,
    /// Whether it was made at the province's page.
    pub at_hub: bool,
    /// When it was made.
    pub made_at: String,
}

impl From<&Booking> for BookingView {
    fn from(booking: &Booking) -> Self {
        let kind = serde_json::to_value(booking.kind).unwrap_or_default();
        Self {
            id: booking.id,
            code: booking.code.to_string(),
            service: booking.service.to_string(),
            kind: kind.as_str().unwrap_or_default().to_owned(),
            from: booking.from.to_string(),
            to: booking.to.to_string(),
            state: booking.state.as_str().to_owned(),
            at_hub: booking.made_by == MADE_BY_HUB,
            made_at: booking.made_at.to_string(),
        }
    }
}

/// One booking.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneBooking {
    /// The booking.
    pub booking: BookingView,
}

/// The bookings of a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookingList {
    /// By time.
    pub bookings: Vec<BookingView>,
}

/// A ticket that was given by a booking.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArrivedTicket {
    /// The booking.
    pub booking: BookingView,
    /// The ticket.
    pub ticket: TicketView,
    /// How many are before it.
    pub waiting_ahead: u64,
    /// How long it will wait; nothing when no open counter serves it.
    pub wait: Option<WaitView>,
    /// The paper, if it was asked for.
    pub print_job: Option<PrintJobStarted>,
}

/// A time that can be booked.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotView {
    /// Begin.
    pub from: String,
    /// End.
    pub to: String,
    /// Free places; 0 where it is full.
    pub left: u32,
}

/// The times of a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotList {
    /// In order; none on a day off.
    pub slots: Vec<SlotView>,
}

/// Which day.
#[derive(Debug, Deserialize, IntoParams)]
pub struct OfDay {
    /// `yyyy-mm-dd`; today without it.
    #[serde(default)]
    pub day: Option<String>,
}

/// Which times.
#[derive(Debug, Deserialize, IntoParams)]
pub struct TimesOf {
    /// Code of the service group.
    pub service: String,
    /// `yyyy-mm-dd`; today without it.
    #[serde(default)]
    pub day: Option<String>,
}

/// Books a place in time for a citizen who comes back. Without a name: the code is the right to it.
#[utoipa::path(post, path = "/api/v1/bookings", tag = "bookings", request_body = NewBooking,
    params(("Idempotency-Key" = String, Header, description = "at most 64 characters")),
    responses((status = 201, body = OneBooking), (status = 409, body = Problem)))]
pub async fn book(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: web::Officer,
    body: actix_routes::Json<NewBooking>,
) -> Result<HttpResponse, Problem> {
    let origin = origin(&request, &Caller::Officer(officer))?;
    let NewBooking { service, from } = body.into_inner();
    let service = service_of(&service)?;
    let from = from.map(|text| text.parse::<Timestamp>()).transpose();
    let from = from.map_err(|_| bad_value("from"))?;
    check_worked(&center, from.map_or_else(|| business_day(center.clock.now()), business_day))?;
    let reply = center.queue.book(origin, BookingWish { service, from }).await.map_err(failed)?;
    let booking = reply.booking.ok_or_else(Problem::internal)?;
    Ok(HttpResponse::Created().json(OneBooking { booking: BookingView::from(&booking) }))
}

/// The bookings of a day, those of the province's page too.
#[utoipa::path(get, path = "/api/v1/bookings", tag = "bookings", params(OfDay),
    responses((status = 200, body = BookingList)))]
pub async fn list(
    center: actix_routes::Data<Center>,
    _officer: web::Officer,
    query: actix_routes::Query<OfDay>,
) -> Result<HttpResponse, Problem> {
    let (from, to) = span(day_of(&center, query.day.as_deref())?);
    let found = center
        .readers
        .read(move |c| store::query::bookings::between(c, from, to, LISTED_MAX))
        .await
        .map_err(|error| unreadable(&error))?;
    let bookings = found.iter().map(BookingView::from).collect();
    Ok(HttpResponse::Ok().json(BookingList { bookings }))
}

/// The times of a day that officers can book for a service group, the full ones too.
#[utoipa::path(get, path = "/api/v1/bookings/slots", tag = "bookings", params(TimesOf),
    responses((status = 200, body = SlotList), (status = 404, body = Problem)))]
pub async fn slots(
    center: actix_routes::Data<Center>,
    _officer: web::Officer,
    query: actix_routes::Query<TimesOf>,
) -> Result<HttpResponse, Problem> {
    let service = service_of(&query.service)?;
    let day = day_of(&center, query.day.as_deref())?;
    let (from, to) = span(day);
    let taken: Vec<TakenPlace> = center
        .readers
        .read(move |c| store::query::bookings::taken_places(c, &service, from, to))
        .await
        .map_err(|error| unreadable(&error))?;
    let (queue, now) = (&center.data.queue, center.clock.now());
    let slots = if is_worked(&center, day) {
        queue.rules.booking.slots(queue.hours.sessions_on(day), day, &taken, now)
    } else {
        Vec::new()
    };
    let slots = slots
        .iter()
        .map(|slot| SlotView {
            from: slot.from.to_string(),
            to: slot.to.to_string(),
            left: slot.left,
        })
        .collect();
    Ok(HttpResponse::Ok().json(SlotList { slots }))
}

/// The citizen of a booking has come: issues its ticket, one for ever. The answer comes after the number
/// is on disk; the paper follows.
#[utoipa::path(post, path = "/api/v1/bookings/arrive", tag = "bookings", request_body = Arriving,
    params(("Idempotency-Key" = String, Header, description = "at most 64 characters")),
    responses((status = 201, body = ArrivedTicket), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn arrive(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    caller: Caller,
    body: actix_routes::Json<Arriving>,
) -> Result<HttpResponse, Problem> {
    caller.officer_or(&[DeviceRole::Kiosk])?;
    let origin = origin(&request, &caller)?;
    let code = code_of(&body.code)?;
    let reply = center.queue.arrive(origin, code, body.print).await.map_err(failed)?;
    let booking = reply.booking.ok_or_else(Problem::internal)?;
    let ticket = reply.ticket.ok_or_else(Problem::internal)?;
    Ok(HttpResponse::Created().json(ArrivedTicket {
        booking: BookingView::from(&booking),
        ticket: TicketView::without_ground(&ticket),
        waiting_ahead: reply.waiting_ahead.unwrap_or(0),
        wait: reply.wait.map(WaitView::from),
        print_job: reply.print_job.map(PrintJobStarted::new),
    }))
}

/// Gives a booking back before its time, by its code: an officer, or the citizen at the kiosk.
#[utoipa::path(post, path = "/api/v1/bookings/cancel", tag = "bookings",
    request_body = BookingCodeGiven,
    params(("Idempotency-Key" = String, Header, description = "at most 64 characters")),
    responses((status = 200, body = OneBooking), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn cancel(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    caller: Caller,
    body: actix_routes::Json<BookingCodeGiven>,
) -> Result<HttpResponse, Problem> {
    caller.officer_or(&[DeviceRole::Kiosk])?;
    let origin = origin(&request, &caller)?;
    let code = code_of(&body.code)?;
    let reply = center.queue.give_booking_back(origin, code).await.map_err(failed)?;
    let booking = reply.booking.ok_or_else(Problem::internal)?;
    Ok(HttpResponse::Ok().json(OneBooking { booking: BookingView::from(&booking) }))
}

fn service_of(text: &str) -> Result<ServiceCode, Problem> {
    ServiceCode::parse(text)
        .map_err(|_| refused(&Refusal::UnknownService { service: text.to_owned() }))
}

/// What is no code is no booking: who types sees one sentence.
fn code_of(text: &str) -> Result<BookingCode, Problem> {
    BookingCode::parse(text).ok_or_else(|| refused(&Refusal::UnknownBooking))
}

fn day_of(center: &Center, text: Option<&str>) -> Result<civil::Date, Problem> {
    match text {
        None => Ok(business_day(center.clock.now())),
        Some(text) => text.parse().map_err(|_| bad_value("day")),
    }
}

fn span(day: civil::Date) -> (Timestamp, Timestamp) {
    let from = instant(day.at(0, 0, 0, 0));
    (from, from.checked_add(SignedDuration::from_hours(24)).unwrap_or(from))
}

/// Where the hours name weekdays, by their word alone. Else by the calendar, and today in any case:
/// somebody is there who asks.
fn is_worked(center: &Center, day: civil::Date) -> bool {
    let hours = &center.data.queue.hours;
    if hours.week.names_weekdays() {
        return hours.is_open_on(day);
    }
    day == business_day(center.clock.now()) || center.data.calendar.is_working(day)
}

fn check_worked(center: &Center, day: civil::Date) -> Result<(), Problem> {
    if is_worked(center, day) { Ok(()) } else { Err(refused(&Refusal::BookingDayOff)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_code_is_told_as_an_unknown_booking() {
        assert_eq!(code_of("A012").unwrap_err().code, "booking.unknown");
        assert_eq!(code_of("k7q2m-4xdpa").unwrap().to_string(), "K7Q2M-4XDPA");
    }

    #[test]
    fn what_a_kiosk_sends_is_printed_unless_it_says_otherwise() {
        let sent: Arriving = serde_json::from_str(r#"{"code": "K7Q2M4XDPA"}"#).unwrap();
        assert!(sent.print);
    }
}
