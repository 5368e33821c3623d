use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use super::client::{Client, Socket, request};
use super::house;
use crate::{Limits, LiveSettings};

/// Far more than a stop takes, and far less than the limit that it must not wait for.
const STOPPED_SOON: Duration = Duration::from_secs(60);
const PATIENT: Duration = Duration::from_secs(600);

fn patient() -> Limits {
    Limits { stop_time: PATIENT, keep_alive: PATIENT, request_time: PATIENT, ..Limits::default() }
}

#[actix_web::test]
async fn a_server_that_stops_tells_its_pages_and_waits_for_no_open_connection() {
    let house = house::open_with(patient(), LiveSettings::default());
    house.hub.publish("hall", 1, json!("open"));
    let offer = format!("motcua.{}", house.hall_token.reveal());
    let headers = [("Sec-WebSocket-Protocol", offer.as_str())];
    let mut page = Socket::open(house.address, &headers).await.ok().unwrap();
    page.send(r#"{"subscribe":["hall"]}"#).await;
    assert_eq!(page.message().await["data"], "open");
    let mut idle = Client::connect(house.address).await;
    idle.write(request(house.address, "GET", "/api/v1/session", &[], "").as_bytes()).await;
    assert_eq!(idle.answer().await.status, 401);

    timeout(STOPPED_SOON, house.serving.stop()).await.expect("it waited for an open connection");
    let (code, reason) = page.close().await.expect("the page was cut off without a word");
    assert_eq!((code, reason.as_str()), (1001, "server.stops"));
    assert!(idle.closed().await);
}

#[actix_web::test]
async fn a_request_that_is_open_when_the_server_stops_is_still_answered() {
    let house = house::open_with(patient(), LiveSettings::default());
    let token = format!("Bearer {}", house.hall_token.reveal());
    let headers = [("Authorization", token.as_str())];
    let whole = request(house.address, "POST", "/api/v1/notes", &headers, r#"{"text":"xong"}"#);
    let mut slow = Client::connect(house.address).await;
    let (head, rest) = whole.as_bytes().split_at(whole.len() - 3);
    slow.write(head).await;
    house.serving.open_requests(1).await;
    let (_, answer) = futures_util::join!(house.serving.stop(), async {
        slow.write(rest).await;
        slow.answer().await
    });
    assert_eq!(answer.status, 204);
    assert!(slow.closed().await);
}
