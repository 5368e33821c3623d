//! Small programs write with and without a sync, and the cut shows exactly what it may.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::*;

struct Bench {
    disk: Disk,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::mount(&folder.path().join("disk")).unwrap();
        Self { disk, folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join("disk").join(name)
    }

    fn cut(&self, loss: Loss, seed: u64) -> Lost {
        self.disk.cut();
        self.disk.restore_power(loss, &mut Dice::new(seed))
    }
}

fn sync_folder(folder: &Path) {
    File::open(folder).unwrap().sync_all().unwrap();
}

fn write_synced(path: &Path, bytes: &[u8]) {
    let mut file = File::create(path).unwrap();
    file.write_all(bytes).unwrap();
    file.sync_all().unwrap();
    sync_folder(path.parent().unwrap());
}

#[test]
fn it_is_a_disk_like_any_other_while_it_has_power() {
    let bench = Bench::new();
    fs::create_dir_all(bench.at("a/b")).unwrap();
    fs::write(bench.at("a/b/one"), vec![7; 3_000_000]).unwrap();
    fs::copy(bench.at("a/b/one"), bench.at("two")).unwrap();
    assert_eq!(fs::read(bench.at("two")).unwrap(), vec![7; 3_000_000]);
    fs::hard_link(bench.at("two"), bench.at("three")).unwrap();
    std::os::unix::fs::symlink("two", bench.at("link")).unwrap();
    assert_eq!(fs::metadata(bench.at("link")).unwrap().len(), 3_000_000);
    fs::rename(bench.at("a/b"), bench.at("b")).unwrap();
    assert!(fs::remove_dir(bench.at("b")).is_err());
    fs::remove_file(bench.at("b/one")).unwrap();
    fs::remove_dir(bench.at("b")).unwrap();
    File::options().write(true).open(bench.at("two")).unwrap().set_len(5).unwrap();
    assert_eq!(fs::read(bench.at("three")).unwrap(), [7; 5]);
    let file = File::options().append(true).open(bench.at("two")).unwrap();
    (&file).write_all(b"end").unwrap();
    assert_eq!(fs::read(bench.at("link")).unwrap(), b"\x07\x07\x07\x07\x07end");
    let _socket = std::os::unix::net::UnixListener::bind(bench.at("socket")).unwrap();
    std::os::unix::net::UnixStream::connect(bench.at("socket")).unwrap();
    let names: BTreeSet<String> = fs::read_dir(bench.at(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, ["a", "link", "socket", "three", "two"].map(String::from).into());
}

#[test]
fn what_was_synced_survives_every_cut() {
    let bench = Bench::new();
    for (seed, loss) in (0..40).zip(LOSSES.iter().cycle()) {
        let path = bench.at(&format!("file-{seed}"));
        write_synced(&path, &[seed as u8; 10_000]);
        fs::write(bench.at("other"), [seed as u8; 10_000]).unwrap();
        bench.cut(*loss, seed);
        for earlier in 0..=seed {
            let left = fs::read(bench.at(&format!("file-{earlier}"))).unwrap();
            assert_eq!(left, [earlier as u8; 10_000], "{loss:?}");
        }
    }
}

#[test]
fn a_write_without_a_sync_is_gone_and_the_one_before_it_is_not() {
    let bench = Bench::new();
    write_synced(&bench.at("file"), b"first");
    let file = File::options().write(true).open(bench.at("file")).unwrap();
    file.write_all_at(b" and second", 5).unwrap();
    assert_eq!(fs::read(bench.at("file")).unwrap(), b"first and second");
    let lost = bench.cut(Loss::All, 1);
    assert_eq!(fs::read(bench.at("file")).unwrap(), b"first");
    assert_eq!((lost.writes, lost.bytes, lost.names), (1, 11, 0));
    // and what was open before the cut is closed by it
    assert!(file.write_all_at(b"x", 0).is_err());
}

#[test]
fn a_synced_file_in_a_folder_that_was_not_synced_has_no_name() {
    let bench = Bench::new();
    let mut file = File::create(bench.at("file")).unwrap();
    file.write_all(b"safe, but where?").unwrap();
    file.sync_all().unwrap();
    bench.cut(Loss::All, 1);
    assert!(!bench.at("file").exists());

    let mut file = File::create(bench.at("file")).unwrap();
    file.write_all(b"safe").unwrap();
    file.sync_all().unwrap();
    sync_folder(&bench.at(""));
    bench.cut(Loss::All, 1);
    assert_eq!(fs::read(bench.at("file")).unwrap(), b"safe");
}

#[test]
fn a_folder_of_a_folder_that_was_not_synced_takes_everything_in_it_along() {
    let bench = Bench::new();
    fs::create_dir(bench.at("folder")).unwrap();
    write_synced(&bench.at("folder/file"), b"safe");
    bench.cut(Loss::All, 1);
    assert!(!bench.at("folder").exists());
}

#[test]
fn a_rename_is_whole_or_not_at_all() {
    let (mut old, mut new) = (0, 0);
    for seed in 0..60 {
        let bench = Bench::new();
        fs::create_dir(bench.at("from")).unwrap();
        fs::create_dir(bench.at("to")).unwrap();
        sync_folder(&bench.at(""));
        write_synced(&bench.at("to/name"), b"old");
        write_synced(&bench.at("from/draft"), b"new");
        fs::rename(bench.at("from/draft"), bench.at("to/name")).unwrap();
        bench.cut(Loss::Some, seed);
        match fs::read(bench.at("to/name")).unwrap().as_slice() {
            b"old" => {
                old += 1;
                assert_eq!(fs::read(bench.at("from/draft")).unwrap(), b"new");
            }
            b"new" => new += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(old > 5 && new > 5, "{old} old, {new} new");
}

#[test]
fn a_moved_thing_is_never_lost_under_both_names() {
    for seed in 0..60 {
        let bench = Bench::new();
        fs::create_dir(bench.at("from")).unwrap();
        fs::create_dir(bench.at("to")).unwrap();
        sync_folder(&bench.at(""));
        write_synced(&bench.at("from/draft"), b"new");
        fs::rename(bench.at("from/draft"), bench.at("to/name")).unwrap();
        if seed % 2 == 0 {
            sync_folder(&bench.at("from"));
        }
        bench.cut(*LOSSES.iter().cycle().nth(seed).unwrap(), seed as u64);
        let (from, to) = (bench.at("from/draft").exists(), bench.at("to/name").exists());
        assert!(from || to, "seed {seed}");
        assert!(seed % 2 != 0 || to, "seed {seed}");
    }
}

#[test]
fn the_power_goes_at_the_appointed_change() {
    let bench = Bench::new();
    let mut file = File::create(bench.at("file")).unwrap();
    sync_folder(&bench.at(""));
    bench.disk.cut_after(3);
    file.write_all(b"a").unwrap();
    file.sync_all().unwrap();
    file.write_all(b"b").unwrap();
    assert!(!bench.disk.is_cut());
    assert!(file.sync_all().is_err());
    assert!(bench.disk.is_cut() && bench.disk.wait_for_cut(Duration::ZERO));
    assert!(fs::read(bench.at("file")).is_err());
    bench.disk.restore_power(Loss::All, &mut Dice::new(1));
    assert_eq!(fs::read(bench.at("file")).unwrap(), b"a");
}

#[test]
fn a_kill_takes_nothing_and_makes_nothing_safe() {
    let bench = Bench::new();
    fs::write(bench.at("file"), b"not synced").unwrap();
    bench.disk.cut();
    bench.disk.revive();
    assert_eq!(fs::read(bench.at("file")).unwrap(), b"not synced");
    bench.cut(Loss::All, 1);
    assert!(!bench.at("file").exists());
}

#[test]
fn a_lying_disk_loses_what_it_called_safe() {
    let bench = Bench::new();
    bench.disk.lie(Lie { folders: true, files: false });
    write_synced(&bench.at("one"), b"safe");
    bench.cut(Loss::All, 1);
    assert!(!bench.at("one").exists());
    bench.disk.lie(Lie { folders: false, files: true });
    write_synced(&bench.at("one"), b"safe");
    bench.cut(Loss::All, 1);
    assert_eq!(fs::read(bench.at("one")).unwrap(), b"");
}

#[test]
fn what_the_kernel_kept_of_a_file_ends_with_the_cut() {
    let bench = Bench::new();
    write_synced(&bench.at("file"), &[1; 8192]);
    let file = File::options().write(true).open(bench.at("file")).unwrap();
    file.write_all_at(&[2; 8192], 0).unwrap();
    assert_eq!(fs::read(bench.at("file")).unwrap(), [2; 8192]);
    drop(file);
    bench.cut(Loss::All, 1);
    assert_eq!(fs::read(bench.at("file")).unwrap(), [1; 8192]);
}

#[test]
fn several_folders_of_a_machine_lose_their_power_together() {
    let mut bench = Bench::new();
    let place = bench.folder.path().join("elsewhere");
    bench.disk.show("inside", &place).unwrap();
    write_synced(&place.join("kept"), b"safe");
    fs::write(place.join("lost"), b"not safe").unwrap();
    fs::write(bench.at("lost"), b"not safe").unwrap();
    bench.cut(Loss::All, 1);
    assert_eq!(fs::read(place.join("kept")).unwrap(), b"safe");
    assert_eq!(fs::read(bench.at("inside/kept")).unwrap(), b"safe");
    assert!(!place.join("lost").exists() && !bench.at("lost").exists());
}

#[test]
fn a_call_that_waits_since_the_cut_fails_when_it_is_let_go() {
    let bench = Bench::new();
    bench.disk.hold_at_cut();
    bench.disk.cut();
    let at = bench.at("late");
    let late = std::thread::spawn(move || fs::write(at, b"late"));
    bench.disk.let_go();
    assert!(late.join().unwrap().is_err());
    bench.disk.restore_power(Loss::Some, &mut Dice::new(1));
    assert!(!bench.at("late").exists());
    fs::write(bench.at("next"), b"next").unwrap();
}
