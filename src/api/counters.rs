//! `/counters`: what an officer does at a counter. Each verb is one request with a key; a repeated
//! one gets the first answer.

use super::Center;
use super::asking::{counter as counter_of, known_counter, origin};
use super::failure::{bad_value, failed, failed_at_counter};
use super::views::{CallView, CounterView, ReasonView, TicketView};
use super::words;
use crate::actors::Failure;
use crate::actors::origin::Origin;
use crate::actors::queue_desk::{QueueReply, Which};
use actix_web::{HttpRequest, HttpResponse, web as actix_routes};
use domain::ids::{CounterNumber, OfficerId, ServiceCode};
use domain::queue::{PauseReason, TransferTo, calls_of};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Caller, DeviceRole, Problem};

/// The answer to a verb.
#[derive(Debug, Serialize, ToSchema)]
pub struct CounterAnswer {
    /// The counter after it.
    pub counter: Option<CounterView>,
    /// The ticket it was about.
    pub ticket: Option<TicketView>,
    /// For a call: why this number.
    pub reason: Option<ReasonView>,
}

/// Calls in the list of one counter; earlier ones of the day are counted, not listed. A counter that
/// is never idle makes about as many in a day.
const CALLS_LISTED_MAX: usize = 100;

/// What a counter called today.
#[derive(Debug, Serialize, ToSchema)]
pub struct CounterCalls {
    /// Newest first.
    pub calls: Vec<CallView>,
    /// Earlier calls of today that are not listed.
    pub more: usize,
    /// How many were served to the end there.
    pub served: usize,
}

/// Why a counter pauses.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pausing {
    /// `short_break`, `meeting`, `equipment`, `paper_work`, `other`.
    #[schema(value_type = words::PauseReason)]
    pub reason: String,
}

/// Why a citizen is sent away for a moment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// In the officer's words.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Who is back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resuming {
    /// The ticket on hold.
    pub ticket: Uuid,
}

/// Where to; one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transferring {
    /// A counter.
    #[serde(default)]
    pub counter: Option<u16>,
    /// Or a service group.
    #[serde(default)]
    pub service: Option<String>,
    /// Whether it comes back to this counter once it is served there.
    #[serde(default)]
    pub return_here: bool,
}

/// The verbs without a body.
#[derive(Debug, Clone, Copy)]
pub enum Plain {
    /// Staff the counter, or end its pause.
    Open,
    /// Nobody works there any more.
    Close,
    /// Call the next citizen.
    CallNext,
    /// Call the current number again.
    Recall,
    /// The citizen is there.
    Begin,
    /// Served.
    Complete,
    /// Called and not there.
    NoShow,
}

/// Somebody who presses a key at a counter.
pub(super) struct Pressed<'a> {
    center: &'a Center,
    caller: Caller,
    /// Where.
    pub(super) number: CounterNumber,
}

/// Who presses at which counter, and apart from it under which request key.
///
/// # Errors
/// The key or the counter's number cannot be.
pub(super) fn pressed<'a>(
    request: &HttpRequest,
    center: &'a Center,
    caller: Caller,
    number: &str,
) -> Result<(Origin, Pressed<'a>), Problem> {
    let origin = origin(request, &caller)?;
    Ok((origin, Pressed { center, caller, number: counter_of(number)? }))
}

impl Pressed<'_> {
    /// What the queue desk says, for whoever pressed.
    pub(super) fn answer(
        &self,
        reply: Result<QueueReply, Failure>,
    ) -> Result<HttpResponse, Problem> {
        let officers = &self.center.officers;
        let reply = reply.map_err(|failure| failed_at_counter(failure, officers))?;
        let ticket = reply.ticket.as_ref();
        let reason = ticket.and_then(|ticket| {
            ticket.call_reason.as_ref().map(|reason| ReasonView::new(&ticket.label, reason))
        });
        Ok(HttpResponse::Ok().json(CounterAnswer {
            counter: reply.counter.as_ref().map(|one| CounterView::new(one, officers)),
            ticket: ticket.map(|ticket| TicketView::seen_by(&self.caller, ticket)),
            reason,
        }))
    }
}

