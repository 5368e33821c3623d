//! A dossier's way, told as facts, and its two halves with random contents.

use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::calendar::Calendar;
use crate::card::Sex;
use crate::catalogue::Catalogue;
use crate::deadline::{Channel, DeadlineRules};
use crate::ids::{CounterNumber, NodeId, OfficerId, ServiceCode};
use crate::rating::Stage;
use crate::refusal::Refusal;
use crate::split::{JoinError, Journaled};

fn node(text: &str) -> NodeId {
    NodeId::parse(text).unwrap()
}

fn cao_xanh() -> NodeId {
    node("06658-1")
}

fn ha_lam() -> NodeId {
    node("06676-1")
}

fn officer() -> OfficerId {
    OfficerId::parse("lan").unwrap()
}

fn now() -> Timestamp {
    "2026-11-23T02:00:00Z".parse().unwrap()
}

fn given(name: &str) -> Receive {
    Receive {
        id: Uuid::from_u128(7),
        applicant: Applicant {
            name: name.to_owned(),
            citizen_number: Some("022190001234".into()),
            birth_date: Some(date(1990, 2, 5)),
            sex: Some(Sex::Female),
            address: Some("Tổ 5, Cao Xanh".into()),
            phone: None,
        },
        components: vec![
            ComponentGiven { seq: 1, originals: 1, copies: 0, received: true },
            ComponentGiven { seq: 2, originals: 1, copies: 0, received: true },
        ],
        channel: Channel::Direct,
        result_channel: ResultChannel::Counter,
        note: None,
        received_by: officer(),
        counter: CounterNumber(1),
        ticket: None,
    }
}

fn receive(given: Receive, sequence: u32) -> Result<Outcome, Refusal> {
    let calendar = Calendar::parse(
        ("holidays.csv", include_str!("../../../config/calendar/holidays.csv")),
        ("hours.toml", include_str!("../../../config/calendar/hours.toml")),
    )
    .unwrap();
    let catalogue = Catalogue::parse(
        &[("ho-tich.toml", include_str!("../../../config/catalogue/ho-tich.toml"))],
        &[ServiceCode::parse("ho-tich").unwrap()],
    )
    .unwrap();
    let codes = CodePattern::parse(CodePattern::DEFAULT, "H49.06658", 1, 8_999).unwrap();
    Reception {
        node: &cao_xanh(),
        codes: &codes,
        sequence,
        procedure: catalogue.valid_on("1.000894", date(2026, 11, 23)).unwrap(),
        calendar: &calendar,
        rules: &DeadlineRules::default(),
    }
    .receive(given, now())
}

fn received() -> Dossier {
    receive(given("Nguyễn Thị Đào"), 12).unwrap().dossier
}

fn scan(sha256: &str) -> ScanGiven {
    ScanGiven {
        component: 1,
        sha256: sha256.repeat(64),
        size: 1_000,
        media_type: "image/jpeg".into(),
        name: Some("Đào.jpg".into()),
    }
}

#[test]
fn reception_gives_code_deadline_fee_and_a_slip() {
    let outcome = receive(given(" Nguyễn Thị Đào "), 12).unwrap();
    let dossier = &outcome.dossier;
    assert_eq!(dossier.code, "H49.06658-261123-0012");
    // Tuesday 24 November 2026 is a holiday
    assert_eq!(dossier.deadline.due, date(2026, 11, 25).at(17, 0, 0, 0));
    assert_eq!(dossier.fee_vnd, Some(0));
    assert_eq!(dossier.applicant.name, "Nguyễn Thị Đào");
    assert_eq!((dossier.state, dossier.term, dossier.rev), (NationalState::Received, 1, 1));
    let seqs: Vec<(u16, bool)> =
        dossier.components.iter().map(|line| (line.seq, line.received)).collect();
    assert_eq!(seqs, [(1, true), (2, true), (3, false)]);
    assert!(matches!(outcome.effects[0], Effect::PrintSlip { .. }));
    assert!(matches!(outcome.effects[1], Effect::OfferRating { stage: Stage::Receipt, .. }));
}

