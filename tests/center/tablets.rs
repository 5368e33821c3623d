//! The assessment from outside: what a tablet may not send, a tablet whose token is withdrawn while its
//! page is open, what the head reads, and how the hall's pages tell their trouble.

use crate::house::{Center, Hasty, House, SOON, fresh_key, get, must, printed, seen};
use motcua::cli::day::client::{Answer, CenterClient};
use motcua::cli::demo::books::VoteCount;
use motcua::cli::demo::processes::wait_for;
use motcua::clock::{DEMO_CLOCK, RateClock};
use reqwest::Method;
use serde_json::{Value, json};

/// A day later.
const DAY_US: i64 = 86_400 * 1_000_000;
/// Markup, and a mark that turns the direction of what follows.
const ODD: &str = "<b>Chờ</b> \u{202e}lâu quá";

/// The tablet's page of counter 1, with a device's token.
fn tablet_of_one(house: &House) -> Hasty {
    let site = house.demo.site().unwrap();
    let (_, token) = site.tablet_tokens.iter().find(|(counter, _)| *counter == 1).unwrap();
    house.center(0).hasty(token)
}

/// A dossier is received at counter 1, and its tablet gets the right to one vote.
async fn right_to_vote(officer: &mut CenterClient, tablet: &Hasty) -> String {
    let received = must(
        officer,
        "/api/v1/dossiers",
        &json!({
            "procedure": "1.001193", "counter": 1, "components": [],
            "note": "Giấy tờ mang bổ sung sau",
            "applicant": { "name": "Đoàn Văn Thật", "citizen_number": "022085001234",
                           "birth_date": "1985-06-15", "sex": "Nam" },
        }),
    )
    .await;
    assert_eq!(received["rating_token_issued"], true, "{received}");
    // The tablet is told right after the officer is answered.
    wait_for("the right to vote", SOON, async || {
        let shown = tablet.ask(Method::GET, "/api/v1/tablets/1/token", None).await.ok()?;
        shown.body["token"].as_str().map(str::to_owned)
    })
    .await
    .unwrap()
}

fn ballot(token: &str, client_id: u128) -> Value {
    json!({
        "token": token, "level": "dissatisfied", "reasons": ["long_wait"], "comment": ODD,
        "respondent": "organisation", "client_id": uuid::Uuid::from_u128(client_id),
    })
}

async fn vote(tablet: &Hasty, ballot: &Value) -> Answer {
    tablet.ask(Method::POST, "/api/v1/ratings", Some(ballot)).await.unwrap()
}

fn told(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.code())
}

