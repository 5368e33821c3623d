//! `/reports`: what the head asks about the queue. Of some days: waits, walks, serving, promises kept,
//! in rows as wished, as JSON, CSV, XLSX or a paper. Of now: the hall against its promises.

use super::Center;
use super::failure::{bad_value, failed, problem, unreadable};
use super::report_files::{day_text, sheet, xlsx};
use super::report_paper::{Head, OF_A_DAY, OF_DAYS, paper};
use super::report_views::{HallFiguresView, ReportAsked, ReportView};
use crate::actors::Failure;
use crate::actors::queue_desk::Which;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web as actix_routes};
use domain::ids::ServiceCode;
use domain::queue::Service;
use domain::report::hall::look;
use domain::report::{By, Carried, Days, REPORT_DAYS_MAX, Scene, Tally, forecast};
use jiff::civil;
use serde_json::json;
use std::time::Duration;
use store::query;
use tokio::sync::Semaphore;
use web::{Problem, Role};

/// So many reports are made at once. A quarter of a large center is some 100,000 tickets, and the desks'
/// own reads share the readers with it.
const REPORTS_AT_ONCE_MAX: usize = 2;
/// One more waits so long for its place, and is then told "busy".
const PLACE_WAIT: Duration = Duration::from_secs(5);

static REPORTS: Semaphore = Semaphore::const_new(REPORTS_AT_ONCE_MAX);

/// The queue's figures of some days; for the head of the center.
#[utoipa::path(get, path = "/api/v1/reports/queue", tag = "report", params(ReportAsked),
    responses((status = 200, body = ReportView), (status = 400, body = Problem),
              (status = 403, body = Problem), (status = 503, body = Problem)))]
pub async fn queue(
    center: actix_routes::Data<Center>,
    officer: web::Officer,
    asked: actix_routes::Query<ReportAsked>,
) -> Result<HttpResponse, Problem> {
    let report = made(&center, &officer, &asked).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "private, no-store")).json(report))
}

/// The same as a table for programs and spreadsheets.
#[utoipa::path(get, path = "/api/v1/reports/queue.csv", tag = "report", params(ReportAsked),
    responses((status = 200, content_type = "text/csv"), (status = 400, body = Problem),
              (status = 403, body = Problem), (status = 503, body = Problem)))]
pub async fn queue_csv(
    center: actix_routes::Data<Center>,
    officer: web::Officer,
    asked: actix_routes::Query<ReportAsked>,
) -> Result<HttpResponse, Problem> {
    let report = made(&center, &officer, &asked).await?;
    let csv = sheet(&center.unit_name, &report).csv();
    Ok(file(&report, "csv", "text/csv; charset=utf-8", csv.into_bytes()))
}

/// The same as a spreadsheet.
#[utoipa::path(get, path = "/api/v1/reports/queue.xlsx", tag = "report", params(ReportAsked),
    responses((status = 200,
               content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
              (status = 400, body = Problem), (status = 403, body = Problem),
              (status = 503, body = Problem)))]
pub async fn queue_xlsx(
    center: actix_routes::Data<Center>,
    officer: web::Officer,
    asked: actix_routes::Query<ReportAsked>,
) -> Result<HttpResponse, Problem> {
    let report = made(&center, &officer, &asked).await?;
    let table = sheet(&center.unit_name, &report);
    let book =
        tokio::task::spawn_blocking(move || xlsx(&table).map_err(|error| error.to_string())).await;
    let not_written = || problem(StatusCode::SERVICE_UNAVAILABLE, "report.not_written", json!({}));
    let bytes = match book {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => {
            tracing::error!(%error, "a spreadsheet could not be written");
            return Err(not_written());
        }
        Err(error) => {
            tracing::error!(%error, "a spreadsheet ended early");
            return Err(not_written());
        }
    };
    let media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(file(&report, "xlsx", media, bytes))
}

/// The same as a paper to sign: by hour, service, class and counter, of several days by day too.
#[utoipa::path(get, path = "/api/v1/reports/queue.pdf", tag = "report", params(ReportAsked),
    responses((status = 200, content_type = "application/pdf"), (status = 400, body = Problem),
              (status = 403, body = Problem), (status = 503, body = Problem)))]
pub async fn queue_pdf(
    center: actix_routes::Data<Center>,
    officer: web::Officer,
    asked: actix_routes::Query<ReportAsked>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let (days, _) = read_wish(&asked)?;
    let tables = if days.count() == 1 { OF_A_DAY } else { OF_DAYS };
    let reports = tallied(&center, days, tables).await?;
    let unit = center.data.units.get(center.node.unit());
    let (from, to) = (days.first().to_string(), days.last().to_string());
    let (from_text, to_text) = (day_text(&from), day_text(&to));
    let head = Head {
        unit: &center.unit_name,
        place: unit.map_or("Quảng Ninh", |unit| unit.short_name.as_str()),
        made_by: &officer.name,
        days: (from_text.as_str(), to_text.as_str()),
    };
    let form = paper(head, &reports, center.clock.now());
    let rendered = center.forms.render(form).await.map_err(|error| {
        tracing::error!(code = error.code(), %error, "no report on paper");
        problem(StatusCode::SERVICE_UNAVAILABLE, "center.forms_unavailable", json!({}))
    })?;
    let name = format!("so-lieu-{from}-{to}.pdf");
    Ok(attached(&name, "application/pdf", rendered.pdf))
}

