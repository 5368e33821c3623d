use std::time::Duration;

use domain::Journaled;
use domain::queue::{CallEnd, PAST_CALLS_MAX, PastCall};
use serde_json::json;

use super::*;
use crate::connection::{Opener, Purpose};
use crate::core::WriterCore;
use crate::erase::{EMPTIED_MAX, Erasable, oldest_ticket_day};
use crate::query;
use crate::records::{BlobRecord, BlobState, ErasureRecord};
use crate::{LocalWrite, RequestKey, StoreError, check_journal, migrations};

pub(super) fn erasure(of: Erasable) -> ErasureRecord {
    ErasureRecord {
        key_id: of.key_id(),
        rule: "dossier".to_owned(),
        reason: "hết thời hạn lưu".to_owned(),
        by: "tran.minh".to_owned(),
        at: after_s(100),
        rev: 1,
    }
}

/// What tells of the person, in every form in which it is kept.
fn traces() -> Vec<String> {
    [NAME, NUMBER, ADDRESS, "nguyen thi thu nghiem", "Chủ hộ vắng nhà", "giay-to-rieng"]
        .map(str::to_owned)
        .to_vec()
}

fn found(folder: &TempDir) -> Vec<String> {
    let bytes = raw_bytes(&config(folder).folder);
    traces().into_iter().filter(|trace| contains(&bytes, trace.as_bytes())).collect()
}

#[test]
fn what_tells_of_a_person_is_in_the_pages_before_and_in_none_after() {
    let folder = folder();
    let config = config(&folder);
    std::fs::create_dir_all(&config.folder).unwrap();
    // The same tables, the same statements, the same settings; only the cipher of the pages is away,
    // and the entries are sealed as always.
    let mut connection = Opener::unkeyed(&config.folder).open(Purpose::Write).unwrap();
    migrations::migrate(&mut connection, migrations::MIGRATIONS).unwrap();
    let mut core = WriterCore::new(connection, &config).unwrap();
    let mut commit = |batch: Batch| core.commit(&[batch]).pop().unwrap();

    let mut first = dossier(1);
    first.note = Some("Chủ hộ vắng nhà".to_owned());
    first.components[0].scans =
        vec![ScanRef { name: Some("giay-to-rieng.jpg".to_owned()), ..scan_of([5; 32], 10) }];
    // Rows of others around it, so that pages fill, split and are freed.
    for number in 100..160 {
        let mut other = dossier(number);
        other.applicant.name = "Trần Văn Khác".to_owned();
        other.applicant.citizen_number = None;
        other.applicant.address = None;
        commit(batch().with(other)).unwrap();
    }
    let request = RequestKey::new("dossier", "lan:1");
    let outcome = json!({ "asked": "ab", "reply": { "dossier": first } });
    commit(Batch { request, outcome, ..batch().with(first.clone()) }).unwrap();
    for rev in 2..30 {
        let note = Some(format!("Chủ hộ vắng nhà {}", "x".repeat(rev as usize * 40)));
        commit(batch().with(Dossier { rev, note, ..first.clone() })).unwrap();
    }
    assert_eq!(found(&folder), traces());

    commit(batch().with(erasure(Erasable::Dossier(first.id)))).unwrap();
    assert_eq!(found(&folder), Vec::<String>::new(), "the daemon runs on");
    drop(core);
    assert_eq!(found(&folder), Vec::<String>::new());
}

