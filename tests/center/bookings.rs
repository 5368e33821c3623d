//! Bookings of the province's page over a line that is cut: none is lost, and none gives two tickets.
//!
//! The line is cut as in [`crate::lines`].

use crate::house::host::Host;
use crate::house::{Folder, House, get, must, post, seen};
use motcua::cli::day::client::{Answer, CenterClient};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// A lost line is noticed after two and a half pings of five seconds; a loaded machine takes longer.
const NOTICED_MAX: Duration = Duration::from_secs(60);

/// The page asks with a key of its own, and asks again when no answer came.
async fn book(page: &mut CenterClient, key: &str) -> Value {
    let wanted = json!({ "node": "06658-1", "service": "ho-tich" });
    let path = "/api/v1/public/bookings";
    let answer = page.send(Method::POST, path, Some(key), Some(&wanted)).await.unwrap();
    assert!(answer.granted(), "{} {}", answer.status, answer.body);
    answer.body
}

fn key() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn arrive(officer: &mut CenterClient, booking: &Value) -> Answer {
    let body = json!({ "code": booking["code"], "print": false });
    post(officer, "/api/v1/bookings/arrive", &body).await
}

async fn at_center(officer: &mut CenterClient, booking: &Value, state: &str) {
    seen(officer, "/api/v1/bookings", &format!("a booking to be {state}"), |all| {
        let mut bookings = all["bookings"].as_array()?.iter();
        bookings.find(|one| one["code"] == booking["code"] && one["state"] == state).map(|_| ())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_line_loses_no_booking_and_gives_none_two_tickets() {
    let host = Host::new();
    let house = House::open_at(Folder::new("bookings"), 1, host.place()).await;
    let center = house.center(0);
    let (mut page, mut officer) = (house.technician(), center.officer(1));
    let plan = json!({
        "node": "06658-1", "service": "ho-tich", "name_vi": "Hộ tịch", "name_en": "Civil status",
        "sessions": [{ "from": "00:00", "to": "23:30" }],
        "slot_min": 30, "per_slot": 5, "days_ahead": 1, "also_days_off": true,
    });
    let written = post(&mut page, "/api/v1/booking-plan", &plan).await;
    assert!(written.granted(), "{} {}", written.status, written.body);
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;

    let first_key = key();
    let first = book(&mut page, &first_key).await;
    assert_eq!(book(&mut page, &first_key).await, first, "one request, one booking");
    at_center(&mut officer, &first, "booked").await;

    // The line is cut. Who is at the center already gets a number; what the page gives meanwhile, the
    // center does not know, and says so.
    host.pull_the_plug();
    let came = arrive(&mut officer, &first).await;
    assert!(came.granted(), "{}", came.body);
    let (second, third) = (book(&mut page, &key()).await, book(&mut page, &key()).await);
    assert_eq!(second["at_center"], json!(false));
    let asked = json!({ "code": third["code"] });
    let gone = must(&mut page, "/api/v1/public/bookings/cancel", &asked).await;
    assert_eq!(gone["state"], "cancelled");
    assert_eq!(arrive(&mut officer, &second).await.code(), "booking.unknown");
    center.link_is(&["offline", "greeting"], NOTICED_MAX).await;
    host.put_the_plug_in();

    at_center(&mut officer, &second, "booked").await;
    at_center(&mut officer, &third, "cancelled").await;
    let ticket = arrive(&mut officer, &second).await;
    assert!(ticket.granted(), "{}", ticket.body);
    assert_eq!(ticket.body["ticket"]["id"], ticket.body["booking"]["id"]);
    for (booking, code) in
        [(&first, "booking.used"), (&second, "booking.used"), (&third, "booking.cancelled")]
    {
        assert_eq!(arrive(&mut officer, booking).await.code(), code);
    }
    let tickets = get(&mut officer, "/api/v1/tickets").await;
    assert_eq!(tickets["tickets"].as_array().unwrap().len(), 2);

    // The center's own words arrive at the page, and the books are the same at both ends.
    house.books_agree(0).await;
    for (booking, state) in [(&first, "arrived"), (&second, "arrived"), (&third, "cancelled")] {
        let asked = json!({ "code": booking["code"] });
        let shown = must(&mut page, "/api/v1/public/bookings/show", &asked).await;
        assert_eq!((&shown["state"], &shown["at_center"]), (&json!(state), &json!(true)));
    }
    let aside = get(&mut page, "/api/v1/nodes/06658-1/parked").await;
    for list in ["parked", "refused", "conflicts", "down_parked"] {
        assert_eq!(aside[list], json!([]), "{list}");
    }
    house.close().await;
}
