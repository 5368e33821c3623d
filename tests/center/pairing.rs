//! Screens and tablets that are let in by a code while the daemon runs, and put out again: what a head
//! sees, what nobody sees, what outlasts a restart, and who cannot disturb it.

use crate::house::{Center, Hasty, House, get, post, printed};
use motcua::cli::day::client::{Answer, CenterClient};
use reqwest::Method;
use serde_json::{Value, json};

const PAIRINGS: &str = "/api/v1/pairings";
const PAIRED: &str = "/api/v1/paired";

fn told(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.code())
}

/// A browser without a token.
fn browser(center: &Center) -> Hasty {
    center.hasty("")
}

/// A page asks to be let in; gives what it shows and what it asks with.
async fn asks(page: &Hasty, role: &str) -> (String, String) {
    let opened = page.ask(Method::POST, PAIRINGS, Some(&json!({ "role": role }))).await.unwrap();
    assert_eq!(opened.status.as_u16(), 201, "{}", opened.body);
    assert!(opened.body["expires_in_s"].as_u64().is_some_and(|left| left > 0));
    let text = |key: &str| opened.body[key].as_str().unwrap().to_owned();
    (text("code"), text("claim"))
}

async fn claims(page: &Hasty, claim: &str) -> Answer {
    let path = format!("{PAIRINGS}/claim");
    page.ask(Method::POST, &path, Some(&json!({ "claim": claim }))).await.unwrap()
}

async fn approves(head: &mut CenterClient, code: &str, body: &Value) -> Answer {
    post(head, &format!("{PAIRINGS}/{code}/approve"), body).await
}

