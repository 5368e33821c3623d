use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::reading::{NUMBER_MAX, in_words, number, words};
use super::*;
use crate::ids::CounterNumber;

/// A call of the tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) ticket: u64,
    /// Tells calls of the same ticket apart.
    pub(super) name: usize,
    pub(super) at: Timestamp,
    /// Called before.
    pub(super) again: bool,
}

impl Said for Call {
    fn ticket(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.ticket))
    }

    fn called_at(&self) -> Timestamp {
        self.at
    }

    fn reminds(&self) -> bool {
        self.again
    }
}

pub(super) const SHORTEST: SignedDuration = SignedDuration::from_secs(3);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + second).unwrap()
}

fn call(name: usize, second: i64) -> Call {
    Call { ticket: name as u64, name, at: at(second), again: false }
}

fn silent(_: &Call) -> SignedDuration {
    SignedDuration::ZERO
}

fn voiceless(_: &Call, _hurried: bool) -> SignedDuration {
    SignedDuration::ZERO
}

fn heard(queue: &mut Announcements<Call>, second: i64) -> Option<usize> {
    queue.advance(at(second), voiceless, silent).begins.map(|call| call.name)
}

/// What begins and what is said once more, with a voice of five seconds and a reminder of four.
/// In short it is as long as the shortest time.
fn said(queue: &mut Announcements<Call>, second: i64) -> (Option<usize>, Option<usize>) {
    let due = queue.advance(
        at(second),
        |_, hurried| if hurried { SHORTEST } else { SignedDuration::from_secs(5) },
        |_| SignedDuration::from_secs(4),
    );
    (due.begins.map(|call| call.name), due.repeats.map(|call| call.name))
}

fn shown(queue: &Announcements<Call>) -> Option<usize> {
    queue.current().map(|current| current.call.name)
}

#[test]
fn two_calls_in_the_same_moment_are_heard_one_after_the_other() {
    let mut queue = Announcements::new(SHORTEST);
    queue.add(call(1, 0));
    queue.add(call(2, 0));
    assert_eq!(heard(&mut queue, 0), Some(1));
    assert_eq!(heard(&mut queue, 2), None);
    assert_eq!(shown(&queue), Some(1));
    assert_eq!(heard(&mut queue, 3), Some(2));
}

#[test]
fn a_voice_that_takes_longer_than_the_large_line_is_heard_to_its_end() {
    let mut queue = Announcements::new(SHORTEST);
    queue.add(call(1, 0));
    queue.add(call(2, 0));
    let voice = |_: &Call, _hurried: bool| SignedDuration::from_millis(5_500);
    assert!(queue.advance(at(0), voice, silent).begins.is_some());
    assert!(queue.advance(at(5), voice, silent).begins.is_none());
    assert_eq!(queue.advance(at(6), voice, silent).begins, Some(call(2, 0)));
}

#[test]
fn after_two_days_without_a_call_the_next_one_is_said_at_once() {
    const TWO_DAYS_S: i64 = 2 * 24 * 3_600;
    let mut queue = Announcements::new(SHORTEST);
    queue.add(call(1, 0));
    assert_eq!(heard(&mut queue, 0), Some(1));
    assert_eq!(heard(&mut queue, TWO_DAYS_S), None);
    assert_eq!(shown(&queue), None, "no old number stays");
    queue.add(call(2, TWO_DAYS_S + 1));
    assert_eq!(heard(&mut queue, TWO_DAYS_S + 1), Some(2));
}

#[test]
fn a_call_older_than_a_minute_is_not_announced() {
    let mut queue = Announcements::new(SHORTEST);
    queue.add(call(1, 0));
    queue.add(call(2, 30));
    let due = queue.advance(at(61), voiceless, silent);
    assert_eq!(due, Due { begins: Some(call(2, 30)), repeats: None, stale: vec![call(1, 0)] });
}

#[test]
fn a_call_is_said_a_second_time_while_nobody_waits_and_not_a_third() {
    let mut queue = Announcements::new(SHORTEST);
    queue.add(call(1, 0));
    assert_eq!(said(&mut queue, 0), (Some(1), None));
    assert_eq!(said(&mut queue, 4), (None, None));
    assert_eq!(said(&mut queue, 5), (None, Some(1)));
    assert_eq!(queue.current().map(|current| current.since), Some(at(5)));
    queue.add(call(2, 6));
    assert_eq!(said(&mut queue, 8), (None, None), "the reminder is heard to its end");
    assert_eq!(said(&mut queue, 9), (Some(2), None));
    assert_eq!(said(&mut queue, 14), (None, Some(2)));
    assert_eq!(said(&mut queue, 18), (None, None));
}

