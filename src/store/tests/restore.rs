//! What a new box takes in, and what comes of it.

use domain::Journaled;
use journal::books::row_hash;
use serde_json::Value;

use super::*;
use crate::numbers::{DOSSIER_CODES, NumberGap};
use crate::records::{BlobState, DeviceToken};
use crate::restore::{RestoredPage, RestoredRow, digest, lost_scans, progress};
use crate::{LocalWrite, query};

fn row<S: Journaled>(state: &S, subject: String, rev: u64, axis: &str) -> RestoredRow {
    let (public, private) = state.split();
    let (kind, axis) = (S::KIND.to_owned(), axis.to_owned());
    RestoredRow { kind, subject, axis, rev, public, private }
}

fn ticket_row(ticket: &Ticket) -> RestoredRow {
    row(ticket, ticket.id.to_string(), ticket.rev, "")
}

fn dossier_row(dossier: &Dossier) -> RestoredRow {
    row(dossier, dossier.id.to_string(), dossier.rev, "business")
}

fn page(rows: Vec<RestoredRow>, progress: &str) -> RestoredPage {
    RestoredPage {
        part: "open".to_owned(),
        rows,
        blobs_at_hub: Vec::new(),
        progress: progress.to_owned(),
    }
}

fn token() -> DeviceToken {
    DeviceToken {
        token_hash: [4; 32],
        role: "kiosk".to_owned(),
        counter: None,
        title: "Ki-ốt 1".to_owned(),
        created_at: now(),
        revoked_at: None,
    }
}

#[test]
fn a_page_that_comes_twice_changes_nothing_and_what_is_newer_here_stays() {
    let folder = folder();
    let store = open(&folder);
    let (first, second) = (called(&ticket(1), 1), ticket(2));
    let both = page(vec![ticket_row(&first), ticket_row(&second)], "one");
    store.commit_now(batch().and(both.clone().into())).unwrap();
    // The center works with what is there; its journal goes on from the snapshot's revisions.
    let newer = called(&second, 2);
    let committed = store.commit_now(batch().with(newer.clone())).unwrap();
    assert_eq!(committed.seq, 1);
    store.commit_now(batch().and(both.into())).unwrap();
    let day = store.readers().read_now(|c| query::tickets::of_day(c, day())).unwrap();
    assert_eq!(day.iter().find(|ticket| ticket.id == second.id), Some(&newer));
    let last = store.readers().read_now(|c| query::numbers::last(c, super::day(), "A")).unwrap();
    assert_eq!(last, Some(2));
    assert_eq!(store.readers().read_now(progress).unwrap().as_deref(), Some("one"));
    let (rows, sha256) = store.readers().read_now(|c| digest(c, "open")).unwrap();
    let mut books: Vec<_> = [ticket_row(&first), ticket_row(&second)]
        .into_iter()
        .map(|row| journal::books::BookRow {
            sha256: row_hash(&row.public, &row.private),
            kind: row.kind,
            subject: row.subject,
            axis: row.axis,
            rev: row.rev,
        })
        .collect();
    assert_eq!((rows, sha256), (2, journal::books::digest(&mut books)));
    drop(store);
    assert_in_order(&folder);
}

#[test]
fn a_scan_that_the_hub_has_is_not_missed_and_one_that_it_has_not_is_named() {
    let folder = folder();
    let store = open(&folder);
    let mut with_scans = dossier(1);
    with_scans.components[0].scans = vec![scan_of([1; 32], 10), scan_of([2; 32], 20)];
    let restored =
        RestoredPage { blobs_at_hub: vec![[1; 32]], ..page(vec![dossier_row(&with_scans)], "p") };
    store.commit_now(batch().and(restored.into())).unwrap();
    let blob = store.readers().read_now(|c| query::blobs::by_sha256(c, &[1; 32])).unwrap().unwrap();
    assert_eq!((blob.size, blob.state), (10, BlobState::AtHub));
    let lost = store.readers().read_now(|c| lost_scans(c, 10)).unwrap();
    assert_eq!(lost, [(with_scans.code.clone(), 1)]);
    // The hub's store goes back: what is not here cannot be sent, what is here goes again.
    store.commit_now(batch().and(LocalWrite::BlobsAgain { sha256: vec![[1; 32]] })).unwrap();
    let blob = store.readers().read_now(|c| query::blobs::by_sha256(c, &[1; 32])).unwrap().unwrap();
    assert_eq!(blob.state, BlobState::Local);
}

#[test]
fn accounts_come_back_with_the_master_key_and_not_without() {
    let folder = folder();
    let old = open(&folder);
    let accounts =
        batch().and(LocalWrite::Officer(officer())).and(LocalWrite::DeviceToken(token()));
    assert!(old.commit_now(accounts).unwrap().entry, "it is journaled");
    let public: Value = old
        .readers()
        .read_now(|c| Ok(crate::own::read(c, crate::own::ACCOUNTS, "box")?.unwrap()))
        .unwrap();
    assert!(!public.to_string().contains("lan"), "{public}");
    drop(old);
    let accounts = RestoredRow {
        kind: "accounts".to_owned(),
        subject: "box".to_owned(),
        axis: String::new(),
        rev: 1,
        public,
        private: Value::Null,
    };
    let new_box = |master: u8| {
        let folder = super::folder();
        let keys = Keys { master: [master; 32], ..keys() };
        let store = Store::open(StoreConfig { keys, ..config(&folder) }).unwrap();
        store.commit_now(batch().and(page(vec![accounts.clone()], "p").into())).unwrap();
        let opened = store.bring_accounts_back().unwrap();
        let officers = store.readers().read_now(query::officers::all).unwrap();
        let devices = store.readers().read_now(query::sessions::devices).unwrap();
        (opened, officers, devices)
    };
    assert_eq!(new_box(7), (true, vec![officer()], vec![token()]));
    assert_eq!(new_box(8), (false, vec![], vec![]));
}

