//! `/reports/queue`: the queue's figures of all units, for the province's leaders: the same figures as at
//! a center, from the tickets that are here. Never by officer: those are for the head of the center.
//! A counter's free time is left out, because the opening hours of the centers are not known here.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ::web::auth::{Officer, Role};
use ::web::problem::Problem;
use ::web::report::{FiguresView, ReportRowView, Shown, key_text, sheet, xlsx};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use domain::ids::NodeId;
use domain::points::Points;
use domain::queue::{Service, parse_services};
use domain::report::{By, Carried, Days, Figures, Key, Tally};
use jiff::civil;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};

use super::HubState;
use super::words::problem;
use crate::store::ticket_days::Sender;
use crate::units::points_for_page;

/// Days of a report of all units. A day of the province is some 15,000 tickets.
const DAYS_OF_ALL_MAX: i64 = 31;
/// So many reports are made at once; the centers' own entries share the store with them.
const REPORTS_AT_ONCE_MAX: usize = 1;
/// One more waits so long for its place, and is then told "busy".
const PLACE_WAIT: Duration = Duration::from_secs(5);
/// Stands over a table of all units.
const ALL_UNITS: &str = "Tỉnh Quảng Ninh: các Trung tâm Phục vụ hành chính công";
/// The word for rows of units.
const BY_UNIT: &str = "unit";
/// The word for rows of boxes: centers and reception points, each by itself.
const BY_PLACE: &str = "place";

static REPORTS: Semaphore = Semaphore::const_new(REPORTS_AT_ONCE_MAX);

/// Adds the reports.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/reports/queue").route(web::get().to(queue)))
        .service(web::resource("/reports/queue.csv").route(web::get().to(queue_csv)))
        .service(web::resource("/reports/queue.xlsx").route(web::get().to(queue_xlsx)));
}

/// Which days, of whom, and what the rows are.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ProvinceReportAsked {
    /// The first business day, `yyyy-mm-dd`.
    pub from: String,
    /// The last one; at most 31 days with the first, 92 of one unit.
    pub to: String,
    /// `unit` unless said otherwise; `place` (centers and reception points), `hour`, `day`, `service`,
    /// `class`.
    #[serde(default)]
    pub by: Option<String>,
    /// Code of one unit; all without it.
    #[serde(default)]
    pub unit: Option<String>,
}

/// Figures of some days of one unit or all.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProvinceReportView {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// `unit`, `place`, `hour`, `day`, `service` or `class`.
    pub by: String,
    /// Code of the one unit that was asked for.
    pub unit: Option<String>,
    /// Its name.
    pub unit_name: Option<String>,
    /// Only those in which something happened, in order.
    pub rows: Vec<ReportRowView>,
    /// All together.
    pub total: FiguresView,
    /// Units with any figures in these days.
    pub units: usize,
}

/// What the rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    Units,
    Places,
    Of(By),
}

struct Wish {
    days: Days,
    rows: Rows,
    unit: Option<String>,
}

/// The queue's figures of some days, of all units or one; for the province's leaders.
#[utoipa::path(get, path = "/api/v1/reports/queue", tag = "report", params(ProvinceReportAsked),
    responses((status = 200, body = ProvinceReportView), (status = 400, body = Problem),
              (status = 403, body = Problem), (status = 503, body = Problem)))]
pub async fn queue(
    officer: Officer,
    state: web::Data<HubState>,
    asked: web::Query<ProvinceReportAsked>,
) -> Result<HttpResponse, Problem> {
    let report = made(&state, &officer, &asked).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "private, no-store")).json(report))
}

/// The same as a table for programs and spreadsheets.
#[utoipa::path(get, path = "/api/v1/reports/queue.csv", tag = "report", params(ProvinceReportAsked),
    responses((status = 200, content_type = "text/csv"), (status = 400, body = Problem),
              (status = 403, body = Problem), (status = 503, body = Problem)))]
pub async fn queue_csv(
    officer: Officer,
    state: web::Data<HubState>,
    asked: web::Query<ProvinceReportAsked>,
) -> Result<HttpResponse, Problem> {
    let report = made(&state, &officer, &asked).await?;
    let csv = sheet(report.whose(), &report.shown()).csv();
    Ok(report.file("csv", "text/csv; charset=utf-8", csv.into_bytes()))
}

/// The same as a spreadsheet.
#[utoipa::path(get, path = "/api/v1/reports/queue.xlsx", tag = "report", params(ProvinceReportAsked),
    responses((status = 200,
               content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
              (status = 400, body = Problem), (status = 403, body = Problem),
              (status = 503, body = Problem)))]
pub async fn queue_xlsx(
    officer: Officer,
    state: web::Data<HubState>,
    asked: web::Query<ProvinceReportAsked>,
) -> Result<HttpResponse, Problem> {
    let report = made(&state, &officer, &asked).await?;
    let table = sheet(report.whose(), &report.shown());
    let book =
        tokio::task::spawn_blocking(move || xlsx(&table).map_err(|error| error.to_string())).await;
    let bytes = book.map_err(|error| error.to_string()).flatten().map_err(|error| {
        tracing::error!(%error, "a spreadsheet could not be written");
        Problem::internal()
    })?;
    let media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(report.file("xlsx", media, bytes))
}

