use jiff::Timestamp;
use journal::segment::SEGMENT_ENTRIES_MAX;
use journal::{Frame, Stream};

use super::*;
use crate::archive::{Archive, ROWS_PER_STEP, checkpoint, removal};
use crate::audit::{Sealed, changes};
use crate::query::journal::StoredEntry;
use crate::records::SegmentRecord;
use crate::segments::{entries_from, hash_at};
use crate::{ArchiveStep, Depth, StoreError, check_folder, check_journal, query};

const RUN: u64 = SEGMENT_ENTRIES_MAX as u64;
const EXTRA: u64 = 70;

/// A center that issued a ticket for each of so many entries, all of which the hub has.
fn center(entries: u64) -> (TempDir, Store) {
    let folder = folder();
    let store = open(&folder);
    let tickets: Vec<Batch> =
        (1..=entries).map(|number| batch().with(ticket(number as u32))).collect();
    commit_many(&store, &tickets);
    store.commit_now(batch().and(acked(&store, entries))).unwrap();
    (folder, store)
}

/// Everything, as the link would read it frame by frame.
fn whole(store: &Store) -> Vec<StoredEntry> {
    let mut all: Vec<StoredEntry> = Vec::new();
    loop {
        let next = all.last().map_or(1, |last| last.seq + 1);
        let some = read(store, |c| entries_from(c, &store.segments(), next, 100, 128 * 1024));
        if some.is_empty() {
            return all;
        }
        all.extend(some);
    }
}

fn later() -> Timestamp {
    after_s(100 * 86_400)
}

fn seal_next(store: &Store, floor: Timestamp) -> Option<SegmentRecord> {
    read(store, |c| store.archive().seal_next(c, floor, later()))
}

/// All steps until nothing is left to do; how many rows still stand in the database.
fn archive_all(store: &Store) -> u64 {
    loop {
        if read(store, query::segments::rows_behind) {
            store.commit_now(removal(later())).unwrap();
        } else if let Some(record) = seal_next(store, later()) {
            store.commit_now(checkpoint(record, later())).unwrap();
        } else {
            return rows(store);
        }
    }
}

fn rows(store: &Store) -> u64 {
    read(store, |c| Ok(c.query_row("SELECT count(*) FROM entry", [], |row| row.get::<_, i64>(0))?))
        .unsigned_abs()
}

fn check(folder: &TempDir, depth: Depth) -> crate::CheckReport {
    check_folder(&config(folder).folder, &keys(), depth).unwrap()
}

fn codes(report: &crate::CheckReport) -> Vec<&str> {
    report.problems.iter().map(|problem| problem.code.as_str()).collect()
}

#[test]
fn a_sealed_run_leaves_the_database_and_is_still_served_and_proved() {
    let (folder, store) = center(2 * RUN + EXTRA);
    let before = whole(&store);
    assert_eq!(archive_all(&store), EXTRA + 2);

    let after = whole(&store);
    assert_eq!(after[..before.len()], before[..]);
    assert_eq!(after.len(), before.len() + 2, "two checkpoints");
    for seq in [1, RUN - 1, RUN, RUN + 1, 2 * RUN, 2 * RUN + 1] {
        let hash = read(&store, |c| hash_at(c, &store.segments(), seq));
        assert_eq!(hash, Some(before[seq as usize - 1].hash), "{seq}");
    }
    let report = check(&folder, Depth::Full);
    assert!(report.is_ok(), "{report:?}");
    assert_eq!((report.entries, report.segments), (2 * RUN + EXTRA + 2, 2));
    let report = check(&folder, Depth::SinceCheckpoint);
    assert!(report.is_ok(), "{report:?}");
    assert_eq!((report.entries, report.from_seq), (EXTRA + 2, 2 * RUN + 1));

    drop(store);
    let store = open(&folder);
    store.commit_now(batch().with(ticket(100_000))).unwrap();
    assert_eq!(whole(&store).len(), after.len() + 1);
    assert!(check(&folder, Depth::Full).is_ok());
}

