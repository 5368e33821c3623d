//! `/devices`, `/discovered`, `/print-jobs`, `/counters/{n}/card`: what hangs on the center.

use super::Center;
use super::asking::{id, own_counter};
use super::failure::failed;
use super::views::word;
use super::words;
use crate::text;
use actix_web::{HttpResponse, web as actix_routes};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Caller, DeviceRole, Officer, Problem};

/// A device.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceView {
    /// Id from the settings.
    pub id: String,
    /// What kind of device it is.
    pub title: String,
    /// `counter_sign`, `ticket_printer`, `card_reader`.
    pub class: String,
    /// Name of the driver.
    pub driver: String,
    /// How it is connected.
    pub transport: String,
    /// The counter it stands at.
    pub counter: Option<u16>,
    /// `online`, `degraded`, `offline`.
    #[schema(value_type = words::DeviceState)]
    pub state: String,
    /// Stable code of the reason.
    pub reason_code: String,
    /// Since when.
    pub since: String,
    /// For the technician.
    pub detail: String,
}

/// What a device said when it was tried.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriedView {
    /// Whether it did it.
    pub done: bool,
    /// Stable code.
    pub code: String,
}

/// A print job.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrintJobShown {
    /// Its id.
    pub id: Uuid,
    /// `ticket` or `slip`.
    pub kind: String,
    /// The ticket, when it is one.
    pub ticket: Option<Uuid>,
    /// The dossier, when it is a slip.
    pub dossier: Option<Uuid>,
    /// `pending`, `printing`, `printed`, `blocked`.
    #[schema(value_type = words::PrintState)]
    pub state: String,
    /// `paper_out`, `cover_open`, `offline`, `error`, `unknown`.
    #[schema(value_type = Option<words::PrintTrouble>)]
    pub problem: Option<String>,
    /// What to do about it, in Vietnamese.
    pub message: Option<String>,
    /// The same in English.
    pub message_en: Option<String>,
    /// How often the printer was asked.
    pub attempts: u32,
}

/// What a card's code says.
#[derive(Debug, Serialize, ToSchema)]
pub struct CardShown {
    /// When it was read.
    pub read_at: String,
    /// What it says.
    pub card: CardView,
    /// The code is not authenticated: the citizen declares it.
    pub declared: bool,
}

/// A citizen card.
#[derive(Serialize, ToSchema)]
pub struct CardView {
    /// Twelve digits.
    pub number: String,
    /// The number of the older document.
    pub old_number: Option<String>,
    /// Name.
    pub name: String,
    /// `yyyy-mm-dd`.
    pub birth_date: String,
    /// Sex.
    #[schema(value_type = words::Sex)]
    pub sex: String,
    /// Address as printed.
    pub address: String,
    /// `yyyy-mm-dd`.
    pub issued: Option<String>,
}

// Logs must not tell a citizen's name or number.
impl std::fmt::Debug for CardView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardView(sealed)")
    }
}

/// Something that announces itself on the LAN.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeenView {
    /// Kind of service: `_pdl-datastream._tcp`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Host name.
    pub host: String,
    /// IP address.
    pub address: String,
    /// Port.
    pub port: u16,
    /// What else it says of itself.
    pub txt: BTreeMap<String, String>,
    /// When it was first seen.
    pub first_seen: String,
    /// When it was last seen.
    pub last_seen: String,
    /// It said goodbye or was missed in the last round.
    pub doubtful: bool,
}

/// All devices with their states.
#[utoipa::path(get, path = "/api/v1/devices", tag = "devices",
    responses((status = 200, body = [DeviceView])))]
pub async fn list(
    center: actix_routes::Data<Center>,
    _officer: Officer,
) -> Result<HttpResponse, Problem> {
    let all: Vec<DeviceView> = center
        .devices
        .devices()
        .await
        .map_err(failed)?
        .into_iter()
        .map(|device| DeviceView {
            id: device.id,
            title: device.title,
            class: device.class,
            driver: device.driver,
            transport: device.transport,
            counter: device.counter.map(|counter| counter.0),
            state: word(&device.state),
            reason_code: device.reason_code,
            since: device.since.to_string(),
            detail: device.detail,
        })
        .collect();
    Ok(HttpResponse::Ok().json(all))
}

