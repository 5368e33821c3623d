//! Bookings of the province's page: places that are given once, and words that reach the center.

use actix_web::{App, test as calls};
use domain::queue::{Booking, BookingCode, BookingWord};
use domain::refusal::Refusal;
use domain::time::business_day;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp, civil};
use serde_json::{Value, json};
use utoipa::OpenApi;
use uuid::Uuid;

use super::fixture::*;
use crate::api;
use crate::enrol::Enroller;
use crate::store::booking_plans::{BookingPlan, PlanSession};
use crate::store::bookings::{BookingShown, NewBooking};

const NODE: &str = "06658-1";

fn plan(node: &str, per_slot: u32) -> BookingPlan {
    BookingPlan {
        node: node.into(),
        service: "ho-tich".into(),
        name_vi: "Hộ tịch".into(),
        name_en: "Civil status".into(),
        sessions: vec![PlanSession { from: "07:30".into(), to: "11:30".into() }],
        slot_min: 30,
        per_slot,
        days_ahead: 7,
        also_days_off: false,
    }
}

async fn open(per_slot: u32) -> (Province, TestNode) {
    let province = Province::new().await;
    let node = province.enrol(NODE).await;
    province.store.set_booking_plan(&plan(NODE, per_slot), "binh", now()).await.unwrap();
    (province, node)
}

/// The present of these tests is 09:00 in Vietnam: an hour later.
fn at_ten() -> Timestamp {
    now() + SignedDuration::from_hours(1)
}

fn wish(from: Option<Timestamp>) -> NewBooking {
    NewBooking { node: NODE.into(), service: "ho-tich".into(), from, request_key: Uuid::new_v4() }
}

async fn book(province: &Province, wish: &NewBooking) -> Result<BookingShown, Refusal> {
    province.store.book(wish, now()).await.unwrap()
}

fn code(shown: &BookingShown) -> BookingCode {
    BookingCode::parse(&shown.code).unwrap()
}

#[tokio::test]
async fn a_booking_travels_down_once_however_often_the_page_asks() {
    let (province, node) = open(2).await;
    let wish = wish(Some(at_ten()));
    let first = book(&province, &wish).await.unwrap();
    assert_eq!((first.state.as_str(), first.at_center), ("booked", false));
    assert_eq!(book(&province, &wish).await.unwrap(), first);
    let heard = province.heard(&node).await;
    assert_eq!(heard.len(), 1);
    assert_eq!((heard[0].kind.as_str(), heard[0].private.is_null()), ("booking", true));
    let word: BookingWord = serde_json::from_value(heard[0].public.clone()).unwrap();
    assert_eq!((word.code, word.from, word.cancelled_at), (code(&first), at_ten(), None));
}

#[tokio::test]
async fn who_books_at_once_never_shares_a_place_and_a_full_time_names_the_next() {
    let (province, _) = open(2).await;
    let wishes: Vec<NewBooking> = (0..6).map(|_| wish(Some(at_ten()))).collect();
    let answers = join_all(wishes.iter().map(|wish| book(&province, wish))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2);
    for refusal in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(*refusal, Refusal::BookingSlotFull { next: "10:30, 23/11".to_owned() });
    }
    let places = province.count("SELECT count(DISTINCT place) FROM booking").await;
    assert_eq!(places, 2);
    // a number from afar takes the first free time that has not begun
    let remote = book(&province, &wish(None)).await.unwrap();
    assert_eq!((remote.kind.as_str(), remote.from), ("remote", now()));
}

#[tokio::test]
async fn what_is_given_back_is_free_again_and_is_told_to_the_center_once() {
    let (province, node) = open(1).await;
    let first = book(&province, &wish(Some(at_ten()))).await.unwrap();
    for _ in 0..2 {
        let gone = province.store.give_booking_back(&code(&first), now()).await.unwrap().unwrap();
        assert_eq!(gone.state, "cancelled");
    }
    let heard = province.heard(&node).await;
    assert_eq!(heard.len(), 2);
    assert!(heard[1].public["cancelled_at"].is_string());
    let second = book(&province, &wish(Some(at_ten()))).await.unwrap();
    let late = province.store.give_booking_back(&code(&second), at_ten()).await.unwrap();
    assert_eq!(late.unwrap_err().code(), "booking.over");
    let unknown = BookingCode::from_random([1; 8]);
    let refused = province.store.give_booking_back(&unknown, now()).await.unwrap();
    assert_eq!(refused, Err(Refusal::UnknownBooking));
}

