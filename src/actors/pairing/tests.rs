use super::*;
use domain::ids::CounterNumber;
use jiff::Timestamp;
use std::collections::BTreeSet;

fn address(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

fn secret(number: usize) -> TokenHash {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    TokenHash(hash)
}

fn wish(from: u8, number: usize) -> Wish {
    Wish {
        role: DeviceRole::Kiosk,
        address: address(from),
        user_agent: String::new(),
        claim: secret(number),
        token: secret(1_000_000 + number),
    }
}

fn token() -> Box<DeviceToken> {
    Box::new(DeviceToken {
        token_hash: [1; 32],
        role: "kiosk".to_owned(),
        counter: None::<CounterNumber>,
        title: "Sảnh".to_owned(),
        created_at: Timestamp::UNIX_EPOCH,
        revoked_at: None,
    })
}

/// A desk on which an address opened so many requests, each under a code of its number.
fn opened(desk: &mut PairingDesk, from: u8, numbers: std::ops::Range<usize>, now: Instant) {
    for number in numbers {
        desk.open(wish(from, number), number.to_string(), now).unwrap();
    }
}

fn codes(desk: &mut PairingDesk, now: Instant) -> Vec<String> {
    desk.waiting(now).into_iter().map(|asked| asked.code).collect()
}

#[test]
fn a_code_has_six_letters_of_which_none_is_taken_for_another() {
    let mut seen = BTreeSet::new();
    for _ in 0..200 {
        let code = fresh_code().unwrap();
        assert_eq!(code.len(), CODE_LENGTH);
        assert!(code.bytes().all(|letter| LETTERS.contains(&letter)), "{code}");
        seen.extend(code.bytes());
    }
    assert_eq!(seen.len(), LETTERS.len(), "every letter comes");
    assert!(b"O0I1LB8S5Z2UG6".iter().all(|alike| !LETTERS.contains(alike)));
}

#[test]
fn a_code_is_read_as_people_type_it() {
    assert_eq!(typed(" acd-e3 4"), "ACDE34");
    assert_eq!(typed("<b>\u{202e}"), "B");
    assert!(typed(&"A".repeat(1_000)).len() > CODE_LENGTH, "too long is not cut to a right one");
}

#[test]
fn a_request_waits_is_answered_once_and_is_over_after_its_time() {
    let (mut desk, start) = (PairingDesk::default(), Instant::now());
    opened(&mut desk, 1, 0..1, start);
    let before = start + VALID_FOR - Duration::from_secs(1);
    assert_eq!(codes(&mut desk, before), ["0"]);
    assert!(desk.begin("0", before).is_ok());
    assert_eq!(desk.begin("0", before).unwrap_err(), Declined::Decided(State::Deciding));
    assert!(codes(&mut desk, before).is_empty(), "nobody else is asked");
    desk.settle("0", State::Approved(token()));
    let approved = Declined::Decided(State::Approved(token()));
    assert_eq!(desk.begin("0", before).unwrap_err(), approved);
    desk.settle("0", State::Refused);
    let asked = desk.of_claim(secret(0), address(1), before).unwrap().unwrap();
    assert_eq!(asked.state, State::Approved(token()), "an answer stands");

    let over = start + VALID_FOR;
    assert!(desk.of_claim(secret(0), address(1), over).unwrap().is_none());
    assert_eq!(desk.begin("0", over).unwrap_err(), Declined::UnknownCode);
    desk.settle("0", State::Refused);
    assert!(codes(&mut desk, over).is_empty());
}

#[test]
fn whoever_goes_away_in_the_middle_of_an_answer_has_said_nothing() {
    let (pairing, now) = (Pairing::default(), Instant::now());
    let code = pairing.open(wish(1, 1), now).unwrap().unwrap().code;
    drop(pairing.begin(&code, now).unwrap());
    assert_eq!(pairing.waiting(now).len(), 1);
    pairing.begin(&code, now).unwrap().settle(State::Refused);
    assert_eq!(pairing.begin(&code, now).unwrap_err(), Declined::Decided(State::Refused));
    let asked = pairing.of_claim(secret(1), address(1), now).unwrap().unwrap();
    assert_eq!(asked.state, State::Refused);
}

#[test]
fn a_device_that_is_put_out_is_not_told_again_that_it_was_let_in() {
    let (pairing, now) = (Pairing::default(), Instant::now());
    let [out, other] = [1, 2].map(|number| pairing.open(wish(1, number), now).unwrap().unwrap());
    pairing.begin(&out.code, now).unwrap().settle(State::Approved(token()));
    pairing.forget(out.wish.token);
    assert!(pairing.of_claim(out.wish.claim, address(1), now).unwrap().is_none());
    assert_eq!(pairing.begin(&out.code, now).unwrap_err(), Declined::UnknownCode);
    assert!(pairing.begin(&other.code, now).is_ok(), "the others are still asked about");
}

#[test]
fn an_address_that_asks_again_and_again_loses_its_own_oldest_code_only() {
    let (mut desk, now) = (PairingDesk::default(), Instant::now());
    opened(&mut desk, 1, 0..1, now);
    opened(&mut desk, 2, 10..10 + OPEN_PER_ADDRESS_MAX + 2, now);
    let shown = codes(&mut desk, now);
    assert_eq!(shown.len(), 1 + OPEN_PER_ADDRESS_MAX);
    assert!(shown.contains(&"0".to_owned()));
    assert!(!shown.contains(&"10".to_owned()) && !shown.contains(&"11".to_owned()));
}

#[test]
fn a_lone_device_finds_room_beside_those_who_take_much_and_codes_stay_bounded() {
    let (mut desk, now) = (PairingDesk::default(), Instant::now());
    let takers = u8::try_from(OPEN_MAX / OPEN_PER_ADDRESS_MAX).unwrap();
    for taker in 0..takers {
        let first = usize::from(taker) * OPEN_PER_ADDRESS_MAX;
        opened(&mut desk, 100 + taker, first..first + OPEN_PER_ADDRESS_MAX, now);
    }
    assert_eq!(codes(&mut desk, now).len(), OPEN_MAX);
    opened(&mut desk, 1, 900..901, now);
    let shown = codes(&mut desk, now);
    assert_eq!(shown.len(), OPEN_MAX);
    assert!(shown.contains(&"900".to_owned()));

    // Sixty-four with one each: nobody is pushed out for one more.
    let mut desk = PairingDesk::default();
    for from in 0..u8::try_from(OPEN_MAX).unwrap() {
        opened(&mut desk, from, usize::from(from)..usize::from(from) + 1, now);
    }
    assert_eq!(desk.open(wish(200, 900), "900".into(), now).unwrap_err(), Declined::Full);
    assert_eq!(codes(&mut desk, now).len(), OPEN_MAX);

    // An answered one makes room, also among those of one address.
    desk.begin("7", now).unwrap();
    desk.settle("7", State::Refused);
    assert!(desk.open(wish(200, 900), "900".into(), now).is_ok());
    let shown = codes(&mut desk, now);
    assert!(shown.len() == OPEN_MAX && !shown.contains(&"7".to_owned()));
    let mut desk = PairingDesk::default();
    opened(&mut desk, 1, 0..OPEN_PER_ADDRESS_MAX, now);
    desk.begin("2", now).unwrap();
    desk.settle("2", State::Approved(token()));
    opened(&mut desk, 1, 100..101, now);
    assert_eq!(codes(&mut desk, now), ["0", "1", "3", "100"]);
}

#[test]
fn ten_thousand_wrong_secrets_a_minute_are_not_looked_for_and_disturb_nobody() {
    let (mut desk, now) = (PairingDesk::default(), Instant::now());
    opened(&mut desk, 1, 0..1, now);
    let mut looked_for = 0;
    for number in 0..10_000 {
        match desk.of_claim(secret(500 + number), address(1), now) {
            Ok(found) => {
                assert!(found.is_none());
                looked_for += 1;
            }
            Err(declined) => assert_eq!(declined, Declined::TooFast(MINUTE)),
        }
    }
    assert_eq!(looked_for, WRONG_A_MINUTE_MAX);
    // The right one at the same address, a wrong one elsewhere, and a new device there.
    assert!(desk.of_claim(secret(0), address(1), now).unwrap().is_some());
    assert!(desk.of_claim(secret(77), address(2), now).unwrap().is_none());
    assert!(desk.open(wish(1, 9), "9".into(), now).is_ok());
    assert!(desk.of_claim(secret(77), address(1), now + MINUTE).is_ok(), "a minute later");
}

#[test]
fn an_address_may_open_so_many_a_minute_and_the_addresses_counted_are_bounded() {
    let (mut desk, now) = (PairingDesk::default(), Instant::now());
    let most = usize::try_from(OPENED_A_MINUTE_MAX).unwrap();
    opened(&mut desk, 1, 0..most, now);
    let later = now + Duration::from_secs(20);
    let refused = desk.open(wish(1, 900), "900".into(), later).unwrap_err();
    assert_eq!(refused, Declined::TooFast(Duration::from_secs(40)));
    assert!(desk.open(wish(2, 901), "901".into(), later).is_ok());
    assert!(desk.open(wish(1, 902), "902".into(), now + MINUTE).is_ok());

    for number in 0..u32::try_from(ADDRESSES_MAX).unwrap() + 10 {
        let from = IpAddr::from((0x0a01_0000 + number).to_be_bytes());
        assert!(desk.of_claim(secret(1), from, now + MINUTE).is_ok());
    }
    assert_eq!(desk.wrong.0.len(), ADDRESSES_MAX);
}
