use domain::dossier::{ResultReady, Returned};
use domain::queue::{CallPolicy, CallReason, CallRule};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::query::dossiers::{DossierView, list};
use crate::records::{
    AccessRecord, BlobRecord, BlobState, DeviceRecord, DeviceToken, EventRecord, Officer, PrintJob,
    PrintState, Reading, Session,
};

#[test]
fn a_call_is_logged_with_its_reason() {
    let folder = folder();
    let store = open(&folder);
    let waiting = ticket(1);
    store.commit_now(batch().with(waiting.clone())).unwrap();
    assert_eq!(read(&store, |c| query::tickets::waiting(c, day())), 1);
    let reason = CallReason {
        policy: CallPolicy::Guard,
        rule: CallRule::OnlyRegular,
        waited_s: 60,
        over: None,
        over_waited_s: None,
        oldest_regular_wait_s: Some(60),
        threshold_s: 1800,
        previous: None,
        limit: None,
        appointment_at: None,
        returned_from: None,
    };
    let called = Ticket { call_reason: Some(reason.clone()), ..called(&waiting, 3) };
    store.commit_now(batch().with(called.clone())).unwrap();
    let again = Ticket { recall_count: 1, last_called_at: Some(after_s(90)), rev: 3, ..called };
    store.commit_now(batch().with(again.clone())).unwrap();
    let serving =
        Ticket { state: TicketState::Serving, begun_at: Some(after_s(100)), rev: 4, ..again };
    store.commit_now(batch().with(serving.clone())).unwrap();

    let calls = read(&store, |c| query::calls::recent(c, now(), 10));
    let seen: Vec<(&str, Timestamp)> =
        calls.iter().map(|call| (call.kind.as_str(), call.at)).collect();
    assert_eq!(seen, [("recall", after_s(90)), ("call", after_s(60))]);
    assert_eq!((calls[0].label.as_str(), calls[0].counter), ("A001", CounterNumber(3)));
    assert_eq!(calls[1].reason, Some(reason));
    assert_eq!(read(&store, |c| query::tickets::waiting(c, day())), 0);
    assert_eq!(read(&store, |c| query::tickets::by_id(c, serving.id)), Some(serving));
}

#[test]
fn the_latest_days_with_tickets_before_one_come_oldest_first() {
    let folder = folder();
    let store = open(&folder);
    let days = [day(), day().tomorrow().unwrap(), day().yesterday().unwrap()];
    for (business_day, number) in days.iter().flat_map(|day| [(*day, 1), (*day, 2)]) {
        store.commit_now(batch().with(Ticket { business_day, ..ticket(number) })).unwrap();
    }
    let after = days[1].tomorrow().unwrap();
    let latest = |before, limit| read(&store, |c| query::tickets::latest_days(c, before, limit));
    assert_eq!(latest(after, 2), [days[0], days[1]]);
    assert_eq!(latest(after, 9), [days[2], days[0], days[1]]);
    assert_eq!(latest(days[1], 9), [days[2], days[0]], "a day that runs is not over");
}

