use std::time::Duration;

use super::client::{Client, ask, request};
use super::house::{self, PASSWORD};
use crate::{Limits, LiveSettings};

#[actix_web::test]
async fn every_answer_carries_the_security_headers() {
    let house = house::open();
    let long = "a".repeat(70_000);
    let foreign = [("Origin", "https://evil.example")];
    let answers = [
        ask(house.address, "GET", "/api/v1/session", &[], "").await,
        ask(house.address, "GET", "/api/v1/nothing", &[], "").await,
        ask(house.address, "GET", "/console", &[], "").await,
        ask(house.address, "POST", "/api/v1/session", &[], &long).await,
        ask(house.address, "POST", "/api/v1/session", &foreign, "{}").await,
        house.try_sign_in("lan", PASSWORD, &[]).await,
    ];
    for answer in answers {
        let policy = answer.header("content-security-policy").expect("no policy");
        assert!(policy.contains("default-src 'self'"));
        assert!(policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"));
        assert!(answer.header("permissions-policy").is_some());
        assert!(answer.header("cache-control").is_some());
    }
    house.serving.stop().await;
}

#[actix_web::test]
async fn refusals_have_a_code_and_a_sentence_whoever_refuses() {
    let house = house::open();
    let token = format!("Bearer {}", house.hall_token.reveal());
    let device = [("Authorization", token.as_str())];
    let long = format!(r#"{{"text":"{}"}}"#, "a".repeat(64 * 1024));
    let cases = [
        ("GET", "/api/v1/nothing", "", 404, "input.not_found"),
        ("PUT", "/api/v1/session", "", 405, "input.method_not_allowed"),
        ("POST", "/api/v1/notes", "{", 400, "input.not_json"),
        ("POST", "/api/v1/notes", r#"{"text":"a","x":1}"#, 400, "input.unknown_field"),
        ("POST", "/api/v1/notes", r#"{"text":7}"#, 400, "input.invalid"),
        ("POST", "/api/v1/notes", &long, 413, "input.too_large"),
        ("GET", "/api/v1/tablets/many", "", 404, "input.not_found"),
    ];
    for (method, path, body, status, code) in cases {
        let answer = ask(house.address, method, path, &device, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{method} {path}");
        assert!(!answer.json()["message"].as_str().unwrap().is_empty());
        assert!(!answer.json()["message_en"].as_str().unwrap().is_empty());
    }
    house.serving.stop().await;
}

#[actix_web::test]
async fn a_body_that_lies_about_its_length_is_cut_at_the_limit() {
    let house = house::open();
    let mut client = Client::connect(house.address).await;
    let token = house.hall_token.reveal();
    let head = format!(
        "POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    client.write(head.as_bytes()).await;
    let chunk = format!("4000\r\n{}\r\n", "a".repeat(0x4000));
    for _ in 0..5 {
        client.write(chunk.as_bytes()).await;
    }
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "input.too_large"));
    house.serving.stop().await;
}

#[actix_web::test]
async fn a_page_of_another_site_can_change_nothing() {
    let house = house::open();
    let own = format!("http://{}", house.address);
    assert_eq!(house.try_sign_in("lan", PASSWORD, &[("Origin", &own)]).await.status, 201);
    for origin in ["https://evil.example", "null"] {
        let answer = house.try_sign_in("lan", PASSWORD, &[("Origin", origin)]).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "auth.wrong_origin"));
    }
    house.serving.stop().await;
}

#[actix_web::test]
async fn half_a_head_and_half_a_body_are_given_up() {
    // The head's time is counted on a clock that moves each half second, so not shorter.
    let limits = Limits {
        head_time: Duration::from_millis(1500),
        request_time: Duration::from_millis(300),
        ..Limits::default()
    };
    let house = house::open_with(limits, LiveSettings::default());
    let mut half_head = Client::connect(house.address).await;
    half_head.write(b"GET /console HTTP/1.1\r\nHost:").await;
    if let Some(answer) = half_head.try_answer().await {
        assert_eq!(answer.status, 408);
    }
    assert!(half_head.closed().await);

    let token = format!("Bearer {}", house.hall_token.reveal());
    let whole = request(
        house.address,
        "POST",
        "/api/v1/notes",
        &[("Authorization", &token)],
        r#"{"text":"xong"}"#,
    );
    let mut half_body = Client::connect(house.address).await;
    half_body.write(&whole.as_bytes()[..whole.len() - 3]).await;
    let answer = half_body.answer().await;
    assert_eq!((answer.status, answer.code().as_str()), (408, "input.too_slow"));
    assert!(half_body.closed().await);
    house.serving.stop().await;
}

#[actix_web::test]
async fn an_idle_connection_is_closed() {
    let limits = Limits { keep_alive: Duration::from_millis(300), ..Limits::default() };
    let house = house::open_with(limits, LiveSettings::default());
    let mut client = Client::connect(house.address).await;
    client.write(request(house.address, "GET", "/api/v1/session", &[], "").as_bytes()).await;
    assert_eq!(client.answer().await.status, 401);
    assert!(client.closed().await);
    house.serving.stop().await;
}
