use proptest::prelude::*;

use super::*;
use crate::{BlobStore, StoreError};

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
        assert!(store.contains(&blob.sha256));
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
    assert!(!store.contains(&blob.sha256));
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
