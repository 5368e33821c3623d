//! Clips that are none, folders that change, a player that fails.

use super::clip::{Clip, ClipFault, FILE_BYTES_MAX, GAP_MS, RATE_HZ, SECONDS_MAX, joined, samples};
use super::library::{ClipKeeper, Library, Refused, Utterance, read};
use super::loudspeaker::{FAILED, Player, WORKS};
use super::{ClipVoice, Tell};
use crate::actors::announcer::{Call, Voice};
use crate::actors::live::HallCallKind;
use crate::actors::testing::until;
use domain::announce::{Occasion, Way, Wording, reading, speech};
use domain::ids::CounterNumber;
use hound::{SampleFormat, WavSpec, WavWriter};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::Value;
use std::io::Cursor;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

const GOOD: WavSpec = WavSpec {
    channels: 1,
    sample_rate: RATE_HZ,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

fn wav(spec: WavSpec, samples: &[i16]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = WavWriter::new(Cursor::new(&mut bytes), spec).unwrap();
    for sample in samples {
        writer.write_sample(*sample).unwrap();
    }
    writer.finalize().unwrap();
    bytes
}

/// A tenth of a second.
pub(super) fn good() -> Vec<u8> {
    wav(GOOD, &[1_000; RATE_HZ as usize / 10])
}

/// Another content for every loudness.
pub(super) fn recording(loud: i16) -> Vec<u8> {
    wav(GOOD, &[loud; 3_000])
}

fn fault(bytes: Vec<u8>) -> &'static str {
    Clip::new("chime", bytes).unwrap_err().code()
}

fn fill(folder: &Path) {
    for word in reading::words() {
        std::fs::write(folder.join(format!("{}.wav", word.clip)), good()).unwrap();
    }
}

/// What was told, and the one to tell it to.
fn teller() -> (Arc<Mutex<Vec<&'static str>>>, Tell) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let tell: Tell = Box::new(move |code: &'static str, _: Value| kept.lock().unwrap().push(code));
    (told, tell)
}

fn call(label: &str) -> Call {
    Call {
        ticket: Uuid::nil(),
        label: label.to_owned(),
        counter: CounterNumber(3),
        kind: HallCallKind::Call,
        at: Timestamp::UNIX_EPOCH,
        occasion: Occasion::default(),
    }
}

fn whole_library() -> Library {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    Library::of(read(&[folder.path().to_owned()]).clips)
}

#[test]
fn what_is_not_a_clip_is_refused_with_its_code() {
    assert!(Clip::new("chime", good()).is_ok());
    assert_eq!(fault(Vec::new()), "voice.not_audio");
    assert_eq!(fault(b"MZ\x90\0 this is a program".to_vec()), "voice.not_audio");
    assert_eq!(fault(b"ID3\x04 a song".to_vec()), "voice.not_audio");
    let whole = good();
    assert_eq!(fault(whole[..whole.len() / 2].to_vec()), "voice.not_audio");
    for other in [
        WavSpec { channels: 2, ..GOOD },
        WavSpec { sample_rate: 44_100, ..GOOD },
        WavSpec { bits_per_sample: 24, ..GOOD },
    ] {
        assert_eq!(fault(wav(other, &[1_000; 200])), "voice.wrong_format", "{other:?}");
    }
    assert_eq!(fault(wav(GOOD, &[])), "voice.empty");
    assert_eq!(fault(wav(GOOD, &[0; 500])), "voice.empty");
    let long = vec![1_000; (RATE_HZ * SECONDS_MAX) as usize + 1];
    assert_eq!(fault(wav(GOOD, &long)), "voice.too_long");
    assert!(Clip::new("chime", wav(GOOD, &long[1..])).is_ok());
}

#[test]
fn a_file_too_large_and_a_folder_of_its_name_are_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chime.wav");
    std::fs::create_dir(&path).unwrap();
    assert_eq!(Clip::read("chime", &path), Err(ClipFault::Unreadable));
    std::fs::remove_dir(&path).unwrap();
    assert_eq!(Clip::read("chime", &path), Ok(None));
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(FILE_BYTES_MAX + 1).unwrap();
    assert_eq!(Clip::read("chime", &path), Err(ClipFault::TooLong));
}