impl ProvinceReportView {
    fn whose(&self) -> &str {
        self.unit_name.as_deref().unwrap_or(ALL_UNITS)
    }

    fn shown(&self) -> Shown<'_> {
        let Self { from, to, by, rows, total, .. } = self;
        Shown { by, days: (from, to), rows, total }
    }

    /// A file to be kept. Its name is of dates and words of ours: nothing that anybody entered.
    fn file(&self, kind: &str, media: &str, bytes: Vec<u8>) -> HttpResponse {
        let name = format!("so-lieu-tinh-{}-{}-{}.{kind}", self.from, self.to, self.by);
        let attached = format!("attachment; filename=\"{name}\"");
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, media))
            .insert_header((header::CONTENT_DISPOSITION, attached))
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .body(bytes)
    }
}

async fn made(
    state: &HubState,
    officer: &Officer,
    asked: &ProvinceReportAsked,
) -> Result<ProvinceReportView, Problem> {
    officer.require(Role::Head)?;
    report_of(state, asked).await
}

/// The report that was asked for, whoever asks.
pub(crate) async fn report_of(
    state: &HubState,
    asked: &ProvinceReportAsked,
) -> Result<ProvinceReportView, Problem> {
    let wish = read_wish(asked)?;
    let place = tokio::time::timeout(PLACE_WAIT, REPORTS.acquire()).await;
    let Ok(Ok(_place)) = place else { return Err(Problem::busy()) };
    tallied(state, &wish).await
}

/// Reads the tickets node by node and day by day, so that a month of the province needs no more memory
/// than its durations. Each node's days are added by themselves: counters of two halls have the same
/// numbers.
async fn tallied(state: &HubState, wish: &Wish) -> Result<ProvinceReportView, Problem> {
    let Wish { days, rows, unit } = wish;
    let services = services(state).await;
    let mut senders = state.store.senders().await.map_err(|error| problem(&error))?;
    senders.retain(|sender| unit.as_deref().is_none_or(|unit| unit_of(sender) == unit));
    let one = senders.first().filter(|_| unit.is_some());
    let unit_name = one.map(|sender| sender.unit_name.clone());
    let by = match rows {
        Rows::Units | Rows::Places => By::Class,
        Rows::Of(by) => *by,
    };
    let points = match rows {
        Rows::Places => points_for_page(&state.enroller.settings).await,
        Rows::Units | Rows::Of(_) => Points::default(),
    };
    let mut all = Tally::new(by);
    let mut groups: BTreeMap<String, (String, Tally)> = BTreeMap::new();
    for sender in &senders {
        let (key, name) = match rows {
            Rows::Places => (sender.node.clone(), place_name(sender, &points)),
            Rows::Units | Rows::Of(_) => (unit_of(sender).to_owned(), sender.unit_name.clone()),
        };
        let (_, own) = groups.entry(key).or_insert_with(|| (name, Tally::new(By::Class)));
        let node = sender.node.as_str();
        let before = state.store.tickets_carried_into(node, days.first()).await;
        let mut carried = Carried::before(before.map_err(|error| problem(&error))?);
        for day in days.each() {
            let tickets = state.store.tickets_of_day(node, day).await;
            let tickets = carried.with(day, tickets.map_err(|error| problem(&error))?);
            if !tickets.is_empty() {
                all.add(day, &tickets, &services);
                own.add(day, &tickets, &services);
            }
        }
    }
    let groups: Vec<(String, String, Figures)> = groups
        .into_iter()
        .map(|(key, (name, tally))| (key, name, tally.report().total))
        .filter(|(_, _, figures)| figures.issued + figures.calls > 0)
        .collect();
    let all = all.report();
    let count = groups.iter().map(|(key, ..)| unit_code(key)).collect::<BTreeSet<_>>().len();
    let shown = match rows {
        Rows::Units | Rows::Places => {
            groups.into_iter().map(|(key, name, figures)| unit_row(key, name, &figures)).collect()
        }
        Rows::Of(_) => all.rows.iter().map(|(key, figures)| row(key, figures, &services)).collect(),
    };
    Ok(ProvinceReportView {
        from: days.first().to_string(),
        to: days.last().to_string(),
        by: rows.word().to_owned(),
        unit: unit.clone(),
        unit_name,
        rows: shown,
        total: FiguresView::new(&all.total, false),
        units: count,
    })
}

fn unit_row(key: String, name: String, figures: &Figures) -> ReportRowView {
    let figures = FiguresView::new(figures, false);
    ReportRowView { key, name_vi: Some(name), name_en: None, figures }
}