#[test]
fn a_call_is_not_said_again_when_another_waits_or_its_citizen_came_or_it_is_a_recall() {
    let mut queue = Announcements::new(SHORTEST);
    queue.add(call(1, 0));
    said(&mut queue, 0);
    queue.add(call(2, 4));
    assert_eq!(said(&mut queue, 5), (Some(2), None));
    queue.withdraw(call(2, 4).ticket());
    assert_eq!(said(&mut queue, 10), (None, None));
    assert_eq!(shown(&queue), Some(2));
    queue.add(Call { again: true, ..call(1, 11) });
    assert_eq!(said(&mut queue, 11), (Some(1), None));
    assert_eq!(said(&mut queue, 16), (None, None));
}

#[test]
fn twenty_calls_of_one_moment_are_all_heard_because_they_are_said_in_short() {
    let mut queue = Announcements::new(SHORTEST);
    for name in 1..=20 {
        queue.add(call(name, 0));
    }
    for name in 1..=20 {
        let second = (i64::try_from(name).unwrap() - 1) * 3;
        assert_eq!(said(&mut queue, second), (Some(name), None));
        assert_eq!(queue.current().map(|current| current.hurried), Some(name < 20));
    }
}

#[test]
fn a_recall_is_announced_again_and_takes_one_place_only() {
    let mut queue = Announcements::new(SHORTEST);
    queue.add(call(1, 0));
    assert_eq!(heard(&mut queue, 0), Some(1));
    queue.add(call(2, 1));
    queue.add(call(1, 1));
    queue.add(call(1, 2));
    assert_eq!(heard(&mut queue, 3), Some(2));
    assert_eq!(heard(&mut queue, 6), Some(1));
    assert_eq!(heard(&mut queue, 9), None);
}

#[test]
fn a_citizen_who_came_is_not_called_any_more() {
    let mut queue = Announcements::new(SHORTEST);
    queue.add(call(1, 0));
    assert_eq!(heard(&mut queue, 0), Some(1));
    queue.add(call(2, 0));
    queue.withdraw(call(2, 0).ticket());
    assert_eq!(heard(&mut queue, 3), None);
}

#[test]
fn the_line_empties_and_the_queue_rests_when_nobody_is_called() {
    let mut queue = Announcements::new(SHORTEST);
    queue.add(call(1, 0));
    heard(&mut queue, 0);
    heard(&mut queue, 14);
    assert_eq!(shown(&queue), Some(1));
    heard(&mut queue, 15);
    assert_eq!(shown(&queue), None);
    assert!(queue.idle());
}

#[test]
fn a_clock_set_back_neither_freezes_the_line_nor_cuts_the_voice() {
    let mut queue = Announcements::new(SHORTEST);
    queue.add(call(1, 1000));
    assert_eq!(heard(&mut queue, 1000), Some(1));
    queue.add(call(2, 10));
    assert_eq!(heard(&mut queue, 10), None);
    assert_eq!(heard(&mut queue, 12), None);
    assert_eq!(heard(&mut queue, 13), Some(2));
}

#[test]
fn the_oldest_call_goes_when_too_many_wait() {
    let mut queue = Announcements::new(SHORTEST);
    for name in 1..=QUEUE_LENGTH_MAX {
        assert_eq!(queue.add(call(name, 0)), None);
    }
    assert_eq!(queue.add(call(QUEUE_LENGTH_MAX + 1, 0)), Some(call(1, 0)));
    assert_eq!(heard(&mut queue, 0), Some(2));
}

