//! The hub's files on a disk that forgets what was not synced: its keys, and the scans that it has
//! said it has. Its PostgreSQL stands elsewhere here; `./provision/faults` cuts both together.

use std::path::Path;

use forgetful_disk::{Dice, Disk, LOSSES, Loss};
use link::hublink::{BLOB_UNIT_BYTES, BlobPart, PutOutcome};

use super::fixture::*;
use crate::authority::init::init;
use crate::keys::HubKeys;
use crate::settings::Settings;
use crate::store::Store;

fn cut(disk: &Disk, loss: Loss, seed: u64) {
    disk.cut();
    disk.restore_power(loss, &mut Dice::new(seed));
}

fn on_disk(at: &Path) -> (Disk, Settings) {
    let disk = Disk::mount(&at.join("disk")).unwrap();
    let settings = settings(disk.path(), "");
    (disk, settings)
}

#[test]
fn the_hubs_keys_and_authorities_are_whole_or_are_made_again_whichever_change_a_power_cut_hits() {
    let at = tempfile::tempdir().unwrap();
    let (disk, plain) = on_disk(at.path());
    init(&plain, now(), false).unwrap();
    let whole = disk.changes();
    drop(disk);
    for change in 0..=whole {
        let at = tempfile::tempdir().unwrap();
        let (disk, settings) = on_disk(at.path());
        disk.cut_after(change);
        let made = init(&settings, now(), false);
        let signing = made.is_ok().then(|| {
            assert_eq!(change, whole);
            disk.revive();
            HubKeys::load(&settings.data_folder).unwrap().signing_public().unwrap()
        });
        cut(&disk, LOSSES[change as usize % LOSSES.len()], change);
        if let Some(signing) = signing {
            let left = HubKeys::load(&settings.data_folder).unwrap();
            assert_eq!(left.signing_public().unwrap(), signing);
        }
        init(&settings, now(), false).unwrap_or_else(|error| panic!("change {change}: {error}"));
    }
}

/// A province whose scans lie on a disk of their own, and an entry that names one scan.
async fn with_scan(at: &Path, bytes: &[u8]) -> (Province, Store, Disk) {
    let province = Province::new().await;
    let mut node = province.enrol("06658-1").await;
    let mut named = ticket("a", 1, "waiting");
    named.blobs = vec![journal::entry::sha256(bytes)];
    node.write(vec![named]);
    province.send(node.frame(1, 1)).await;
    let disk = Disk::mount(&at.join("disk")).unwrap();
    let settings = Settings { data_folder: disk.path().join("hub"), ..province.settings.clone() };
    std::fs::create_dir(&settings.data_folder).unwrap();
    HubKeys::create(&settings.data_folder).unwrap();
    disk.settle();
    let store = Store::open(&settings).await.unwrap();
    (province, store, disk)
}

/// Sends what is still missing, as a node does; true when the hub says that it has the scan.
async fn send(store: &Store, bytes: &[u8]) -> bool {
    let sha256 = journal::entry::sha256(bytes);
    for (index, chunk) in bytes.chunks(BLOB_UNIT_BYTES).enumerate() {
        let part = BlobPart {
            sha256,
            size: bytes.len() as u64,
            offset: (index * BLOB_UNIT_BYTES) as u64,
            bytes: chunk.to_vec(),
        };
        match store.put_blob_part("06658-1", part, now()).await {
            Ok(PutOutcome::Complete) => return true,
            Ok(PutOutcome::Stored) => {}
            Ok(other) => panic!("{other:?}"),
            Err(_) => return false,
        }
    }
    false
}

#[tokio::test]
async fn a_scan_that_the_hub_has_is_there_after_a_kill_and_a_power_cut() {
    let bytes: Vec<u8> = (0..3 * BLOB_UNIT_BYTES).map(|index| (index * 31 % 251) as u8).collect();
    let sha256 = journal::entry::sha256(&bytes);
    let at = tempfile::tempdir().unwrap();
    let (province, store, disk) = with_scan(at.path(), &bytes).await;
    let before = disk.changes();
    assert!(send(&store, &bytes).await);
    let whole = disk.changes() - before;
    assert!(whole > 10, "{whole}");
    for change in 0..whole {
        // As before the scan came.
        let client = province.store.client().await.unwrap();
        client.execute("DELETE FROM blob", &[]).await.unwrap();
        drop(client);
        std::fs::remove_dir_all(disk.path().join("hub/blobs")).unwrap();
        std::fs::create_dir(disk.path().join("hub/blobs")).unwrap();
        disk.settle();

        disk.cut_after(change);
        let told = send(&store, &bytes).await;
        assert!(!told);
        disk.revive();
        assert!(send(&store, &bytes).await);
        cut(&disk, Loss::All, change);
        assert_eq!(store.verified_blobs().await.unwrap(), [sha256], "killed at change {change}");
    }
}