proptest! {
    #[test]
    fn whatever_stands_in_the_header_the_daemon_goes_on(
        at in 0_usize..44, change in any::<[u8; 4]>(), cut in 0_usize..100,
    ) {
        let mut bytes = wav(GOOD, &[5; 8]);
        for (place, byte) in bytes.iter_mut().skip(at).zip(change) {
            *place = byte;
        }
        bytes.truncate(cut);
        if let Ok(found) = samples(&bytes) {
            prop_assert!(!found.is_empty() && found.len() <= 8);
        }
    }
}

#[test]
fn the_site_s_recording_comes_first_and_a_bad_one_leaves_the_placeholder() {
    let (own, placeholders) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fill(placeholders.path());
    let folders = [own.path().to_owned(), placeholders.path().to_owned()];
    std::fs::write(own.path().join("invite.wav"), wav(GOOD, &[7; 300])).unwrap();
    let bad = own.path().join("digit-1.wav");
    std::fs::write(&bad, "not audio").unwrap();
    let found = read(&folders);
    assert_eq!(found.refused, [Refused { file: bad, fault: ClipFault::NotAudio }]);
    assert!(found.missing.is_empty());
    assert_ne!(found.clips["invite"].tag, found.clips["again"].tag);
    assert_eq!(found.clips["digit-1"].tag, found.clips["again"].tag);
}

#[test]
fn a_recording_is_taken_without_a_restart_and_a_bad_one_is_told_once() {
    let (own, placeholders) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fill(placeholders.path());
    let (told, tell) = teller();
    let folders = vec![own.path().to_owned(), placeholders.path().to_owned()];
    let (library, mut keeper) = ClipKeeper::open(folders, tell);
    let before = library.clip("chime").unwrap();
    let bad = own.path().join("chime.wav");
    std::fs::write(&bad, "not audio").unwrap();
    assert!(keeper.look().is_empty(), "it may be a copy that has only begun");
    let refused = keeper.look();
    assert_eq!(refused, [Refused { file: bad.clone(), fault: ClipFault::NotAudio }]);
    assert_eq!(library.clip("chime").unwrap(), before);
    std::fs::write(own.path().join("invite.wav"), wav(GOOD, &[7; 300])).unwrap();
    keeper.look();
    assert!(keeper.look().is_empty(), "the bad one is known");
    assert_eq!(library.clip("invite").unwrap().wav, wav(GOOD, &[7; 300]));
    std::fs::remove_file(&bad).unwrap();
    keeper.look();
    assert!(keeper.look().is_empty());
    assert!(told.lock().unwrap().is_empty(), "nothing was wrong at the start");
}

#[test]
fn a_recording_that_is_still_being_copied_is_not_judged() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let (_, tell) = teller();
    let (library, mut keeper) = ClipKeeper::open(vec![folder.path().to_owned()], tell);
    let before = library.clip("invite").unwrap();
    let recording = wav(GOOD, &[7; 3_000]);
    for copied in [0, 44, 500, recording.len()] {
        std::fs::write(folder.path().join("invite.wav"), &recording[..copied]).unwrap();
        assert!(keeper.look().is_empty());
        assert_eq!(library.clip("invite").as_ref(), Some(&before));
    }
    assert!(keeper.look().is_empty());
    assert_eq!(library.clip("invite").unwrap().wav, recording);
}

#[test]
fn a_bad_clip_at_the_start_is_told_with_its_code() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    std::fs::write(folder.path().join("ten.wav"), "not audio").unwrap();
    let (told, tell) = teller();
    let (library, _keeper) = ClipKeeper::open(vec![folder.path().to_owned()], tell);
    assert_eq!(*told.lock().unwrap(), ["voice.not_audio", "voice.missing"]);
    assert_eq!(library.clip("ten"), None);
}

#[test]
fn clips_that_no_folder_has_are_told_once_by_name() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    for gone in ["ten", "for-result"] {
        std::fs::remove_file(folder.path().join(format!("{gone}.wav"))).unwrap();
    }
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let tell: Tell = Box::new(move |code: &'static str, details: Value| {
        kept.lock().unwrap().push((code, details));
    });
    let (_, _keeper) = ClipKeeper::open(vec![folder.path().to_owned()], tell);
    let clips = serde_json::json!({ "clips": ["for-result", "ten"] });
    assert_eq!(*told.lock().unwrap(), [("voice.missing", clips)]);
}