/// Lets a device show that it works.
#[utoipa::path(post, path = "/api/v1/devices/{id}/try", tag = "devices",
    params(("id" = String, Path)),
    responses((status = 200, body = TriedView), (status = 404, body = Problem)))]
pub async fn try_it(
    center: actix_routes::Data<Center>,
    _officer: Officer,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    let tried = center.devices.try_device(&path).await.map_err(failed)?;
    Ok(HttpResponse::Ok().json(TriedView { done: tried.done, code: tried.code.to_owned() }))
}

/// What announces itself on the LAN; a list to look at.
#[utoipa::path(get, path = "/api/v1/discovered", tag = "devices",
    responses((status = 200, body = [SeenView])))]
pub async fn discovered(
    center: actix_routes::Data<Center>,
    _officer: Officer,
) -> Result<HttpResponse, Problem> {
    let seen = center.devices.discovered().await.map_err(failed)?;
    let all: Vec<SeenView> = seen
        .into_iter()
        .map(|seen| SeenView {
            kind: seen.announcement.kind,
            name: seen.announcement.name,
            host: seen.announcement.host,
            address: seen.announcement.address,
            port: seen.announcement.port,
            txt: seen.announcement.txt,
            first_seen: seen.first_seen.to_string(),
            last_seen: seen.last_seen.to_string(),
            doubtful: seen.doubtful,
        })
        .collect();
    Ok(HttpResponse::Ok().json(all))
}

/// How a print job goes on.
#[utoipa::path(get, path = "/api/v1/print-jobs/{id}", tag = "devices",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = PrintJobShown), (status = 404, body = Problem)))]
pub async fn print_job(
    center: actix_routes::Data<Center>,
    caller: Caller,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    caller.officer_or(&[DeviceRole::Kiosk, DeviceRole::Load])?;
    let job = center.devices.print_job(id(&path)?).await.map_err(failed)?;
    let told = job
        .problem
        .as_ref()
        .map(|problem| text::sentence(&format!("printer.{problem}"), &json!({})));
    Ok(HttpResponse::Ok().json(PrintJobShown {
        id: job.id,
        kind: job.kind,
        ticket: job.ticket,
        dossier: job.dossier,
        state: job.state,
        problem: job.problem,
        message: told.as_ref().map(|sentence| sentence.vi.clone()),
        message_en: told.map(|sentence| sentence.en),
        attempts: job.attempts,
    }))
}

/// The last card read at the officer's own counter, while it is younger than two minutes.
#[utoipa::path(get, path = "/api/v1/counters/{n}/card", tag = "devices",
    params(("n" = u16, Path)),
    responses((status = 200, body = CardShown), (status = 204), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn card(
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    let counter = own_counter(&center, &officer, &path).await?;
    let read = center.devices.last_card(counter).await.map_err(failed)?;
    Ok(match read {
        None => HttpResponse::NoContent().finish(),
        Some(read) => HttpResponse::Ok().json(CardShown {
            read_at: read.read_at.to_string(),
            card: CardView {
                number: read.card.number,
                old_number: read.card.old_number,
                name: read.card.name,
                birth_date: read.card.birth_date.to_string(),
                sex: word(&read.card.sex),
                address: read.card.address,
                issued: read.card.issued.map(|date| date.to_string()),
            },
            declared: true,
        }),
    })
}

/// Forgets the last card of the officer's own counter.
#[utoipa::path(delete, path = "/api/v1/counters/{n}/card", tag = "devices",
    params(("n" = u16, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn forget_card(
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    let counter = own_counter(&center, &officer, &path).await?;
    center.devices.forget_card(counter).await.map_err(failed)?;
    Ok(HttpResponse::NoContent().finish())
}
