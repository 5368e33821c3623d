//! A disk dies; what the second medium holds is the store as it was.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::archive::{Archive, checkpoint, removal};
use crate::connection::{Opener, Purpose};
use crate::erase::Erasable;
use crate::medium::{BaseCopy, Medium, MediumReader, at_risk, mark};
use crate::records::{BlobRecord, BlobState, ErasureRecord};
use crate::{Depth, LocalWrite, RequestKey, check_folder, check_journal, query};

/// Mirrors everything that the store has and the medium has not.
pub(super) fn mirror(store: &Store, medium: &mut Medium) {
    mirror_at(store, medium, now());
}

fn mirror_at(store: &Store, medium: &mut Medium, now: Timestamp) {
    let folder = store.config().folder.clone();
    if medium.base_due(read(store, mark), now).unwrap() {
        medium.make_base(&taken(store), &folder, now, |_| Ok(())).unwrap();
    }
    for record in read(store, query::segments::all) {
        medium.put_segment(&folder, &record).unwrap();
    }
    append_all(store, medium);
}

fn append_all(store: &Store, medium: &mut Medium) {
    loop {
        let from = medium.next_seq();
        let (entries, keys) = store
            .readers()
            .read_now(|c| {
                let entries = query::journal::entries_from(c, from, 3, 1 << 20)?;
                let keys = query::journal::keys_for(c, entries.iter().map(|e| e.raw.as_slice()))?;
                Ok((entries, keys))
            })
            .unwrap();
        let Some((last, head)) = entries.last().map(|entry| (entry.seq, entry.hash)) else {
            return;
        };
        let frame = journal::Frame {
            node: node(),
            stream: journal::Stream::Up,
            epoch: 1,
            first_seq: from,
            keys,
            entries: entries.into_iter().map(|entry| entry.raw).collect(),
        };
        medium.append(from, last, head, &frame.encode().unwrap()).unwrap();
    }
}

fn taken(store: &Store) -> BaseCopy {
    BaseCopy::take(&store.readers(), &store.medium_opener(), &store.config().folder).unwrap()
}

/// A center and its medium, on which is what the center has done, behind an empty base. The folders live as
/// long as what lies in them; then come the place of the medium, and both.
pub(super) fn mirrored() -> ([TempDir; 2], PathBuf, Store, Medium) {
    let (folder, place) = (folder(), folder());
    let store = open(&folder);
    let at = place.path().join("m");
    let mut medium = Medium::open(at.clone(), &keys()).unwrap();
    mirror(&store, &mut medium);
    work(&store, 1);
    mirror(&store, &mut medium);
    ([folder, place], at, store, medium)
}

/// A new box from the medium alone.
pub(super) fn rebuilt(from: &std::path::Path, folder: &TempDir) -> Store {
    let reader = MediumReader::open(from, &keys().master).unwrap();
    let (base, copy) = reader.base().unwrap();
    let (segments, blobs) = (reader.segments(&copy), reader.blobs());
    crate::restore::lay_down(&copy, &segments, &blobs, &config(folder).folder).unwrap();
    let store = open(folder);
    reader.frames(base + 1, |frame| store.replay_now(&frame)).unwrap();
    store
}

fn work(store: &Store, from: u32) {
    let mut dossier = dossier(from);
    store.commit_now(batch().with(dossier.clone()).with(ticket(from))).unwrap();
    dossier.note = Some("Đã đủ giấy tờ".to_owned());
    dossier.rev += 1;
    store.commit_now(batch().with(dossier)).unwrap();
    store.commit_now(batch().with(rating(Level::Satisfied)).with(message())).unwrap();
}

#[test]
fn the_store_comes_back_from_the_medium_as_it_was() {
    let (folder, place, other) = (folder(), folder(), super::folder());
    let store = open(&folder);
    let officer = officer();
    work(&store, 1);
    let mut medium = Medium::open(place.path().join("m"), &keys()).unwrap();
    mirror(&store, &mut medium);
    work(&store, 2);
    store.commit_now(batch().and(LocalWrite::Officer(officer.clone()))).unwrap();
    mirror(&store, &mut medium);
    // After a restart of the daemon it goes on where it was.
    drop(medium);
    let mut medium = Medium::open(place.path().join("m"), &keys()).unwrap();
    work(&store, 3);
    mirror(&store, &mut medium);
    let head = store.readers().read_now(query::journal::head).unwrap();
    assert_eq!((medium.next_seq(), medium.head()), (head.seq + 1, head.hash));
    drop(medium);
    let medium = Medium::open(place.path().join("m"), &keys()).unwrap();
    assert_eq!((medium.next_seq(), medium.head()), (head.seq + 1, head.hash));
    let books = store.readers().read_now(crate::books).unwrap();
    drop(store);

    let copy = rebuilt(&place.path().join("m"), &other);
    assert_eq!(copy.readers().read_now(query::journal::head).unwrap(), head);
    assert_eq!(copy.readers().read_now(crate::books).unwrap(), books);
    assert!(copy.bring_accounts_back().unwrap());
    assert_eq!(copy.readers().read_now(query::officers::all).unwrap(), [officer]);
    copy.commit_now(batch().with(ticket(9))).unwrap();
    drop(copy);
    let report = check_journal(&config(&other).folder, &keys()).unwrap();
    assert!(report.is_ok(), "{report:?}");
    for text in [NAME, NUMBER, "Đã đủ giấy tờ", "nguyen.lan"] {
        assert!(!contains(&raw_bytes(place.path()), text.as_bytes()), "{text}");
    }
}