#[test]
fn a_transferred_number_and_a_result_are_said_so_and_plainly_where_their_clip_is_missing() {
    let said = |library: Library| {
        let mut voice = ClipVoice { library, screens: true, loudspeaker: None };
        let occasion = Occasion { way: Way::MovesOn, result: true };
        let clips = voice.say(&Call { occasion, ..call("A012") }, false);
        clips.iter().map(|clip| clip.split('/').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let number = ["chime", "invite", "letter-a", "ten", "digit-2"];
    let whole = [&number[..], &["on-to-counter", "digit-3", "for-result"]].concat();
    assert_eq!(said(whole_library()), whole);

    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    std::fs::write(folder.path().join("for-result.wav"), "not audio").unwrap();
    let plain = [&number[..], &["to-counter", "digit-3"]].concat();
    assert_eq!(said(Library::of(read(&[folder.path().to_owned()]).clips)), plain);
}

#[test]
fn a_sentence_without_one_of_its_words_is_only_a_chime() {
    let library = whole_library();
    let words = speech("A012", CounterNumber(3), Wording::Invitation).unwrap();
    let whole = library.utterance(&words);
    let names: Vec<&str> = whole.clips.iter().map(|clip| clip.name).collect();
    assert_eq!(names, words.clips);
    assert!(whole.length > SignedDuration::from_millis(700 + 7 * i64::from(GAP_MS)));

    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    std::fs::remove_file(folder.path().join("ten.wav")).unwrap();
    let found = read(&[folder.path().to_owned()]);
    assert_eq!(found.missing, ["ten"]);
    let library = Library::of(found.clips);
    let left = library.utterance(&words).clips;
    assert_eq!(left.iter().map(|clip| clip.name).collect::<Vec<_>>(), ["chime"]);
    assert_eq!(Library::default().utterance(&words), Utterance::default());
}

#[test]
fn joined_clips_are_one_sound_as_long_as_all_of_them() {
    let words = speech("A012", CounterNumber(3), Wording::Invitation).unwrap();
    let clips = whole_library().utterance(&words).clips;
    let sound = samples(&joined(&clips).unwrap()).unwrap();
    let gap = (RATE_HZ * GAP_MS / 1_000) as usize;
    assert_eq!(sound.len(), clips.len() * (RATE_HZ as usize / 10 + gap));
}

#[test]
fn screens_get_addresses_that_change_with_the_content() {
    let library = whole_library();
    let tag = library.clip("chime").unwrap().tag;
    let mut voice = ClipVoice { library, screens: true, loudspeaker: None };
    let addresses = voice.say(&call("A012"), false);
    assert_eq!(addresses[0], format!("chime/{tag}"));
    assert_eq!(addresses.len(), 7);
    assert!(voice.length(&call("A012"), false) > SignedDuration::ZERO);
    assert!(voice.say(&call("?"), false).is_empty());
    voice.screens = false;
    assert!(voice.say(&call("A012"), false).is_empty());
    assert_eq!(voice.length(&call("A012"), false), SignedDuration::ZERO);
}

#[test]
fn a_call_in_short_is_as_long_as_the_clips_that_are_said() {
    let mut voice = ClipVoice { library: whole_library(), screens: true, loudspeaker: None };
    for again in [false, true] {
        let call = if again { call("A012").again() } else { call("A012") };
        let (whole, short) = (voice.say(&call, false), voice.say(&call, true));
        assert_eq!((whole.len(), short.len()), (7, 6));
        // A tenth of a second of sound, and the silence behind it.
        let opening = SignedDuration::from_millis(100 + i64::from(GAP_MS));
        assert_eq!(voice.length(&call, false) - voice.length(&call, true), opening);
    }
}

/// A player that does what a script says; `$folder` is where it may write.
fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("player");
    let text = format!("#!/bin/sh\nfolder={}\n{text}\n", folder.display());
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn the_loudspeaker_plays_calls_one_after_the_other_on_the_named_device() {
    let folder = tempfile::tempdir().unwrap();
    let player = script(
        folder.path(),
        "echo \"begin $*\" >> $folder/log; cat > $folder/sound; echo end >> $folder/log",
    );
    let (told, tell) = teller();
    let (loudspeaker, player) = Player::new(player, "plughw:0,0".to_owned(), tell);
    let words = speech("A012", CounterNumber(3), Wording::Invitation).unwrap();
    let utterance = whole_library().utterance(&words);
    let sound = joined(&utterance.clips).unwrap();
    let playing = tokio::spawn(player.run());
    loudspeaker.say(utterance.clone());
    // The first is taken before the second comes, as the announcer's pace makes it.
    let log = folder.path().join("log");
    until("the first to begin", async || log.exists().then_some(())).await;
    loudspeaker.say(utterance);
    drop(loudspeaker);
    playing.await.unwrap();
    let begin = "begin --quiet --file-type=wav --device plughw:0,0 -";
    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(log.lines().collect::<Vec<_>>(), [begin, "end", begin, "end"]);
    assert_eq!(std::fs::read(folder.path().join("sound")).unwrap(), sound);
    assert!(told.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_loudspeaker_that_fails_is_told_once_and_once_more_when_it_works() {
    let folder = tempfile::tempdir().unwrap();
    let player = script(
        folder.path(),
        "echo x >> $folder/log; cat > /dev/null; \
         if [ -e $folder/plugged ]; then exit 0; fi; echo 'no such device' >&2; exit 1",
    );
    let (told, tell) = teller();
    let (loudspeaker, player) = Player::new(player, "default".to_owned(), tell);
    let words = speech("A012", CounterNumber(3), Wording::Invitation).unwrap();
    let utterance = whole_library().utterance(&words);
    let playing = tokio::spawn(player.run());
    for tries in 1..=3 {
        if tries == 3 {
            std::fs::write(folder.path().join("plugged"), "").unwrap();
        }
        loudspeaker.say(utterance.clone());
        let begun = || std::fs::read(folder.path().join("log")).map_or(0, |log| log.len() / 2);
        until("the call to be taken", async || (begun() >= tries).then_some(())).await;
        until("the failure", async || (!told.lock().unwrap().is_empty()).then_some(())).await;
    }
    drop(loudspeaker);
    playing.await.unwrap();
    assert_eq!(*told.lock().unwrap(), [FAILED, WORKS]);
}

#[tokio::test]
async fn a_player_that_complains_a_lot_plays_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    // More than a pipe holds.
    let player = script(
        folder.path(),
        "head -c 200000 /dev/zero >&2 || exit 1; cat > $folder/sound; exit 0",
    );
    let (told, tell) = teller();
    let (loudspeaker, player) = Player::new(player, "default".to_owned(), tell);
    let words = speech("A012", CounterNumber(3), Wording::Invitation).unwrap();
    let utterance = whole_library().utterance(&words);
    let sound = joined(&utterance.clips).unwrap();
    loudspeaker.say(utterance);
    drop(loudspeaker);
    player.run().await;
    assert!(told.lock().unwrap().is_empty());
    assert_eq!(std::fs::read(folder.path().join("sound")).unwrap(), sound);
}

#[tokio::test]
async fn a_player_that_is_not_there_is_told_and_calling_goes_on() {
    let (told, tell) = teller();
    let (loudspeaker, player) = Player::new("/nowhere/aplay".into(), "default".to_owned(), tell);
    let words = speech("A012", CounterNumber(3), Wording::Invitation).unwrap();
    loudspeaker.say(whole_library().utterance(&words));
    drop(loudspeaker);
    player.run().await;
    assert_eq!(*told.lock().unwrap(), [FAILED]);
}

#[test]
fn the_list_of_clips_is_the_program_s() {
    let list: toml::Table = include_str!("../../config/voice/clips.toml").parse().unwrap();
    let listed = list["clips"].as_table().unwrap();
    let known: Vec<(&str, &str)> = reading::words().map(|word| (word.clip, word.text)).collect();
    assert_eq!(listed.len(), known.len());
    for (name, text) in known {
        assert_eq!(listed[name].as_str(), Some(text), "{name}");
    }
}