#[test]
fn a_wrong_reception_is_refused_by_code() {
    let refused = |change: &dyn Fn(&mut Receive)| {
        let mut wrong = given("Nguyễn Thị Đào");
        change(&mut wrong);
        receive(wrong, 1).unwrap_err().code()
    };
    assert_eq!(refused(&|r| r.applicant.name = "  ".into()), "dossier.applicant_name_missing");
    assert_eq!(refused(&|r| r.applicant.name = "A\u{7}B".into()), "input.bad_text");
    assert_eq!(
        refused(&|r| r.applicant.citizen_number = Some("12".into())),
        "dossier.bad_citizen_number"
    );
    assert_eq!(refused(&|r| r.components[0].seq = 99), "dossier.unknown_component");
    assert_eq!(refused(&|r| r.components[0].seq = 2), "dossier.component_twice");
    assert_eq!(refused(&|r| r.note = Some("x".repeat(1_001))), "input.bad_text");
    let full = receive(given("Nguyễn Thị Đào"), 9_000).unwrap_err();
    assert_eq!(full, Refusal::SequenceFull { sequence_to: 8_999 });
}

#[test]
fn a_name_with_markup_is_text_and_one_that_turns_the_line_around_is_refused() {
    for text in ["<b>Đào</b>", "Nguyễn & Lê; DROP TABLE", "أحمد"] {
        assert_eq!(receive(given(text), 1).unwrap().dossier.applicant.name, text);
    }
    let turned = receive(given("Đào \u{202e}nễyugN"), 1).unwrap_err();
    let expected = Refusal::BadText { field: "applicant.name", length_max: 200 };
    assert_eq!(turned, expected);
    assert_eq!(turned.code(), "input.bad_text");

    let ready = set_result(&received(), "Giấy khai sinh", officer(), &cao_xanh(), now()).unwrap();
    let to = |name: &str| {
        let collector = Some(Collector { name: name.to_owned(), number: None });
        let (dossier, at) = (&ready.dossier, CounterNumber(4));
        return_result(dossier, collector, officer(), at, &cao_xanh(), now())
    };
    assert_eq!(to("Lê\u{2067} Na").unwrap_err().code(), "input.bad_text");
    let returned = to("<i>Lê Na</i>").unwrap().dossier.returned.unwrap();
    assert_eq!(returned.collector.unwrap().name, "<i>Lê Na</i>");
}

#[test]
fn a_dossier_without_a_required_paper_is_received_only_with_a_reason() {
    let mut incomplete = given("Nguyễn Thị Đào");
    incomplete.components[1].received = false;
    let refusal = receive(incomplete.clone(), 1).unwrap_err();
    assert_eq!(refusal, Refusal::IncompleteWithoutReason { missing: 1 });
    incomplete.note = Some("  ".into());
    assert_eq!(receive(incomplete.clone(), 1).unwrap_err(), refusal);
    incomplete.note = Some("Người nộp mang bổ sung chiều nay".into());
    let dossier = receive(incomplete, 1).unwrap().dossier;
    let missing: Vec<&str> = dossier.missing().map(|paper| paper.name.as_str()).collect();
    assert_eq!(missing, ["Giấy tờ tùy thân của hai bên (xuất trình)"]);
    let none = receive(Receive { components: Vec::new(), ..given("Nguyễn Thị Đào") }, 1);
    assert_eq!(none.unwrap_err(), Refusal::IncompleteWithoutReason { missing: 2 });
}

#[test]
fn a_paper_with_a_condition_is_never_missing() {
    let dossier = received();
    let conditional = &dossier.components[2];
    assert!(!conditional.received);
    assert_eq!(conditional.condition.as_deref(), Some("nếu không tra cứu được dữ liệu"));
    assert_eq!(dossier.missing().count(), 0);
}

#[test]
fn codes_follow_the_pattern_and_the_next_number_follows_the_codes() {
    let day = date(2026, 11, 23);
    let codes = CodePattern::parse("{org}-{yymmdd}-{seq:4}", "H49.06658", 1, 8_999).unwrap();
    assert_eq!(codes.next_sequence(day, []), 1);
    let given = ["H49.06658-261123-0041", "H49.06658-261122-0900", "H49.1-261123-0999", "?"];
    assert_eq!(codes.next_sequence(day, given), 42);
    let other = CodePattern::parse("{yymmdd}/{org}/{seq:5}", "H49", 1, 10).unwrap();
    assert_eq!(other.code(day, 7).unwrap(), "261123/H49/00007");
    assert_eq!(other.sequence_of(day, "261123/H49/00007"), Some(7));
    for (pattern, organisation, from, to) in [
        ("{org}-{seq:4}", "H49", 1, 10),
        ("{org}-{yymmdd}", "H49", 1, 10),
        ("{yymmdd}-{seq:4", "H49", 1, 10),
        ("{yymmdd}-{seq:40}", "H49", 1, 10),
        ("{yymmdd}-{seq:4}", "Quảng Ninh", 1, 10),
        ("{yymmdd}-{seq:4}", "H49", 1, 10_000),
        ("{yymmdd}-{seq:4}", "H49", 5, 4),
    ] {
        let error = CodePattern::parse(pattern, organisation, from, to).unwrap_err();
        assert!(error.to_string().contains("works"), "{error}");
    }
}

