use super::*;
use crate::LocalWrite;
use crate::records::{BlobRecord, BlobState};

/// Puts a citizen everywhere where one can be, and gives the folder's raw bytes while the store is
/// open (with its write-ahead log) and after it was closed.
fn traces(store: Store, folder: &TempDir) -> Vec<u8> {
    let scan = format!("Scan of {NAME}, {NUMBER}");
    let blob = store.blobs().put(scan.as_bytes()).unwrap();
    let mut dossier = dossier(1);
    dossier.note = Some(format!("gọi {NAME}"));
    dossier.components[0].scans.push(scan_of(blob.sha256, blob.size));
    let row = BlobRecord {
        sha256: blob.sha256,
        size: blob.size,
        media_type: "image/jpeg".to_owned(),
        state: BlobState::Local,
        created_at: now(),
    };
    let grounded = Ticket { priority_ground: Some("elderly".to_owned()), ..ticket(1) };
    store.commit_now(batch().with(grounded).with(dossier).and(LocalWrite::Blob(row))).unwrap();
    let mut bytes = raw_bytes(&config(folder).folder);
    let backup = folder.path().join("backup");
    store.backup(&backup).unwrap();
    bytes.extend(raw_bytes(&backup));
    drop(store);
    bytes.extend(raw_bytes(&config(folder).folder));
    bytes
}

#[test]
fn a_citizen_is_nowhere_in_the_raw_files() {
    let folder = folder();
    let bytes = traces(open(&folder), &folder);
    for text in [NAME, NUMBER, ADDRESS, "nguyen thi thu nghiem", "elderly", "giay-chung-sinh.jpg"] {
        assert!(!contains(&bytes, text.as_bytes()), "{text} was found");
    }
    assert!(!contains(&bytes, b"SQLite format 3"), "the database is encrypted from its first byte");
}

#[test]
fn the_same_search_finds_the_citizen_when_nothing_is_keyed() {
    let folder = folder();
    let bytes = traces(open_in_the_clear(&folder), &folder);
    for text in [NAME, NUMBER, ADDRESS, "nguyen thi thu nghiem", "elderly", "giay-chung-sinh.jpg"] {
        assert!(contains(&bytes, text.as_bytes()), "{text} was not found");
    }
}

#[test]
fn the_journals_bytes_hold_no_citizen_even_when_the_database_is_open() {
    let folder = folder();
    let store = open(&folder);
    // A caller that takes the number for its key, and an order that names somebody.
    let request = crate::RequestKey::new("kiosk-1", NUMBER);
    let order = Message { text: format!("Mời {NAME} đến quầy 1"), ..message() };
    store.commit_now(Batch { request, ..batch().with(dossier(1)).with(order) }).unwrap();
    let entries = store
        .readers()
        .read_now(|c| crate::query::journal::entries_from(c, 1, 10, 1 << 20))
        .unwrap();
    let bytes: Vec<u8> = entries.iter().flat_map(|entry| entry.raw.clone()).collect();
    for text in [NAME, NUMBER, ADDRESS] {
        assert!(!contains(&bytes, text.as_bytes()), "{text} was found");
    }
    assert!(contains(&bytes, "Đăng ký khai sinh".as_bytes()), "the public part is readable");
}
