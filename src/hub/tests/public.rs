//! What everybody may see: the halls as they were last told, and one ticket by the code on its paper.

use actix_web::http::StatusCode;
use actix_web::{App, test as calls};
use domain::queue::{CallEnd, Class, FirstBecause, PastCall, Ticket, TicketState};
use domain::split::Journaled;
use jiff::{SignedDuration, Timestamp};
use journal::Change;
use journal::ticket_code::ticket_code;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fixture::*;
use crate::public;

fn told(waiting: u32, at: Timestamp) -> Value {
    json!({ "at": at, "open_counters": 2, "waiting": waiting, "services": [{
        "code": "ho-tich", "name_vi": "Hộ tịch", "name_en": "Civil status",
        "waiting": waiting, "low_min": 10, "high_min": 20 }] })
}

fn new_ticket(number: u32, class: Class) -> Ticket {
    let at = now() - SignedDuration::from_mins(60 - i64::from(number));
    let day = domain::time::business_day(now());
    let code = domain::ids::ServiceCode::parse("ho-tich").unwrap();
    let id = Uuid::from_u128(u128::from(number));
    let new = Ticket::waiting(id, day, ('A', number), code, at, "kiosk-1".into());
    Ticket { class, ..new }
}

fn written(ticket: &Ticket) -> Change {
    change(Ticket::KIND, &ticket.id.to_string(), ticket.rev, ticket.split().0)
}

async fn with_line(province: &Province) -> (TestNode, Vec<Ticket>) {
    let mut node = province.enrol("06658-1").await;
    let tickets: Vec<Ticket> = [Class::Regular, Class::Regular, Class::Priority, Class::Regular]
        .into_iter()
        .zip(1..)
        .map(|(class, number)| new_ticket(number, class))
        .collect();
    node.write(tickets.iter().map(written).collect());
    committed(&province.send(node.frame(1, 1)).await);
    (node, tickets)
}

#[tokio::test]
async fn the_newest_figures_of_a_hall_stand_alone_and_what_does_not_read_changes_nothing() {
    let province = Province::new().await;
    province.enrol("06658-1").await;
    province.enrol("06676-1").await;
    let store = &province.store;
    store.keep_hall("06658-1", told(3, now()), now()).await.unwrap();
    // its clock is an hour ahead: the figures are no younger than their coming
    let ahead = now() + SignedDuration::from_hours(1);
    store.keep_hall("06658-1", told(5, ahead), now()).await.unwrap();
    let unread = store.keep_hall("06658-1", json!({ "waiting": "many" }), now()).await;
    assert_eq!(unread.unwrap_err().code(), "hall.unreadable");
    assert!(store.keep_hall("22-1", told(1, now()), now()).await.is_err(), "no such node");
    let halls = store.halls().await.unwrap();
    let known = halls.iter().filter_map(|hall| hall.told.as_ref());
    let known: Vec<_> = known.map(|(told, as_of)| (told.waiting, *as_of)).collect();
    assert_eq!((halls.len(), known), (2, vec![(5, now())]));
}

#[tokio::test]
async fn a_code_tells_who_stands_before_it_and_as_of_when() {
    let province = Province::new().await;
    let (mut node, mut tickets) = with_line(&province).await;
    let store = &province.store;
    let code = ticket_code(&node.wrapping, tickets[3].id);
    let ask = async |code: &str| store.ticket_of_code(code, now()).await.unwrap();
    let known = ask(&code).await.unwrap();
    assert_eq!((known.ticket.label.as_str(), known.ahead), ("A004", Some(3)));
    assert_eq!((known.as_of, known.hall.is_none()), (now(), true), "the last entry's time");
    let priority = ask(&ticket_code(&node.wrapping, tickets[2].id)).await.unwrap();
    assert_eq!(priority.ahead, Some(0), "nobody of the regular class goes first");

    // the first is called, and the fourth as an address on paper
    tickets[0].state = TicketState::Called;
    tickets[0].counter = Some(domain::ids::CounterNumber(2));
    tickets[0].rev += 1;
    let counter =
        json!({ "number": 2, "name": "Hộ tịch", "services": [], "state": "open", "rev": 1 });
    node.write(vec![written(&tickets[0]), change("counter", "2", 1, counter)]);
    committed(&province.send(node.frame(2, 2)).await);
    let known = ask(&format!("https://tinh.vn/t/{code}")).await.unwrap();
    assert_eq!(known.ahead, Some(2));
    let called = ask(&ticket_code(&node.wrapping, tickets[0].id)).await.unwrap();
    assert_eq!((called.ahead, called.counter_name.as_deref()), (None, Some("Hộ tịch")));
}

