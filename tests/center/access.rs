//! Who may see and do what: cards and slips at the own counter, what a list shows, who looked at a
//! dossier, and that access ends when it is taken away.

use crate::house::{Hasty, House, SOON, get, issue, must, post, printed, run};
use motcua::cli::day::client::CenterClient;
use motcua::cli::day::order;
use motcua::cli::demo::PASSWORD;
use motcua::cli::demo::processes::wait_for;
use reqwest::Method;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

const CARD: &str = "022085001234||Đoàn Văn Thật|15061985|Nam|Tổ 5, phường Cao Xanh|15062022";
const CARD_PATH: &str = "/api/v1/counters/1/card";

/// What a request is answered: status and code.
async fn answered(client: &mut CenterClient, method: Method, path: &str) -> (u16, String) {
    let answer = client.send(method, path, None, None).await.unwrap();
    (answer.status.as_u16(), answer.code().to_owned())
}

/// A citizen lays the card on the reader, again and again as people do, until the console shows it.
async fn card_is_read(officer: &mut CenterClient, reader: SocketAddr) {
    wait_for("the card to be read", SOON, async || {
        order(reader, &format!("scan {CARD}")).await.unwrap();
        let shown = wait_for("this scan", Duration::from_secs(1), async || {
            let card = get(officer, CARD_PATH).await;
            (card["card"]["name"] == "Đoàn Văn Thật").then_some(())
        });
        shown.await.ok()
    })
    .await
    .unwrap();
}

