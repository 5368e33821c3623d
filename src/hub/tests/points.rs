//! The boxes of one unit: a center and its reception points, each with a journal of its own, whose books
//! are the unit's.

use actix_web::{App, test as calls};
use domain::dossier::custody::hand_over;
use domain::dossier::{CodePattern, Dossier};
use domain::ids::NodeId;
use domain::queue::Ticket;
use domain::split::Journaled;
use jiff::SignedDuration;
use journal::ticket_code::ticket_code;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fixture::*;
use crate::store::booking_plans::{BookingPlan, PlanSession};
use crate::{api, public};

const CENTER: &str = "06994-1";
const POINT: &str = "06994-2";

fn told(waiting: u32) -> Value {
    json!({ "at": now(), "open_counters": 1, "waiting": waiting, "services": [] })
}

async fn zone() -> (Province, TestNode, TestNode) {
    let province = Province::new().await;
    let (center, point) = (province.enrol(CENTER).await, province.enrol(POINT).await);
    (province, center, point)
}

async fn page(province: &Province, path: &str) -> String {
    let app =
        calls::init_service(App::new().app_data(province.state()).configure(public::configure))
            .await;
    let request = calls::TestRequest::get().uri(path).to_request();
    let body = calls::call_and_read_body(&app, request).await;
    String::from_utf8(body.to_vec()).unwrap()
}

fn ticket_of(id: u128) -> Ticket {
    let at = now() - SignedDuration::from_mins(5);
    let service = domain::ids::ServiceCode::parse("ho-tich").unwrap();
    let day = domain::time::business_day(now());
    Ticket::waiting(Uuid::from_u128(id), day, ('A', 1), service, at, "kiosk-1".into())
}

#[actix_web::test]
async fn a_zone_stands_once_on_the_public_page_with_what_waits_at_all_its_places() {
    let (province, ..) = zone().await;
    province.store.keep_hall(CENTER, told(7), now()).await.unwrap();
    province.store.keep_hall(POINT, told(3), now()).await.unwrap();
    let page = page(&province, "/cho").await;
    for said in [
        "Cả đơn vị: 10 người đang chờ tại 2 nơi",
        "Tại Trung tâm",
        "Điểm Tiếp nhận và Trả kết quả Quan Lạn",
        "Khu vực xã Quan Lạn cũ, đặc khu Vân Đồn",
    ] {
        assert!(page.contains(said), "{said}\n{page}");
    }
    assert_eq!(page.matches("<h2>").count(), 1, "{page}");
}

#[actix_web::test]
async fn the_same_number_of_two_places_of_a_unit_is_two_tickets_and_each_says_where() {
    let (province, mut center, mut point) = zone().await;
    for (node, id) in [(&mut center, 1), (&mut point, 2)] {
        let ticket = ticket_of(id);
        node.write(vec![change(Ticket::KIND, &ticket.id.to_string(), 1, ticket.split().0)]);
        committed(&province.send(node.frame(1, 1)).await);
    }
    let at = async |node: &TestNode, id| {
        let code = ticket_code(&node.wrapping, Uuid::from_u128(id));
        page(&province, &format!("/t/{code}")).await
    };
    let (of_center, of_point) = (at(&center, 1).await, at(&point, 2).await);
    for page in [&of_center, &of_point] {
        assert!(page.contains("Số A001") && page.contains("Không còn ai chờ trước"), "{page}");
    }
    assert!(of_point.contains("Trung tâm, điểm Quan Lạn"), "{of_point}");
    assert!(!of_center.contains("điểm"), "{of_center}");
}

