//! The center's HTTP interface: one file a resource, all under `/api/v1`, described by
//! `/api/openapi.json`. Handlers check what came, ask a desk or a reader, and answer; they decide
//! nothing. Whatever creates or moves something carries an `Idempotency-Key`.

mod accounts;
mod asking;
mod bookings;
mod counters;
mod devices;
mod dossier_steps;
mod dossier_views;
mod dossiers;
mod failure;
mod forecast_views;
mod info;
mod info_views;
mod kiosk;
mod officers;
mod pairing;
mod pairing_views;
mod papers;
mod policy;
mod policy_replay;
mod policy_views;
mod procedures;
mod ratings;
mod report_files;
mod report_paper;
mod report_views;
mod reports;
mod slip_form;
mod surfaces;
mod tablets;
mod tickets;
mod token_cache;
mod views;
mod visits;
mod voice;
mod words;

pub use accounts::{CenterAccounts, device_name, device_role_of};
pub use policy_replay::Replays;

use crate::actors::OfficerNames;
use crate::actors::device_host::DeviceHostHandle;
use crate::actors::dossier_desk::DossierHandle;
use crate::actors::health::HealthHandle;
use crate::actors::live::{Live, Topic};
use crate::actors::pairing::Pairing;
use crate::actors::queue_desk::QueueHandle;
use crate::actors::rating_desk::RatingHandle;
use crate::actors::second_medium::MediumView;
use crate::actors::surfaces::Surfaces;
use crate::actors::uplink::UplinkHandle;
use crate::forms_client::FormsClient;
use crate::province_data::ProvinceData;
use crate::restore::Progress;
use crate::settings::Settings;
use crate::voice::library::Library;
use actix_web::web as routes;
use domain::ids::NodeId;
use domain::time::Clock;
use hub::restore_client::RestoreClient;
use journal::WrappingKey;
use std::sync::Arc;
use store::{BlobStore, Readers, WriterHandle};
use tokio::sync::watch;
use utoipa::OpenApi;
use web::openapi::NamedByPath;
use web::{Auth, Caller, DeviceRole, LiveHub};

/// The pages that the center serves; the first one is what `/` leads to.
pub const SURFACES: &[&str] = &["console", "kiosk", "hall", "tablet", "counter"];

/// What handlers reach: the desks by their handles, the store by its readers.
#[derive(Clone)]
pub struct Center {
    /// This node.
    pub node: NodeId,
    /// Name of the center.
    pub unit_name: String,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Settings.
    pub settings: Arc<Settings>,
    /// The province's data.
    pub data: Arc<ProvinceData>,
    /// Where a restore stands; nothing in a box that was never restored.
    pub restoring: watch::Receiver<Option<Progress>>,
    /// How the second medium is.
    pub medium: watch::Receiver<MediumView>,
    /// Where a restored box gets its older scans.
    pub hub_scans: Option<RestoreClient>,
    /// The queue.
    pub queue: QueueHandle,
    /// How officers are called.
    pub officers: OfficerNames,
    /// Dossiers.
    pub dossiers: DossierHandle,
    /// Assessments.
    pub ratings: RatingHandle,
    /// Devices.
    pub devices: DeviceHostHandle,
    /// The line to the province.
    pub uplink: UplinkHandle,
    /// Store, disk and clock.
    pub health: HealthHandle,
    /// What screens show.
    pub live: Live,
    /// What screens say of themselves.
    pub surfaces: Surfaces,
    /// Screens that ask to be let in.
    pub pairing: Pairing,
    /// Accounts and tokens.
    pub accounts: CenterAccounts,
    /// The replay of the last days under other policies.
    pub replays: Replays,
    /// Reads.
    pub readers: Readers,
    /// The access log's writes.
    pub writer: WriterHandle,
    /// Scans.
    pub blobs: BlobStore,
    /// The clips of the voice.
    pub clips: Library,
    /// The renderer of forms.
    pub forms: FormsClient,
    /// What makes the codes on tickets.
    pub ticket_key: WrappingKey,
}

/// Adds everything: the interface, its description, the live pages, the surfaces.
pub fn configure(cfg: &mut routes::ServiceConfig, center: &Center, auth: &Auth, pages: &LiveHub) {
    let document = Description::openapi();
    cfg.app_data(routes::Data::new(center.clone()))
        .app_data(routes::Data::new(auth.clone()))
        .app_data(routes::Data::new(pages.clone()));
    cfg.service(
        routes::scope("/api")
            .configure(|cfg| web::openapi::configure(&document, cfg))
            .service(routes::scope("/v1").configure(web::session_api::configure).configure(v1)),
    );
    cfg.route("/live", routes::get().to(web::live::live));
    web::help::configure(cfg);
    web::assets::configure(SURFACES, cfg);
}