/// Written out by hand, ten in a row: what is irregular is irregular here.
const BELOW_100: [&str; 10] = [
    "không, một, hai, ba, bốn, năm, sáu, bảy, tám, chín",
    "mười, mười một, mười hai, mười ba, mười bốn, mười lăm, mười sáu, mười bảy, mười tám, mười chín",
    "hai mươi, hai mươi mốt, hai mươi hai, hai mươi ba, hai mươi tư, hai mươi lăm, hai mươi sáu, hai mươi bảy, hai mươi tám, hai mươi chín",
    "ba mươi, ba mươi mốt, ba mươi hai, ba mươi ba, ba mươi tư, ba mươi lăm, ba mươi sáu, ba mươi bảy, ba mươi tám, ba mươi chín",
    "bốn mươi, bốn mươi mốt, bốn mươi hai, bốn mươi ba, bốn mươi tư, bốn mươi lăm, bốn mươi sáu, bốn mươi bảy, bốn mươi tám, bốn mươi chín",
    "năm mươi, năm mươi mốt, năm mươi hai, năm mươi ba, năm mươi tư, năm mươi lăm, năm mươi sáu, năm mươi bảy, năm mươi tám, năm mươi chín",
    "sáu mươi, sáu mươi mốt, sáu mươi hai, sáu mươi ba, sáu mươi tư, sáu mươi lăm, sáu mươi sáu, sáu mươi bảy, sáu mươi tám, sáu mươi chín",
    "bảy mươi, bảy mươi mốt, bảy mươi hai, bảy mươi ba, bảy mươi tư, bảy mươi lăm, bảy mươi sáu, bảy mươi bảy, bảy mươi tám, bảy mươi chín",
    "tám mươi, tám mươi mốt, tám mươi hai, tám mươi ba, tám mươi tư, tám mươi lăm, tám mươi sáu, tám mươi bảy, tám mươi tám, tám mươi chín",
    "chín mươi, chín mươi mốt, chín mươi hai, chín mươi ba, chín mươi tư, chín mươi lăm, chín mươi sáu, chín mươi bảy, chín mươi tám, chín mươi chín",
];

fn below_100(value: usize) -> &'static str {
    BELOW_100[value / 10].split(", ").nth(value % 10).unwrap()
}

/// From the written-out table upwards, with the house's words for hundreds and thousands.
fn by_the_table(value: usize) -> String {
    let last = match value % 100 {
        0 => String::new(),
        one @ 1..=9 => format!("linh {}", below_100(one)),
        more => below_100(more).to_owned(),
    };
    let said = match value {
        0..=99 => below_100(value).to_owned(),
        100..=999 => format!("{} trăm {last}", below_100(value / 100)),
        _ if value.is_multiple_of(1_000) => format!("{} nghìn", below_100(value / 1_000)),
        _ => {
            let hundreds = below_100(value / 100 % 10);
            format!("{} nghìn {hundreds} trăm {last}", below_100(value / 1_000))
        }
    };
    said.trim_end().to_owned()
}

#[test]
fn every_number_up_to_9999_is_read_as_the_table_says() {
    for value in 0..=NUMBER_MAX {
        assert_eq!(in_words(value), Some(by_the_table(value as usize)), "{value}");
    }
    assert_eq!(in_words(NUMBER_MAX + 1), None);
}

#[test]
fn every_class_of_numbers_is_read_as_a_person_says_it() {
    for (value, said) in [
        (0, "không"),
        (1, "một"),
        (4, "bốn"),
        (5, "năm"),
        (10, "mười"),
        (11, "mười một"),
        (14, "mười bốn"),
        (15, "mười lăm"),
        (20, "hai mươi"),
        (21, "hai mươi mốt"),
        (24, "hai mươi tư"),
        (25, "hai mươi lăm"),
        (55, "năm mươi lăm"),
        (91, "chín mươi mốt"),
        (100, "một trăm"),
        (101, "một trăm linh một"),
        (104, "một trăm linh bốn"),
        (105, "một trăm linh năm"),
        (110, "một trăm mười"),
        (111, "một trăm mười một"),
        (115, "một trăm mười lăm"),
        (121, "một trăm hai mươi mốt"),
        (124, "một trăm hai mươi tư"),
        (500, "năm trăm"),
        (555, "năm trăm năm mươi lăm"),
        (999, "chín trăm chín mươi chín"),
        (1_000, "một nghìn"),
        (1_001, "một nghìn không trăm linh một"),
        (1_005, "một nghìn không trăm linh năm"),
        (1_010, "một nghìn không trăm mười"),
        (1_015, "một nghìn không trăm mười lăm"),
        (1_024, "một nghìn không trăm hai mươi tư"),
        (1_100, "một nghìn một trăm"),
        (1_105, "một nghìn một trăm linh năm"),
        (2_000, "hai nghìn"),
        (4_444, "bốn nghìn bốn trăm bốn mươi tư"),
        (5_555, "năm nghìn năm trăm năm mươi lăm"),
        (9_021, "chín nghìn không trăm hai mươi mốt"),
        (9_999, "chín nghìn chín trăm chín mươi chín"),
    ] {
        assert_eq!(in_words(value).as_deref(), Some(said), "{value}");
    }
}

