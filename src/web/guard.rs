//! What every request passes on its way in and every answer on its way out: a seat under the cap
//! per address, the origin check, a time limit, security headers, a body for every error.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, Uri};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};

use crate::problem::Problem;
use crate::stopping::{OpenBody, Stopping};

/// Only what we serve ourselves; nothing inline, nothing evaluated; nobody frames us. Pictures and
/// players may also show what the page itself holds (a scan, a clip).
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
     img-src 'self' data: blob:; media-src 'self' blob:; frame-src 'self' blob:; \
     object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Sets the security headers, and `no-store` where a handler decided nothing about caching.
pub fn harden(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The settings of the guard, shared by all workers.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) request_time: Duration,
    pub(crate) seats: Seats,
    pub(crate) stopping: Stopping,
}

/// The middleware.
pub(crate) async fn pass<B: MessageBody + 'static>(
    guard: Guard,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let open = guard.stopping.enter();
    if let Some(address) = request.peer_addr()
        && let Some(seat) = request.conn_data::<ConnectionSeat>()
        && !seat.take(&guard.seats, address.ip())
    {
        return Err(Problem::busy().into());
    }
    if !same_origin(&request) {
        tracing::warn!(peer = ?request.peer_addr(), "a page of another site sent a request");
        return Err(Problem::wrong_origin().into());
    }
    let response = match tokio::time::timeout(guard.request_time, next.call(request)).await {
        Ok(response) => response?,
        Err(_) => return Err(Problem::too_slow().into()),
    };
    let mut response = finish(response);
    let head = response.response_mut().head_mut();
    if guard.stopping.is_asked() && !head.upgrade() {
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response.map_body(|_, body| OpenBody::boxed(body, open)))
}

fn finish<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
) -> ServiceResponse<EitherBody<B>> {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    let is_empty = matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0));
    let mut response = if is_error && !is_json && is_empty {
        response.into_response(Problem::of_status(status).error_response()).map_into_right_body()
    } else {
        response.map_into_left_body()
    };
    harden(response.headers_mut());
    response
}

/// Whether a request that could do harm comes from our own pages. A browser always sends `Origin`
/// with what changes something and with a WebSocket; other programs send none, and need a token.
fn same_origin(request: &ServiceRequest) -> bool {
    let safe = [Method::GET, Method::HEAD].contains(request.method());
    let upgrades = request.headers().contains_key(header::UPGRADE);
    if safe && !upgrades {
        return true;
    }
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    if site.is_some_and(|site| site != b"same-origin" && site != b"none") {
        return false;
    }
    let Some(origin) = request.headers().get(header::ORIGIN) else { return true };
    let (Ok(origin), Some(host)) = (origin.to_str(), host_of(request)) else { return false };
    let Ok(origin) = origin.parse::<Uri>() else { return false };
    origin.authority().is_some_and(|authority| authority.as_str().eq_ignore_ascii_case(host))
}

/// The host that the request was sent to; `X-Forwarded-*` is not believed, there is no proxy.
fn host_of(request: &ServiceRequest) -> Option<&str> {
    let header = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    header.or_else(|| request.uri().authority().map(|authority| authority.as_str()))
}

/// Counts open connections per address.
#[derive(Clone, Default)]
pub(crate) struct Seats {
    per_address_max: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Seats {
    pub(crate) fn new(per_address_max: usize) -> Self {
        Self { per_address_max, taken: Arc::default() }
    }

    fn sit(&self, address: IpAddr) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(address).or_insert(0);
        // This machine's own programs (the kiosk's browser, the tests, a bench) are not counted.
        if *count >= self.per_address_max && !address.is_loopback() {
            return None;
        }
        *count += 1;
        Some(Seat { seats: self.clone(), address })
    }

    fn leave(&self, address: IpAddr) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&address);
            }
        }
    }
}

struct Seat {
    seats: Seats,
    address: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.leave(self.address);
    }
}

/// Lives in the connection's data, is filled by its first request and freed when it closes. A
/// connection that never sends a whole head is not counted: the head's time limit ends it.
#[derive(Default)]
pub(crate) struct ConnectionSeat(Mutex<Option<Seat>>);

impl ConnectionSeat {
    fn take(&self, seats: &Seats, address: IpAddr) -> bool {
        let mut seat = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seat.is_none() {
            *seat = seats.sit(address.to_canonical());
        }
        seat.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn request(headers: &[(&str, &str)]) -> ServiceRequest {
        let mut request = TestRequest::post().insert_header(("host", "center.local:8443"));
        for header in headers {
            request = request.insert_header(*header);
        }
        request.to_srv_request()
    }

    #[test]
    fn our_own_pages_pass_and_foreign_ones_do_not() {
        assert!(same_origin(&request(&[("origin", "https://center.local:8443")])));
        assert!(same_origin(&request(&[])));
        for foreign in [
            "https://center.local",
            "https://evil.example",
            "https://center.local.evil.example:8443",
            "null",
            "https://evil.example/center.local:8443",
            "\u{1}",
        ] {
            let headers = [("origin", foreign)];
            if HeaderValue::from_str(foreign).is_ok() {
                assert!(!same_origin(&request(&headers)), "{foreign}");
            }
        }
        assert!(!same_origin(&request(&[("sec-fetch-site", "same-site")])));
    }

    #[test]
    fn a_socket_is_checked_and_a_plain_page_is_not() {
        let get = |headers: &[(&str, &str)]| {
            let mut request = TestRequest::get().insert_header(("host", "center.local"));
            for header in headers {
                request = request.insert_header(*header);
            }
            request.to_srv_request()
        };
        let foreign = ("origin", "https://evil.example");
        assert!(same_origin(&get(&[foreign])));
        assert!(!same_origin(&get(&[foreign, ("upgrade", "websocket")])));
        assert!(same_origin(&get(&[("origin", "https://center.local"), ("upgrade", "websocket")])));
    }

    #[test]
    fn an_address_has_so_many_seats_and_a_closed_connection_frees_its_own() {
        let seats = Seats::new(2);
        let address = IpAddr::from([10, 0, 0, 7]);
        let first = ConnectionSeat::default();
        let second = ConnectionSeat::default();
        let third = ConnectionSeat::default();
        assert!(first.take(&seats, address));
        assert!(first.take(&seats, address), "one connection sits once");
        assert!(second.take(&seats, address));
        assert!(!third.take(&seats, address));
        assert!(third.take(&seats, IpAddr::from([10, 0, 0, 8])));
        drop(first);
        assert!(ConnectionSeat::default().take(&seats, address));
        drop(second);
        drop(third);
        assert_eq!(seats.taken.lock().unwrap().len(), 0);
    }
}
