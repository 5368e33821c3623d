//! What nodes send: applied once, in order, or named and kept.

use domain::dossier::Custody;
use journal::{DataKey, Stream};
use serde_json::json;

use super::fixture::*;
use crate::books::books;

#[tokio::test]
async fn a_frame_that_comes_twice_is_applied_once_and_acknowledged_again() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    for rev in 1..=3 {
        node.write(vec![ticket("a", rev, "waiting")]);
    }
    assert_eq!(committed(&province.send(node.frame(1, 3)).await), 3);
    assert_eq!(committed(&province.send(node.frame(1, 3)).await), 3);
    assert_eq!(committed(&province.send(node.frame(2, 2)).await), 3);
    assert_eq!(province.count("SELECT count(*) FROM entry").await, 3);
    assert_eq!(province.count("SELECT entries FROM stream").await, 3);
    assert_eq!(province.count("SELECT rev FROM subject").await, 3);
}

#[tokio::test]
async fn a_frame_that_overlaps_brings_only_what_is_new() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    for rev in 1..=5 {
        node.write(vec![ticket("a", rev, "waiting")]);
    }
    province.send(node.frame(1, 3)).await;
    assert_eq!(committed(&province.send(node.frame(2, 5)).await), 5);
    assert_eq!(province.count("SELECT count(*) FROM entry").await, 5);
    assert!(province.store.check_chains().await.unwrap()[0].chain_ok);
}

#[tokio::test]
async fn a_check_holds_while_frames_come_in() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    for rev in 1..=300 {
        node.write(vec![ticket("a", rev, "waiting")]);
    }
    let store = province.store.clone();
    let sending = tokio::spawn(async move {
        for seq in 1..=300 {
            let frame = node.frame(seq, seq);
            committed(&store.ingest_frame(&node.id.clone(), frame, now()).await.unwrap());
        }
    });
    let mut checks = 0;
    while !sending.is_finished() {
        for report in province.store.check_chains().await.unwrap() {
            assert!(report.chain_ok, "at {} entries", report.entries);
        }
        checks += 1;
    }
    sending.await.unwrap();
    assert!(checks > 3, "only {checks} checks");
    assert_eq!(province.store.check_chains().await.unwrap()[0].entries, 300);
}

#[tokio::test]
async fn a_gap_is_refused_and_the_cursor_stays() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    for rev in 1..=3 {
        node.write(vec![ticket("a", rev, "waiting")]);
    }
    province.send(node.frame(1, 1)).await;
    assert_eq!(refused(&province.send(node.frame(3, 3)).await), "frame.gap");
    assert_eq!(committed(&province.send(node.frame(2, 3)).await), 3);
}

#[tokio::test]
async fn a_broken_chain_is_refused_by_name_kept_and_the_center_goes_on() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    node.write(vec![ticket("a", 1, "waiting")]);
    province.send(node.frame(1, 1)).await;
    let right = node.prev;
    node.prev = [9; 32];
    node.write(vec![ticket("a", 2, "called")]);
    let outcome = province.send(node.frame(2, 2)).await;
    assert_eq!(refused(&outcome), "entry.chain_broken");
    // once more: it stands once and is counted
    province.send(node.frame(2, 2)).await;
    let aside = province.store.aside("06658-1").await.unwrap();
    assert_eq!(aside.refused.len(), 1);
    assert_eq!((aside.refused[0].code.as_str(), aside.refused[0].times), ("entry.chain_broken", 2));
    assert!(aside.refused[0].bytes > 0);

    node.raws.pop();
    (node.seq, node.prev) = (1, right);
    node.write(vec![ticket("a", 2, "called")]);
    assert_eq!(committed(&province.send(node.frame(2, 2)).await), 2);
}