fn row(key: &Key, figures: &Figures, services: &[Service]) -> ReportRowView {
    let service = match key {
        Key::Service(code) => services.iter().find(|service| service.code == *code),
        _ => None,
    };
    ReportRowView {
        key: key_text(key),
        name_vi: service.map(|service| service.name_vi.clone()),
        name_en: service.map(|service| service.name_en.clone()),
        figures: FiguresView::new(figures, false),
    }
}

/// The code of a box's unit: its name up to the number.
fn unit_of(sender: &Sender) -> &str {
    unit_code(&sender.node)
}

fn unit_code(node: &str) -> &str {
    node.split('-').next().unwrap_or(node)
}

/// What people call the place of a box.
fn place_name(sender: &Sender, points: &Points) -> String {
    NodeId::parse(&sender.node)
        .map_or_else(|_| sender.unit_name.clone(), |node| points.name_at(&sender.unit_name, &node))
}

/// The province's service groups, for names, promises and bands of numbers. Without the file a report
/// has codes for names and knows no promise.
async fn services(state: &HubState) -> Vec<Service> {
    let path = state.enroller.settings.services_file.clone();
    let name = path.display().to_string();
    match tokio::fs::read_to_string(&path).await {
        Ok(text) => parse_services(&name, &text).unwrap_or_else(|problems| {
            tracing::warn!(%problems, "the service groups do not read");
            Vec::new()
        }),
        Err(error) => {
            tracing::warn!(file = name, %error, "the service groups are not there");
            Vec::new()
        }
    }
}

impl Rows {
    fn parse(word: &str) -> Option<Rows> {
        match (word, By::parse(word)) {
            (BY_UNIT, _) => Some(Rows::Units),
            (BY_PLACE, _) => Some(Rows::Places),
            (_, Some(by @ (By::Hour | By::Day | By::Service | By::Class))) => Some(Rows::Of(by)),
            // Of officers the head of their center is told; numbers of counters say nothing here.
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Rows::Units => BY_UNIT,
            Rows::Places => BY_PLACE,
            Rows::Of(by) => by.as_str(),
        }
    }
}

fn read_wish(asked: &ProvinceReportAsked) -> Result<Wish, Problem> {
    let day = |text: &str, field: &str| {
        text.parse::<civil::Date>().map_err(|_| Problem::invalid(format!("{field}: no day")))
    };
    let (from, to) = (day(&asked.from, "from")?, day(&asked.to, "to")?);
    let rows = Rows::parse(asked.by.as_deref().unwrap_or(BY_UNIT));
    let rows =
        rows.ok_or_else(|| Problem::invalid("by: unit, place, hour, day, service or class"))?;
    let unit = asked.unit.clone().filter(|unit| !unit.is_empty());
    let days = Days::new(from, to)
        .filter(|days| unit.is_some() || days.count() <= DAYS_OF_ALL_MAX)
        .ok_or_else(|| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "input.bad_days",
                format!("Chọn từ 1 đến {DAYS_OF_ALL_MAX} ngày cho toàn tỉnh; một Trung tâm nhiều nhất 92 ngày."),
                format!("Choose 1 to {DAYS_OF_ALL_MAX} days for all units; up to 92 for one."),
            )
        })?;
    Ok(Wish { days, rows, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(from: &str, to: &str, by: Option<&str>, unit: Option<&str>) -> ProvinceReportAsked {
        let owned = |text: &str| text.to_owned();
        ProvinceReportAsked {
            from: owned(from),
            to: owned(to),
            by: by.map(owned),
            unit: unit.map(owned),
        }
    }

    #[test]
    fn nobody_at_the_province_is_shown_figures_of_officers_or_counters() {
        for (word, shown) in [
            ("unit", true),
            ("place", true),
            ("hour", true),
            ("day", true),
            ("service", true),
            ("class", true),
            ("officer", false),
            ("counter", false),
            ("name", false),
        ] {
            let wish = read_wish(&asked("2026-11-23", "2026-11-23", Some(word), None));
            assert_eq!(wish.is_ok_and(|wish| wish.rows.word() == word), shown, "{word}");
        }
    }

    #[test]
    fn a_quarter_is_read_of_one_unit_and_a_month_of_all() {
        let code = |from, to, unit| {
            read_wish(&asked(from, to, None, unit)).err().map(|problem| problem.code.to_string())
        };
        assert_eq!(code("2026-11-01", "2026-12-01", None), None);
        assert_eq!(code("2026-11-01", "2026-12-02", None).as_deref(), Some("input.bad_days"));
        assert_eq!(code("2026-10-01", "2026-12-31", Some("06658")), None);
        assert_eq!(
            code("2026-09-01", "2026-12-31", Some("06658")).as_deref(),
            Some("input.bad_days")
        );
        assert_eq!(code("2026-11-02", "2026-11-01", None).as_deref(), Some("input.bad_days"));
        assert_eq!(code("01/11/2026", "2026-11-01", None).as_deref(), Some("input.invalid"));
    }
}
