//! A hub whose database went back to a dump from before a grant gives no epoch a second time.

use std::sync::Arc;

use domain::ids::NodeId;
use link::hublink::{HubStore, Presence};

use super::fixture::*;
use crate::enrol::{Enroller, make_token};
use crate::enrol_words::{Continued, EnrolRequest, EnrolToken};
use crate::link_store::LinkStore;
use crate::run::SystemClock;
use crate::store::Store;
use crate::store::epochs::FORGOTTEN;

/// The database as in a dump from before everything that came after an epoch.
async fn set_back(province: &Province, epoch: i64) {
    let client = province.store.client().await.unwrap();
    for table in ["node", "stream"] {
        client.execute(&format!("UPDATE {table} SET epoch = $1"), &[&epoch]).await.unwrap();
    }
    let key = "UPDATE wrapping_key w SET sealed = o.sealed FROM old_wrapping_key o
               WHERE o.node = w.node AND o.epoch = $1";
    client.execute(key, &[&epoch]).await.unwrap();
    client.execute("DELETE FROM old_wrapping_key", &[]).await.unwrap();
    client.execute("DELETE FROM certificate", &[]).await.unwrap();
    client.execute("DELETE FROM enrol_token", &[]).await.unwrap();
}

/// A province that gave a node two epochs, and whose database knows of the first alone; the two boxes.
async fn forgetful() -> (Province, TestNode, TestNode) {
    let province = Province::new().await;
    let first = province.enrol("06658-1").await;
    let second = province.enrol("06658-1").await;
    assert_eq!((first.epoch, second.epoch), (1, 2));
    set_back(&province, 1).await;
    (province, first, second)
}

/// The folder beside the database is gone.
fn forget_the_files(province: &Province) {
    std::fs::remove_dir_all(province.settings.data_folder.join("epochs")).unwrap();
}

/// A new token for a node, and what a box asks with it.
async fn asks(province: &Province, node: &TestNode) -> (EnrolToken, EnrolRequest) {
    let (store, settings) = (&province.store, &province.settings);
    let token = make_token(store, settings, &node.id, "Cao Xanh", now()).await.unwrap();
    let wanted = request(&node.id, &token.to_text());
    (token, wanted)
}

async fn refused_as(enroller: &Enroller, wanted: &EnrolRequest) -> String {
    enroller.enrol(wanted, now()).await.err().unwrap().code().to_owned()
}

async fn alarms(store: &Store, node: &NodeId) -> Vec<String> {
    store.alarms(node.as_str()).await.unwrap().into_iter().map(|alarm| alarm.code).collect()
}

#[tokio::test]
async fn an_epoch_that_the_database_has_forgotten_is_refused_and_then_left_out() {
    let (province, mut first, _second) = forgetful().await;
    let store = &province.store;
    let enroller = Enroller::load(&province.settings, store).unwrap();
    let (_token, wanted) = asks(&province, &first).await;
    assert_eq!(refused_as(&enroller, &wanted).await, "enrol.epoch_forgotten");
    assert_eq!(alarms(store, &first.id).await, [FORGOTTEN]);
    first.write(vec![ticket("a", 1, "waiting")]);
    assert_eq!(refused(&province.send(first.frame(1, 1)).await), FORGOTTEN);

    // A person has looked; the token was not spent.
    assert!(store.thaw(first.id.as_str(), now()).await.unwrap());
    assert_eq!(alarms(store, &first.id).await, [""; 0]);
    assert_eq!(enroller.enrol(&wanted, now()).await.unwrap().epoch, 3);
    assert_eq!(province.enrol("06658-1").await.epoch, 4, "and from there as ever");
}

