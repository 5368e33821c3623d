//! A desk's "no" as the answer of a request: status, stable code, sentences in both languages.

use crate::actors::OfficerNames;
use crate::actors::failure::Failure;
use crate::text;
use actix_web::http::StatusCode;
use domain::ids::NodeId;
use domain::points::Points;
use domain::refusal::{Refusal, RefusalKind};
use domain::units::Units;
use serde_json::{Value, json};
use web::Problem;

/// Seconds after which a busy or starting center is worth asking again.
const RETRY_AFTER_S: u32 = 1;

/// A problem with the sentence of its code.
#[must_use]
pub fn problem(status: StatusCode, code: &'static str, details: Value) -> Problem {
    let sentence = text::sentence(code, &details);
    Problem::new(status, code, sentence.vi, sentence.en).with_details(details)
}

/// What a rule refused.
#[must_use]
pub fn refused(refusal: &Refusal) -> Problem {
    let status = match refusal.kind() {
        RefusalKind::BadInput => StatusCode::BAD_REQUEST,
        RefusalKind::NotFound => StatusCode::NOT_FOUND,
        RefusalKind::Rule => StatusCode::CONFLICT,
    };
    problem(status, refusal.code(), refusal.details())
}

/// The facts of a refusal that name a node; people know it by its unit, or by its reception point.
const NODE_DETAILS: [&str; 3] = ["holder", "other", "to"];

/// What a desk answered to a step of a hand-over: the sentence names units, the details nodes.
#[must_use]
pub fn failed_at_hand_over(failure: Failure, units: &Units, points: &Points) -> Problem {
    let mut problem = failed(failure.clone());
    let Failure::Refused(refusal) = failure else { return problem };
    let mut named = refusal.details();
    for key in NODE_DETAILS {
        let node = named[key].as_str().and_then(|node| NodeId::parse(node).ok());
        if let Some((node, unit)) =
            node.and_then(|node| units.get(node.unit()).map(|unit| (node, unit)))
        {
            named[key] = points.name_at(&unit.name, &node).into();
        }
    }
    let sentence = text::sentence(refusal.code(), &named);
    (problem.message, problem.message_en) = (sentence.vi, sentence.en);
    problem
}

/// What the queue desk answered to a verb at a counter: the sentence names the officer as colleagues do,
/// the details the account.
#[must_use]
pub fn failed_at_counter(failure: Failure, officers: &OfficerNames) -> Problem {
    let mut problem = failed(failure.clone());
    let Failure::Refused(refusal) = failure else { return problem };
    let Refusal::CounterTaken { officer, .. } = &refusal else { return problem };
    let unnamed = text::sentence("officer.unnamed", &Value::Null);
    let said = |unnamed: &str| {
        let mut named = refusal.details();
        named["officer"] = officers.of_officer(officer).unwrap_or(unnamed).into();
        text::sentence(refusal.code(), &named)
    };
    (problem.message, problem.message_en) = (said(&unnamed.vi).vi, said(&unnamed.en).en);
    problem
}