#[tokio::test]
async fn what_became_of_it_is_the_centers_own_word() {
    let (province, mut node) = open(1).await;
    let made = book(&province, &wish(Some(at_ten()))).await.unwrap();
    let heard = province.heard(&node).await;
    let word: BookingWord = serde_json::from_value(heard[0].public.clone()).unwrap();
    let id = word.id.to_string();
    let booking = word.taken(None, now()).unwrap();
    let state = |rev, state: &str| {
        let mut public = serde_json::to_value(&booking).unwrap();
        public["state"] = state.into();
        change("booking", &id, rev, public)
    };
    node.write(vec![state(1, "booked")]);
    committed(&province.send(node.frame(1, 1)).await);
    let seen = async || province.store.booking(&code(&made)).await.unwrap().unwrap();
    assert_eq!((seen().await.state.as_str(), seen().await.at_center), ("booked", true));
    let number = json!({ "state": "completed", "business_day": "2026-11-23", "label": "A007" });
    node.write(vec![state(2, "arrived"), change("ticket", &id, 1, number)]);
    committed(&province.send(node.frame(2, 2)).await);
    let served = seen().await;
    assert_eq!(served.state, "arrived");
    assert_eq!(served.ticket_state.as_deref(), Some("completed"));
    assert_eq!(served.ticket_label.as_deref(), Some("A007"));
    let used = province.store.give_booking_back(&code(&made), now()).await.unwrap();
    assert_eq!(used.unwrap_err().code(), "booking.used");
}

#[tokio::test]
async fn what_is_given_back_at_the_center_is_free_at_the_page_too() {
    let (province, mut node) = open(1).await;
    let first = book(&province, &wish(Some(at_ten()))).await.unwrap();
    let full = book(&province, &wish(Some(at_ten()))).await.unwrap_err();
    assert_eq!(full.code(), "booking.slot_full");
    let heard = province.heard(&node).await;
    let word: BookingWord = serde_json::from_value(heard[0].public.clone()).unwrap();
    let booking = word.taken(None, now()).unwrap();
    let gone = booking.cancel(now()).unwrap();
    let state = |booking: &Booking| {
        let public = serde_json::to_value(booking).unwrap();
        change("booking", &booking.id.to_string(), booking.rev, public)
    };
    node.write(vec![state(&booking)]);
    node.write(vec![state(&gone)]);
    committed(&province.send(node.frame(1, 2)).await);
    let day = business_day(at_ten());
    let slots = province.store.booking_slots(NODE, "ho-tich", day, now()).await.unwrap().unwrap();
    assert_eq!(slots.iter().find(|slot| slot.from == at_ten()).unwrap().left, 1);
    let second = book(&province, &wish(Some(at_ten()))).await.unwrap();
    assert_eq!((second.from, second.state.as_str()), (at_ten(), "booked"));
    // who gives the first one back at the page is told so, and nothing more travels than two bookings
    let told = province.store.give_booking_back(&code(&first), now()).await.unwrap().unwrap();
    assert_eq!((told.state.as_str(), province.heard(&node).await.len()), ("cancelled", 2));
}

#[tokio::test]
async fn a_day_that_lies_too_far_ahead_has_no_times() {
    let (province, _) = open(1).await;
    let times = async |day: civil::Date| {
        province.store.booking_slots(NODE, "ho-tich", day, now()).await.unwrap().unwrap().len()
    };
    assert_eq!(times(civil::date(2026, 11, 30)).await, 8);
    assert_eq!(times(civil::date(2026, 12, 1)).await, 0);
    assert_eq!(times(civil::Date::MAX).await, 0);
}

#[tokio::test]
async fn at_a_box_that_was_put_out_nothing_is_booked() {
    let (province, _) = open(1).await;
    let store = &province.store;
    assert_eq!(store.booking_places().await.unwrap().len(), 1);
    let enroller = Enroller::load(&province.settings, store).unwrap();
    enroller.revoke(NODE, "binh", now()).await.unwrap();
    assert!(store.booking_places().await.unwrap().is_empty());
    assert_eq!(book(&province, &wish(None)).await.unwrap_err().code(), "queue.unknown_service");
    let day = business_day(now());
    let slots = store.booking_slots(NODE, "ho-tich", day, now()).await.unwrap();
    assert_eq!(slots.unwrap_err().code(), "queue.unknown_service");
}

#[actix_web::test]
async fn one_address_books_so_often_in_an_hour_and_takes_nothing_from_others() {
    let (province, _) = open(50).await;
    let app = calls::init_service(
        App::new().app_data(province.state()).configure(api::bookings::configure),
    )
    .await;
    let send = async |path: &str, address: &str, key: Option<Uuid>, body: &Value| {
        let peer = format!("{address}:40000").parse().unwrap();
        let mut request = calls::TestRequest::post().uri(path).peer_addr(peer).set_json(body);
        if let Some(key) = key {
            request = request.insert_header(("Idempotency-Key", key.to_string()));
        }
        let response = calls::call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        let body: Value = calls::read_body_json(response).await;
        (status, body)
    };
    let (path, one, other) = ("/public/bookings", "203.0.113.5", "203.0.113.6");
    let wanted = json!({ "node": NODE, "service": "ho-tich", "from": at_ten() });
    assert_eq!(send(path, one, None, &wanted).await.0, 400, "nothing keeps it from being doubled");
    let mut code = Value::Null;
    for _ in 0..10 {
        let (status, made) = send(path, one, Some(Uuid::new_v4()), &wanted).await;
        assert_eq!(status, 201, "{made}");
        code = made["code"].clone();
    }
    let (status, refused) = send(path, one, Some(Uuid::new_v4()), &wanted).await;
    assert_eq!((status, &refused["code"]), (429, &json!("booking.too_often")));
    assert_eq!(send(path, other, Some(Uuid::new_v4()), &wanted).await.0, 201);
    // what is booked can still be looked at
    let show = "/public/bookings/show";
    let (status, shown) = send(show, one, None, &json!({ "code": code })).await;
    assert_eq!((status, &shown["state"]), (200, &json!("booked")));
    assert_eq!(send(show, one, None, &json!({ "code": "00000-00000" })).await.0, 404);
}

