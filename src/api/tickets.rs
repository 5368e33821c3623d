//! `/services`, `/priority-grounds`, `/tickets`: a citizen takes a number; an officer looks it up,
//! prints it again, cancels it, lets it come back.

use super::Center;
use super::asking::{id, origin};
use super::failure::{bad_value, failed, problem, refused};
use super::views::{ClosedView, ServiceView, TicketView};
use super::visits;
use super::words;
use crate::actors::queue_desk::{Issuing, Which};
use crate::text::{self, Sentence};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web as actix_routes};
use domain::ids::ServiceCode;
use domain::queue::{Wait, WentFirst};
use domain::refusal::Refusal;
use jiff::{Timestamp, civil};
use journal::WrappingKey;
use journal::ticket_code::{looks_like_ticket_code, read_ticket_code};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Caller, DeviceRole, Problem};

/// What a kiosk asks for. Not to be shown in a log: it may name a citizen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTicket {
    /// Code of the service group.
    pub service: String,
    /// Codes of what else is to be done afterwards with the same number, in this order.
    #[serde(default)]
    pub next_services: Vec<String>,
    /// Code of a ground of priority.
    #[serde(default)]
    pub priority_ground: Option<String>,
    /// Whether to put it on paper; yes unless said otherwise.
    #[serde(default = "yes")]
    pub print: bool,
    /// Why an officer gives it outside the opening hours; a device may not.
    #[serde(default)]
    pub outside_hours: Option<String>,
    /// What the QR code of the citizen's card says. It only fills in the form at the counter that serves
    /// the number: it is kept in memory, and stands neither on the ticket nor on any screen of the hall.
    #[serde(default)]
    pub card: Option<String>,
}

fn yes() -> bool {
    true
}

/// A ticket just issued.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedTicket {
    /// The ticket.
    pub ticket: TicketView,
    /// How many are before it.
    pub waiting_ahead: u64,
    /// How long it will wait; nothing when no open counter serves it.
    pub wait: Option<WaitView>,
    /// The paper, if it was asked for.
    pub print_job: Option<PrintJobStarted>,
}

/// A print job just made; `GET /print-jobs/{id}` tells how it goes on.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrintJobStarted {
    /// Its id.
    pub id: Uuid,
    /// `pending`.
    #[schema(value_type = words::PrintState)]
    pub state: String,
}

impl PrintJobStarted {
    /// A job that was just made.
    #[must_use]
    pub fn new(id: Uuid) -> Self {
        Self { id, state: "pending".to_owned() }
    }
}

/// Why a number is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancelling {
    /// In the officer's or citizen's words.
    #[serde(default)]
    pub reason: Option<String>,
}

/// The tickets of today.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketList {
    /// By time of issue.
    pub tickets: Vec<TicketView>,
}

/// One ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneTicket {
    /// The ticket.
    pub ticket: TicketView,
    /// How long it will still wait, where one ticket was asked for; nothing when it does not wait, or no
    /// open counter may call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<WaitView>,
    /// How many are before it, where one ticket was asked for; nothing when it does not wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_ahead: Option<u64>,
    /// Why others were called before it while it waits, where one ticket was asked for: the latest three, the
    /// latest first. Which number had priority is not told.
    pub went_first: Vec<WentFirstView>,
}

impl OneTicket {
    /// The ticket after what was done with it.
    fn done(ticket: TicketView) -> Self {
        Self { ticket, wait: None, waiting_ahead: None, went_first: Vec::new() }
    }
}

/// Why another number went first, for the citizen of one that waits.
#[derive(Debug, Serialize, ToSchema)]
pub struct WentFirstView {
    /// In Vietnamese.
    pub sentence: String,
    /// In English.
    pub sentence_en: String,
}

impl WentFirstView {
    fn new(first: &WentFirst, now: Timestamp) -> Self {
        let Sentence { vi, en } = text::went_first_sentence(first, now);
        Self { sentence: vi, sentence_en: en }
    }
}

/// How long somebody will wait, in minutes: four of five such waits end between `low_min` and `high_min`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WaitView {
    /// The middle: half of such waits are shorter.
    pub expected_min: u32,
    /// The short end, in steps of 5 minutes, from an hour on of 10; 0 says "less than `high_min`".
    pub low_min: u32,
    /// The long end, in the same steps; at least 5.
    pub high_min: u32,
    /// So many services of the group were learned from; with 0 nothing is known of this center yet.
    pub learned_from: u32,
    /// The end of the break that lies in it and is counted, `HH:MM` in Vietnam.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_until: Option<String>,
    /// The end of the day, past which it may run, `HH:MM` in Vietnam.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<String>,
}