#[tokio::test]
async fn a_database_that_was_set_back_freezes_its_nodes_before_anything_is_taken_in() {
    let province = Province::new().await;
    let store = &province.store;
    let mut first = province.enrol("06658-1").await;
    let other = province.enrol("06676-1").await;
    store.freeze_all_forgotten(now()).await.unwrap();
    assert_eq!(alarms(store, &first.id).await, [""; 0], "nothing is forgotten");
    province.enrol("06658-1").await;
    set_back(&province, 1).await;
    store.freeze_all_forgotten(now()).await.unwrap();
    assert_eq!(alarms(store, &first.id).await, [FORGOTTEN]);
    assert_eq!(alarms(store, &other.id).await, [""; 0]);
    first.write(vec![ticket("a", 1, "waiting")]);
    assert_eq!(refused(&province.send(first.frame(1, 1)).await), FORGOTTEN);
}

#[tokio::test]
async fn what_the_folder_beside_the_database_lacks_is_noted_when_a_hub_takes_over() {
    let province = Province::new().await;
    let store = &province.store;
    let first = province.enrol("06658-1").await;
    province.enrol("06658-1").await;
    forget_the_files(&province);
    store.freeze_all_forgotten(now()).await.unwrap();
    store.note_all_granted().await.unwrap();
    assert_eq!(alarms(store, &first.id).await, [""; 0], "nothing is forgotten yet");
    set_back(&province, 1).await;
    store.freeze_all_forgotten(now()).await.unwrap();
    store.note_all_granted().await.unwrap();
    assert_eq!(alarms(store, &first.id).await, [FORGOTTEN]);
    assert_eq!(store.adopt(first.id.as_str(), now()).await.unwrap(), 2, "its key is noted, too");
}

#[tokio::test]
async fn a_node_whose_epochs_cannot_be_read_keeps_no_other_from_being_judged_and_served() {
    let province = Province::new().await;
    let store = &province.store;
    let first = province.enrol("06658-1").await;
    let other = province.enrol("06676-1").await;
    province.enrol("06676-1").await;
    set_back(&province, 1).await;
    let folder = province.settings.data_folder.join("epochs/06658-1");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, b"not a folder").unwrap();
    store.freeze_all_forgotten(now()).await.unwrap();
    assert_eq!(alarms(store, &first.id).await, [""; 0]);
    assert_eq!(alarms(store, &other.id).await, [FORGOTTEN]);
}

#[tokio::test]
async fn what_a_box_shows_is_never_granted_also_without_the_files_beside_the_database() {
    let (province, first, second) = forgetful().await;
    let store = &province.store;
    let enroller = Enroller::load(&province.settings, store).unwrap();
    forget_the_files(&province);

    let link = LinkStore::new(store.clone(), Arc::new(SystemClock));
    let hello = |epoch| Presence::Online { version: "0.1.0".into(), epoch, head_seq: 0 };
    for epoch in [first.epoch, u64::MAX] {
        link.presence(&first.id, hello(epoch)).await.unwrap();
        assert_eq!(alarms(store, &first.id).await, [""; 0], "the granted one, and nonsense");
    }
    link.presence(&first.id, hello(second.epoch)).await.unwrap();
    assert_eq!(alarms(store, &first.id).await, [FORGOTTEN]);

    let (_token, wanted) = asks(&province, &first).await;
    assert_eq!(refused_as(&enroller, &wanted).await, "enrol.epoch_forgotten");
    assert!(store.thaw(first.id.as_str(), now()).await.unwrap());
    link.presence(&first.id, hello(second.epoch)).await.unwrap();
    assert_eq!(alarms(store, &first.id).await, [""; 0], "that box was decided about");
    assert_eq!(enroller.enrol(&wanted, now()).await.unwrap().epoch, 3);
}

#[tokio::test]
async fn a_forgotten_epoch_that_cannot_be_noted_freezes_the_node_all_the_same() {
    let (province, first, second) = forgetful().await;
    let store = &province.store;
    forget_the_files(&province);
    std::fs::write(province.settings.data_folder.join("epochs"), b"not a folder").unwrap();

    let link = LinkStore::new(store.clone(), Arc::new(SystemClock));
    let hello = Presence::Online { version: "0.1.0".into(), epoch: second.epoch, head_seq: 0 };
    link.presence(&first.id, hello).await.unwrap();
    assert_eq!(alarms(store, &first.id).await, [FORGOTTEN]);
    let online = "SELECT count(*) FROM node WHERE online AND state = 'frozen'";
    assert_eq!(province.count(online).await, 1);
}

