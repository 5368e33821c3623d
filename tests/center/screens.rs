//! What the hall's screens ask for: a service group by everyday words, a step of the kiosk aloud, and what
//! one counter does; and what the screen of a counter may not.

use crate::house::{House, SOON, get, must};
use motcua::cli::demo::processes::wait_for;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kiosk_finds_by_everyday_words_and_reads_its_steps_aloud() {
    let house = House::open("screens-kiosk", 1).await;
    let mut kiosk = house.kiosk();
    for (words, service) in
        [("khai%20sinh", "ho-tich"), ("so%20do", "dat-dai"), ("cuoi", "ho-tich")]
    {
        let found = get(&mut kiosk, &format!("/api/v1/kiosk/ways?q={words}")).await;
        assert_eq!(found["ways"][0]["service"], service, "{words}: {found}");
        assert!(found["ways"].as_array().unwrap().len() <= 8, "{words}: {found}");
    }
    let own =
        get(&mut kiosk, "/api/v1/kiosk/ways?q=nh%E1%BA%ADn%20k%E1%BA%BFt%20qu%E1%BA%A3").await;
    assert_eq!(own["ways"][0], json!({ "service": "tra-ket-qua", "procedure": null }));
    for nothing in ["", "%20%20", "xyz", "%3C%3E"] {
        let found = get(&mut kiosk, &format!("/api/v1/kiosk/ways?q={nothing}")).await;
        assert_eq!(found, json!({ "ways": [], "more": false }), "{nothing}");
    }
    let step = get(&mut kiosk, "/api/v1/kiosk/speech?step=number&label=A012").await;
    assert!(step["clips"].is_array(), "{step}");

    let long = format!("/api/v1/kiosk/ways?q={}", "a".repeat(61));
    for wrong in [
        long.as_str(),
        "/api/v1/kiosk/ways?w=a",
        "/api/v1/kiosk/speech",
        "/api/v1/kiosk/speech?step=sing",
        "/api/v1/kiosk/speech?step=number",
        "/api/v1/kiosk/speech?step=number&label=%3Cb%3E",
    ] {
        let refused = kiosk.send(Method::GET, wrong, None, None).await.unwrap();
        assert_eq!(refused.status.as_u16(), 400, "{wrong}: {}", refused.body);
    }
    let stranger = house.center(0).hasty("not-one-of-ours");
    for path in ["/api/v1/kiosk/ways?q=a", "/api/v1/kiosk/speech?step=start"] {
        let refused = stranger.ask(Method::GET, path, None).await.unwrap();
        assert_eq!(refused.status.as_u16(), 401, "{path}: {}", refused.body);
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_s_screen_sees_its_counter_and_may_change_nothing() {
    let house = House::open("screens-counter", 1).await;
    let center = house.center(0);
    let pages = house.demo.pages();
    let (_, address) = pages.iter().find(|(name, _)| *name == "counter").unwrap();
    let (_, token) = address.rsplit_once("token=").unwrap();
    let screen = center.hasty(token);
    let sees = async |what: &str, wanted: Value| {
        wait_for(what, SOON, async || {
            let hall = screen.ask(Method::GET, "/api/v1/hall", None).await.ok()?;
            let counters = hall.body["counters"].as_array()?.clone();
            let own = counters.into_iter().find(|one| one["number"] == 2)?;
            let fields = ["state", "label", "serving", "pause_reason"];
            let shown: Vec<&Value> = fields.iter().map(|field| &own[*field]).collect();
            (json!(shown) == wanted).then_some(own)
        })
        .await
        .unwrap()
    };
    let own = sees("the closed counter", json!(["closed", null, false, null])).await;
    assert!(own["services"].as_array().unwrap().contains(&json!("dat-dai")), "{own}");

    let mut officer = center.officer(2);
    must(&mut officer, "/api/v1/counters/2/open", &json!({})).await;
    let mut kiosk = house.kiosk();
    let issued = must(&mut kiosk, "/api/v1/tickets", &json!({ "service": "dat-dai" })).await;
    let label = issued["ticket"]["label"].clone();
    must(&mut officer, "/api/v1/counters/2/call-next", &json!({})).await;
    sees("the call", json!(["open", label, false, null])).await;
    must(&mut officer, "/api/v1/counters/2/begin", &json!({})).await;
    sees("the serving", json!(["open", label, true, null])).await;
    must(&mut officer, "/api/v1/counters/2/complete", &json!({})).await;
    must(&mut officer, "/api/v1/counters/2/pause", &json!({ "reason": "meeting" })).await;
    sees("why it pauses", json!(["paused", null, false, "meeting"])).await;

    for (method, path, body) in [
        (Method::POST, "/api/v1/tickets", Some(json!({ "service": "dat-dai" }))),
        (Method::POST, "/api/v1/counters/2/open", Some(json!({}))),
        (Method::GET, "/api/v1/tickets", None),
        (Method::GET, "/api/v1/tablets/2/token", None),
    ] {
        let refused = screen.ask(method, path, body.as_ref()).await.unwrap();
        // Where an officer's session is asked for, a device has none.
        assert!([401, 403].contains(&refused.status.as_u16()), "{path}: {}", refused.body);
    }
    house.close().await;
}
