use std::time::Duration;

use serde_json::json;

use super::client::{Socket, ask};
use super::house::{self, House};
use crate::{Limits, LiveSettings};

async fn hall_page(house: &House) -> Socket {
    let offer = format!("motcua.{}", house.hall_token.reveal());
    let mut socket =
        Socket::open(house.address, &[("Sec-WebSocket-Protocol", &offer)]).await.ok().unwrap();
    socket.send(r#"{"subscribe":["hall"]}"#).await;
    socket
}

#[actix_web::test]
async fn a_page_gets_what_stands_and_then_what_comes() {
    let house = house::open();
    house.hub.publish("hall", 7, json!({ "label": "A012" }));
    let mut page = hall_page(&house).await;
    let first = page.message().await;
    assert_eq!((&first["version"], &first["data"]["label"]), (&json!(7), &json!("A012")));
    house.hub.publish("hall", 8, json!({ "label": "A013" }));
    assert_eq!(page.message().await["data"]["label"], "A013");
    drop(page);
    house.serving.stop().await;
}

#[actix_web::test]
async fn a_slow_page_gets_the_newest_and_not_all() {
    const VERSIONS: u64 = 2000;
    let house = house::open();
    house.hub.publish("hall", 1, json!("first"));
    let mut page = hall_page(&house).await;
    assert_eq!(page.message().await["version"], 1);
    // 40 MB, far more than the sockets hold, while the page reads nothing.
    let filler = "x".repeat(20_000);
    for version in 2..=VERSIONS {
        house.hub.publish("hall", version, json!(filler));
        tokio::task::yield_now().await;
    }
    let mut seen = vec![];
    while seen.last() != Some(&VERSIONS) {
        seen.push(page.message().await["version"].as_u64().unwrap());
    }
    assert!(seen.is_sorted_by(|a, b| a < b), "versions go up only");
    assert!(seen.len() < 1500, "{} messages were queued for a slow page", seen.len());
    drop(page);
    house.serving.stop().await;
}

#[actix_web::test]
async fn a_screen_follows_only_what_it_may() {
    let house = house::open();
    house.hub.publish("card:1", 1, json!({ "name": "sealed" }));
    house.hub.publish("hall", 1, json!("open"));
    let mut page = hall_page(&house).await;
    assert_eq!(page.message().await["topic"], "hall");
    page.send(r#"{"subscribe":["card:1","hall"]}"#).await;
    let refused = page.message().await;
    assert_eq!(refused["topic"], "refused");
    assert_eq!(refused["topics"], json!(["card:1"]));
    house.hub.publish("card:1", 2, json!({ "name": "sealed" }));
    house.hub.publish("hall", 2, json!("open"));
    assert_eq!(page.message().await["topic"], "hall");
    drop(page);
    house.serving.stop().await;
}

#[actix_web::test]
async fn a_socket_needs_a_caller_and_our_own_page() {
    let house = house::open();
    let refusal = async |headers: &[(&str, &str)]| match Socket::open(house.address, headers).await
    {
        Ok(_) => panic!("the socket was opened"),
        Err(answer) => (answer.status, answer.code()),
    };
    assert_eq!(refusal(&[]).await, (401, "auth.not_signed_in".into()));
    let (cookie, _) = house.sign_in("lan").await;
    let foreign = [("Cookie", cookie.as_str()), ("Origin", "https://evil.example")];
    assert_eq!(refusal(&foreign).await, (403, "auth.wrong_origin".into()));
    let own = format!("http://{}", house.address);
    let page = [("Cookie", cookie.as_str()), ("Origin", own.as_str())];
    assert!(Socket::open(house.address, &page).await.is_ok());
    house.serving.stop().await;
}

#[actix_web::test]
async fn a_plain_request_to_the_socket_is_refused_with_a_sentence() {
    let house = house::open();
    let token = format!("Bearer {}", house.hall_token.reveal());
    let headers = [("Authorization", token.as_str())];
    let answer = ask(house.address, "GET", "/api/v1/live", &headers, "").await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "input.invalid"));
    house.serving.stop().await;
}