fn dossier(counter: u16) -> Value {
    json!({
        "procedure": "1.001193", "counter": counter, "components": [], "note": "chưa đủ giấy tờ",
        "applicant": { "name": "Đoàn Văn Thật", "citizen_number": "022085001234",
                       "birth_date": "1985-06-15", "sex": "Nam", "phone": "0912 345 678",
                       "address": "Tổ 5, phường Cao Xanh" },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_citizen_is_seen_only_where_they_are_served_and_whoever_looks_is_written_down() {
    let house = House::open("access", 1).await;
    let center = house.center(0);
    let reader = house.demo.site().unwrap().reader_control;
    let (mut first, mut second, mut head) = (center.officer(1), center.officer(2), center.head());
    must(&mut first, "/api/v1/counters/1/open", &json!({})).await;
    must(&mut second, "/api/v1/counters/2/open", &json!({})).await;

    // The card of counter 1 is nobody else's: neither to read nor to take away.
    card_is_read(&mut first, reader).await;
    let not_yours = || (409, "dossier.counter_not_yours".to_owned());
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(answered(&mut second, method, CARD_PATH).await, not_yours());
    }
    let shown = get(&mut head, CARD_PATH).await;
    assert_eq!(shown["card"]["name"], "Đoàn Văn Thật", "the head may see each");

    let received = must(&mut first, "/api/v1/dossiers", &dossier(1)).await;
    let (id, code) = (&received["dossier"]["id"], received["dossier"]["code"].as_str().unwrap());
    assert_eq!(received["dossier"]["applicant"]["phone"], "0912345678");
    let path = format!("/api/v1/dossiers/{}", id.as_str().unwrap());

    // A list tells people apart; the rest is in the dossier, and opening it is written down.
    let page = get(&mut second, "/api/v1/dossiers?view=open").await;
    let row = &page["rows"][0];
    assert_eq!((&row["id"], &row["applicant_number"]), (id, &json!("********1234")));
    for hidden in ["022085001234", "0912345678", "1985-06-15", "Tổ 5", "chưa đủ giấy tờ"]
    {
        assert!(!page.to_string().contains(hidden), "{hidden} stands in a list");
    }
    let accesses = async || printed(&["access", code], &center.config).await.unwrap();
    assert_eq!(accesses().await.lines().count(), 1, "{}", accesses().await);
    get(&mut second, &path).await;

    // A slip comes out only at the own counter, and that is written down, too.
    let slip = format!("{path}/print-slip");
    let refused = post(&mut second, &slip, &json!({ "counter": 1 })).await;
    assert_eq!((refused.status.as_u16(), refused.code().to_owned()), not_yours());
    must(&mut first, &slip, &json!({ "counter": 1 })).await;
    let told = accesses().await;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 3, "{told}");
    assert!(lines[1].ends_with("Nguyễn Thị Hồng (officer-1)  in phiếu hẹn"), "{told}");
    assert!(lines[2].ends_with("Trần Văn Nam (officer-2)  mở hồ sơ"), "{told}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_a_date_a_phone_or_a_card_number_is_refused_with_a_sentence() {
    let house = House::open("bounds", 1).await;
    let mut officer = house.center(0).officer(1);
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    for (field, value, code) in [
        ("name", "\u{202e}tậhT nàoĐ", "input.bad_text"),
        ("birth_date", "1875-03-08", "dossier.bad_birth_date"),
        ("birth_date", "2999-01-01", "dossier.bad_birth_date"),
        ("birth_date", "hôm qua", "dossier.bad_birth_date"),
        ("phone", "gọi con trai", "dossier.bad_phone"),
        ("citizen_number", "1234", "dossier.bad_citizen_number"),
    ] {
        let mut body = dossier(1);
        body["applicant"][field] = json!(value);
        let refused = post(&mut officer, "/api/v1/dossiers", &body).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (400, code), "{}", refused.body);
        let message = refused.body["message"].as_str().unwrap();
        assert!(!message.is_empty() && !message.contains(code), "{message}");
    }
    let received = must(&mut officer, "/api/v1/dossiers", &dossier(1)).await;
    let path = format!("/api/v1/dossiers/{}", received["dossier"]["id"].as_str().unwrap());
    must(&mut officer, &format!("{path}/result"), &json!({ "title": "Giấy khai sinh" })).await;
    let to =
        |number: &str| json!({ "counter": 1, "collector": { "name": "Lê Na", "number": number } });
    let refused = post(&mut officer, &format!("{path}/return"), &to("CMND 12")).await;
    assert_eq!(refused.code(), "dossier.bad_collector_number", "{}", refused.body);
    must(&mut officer, &format!("{path}/return"), &to("022088001122")).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dossier_names_the_number_its_person_came_with_and_the_hall_names_nobody() {
    let house = House::open("linked", 1).await;
    let center = house.center(0);
    let mut officer = center.officer(1);
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    let ticket = issue(&mut house.kiosk(), "ho-tich").await["ticket"].clone();
    for step in ["call-next", "begin"] {
        must(&mut officer, &format!("/api/v1/counters/1/{step}"), &json!({})).await;
    }
    let mut body = dossier(1);
    body["ticket"] = ticket["id"].clone();
    let received = must(&mut officer, "/api/v1/dossiers", &body).await;
    let path = format!("/api/v1/dossiers/{}", received["dossier"]["id"].as_str().unwrap());
    let shown = get(&mut officer, &path).await;
    assert_eq!(shown["dossier"]["ticket"], ticket["id"]);
    assert_eq!(shown["dossier"]["ticket_label"], ticket["label"]);

    let name = body["applicant"]["name"].as_str().unwrap();
    let number = body["applicant"]["citizen_number"].as_str().unwrap();
    assert!(shown.to_string().contains(name) && shown.to_string().contains(number));
    // Who inspects is told of the call and of no citizen, also while the daemon runs.
    let table = printed(&["audit"], &center.config).await.unwrap();
    let label = ticket["label"].as_str().unwrap();
    let of_it: Vec<&str> = table.lines().filter(|line| line.contains(label)).collect();
    let why = format!("Gọi {label}: đến lượt");
    assert!(of_it.len() >= 3 && of_it.iter().any(|line| line.contains(&why)), "{table}");
    assert!(!table.contains(name) && !table.contains(number), "{table}");
    let screen = center.hasty(&house.load_token());
    for path in
        ["/api/v1/hall".to_owned(), format!("/api/v1/tickets/{}", ticket["id"].as_str().unwrap())]
    {
        let seen = screen.ask(Method::GET, &path, None).await.unwrap();
        assert!(seen.granted(), "{path}");
        let seen = seen.body.to_string();
        assert!(!seen.contains(name) && !seen.contains(number), "{path}: {seen}");
    }
    house.close().await;
}

/// The status of a request with what somebody has: a token, or the cookie of a session.
async fn let_in(who: &Hasty) -> u16 {
    who.ask(Method::GET, "/api/v1/counters", None).await.unwrap().status.as_u16()
}

/// Logs in as an officer, who keeps the cookie.
async fn log_in(who: &Hasty, login: &str) -> u16 {
    let body = json!({ "login": login, "password": PASSWORD });
    who.ask(Method::POST, "/api/v1/session", Some(&body)).await.unwrap().status.as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disabled_officer_and_a_withdrawn_token_are_out() {
    let mut house = House::open("withdrawn", 1).await;
    let center = house.center(0);
    let (system, thief, other) =
        (center.hasty(&house.load_token()), center.hasty(""), center.hasty(""));
    assert_eq!((log_in(&thief, "officer-1").await, log_in(&other, "officer-2").await), (201, 201));
    for who in [&system, &thief, &other] {
        assert_eq!(let_in(who).await, 200);
    }
    let running = run(&["officer", "disable", "officer-1"], Some(&center.config)).await;
    assert!(!running.status.success());
    let told = String::from_utf8_lossy(&running.stderr).into_owned();
    assert!(told.contains("dừng chương trình motcua center trước"), "{told}");

    house.demo.center_process().kill_hard().await.unwrap();
    let disabled = printed(&["officer", "disable", "officer-1"], &center.config).await.unwrap();
    assert!(disabled.contains("sessions ended: 1"), "{disabled}");
    let revoked = printed(&["device", "revoke", "--role", "load"], &center.config).await.unwrap();
    assert!(revoked.starts_with("load-"), "{revoked}");
    let listed = printed(&["device", "tokens"], &center.config).await.unwrap();
    assert!(listed.lines().any(|line| line.starts_with("load-") && line.contains("revoked")));
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;

    assert_eq!((let_in(&system).await, let_in(&thief).await), (401, 401));
    assert_eq!(log_in(&thief, "officer-1").await, 401);
    assert_eq!(let_in(&other).await, 200, "nobody else is put out");
    house.close().await;
}
