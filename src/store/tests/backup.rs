use super::*;
use crate::connection::{Opener, Purpose};
use crate::records::{BlobRecord, BlobState};
use crate::{LocalWrite, check_journal, query};

fn opened(folder: &std::path::Path) -> Store {
    Store::open(StoreConfig::new(folder, node(), 1, keys())).unwrap()
}

#[test]
fn a_backup_opens_and_is_in_order() {
    let folder = folder();
    let store = open(&folder);
    let blob = store.blobs().put(&[5; 100_000]).unwrap();
    let row = BlobRecord {
        sha256: blob.sha256,
        size: blob.size,
        media_type: "application/pdf".to_owned(),
        state: BlobState::Local,
        created_at: now(),
    };
    let dossier = dossier(1);
    store.commit_now(batch().with(dossier.clone()).and(LocalWrite::Blob(row))).unwrap();
    let target = folder.path().join("backup");
    let report = store.backup(&target).unwrap();
    assert_eq!((report.seq, report.blobs), (1, 1));

    // what comes later is not in it
    store.commit_now(batch().with(ticket(1))).unwrap();
    let report = check_journal(&target, &keys()).unwrap();
    assert!(report.is_ok(), "{report:?}");
    assert_eq!((report.entries, report.blobs), (1, 1));
    let copy = opened(&target);
    assert_eq!(
        copy.readers().read_now(|c| query::dossiers::by_id(c, dossier.id)).unwrap(),
        Some(dossier)
    );
    assert_eq!(copy.blobs().read(&blob.sha256).unwrap(), vec![5; 100_000]);
}

#[test]
fn a_backup_does_not_overwrite_another() {
    let folder = folder();
    let store = open(&folder);
    let target = folder.path().join("backup");
    store.backup(&target).unwrap();
    assert_eq!(store.backup(&target).unwrap_err().code(), "store.file");
}

#[test]
fn a_backup_that_was_interrupted_is_not_taken_for_one() {
    let folder = folder();
    let store = open(&folder);
    let left = folder.path().join("backup.partial");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("center.db"), b"half").unwrap();
    let target = folder.path().join("backup");
    assert!(!target.exists());
    store.backup(&target).unwrap();
    assert!(!left.exists());
    assert!(check_journal(&target, &keys()).unwrap().is_ok());
}

/// What lies below the store's folder for backups that are under way, or were.
fn copies(folder: &TempDir) -> Vec<String> {
    let names = std::fs::read_dir(config(folder).folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("backup-copy-")).collect()
}

#[test]
fn while_a_backup_is_on_its_way_to_a_stick_nothing_of_the_database_is_held() {
    let folder = folder();
    let store = open(&folder);
    store.commit_now(batch().with(ticket(1))).unwrap();
    let opener = Opener::new(&config(&folder).folder, &keys(), Sealing::On).unwrap();
    let c = opener.open(Purpose::Write).unwrap();
    c.busy_timeout(std::time::Duration::ZERO).unwrap();
    let log = std::fs::File::open(config(&folder).folder.join("center.db-wal")).unwrap();
    let (source, stick) = (store.source(), folder.path().join("backup"));
    let snapshot = source.snapshot().unwrap();
    let report = source.fill(&stick, |partial| {
        // The stick hangs here, and the center works.
        store.commit_now(batch().with(ticket(2)))?;
        assert!(log.metadata().unwrap().len() > 0);
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: i64 = c.query_row(sql, [], |row| row.get(0))?;
        assert_eq!((busy, log.metadata().unwrap().len()), (0, 0), "the log is cut");
        assert_eq!(copies(&folder).len(), 1);
        snapshot.lay_down(partial)?;
        assert_eq!(copies(&folder), [""; 0], "the box's disk is free again");
        Ok(())
    });
    assert_eq!(report.unwrap().seq, 1, "what there was when it began");
    let report = check_journal(&stick, &keys()).unwrap();
    assert!(report.is_ok(), "{report:?}");
}

#[test]
fn what_a_killed_backup_left_is_gone_with_the_next_start_and_what_is_under_way_stays() {
    let folder = folder();
    drop(open(&folder));
    // After a power cut a daemon may have the same id as the one before it.
    let name = |number: u32| format!("backup-copy-{}-{number}", std::process::id());
    let (left, under_way) = (name(0), name(7));
    for name in [&left, &under_way] {
        let copy = config(&folder).folder.join(name);
        std::fs::create_dir(&copy).unwrap();
        std::fs::write(copy.join("center.db"), b"half").unwrap();
    }
    let held = std::fs::File::open(config(&folder).folder.join(&under_way)).unwrap();
    held.try_lock().unwrap();
    open(&folder);
    assert_eq!(copies(&folder), [under_way]);
    held.unlock().unwrap();
    open(&folder);
    assert_eq!(copies(&folder), [""; 0], "now nobody holds it");
}

#[actix_rt::test]
async fn a_backup_is_one_state_while_the_writer_goes_on() {
    let folder = folder();
    let store = std::sync::Arc::new(open(&folder));
    let writer = store.writer().unwrap();
    let mut pending = Vec::new();
    for number in 1..=300 {
        pending.push(writer.submit(batch().with(ticket(number)).with(dossier(number))).unwrap());
    }
    let target = folder.path().join("backup");
    let (source, to) = (std::sync::Arc::clone(&store), target.clone());
    let report = tokio::task::spawn_blocking(move || source.backup(&to)).await.unwrap().unwrap();
    for answer in pending {
        answer.await.unwrap();
    }
    let check = check_journal(&target, &keys()).unwrap();
    assert!(check.is_ok(), "{check:?}");
    assert_eq!(check.entries, report.seq);
    // each entry with both its subjects, or neither
    assert_eq!(check.subjects, report.seq * 2);
}
