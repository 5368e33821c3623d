//! Who is asking: an officer with a session cookie, or a device with a bearer token.
//!
//! A handler takes [`Officer`], [`Device`] or [`Caller`] as an argument and is not called when
//! there is none. Requests that change something and come with the cookie must carry the header
//! `X-CSRF-Token`; a bearer token needs none, since a foreign page cannot send it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::Now;
use crate::password::{PasswordError, Passwords};
use crate::problem::Problem;
use crate::session::{Accounts, DeviceTokens, SessionStore, Token, TokenHash};
use crate::throttle::LoginThrottle;

/// `__Host-`: the browser takes it over HTTPS only, for this host alone, for every path.
const COOKIE: &str = "__Host-motcua";
/// The port of HTTPS, which needs no name.
const HTTPS_PORT: u16 = 443;
/// The header that carries the session's confirmation code.
pub const CSRF_HEADER: &str = "X-CSRF-Token";
/// A WebSocket carries a device's token as the subprotocol `motcua.<token>`.
pub const TOKEN_PROTOCOL: &str = "motcua.";
/// A session's last use is written at most so often.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// Longer login names are refused unseen.
const LOGIN_LENGTH_MAX: usize = 64;

/// What an officer may do; each role may do what the ones before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works at a counter.
    Officer,
    /// Head of the center.
    Head,
    /// Administrator of the unit.
    Admin,
}

impl Role {
    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Officer => "officer",
            Role::Head => "head",
            Role::Admin => "admin",
        }
    }

    /// The role of a name in tables; an unknown one may do the least.
    #[must_use]
    pub fn of_name(name: &str) -> Role {
        [Role::Admin, Role::Head]
            .into_iter()
            .find(|role| role.name() == name)
            .unwrap_or(Role::Officer)
    }
}

/// A signed-in officer. As a handler's argument: only with a valid session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Officer {
    /// The account's id, as entries name it.
    pub id: String,
    /// For the screen.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

impl Officer {
    /// Refuses a role below `role`.
    pub fn require(&self, role: Role) -> Result<(), Problem> {
        if self.role >= role { Ok(()) } else { Err(Problem::not_allowed()) }
    }
}

/// What a device is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceRole {
    /// Issues tickets.
    Kiosk,
    /// Shows calls.
    Hall,
    /// Takes ratings at one counter.
    Tablet,
    /// Shows what one counter does.
    Counter,
    /// A load generator; a center lets it in only in a demonstration.
    Load,
}

/// A device with a token. As a handler's argument: only with a valid token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Device {
    /// As entries name it.
    pub id: String,
    /// What it is there for.
    pub role: DeviceRole,
    /// The counter it belongs to.
    pub counter: Option<u16>,
}

/// Whoever is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Signed in.
    Officer(Officer),
    /// With a token.
    Device(Device),
}

impl Caller {
    /// The id that stands in an entry.
    pub fn id(&self) -> &str {
        match self {
            Self::Officer(officer) => &officer.id,
            Self::Device(device) => &device.id,
        }
    }

    /// The officer, or "not allowed".
    pub fn officer(&self) -> Result<&Officer, Problem> {
        match self {
            Self::Officer(officer) => Ok(officer),
            Self::Device(_) => Err(Problem::not_allowed()),
        }
    }

    /// Any officer, or a device of one of these roles.
    pub fn officer_or(&self, roles: &[DeviceRole]) -> Result<(), Problem> {
        match self {
            Self::Officer(_) => Ok(()),
            Self::Device(device) if roles.contains(&device.role) => Ok(()),
            Self::Device(_) => Err(Problem::not_allowed()),
        }
    }

    /// An officer, or the tablet of exactly this counter.
    pub fn officer_or_tablet_of(&self, counter: u16) -> Result<(), Problem> {
        match self {
            Self::Device(device) if device.counter != Some(counter) => Err(Problem::not_allowed()),
            _ => self.officer_or(&[DeviceRole::Tablet]),
        }
    }
}