#[test]
fn a_record_that_was_cut_off_or_torn_costs_only_itself() {
    let (_folders, at, store, medium) = mirrored();
    let other = folder();
    drop(medium);
    let tail = fs::read_dir(&at)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "log"))
        .unwrap();
    let bytes = fs::read(&tail).unwrap();
    let mut torn = bytes.clone();
    torn[bytes.len() / 2..].fill(0);
    let mut spoilt: Vec<Vec<u8>> = [1, bytes.len() / 2, bytes.len() - 10]
        .map(|cut| bytes[..bytes.len() - cut].to_vec())
        .into();
    spoilt.push(torn);
    for bytes in spoilt {
        fs::write(&tail, &bytes).unwrap();
        let reader = MediumReader::open(&at, &keys().master).unwrap();
        assert_eq!(reader.frames(1, |_| Ok(())).unwrap(), 1, "nothing whole is on it");
        let mut medium = Medium::open(at.clone(), &keys()).unwrap();
        let next = medium.next_seq();
        assert!(next < 4, "the last record is not there");
        mirror(&store, &mut medium);
        assert_eq!(medium.next_seq(), 4);
    }
    let copy = rebuilt(&at, &other);
    assert_eq!(copy.readers().read_now(query::journal::head).unwrap().seq, 3);
}

#[test]
fn a_scan_from_behind_the_base_is_here_and_goes_to_the_hub() {
    let (folder, place, other) = (folder(), folder(), super::folder());
    let store = open(&folder);
    let mut medium = Medium::open(place.path().join("m"), &keys()).unwrap();
    mirror(&store, &mut medium);
    let blob = store.blobs().put(b"%PDF-1.4").unwrap();
    let row = BlobRecord {
        sha256: blob.sha256,
        size: blob.size,
        media_type: "application/pdf".to_owned(),
        state: BlobState::Local,
        created_at: now(),
    };
    let mut scanned = dossier(1);
    // The hub has the other one, and so the medium has not.
    scanned.components[0].scans = vec![scan_of(blob.sha256, blob.size), scan_of([2; 32], 20)];
    store.commit_now(batch().with(scanned).and(LocalWrite::Blob(row))).unwrap();
    mirror(&store, &mut medium);
    assert!(medium.put_blob(&store.config().folder, &blob.sha256).unwrap());
    drop(store);

    let copy = rebuilt(&place.path().join("m"), &other);
    copy.settle_scans(now()).unwrap();
    let to_send = copy.readers().read_now(|c| query::blobs::to_send(c, 1, 10)).unwrap();
    assert_eq!(to_send.iter().map(|blob| blob.sha256).collect::<Vec<_>>(), [blob.sha256]);
    assert_eq!(copy.blobs().read(&blob.sha256).unwrap(), b"%PDF-1.4");
    let there = copy.readers().read_now(|c| query::blobs::by_sha256(c, &[2; 32])).unwrap();
    assert_eq!(there.unwrap().state, BlobState::AtHub);
    drop(copy);
    assert_in_order(&other);
}

#[test]
fn another_journal_is_kept_beside_and_a_box_can_be_made_of_it() {
    let (_folders, at, store, medium) = mirrored();
    let other = folder();
    let head = store.readers().read_now(query::journal::head).unwrap();
    let beside = medium.set_aside().unwrap();
    assert!(!at.exists());
    assert_eq!(Medium::open(at, &keys()).unwrap().next_seq(), 0, "a new one begins");
    let copy = rebuilt(&beside, &other);
    assert_eq!(copy.readers().read_now(query::journal::head).unwrap(), head);
}