#[test]
fn a_scan_is_added_once_and_only_to_a_known_line() {
    let dossier = received();
    let once = add_scan(&dossier, scan("a"), &cao_xanh()).unwrap().dossier;
    let twice = add_scan(&once, scan("a"), &cao_xanh()).unwrap().dossier;
    assert_eq!((once.rev, &twice), (2, &once));
    let refused = |change: &dyn Fn(&mut ScanGiven)| {
        let mut wrong = scan("b");
        change(&mut wrong);
        add_scan(&dossier, wrong, &cao_xanh()).unwrap_err().code()
    };
    assert_eq!(refused(&|s| s.component = 9), "dossier.unknown_component");
    assert_eq!(refused(&|s| s.sha256 = "xyz".into()), "dossier.bad_digest");
    assert_eq!(refused(&|s| s.media_type = "text/html".into()), "dossier.bad_media_type");
}

#[test]
fn a_dossier_goes_from_result_to_return_in_order() {
    let dossier = received();
    let return_it = |dossier: &Dossier| {
        return_result(dossier, None, officer(), CounterNumber(3), &cao_xanh(), now())
    };
    assert_eq!(return_it(&dossier).unwrap_err(), Refusal::WrongState { state: 2 });
    let ready = set_result(&dossier, "Giấy chứng nhận kết hôn", officer(), &cao_xanh(), now());
    let ready = ready.unwrap().dossier;
    assert_eq!(ready.state, NationalState::Processed);
    let returned = return_it(&ready).unwrap();
    assert_eq!(returned.dossier.state.number(), 10);
    let expected = Effect::OfferRating {
        stage: Stage::Return,
        counter: CounterNumber(3),
        service: ready.service.clone(),
    };
    assert_eq!(returned.effects, [expected]);
    assert_eq!(return_it(&returned.dossier).unwrap_err(), Refusal::WrongState { state: 10 });
    let late = add_scan(&returned.dossier, scan("c"), &cao_xanh()).unwrap_err();
    assert_eq!(late, Refusal::WrongState { state: 10 });
}

#[test]
fn nobody_edits_between_hand_over_and_acceptance() {
    let (here, there) = (cao_xanh(), ha_lam());
    let given = custody::hand_over(&received(), there.clone(), Some("chuyển"), &here, now());
    let given = given.unwrap().dossier;
    let refused = add_scan(&given, scan("a"), &here).unwrap_err();
    assert_eq!(refused, Refusal::InHandOver { other: there.clone() });
    let offered = custody::offered(None, &given, here.clone(), now()).unwrap().dossier;
    let refused = add_scan(&offered, scan("a"), &there).unwrap_err();
    assert_eq!(refused, Refusal::InHandOver { other: here.clone() });

    let accepted = custody::accept(&offered, &there).unwrap().dossier;
    assert_eq!((&accepted.holder, accepted.term), (&there, 2));
    assert!(add_scan(&accepted, scan("a"), &there).is_ok());
    assert_eq!(
        add_scan(&accepted, scan("a"), &here).unwrap_err(),
        Refusal::NotHolder { holder: there.clone() }
    );
    let word = CustodyDecision {
        dossier_id: given.id,
        outcome: CustodyOutcome::Accepted,
        holder: there.clone(),
        term: 2,
        other: there.clone(),
        note: None,
    };
    let away = custody::apply_decision(&given, &word, &here, now()).unwrap().dossier;
    assert_eq!(away.custody, Custody::AcceptedAway { to: there.clone() });
    assert_eq!(
        set_result(&away, "x", officer(), &here, now()).unwrap_err(),
        Refusal::NotHolder { holder: there }
    );
}

#[test]
fn a_take_back_waits_for_the_word_of_the_hub() {
    let (here, there) = (cao_xanh(), ha_lam());
    let dossier = received();
    let none = custody::take_back(&dossier, &here, now()).unwrap_err();
    assert_eq!(none, Refusal::NotHandingOver);
    let given = custody::hand_over(&dossier, there.clone(), None, &here, now()).unwrap().dossier;
    let wanted = custody::take_back(&given, &here, now()).unwrap().dossier;
    assert_eq!(
        add_scan(&wanted, scan("a"), &here).unwrap_err(),
        Refusal::InHandOver { other: there.clone() }
    );
    let back = word(&dossier, CustodyOutcome::TakenBack, &here, 1);
    let back = custody::apply_decision(&wanted, &back, &here, now()).unwrap().dossier;
    assert!(add_scan(&back, scan("a"), &here).is_ok());
    let end = back.last_hand_over.clone().unwrap();
    assert_eq!((end.to, end.how), (there.clone(), HandOverEnding::TakenBack));
    let again = custody::hand_over(&back, there.clone(), None, &here, now()).unwrap().dossier;
    assert_eq!(again.last_hand_over, None);
}