/// A regular number that was called `number` minutes ago by this line over another one, and served.
fn called_over(number: u32, rule: &str, over: &str) -> Ticket {
    let reason = json!({ "policy": "guard", "rule": rule, "waited_s": 60, "over": over,
        "over_waited_s": 120, "oldest_regular_wait_s": 2400, "threshold_s": 1800 });
    Ticket {
        state: TicketState::Completed,
        called_at: Some(now() - SignedDuration::from_mins(i64::from(number))),
        call_reason: Some(serde_json::from_value(reason).unwrap()),
        ..new_ticket(number, Class::Regular)
    }
}

/// The same, sent on to another service after the call.
fn sent_on(called: Ticket) -> Ticket {
    let past = PastCall {
        counter: domain::ids::CounterNumber(1),
        officer: None,
        service: None,
        called_at: called.called_at.unwrap(),
        begun_at: None,
        reason: called.call_reason.clone(),
        ended_at: now(),
        end: CallEnd::ToService(domain::ids::ServiceCode::parse("dat-dai").unwrap()),
    };
    let past_calls = vec![past];
    let state = TicketState::Waiting;
    Ticket { state, called_at: None, call_reason: None, past_calls, ..called }
}

#[tokio::test]
async fn who_waits_is_told_why_others_went_first_and_of_priority_no_number() {
    let province = Province::new().await;
    let (mut node, tickets) = with_line(&province).await;
    let mut other = province.enrol("06676-1").await;
    let codes: Vec<String> =
        tickets.iter().map(|ticket| ticket_code(&node.wrapping, ticket.id)).collect();
    let ask = async |place: usize| {
        province.store.ticket_of_code(&codes[place], now()).await.unwrap().unwrap()
    };
    assert!(ask(0).await.went_first.is_empty());
    let at = |minutes| now() - SignedDuration::from_mins(minutes);

    let yesterday = domain::time::business_day(now()).yesterday().unwrap();
    let calls = [
        called_over(10, "priority_first", "A001"),
        sent_on(called_over(11, "priority_turn", "A001")),
        // the same label of another day, and a turn of the regular class past a priority number
        Ticket { business_day: yesterday, ..called_over(12, "priority_first", "A001") },
        called_over(14, "regular_turn", "A003"),
    ];
    node.write(calls.iter().map(written).collect());
    committed(&province.send(node.frame(2, 2)).await);
    // the same label at another center
    other.write(vec![written(&called_over(13, "priority_first", "A001"))]);
    committed(&province.send(other.frame(1, 1)).await);

    let known = ask(0).await;
    let told: Vec<_> = known.went_first.iter().map(|one| (one.called_at, &one.because)).collect();
    assert_eq!(told, [(at(10), &FirstBecause::Priority), (at(11), &FirstBecause::Priority)]);
    let page = public::status::render(&known, "T1", now());
    for ago in ["khoảng 10 phút trước", "khoảng 15 phút trước"] {
        let said = format!("Một số thứ tự được ưu tiên theo luật đã được gọi trước, {ago}");
        assert_eq!(page.matches(&said).count(), 1, "{page}");
    }
    assert!(!page.contains("A010") && !page.contains("A011"), "{page}");
    let of_priority = public::status::render(&ask(2).await, "T1", now());
    let said = "Số A014 đã được gọi trước, khoảng 15 phút trước: số thường đã chờ 40 phút";
    assert!(of_priority.contains(said), "{of_priority}");
    assert!(ask(1).await.went_first.is_empty(), "it was not passed over");
}