#[actix_web::test]
async fn a_booking_at_a_reception_point_says_so() {
    let (province, ..) = zone().await;
    for node in [CENTER, POINT] {
        let plan = BookingPlan {
            node: node.into(),
            service: "ho-tich".into(),
            name_vi: "Hộ tịch".into(),
            name_en: "Civil status".into(),
            sessions: vec![PlanSession { from: "07:30".into(), to: "11:30".into() }],
            slot_min: 30,
            per_slot: 1,
            days_ahead: 7,
            also_days_off: false,
        };
        province.store.set_booking_plan(&plan, "binh", now()).await.unwrap();
    }
    let app = calls::init_service(
        App::new().app_data(province.state()).configure(api::bookings::configure),
    )
    .await;
    let request = calls::TestRequest::get().uri("/public/booking-places").to_request();
    let places: Value = calls::call_and_read_body_json(&app, request).await;
    let names: Vec<&str> =
        places.as_array().unwrap().iter().filter_map(|one| one["unit_name"].as_str()).collect();
    assert_eq!(names, ["Trung tâm", "Trung tâm, điểm Quan Lạn"]);
    let wanted = json!({ "node": POINT, "service": "ho-tich" });
    let request = calls::TestRequest::post()
        .uri("/public/bookings")
        .insert_header(("Idempotency-Key", Uuid::new_v4().to_string()))
        .set_json(&wanted)
        .to_request();
    let made: Value = calls::call_and_read_body_json(&app, request).await;
    assert_eq!(made["unit_name"], "Trung tâm, điểm Quan Lạn", "{made}");
}

/// Both boxes receive on the same day under the unit's one start of codes. What the point hands over is
/// found at the center by the hub's journal, and nothing of the center's own is mistaken for it.
#[tokio::test]
async fn a_dossier_of_a_point_is_found_at_its_center_by_its_code_once_it_is_handed_over() {
    let (province, mut center, mut point) = zone().await;
    let day = domain::time::business_day(now());
    let received = |node: &TestNode, id: u128| {
        let codes =
            CodePattern::for_box(CodePattern::DEFAULT, "H49.06994", node.id.number()).unwrap();
        let code = codes.code(day, codes.next_sequence(day, [])).unwrap();
        Dossier { id: Uuid::from_u128(id), code, ..new_dossier(&node.id) }
    };
    let (at_center, at_point) = (received(&center, 1), received(&point, 2));
    assert_ne!(at_center.code, at_point.code);
    for (node, dossier) in [(&mut center, &at_center), (&mut point, &at_point)] {
        let change = node.dossier(dossier);
        node.write(vec![change]);
        committed(&province.send(node.frame(1, 1)).await);
    }
    assert!(province.heard(&center).await.is_empty(), "nobody has handed anything over");

    let to = NodeId::parse(CENTER).unwrap();
    let handed = hand_over(&at_point, to, None, &point.id, now()).unwrap().dossier;
    let change = point.dossier(&handed);
    point.write(vec![change]);
    committed(&province.send(point.frame(2, 2)).await);
    let heard = province.heard(&center).await;
    let offer = heard.into_iter().rfind(|heard| heard.kind == "hand_over_offer").unwrap();
    let offer = Dossier::join(offer.public, offer.private).unwrap();
    assert_eq!((offer.code, offer.applicant.name.as_str()), (at_point.code, NAME));
    assert_eq!(offer.origin, point.id, "where it was received stays known");
    // its code leads to one dossier alone: nobody erases or looks at another one by mistake
    for (code, id) in [(&at_center.code, at_center.id), (&handed.code, handed.id)] {
        let found = province.store.dossiers_of_code(code).await.unwrap();
        assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [id], "{code}");
    }
}

#[test]
fn the_lists_of_units_and_points_are_among_what_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), "host=localhost dbname=x");
    assert_eq!(crate::units::points(&settings).unwrap().iter().count(), 6);
    let file = folder.path().join("points.csv");
    std::fs::write(&file, "node,short_name,address,certainty,source\n06994-1,A,B,confirmed,s\n")
        .unwrap();
    let wrong = crate::Settings { points_file: file, ..settings };
    let told = crate::units::points(&wrong).unwrap_err().to_string();
    assert!(told.contains("line 2") && told.contains("06994-1"), "{told}");
    let older = crate::Settings { points_file: folder.path().join("none.csv"), ..wrong };
    assert_eq!(crate::units::points(&older).unwrap().iter().count(), 0, "no mistake");
}