/// All counters.
#[utoipa::path(get, path = "/api/v1/counters", tag = "queue",
    responses((status = 200, body = [CounterView])))]
pub async fn list(
    center: actix_routes::Data<Center>,
    _caller: Caller,
) -> Result<HttpResponse, Problem> {
    let view = center.queue.look(Which::Nothing).await.map_err(failed)?;
    let all: Vec<CounterView> =
        view.counters.iter().map(|one| CounterView::new(one, &center.officers)).collect();
    Ok(HttpResponse::Ok().json(all))
}

/// What a counter called today, also numbers that have gone on to another counter or service group
/// since: where to, and where they are now.
#[utoipa::path(get, path = "/api/v1/counters/{n}/calls", tag = "queue",
    params(("n" = u16, Path, description = "the counter's number")),
    responses((status = 200, body = CounterCalls), (status = 404, body = Problem)))]
pub async fn calls(
    center: actix_routes::Data<Center>,
    _officer: web::Officer,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    let number = known_counter(&center.data.queue, counter_of(&path)?.0)?;
    let view = center.queue.look(Which::CalledAt(number)).await.map_err(failed)?;
    let all = calls_of(&view.tickets, number);
    Ok(HttpResponse::Ok().json(CounterCalls {
        served: all.iter().filter(|call| call.was_served()).count(),
        more: all.len().saturating_sub(CALLS_LISTED_MAX),
        calls: all.iter().take(CALLS_LISTED_MAX).map(CallView::from).collect(),
    }))
}

/// One of the verbs without a body.
async fn plain(
    verb: Plain,
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    caller: Caller,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    // A demonstration's load script may do what an officer does at a counter; a kiosk may not.
    caller.officer_or(&[DeviceRole::Load])?;
    let (origin, at) = pressed(&request, &center, caller, &path)?;
    let (number, queue) = (at.number, &center.queue);
    let reply = match verb {
        Plain::Open => {
            let officer = OfficerId::parse(at.caller.id()).map_err(|_| Problem::internal())?;
            queue.open_counter(origin, number, officer).await
        }
        Plain::Close => queue.close_counter(origin, number).await,
        Plain::CallNext => queue.call_next(origin, number).await,
        Plain::Recall => queue.recall(origin, number).await,
        Plain::Begin => queue.begin(origin, number).await,
        Plain::Complete => queue.complete(origin, number).await,
        Plain::NoShow => queue.no_show(origin, number).await,
    };
    if let Ok(reply) = &reply {
        card_follows(verb, &center, number, reply);
    }
    at.answer(reply)
}

/// The card that was shown at the kiosk fills in where its citizen stands, and goes when the number is done.
fn card_follows(verb: Plain, center: &Center, number: CounterNumber, reply: &QueueReply) {
    let Some(ticket) = &reply.ticket else { return };
    match verb {
        Plain::Begin => center.devices.ticket_comes(number, ticket.id),
        // With a further service to visit it waits again.
        Plain::Complete if ticket.is_finished() => center.devices.ticket_done(ticket.id),
        _ => {}
    }
}

macro_rules! plain_verbs {
    ($($(#[$doc:meta])* $name:ident $path:literal $verb:ident;)*) => { $(
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "queue",
            params(("n" = u16, Path, description = "the counter's number"),
                   ("Idempotency-Key" = String, Header)),
            responses((status = 200, body = CounterAnswer), (status = 409, body = Problem),
                      (status = 503, body = Problem)))]
        pub async fn $name(
            request: HttpRequest,
            center: actix_routes::Data<Center>,
            caller: Caller,
            path: actix_routes::Path<String>,
        ) -> Result<HttpResponse, Problem> {
            plain(Plain::$verb, request, center, caller, path).await
        }
    )* };
}