#[tokio::test]
async fn changed_bytes_another_node_another_epoch_and_another_way_are_refused_by_name() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    let mut other = province.enrol("06994-2").await;
    node.write(vec![ticket("a", 1, "waiting")]);
    other.write(vec![ticket("b", 1, "waiting")]);

    let mut frame = node.frame(1, 1);
    frame.entries[0][40] ^= 1;
    assert_eq!(refused(&province.send(frame).await), "entry.hash_mismatch");
    // under the right name, the other node's entry
    let mut frame = node.frame(1, 1);
    frame.entries = other.frame(1, 1).entries;
    assert_eq!(refused(&province.send(frame).await), "entry.wrong_node");
    // on node's topic, the other node's frame
    let outcome = province.store.ingest_frame(&node.id, other.frame(1, 1), now()).await.unwrap();
    assert_eq!(refused(&outcome), "frame.wrong_node");
    let mut frame = node.frame(1, 1);
    frame.epoch = 7;
    assert_eq!(refused(&province.send(frame).await), "frame.wrong_epoch");
    let mut frame = node.frame(1, 1);
    frame.stream = Stream::Down;
    assert_eq!(refused(&province.send(frame).await), "frame.wrong_stream");
    let mut frame = node.frame(1, 1);
    frame.first_seq = 2;
    assert_eq!(refused(&province.send(frame).await), "entry.wrong_seq");

    assert_eq!(province.count("SELECT count(*) FROM entry").await, 0);
    assert_eq!(province.store.aside("06658-1").await.unwrap().refused.len(), 6);
    assert_eq!(committed(&province.send(node.frame(1, 1)).await), 1);
}

#[tokio::test]
async fn poison_is_parked_by_name_with_its_bytes_and_the_chain_goes_on() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    node.write(vec![ticket("a", 1, "waiting")]);
    // an entry of a format that does not exist yet
    let mut raw = node.raws[0].clone();
    raw.truncate(raw.len() - 36);
    raw[4..6].copy_from_slice(&2_u16.to_be_bytes());
    let seq_at = raw.windows(12).position(|w| w == [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1]).unwrap();
    let seq_at = seq_at + 12; // the epoch is 1 too and stands before
    raw[seq_at..seq_at + 12].copy_from_slice(&[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 2]);
    let prev_at = raw.len() - 32;
    raw[prev_at..].copy_from_slice(&node.prev);
    let hash = journal::entry::sha256(&raw);
    raw.extend_from_slice(&32_u32.to_be_bytes());
    raw.extend_from_slice(&hash);
    node.push(raw.clone(), hash);
    let mut newer = ticket("b", 1, "waiting");
    newer.schema = 99;
    node.write(vec![newer]);
    let mut no_json = ticket("c", 1, "waiting");
    no_json.public = b"{".to_vec();
    // what stands in one entry is applied together or not at all
    node.write(vec![ticket("d", 1, "waiting"), no_json]);
    node.write(vec![change("note", "e", 1, json!({ "text": "a\0b" }))]);
    let mut dossier = new_dossier(&node.id);
    let sealed = node.dossier(&dossier);
    node.write(vec![sealed]);
    node.keys.clear();
    dossier.rev = 2;
    node.write(vec![change("dossier", &dossier.id.to_string(), 2, json!({ "half": true }))]);
    node.write(vec![ticket("a", 2, "called")]);

    let outcome = province.send(node.frame(1, 8)).await;
    assert_eq!(
        parked(&outcome),
        [
            (2, "entry.unknown_format"),
            (3, "entry.unknown_schema"),
            (4, "entry.bad_json"),
            (5, "entry.nul_character"),
            (6, "seal.does_not_open"),
            (7, "record.unreadable"),
        ]
    );
    assert_eq!(committed(&outcome), 8);
    let aside = province.store.aside("06658-1").await.unwrap();
    assert_eq!(aside.parked.len(), 6);
    assert!(!format!("{aside:?}").contains(NAME));
    let kept: Vec<u8> = province
        .store
        .client()
        .await
        .unwrap()
        .query_one("SELECT raw FROM parked WHERE seq = 2", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(kept, raw);
    assert_eq!(province.count("SELECT count(*) FROM subject").await, 1);
    assert!(province.store.check_chains().await.unwrap()[0].chain_ok);
}

