//! The hub's HTTP interface under `/api/v1`, one file a resource, and the fleet page at `/`.
//! Technicians sign in; only `health`, `session`, `public` (bookings, bounded for each address), `enrol`
//! and `renew` (which bring their own proof) are open, and the pages of [`crate::public`].

mod booking_limits;
mod booking_words;
pub mod bookings;
pub mod certificates;
pub mod enrol;
pub mod health;
pub mod nodes;
pub mod orders;
pub mod renew;
pub mod reports;
pub mod restore;
pub mod words;

use std::sync::Arc;

use ::web::auth::{Auth, AuthSettings};
use ::web::openapi::NamedByPath;
use ::web::{assets, help, openapi, session_api};
use actix_web::web;
use domain::time::Clock;
use utoipa::OpenApi;

use crate::enrol::Enroller;
use crate::public::{self, Public};
use crate::settings::Settings;
use crate::store::Store;

/// What the handlers work with.
pub struct HubState {
    /// The store.
    pub store: Store,
    /// The authorities.
    pub enroller: Arc<Enroller>,
    /// What the hub writes is dated by it.
    pub clock: Arc<dyn Clock>,
    /// Certificates and tokens go by it.
    pub machine_clock: Arc<dyn Clock>,
    /// Whether the hub's link to the broker is up.
    pub link: tokio::sync::watch::Receiver<link::hublink::HubLinkStatus>,
    /// What the public pages share.
    pub public: Public,
    /// How often each address has asked the booking page.
    pub bookings: bookings::SharedLimits,
}

/// The description of this interface.
#[derive(OpenApi)]
#[openapi(
    info(title = "motcua hub", description = "The provincial end: nodes, orders, enrolment."),
    modifiers(&NamedByPath),
    paths(
        session_api::show,
        session_api::sign_in,
        session_api::sign_out,
        health::show,
        nodes::list,
        nodes::aside,
        nodes::thaw,
        nodes::revoke,
        orders::list,
        orders::give,
        bookings::plan,
        bookings::set_plan,
        bookings::places,
        bookings::slots,
        bookings::book,
        bookings::show,
        bookings::cancel,
        enrol::enrol,
        renew::challenge,
        renew::renew,
        renew::done,
        certificates::list,
        reports::queue,
        reports::queue_csv,
        reports::queue_xlsx,
        restore::look,
        restore::page,
        restore::blob,
        public::list,
        public::ticket
    )
)]
pub struct HubApi;

/// Sign-in over the hub's own accounts.
pub fn auth(store: &Store, settings: &Settings, clock: &Arc<dyn Clock>) -> Auth {
    let clock = Arc::clone(clock);
    Auth::new(
        AuthSettings {
            idle: jiff::SignedDuration::from_mins(i64::from(settings.session.idle_minutes)),
            absolute: jiff::SignedDuration::from_hours(i64::from(settings.session.absolute_hours)),
        },
        Arc::new(move || clock.now()),
        Arc::new(store.clone()),
        Arc::new(store.clone()),
        Arc::new(store.clone()),
    )
}

/// Every route of the hub.
pub fn configure(state: web::Data<HubState>, auth: web::Data<Auth>, cfg: &mut web::ServiceConfig) {
    let document = HubApi::openapi();
    cfg.app_data(state).app_data(auth).service(
        web::scope("/api").configure(|cfg| openapi::configure(&document, cfg)).service(
            web::scope("/v1")
                .configure(session_api::configure)
                .configure(health::configure)
                .configure(nodes::configure)
                .configure(orders::configure)
                .configure(bookings::configure)
                .configure(enrol::configure)
                .configure(renew::configure)
                .configure(certificates::configure)
                .configure(reports::configure)
                .configure(restore::configure),
        ),
    );
    help::configure(cfg);
    public::configure(cfg);
    assets::configure(&["fleet", "dat-lich"], cfg);
}
