//! `/dossiers`: reception, lists, result, return, hand-over. Reading one is written down: who, which.

use super::Center;
use super::asking::{id, known_counter, origin, place};
use super::dossier_steps::{
    Declining, DossierAnswer, DossierPage, HandingOver, NewApplicant, NewDossier, ResultGiven,
    Returning, SlipWanted, Wanted,
};
use super::dossier_views::{DossierRow, DossierView};
use super::failure::{bad_value, failed, failed_at_hand_over, refused, unreadable};
use super::procedures::{DeadlineView, enrolled};
use super::tickets::PrintJobStarted;
use crate::actors::dossier_desk::{DossierReply, Receiving};
use crate::actors::failure::Failure;
use crate::code_giver;
use actix_web::{HttpRequest, HttpResponse, web as actix_routes};
use domain::deadline::Channel;
use domain::dossier::{Applicant, Collector, ComponentGiven, Dossier, ResultChannel};
use domain::ids::{NodeId, OfficerId};
use domain::refusal::Refusal;
use serde_json::Value;
use store::query::dossiers::DossierView as List;
use store::records::AccessRecord;
use store::{Batch, LocalWrite, query};
use uuid::Uuid;
use web::{Caller, Officer, Problem};

/// Dossiers on one page of a list.
const PAGE_LENGTH: u32 = 50;
/// Longest search text. Characters.
const QUERY_LENGTH_MAX: usize = 200;

fn answered(reply: DossierReply) -> Result<DossierAnswer, Problem> {
    let dossier = reply.dossier.ok_or_else(Problem::internal)?;
    Ok(DossierAnswer {
        deadline: DeadlineView::from(&dossier.deadline),
        dossier: DossierView::from(&dossier),
        rating_token_issued: reply.rating_token_issued,
        print_job: reply.print_job.map(PrintJobStarted::new),
    })
}

/// What the desk answered, with units' names for nodes.
fn named(center: &Center, failure: Failure) -> Problem {
    failed_at_hand_over(failure, &center.data.units, &center.data.points)
}

/// The answer to a step that a dossier took.
fn done(center: &Center, reply: Result<DossierReply, Failure>) -> Result<HttpResponse, Problem> {
    let reply = reply.map_err(|failure| named(center, failure))?;
    Ok(HttpResponse::Ok().json(answered(reply)?))
}

fn officer_id(officer: &Officer) -> Result<OfficerId, Problem> {
    OfficerId::parse(&officer.id).map_err(|_| Problem::internal())
}

fn one_of<T: serde::de::DeserializeOwned>(word: &str, field: &str) -> Result<T, Problem> {
    serde_json::from_value(Value::from(word)).map_err(|_| bad_value(field))
}

fn applicant_of(given: NewApplicant) -> Result<Applicant, Problem> {
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let sex = match filled(given.sex).as_deref() {
        None => None,
        Some("Nam") => Some(one_of("male", "sex")?),
        Some("Nữ") => Some(one_of("female", "sex")?),
        Some(word) => Some(one_of(word, "sex")?),
    };
    let birth_date = match filled(given.birth_date) {
        Some(text) => Some(text.parse().map_err(|_| refused(&Refusal::BadBirthDate))?),
        None => None,
    };
    Ok(Applicant {
        name: given.name,
        citizen_number: filled(given.citizen_number),
        birth_date,
        sex,
        address: filled(given.address),
        phone: filled(given.phone),
    })
}

/// Receives a dossier: code, deadline with its reasons, slip, token for the tablet.
#[utoipa::path(post, path = "/api/v1/dossiers", tag = "dossiers", request_body = NewDossier,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = DossierAnswer), (status = 400, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem),
              (status = 503, body = Problem)))]
pub async fn receive(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: Officer,
    body: actix_routes::Json<NewDossier>,
) -> Result<HttpResponse, Problem> {
    let given = body.into_inner();
    let (counter, ticket) = (known_counter(&center.data.queue, given.counter)?, given.ticket);
    let receiving = Receiving {
        procedure: given.procedure,
        counter,
        ticket,
        applicant: applicant_of(given.applicant)?,
        components: given
            .components
            .into_iter()
            .map(|paper| ComponentGiven {
                seq: paper.seq,
                originals: paper.originals,
                copies: paper.copies,
                received: paper.received,
            })
            .collect(),
        channel: one_of::<Channel>(&given.channel, "channel")?,
        result_channel: one_of::<ResultChannel>(&given.result_channel, "result_channel")?,
        note: given.note.filter(|text| !text.trim().is_empty()),
        officer: officer_id(&officer)?,
    };
    let place = place(&center, &officer, counter, ticket).await?;
    let origin = origin(&request, &Caller::Officer(officer))?;
    let reply = center.dossiers.at(place).receive(origin, receiving).await.map_err(failed)?;
    Ok(HttpResponse::Created().json(answered(reply)?))
}

