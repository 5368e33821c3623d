//! Readings out of streams, nonsense, unplugging.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use tokio::io::AsyncWriteExt;

use super::protocol::{Framer, Reading};
use super::settings::Settings;
use super::sim::{self, Control};
use crate::tests::{Socat, capture, config, event, reason, serial, state_event};
use crate::{DeviceState, EventKind, Events, TransportConfig, spawn};

const CARD: &str =
    "022300009999|100009999|Nguyễn Thị Thử|05021990|Nữ|Tổ 1, Cao Xanh, Quảng Ninh|10052021";

fn framer() -> Framer {
    Framer::new(&Settings {
        silence_ms: 80,
        frame_length_max: 1024,
        frames_per_s_max: 10,
        problem_every_s: 10,
    })
}

fn text(text: &str) -> Reading {
    Reading::Text(text.to_owned())
}

#[test]
fn a_recorded_card_is_one_reading() {
    let readings = framer().take(&capture("reader_qr", "card_cr.hex"), Instant::now());
    assert_eq!(readings, [text(CARD)]);
}

#[test]
fn cr_lf_crlf_and_silence_each_end_a_reading_once() {
    let now = Instant::now();
    for end in ["\r", "\n", "\r\n"] {
        let readings = framer().take(format!("{CARD}{end}").as_bytes(), now);
        assert_eq!(readings, [text(CARD)], "{end:?}");
    }
    let mut framer = framer();
    assert_eq!(framer.take(CARD.as_bytes(), now), []);
    assert_eq!(framer.tick(now + Duration::from_millis(79)), []);
    assert_eq!(framer.due(), Some(now + Duration::from_millis(80)));
    assert_eq!(framer.tick(now + Duration::from_millis(80)), [text(CARD)]);
    assert_eq!(framer.due(), None);
}

#[test]
fn a_reading_that_comes_in_pieces_is_one_reading() {
    let mut framer = framer();
    let mut now = Instant::now();
    let mut readings = Vec::new();
    for byte in capture("reader_qr", "card_cr.hex") {
        now += Duration::from_millis(20);
        readings.extend(framer.take(&[byte], now));
    }
    assert_eq!(readings, [text(CARD)]);
}

#[test]
fn two_cards_after_each_other_are_two_readings() {
    let mut framer = framer();
    let now = Instant::now();
    assert_eq!(framer.take(b"first", now), []);
    let later = now + Duration::from_millis(500);
    assert_eq!(framer.take(b"second\r", later), [text("first"), text("second")]);
}

#[test]
fn a_wrong_speed_is_reported_once_with_a_code() {
    let mut framer = framer();
    let now = Instant::now();
    let bytes = capture("reader_qr", "wrong_speed.hex");
    let reported = framer.take(&bytes, now);
    assert_eq!(reported, [Reading::Problem { code: "reader.not_text", count: 1 }]);
    assert_eq!(framer.take(&bytes, now + Duration::from_secs(5)), [], "held back, counted");
    let later = framer.take(&bytes, now + Duration::from_secs(11));
    assert_eq!(later, [Reading::Problem { code: "reader.not_text", count: 4 }]);
}

#[test]
fn too_long_a_reading_is_thrown_away_until_the_line_is_silent() {
    let mut framer = framer();
    let now = Instant::now();
    let reported = framer.take(&[b'x'; 1025], now);
    assert_eq!(reported, [Reading::Problem { code: "reader.too_long", count: 1 }]);
    let soon = now + Duration::from_millis(50);
    assert_eq!(framer.take(b"rest\r", soon), [], "still the same stream");
    let later = soon + Duration::from_millis(80);
    assert_eq!(framer.take(format!("{CARD}\r").as_bytes(), later), [text(CARD)]);
}

#[test]
fn more_readings_than_a_person_makes_are_nonsense() {
    let mut framer = framer();
    let readings = framer.take(&b"ab\r".repeat(1000), Instant::now());
    assert_eq!(readings.len(), 11);
    assert_eq!(readings[10], Reading::Problem { code: "reader.nonsense", count: 1 });
}

#[test]
fn a_pulled_plug_in_the_middle_spoils_only_that_reading() {
    let mut framer = framer();
    let now = Instant::now();
    framer.take(b"0223000", now);
    framer.reset();
    assert_eq!(framer.take(format!("{CARD}\r").as_bytes(), now), [text(CARD)]);
}