#[test]
fn a_take_back_that_came_too_late_leaves_the_dossier_with_its_giver_until_the_other_side_answers() {
    let (here, there) = (cao_xanh(), ha_lam());
    let dossier = received();
    let given = custody::hand_over(&dossier, there.clone(), None, &here, now()).unwrap().dossier;
    let wanted = custody::take_back(&given, &here, now()).unwrap().dossier;
    // the news that it was passed on crosses the wish; the answer to the wish follows
    let passed = word(&dossier, CustodyOutcome::PassedOn, &here, 1);
    let same = custody::apply_decision(&wanted, &passed, &here, now()).unwrap().dossier;
    assert_eq!(same, wanted);
    let late = word(&dossier, CustodyOutcome::TooLate, &here, 1);
    let late = custody::apply_decision(&wanted, &late, &here, now()).unwrap().dossier;
    assert!(matches!(&late.custody, Custody::PassedOn { to, too_late: true, .. } if *to == there));
    assert_eq!((&late.holder, late.term), (&here, 1));
    let refused = custody::take_back(&late, &here, now()).unwrap_err();
    assert_eq!(refused, Refusal::TakeBackTooLate { other: there.clone() });
    let refused = add_scan(&late, scan("a"), &here).unwrap_err();
    assert_eq!(refused, Refusal::InHandOver { other: there.clone() });

    // declined after all: it comes home with the term that the hub gave, and with the reason
    let mut home = word(&dossier, CustodyOutcome::Declined, &here, 2);
    home.note = Some("không thuộc địa bàn".into());
    let home = custody::apply_decision(&late, &home, &here, now()).unwrap().dossier;
    assert_eq!((home.term, custody::may_edit(&home, &here)), (2, Ok(())));
    assert_eq!(home.custody_note.as_deref(), Some("không thuộc địa bàn"));
    assert_eq!(home.last_hand_over.as_ref().unwrap().how, HandOverEnding::Declined);
    let old = word(&dossier, CustodyOutcome::Accepted, &there, 1);
    let refused = custody::apply_decision(&home, &old, &here, now()).unwrap_err();
    assert_eq!(refused, Refusal::StaleTerm { known: 2, came: 1 });
}

#[test]
fn nobody_is_shown_as_the_holder_before_having_accepted() {
    let (here, there) = (cao_xanh(), ha_lam());
    let dossier = received();
    let given = custody::hand_over(&dossier, there.clone(), None, &here, now()).unwrap().dossier;
    let passed = word(&dossier, CustodyOutcome::PassedOn, &here, 1);
    let passed = custody::apply_decision(&given, &passed, &here, now()).unwrap().dossier;
    assert!(matches!(&passed.custody, Custody::PassedOn { too_late: false, .. }));
    assert_eq!(passed.holder, here);
    let taken = word(&dossier, CustodyOutcome::Accepted, &there, 2);
    let away = custody::apply_decision(&passed, &taken, &here, now()).unwrap().dossier;
    assert_eq!((&away.holder, away.custody), (&there, Custody::AcceptedAway { to: there.clone() }));
}

/// The hub's word about a hand-over to Hà Lầm.
fn word(dossier: &Dossier, outcome: CustodyOutcome, holder: &NodeId, term: u64) -> CustodyDecision {
    let (dossier_id, holder) = (dossier.id, holder.clone());
    CustodyDecision { dossier_id, outcome, holder, term, other: ha_lam(), note: None }
}

#[test]
fn a_declined_dossier_may_be_offered_again() {
    let (here, there) = (cao_xanh(), ha_lam());
    let given = custody::hand_over(&received(), there, None, &here, now()).unwrap().dossier;
    let offered = custody::offered(None, &given, here.clone(), now()).unwrap().dossier;
    let declined = custody::refuse(&offered, Some("không thuộc thẩm quyền"), now());
    let declined = declined.unwrap().dossier;
    assert!(custody::accept(&declined, &ha_lam()).is_err());
    let mut again = given.clone();
    again.term = 2;
    let offered = custody::offered(Some(&declined), &again, here.clone(), now()).unwrap().dossier;
    assert!(offered.rev > declined.rev);
    assert!(custody::accept(&offered, &ha_lam()).is_ok());
    let stale = custody::offered(Some(&offered), &given, here, now()).unwrap_err();
    assert_eq!(stale, Refusal::StaleTerm { known: 2, came: 1 });
}