#[tokio::test]
async fn what_was_parked_for_a_missing_key_is_applied_when_the_key_has_come() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    let dossier = new_dossier(&node.id);
    let sealed = node.dossier(&dossier);
    node.write(vec![sealed]);
    let keys = std::mem::take(&mut node.keys);
    let outcome = province.send(node.frame(1, 1)).await;
    assert_eq!(parked(&outcome), [(1, "seal.does_not_open")]);
    node.keys = keys;
    node.write(vec![ticket("a", 1, "waiting")]);
    province.send(node.frame(2, 2)).await;
    assert_eq!(province.store.replay_parked(now()).await.unwrap(), 1);
    assert_eq!(province.store.replay_parked(now()).await.unwrap(), 0);
    assert!(province.store.aside("06658-1").await.unwrap().parked.is_empty());
    assert_eq!(province.count("SELECT count(*) FROM subject WHERE kind = 'dossier'").await, 1);
}

#[tokio::test]
async fn however_many_entries_are_parked_all_are_tried_again() {
    let province = Province::new().await;
    let mut nodes = [province.enrol("06658-1").await, province.enrol("06994-2").await];
    for node in &mut nodes {
        let ids: Vec<String> = (0..30).map(|number| format!("t-{number}")).collect();
        for (place, id) in ids.iter().enumerate() {
            let mut newer = ticket(id, 1, "waiting");
            // One in three stays unreadable, and must not stand in the way of those behind it.
            newer.schema = if place % 3 == 0 { 99 } else { 1 };
            node.write(vec![newer]);
        }
        assert_eq!(committed(&province.send(node.frame(1, 30)).await), 30);
    }
    // As an older release would have left them.
    let client = province.store.client().await.unwrap();
    client
        .batch_execute(
            "DELETE FROM subject;
             INSERT INTO parked (node, epoch, seq, code, detail, raw, parked_us)
             SELECT node, epoch, seq, 'entry.unknown_schema', '', raw, 0 FROM entry
             ON CONFLICT DO NOTHING",
        )
        .await
        .unwrap();
    assert_eq!(province.store.replay_parked(now()).await.unwrap(), 40);
    assert_eq!(province.count("SELECT count(*) FROM subject").await, 40);
    let open = "SELECT count(*) FROM parked WHERE replayed_us IS NULL";
    assert_eq!(province.count(open).await, 20);
}

#[tokio::test]
async fn a_name_with_a_nul_is_parked_and_the_stream_goes_on() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    node.write(vec![ticket("a\0b", 1, "waiting")]);
    let mut newer = ticket("c\0d", 1, "waiting");
    newer.schema = 99;
    node.write(vec![newer]);
    node.write(vec![ticket("e", 1, "waiting")]);
    let outcome = province.send(node.frame(1, 3)).await;
    assert_eq!(parked(&outcome), [(1, "entry.nul_character"), (2, "entry.nul_character")]);
    assert_eq!(committed(&outcome), 3);
}

#[tokio::test]
async fn a_parked_state_that_was_overtaken_moves_nothing_when_it_becomes_readable() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    let other = province.enrol("06994-2").await;
    let mut dossier = new_dossier(&node.id);
    let write = |node: &mut TestNode, dossier: &domain::dossier::Dossier| {
        let sealed = node.dossier(dossier);
        node.write(vec![sealed]);
    };
    write(&mut node, &dossier);
    dossier.rev = 2;
    dossier.custody = Custody::HandingOver { to: other.id.clone(), at: now() };
    write(&mut node, &dossier);
    let keys = std::mem::take(&mut node.keys);
    assert_eq!(parked(&province.send(node.frame(1, 2)).await).len(), 2);
    node.keys = keys;
    dossier.rev = 3;
    dossier.custody = Custody::TakingBack { to: other.id.clone(), at: now() };
    write(&mut node, &dossier);
    province.send(node.frame(3, 3)).await;
    dossier.rev = 4;
    dossier.custody = Custody::Held;
    write(&mut node, &dossier);
    province.send(node.frame(4, 4)).await;

    assert_eq!(province.store.replay_parked(now()).await.unwrap(), 2);
    assert!(province.heard(&other).await.is_empty(), "the dossier is with its holder");
    let aside = province.store.aside("06658-1").await.unwrap();
    assert!(aside.parked.is_empty() && aside.conflicts.is_empty(), "{aside:?}");
    assert_eq!(province.count("SELECT rev FROM subject").await, 4);
}

