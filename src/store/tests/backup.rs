use super::*;
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