/// How long a session lives.
#[derive(Debug, Clone, Copy)]
pub struct AuthSettings {
    /// Without a request for so long it ends.
    pub idle: SignedDuration,
    /// It never lives longer.
    pub absolute: SignedDuration,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self { idle: SignedDuration::from_mins(30), absolute: SignedDuration::from_hours(10) }
    }
}

/// Sign-in and identification; cheap to clone. Put it into the app as `web::Data<Auth>`.
#[derive(Clone)]
pub struct Auth {
    inner: Arc<Inner>,
}

struct Inner {
    settings: AuthSettings,
    now: Now,
    sessions: Arc<dyn SessionStore>,
    accounts: Arc<dyn Accounts>,
    devices: Arc<dyn DeviceTokens>,
    passwords: Passwords,
    throttle: Mutex<LoginThrottle>,
    /// Moves when every open page is to be asked for again.
    rechecks: watch::Sender<()>,
}

/// The outcome of a sign-in.
pub struct SignedIn {
    /// Who it is.
    pub officer: Officer,
    /// For the header `X-CSRF-Token`.
    pub csrf: String,
    /// To be set.
    pub cookie: Cookie<'static>,
}

/// A caller and the secret they came with; [`Auth::still_valid`] asks again later.
#[derive(Clone)]
pub struct Identified {
    /// Who it is.
    pub caller: Caller,
    token: Token,
}

impl Identified {
    /// The confirmation code of an officer's session.
    pub fn csrf(&self) -> String {
        self.token.csrf()
    }
}

impl Auth {
    /// Over the stores of this end.
    pub fn new(
        settings: AuthSettings,
        now: Now,
        sessions: Arc<dyn SessionStore>,
        accounts: Arc<dyn Accounts>,
        devices: Arc<dyn DeviceTokens>,
    ) -> Self {
        let passwords = Passwords::default();
        let throttle = Mutex::new(LoginThrottle::default());
        Self {
            inner: Arc::new(Inner {
                settings,
                now,
                sessions,
                accounts,
                devices,
                passwords,
                throttle,
                rechecks: watch::Sender::new(()),
            }),
        }
    }

    /// The pool that also hashes new passwords.
    pub fn passwords(&self) -> &Passwords {
        &self.inner.passwords
    }

    /// Checks a password and opens a session under a new token; a session that the request came
    /// with is ended, whoever planted it.
    pub async fn log_in(
        &self,
        request: &HttpRequest,
        login: &str,
        password: String,
    ) -> Result<SignedIn, Problem> {
        let login = login.trim();
        if login.is_empty() || login.chars().count() > LOGIN_LENGTH_MAX {
            return Err(Problem::wrong_login());
        }
        let address = peer(request);
        let wait = self.throttle(|throttle, now| throttle.try_now(login, address, now));
        if let Some(wait) = wait {
            tracing::warn!(%address, wait_s = wait.as_secs(), "sign-in is slowed down");
            return Err(Problem::wait_after_failures(seconds_up(wait)));
        }
        let account = match self.inner.accounts.find(login).await {
            Ok(account) => account,
            Err(problem) => {
                self.throttle(|throttle, _| throttle.not_checked(login, address));
                return Err(problem);
            }
        };
        let stored = account.as_ref().map(|account| account.password_hash.clone());
        let right = match self.inner.passwords.verify(password, stored).await {
            Ok(right) => right,
            Err(PasswordError::TooLong | PasswordError::TooShort) => false,
            Err(err) => {
                self.throttle(|throttle, _| throttle.not_checked(login, address));
                return Err(match err {
                    PasswordError::Busy => Problem::busy(),
                    err => {
                        tracing::error!(%err, "a password could not be checked");
                        Problem::internal()
                    }
                });
            }
        };
        let Some(account) = account.filter(|_| right) else {
            tracing::warn!(%address, "wrong login name or password");
            return Err(Problem::wrong_login());
        };
        self.throttle(|throttle, now| throttle.succeeded(login, address, now));

        if let Some(old) = cookie_token(request) {
            self.inner.sessions.delete(old.hash()).await?;
        }
        let token = Token::random()?;
        self.inner.sessions.create(token.hash(), &account.officer.id, self.now()).await?;
        tracing::info!(officer = %account.officer.id, %address, "signed in");
        Ok(SignedIn {
            csrf: token.csrf(),
            cookie: session_cookie(request, token.reveal(), self.inner.settings.absolute),
            officer: account.officer,
        })
    }