#[tokio::test]
async fn a_forgotten_epoch_that_could_not_be_noted_is_not_granted_after_a_person_said_goes_on() {
    let (province, first, second) = forgetful().await;
    let store = &province.store;
    let enroller = Enroller::load(&province.settings, store).unwrap();
    let folder = province.settings.data_folder.join("epochs");
    forget_the_files(&province);
    std::fs::write(&folder, b"not a folder").unwrap();
    let link = LinkStore::new(store.clone(), Arc::new(SystemClock));
    let hello = || Presence::Online { version: "0.1.0".into(), epoch: second.epoch, head_seq: 0 };
    link.presence(&first.id, hello()).await.unwrap();
    link.presence(&first.id, hello()).await.unwrap();
    assert_eq!(alarms(store, &first.id).await, [FORGOTTEN]);

    // The folder can be written to again; nobody has decided yet.
    std::fs::remove_file(&folder).unwrap();
    let (token, wanted) = asks(&province, &first).await;
    assert_eq!(refused_as(&enroller, &wanted).await, "enrol.epoch_forgotten");
    let hub_key = province.hub_key();
    let said = Continued::new(&token, &hub_key, second.epoch, &second.wrapping);
    let continued = EnrolRequest { continues: Some(said), ..wanted.clone() };
    assert_eq!(refused_as(&enroller, &continued).await, "enrol.epoch_forgotten");
    assert_eq!(alarms(store, &first.id).await, [FORGOTTEN]);

    assert!(store.thaw(first.id.as_str(), now()).await.unwrap());
    assert_eq!(alarms(store, &first.id).await, [""; 0]);
    assert_eq!(enroller.enrol(&wanted, now()).await.unwrap().epoch, 3, "2 is at a box");
}

#[tokio::test]
async fn a_box_of_a_forgotten_epoch_that_comes_for_certificates_is_told_so_and_counted() {
    let (province, first, second) = forgetful().await;
    let store = &province.store;
    let enroller = Enroller::load(&province.settings, store).unwrap();
    forget_the_files(&province);

    let (token, mut wanted) = asks(&province, &first).await;
    let hub_key = province.hub_key();
    wanted.continues = Some(Continued::new(&token, &hub_key, second.epoch, &second.wrapping));
    assert_eq!(refused_as(&enroller, &wanted).await, "enrol.epoch_forgotten");
    assert_eq!(alarms(store, &first.id).await, [FORGOTTEN]);
    assert!(store.thaw(first.id.as_str(), now()).await.unwrap());
    let code = refused_as(&enroller, &wanted).await;
    assert_eq!(code, "enrol.other_journal", "a person has let the one here go on");
    wanted.continues = None;
    assert_eq!(enroller.enrol(&wanted, now()).await.unwrap().epoch, 3);
}

#[tokio::test]
async fn a_box_with_the_identity_of_another_hub_freezes_nobody() {
    let (province, elsewhere) = (Province::new().await, Province::new().await);
    let (store, settings) = (&province.store, &province.settings);
    let enroller = Enroller::load(settings, store).unwrap();
    let mut first = province.enrol("06658-1").await;
    elsewhere.enrol("06658-1").await;
    let stranger = elsewhere.enrol("06658-1").await;
    assert!(stranger.epoch > first.epoch);

    let (token, mut wanted) = asks(&province, &first).await;
    // Of the other hub, and of a box that does not say of which.
    for hub_key in [elsewhere.hub_key(), String::new()] {
        let said = Continued::new(&token, &hub_key, stranger.epoch, &stranger.wrapping);
        wanted.continues = Some(said);
        assert_eq!(refused_as(&enroller, &wanted).await, "enrol.other_journal");
    }
    assert_eq!(alarms(store, &first.id).await, [""; 0]);
    let held = settings.data_folder.join(format!("epochs/06658-1/held-{}", stranger.epoch));
    assert!(!held.exists());
    first.write(vec![ticket("a", 1, "waiting")]);
    assert_eq!(committed(&province.send(first.frame(1, 1)).await), 1);
}

