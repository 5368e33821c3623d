//! What the head decides about the queue: another policy of calling, in force at once and after a
//! restart, and what an officer may serve; and that an officer decides neither.

use crate::house::{House, fresh_key, get, issue, must};
use motcua::cli::day::client::CenterClient;
use reqwest::Method;
use serde_json::{Value, json};

const POLICY: &str = "/api/v1/queue-policy";
const REPLAY: &str = "/api/v1/queue-policy/replay";

/// What a request is answered: status and code.
async fn answered(
    client: &mut CenterClient,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> (u16, String) {
    let answer = client.send(method, path, Some(&fresh_key()), body).await.unwrap();
    (answer.status.as_u16(), answer.code().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_head_chooses_the_policy_and_an_officers_groups_and_an_officer_neither() {
    let house = House::open("policy", 1).await;
    let center = house.center(0);
    let (mut officer, mut head, mut kiosk) = (center.officer(1), center.head(), house.kiosk());
    let delivered = get(&mut head, POLICY).await;
    assert_eq!((&delivered["is_delivered"], &delivered["number"]), (&json!(true), &json!(0)));

    let strict = json!({ "policy": "strict", "reason": "Đợt cao điểm", "seen": 0 });
    let refused = (403, "auth.not_allowed".to_owned());
    assert_eq!(answered(&mut officer, Method::POST, POLICY, Some(&strict)).await, refused);
    assert_eq!(answered(&mut officer, Method::GET, POLICY, None).await, refused);
    assert_eq!(answered(&mut officer, Method::GET, "/api/v1/officers", None).await, refused);
    for (wrong, status, code) in [
        (json!({ "policy": "loud", "reason": "x", "seen": 0 }), 400, "queue.unknown_policy"),
        (
            json!({ "policy": "ratio", "regular_per_priority": 11, "reason": "x", "seen": 0 }),
            400,
            "queue.policy_parameter",
        ),
        (json!({ "policy": "strict", "reason": " ", "seen": 0 }), 400, "queue.policy_reason"),
        (json!({ "policy": "guard", "reason": "x", "seen": 0 }), 409, "queue.policy_in_force"),
        (
            json!({ "policy": "strict", "reason": "x", "seen": 7 }),
            409,
            "queue.policy_chosen_meanwhile",
        ),
    ] {
        let told = answered(&mut head, Method::POST, POLICY, Some(&wrong)).await;
        assert_eq!(told, (status, code.to_owned()), "{wrong}");
    }

    must(&mut head, POLICY, &strict).await;
    let chosen = get(&mut head, POLICY).await;
    assert_eq!(chosen["in_force"]["policy"], "strict", "{chosen}");
    assert_eq!(chosen["choices"][0]["before"]["policy"], "guard");
    assert_eq!(chosen["choices"][0]["reason"], "Đợt cao điểm");

    // An officer's groups: the counter follows at once.
    let counters = get(&mut head, "/api/v1/counters").await;
    let planned = counters[0]["services"].as_array().unwrap().clone();
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    let services = get(&mut head, "/api/v1/services").await;
    // A group other than the first one of the counter's own: it may be one that the counter never calls.
    let mut codes = services.as_array().unwrap().iter().map(|one| one["code"].clone());
    let other = codes.find(|code| *code != planned[0]).expect("a center has several groups");
    let path = "/api/v1/officers/officer-1/skills";
    must(&mut head, path, &json!({ "services": [other] })).await;
    issue(&mut kiosk, planned[0].as_str().unwrap()).await;
    let call = "/api/v1/counters/1/call-next";
    let nobody = (409, "queue.nobody_waiting".to_owned());
    assert_eq!(answered(&mut officer, Method::POST, call, Some(&json!({}))).await, nobody);
    must(&mut head, path, &json!({ "services": null })).await;
    must(&mut officer, call, &json!({})).await;
    let none = answered(&mut head, Method::POST, path, Some(&json!({ "services": [] }))).await;
    assert_eq!(none, (400, "queue.no_skills".to_owned()));
    let unknown = "/api/v1/officers/nobody/skills";
    let unknown = answered(&mut head, Method::POST, unknown, Some(&json!({}))).await;
    assert_eq!(unknown, (404, "queue.unknown_officer".to_owned()));

    // Nothing is over yet that could be played; out of bounds it is not begun.
    let wrong = answered(&mut head, Method::POST, REPLAY, Some(&json!({ "days": 93 }))).await;
    assert_eq!(wrong, (400, "queue.policy_parameter".to_owned()));
    assert_eq!(answered(&mut officer, Method::GET, REPLAY, None).await, refused);
    assert_eq!(answered(&mut head, Method::DELETE, REPLAY, None).await.0, 204);

    let back = json!({ "reason": "Hết đợt", "seen": 1 });
    must(&mut head, "/api/v1/queue-policy/delivered", &back).await;
    let again = get(&mut head, POLICY).await;
    assert_eq!((&again["is_delivered"], &again["number"]), (&json!(true), &json!(2)));
    assert_eq!(again["in_force"], delivered["in_force"]);
    // Every choice and what the officer may serve is at the hub, too.
    house.books_agree(0).await;
    house.close().await;
}