#[test]
fn an_erased_dossier_keeps_what_happened_and_the_journal_stays_in_order() {
    let folder = folder();
    let store = open(&folder);
    let first = dossier(1);
    store.commit_now(batch().with(first.clone())).unwrap();
    store.commit_now(batch().with(Dossier { rev: 2, ..first.clone() })).unwrap();
    store.commit_now(batch().with(dossier(2))).unwrap();
    let of = Erasable::Dossier(first.id);
    let done = store.commit_now(batch().with(erasure(of))).unwrap();
    assert_eq!(done.seq, 4, "one entry says so");

    let read = |id| store.readers().read_now(|c| query::dossiers::by_id(c, id)).unwrap().unwrap();
    let after = read(first.id);
    assert_eq!((after.rev, after.code.as_str()), (3, first.code.as_str()));
    assert_eq!(after.applicant, domain::dossier::Applicant::default());
    let search = |word: &str| {
        let list = |c: &rusqlite::Connection| query::dossiers::list(c, None, Some(word), 0, 10);
        store.readers().read_now(list).unwrap().rows.len()
    };
    assert_eq!(search("thu nghiem"), 1, "the other person's dossier");
    assert_eq!(search(&first.code), 1, "by its code it is still found");

    // The entries that were sealed before are sent as they are, with a mark in the place of the key.
    let raws = store
        .readers()
        .read_now(|c| {
            let entries = query::journal::entries_from(c, 1, 100, 1 << 20)?;
            query::journal::keys_for(c, entries.iter().map(|entry| entry.raw.as_slice()))
        })
        .unwrap();
    let (marks, left): (Vec<_>, Vec<_>) = raws.iter().partition(|key| key.is_destroyed());
    assert_eq!((marks.len(), left.len()), (1, 1), "only the other dossier's key is left");
    assert_eq!(marks[0].key_id, of.key_id());
    let report = check_journal(&config(&folder).folder, &keys()).unwrap();
    assert!(report.is_ok(), "{report:?}");

    // Nothing about that person can be sealed under a new key of the same name.
    let again = store.commit_now(batch().with(Dossier { rev: 4, ..first.clone() }));
    assert_eq!(again, Err(StoreError::Conflict("data_key.destroyed")));
    let twice = store.commit_now(batch().with(erasure(of)));
    assert!(twice.is_err(), "{twice:?}");
    let unknown = erasure(Erasable::Dossier(Uuid::now_v7()));
    assert_eq!(
        store.commit_now(batch().with(unknown)),
        Err(StoreError::NotFound("subject to erase"))
    );
}

#[test]
fn scans_of_an_erased_dossier_go_and_those_of_others_stay() {
    let folder = folder();
    let store = open(&folder);
    let blob = |bytes: &[u8]| {
        let blob = store.blobs().put(bytes).unwrap();
        LocalWrite::Blob(BlobRecord {
            sha256: blob.sha256,
            size: blob.size,
            media_type: "image/jpeg".to_owned(),
            state: BlobState::Local,
            created_at: now(),
        })
    };
    let own = journal::entry::sha256(b"own");
    let shared = journal::entry::sha256(b"shared");
    let with = |sequence, scans: &[[u8; 32]]| {
        let mut dossier = dossier(sequence);
        dossier.components[0].scans = scans.iter().map(|sha256| scan_of(*sha256, 3)).collect();
        dossier
    };
    let (first, second) = (with(1, &[own, shared]), with(2, &[shared]));
    store
        .commit_now(batch().and(blob(b"own")).and(blob(b"shared")).with(first.clone()).with(second))
        .unwrap();
    store.commit_now(batch().with(erasure(Erasable::Dossier(first.id)))).unwrap();
    assert!(store.blobs().has(&own), "until the next sweep");
    let removed = crate::sweep(&store.readers(), &store.blobs(), Duration::ZERO).unwrap().unwrap();
    store.commit_now(batch().and(removed)).unwrap();
    assert!(!store.blobs().has(&own));
    assert!(store.blobs().has(&shared));
    assert!(crate::sweep(&store.readers(), &store.blobs(), Duration::ZERO).unwrap().is_none());
    assert_in_order(&folder);
}