impl From<Wait> for WaitView {
    fn from(wait: Wait) -> Self {
        let minute = |at: civil::Time| at.strftime("%H:%M").to_string();
        let (break_until, closes_at) =
            (wait.break_until().map(minute), wait.closes_at().map(minute));
        let Wait { expected_min, low_min, high_min, learned_from, .. } = wait;
        Self { expected_min, low_min, high_min, learned_from, break_until, closes_at }
    }
}

/// A ground of priority.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroundView {
    /// Code.
    pub code: String,
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// The law or custom behind it.
    pub legal_basis: String,
    /// Whether the province has yet to confirm it.
    pub needs_confirmation: bool,
}

/// The service groups with how many wait.
#[utoipa::path(get, path = "/api/v1/services", tag = "queue",
    responses((status = 200, body = [ServiceView])))]
pub async fn services(
    center: actix_routes::Data<Center>,
    _caller: Caller,
) -> Result<HttpResponse, Problem> {
    let view = center.queue.look(Which::Nothing).await.map_err(failed)?;
    let called_from = view.resting.as_ref().map(ClosedView::from);
    let all: Vec<ServiceView> = view
        .services
        .iter()
        .zip(view.hours.iter().zip(&view.hours_of_priority))
        .map(|(load, (hours, of_priority))| {
            let waiting =
                ServiceView::new(&load.service, load.waiting_regular, load.waiting_priority);
            let told = waiting.with_hours(hours, of_priority);
            ServiceView { called_from: called_from.clone(), ..told }
        })
        .collect();
    Ok(HttpResponse::Ok().json(all))
}

/// The grounds of priority, each with its legal basis.
#[utoipa::path(get, path = "/api/v1/priority-grounds", tag = "queue",
    responses((status = 200, body = [GroundView])))]
pub async fn priority_grounds(
    center: actix_routes::Data<Center>,
    _caller: Caller,
) -> Result<HttpResponse, Problem> {
    let all: Vec<GroundView> = center
        .data
        .queue
        .grounds
        .iter()
        .map(|ground| GroundView {
            code: ground.code.clone(),
            name_vi: ground.name_vi.clone(),
            name_en: ground.name_en.clone(),
            legal_basis: ground.legal_basis.clone(),
            needs_confirmation: ground.needs_confirmation,
        })
        .collect();
    Ok(HttpResponse::Ok().json(all))
}

/// Issues a ticket. The answer comes after the number is on disk; the paper follows.
#[utoipa::path(post, path = "/api/v1/tickets", tag = "queue", request_body = NewTicket,
    params(("Idempotency-Key" = String, Header, description = "at most 64 characters")),
    responses((status = 201, body = IssuedTicket), (status = 409, body = Problem),
              (status = 503, body = Problem)))]
pub async fn issue(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    caller: Caller,
    body: actix_routes::Json<NewTicket>,
) -> Result<HttpResponse, Problem> {
    caller.officer_or(&[DeviceRole::Kiosk, DeviceRole::Load])?;
    let origin = origin(&request, &caller)?;
    let NewTicket { service, next_services, priority_ground, print, outside_hours, card } =
        body.into_inner();
    let card = card.map(|text| domain::card::parse(text.as_bytes())).transpose();
    let card = card.map_err(|error| {
        problem(StatusCode::BAD_REQUEST, "card.no_card", json!({ "why": error.code() }))
    })?;
    if outside_hours.is_some() && matches!(caller, Caller::Device(_)) {
        return Err(bad_value("outside_hours"));
    }
    let service = ServiceCode::parse(&service)
        .map_err(|_| refused(&Refusal::UnknownService { service: service.clone() }))?;
    let next_services = visits::codes(&next_services)?;
    let issuing = Issuing { service, next_services, priority_ground, print, outside_hours };
    let reply = center.queue.issue(origin, issuing).await.map_err(failed)?;
    let ticket = reply.ticket.ok_or_else(Problem::internal)?;
    if let Some(card) = card {
        center.devices.keep_card(ticket.id, card);
    }
    Ok(HttpResponse::Created().json(IssuedTicket {
        ticket: TicketView::without_ground(&ticket),
        waiting_ahead: reply.waiting_ahead.unwrap_or(0),
        wait: reply.wait.map(WaitView::from),
        print_job: reply.print_job.map(PrintJobStarted::new),
    }))
}

/// All tickets of today.
#[utoipa::path(get, path = "/api/v1/tickets", tag = "queue",
    responses((status = 200, body = TicketList)))]
pub async fn list(
    center: actix_routes::Data<Center>,
    _officer: web::Officer,
) -> Result<HttpResponse, Problem> {
    let view = center.queue.look(Which::All).await.map_err(failed)?;
    let tickets = view.tickets.iter().map(TicketView::full).collect();
    Ok(HttpResponse::Ok().json(TicketList { tickets }))
}