fn v1(cfg: &mut routes::ServiceConfig) {
    use routes::{delete, get, post};
    cfg.route("/health", get().to(info::health))
        .route("/clock", get().to(info::clock))
        .route("/clock", post().to(info::set_clock))
        .route("/hall", get().to(info::hall))
        .route("/voice/{clip}/{tag}", get().to(voice::clip))
        .route("/kiosk/ways", get().to(kiosk::ways))
        .route("/kiosk/speech", get().to(kiosk::speech))
        .route("/uplink", get().to(info::uplink))
        .route("/events", get().to(info::events))
        .route("/messages", get().to(info::messages))
        .route("/messages/{id}/read", post().to(info::read_message))
        .route("/rating-summary", get().to(info::rating_summary))
        .route("/reports/hall", get().to(reports::hall))
        .route("/reports/queue", get().to(reports::queue))
        .route("/reports/queue.csv", get().to(reports::queue_csv))
        .route("/reports/queue.xlsx", get().to(reports::queue_xlsx))
        .route("/reports/queue.pdf", get().to(reports::queue_pdf))
        .route("/queue-policy", get().to(policy::show))
        .route("/queue-policy", post().to(policy::choose))
        .route("/queue-policy/delivered", post().to(policy::back))
        .route("/queue-policy/replay", get().to(policy::replay))
        .route("/queue-policy/replay", post().to(policy::begin_replay))
        .route("/queue-policy/replay", delete().to(policy::stop_replay))
        .route("/officers", get().to(officers::list))
        .route("/officers/{id}/skills", post().to(officers::set_skills))
        .route("/services", get().to(tickets::services))
        .route("/priority-grounds", get().to(tickets::priority_grounds))
        .route("/tickets", post().to(tickets::issue))
        .route("/tickets", get().to(tickets::list))
        .route("/tickets/{id}", get().to(tickets::show))
        .route("/tickets/{id}/reprint", post().to(tickets::reprint))
        .route("/tickets/{id}/cancel", post().to(tickets::cancel))
        .route("/tickets/{id}/return", post().to(tickets::put_back))
        .route("/bookings", post().to(bookings::book))
        .route("/bookings", get().to(bookings::list))
        .route("/bookings/slots", get().to(bookings::slots))
        .route("/bookings/arrive", post().to(bookings::arrive))
        .route("/bookings/cancel", post().to(bookings::cancel))
        .route("/print-jobs/{id}", get().to(devices::print_job))
        .route("/counters", get().to(counters::list))
        .route("/counters/{n}/calls", get().to(counters::calls))
        .route("/counters/{n}/open", post().to(counters::open))
        .route("/counters/{n}/pause", post().to(counters::pause))
        .route("/counters/{n}/close", post().to(counters::close))
        .route("/counters/{n}/call-next", post().to(counters::call_next))
        .route("/counters/{n}/recall", post().to(counters::recall))
        .route("/counters/{n}/begin", post().to(counters::begin))
        .route("/counters/{n}/hold", post().to(counters::hold))
        .route("/counters/{n}/resume", post().to(counters::resume))
        .route("/counters/{n}/complete", post().to(counters::complete))
        .route("/counters/{n}/no-show", post().to(counters::no_show))
        .route("/counters/{n}/transfer", post().to(counters::transfer))
        .route("/counters/{n}/next-services", post().to(visits::next_services))
        .route("/counters/{n}/go-on", post().to(visits::go_on))
        .route("/counters/{n}/card", get().to(devices::card))
        .route("/counters/{n}/card", delete().to(devices::forget_card))
        .route("/procedures", get().to(procedures::list))
        .route("/procedures/{code}", get().to(procedures::show))
        .route("/deadline-preview", post().to(procedures::preview))
        .route("/units", get().to(procedures::units))
        .route("/dossiers", post().to(dossiers::receive))
        .route("/dossiers", get().to(dossiers::list))
        .route("/dossiers/{id}", get().to(dossiers::show))
        .route("/dossiers/{id}/scans", post().to(papers::add_scan))
        .route("/dossiers/{id}/slip.pdf", get().to(papers::slip))
        .route("/dossiers/{id}/print-slip", post().to(dossiers::print_slip))
        .route("/dossiers/{id}/result", post().to(dossiers::result))
        .route("/dossiers/{id}/return", post().to(dossiers::give_back))
        .route("/dossiers/{id}/hand-over", post().to(dossiers::hand_over))
        .route("/dossiers/{id}/take-back", post().to(dossiers::take_back))
        .route("/dossiers/{id}/accept", post().to(dossiers::accept))
        .route("/dossiers/{id}/refuse", post().to(dossiers::refuse))
        .route("/blobs/{sha256}", get().to(papers::blob))
        .route("/tablets/{counter}/token", get().to(tablets::token))
        .route("/ratings", post().to(tablets::vote))
        .route("/ratings/summary", get().to(ratings::summary))
        .route("/surfaces", get().to(surfaces::list))
        .route("/surfaces/report", post().to(surfaces::report))
        .route("/pairings", post().to(pairing::open))
        .route("/pairings", get().to(pairing::waiting))
        .route("/pairings/claim", post().to(pairing::claim))
        .route("/pairings/{code}/approve", post().to(pairing::approve))
        .route("/pairings/{code}/refuse", post().to(pairing::refuse))
        .route("/paired", get().to(pairing::list))
        .route("/paired/{device}/revoke", post().to(pairing::revoke))
        .route("/devices", get().to(devices::list))
        .route("/devices/{id}/try", post().to(devices::try_it))
        .route("/discovered", get().to(devices::discovered));
}

