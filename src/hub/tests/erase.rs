//! Erasing at the province: found before and not after, in PostgreSQL's files, its log and the scans.

use std::path::Path;

use domain::dossier::ScanRef;
use link::hublink::{BlobHave, BlobPart, PutOutcome};
use serde_json::json;

use super::fixture::*;
use crate::store::erase::EraseOrder;

fn holds(folder: &Path, wanted: &[u8]) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, wanted);
        }
        // A file of a running PostgreSQL may go while it is looked at.
        let bytes = std::fs::read(&path).unwrap_or_default();
        let mut rest = bytes.as_slice();
        while let Some(at) = rest.iter().position(|byte| *byte == wanted[0]) {
            if rest[at..].starts_with(wanted) {
                return true;
            }
            rest = &rest[at + 1..];
        }
        false
    })
}

fn found(province: &Province) -> Vec<&'static str> {
    let folders = [province.cluster.files(), province.settings.data_folder.as_path()];
    [NAME, CITIZEN_NUMBER]
        .into_iter()
        .filter(|trace| folders.iter().any(|folder| holds(folder, trace.as_bytes())))
        .collect()
}

#[tokio::test]
async fn what_tells_of_a_person_is_in_the_files_before_and_in_none_after() {
    let province = Province::new().await;
    let store = &province.store;
    let mut node = province.enrol("06658-1").await;
    let mut dossier = new_dossier(&node.id);
    let bytes = vec![7_u8; 1000];
    let sha256 = journal::entry::sha256(&bytes);
    dossier.components[0].scans = vec![ScanRef {
        sha256: journal::hex::encode(&sha256),
        size: bytes.len() as u64,
        media_type: "image/jpeg".to_owned(),
        name: None,
    }];
    for rev in 1..=5 {
        dossier.rev = rev;
        let change = node.dossier(&dossier);
        node.write(vec![change]);
    }
    assert_eq!(committed(&province.send(node.frame(1, 5)).await), 5);
    let part = BlobPart { sha256, size: bytes.len() as u64, offset: 0, bytes: bytes.clone() };
    let put = store.put_blob_part("06658-1", part, now()).await.unwrap();
    assert_eq!(put, PutOutcome::Complete);
    store.client().await.unwrap().batch_execute("CHECKPOINT").await.unwrap();
    assert_eq!(found(&province), [NAME, CITIZEN_NUMBER]);

    // The hub orders it; the node does it and says so.
    let order = EraseOrder {
        dossier: dossier.id,
        rule: "dossier".to_owned(),
        reason: "hết thời hạn lưu".to_owned(),
        by: "quan.tri".to_owned(),
    };
    assert_eq!(store.order_erasure(&order, now()).await.unwrap(), ["06658-1"]);
    let heard = province.heard(&node).await;
    let key_id = format!("dossier:{}", dossier.id);
    let told = heard.iter().find(|heard| heard.kind == "erase").unwrap();
    assert_eq!(told.public["key_id"], json!(key_id));
    dossier.rev = 6;
    dossier.applicant = Default::default();
    dossier.components[0].scans.clear();
    let emptied =
        change("dossier", &dossier.id.to_string(), 6, domain::split::Journaled::split(&dossier).0);
    node.write(vec![emptied, change("erasure", &key_id, 1, json!({ "rule": "dossier" }))]);
    node.keys.clear();
    let sent = province.send(node.frame(6, 6)).await;
    assert_eq!((committed(&sent), parked(&sent).len()), (6, 0));

    assert_eq!(province.count("SELECT count(*) FROM data_key").await, 0);
    assert_eq!(province.count("SELECT count(*) FROM conflict").await, 0);
    assert!(province.file(sha256).exists(), "until the sweep");
    assert_eq!(store.sweep().await.unwrap(), 1);
    assert!(!province.file(sha256).exists());
    assert_eq!(found(&province), Vec::<&str>::new());
    assert_eq!(province.count("SELECT count(*) FROM entry").await, 6, "what happened stays");

    // The books of what is left are those of the node, and the scan is no more asked for.
    let state = store.blob_state("06658-1", sha256, 1000).await.unwrap();
    assert_eq!(state, BlobHave::Refused { code: "blob.not_named".into() });
}