#[test]
fn how_far_the_hubs_journal_was_taken_in_comes_back_with_what_it_brought() {
    let folder = folder();
    let store = open(&folder);
    let taken = |epoch, seq, prev, hash| {
        store.commit_now(batch().and(LocalWrite::DownTaken { epoch, seq, prev, hash }))
    };
    let zeros = journal::entry::NO_HASH;
    assert!(taken(1, 1, zeros, [1; 32]).unwrap().entry);
    taken(1, 2, [1; 32], [2; 32]).unwrap();
    let public = store
        .readers()
        .read_now(|c| Ok(crate::own::read(c, crate::own::DOWN_CURSOR, "hub")?.unwrap()));
    let cursor = RestoredRow {
        kind: "down_cursor".to_owned(),
        subject: "hub".to_owned(),
        axis: String::new(),
        rev: 2,
        public: public.unwrap(),
        private: Value::Null,
    };
    let other = super::folder();
    let new = open(&other);
    new.commit_now(batch().and(page(vec![cursor], "p").into())).unwrap();
    let at = new.readers().read_now(query::cursors::down).unwrap().unwrap();
    assert_eq!((at.epoch, at.seq, at.hash), (1, 2, [2; 32]));
    let next = LocalWrite::DownTaken { epoch: 1, seq: 3, prev: [2; 32], hash: [3; 32] };
    new.commit_now(batch().and(next)).unwrap();
    // The hub has begun anew: only from its first entry on, and only forward.
    let anew = |epoch, seq| LocalWrite::DownTaken { epoch, seq, prev: zeros, hash: [9; 32] };
    assert!(new.commit_now(batch().and(anew(2, 2))).is_err());
    assert!(new.commit_now(batch().and(anew(1, 1))).is_err());
    new.commit_now(batch().and(anew(2, 1))).unwrap();
    drop(new);
    assert_in_order(&other);
}

#[test]
fn numbers_that_are_left_out_are_in_the_journal_with_their_reason() {
    let folder = folder();
    let store = open(&folder);
    let gap = NumberGap {
        business_day: day(),
        series: DOSSIER_CODES.to_owned(),
        known_to: 41,
        next: 9500,
        reason: "restored_from_hub".to_owned(),
        booked_at: now(),
    };
    assert!(store.commit_now(batch().and(LocalWrite::NumbersSkipped(gap.clone()))).unwrap().entry);
    let skipped = |day| {
        store.readers().read_now(|c| query::numbers::skipped_to(c, day, DOSSIER_CODES)).unwrap()
    };
    assert_eq!(skipped(day()), Some(9500));
    assert_eq!(skipped(day().tomorrow().unwrap()), None);
    assert_eq!(store.readers().read_now(|c| query::numbers::gaps(c, 10)).unwrap(), [gap]);
}

#[test]
fn what_was_decided_about_the_queue_is_in_the_journal_and_comes_back_with_a_restore() {
    use domain::queue::{CallPolicy, Governed, OfficerSkills, PolicyChoice, PolicyNumbers};
    let folder = folder();
    let old = open(&folder);
    let before = PolicyNumbers {
        policy: CallPolicy::Guard,
        threshold_min: 30,
        regular_per_priority: 2,
        priority_weight: 2,
        overtakes_max: 0,
    };
    let choice = |number| PolicyChoice {
        number,
        delivered: false,
        before,
        after: PolicyNumbers { policy: CallPolicy::Strict, ..before },
        by: "giam-doc".to_owned(),
        at: now(),
        reason: "đông".to_owned(),
    };
    let skills = OfficerSkills {
        officer: "nguyen.lan".parse().unwrap(),
        services: Some(vec!["ho-tich".parse().unwrap()]),
        by: "giam-doc".to_owned(),
        at: now(),
    };
    for governed in
        [Governed::Policy(choice(1)), Governed::Skills(skills.clone()), Governed::Policy(choice(2))]
    {
        assert!(old.commit_now(batch().and(LocalWrite::Governed(governed))).unwrap().entry);
    }
    let read = |store: &Store| {
        let read = |c: &rusqlite::Connection| {
            Ok((query::governed::choices(c, 10)?, query::governed::skills(c)?))
        };
        store.readers().read_now(read).unwrap()
    };
    let kept = (vec![choice(2), choice(1)], vec![skills.clone()]);
    assert_eq!(read(&old), kept);
    drop(old);
    assert_in_order(&folder);
    let row = |kind: &str, subject: &str, public| RestoredRow {
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        axis: String::new(),
        rev: 1,
        public,
        private: Value::Null,
    };
    let rows = vec![
        row("calling_policy", "0000000001", serde_json::to_value(choice(1)).unwrap()),
        row("calling_policy", "0000000002", serde_json::to_value(choice(2)).unwrap()),
        row("officer_skills", "nguyen.lan", serde_json::to_value(&skills).unwrap()),
    ];
    let other = super::folder();
    let new = open(&other);
    new.commit_now(batch().and(page(rows, "p").into())).unwrap();
    assert_eq!(read(&new), kept);
    drop(new);
    assert_in_order(&other);
}
