//! A day that ends while the center runs: its clock is moved to shortly before midnight.

use crate::house::{House, SOON, get, issue, must, post};
use motcua::cli::day::order;
use motcua::cli::demo::processes::wait_for;
use motcua::clock::{DEMO_CLOCK, RateClock};
use serde_json::json;

/// From the demo's morning, 07:30, to 23:59 of the same day.
const TO_LAST_MINUTE_US: i64 = (16 * 60 + 29) * 60 * 1_000_000;
/// The last minute of the day passes in ten real seconds.
const RATE: f64 = 6.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_midnight_the_queue_begins_anew_and_the_old_day_stays_in_the_books() {
    let mut house = House::open("midnight", 1).await;
    let center = house.center(0);
    let (mut kiosk, mut officer) = (house.kiosk(), center.officer(1));
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    let first = issue(&mut kiosk, "ho-tich").await;
    issue(&mut kiosk, "ho-tich").await;
    must(&mut officer, "/api/v1/counters/1/call-next", &json!({})).await;
    let day = first["ticket"]["business_day"].as_str().unwrap().to_owned();
    let papers = |house: &House| house.demo.printed_count().unwrap();
    wait_for("both papers", SOON, async || (papers(&house) == 2).then_some(())).await.unwrap();

    let clock = RateClock {
        real_start_us: jiff::Timestamp::now().as_microsecond(),
        virtual_start_us: house.demo.clock.virtual_start_us + TO_LAST_MINUTE_US,
        rate: RATE,
    };
    house.demo.center_process().kill_hard().await.unwrap();
    std::fs::write(center.data.join(DEMO_CLOCK), serde_json::to_string(&clock).unwrap()).unwrap();
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    order(house.demo.printer_control(), "paper_out").await.unwrap();
    let last = issue(&mut kiosk, "ho-tich").await;
    assert_eq!(last["ticket"]["business_day"], day.as_str(), "the machine is too slow for this");
    assert_eq!(last["ticket"]["label"], "A003");

    let anew = wait_for("midnight", SOON, async || {
        let listed = get(&mut officer, "/api/v1/tickets").await;
        listed["tickets"].as_array().unwrap().is_empty().then_some(())
    });
    anew.await.unwrap();
    order(house.demo.printer_control(), "paper_in").await.unwrap();
    // The counter was left open with a citizen: the new day knows neither.
    let call = post(&mut officer, "/api/v1/counters/1/call-next", &json!({})).await;
    assert_eq!(call.code(), "queue.counter_not_open");
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    let call = post(&mut officer, "/api/v1/counters/1/call-next", &json!({})).await;
    assert_eq!(call.code(), "queue.nobody_waiting");
    let new = issue(&mut kiosk, "ho-tich").await;
    assert_eq!(new["ticket"]["label"], "A001");
    assert_ne!(new["ticket"]["business_day"], day.as_str());
    // A counter is open and free.
    assert_eq!((&new["wait"]["low_min"], &new["wait"]["high_min"]), (&json!(0), &json!(5)));
    let called = must(&mut officer, "/api/v1/counters/1/call-next", &json!({})).await;
    assert_eq!(called["ticket"]["id"], new["ticket"]["id"]);
    // Of the two papers that wait, only today's comes out.
    wait_for("today's paper", SOON, async || (papers(&house) == 3).then_some(())).await.unwrap();
    let job = format!("/api/v1/print-jobs/{}", last["print_job"]["id"].as_str().unwrap());
    let job = get(&mut officer, &job).await;
    assert_eq!((&job["state"], &job["problem"]), (&json!("blocked"), &json!("error")), "{job}");
    house.books_agree(0).await;
    let books = house.demo.hub_books().await.unwrap();
    assert_eq!(books.count("ticket"), 4);
    // At the hub, too, nobody waits from the day before, and it says who ended that.
    assert_eq!(
        tickets_at_hub(&house, &day).await,
        [("cancelled".to_owned(), 2), ("no_show".to_owned(), 1)]
    );
    assert_eq!(papers(&house), 3);
    house.close().await;
}

/// How many tickets of a day the hub knows by state, as far as the day's end closed them.
async fn tickets_at_hub(house: &House, day: &str) -> Vec<(String, i64)> {
    let client = house.hub_tables().await.unwrap();
    let rows = client
        .query(
            "SELECT public ->> 'state', count(*) FROM subject WHERE kind = 'ticket'
             AND public ->> 'business_day' = $1 AND public ->> 'closed_at_day_end' = 'true'
             GROUP BY 1 ORDER BY 1",
            &[&day],
        )
        .await
        .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}