#[test]
fn nothing_is_handed_to_oneself_or_after_return() {
    let here = cao_xanh();
    let own = custody::hand_over(&received(), here.clone(), None, &here, now()).unwrap_err();
    assert_eq!(own, Refusal::HandOverToSelf);
    let mut returned = received();
    returned.state = NationalState::Returned;
    assert!(custody::hand_over(&returned, ha_lam(), None, &here, now()).is_err());
}

#[test]
fn a_sealed_half_cannot_reach_beyond_its_places() {
    let (public, mut sealed) = received().split();
    sealed["/holder"] = "06676-1".into();
    let error = Dossier::join(public.clone(), sealed).unwrap_err();
    assert_eq!(error, JoinError::Place { kind: "dossier", place: "/holder".into() });
    let sealed = serde_json::json!({"/components/99/scans/0/name": "x"});
    assert_eq!(Dossier::join(public.clone(), sealed).unwrap_err().code(), "record.sealed_place");
    assert_eq!(Dossier::join(public, 3.into()).unwrap_err().code(), "record.shape");
    let nothing = Dossier::join(serde_json::json!({}), serde_json::Value::Null).unwrap_err();
    assert_eq!(nothing.code(), "record.unreadable");
}

#[test]
fn the_public_half_reads_alone_without_the_person() {
    let (public, _) = received().split();
    let erased = Dossier::join(public, serde_json::Value::Null).unwrap();
    assert_eq!(erased.applicant, Applicant::default());
    assert_eq!(erased.code, received().code);
}

/// Words that stand nowhere else, so that finding one means that it leaked.
fn secret() -> impl Strategy<Value = String> {
    "[QXZ]{12}"
}

fn dossiers() -> impl Strategy<Value = (Dossier, Vec<String>)> {
    let secrets = prop::collection::vec(secret(), 8);
    let shape = (any::<[bool; 6]>(), 0_usize..5, prop::sample::select(NationalState::ALL.to_vec()));
    (secrets, shape, any::<u64>(), any::<u64>()).prop_map(|(secrets, shape, term, rev)| {
        let ([note, phone, result, returned, collector, moved], scans, state) = shape;
        let mut dossier = received();
        dossier.applicant.name = secrets[0].clone();
        dossier.applicant.address = Some(secrets[1].clone());
        dossier.applicant.phone = phone.then(|| secrets[2].clone());
        dossier.note = note.then(|| secrets[3].clone());
        for index in 0..scans {
            dossier.components[index % 3].scans.push(ScanRef {
                sha256: format!("{index:064}"),
                size: term,
                media_type: "application/pdf".into(),
                name: (index % 2 == 0).then(|| secrets[4].clone()),
            });
        }
        dossier.result = result.then(|| ResultReady {
            title: secrets[5].clone(),
            ready_at: now(),
            by: officer(),
        });
        dossier.returned = returned.then(|| Returned {
            at: now(),
            by: officer(),
            collector: collector.then(|| Collector { name: secrets[6].clone(), number: None }),
        });
        if moved {
            dossier.custody = Custody::HandingOver { to: ha_lam(), at: now() };
            dossier.custody_note = Some(secrets[7].clone());
        }
        dossier.state = state;
        dossier.term = term;
        dossier.rev = rev;
        (dossier, secrets)
    })
}

proptest! {
    #[test]
    fn the_halves_join_to_the_same_dossier_and_the_public_one_tells_nobody(
        (dossier, secrets) in dossiers(),
    ) {
        let (public, sealed) = dossier.split();
        let text = public.to_string();
        for secret in &secrets {
            prop_assert!(!text.contains(secret), "{} leaked", secret);
        }
        prop_assert!(!text.contains("022190001234") && !text.contains("1990-02-05"));
        let logged = format!("{dossier:?}");
        prop_assert!(secrets.iter().all(|secret| !logged.contains(secret)));
        // through bytes, as the journal keeps them
        let public = serde_json::from_slice(&serde_json::to_vec(&public).unwrap()).unwrap();
        let sealed = serde_json::from_slice(&serde_json::to_vec(&sealed).unwrap()).unwrap();
        prop_assert!(Dossier::join(public, sealed).unwrap() == dossier);
    }
}