#[tokio::test]
async fn an_older_revision_does_not_overwrite_and_stands_beside() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    node.write(vec![ticket("a", 5, "called")]);
    province.send(node.frame(1, 1)).await;
    node.write(vec![ticket("a", 3, "waiting")]);
    assert_eq!(committed(&province.send(node.frame(2, 2)).await), 2);
    assert_eq!(province.count("SELECT rev FROM subject").await, 5);
    let aside = province.store.aside("06658-1").await.unwrap();
    assert_eq!(aside.conflicts[0].code, "subject.stale_revision");
}

#[tokio::test]
async fn killing_the_store_after_the_commit_replays_without_harm() {
    let mut province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    let dossier = new_dossier(&node.id);
    let sealed = node.dossier(&dossier);
    node.write(vec![sealed, ticket("a", 1, "serving")]);
    // committed, but the acknowledgement never left
    assert_eq!(committed(&province.send(node.frame(1, 1)).await), 1);
    let before = books(&province.store, "06658-1").await.unwrap();
    province.cluster.kill_and_restart().unwrap();
    // the pool's old connections fail once: the link gets a fault and asks again
    let mut outcome = province.store.ingest_frame(&node.id, node.frame(1, 1), now()).await;
    while let Err(error) = &outcome {
        assert!(error.is_transient(), "{error}");
        outcome = province.store.ingest_frame(&node.id, node.frame(1, 1), now()).await;
    }
    assert_eq!(committed(&outcome.unwrap()), 1);
    assert_eq!(books(&province.store, "06658-1").await.unwrap(), before);
    assert_eq!(province.count("SELECT count(*) FROM entry").await, 1);
}

#[tokio::test]
async fn two_journals_under_one_name_freeze_the_stream_until_a_person_decides() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    node.write(vec![ticket("a", 1, "waiting")]);
    province.send(node.frame(1, 1)).await;
    let twin_raw = node.raws.pop().unwrap();
    (node.seq, node.prev) = (0, journal::entry::NO_HASH);
    node.write(vec![ticket("b", 1, "waiting")]);
    assert_eq!(refused(&province.send(node.frame(1, 1)).await), "stream.fork");
    let row = &province.store.fleet(now()).await.unwrap()[0];
    assert_eq!(row.frozen_code.as_deref(), Some("stream.fork"));
    assert_eq!(row.alarms, 1);
    // also for the rightful journal
    node.raws = vec![twin_raw];
    assert_eq!(refused(&province.send(node.frame(1, 1)).await), "stream.fork");
    assert!(province.store.thaw("06658-1", now()).await.unwrap());
    assert_eq!(committed(&province.send(node.frame(1, 1)).await), 1);
}