/// All votes that were taken. What was said is told when there are five; how many were given, no page says.
async fn taken(center: &Center) -> u64 {
    let count = printed(&["check", "votes"], &center.config).await.unwrap();
    let VoteCount { held, journalled } = serde_json::from_str(&count).unwrap();
    held + journalled
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_token_a_second_vote_and_an_endless_comment_count_for_nothing() {
    let house = House::open("votes", 1).await;
    let center = house.center(0);
    let mut officer = center.officer(1);
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    let tablet = tablet_of_one(&house);
    let token = right_to_vote(&mut officer, &tablet).await;

    let forged = "0123456789abcdef0123456789abcdef";
    assert_eq!(told(&vote(&tablet, &ballot(forged, 1)).await), (404, "rating.unknown_token"));
    let mut endless = ballot(&token, 1);
    endless["comment"] = json!("dài ".repeat(10_000));
    assert_eq!(told(&vote(&tablet, &endless).await), (400, "input.bad_text"));
    let mut unknown = ballot(&token, 1);
    unknown["reasons"] = json!(["<script>"]);
    assert_eq!(vote(&tablet, &unknown).await.code(), "rating.unknown_reason");
    // Whoever is no tablet neither votes nor learns a token.
    let kiosk = center.hasty(&house.load_token());
    assert_eq!(vote(&kiosk, &ballot(&token, 1)).await.status.as_u16(), 403);
    let path = "/api/v1/tablets/1/token";
    assert_eq!(kiosk.ask(Method::GET, path, None).await.unwrap().status.as_u16(), 403);
    assert_eq!(officer.send(Method::GET, path, None, None).await.unwrap().status.as_u16(), 403);
    assert_eq!(taken(&center).await, 0);

    // Nothing of that used the token up. It is good for one vote, however often that is sent.
    for _ in 0..3 {
        assert_eq!(vote(&tablet, &ballot(&token, 7)).await.status.as_u16(), 201);
    }
    assert_eq!(told(&vote(&tablet, &ballot(&token, 8)).await), (409, "rating.token_used"));
    let mut changed = ballot(&token, 7);
    changed["level"] = json!("satisfied");
    assert_eq!(told(&vote(&tablet, &changed).await), (409, "rating.token_used"));
    assert_eq!(taken(&center).await, 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_head_reads_figures_in_which_neither_a_days_vote_nor_a_lone_officer_shows() {
    let mut house = House::open("figures", 1).await;
    let center = house.center(0);
    let (mut officer, mut head) = (center.officer(1), center.head());
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    let tablet = tablet_of_one(&house);
    let path = "/api/v1/ratings/summary";
    let empty = get(&mut head, path).await;
    for list in ["counts", "reasons", "comments", "officers"] {
        assert_eq!(empty[list], json!([]), "{list}");
    }
    assert_eq!(empty["officers_from"], 5);
    for number in 0..5 {
        let token = right_to_vote(&mut officer, &tablet).await;
        assert_eq!(vote(&tablet, &ballot(&token, number)).await.status.as_u16(), 201);
        // Neither a vote of today nor an officer's mark is anybody's to read, and no number grows by one.
        let figures = get(&mut head, path).await;
        for list in ["counts", "reasons", "comments", "officers"] {
            assert_eq!(figures[list], json!([]), "{list} after {number}");
        }
        let health = center.health().await.unwrap();
        for told in [&figures["not_yet_counted"], &health["at_risk"]["votes"]] {
            assert_eq!(told.as_u64().unwrap() % 5, 0, "after {number}: {told}");
        }
    }
    assert_eq!(taken(&center).await, 5);

    let asked = officer.send(Method::GET, path, None, None).await.unwrap();
    assert_eq!(asked.status.as_u16(), 403, "for the head only");
    for days in
        ["from=hom-nay", "to=2026-02-30", "from=2026-02-02&to=2026-02-01", "from=2001-01-01"]
    {
        let refused = head.send(Method::GET, &format!("{path}?{days}"), None, None).await.unwrap();
        assert_eq!(told(&refused), (400, "input.bad_value"), "{days}");
    }

    // On the next day all of it is told, and the five about one officer, who is named apart from them.
    let clock = RateClock {
        real_start_us: jiff::Timestamp::now().as_microsecond(),
        virtual_start_us: house.demo.clock.virtual_start_us + DAY_US,
        rate: house.demo.clock.rate,
    };
    house.demo.center_process().kill_hard().await.unwrap();
    std::fs::write(center.data.join(DEMO_CLOCK), serde_json::to_string(&clock).unwrap()).unwrap();
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    let figures = seen(&mut head, path, "the votes to be counted", |figures| {
        (figures["counts"] != json!([])).then(|| figures.clone())
    })
    .await;
    let counts = figures["counts"].as_array().unwrap();
    assert_eq!(counts.len(), 1, "{figures}");
    assert_eq!(
        (&counts[0]["count"], &counts[0]["respondent"]),
        (&json!(5), &json!("organisation"))
    );
    assert_eq!(
        (&figures["reasons"][0]["reason"], &figures["reasons"][0]["count"]),
        (&json!("long_wait"), &json!(5))
    );
    let comments = figures["comments"].as_array().unwrap();
    assert_eq!(comments.len(), 5);
    let mut said: Vec<&String> = comments[0].as_object().unwrap().keys().collect();
    said.sort();
    assert_eq!(said, ["comment", "day", "level", "service", "stage"], "and nothing of anybody");
    assert_eq!(comments[0]["comment"], ODD, "a text is a text");
    let officers = figures["officers"].as_array().unwrap();
    assert_eq!(officers.len(), 1, "{figures}");
    assert_eq!((&officers[0]["officer"], &officers[0]["count"]), (&json!("officer-1"), &json!(5)));
    house.close().await;
}

/// The row of a device among the hall's pages.
async fn surface(head: &mut CenterClient, device: &str) -> Option<Value> {
    let all = get(head, "/api/v1/surfaces").await;
    all.as_array().unwrap().iter().find(|one| one["device"] == device).cloned()
}

/// The name of the valid token of counter 1's tablet.
async fn name_of_tablet(center: &Center) -> String {
    let listed = printed(&["device", "tokens"], &center.config).await.unwrap();
    let line =
        listed.lines().find(|line| line.starts_with("tablet-1-") && !line.contains("revoked"));
    line.unwrap().split_whitespace().next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tablet_withdrawn_while_open_is_out_and_its_kept_vote_arrives_under_a_new_token() {
    let mut house = House::open("tablet", 1).await;
    let center = house.center(0);
    let (mut officer, mut head) = (center.officer(1), center.head());
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    let tablet = tablet_of_one(&house);
    let kept = ballot(&right_to_vote(&mut officer, &tablet).await, 1);

    // The page tells how it is, in its bounds; nobody else may say it.
    let report = "/api/v1/surfaces/report";
    let says = |version: &str, kept: u32| {
        json!({ "page": uuid::Uuid::from_u128(9), "version": version, "kept": kept,
                "lasting": true, "offset_ms": 0 })
    };
    let name = name_of_tablet(&center).await;
    assert_eq!(surface(&mut head, &name).await.unwrap()["state"], "unheard");
    let version = env!("CARGO_PKG_VERSION");
    let answer = tablet.ask(Method::POST, report, Some(&says(version, 1))).await.unwrap();
    assert_eq!(answer.status.as_u16(), 204, "{}", answer.body);
    let row = surface(&mut head, &name).await.unwrap();
    assert_eq!((&row["state"], &row["troubles"]), (&json!("troubled"), &json!(["votes_kept"])));
    let odd = tablet.ask(Method::POST, report, Some(&says("\u{202e}<b>", 0))).await.unwrap();
    assert_eq!(told(&odd), (400, "input.bad_text"));
    let body = says(version, 0);
    let other = head.send(Method::POST, report, Some(&fresh_key()), Some(&body)).await.unwrap();
    assert!(!other.granted(), "an officer is no page: {}", other.status);

    house.demo.center_process().kill_hard().await.unwrap();
    printed(&["device", "revoke", &name], &center.config).await.unwrap();
    let arguments = ["device", "token", "--role", "tablet", "--counter", "1"];
    let renewed = printed(&arguments, &center.config).await.unwrap();
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;

    // The page is still open, with the old token: it is out, and its vote is not lost by that.
    for answer in [
        vote(&tablet, &kept).await,
        tablet.ask(Method::POST, report, Some(&says(version, 1))).await.unwrap(),
        tablet.ask(Method::GET, "/api/v1/tablets/1/token", None).await.unwrap(),
    ] {
        assert_eq!(answer.status.as_u16(), 401, "{}", answer.body);
    }
    assert_eq!(taken(&center).await, 0);
    assert!(surface(&mut head, &name).await.is_none(), "a withdrawn device is no trouble");
    let tablet = center.hasty(renewed.trim());
    for _ in 0..2 {
        assert_eq!(vote(&tablet, &kept).await.status.as_u16(), 201);
    }
    assert_eq!(taken(&center).await, 1);
    house.close().await;
}
