use rusqlite::Connection;

use super::*;
use crate::connection::{Opener, Purpose};
use crate::query;
use crate::{CheckReport, LocalWrite, check_journal, journal_books};

/// A folder with a few entries of every kind.
fn filled() -> TempDir {
    let folder = folder();
    let store = open(&folder);
    let first = Ticket { priority_ground: Some("elderly".to_owned()), ..ticket(1) };
    store.commit_now(batch().with(first.clone()).with(counter(1, 1))).unwrap();
    store.commit_now(batch().with(called(&first, 1)).with(counter(1, 2))).unwrap();
    store.commit_now(batch().with(dossier(1))).unwrap();
    store.commit_now(batch().with(rating(Level::Satisfied))).unwrap();
    store.commit_now(batch().with(message())).unwrap();
    folder
}

/// What a check finds after someone with the key has changed the database.
fn after(change: impl FnOnce(&Connection)) -> CheckReport {
    let folder = filled();
    let config = config(&folder);
    let opener = Opener::new(&config.folder, &config.keys, config.sealing).unwrap();
    let connection = opener.open(Purpose::Write).unwrap();
    change(&connection);
    drop(connection);
    check_journal(&config.folder, &config.keys).unwrap()
}

fn codes(report: &CheckReport) -> Vec<&str> {
    report.problems.iter().map(|problem| problem.code.as_str()).collect()
}

fn sql(text: &'static str) -> impl FnOnce(&Connection) {
    move |connection| assert_eq!(connection.execute(text, []).unwrap(), 1, "{text}")
}

#[test]
fn a_folder_that_nobody_touched_is_in_order() {
    let report = after(|_| {});
    assert!(report.is_ok(), "{report:?}");
    assert_eq!((report.entries, report.last_seq, report.subjects), (5, 5, 5));
}

#[test]
fn a_running_store_can_be_checked() {
    let folder = folder();
    let store = open(&folder);
    store.commit_now(batch().with(ticket(1))).unwrap();
    assert_in_order(&folder);
    store.commit_now(batch().with(ticket(2))).unwrap();
    assert_eq!(check_journal(&config(&folder).folder, &keys()).unwrap().entries, 2);
}

#[test]
fn a_changed_entry_is_found() {
    let report = after(|c| {
        let raw: Vec<u8> =
            c.query_row("SELECT raw FROM entry WHERE seq = 3", [], |row| row.get(0)).unwrap();
        let mut raw = raw;
        let place = raw.len() / 2;
        raw[place] ^= 1;
        c.execute("UPDATE entry SET raw = ?1 WHERE seq = 3", [raw]).unwrap();
    });
    assert!(codes(&report).contains(&"check.entry"), "{report:?}");
}

#[test]
fn a_lost_entry_is_found() {
    let report = after(sql("DELETE FROM entry WHERE seq = 2"));
    for code in ["check.gap", "check.chain", "check.count"] {
        assert!(codes(&report).contains(&code), "{report:?}");
    }
}

#[test]
fn a_cut_tail_is_found() {
    let report = after(sql("DELETE FROM entry WHERE seq = 5"));
    assert_eq!(codes(&report), ["check.count", "check.head", "check.table_alone"]);
}

#[test]
fn a_table_that_was_changed_behind_the_journal_is_found() {
    let report =
        after(sql("UPDATE dossier SET public = replace(public, '\"term\":1', '\"term\":2')"));
    assert_eq!(codes(&report), ["check.table_differs"]);
    let report = after(sql("DELETE FROM rating"));
    assert_eq!(codes(&report), ["check.table_lacks"]);
    let report = after(sql("UPDATE ticket SET rev = 9"));
    assert_eq!(codes(&report), ["check.table_differs"]);
}

#[test]
fn a_lost_data_key_is_found() {
    let report = after(sql("DELETE FROM data_key WHERE key_id LIKE 'dossier:%'"));
    assert_eq!(codes(&report), ["check.sealed"]);
}

#[test]
fn a_journal_that_the_hub_knows_otherwise_is_found() {
    let folder = filled();
    let store = open(&folder);
    let acked = |seq, hash| LocalWrite::UplinkAcked {
        epoch: 1,
        seq,
        hash,
        parked: vec![],
        message: b"signed".to_vec(),
    };
    let hash = store.readers().read_now(|c| query::journal::hash_at(c, 4)).unwrap().unwrap();
    store.commit_now(batch().and(acked(4, hash))).unwrap();
    assert_in_order(&folder);
    store.commit_now(batch().and(acked(5, hash))).unwrap();
    let report = check_journal(&config(&folder).folder, &keys()).unwrap();
    assert_eq!(codes(&report), ["check.acknowledged"]);
}

#[test]
fn books_from_tables_and_from_the_journal_are_the_same() {
    let folder = filled();
    let store = open(&folder);
    let tables = store.readers().read_now(crate::books).unwrap();
    let journal = store
        .readers()
        .read_now(|c| journal_books(c, &store.segments(), &keys().wrapping, Sealing::On))
        .unwrap();
    assert_eq!(tables.len(), 5);
    assert_eq!(tables, journal);
    let revs: Vec<(&str, u64)> = tables.iter().map(|row| (row.kind.as_str(), row.rev)).collect();
    assert_eq!(
        revs,
        [("counter", 2), ("dossier", 1), ("message", 1), ("rating", 1), ("ticket", 2)]
    );
}

#[test]
fn an_unkeyed_demonstration_can_be_checked_too() {
    let folder = folder();
    open_in_the_clear(&folder).commit_now(batch().with(dossier(1))).unwrap();
    assert_in_order(&folder);
}
