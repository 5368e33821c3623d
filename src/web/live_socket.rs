//! One page's WebSocket: who it is, what it follows, what it is sent.

use std::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, rt, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, Closed, Session};
use futures_util::StreamExt;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{Instant, interval_at, timeout};

use crate::auth::{self, Auth, Identified};
use crate::live::{Followed, LiveHub, Place};
use crate::problem::Problem;
use crate::stopping::Stopping;

/// What a page may say. A new list replaces the old one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    subscribe: Vec<String>,
}

/// Why a page's connection ends.
enum End {
    /// The page went away, or takes nothing any more.
    Gone,
    /// The session ended or the token was revoked.
    NotSignedIn,
    /// It said what cannot be understood.
    NotUnderstood(&'static str),
    /// The server stops.
    ServerStops,
}

/// How long a page may take to hear that it is closed; then its connection is dropped.
const CLOSE_MAX: Duration = Duration::from_secs(1);

/// What a page is told by a server that stops: it will be back, so the page asks again.
const SERVER_STOPS: &str = "server.stops";

/// The handler of `GET /live`. Needs `web::Data<Auth>` and `web::Data<LiveHub>` in the app.
pub async fn live(
    request: HttpRequest,
    body: web::Payload,
    hub: web::Data<LiveHub>,
    stopping: web::Data<Stopping>,
) -> Result<HttpResponse, actix_web::Error> {
    let auth = auth::auth_of(&request)?;
    // Before the token is looked up: one that is withdrawn meanwhile is not missed.
    let rechecks = auth.rechecks();
    let identified = auth.identify(&request).await?;
    let place = hub.enter().ok_or_else(Problem::busy)?;
    let protocol = auth::socket_protocol(&request);
    let (mut response, session, stream) = actix_ws::handle(&request, body)
        .map_err(|_| Problem::invalid("this address takes a WebSocket"))?;
    if let Some(protocol) = protocol
        && let Ok(value) = HeaderValue::from_str(&protocol)
    {
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, value);
    }
    let message_bytes_max = hub.settings().message_bytes_max;
    let stream = stream
        .max_frame_size(message_bytes_max)
        .aggregate_continuations()
        .max_continuation_size(message_bytes_max);
    let page = Page {
        hub: hub.get_ref().clone(),
        auth: auth.get_ref().clone(),
        identified,
        rechecks,
        followed: Vec::new(),
        stopping: stopping.get_ref().clone(),
        session,
        _place: place,
    };
    rt::spawn(page.run(stream));
    Ok(response)
}

struct Page {
    hub: LiveHub,
    auth: Auth,
    identified: Identified,
    rechecks: watch::Receiver<()>,
    followed: Vec<Followed>,
    stopping: Stopping,
    session: Session,
    _place: Place,
}

impl Page {
    async fn run(mut self, mut stream: AggregatedMessageStream) {
        let reason = match self.serve(&mut stream).await {
            End::Gone => None,
            End::NotSignedIn => Some((CloseCode::Policy, "auth.session_ended")),
            End::NotUnderstood(code) => Some((CloseCode::Policy, code)),
            End::ServerStops => Some((CloseCode::Away, SERVER_STOPS)),
        };
        let close = self.session.close(reason.map(Into::into));
        // A page that reads nothing does not read the close either.
        let _ = timeout(CLOSE_MAX, close).await;
    }

    async fn serve(&mut self, stream: &mut AggregatedMessageStream) -> End {
        let settings = *self.hub.settings();
        let mut moved = self.hub.moved();
        let mut stops = self.stopping.heard();
        let mut rechecks = self.rechecks.clone();
        let start = Instant::now();
        let mut heartbeat = interval_at(start, settings.heartbeat);
        let mut recheck = interval_at(start + settings.recheck, settings.recheck);
        let mut heard_at = start;
        loop {
            // Seen before looking, so that what is published while we send wakes us again.
            moved.mark_unchanged();
            while let Some((index, snapshot)) = self.hub.next_for(&self.followed) {
                if self.text(snapshot.text.to_string()).await.is_err() {
                    return End::Gone;
                }
                if let Some(followed) = self.followed.get_mut(index) {
                    followed.seen = Some(snapshot.version);
                }
            }
            tokio::select! {
                message = stream.next() => match message {
                    None | Some(Err(_) | Ok(AggregatedMessage::Close(_))) => return End::Gone,
                    Some(Ok(message)) => {
                        heard_at = Instant::now();
                        if let Err(end) = self.hear(message).await {
                            return end;
                        }
                    }
                },
                _ = stops.wait_for(|asked| *asked) => return End::ServerStops,
                changed = moved.changed() => if changed.is_err() { return End::Gone },
                _ = heartbeat.tick() => {
                    if heard_at.elapsed() >= settings.silence {
                        return End::Gone;
                    }
                    let beat = self.hub.heartbeat();
                    if self.text(beat).await.is_err() || self.session.ping(b"").await.is_err() {
                        return End::Gone;
                    }
                }
                asked = rechecks.changed() => {
                    if asked.is_err() || self.auth.still_valid(&self.identified).await.is_err() {
                        return End::NotSignedIn;
                    }
                }
                _ = recheck.tick() => {
                    if self.auth.still_valid(&self.identified).await.is_err() {
                        return End::NotSignedIn;
                    }
                }
            }
        }
    }

    async fn hear(&mut self, message: AggregatedMessage) -> Result<(), End> {
        match message {
            AggregatedMessage::Text(text) => self.subscribe(&text).await,
            AggregatedMessage::Ping(bytes) => {
                self.session.pong(&bytes).await.map_err(|_: Closed| End::Gone)
            }
            AggregatedMessage::Binary(_) => Err(End::NotUnderstood("live.not_text")),
            _ => Ok(()),
        }
    }

    async fn subscribe(&mut self, text: &str) -> Result<(), End> {
        let Ok(Request { subscribe }) = serde_json::from_str(text) else {
            return Err(End::NotUnderstood("live.not_understood"));
        };
        if subscribe.len() > self.hub.settings().topics_per_client_max {
            return Err(End::NotUnderstood("live.too_many_topics"));
        }
        let mut followed: Vec<Followed> = Vec::with_capacity(subscribe.len());
        let mut refused = Vec::new();
        for topic in subscribe {
            if followed.iter().any(|known| known.topic == topic) {
                continue;
            }
            if !self.hub.may(&self.identified.caller, &topic) {
                refused.push(topic);
                continue;
            }
            let seen = self.followed.iter().find(|known| known.topic == topic);
            let seen = seen.and_then(|known| known.seen);
            followed.push(Followed { topic, seen });
        }
        self.followed = followed;
        if !refused.is_empty() {
            let answer = serde_json::json!({
                "topic": "refused", "code": "auth.not_allowed", "topics": refused,
            });
            self.text(answer.to_string()).await.map_err(|()| End::Gone)?;
        }
        Ok(())
    }

    /// Sends; a page that takes nothing for [`crate::LiveSettings::silence`] is given up.
    async fn text(&mut self, text: String) -> Result<(), ()> {
        match timeout(self.hub.settings().silence, self.session.text(text)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(()),
        }
    }
}