#[test]
fn an_audit_reads_on_from_the_sealed_files_into_the_database() {
    let (_folder, store) = center(RUN + EXTRA);
    let tickets = || {
        let (segments, keys) = (store.segments(), keys());
        let journal =
            Sealed { segments: &segments, wrapping: &keys.wrapping, sealing: Sealing::On };
        let mut seqs = Vec::new();
        read(&store, |c| {
            changes(c, journal, (now(), later()), |change| {
                if change.kind == "ticket" {
                    seqs.push(change.seq);
                }
                Ok(())
            })
        });
        seqs
    };
    let before = tickets();
    assert_eq!(before.len() as u64, RUN + EXTRA);
    archive_all(&store);
    assert_eq!(tickets(), before);
}

#[test]
fn an_audit_of_an_old_day_reads_the_runs_of_that_day_alone() {
    let folder = folder();
    let store = open(&folder);
    let day_s = 86_400;
    let of_day = |days: i64| Batch::new("nguyen.lan", after_s(days * day_s));
    let tickets: Vec<Batch> = (1..=2 * RUN + EXTRA)
        .map(|number| of_day(((number - 1) / RUN) as i64).with(ticket(number as u32)))
        .collect();
    commit_many(&store, &tickets);
    store.commit_now(of_day(2).and(acked(&store, 2 * RUN + EXTRA))).unwrap();
    archive_all(&store);
    let runs = read(&store, query::segments::all);
    let [first, second] = runs.as_slice() else { panic!("{runs:?}") };
    assert_eq!((first.earliest_at, first.latest_at), (Some(now()), Some(now())));

    // Nothing of the other run is looked at, so its file may as well be away.
    std::fs::remove_file(store.segments().path_of(second.first_seq)).unwrap();
    let told = |days: i64| {
        let (segments, keys) = (store.segments(), keys());
        let journal =
            Sealed { segments: &segments, wrapping: &keys.wrapping, sealing: Sealing::On };
        let span = (after_s(days * day_s), after_s(days * day_s + 3_600));
        let mut count = 0;
        store.readers().read_now(|c| {
            changes(c, journal, span, |_| {
                count += 1;
                Ok(())
            })?;
            Ok(count)
        })
    };
    assert_eq!(told(0), Ok(RUN));
    assert_eq!(told(1), Err(StoreError::NotFound("segment")));
    assert_eq!(told(2), Ok(EXTRA));
    assert_eq!(told(3), Ok(0));

    // What an earlier release sealed does not say its times: it is read, unless it was sealed before.
    let old = SegmentRecord { earliest_at: None, latest_at: None, ..second.clone() };
    assert!(old.may_hold(now(), after_s(3_600)));
    assert!(!old.may_hold(later(), later() + SignedDuration::from_hours(1)));
    assert!(!serde_json::to_string(&old).unwrap().contains("_at\":null"));
}

#[test]
fn an_audit_finds_what_a_clock_that_was_set_back_put_behind_later_times() {
    let folder = folder();
    let store = open(&folder);
    let written = [0, 5 * 86_400, 60, 5 * 86_400];
    for (number, later_s) in (1..).zip(written) {
        store.commit_now(Batch::new("nguyen.lan", after_s(later_s)).with(ticket(number))).unwrap();
    }
    let (segments, keys) = (store.segments(), keys());
    let journal = Sealed { segments: &segments, wrapping: &keys.wrapping, sealing: Sealing::On };
    let mut seqs = Vec::new();
    read(&store, |c| {
        changes(c, journal, (now(), after_s(3_600)), |change| {
            seqs.push(change.seq);
            Ok(())
        })
    });
    assert_eq!(seqs, [1, 3]);
}

#[test]
fn nothing_moves_before_the_hub_has_it_or_before_its_time() {
    let folder = folder();
    let store = open(&folder);
    let tickets: Vec<Batch> =
        (1..=RUN + 1).map(|number| batch().with(ticket(number as u32))).collect();
    commit_many(&store, &tickets);
    assert_eq!(seal_next(&store, later()), None, "nothing is acknowledged");
    store.commit_now(batch().and(acked(&store, RUN - 1))).unwrap();
    assert_eq!(seal_next(&store, later()), None, "the last of the run is not acknowledged");
    store.commit_now(batch().and(acked(&store, RUN))).unwrap();
    assert_eq!(seal_next(&store, now()), None, "the retention floor is not passed");
    assert_eq!(seal_next(&store, later()).map(|record| record.last_seq), Some(RUN));
}