/// The names of the devices that are in.
async fn devices(head: &mut CenterClient) -> Vec<String> {
    let all = get(head, PAIRED).await;
    let name = |one: &Value| one["device"].as_str().unwrap().to_owned();
    all.as_array().unwrap().iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tablet_is_let_in_by_its_code_works_over_a_restart_and_is_put_out_while_the_center_works()
{
    let mut house = House::open("pairing", 1).await;
    let center = house.center(0);
    let (mut officer, mut head) = (center.officer(1), center.head());
    let page = browser(&center);
    let (code, claim) = asks(&page, "tablet").await;
    assert_eq!(claims(&page, &claim).await.body["state"], "waiting");

    // Only a head sees and decides; what is seen holds neither the claim nor a token.
    let listed = get(&mut head, PAIRINGS).await;
    let row = listed.as_array().unwrap().iter().find(|one| one["code"] == code.as_str()).unwrap();
    let mut keys: Vec<&String> = row.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["address", "age_s", "code", "expires_in_s", "role", "user_agent"]);
    assert!(!listed.to_string().contains(&claim));
    for path in [PAIRINGS, PAIRED] {
        let answer = officer.send(Method::GET, path, None, None).await.unwrap();
        assert_eq!(answer.status.as_u16(), 403, "{path}");
    }
    let body = json!({ "title": "Máy tính bảng quầy 2", "counter": 2 });
    assert_eq!(approves(&mut officer, &code, &body).await.status.as_u16(), 403);

    // What cannot be is refused, and the code is still good.
    for (bad, code_of_refusal) in [
        (json!({ "title": "Quầy 2" }), "pairing.needs_counter"),
        (json!({ "title": "Quầy 2", "counter": 999 }), "queue.unknown_counter"),
        (json!({ "title": "\u{202e}", "counter": 2 }), "pairing.bad_title"),
    ] {
        assert_eq!(approves(&mut head, &code, &bad).await.code(), code_of_refusal);
    }
    assert_eq!(told(&approves(&mut head, "XXXXXX", &body).await), (404, "pairing.unknown_code"));

    // Typed as people type; pressed once more it is the same answer, changed it is none.
    let typed = format!("{}-{}", code[..3].to_lowercase(), &code[3..]);
    let paired = approves(&mut head, &typed, &body).await;
    assert_eq!(paired.status.as_u16(), 200, "{}", paired.body);
    let device = paired.body["device"].as_str().unwrap().to_owned();
    assert!(device.starts_with("tablet-2-"), "{device}");
    assert_eq!(approves(&mut head, &code, &body).await.body["device"], device.as_str());
    let other = json!({ "title": "Khác", "counter": 3 });
    assert_eq!(told(&approves(&mut head, &code, &other).await), (409, "pairing.decided"));
    let refusal = post(&mut head, &format!("{PAIRINGS}/{code}/refuse"), &json!({})).await;
    assert_eq!(told(&refusal), (409, "pairing.decided"));

    // The daemon dies between the yes and the question: the page gets its token all the same.
    house.demo.center_process().kill_hard().await.unwrap();
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    let answer = claims(&page, &claim).await;
    assert_eq!((&answer.body["state"], &answer.body["counter"]), (&json!("approved"), &json!(2)));
    let token = answer.body["token"].as_str().unwrap().to_owned();
    assert_ne!(token, claim);
    assert_eq!(claims(&page, &claim).await.body["token"], token.as_str(), "a lost answer");

    // It is a tablet's token of counter 2, and the console tells when it was seen.
    let seen = |all: &Value| {
        let rows = all.as_array().unwrap();
        rows.iter().find(|one| one["device"] == device.as_str()).map(|one| one["last_seen"].clone())
    };
    assert_eq!(seen(&get(&mut head, PAIRED).await), Some(Value::Null));
    let tablet = center.hasty(&token);
    let own = "/api/v1/tablets/2/token";
    assert_eq!(tablet.ask(Method::GET, own, None).await.unwrap().status.as_u16(), 204);
    let elsewhere = tablet.ask(Method::GET, "/api/v1/tablets/1/token", None).await.unwrap();
    assert_eq!(elsewhere.status.as_u16(), 403);
    assert!(seen(&get(&mut head, PAIRED).await).unwrap().is_string());

    // Out, at once and for good; an officer cannot do it, twice is once.
    let out = format!("{PAIRED}/{device}/revoke");
    assert_eq!(post(&mut officer, &out, &json!({})).await.status.as_u16(), 403);
    for _ in 0..2 {
        assert_eq!(post(&mut head, &out, &json!({})).await.status.as_u16(), 204);
        assert_eq!(tablet.ask(Method::GET, own, None).await.unwrap().status.as_u16(), 401);
    }
    assert!(!devices(&mut head).await.contains(&device));
    assert_eq!(told(&claims(&page, &claim).await), (404, "pairing.unknown_claim"));
    let listed = printed(&["device", "tokens"], &center.config).await.unwrap();
    let line = listed.lines().find(|line| line.starts_with(&device)).unwrap();
    assert!(line.contains("revoked"), "{line}");
    let unknown = post(&mut head, &format!("{PAIRED}/tablet-2-zzzzzz/revoke"), &json!({})).await;
    assert_eq!(told(&unknown), (404, "pairing.unknown_device"));
    house.books_agree(0).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_wrong_claims_lets_nobody_in_and_holds_nobody_up() {
    let house = House::open("pairing-flood", 1).await;
    let center = house.center(0);
    let mut head = center.head();
    let page = browser(&center);
    let before = devices(&mut head).await;
    let (code, claim) = asks(&page, "hall").await;

    let mut refused = (0, 0);
    for number in 0..2_000 {
        let answer = claims(&page, &format!("{number:043}")).await;
        match told(&answer) {
            (404, "pairing.unknown_claim") => refused.0 += 1,
            (429, "pairing.too_fast") => refused.1 += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(refused.0 < refused.1, "most are not looked for: {refused:?}");
    // In the midst of it, from the same address: the device that waits, and a head who answers it.
    assert_eq!(claims(&page, &claim).await.body["state"], "waiting");
    for odd in [json!({ "claim": "" }), json!({ "claim": "<script>" })] {
        let answer =
            page.ask(Method::POST, &format!("{PAIRINGS}/claim"), Some(&odd)).await.unwrap();
        assert_eq!(answer.status.as_u16(), 404);
    }
    for odd in [json!({ "role": "load" }), json!({ "role": "console" }), json!({ "token": "x" })] {
        let answer = page.ask(Method::POST, PAIRINGS, Some(&odd)).await.unwrap();
        assert_eq!(answer.status.as_u16(), 400, "{odd}");
    }
    let no_counter = json!({ "title": "<b>Sảnh</b>", "counter": 1 });
    assert_eq!(told(&approves(&mut head, &code, &no_counter).await), (400, "input.bad_value"));
    let body = json!({ "title": "<b>Sảnh</b>" });
    assert_eq!(approves(&mut head, &code, &body).await.body["title"], "<b>Sảnh</b>");
    let token = claims(&page, &claim).await.body["token"].as_str().unwrap().to_owned();
    let hall = center.hasty(&token).ask(Method::GET, "/api/v1/hall", None).await.unwrap();
    assert!(hall.granted(), "{}", hall.body);
    assert_eq!(devices(&mut head).await.len(), before.len() + 1);

    // The screen of a counter has one, as a tablet has.
    let (code, claim) = asks(&page, "counter").await;
    let refused = approves(&mut head, &code, &body).await;
    assert_eq!(told(&refused), (400, "pairing.needs_counter"));
    let body = json!({ "title": "Màn hình quầy 2", "counter": 2 });
    let device = approves(&mut head, &code, &body).await.body["device"].clone();
    assert!(device.as_str().unwrap().starts_with("counter-2-"), "{device}");
    assert_eq!(claims(&page, &claim).await.body["counter"], 2);
    assert_eq!(devices(&mut head).await.len(), before.len() + 2);

    // A no is told to the page, and lets nobody in.
    let (code, claim) = asks(&page, "kiosk").await;
    let no = format!("{PAIRINGS}/{code}/refuse");
    for _ in 0..2 {
        assert_eq!(post(&mut head, &no, &json!({})).await.status.as_u16(), 204);
    }
    let answer = claims(&page, &claim).await;
    assert_eq!((&answer.body["state"], &answer.body["token"]), (&json!("refused"), &Value::Null));
    assert_eq!(devices(&mut head).await.len(), before.len() + 2);

    // Put out before its code's time is over: neither its claim nor its code is good once more.
    let (code, claim) = asks(&page, "kiosk").await;
    let body = json!({ "title": "Ki-ốt" });
    let device = approves(&mut head, &code, &body).await.body["device"].clone();
    let out = format!("{PAIRED}/{}/revoke", device.as_str().unwrap());
    assert_eq!(post(&mut head, &out, &json!({})).await.status.as_u16(), 204);
    assert!(!claims(&page, &claim).await.granted());
    assert_eq!(told(&approves(&mut head, &code, &body).await), (404, "pairing.unknown_code"));
    house.close().await;
}