#[test]
fn while_a_base_is_on_its_way_to_the_medium_nothing_of_the_database_is_held() {
    let (_folders, at, store, mut medium) = mirrored();
    let folder = store.config().folder.clone();
    let opener = Opener::new(&folder, &keys(), Sealing::On).unwrap();
    let c = opener.open(Purpose::Write).unwrap();
    let wal = fs::File::open(folder.join("center.db-wal")).unwrap();
    let brought_in = || {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: i64 = c.query_row(sql, [], |row| row.get(0)).unwrap();
        (busy, wal.metadata().unwrap().len())
    };
    // Whoever reads keeps the log from being cut: so would a copy that goes straight to a stick.
    let reading = store.readers().read_now(|reader| {
        reader.execute_batch("BEGIN")?;
        reader.query_row("SELECT count(*) FROM entry", [], |row| row.get::<_, i64>(0))?;
        work(&store, 2);
        c.busy_timeout(std::time::Duration::ZERO)?;
        let held = brought_in();
        reader.execute_batch("COMMIT")?;
        Ok(held)
    });
    assert!(matches!(reading, Ok((1, 1..))), "{reading:?}");

    // The stick hangs from here on.
    let copy = taken(&store);
    work(&store, 3);
    assert_eq!(brought_in(), (0, 0), "the log is cut");
    medium.make_base(&copy, &folder, now(), |_| Ok(())).unwrap();
    assert_eq!(medium.next_seq(), 7, "what the copy has");
    assert!(folder.join("medium-copy").exists());
    drop(copy);
    assert!(!folder.join("medium-copy").exists(), "the box's disk is free again");
    mirror(&store, &mut medium);
    assert_eq!((medium.next_seq(), bases(&at).len()), (10, 1));
}

#[test]
fn what_is_committed_while_a_base_is_copied_is_on_the_medium_before_the_base_is() {
    let (_folders, at, store, mut medium) = mirrored();
    let (data, other) = (store.config().folder.clone(), folder());
    let copy = taken(&store);
    let before = bases(&at);
    let mut rebuilt_up_to = None;
    let between = |medium: &mut Medium| {
        if rebuilt_up_to.is_none() {
            work(&store, 2);
            append_all(&store, medium);
            // The box's disk dies here.
            let copy = rebuilt(&at, &other);
            assert_eq!(read(&copy, crate::books), read(&store, crate::books));
            rebuilt_up_to = Some(read(&copy, query::journal::head).seq);
        }
        Ok(())
    };
    medium.make_base(&copy, &data, now(), between).unwrap();
    assert_eq!(rebuilt_up_to, Some(6));
    assert_ne!(bases(&at), before);
    mirror(&store, &mut medium);
    assert_eq!((medium.next_seq(), bases(&at).len()), (7, 1));
    let again = folder();
    assert_eq!(read(&rebuilt(&at, &again), query::journal::head).seq, 6);
}

#[test]
fn a_copy_that_a_killed_daemon_left_is_gone_with_the_next_start() {
    let (folders, _at, store, medium) = mirrored();
    std::mem::forget(taken(&store));
    drop((store, medium));
    let left = config(&folders[0]).folder.join("medium-copy");
    assert!(left.exists());
    open(&folders[0]);
    assert!(!left.exists());
}

/// The last entries of the bases on a medium.
fn bases(at: &Path) -> Vec<String> {
    let names = fs::read_dir(at).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    names.filter(|name| name.starts_with("base-")).collect()
}

#[test]
fn a_sealed_run_goes_over_as_a_file_and_needs_no_new_base() {
    let (_folders, at, store, mut medium) = mirrored();
    let other = folder();
    let before = bases(&at);
    work(&store, 2);
    mirror(&store, &mut medium);
    store.commit_now(batch().and(acked(&store, 5))).unwrap();
    let (archive, later) = (Archive { run: 4, ..store.archive() }, after_s(100 * 86_400));
    let record = read(&store, |c| archive.seal_next(c, later, later)).unwrap();
    assert_eq!((record.first_seq, record.last_seq), (1, 4));
    store.commit_now(checkpoint(record, later)).unwrap();
    mirror(&store, &mut medium);
    while read(&store, query::segments::rows_behind) {
        store.commit_now(removal(later)).unwrap();
    }
    mirror(&store, &mut medium);
    assert_eq!(bases(&at), before, "the base stays");
    let books = read(&store, crate::books);
    drop(store);

    let copy = rebuilt(&at, &other);
    copy.seal_again(later).unwrap();
    let sealed = read(&copy, query::segments::last).unwrap();
    assert_eq!((sealed.last_seq, sealed.rev), (4, 1), "its file came along");
    assert_eq!(read(&copy, crate::books), books);
    while read(&copy, query::segments::rows_behind) {
        copy.commit_now(removal(later)).unwrap();
    }
    drop(copy);
    let report = check_folder(&config(&other).folder, &keys(), Depth::Full).unwrap();
    assert!(report.is_ok(), "{report:?}");
    assert_eq!((report.entries, report.segments), (7, 1));
}