/// Who may follow which live topic: screens what they show, officers everything but a tablet's token.
#[must_use]
pub fn may_follow(caller: &Caller, topic: &str) -> bool {
    let Ok(topic) = topic.parse::<Topic>() else { return false };
    match (caller, topic) {
        (_, Topic::Hall) => true,
        (Caller::Device(device), Topic::Tablet(counter)) => {
            device.role == DeviceRole::Tablet && device.counter == Some(counter.0)
        }
        (Caller::Officer(_), Topic::Tablet(_)) => false,
        (Caller::Officer(_), _) => true,
        (Caller::Device(_), _) => false,
    }
}

/// The description of the interface.
#[derive(OpenApi)]
#[openapi(
    info(title = "motcua center", description = "The interface of one center's appliance."),
    modifiers(&NamedByPath),
    paths(
        web::session_api::show,
        web::session_api::sign_in,
        web::session_api::sign_out,
        info::health,
        info::clock,
        info::set_clock,
        info::hall,
        voice::clip,
        kiosk::ways,
        kiosk::speech,
        info::uplink,
        info::events,
        info::messages,
        info::read_message,
        info::rating_summary,
        reports::hall,
        reports::queue,
        reports::queue_csv,
        reports::queue_xlsx,
        reports::queue_pdf,
        policy::show,
        policy::choose,
        policy::back,
        policy::replay,
        policy::begin_replay,
        policy::stop_replay,
        officers::list,
        officers::set_skills,
        tickets::services,
        tickets::priority_grounds,
        tickets::issue,
        tickets::list,
        tickets::show,
        tickets::reprint,
        tickets::cancel,
        tickets::put_back,
        bookings::book,
        bookings::list,
        bookings::slots,
        bookings::arrive,
        bookings::cancel,
        devices::print_job,
        counters::list,
        counters::calls,
        counters::open,
        counters::pause,
        counters::close,
        counters::call_next,
        counters::recall,
        counters::begin,
        counters::hold,
        counters::resume,
        counters::complete,
        counters::no_show,
        counters::transfer,
        visits::next_services,
        visits::go_on,
        devices::card,
        devices::forget_card,
        procedures::list,
        procedures::show,
        procedures::preview,
        procedures::units,
        dossiers::receive,
        dossiers::list,
        dossiers::show,
        papers::add_scan,
        papers::slip,
        dossiers::print_slip,
        dossiers::result,
        dossiers::give_back,
        dossiers::hand_over,
        dossiers::take_back,
        dossiers::accept,
        dossiers::refuse,
        papers::blob,
        tablets::token,
        tablets::vote,
        ratings::summary,
        surfaces::list,
        surfaces::report,
        pairing::open,
        pairing::waiting,
        pairing::claim,
        pairing::approve,
        pairing::refuse,
        pairing::list,
        pairing::revoke,
        devices::list,
        devices::try_it,
        devices::discovered,
    )
)]
pub struct Description;