/// A page of a list.
#[utoipa::path(get, path = "/api/v1/dossiers", tag = "dossiers", params(Wanted),
    responses((status = 200, body = DossierPage)))]
pub async fn list(
    center: actix_routes::Data<Center>,
    wanted: actix_routes::Query<Wanted>,
    _officer: Officer,
) -> Result<HttpResponse, Problem> {
    let Wanted { view, q, page } = wanted.into_inner();
    let view = match view {
        Some(word) => Some(List::parse(&word).ok_or_else(|| bad_value("view"))?),
        None => None,
    };
    if q.as_ref().is_some_and(|text| text.chars().count() > QUERY_LENGTH_MAX) {
        return Err(bad_value("q"));
    }
    let giver = q.as_deref().and_then(|code| code_giver::other_box(&center.settings, code));
    let is_of_other = giver.is_some();
    let read = center.readers.read(move |c| {
        let found = query::dossiers::list(c, view, q.as_deref(), page, PAGE_LENGTH)?;
        // What was handed over is here, too, in one list or another.
        let is_away = is_of_other && query::dossiers::list(c, None, q.as_deref(), 0, 1)?.total == 0;
        Ok((found, is_away))
    });
    let (found, is_away) = read.await.map_err(|error| unreadable(&error))?;
    let given_at = match giver.filter(|_| is_away) {
        Some(giver) => code_giver::place(&center.data, &enrolled(&center).await?, &giver),
        None => None,
    };
    Ok(HttpResponse::Ok().json(DossierPage {
        rows: found.rows.iter().map(DossierRow::from).collect(),
        total: found.total,
        page_length: PAGE_LENGTH,
        given_at,
    }))
}

/// A dossier by its id.
///
/// # Errors
/// There is none, or the store cannot be read.
pub(super) async fn read(center: &Center, wanted: Uuid) -> Result<Dossier, Problem> {
    center
        .readers
        .read(move |c| query::dossiers::by_id(c, wanted))
        .await
        .map_err(|error| unreadable(&error))?
        .ok_or_else(|| refused(&Refusal::UnknownDossier))
}

/// Writes down who looked at which dossiers.
pub(super) async fn note_access(
    center: &Center,
    officer: &Officer,
    dossiers: &[Uuid],
    action: &str,
) -> Result<(), Problem> {
    let at = center.clock.now();
    let by = officer_id(officer)?;
    let record = |dossier: &Uuid| AccessRecord {
        at,
        officer: by.clone(),
        dossier: *dossier,
        action: action.to_owned(),
        why: "console".to_owned(),
    };
    let records = dossiers.iter().map(record).map(LocalWrite::Access);
    let batch = records.fold(Batch::new(&officer.id, at), Batch::and);
    center.writer.commit(batch).await.map(|_| ()).map_err(|error| unreadable(&error))
}

/// One dossier. That it was read is written down.
#[utoipa::path(get, path = "/api/v1/dossiers/{id}", tag = "dossiers", params(("id" = Uuid, Path)),
    responses((status = 200, body = DossierAnswer), (status = 404, body = Problem)))]
pub async fn show(
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    let dossier = read(&center, id(&path)?).await?;
    note_access(&center, &officer, &[dossier.id], "read").await?;
    let here = scans_here(&center, &dossier).await?;
    let ticket_label = ticket_label(&center, &dossier).await?;
    let mut answer = answered(DossierReply { dossier: Some(dossier), ..DossierReply::default() })?;
    answer.dossier.ticket_label = ticket_label;
    for scan in answer.dossier.components.iter_mut().flat_map(|one| &mut one.scans) {
        scan.here = here.contains(&scan.sha256);
    }
    Ok(HttpResponse::Ok().json(answer))
}

/// The number with which the dossier's person came, where it was given here.
async fn ticket_label(center: &Center, dossier: &Dossier) -> Result<Option<String>, Problem> {
    let Some(id) = dossier.ticket else { return Ok(None) };
    let found = center.readers.read(move |c| query::tickets::by_id(c, id)).await;
    Ok(found.map_err(|error| unreadable(&error))?.map(|ticket| ticket.label))
}

/// The scans of a dossier whose files are at this node.
async fn scans_here(center: &Center, dossier: &Dossier) -> Result<Vec<String>, Problem> {
    let scans = dossier.components.iter().flat_map(|component| &component.scans);
    let named: Vec<String> = scans.map(|scan| scan.sha256.clone()).collect();
    let found = center.readers.read(move |c| {
        let mut here = Vec::new();
        for text in named {
            if let Some(sha256) = journal::hex::decode_array(&text)
                && query::blobs::by_sha256(c, &sha256)?.is_some()
            {
                here.push(text);
            }
        }
        Ok(here)
    });
    found.await.map_err(|error| unreadable(&error))
}

