//! Scans: in parts, again, damaged; whole only when the bytes have their name.

use journal::{PieceKey, PiecePlace};
use link::hublink::{BLOB_UNIT_BYTES, BlobHave, BlobPart, PutOutcome, SealedPart};

use super::fixture::*;

async fn with_blob(size: usize) -> (Province, Vec<u8>, [u8; 32]) {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    let bytes: Vec<u8> = (0..size).map(|index| (index * 31 % 251) as u8).collect();
    let sha256 = journal::entry::sha256(&bytes);
    let mut named = ticket("a", 1, "waiting");
    named.blobs = vec![sha256];
    node.write(vec![named]);
    province.send(node.frame(1, 1)).await;
    (province, bytes, sha256)
}

fn part(bytes: &[u8], sha256: [u8; 32], offset: usize, length: usize) -> BlobPart {
    let end = (offset + length).min(bytes.len());
    BlobPart {
        sha256,
        size: bytes.len() as u64,
        offset: offset as u64,
        bytes: bytes[offset..end].to_vec(),
    }
}

#[tokio::test]
async fn a_scan_goes_on_where_it_was_also_in_smaller_parts() {
    let (province, bytes, sha256) = with_blob(5 * BLOB_UNIT_BYTES + 17).await;
    let store = &province.store;
    let size = bytes.len() as u64;
    let put = async |offset: usize, length| {
        let part = part(&bytes, sha256, offset * BLOB_UNIT_BYTES, length);
        store.put_blob_part("06658-1", part, now()).await.unwrap()
    };
    assert_eq!(store.fleet(now()).await.unwrap()[0].blobs_missing, 1);
    assert_eq!(put(0, 4 * BLOB_UNIT_BYTES).await, PutOutcome::Stored);
    assert_eq!(
        store.blob_state("06658-1", sha256, size).await.unwrap(),
        BlobHave::Units(vec![true, true, true, true, false, false])
    );
    assert!(store.read_blob(sha256).await.unwrap().is_none());
    assert_eq!(put(5, BLOB_UNIT_BYTES).await, PutOutcome::Stored);
    assert_eq!(put(2, BLOB_UNIT_BYTES).await, PutOutcome::Stored);
    assert_eq!(put(4, BLOB_UNIT_BYTES).await, PutOutcome::Complete);
    assert_eq!(put(4, BLOB_UNIT_BYTES).await, PutOutcome::Complete);
    assert_eq!(store.read_blob(sha256).await.unwrap().unwrap(), bytes);
    assert_eq!(store.fleet(now()).await.unwrap()[0].blobs_missing, 0);
    assert_eq!(store.blob_state("06658-1", sha256, size).await.unwrap(), BlobHave::Complete);
}

#[tokio::test]
async fn a_piece_is_taken_only_under_the_key_of_its_node_and_lies_sealed_on_the_disk() {
    let bytes = "%PDF-1.4 Nguyễn Thị Ánh Tuyết 022190001234 ".repeat(100).into_bytes();
    let sha256 = journal::entry::sha256(&bytes);
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    let other = province.enrol("06994-2").await;
    let mut named = ticket("a", 1, "waiting");
    named.blobs = vec![sha256];
    node.write(vec![named]);
    province.send(node.frame(1, 1)).await;
    let place = PiecePlace { sha256, size: bytes.len() as u64, offset: 0 };
    let put = async |wrapping| {
        let sealed = PieceKey::of(wrapping).unwrap().seal(place, &bytes).unwrap();
        let part = SealedPart { place, sealed };
        province.store.put_sealed_part("06658-1", part, now()).await.unwrap()
    };
    let refused = PutOutcome::Refused { code: "seal.does_not_open".into() };
    assert_eq!(put(&other.wrapping).await, refused);
    assert_eq!(put(&node.wrapping).await, PutOutcome::Complete);
    assert_eq!(province.store.read_blob(sha256).await.unwrap().unwrap(), bytes);
    let file = std::fs::read(province.file(sha256)).unwrap();
    assert!(!file.windows(12).any(|seen| seen == b"022190001234"));
}

#[tokio::test]
async fn bytes_that_do_not_have_their_name_are_thrown_away_and_asked_for_again() {
    let (province, bytes, sha256) = with_blob(2 * BLOB_UNIT_BYTES).await;
    let store = &province.store;
    let mut wrong = bytes.clone();
    wrong[70_000] ^= 1;
    let whole = |bytes: &[u8]| part(bytes, sha256, 0, 2 * BLOB_UNIT_BYTES);
    assert_eq!(
        store.put_blob_part("06658-1", whole(&wrong), now()).await.unwrap(),
        PutOutcome::WrongHash
    );
    assert_eq!(
        store.blob_state("06658-1", sha256, bytes.len() as u64).await.unwrap(),
        BlobHave::Units(vec![false, false])
    );
    assert_eq!(
        store.put_blob_part("06658-1", whole(&bytes), now()).await.unwrap(),
        PutOutcome::Complete
    );
}

