//! What the province shows to everybody without a sign-in: `/cho`, how many wait at which center
//! ([`centers`]), and the page behind a ticket's QR code ([`status`]). Plain HTML without a script.
//!
//! Bounds: an address has its share ([`limit`]); so many pages and bookings are made at once, one more is
//! told "busy"; the list of centers is read from the store once in some seconds, whoever asks. Every answer
//! about a code comes after the same time, right or wrong, and a wrong one takes the same steps.
//!
//! Left to others: what is known (`store::halls`), counting (`domain::report::outside`).

pub mod centers;
pub mod limit;
pub mod page;
pub mod sample;
pub mod status;
pub mod why;

use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::{Duration, Instant};

use ::web::answer_made;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::ids::NodeId;
use domain::points::Points;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

use self::centers::Order;
use self::limit::{Limiter, caller};
use crate::api::HubState;
use crate::error::{HubError, Result};
use crate::store::halls::Hall;
use crate::units::points_for_page;

/// The list of centers is read again after this.
const LIST_KEPT: Duration = Duration::from_secs(5);
/// The same for browsers and whatever stands in between.
const LIST_CACHING: &str = "public, max-age=5";
/// Pages that are made at once, and requests of the booking page: the centers' own entries share the
/// store's connections with them.
const PAGES_AT_ONCE_MAX: usize = 4;
/// One more waits so long for its place.
const PLACE_WAIT: Duration = Duration::from_secs(3);
/// An answer about a code comes no sooner: otherwise its time would tell how far a guess came.
const ANSWER_AFTER: Duration = Duration::from_millis(100);
/// When to come again, for whoever asked too much or found the store away. Seconds.
const RETRY_AFTER_S: u32 = 10;

/// What the public pages share among the server's threads.
#[derive(Default)]
pub struct Public {
    limiter: Lock<Limiter>,
    list: Mutex<Option<(Instant, Arc<Listed>)>>,
    places: Places,
}

/// What `/cho` is made of.
struct Listed {
    halls: Vec<Hall>,
    points: Points,
}

struct Places(Semaphore);

impl Default for Places {
    fn default() -> Self {
        Self(Semaphore::new(PAGES_AT_ONCE_MAX))
    }
}

/// The pages. Add them before the surfaces, which take every path that is left.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route(centers::PATH, web::get().to(list)).route(page::STYLE_PATH, web::get().to(style));
    for path in status::PATHS {
        cfg.route(&format!("{path}/{{code}}"), web::get().to(ticket));
        cfg.route(path, web::get().to(no_ticket));
    }
}

/// The page behind a ticket's code and the list of centers, both made up ([`sample`]), and their style:
/// for measuring what a phone loads.
pub fn configure_sample(cfg: &mut web::ServiceConfig) {
    let ticket = |request: HttpRequest, code: web::Path<String>| async move {
        let html = sample::ticket(&code, jiff::Timestamp::UNIX_EPOCH);
        answer(&request, StatusCode::OK, "private, no-store", html)
    };
    let list = |request: HttpRequest| async move {
        let html = sample::list(jiff::Timestamp::UNIX_EPOCH);
        answer(&request, StatusCode::OK, LIST_CACHING, html)
    };
    cfg.route(&format!("{}/{{code}}", status::PATHS[0]), web::get().to(ticket))
        .route(centers::PATH, web::get().to(list))
        .route(page::STYLE_PATH, web::get().to(style));
}

async fn style(request: HttpRequest) -> HttpResponse {
    let caching = ("text/css; charset=utf-8", "public, max-age=3600");
    answer_made(&request, StatusCode::OK, caching, page::STYLE.to_owned())
}

/// How many wait at which center, how many counters are open, how long a newcomer may wait, and as of
/// when. A page for people, in Vietnamese and English; kept for five seconds.
#[utoipa::path(get, path = "/cho", tag = "pages",
    params(("xep" = Option<String>, Query, description = "`it-nguoi`: the fewest first; else by name")),
    responses((status = 200, content_type = "text/html"), (status = 429, content_type = "text/html"),
              (status = 503, content_type = "text/html")))]
pub(crate) async fn list(request: HttpRequest, state: web::Data<HubState>) -> HttpResponse {
    if !state.public.admits(&request) {
        return too_many(&request);
    }
    let fewest_first = request
        .query_string()
        .split('&')
        .any(|part| part.split_once('=') == Some(("xep", centers::FEWEST_FIRST)));
    let order = if fewest_first { Order::FewestFirst } else { Order::Name };
    match state.public.listed(&state).await {
        Ok(listed) => {
            let Listed { halls, points } = &*listed;
            let html = centers::render(halls, points, order, state.clock.now());
            answer(&request, StatusCode::OK, LIST_CACHING, html)
        }
        Err(error) => away(&request, error.code()),
    }
}