#[tokio::test]
async fn a_plan_that_cannot_be_and_a_unit_without_one_are_refused() {
    let (province, _) = open(1).await;
    for bad in [
        BookingPlan { slot_min: 5, ..plan(NODE, 1) },
        BookingPlan { per_slot: 51, ..plan(NODE, 1) },
        BookingPlan { sessions: Vec::new(), ..plan(NODE, 1) },
        BookingPlan {
            sessions: vec![PlanSession { from: "11:30".into(), to: "07:30".into() }],
            ..plan(NODE, 1)
        },
        BookingPlan { name_vi: "\u{7}".into(), ..plan(NODE, 1) },
    ] {
        let refused = province.store.set_booking_plan(&bad, "binh", now()).await.unwrap_err();
        assert_eq!(refused.code(), "booking.bad_plan");
    }
    let other = province.store.set_booking_plan(&plan("06676-1", 1), "binh", now()).await;
    assert_eq!(other.unwrap_err().code(), "hub.unknown_node");
    let saturday = now() - SignedDuration::from_hours(23) + SignedDuration::from_hours(6 * 24);
    let off = book(&province, &wish(Some(saturday))).await;
    assert_eq!(off, Err(Refusal::BookingDayOff));
    let elsewhere = NewBooking { service: "dat-dai".into(), ..wish(None) };
    assert_eq!(book(&province, &elsewhere).await.unwrap_err().code(), "queue.unknown_service");
    province.store.set_booking_plan(&plan(NODE, 0), "binh", now()).await.unwrap();
    assert!(province.store.booking_places().await.unwrap().is_empty());
    assert_eq!(book(&province, &wish(None)).await, Err(Refusal::BookingDayFull));
}

#[actix_web::test]
async fn what_cannot_be_a_box_or_a_group_is_unknown_and_does_not_come_to_the_store() {
    let (province, _) = open(1).await;
    let app = calls::init_service(
        App::new().app_data(province.state()).configure(api::bookings::configure),
    )
    .await;
    let send = async |request: calls::TestRequest| {
        let response = calls::call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        let body: Value = calls::read_body_json(response).await;
        (status, body["code"].as_str().unwrap().to_owned())
    };
    let unknown = (404, "queue.unknown_service".to_owned());
    let long = "x".repeat(4_000);
    for (node, service) in
        [("06658-1%00", "ho-tich"), (NODE, "ho-tich%00"), (NODE, "%3Cb%3E"), (NODE, long.as_str())]
    {
        let path = format!("/public/booking-slots?node={node}&service={service}");
        assert_eq!(send(calls::TestRequest::get().uri(&path)).await, unknown, "{path}");
    }
    for (node, service) in [("06658-1\u{0}", "ho-tich"), (NODE, "ho-tich\u{0}"), ("", "")] {
        let request = calls::TestRequest::post()
            .uri("/public/bookings")
            .insert_header(("Idempotency-Key", Uuid::new_v4().to_string()))
            .set_json(json!({ "node": node, "service": service }));
        assert_eq!(send(request).await, unknown, "{node:?} {service:?}");
    }
    for code in ["\u{0}", "", long.as_str()] {
        let request = calls::TestRequest::post().uri("/public/bookings/show");
        let answer = send(request.set_json(json!({ "code": code }))).await;
        assert_eq!(answer, (404, "booking.unknown".to_owned()), "{code:?}");
    }
}

#[test]
fn every_open_point_describes_that_it_may_be_busy_or_asked_too_often() {
    let document = serde_json::to_value(api::HubApi::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let open =
        |path: &str| path.starts_with("/api/v1/public/") || ["/cho", "/t/{code}"].contains(&path);
    let open: Vec<_> = paths.iter().filter(|(path, _)| open(path)).collect();
    assert_eq!(open.len(), 7, "{:?}", paths.keys());
    for (path, point) in open {
        for (method, operation) in point.as_object().unwrap() {
            let described = |status: &str| operation["responses"][status].is_object();
            assert!(described("429") && described("503"), "{method} {path}");
            if method == "post" {
                assert!(described("400") && described("404") && described("413"), "{path}");
            }
        }
    }
}