#[actix_web::test]
async fn the_chosen_protocol_is_answered_or_a_browser_would_close() {
    let house = house::open();
    for (offer, chosen) in [(true, "motcua"), (false, "motcua.")] {
        let token = format!("motcua.{}", house.hall_token.reveal());
        let offers = if offer { format!("motcua, {token}") } else { token };
        let headers = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Protocol", offers.as_str()),
        ];
        let answer = ask(house.address, "GET", "/api/v1/live", &headers, "").await;
        assert_eq!(answer.status, 101);
        let answered = answer.header("sec-websocket-protocol").unwrap();
        assert!(answered.starts_with(chosen), "{answered}");
        assert_eq!(answered == "motcua", offer);
    }
    house.serving.stop().await;
}

#[actix_web::test]
async fn heartbeats_come_and_a_page_that_answers_no_ping_is_closed() {
    let settings = LiveSettings {
        heartbeat: Duration::from_millis(30),
        silence: Duration::from_millis(300),
        ..LiveSettings::default()
    };
    let house = house::open_with(Limits::default(), settings);
    let mut page = hall_page(&house).await;
    let (kind, payload) = page.frame().await.unwrap();
    assert_eq!(kind, 1);
    assert!(String::from_utf8(payload).unwrap().contains(r#""topic":"heartbeat""#));
    page.close_reason().await;
    wait_until(|| house.hub.clients() == 0).await;
    house.serving.stop().await;
}

#[actix_web::test]
async fn signing_out_closes_the_officers_page() {
    let settings = LiveSettings { recheck: Duration::from_millis(30), ..LiveSettings::default() };
    let house = house::open_with(Limits::default(), settings);
    let (cookie, csrf) = house.sign_in("lan").await;
    let headers = [("Cookie", cookie.as_str()), ("X-CSRF-Token", csrf.as_str())];
    let mut page = Socket::open(house.address, &headers[..1]).await.ok().unwrap();
    ask(house.address, "DELETE", "/api/v1/session", &headers, "").await;
    assert_eq!(page.close_reason().await, "auth.session_ended");
    house.serving.stop().await;
}

#[actix_web::test]
async fn a_withdrawn_device_is_out_at_once_and_the_others_stay() {
    // The slow look comes in fifteen seconds: what closes the page here is the order to look now.
    let house = house::open();
    let mut page = hall_page(&house).await;
    let (cookie, _) = house.sign_in("lan").await;
    let mut officer =
        Socket::open(house.address, &[("Cookie", cookie.as_str())]).await.ok().unwrap();
    officer.send(r#"{"subscribe":["hall"]}"#).await;
    house.memory.remove_device(house.hall_token.hash());
    house.auth.recheck_pages();
    assert_eq!(page.close_reason().await, "auth.session_ended");
    house.hub.publish("hall", 1, json!("still told"));
    assert_eq!(officer.message().await["data"], "still told");
    house.serving.stop().await;
}

#[actix_web::test]
async fn what_a_page_says_is_bounded() {
    let house = house::open();
    let many: Vec<String> = (0..33).map(|i| format!("t{i}")).collect();
    let long = format!(r#"{{"subscribe":["{}"]}}"#, "a".repeat(5000));
    let cases = [
        (json!({ "subscribe": many }).to_string(), "live.too_many_topics"),
        ("{".to_owned(), "live.not_understood"),
        (r#"{"unsubscribe":[]}"#.to_owned(), "live.not_understood"),
        (long, ""),
    ];
    for (said, reason) in cases {
        let mut page = hall_page(&house).await;
        page.send(&said).await;
        assert_eq!(page.close_reason().await, reason);
    }
    house.serving.stop().await;
}

#[actix_web::test]
async fn one_page_too_many_is_answered_busy() {
    let settings = LiveSettings { clients_max: 1, ..LiveSettings::default() };
    let house = house::open_with(Limits::default(), settings);
    let page = hall_page(&house).await;
    let token = format!("Bearer {}", house.hall_token.reveal());
    let refused = Socket::open(house.address, &[("Authorization", &token)]).await.err().unwrap();
    assert_eq!((refused.status, refused.code().as_str()), (503, "server.busy"));
    drop(page);
    wait_until(|| house.hub.clients() == 0).await;
    assert!(Socket::open(house.address, &[("Authorization", &token)]).await.is_ok());
    house.serving.stop().await;
}

async fn wait_until(condition: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(std::time::Instant::now() < deadline, "it did not happen in time");
        tokio::task::yield_now().await;
    }
}