#[test]
fn grounds_of_priority_of_a_day_go_together() {
    let folder = folder();
    let store = open(&folder);
    let ground = Some("elderly".to_owned());
    let first = Ticket { priority_ground: ground.clone(), ..ticket(1) };
    let other_day = Ticket {
        business_day: civil::date(2026, 11, 24),
        priority_ground: ground.clone(),
        ..ticket(2)
    };
    store.commit_now(batch().with(first.clone()).with(ticket(3))).unwrap();
    store.commit_now(batch().with(other_day.clone())).unwrap();
    store.commit_now(batch().with(erasure(Erasable::TicketDay(day())))).unwrap();
    let of = |day| store.readers().read_now(|c| query::tickets::of_day(c, day)).unwrap();
    let day_after = of(day());
    assert!(day_after.iter().all(|ticket| ticket.priority_ground.is_none()));
    assert_eq!(day_after.iter().map(|ticket| ticket.rev).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(of(other_day.business_day), [other_day]);
    assert_in_order(&folder);
}

#[test]
fn the_ground_of_a_ticket_that_was_carried_over_goes_with_the_day_to_which_it_was_carried() {
    let folder = folder();
    let store = open(&folder);
    let next = day().tomorrow().unwrap();
    let first = Ticket { priority_ground: Some("elderly".to_owned()), ..ticket(1) };
    let request = RequestKey::new("queue", "kiosk-1:1");
    let asked = Batch {
        request: request.clone(),
        outcome: json!({ "asked": "ab", "reply": { "tickets": [first] } }),
        ..batch().with(first.clone())
    };
    store.commit_now(asked.clone()).unwrap();
    let carried = Ticket { carried_to: Some(next), rev: 2, ..first.clone() };
    store.commit_now(batch().with(carried.clone())).unwrap();
    store.commit_now(batch().with(erasure(Erasable::TicketDay(day())))).unwrap();
    let stored = || {
        let id = first.id;
        store.readers().read_now(move |c| query::tickets::by_id(c, id)).unwrap().unwrap()
    };
    assert_eq!(stored(), carried, "it still waits, and the desk knows this state of it");
    // Its own day's key is gone, and it can still be sealed.
    let held = Ticket { reason: Some("đi sao giấy tờ".to_owned()), rev: 3, ..carried };
    store.commit_now(batch().with(held.clone())).unwrap();
    assert_eq!(stored(), held);
    store.commit_now(batch().with(erasure(Erasable::TicketDay(next)))).unwrap();
    let after = stored();
    assert_eq!((after.priority_ground, after.reason, after.rev), (None, None, 4));
    let Err(StoreError::Repeated(outcome)) = store.commit_now(asked) else {
        panic!("the request was done a second time")
    };
    assert!(!outcome.to_string().contains("elderly"), "{outcome}");
    assert!(check_journal(&config(&folder).folder, &keys()).unwrap().is_ok());
}

#[test]
fn a_repeated_request_for_a_ticket_gets_its_answer_without_the_ground() {
    let folder = folder();
    let store = open(&folder);
    let first = Ticket { priority_ground: Some("elderly".to_owned()), ..ticket(1) };
    let request = RequestKey::new("queue", "kiosk-1:1");
    let asked = Batch {
        request: request.clone(),
        outcome: json!({ "asked": "ab", "reply": { "tickets": [first], "reason": "stays" } }),
        ..batch().with(first.clone())
    };
    store.commit_now(asked.clone()).unwrap();
    store.commit_now(batch().with(erasure(Erasable::TicketDay(day())))).unwrap();
    let (expected, _) = first.split();
    let outcome = json!({ "asked": "ab", "reply": { "tickets": [expected], "reason": "stays" } });
    assert_eq!(store.commit_now(asked), Err(StoreError::Repeated(outcome)));
}

#[test]
fn a_repeated_request_about_an_erased_dossier_gets_its_answer_and_makes_no_second_one() {
    let folder = folder();
    let store = open(&folder);
    let first = dossier(1);
    let asked = Batch {
        request: RequestKey::new("dossier", "lan:1"),
        outcome: json!({ "asked": "ab", "reply": { "dossier": first, "print_job": null } }),
        ..batch().with(first.clone())
    };
    store.commit_now(asked.clone()).unwrap();
    store.commit_now(batch().with(erasure(Erasable::Dossier(first.id)))).unwrap();
    let Err(StoreError::Repeated(outcome)) = store.commit_now(asked) else {
        panic!("the request was done a second time")
    };
    let told: Dossier = serde_json::from_value(outcome["reply"]["dossier"].clone()).unwrap();
    assert_eq!((told.id, told.code), (first.id, first.code));
    assert_eq!(told.applicant, Applicant::default());
    assert!(!outcome.to_string().contains(NAME));
}

#[test]
fn a_day_with_very_many_grounds_is_emptied_by_several_entries() {
    let folder = folder();
    let store = open(&folder);
    let many = EMPTIED_MAX + 1;
    for number in 1..=many {
        let ground = Some("elderly".to_owned());
        let one = Ticket { priority_ground: ground, ..ticket(u32::try_from(number).unwrap()) };
        store.commit_now(batch().with(one)).unwrap();
    }
    let left = || store.readers().read_now(|c| oldest_ticket_day(c, day())).unwrap();
    let erase = || store.commit_now(batch().with(erasure(Erasable::TicketDay(day())))).unwrap();
    erase();
    assert_eq!(left(), Some(day()), "one ticket still tells of its ground");
    erase();
    assert_eq!(left(), None);
    let tickets = store.readers().read_now(|c| query::tickets::of_day(c, day())).unwrap();
    assert_eq!(tickets.len(), many);
    assert!(tickets.iter().all(|ticket| ticket.priority_ground.is_none() && ticket.rev == 2));
    assert_in_order(&folder);
}

#[test]
fn tickets_that_were_passed_on_many_times_are_emptied_by_as_many_entries_as_they_need() {
    let folder = folder();
    let store = open(&folder);
    let call = PastCall {
        counter: CounterNumber(1),
        officer: None,
        service: Some("ho-tich".parse().unwrap()),
        called_at: now(),
        begun_at: None,
        reason: None,
        ended_at: after_s(60),
        end: CallEnd::ToService("ho-tich".parse().unwrap()),
    };
    let many: u32 = 300;
    for number in 1..=many {
        let ground = Some("elderly".to_owned());
        let past_calls = vec![call.clone(); PAST_CALLS_MAX];
        let one = Ticket { priority_ground: ground, past_calls, ..ticket(number) };
        store.commit_now(batch().with(one)).unwrap();
    }
    let left = || store.readers().read_now(|c| oldest_ticket_day(c, day())).unwrap();
    let mut entries = 0;
    while left().is_some() {
        store.commit_now(batch().with(erasure(Erasable::TicketDay(day())))).unwrap();
        entries += 1;
    }
    assert!(entries > 1, "they are more than one entry may hold");
    let tickets = store.readers().read_now(|c| query::tickets::of_day(c, day())).unwrap();
    assert!(tickets.iter().all(|ticket| ticket.priority_ground.is_none() && ticket.rev == 2));
    assert_in_order(&folder);
}

#[test]
fn a_ticket_left_open_is_closed_also_after_its_ground_was_erased() {
    let folder = folder();
    let store = open(&folder);
    let ground = Some("elderly".to_owned());
    store.commit_now(batch().with(Ticket { priority_ground: ground, ..ticket(1) })).unwrap();
    store.commit_now(batch().with(erasure(Erasable::TicketDay(day())))).unwrap();
    let next = civil::date(2026, 11, 24);
    let open = store
        .readers()
        .read_now(|c| query::tickets::unfinished_before(c, next, 10))
        .unwrap()
        .pop()
        .unwrap();
    store.commit_now(batch().with(open.closed_at_day_end().unwrap())).unwrap();
    let days = store.readers().read_now(|c| oldest_ticket_day(c, day())).unwrap();
    assert_eq!(days, None, "no new key is made under the erased name");
}

#[test]
fn a_reader_does_not_hold_up_whoever_erases_and_the_log_is_cut_after_it() {
    let folder = folder();
    let config = config(&folder);
    let store = open(&folder);
    let log = config.folder.join("center.db-wal");
    let size = || std::fs::metadata(&log).unwrap().len();
    let ground = Some("elderly".to_owned());
    store.commit_now(batch().with(Ticket { priority_ground: ground, ..ticket(1) })).unwrap();
    let opener = Opener::new(&config.folder, &keys(), config.sealing).unwrap();
    let reader = opener.open(Purpose::Read).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM ticket;").unwrap();
    store.commit_now(batch().with(erasure(Erasable::TicketDay(day())))).unwrap();
    assert!(size() > 0, "the reader still needs it");
    reader.execute_batch("COMMIT").unwrap();
    let mut place = store.writer.lock().unwrap();
    let crate::WriterPlace::Waiting(core) = &mut *place else { panic!("the writer runs") };
    core.end_cut_pause();
    drop(place);
    store.commit_now(batch().with(ticket(2))).unwrap();
    assert_eq!(size(), 0);
}

#[test]
fn a_subject_s_key_names_it() {
    let all =
        [Erasable::Dossier(Uuid::now_v7()), Erasable::TicketDay(day()), Erasable::RatingDay(day())];
    for one in all {
        assert_eq!(Erasable::parse(&one.key_id()), Some(one));
    }
    for wrong in ["", "dossier", "dossier:x", "counter:1", "ticket-day:2026-13-01"] {
        assert_eq!(Erasable::parse(wrong), None);
    }
}
