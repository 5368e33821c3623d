//! The sign's packets, its loop over every transport, and unplugging.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::protocol::{LABEL_LENGTH_MAX, Packets, Sign};
use super::settings::{Colour, Settings, TextForm};
use super::sim::{self, Control, Options, Parser};
use crate::class::sign::{SignMode, SignShow, fold_ascii};
use crate::tests::{Socat, capture, config, peer, reason, serial, state_event, until, when};
use crate::{DeviceState, EventKind, Events, TransportConfig, spawn};

pub(super) fn settings(checksum: bool) -> Settings {
    Settings {
        address: "00".to_owned(),
        sign_type: "Z".to_owned(),
        checksum,
        flash_s: 6,
        resend_s: 60,
        pace_baud: 9600,
        text: TextForm::Ascii,
        rows: 7,
        columns: 80,
        colour: Colour::Red,
    }
}

pub(super) fn show(label: &str, mode: SignMode) -> SignShow {
    let label = (!label.is_empty()).then(|| label.to_owned());
    SignShow { label, mode, at: Instant::now() }
}

/// A simulated sign that takes bytes directly.
fn commands(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut parser = Parser::default();
    bytes
        .iter()
        .filter_map(|byte| parser.take(*byte))
        .map(|packet| packet.expect("a whole packet").command)
        .collect()
}

#[test]
fn our_packets_are_those_that_other_libraries_send() {
    let packets = Packets::new(&settings(false));
    assert_eq!(packets.plain_text("105"), capture("led_alpha", "text_105_hold.hex"));
    assert_eq!(packets.memory(), capture("led_alpha", "memory.hex"));
}

#[test]
fn an_independent_library_reads_our_text_packets() {
    let script = r#"
from alphasign.commands.text import parse_read_text_response
label, position, mode, message = parse_read_text_response(sys.stdin.buffer.read())
out.write("|".join([label, position.name, mode.name, message.replace(b"\xff", b"").decode()]).encode())
"#;
    for checksum in [false, true] {
        let packets = Packets::new(&settings(checksum));
        let read = peer(script, &packets.plain_text("A012 - Quầy 3"));
        let read = String::from_utf8(read).expect("text");
        assert_eq!(read, "A|MIDDLE_LINE|HOLD|A012 - Quay 3");
        let read = String::from_utf8(peer(script, &packets.priority("A012"))).expect("text");
        assert_eq!(read, "0|MIDDLE_LINE|FLASH|A012");
    }
}

#[test]
fn a_packet_with_a_wrong_checksum_is_refused_and_the_next_one_taken() {
    let mut bytes = capture("led_alpha", "text_with_checksum.hex");
    let whole = bytes.clone();
    let flipped = bytes.iter().position(|byte| *byte == b'Q').expect("a letter");
    bytes[flipped] = b'R';
    bytes.extend(whole);
    let mut parser = Parser::default();
    let packets: Vec<_> = bytes.iter().filter_map(|byte| parser.take(*byte)).collect();
    assert_eq!(packets[0], Err("wrong_checksum"));
    assert!(packets[1].is_ok());
}

#[test]
fn a_cut_packet_and_noise_do_not_spoil_the_next_packet() {
    let bytes = capture("led_alpha", "cut_then_whole.hex");
    assert_eq!(commands(&bytes).last().expect("a packet"), b"AA\x1B\x20bA012");
}

#[test]
fn vietnamese_is_folded_for_text_signs() {
    assert_eq!(fold_ascii("Đã đến lượt Nguyễn Văn Ánh"), "Da den luot Nguyen Van Anh");
    assert_eq!(fold_ascii("quầy\u{00A0}số 3 – mời"), "quay so 3 - moi");
    assert_eq!(fold_ascii("\u{1F600}"), "?");
}

#[test]
fn a_call_flashes_and_then_stands() {
    let start = Instant::now();
    let mut sign = Sign::new(&settings(true), start);
    let called = commands(&sign.show(&show("A012", SignMode::Flash), start));
    assert_eq!(called, [b"A0\x1B\x20cA012".to_vec(), b"GSA012".to_vec()], "seen first, then under");
    assert_eq!(sign.due(), start + Duration::from_secs(6));
    assert!(sign.tick(start + Duration::from_secs(5)).is_empty());
    assert_eq!(commands(&sign.tick(start + Duration::from_secs(6))), [b"A0".to_vec()]);
}

