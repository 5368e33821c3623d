//! Drawn texts: the letters, the packets that carry them, and a sign that draws what it gets.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::picture::draw;
use super::protocol::{DELAY, Packets, Sign};
use super::settings::{Colour, Settings, TextForm};
use super::sim::{Control, Options, Parser};
use super::tests::{settings, show};
use crate::class::sign::SignMode;
use crate::tests::{capture, config, peer, until};
use crate::{Events, TransportConfig, spawn};

/// The vowels with circumflex, breve and horn, and đ: with their tones, all letters that have marks.
const VOWELS: &str = "AĂÂEÊIOÔƠUƯY";
/// Huyền, sắc, ngã, hỏi, nặng.
const TONES: [char; 5] = ['\u{0300}', '\u{0301}', '\u{0303}', '\u{0309}', '\u{0323}'];

const QUAY_3: [&str; 7] = [
    ".............#..#.................",
    "............#.#..#................",
    ".###..#...#..###...#...#.....####.",
    "#...#.#...#.#...#...#.#..........#",
    "#.#.#.#...#.#####....#........###.",
    "#..#..#...#.#...#....#...........#",
    ".##.#..###..#...#....#.......####.",
];

fn drawn(text: &str, rows: usize, columns_max: usize) -> Vec<String> {
    let dot = |dot: &bool| if *dot { '#' } else { '.' };
    let picture = draw(text, rows, columns_max);
    picture.rows.iter().map(|row| row.iter().map(dot).collect::<String>()).collect()
}

fn bitmap() -> Settings {
    Settings { text: TextForm::Bitmap, ..settings(true) }
}

/// What goes over the line, without the marks of stillness.
fn sent(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| *byte != DELAY).collect()
}

fn commands(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut parser = Parser::default();
    sent(bytes)
        .iter()
        .filter_map(|byte| parser.take(*byte))
        .map(|packet| packet.expect("a whole packet").command)
        .collect()
}

/// The first bytes of each command: what kind it is, and of which file.
fn kinds(bytes: &[u8]) -> Vec<String> {
    commands(bytes).iter().map(|one| String::from_utf8_lossy(&one[..2]).into_owned()).collect()
}

#[test]
fn vietnamese_is_drawn_with_its_marks() {
    assert_eq!(drawn("Quầy 3", 7, 80), QUAY_3);
    assert_eq!(drawn("QUẦY 3", 7, 80), drawn("quầy 3", 7, 80), "capitals and small letters");
    let one = drawn("Ộ", 7, 80);
    assert_eq!(one, ["..#..", ".###.", "#...#", "#...#", "#...#", ".###.", "..#.."]);
    let one = drawn("Ừ", 7, 80);
    assert_eq!(one, [".#....", "..#..#", "#...##", "#...#.", "#...#.", "#...#.", ".###.."]);
}

#[test]
fn sixteen_rows_are_the_small_letters_doubled_with_a_row_of_its_own_for_the_dot() {
    for text in ["Quầy 3", "A012", "Ộ"] {
        let large = drawn(text, 16, 160);
        assert_eq!(large.len(), 16, "{text}");
        for (row, line) in large.iter().enumerate() {
            assert_eq!(*line, large[row / 2 * 2], "{text} {row}");
            let dots = line.as_bytes();
            assert!(dots.chunks(2).all(|pair| pair[0] == pair[1]), "{text} {row}");
        }
    }
    let dot = drawn("Ộ", 16, 160);
    assert_eq!(dot[14], "....##....");
}

#[test]
fn what_has_no_letter_is_a_question_mark_and_a_look_alike_is_its_letter() {
    for unknown in ["A&B", "A€B", "A中B"] {
        assert_eq!(drawn(unknown, 7, 80), drawn("A?B", 7, 80), "{unknown}");
    }
    assert_eq!(drawn("A–B", 7, 80), drawn("A-B", 7, 80));
    assert_eq!(drawn("A\u{a0}B", 7, 80), drawn("A B", 7, 80));
    // A mark of no Vietnamese letter is left out.
    assert_eq!(drawn("Ç", 7, 80), drawn("C", 7, 80));
}

#[test]
fn a_number_fills_the_height_of_the_sign() {
    let number = drawn("A012", 7, 80);
    assert!([0, 6].into_iter().all(|row: usize| number[row].contains('#')), "{number:?}");
}

#[test]
fn no_two_letters_look_the_same() {
    let mut letters: Vec<String> = ('A'..='Z').chain('0'..='9').map(String::from).collect();
    letters.push("Đ".to_owned());
    for vowel in VOWELS.chars() {
        letters.push(vowel.to_string());
        letters.extend(TONES.map(|tone| format!("{vowel}{tone}")));
    }
    letters.sort();
    letters.dedup();
    assert_eq!(letters.len(), 26 + 10 + 67, "the alphabet, the digits, the letters with marks");
    for rows in [7, 16] {
        let mut seen = BTreeMap::new();
        for letter in &letters {
            // Beside a letter with marks all have their small form.
            let lines = drawn(&format!("Â{letter}"), rows, 160);
            if let Some(other) = seen.insert(lines, letter) {
                panic!("{letter} is drawn as {other} in {rows} rows");
            }
        }
    }
}

