//! The store on a disk that forgets what was not synced: the power goes at the changes that the
//! store makes, and what was answered before must be there afterwards.

use std::path::{Path, PathBuf};

use forgetful_disk::{Dice, Disk, LOSSES, Lie, Loss, Lost};

use super::*;
use crate::archive::{checkpoint, removal};
use crate::records::{BlobRecord, BlobState};
use crate::{Archive, LocalWrite, Syncing, check_journal, query};

/// Entries in a segment here: enough runs for every step to be cut in a short day.
const RUN: usize = 3;

/// A machine with its own disk. Its data folder is there, as after an installation.
struct Machine {
    disk: Disk,
    _at: TempDir,
}

/// What the store has answered.
#[derive(Default)]
struct Answered {
    numbers: u32,
    tickets: Vec<Ticket>,
    scans: Vec<([u8; 32], Vec<u8>)>,
}

impl Machine {
    fn new() -> Self {
        let at = folder();
        let disk = Disk::mount(&at.path().join("disk")).unwrap();
        let machine = Self { disk, _at: at };
        std::fs::create_dir(machine.data()).unwrap();
        machine.disk.settle();
        machine
    }

    fn data(&self) -> PathBuf {
        self.disk.path().join("data")
    }

    fn config(&self) -> StoreConfig {
        StoreConfig::new(self.data().join("store"), node(), 1, keys())
    }

    fn cut(&self, loss: Loss, seed: u64) -> Lost {
        self.disk.cut();
        self.disk.restore_power(loss, &mut Dice::new(seed))
    }
}

/// The daemon from its start to its end, or until the power goes.
fn work(config: StoreConfig, answered: &mut Answered) {
    let Ok(store) = Store::open(config) else { return };
    serve(&store, answered);
    // What is cut off here is looked at again after the next start.
    let _cut_off = put_away(&store);
}

/// Tickets, dossiers and scans.
fn serve(store: &Store, answered: &mut Answered) {
    for _ in 0..3 {
        answered.numbers += 1;
        let ticket = ticket(answered.numbers);
        if store.commit_now(batch().with(ticket.clone())).is_ok() {
            answered.tickets.push(ticket);
        }
        let bytes = vec![answered.numbers as u8; 70_000];
        let Ok(blob) = store.blobs().put(&bytes) else { continue };
        let row = blob_row(blob.sha256, blob.size);
        if store.commit_now(batch().with(dossier(answered.numbers)).and(row)).is_ok() {
            answered.scans.push((blob.sha256, bytes));
        }
    }
}

/// The hub has everything; all that may leave the database goes into segments.
fn put_away(store: &Store) -> Result<(), StoreError> {
    let head = store.readers().read_now(query::journal::head)?;
    store.commit_now(batch().and(LocalWrite::UplinkAcked {
        epoch: head.epoch,
        seq: head.seq,
        hash: head.hash,
        parked: vec![],
        message: vec![],
    }))?;
    let archive = Archive { run: RUN, ..store.archive() };
    let later = after_s(100 * 86_400);
    loop {
        if store.readers().read_now(query::segments::rows_behind)? {
            store.commit_now(removal(later))?;
        } else if let Some(record) =
            store.readers().read_now(|c| archive.seal_next(c, later, later))?
        {
            store.commit_now(checkpoint(record, later))?;
        } else {
            return Ok(());
        }
    }
}

fn blob_row(sha256: [u8; 32], size: u64) -> LocalWrite {
    LocalWrite::Blob(BlobRecord {
        sha256,
        size,
        media_type: "application/pdf".to_owned(),
        state: BlobState::Local,
        created_at: now(),
    })
}

/// How much of what was answered is not there; the store itself must be in order.
fn missing(config: StoreConfig, answered: &Answered) -> usize {
    let store = Store::open(config.clone()).unwrap();
    let tickets = store.readers().read_now(|c| query::tickets::of_day(c, day())).unwrap();
    let tickets = answered.tickets.iter().filter(|ticket| !tickets.contains(ticket)).count();
    let scans = answered
        .scans
        .iter()
        .filter(|(sha256, bytes)| store.blobs().read(sha256).as_ref() != Ok(bytes))
        .count();
    drop(store);
    if config.sealing == Sealing::On && tickets + scans == 0 {
        let report = check_journal(&config.folder, &config.keys).unwrap();
        assert!(report.is_ok(), "{report:?}");
    }
    tickets + scans
}

/// One in so many changes is cut at in a run of the tests; which ones, chance says.
const ONE_IN: u64 = 3;

fn some_of(changes: u64) -> impl Iterator<Item = u64> {
    let first = Uuid::new_v4().as_u64_pair().0 % ONE_IN;
    println!("one change in {ONE_IN} of {changes}, from {first} on");
    (0..changes).filter(move |change| change % ONE_IN == first)
}

/// Changes that a whole run makes.
fn changes_of_a_run() -> u64 {
    let machine = Machine::new();
    let before = machine.disk.changes();
    let mut answered = Answered::default();
    work(machine.config(), &mut answered);
    assert_eq!((answered.tickets.len(), answered.scans.len()), (3, 3));
    machine.disk.changes() - before
}

#[test]
fn what_was_answered_is_there_whichever_change_the_power_cut_hits() {
    let mut lost = Lost::default();
    let mut survivors = 0;
    for change in some_of(changes_of_a_run()) {
        let machine = Machine::new();
        let mut answered = Answered::default();
        machine.disk.cut_after(change);
        work(machine.config(), &mut answered);
        let loss = LOSSES[change as usize % LOSSES.len()];
        lost = lost.and(machine.cut(loss, change));
        assert_eq!(missing(machine.config(), &answered), 0, "{loss:?} at change {change}");
        survivors += answered.tickets.len() + answered.scans.len();
        // and it goes on from there
        work(machine.config(), &mut answered);
        assert_eq!(missing(machine.config(), &answered), 0, "{loss:?} at change {change}");
    }
    assert!(survivors > 30 && lost.writes > 30 && lost.names > 15, "{survivors} {lost:?}");
}

