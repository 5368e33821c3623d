//! The site's own recordings in a backup, and back out of it: they lie in no table and at no hub, and
//! nobody should have to stand before a microphone again because a disk died.
//!
//! Beside the files lies `SHA256SUMS`, so that `sha256sum -c` checks them, too. Only what the voice would
//! take is copied: known names, each a clip. A file that is another one than its sum says stays behind and
//! is told; the restore goes on, and the placeholder is heard.

use super::clip::{Clip, ClipFault};
use domain::announce::reading;
use ring::digest::{SHA256, digest};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// The list of the sums.
pub const SUMS: &str = "SHA256SUMS";
/// A longer list is not read: a line of each known clip is less than a quarter of it. Bytes.
const SUMS_BYTES_MAX: u64 = 32 * 1024;

/// The code of a recording that is not the one of its sum, or has none.
pub const DIFFERS: &str = "voice.digest_differs";
/// The code of a recording that its list names and that is not there.
pub const GONE: &str = "voice.recording_missing";

/// What was copied.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// How many.
    pub count: usize,
    /// Files that stayed behind, with a stable code each.
    pub left_out: Vec<(PathBuf, &'static str)>,
}

/// Copies the site's recordings into a backup, where there are any: at most one of each known name, each
/// at most as large as a clip may be.
///
/// # Errors
/// The backup's folder cannot be written.
pub fn back_up(recordings: &Path, to: &Path) -> io::Result<Copied> {
    let mut copied = Copied::default();
    let mut sums = String::new();
    for word in reading::words() {
        let name = file_name(word.clip);
        match read(word.clip, recordings) {
            Ok(None) => {}
            Ok(Some(clip)) => {
                write(to, &name, &clip.wav)?;
                sums.push_str(&format!("{}  {name}\n", sum(&clip.wav)));
                copied.count += 1;
            }
            Err(fault) => copied.left_out.push((recordings.join(name), fault.code())),
        }
    }
    if copied.count > 0 {
        write(to, SUMS, sums.as_bytes())?;
    }
    Ok(copied)
}

/// Brings the recordings of a backup back. What the site has recorded since stays. Running it again after
/// a power cut brings the rest.
///
/// # Errors
/// The list of the sums cannot be read, or the site's folder not be written.
pub fn bring_back(backup: &Path, to: &Path) -> io::Result<Copied> {
    let mut copied = Copied::default();
    let sums = sums_of(backup)?;
    for word in reading::words() {
        let name = file_name(word.clip);
        let code = match (read(word.clip, backup), sums.get(&name)) {
            (Ok(None), None) => continue,
            (Ok(None), Some(_)) => GONE,
            (Ok(Some(clip)), Some(known)) if *known == sum(&clip.wav) => {
                if !to.join(&name).exists() {
                    write(to, &name, &clip.wav)?;
                    copied.count += 1;
                }
                continue;
            }
            // Also one without a sum: nobody knows who laid it there.
            (Ok(Some(_)), _) => DIFFERS,
            (Err(fault), _) => fault.code(),
        };
        copied.left_out.push((backup.join(name), code));
    }
    Ok(copied)
}

fn file_name(clip: &str) -> String {
    format!("{clip}.wav")
}

fn read(name: &'static str, folder: &Path) -> Result<Option<Clip>, ClipFault> {
    Clip::read(name, &folder.join(file_name(name)))
}

fn sum(bytes: &[u8]) -> String {
    journal::hex::encode(digest(&SHA256, bytes).as_ref())
}