#[test]
fn a_text_wider_than_the_sign_loses_whole_letters_at_its_end() {
    let (all, cut) = (drawn("A012 QUẦY 3", 7, 160), drawn("A012 QUẦY 3", 7, 40));
    assert!(cut[0].len() <= 40 && cut[0].len() > 30, "{}", cut[0].len());
    for (whole, part) in all.iter().zip(&cut) {
        assert!(whole.starts_with(part.as_str()));
    }
}

#[test]
fn a_picture_is_written_as_another_library_writes_it() {
    let picture = draw("Quầy 3", 7, 80);
    let packets = Packets::new(&settings(false));
    let ours = packets.picture(&picture, Colour::Red);
    assert_eq!(sent(&ours), capture("led_alpha", "picture_quay_3.hex"));
    let still = ours.iter().position(|byte| *byte == DELAY).expect("a moment of stillness");
    assert!(ours[..still].ends_with(b"IP0722"), "behind the width");
    assert_eq!(packets.picture_memory(7, 80), capture("led_alpha", "memory_picture.hex"));

    let script = r#"
from alphasign.commands.dots import WriteSmallDots
from alphasign.packet import Packet
data = sys.stdin.buffer.read()
width = data.index(b"\r")
picture = WriteSmallDots(data, label="P", width=width, height=data.count(b"\r"))
out.write(Packet().add(picture, checksum=True).to_bytes().replace(b"\xff", b""))
"#;
    let amber = Packets::new(&settings(true)).picture(&draw("Đã đến lượt", 16, 160), Colour::Amber);
    let command = commands(&amber).remove(0);
    assert_eq!(peer(script, &command[6..]), sent(&amber));
}

#[test]
fn a_drawn_call_flashes_by_its_text_file_and_then_stands() {
    let start = Instant::now();
    let mut sign = Sign::new(&bitmap(), start);
    let called = sign.show(&show("A012", SignMode::Flash), start);
    assert_eq!(kinds(&called), ["A0", "IP", "AA"], "a priority text would cost the picture");
    assert_eq!(commands(&called)[2], b"AA\x1B\x20c\x14P");
    assert_eq!(sign.due(), start + Duration::from_secs(6));
    let over = sign.tick(start + Duration::from_secs(6));
    assert_eq!(commands(&over)[2], b"AA\x1B\x20b\x14P");
    assert_eq!(sign.due(), start + Duration::from_secs(60));
    let again = sign.tick(start + Duration::from_secs(60));
    assert_eq!(kinds(&again), ["A0", "IP", "AA"], "sent again");
    let dark = sign.show(&show("", SignMode::Hold), start + Duration::from_secs(61));
    assert_eq!(commands(&dark), [b"A0".to_vec(), b"AA\x1B\x20b".to_vec()]);
    let set_up = commands(&sign.connected(&show("", SignMode::Hold), start));
    assert_eq!(set_up[0], b"E$AAU0100FFFFPDL07502000");
}

proptest! {
    #[test]
    fn whatever_is_wished_the_picture_fits_the_sign(
        text in "\\PC{0,80}", marks in "[A-Za-z\u{0300}-\u{036F}]{0,20}", columns in 16_usize..=160,
    ) {
        for text in [&text, &marks] {
            for rows in [7, 16] {
                let picture = draw(text, rows, columns);
                prop_assert_eq!(picture.rows.len(), rows);
                prop_assert!(picture.width() <= columns);
                prop_assert!(picture.rows.iter().all(|row| row.len() == picture.width()));
            }
        }
    }
}

#[tokio::test]
async fn a_sign_without_vietnamese_draws_the_call_and_flashes() {
    for (rows, colour) in [(7_usize, '1'), (16, '2')] {
        let control = Control::new(&Options::default()).expect("a sign");
        let (line, _server) = control.line().await.expect("a line");
        let (events, _heard) = Events::channel(64);
        let name = if colour == '1' { "red" } else { "green" };
        let settings = format!(
            "flash_s = 1\npace_baud = 115200\ntext = \"bitmap\"\ncolumns = 160\nrows = {rows}\ncolour = \"{name}\""
        );
        let transport = TransportConfig::Simulated(line);
        let task = spawn(config("led_alpha", transport, &settings), events).expect("settings");
        let sign = task.sign().expect("a sign");
        sign.show(Some("A012 quầy 3".to_owned()), SignMode::Flash);
        let wanted: Vec<String> = drawn("A012 quầy 3", rows, 160)
            .iter()
            .map(|row| row.replace('#', &colour.to_string()))
            .collect();
        let mut shown = control.watch();
        until(&mut shown, |shown| shown.picture == wanted && shown.mode == "flash").await;
        until(&mut shown, |shown| shown.picture == wanted && shown.mode == "hold").await;
        assert_eq!(control.shown().text, "", "nothing but the picture");
        assert!(task.try_it().await.done);
        until(&mut shown, |shown| shown.text == "TEST 8888" && shown.mode == "flash").await;
        until(&mut shown, |shown| shown.picture == wanted && shown.text.is_empty()).await;
        sign.show(None, SignMode::Hold);
        until(&mut shown, |shown| shown.picture.is_empty() && shown.text.is_empty()).await;
        assert_eq!(control.counts().1, 0, "no packet was refused");
    }
}
