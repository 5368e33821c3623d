use proptest::prelude::*;

use super::*;
use crate::records::{BlobRecord, BlobState};
use crate::sweep::{Swept, sweep};
use crate::{BlobStore, Fact, LocalWrite, StoreError, Unrecorded};
use std::time::{Duration, SystemTime};

fn blobs(folder: &TempDir) -> BlobStore {
    BlobStore::open(folder.path().join("blobs"), &keys(), Sealing::On).unwrap()
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place * 31 % 251) as u8).collect()
}

#[test]
fn a_blob_is_named_by_its_bytes_and_comes_back() {
    let folder = folder();
    let store = blobs(&folder);
    for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 300_000] {
        let bytes = pattern(length);
        let blob = store.put(&bytes).unwrap();
        assert_eq!(blob.sha256, journal::entry::sha256(&bytes));
        assert_eq!(blob.size, length as u64);
        assert!(store.has(&blob.sha256));
        assert_eq!(store.read(&blob.sha256).unwrap(), bytes, "length {length}");
    }
}

#[test]
fn the_same_bytes_twice_are_one_file() {
    let folder = folder();
    let store = blobs(&folder);
    let (first, second) = (store.put(b"scan").unwrap(), store.put(b"scan").unwrap());
    assert_eq!(first, second);
    assert_eq!(store.read(&first.sha256).unwrap(), b"scan");
}

#[test]
fn pieces_are_read_one_by_one() {
    let folder = folder();
    let store = blobs(&folder);
    let bytes = pattern(700_000);
    let blob = store.put(&bytes).unwrap();
    for size in [65_536, 262_144, 100_000] {
        let mut whole = Vec::new();
        for index in 0..bytes.len().div_ceil(size) {
            let piece = store.read_chunk(&blob.sha256, index as u32, size).unwrap();
            assert!(piece.len() <= size);
            whole.extend(piece);
        }
        assert_eq!(whole, bytes);
        assert!(store.read_chunk(&blob.sha256, 100, size).unwrap().is_empty());
    }
}

#[test]
fn a_changed_or_cut_file_is_noticed() {
    let folder = folder();
    let store = blobs(&folder);
    let blob = store.put(&pattern(200_000)).unwrap();
    let path = store.path_of(&blob.sha256);
    let whole = std::fs::read(&path).unwrap();
    for place in [0, 10, 30, 70_000, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        std::fs::write(&path, changed).unwrap();
        assert!(store.read(&blob.sha256).is_err(), "byte {place}");
    }
    // also when it is cut exactly between two segments
    for length in [0, 19, 20, 20 + 65_552, 20 + 2 * 65_552, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let read = store.read(&blob.sha256);
        assert!(read.is_err(), "length {length}: {:?}", read.map(|bytes| bytes.len()));
    }
}

#[test]
fn a_blob_needs_its_master_key() {
    let folder = folder();
    let blob = blobs(&folder).put(b"scan").unwrap();
    let other = Keys { master: [8; 32], ..keys() };
    let store = BlobStore::open(folder.path().join("blobs"), &other, Sealing::On).unwrap();
    assert!(store.read(&blob.sha256).is_err());
    let store = BlobStore::open(folder.path().join("blobs"), &keys(), Sealing::Off).unwrap();
    assert_eq!(store.read(&blob.sha256), Err(StoreError::WrongKey));
}

#[test]
fn what_is_not_there_is_not_found() {
    let folder = folder();
    let store = blobs(&folder);
    assert_eq!(store.read(&[1; 32]), Err(StoreError::NotFound("blob")));
    let blob = store.put(b"scan").unwrap();
    store.remove(&blob.sha256).unwrap();
    store.remove(&blob.sha256).unwrap();
    assert!(!store.has(&blob.sha256));
}