#[tokio::test]
async fn a_citizen_stands_in_the_tables_and_nowhere_in_the_journal() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    let dossier = new_dossier(&node.id);
    let sealed = node.dossier(&dossier);
    node.write(vec![sealed]);
    province.send(node.frame(1, 1)).await;
    let client = province.store.client().await.unwrap();
    let raw: Vec<u8> = client.query_one("SELECT raw FROM entry", &[]).await.unwrap().get(0);
    for secret in [NAME, CITIZEN_NUMBER] {
        assert!(!raw.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
    let private: serde_json::Value =
        client.query_one("SELECT private FROM subject", &[]).await.unwrap().get(0);
    assert_eq!(private["/applicant"]["citizen_number"], CITIZEN_NUMBER);
    let public: serde_json::Value =
        client.query_one("SELECT public FROM subject", &[]).await.unwrap().get(0);
    assert!(!public.to_string().contains(NAME));
    // the data key is not readable without the hub's own
    let key: Vec<u8> = client.query_one("SELECT sealed FROM data_key", &[]).await.unwrap().get(0);
    let id = format!("dossier:{}", dossier.id);
    assert!(province.store.keys().unwrap_data_key(&id, key).unwrap() == node.keys[&id]);
}

#[tokio::test]
async fn the_books_say_what_the_node_says() {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    let dossier = new_dossier(&node.id);
    let sealed = node.dossier(&dossier);
    node.write(vec![sealed, ticket("z", 1, "waiting")]);
    node.write(vec![ticket("a", 1, "waiting")]);
    province.send(node.frame(1, 2)).await;
    let rows = books(&province.store, "06658-1").await.unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row.subject.as_str()).collect();
    assert_eq!(names, [dossier.id.to_string().as_str(), "a", "z"]);
    let (public, private) = domain::split::Journaled::split(&dossier);
    assert_eq!(rows[0].sha256, journal::books::row_hash(&public, &private));
}

#[tokio::test]
async fn a_box_that_was_set_up_anew_begins_again_in_its_own_epoch() {
    let province = Province::new().await;
    let mut old = province.enrol("06658-1").await;
    let dossier = new_dossier(&old.id);
    let sealed = old.dossier(&dossier);
    old.write(vec![sealed, ticket("a", 7, "waiting")]);
    province.send(old.frame(1, 1)).await;
    let mut new = province.enrol("06658-1").await;
    assert_eq!((old.epoch, new.epoch), (1, 2));
    new.keys.insert(format!("dossier:{}", dossier.id), DataKey::generate().unwrap());
    let sealed = new.dossier(&dossier);
    new.write(vec![sealed, ticket("a", 1, "waiting")]);
    old.write(vec![ticket("a", 8, "called")]);
    assert_eq!(refused(&province.send(old.frame(2, 2)).await), "frame.wrong_epoch");
    assert_eq!(committed(&province.send(new.frame(1, 1)).await), 1);
    assert_eq!(province.count("SELECT count(*) FROM entry").await, 2);
    assert_eq!(province.count("SELECT rev FROM subject WHERE kind = 'ticket'").await, 1);
    assert_eq!(province.count("SELECT count(*) FROM conflict").await, 0);
}

#[tokio::test]
async fn after_an_enrolment_anew_no_number_of_the_older_epoch_counts_as_a_double() {
    let province = Province::new().await;
    let mut old = province.enrol("06658-1").await;
    old.write(vec![ticket("a", 1, "waiting")]);
    old.write(vec![ticket("a", 2, "called")]);
    province.send(old.frame(1, 2)).await;
    let mut new = province.enrol("06658-1").await;
    new.write(vec![ticket("b", 1, "waiting")]);
    province.send(new.frame(1, 1)).await;
    let entries = province.store.entry_hashes("06658-1").await.unwrap();
    let hash = |node: &TestNode| journal::hex::encode(&node.prev);
    assert_eq!(entries, [(1, hash(&new))]);
    let seen = async || -> Vec<(u64, bool, u64, bool)> {
        let reports = province.store.check_chains().await.unwrap();
        reports.iter().map(|r| (r.epoch, r.granted, r.entries, r.chain_ok)).collect()
    };
    assert_eq!(seen().await, [(1, false, 2, true), (2, true, 1, true)]);
    // The older epoch's chain is still looked at.
    let client = province.store.client().await.unwrap();
    client.execute("DELETE FROM entry WHERE epoch = 1 AND seq = 1", &[]).await.unwrap();
    assert_eq!(seen().await, [(1, false, 1, false), (2, true, 1, true)]);
}