#[test]
fn a_replugged_sign_flashes_only_what_was_just_called() {
    let mut call = show("A012", SignMode::Flash);
    let mut sign = Sign::new(&settings(true), call.at);
    let soon = call.at + Duration::from_secs(2);
    assert_eq!(commands(&sign.connected(&call, soon))[2], b"A0\x1B\x20cA012");
    assert_eq!(sign.due(), call.at + Duration::from_secs(6), "for what is left of its time");
    let late = call.at + Duration::from_secs(6);
    assert_eq!(commands(&sign.connected(&call, late))[2..], [b"GSA012".to_vec(), b"A0".to_vec()]);
    call.label = None;
    assert_eq!(commands(&sign.connected(&call, soon))[2], b"GS");
}

#[test]
fn the_state_is_sent_again_because_a_sign_does_not_acknowledge() {
    let start = Instant::now();
    let mut sign = Sign::new(&settings(true), start);
    sign.show(&show("A012", SignMode::Hold), start);
    let minute = start + Duration::from_secs(60);
    assert_eq!(sign.due(), minute);
    assert_eq!(commands(&sign.tick(minute)), [b"GSA012".to_vec(), b"A0".to_vec()]);
    assert_eq!(sign.due(), minute + Duration::from_secs(60));
}

#[test]
fn a_sign_that_went_dark_is_set_up_once_more_in_case_it_had_lost_its_power() {
    let start = Instant::now();
    let mut sign = Sign::new(&settings(true), start);
    sign.connected(&show("A012", SignMode::Hold), start);
    let minutes = |count: u64| start + Duration::from_secs(60 * count);
    let stands = [b"GSA012".to_vec(), b"A0".to_vec()];
    assert_eq!(commands(&sign.tick(minutes(1))), stands, "it would blank a number");
    let cleared = commands(&sign.show(&show("", SignMode::Hold), minutes(1)));
    let dark = [b"GS".to_vec(), b"A0".to_vec()];
    assert_eq!(cleared, dark, "the next call may come at once, and must not find it busy");
    let set_up = commands(&sign.tick(minutes(2)));
    assert_eq!(set_up[0], b"E$AAU0100FFFFSBL00100000");
    assert_eq!(set_up[2..], dark);
    assert_eq!(commands(&sign.tick(minutes(3))), dark, "once");
}

#[test]
fn a_recall_of_the_same_number_flashes_again() {
    let start = Instant::now();
    let mut sign = Sign::new(&settings(true), start);
    sign.show(&show("A012", SignMode::Flash), start);
    let later = start + Duration::from_secs(5);
    sign.show(&show("A012", SignMode::Flash), later);
    assert_eq!(sign.due(), later + Duration::from_secs(6));
}

#[test]
fn a_number_held_while_another_flashes_ends_the_flashing() {
    let start = Instant::now();
    let mut sign = Sign::new(&settings(true), start);
    sign.show(&show("A012", SignMode::Flash), start);
    let cleared = commands(&sign.show(&show("", SignMode::Hold), start));
    assert_eq!(cleared, [b"GS".to_vec(), b"A0".to_vec()]);
    assert_eq!(sign.due(), start + Duration::from_secs(60), "nothing flashes any more");
}

proptest! {
    #[test]
    fn whatever_is_wished_the_packet_reads_back_as_its_folded_start(label in "\\PC{0,40}") {
        for checksum in [false, true] {
            let packets = Packets::new(&settings(checksum));
            let read = commands(&packets.string(&label));
            let folded: String = fold_ascii(&label).chars().take(LABEL_LENGTH_MAX).collect();
            prop_assert_eq!(&read[0], &[b"GS", folded.as_bytes()].concat());
        }
    }

    #[test]
    fn no_bytes_break_the_simulated_sign(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut parser = Parser::default();
        for byte in bytes {
            let _ = parser.take(byte);
        }
    }
}

#[tokio::test]
async fn a_sign_shows_the_latest_wish_over_tcp() {
    let control = Control::new(&Options::default()).expect("a sign");
    let server = sim::serve_tcp(([127, 0, 0, 1], 0).into(), &control).await.expect("an address");
    let address = server.address.expect("TCP").to_string();
    let (events, mut heard) = Events::channel(64);
    let task = spawn(config("led_alpha", TransportConfig::Tcp { address }, ""), events)
        .expect("right settings");
    let sign = task.sign().expect("a sign");
    for number in 0..50 {
        sign.show(Some(format!("A{number:03}")), SignMode::Hold);
    }
    until(&mut control.watch(), |shown| shown.text == "A049" && shown.mode == "hold").await;
    assert_eq!(state_event(&mut heard, DeviceState::Online).await, "device.ready");
    let (taken, refused) = control.counts();
    assert!(taken < 20, "{taken} packets: newer wishes replaced older ones");
    assert_eq!(refused, 0);
}

