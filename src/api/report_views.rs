//! What a head is shown of the queue's figures. Words of services, officers and counters are added here;
//! the figures are the domain's, their form is the province's too ([`web::report`]).

use super::Center;
use super::forecast_views::ForecastView;
use super::views::word;
use super::words;
use domain::ids::ServiceCode;
use domain::report::hall::{CounterCount, Hall, Line, Means};
use domain::report::{Advice, Days, Forecast, Key, Report};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::report::key_text;
pub use web::report::{FiguresView, ReportRowView};

/// Which days, and what the rows are.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ReportAsked {
    /// The first business day, `yyyy-mm-dd`.
    pub from: String,
    /// The last one; at most 92 days with the first.
    pub to: String,
    /// `hour` unless said otherwise; `day`, `service`, `class`, `officer`, `counter`.
    #[serde(default)]
    pub by: Option<String>,
}

/// Figures of some days.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportView {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// What the rows are.
    #[schema(value_type = words::ReportBy)]
    pub by: String,
    /// Only those in which something happened, in order.
    pub rows: Vec<ReportRowView>,
    /// All together.
    pub total: FiguresView,
}

/// Who waits for one service in one class.
#[derive(Debug, Serialize, ToSchema)]
pub struct HallLineView {
    /// Code of the service.
    pub service: String,
    /// Which class.
    #[schema(value_type = words::TicketClass)]
    pub class: String,
    /// So many.
    pub waiting: usize,
    /// Of them longer than promised.
    pub late: usize,
    /// The longest wait. Seconds.
    pub longest_s: i64,
    /// What is promised. Seconds.
    pub promise_s: i64,
}

/// What the counters do.
#[derive(Debug, Serialize, ToSchema)]
pub struct HallCountersView {
    /// With a citizen.
    pub serving: usize,
    /// Waiting for the citizen who was called.
    pub calling: usize,
    /// Open, without a number.
    pub free: usize,
    /// Paused.
    pub paused: usize,
    /// Closed.
    pub closed: usize,
}

/// That no order of calls can keep the promise, with the numbers from which it follows:
/// `short_s = work_s - last_s - capacity_s`.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdviceView {
    /// Codes of the services.
    pub services: Vec<String>,
    /// So many must be called...
    pub people: usize,
    /// ...within this. Seconds.
    pub within_s: i64,
    /// The work of all of them. Seconds.
    pub work_s: i64,
    /// Of it that of the last ones, who need only be called by then. Seconds.
    pub last_s: i64,
    /// So many open counters serve any of these services.
    pub counters: usize,
    /// What these can do until then. Seconds.
    pub capacity_s: i64,
    /// What is missing. Seconds.
    pub short_s: i64,
    /// With so many more counters it can be done.
    pub more: usize,
    /// Numbers of counters that could be opened for it.
    pub open: Vec<u16>,
}

/// How long a call of a service keeps a counter.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkView {
    /// Code of the service.
    pub service: String,
    /// Way and service, as learned by the estimate of waits. Seconds.
    pub work_s: i64,
}

/// The hall as it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct HallFiguresView {
    /// When.
    pub at: String,
    /// Services and classes in which somebody waits.
    pub lines: Vec<HallLineView>,
    /// The counters.
    pub counters: HallCountersView,
    /// The means by which the advice counts.
    pub work: Vec<WorkView>,
    /// Whether there was no call yet to learn the means from.
    pub work_assumed: bool,
    /// What no order of calls can keep; empty while one can.
    pub advice: Vec<AdviceView>,
    /// The hours to come, if as many come as usually.
    pub forecast: ForecastView,
}

impl ReportView {
    /// A report with the names of its rows.
    #[must_use]
    pub fn new(center: &Center, days: Days, report: Report) -> Self {
        Self {
            from: days.first().to_string(),
            to: days.last().to_string(),
            by: report.by.as_str().to_owned(),
            rows: report
                .rows
                .iter()
                .map(|(key, figures)| {
                    let (name_vi, name_en) = names(center, key);
                    let figures = FiguresView::new(figures, true);
                    ReportRowView { key: key_text(key), name_vi, name_en, figures }
                })
                .collect(),
            total: FiguresView::new(&report.total, true),
        }
    }
}

fn names(center: &Center, key: &Key) -> (Option<String>, Option<String>) {
    let settings = &center.data.queue;
    match key {
        Key::Service(code) => {
            let service = settings.services.iter().find(|service| service.code == *code);
            (service.map(|one| one.name_vi.clone()), service.map(|one| one.name_en.clone()))
        }
        Key::Officer(officer) => (center.officers.of_officer(officer).map(str::to_owned), None),
        Key::Counter(number) => {
            let plan = settings.counters.iter().find(|plan| plan.number == *number);
            (plan.map(|plan| plan.name.clone()), None)
        }
        Key::Hour(_) | Key::Day(_) | Key::Class(_) | Key::UnknownOfficer => (None, None),
    }
}

impl HallFiguresView {
    /// The hall with the means behind it.
    #[must_use]
    pub fn new(
        hall: &Hall,
        forecast: &Forecast,
        means: &Means,
        services: &[ServiceCode],
        now: Timestamp,
    ) -> Self {
        let CounterCount { serving, calling, free, paused, closed } = hall.counters;
        Self {
            at: now.to_string(),
            lines: hall.lines.iter().map(HallLineView::from).collect(),
            counters: HallCountersView { serving, calling, free, paused, closed },
            work: services
                .iter()
                .map(|code| WorkView { service: code.to_string(), work_s: means.of_service(code) })
                .collect(),
            work_assumed: means.assumed(),
            advice: hall.advice.iter().map(AdviceView::from).collect(),
            forecast: ForecastView::from(forecast),
        }
    }
}

impl From<&Line> for HallLineView {
    fn from(line: &Line) -> Self {
        Self {
            service: line.service.to_string(),
            class: word(&line.class),
            waiting: line.waiting,
            late: line.late,
            longest_s: line.longest_s,
            promise_s: line.promise_s,
        }
    }
}

impl From<&Advice> for AdviceView {
    fn from(advice: &Advice) -> Self {
        let Advice {
            people, within_s, work_s, last_s, counters, capacity_s, short_s, more, ..
        } = *advice;
        Self {
            services: advice.services.iter().map(ToString::to_string).collect(),
            people,
            within_s,
            work_s,
            last_s,
            counters,
            capacity_s,
            short_s,
            more,
            open: advice.open.iter().map(|number| number.0).collect(),
        }
    }
}