#[tokio::test]
async fn a_scan_that_another_dossier_names_stays() {
    let province = Province::new().await;
    let store = &province.store;
    let mut node = province.enrol("06658-1").await;
    let bytes = vec![9_u8; 500];
    let sha256 = journal::entry::sha256(&bytes);
    let mut other = ticket("other", 1, "waiting");
    other.blobs = vec![sha256];
    let mut dossier = new_dossier(&node.id);
    dossier.components[0].scans = vec![ScanRef {
        sha256: journal::hex::encode(&sha256),
        size: 500,
        media_type: "image/jpeg".to_owned(),
        name: None,
    }];
    let change_of = node.dossier(&dossier);
    node.write(vec![change_of, other]);
    let key_id = format!("dossier:{}", dossier.id);
    node.write(vec![change("erasure", &key_id, 1, json!({}))]);
    province.send(node.frame(1, 1)).await;
    let part = BlobPart { sha256, size: 500, offset: 0, bytes };
    store.put_blob_part("06658-1", part, now()).await.unwrap();
    province.send(node.frame(2, 2)).await;
    assert_eq!(store.remove_erased_files().await.unwrap(), 0);
    assert!(store.read_blob(sha256).await.unwrap().is_some());
}

#[tokio::test]
async fn what_was_erased_before_it_came_is_taken_without_its_sealed_part_and_not_parked() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    let dossier = new_dossier(&node.id);
    let change = node.dossier(&dossier);
    assert!(!change.sealed.is_empty());
    node.write(vec![change]);
    let mut frame = node.frame(1, 1);
    frame.keys.iter_mut().for_each(|key| key.wrapped.clear());
    let sent = province.send(frame).await;
    assert_eq!((committed(&sent), parked(&sent).len()), (1, 0));
    let kept = "SELECT count(*) FROM subject WHERE kind = 'dossier' AND private = 'null'";
    assert_eq!(province.count(kept).await, 1);
    assert_eq!(province.count("SELECT count(*) FROM data_key").await, 0);
}

#[tokio::test]
async fn a_dossier_that_nobody_wrote_about_is_refused() {
    let province = Province::new().await;
    let order = EraseOrder {
        dossier: uuid::Uuid::nil(),
        rule: "dossier".to_owned(),
        reason: "x".to_owned(),
        by: "x".to_owned(),
    };
    let refused = province.store.order_erasure(&order, now()).await.unwrap_err();
    assert_eq!(refused.code(), "erase.unknown_dossier");
}

#[tokio::test]
async fn the_newest_entry_of_all_centers_says_what_time_it_is_at_least() {
    let province = Province::new().await;
    let store = &province.store;
    let mut nodes = [province.enrol("06658-1").await, province.enrol("06676-1").await];
    assert_eq!(store.newest_entry_at().await.unwrap(), None, "nobody has written");
    for node in &mut nodes {
        node.write(vec![ticket("a", 1, "waiting")]);
    }
    province.send(nodes[1].frame(1, 1)).await;
    assert_eq!(store.newest_entry_at().await.unwrap(), Some(now()));
}

#[tokio::test]
async fn words_of_votes_that_were_kept_beside_go_with_the_day_of_the_vote_and_no_others() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    // Midnight in Vietnam is 17:00 in UTC.
    let beside = "INSERT INTO conflict
        (node, epoch, seq, kind, subject, code, term, public, private, kept_us) VALUES
        ('06658-1', 1, 90, 'rating', 'before', 'x', 0, '{\"at\": \"2026-11-22T16:00:00Z\"}', '{\"comment\": \"a\"}', 0),
        ('06658-1', 1, 91, 'rating', 'first', 'x', 0, '{\"at\": \"2026-11-22T17:00:00Z\"}', '{\"comment\": \"b\"}', 0),
        ('06658-1', 1, 92, 'rating', 'last', 'x', 0, '{\"at\": \"2026-11-23T16:00:00Z\"}', '{\"comment\": \"c\"}', 0),
        ('06658-1', 1, 93, 'rating', 'after', 'x', 0, '{\"at\": \"2026-11-23T17:00:00Z\"}', '{\"comment\": \"d\"}', 0)";
    province.store.client().await.unwrap().batch_execute(beside).await.unwrap();
    // No vote of the day has come, and no key: all of them waited in the node's box.
    node.write(vec![change("erasure", "rating-day:2026-11-23", 1, json!({ "rule": "rating" }))]);
    let sent = province.send(node.frame(1, 1)).await;
    assert_eq!((committed(&sent), parked(&sent).len()), (1, 0));
    let left = "SELECT count(*) FROM conflict WHERE private <> 'null'";
    assert_eq!(province.count(left).await, 2);
    let of_the_day = "SELECT count(*) FROM conflict
        WHERE private = 'null' AND subject IN ('first', 'last')";
    assert_eq!(province.count(of_the_day).await, 2);
}