#[test]
fn what_a_killed_daemon_left_unsynced_harms_nothing_that_is_answered_later() {
    for change in some_of(changes_of_a_run()) {
        let machine = Machine::new();
        let mut answered = Answered::default();
        machine.disk.cut_after(change);
        work(machine.config(), &mut answered);
        machine.disk.revive();
        // The same scans come again, as people repeat what was not answered.
        answered.numbers = 0;
        work(machine.config(), &mut answered);
        machine.cut(Loss::All, change);
        assert_eq!(missing(machine.config(), &answered), 0, "killed at change {change}");
    }
}

#[test]
fn a_backup_has_its_name_only_when_a_power_cut_cannot_harm_it_any_more() {
    let prepared = || {
        let machine = Machine::new();
        work(machine.config(), &mut Answered::default());
        machine.disk.settle();
        machine
    };
    let target = |machine: &Machine| machine.data().join("backups/one");
    let back_up = |machine: &Machine| {
        let store = Store::open(machine.config()).unwrap();
        // Opening is not what is tried here.
        machine.disk.settle();
        let before = machine.disk.changes();
        (store, before)
    };
    let machine = prepared();
    let (store, before) = back_up(&machine);
    store.backup(&target(&machine)).unwrap();
    let whole = machine.disk.changes() - before;
    for change in some_of(whole).chain([whole]) {
        let machine = prepared();
        let (store, _) = back_up(&machine);
        machine.disk.cut_after(change);
        let done = store.backup(&target(&machine)).is_ok();
        drop(store);
        let loss = LOSSES[change as usize % LOSSES.len()];
        machine.cut(loss, change);
        let there = target(&machine).exists();
        assert!(there || !done, "{loss:?} at change {change}: the backup is gone");
        if there {
            whole_backup(&target(&machine));
        }
        assert!(done || change < whole);
    }
}

fn whole_backup(folder: &Path) {
    let report = check_journal(folder, &keys()).unwrap();
    assert!(report.is_ok(), "{report:?}");
    // Six entries of the day and two checkpoints.
    assert_eq!((report.entries, report.segments, report.blobs), (8, 2, 3));
    let store = Store::open(StoreConfig::new(folder, node(), 1, keys())).unwrap();
    for number in 1..=3_u8 {
        let bytes = vec![number; 70_000];
        assert_eq!(store.blobs().read(&journal::entry::sha256(&bytes)).unwrap(), bytes);
    }
}

/// Where the daemon of the next test works when it is one in a process of its own.
const UNSYNCED: &str = "MOTCUA_TEST_UNSYNCED_FOLDER";

#[test]
fn a_store_that_does_not_sync_is_caught_losing_what_it_answered() {
    if let Some(folder) = std::env::var_os(UNSYNCED) {
        let config = StoreConfig::new(PathBuf::from(folder), node(), 1, keys());
        let mut answered = Answered::default();
        work(StoreConfig { syncing: Syncing::Off, ..config }, &mut answered);
        assert_eq!((answered.tickets.len(), answered.scans.len()), (3, 3));
        return;
    }
    let machine = Machine::new();
    let folder = machine.data().join("store");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join(crate::DEMO_MARK), b"").unwrap();
    // The tables stand; what is tried is the day.
    drop(Store::open(machine.config()).unwrap());
    machine.disk.settle();
    // A process that unmaps pages which it never synced waits for the disk with its memory locked, and
    // the disk is served by this one: they must be two.
    let name = "tests::cuts::a_store_that_does_not_sync_is_caught_losing_what_it_answered";
    let daemon = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(UNSYNCED, &folder)
        .output()
        .unwrap();
    assert!(daemon.status.success(), "{}", String::from_utf8_lossy(&daemon.stdout));
    machine.cut(Loss::All, 1);
    let store = Store::open(machine.config()).unwrap();
    let tickets = store.readers().read_now(|c| query::tickets::of_day(c, day())).unwrap();
    assert!(tickets.len() < 3, "all {} tickets are there", tickets.len());
}

#[test]
fn a_store_that_does_not_sync_is_only_for_demonstrations() {
    let machine = Machine::new();
    let config = StoreConfig { syncing: Syncing::Off, ..machine.config() };
    assert_eq!(Store::open(config).err(), Some(crate::StoreError::NotADemo));
}

#[test]
fn a_folder_whose_sync_is_left_out_is_caught_losing_scans() {
    let machine = Machine::new();
    drop(Store::open(machine.config()).unwrap());
    machine.disk.settle();
    machine.disk.lie(Lie { folders: true, files: false });
    let mut answered = Answered::default();
    work(machine.config(), &mut answered);
    machine.cut(Loss::All, 1);
    assert!(missing(machine.config(), &answered) > 0);
}

#[test]
fn a_folder_whose_sync_is_left_out_is_caught_losing_segments() {
    let machine = Machine::new();
    let store = Store::open(machine.config()).unwrap();
    let mut answered = Answered::default();
    serve(&store, &mut answered);
    machine.disk.settle();
    machine.disk.lie(Lie { folders: true, files: false });
    put_away(&store).unwrap();
    machine.disk.cut();
    drop(store);
    machine.cut(Loss::All, 1);
    let report = check_journal(&machine.config().folder, &keys()).unwrap();
    let missing = |problem: &crate::Problem| problem.code == "check.segment_missing";
    assert!(report.problems.iter().any(missing), "{report:?}");
}
