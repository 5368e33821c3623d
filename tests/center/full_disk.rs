//! The disk of a center is full: people are told, what was answered stays, and with room again it goes
//! on by itself.

use crate::house::{Folder, Hasty, House, SOON, get, must, post, take_all_room};
use motcua::cli::demo::Place;
use motcua::cli::demo::processes::wait_for;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The center's disk. MiB.
const DISK: u32 = 24;
/// So many numbers fill what the write-ahead log had before the disk was full.
const TRIES_MAX: usize = 3_000;

/// One try for a number: the ticket's id, or the code of the refusal.
async fn try_issue(kiosk: &Hasty) -> Result<String, (u16, String)> {
    let body = json!({ "service": "ho-tich", "print": false });
    let answer = kiosk.ask(Method::POST, "/api/v1/tickets", Some(&body)).await.unwrap();
    if answer.granted() {
        return Ok(answer.body["ticket"]["id"].as_str().unwrap().to_owned());
    }
    Err((answer.status.as_u16(), answer.code().to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_loses_nothing_and_is_left_behind_without_help() {
    let mut folder = Folder::new("disk");
    let disk = folder.mount_disk("06658-1/data", DISK);
    let mut house = House::open_at(folder, 1, Place::default()).await;
    let center = house.center(0);
    let kiosk = center.hasty(&house.load_token());
    let mut officer = center.officer(1);
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    let mut answered = BTreeSet::new();
    for _ in 0..20 {
        answered.insert(try_issue(&kiosk).await.unwrap());
    }

    let reserve = || std::fs::metadata(disk.join("store/reserve")).unwrap().len();
    assert!(reserve() > 0, "room is held back for the writer");
    let filler = disk.join("filler");
    take_all_room(&filler).unwrap();
    let mut told = None;
    for _ in 0..TRIES_MAX {
        match try_issue(&kiosk).await {
            Ok(ticket) => assert!(answered.insert(ticket)),
            Err(refusal) => {
                told = Some(refusal);
                break;
            }
        }
    }
    assert_eq!(told, Some((503, "center.disk_full".to_owned())));
    println!("{} numbers before the disk was full", answered.len());
    assert_eq!(reserve(), 0, "it was given up before anybody was refused");

    // Reading goes on, and says the truth.
    assert_eq!(center.health().await.unwrap()["store"], "disk_full");
    let listed = tickets(&get(&mut officer, "/api/v1/tickets").await);
    assert_eq!(listed, answered);
    for _ in 0..10 {
        match try_issue(&kiosk).await {
            Ok(ticket) => assert!(answered.insert(ticket)),
            Err((status, code)) => {
                assert_eq!(status, 503);
                assert!(["center.disk_full", "center.repeat"].contains(&code.as_str()), "{code}");
            }
        }
    }
    assert!(!house.demo.center_process().has_ended());

    std::fs::remove_file(&filler).unwrap();
    let ticket = wait_for("a number with room again", SOON, async || try_issue(&kiosk).await.ok());
    answered.insert(ticket.await.unwrap());
    wait_for("the store to be well", SOON, async || {
        (center.health().await?["store"] == "ok").then_some(())
    })
    .await
    .unwrap();
    let called = must(&mut officer, "/api/v1/counters/1/call-next", &json!({})).await;
    assert!(answered.contains(called["ticket"]["id"].as_str().unwrap()));
    let listed = tickets(&get(&mut officer, "/api/v1/tickets").await);
    assert_eq!(listed, answered);

    // Once more, and the power goes while it is full.
    take_all_room(&filler).unwrap();
    for _ in 0..TRIES_MAX {
        match try_issue(&kiosk).await {
            Ok(ticket) => assert!(answered.insert(ticket)),
            Err(_) => break,
        }
    }
    house.demo.center_process().kill_hard().await.unwrap();
    std::fs::remove_file(&filler).unwrap();
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    assert!(reserve() > 0, "with room again it is laid again");
    assert!(try_issue(&kiosk).await.map(|ticket| answered.insert(ticket)).unwrap());
    let listed = tickets(&get(&mut officer, "/api/v1/tickets").await);
    assert_eq!(listed, answered);
    let closed = post(&mut officer, "/api/v1/counters/1/no-show", &json!({})).await;
    assert!(closed.granted(), "{}", closed.body);
    house.books_agree(0).await;
    house.close().await;
}

fn tickets(list: &Value) -> BTreeSet<String> {
    let all = list["tickets"].as_array().unwrap();
    all.iter().map(|ticket| ticket["id"].as_str().unwrap().to_owned()).collect()
}