#[test]
fn the_head_stays_in_the_database() {
    let (_folder, store) = center(RUN);
    assert_eq!(seal_next(&store, later()), None);
}

#[test]
fn an_interruption_after_any_step_loses_nothing_and_doubles_nothing() {
    let (folder, store) = center(RUN + EXTRA);
    let before = whole(&store);
    let same = |store: &Store| assert_eq!(whole(store)[..before.len()], before[..]);

    // The file is there, nothing names it.
    let first = seal_next(&store, later()).unwrap();
    drop(store);
    std::fs::write(config(&folder).folder.join("segments/new/left"), b"half").unwrap();
    let store = open(&folder);
    same(&store);
    assert!(check(&folder, Depth::Full).is_ok());
    assert!(!config(&folder).folder.join("segments/new/left").exists());
    let again = seal_next(&store, later()).unwrap();
    assert_eq!((again.first_seq, again.hash.clone()), (first.first_seq, first.hash));

    // The checkpoint is committed, its rows are all still there.
    store.commit_now(checkpoint(again, later())).unwrap();
    drop(store);
    let store = open(&folder);
    same(&store);
    assert!(check(&folder, Depth::Full).is_ok());

    // Some rows are gone.
    store.commit_now(removal(later())).unwrap();
    drop(store);
    let store = open(&folder);
    assert_eq!(rows(&store), RUN + EXTRA + 1 - u64::from(ROWS_PER_STEP));
    same(&store);
    assert!(check(&folder, Depth::Full).is_ok());

    assert_eq!(archive_all(&store), EXTRA + 1);
    same(&store);
    assert_eq!(check(&folder, Depth::Full).entries, RUN + EXTRA + 1);
}

#[test]
fn rows_that_no_segment_holds_cannot_be_removed() {
    let (folder, store) = center(10);
    store.commit_now(removal(later())).unwrap();
    assert_eq!(rows(&store), 10);
    assert!(check(&folder, Depth::Full).is_ok());
}

#[test]
fn a_reader_that_knows_no_segments_is_told_so() {
    let (_folder, store) = center(RUN + EXTRA);
    archive_all(&store);
    let refused = store.readers().read_now(|c| query::journal::entries_from(c, 5, 10, 1 << 20));
    assert_eq!(refused, Err(StoreError::NotFound("entry outside its segment")));
    let fine = store.readers().read_now(|c| query::journal::entries_from(c, RUN + 1, 10, 1 << 20));
    assert_eq!(fine.unwrap().len(), 10);
}