plain_verbs! {
    /// Staffs a counter, or ends its pause.
    open "/api/v1/counters/{n}/open" Open;
    /// Nobody works there any more.
    close "/api/v1/counters/{n}/close" Close;
    /// Calls the next citizen; the answer says why this one.
    call_next "/api/v1/counters/{n}/call-next" CallNext;
    /// Calls the current number again.
    recall "/api/v1/counters/{n}/recall" Recall;
    /// The citizen is at the counter.
    begin "/api/v1/counters/{n}/begin" Begin;
    /// Served.
    complete "/api/v1/counters/{n}/complete" Complete;
    /// Called and not there.
    no_show "/api/v1/counters/{n}/no-show" NoShow;
}

/// Stops calling for a while.
#[utoipa::path(post, path = "/api/v1/counters/{n}/pause", tag = "queue", request_body = Pausing,
    params(("n" = u16, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = CounterAnswer), (status = 409, body = Problem)))]
pub async fn pause(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: web::Officer,
    path: actix_routes::Path<String>,
    body: actix_routes::Json<Pausing>,
) -> Result<HttpResponse, Problem> {
    let (origin, at) = pressed(&request, &center, Caller::Officer(officer), &path)?;
    let reason: PauseReason =
        serde_json::from_value(body.into_inner().reason.into()).map_err(|_| bad_value("reason"))?;
    at.answer(center.queue.pause_counter(origin, at.number, reason).await)
}

/// Sends the citizen away for a moment; the counter is free.
#[utoipa::path(post, path = "/api/v1/counters/{n}/hold", tag = "queue", request_body = Holding,
    params(("n" = u16, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = CounterAnswer), (status = 409, body = Problem)))]
pub async fn hold(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: web::Officer,
    path: actix_routes::Path<String>,
    body: actix_routes::Json<Holding>,
) -> Result<HttpResponse, Problem> {
    let (origin, at) = pressed(&request, &center, Caller::Officer(officer), &path)?;
    at.answer(center.queue.hold(origin, at.number, body.into_inner().reason).await)
}

/// The citizen is back.
#[utoipa::path(post, path = "/api/v1/counters/{n}/resume", tag = "queue", request_body = Resuming,
    params(("n" = u16, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = CounterAnswer), (status = 409, body = Problem)))]
pub async fn resume(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: web::Officer,
    path: actix_routes::Path<String>,
    body: actix_routes::Json<Resuming>,
) -> Result<HttpResponse, Problem> {
    let (origin, at) = pressed(&request, &center, Caller::Officer(officer), &path)?;
    let reply = center.queue.resume(origin, at.number, body.ticket).await;
    if let Ok(reply) = &reply {
        // As when it began: whose card fills in is whoever stands there now.
        card_follows(Plain::Begin, &center, at.number, reply);
    }
    at.answer(reply)
}

/// Passes the current number on; it keeps its place. With `return_here` it comes back once it is served
/// there.
#[utoipa::path(post, path = "/api/v1/counters/{n}/transfer", tag = "queue",
    request_body = Transferring,
    params(("n" = u16, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = CounterAnswer), (status = 409, body = Problem)))]
pub async fn transfer(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: web::Officer,
    path: actix_routes::Path<String>,
    body: actix_routes::Json<Transferring>,
) -> Result<HttpResponse, Problem> {
    let (origin, at) = pressed(&request, &center, Caller::Officer(officer), &path)?;
    let body = body.into_inner();
    let return_here = body.return_here;
    let to = match body {
        Transferring { counter: Some(number), service: None, .. } => {
            TransferTo::Counter(CounterNumber(number))
        }
        Transferring { counter: None, service: Some(code), .. } => {
            TransferTo::Service(ServiceCode::parse(&code).map_err(|_| bad_value("service"))?)
        }
        _ => return Err(bad_value("counter, service")),
    };
    let reply = if return_here {
        center.queue.transfer_and_return(origin, at.number, to).await
    } else {
        center.queue.transfer(origin, at.number, to).await
    };
    at.answer(reply)
}
