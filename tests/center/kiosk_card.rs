//! A number taken with a citizen card: the card fills in the counter's form and is seen nowhere else.

use crate::house::{House, get, must, post};
use serde_json::{Value, json};

const NAME: &str = "Đoàn Văn Thật";
const CARD: &str = "022085001234||Đoàn Văn Thật|15061985|Nam|Tổ 5, phường Cao Xanh|20082021";
const AT_COUNTER: &str = "/api/v1/counters/1/card";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_shown_at_the_kiosk_fills_in_where_its_citizen_stands_and_nowhere_else() {
    let house = House::open("kiosk-card", 1).await;
    let center = house.center(0);
    let (mut kiosk, mut officer) = (house.kiosk(), center.officer(1));
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;

    // What is no card takes no number.
    for wrong in ["", "A012", "022085001234||Đoàn Văn Thật|15061985|Nữ|Cao Xanh|20082021"] {
        let wanted = json!({ "service": "ho-tich", "card": wrong });
        let refused = post(&mut kiosk, "/api/v1/tickets", &wanted).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (400, "card.no_card"), "{wrong}");
        assert!(!refused.body.to_string().contains("Thật"), "{}", refused.body);
    }
    let wanted = json!({ "service": "ho-tich", "card": CARD });
    let issued = must(&mut kiosk, "/api/v1/tickets", &wanted).await;
    assert_eq!(issued["ticket"]["label"], "A001");
    assert_eq!(get(&mut officer, AT_COUNTER).await, Value::Null, "it waits in the hall");

    let called = must(&mut officer, "/api/v1/counters/1/call-next", &json!({})).await;
    assert_eq!(get(&mut officer, AT_COUNTER).await, Value::Null, "nobody stands there yet");
    must(&mut officer, "/api/v1/counters/1/begin", &json!({})).await;
    let card = get(&mut officer, AT_COUNTER).await;
    assert_eq!(
        (&card["card"]["name"], &card["card"]["number"], &card["declared"]),
        (&json!(NAME), &json!("022085001234"), &json!(true))
    );

    // Neither the number nor a screen knows whose it is.
    let tickets = get(&mut officer, "/api/v1/tickets").await;
    let hall = get(&mut officer, "/api/v1/hall").await;
    for seen in [&issued, &called, &tickets, &hall] {
        let seen = seen.to_string();
        assert!(!seen.contains("Thật") && !seen.contains("022085001234"), "{seen}");
    }
    assert!(hall.to_string().contains("A001"), "{hall}");

    // The next one without a card gets an empty form, without anybody clearing it.
    must(&mut officer, "/api/v1/counters/1/complete", &json!({})).await;
    must(&mut kiosk, "/api/v1/tickets", &json!({ "service": "ho-tich" })).await;
    must(&mut officer, "/api/v1/counters/1/call-next", &json!({})).await;
    must(&mut officer, "/api/v1/counters/1/begin", &json!({})).await;
    assert_eq!(get(&mut officer, AT_COUNTER).await, Value::Null);

    // Who is on hold takes the card along: another one stands there now, and then the first one again.
    must(&mut officer, "/api/v1/counters/1/complete", &json!({})).await;
    let held = must(&mut kiosk, "/api/v1/tickets", &wanted).await;
    must(&mut kiosk, "/api/v1/tickets", &json!({ "service": "ho-tich" })).await;
    must(&mut officer, "/api/v1/counters/1/call-next", &json!({})).await;
    must(&mut officer, "/api/v1/counters/1/begin", &json!({})).await;
    must(&mut officer, "/api/v1/counters/1/hold", &json!({})).await;
    must(&mut officer, "/api/v1/counters/1/call-next", &json!({})).await;
    must(&mut officer, "/api/v1/counters/1/begin", &json!({})).await;
    assert_eq!(get(&mut officer, AT_COUNTER).await, Value::Null);
    must(&mut officer, "/api/v1/counters/1/complete", &json!({})).await;
    let back = json!({ "ticket": held["ticket"]["id"] });
    must(&mut officer, "/api/v1/counters/1/resume", &back).await;
    assert_eq!(get(&mut officer, AT_COUNTER).await["card"]["name"], json!(NAME));
}