/// Enters the result.
#[utoipa::path(post, path = "/api/v1/dossiers/{id}/result", tag = "dossiers",
    request_body = ResultGiven,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = DossierAnswer), (status = 409, body = Problem)))]
pub async fn result(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
    body: actix_routes::Json<ResultGiven>,
) -> Result<HttpResponse, Problem> {
    let by = officer_id(&officer)?;
    let origin = origin(&request, &Caller::Officer(officer))?;
    let title = body.into_inner().title;
    let reply = center.dossiers.set_result(origin, id(&path)?, title, by).await;
    done(&center, reply)
}

/// Hands the result out.
#[utoipa::path(post, path = "/api/v1/dossiers/{id}/return", tag = "dossiers",
    request_body = Returning,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = DossierAnswer), (status = 409, body = Problem)))]
pub async fn give_back(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
    body: actix_routes::Json<Returning>,
) -> Result<HttpResponse, Problem> {
    let by = officer_id(&officer)?;
    let Returning { counter, collector } = body.into_inner();
    let counter = known_counter(&center.data.queue, counter)?;
    let collector = collector.map(|given| Collector { name: given.name, number: given.number });
    let place = place(&center, &officer, counter, None).await?;
    let origin = origin(&request, &Caller::Officer(officer))?;
    let dossiers = center.dossiers.at(place);
    let reply = dossiers.return_result(origin, id(&path)?, collector, by, counter).await;
    done(&center, reply)
}

/// Offers the dossier to another node.
#[utoipa::path(post, path = "/api/v1/dossiers/{id}/hand-over", tag = "dossiers",
    request_body = HandingOver,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = DossierAnswer), (status = 409, body = Problem)))]
pub async fn hand_over(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
    body: actix_routes::Json<HandingOver>,
) -> Result<HttpResponse, Problem> {
    let origin = origin(&request, &Caller::Officer(officer))?;
    let HandingOver { to_node, note } = body.into_inner();
    let to = NodeId::parse(&to_node).map_err(|_| bad_value("to_node"))?;
    let unit = to_node.split('-').next().unwrap_or_default();
    if center.data.units.get(unit).is_none() {
        return Err(bad_value("to_node"));
    }
    let enrolled = enrolled(&center).await?;
    if to != center.node && !enrolled.contains(&to) {
        return Err(named(&center, Failure::Refused(Refusal::ReceiverNotEnrolled { to })));
    }
    let reply = center.dossiers.hand_over(origin, id(&path)?, to, note).await;
    done(&center, reply)
}

/// Asks for a dossier back; the hub decides.
#[utoipa::path(post, path = "/api/v1/dossiers/{id}/take-back", tag = "dossiers",
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = DossierAnswer), (status = 409, body = Problem)))]
pub async fn take_back(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    let origin = origin(&request, &Caller::Officer(officer))?;
    let reply = center.dossiers.take_back(origin, id(&path)?).await;
    done(&center, reply)
}

/// Takes an offered dossier.
#[utoipa::path(post, path = "/api/v1/dossiers/{id}/accept", tag = "dossiers",
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = DossierAnswer), (status = 409, body = Problem)))]
pub async fn accept(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    let origin = origin(&request, &Caller::Officer(officer))?;
    let reply = center.dossiers.accept(origin, id(&path)?).await;
    done(&center, reply)
}

/// Declines an offered dossier.
#[utoipa::path(post, path = "/api/v1/dossiers/{id}/refuse", tag = "dossiers",
    request_body = Declining,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = DossierAnswer), (status = 409, body = Problem)))]
pub async fn refuse(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
    body: actix_routes::Json<Declining>,
) -> Result<HttpResponse, Problem> {
    let origin = origin(&request, &Caller::Officer(officer))?;
    let reply = center.dossiers.refuse(origin, id(&path)?, body.into_inner().reason).await;
    done(&center, reply)
}

/// Prints the short slip at the officer's own counter. That it was printed is written down.
#[utoipa::path(post, path = "/api/v1/dossiers/{id}/print-slip", tag = "dossiers",
    request_body = SlipWanted,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = PrintJobStarted), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn print_slip(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
    body: actix_routes::Json<SlipWanted>,
) -> Result<HttpResponse, Problem> {
    let counter = known_counter(&center.data.queue, body.counter)?;
    let place = place(&center, &officer, counter, None).await?;
    let origin = origin(&request, &Caller::Officer(officer))?;
    let reply = center.dossiers.at(place).print_slip(origin, id(&path)?, counter).await;
    let reply = reply.map_err(|failure| named(&center, failure))?;
    let job = reply.print_job.ok_or_else(Problem::internal)?;
    Ok(HttpResponse::Accepted().json(PrintJobStarted::new(job)))
}