/// What a desk answered instead of the wished thing.
#[must_use]
pub fn failed(failure: Failure) -> Problem {
    let unavailable = |failure: &Failure| {
        problem(StatusCode::SERVICE_UNAVAILABLE, failure.code(), json!({}))
            .retry_after(RETRY_AFTER_S)
    };
    match failure {
        Failure::Refused(refusal) => refused(&refusal),
        Failure::NotStorable(cause) => {
            let status = match cause {
                "store.taken" | "store.conflict" => StatusCode::CONFLICT,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            problem(status, failure.code(), json!({ "cause": cause }))
        }
        Failure::TooFast { wait_s } => {
            let details = json!({ "wait_s": wait_s });
            problem(StatusCode::TOO_MANY_REQUESTS, failure.code(), details).retry_after(wait_s)
        }
        Failure::KeyReused => problem(StatusCode::CONFLICT, failure.code(), json!({})),
        Failure::BadRequestKey => bad_value(super::asking::KEY_HEADER),
        Failure::Unknown(what) => {
            problem(StatusCode::NOT_FOUND, failure.code(), json!({ "what": what }))
        }
        Failure::Busy | Failure::Stopped | Failure::Repeat | Failure::DiskFull => {
            unavailable(&failure)
        }
    }
}

/// What the store answered instead of rows.
#[must_use]
pub fn unreadable(error: &store::StoreError) -> Problem {
    match error {
        store::StoreError::DiskFull => failed(Failure::DiskFull),
        store::StoreError::Busy => failed(Failure::Busy),
        _ => {
            tracing::error!(code = error.code(), %error, "a request could not use the store");
            problem(StatusCode::SERVICE_UNAVAILABLE, "center.not_ready", json!({}))
                .retry_after(RETRY_AFTER_S)
        }
    }
}

/// A value that cannot be what the field asks for.
#[must_use]
pub fn bad_value(field: &str) -> Problem {
    problem(StatusCode::BAD_REQUEST, "input.bad_value", json!({ "field": field }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_hand_over_names_the_unit_and_not_its_box() {
        let units = Units::parse(
            "centers.csv",
            "unit_code,kind,name,short_name\n06994,dac_khu,Đặc khu Vân Đồn,Vân Đồn\n",
        )
        .unwrap();
        let points = Points::parse(
            "points.csv",
            "node,short_name,address,certainty,source\n06994-2,Quan Lạn,a,confirmed,b\n",
            &units,
        )
        .unwrap();
        for (node, name) in
            [("06994-1", "Đặc khu Vân Đồn"), ("06994-2", "Đặc khu Vân Đồn, điểm Quan Lạn")]
        {
            let other = NodeId::parse(node).unwrap();
            let failure = Failure::Refused(Refusal::TakeBackTooLate { other });
            let problem = failed_at_hand_over(failure, &units, &points);
            assert_eq!(problem.code, "dossier.take_back_too_late");
            assert!(problem.message.contains(name), "{}", problem.message);
            assert_eq!(problem.details["other"], node);
        }
    }

    #[test]
    fn a_counter_in_use_is_said_to_be_its_officers_by_name_and_never_by_login() {
        use crate::actors::testing::account;
        use domain::ids::{CounterNumber, OfficerId};
        let refusal = Refusal::CounterTaken {
            counter: CounterNumber(3),
            counter_name: "Lao động, xã hội".to_owned(),
            officer: OfficerId::parse("officer-3").unwrap(),
        };
        let told = |officers: &OfficerNames| {
            let problem = failed_at_counter(Failure::Refused(refusal.clone()), officers);
            assert_eq!(problem.code, "queue.counter_taken");
            assert_eq!(problem.details["officer"], "officer-3");
            (problem.message, problem.message_en)
        };
        let (vi, en) = told(&OfficerNames::of([account("officer-3", "Phạm Thu Hà")]));
        let name = "Phạm Thu Hà";
        let counter = "Quầy 3 (Lao động, xã hội)";
        assert_eq!(vi, format!("{counter} đang do {name} mở. Chọn quầy khác."));
        assert!(en.contains(name) && en.contains("(Lao động, xã hội)"), "{en}");
        for unknown in [OfficerNames::default(), OfficerNames::of([account("officer-3", " ")])] {
            let (vi, en) = told(&unknown);
            assert_eq!(vi, format!("{counter} đang do cán bộ khác mở. Chọn quầy khác."));
            assert!(en.contains("another officer") && !en.contains("officer-3"), "{en}");
        }
    }

    #[test]
    fn what_the_store_will_never_take_is_not_worth_repeating() {
        use crate::actors::pipeline::failure_of;
        use actix_web::ResponseError;
        let told = |error: store::StoreError| {
            let problem = failed(failure_of(&error));
            let answer = problem.error_response();
            let again = answer.headers().contains_key(actix_web::http::header::RETRY_AFTER);
            (answer.status().as_u16(), problem.code.to_string(), again)
        };
        let never = || "center.not_storable".to_owned();
        assert_eq!(told(store::StoreError::TooLarge("entry")), (500, never(), false));
        assert_eq!(told(store::StoreError::Damaged("row".into())), (500, never(), false));
        assert_eq!(told(store::StoreError::Taken("number".into())), (409, never(), false));
        assert_eq!(told(store::StoreError::Conflict("token")), (409, never(), false));
        let again = (503, "center.repeat".to_owned(), true);
        assert_eq!(told(store::StoreError::Database("locked".into())), again);
        let stale = store::StoreError::StaleRevision {
            kind: "ticket",
            subject: String::new(),
            stored: 2,
            given: 2,
        };
        assert_eq!(told(stale), again);
    }

    #[test]
    fn an_officer_whose_request_found_the_disk_full_is_told_so() {
        let told = |error| unreadable(&error).code;
        assert_eq!(told(store::StoreError::DiskFull), "center.disk_full");
        assert_eq!(told(store::StoreError::Busy), "center.busy");
        assert_eq!(told(store::StoreError::Stopped), "center.not_ready");
    }
}