    /// Ends the request's session; the answer carries the cookie that removes it.
    pub async fn log_out(&self, request: &HttpRequest) -> Result<Cookie<'static>, Problem> {
        if let Some(token) = cookie_token(request) {
            self.inner.sessions.delete(token.hash()).await?;
        }
        Ok(session_cookie(request, "", SignedDuration::ZERO))
    }

    /// Who sends this request.
    pub async fn identify(&self, request: &HttpRequest) -> Result<Identified, Problem> {
        if let Some(token) = bearer_token(request) {
            let token = token.ok_or_else(Problem::not_signed_in)?;
            let device = self.inner.devices.find(token.hash()).await?;
            let caller = Caller::Device(device.ok_or_else(Problem::not_signed_in)?);
            return Ok(Identified { caller, token });
        }
        let token = cookie_token(request).ok_or_else(Problem::not_signed_in)?;
        let officer = self.officer_of(token.hash(), true).await?;
        let changes = ![Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
        if changes && !carries_csrf(request, &token) {
            return Err(Problem::csrf());
        }
        Ok(Identified { caller: Caller::Officer(officer), token })
    }

    /// Asks again for an open connection. It does not count as use, so that an open page does not
    /// keep a session alive.
    pub async fn still_valid(&self, identified: &Identified) -> Result<(), Problem> {
        let hash = identified.token.hash();
        match &identified.caller {
            Caller::Officer(_) => self.officer_of(hash, false).await.map(|_| ()),
            Caller::Device(device) => match self.inner.devices.find(hash).await? {
                Some(now) if now == *device => Ok(()),
                _ => Err(Problem::not_signed_in()),
            },
        }
    }

    /// Asks every open page at once whether it may go on: a device's token was withdrawn. Without it a
    /// page is asked every [`crate::LiveSettings::recheck`].
    pub fn recheck_pages(&self) {
        self.inner.rechecks.send_replace(());
    }

    /// Hears [`Self::recheck_pages`] from now on.
    pub(crate) fn rechecks(&self) -> watch::Receiver<()> {
        self.inner.rechecks.subscribe()
    }

    async fn officer_of(&self, token: TokenHash, counts_as_use: bool) -> Result<Officer, Problem> {
        let sessions = &self.inner.sessions;
        let record = sessions.find(token).await?.ok_or_else(Problem::not_signed_in)?;
        let now = self.now();
        let unused_for = now.duration_since(record.seen_at);
        let open_for = now.duration_since(record.created_at);
        if unused_for >= self.inner.settings.idle || open_for >= self.inner.settings.absolute {
            sessions.delete(token).await?;
            return Err(Problem::session_ended());
        }
        if counts_as_use && unused_for >= TOUCH_EVERY {
            // With a full disk officers must still see what is wrong; the session only ends sooner.
            if let Err(problem) = sessions.touch(token, now).await {
                tracing::warn!(code = %problem.code, "that a session is used was not written down");
            }
        }
        Ok(record.officer)
    }

    fn now(&self) -> Timestamp {
        (self.inner.now)()
    }

    fn throttle<T>(&self, ask: impl FnOnce(&mut LoginThrottle, Timestamp) -> T) -> T {
        let now = self.now();
        // A panic while counting leaves numbers that are at worst one off.
        let mut throttle = self.inner.throttle.lock().unwrap_or_else(PoisonError::into_inner);
        ask(&mut throttle, now)
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(auth_of(&request)?.identify(&request).await?.caller) })
    }
}