#[tokio::test]
async fn a_sign_on_a_serial_line_is_unplugged_and_recovers_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("led");
    let control = Control::new(&Options::default()).expect("a sign");
    let _server = sim::serve_pty(&link, &control).await.expect("a line");
    let (events, mut heard) = Events::channel(64);
    let task = spawn(config("led_alpha", serial(&link), "flash_s = 1"), events).expect("settings");
    let sign = task.sign().expect("a sign");
    sign.show(Some("A001".to_owned()), SignMode::Flash);
    let mut shown = control.watch();
    until(&mut shown, |shown| shown.text == "A001" && shown.mode == "flash").await;
    until(&mut shown, |shown| shown.text == "A001" && shown.mode == "hold").await;
    assert_eq!(state_event(&mut heard, DeviceState::Online).await, "device.ready");

    control.unplug();
    let gone = state_event(&mut heard, DeviceState::Offline).await;
    assert!(["device.unplugged", "device.line_lost"].contains(&gone), "{gone}");
    reason(&mut task.state(), "device.unplugged").await;
    control.swap();
    sign.show(Some("A002".to_owned()), SignMode::Flash);
    sign.show(Some("A003".to_owned()), SignMode::Flash);

    control.plug();
    until(&mut shown, |shown| shown.text == "A003" && shown.mode == "hold").await;
    let mut offline = 0;
    loop {
        match heard.recv().await.expect("events").kind {
            EventKind::State { state: DeviceState::Online, .. } => break,
            EventKind::State { state: DeviceState::Offline, .. } => offline += 1,
            _ => {}
        }
    }
    assert_eq!(offline, 0, "one pulled plug is one event");
}

#[tokio::test]
async fn a_replugged_sign_shows_what_is_now_and_not_the_number_that_it_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("led");
    let control = Control::new(&Options::default()).expect("a sign");
    let _server = sim::serve_pty(&link, &control).await.expect("a line");
    let (events, _heard) = Events::channel(64);
    // Nothing is sent again by time while the test lasts: what the sign shows came with the line.
    let task = spawn(config("led_alpha", serial(&link), "resend_s = 3600"), events)
        .expect("right settings");
    let sign = task.sign().expect("a sign");
    let mut shown = control.watch();
    sign.show(Some("A001".to_owned()), SignMode::Hold);
    until(&mut shown, |shown| shown.text == "A001").await;

    control.unplug();
    reason(&mut task.state(), "device.unplugged").await;
    sign.show(None, SignMode::Hold);
    assert_eq!(control.shown().text, "A001", "it keeps what it was told");
    control.plug();
    until(&mut shown, |shown| shown.text.is_empty()).await;
    reason(&mut task.state(), "device.ready").await;

    control.unplug();
    reason(&mut task.state(), "device.unplugged").await;
    sign.show(Some("A002".to_owned()), SignMode::Hold);
    control.plug();
    until(&mut shown, |shown| shown.text == "A002" && shown.mode == "hold").await;
    assert_eq!(control.counts().1, 0, "nothing was refused");
}

#[tokio::test]
async fn a_sign_that_lost_its_memory_on_an_open_line_is_set_up_again_while_it_is_dark() {
    let control = Control::new(&Options::default()).expect("a sign");
    let (line, _server) = control.line().await.expect("a line");
    let (events, _heard) = Events::channel(64);
    let transport = TransportConfig::Simulated(line);
    let task = spawn(config("led_alpha", transport, "resend_s = 1"), events).expect("settings");
    let sign = task.sign().expect("a sign");
    let mut shown = control.watch();
    sign.show(Some("A001".to_owned()), SignMode::Hold);
    until(&mut shown, |shown| shown.text == "A001").await;
    control.swap();
    sign.show(None, SignMode::Hold);
    until(&mut shown, |shown| shown.text.is_empty()).await;
    // Of clearing it takes one packet only, because it knows no STRING file; then it is set up.
    when(|| control.counts().0 >= 5).await;
    sign.show(Some("A002".to_owned()), SignMode::Hold);
    until(&mut shown, |shown| shown.text == "A002").await;
}