/// The sums by file name; none where there is no list.
fn sums_of(backup: &Path) -> io::Result<BTreeMap<String, String>> {
    let file = match File::open(backup.join(SUMS)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut text = Vec::new();
    file.take(SUMS_BYTES_MAX).read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter_map(|line| line.split_once("  "));
    Ok(lines.map(|(sum, name)| (name.to_owned(), sum.to_owned())).collect())
}

/// Writes a file whole or not at all.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let beside = folder.join(format!("{name}.part"));
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, folder.join(name))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::clip::FILE_BYTES_MAX;
    use crate::voice::tests::{good, recording};

    struct Folders {
        _all: tempfile::TempDir,
        site: PathBuf,
        backup: PathBuf,
        fresh: PathBuf,
    }

    fn folders() -> Folders {
        let all = tempfile::tempdir().unwrap();
        let [site, backup, fresh] = ["site", "backup", "fresh"].map(|name| all.path().join(name));
        fs::create_dir(&site).unwrap();
        Folders { _all: all, site, backup, fresh }
    }

    #[test]
    fn recordings_come_back_from_a_backup_as_they_were() {
        let Folders { site, backup, fresh, _all } = folders();
        fs::write(site.join("invite.wav"), recording(3)).unwrap();
        fs::write(site.join("ten.wav"), recording(4)).unwrap();
        assert_eq!(back_up(&site, &backup).unwrap(), Copied { count: 2, left_out: Vec::new() });
        assert_eq!(bring_back(&backup, &fresh).unwrap(), Copied { count: 2, left_out: Vec::new() });
        assert_eq!(fs::read(fresh.join("invite.wav")).unwrap(), recording(3));
        assert_eq!(fs::read(fresh.join("ten.wav")).unwrap(), recording(4));
        assert_eq!(fs::read_dir(&fresh).unwrap().count(), 2, "no list and no half file");
    }

    #[test]
    fn a_recording_that_is_not_the_one_of_its_sum_stays_behind_and_is_told() {
        let Folders { site, backup, fresh, _all } = folders();
        for name in ["invite", "ten", "tens", "again"] {
            fs::write(site.join(format!("{name}.wav")), good()).unwrap();
        }
        back_up(&site, &backup).unwrap();
        fs::write(backup.join("ten.wav"), recording(9)).unwrap();
        fs::write(backup.join("hundred.wav"), good()).unwrap();
        fs::write(backup.join("again.wav"), "cut").unwrap();
        fs::remove_file(backup.join("tens.wav")).unwrap();
        let back = bring_back(&backup, &fresh).unwrap();
        assert_eq!(back.count, 1);
        let told: BTreeMap<_, _> = back
            .left_out
            .iter()
            .map(|(path, code)| (path.file_name().unwrap().to_str().unwrap(), *code))
            .collect();
        let wanted = [
            ("again.wav", "voice.not_audio"),
            ("hundred.wav", DIFFERS),
            ("ten.wav", DIFFERS),
            ("tens.wav", GONE),
        ];
        assert_eq!(told, BTreeMap::from(wanted));
        assert!(fresh.join("invite.wav").exists() && !fresh.join("ten.wav").exists());
    }

    #[test]
    fn only_clips_under_known_names_are_copied_and_none_too_large() {
        let Folders { site, backup, _all, .. } = folders();
        fs::write(site.join("holiday.wav"), good()).unwrap();
        fs::write(site.join("invite.wav"), "not audio").unwrap();
        File::create(site.join("ten.wav")).unwrap().set_len(FILE_BYTES_MAX + 1).unwrap();
        let copied = back_up(&site, &backup).unwrap();
        assert_eq!(copied.count, 0);
        let codes: Vec<&str> = copied.left_out.iter().map(|(_, code)| *code).collect();
        assert_eq!(codes, ["voice.not_audio", "voice.too_long"]);
        assert!(!backup.exists(), "nothing was copied");
    }

    #[test]
    fn what_the_site_recorded_since_stays_and_a_backup_without_recordings_is_none() {
        let Folders { site, backup, fresh, _all } = folders();
        assert_eq!(back_up(&fresh, &backup).unwrap(), Copied::default());
        assert_eq!(bring_back(&backup, &fresh).unwrap(), Copied::default());
        fs::write(site.join("invite.wav"), recording(3)).unwrap();
        back_up(&site, &backup).unwrap();
        fs::write(site.join("invite.wav"), recording(5)).unwrap();
        assert_eq!(bring_back(&backup, &site).unwrap(), Copied::default());
        assert_eq!(fs::read(site.join("invite.wav")).unwrap(), recording(5));
    }
}