#[tokio::test]
async fn a_node_that_is_also_revoked_can_be_decided_about() {
    let (province, node, _second) = forgetful().await;
    let store = &province.store;
    let enroller = Enroller::load(&province.settings, store).unwrap();
    enroller.revoke(node.id.as_str(), "binh", now()).await.unwrap();
    store.freeze_all_forgotten(now()).await.unwrap();
    assert!(store.thaw(node.id.as_str(), now()).await.unwrap());
    assert!(!store.thaw(node.id.as_str(), now()).await.unwrap(), "it is still revoked");
    assert_eq!(province.enrol("06658-1").await.epoch, 3);
}

#[tokio::test]
async fn the_journal_of_a_forgotten_epoch_goes_on_when_a_person_says_so() {
    let (province, mut first, mut second) = forgetful().await;
    let store = &province.store;
    let (node, hub_key) = (second.id.clone(), province.hub_key());
    store.freeze_all_forgotten(now()).await.unwrap();
    second.write(vec![ticket("a", 1, "waiting")]);
    let sealed = second.dossier(&new_dossier(&node));
    second.write(vec![sealed]);
    assert_eq!(refused(&province.send(second.frame(1, 2)).await), FORGOTTEN);

    assert_eq!(store.adopt(node.as_str(), now()).await.unwrap(), 2);
    assert_eq!(alarms(store, &node).await, [""; 0]);
    let outcome = province.send(second.frame(1, 2)).await;
    assert_eq!(committed(&outcome), 2);
    assert!(parked(&outcome).is_empty(), "its sealed part opens: {:?}", parked(&outcome));
    first.write(vec![ticket("b", 1, "waiting")]);
    assert_ne!(
        refused(&province.send(first.frame(1, 1)).await),
        FORGOTTEN,
        "it is of an older epoch"
    );

    // It comes for certificates with its data as they are.
    let enroller = Enroller::load(&province.settings, store).unwrap();
    let (token, mut wanted) = asks(&province, &second).await;
    wanted.continues = Some(Continued::new(&token, &hub_key, second.epoch, &second.wrapping));
    assert_eq!(enroller.enrol(&wanted, now()).await.unwrap().epoch, 2);
    let again = store.adopt(node.as_str(), now()).await.err().unwrap();
    assert_eq!(again.code(), "node.nothing_forgotten");
    assert_eq!(province.enrol(node.as_str()).await.epoch, 3);
}

#[tokio::test]
async fn a_forgotten_epoch_whose_key_is_lost_as_well_stays_a_matter_for_a_person() {
    let (province, first, second) = forgetful().await;
    let store = &province.store;
    let before = store.adopt(first.id.as_str(), now()).await.err().unwrap();
    assert_eq!(before.code(), "node.nothing_forgotten", "nobody was told yet");
    forget_the_files(&province);
    let link = LinkStore::new(store.clone(), Arc::new(SystemClock));
    let hello = Presence::Online { version: "0.1.0".into(), epoch: second.epoch, head_seq: 0 };
    link.presence(&first.id, hello).await.unwrap();
    let refused = store.adopt(first.id.as_str(), now()).await.err().unwrap();
    assert_eq!(refused.code(), "node.key_forgotten");
    assert_eq!(alarms(store, &first.id).await, [FORGOTTEN]);
}

#[tokio::test]
async fn a_grant_is_noted_with_its_keys_also_when_all_other_connections_are_taken() {
    let province = Province::with_one_connection().await;
    let (store, settings) = (&province.store, &province.settings);
    let enroller = Enroller::load(settings, store).unwrap();
    let node = NodeId::parse("06658-1").unwrap();
    let token = make_token(store, settings, &node, "Cao Xanh", now()).await.unwrap();
    let wanted = request(&node, &token.to_text());
    let epoch = enroller.enrol(&wanted, now()).await.unwrap().epoch;
    let noted =
        |what: &str| settings.data_folder.join(format!("epochs/06658-1/{what}-{epoch}")).exists();
    assert!(noted("held") && noted("key"));
}
