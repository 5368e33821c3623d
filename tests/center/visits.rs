//! A citizen with more than one thing to do, from the kiosk through three counters to the province's books.

use crate::house::{House, get, must, post};
use serde_json::{Value, json};

/// What the ticket is after an officer's request, with the fields that are asked for.
fn fields<'a>(answer: &'a Value, names: &[&str]) -> Vec<&'a Value> {
    names.iter().map(|name| &answer["ticket"][*name]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_number_visits_its_services_and_comes_back_to_who_passed_it_on() {
    let mut house = House::open("visits", 1).await;
    let center = house.center(0);
    let mut kiosk = house.kiosk();
    let mut officers = [center.officer(1), center.officer(2), center.officer(3)];
    let path = |counter: usize, verb: &str| format!("/api/v1/counters/{counter}/{verb}");
    for (officer, counter) in officers.iter_mut().zip(1..) {
        must(officer, &path(counter, "open"), &json!({})).await;
    }
    let [first, second, third] = &mut officers;

    // Bad wishes take no number.
    let twice = json!({ "service": "ho-tich", "next_services": ["ho-tich"] });
    let refused = post(&mut kiosk, "/api/v1/tickets", &twice).await;
    assert_eq!(refused.code(), "queue.service_twice");
    let many = json!({ "service": "ho-tich",
                       "next_services": ["dat-dai", "xa-hoi", "khac", "tra-ket-qua"] });
    let refused = post(&mut kiosk, "/api/v1/tickets", &many).await;
    assert_eq!(refused.code(), "queue.too_many_services");
    let wanted = json!({ "service": "ho-tich", "next_services": ["dat-dai"] });
    let issued = must(&mut kiosk, "/api/v1/tickets", &wanted).await;
    assert_eq!(issued["ticket"]["label"], "A001");
    let id = issued["ticket"]["id"].as_str().unwrap().to_owned();

    // Counter 1 adds a third thing, and wants to see the citizen again after counter 3.
    must(first, &path(1, "call-next"), &json!({})).await;
    must(first, &path(1, "begin"), &json!({})).await;
    let both = json!({ "services": ["dat-dai", "xa-hoi"] });
    let added = must(first, &path(1, "next-services"), &both).await;
    assert_eq!(added["ticket"]["next_services"], json!(["dat-dai", "xa-hoi"]));
    let here = post(first, &path(1, "go-on"), &json!({})).await;
    assert_eq!(here.code(), "queue.no_next_here", "counter 1 does not serve it");
    let to = json!({ "counter": 3, "return_here": true });
    let away = must(first, &path(1, "transfer"), &to).await;
    assert_eq!(
        fields(&away, &["state", "for_counter", "return_to"]),
        [&json!("waiting"), &json!(3), &json!(1)]
    );

    // The center dies while the citizen is on the way.
    house.demo.center_process().kill_hard().await.unwrap();
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    must(third, &path(3, "call-next"), &json!({})).await;
    must(third, &path(3, "begin"), &json!({})).await;
    let back = must(third, &path(3, "complete"), &json!({})).await;
    assert_eq!(
        fields(&back, &["state", "for_counter", "returned_from"]),
        [&json!("waiting"), &json!(1), &json!(3)]
    );
    let nobody = post(second, &path(2, "call-next"), &json!({})).await;
    assert_eq!(nobody.code(), "queue.nobody_waiting", "it is kept for counter 1");
    let called = must(first, &path(1, "call-next"), &json!({})).await;
    assert_eq!(called["ticket"]["id"], id.as_str());
    let sentence = called["reason"]["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("Gọi A001 (quay lại từ quầy 3)"), "{sentence}");
    must(first, &path(1, "begin"), &json!({})).await;
    let on = must(first, &path(1, "complete"), &json!({})).await;
    assert_eq!(
        fields(&on, &["state", "service", "queued_at"]),
        [&json!("waiting"), &json!("dat-dai"), &issued["ticket"]["queued_at"]]
    );

    // Then its further things, and it is over; each counter sees its own part.
    for (officer, counter) in [(second, 2), (third, 3)] {
        let called = must(officer, &path(counter, "call-next"), &json!({})).await;
        assert_eq!(called["ticket"]["id"], id.as_str());
        must(officer, &path(counter, "begin"), &json!({})).await;
        must(officer, &path(counter, "complete"), &json!({})).await;
    }
    let calls = get(first, &path(1, "calls")).await;
    assert_eq!(
        (&calls["served"], &calls["calls"][0]["ended"]["end"]),
        (&json!(1), &json!("to_next"))
    );
    assert_eq!(calls["calls"][1]["ended"]["end"], "to_counter");
    assert_eq!(calls["calls"][0]["ticket"]["state"], "completed");
    house.books_agree(0).await;
    house.close().await;
}
