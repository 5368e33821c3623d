//! Bookings of the province's page over a line that is cut: none is lost, and none gives two tickets.
//!
//! The line is cut as in [`crate::lines`]. The center lives in tomorrow: the province's page goes by the
//! true time, and late in the evening it has no time of today left to book.

use crate::house::host::Host;
use crate::house::{Folder, House, get, must, post, seen};
use jiff::Timestamp;
use motcua::cli::day::client::{Answer, CenterClient};
use motcua::clock::{DEMO_CLOCK, RateClock};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// A lost line is noticed after two and a half pings of five seconds; a loaded machine takes longer.
const NOTICED_MAX: Duration = Duration::from_secs(120);

/// From the demo's morning to that of the next day.
const DAY_US: i64 = 24 * 3600 * 1_000_000;
/// From the demo's morning, 07:30, to the time that is booked, 10:00.
const TO_BOOKED_US: i64 = (2 * 60 + 30) * 60 * 1_000_000;

/// Starts the center again on the next day, and gives the time of that day that is booked.
async fn go_to_tomorrow(house: &mut House) -> Timestamp {
    let center = house.center(0);
    let tomorrow_us = house.demo.clock.virtual_start_us + DAY_US;
    let clock = RateClock {
        real_start_us: Timestamp::now().as_microsecond(),
        virtual_start_us: tomorrow_us,
        rate: house.demo.clock.rate,
    };
    house.demo.center_process().kill_hard().await.unwrap();
    std::fs::write(center.data.join(DEMO_CLOCK), serde_json::to_string(&clock).unwrap()).unwrap();
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    center.link_is(&["online"], NOTICED_MAX).await;
    Timestamp::from_microsecond(tomorrow_us + TO_BOOKED_US).unwrap()
}

/// The page asks with a key of its own, and asks again when no answer came.
async fn book(page: &mut CenterClient, from: Timestamp, key: &str) -> Value {
    let wanted = json!({ "node": "06658-1", "service": "ho-tich", "from": from.to_string() });
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
    let mut house = House::open_at(Folder::new("bookings"), 1, host.place()).await;
    let at = go_to_tomorrow(&mut house).await;
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
    let first = book(&mut page, at, &first_key).await;
    assert_eq!(book(&mut page, at, &first_key).await, first, "one request, one booking");
    at_center(&mut officer, &first, "booked").await;

    // The line is cut. Who is at the center already gets a number; what the page gives meanwhile, the
    // center does not know, and says so.
    host.pull_the_plug();
    let came = arrive(&mut officer, &first).await;
    assert!(came.granted(), "{}", came.body);
    let (second, third) = (book(&mut page, at, &key()).await, book(&mut page, at, &key()).await);
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