#[test]
fn every_word_of_every_number_has_one_clip_of_its_own() {
    let known: BTreeSet<&str> = words().map(|word| word.clip).collect();
    assert_eq!(known.len(), words().count(), "two words share a clip");
    let texts: BTreeSet<&str> = words().map(|word| word.text).collect();
    assert_eq!(texts.len(), known.len(), "two clips say the same");
    for value in 0..=NUMBER_MAX {
        for word in number(value).unwrap() {
            assert!(known.contains(word.clip), "{value}: {}", word.clip);
        }
    }
}

#[test]
fn a_call_is_a_chime_and_a_sentence() {
    let first = speech("A012", CounterNumber(3), Wording::Invitation).unwrap();
    assert_eq!(first.text, "Mời khách hàng có số A mười hai, đến quầy số ba.");
    assert_eq!(
        first.clips,
        ["chime", "invite", "letter-a", "ten", "digit-2", "to-counter", "digit-3"]
    );
    let again = speech("T1005", CounterNumber(21), Wording::Reminder).unwrap();
    assert_eq!(
        again.text,
        "Xin nhắc lại: số T một nghìn không trăm linh năm, quầy số hai mươi mốt."
    );
    assert_eq!(again.clips[..3], ["chime", "again", "letter-t"]);
    assert_eq!(again.clips[again.clips.len() - 3..], ["digit-2", "tens", "one-after-tens"]);
}

fn invited(way: Way, result: bool) -> Speech {
    speech_for("A012", CounterNumber(3), Wording::Invitation, Occasion { way, result }).unwrap()
}

#[test]
fn who_moves_on_or_comes_back_or_gets_a_result_hears_so() {
    assert_eq!(
        Some(invited(Way::Comes, false)),
        speech("A012", CounterNumber(3), Wording::Invitation)
    );
    let moved = invited(Way::MovesOn, false);
    assert_eq!(moved.text, "Mời khách hàng có số A mười hai, chuyển sang quầy số ba.");
    let number = ["chime", "invite", "letter-a", "ten", "digit-2"];
    assert_eq!(moved.clips, [&number[..], &["on-to-counter", "digit-3"]].concat());
    let back = invited(Way::ComesBack, false);
    assert_eq!(back.text, "Mời khách hàng có số A mười hai, trở lại quầy số ba.");
    assert_eq!(back.clips, [&number[..], &["back-to-counter", "digit-3"]].concat());
    let result = invited(Way::Comes, true);
    assert_eq!(result.text, "Mời khách hàng có số A mười hai, đến quầy số ba nhận kết quả.");
    assert_eq!(result.clips, [&number[..], &["to-counter", "digit-3", "for-result"]].concat());
    let both = invited(Way::MovesOn, true);
    assert_eq!(both.text, "Mời khách hàng có số A mười hai, chuyển sang quầy số ba nhận kết quả.");
}

#[test]
fn a_reminder_and_a_call_in_short_say_only_number_and_counter() {
    let special = Occasion { way: Way::MovesOn, result: true };
    for wording in [Wording::Reminder, Wording::Short] {
        let said = speech_for("A012", CounterNumber(3), wording, special);
        assert_eq!(said, speech("A012", CounterNumber(3), wording));
    }
}

#[test]
fn a_call_in_short_is_a_chime_the_number_and_the_counter() {
    let short = speech("A012", CounterNumber(3), Wording::Short).unwrap();
    assert_eq!(short.text, "A mười hai, quầy số ba.");
    assert_eq!(short.clips, ["chime", "letter-a", "ten", "digit-2", "at-counter", "digit-3"]);
}

#[test]
fn what_is_no_label_is_not_said() {
    for label in ["", "A", "012", "a012", "AB12", "A12000", "A-12", "A+12", "A 12", "Đ012", "A١٢"]
    {
        assert_eq!(speech(label, CounterNumber(1), Wording::Invitation), None, "{label}");
    }
    assert_eq!(speech("A012", CounterNumber(10_000), Wording::Invitation), None);
    assert!(speech("Z999", CounterNumber(99), Wording::Invitation).is_some());
}