impl FromRequest for Officer {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload);
        Box::pin(async move { caller.await?.officer().cloned() })
    }
}

impl FromRequest for Device {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload);
        Box::pin(async move {
            match caller.await? {
                Caller::Device(device) => Ok(device),
                Caller::Officer(_) => Err(Problem::not_allowed()),
            }
        })
    }
}

/// The app's [`Auth`].
pub(crate) fn auth_of(request: &HttpRequest) -> Result<web::Data<Auth>, Problem> {
    request.app_data::<web::Data<Auth>>().cloned().ok_or_else(|| {
        tracing::error!("the server was configured without web::Data<Auth>");
        Problem::internal()
    })
}

/// The subprotocol to answer a WebSocket with: `motcua` if offered, else the token's own, because a
/// browser closes a socket whose offers were all ignored.
pub(crate) fn socket_protocol(request: &HttpRequest) -> Option<String> {
    let offered: Vec<&str> = socket_protocols(request).collect();
    offered
        .iter()
        .find(|protocol| **protocol == "motcua")
        .or_else(|| offered.iter().find(|protocol| protocol.starts_with(TOKEN_PROTOCOL)))
        .map(|protocol| (*protocol).to_owned())
}

fn socket_protocols(request: &HttpRequest) -> impl Iterator<Item = &str> {
    request
        .headers()
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// The token that the request brings; `Some(None)` when what it brings cannot be one, so that a
/// wrong token is not saved by a right cookie.
fn bearer_token(request: &HttpRequest) -> Option<Option<Token>> {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let bearer = value.to_str().ok().and_then(|value| value.split_once(' '));
        let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        return Some(bearer.and_then(|(_, token)| Token::parse(token.trim())));
    }
    socket_protocols(request).find_map(|p| p.strip_prefix(TOKEN_PROTOCOL)).map(Token::parse)
}

/// The name of the session's cookie at a port. A browser sends a cookie to every port of its host: two
/// centers on one machine would end each other's sessions under one name.
#[must_use]
pub fn cookie_name(port: u16) -> String {
    if port == HTTPS_PORT { COOKIE.to_owned() } else { format!("{COOKIE}-{port}") }
}

fn own_cookie_name(request: &HttpRequest) -> String {
    cookie_name(request.app_config().local_addr().port())
}

fn cookie_token(request: &HttpRequest) -> Option<Token> {
    Token::parse(request.cookie(&own_cookie_name(request))?.value())
}

fn carries_csrf(request: &HttpRequest, token: &Token) -> bool {
    let Some(given) = request.headers().get(CSRF_HEADER) else { return false };
    // Both sides are hashed under the token before they are compared, so the time tells nothing.
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, token.reveal().as_bytes());
    let expected = ring::hmac::sign(&key, token.csrf().as_bytes());
    ring::hmac::verify(&key, given.as_bytes(), expected.as_ref()).is_ok()
}

fn session_cookie(request: &HttpRequest, value: &str, lifetime: SignedDuration) -> Cookie<'static> {
    Cookie::build(own_cookie_name(request), value.to_owned())
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(actix_web::cookie::time::Duration::seconds(lifetime.as_secs()))
        .finish()
}

/// The address that a request comes from; `X-Forwarded-*` is not believed, there is no proxy.
#[must_use]
pub fn peer(request: &HttpRequest) -> IpAddr {
    // Without an address (a Unix socket) everybody counts as one.
    request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |address| address.ip())
}

fn seconds_up(wait: SignedDuration) -> u32 {
    let seconds = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
    u32::try_from(seconds.max(1)).unwrap_or(u32::MAX)
}
