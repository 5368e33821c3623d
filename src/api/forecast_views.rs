//! What a head is shown of the hours to come. Codes of services stay codes: the pages know their names.

use super::views::word;
use super::words;
use domain::report::{Forecast, LEARNED_DAYS_MIN, Overload};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// When waiting will pass the promise, if as many come as on the days before that had today's opening
/// hours, and the counters that are open stay open. Apart from the advice, which reckons with those alone
/// who wait now.
#[derive(Debug, Serialize, ToSchema)]
pub struct ForecastView {
    /// Whether anything can be foretold; where not, only the days say something.
    #[schema(value_type = words::ForecastState)]
    pub state: String,
    /// So many days were learned from.
    pub days: usize,
    /// With fewer nothing is foretold.
    pub days_min: usize,
    /// Until when it is foretold.
    pub until: Option<String>,
    /// So many are expected until then at the counters that are open.
    pub coming: i64,
    /// On so many of the days the promise would be passed somewhere.
    pub days_over: usize,
    /// What will pass its promise, the earliest first, each about other services; empty where nothing will.
    pub overloads: Vec<OverloadView>,
}

/// That waiting will pass the promise, with the numbers from which it follows:
/// `left_s = waiting_s + coming_s - done_s`, `wait_s = (left_s - last_s) / counters > promise_s`.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverloadView {
    /// Codes of the services.
    pub services: Vec<String>,
    /// Whose promise: that of priority callers alone, or the longest of all.
    #[schema(value_type = words::TicketClass)]
    pub class: String,
    /// When.
    pub at: String,
    /// So many wait now.
    pub waiting: usize,
    /// Their work, and what the counters have left of those whom they serve. Seconds.
    pub waiting_s: i64,
    /// So many come until then.
    pub coming: i64,
    /// Their work. Seconds.
    pub coming_s: i64,
    /// So many open counters serve any of these services.
    pub counters: usize,
    /// What these do until then. Seconds.
    pub done_s: i64,
    /// What is then left. Seconds.
    pub left_s: i64,
    /// Of it what the other counters are still at when the first one is free. Seconds.
    pub last_s: i64,
    /// How long who comes then will wait. Seconds.
    pub wait_s: i64,
    /// What is promised. Seconds.
    pub promise_s: i64,
    /// With so many more counters from now on it does not come to that.
    pub more: usize,
    /// Numbers of counters that could be opened for it.
    pub open: Vec<u16>,
    /// On so many of the days the same would happen.
    pub days_over: usize,
    /// One of ten of these times is earlier.
    pub early: Option<String>,
    /// One of ten is later.
    pub late: Option<String>,
}

impl From<&Forecast> for ForecastView {
    fn from(forecast: &Forecast) -> Self {
        Self {
            state: word(&forecast.state),
            days: forecast.days,
            days_min: LEARNED_DAYS_MIN,
            until: text(forecast.until),
            coming: forecast.coming,
            days_over: forecast.days_over,
            overloads: forecast.overloads.iter().map(OverloadView::from).collect(),
        }
    }
}

impl From<&Overload> for OverloadView {
    fn from(one: &Overload) -> Self {
        Self {
            services: one.services.iter().map(ToString::to_string).collect(),
            class: word(&one.class),
            at: one.at.to_string(),
            waiting: one.waiting,
            waiting_s: one.waiting_s,
            coming: one.coming,
            coming_s: one.coming_s,
            counters: one.counters,
            done_s: one.done_s,
            left_s: one.left_s,
            last_s: one.last_s,
            wait_s: one.wait_s,
            promise_s: one.promise_s,
            more: one.more,
            open: one.open.iter().map(|number| number.0).collect(),
            days_over: one.days_over,
            early: text(one.early),
            late: text(one.late),
        }
    }
}

fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{CounterNumber, ServiceCode};
    use domain::queue::Class;
    use domain::report::ForecastState;
    use serde_json::json;

    #[test]
    fn each_number_of_a_forecast_stands_under_its_own_name() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let overload = Overload {
            services: vec![ServiceCode::parse("ho-tich").unwrap()],
            class: Class::Priority,
            at: at(0),
            waiting: 1,
            waiting_s: 2,
            coming: 3,
            coming_s: 4,
            counters: 5,
            done_s: 6,
            left_s: 7,
            last_s: 8,
            wait_s: 9,
            promise_s: 10,
            more: 11,
            open: vec![CounterNumber(12)],
            days_over: 13,
            early: Some(at(1)),
            late: None,
        };
        let forecast = Forecast {
            state: ForecastState::Known,
            days: 14,
            until: Some(at(2)),
            coming: 15,
            days_over: 16,
            overloads: vec![overload],
        };
        let told = serde_json::to_value(ForecastView::from(&forecast)).unwrap();
        assert_eq!((&told["state"], &told["days"]), (&json!("known"), &json!(14)));
        assert_eq!(told["days_min"], LEARNED_DAYS_MIN);
        assert_eq!((&told["coming"], &told["days_over"]), (&json!(15), &json!(16)));
        assert_eq!(told["until"], "1970-01-01T00:00:02Z");
        let one = &told["overloads"][0];
        assert_eq!((&one["services"][0], &one["class"]), (&json!("ho-tich"), &json!("priority")));
        assert_eq!((&one["open"][0], &one["days_over"]), (&json!(12), &json!(13)));
        assert_eq!((&one["early"], &one["late"]), (&json!("1970-01-01T00:00:01Z"), &json!(null)));
        let numbers = [
            "waiting",
            "waiting_s",
            "coming",
            "coming_s",
            "counters",
            "done_s",
            "left_s",
            "last_s",
            "wait_s",
            "promise_s",
            "more",
        ];
        for (number, name) in (1_i64..).zip(numbers) {
            assert_eq!(one[name], number, "{name}");
        }
    }
}
