use std::fs;
use std::path::Path;

use super::*;
use crate::core::WriterCore;
use crate::query;
use crate::{StoreError, check_journal};

/// A copy of a folder as a power cut would leave it: nothing is closed, nothing is tidied.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), target).map(drop).unwrap()
        }
    }
}

#[test]
fn what_was_answered_is_there_after_every_cut() {
    let folder = folder();
    let store = open(&folder);
    let mut answered = Vec::new();
    for round in 1..=20 {
        let ticket = ticket(round);
        store.commit_now(batch().with(ticket.clone())).unwrap();
        answered.push(ticket);
        let cut = tempfile::tempdir().unwrap();
        copy(&config(&folder).folder, &cut.path().join("data"));
        let after = open(&cut);
        assert_eq!(
            after.readers().read_now(|c| query::tickets::of_day(c, day())).unwrap(),
            answered
        );
        after.commit_now(batch().with(super::ticket(round + 1))).unwrap();
        drop(after);
        let report = check_journal(&config(&cut).folder, &keys()).unwrap();
        assert!(report.is_ok(), "{report:?}");
        assert_eq!(report.entries, u64::from(round) + 1);
    }
}

#[test]
fn a_second_daemon_on_the_same_folder_says_so() {
    let folder = folder();
    let first = open(&folder);
    assert_eq!(Store::open(config(&folder)).err(), Some(StoreError::AlreadyRunning));
    drop(first);
    assert!(Store::open(config(&folder)).is_ok());
}

#[test]
fn a_wrong_master_key_is_named_as_such() {
    let folder = folder();
    open(&folder).commit_now(batch().with(ticket(1))).unwrap();
    let wrong = Keys { master: [8; 32], ..keys() };
    assert_eq!(
        Store::open(StoreConfig { keys: wrong.clone(), ..config(&folder) }).err(),
        Some(StoreError::WrongKey)
    );
    assert_eq!(check_journal(&config(&folder).folder, &wrong), Err(StoreError::WrongKey));
    // and nothing was harmed by trying
    assert_in_order(&folder);
}

#[test]
fn the_folder_of_another_node_is_refused() {
    let folder = folder();
    drop(open(&folder));
    let other = StoreConfig { node: NodeId::parse("22-1").unwrap(), ..config(&folder) };
    assert_eq!(Store::open(other).err(), Some(StoreError::OtherNode("06658-1".to_owned())));
}

#[test]
fn an_unkeyed_store_is_only_for_demonstrations() {
    let folder = folder();
    let open = StoreConfig { sealing: Sealing::Off, ..config(&folder) };
    assert_eq!(Store::open(open).err(), Some(StoreError::NotADemo));
    assert!(!config(&folder).folder.join("center.db").exists());
}

#[test]
fn a_full_disk_is_told_and_it_goes_on_when_there_is_room() {
    let folder = folder();
    drop(open(&folder));
    let config = config(&folder);
    let opener =
        crate::connection::Opener::new(&config.folder, &config.keys, config.sealing).unwrap();
    let connection = opener.open(crate::connection::Purpose::Write).unwrap();
    let mut core = WriterCore::new(connection, &config).unwrap();
    core.commit(&[batch().with(ticket(1))])[0].as_ref().unwrap();

    let pages: i64 =
        core.connection().pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    let limit = |pages: i64| core_limit(core.connection(), pages);
    limit(pages + 5);
    let mut large = dossier(1);
    large.note = Some("x".repeat(100 * 1024));
    let answers = core.commit(&[
        batch().with(ticket(2)),
        batch().with(large.clone()),
        batch().with(ticket(3)),
    ]);
    assert_eq!(
        answers,
        vec![Err(StoreError::DiskFull); 3],
        "nobody in the transaction is told that it is stored"
    );
    assert!(StoreError::DiskFull.is_passing());
    assert_eq!(core.head().seq, 1);

    core_limit(core.connection(), pages + 10_000);
    let answers =
        core.commit(&[batch().with(ticket(2)), batch().with(large), batch().with(ticket(3))]);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    drop(core);
    let report = check_journal(&config.folder, &keys()).unwrap();
    assert!(report.is_ok(), "{report:?}");
    assert_eq!(report.entries, 4);
}

/// Takes the room above so many pages away.
fn core_limit(connection: &rusqlite::Connection, pages: i64) {
    connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
}

#[test]
fn an_interrupted_blob_leaves_nothing_behind() {
    let folder = folder();
    let store = open(&folder);
    let mut writer = store.blobs().begin().unwrap();
    writer.write(b"half a scan").unwrap();
    // the process dies: nobody drops anything
    std::mem::forget(writer);
    drop(store);
    let new = config(&folder).folder.join("blobs/new");
    assert_eq!(fs::read_dir(&new).unwrap().count(), 1);
    drop(open(&folder));
    assert_eq!(fs::read_dir(&new).unwrap().count(), 0);
}
