//! Two centers and the hub between them: a dossier changes hands, an order reaches every counter.

use crate::house::hands::{Pair, verb};
use crate::house::{get, must, post, seen};
use motcua::cli::day::client::CenterClient;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dossier_that_changes_hands_is_in_one_pair_of_hands_at_any_time() {
    let mut pair = Pair::open("hands").await;
    let id = pair.hand_over().await;
    pair.a.edit_is_refused(&id, "dossier.in_hand_over").await;
    let offered = pair.b.custody(&id, "offered").await;
    assert_eq!(offered["holder"], pair.a.center.node.as_str());
    assert_eq!(offered["applicant"]["name"], "Đoàn Văn Thật");
    assert_eq!(pair.b.listed("incoming").await, [id.as_str()]);
    pair.b.edit_is_refused(&id, "dossier.in_hand_over").await;

    let accepted = must(&mut pair.b.officer, &verb(&id, "accept"), &json!({})).await;
    let term = offered["term"].as_u64().unwrap();
    assert_eq!(accepted["dossier"]["holder"], pair.b.center.node.as_str());
    assert_eq!(accepted["dossier"]["term"], term + 1);
    let away = pair.a.custody(&id, "accepted_away").await;
    assert_eq!((&away["holder"], &away["term"]), (&json!(pair.b.center.node), &json!(term + 1)));
    pair.a.edit_is_refused(&id, "dossier.not_holder").await;
    pair.a.is_refused(&id, "take-back", "dossier.not_handing_over").await;
    pair.a.is_refused(&id, "accept", "dossier.not_offered").await;
    pair.b.edit_is_granted(&id).await;

    // The other center does not want this one: it is where it was, one term later.
    let id = pair.hand_over().await;
    pair.b.custody(&id, "offered").await;
    let reason = json!({ "reason": "Không thuộc địa bàn" });
    must(&mut pair.b.officer, &verb(&id, "refuse"), &reason).await;
    let back = pair.a.custody(&id, "held").await;
    assert_eq!((&back["holder"], &back["term"]), (&json!(pair.a.center.node), &json!(term + 1)));
    pair.b.edit_is_refused(&id, "dossier.not_holder").await;
    pair.b.is_refused(&id, "accept", "dossier.not_offered").await;
    pair.a.edit_is_granted(&id).await;

    // And who has no box cannot take it: it is not offered, and refused by name.
    let id = pair.a.receive().await;
    let here = pair.a.center.node.clone();
    let (neighbour, nobody) = (pair.b.center.node.clone(), "06661-1");
    let units = seen(&mut pair.a.officer, "/api/v1/units", "the neighbour's box", |units| {
        let one = units.as_array().unwrap().iter().find(|one| one["node"] == neighbour.as_str())?;
        (one["accepts"] == true).then(|| units.clone())
    })
    .await;
    let accepting: Vec<&str> = units
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["accepts"] == true)
        .map(|one| one["node"].as_str().unwrap())
        .collect();
    assert_eq!(accepting, [neighbour.as_str(), here.as_str()], "in the order of their codes");
    for (to, status, code) in [
        (nobody, 409, "dossier.receiver_not_enrolled"),
        ("99999-1", 400, "input.bad_value"),
        (here.as_str(), 400, "dossier.hand_over_to_self"),
    ] {
        let body = json!({ "to_node": to });
        let refused = post(&mut pair.a.officer, &verb(&id, "hand-over"), &body).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (status, code));
    }
    assert_eq!(pair.a.custody(&id, "held").await["holder"], here.as_str());
    pair.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_take_back_is_decided_by_the_hub_and_comes_in_time_or_too_late() {
    let mut pair = Pair::open("back").await;
    // In time: the hub hears of hand-over and take-back together.
    pair.line_of_a("cut").await;
    pair.a.center.link_is(&["offline", "greeting"], crate::house::SOON).await;
    let id = pair.hand_over().await;
    let term = get(&mut pair.a.officer, &format!("/api/v1/dossiers/{id}")).await["dossier"]["term"]
        .as_u64()
        .unwrap();
    let wish = must(&mut pair.a.officer, &verb(&id, "take-back"), &json!({})).await;
    assert_eq!(wish["dossier"]["custody"]["state"], "taking_back");
    pair.a.edit_is_refused(&id, "dossier.in_hand_over").await;
    pair.a.is_refused(&id, "take-back", "dossier.not_handing_over").await;
    pair.line_of_a("mend").await;
    let back = pair.a.custody(&id, "held").await;
    assert_eq!((&back["holder"], &back["term"]), (&json!(pair.a.center.node), &json!(term)));
    pair.a.edit_is_granted(&id).await;
    // What came later has arrived at the other center; this one never did.
    let later = pair.hand_over().await;
    pair.b.custody(&later, "offered").await;
    assert_eq!(pair.b.listed("incoming").await, [later.as_str()]);

    // Too late: the other center has been offered it already, and it alone decides. The giver is
    // told so, and nobody is called the holder before having accepted.
    let passed = pair.a.custody(&later, "passed_on").await;
    assert_eq!((&passed["holder"], &passed["term"]), (&json!(pair.a.center.node), &json!(term)));
    pair.a.is_refused(&later, "take-back", "dossier.take_back_too_late").await;
    pair.a.edit_is_refused(&later, "dossier.in_hand_over").await;
    must(&mut pair.b.officer, &verb(&later, "accept"), &json!({})).await;
    let away = pair.a.custody(&later, "accepted_away").await;
    assert_eq!((&away["holder"], &away["term"]), (&json!(pair.b.center.node), &json!(term + 1)));
    pair.a.edit_is_refused(&later, "dossier.not_holder").await;
    pair.b.edit_is_granted(&later).await;

    // The other center does not want it: it comes home with the reason.
    let third = pair.hand_over().await;
    pair.b.custody(&third, "offered").await;
    let why = json!({ "reason": "Không thuộc địa bàn" });
    must(&mut pair.b.officer, &verb(&third, "refuse"), &why).await;
    let home = pair.a.custody(&third, "held").await;
    assert_eq!((&home["holder"], &home["term"]), (&json!(pair.a.center.node), &json!(term + 1)));
    assert_eq!(home["last_hand_over"]["how"], "declined");
    assert_eq!(home["last_hand_over"]["to"], pair.b.center.node.as_str());
    assert_eq!(home["custody_note"], "Không thuộc địa bàn");
    pair.a.edit_is_granted(&third).await;
    pair.b.edit_is_refused(&third, "dossier.not_holder").await;
    pair.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_reaches_every_center_and_who_has_read_it_comes_back() {
    const TEXT: &str = "Nghỉ cấp số lúc 16 giờ 30 hôm nay";
    let mut pair = Pair::open("order").await;
    let printed = pair.house.at_hub(&["hub", "order", TEXT]).await;
    let given: Value = serde_json::from_str(&printed).unwrap();
    let id = given["id"].as_str().unwrap().to_owned();
    for end in [&mut pair.a, &mut pair.b] {
        seen(&mut end.officer, "/api/v1/messages", "the order to arrive", |all| {
            let one = all.as_array().unwrap().iter().find(|one| one["id"] == id.as_str())?;
            assert_eq!((&one["text"], &one["read_at"]), (&json!(TEXT), &Value::Null));
            Some(())
        })
        .await;
    }
    let mut technician = pair.house.technician();
    seen(&mut technician, "/api/v1/orders", "both centers to have it", |orders| {
        let order = orders.as_array().unwrap().iter().find(|order| order["id"] == id.as_str())?;
        let nodes = order["nodes"].as_array().unwrap();
        let unread = |node: &Value| node["delivered"] == true && node["read"] == false;
        (nodes.len() == 2 && nodes.iter().all(unread)).then_some(())
    })
    .await;

    let path = format!("/api/v1/messages/{id}/read");
    for _ in 0..2 {
        let read = post(&mut pair.a.officer, &path, &json!({})).await;
        assert_eq!(read.status.as_u16(), 204);
    }
    // It stays with everybody else until they have read it themselves; the hub sees who was first.
    let mut second = pair.a.center.officer(2);
    let readers = async |officer: &mut CenterClient| {
        let all = get(officer, "/api/v1/messages").await;
        let one = all.as_array().unwrap().iter().find(|one| one["id"] == id.as_str()).cloned();
        one.unwrap()["readers"].clone()
    };
    assert_eq!(readers(&mut second).await, json!(["officer-1"]));
    assert_eq!(post(&mut second, &path, &json!({})).await.status.as_u16(), 204);
    assert_eq!(readers(&mut second).await, json!(["officer-1", "officer-2"]));
    seen(&mut technician, "/api/v1/orders", "the hub to know who has read it", |orders| {
        let order = orders.as_array().unwrap().iter().find(|order| order["id"] == id.as_str())?;
        let read: Vec<&Value> =
            order["nodes"].as_array().unwrap().iter().filter(|node| node["read"] == true).collect();
        (read.len() == 1 && read[0]["node"] == pair.a.center.node.as_str()).then_some(())
    })
    .await;
    pair.house.books_agree(0).await;
    let client = pair.house.hub_tables().await.unwrap();
    let rows = client
        .query(
            "SELECT node, public || CASE jsonb_typeof(private) WHEN 'object' THEN private
                                    ELSE '{}' END FROM subject
             WHERE kind = 'message' AND subject = $1 ORDER BY node",
            &[&id],
        )
        .await
        .unwrap();
    let read: Vec<(String, Value)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let of = |node: &str| &read.iter().find(|(name, _)| name == node).unwrap().1;
    assert_eq!(of(&pair.a.center.node)["read_by"], "officer-1");
    assert_eq!(of(&pair.b.center.node)["read_by"], Value::Null);
    pair.close().await;
}
