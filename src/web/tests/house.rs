//! A server with an officer, devices, a moved clock and a few handlers.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;

use crate::memory::Memory;
use crate::session::Token;
use crate::{
    Auth, AuthSettings, Caller, Device, DeviceRole, Limits, LiveHub, LiveSettings, Now, Officer,
    Problem, Role, ServeOptions, Serving, assets, live, password, problem, serve, session_api,
};

pub const PASSWORD: &str = "mật khẩu của chị Lan";

pub struct House {
    pub serving: Serving,
    pub address: SocketAddr,
    pub hub: LiveHub,
    pub memory: Arc<Memory>,
    pub auth: Auth,
    pub hall_token: Token,
    pub clock: Arc<AtomicI64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    #[allow(dead_code, reason = "only its form matters here")]
    text: String,
}

pub fn open() -> House {
    open_with(Limits::default(), LiveSettings::default())
}

pub fn open_with(limits: Limits, live_settings: LiveSettings) -> House {
    // Computing it takes a while; all tests share it.
    static HASH: OnceLock<String> = OnceLock::new();
    let hash = HASH.get_or_init(|| password::hash_new(PASSWORD).unwrap());

    let clock = Arc::new(AtomicI64::new(1_763_860_000));
    let time = Arc::clone(&clock);
    let now: Now = Arc::new(move || {
        Timestamp::from_second(time.load(Ordering::Relaxed)).unwrap_or(Timestamp::UNIX_EPOCH)
    });
    let memory = Arc::new(Memory::default());
    let officer = |id: &str, role| Officer { id: id.into(), name: "Lan".into(), role };
    memory.add_account("lan", officer("o-lan", Role::Officer), hash);
    memory.add_account("minh", officer("o-minh", Role::Head), hash);
    let hall_token = Token::random().unwrap();
    let hall = Device { id: "d-hall".into(), role: DeviceRole::Hall, counter: None };
    memory.add_device(hall_token.hash(), hall);

    let settings = AuthSettings::default();
    let auth =
        Auth::new(settings, Arc::clone(&now), memory.clone(), memory.clone(), memory.clone());
    let hub = LiveHub::new(live_settings, now, |caller, topic| match caller {
        Caller::Officer(_) => true,
        Caller::Device(device) => device.role == DeviceRole::Hall && topic == "hall",
    });
    let (shared_hub, shared_auth) = (hub.clone(), auth.clone());
    let configure = move |cfg: &mut web::ServiceConfig| {
        cfg.app_data(web::Data::new(shared_auth.clone()))
            .app_data(web::Data::new(shared_hub.clone()))
            .service(
                web::scope("/api/v1")
                    .configure(session_api::configure)
                    .route("/live", web::get().to(live::live))
                    .route("/notes", web::post().to(note))
                    .route("/heads", web::post().to(heads_only))
                    .route("/tablets/{counter}", web::get().to(tablet))
                    .default_service(web::to(problem::nothing_here)),
            )
            .configure(|cfg| assets::configure(&["console", "hall"], cfg));
    };
    let options = ServeOptions { workers: 1, limits };
    let serving = serve("127.0.0.1:0", None, &options, configure).unwrap();
    House { address: serving.addresses[0], serving, hub, memory, auth, hall_token, clock }
}

impl House {
    pub fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Signs in and gives cookie and confirmation code.
    pub async fn sign_in(&self, login: &str) -> (String, String) {
        let answer = self.try_sign_in(login, PASSWORD, &[]).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let csrf = answer.json()["csrf"].as_str().unwrap().to_owned();
        (format!("{}={}", crate::auth::cookie_name(self.address.port()), answer.cookie()), csrf)
    }

    pub async fn try_sign_in(
        &self,
        login: &str,
        password: &str,
        headers: &[(&str, &str)],
    ) -> super::client::Answer {
        let body = serde_json::json!({ "login": login, "password": password }).to_string();
        super::client::ask(self.address, "POST", "/api/v1/session", headers, &body).await
    }
}

async fn note(_: Caller, _: web::Json<Note>) -> HttpResponse {
    HttpResponse::NoContent().finish()
}

async fn heads_only(officer: Officer) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    Ok(HttpResponse::NoContent().finish())
}

async fn tablet(caller: Caller, counter: web::Path<u16>) -> Result<HttpResponse, Problem> {
    caller.officer_or_tablet_of(*counter)?;
    Ok(HttpResponse::NoContent().finish())
}