proptest! {
    #[test]
    fn any_stream_in_any_pieces_gives_bounded_readings(
        pieces in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..300), 0u64..200), 0..40)
    ) {
        let mut framer = framer();
        let mut now = Instant::now();
        for (bytes, pause_ms) in pieces {
            now += Duration::from_millis(pause_ms);
            let readings = framer.take(&bytes, now);
            prop_assert!(readings.len() <= 14, "{} readings", readings.len());
            for reading in readings {
                if let Reading::Text(text) = reading {
                    prop_assert!(!text.is_empty() && text.len() <= 1024);
                }
            }
        }
    }

    #[test]
    fn one_card_reads_the_same_however_it_is_cut(cuts in proptest::collection::vec(1usize..40, 1..12)) {
        let bytes = capture("reader_qr", "card_cr.hex");
        let mut framer = framer();
        let now = Instant::now();
        let (mut readings, mut rest) = (Vec::new(), bytes.as_slice());
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            readings.extend(framer.take(piece, now));
            rest = after;
        }
        readings.extend(framer.take(rest, now));
        prop_assert_eq!(readings, [text(CARD)]);
    }
}

fn scanned(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Scanned { .. })
}

#[tokio::test]
async fn a_reader_on_a_serial_line_is_unplugged_and_recovers_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("qr");
    let control = Control::new();
    let _server = sim::serve_pty(&link, &control).await.expect("a line");
    let (events, mut heard) = Events::channel(64);
    let task = spawn(config("reader_qr", serial(&link), ""), events).expect("settings");
    state_event(&mut heard, DeviceState::Online).await;
    control.scan(CARD).await.expect("plugged in");
    assert_eq!(event(&mut heard, scanned).await, EventKind::Scanned { text: CARD.to_owned() });

    control.unplug();
    state_event(&mut heard, DeviceState::Offline).await;
    reason(&mut task.state(), "device.unplugged").await;
    assert_eq!(control.scan(CARD).await, Err("unplugged"));
    control.plug();
    state_event(&mut heard, DeviceState::Online).await;
    control.scan("lần sau").await.expect("plugged in");
    let read = event(&mut heard, scanned).await;
    assert_eq!(read, EventKind::Scanned { text: "lần sau".to_owned() });
}

#[tokio::test]
async fn a_reader_without_a_line_end_is_read_too() {
    let control = Control::with_terminator("");
    let (line, _server) = control.line().await.expect("a line");
    let (events, mut heard) = Events::channel(64);
    let transport = TransportConfig::Simulated(line);
    let _task = spawn(config("reader_qr", transport, ""), events).expect("settings");
    control.scan(CARD).await.expect("plugged in");
    assert_eq!(event(&mut heard, scanned).await, EventKind::Scanned { text: CARD.to_owned() });
}

#[tokio::test]
async fn ten_megabytes_of_nonsense_give_an_event_and_the_next_card_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let (near, far) = (folder.path().join("near"), folder.path().join("far"));
    let _socat = Socat::start(&near, &far).await;
    let (events, mut heard) = Events::channel(64);
    let _task = spawn(config("reader_qr", serial(&near), ""), events).expect("settings");
    state_event(&mut heard, DeviceState::Online).await;
    let mut line = crate::transport::serial::open(&far, 115_200, "8N1").expect("the far end");
    // A fixed generator: the same nonsense in every run.
    let mut seed = 0x2545_F491_4F6C_DD1Du64;
    let mut nonsense = vec![0u8; 64 * 1024];
    for _ in 0..160 {
        for byte in &mut nonsense {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            *byte = seed.to_le_bytes()[3];
        }
        line.write_all(&nonsense).await.expect("the driver takes it");
    }
    let problem = |kind: &EventKind| matches!(kind, EventKind::Problem { .. });
    let told = event(&mut heard, problem).await;
    assert!(
        matches!(told, EventKind::Problem { code, .. } if code.starts_with("reader.")),
        "{told:?}"
    );
    // The card is held to the reader until it is read, as a person does.
    let card = async {
        loop {
            line.write_all(format!("\r{CARD}\r").as_bytes()).await.expect("the driver takes it");
            let read = tokio::time::timeout(
                Duration::from_millis(300),
                event(
                    &mut heard,
                    |kind| matches!(kind, EventKind::Scanned { text } if text == CARD),
                ),
            );
            if read.await.is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), card).await.expect("the card in time");
    let mut events_left = 0;
    while heard.try_recv().is_ok() {
        events_left += 1;
    }
    assert!(events_left < 40, "{events_left} events after 10 MB: bounded");
}