#[tokio::test]
async fn an_answer_is_as_old_as_what_is_known_of_the_node() {
    let province = Province::new().await;
    let (node, tickets) = with_line(&province).await;
    let store = &province.store;
    let code = ticket_code(&node.wrapping, tickets[0].id);
    let later = now() + SignedDuration::from_mins(20);
    let as_of = async || store.ticket_of_code(&code, later).await.unwrap().unwrap().as_of;
    let at = |minutes| now() + SignedDuration::from_mins(minutes);
    assert_eq!(as_of().await, now());
    store.keep_hall("06658-1", told(3, at(10)), at(10)).await.unwrap();
    assert_eq!(as_of().await, at(10));
    // it has said to have entries that are not here: nothing is younger than the last one that is
    store.node_online("06658-1", "0.1.0", 9, at(15)).await.unwrap();
    assert_eq!(as_of().await, now());
    store.node_online("06658-1", "0.1.0", 1, at(15)).await.unwrap();
    assert_eq!(as_of().await, at(15));
}

#[tokio::test]
async fn a_code_that_no_center_made_finds_nothing() {
    let province = Province::new().await;
    let (node, tickets) = with_line(&province).await;
    let other = province.enrol("06676-1").await;
    let store = &province.store;
    let own = ticket_code(&node.wrapping, tickets[0].id);
    let mut mistyped = own.clone().into_bytes();
    mistyped[20] = if mistyped[20] == b'A' { b'B' } else { b'A' };
    let nobody = journal::WrappingKey::from_bytes([0; 32]);
    for wrong in [
        String::new(),
        "T1".to_owned(),
        String::from_utf8(mistyped).unwrap(),
        ticket_code(&other.wrapping, tickets[0].id),
        ticket_code(&nobody, tickets[0].id),
        ticket_code(&node.wrapping, Uuid::from_u128(99)),
        tickets[0].id.to_string(),
    ] {
        assert!(store.ticket_of_code(&wrong, now()).await.unwrap().is_none(), "{wrong}");
    }
    assert!(store.ticket_of_code(&own, now()).await.unwrap().is_some());
    // the box was set up anew: papers of before are still read
    province.enrol("06658-1").await;
    assert!(store.ticket_of_code(&own, now()).await.unwrap().is_some());
}

#[actix_web::test]
async fn the_pages_are_open_to_everybody_and_a_wrong_code_gets_a_plain_sentence() {
    let province = Province::new().await;
    let (node, tickets) = with_line(&province).await;
    province.store.keep_hall("06658-1", told(4, now()), now()).await.unwrap();
    let app =
        calls::init_service(App::new().app_data(province.state()).configure(public::configure))
            .await;
    let get = async |path: String| {
        let request = calls::TestRequest::get().uri(&path).to_request();
        let response = calls::call_service(&app, request).await;
        let status = response.status();
        let body = calls::read_body(response).await;
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    let code = ticket_code(&node.wrapping, tickets[3].id);
    for path in ["/t", "/status"] {
        let (status, page) = get(format!("{path}/{code}")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            page.contains("Còn 3 người chờ trước") && page.contains("Tính đến 09:00"),
            "{page}"
        );
        let (status, page) = get(format!("{path}/{code}A")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(page.contains("Mời quét lại mã QR") && !page.contains("A004"), "{page}");
        assert_eq!(get(path.to_owned()).await.0, StatusCode::NOT_FOUND);
    }
    let (status, page) = get("/cho".to_owned()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("4 người đang chờ"), "{page}");
    // the list is read from the store once in some seconds
    province.store.keep_hall("06658-1", told(9, now()), now()).await.unwrap();
    assert!(get("/cho?xep=it-nguoi".to_owned()).await.1.contains("4 người đang chờ"));
}
