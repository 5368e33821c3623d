//! Rounds of mirroring, with boxes and a stick in temporary folders.

use super::pulse::LATE;
use super::*;
use crate::actors::testing::NODE;
use crate::clock::WallClock;
use crate::identity;
use domain::queue::Ticket;
use hub::enrol_client::Identity as Enrolment;
use jiff::{Timestamp, civil};
use journal::WrappingKey;
use std::fs;
use std::path::Path;
use store::erase::Erasable;
use store::records::{ErasureRecord, SegmentRecord};
use store::{Batch, Store, StoreConfig, query};
use uuid::Uuid;

const DAY: civil::Date = civil::date(2026, 11, 23);

fn now() -> Timestamp {
    "2026-11-23T01:00:00Z".parse().unwrap()
}

/// A box with what enrolment wrote, and its rounds to a stick.
fn a_box(folder: &Path, stick: &Path) -> (Store, Work) {
    let (store, settings, ports) = parts(folder, stick);
    (store, Work::new(stick.to_owned(), settings, ports))
}

/// What the loop is given.
fn parts(folder: &Path, stick: &Path) -> (Store, MediumSettings, MediumPorts) {
    let node = NodeId::parse(NODE).unwrap();
    let keys = Keys { master: [9; 32], wrapping: WrappingKey::from_bytes([7; 32]) };
    let files = identity::folder(folder);
    fs::create_dir_all(&files).unwrap();
    fs::create_dir_all(stick).unwrap();
    let known = Enrolment {
        node: node.clone(),
        unit_name: "Cao Xanh".to_owned(),
        epoch: 1,
        broker_host: "hub".to_owned(),
        broker_port: 8883,
        hub_signing_key: "00".repeat(32),
        hub_url: "https://hub:8443".to_owned(),
    };
    fs::write(files.join("identity.json"), serde_json::to_vec(&known).unwrap()).unwrap();
    let others = ["device.pem", "device.key", "device-root.pem", "lan.pem", "lan.key"];
    for name in others.into_iter().chain(["lan-authority.pem", "wrapping.key"]) {
        fs::write(files.join(name), name).unwrap();
    }
    let at = folder.join("store");
    let store = Store::open(StoreConfig::new(&at, node.clone(), 1, keys.clone())).unwrap();
    let recovery = RecoveryFile::new(folder, keys.master);
    let settings = MediumSettings {
        folder: Some(stick.to_owned()),
        store: at,
        node,
        keys,
        recovery,
        same_disk_allowed: true,
    };
    let ports = MediumPorts {
        readers: store.readers(),
        writer: store.writer().unwrap(),
        opener: store.medium_opener(),
        segments: store.segments(),
        clock: Arc::new(WallClock),
    };
    (store, settings, ports)
}

/// A ticket with something that is sealed under the key of its day.
fn ticket(day: civil::Date) -> Ticket {
    let service = "ho-tich".parse().unwrap();
    let issued = ('A', 1);
    let ticket = Ticket::waiting(Uuid::now_v7(), day, issued, service, now(), "kiosk-1".to_owned());
    Ticket { priority_ground: Some("nguoi-cao-tuoi".to_owned()), ..ticket }
}

fn batch() -> Batch {
    Batch::new("nguyen.lan", now())
}

/// What was sealed on the tickets of a day is erased.
fn erased(day: civil::Date) -> ErasureRecord {
    ErasureRecord {
        key_id: Erasable::TicketDay(day).key_id(),
        rule: "ticket".to_owned(),
        reason: "hết thời hạn lưu".to_owned(),
        by: "tran.minh".to_owned(),
        at: now(),
        rev: 1,
    }
}

fn head(store: &Store) -> u64 {
    store.readers().read_now(query::journal::head).unwrap().seq
}

#[actix_rt::test]
async fn what_is_committed_is_on_the_medium_within_five_seconds_also_when_a_base_is_due() {
    let folder = tempfile::tempdir().unwrap();
    let (store, settings, ports) = parts(folder.path(), &folder.path().join("stick"));
    let writer = store.writer().unwrap();
    let (shown, mut seen) = watch::channel(MediumView::default());
    let running = actix_rt::spawn(run(settings, ports, shown));
    let mut day = DAY;
    for _ in 0..3 {
        writer.commit(batch().with(ticket(day))).await.unwrap();
        // An erasure makes a new base due; so does an empty stick.
        writer.commit(batch().with(erased(day))).await.unwrap();
        let wanted = head(&store);
        let there = seen.wait_for(|view| view.mirrored_seq >= wanted);
        tokio::time::timeout(LATE, there)
            .await
            .expect("later than five seconds")
            .map(drop)
            .unwrap();
        day = day.tomorrow().unwrap();
    }
    let well = seen.wait_for(|view| view.state == MediumState::Ok);
    tokio::time::timeout(LATE, well).await.expect("it is told otherwise").map(drop).unwrap();
    running.abort();
}

#[actix_rt::test]
async fn what_was_mirrored_counts_also_when_a_due_base_cannot_be_made() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut work) = a_box(folder.path(), &folder.path().join("stick"));
    let writer = store.writer().unwrap();
    writer.commit(batch().with(ticket(DAY))).await.unwrap();
    work.mirror().unwrap();
    assert_eq!(work.on_it().0, head(&store));

    // An erasure makes a new base due, and the copy that it needs finds no place here.
    fs::write(folder.path().join("store/medium-copy"), b"in the way").unwrap();
    writer.commit(batch().with(erased(DAY))).await.unwrap();
    assert!(work.mirror().is_err(), "it is told");
    assert_eq!(work.on_it().0, head(&store), "and what is on the medium is on it");

    // The next rounds go on with the same medium, as it was found.
    let recovery = folder.path().join(format!("stick/motcua-{NODE}/recovery.json"));
    fs::remove_file(&recovery).unwrap();
    writer.commit(batch().with(ticket(DAY.tomorrow().unwrap()))).await.unwrap();
    assert!(work.mirror().is_err());
    assert_eq!(work.on_it().0, head(&store));
    assert!(!recovery.exists(), "nothing is written anew that has not changed");
}

#[actix_rt::test]
async fn another_journal_is_kept_beside_also_when_its_last_number_is_archived_here() {
    let (dead, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let stick = dead.path().join("stick");
    let (store, mut work) = a_box(dead.path(), &stick);
    store.writer().unwrap().commit(batch().with(ticket(DAY))).await.unwrap();
    work.mirror().unwrap();
    let last = head(&store);
    assert_eq!(work.on_it().0, last);

    let (store, mut work) = a_box(new.path(), &stick);
    let writer = store.writer().unwrap();
    writer.commit(batch().with(ticket(DAY))).await.unwrap();
    assert_eq!(head(&store), last);
    let hash = store.readers().read_now(query::journal::head).unwrap().hash;
    let archived = SegmentRecord {
        first_seq: 1,
        last_seq: last,
        prev: journal::hex::encode(&journal::entry::NO_HASH),
        hash: journal::hex::encode(&hash),
        sha256: journal::hex::encode(&[1; 32]),
        bytes: 1,
        sealed_at: now(),
        earliest_at: None,
        latest_at: None,
        rev: 1,
    };
    writer.commit(batch().with(archived)).await.unwrap();
    work.mirror().unwrap();
    let names = fs::read_dir(&stick).unwrap().map(|entry| entry.unwrap().file_name());
    let beside = names.filter(|name| name.to_string_lossy().contains("-other-")).count();
    assert_eq!(beside, 1);
    assert_eq!(work.on_it().0, head(&store));
}