#[test]
fn a_blob_beyond_the_limit_is_refused_and_leaves_nothing() {
    let folder = folder();
    let store = blobs(&folder);
    let mut writer = store.begin().unwrap();
    let piece = vec![0; 8 << 20];
    let refused = (0..9).map(|_| writer.write(&piece)).find(Result::is_err);
    assert_eq!(refused, Some(Err(StoreError::TooLarge("blob"))));
    drop(writer);
    assert_eq!(std::fs::read_dir(folder.path().join("blobs/new")).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_range_is_what_the_bytes_say(
        length in 0_usize..200_000, offset in 0_u64..220_000, count in 0_usize..220_000, cut in 1_usize..70_000,
    ) {
        let folder = folder();
        let store = blobs(&folder);
        let bytes = pattern(length);
        let mut writer = store.begin().unwrap();
        for piece in bytes.chunks(cut) {
            writer.write(piece).unwrap();
        }
        let blob = writer.finish().unwrap();
        let from = (offset as usize).min(length);
        let to = (from + count).min(length);
        prop_assert_eq!(store.read_range(&blob.sha256, offset, count).unwrap(), &bytes[from..to]);
    }
}

fn upload(store: &BlobStore, bytes: &[u8]) -> Unrecorded {
    let mut writer = store.begin().unwrap();
    writer.write(bytes).unwrap();
    writer.finish_unrecorded().unwrap()
}

#[test]
fn a_file_whose_record_was_refused_goes() {
    let folder = folder();
    let store = blobs(&folder);
    let refused = upload(&store, b"scan");
    let sha256 = refused.blob().sha256;
    assert!(store.has(&sha256));
    refused.discard(|_| Ok(false)).unwrap();
    assert!(!store.has(&sha256));
}

#[test]
fn a_refused_upload_takes_no_file_away_that_another_one_brought() {
    let folder = folder();
    let store = blobs(&folder);
    let (refused, other) = (upload(&store, b"scan"), upload(&store, b"scan"));
    let sha256 = other.blob().sha256;
    refused.discard(|_| Ok(false)).unwrap();
    assert!(store.has(&sha256), "the other upload is not recorded yet");
    drop(other);
    upload(&store, b"scan").discard(|_| Ok(true)).unwrap();
    assert!(store.has(&sha256), "a record names it");
}

#[test]
fn a_sweep_takes_old_files_that_nobody_recorded_and_no_others() {
    let folder = folder();
    let store = blobs(&folder);
    let recorded = store.put(b"recorded").unwrap().sha256;
    let left = store.put(b"left behind").unwrap().sha256;
    let under_way = upload(&store, b"under way");
    let known = |sha256: &[u8; 32]| Ok(*sha256 == recorded);
    let today = sweep(&store, 0, SystemTime::now(), known).unwrap();
    assert_eq!(today, Swept { looked_at: 3, removed: 0 }, "none is old enough");
    let later = SystemTime::now() + Duration::from_secs(25 * 3600);
    let swept = sweep(&store, 200, later, known).unwrap();
    assert_eq!(swept, Swept { looked_at: 3, removed: 1 });
    assert!(store.has(&recorded) && !store.has(&left));
    assert!(store.has(&under_way.blob().sha256));
}

#[test]
fn a_blob_is_recorded_by_its_own_row_or_by_a_dossier() {
    let folder = folder();
    let store = open(&folder);
    let (own, scanned, nobody) = ([1; 32], [2; 32], [3; 32]);
    let record = BlobRecord {
        sha256: own,
        size: 1,
        media_type: "application/pdf".to_owned(),
        state: BlobState::Local,
        created_at: now(),
    };
    store.commit_now(Batch::new("test", now()).and(LocalWrite::Blob(record))).unwrap();
    let mut named = dossier(1);
    named.components[0].scans.push(scan_of(scanned, 1));
    store.commit_now(Batch::new("test", now()).with(Fact::from(named))).unwrap();
    let recorded = [own, scanned, nobody].map(|sha256| {
        store.readers().read_now(|c| crate::query::blobs::is_recorded(c, &sha256)).unwrap()
    });
    assert_eq!(recorded, [true, true, false]);
}

#[test]
fn scans_stop_while_there_is_still_room_for_tickets() {
    let folder = folder();
    let store = open(&folder);
    let free = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(60));
    let told = std::sync::Arc::clone(&free);
    let room = crate::Room::told(folder.path(), move || {
        Some((told.load(std::sync::atomic::Ordering::Relaxed), 1000))
    });
    let blobs = store.blobs().within(room);
    blobs.put(b"a scan").unwrap();
    free.store(50, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(blobs.put(b"another"), Err(crate::StoreError::NoRoomForScans));
    assert_eq!(crate::StoreError::NoRoomForScans.code(), "store.no_room_for_scans");
    store.commit_now(batch().with(ticket(1)).with(dossier(1))).unwrap();
    free.store(61, std::sync::atomic::Ordering::Relaxed);
    blobs.put(b"another").unwrap();
}

#[test]
fn a_scan_is_dropped_only_when_the_hub_has_it_and_nobody_works_with_it() {
    let folder = folder();
    let store = open(&folder);
    let stored = |bytes: &[u8]| {
        let blob = store.blobs().put(bytes).unwrap();
        let record = crate::records::BlobRecord {
            sha256: blob.sha256,
            size: blob.size,
            media_type: "image/jpeg".to_owned(),
            state: crate::records::BlobState::Local,
            created_at: now(),
        };
        (blob.sha256, crate::LocalWrite::Blob(record))
    };
    let (scan, written) = stored(b"a scan");
    let mut first = dossier(1);
    first.components[0].scans = vec![scan_of(scan, 6)];
    store.commit_now(batch().and(written).with(first.clone())).unwrap();
    let droppable = |after: i64| {
        let question =
            |c: &rusqlite::Connection| crate::query::blobs::droppable(c, after_s(after), 10);
        store.readers().read_now(question).unwrap()
    };
    let drop_it = || crate::LocalWrite::DropBlobs { sha256: vec![scan] };
    let sweep = |age| crate::sweep(&store.readers(), &store.blobs(), age).unwrap();

    // Not while only this box has it, whoever asks.
    assert!(droppable(1000).is_empty());
    store.commit_now(batch().and(drop_it())).unwrap();
    assert!(sweep(Duration::ZERO).is_none());
    let at_hub =
        crate::LocalWrite::BlobState { sha256: scan, state: crate::records::BlobState::AtHub };
    store.commit_now(batch().and(at_hub)).unwrap();
    assert!(droppable(1000).is_empty(), "an officer works with the dossier");
    let returned =
        domain::dossier::Returned { at: now(), by: "nguyen.lan".parse().unwrap(), collector: None };
    store.commit_now(batch().with(Dossier { returned: Some(returned), rev: 2, ..first })).unwrap();
    assert!(droppable(0).is_empty(), "its months have not passed");
    assert_eq!(droppable(1000), [scan]);

    store.commit_now(batch().and(drop_it())).unwrap();
    assert!(sweep(Duration::from_secs(3600)).is_none(), "a file that was just written stays");
    let removed = sweep(Duration::ZERO).unwrap();
    store.commit_now(batch().and(removed)).unwrap();
    assert_eq!(store.blobs().read(&scan), Err(StoreError::NotFound("blob")));
    let dropped = |c: &rusqlite::Connection| crate::query::blobs::dropped_at(c, &scan);
    assert_eq!(store.readers().read_now(dropped).unwrap(), Some(now()));
    let report = crate::check_journal(&config(&folder).folder, &keys()).unwrap();
    assert!(report.is_ok(), "{report:?}");

    // Scanned once more, it is here again.
    let (_, again) = stored(b"a scan");
    store.commit_now(batch().and(again)).unwrap();
    assert_eq!(store.readers().read_now(dropped).unwrap(), None);
    assert!(sweep(Duration::ZERO).is_none());
    assert_eq!(store.blobs().read(&scan).unwrap(), b"a scan");
}