#[test]
fn a_lost_or_changed_segment_is_found() {
    let (folder, store) = center(RUN + EXTRA);
    archive_all(&store);
    drop(store);
    let path = config(&folder).folder.join(format!("segments/{:020}.mcs", 1));
    let right = std::fs::read(&path).unwrap();
    let mut changed = right.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    std::fs::write(&path, &changed).unwrap();
    let report = check(&folder, Depth::Full);
    assert!(codes(&report).contains(&"check.segment"), "{report:?}");
    std::fs::write(&path, &right[..middle]).unwrap();
    assert_eq!(codes(&check(&folder, Depth::SinceCheckpoint)), ["check.segment"]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(codes(&check(&folder, Depth::SinceCheckpoint)), ["check.segment_missing"]);
    std::fs::write(&path, &right).unwrap();
    assert!(check(&folder, Depth::Full).is_ok());
}

#[test]
fn the_usual_check_sees_what_is_new_and_the_full_one_what_is_old() {
    let (folder, store) = center(RUN + EXTRA);
    archive_all(&store);
    drop(store);
    let config = config(&folder);
    let change = |sql: &str| {
        let opener =
            crate::connection::Opener::new(&config.folder, &config.keys, config.sealing).unwrap();
        let c = opener.open(crate::connection::Purpose::Write).unwrap();
        assert_eq!(c.execute(sql, []).unwrap(), 1);
    };
    change("UPDATE ticket SET rev = 9 WHERE number = 5");
    assert!(check(&folder, Depth::SinceCheckpoint).is_ok());
    assert_eq!(codes(&check(&folder, Depth::Full)), ["check.table_differs"]);
    change("UPDATE ticket SET rev = 1 WHERE number = 5");
    change(&format!("UPDATE ticket SET rev = 9 WHERE number = {}", RUN + 5));
    assert_eq!(codes(&check(&folder, Depth::SinceCheckpoint)), ["check.table_differs"]);
    // A checkpoint that was moved is found by the entry that tells of it.
    change(&format!("UPDATE ticket SET rev = 1 WHERE number = {}", RUN + 5));
    change("UPDATE segment SET public = replace(public, '\"rev\":1', '\"rev\":2')");
    assert_eq!(codes(&check(&folder, Depth::SinceCheckpoint)), ["check.table_differs"]);
}

#[test]
fn a_backup_holds_the_segments() {
    let (folder, store) = center(RUN + EXTRA);
    archive_all(&store);
    let target = folder.path().join("backup");
    assert_eq!(store.backup(&target).unwrap().segments, 1);
    let report = check_journal(&target, &keys()).unwrap();
    assert!(report.is_ok(), "{report:?}");
    assert_eq!(report.entries, RUN + EXTRA + 1);
}

#[test]
fn a_run_that_a_copy_is_only_told_of_is_sealed_again_there() {
    let (folder, store) = center(RUN + EXTRA);
    let target = folder.path().join("copy");
    store.backup(&target).unwrap();
    let told = seal_next(&store, later()).unwrap();
    store.commit_now(checkpoint(told, later())).unwrap();
    let first_seq = RUN + EXTRA + 1;
    let since = read(&store, |c| entries_from(c, &store.segments(), first_seq, 100, 128 * 1024));
    let frame = Frame {
        node: node(),
        stream: Stream::Up,
        epoch: 1,
        first_seq,
        keys: vec![],
        entries: since.into_iter().map(|entry| entry.raw).collect(),
    };

    let copy = Store::open(StoreConfig::new(&target, node(), 1, keys())).unwrap();
    copy.replay_now(&frame).unwrap();
    copy.seal_again(later()).unwrap();
    let sealed = read(&copy, query::segments::last).unwrap();
    assert_eq!((sealed.first_seq, sealed.last_seq, sealed.rev), (1, RUN, 2));
    let whole_before = whole(&copy);
    assert_eq!(archive_all(&copy), EXTRA + 2);
    assert_eq!(whole(&copy), whole_before);
    copy.seal_again(later()).unwrap();
    let report = check_folder(&target, &keys(), Depth::Full).unwrap();
    assert!(report.is_ok(), "{report:?}");
    assert_eq!((report.entries, report.segments), (RUN + EXTRA + 2, 1));
}

#[actix_rt::test]
async fn the_steps_run_beside_a_working_writer() {
    let (folder, store) = center(RUN + EXTRA);
    let writer = store.writer().unwrap();
    let archive: Archive = store.archive();
    let (mut sealed, mut removed, mut number) = (0, 0, 200_000);
    loop {
        number += 1;
        writer.commit(batch().with(ticket(number))).await.unwrap();
        match archive.step(&writer, later(), later()).await.unwrap() {
            ArchiveStep::Sealed { first_seq, last_seq } => {
                assert_eq!((first_seq, last_seq), (1, RUN));
                sealed += 1;
            }
            ArchiveStep::Removed => removed += 1,
            ArchiveStep::Nothing => break,
        }
    }
    assert_eq!((sealed, removed), (1, RUN.div_ceil(u64::from(ROWS_PER_STEP))));
    writer.close().await;
    let report = check(&folder, Depth::Full);
    assert!(report.is_ok(), "{report:?}");
    assert_eq!(report.entries, RUN + EXTRA + 1 + u64::from(number - 200_000));
}