#[test]
fn the_queue_of_a_day_has_what_was_carried_over_to_it_whatever_became_of_it() {
    let folder = folder();
    let store = open(&folder);
    let tomorrow = day().tomorrow().unwrap();
    let carried = |number, rev| Ticket { carried_to: Some(tomorrow), rev, ..ticket(number) };
    let waits = carried(1, 1);
    let done = Ticket { state: TicketState::Completed, ..carried(2, 1) };
    let stayed = Ticket { state: TicketState::Cancelled, closed_at_day_end: true, ..ticket(3) };
    let own = Ticket { business_day: tomorrow, ..ticket(4) };
    for one in [&waits, &done, &stayed, &own] {
        store.commit_now(batch().with(one.clone())).unwrap();
    }
    let queue = |day| read(&store, |c| query::tickets::in_queue_of(c, day));
    assert_eq!(queue(tomorrow), [waits.clone(), done.clone(), own]);
    assert_eq!(
        queue(day()),
        [waits.clone(), done.clone(), stayed],
        "its own day keeps them in the books"
    );
    assert!(queue(tomorrow.tomorrow().unwrap()).is_empty());
    // Carried on further, it has left calls behind on the day between.
    let later = tomorrow.tomorrow().unwrap();
    let further = Ticket { carried_to: Some(later), rev: 2, ..waits };
    store.commit_now(batch().with(further.clone())).unwrap();
    let carried_into = |day| read(&store, |c| query::tickets::carried_into(c, day));
    assert_eq!(carried_into(tomorrow), [further.clone(), done]);
    assert_eq!(carried_into(later), [further]);
    assert!(carried_into(day()).is_empty());
    let closed = |day| read(&store, |c| query::tickets::closed_before(c, day));
    assert_eq!(closed(tomorrow), Some((day(), 1)));
    assert_eq!(closed(tomorrow.tomorrow().unwrap()), Some((tomorrow, 0)));
    assert_eq!(closed(day()), None);
}

#[test]
fn what_an_earlier_day_handed_on_is_found_on_every_day_that_may_have_called_it() {
    let folder = folder();
    let store = open(&folder);
    let tomorrow = day().tomorrow().unwrap();
    let later = tomorrow.tomorrow().unwrap();
    let once = Ticket { carried_to: Some(tomorrow), ..ticket(1) };
    let twice = Ticket { carried_to: Some(later), ..ticket(2) };
    for one in [&once, &twice, &ticket(3)] {
        store.commit_now(batch().with(one.clone())).unwrap();
    }
    let into = |day| read(&store, |c| query::tickets::carried_into(c, day));
    assert!(into(day()).is_empty());
    assert_eq!(into(tomorrow), [once, twice.clone()]);
    assert_eq!(into(later), [twice]);
    assert!(into(later.tomorrow().unwrap()).is_empty());
}

#[test]
fn a_dossier_stands_in_exactly_one_list() {
    let folder = folder();
    let store = open(&folder);
    let other = NodeId::parse("22-1").unwrap();
    let ready = ResultReady {
        title: "Giấy khai sinh".to_owned(),
        ready_at: after_s(9),
        by: "nguyen.lan".parse().unwrap(),
    };
    let returned = Returned { at: after_s(10), by: "nguyen.lan".parse().unwrap(), collector: None };
    let all = [
        (DossierView::Open, dossier(1)),
        (DossierView::Ready, Dossier { result: Some(ready.clone()), ..dossier(2) }),
        (
            DossierView::Returned,
            Dossier { result: Some(ready), returned: Some(returned), ..dossier(3) },
        ),
        (
            DossierView::Outgoing,
            Dossier {
                custody: Custody::HandingOver { to: other.clone(), at: now() },
                ..dossier(4)
            },
        ),
        (
            DossierView::Incoming,
            Dossier {
                custody: Custody::Offered { from: other.clone(), at: now() },
                origin: other.clone(),
                holder: other.clone(),
                rev: 7,
                ..dossier(5)
            },
        ),
        (
            DossierView::Declined,
            Dossier { custody: Custody::Declined { from: other, at: now() }, ..dossier(6) },
        ),
    ];
    for (_, dossier) in &all {
        store.commit_now(batch().with(dossier.clone())).unwrap();
    }
    for (view, dossier) in &all {
        let page = read(&store, |c| list(c, Some(*view), None, 0, 50));
        assert_eq!(page.rows, std::slice::from_ref(dossier), "{view:?}");
        assert_eq!(read(&store, |c| query::dossiers::count(c, *view)), 1);
        assert_eq!(DossierView::parse(view.as_str()), Some(*view));
    }
    assert_eq!(read(&store, |c| list(c, None, None, 0, 4)).total, 6);
    let codes = read(&store, |c| query::dossiers::codes_of_day(c, &node(), day()));
    assert_eq!(codes.len(), 5);
    assert_eq!(read(&store, |c| query::dossiers::by_code(c, &all[0].1.code)), [all[0].1.clone()]);
}

