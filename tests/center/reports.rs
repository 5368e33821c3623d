//! What the head sees of the queue: figures of a day, as JSON and as files, and the hall as it is; and
//! that an officer sees neither.

use crate::house::{House, get, issue, must};
use motcua::cli::day::client::CenterClient;
use reqwest::Method;
use serde_json::{Value, json};

/// What a request is answered: status and code.
async fn answered(client: &mut CenterClient, path: &str) -> (u16, String) {
    let answer = client.send(Method::GET, path, None, None).await.unwrap();
    (answer.status.as_u16(), answer.code().to_owned())
}

fn row<'a>(report: &'a Value, key: &str) -> &'a Value {
    let rows = report["rows"].as_array().unwrap();
    rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("no {key} in {report}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_head_sees_the_figures_of_the_day_and_an_officer_does_not() {
    let house = House::open("reports", 1).await;
    let center = house.center(0);
    let (mut officer, mut head, mut kiosk) = (center.officer(1), center.head(), house.kiosk());
    let counters = get(&mut head, "/api/v1/counters").await;
    let service = counters[0]["services"][0].as_str().unwrap().to_owned();
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    let first = issue(&mut kiosk, &service).await;
    for verb in ["call-next", "begin", "complete", "call-next", "no-show"] {
        if verb == "complete" {
            issue(&mut kiosk, &service).await;
        }
        must(&mut officer, &format!("/api/v1/counters/1/{verb}"), &json!({})).await;
    }
    issue(&mut kiosk, &service).await;

    let day = first["ticket"]["business_day"].as_str().unwrap();
    let path =
        |kind: &str, by: &str| format!("/api/v1/reports/queue{kind}?from={day}&to={day}&by={by}");
    let by_officer = get(&mut head, &path("", "officer")).await;
    let own = &row(&by_officer, "officer-1")["figures"];
    assert_eq!(
        (&own["calls"], &own["completed"], &own["no_shows"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert!(row(&by_officer, "officer-1")["name_vi"].is_string(), "{by_officer}");
    assert_eq!(by_officer["total"]["issued"], 3);
    let by_service = get(&mut head, &path("", "service")).await;
    let figures = &row(&by_service, &service)["figures"];
    assert_eq!(
        (&figures["issued"], &figures["promised"], &figures["kept"]),
        (&json!(3), &json!(2), &json!(2))
    );
    // What the counter was free before a call for this service: there were no calls for another one.
    assert!(figures["free"]["count"].is_u64() && figures["free_s"].is_i64(), "{figures}");
    assert_eq!(figures["free"], by_service["total"]["free"]);

    for kind in [".csv", ".xlsx"] {
        assert_eq!(answered(&mut head, &path(kind, "hour")).await, (200, String::new()));
    }
    let hall = get(&mut head, "/api/v1/reports/hall").await;
    assert_eq!(hall["lines"][0]["waiting"], 1, "{hall}");
    assert_eq!((&hall["counters"]["free"], &hall["advice"]), (&json!(1), &json!([])));

    // Of a center that opened today nothing is foretold, whatever the time is.
    let forecast = &hall["forecast"];
    assert!(forecast["state"] != "known", "{forecast}");
    assert_eq!((&forecast["days"], &forecast["overloads"]), (&json!(0), &json!([])));
    assert_eq!(forecast["days_min"], domain::report::LEARNED_DAYS_MIN);

    let refused = (403, "auth.not_allowed".to_owned());
    for path in
        [path("", "officer"), path(".csv", "officer"), path(".xlsx", "hour"), path(".pdf", "hour")]
    {
        assert_eq!(answered(&mut officer, &path).await, refused, "{path}");
    }
    assert_eq!(answered(&mut officer, "/api/v1/reports/hall").await, refused);
    let too_long = "/api/v1/reports/queue?from=2026-01-01&to=2026-12-31";
    assert_eq!(answered(&mut head, too_long).await, (400, "input.bad_days".to_owned()));
    let unknown = format!("{}&name=lan", path("", "hour"));
    assert_eq!(answered(&mut head, &unknown).await, (400, "input.unknown_field".to_owned()));
    house.close().await;
}