/// Where a ticket stands, by the code on its paper; `/status/{code}` is the same. A page for people; a
/// code that no center made, of whatever form, is not found.
#[utoipa::path(get, path = "/t/{code}", tag = "pages",
    params(("code" = String, Path, description = "The code behind the QR code of the ticket")),
    responses((status = 200, content_type = "text/html"), (status = 404, content_type = "text/html"),
              (status = 429, content_type = "text/html"), (status = 503, content_type = "text/html")))]
pub(crate) async fn ticket(
    request: HttpRequest,
    code: web::Path<String>,
    state: web::Data<HubState>,
) -> HttpResponse {
    let ready_at = tokio::time::Instant::now() + ANSWER_AFTER;
    if !state.public.admits(&request) {
        return too_many(&request);
    }
    let Some(place) = state.public.place().await else {
        return away(&request, "hub.public_busy");
    };
    let now = state.clock.now();
    let known = state.store.ticket_of_code(&code, now).await;
    drop(place);
    let response = match known {
        Ok(Some(mut known)) => {
            known.unit_name = name_at(&state, &known.unit_name, &known.node).await;
            let html = status::render(&known, &code, now);
            answer(&request, StatusCode::OK, "private, no-store", html)
        }
        Ok(None) => unknown(&request),
        Err(error) => away(&request, error.code()),
    };
    tokio::time::sleep_until(ready_at).await;
    response
}

async fn no_ticket(request: HttpRequest, state: web::Data<HubState>) -> HttpResponse {
    if state.public.admits(&request) { unknown(&request) } else { too_many(&request) }
}

/// What people call a box of a unit: by its reception point, where it stands at one.
pub(crate) async fn name_at(state: &HubState, unit_name: &str, node: &str) -> String {
    let points = points_for_page(&state.enroller.settings).await;
    NodeId::parse(node)
        .map_or_else(|_| unit_name.to_owned(), |node| points.name_at(unit_name, &node))
}

impl Public {
    fn admits(&self, request: &HttpRequest) -> bool {
        let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
        limiter.admits(caller(request), Instant::now())
    }

    /// A place among what is made at once for everybody; nothing where none became free in time.
    pub(crate) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(PLACE_WAIT, self.places.0.acquire()).await.ok()?.ok()
    }

    /// The halls as they were read some seconds ago at most. Who comes while they are read waits for
    /// that one reading.
    async fn listed(&self, state: &HubState) -> Result<Arc<Listed>> {
        let Ok(mut list) = tokio::time::timeout(PLACE_WAIT, self.list.lock()).await else {
            let why = "the list of halls is being read for others";
            return Err(HubError::refused("hub.public_busy", why));
        };
        if let Some((read_at, listed)) = &*list
            && read_at.elapsed() < LIST_KEPT
        {
            return Ok(Arc::clone(listed));
        }
        let halls = state.store.halls().await?;
        let points = points_for_page(&state.enroller.settings).await;
        let listed = Arc::new(Listed { halls, points });
        *list = Some((Instant::now(), Arc::clone(&listed)));
        Ok(listed)
    }
}

fn answer(
    request: &HttpRequest,
    status: StatusCode,
    caching: &'static str,
    html: String,
) -> HttpResponse {
    answer_made(request, status, ("text/html; charset=utf-8", caching), html)
}

fn unknown(request: &HttpRequest) -> HttpResponse {
    answer(request, StatusCode::NOT_FOUND, "no-store", status::render_unknown())
}

fn too_many(request: &HttpRequest) -> HttpResponse {
    let title = ("Mời chờ giây lát", "Please wait a moment");
    let why = (
        "Có quá nhiều lượt xem từ địa chỉ này. Mời tải lại sau ít giây.",
        "Too many pages were asked for from this address. Please reload in some seconds.",
    );
    later(request, StatusCode::TOO_MANY_REQUESTS, title, why)
}

/// The store cannot be read now, or everybody is busy; the cause stands in the log.
fn away(request: &HttpRequest, code: &str) -> HttpResponse {
    tracing::warn!(code, "a public page could not be made");
    let title = ("Chưa xem được lúc này", "Not to be seen now");
    let why = (
        "Hệ thống đang bận. Mời tải lại sau ít giây, hoặc xem màn hình tại Trung tâm.",
        "The system is busy. Please reload in some seconds, or look at the center's screens.",
    );
    later(request, StatusCode::SERVICE_UNAVAILABLE, title, why)
}

fn later(
    request: &HttpRequest,
    status: StatusCode,
    title: page::Said<'_>,
    why: page::Said<'_>,
) -> HttpResponse {
    let mut response =
        answer(request, status, "no-store", page::page(title, &page::both("large", why)));
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_S.into());
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn so_many_have_a_place_at_once_and_one_more_waits_for_one_of_them() {
        let public = Public::default();
        let mut held: Vec<_> =
            (0..PAGES_AT_ONCE_MAX).map(|_| public.place().now_or_never().flatten()).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(public.place().now_or_never().is_none());
        held.pop();
        assert!(public.place().now_or_never().flatten().is_some());
    }
}