#[test]
fn a_run_that_was_sealed_a_second_time_takes_the_first_file_s_place() {
    let (_folders, at, store, mut medium) = mirrored();
    store.commit_now(batch().and(acked(&store, 2))).unwrap();
    let (archive, later) = (Archive { run: 2, ..store.archive() }, after_s(100 * 86_400));
    let told = read(&store, |c| archive.seal_next(c, later, later)).unwrap();
    store.commit_now(checkpoint(told.clone(), later)).unwrap();
    mirror(&store, &mut medium);
    let file = at.join(format!("segments/{:020}.mcs", 1));
    let sha256_of = || journal::hex::encode(&journal::entry::sha256(&fs::read(&file).unwrap()));
    assert_eq!(sha256_of(), told.sha256);
    let again = read(&store, |c| archive.seal_again(c, &told, later)).unwrap();
    assert_ne!(again.sha256, told.sha256);
    store.commit_now(checkpoint(again.clone(), later)).unwrap();
    mirror(&store, &mut medium);
    assert_eq!(sha256_of(), again.sha256);
}

fn erased(store: &Store, dossier: &Dossier) {
    let record = ErasureRecord {
        key_id: Erasable::Dossier(dossier.id).key_id(),
        rule: "dossier".to_owned(),
        reason: "hết thời hạn lưu".to_owned(),
        by: "tran.minh".to_owned(),
        at: now(),
        rev: 1,
    };
    store.commit_now(batch().with(record)).unwrap();
}

#[test]
fn erasures_of_a_day_share_one_new_base() {
    let (_folders, at, store, mut medium) = mirrored();
    let dossiers = [7, 8, 9].map(dossier);
    for dossier in &dossiers {
        store.commit_now(batch().with(dossier.clone())).unwrap();
    }
    mirror(&store, &mut medium);
    let empty = bases(&at);
    erased(&store, &dossiers[0]);
    mirror(&store, &mut medium);
    let first = bases(&at);
    assert_ne!(first, empty, "the first one goes at once");
    erased(&store, &dossiers[1]);
    mirror_at(&store, &mut medium, after_s(3600));
    // It is known after a restart, too.
    drop(medium);
    let mut medium = Medium::open(at.clone(), &keys()).unwrap();
    erased(&store, &dossiers[2]);
    mirror_at(&store, &mut medium, after_s(23 * 3600));
    assert_eq!(bases(&at), first);
    mirror_at(&store, &mut medium, after_s(24 * 3600));
    assert_ne!(bases(&at), first, "within a day everything erased has left");
    assert_eq!(bases(&at).len(), 1);
}

#[test]
fn what_was_erased_behind_the_base_does_not_come_back_with_a_box_made_of_it() {
    let (_folders, at, store, mut medium) = mirrored();
    let other = folder();
    let (first, second) = (dossier(7), dossier(8));
    store.commit_now(batch().with(first.clone())).unwrap();
    let request = RequestKey::new("dossier", "lan:1");
    let outcome = serde_json::json!({ "asked": "ab", "reply": { "dossier": second } });
    let named = Batch { request, outcome, ..batch().with(second.clone()) };
    store.commit_now(named).unwrap();
    erased(&store, &first);
    mirror(&store, &mut medium);
    erased(&store, &second);
    let base = bases(&at);
    mirror(&store, &mut medium);
    assert_eq!(bases(&at), base, "it stands in the base");
    drop(store);

    let copy = rebuilt(&at, &other);
    let answers = read(&copy, |c| {
        let sql = "SELECT coalesce(group_concat(outcome), '') FROM request";
        Ok(c.query_row(sql, [], |row| row.get::<_, String>(0))?)
    });
    assert!(answers.contains(&second.id.to_string()) && !answers.contains(NAME), "{answers}");
    let after = read(&copy, |c| query::dossiers::by_id(c, second.id)).unwrap();
    assert_eq!(after.applicant, domain::dossier::Applicant::default());
    drop(copy);
    assert_in_order(&other);
}

#[test]
fn what_would_be_lost_is_what_neither_the_hub_nor_the_medium_has() {
    let folder = folder();
    let store = open(&folder);
    work(&store, 1);
    let risk = |mirrored| store.readers().read_now(|c| at_risk(c, mirrored)).unwrap();
    assert_eq!((risk(0), risk(2), risk(3)), (3, 1, 0));
    let acked = LocalWrite::UplinkAcked {
        epoch: 1,
        seq: 2,
        hash: [1; 32],
        parked: Vec::new(),
        message: Vec::new(),
    };
    store.commit_now(batch().and(acked)).unwrap();
    assert_eq!((risk(0), risk(3)), (1, 0));
}