#[tokio::test]
async fn every_missing_scan_is_reached_page_by_page() {
    let (province, bytes, whole) = with_blob(1_000).await;
    let mut node = province.enrol("06676-1").await;
    let mut names: Vec<[u8; 32]> =
        (0..5_u8).map(|number| journal::entry::sha256(&[number])).chain([whole]).collect();
    for (number, name) in names.iter().enumerate() {
        let mut named = ticket(&number.to_string(), 1, "waiting");
        named.blobs = vec![*name];
        let seq = node.write(vec![named]);
        province.send(node.frame(seq, seq)).await;
    }
    let store = &province.store;
    let part = part(&bytes, whole, 0, 1_000);
    assert_eq!(store.put_blob_part("06658-1", part, now()).await.unwrap(), PutOutcome::Complete);
    names.retain(|name| *name != whole);
    names.sort_unstable();
    let mut reached: Vec<[u8; 32]> = Vec::new();
    for expected in [2, 2, 1, 0] {
        let after = reached.last().copied();
        let page = store.blobs_missing("06676-1", after, 2).await.unwrap();
        assert_eq!(page.len(), expected);
        reached.extend(page);
    }
    assert_eq!(reached, names);
}

#[tokio::test]
async fn only_what_an_entry_of_the_node_names_is_taken() {
    let (province, bytes, sha256) = with_blob(1_000).await;
    province.enrol("06676-1").await;
    let store = &province.store;
    let refused = |code: &str| PutOutcome::Refused { code: code.into() };
    let whole = part(&bytes, sha256, 0, 1_000);
    assert_eq!(
        store.put_blob_part("06676-1", whole.clone(), now()).await.unwrap(),
        refused("blob.not_named")
    );
    let huge = BlobPart { size: 1 << 40, ..whole.clone() };
    assert_eq!(store.put_blob_part("06658-1", huge, now()).await.unwrap(), refused("blob.size"));
    let shifted = BlobPart { offset: 5, ..whole };
    assert_eq!(
        store.put_blob_part("06658-1", shifted, now()).await.unwrap(),
        refused("blob.bad_part")
    );
}

#[tokio::test]
async fn a_scans_content_does_not_stand_in_its_file() {
    let (province, _, _) = with_blob(10).await;
    let mut node = province.enrol("06676-1").await;
    let bytes = format!("{CITIZEN_NUMBER} {NAME}").into_bytes();
    let sha256 = journal::entry::sha256(&bytes);
    let mut named = ticket("b", 1, "waiting");
    named.blobs = vec![sha256];
    node.write(vec![named]);
    province.send(node.frame(1, 1)).await;
    let whole = part(&bytes, sha256, 0, bytes.len());
    let outcome = province.store.put_blob_part("06676-1", whole, now()).await.unwrap();
    assert_eq!(outcome, PutOutcome::Complete);
    let file = province.file(sha256);
    let kept = std::fs::read(&file).unwrap();
    assert_eq!(kept.len(), bytes.len() + 28);
    assert_eq!(province.store.verified_blobs().await.unwrap(), [sha256]);
    let mut damaged = kept.clone();
    damaged[20] ^= 1;
    std::fs::write(&file, damaged).unwrap();
    assert!(province.store.verified_blobs().await.unwrap().is_empty());
    assert!(province.store.read_blob(sha256).await.is_err());
    assert!(!kept.windows(12).any(|window| window == CITIZEN_NUMBER.as_bytes()));
}

#[tokio::test]
async fn a_part_that_comes_while_the_scan_is_completed_changes_nothing() {
    let (province, bytes, sha256) = with_blob(2 * BLOB_UNIT_BYTES).await;
    let store = province.store.clone();
    let put = async |part| store.put_blob_part("06658-1", part, now()).await.unwrap();
    assert_eq!(put(part(&bytes, sha256, 0, BLOB_UNIT_BYTES)).await, PutOutcome::Stored);

    // someone else is just completing it, and holds its row
    let mut client = store.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    tx.execute("SELECT 1 FROM blob FOR UPDATE", &[]).await.unwrap();
    let mut wrong = bytes.clone();
    wrong[5] ^= 1;
    let late = part(&wrong, sha256, 0, BLOB_UNIT_BYTES);
    let before = std::fs::read(province.file(sha256)).unwrap();
    let other = store.clone();
    let late = tokio::spawn(async move { other.put_blob_part("06658-1", late, now()).await });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while province.count(waiting).await == 0 {
        assert!(!late.is_finished(), "it does not wait for the row");
        tokio::task::yield_now().await;
    }
    tx.execute("UPDATE blob SET state = 'complete'", &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(late.await.unwrap().unwrap(), PutOutcome::Complete);
    let after = std::fs::read(province.file(sha256)).unwrap();
    assert!(after == before, "the whole that was checked is untouched");
}

#[tokio::test]
async fn a_scan_whose_file_was_lost_is_asked_for_again() {
    let (province, bytes, sha256) = with_blob(2 * BLOB_UNIT_BYTES).await;
    let store = &province.store;
    let put = async |offset| {
        let part = part(&bytes, sha256, offset * BLOB_UNIT_BYTES, BLOB_UNIT_BYTES);
        store.put_blob_part("06658-1", part, now()).await.unwrap()
    };
    assert_eq!(put(1).await, PutOutcome::Stored);
    // the disk was replaced, PostgreSQL was not
    std::fs::remove_file(province.file(sha256)).unwrap();
    assert_eq!(put(0).await, PutOutcome::WrongHash);
    assert_eq!((put(0).await, put(1).await), (PutOutcome::Stored, PutOutcome::Complete));
    assert_eq!(store.read_blob(sha256).await.unwrap().unwrap(), bytes);
}
