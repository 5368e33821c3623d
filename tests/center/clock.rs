//! A center whose clock battery is dead, switched on in the morning: with and without its line.

use crate::house::clock::FakeClock;
use crate::house::host::Host;
use crate::house::{CATCH_UP_MAX, Center, Folder, House, SOON, get, issue, must, post};
use jiff::Timestamp;
use motcua::cli::demo::processes::wait_for;
use serde_json::{Value, json};

const TEN_YEARS_BACK: i64 = -3_650 * 86_400;

/// Waits until the center says so of its clock; gives its time.
async fn clock_is(center: &Center, wanted: &str) -> Timestamp {
    let health: Value = wait_for(&format!("a clock that is {wanted}"), CATCH_UP_MAX, async || {
        center.health().await.filter(|health| health["clock"] == wanted)
    })
    .await
    .unwrap();
    health["now"].as_str().unwrap().parse().unwrap()
}

fn off_s(at: Timestamp) -> i64 {
    at.duration_since(Timestamp::now()).abs().as_secs()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_dead_clock_battery_the_hub_or_the_head_tells_the_time_and_people_are_served() {
    let host = Host::new();
    let mut house = House::open_at(Folder::new("clock"), 1, host.place()).await;
    let center = house.center(0);
    let clock = FakeClock::of(&mut house).await.unwrap();
    clock.start(&mut house, false).unwrap();
    center.is_up().await;
    issue(&mut house.kiosk(), "ho-tich").await;
    assert!(off_s(clock_is(&center, "ok").await) < 5);
    house.books_agree(0).await;

    // Off and on again, the battery dead, the line down.
    host.pull_the_plug();
    house.demo.center_process().kill_hard().await.unwrap();
    clock.set(TEN_YEARS_BACK).unwrap();
    clock.start(&mut house, true).unwrap();
    center.is_up().await;
    let floor = clock_is(&center, "suspect").await;
    assert!(off_s(floor) < 300, "{floor}");
    issue(&mut house.kiosk(), "ho-tich").await;
    let mut officer = center.officer(1);
    let mut head = center.head();
    let valid = get(&mut officer, "/api/v1/procedures?q=khai+sinh").await;
    assert!(!valid.as_array().or(valid["procedures"].as_array()).unwrap().is_empty(), "{valid}");

    // The head says what time it is; an officer may not, and no year before this product counts.
    let local = |at: Timestamp| domain::time::local(at).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let body = json!({ "at": local(Timestamp::now()) });
    assert_eq!(post(&mut officer, "/api/v1/clock", &body).await.status.as_u16(), 403);
    let wrong = post(&mut head, "/api/v1/clock", &json!({ "at": "2016-01-01T08:00" })).await;
    assert_eq!(wrong.code(), "clock.bad_date");
    let set = must(&mut head, "/api/v1/clock", &body).await;
    assert_eq!(set["state"], "wrong");
    assert!(off_s(clock_is(&center, "wrong").await) < 5);

    // Off and on again with the line up: the certificate of the broker is not valid yet by the
    // machine's clock, and the hub's word is heard all the same.
    house.demo.center_process().kill_hard().await.unwrap();
    host.put_the_plug_in();
    clock.start(&mut house, true).unwrap();
    center.is_up().await;
    center.link_is(&["online"], CATCH_UP_MAX).await;
    assert!(off_s(clock_is(&center, "wrong").await) < 5);
    issue(&mut house.kiosk(), "ho-tich").await;
    house.books_agree(0).await;

    // The technician sets the clock.
    clock.set(0).unwrap();
    assert!(off_s(clock_is(&center, "ok").await) < 5);
    let kept = post(&mut head, "/api/v1/clock", &body).await;
    assert_eq!(kept.code(), "clock.not_in_doubt");
    wait_for("the technician's events", SOON, async || {
        let events = get(&mut head, "/api/v1/events").await;
        let told = |code: &str| events.as_array().unwrap().iter().any(|one| one["code"] == code);
        ["health.clock_suspect", "health.clock_wrong", "clock.set", "health.clock_well"]
            .into_iter()
            .all(told)
            .then_some(())
    })
    .await
    .unwrap();
    house.close().await;
}
