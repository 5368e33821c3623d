//! What tells of a person is erased by a command: at a center whose daemon rests, or ordered at the hub
//! while everything runs. What may not be erased is refused with a reason, and nothing is touched.

use crate::house::{Center, House, get, must, printed, run, seen};
use motcua::cli::day::client::CenterClient;
use nix::sys::signal::Signal;
use serde_json::json;
use std::path::Path;

const NAME: &str = "Đoàn Văn Thật";
const BY: &[&str] = &["--by", "tran.minh"];
const REASON: &[&str] = &["--reason", "Quyết định 12/QĐ-TTPVHCC"];
/// A rule that asks for no time to pass.
const GRANTED: &[&str] = &["--rule", "subject-request"];
/// How the command line refuses what it cannot read.
const USAGE: i32 = 2;
/// How it ends when what was asked for was not done.
const NOT_DONE: i32 = 1;

/// A dossier as its center knows it.
struct Received {
    id: String,
    code: String,
}

impl Received {
    async fn at(center: &Center) -> Self {
        let mut officer = center.officer(1);
        must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
        let body = json!({
            "procedure": "1.001193", "counter": 1, "components": [], "note": "chưa đủ giấy tờ",
            "applicant": { "name": NAME, "citizen_number": "022085001234" },
        });
        let received = must(&mut officer, "/api/v1/dossiers", &body).await;
        let text = |key: &str| received["dossier"][key].as_str().unwrap().to_owned();
        Self { id: text("id"), code: text("code") }
    }

    fn path(&self) -> String {
        format!("/api/v1/dossiers/{}", self.id)
    }

    /// The name that an officer reads on it.
    async fn name(&self, officer: &mut CenterClient) -> String {
        let shown = get(officer, &self.path()).await;
        shown["dossier"]["applicant"]["name"].as_str().unwrap().to_owned()
    }
}

/// The words of a command, some of them by their parts.
fn words<'a>(parts: &[&[&'a str]]) -> Vec<&'a str> {
    parts.concat()
}

/// The command ends with a status and says why.
async fn refused(arguments: &[&str], config: &Path, status: i32, why: &str) {
    let output = run(arguments, Some(config)).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    assert!(said.contains(why), "{arguments:?}: «{why}» is not in:\n{said}");
    assert!(output.stdout.is_empty(), "{arguments:?} says that something was done");
}

/// What both commands refuse alike.
async fn wrong_words_are_refused(command: &[&str], config: &Path) {
    refused(&words(&[command, REASON, BY]), config, USAGE, "--rule").await;
    refused(&words(&[command, GRANTED, BY]), config, USAGE, "--reason").await;
    refused(&words(&[command, GRANTED, REASON]), config, USAGE, "--by").await;
    let empty = words(&[command, GRANTED, &["--reason", " "], BY, &["--yes"]]);
    refused(&empty, config, NOT_DONE, "--reason: 1 to 500 characters").await;
    let unknown = words(&[command, &["--rule", "loudest"], REASON, BY, &["--yes"]]);
    refused(&unknown, config, NOT_DONE, "see `motcua erase rules`").await;
    let other = words(&[command, &["--rule", "priority-ground"], REASON, BY, &["--yes"]]);
    refused(&other, config, NOT_DONE, "retention.other_subject").await;
    let early = words(&[command, &["--rule", "dossier"], REASON, BY, &["--yes"]]);
    refused(&early, config, NOT_DONE, "retention.not_ended").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dossier_is_erased_at_its_center_when_a_rule_allows_it_and_it_was_said_twice() {
    let mut house = House::open("erase", 1).await;
    let center = house.center(0);
    let dossier = Received::at(&center).await;
    house.books_agree(0).await;
    let erase: &[&str] = &["erase", "dossier", &dossier.code];
    let allowed = words(&[erase, GRANTED, REASON, BY]);
    refused(&allowed, &center.config, NOT_DONE, "another motcua daemon is running").await;

    house.demo.center_process().stop(Signal::SIGTERM).await;
    wrong_words_are_refused(erase, &center.config).await;
    let nobody = words(&[&["erase", "dossier", "H49.none"], GRANTED, REASON, BY, &["--yes"]]);
    refused(&nobody, &center.config, NOT_DONE, "there is no dossier H49.none here").await;
    let no_day = words(&[&["erase", "tickets", "hôm qua"], GRANTED, REASON, BY]);
    refused(&no_day, &center.config, USAGE, "hôm qua").await;
    let rules = printed(&["erase", "rules"], &center.config).await.unwrap();
    assert!(rules.lines().any(|line| line.starts_with("subject-request: ")), "{rules}");

    let before = printed(&["books"], &center.config).await.unwrap();
    let shown = printed(&allowed, &center.config).await.unwrap();
    let key = format!("dossier:{}", dossier.id);
    assert_eq!(shown.trim(), format!("{key} would be erased; add --yes to do it"));
    assert_eq!(printed(&["books"], &center.config).await.unwrap(), before, "nothing was touched");
    let done = printed(&words(&[&allowed, &["--yes"]]), &center.config).await.unwrap();
    assert!(done.starts_with(&format!("{key} is erased; entry ")), "{done}");
    let checked = printed(&["check", "journal", "--full"], &center.config).await.unwrap();
    assert!(checked.contains("the chain holds from end to end"), "{checked}");

    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    assert_eq!(dossier.name(&mut center.officer(1)).await, "");
    house.books_agree(0).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_the_hub_orders_is_done_at_the_center_while_it_works() {
    let house = House::open("hub-erase", 1).await;
    let center = house.center(0);
    let dossier = Received::at(&center).await;
    house.books_agree(0).await;
    let config = house.folder.path.join("hub.toml");
    let erase: &[&str] = &["hub", "erase", &dossier.code];
    wrong_words_are_refused(erase, &config).await;
    let nobody = words(&[&["hub", "erase", "H49.none"], GRANTED, REASON, BY, &["--yes"]]);
    refused(&nobody, &config, NOT_DONE, "0 dossiers have the code H49.none").await;

    let allowed = words(&[erase, GRANTED, REASON, BY]);
    let no_rules = words(&[&allowed, &["--rules", "nowhere.toml", "--yes"]]);
    refused(&no_rules, &config, NOT_DONE, "nowhere.toml").await;
    let shown = printed(&allowed, &config).await.unwrap();
    let id = &dossier.id;
    assert_eq!(shown.trim(), format!("dossier {id} would be erased; add --yes to do it"));
    let mut officer = center.officer(1);
    assert_eq!(dossier.name(&mut officer).await, NAME, "nothing was touched");

    let ordered = printed(&words(&[&allowed, &["--yes"]]), &config).await.unwrap();
    assert_eq!(ordered.trim(), center.node, "who wrote about it");
    seen(&mut officer, &dossier.path(), "the erased dossier", |shown| {
        (shown["dossier"]["applicant"]["name"] == "").then_some(())
    })
    .await;
    house.books_agree(0).await;
    let tables = house.hub_tables().await.unwrap();
    let kept = "SELECT count(*) FROM subject WHERE subject = $1 AND private::text LIKE '%Thật%'";
    let named: i64 = tables.query_one(kept, &[id]).await.unwrap().get(0);
    assert_eq!(named, 0, "the hub keeps the name");
    house.close().await;
}