#[test]
fn dossiers_are_found_without_diacritics() {
    let folder = folder();
    let store = open(&folder);
    let mut another = dossier(2);
    another.applicant.name = "Đào Văn 100%".to_owned();
    another.applicant.citizen_number = Some("022188000999".to_owned());
    store.commit_now(batch().with(dossier(1)).with(another)).unwrap();
    let found =
        |words: &str| read(&store, |c| list(c, Some(DossierView::Open), Some(words), 0, 10)).total;
    for (words, expected) in [
        ("thu nghiem", 1),
        ("Thử  Nghiệm", 1),
        ("nguyen khai sinh", 1),
        ("022199", 1),
        ("DAO VAN", 1),
        ("261123", 2),
        ("0001", 1),
        ("100%", 1),
        ("%", 1),
        ("_", 0),
        ("\\", 0),
        ("", 2),
        ("nobody", 0),
    ] {
        assert_eq!(found(words), expected, "{words:?}");
    }
}

#[test]
fn pages_go_from_the_newest_to_the_oldest() {
    let folder = folder();
    let store = open(&folder);
    for sequence in 1..=5 {
        store.commit_now(batch().with(dossier(sequence))).unwrap();
    }
    let page = |number| {
        let page = read(&store, |c| list(c, None, None, number, 2));
        assert_eq!(page.total, 5);
        page.rows.iter().map(|dossier| dossier.code[17..].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(page(0), ["0005", "0004"]);
    assert_eq!(page(2), ["0001"]);
    assert!(page(9).is_empty());
}

#[test]
fn accounts_sessions_and_device_tokens_come_back() {
    let folder = folder();
    let store = open(&folder);
    let officer = officer();
    put(&store, LocalWrite::Officer(officer.clone()));
    assert_eq!(read(&store, |c| query::officers::by_login(c, "lan")), Some(officer.clone()));
    assert_eq!(read(&store, |c| query::officers::by_id(c, &officer.id)), Some(officer.clone()));
    let twin = Officer { id: "other".parse().unwrap(), ..officer.clone() };
    assert_eq!(
        store.commit_now(batch().and(LocalWrite::Officer(twin))).unwrap_err().code(),
        "store.taken"
    );
    assert_eq!(read(&store, query::officers::all).len(), 1);

    let session = Session {
        token_hash: [1; 32],
        officer: officer.id.clone(),
        csrf: "c".to_owned(),
        created_at: now(),
        seen_at: now(),
        expires_at: after_s(60),
    };
    put(&store, LocalWrite::Session(session.clone()));
    let session_at = |at| read(&store, move |c| query::sessions::by_token(c, &[1; 32], at));
    assert_eq!(session_at(now()), Some(session));
    assert_eq!(session_at(after_s(61)), None);
    put(&store, LocalWrite::EndSessionsOf { officer: officer.id });
    assert_eq!(session_at(now()), None);

    let token = DeviceToken {
        token_hash: [2; 32],
        role: "tablet".to_owned(),
        counter: Some(CounterNumber(4)),
        title: "Tablet 4".to_owned(),
        created_at: now(),
        revoked_at: None,
    };
    put(&store, LocalWrite::DeviceToken(token.clone()));
    let device = || read(&store, |c| query::sessions::device_by_token(c, &[2; 32]));
    assert_eq!(device(), Some(token.clone()));
    put(&store, LocalWrite::DeviceToken(DeviceToken { revoked_at: Some(now()), ..token }));
    assert_eq!(device(), None);
    assert_eq!(read(&store, query::sessions::devices).len(), 1);
}

#[test]
fn print_jobs_devices_events_and_accesses_come_back() {
    let folder = folder();
    let store = open(&folder);
    let job = PrintJob {
        id: Uuid::now_v7(),
        kind: "ticket".to_owned(),
        ticket: Some(Uuid::now_v7()),
        dossier: None,
        printer: Some("printer-1".to_owned()),
        state: PrintState::Blocked,
        problem: Some("paper_out".to_owned()),
        attempts: 2,
        created_at: now(),
        updated_at: after_s(1),
    };
    put(&store, LocalWrite::PrintJob(job.clone()));
    let open_jobs = |since| read(&store, |c| query::print_jobs::open(c, since));
    assert_eq!(open_jobs(job.created_at), std::slice::from_ref(&job));
    assert!(open_jobs(job.created_at + SignedDuration::from_secs(1)).is_empty());
    assert_eq!(
        read(&store, |c| query::print_jobs::of_ticket(c, job.ticket.unwrap())),
        Some(job.clone())
    );
    let printed = PrintJob { state: PrintState::Printed, problem: None, attempts: 3, ..job };
    put(&store, LocalWrite::PrintJob(printed.clone()));
    assert!(open_jobs(job.created_at).is_empty());
    assert_eq!(read(&store, |c| query::print_jobs::by_id(c, printed.id)), Some(printed));

    let device = DeviceRecord {
        id: "sign-1".to_owned(),
        title: "Bảng quầy 1".to_owned(),
        class: "led_sign".to_owned(),
        driver: "led_alpha".to_owned(),
        transport: "tcp".to_owned(),
        state: "offline".to_owned(),
        reason_code: Some("no_answer".to_owned()),
        since: now(),
        detail: String::new(),
    };
    put(&store, LocalWrite::Device(device.clone()));
    assert_eq!(read(&store, query::devices::all), [device]);

    let event = |seconds| EventRecord {
        at: after_s(seconds),
        code: "device.offline".to_owned(),
        source: "sign-1".to_owned(),
        detail: json!({ "attempt": seconds }),
    };
    put(&store, LocalWrite::Event(event(1)));
    put(&store, LocalWrite::Event(event(2)));
    assert_eq!(read(&store, |c| query::events::recent(c, 1)), [event(2)]);
    put(&store, trim_before(after_s(2)));
    assert_eq!(read(&store, |c| query::events::recent(c, 10)), [event(2)]);

    let access = AccessRecord {
        at: now(),
        officer: "nguyen.lan".parse().unwrap(),
        dossier: Uuid::now_v7(),
        action: "read".to_owned(),
        why: "reception".to_owned(),
    };
    put(&store, LocalWrite::Access(access.clone()));
    assert_eq!(read(&store, |c| query::access::of_dossier(c, access.dossier, 5)), [access]);
}

fn trim_before(before: jiff::Timestamp) -> LocalWrite {
    LocalWrite::Trim { before, accesses_before: now() }
}

#[test]
fn who_looked_at_a_dossier_is_kept_longer_than_a_devices_events() {
    let folder = folder();
    let store = open(&folder);
    let access = |seconds| AccessRecord {
        at: after_s(seconds),
        officer: "nguyen.lan".parse().unwrap(),
        dossier: Uuid::nil(),
        action: "read".to_owned(),
        why: "console".to_owned(),
    };
    for seconds in [1, 2, 3] {
        put(&store, LocalWrite::Access(access(seconds)));
    }
    let left = || read(&store, |c| query::access::of_dossier(c, Uuid::nil(), 10));
    put(&store, LocalWrite::Trim { before: after_s(100), accesses_before: now() });
    assert_eq!(left().len(), 3);
    put(&store, LocalWrite::Trim { before: now(), accesses_before: after_s(3) });
    assert_eq!(left(), [access(3)]);
}

#[test]
fn a_paper_that_never_came_does_not_stay_for_ever() {
    let folder = folder();
    let store = open(&folder);
    let job = PrintJob {
        id: Uuid::now_v7(),
        kind: "ticket".to_owned(),
        ticket: Some(Uuid::now_v7()),
        dossier: None,
        printer: None,
        state: PrintState::Blocked,
        problem: Some("offline".to_owned()),
        attempts: 0,
        created_at: now(),
        updated_at: now(),
    };
    put(&store, LocalWrite::PrintJob(job.clone()));
    put(&store, trim_before(now()));
    assert!(read(&store, |c| query::print_jobs::by_id(c, job.id)).is_some());
    put(&store, trim_before(after_s(1)));
    assert!(read(&store, |c| query::print_jobs::by_id(c, job.id)).is_none());
}

#[test]
fn a_device_that_chatters_does_not_fill_the_disk() {
    let folder = folder();
    let store = open(&folder);
    let event = EventRecord {
        at: now(),
        code: "device.noise".to_owned(),
        source: "reader-1".to_owned(),
        detail: json!({}),
    };
    for _ in 0..21 {
        let many = (0..1000).fold(batch(), |batch, _| batch.and(LocalWrite::Event(event.clone())));
        store.commit_now(many).unwrap();
    }
    assert_eq!(read(&store, |c| query::events::recent(c, 100_000)).len(), 20_000);
}

#[test]
fn a_blob_waits_for_the_entry_that_names_it() {
    let folder = folder();
    let store = open(&folder);
    let blob = store.blobs().put(b"scan").unwrap();
    let row = BlobRecord {
        sha256: blob.sha256,
        size: blob.size,
        media_type: "image/jpeg".to_owned(),
        state: BlobState::Local,
        created_at: now(),
    };
    put(&store, LocalWrite::Blob(row.clone()));
    store.commit_now(batch().with(ticket(1))).unwrap();
    assert_eq!(read(&store, query::blobs::backlog), (0, 0), "nothing names it yet");
    let mut named = dossier(1);
    named.components[0].scans.push(scan_of(blob.sha256, blob.size));
    store.commit_now(batch().with(named.clone())).unwrap();
    assert_eq!(read(&store, query::blobs::backlog), (1, 4));
    assert!(read(&store, |c| query::blobs::to_send(c, 1, 10)).is_empty());
    assert_eq!(read(&store, |c| query::blobs::to_send(c, 2, 10)), std::slice::from_ref(&row));
    let found = read(&store, |c| query::dossiers::scans_of_blob(c, &blob.sha256));
    assert_eq!(found, [(named.id, "image/jpeg".to_owned())]);
    let mut other = dossier(2);
    other.components[0].scans.push(scan_of(blob.sha256, blob.size));
    store.commit_now(batch().with(other.clone())).unwrap();
    let found = read(&store, |c| query::dossiers::scans_of_blob(c, &blob.sha256));
    let dossiers: Vec<Uuid> = found.into_iter().map(|(dossier, _)| dossier).collect();
    assert_eq!(dossiers, [named.id, other.id], "every dossier that the page lies in");

    put(&store, LocalWrite::BlobState { sha256: blob.sha256, state: BlobState::AtHub });
    assert!(read(&store, |c| query::blobs::to_send(c, 2, 10)).is_empty());
    put(&store, LocalWrite::Blob(row));
    let state = read(&store, |c| query::blobs::by_sha256(c, &blob.sha256)).unwrap().state;
    assert_eq!(state, BlobState::AtHub, "the same scan again need not be sent again");
    let unknown = LocalWrite::BlobState { sha256: [0; 32], state: BlobState::AtHub };
    assert_eq!(store.commit_now(batch().and(unknown)), Err(StoreError::NotFound("blob")));
}

#[test]
fn an_acknowledgement_never_moves_back() {
    let folder = folder();
    let store = open(&folder);
    let acked = |epoch, seq: u64| LocalWrite::UplinkAcked {
        epoch,
        seq,
        hash: [seq as u8; 32],
        parked: vec![(seq, "entry.bad_text".to_owned())],
        message: vec![seq as u8],
    };
    let cursor = || read(&store, query::cursors::uplink).map(|cursor| (cursor.epoch, cursor.seq));
    assert_eq!(cursor(), None);
    put(&store, acked(1, 5));
    put(&store, acked(1, 3));
    assert_eq!(cursor(), Some((1, 5)));
    assert_eq!(read(&store, query::cursors::last_acknowledgement), Some(vec![5]));
    put(&store, acked(2, 4));
    assert_eq!(cursor(), Some((2, 4)));
    assert_eq!(read(&store, query::parked::all).len(), 3);
}

#[test]
fn entries_are_read_within_bounds_and_with_their_keys() {
    let folder = folder();
    let store = open(&folder);
    for number in 1..=4 {
        store.commit_now(batch().with(ticket(number)).with(dossier(number))).unwrap();
    }
    let seqs = |seq, entries, bytes| {
        let found = read(&store, move |c| query::journal::entries_from(c, seq, entries, bytes));
        found.iter().map(|entry| entry.seq).collect::<Vec<_>>()
    };
    assert_eq!(seqs(1, 100, 1 << 20), [1, 2, 3, 4]);
    assert_eq!(seqs(2, 2, 1 << 20), [2, 3]);
    assert_eq!(seqs(2, 100, 1), [2], "a large one comes alone");
    assert!(seqs(5, 100, 1 << 20).is_empty());
    let entries = read(&store, |c| query::journal::entries_from(c, 1, 100, 1 << 20));
    let raws: Vec<&[u8]> = entries.iter().map(|entry| entry.raw.as_slice()).collect();
    let found = read(&store, |c| query::journal::keys_for(c, raws));
    assert_eq!(found.len(), 4);
    assert!(
        found
            .iter()
            .all(|key| key.key_id.starts_with("dossier:") && keys().wrapping.unwrap(key).is_ok())
    );
    assert_eq!(read(&store, |c| query::journal::hash_at(c, 4)), Some(entries[3].hash));
    assert_eq!(read(&store, |c| query::journal::hash_at(c, 0)), Some([0; 32]));
    assert_eq!(read(&store, |c| query::journal::hash_at(c, 5)), None);
    assert_eq!(read(&store, query::journal::waiting), 4);
}

#[test]
fn messages_come_back_and_are_marked_as_read() {
    let folder = folder();
    let store = open(&folder);
    let message = message();
    store.commit_now(batch().with(message.clone())).unwrap();
    let noted = |message: &Message, officer, at| match message.read(officer, at) {
        Reading::Noted(after) => after,
        other => panic!("{other:?}"),
    };
    let first = noted(&message, "nguyen.lan", after_s(9));
    let again = first.read("nguyen.lan", after_s(10));
    assert_eq!(again, Reading::Known, "read twice by one officer");
    store.commit_now(batch().with(first.clone())).unwrap();
    let shown = noted(&first, "tran.minh", after_s(11));
    assert_eq!((shown.read_at, shown.rev), (Some(after_s(9)), 3));
    assert_eq!(shown.read_by.as_deref(), Some("nguyen.lan"));
    assert_eq!(shown.readers, ["nguyen.lan", "tran.minh"]);
    store.commit_now(batch().with(shown.clone())).unwrap();
    assert_eq!(read(&store, |c| query::messages::recent(c, 10)), std::slice::from_ref(&shown));
    assert_eq!(read(&store, |c| query::messages::by_id(c, shown.id)), Some(shown));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever an officer writes into a dossier, it comes back, is found, and the books agree.
    #[test]
    fn any_words_come_back_as_they_were(name in "\\PC{1,40}", note in proptest::option::of("\\PC{0,80}")) {
        let folder = folder();
        let store = open(&folder);
        let mut dossier = dossier(1);
        dossier.applicant.name = name;
        dossier.note = note;
        store.commit_now(batch().with(dossier.clone())).unwrap();
        prop_assert_eq!(read(&store, |c| query::dossiers::by_id(c, dossier.id)), Some(dossier));
        let report = crate::check_journal(&config(&folder).folder, &keys()).unwrap();
        prop_assert!(report.is_ok());
    }
}