/// One ticket of today, by its id or by the code on its paper: a kiosk with a reader, or an officer,
/// finds it without the line.
#[utoipa::path(get, path = "/api/v1/tickets/{id}", tag = "queue",
    params(("id" = String, Path, description = "its id, or the text of its QR code")),
    responses((status = 200, body = OneTicket), (status = 404, body = Problem)))]
pub async fn show(
    center: actix_routes::Data<Center>,
    caller: Caller,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    caller.officer_or(&[DeviceRole::Kiosk, DeviceRole::Load])?;
    let wanted = id_or_code(&center.ticket_key, &path)?;
    let view = center.queue.look(Which::One(wanted)).await.map_err(failed)?;
    let ticket = view.tickets.first().ok_or_else(|| refused(&Refusal::UnknownTicket))?;
    let wait = view.wait.map(WaitView::from);
    let ticket = TicketView::seen_by(&caller, ticket);
    let now = center.clock.now();
    let went_first = view.went_first.iter().map(|first| WentFirstView::new(first, now)).collect();
    Ok(HttpResponse::Ok().json(OneTicket { ticket, wait, waiting_ahead: view.ahead, went_first }))
}

fn id_or_code(key: &WrappingKey, text: &str) -> Result<Uuid, Problem> {
    if !looks_like_ticket_code(text) {
        return id(text);
    }
    read_ticket_code(key, text).ok_or_else(|| refused(&Refusal::UnknownTicket))
}

/// Puts the same number on paper again.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/reprint", tag = "queue",
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = PrintJobStarted), (status = 404, body = Problem)))]
pub async fn reprint(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    caller: Caller,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    caller.officer_or(&[DeviceRole::Kiosk])?;
    let origin = origin(&request, &caller)?;
    let reply = center.queue.reprint(origin, id(&path)?).await.map_err(failed)?;
    let job = reply.print_job.ok_or_else(Problem::internal)?;
    Ok(HttpResponse::Accepted().json(PrintJobStarted::new(job)))
}

/// Gives a number up. A kiosk may do so only with the number that it gave last, for a minute, while it
/// waits; what it says as a reason is not kept.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/cancel", tag = "queue", request_body = Cancelling,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = OneTicket), (status = 409, body = Problem)))]
pub async fn cancel(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    caller: Caller,
    path: actix_routes::Path<String>,
    body: actix_routes::Json<Cancelling>,
) -> Result<HttpResponse, Problem> {
    caller.officer_or(&[DeviceRole::Kiosk])?;
    let origin = origin(&request, &caller)?;
    let (ticket, reason) = (id(&path)?, body.into_inner().reason);
    let answer = match &caller {
        Caller::Device(_) => center.queue.cancel_last(origin, ticket).await,
        Caller::Officer(_) => center.queue.cancel(origin, ticket, reason).await,
    };
    let reply = answer.map_err(failed)?;
    let ticket = reply.ticket.ok_or_else(Problem::internal)?;
    center.devices.ticket_done(ticket.id);
    Ok(HttpResponse::Ok().json(OneTicket::done(TicketView::seen_by(&caller, &ticket))))
}

/// Lets a missed number back in, once.
#[utoipa::path(post, path = "/api/v1/tickets/{id}/return", tag = "queue",
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = OneTicket), (status = 409, body = Problem)))]
pub async fn put_back(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: web::Officer,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    let origin = origin(&request, &Caller::Officer(officer))?;
    let reply = center.queue.return_to_queue(origin, id(&path)?).await.map_err(failed)?;
    let ticket = reply.ticket.ok_or_else(Problem::internal)?;
    Ok(HttpResponse::Ok().json(OneTicket::done(TicketView::full(&ticket))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use journal::ticket_code::ticket_code;
    use utoipa::OpenApi;

    #[test]
    fn no_address_resets_the_numbers_or_takes_a_ticket_away() {
        let described = crate::api::Description::openapi();
        let described = serde_json::to_value(described).unwrap();
        let paths = described["paths"].as_object().unwrap();
        assert!(paths.contains_key("/api/v1/tickets"));
        for (path, methods) in paths {
            assert!(!path.contains("reset"), "{path}");
            let of_a_ticket = path.starts_with("/api/v1/tickets");
            assert!(!of_a_ticket || methods.get("delete").is_none(), "{path}");
        }
    }

    #[test]
    fn a_ticket_is_found_by_its_id_and_by_the_code_that_this_center_printed() {
        let key = WrappingKey::from_bytes([7; 32]);
        let ticket = Uuid::now_v7();
        assert_eq!(id_or_code(&key, &ticket.to_string()).unwrap(), ticket);
        assert_eq!(id_or_code(&key, &ticket_code(&key, ticket)).unwrap(), ticket);
        let forged = ticket_code(&WrappingKey::from_bytes([8; 32]), ticket);
        assert_eq!(id_or_code(&key, &forged).unwrap_err().code, "queue.unknown_ticket");
        assert!(id_or_code(&key, "A012").is_err());
    }
}