/// The hall now: who waits against which promise, what the counters do, and whether any order of calls
/// can keep the promise; and when waiting will pass it, if as many come as usually. For the head of the
/// center.
#[utoipa::path(get, path = "/api/v1/reports/hall", tag = "report",
    responses((status = 200, body = HallFiguresView), (status = 403, body = Problem)))]
pub async fn hall(
    center: actix_routes::Data<Center>,
    officer: web::Officer,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let now = center.clock.now();
    let view = center.queue.look(Which::All).await.map_err(failed)?;
    let services: Vec<Service> = view.services.iter().map(|load| load.service.clone()).collect();
    let hall = look(&view.tickets, &view.counters, &services, &view.means, now);
    let foreseen = forecast(
        &Scene {
            tickets: &view.tickets,
            counters: &view.counters,
            services: &services,
            means: &view.means,
            hours: &center.data.queue.hours,
            days_like: &view.days_like,
        },
        now,
    );
    let codes: Vec<ServiceCode> = services.into_iter().map(|service| service.code).collect();
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .json(HallFiguresView::new(&hall, &foreseen, &view.means, &codes, now)))
}

/// The report that was asked for, for the head alone.
async fn made(
    center: &Center,
    officer: &web::Officer,
    asked: &ReportAsked,
) -> Result<ReportView, Problem> {
    officer.require(Role::Head)?;
    let (days, by) = read_wish(asked)?;
    tallied(center, days, &[by]).await?.pop().ok_or_else(Problem::internal)
}

/// Reads the tickets of the days one after the other, so that a quarter needs no more memory than its
/// durations, and each day by a read of its own, so that other readers have their turn in between; a
/// report for each wish, in order.
async fn tallied(center: &Center, days: Days, by: &[By]) -> Result<Vec<ReportView>, Problem> {
    let place = tokio::time::timeout(PLACE_WAIT, REPORTS.acquire()).await;
    let Ok(Ok(_place)) = place else { return Err(failed(Failure::Busy)) };
    let first = days.first();
    let before = center
        .readers
        .read(move |c| query::tickets::carried_into(c, first))
        .await
        .map_err(|error| unreadable(&error))?;
    let mut carried = Carried::before(before);
    let hours = &center.data.queue.hours;
    let mut tallies: Vec<Tally> = by.iter().map(|by| Tally::new(*by).within(hours)).collect();
    for day in days.each() {
        let services = center.data.queue.services.clone();
        (tallies, carried) = center
            .readers
            .read(move |c| {
                let tickets = carried.with(day, query::tickets::of_day(c, day)?);
                for tally in &mut tallies {
                    tally.add(day, &tickets, &services);
                }
                Ok((tallies, carried))
            })
            .await
            .map_err(|error| unreadable(&error))?;
    }
    let reports = tallies.into_iter().map(Tally::report);
    Ok(reports.map(|report| ReportView::new(center, days, report)).collect())
}

fn read_wish(asked: &ReportAsked) -> Result<(Days, By), Problem> {
    let day = |field, text: &str| text.parse::<civil::Date>().map_err(|_| bad_value(field));
    let (from, to) = (day("from", &asked.from)?, day("to", &asked.to)?);
    let by = asked.by.as_deref().unwrap_or("hour");
    let by = By::parse(by).ok_or_else(|| bad_value("by"))?;
    let days = Days::new(from, to).ok_or_else(|| {
        problem(StatusCode::BAD_REQUEST, "input.bad_days", json!({ "days_max": REPORT_DAYS_MAX }))
    })?;
    Ok((days, by))
}

fn file(report: &ReportView, kind: &str, media: &str, bytes: Vec<u8>) -> HttpResponse {
    let name = format!("so-lieu-{}-{}-{}.{kind}", report.from, report.to, report.by);
    attached(&name, media, bytes)
}

/// A file to be kept. Its name is of dates and a word of ours: nothing that anybody entered.
fn attached(name: &str, media: &str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(from: &str, to: &str, by: Option<&str>) -> ReportAsked {
        ReportAsked { from: from.into(), to: to.into(), by: by.map(str::to_owned) }
    }

    #[test]
    fn days_that_cannot_be_reported_are_refused_with_a_code() {
        let (days, by) = read_wish(&asked("2026-11-23", "2026-11-23", None)).unwrap();
        assert_eq!((days.count(), by), (1, By::Hour));
        let code = |from, to, by| read_wish(&asked(from, to, by)).unwrap_err().code.to_string();
        assert_eq!(code("2026-11-24", "2026-11-23", None), "input.bad_days");
        assert_eq!(code("2026-01-01", "2026-12-31", None), "input.bad_days");
        assert_eq!(code("23/11/2026", "2026-11-23", None), "input.bad_value");
        assert_eq!(code("2026-11-23", "", None), "input.bad_value");
        assert_eq!(code("2026-11-23", "2026-11-23", Some("name")), "input.bad_value");
        for code in ["input.bad_days", "report.not_written"] {
            assert!(crate::text::has(code), "{code}");
        }
    }
}