#[tokio::test]
async fn our_packets_cross_a_line_that_someone_else_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let (near, far) = (folder.path().join("near"), folder.path().join("far"));
    let socat = Socat::start(&near, &far).await;
    let (events, mut heard) = Events::channel(64);
    let task = spawn(config("led_alpha", serial(&near), ""), events).expect("settings");
    task.sign().expect("a sign").show(Some("B105".to_owned()), SignMode::Hold);
    let mut line = crate::transport::serial::open(&far, 9600, "8N1").expect("the far end");
    let mut parser = Parser::default();
    let mut buffer = [0u8; 256];
    'reading: loop {
        let count = crate::transport::read_some(line.as_mut(), &mut buffer).await.expect("bytes");
        for byte in &buffer[..count] {
            if let Some(Ok(packet)) = parser.take(*byte)
                && packet.command == b"GSB105"
            {
                break 'reading;
            }
        }
    }
    drop(socat);
    state_event(&mut heard, DeviceState::Online).await;
    state_event(&mut heard, DeviceState::Offline).await;
}

#[tokio::test]
async fn a_line_that_another_program_holds_is_not_called_unplugged() {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("led");
    let control = Control::new(&Options::default()).expect("a sign");
    let _server = sim::serve_pty(&link, &control).await.expect("a line");
    let other = crate::transport::serial::open(&link, 9600, "8N1").expect("the first to come");
    let (events, _heard) = Events::channel(64);
    let task = spawn(config("led_alpha", serial(&link), ""), events).expect("settings");
    reason(&mut task.state(), "device.in_use").await;
    drop(other);
    reason(&mut task.state(), "device.ready").await;
}

#[tokio::test]
async fn a_try_leaves_the_number_as_it_was() {
    let control = Control::new(&Options::default()).expect("a sign");
    let (line, _server) = control.line().await.expect("a line");
    let (events, _heard) = Events::channel(64);
    let transport = TransportConfig::Simulated(line);
    let task = spawn(config("led_alpha", transport, "flash_s = 1"), events).expect("settings");
    task.sign().expect("a sign").show(Some("C007".to_owned()), SignMode::Hold);
    let mut shown = control.watch();
    until(&mut shown, |shown| shown.text == "C007").await;
    assert!(task.try_it().await.done);
    until(&mut shown, |shown| shown.text == "TEST 8888" && shown.mode == "flash").await;
    until(&mut shown, |shown| shown.text == "C007" && shown.mode == "hold").await;
}

#[tokio::test]
async fn a_slow_line_stamps_a_packet_when_its_last_byte_has_arrived() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("led.jsonl");
    let options = Options { bytes_per_s: Some(960), log: Some(log.clone()) };
    let control = Control::new(&options).expect("a sign");
    let link = folder.path().join("led");
    let _server = sim::serve_pty(&link, &control).await.expect("a line");
    let (events, mut heard) = Events::channel(64);
    let task = spawn(config("led_alpha", serial(&link), ""), events).expect("settings");
    state_event(&mut heard, DeviceState::Online).await;
    let mut shown = control.watch();
    // The set-up's packets are off the line when the sign has taken the last of them.
    when(|| control.counts().0 >= 4).await;
    let called_us = crate::transport::simulated::log::now_us();
    task.sign().expect("a sign").show(Some("A012".to_owned()), SignMode::Flash);
    let shown = until(&mut shown, |shown| shown.text == "A012").await;
    let packet = Packets::new(&settings(true)).priority("A012");
    let on_the_line_us = packet.len() as u64 * 1_000_000 / 960;
    assert!(shown.at_us >= called_us + on_the_line_us, "not before its last byte");
    let log = std::fs::read_to_string(log).expect("a log");
    let line: serde_json::Value = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .find(|line: &serde_json::Value| line["packet"] == "priority")
        .expect("the packet");
    assert_eq!(line["at_us"], shown.at_us);
    assert_eq!(line["shown"], "A012");
}

#[tokio::test]
async fn a_sign_that_chatters_is_reported_once_and_still_driven() {
    let folder = tempfile::tempdir().expect("a folder");
    let (near, far) = (folder.path().join("near"), folder.path().join("far"));
    let _socat = Socat::start(&near, &far).await;
    let (events, mut heard) = Events::channel(64);
    let _task = spawn(config("led_alpha", serial(&near), ""), events).expect("settings");
    state_event(&mut heard, DeviceState::Online).await;
    let mut line = crate::transport::serial::open(&far, 9600, "8N1").expect("the far end");
    for _ in 0..20 {
        crate::transport::write_all(line.as_mut(), &[b'x'; 200]).await.expect("written");
    }
    let fits = |kind: &EventKind| matches!(kind, EventKind::Problem { .. });
    let told = crate::tests::event(&mut heard, fits).await;
    assert!(matches!(told, EventKind::Problem { code: "sign.unexpected_bytes", .. }));
}
